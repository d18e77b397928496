#!/usr/bin/env bash
# Run `make check` in a fresh Debian of another release, in a folder.
#
#   tests/platforms/fresh_debian.sh RELEASE [TARGET...]
#
# RELEASE is bookworm, trixie ...; the targets are demo and check by default.
# debootstrap installs the system into build/debian/RELEASE once. At first it has only
# make and a C compiler; packages that the targets install stay in it. The archive is
# the one that this system's apt uses. It needs root, or a kernel that lets users make
# namespaces. If it cannot run, it is skipped and a line says why.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
release=${1:?usage: tests/platforms/fresh_debian.sh RELEASE [TARGET...]}
shift
[ $# -gt 0 ] || set -- demo check
dir=$here/build/debian
root=$dir/$release
mkdir -p "$dir"

skip() {
  echo "debian: skipped: $*"
  echo "0 passed, 0 failed, 1 skipped"
  exit
}

# An ordinary user becomes root of a namespace of its own.
if [ "$(id -u)" != 0 ]; then
  unshare --user --map-auto --map-root-user true 2>"$dir/why" ||
    skip "needs root, or user namespaces with subordinate ids: $(cat "$dir/why")"
  exec unshare --user --map-auto --map-root-user "$0" "$release" "$@"
fi
# Mounts of our own, which end with us.
if [ "${IB_MOUNTS-}" != own ]; then
  unshare --mount true 2>"$dir/why" || skip "no mounts of its own: $(cat "$dir/why")"
  IB_MOUNTS=own exec unshare --mount --pid --fork --mount-proc "$0" "$release" "$@"
fi

archive() {
  apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}

make_system() {
  local from proxy=
  command -v debootstrap >/dev/null || skip 'no debootstrap'
  from=$(archive)
  [ -n "$from" ] || skip "apt knows no archive of Debian"
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  rm -rf "$root" "$root.new"
  http_proxy=${proxy:-${http_proxy-}} debootstrap --variant=minbase \
    --include=make,gcc,libc6-dev "$release" "$root.new" "$from" >"$root.log" 2>&1 || {
    tail -n 3 "$root.log"
    skip "debootstrap does not come through; see $root.log"
  }
  # What this system's apt has been told of dates and proxies holds there too.
  apt-config dump Acquire | grep -E '::(Proxy|Check-)' >"$root.new/etc/apt/apt.conf.d/host" || true
  mv "$root.new" "$root"
}

enter() {
  local d
  for d in dev proc sys; do mount --rbind "/$d" "$root/$d"; done
  [ ! -e /etc/resolv.conf ] || cat /etc/resolv.conf >"$root/etc/resolv.conf"
  cat /etc/hosts >"$root/etc/hosts"
  chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    sh -c "$1"
}

[ -d "$root" ] || make_system
rm -rf "$root/infobatch"
mkdir "$root/infobatch"
tar -c -C "$here" --exclude=./build --exclude=./.git . |
  tar -x -C "$root/infobatch" --no-same-owner
enter "cd /infobatch && make $*"
