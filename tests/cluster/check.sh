#!/usr/bin/env bash
# The turn of an epoch as Slurm job arrays, on two nodes that are this machine,
# over the loss logs of a real run: tasks are cancelled, killed, requeued and
# lose their node at random, and are tried again until all are through. Each
# epoch's manifests and scores are compared, byte for byte, with those of one
# run over everything.
#
#   tests/cluster/check.sh COMMANDS [SEED]     COMMANDS: the folder of the
#                                              commands
# As root: it starts munged where none runs, slurmctld and two slurmd on
# loopback, with their files in a folder of their own, and stops what it
# started. Exit 77: skipped, since Slurm cannot be had.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$(cd "${1:?usage: tests/cluster/check.sh COMMANDS [SEED]}" && pwd):$PATH:/usr/sbin:/sbin
RANDOM=${2:-1}
data=$here/testdata/fashion
for c in slurmctld slurmd sbatch munged zstd; do
  command -v "$c" >/dev/null || { echo "check-cluster: no $c: skipped"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "check-cluster: not root: skipped"; exit 77; }

K=8 R=4 EPOCHS=4
M=$(mktemp -d)
mkdir "$M/s" "$M/n1" "$M/n2" "$M/w"
export SLURM_CONF=$M/slurm.conf K R
munge_pid='' chaos_pid=''

