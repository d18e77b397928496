#!/usr/bin/env bash
# Run parts of the tests one after the other and add up their results.
#
#   tests/check.sh NAME...      runs `make check-NAME` for each name
#
# The last line is "N passed, N failed", with ", N skipped" if tests were skipped.
# The last line of a part has the same form. A part without such a line counts as
# one test, which passed if its exit status is 0. The output of a part is also
# written to build/check/NAME.log.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
mkdir -p build/check
counts='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'
passed=0 failed=0 skipped=0 broken=

add() { # NAME LOG STATUS
  local last f=0
  last=$(tail -n 1 "$2")
  if [[ $last =~ $counts ]]; then
    f=${BASH_REMATCH[2]}
    passed=$((passed + BASH_REMATCH[1]))
    skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  elif [ "$3" = 0 ]; then
    passed=$((passed + 1))
  fi
  [ "$3" = 0 ] || [ "$f" -gt 0 ] || f=1
  [ "$f" = 0 ] || broken="$broken $1"
  failed=$((failed + f))
}

for part; do
  echo "CHECK $part"
  log=build/check/$part.log
  ${MAKE:-make} --no-print-directory "check-$part" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  sed -i '/^make\(\[[0-9]*\]\)\?: /d' "$log"
  add "$part" "$log" "$status"
done
[ -z "$broken" ] || echo "failed:$broken; what they printed is in build/check"
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ $failed = 0 ]
