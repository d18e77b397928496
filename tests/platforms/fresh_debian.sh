#!/usr/bin/env bash
# Run `make`, or install packages, in a fresh Debian of another release (in a folder).
#
#   tests/platforms/fresh_debian.sh RELEASE [TARGET...]
#   tests/platforms/fresh_debian.sh RELEASE --install FOLDER
#
# RELEASE is bookworm, trixie ...; the targets are demo and check by default.
# debootstrap installs the smallest system into build/debian/RELEASE.base once. The copy
# build/debian/RELEASE also has make and a C compiler, and keeps the packages that the
# targets install. With --install, the Debian packages in FOLDER are installed, used and
# removed in a new copy (tests/install/installed.sh). Packages come from the archive that
# this system's apt uses. The script needs root, or a kernel in which users can create
# namespaces. If the script cannot run, it prints a line with the reason and is skipped.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
release=${1:?usage: tests/platforms/fresh_debian.sh RELEASE [TARGET...]}
shift
[ $# -gt 0 ] || set -- demo check
dir=$here/build/debian
base=$dir/$release.base
root=$dir/$release
mkdir -p "$dir"

skip() {
  echo "debian: skipped: $*"
  echo "0 passed, 0 failed, 1 skipped"
  exit
}

# If this user is not root, run this script as root of a new user namespace.
if [ "$(id -u)" != 0 ]; then
  unshare --user --map-auto --map-root-user true 2>"$dir/why" ||
    skip "needs root, or user namespaces with subordinate ids: $(cat "$dir/why")"
  exec unshare --user --map-auto --map-root-user "$0" "$release" "$@"
fi
# Run this script in a new mount namespace, so that its mounts end with it.
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
  rm -rf "$base" "$base.new"
  http_proxy=${proxy:-${http_proxy-}} debootstrap --variant=minbase \
    "$release" "$base.new" "$from" >"$dir/$release.log" 2>&1 || {
    tail -n 3 "$dir/$release.log"
    skip "debootstrap does not come through; see $dir/$release.log"
  }
  # Copy the settings of this system's apt for proxies and for checks of dates.
  apt-config dump Acquire | grep -E '::(Proxy|Check-)' >"$base.new/etc/apt/apt.conf.d/host" || true
  mv "$base.new" "$base"
}

enter() { # COMMAND
  local d
  for d in dev proc sys; do mount --rbind "/$d" "$root/$d"; done
  [ ! -e /etc/resolv.conf ] || cat /etc/resolv.conf >"$root/etc/resolv.conf"
  cat /etc/hosts >"$root/etc/hosts"
  chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    sh -c "$1"
}

[ -d "$base" ] || make_system
if [ "$1" = --install ]; then
  root=$dir/$release.fresh
  rm -rf "$root"
  cp -a "$base" "$root"
  mkdir "$root/infobatch"
  cp -R "$2"/*.deb "$here/tests/manuals" "$here/testdata" "$here/tests/install/installed.sh" \
    "$root/infobatch"
  enter "/infobatch/installed.sh /infobatch"
  exit
fi
if [ ! -d "$root" ]; then
  rm -rf "$root.new"
  cp -a "$base" "$root.new"
  mv "$root.new" "$root"
fi
rm -rf "$root/infobatch"
mkdir "$root/infobatch"
tar -c -C "$here" --exclude=./build --exclude=./.git . |
  tar -x -C "$root/infobatch" --no-same-owner
install="DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install"
enter "command -v gcc make >/dev/null ||
  { apt-get -qq update && $install make gcc libc6-dev >/dev/null; }
  cd /infobatch && make $*"
