#!/usr/bin/env bash
# Build the commands for i386 with a cross compiler, and run case folders with them
# under qemu. `make check-i386` calls it.
#
#   tests/platforms/i386.sh PACKAGE... [-- CASE...]
#
# PACKAGE is a library that the build needs; without CASE all cases run. Debian's i386
# libraries are unpacked into build/i386/root by an apt with its own state, so nothing
# of the system changes and root is not needed.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build/i386
root=$build/root
packages=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  packages+=("$1")
  shift
done
[ $# = 0 ] || shift

skip() {
  echo "i386: skipped: $*"
  echo '0 passed, 0 failed, 1 skipped'
  exit
}

own_apt() {
  apt-get -qq -o APT::Architecture=i386 -o APT::Architectures::=i386 \
    -o Dir::State="$build/apt" -o Dir::State::status="$build/apt/status" \
    -o Dir::Cache="$build/apt" -o Dir::Cache::archives="$build/apt/archives" \
    -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" "$@"
}

# Links that begin at the root of the file system begin at ours.
keep_links_inside() {
  find "$root.new" -type l -lname '/*' -printf '%p\t%l\n' |
    while IFS=$'\t' read -r link target; do ln -sfn "$root$target" "$link"; done
}

make_root() {
  rm -rf "$root" "$root.new" "$build/apt"
  mkdir -p "$build/apt/lists/partial" "$build/apt/archives/partial"
  : >"$build/apt/status"
  own_apt update
  own_apt --no-install-recommends --download-only -y install libc6-dev \
    "${packages[@]}" >/dev/null
  for p in "$build"/apt/archives/*.deb; do dpkg-deb -x "$p" "$root.new"; done
  [ -e "$root.new/lib" ] || ln -s usr/lib "$root.new/lib"
  keep_links_inside
  printf '%s\n' "${packages[@]}" >"$root.new/packages"
  mv "$root.new" "$root"
  rm -rf "$build/apt"
}

# The commands, each a script that hands the program to qemu, and their
# completion.
make_wrappers() {
  local c name to=$build/bin/completions
  rm -rf "$build/bin"
  mkdir -p "$to"
  for c in "$build"/ib-*; do
    name=${c##*/}
    printf '#!/bin/sh\nexec qemu-i386-static -L "%s" -0 "%s" "%s" "$@"\n' \
      "$root" "$name" "$c" >"$build/bin/$name"
    chmod +x "$build/bin/$name"
    cmd/completion.sh "$build/bin/$name" bash >"$to/$name"
    cmd/completion.sh "$build/bin/$name" zsh >"$to/_$name"
    cmd/completion.sh "$build/bin/$name" fish >"$to/$name.fish"
  done
}

for c in i686-linux-gnu-gcc qemu-i386-static apt-get dpkg-deb; do
  command -v "$c" >/dev/null || skip "no $c"
done
mkdir -p "$build"
printf '%s\n' "${packages[@]}" | cmp -s - "$root/packages" ||
  make_root 2>"$build/why" ||
  skip "its libraries cannot be had: $(tail -n 1 "$build/why")"
export PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_LIBDIR=$root/usr/lib/i386-linux-gnu/pkgconfig:$root/usr/share/pkgconfig
${MAKE:-make} --no-print-directory -j2 WERROR=1 B=build/i386 \
  CC="${CCACHE-} i686-linux-gnu-gcc --sysroot=$root" build/i386/ib-{score,prune,weights,audit}
make_wrappers
IB_BIN=$build/bin tests/cli/run.sh "$@"
