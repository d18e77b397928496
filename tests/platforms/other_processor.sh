#!/usr/bin/env bash
# Build for another processor with a cross compiler, and run the tests under qemu.
# `make check-i386`, `make check-arm64` and `make check-s390x` call it.
#
#   tests/platforms/other_processor.sh PROCESSOR PACKAGE... [-- CASE...]
#
# PROCESSOR is one of Debian's names: i386, arm64 or s390x (which is big-endian).
# PACKAGE is a library that the build needs. Debian's libraries for the processor are
# unpacked into build/PROCESSOR/root by an apt with its own state, so the system does not
# change and root is not needed. Then three tests are run:
# 1. The unit tests, without Criterion, which does not run under qemu.
# 2. The case folders CASE.... By default, each processor runs a different third of all
#    case folders. Environment: SEED shuffles them (default 1); ALL=1 runs all of them.
# 3. The commands write files of each kind. The files must be equal to the files that the
#    commands of this machine in build/release write.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
. tests/platforms/common.sh
case ${1-} in
i386) triple=i686-linux-gnu emulator=qemu-i386-static third=0 ;;
arm64) triple=aarch64-linux-gnu emulator=qemu-aarch64-static third=1 ;;
s390x) triple=s390x-linux-gnu emulator=qemu-s390x-static third=2 ;;
*) echo "usage: $0 i386|arm64|s390x PACKAGE... [-- CASE...]" >&2; exit 2 ;;
esac
processor=$1
shift
case $processor in
i386) libraries=i386-linux-gnu ;;
*) libraries=$triple ;;
esac
build=$PWD/build/$processor
root=$build/root
packages=(libc6-dev libc-bin) # libc-bin has the locale C.UTF-8
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  packages+=("$1")
  shift
done
[ $# = 0 ] || shift

skip() {
  echo "$processor: skipped: $*"
  echo '0 passed, 0 failed, 1 skipped'
  exit
}

own_apt() {
  apt-get -qq -o APT::Architecture="$processor" -o APT::Architectures::="$processor" \
    -o Dir::State="$build/apt" -o Dir::State::status="$build/apt/status" \
    -o Dir::Cache="$build/apt" -o Dir::Cache::archives="$build/apt/archives" \
    -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" "$@"
}

# Change absolute links so that they begin at $root.
keep_links_inside() {
  find "$root.new" -type l -lname '/*' -printf '%p\t%l\n' |
    while IFS=$'\t' read -r link target; do ln -sfn "$root$target" "$link"; done
}

make_root() {
  local d p
  rm -rf "$root" "$root.new" "$build/apt"
  mkdir -p "$build/apt/lists/partial" "$build/apt/archives/partial"
  : >"$build/apt/status"
  own_apt update
  own_apt --no-install-recommends --download-only -y install "${packages[@]}" \
    >/dev/null
  for p in "$build"/apt/archives/*.deb; do dpkg-deb -x "$p" "$root.new"; done
  # Packages may use /lib or /usr/lib, so make /lib a link to /usr/lib.
  for d in lib lib64; do
    [ -e "$root.new/$d" ] || [ ! -e "$root.new/usr/$d" ] || ln -s "usr/$d" "$root.new/$d"
  done
  keep_links_inside
  printf '%s\n' "${packages[@]}" >"$root.new/packages"
  mv "$root.new" "$root"
  rm -rf "$build/apt"
}

# Write a script that runs the program under qemu.
wrap() { # PROGRAM WRAPPER
  printf '#!/bin/sh\nexec %s -L "%s" -0 "%s" "%s" "$@"\n' \
    "$emulator" "$root" "${2##*/}" "$1" >"$2"
  chmod +x "$2"
}

# The commands and their completion.
make_wrappers() {
  local c name to=$build/bin/completions
  rm -rf "$build/bin"
  mkdir -p "$to"
  wrap "$build/unit" "$build/bin/unit"
  for c in "$build"/ib-*; do
    name=${c##*/}
    wrap "$c" "$build/bin/$name"
    cmd/completion.sh "$build/bin/$name" bash >"$to/$name"
    cmd/completion.sh "$build/bin/$name" zsh >"$to/_$name"
    cmd/completion.sh "$build/bin/$name" fish >"$to/$name.fish"
  done
}

for c in $triple-gcc $emulator apt-get dpkg-deb; do
  command -v "$c" >/dev/null || skip "no $c"
done
mkdir -p "$build"
printf '%s\n' "${packages[@]}" | cmp -s - "$root/packages" ||
  make_root 2>"$build/why" ||
  skip "its libraries cannot be had: $(tail -n 1 "$build/why")"
export PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_LIBDIR=$root/usr/lib/$libraries/pkgconfig:$root/usr/share/pkgconfig
# gcc for s390x warns that a name may be NULL, which is never true.
make --no-print-directory -j2 WERROR=1 B="build/$processor" OWN_CRITERION=1 \
  CFLAGS='-O2 -g -Wno-format-truncation' \
  CC="${CCACHE-} $triple-gcc --sysroot=$root" \
  "build/$processor"/{unit,ib-{score,prune,weights,audit}}
unset PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
make_wrappers

write_files() { # COMMANDS OUT
  rm -rf "$2"
  mkdir -p "$2"
  tests/platforms/write_files.sh "$1" "$2"
}

# The last line counts this test too.
same_files() {
  write_files build/release "$build/files.here" &&
    write_files "$build/bin" "$build/files" &&
    diff -r "$build/files.here" "$build/files" && echo '1 passed, 0 failed' ||
    echo '0 passed, 1 failed'
}

cases=("$@")
always=files-of-a-big-endian-machine-are-read
# A big-endian machine does not map score files, so a mapped file cannot be shortened.
never=
[ "$processor" != s390x ] || never=a-score-file-that-shrinks-is-an-io-error
[ $# -gt 0 ] ||
  mapfile -t cases < <(echo $always; third_of_cases $third | grep -vx -e $always -e "$never")
# Python runs on this machine, so it loads the library of this machine.
library=("$PWD"/build/release/libinfobatch.so.*.*)
{
  tests/unit/run.sh "$build/bin/unit" || true
  IB_BIN=$build/bin INFOBATCH_LIBRARY=${library[0]} tests/cli/run.sh "${cases[@]}" 2>&1 || true
  same_files
} | add_up
