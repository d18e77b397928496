#!/bin/sh
# Every variant of the byte scans against plain loops (scan.c): here, and on
# arm64 by emulation, where Debian's cross compiler and qemu are.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags="-std=c11 -O2 -Wall -Wextra -Ilib/include -Ilib -D_POSIX_C_SOURCE=200809L"
[ "${WERROR:-0}" = 0 ] || flags="$flags -Werror"
# shellcheck disable=SC2086 # flags are words
${CC:-cc} $flags tests/platforms/byte_scans.c lib/base/scan.c -o "$dir/here"
"$dir/here"
if [ "$(uname -m)" != x86_64 ]; then
	echo "1 passed, 0 failed"
	exit 0
fi
if ! command -v aarch64-linux-gnu-gcc qemu-aarch64-static >"$dir/tools"; then
	echo "arm64: skipped: no aarch64-linux-gnu-gcc or qemu-aarch64-static"
	echo "1 passed, 0 failed, 1 skipped"
	exit 0
fi
# shellcheck disable=SC2086
aarch64-linux-gnu-gcc $flags -static tests/platforms/byte_scans.c lib/base/scan.c -o "$dir/arm64"
qemu-aarch64-static "$dir/arm64"
echo "2 passed, 0 failed"
