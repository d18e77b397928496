# Functions that start two Slurm nodes on this machine, for slurm_arrays.sh:
#
#   slurm_start DIR     start munged if none runs, slurmctld, and slurmd for n1 and n2
#                       on loopback, with their files in DIR. Returns 77 and prints
#                       why if Slurm is not available.
#   slurm_down NODE     stop the node, so that its tasks are lost, and start it again
#   slurm_lose NODE     kill the node's slurmd, and start it again
#   slurm_stop          end the processes that were started, by process id
munge_pid=''

slurm_skip() {
  echo "cluster: skipped: $*"
  return 77
}

slurm_munge() {
  ! munge -n >/dev/null 2>&1 || return 0
  { [ -s /etc/munge/munge.key ] || mungekey -c -k /etc/munge/munge.key
    install -d -o munge -g munge /run/munge
    chown munge: /etc/munge/munge.key
    runuser -u munge -- munged; } >"$M/munged.log" 2>&1 || return 1
  munge_pid=$(cat /run/munge/munged.pid)
  munge -n >/dev/null 2>&1
}

# Print the last errors of the daemons.
slurm_why() {
  cat "$M"/c.log "$M"/n?.log "$M"/start.log 2>/dev/null |
    grep -E 'fatal|error' | tail -n 3 | paste -sd '|' || true
}

slurm_start() {
  local c port i
  M=$1
  PATH=$PATH:/usr/sbin:/sbin
  [ "$(id -u)" = 0 ] || { slurm_skip "Slurm's daemons want root"; return; }
  for c in slurmctld slurmd sbatch munged; do
    command -v "$c" >/dev/null || { slurm_skip "no $c"; return; }
  done
  slurm_munge || {
    slurm_skip "munged does not start: $(tail -n 1 "$M/munged.log")"; return; }
  port=$((20000 + $$ % 2000 * 4))
  mkdir "$M/s" "$M/n1" "$M/n2"
  export SLURM_CONF=$M/slurm.conf
  # A requeued task would wait for cred_expire, which is 120 s, even if less than 5 s is configured.
  # The test does not wait: see disturb_tasks() in slurm_arrays.sh. The other settings schedule tasks
  # at once instead of once per minute, and send KILL 2 s after TERM.
  tr ';' '\n' >"$SLURM_CONF" <<END
ClusterName=ib;SlurmctldHost=localhost(127.0.0.1);SlurmUser=root;StateSaveLocation=$M/s;SlurmdSpoolDir=$M/%n
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny;ProctrackType=proctrack/linuxproc;ReturnToService=2;KillWait=2
SlurmctldPidFile=$M/c.pid;SlurmctldLogFile=$M/c.log;SlurmdPidFile=$M/%n.pid;SlurmdLogFile=$M/%n.log
SlurmctldPort=$port;MinJobAge=300;JobRequeue=1;MpiDefault=none
SchedulerParameters=sched_min_interval=0,sched_interval=1,batch_sched_delay=0,bf_interval=1
SelectType=select/cons_tres;SelectTypeParameters=CR_Core;SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=4
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=4
PartitionName=main Nodes=ALL Default=YES
END
  # slurmd requires a folder of cgroups even if it does not use cgroups. A container may have none, so
  # give slurmd an empty folder.
  printf 'CgroupPlugin=cgroup/v1\nCgroupMountpoint=%s\n' "$M/cgroup" >"$M/cgroup.conf"
  mkdir "$M/cgroup"
  for c in slurmctld "slurmd -N n1" "slurmd -N n2"; do
    timeout 400 $c >>"$M/start.log" 2>&1 || {
      slurm_skip "$c does not start: $(slurm_why)"; return; }
  done
  for i in $(seq 600); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null || true)" != 2 ] || return 0
    sleep 0.5
  done
  slurm_skip "the nodes do not come up in 300 s: $(slurm_why)"
}

slurm_down() {
  scontrol update nodename="$1" state=down reason=test
  sleep 0.5
  scontrol update nodename="$1" state=resume || true # the node may have resumed by itself
}

slurm_lose() {
  kill -9 "$(cat "$M/$1.pid")"
  scontrol update nodename="$1" state=down reason=lost
  slurmd -N "$1" && scontrol update nodename="$1" state=resume
}

slurm_stop() {
  local f pid i
  [ -n "${SLURM_CONF-}" ] || return 0
  [ ! -s "$M/c.pid" ] || timeout 400 scancel -Q -u root 2>/dev/null || true
  for f in n1 n2 c; do # end the nodes first, because they end the tasks that run on them
    pid=$(cat "$M/$f.pid" 2>/dev/null) && kill "$pid" 2>/dev/null || continue
    for i in $(seq 600); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  done
  [ -z "$munge_pid" ] || kill "$munge_pid" 2>/dev/null || true
}
