#!/usr/bin/env bash
# Install into a folder whose name holds a blank; build and run a small trainer
# against the installed library, using only pkg-config; uninstall, after which no
# file is left. The source archive of a commit is always the same bytes.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
prefix="/opt/info batch"
make -s -C "$here" install DESTDIR="$t/stage" PREFIX="$prefix" >/dev/null
export PKG_CONFIG_SYSROOT_DIR=$t/stage
export PKG_CONFIG_PATH=$t/stage$prefix/lib/pkgconfig
# The libraries beneath are the system's own. pkg-config quotes for the shell.
eval "flags=($(pkg-config --cflags --libs infobatch | sed "s|-[LI]$t/stage/usr[^ ]*||g"))"
${CC:-cc} -std=c11 -Wall -Wextra -O2 "$here/tests/install/trainer.c" \
  -o "$t/trainer" "${flags[@]}"
"$t/trainer"
"$t/stage$prefix/bin/ib-score" --version >/dev/null
cmp "$t/stage$prefix/share/infobatch/prometheus-alerts.yml" "$here/lib/audit/prometheus-alerts.yml"
for page in "$t/stage$prefix"/share/man/man?/*; do [ -s "$page" ]; done
make -s -C "$here" uninstall DESTDIR="$t/stage" PREFIX="$prefix" >/dev/null
[ ! -e "$t/stage$prefix/share/infobatch" ]
find "$t/stage" -type f >"$t/left"
if [ -s "$t/left" ]; then
  echo "make uninstall left:"
  cat "$t/left"
  exit 1
fi
if git -C "$here" rev-parse -q --verify HEAD >/dev/null 2>&1; then
  cd "$here"
  make -s dist && mv build/infobatch-*.tar.gz "$t/first.tar.gz"
  sleep 1
  make -s dist && cmp build/infobatch-*.tar.gz "$t/first.tar.gz"
  tar -tzf "$t/first.tar.gz" >"$t/list"
  grep -q '^infobatch-[0-9.]*/README.md$' "$t/list"
fi
echo "1 passed, 0 failed"
