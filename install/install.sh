#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Puts ocigate before every engine that this node has, or takes it away again.
# From an unpacked release it also puts the program there (install/files.sh).
#
# usage: install.sh [--root DIR] [--prefix DIR] [--binary FILE] [--dry-run] install|uninstall
#   the options are told in install/lib.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=''
prefix=/usr/local/bin
action=''
last=''
for word in "$@"; do
	case $last in
	--root) root=${word%/} ;;
	--prefix) prefix=${word%/} ;;
	*) case $word in --dry-run | install) action="$action $word" ;; esac ;;
	esac
	last=$word
done

# From an unpacked release: the program and its own files first.
if [ -e "$here/../bin/ocigate" ] && [ "$action" = ' install' ]; then
	sh "$here/files.sh" --destdir "$root" --prefix "$(dirname "$prefix")" install
fi

# has PROGRAM DIRECTORY: an engine is there if its program or its configuration is
has() {
	[ -e "$root$2" ] && return
	for directory in /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin; do
		[ ! -e "$root$directory/$1" ] || return 0
	done
	return 1
}

status=0
found=''
one() {
	has "$2" "$3" || return 0
	found=yes
	engine=$1
	shift 3
	sh "$here/$engine/install.sh" "$@" || status=1
}

one containerd containerd /etc/containerd "$@"
one podman podman /etc/containers/containers.conf "$@"
one docker dockerd /etc/docker "$@"
one crio crio /etc/crio "$@"
if [ -z "$found" ]; then
	echo "install: found none of containerd, podman, docker, CRI-O" >&2
	exit 1
fi
exit $status
