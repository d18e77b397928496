#!/usr/bin/env bash
# Run the unit tests, and print which ones failed or were skipped, and why.
#
#   tests/unit/run.sh PROGRAM [OPTION...]     PROGRAM: build/release/unit; OPTION:
#                                         of Criterion (--filter 'npz/*')
set -u -o pipefail
LC_ALL=C "$1" -j"${JOBS:-2}" --color=never --verbose "${@:2}" 2>&1 |
  awk -v verbose="${V:-0}" '
  /Synthesis: Tested:/ {
    for (i = 1; i < NF; i++) if ($i ~ /:$/) n[$i] = $(i + 1)
    next
  }
  /^\[SKIP\] .*: Test is disabled/ { next }
  /^\[SKIP\] / { skipped++; sub(/^\[SKIP\] /, ""); sub(/: /, ": skipped: ") }
  /^\[(====|----)\] (Running|Criterion v)|^\[(RUN |PASS)\]/ && verbose == 0 { next }
  { print }
  END {
    tested = n["Tested:"]; ok = n["Passing:"]
    if (tested == "") { print "the tests did not come to an end"; tested = 1; ok = 0 }
    printf "%d passed, %d failed", ok, tested - ok
    if (skipped) printf ", %d skipped", skipped
    print ""
    exit tested != ok
  }'
