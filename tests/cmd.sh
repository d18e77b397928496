#!/usr/bin/env bash
# Runs the commands as a user does: one folder a case under tests/cli.
#
#   tests/cmd.sh [CASE...]     all cases without one
#
# A case has `cmd`, run by bash in a copy of the folder with the commands on
# PATH, and what is to come of it: `out` (absent: nothing on standard output),
# `err` (absent: silence; or `err.like`: an extended regular expression for
# each line) and `exit` (absent: 0). `in`, where it is, is standard input; all
# other files of the folder are there to be read.
# Environment: IB_BIN, the folder of the commands (build/release); JOBS (2).
set -u
here=$(cd "$(dirname "$0")" && pwd)
IB_BIN=$(cd "${IB_BIN:-$here/../build/release}" && pwd) || exit 2
export IB_BIN LC_ALL=C
unset SLURM_CPUS_PER_TASK SLURM_CPUS_ON_NODE

differs() { # WHAT WANTED GOT: says how they differ
  cmp -s "$2" "$3" && return 1
  printf '%s:\n' "$1"
  diff "$2" "$3" | head -n 12
}

unlike() { # PATTERNS GOT: says which line is not as its pattern has it
  local pattern line n=0
  [ "$(wc -l <"$1")" = "$(wc -l <"$2")" ] || { echo "err has"; cat "$2"; return 0; }
  while IFS= read -r pattern <&3 && IFS= read -r line <&4; do
    n=$((n + 1))
    [[ $line =~ ^$pattern$ ]] || { echo "err:$n: $line"; return 0; }
  done 3<"$1" 4<"$2"
  return 1
}

judge() { # CASE GOT: says what is wrong
  local case=$1 got=$2 want=0
  [ -f "$case/exit" ] && want=$(cat "$case/exit")
  [ "$(cat "$got/exit")" = "$want" ] || echo "exit $(cat "$got/exit"), not $want"
  if [ -f "$case/out" ]; then differs out "$case/out" "$got/out"
  else differs out /dev/null "$got/out"; fi
  if [ -f "$case/err.like" ]; then unlike "$case/err.like" "$got/err"
  elif [ -f "$case/err" ]; then differs err "$case/err" "$got/err"
  else differs err /dev/null "$got/err"; fi
}

run_case() {
  local case=$1 top in=/dev/null wrong
  top=$(mktemp -d) || exit 2
  mkdir "$top/run" && cp -R "$case/." "$top/run"
  (cd "$top/run" && rm -f out err err.like exit) || exit 2
  [ -f "$case/in" ] && in=$case/in
  (cd "$top/run" && PATH=$IB_BIN:$PATH CASES=$here/cli timeout -k 5 1200 \
    bash ./cmd <"$in" >"$top/out" 2>"$top/err"
    echo $? >"$top/exit")
  # LeakSanitizer's own word where a process ends while its threads do too.
  sed -i '/^==[0-9]*==Unable to get registers from thread/d' "$top/err"
  wrong=$(judge "$case" "$top")
  rm -rf "$top"
  if [ -z "$wrong" ]; then
    echo passed
  else
    printf '%s: %s\n' "${case##*/}" "$wrong" >&2
    echo failed
  fi
}

if [ "${1-}" = --case ]; then
  run_case "$2"
  exit 0
fi
cases=()
if [ $# -gt 0 ]; then
  for name; do cases+=("$here/cli/$name"); done
else
  for cmd in "$here"/cli/*/cmd; do cases+=("${cmd%/cmd}"); done
fi
printf '%s\0' "${cases[@]}" |
  xargs -0 -n 1 -P "${JOBS:-2}" "$here/cmd.sh" --case |
  awk -v all="${#cases[@]}" '{ n[$1]++ }
    END {
      printf "%d passed, %d failed\n", n["passed"], all - n["passed"]
      exit !(n["passed"] == all)
    }'
