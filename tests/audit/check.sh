#!/usr/bin/env bash
# What the audit's files are for others: a browser, Prometheus.
# Environment: IB_BIN, the folder of the commands.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
IB_BIN=$(cd "${IB_BIN:-$here/../../build/release}" && pwd)
export IB_BIN
PATH=$IB_BIN:$PATH
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
cd "$top"
failed=0

/usr/bin/python3 "$here/report.py" || failed=1

printf '{"id":"a","score":1,"epoch":0,"visits":1}\n{"id":"b","score":3,"epoch":0,"visits":1}\n' >s.jsonl
printf '{"id":"a"}\n{"id":"b"}\n' >m.jsonl
ib-prune -s s.jsonl -e 1 -a log.zst -o out m.jsonl
ib-prune -e 2 --rule random -a log.zst -o out m.jsonl
for run in '' 'a "b\' $'two\nlines'; do
  ib-audit metrics log.zst ${run:+--run "$run"} -o ib.prom
  if command -v promtool >/dev/null; then
    promtool check metrics <ib.prom || failed=1
  else
    echo 'metrics: not looked at by Prometheus: no promtool'
  fi
done
[ $failed = 0 ] && echo '2 passed, 0 failed'
exit $failed
