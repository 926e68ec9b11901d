#!/bin/sh
# What a portal does: resets a user's password by mail, then watches the mail go out.
#
#   PORTAL_URL      where Keydesk listens, for example http://127.0.0.1:8080
#   PORTAL_API_KEY  a key with the scopes PASSWORDS_RESET and MAIL_READ
#
#   examples/portal_fetch.sh ada
#
# Needs curl and jq. The key goes to curl by standard input, so it stands in no list of processes.
# Set both variables for this script alone: `keydesk` itself refuses variables it does not know.
set -eu

: "${PORTAL_URL:?set it to the address of the server}"
: "${PORTAL_API_KEY:?set it to an API key}"
login=${1:?usage: portal_fetch.sh LOGIN}

# graphql BODY: sends one request and prints the answer. The body holds no secret.
graphql() {
  printf 'header = "authorization: Bearer %s"\n' "$PORTAL_API_KEY" |
    curl --silent --show-error --max-time 15 --config - \
      --header 'content-type: application/json' \
      --header 'accept: application/graphql-response+json' \
      --data "$1" "$PORTAL_URL/graphql"
}

# A repeat with this key does nothing again, so a lost answer may be asked for once more.
once=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

reset=$(graphql "$(jq -n --arg login "$login" --arg once "$once" '{
  query: "mutation Reset($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      user { id username }
      mailDelivery { id recipient }
      temporaryUntil
      isReplay
      errors { code message path }
    }
  }",
  variables: { input: {
    user: { login: $login },
    generate: true,
    sendEmail: true,
    returnPassword: false,
    forceChangeOnLogin: true,
    reason: "portal_fetch.sh",
    idempotencyKey: $once
  } }
}')")

# Both roads of refusals: errors of the request, and entries of the payload.
refusals=$(printf '%s' "$reset" |
  jq -r '(.errors // [])[] | "\(.extensions.code): \(.message)"')
refusals=$refusals$(printf '%s' "$reset" |
  jq -r '(.data.resetPassword.errors // [])[] | "\(.code): \(.message)"')
if [ -n "$refusals" ]; then
  printf '%s\n' "$refusals" >&2
  exit 1
fi
printf '%s' "$reset" | jq '.data.resetPassword'

mail=$(printf '%s' "$reset" | jq -r '.data.resetPassword.mailDelivery.id')
watch=$(jq -n --arg id "$mail" '{
  query: "query Watch($id: ID!) { node(id: $id) { ... on MailDelivery { status attemptCount lastError } } }",
  variables: { id: $id }
}')
tries=0
while [ "$tries" -lt 20 ]; do
  answer=$(graphql "$watch")
  status=$(printf '%s' "$answer" | jq -r '.data.node.status // "gone or not visible"')
  printf '%s\n' "$status"
  case $status in
    SENT) exit 0 ;;
    QUEUED | SENDING | UNKNOWN) ;;
    *)
      printf '%s\n' "$answer" >&2
      exit 1
      ;;
  esac
  tries=$((tries + 1))
  sleep 0.5
done
echo "still on its way; look at mailDeliveries later" >&2
