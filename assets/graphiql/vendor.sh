#!/bin/sh
# Fetches GraphiQL and React from the npm registry again and writes them to vendor/.
# Usage: ./vendor.sh (in this folder). A package whose integrity hash is not the one below is refused.
set -eu
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # name version integrity
    file=$(cd "$work" && npm pack --silent "$1@$2")
    actual=sha512-$(openssl dgst -sha512 -binary "$work/$file" | base64 -w0)
    [ "$actual" = "$3" ] || { echo "$1@$2: integrity is $actual" >&2; exit 1; }
    mkdir -p "$work/$1" "$here/vendor/$1-$2"
    tar -xzf "$work/$file" -C "$work/$1" --strip-components=1
    cp "$work/$1/LICENSE" "$here/vendor/$1-$2/"
}

rm -rf vendor
fetch graphiql 4.1.2 'sha512-rNlzQIAzm6i2KBXmVQWBgLvt0TloxFVB2d18bukvdsvjEuFDHsKx5IVOomL1W1o5WW+tE54+ioHb2AEKzO2cUg=='
fetch react 18.3.1 'sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ=='
fetch react-dom 18.3.1 'sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw=='

# The last line names a source map that is not shipped; developer tools would ask the server for it.
sed '/^\/\/# sourceMappingURL=/d' "$work/graphiql/graphiql.min.js" > vendor/graphiql-4.1.2/graphiql.min.js
cp "$work/graphiql/graphiql.min.css" vendor/graphiql-4.1.2/
cp "$work/react/umd/react.production.min.js" vendor/react-18.3.1/
cp "$work/react-dom/umd/react-dom.production.min.js" vendor/react-dom-18.3.1/

cd vendor
find . -type f ! -name SHA256SUMS | LC_ALL=C sort | sed 's|^\./||' | xargs sha256sum > SHA256SUMS
