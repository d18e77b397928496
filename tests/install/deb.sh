#!/usr/bin/env bash
# Make Debian packages from a staged installation: infobatch, libinfobatch0 and
# libinfobatch-dev. `make deb` calls it.
#
#   tests/install/deb.sh STAGE VERSION OUT DEV-PACKAGE...
#
# STAGE is the DESTDIR of `make install PREFIX=/usr`, and OUT is the folder of the
# packages. A static link with the library needs each DEV-PACKAGE. SOURCE_DATE_EPOCH must
# be set. It is the time of all files in the packages, so equal files give equal packages.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
stage=$(cd "$1" && pwd) version=$2
mkdir -p "$3"
out=$(cd "$3" && pwd)
shift 3
needed_to_link=$(printf ', %s' "$@")
: "${SOURCE_DATE_EPOCH:?is not set}"
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
arch=$(dpkg --print-architecture)
libdir=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
maintainer=${MAINTAINER:-infobatch maintainers <maintainers@infobatch.invalid>}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

# Move files of the stage into a package.
pick() { # PACKAGE FOLDER FILE...
  local to=$t/$1/$2
  mkdir -p "$to"
  cp -P --preserve=mode "${@:3}" "$to"
}

split_stage() {
  local usr=$stage/usr page section
  pick infobatch usr/bin "$usr"/bin/ib-*
  pick infobatch usr/share/infobatch "$usr"/share/infobatch/*
  pick infobatch usr/share/bash-completion/completions "$usr"/share/bash-completion/completions/*
  pick infobatch usr/share/zsh/vendor-completions "$usr"/share/zsh/site-functions/*
  pick infobatch usr/share/fish/vendor_completions.d "$usr"/share/fish/vendor_completions.d/*
  for page in "$usr"/share/man/man?/*; do
    section=${page##*.}
    case $section in
    3) pick libinfobatch-dev "usr/share/man/man$section" "$page" ;;
    *) pick infobatch "usr/share/man/man$section" "$page" ;;
    esac
  done
  pick libinfobatch0 "$libdir" "$usr"/lib/libinfobatch.so.*
  pick libinfobatch-dev "$libdir" "$usr"/lib/libinfobatch.{a,so}
  pick libinfobatch-dev usr/include "$usr"/include/*
  pick libinfobatch-dev "$libdir/pkgconfig" "$usr"/lib/pkgconfig/*
  sed -i "s|{prefix}/lib|{prefix}/${libdir#usr/}|" "$t/libinfobatch-dev/$libdir"/pkgconfig/*.pc
}

finish_files() {
  local f
  find "$t" -path '*/share/man/*' -type f -exec gzip -9n {} +
  for f in "$t"/infobatch/usr/bin/* "$t/libinfobatch0/$libdir"/*.so.*; do
    [ -L "$f" ] || strip --strip-unneeded --remove-section=.comment "$f"
  done
  strip --strip-debug --enable-deterministic-archives "$t/libinfobatch-dev/$libdir"/*.a
}

# Print the package of the library that the programs load when they read a tar.
loaded() {
  local soname
  soname=$(sed -n 's/^#define SONAME "\(.*\)"/\1/p' "$here/lib/record/libarchive.c")
  dpkg-query -S "*/${soname:?}" | sed -n '1s/:.*//p'
}

# Print the packages of the libraries that a package's programs need.
needed() { # PACKAGE
  local d=$t/shlibs
  mkdir -p "$d/debian" "$t/$1/DEBIAN"
  printf 'Source: infobatch\n\nPackage: %s\nArchitecture: any\n' "$1" >"$d/debian/control"
  (cd "$d" && find "$t/$1/usr/bin" "$t/$1/$libdir" -maxdepth 1 -type f 2>/dev/null |
    LC_ALL=C sort | xargs dpkg-shlibdeps --ignore-missing-info -O |
    sed -n 's/^shlibs:Depends=//p')
}

document() { # PACKAGE
  local doc=$t/$1/usr/share/doc/$1
  mkdir -p "$doc"
  cat >"$doc/copyright" <<'TEXT'
infobatch

The source tree from which this package was built has no licence file. The
copyright holders are the authors named in its history. Ask them before you
distribute this package.
TEXT
  printf 'infobatch (%s) unstable; urgency=medium\n\n  * Built by make deb.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(date -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
}

control() { # PACKAGE SECTION DEPENDS DESCRIPTION; standard input: the long description
  local dir=$t/$1
  mkdir -p "$dir/DEBIAN"
  {
    printf 'Package: %s\nSource: infobatch\nVersion: %s\nArchitecture: %s\n' \
      "$1" "$version" "$arch"
    case $1 in lib*) echo 'Multi-Arch: same' ;; esac
    printf 'Maintainer: %s\nInstalled-Size: %s\n' "$maintainer" \
      "$(find "$dir" -path "$dir/DEBIAN" -prune -o -type f -printf '%s\n' |
        awk '{ n += int(($1 + 1023) / 1024) } END { print n + 0 }')"
    echo "Depends: $3"
    # infobatch.py needs the library and numpy; the manuals use zstd and jq.
    [ "$1" != infobatch ] || echo "Suggests: libinfobatch0 (= $version), python3-numpy, zstd, jq"
    printf 'Section: %s\nPriority: optional\nDescription: %s\n' "$2" "$4"
    sed 's/^/ /'
  } >"$dir/DEBIAN/control"
  (cd "$dir" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$dir/DEBIAN/md5sums"
}

build() { # PACKAGE
  find "$t/$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  chmod -R u=rwX,go=rX "$t/$1"
  dpkg-deb --root-owner-group -Zxz --build "$t/$1" "$out/${1}_${version}_$arch.deb" >/dev/null
}

split_stage
finish_files
for p in infobatch libinfobatch0 libinfobatch-dev; do document $p; done

control infobatch science "$(needed infobatch), $(loaded)" 'prune and weigh the samples of a training run' <<'TEXT'
Before each training epoch, infobatch chooses which samples a model can skip.
The samples that are kept get weights, so that the expected gradient is the
same as on all data. The commands ib-score, ib-prune, ib-weights and ib-audit
read and write plain files: loss logs, manifests, weights and audit logs.
TEXT
control libinfobatch0 libs "$(needed libinfobatch0), $(loaded)" 'prune and weigh the samples of a training run (library)' <<'TEXT'
Before each training epoch, infobatch chooses which samples a model can skip.
This package has the shared library.
TEXT
printf 'libinfobatch 0 libinfobatch0 (>= %s)\n' "$version" >"$t/libinfobatch0/DEBIAN/shlibs"
echo 'activate-noawait ldconfig' >"$t/libinfobatch0/DEBIAN/triggers"
control libinfobatch-dev libdevel "libinfobatch0 (= $version)$needed_to_link" \
  'prune and weigh the samples of a training run (development)' <<'TEXT'
Before each training epoch, infobatch chooses which samples a model can skip.
This package has the header, the static library and the manual for programs
that use the library.
TEXT
for p in infobatch libinfobatch0 libinfobatch-dev; do build $p; done
