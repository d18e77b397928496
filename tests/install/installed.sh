#!/bin/sh
# Install the Debian packages in this fresh system, run the tour of the installed
# infobatch(7) with the installed commands, and remove the packages. No file of the
# packages may be left. fresh_debian.sh runs this script in a chroot.
#
#   installed.sh FOLDER     FOLDER has the packages, manuals/examples.sh and testdata/
set -eu
cd "$1"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
find / -xdev -name '*infobatch*' -not -path "$1*" >/tmp/before
apt-get -qq update
apt-get -qq -y --no-install-recommends install "$PWD"/*.deb zstd >/tmp/install.log 2>&1 || {
	tail -n 20 /tmp/install.log
	exit 1
}
ldconfig -p | grep -q 'libinfobatch\.so\.0 '
gzip -dc /usr/share/man/man7/infobatch.7.gz >infobatch.7
mkdir -p tests
mv manuals tests
IB_BIN=/usr/bin tests/manuals/examples.sh infobatch.7 >/tmp/tour.log 2>&1 || {
	cat /tmp/tour.log
	exit 1
}
tail -n 1 /tmp/tour.log
apt-get -qq -y purge infobatch libinfobatch0 libinfobatch-dev >/tmp/purge.log 2>&1
rm -f /tmp/*.log
find / -xdev -name '*infobatch*' -not -path "$1*" | diff /tmp/before - ||
	{ echo 'the packages left these files'; exit 1; }
