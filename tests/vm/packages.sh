# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# What the virtual machine is made of and the machine itself need not have: a
# Debian kernel and AppArmor's parser, taken out of their packages and never
# installed. The parser runs with this machine's libraries, so it is of this
# machine's Debian, whichever the kernel is of. For another processor that is everything: the runtimes too, and
# what ocigate is built with. To be sourced; packages_get puts it all into
# $KEPT, where it stays for the next run.
# shellcheck disable=SC2034 # why is for who sources this

: "${VM_SUITE:=bookworm}" "${VM_ARCH:=amd64}"
KEPT=${OCIGATE_VM_CACHE:-${XDG_CACHE_HOME:-/var/cache}/ocigate-vm}/$VM_SUITE
[ "$VM_ARCH" = amd64 ] || KEPT=$KEPT-$VM_ARCH

# shellcheck source=tests/lib/mirror.sh
. tests/lib/mirror.sh

# apt_of COMMAND...: apt for $VM_SUITE and $VM_ARCH alone, with lists of its own, on a system where nothing is installed
apt_of() {
	apt_tool=$1
	shift
	"$apt_tool" -q -o APT::Architecture="$VM_ARCH" -o APT::Architectures="$VM_ARCH" \
		-o Dir::Etc::SourceList="$KEPT/apt/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State::Lists="$KEPT/apt/lists" -o Dir::State::status="$KEPT/apt/status" -o Dir::Cache="$KEPT/apt/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# fetch PACKAGE DIRECTORY: its files
fetch() {
	(cd "$KEPT/apt" && rm -f ./*.deb && apt_of apt-get download "$1" >>"$KEPT/apt/log" 2>&1 &&
		dpkg -x ./*.deb "$2" && rm -f ./*.deb)
}

# fetch_with_all DIRECTORY PACKAGE...: their files, and those of all that they depend on
fetch_with_all() {
	directory=$1
	shift
	apt_of apt-get -y --no-install-recommends --download-only install "$@" >>"$KEPT/apt/log" 2>&1 || return 1
	for package in "$KEPT"/apt/cache/archives/*.deb; do
		dpkg -x "$package" "$directory" || return 1
	done
}

# packages_get: $KEPT/vmlinuz, $KEPT/root. Return: 1 with the reason in $why.
packages_get() {
	[ -e "$KEPT/complete" ] && return 0
	why='there is no apt-get to fetch a kernel with'
	command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 || return 1
	own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	[ "$VM_ARCH" = amd64 ] && [ "$(sed -n 's/^ID=//p' /etc/os-release)" = debian ] && [ -n "$own" ] || own=$VM_SUITE
	why='this machine knows no Debian mirror to fetch a kernel from'
	from=$(mirror)
	[ -n "$from" ] || return 1
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keys" ] || return 1
	why="$KEPT cannot be made"
	mkdir -p "$KEPT/apt/lists/partial" "$KEPT/apt/cache/archives/partial" "$KEPT/root" "$KEPT/kernel" || return 1
	: >"$KEPT/apt/status"
	for suite in "$VM_SUITE" "$own"; do
		echo "deb [signed-by=$keys] $from $suite main"
	done | sort -u >"$KEPT/apt/sources.list"
	why="the kernel of $VM_SUITE cannot be fetched: see $KEPT/apt/log"
	apt_of apt-get update >"$KEPT/apt/log" 2>&1 || return 1
	kernel=$(apt_of apt-cache -o "APT::Default-Release=$VM_SUITE" depends "linux-image-cloud-$VM_ARCH" | awk '$1 == "Depends:" { print $2; exit }')
	[ -n "$kernel" ] && fetch "$kernel" "$KEPT/kernel" && fetch "apparmor/$own" "$KEPT/root" || return 1
	[ -e "$KEPT/root/sbin" ] || ln -s usr/sbin "$KEPT/root/sbin"
	cp "$KEPT"/kernel/boot/vmlinuz-* "$KEPT/vmlinuz" || return 1
	if [ "$VM_ARCH" != amd64 ]; then
		why="what the machine of $VM_ARCH is made of cannot be fetched: see $KEPT/apt/log"
		fetch_with_all "$KEPT/root" apparmor runc crun busybox-static libseccomp-dev libjansson-dev libapparmor-dev \
			libcap-dev libmd-dev || return 1
	fi
	rm -rf "$KEPT/kernel" "$KEPT/apt/lists" "$KEPT/apt/cache"
	echo "$kernel" >"$KEPT/complete"
}
