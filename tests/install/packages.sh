#!/usr/bin/env bash
# Check the Debian packages in build/deb: lintian finds no error; the packages can be
# installed, used and removed in a fresh system of this release; another build makes
# equal packages.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/platforms/common.sh
{
  if lintian --fail-on error build/deb/*.deb; then
    echo '1 passed, 0 failed'
  else
    echo '0 passed, 1 failed'
  fi
  release=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
  tests/platforms/fresh_debian.sh "$release" --install build/deb || echo '0 passed, 1 failed'
  tests/install/reproducible.sh || echo '0 passed, 1 failed'
} 2>&1 | add_up
