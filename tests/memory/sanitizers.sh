#!/usr/bin/env bash
# Run the unit tests and the case folders of a build with sanitizers: all tests must
# pass, and no sanitizer may report anything.
#
#   tests/memory/sanitizers.sh FOLDER     FOLDER: the build
set -u
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd) || exit 2
rm -f "$bin"/san.*
status=0
ASAN_OPTIONS=log_path=$bin/san \
  LSAN_OPTIONS=suppressions=$here/lsan.supp:print_suppressions=0 \
  "$here/../unit/run.sh" "$bin/unit" >"$bin/unit.out" || status=1
# Python cannot load a library that was built with sanitizers.
library=("$here"/../../build/release/libinfobatch.so.*.*)
IB_BIN=$bin INFOBATCH_LIBRARY=${library[0]} "$here/../cli/run.sh" >"$bin/cli.out" || status=1
sed '$d' "$bin/unit.out" "$bin/cli.out"
reports=0
for report in "$bin"/san.*; do
  [ -e "$report" ] || continue
  reports=$((reports + 1))
  cat "$report"
done
sed -n '$p' -s "$bin/unit.out" "$bin/cli.out" |
  awk -v more="$reports" '{ p += $1; f += $3 }
    END { printf "%d passed, %d failed\n", p, f + more }'
[ $status = 0 ] && [ $reports = 0 ]
