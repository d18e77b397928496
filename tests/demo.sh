#!/usr/bin/env bash
# Run the loop of a training run with the loss logs of a real training run. Before each
# epoch, ib-prune decides. There is no trainer: instead, the lines of the kept samples are
# taken from the log of the real epoch, and ib-score reads them.
#
#   tests/demo.sh COMMANDS [OUT]     COMMANDS: the folder of the commands
set -eu -o pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=$(cd "${1:?usage: tests/demo.sh COMMANDS [OUT]}" && pwd):$PATH
out=${2:-$here/build/demo}
data=$here/testdata/fashion
rm -rf "$out"
mkdir -p "$out"
cd "$out"
zstd -qdc "$data/base.jsonl.zst" >train.jsonl

E=16
echo "Loss logs of a Fashion-MNIST classifier: 60000 images, $E epochs."
echo "The default rule drops at random half of the samples whose loss is below the"
echo "mean, and gives the other half the weight 2. It does not prune the last epochs."
echo
printf '%5s %8s %7s %7s %10s %11s\n' epoch samples kept share threshold 'weight sum'
for e in $(seq 0 $((E - 1))); do
  n=$(printf %03d "$e")
  ib-prune -q -s run.npz -e "$e" -E $E --receipt "receipt.$n.json" -a run.audit.zst \
    -o "epoch.$n.jsonl" train.jsonl
  # Instead of a trainer: log the losses of the samples in the manifest.
  zstd -qdc "$data/log-$n.jsonl.zst" |
    awk -F'"' 'NR == FNR { given[$4]; next } $4 in given' \
      "epoch.$n.jsonl" - >"loss.$n.jsonl"
  ib-score -e "$e" -u run.npz --expect "epoch.$n.jsonl" "loss.$n.jsonl"
  jq -r '[.epoch, .samples, .kept, .kept / .samples, .threshold // 0, .weight_sum] | @tsv' \
    "receipt.$n.json" |
    awk -F'\t' '{ printf "%5d %8d %7d %6.1f%% %10s %11.1f\n", $1, $2, $3, 100 * $4,
      ($5 == 0 ? "-" : sprintf("%.6f", $5)), $6 }'
done
echo
jq -s -r '(map(.samples) | add) as $n | (map(.kept) | add) as $k |
  "\($k) sample visits instead of \($n): \(1000 * (1 - $k / $n) | round / 10) % saved."' \
  receipt.*.json
ib-audit report -q -o report.html run.audit.zst loss.*.jsonl
echo "Files in $out:"
echo "  epoch.NNN.jsonl   what epoch NNN trains on, each sample with its weight"
echo "  report.html       the run at a glance"
echo "  run.audit.zst     every decision (ib-audit)"
echo "  run.npz           the scores (numpy.load opens it)"
echo "  receipt.NNN.json  every parameter, count and digest"
