#!/usr/bin/env bash
# The recipes of infobatch-cluster(7), as they stand there, over the logs of a
# real run, against one run over everything.
#
#   tests/cluster/recipes.sh COMMANDS [RECIPE...]
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$(cd "${1:?usage: tests/cluster/recipes.sh COMMANDS [RECIPE...]}" && pwd):$PATH
shift
[ $# -gt 0 ] || set -- xargs parallel
export K=6 E RULE
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
for recipe in "$@"; do
  mkdir "$t/$recipe" && cd "$t/$recipe"
  awk -v r="$recipe" '$0 == ".\\\" recipe: " r { on = 1; next }
    on && /^\.Bd/ { text = 1; next } /^\.Ed/ { on = text = 0 } text' \
    "$here/man/infobatch-cluster.7" | sed 's/\\e$/\\/' >recipe.sh
  [ -s recipe.sh ] || { echo "no recipe $recipe"; exit 1; }
  cp "$here/testdata/tiny/base.jsonl" train.jsonl
  for E in 0 1; do
    log=$here/testdata/tiny/full/log-00$E.jsonl
    for r in 0 1 2; do awk -v r=$r 'NR % 3 == r' "$log" >"loss.$E.$r.jsonl"; done
    RULE='--rule buckets --buckets q0.2:0.75,q0.85:0.5'
    [ $E = 0 ] || RULE='--rule proportional --keep 0.7'
    bash recipe.sh
    bash recipe.sh # tried again: nothing changes
    ib-score -e $E -u one.npz loss.$E.*.jsonl
    for i in $(seq 0 $((K - 1))); do
      ib-prune -e $((E + 1)) $RULE -s one.npz --part $i/$K train.jsonl |
        cmp - next.$i.jsonl || { echo "$recipe: epoch $E, part $i differs"; exit 1; }
    done
  done
done
