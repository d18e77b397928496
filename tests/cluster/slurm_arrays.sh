#!/usr/bin/env bash
# Run the steps between epochs as Slurm job arrays on two nodes, both on this machine,
# over the loss logs of a real run. Tasks are cancelled, killed, requeued and lose their
# node at random; they are repeated until all succeed. The manifests and scores of each
# epoch must equal those of one run over everything, byte for byte.
#
#   tests/cluster/slurm_arrays.sh COMMANDS [SEED]     COMMANDS: the folder of the
#                                              commands
# It needs root. It starts munged if none runs, slurmctld and two slurmd on loopback,
# with their files in a folder of their own, and stops what it started. Exit status 77:
# skipped because Slurm is not available; a line says why.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$(cd "${1:?usage: tests/cluster/slurm_arrays.sh COMMANDS [SEED]}" && pwd):$PATH
RANDOM=${2:-1}
data=$here/testdata/fashion
. "$here/tests/cluster/slurm_on_this_machine.sh"

export K=8 R=4 E RULE
EPOCHS=4
dir=$(mktemp -d)
disturb_pid=''

finish() {
  local status=$?
  trap - EXIT INT TERM
  [ -z "$disturb_pid" ] || kill "$disturb_pid" 2>/dev/null || true
  slurm_stop
  if [ $status != 0 ] && [ $status != 77 ]; then
    tail -n 5 "$dir"/*.log "$dir"/w/slurm-*.out 2>/dev/null | tail -n 60 || true
  fi
  rm -rf "$dir"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---- the tasks: the commands of the manual --------------------------------------

# Make wrappers that stop the commands for a moment at a random place, so that kills arrive there.
slow() {
  local c
  mkdir "$dir/slow"
  for c in ib-score ib-prune; do
    cat >"$dir/slow/$c" <<END
#!/bin/bash
[ -n "\${SLURM_JOB_ID-}" ] || exec "$(command -v $c)" "\$@"
"$(command -v $c)" "\$@" &
pid=\$!
sleep "0.0\$((RANDOM % 6))\$((RANDOM % 10))"
kill -STOP \$pid 2>/dev/null
sleep "0.\$((RANDOM % 6 + 1))"
kill -CONT \$pid 2>/dev/null
wait \$pid
END
    chmod +x "$dir/slow/$c"
  done
}

# Paste the block of the manual until the manifests of all parts exist. If a task is killed, the
# later steps do not run. The next try keeps the files that are complete.
turn() {
  local try still now last
  for try in $(seq 30); do
    [ "$try" -lt 4 ] || touch stop_disturbing
    PATH=$dir/slow:$PATH bash -eu recipe
    tries=$((tries + 1))
    # Slurm may hold a task that was killed too often. Give up if nothing changes for a minute.
    still=0 last=
    while now=$(squeue -h -r -o '%i %T %r' | sort) && [ -n "$now" ] && [ $still -lt 300 ]; do
      [ "$now" = "$last" ] && still=$((still + 1)) || still=0
      last=$now
      sleep 0.2
    done
    [ -z "$(squeue -h -o %i)" ] || scancel -Q -u root
    [ "$(ls next.*.jsonl 2>/dev/null | wc -l)" != $K ] || return 0
  done
  echo "check-cluster: epoch $E does not come through"
  return 1
}

# Disturb tasks again and again, until the file `stop_disturbing` exists. A task that Slurm has put
# back into the queue would wait for cred_expire, so start it at once.
disturb_tasks() {
  local job next=0
  while :; do
    sleep 0.3
    for job in $(squeue -h -r -t PD -o '%i %r' | awk '$2 == "BeginTime" { print $1 }'); do
      scontrol update jobid="$job" starttime=now
    done
    [ $((next += 1)) -ge 4 ] && [ ! -e stop_disturbing ] || continue
    job=$(squeue -h -t R -o %i | shuf -n 1 --random-source=<(yes $RANDOM))
    [ -n "$job" ] || continue
    next=$((RANDOM % 3))
    case $((RANDOM % 10)) in
    0) scancel "$job" && echo cancelled ;;
    1) scancel -s KILL -f "$job" && echo killed ;;
    2) scancel -s TERM -b "$job" && echo "terminated" ;;
    3 | 4 | 5 | 6) scontrol requeue "$job" && echo requeued ;;
    7) slurm_lose n$((RANDOM % 2 + 1)) && echo "node lost" ;;
    8 | 9) slurm_down n$((RANDOM % 2 + 1)) && echo "node down" ;;
    esac >>"$dir/disturbances"
  done 2>>"$dir/disturbances.log"
}

# Print the rule for the epoch after E.
rule() {
  case $E in
  0) echo "--rule buckets:q0.2=0.75,q0.85=0.5" ;;
  1) echo "--rule proportional --keep 0.7" ;;
  2) echo "--rule infobatch:threshold=median --keep 0.8" ;;
  *) echo "-r 0.5" ;;
  esac
}

# The trainer logs the losses of the samples in its manifest. The samples are distributed over the
# ranks. Each rank also gets the first samples, as a distributed sampler pads its batches.
train() {
  local r
  zstd -qdc "$data/log-00$E.jsonl.zst" |
    awk -F'"' 'NR == FNR { given[$4]; next } $4 in given' "epoch.$E" - >losses
  for r in $(seq 0 $((R - 1))); do
    { awk -v r="$r" -v R="$R" 'NR % R == r' losses; head -n 3 losses; } >"loss.$E.$r.jsonl"
  done
}

same() { cmp "$1" "$2" || { echo "check-cluster: epoch $E differs"; return 1; }; }

# Do the same on one machine, and compare the totals, the scores of each part, and the manifest.
alone() {
  local i next=epoch.$((E + 1))
  ib-score -u one.npz -e "$E" --write-totals one.json loss."$E".*.jsonl
  same all.json one.json
  for i in $(seq 0 $((K - 1))); do
    ib-score --part "$i/$K" -o one.part.npz one.npz
    same "part.$i.npz" one.part.npz
  done
  ib-prune -q -e $((E + 1)) $RULE -s one.npz -o one.jsonl train.jsonl
  awk -F'"' 'NR == FNR { line[$4] = $0; next } $4 in line { print line[$4] }' \
    <(cat next.*.jsonl) train.jsonl >"$next"
  same "$next" one.jsonl
  [ "$(cat next.*.jsonl | wc -l)" = "$(wc -l <one.jsonl)" ] || return 1
  printf '%3d s, epoch %d: %6d of %d kept, sha256 %.16s, %s\n' "$SECONDS" $((E + 1)) \
    "$(wc -l <one.jsonl)" "$(wc -l <train.jsonl)" "$(sha256sum <"$next")" "$RULE"
}

slurm_start "$dir"
slow
"$here/tests/cluster/manual_recipes.sh" --print slurm >"$dir/recipe"
mkdir "$dir/w" && cd "$dir/w"
mv ../recipe .
zstd -qdc "$data/base.jsonl.zst" >train.jsonl
# Epoch 0 keeps all samples, because there are no scores yet.
cp train.jsonl epoch.0
disturb_tasks &
disturb_pid=$!
tries=0
for E in $(seq 0 $((EPOCHS - 1))); do
  train
  RULE=$(rule)
  rm -f stop_disturbing next.*
  turn
  alone
done
echo "$(ls slurm-*.out | wc -l) tasks," \
  "pasted $tries times;$(sort "$dir/disturbances" | uniq -c |
    awk '{ n = $1; $1 = ""; printf "%s %s%s", s, n, $0; s = "," }')"
echo "the partitions give the results of one run, in $SECONDS s"
