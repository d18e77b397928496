#!/usr/bin/env bash
# Run the recipes of infobatch-cluster(7) as printed, over the logs of a real run,
# and compare with one run over everything. Each recipe runs twice, because it may be
# repeated, and also after kills at random. slurm_arrays.sh runs the Slurm recipe.
#
#   tests/cluster/manual_recipes.sh COMMANDS [RECIPE...]
#   tests/cluster/manual_recipes.sh --print RECIPE
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)

# Print a recipe with the spaces that a terminal shows before each line.
recipe() {
  awk -v r="$1" '$0 == ".\\\" recipe: " r { on = 1; next }
    on && /^\.Bd/ { text = 1; next } /^\.Ed/ { on = text = 0 }
    text { gsub(/\\&/, ""); gsub(/\\e/, "\\"); print "           " $0; n++ }
    END { exit !n }' "$here/man/infobatch-cluster.7" ||
    { echo "no recipe $1" >&2; return 1; }
}
if [ "$1" = --print ]; then
  recipe "$2"
  exit
fi
PATH=$(cd "$1" && pwd):$PATH
shift
[ $# -gt 0 ] || set -- xargs make parallel pipepart snakemake rclone
export K=6 E RULE
unset MAKEFLAGS MAKELEVEL MFLAGS # the recipe must not inherit the options of make check
RANDOM=1
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

fail() { echo "recipes.sh: $*" >&2; exit 1; }

paste_it() {
  case $1 in
  make) make -s -j 4 -f recipe E=$E K=$K RULE="$RULE" ;;
  snakemake) turn_of_snakemake ;;
  *) bash recipe >recipe.out ;;
  esac
}

turn_of_snakemake() {
  local options
  options=(-q -j 4 -s recipe --config "E=$E" "K=$K" "RULE=$RULE")
  snakemake "${options[@]}" --unlock >recipe.out 2>&1
  snakemake "${options[@]}" --rerun-incomplete >>recipe.out 2>&1
}

# First, a task of the second pass is killed, and the workflow must fail. Then Snakemake is
# killed while it prunes. The next run resumes the workflow.
kill_snakemake() {
  local real pid
  real=$(command -v ib-score)
  mkdir -p killer
  printf '#!/bin/sh\ncase "$*" in *--bins*)\n  kill -KILL $$ ;;\nesac\nexec "%s" "$@"\n' \
    "$real" >killer/ib-score
  chmod +x killer/ib-score
  if PATH=$PWD/killer:$PATH paste_it snakemake; then
    fail "snakemake: the workflow succeeds although a task was killed"
  fi
  [ ! -e "fine.$E.0.json" ] || fail "snakemake: a killed task left a file"
  set -m
  paste_it snakemake &
  pid=$!
  set +m
  until ls "fine.$E".*.json >found 2>&1 || ! kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  kill -KILL -- "-$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

# Kill all processes of a session, and look again until no process is left, because a process
# may start another one before it is killed. GNU parallel gives each job a process group of its
# own, so killing the group of parallel would leave jobs that write truncated files later.
kill_session() {
  local session=$1 stat line left=1
  while [ "$left" = 1 ]; do
    left=0
    for stat in /proc/[0-9]*/stat; do
      { read -r line <"$stat"; } 2>/dev/null || continue
      # shellcheck disable=SC2086 # the fields of proc(5): state, parent, group, session
      set -- ${line##*) }
      if [ "$4" = "$session" ] && [ "$1" != Z ]; then
        left=1
        kill -KILL "${line%% *}" 2>/dev/null || true
      fi
    done
  done
}

# Run the recipe three times, and kill all of its processes at a random moment.
paste_and_kill() {
  local i pid
  [ "$1" != snakemake ] || { kill_snakemake; return; }
  export -f paste_it
  for i in 1 2 3; do
    setsid bash -c 'paste_it "$1"' - "$1" >killed.out 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
    kill_session "$pid"
    wait "$pid" 2>/dev/null || true
  done
}

compare() { # RECIPE: compare the parts of this epoch with a single run
  local i next
  for i in $(seq 0 $((K - 1))); do
    next=next.$i.jsonl
    case $1 in make | snakemake) next=next.$((E + 1)).$i.jsonl ;; esac
    [ "$1" != rclone ] || rclone cat "$S/$next.zst" | zstd -qdc >"$next"
    ib-prune -e $((E + 1)) $RULE -s one.npz --part "$i/$K" train.jsonl |
      cmp - "$next" || fail "$1: epoch $E, part $i differs"
  done
}

# Print the number of commands that make runs.
remake() { make -f recipe E=$E K=$K RULE="$RULE" | grep -c ' ib-\|^ *ib-' || true; }

# A file that would have the same content is not written again, and make does not rebuild the files
# that depend on it.
check_times() {
  local before part
  [ "$(remake)" = 0 ] || fail "make: is not up to date at once"
  before=$(stat -c '%n %y' map.* part.* totals.* all.* want.* fine.* next.*)
  sleep 0.01
  sed -i 's/^{/{"seen":1,/' loss.$E.1.jsonl # the log has other bytes, but the same losses
  [ "$(remake)" = 1 ] || fail "make: an equal log costs more than one split"
  [ "$before" = "$(stat -c '%n %y' map.* part.* totals.* all.* want.* fine.* next.*)" ] ||
    fail "make: equal outputs have new times"
  # If one loss changes, only the part of its sample is folded again.
  before=$(stat -c '%n %y' part.$E.*.npz)
  sed -i '1s/"loss": *[0-9.e-]*/"loss":7.5/' loss.$E.1.jsonl
  [ "$(remake)" = $((2 + 1 + 1 + K + 1 + K)) ] || fail "make: not what one loss costs"
  part=$(diff <(echo "$before") <(stat -c '%n %y' part.$E.*.npz) | grep -c '^>' || true)
  [ "$part" = 1 ] || fail "make: one loss made $part parts new"
}

for recipe in "$@"; do
  mkdir "$t/$recipe" && cd "$t/$recipe"
  recipe "$recipe" >recipe
  [ "$recipe" != snakemake ] || sed -i 's/^ \{11\}//' recipe
  cp "$here/testdata/tiny/base.jsonl" train.jsonl
  for E in 0 1; do
    cp "$here/testdata/tiny/full/log-00$E.jsonl" loss.$E.jsonl
    for r in 0 1 2; do
      awk -v r=$r 'NR % 3 == r' loss.$E.jsonl >"loss.$E.$r.jsonl"
    done
    case $recipe in
    pipepart) rm loss.$E.?.jsonl ;;
    rclone)
      export S=store:$PWD/bucket RCLONE_CONFIG_STORE_TYPE=local RCLONE_CONFIG=$PWD/rclone.conf
      mkdir -p bucket && : >rclone.conf
      rm loss.$E.?.jsonl
      zstd -qf loss.$E.jsonl train.jsonl --output-dir-flat bucket
      ;;
    *) rm loss.$E.jsonl ;;
    esac
    RULE='--rule buckets:q0.2=0.75,q0.85=0.5'
    [ $E = 0 ] || RULE='--rule proportional --keep 0.7'
    ib-score -e $E -u one.npz loss.$E.*jsonl
    paste_and_kill "$recipe"
    paste_it "$recipe"
    compare "$recipe"
    paste_it "$recipe"
    compare "$recipe"
  done
  [ "$recipe" != make ] || check_times
  echo "$recipe: as one run"
done
