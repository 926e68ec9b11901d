#!/usr/bin/env bash
# Runs one fuzz target for so many seconds: fuzz/run.sh guard|cursor [SECONDS]
# Coverage by compiler flags that stable Rust has; needs a C++ compiler for libFuzzer.
set -euo pipefail
cd "$(dirname "$0")"
target=${1:?guard or cursor}
seconds=${2:-600}
cp ../Cargo.lock Cargo.lock
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
 -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
host=$(rustc -vV | sed -n 's/^host: //p')
cargo build --release --target "$host" --bin "$target"
mkdir -p "corpus/$target"
exec "target/$host/release/$target" -max_total_time="$seconds" -timeout=2 -max_len=20000 -rss_limit_mb=2048 \
  -dict=graphql.dict -print_final_stats=1 "corpus/$target" "seeds/$target"
