#!/usr/bin/env bash
# Run some commands under valgrind, which must find no invalid access and no lost memory.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "${IB_BIN:-$here/../../build/release}" && pwd)
tiny=$here/../../testdata/tiny
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
n=0
run() { # COMMAND ARGS...
  local c=$1
  shift
  n=$((n + 1))
  valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
    "$bin/$c" "$@" || { echo "valgrind: $c $*: exit $?" >&2; exit 1; }
}
run ib-score -T 2 -o "$t/s.npz" "$tiny/full/log-000.jsonl" "$tiny/full/log-001.jsonl"
run ib-score --duplicates mean --smooth 0.5 -s "$t/s.npz" -o "$t/s.jsonl.zst" "$tiny/full/log-002.jsonl"
run ib-score -q "$tiny/crash/log-002.part.jsonl" >"$t/torn.jsonl"
run ib-prune -T 2 -s "$t/s.npz" -e 2 -o "$t/e.jsonl" --receipt "$t/r.json" "$tiny/base.jsonl"
run ib-prune -s "$t/s.jsonl.zst" -e 3 --keep-all --explain "$tiny/base.jsonl" >"$t/marked.jsonl"
echo "$n passed, 0 failed"