finish() {
  local status=$? f
  trap - EXIT INT TERM
  [ -z "$chaos_pid" ] || kill "$chaos_pid" 2>/dev/null || true
  scancel -u root 2>/dev/null || true
  for f in n1.pid n2.pid c.pid; do
    [ ! -s "$M/$f" ] || kill "$(cat "$M/$f")" 2>/dev/null || true
  done
  sleep 1
  for f in n1.pid n2.pid c.pid; do
    [ ! -s "$M/$f" ] || kill -9 "$(cat "$M/$f")" 2>/dev/null || true
  done
  [ -z "$munge_pid" ] || kill "$munge_pid" 2>/dev/null || true
  if [ $status != 0 ]; then
    tail -n 5 "$M"/*.log "$M"/w/slurm-*.out 2>/dev/null | tail -n 40 || true
  fi
  rm -rf "$M"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

start() {
  local port=$((17000 + $$ % 2000 * 4)) i
  if ! munge -n >/dev/null 2>&1; then
    [ -s /etc/munge/munge.key ] || mungekey -c -k /etc/munge/munge.key || true
    install -d -o munge -g munge /run/munge
    chown munge: /etc/munge/munge.key
    runuser -u munge -- munged
    munge_pid=$(cat /run/munge/munged.pid)
  fi
  tr ';' '\n' >"$SLURM_CONF" <<END
ClusterName=ib;SlurmctldHost=localhost(127.0.0.1);SlurmUser=root;StateSaveLocation=$M/s;SlurmdSpoolDir=$M/%n
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny;ProctrackType=proctrack/linuxproc;ReturnToService=2;KillWait=2
SlurmctldPidFile=$M/c.pid;SlurmctldLogFile=$M/c.log;SlurmdPidFile=$M/%n.pid;SlurmdLogFile=$M/%n.log
SlurmctldPort=$port;AuthInfo=cred_expire=3;MinJobAge=300;JobRequeue=1
SchedulerParameters=sched_min_interval=0,sched_interval=1,batch_sched_delay=0,bf_interval=1,requeue_delay=0
SelectType=select/cons_tres;SelectTypeParameters=CR_Core;SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=8
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=8
PartitionName=main Nodes=ALL Default=YES
END
  slurmctld
  slurmd -N n1
  slurmd -N n2
  for i in $(seq 60); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null || true)" = 2 ] && return
    sleep 0.5
  done
  echo "check-cluster: the nodes do not come up"
  return 1
}

# ---- the tasks: what the manual has, with a pause in which to be killed ------

cd "$M/w"
zstd -qdc "$data/base.jsonl.zst" >train.jsonl
cat >task.sh <<'END'
#!/bin/bash
#SBATCH --requeue --open-mode=append -c 2
set -eu
step=$1 e=$2 i=$SLURM_ARRAY_TASK_ID
rule=$(cat "rule.$e")
export -n SLURM_CPUS_ON_NODE
sleep "0.$((RANDOM % 10))"
case $step in
map) ib-score -q -e "$e" --split "$K" -o "map.$e.$i.%d.npz" "loss.$e.$i.jsonl" ;;
reduce) ib-score -u "part.$i.npz" --part "$i/$K" --totals "totals.$e.$i.json" map."$e".*."$i".npz ;;
refine) ib-score --refine "want.$e.json" --totals "fine.$e.$i.json" "part.$i.npz" ;;
prune) ib-prune -q -e "$e" $rule -s "part.$i.npz" --totals "all.$e.json" --part "$i/$K" \
  -o "epoch.$e.$i.jsonl" train.jsonl ;;
esac
sleep "0.$((RANDOM % 5))"
touch "done.$step.$e.$i"
END

runs=0
# An array; those of its tasks that did not come through are submitted again.
array() { # STEP EPOCH TASKS
  local step=$1 e=$2 n=$3 left i try
  for try in $(seq 12); do
    left=$(for i in $(seq 0 $((n - 1))); do
      [ -e "done.$step.$e.$i" ] || echo "$i"; done | paste -sd,)
    [ -n "$left" ] || return 0
    [ "$try" -lt 9 ] || touch mercy
    sbatch -Q --array="$left" -o slurm-%A_%a.out task.sh "$step" "$e" >/dev/null
    runs=$((runs + $(tr ',' '\n' <<<"$left" | wc -l)))
    for _ in $(seq 60); do # a job may be held after too many blows
      [ -n "$(squeue -h -o %i)" ] || break
      sleep 0.3
    done
    scancel -Q -u "$(id -un)"
  done
  echo "check-cluster: $step of epoch $e does not come through: $left"
  return 1
}

# One blow after the other, until it is told to end.
chaos() {
  local job pid node
  while [ ! -e mercy ]; do
    sleep "$((RANDOM % 2)).$((RANDOM % 9 + 1))"
    job=$(squeue -h -t R -o %i | shuf -n 1 --random-source=<(yes $RANDOM))
    [ -n "$job" ] || continue
    case $((RANDOM % 8)) in
    0 | 1) scancel "$job" && echo cancelled ;;
    2 | 3) scontrol requeue "$job" && echo requeued ;;
    4 | 5) scancel -s KILL -f "$job" && echo killed ;;
    6)
      node=n$((RANDOM % 2 + 1))
      scontrol update nodename=$node state=down reason=test && echo "node lost"
      sleep 0.5
      scontrol update nodename=$node state=resume
      ;;
    7) scancel -s TERM -b "$job" && echo "told to end" ;;
    esac >>blows 2>>blows.err || true
  done
}

rule() {
  case $1 in
  1) echo "--rule buckets --buckets q0.2:0.75,q0.85:0.5" ;;
  2) echo "--rule proportional --keep 0.7" ;;
  3) echo "--threshold median --keep 0.8" ;;
  *) echo "-r 0.5" ;;
  esac
}

same() { cmp "$1" "$2" || { echo "check-cluster: epoch $3 differs"; return 1; }; }

# The trainer: it logs the losses of what it was given, dealt to ranks, each
# padded with the first samples, as a distributed sampler does.
train() { # EPOCH
  local e=$1 r
  cat epoch."$e".*.jsonl >given
  zstd -qdc "$data/log-00$e.jsonl.zst" |
    awk -F'"' 'NR == FNR { given[$4]; next } $4 in given' given - >losses
  for r in $(seq 0 $((R - 1))); do
    { awk -v r="$r" -v R="$R" 'NR % R == r' losses; head -n 3 losses; } >"loss.$e.$r.jsonl"
  done
}

# The same by one machine.
alone() { # EPOCH: decide, compare
  local e=$1 i
  ib-prune -q -e "$e" $(rule "$e") -s one.npz -o "one.$e.jsonl" train.jsonl
  awk -F'"' 'NR == FNR { line[$4] = $0; next } $4 in line { print line[$4] }' \
    <(cat epoch."$e".*.jsonl) train.jsonl >"epoch.$e.jsonl"
  same "epoch.$e.jsonl" "one.$e.jsonl" "$e"
  printf 'epoch %d: %6d of %d kept, sha256 %.16s, %s\n' "$e" "$(wc -l <"one.$e.jsonl")" \
    "$(wc -l <train.jsonl)" "$(sha256sum <"epoch.$e.jsonl")" "$(rule "$e")"
}

start
for e in $(seq 0 $((EPOCHS - 1))); do rule "$e" >"rule.$e"; done
# Epoch 0 keeps all: there are no scores yet.
for i in $(seq 0 $((K - 1))); do
  ib-prune -q -e 0 -s none.npz --part "$i/$K" -o "epoch.0.$i.jsonl" train.jsonl
done
chaos &
chaos_pid=$!
for e in $(seq 0 $((EPOCHS - 1))); do
  rm -f mercy
  if [ "$e" -gt 0 ]; then
    array prune "$e" $K
  fi
  alone "$e"
  train "$e"
  ib-score -u one.npz -e "$e" --totals one.json loss."$e".*.jsonl
  array map "$e" $R
  array reduce "$e" $K
  for i in $(seq 0 $((K - 1))); do
    ib-score --part "$i/$K" -o one.part.npz one.npz
    same "part.$i.npz" one.part.npz "$e"
  done
  ib-score -o /dev/null --totals "merged.$e.json" totals."$e".*.json
  same "merged.$e.json" one.json "$e"
  [ "$e" -lt $((EPOCHS - 1)) ] || break
  ib-prune -e $((e + 1)) $(rule $((e + 1))) --totals "merged.$e.json" --refine "want.$((e + 1)).json"
  array refine $((e + 1)) $K
  ib-score -o /dev/null --totals "all.$((e + 1)).json" fine.$((e + 1)).*.json
done
touch mercy
echo "$runs tasks; $(sort blows | uniq -c | awk '{ n = $1; $1 = ""; printf "%s%s%s", s, n, $0; s = ", " }')"
echo "the parts say what one run says, in $SECONDS s"
