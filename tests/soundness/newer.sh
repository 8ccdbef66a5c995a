#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The runtimes of another suite of Debian, unpacked into a directory with the
# libraries that they need. Nothing is installed.
#
# usage: newer.sh SUITE DIRECTORY
set -eu
suite=$1
directory=$2
[ ! -e "$directory/complete" ] || exit 0
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || {
	echo "on amd64 alone"
	exit 1
}
umask 022
rm -rf "$directory"
mkdir -p "$directory/apt/lists/partial" "$directory/apt/archives/partial"
trap 'rm -rf "$directory/apt"' EXIT
: >"$directory/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$directory/apt/list"

apt() {
	timeout 25 apt-get -qq -y -o Dir::Etc::SourceList="$directory/apt/list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$directory/apt" \
		-o Dir::State::status="$directory/apt/status" -o Dir::Cache="$directory/apt" -o APT::Sandbox::User=root \
		-o Acquire::Languages=none -o APT::Install-Recommends=0 -o Acquire::http::Timeout=10 -o Acquire::Retries=1 "$@"
}

apt update
apt --download-only install runc crun >/dev/null
for package in "$directory"/apt/archives/*.deb; do
	dpkg -x "$package" "$directory/root"
done
mkdir -p "$directory/lib"
cp -L "$directory"/root/usr/lib/x86_64-linux-gnu/*.so* "$directory/lib"
cp "$directory/root/usr/bin/crun" "$directory/root/usr/sbin/runc" "$directory"
rm -rf "$directory/root"
: >"$directory/complete"
