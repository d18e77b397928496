#!/bin/sh
# Compile lib/ and cmd/ for musl's C library, with and without PORTABLE=1. Nothing is
# linked, because Debian has the other libraries only for glibc. Their headers can be used.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v musl-gcc >/dev/null; then
	echo 'musl: skipped: no musl-gcc'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for h in archive archive_entry bzlib cjson libdeflate lz4 lz4frame lzma utf8proc xxhash \
	zconf zdict zlib zstd zstd_errors; do
	for at in /usr/include /usr/include/"$(gcc -print-multiarch)"; do
		[ ! -e "$at/$h" ] || ln -sf "$at/$h" "$dir"
		[ ! -e "$at/$h.h" ] || ln -sf "$at/$h.h" "$dir"
	done
done
for portable in '' -DIB_PORTABLE; do
	printf '%s\n' lib/*/*.c cmd/*.c | xargs -P 2 -n 20 musl-gcc -std=c11 \
		-D_POSIX_C_SOURCE=200809L $portable -Wall -Wextra -Werror -fsyntax-only \
		-Ilib/include -Ilib -isystem "$dir"
done
echo '2 passed, 0 failed'
