#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# containerd of another Debian release, unpacked into a directory and installed
# nowhere: the mirror is the one that apt knows, the release's own signature is
# checked. Says where it lies, or on stderr why there is none.
#
# usage: other_containerd.sh SUITE
#   OCIGATE_TEST_CACHE=DIR   where packages are kept (default /var/cache/ocigate-test)
set -eu
suite=$1
cache=${OCIGATE_TEST_CACHE:-/var/cache/ocigate-test}/$suite
if [ -x "$cache/root/usr/bin/containerd" ]; then
	echo "$cache/root"
	exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
	echo 'no apt-get and dpkg-deb here' >&2
	exit 1
fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# shellcheck source=tests/lib/mirror.sh
. "$(dirname "$0")/mirror.sh"
mirror=$(mirror)
if [ -z "$mirror" ] || [ ! -e "$keyring" ]; then
	echo "apt knows no mirror of Debian's here" >&2
	exit 1
fi
rm -rf "$cache"
umask 077
mkdir -p "$cache/state/lists/partial" "$cache/cache/archives/partial" "$cache/parts"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$cache/sources.list"
get() {
	timeout 60 apt-get -q -o Dir::Etc::SourceList="$cache/sources.list" -o Dir::Etc::SourceParts="$cache/parts" \
		-o Dir::State="$cache/state" -o Dir::Cache="$cache/cache" -o Acquire::Languages=none \
		-o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15 -o APT::Sandbox::User=root "$@" >"$cache/log" 2>&1
}
cd "$cache"
if ! { get update && get download containerd; }; then
	echo "no containerd of $suite to be had from apt's mirror" >&2
	exit 1
fi
mkdir unpacked
dpkg-deb -x containerd_*.deb unpacked
rm -rf containerd_*.deb state cache
mv unpacked root
echo "$cache/root"
