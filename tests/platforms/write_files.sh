#!/usr/bin/env bash
# Write one small file of each kind, for comparison with the files of another machine.
#
#   tests/platforms/write_files.sh COMMANDS OUT
#
# COMMANDS is the folder of the commands, and OUT is an empty folder. The inputs are
# 100 samples and three epochs of testdata/tiny.
set -eu -o pipefail
tiny=$(cd "$(dirname "$0")/../../testdata/tiny" && pwd)
PATH=$(cd "$1" && pwd):$PATH
cd "$2"

head -n 100 "$tiny/base.jsonl" >train.jsonl
for e in 0 1 2; do
  awk -F'"' 'NR == FNR { given[$4]; next } $4 in given' \
    train.jsonl "$tiny/full/log-00$e.jsonl" >loss.$e.jsonl
  ib-score -u run.npz --smooth 0.3 loss.$e.jsonl
done
ib-score -q -s run.npz -o scores.jsonl </dev/null
ib-score -q -s run.npz --split 2 -o 'part.%d.npz' </dev/null
for i in 0 1; do
  ib-score -q -s part.$i.npz -o copy.npz --write-totals totals.$i.json </dev/null
done
ib-score -o /dev/null --write-totals all.json totals.0.json totals.1.json

prune() { # EPOCH OPTION...
  ib-prune -q -s run.npz -e "$1" --seed 7 "${@:2}" train.jsonl
}
prune 3 -a log.audit.zst --receipt receipt.json -o infobatch.jsonl
prune 4 -a log.audit.zst --rule proportional --keep 0.6 -o proportional.jsonl
prune 5 --rule rank --sampling fixed -o rank.jsonl.gz
prune 6 --rule buckets:q0.2=0.75,v2=0.3 -o buckets.jsonl.zst
ib-prune -q -e 7 --rule random -w weights.tsv -o random.jsonl train.jsonl
ib-prune -e 3 --rule proportional --keep 0.6 --totals all.json --write-bins bins.json
ib-score --bins bins.json --write-totals fine.json part.0.npz

ib-weights -O npy -o weights.npy --index rows.npy --base train.jsonl infobatch.jsonl
ib-weights -O npz -o weights.npz --normalize mean --base train.jsonl proportional.jsonl
ib-weights -O f32 -o weights.f32 rank.jsonl.gz
ib-weights --stats buckets.jsonl.zst >stats.json
ib-audit summary log.audit.zst >summary.txt
ib-audit simulate -E 9 loss.*.jsonl >simulate.txt
rm copy.npz ./*.lock
