#!/usr/bin/env bash
# Runs the unit tests, and says what fails.
#
#   tests/unit.sh PROGRAM [OPTION...]     PROGRAM: build/release/unit; options
#                                         of Criterion (--filter 'npz/*')
set -u -o pipefail
LC_ALL=C "$1" -j"${JOBS:-2}" --color=never "${@:2}" 2>&1 | awk '
  /Synthesis: Tested:/ {
    for (i = 1; i < NF; i++) if ($i ~ /:$/) n[$i] = $(i + 1)
    next
  }
  /^\[(====|----)\] Running|Warning! This test crashed during its setup/ { next }
  { print }
  END {
    tested = n["Tested:"]; ok = n["Passing:"]
    if (tested == "") { print "the tests did not come to an end"; tested = 1; ok = 0 }
    printf "%d passed, %d failed\n", ok, tested - ok
    exit tested != ok
  }'
