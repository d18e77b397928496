#!/usr/bin/env bash
# Test a build with PORTABLE=1: the unit tests and a third of the case folders (all case
# folders with ALL=1, another third with SEED=N). Then compile for musl.
#
#   tests/platforms/portable.sh FOLDER     FOLDER: the build
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/platforms/common.sh
# Functions that POSIX does not have must not be linked.
others='mremap|madvise|sched_getaffinity|getrandom|memrchr|memmem|sync_file_range|posix_fadvise'
others="$others|program_invocation_short_name"
only_posix() {
  if nm -u "$1"/libinfobatch.a "$1"/cmd/*.o | grep -wE "$others"; then
    echo '0 passed, 1 failed'
  else
    echo '1 passed, 0 failed'
  fi
}
# Without O_TMPFILE, temporary files of a killed run exist until the next run.
never=sigkill-leaves-no-output
mapfile -t cases < <(third_of_cases 0 | grep -vx $never)
{
  only_posix "$1"
  tests/unit/run.sh "$1/unit"
  IB_BIN=$1 tests/cli/run.sh "${cases[@]}" 2>&1
  tests/platforms/musl.sh || echo '0 passed, 1 failed'
} | add_up
