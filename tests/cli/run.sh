#!/usr/bin/env bash
# Run the commands as a user does. Each folder in tests/cli is one case.
#
#   tests/cli/run.sh [CASE...]     without CASE: all cases
#
# A case has a script `cmd`. bash runs it in a copy of the folder, with the commands
# on PATH. Standard output must equal `out` (without this file: must be empty).
# Standard error must equal `err`, or match `err.like` with one extended regular
# expression per line (without both: must be empty). The exit status must be the
# number in `exit` (without: 0). `in`, if it exists, is standard input; `cmd` may
# read all other files of the folder. A case that exits with 77 is skipped; the last
# line of its standard error says why. The folder of a failed case is kept: run/ with
# its files, and out, err and exit.
#
# jq in a case is tests/cli/jq, which prints 1.0 as 1.
# Environment: IB_BIN, the folder of the commands (default build/release); JOBS
# (default 2); V=1 prints the name of each case; TMPDIR.
set -u
here=$(cd "$(dirname "$0")" && pwd)
IB_BIN=$(cd "${IB_BIN:-$here/../../build/release}" && pwd) || exit 2
export IB_BIN LC_ALL=C TZ=UTC
umask 022
unset SLURM_CPUS_PER_TASK SLURM_CPUS_ON_NODE

limit=1200 # seconds; a case that takes longer hangs

differs() { # WHAT WANTED GOT: print how two files differ
  cmp -s "$2" "$3" && return 1
  printf '%s:\n' "$1"
  diff "$2" "$3" | head -n 40
}

unlike() { # PATTERNS GOT: print the first line that does not match its pattern
  local pattern line n=0
  [ "$(wc -l <"$1")" = "$(wc -l <"$2")" ] || { echo "err has"; cat "$2"; return 0; }
  while IFS= read -r pattern <&3 && IFS= read -r line <&4; do
    n=$((n + 1))
    [[ $line =~ ^$pattern$ ]] || { echo "err:$n: $line"; return 0; }
  done 3<"$1" 4<"$2"
  return 1
}

judge() { # CASE GOT: print what is wrong
  local case=$1 got=$2 want=0 have
  have=$(cat "$got/exit")
  [ -f "$case/exit" ] && want=$(cat "$case/exit")
  [ "$have" != 124 ] || echo "was stopped after $limit s"
  [ "$have" = "$want" ] || echo "exit $have, not $want"
  if [ -f "$case/out" ]; then differs out "$case/out" "$got/out"
  else differs out /dev/null "$got/out"; fi
  if [ -f "$case/err.like" ]; then unlike "$case/err.like" "$got/err"
  elif [ -f "$case/err" ]; then differs err "$case/err" "$got/err"
  else differs err /dev/null "$got/err"; fi
}

run_case() {
  local case=$1 name=${1##*/} top in=/dev/null wrong
  top=$(mktemp -d "${TMPDIR:-/tmp}/ib-case.XXXXXX") || exit 2
  mkdir "$top/run" && cp -R "$case/." "$top/run"
  (cd "$top/run" && rm -f out err err.like exit) || exit 2
  [ -f "$case/in" ] && in=$case/in
  (cd "$top/run" && PATH=$IB_BIN:$here:$PATH CASES=$here timeout -k 5 $limit \
    bash ./cmd <"$in" >"$top/out" 2>"$top/err"
    echo $? >"$top/exit")
  # Remove two lines that are not from the command: LeakSanitizer prints one if a process ends
  # while its threads end, and qemu prints one if a signal ends the program.
  sed -i -e '/^==[0-9]*==Unable to get registers from thread/d' \
    -e '/^qemu: uncaught target signal/d' "$top/err"
  if [ "$(cat "$top/exit")" = 77 ] && [ ! -f "$case/exit" ]; then
    printf '%s: skipped: %s\n' "$name" "$(tail -n 1 "$top/err")" >&2
    echo skipped
  else
    wrong=$(judge "$case" "$top")
    if [ -n "$wrong" ]; then
      printf '%s: %s\n%s: see %s\n' "$name" "$wrong" "$name" "$top" >&2
      echo failed
      return
    fi
    [ "${V:-0}" = 0 ] || printf '%s: passed\n' "$name" >&2
    echo passed
  fi
  rm -rf "$top"
}

if [ "${1-}" = --case ]; then
  run_case "$2"
  exit 0
fi
cases=()
if [ $# -gt 0 ]; then
  for name; do cases+=("$here/$name"); done
else
  for cmd in "$here"/*/cmd; do cases+=("${cmd%/cmd}"); done
fi
printf '%s\0' "${cases[@]}" |
  xargs -0 -n 1 -P "${JOBS:-2}" "$here/run.sh" --case |
  awk -v all="${#cases[@]}" '{ n[$1]++ }
    END {
      failed = all - n["passed"] - n["skipped"]
      printf "%d passed, %d failed", n["passed"], failed
      if (n["skipped"]) printf ", %d skipped", n["skipped"]
      print ""
      exit failed > 0
    }'
