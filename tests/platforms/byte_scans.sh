#!/bin/sh
# Compare the byte scans with plain loops (byte_scans.c): with and without the vectors of
# this processor, and on an emulated arm64 if Debian's cross compiler and qemu are installed.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags="-std=c11 -O2 -Wall -Wextra -Ilib/include -Ilib -D_POSIX_C_SOURCE=200809L"
[ "${WERROR:-0}" = 0 ] || flags="$flags -Werror"
# shellcheck disable=SC2086 # flags are words
${CC:-cc} $flags tests/platforms/byte_scans.c -o "$dir/here"
"$dir/here"
# shellcheck disable=SC2086
${CC:-cc} $flags -DIB_BYTE_SCAN_PORTABLE tests/platforms/byte_scans.c -o "$dir/portable"
"$dir/portable"
if [ "$(uname -m)" != x86_64 ]; then
	echo "2 passed, 0 failed"
	exit 0
fi
if ! command -v aarch64-linux-gnu-gcc qemu-aarch64-static >"$dir/tools"; then
	echo "arm64: skipped: no aarch64-linux-gnu-gcc or qemu-aarch64-static"
	echo "2 passed, 0 failed, 1 skipped"
	exit 0
fi
# shellcheck disable=SC2086
aarch64-linux-gnu-gcc $flags -static tests/platforms/byte_scans.c -o "$dir/arm64"
qemu-aarch64-static "$dir/arm64"
echo "3 passed, 0 failed"
