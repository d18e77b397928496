#!/usr/bin/env bash
# Build again later, in another folder, with another umask, time zone and language, and
# as another user if this user is root. The commands, the libraries, the completions, the
# Debian packages and the source archive must have the same bytes as before.
#
#   tests/install/reproducible.sh     after `make deb dist`, with the same variables
set -eu -o pipefail
cd "$(dirname "$0")/../.."
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
chmod 755 "$t"
other="$t/a folder with blanks/and a longer name"
mkdir -p "$other"
SOURCE_DATE_EPOCH=$(make -s source-date)
export SOURCE_DATE_EPOCH

as_other() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
  else "$@"; fi
}

tar -c --exclude=./build --exclude=./.git . | tar -x -C "$other" --no-same-owner
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$t"
(cd "$other" && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME=$t TMPDIR=$t as_other make -s -j2 deb)

failed=0 same=0
for f in build/release/{ib-*,libinfobatch.*,completions/*} build/deb/*.deb; do
  if cmp "$f" "$other/$f"; then same=$((same + 1)); else failed=$((failed + 1)); fi
done
if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
  git clone -q . "$t/clone"
  (cd "$t/clone" && umask 077 && TZ=Asia/Tokyo make -s dist)
  if cmp build/infobatch-*.tar.gz "$t/clone"/build/infobatch-*.tar.gz; then same=$((same + 1))
  else failed=$((failed + 1)); fi
fi
echo "$same passed, $failed failed"
[ $failed = 0 ]
