#!/usr/bin/env bash
# Install into a folder whose name has a space, and use only the installed files:
# - the header compiles as C11 and as C++17, with gcc and with clang, without warnings;
# - a small trainer is built with only the flags of pkg-config, and runs with the shared
#   library, which is the only library that it needs, and with the static library;
# - the programs in libinfobatch(3), in C with both libraries and in Python, find the same
#   scores as the commands;
# - infobatch.py runs with the shared library of its installation;
# - the interface of the library is the recorded one, and a changed interface is noticed.
# Then uninstall; no file may be left. Installing builds nothing. The source archive of a
# commit always has the same bytes.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
prefix="/opt/info batch"
fail() { echo "check-install: $*"; exit 1; }

(umask 077 && make install DESTDIR="$t/stage" PREFIX="$prefix" V=1) >"$t/log"
[ -z "$(find "$t/stage" ! -perm -a=r)" ] || fail "a umask makes installed files unreadable"
! grep -E "^(${CC:-cc}|ar) " "$t/log" || fail "make install builds something"
lib=$t/stage$prefix/lib
shared=$(readlink -f "$lib/libinfobatch.so")
export PKG_CONFIG_SYSROOT_DIR=$t/stage PKG_CONFIG_PATH=$lib/pkgconfig LD_LIBRARY_PATH=$lib
# The libraries that infobatch needs are those of the system. pkg-config quotes its output for
# the shell.
flags() { pkg-config "$@" infobatch | sed "s|-[LI]$t/stage/usr[^ ]*||g"; }

# ---- the header
eval "cflags=($(flags --cflags))"
printf '#include <infobatch.h>\nint main(void) { return ib_version() != IB_VERSION_NUMBER; }\n' \
  | tee "$t/header.c" >"$t/header.cc"
for pair in 'gcc g++' 'clang clang++'; do
  read -r c cxx <<<"$pair"
  $c -std=c11 -Wall -Wextra -Wpedantic -Werror "${cflags[@]}" -c "$t/header.c" -o "$t/c.o"
  $cxx -std=c++17 -Wall -Wextra -Wpedantic -Werror "${cflags[@]}" "$t/header.cc" \
    -o "$t/header" -L"$lib" -linfobatch
  "$t/header"
done

# ---- programs
eval "dynamic=($(flags --libs))"
eval "static=($(flags --static --libs | sed 's|-linfobatch|-l:libinfobatch.a|'))"
build() { # NAME FLAG...
  ${CC:-cc} -std=c11 -Wall -Wextra -O2 "${cflags[@]}" "$t/$1.c" -o "$t/$1" "${@:2}" -lm
}
cp tests/install/trainer.c "$t"
build trainer "${dynamic[@]}"
"$t/trainer"
readelf -d "$t/trainer" | sed -n 's/.*NEEDED.*\[\(.*\)\.so\..*/\1/p' | sort | tr '\n' ' ' >"$t/needed"
[ "$(cat "$t/needed")" = "libc libinfobatch libm " ] || fail "trainer needs $(cat "$t/needed")"
build trainer "${static[@]}"
env -u LD_LIBRARY_PATH "$t/trainer"
# Extract a program of the manual. Its name is in the comment before the program.
program() {
  sed -n "/^\.\\\\\" $1\$/,/^\.Ed/{/^\.[\\\\BE]/d;s/\\\\e/\\\\/g;p}" man/libinfobatch.3 >"$t/$1"
  [ -s "$t/$1" ] || fail "$1 is not in libinfobatch(3)"
}
program loader.c
program loader.py
epochs=8
seq 200 >"$t/ids"
build loader "${dynamic[@]}" -Werror
"$t/loader" "$t/shared.npz" $epochs <"$t/ids" >"$t/shared"
build loader "${static[@]}" -Werror
env -u LD_LIBRARY_PATH "$t/loader" "$t/static.npz" $epochs <"$t/ids" >"$t/static"
/usr/bin/python3 "$t/loader.py" "$t/python.npz" $epochs <"$t/ids" >"$t/python"
for e in $(seq 0 $((epochs - 1))); do # the loss of train() in awk
  "$t/stage$prefix/bin/ib-prune" -q -f list -s "$t/run.npz" -e $e -E $epochs "$t/ids" |
    awk -F '\t' '{ for (n = i = 0; i < length($1); i++) n += 48 + substr($1, i + 1, 1)
      printf "{\"id\":\"%s\",\"loss\":%d}\n", $1, n % 10 }' >"$t/losses"
  "$t/stage$prefix/bin/ib-score" -q -e $e -u "$t/run.npz" "$t/losses"
  echo "epoch $e: $(wc -l <"$t/losses") of 200 samples" >>"$t/commands"
done
for way in shared static python; do
  cmp "$t/commands" "$t/$way"
  cmp <("$t/stage$prefix/bin/ib-score" "$t/run.npz") <("$t/stage$prefix/bin/ib-score" "$t/$way.npz")
done
"$t/stage$prefix/bin/ib-score" --version >/dev/null
for page in "$t/stage$prefix"/share/man/man?/*; do [ -s "$page" ]; done

# ---- the Python module, which finds the library of its installation
(
  cd "$t"
  export PYTHONPATH="$t/stage$prefix/share/infobatch" PYTHONDONTWRITEBYTECODE=1
  env -u LD_LIBRARY_PATH -u INFOBATCH_LIBRARY /usr/bin/python3 - <<'END'
import infobatch
with infobatch.Run("module.npz", n=100, epochs=3, audit="audit.zst") as run:
    for e in run.epochs():
        rows, weight = run.draw(e)
        run.record(rows, rows % 10)
        run.commit()
END
  "$t/stage$prefix/bin/ib-audit" verify audit.zst >/dev/null
)

# ---- the interface
if [ "$(getconf LONG_BIT)" = 64 ]; then
  interface() { /usr/bin/python3 tests/code/interface.py "$shared" "$@"; }
  interface
  changed() { # SED-SCRIPT MESSAGE: check that the changed header is rejected with this message
    sed "$1" lib/include/infobatch.h >"$t/changed.h"
    cmp -s "$t/changed.h" lib/include/infobatch.h && fail "no change by $1"
    ! interface --header "$t/changed.h" --update >"$t/out" 2>&1 || fail "not noticed: $1"
    grep -q "$2" "$t/out" || { cat "$t/out"; fail "message after $1"; }
  }
  changed '/float \*score;/{h;d};/uint32_t \*visits;/{G}' 'ib_score_columns.score was'
  changed 's/text\[1000\]/text[2000]/' 'ib_error was'
  changed 's/size_t n;/size_t n, more;/' 'ib_span.more is new, in a struct'
  changed 's/IB_REASON_AGE = 5/IB_REASON_AGE = 9/' 'IB_REASON_AGE was'
  changed 's/int64_t epoch,/int32_t epoch,/' 'ib_rule_new was'
  changed '/^IB_API int ib_version/d' 'ib_version is exported, but not in the header'
fi

make -s uninstall DESTDIR="$t/stage" PREFIX="$prefix" >/dev/null
find "$t/stage" ! -type d >"$t/left"
[ ! -s "$t/left" ] || fail "make uninstall left $(cat "$t/left")"
if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
  make -s dist && mv build/infobatch-*.tar.gz "$t/first.tar.gz"
  sleep 1
  make -s dist && cmp build/infobatch-*.tar.gz "$t/first.tar.gz"
  tar -tzf "$t/first.tar.gz" >"$t/list"
  grep -q '^infobatch-[0-9.]*/README.md$' "$t/list"
fi
echo "1 passed, 0 failed"
