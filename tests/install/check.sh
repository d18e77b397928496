#!/usr/bin/env bash
# Install into a temporary folder; then build and run a small trainer against the
# installed library, using only pkg-config.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
make -s -C "$here" install DESTDIR="$t/stage" PREFIX=/opt/ib >/dev/null
export PKG_CONFIG_SYSROOT_DIR=$t/stage
export PKG_CONFIG_PATH=$t/stage/opt/ib/lib/pkgconfig
# The libraries beneath are the system's own.
libs=$(pkg-config --libs infobatch | sed "s|-L$t/stage/usr[^ ]*||g")
cflags=$(pkg-config --cflags infobatch | sed "s|-I$t/stage/usr[^ ]*||g")
# shellcheck disable=SC2086
${CC:-cc} -std=c11 -Wall -Wextra -O2 $cflags "$here/tests/install/trainer.c" \
  -o "$t/trainer" $libs
"$t/trainer"
"$t/stage/opt/ib/bin/ib-score" --version >/dev/null
for page in "$t"/stage/opt/ib/share/man/man?/*; do [ -s "$page" ]; done
echo "1 passed, 0 failed"
