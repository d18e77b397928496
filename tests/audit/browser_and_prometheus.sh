#!/usr/bin/env bash
# Other programs can read what ib-audit writes: a browser shows the report;
# Prometheus, cron and systemd take the metrics as the manual describes.
# Environment: IB_BIN, the folder of the commands.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
IB_BIN=$(cd "${IB_BIN:-$here/../../build/release}" && pwd)
export IB_BIN
PATH=$IB_BIN:$PATH
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
cd "$top"
failed=0 skipped=0

skip() {
  echo "$*"
  skipped=$((skipped + 1))
}

for check in report_in_browser report_looks_right; do
  said=$(/usr/bin/python3 "$here/$check.py") || failed=1
  [ -z "$said" ] || skip "$said"
done

printf '{"id":"a","score":1,"epoch":0,"visits":1}\n{"id":"b","score":3,"epoch":0,"visits":1}\n' >s.jsonl
printf '{"id":"a"}\n{"id":"b"}\n' >m.jsonl
ib-prune -s s.jsonl -e 1 -a log.zst -o out m.jsonl
ib-prune -e 2 --rule random -a log.zst -o out m.jsonl
for run in '' 'a "b\' $'two\nlines'; do
  ib-audit metrics log.zst ${run:+--run "$run"} -o ib.prom
  ! command -v promtool >/dev/null || promtool check metrics <ib.prom || failed=1
done
printf '{"id":"a","epoch":1,"loss":1}\n' >loss.jsonl
ib-audit metrics -s s.jsonl log.zst loss.jsonl -o ib.prom
if command -v promtool >/dev/null; then
  promtool check metrics <ib.prom || failed=1
  promtool check rules "$here/../../lib/audit/prometheus-alerts.yml" >rules || { cat rules; failed=1; }
  promtool test rules "$here/prometheus-alerts-test.yml" >rules || { cat rules; failed=1; }
  # ib-audit writes every metric that the alert rules use.
  grep -o 'ib_prune_[a-z_]*' "$here/../../lib/audit/prometheus-alerts.yml" | sort -u |
    while read -r name; do grep -q "^$name[{ ]" ib.prom || { echo "$name: no such metric"; exit 1; }; done ||
    failed=1
else
  skip 'metrics: skipped: no promtool'
  skip 'alert rules: skipped: no promtool'
fi

# Run the line for cron, with the PATH of cron, and the units of systemd from the manual.
page=$here/../../man/ib-audit.1
joined() { sed 's/\\e$/\\/' | sed -e :a -e '/\\$/N; s/\\\n//; ta'; }
local=s,/var/lib/prometheus/node-exporter,$top,g\;s,/srv/run,$top,g
local=$local\;s,/run/lock,$top,g\;s,/usr/local/bin,$IB_BIN,g
mv log.zst run.audit.zst
rm -f ib.prom
sed -nE '/^\*\/15/s/^([^ ]+ +){5}//p' "$page" | sed "$local" >cron
env -i PATH=/usr/bin:/bin sh -e cron && grep -q '^ib_prune_saved_ratio{run="resnet"} ' ib.prom || {
  echo 'cron: the line of the manual does not work'
  failed=1
}
for unit in service timer; do
  sed -n "/ib-metrics.$unit :/,/^\\.Ed/p" "$page" | sed '1,2d;$d' | joined |
    sed "$local" >ib-metrics.$unit
done
sed -n 's/^ExecStart=//p' ib-metrics.service >start
rm ib.prom
sh -e start && [ -s ib.prom ] || {
  echo 'systemd: the command of the manual does not work'
  failed=1
}
if command -v systemd-analyze >/dev/null; then
  systemd-analyze verify ./ib-metrics.timer ./ib-metrics.service || failed=1
else
  skip 'timer: skipped: no systemd-analyze'
fi
echo "$((7 - failed - skipped)) passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
exit $failed
