#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Puts ocigate before every engine that this node has, or takes it away again.
# From an unpacked release it also puts the program there (install/files.sh).
#
# usage: install.sh [--root DIR] [--prefix DIR] [--binary FILE] [--dry-run] [--purge] install|uninstall
#   --purge: with uninstall, the program and what it kept as well, if nothing needs them any more
#   the other options are told in install/lib.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=''
prefix=/usr/local/bin
action=''
purge=''
last=''
for word in "$@"; do
	shift
	case $last in
	--root) root=${word%/} ;;
	--prefix) prefix=${word%/} ;;
	*) case $word in --dry-run | install | uninstall) action="$action $word" ;; esac ;;
	esac
	last=$word
	if [ "$word" = --purge ]; then
		purge=yes
	else
		set -- "$@" "$word"
	fi
done
case $action in
*install*) ;; # or uninstall
*)
	sed -n '/^# usage:/,/^set /{s/^# *//p}' "$0" >&2
	exit 100
	;;
esac
if [ -n "$root" ] && [ ! -d "$root" ]; then
	echo "install: $root is not there" >&2
	exit 1
fi
if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
	echo 'install: takes root' >&2
	exit 1
fi
if [ -n "$purge" ] && [ "$action" != ' uninstall' ]; then
	echo 'install: --purge goes with uninstall alone' >&2
	exit 100
fi

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
if [ -z "$found" ] && [ -z "$purge" ]; then
	echo "install: found none of containerd, podman, docker, CRI-O" >&2
	exit 1
fi
if [ "$action" = ' install' ] && [ -z "$root" ] && [ -e /etc/apparmor.d/ocigate-default ]; then
	sh "$here/apparmor.sh" || echo 'install: the profile ocigate-default is not loaded; the rest is installed' >&2
fi
if [ -n "$purge" ] && [ $status -eq 0 ]; then
	if [ ! -e "$here/files.sh" ]; then
		case $here in
		/usr/share/*) echo 'install: the program belongs to a package: apt-get purge ocigate' >&2 ;;
		*) echo "install: the engines are done; the program is taken away by the release or tree that it came from: sh install/files.sh --prefix $(dirname "$prefix") remove" >&2 ;;
		esac
		exit 1
	fi
	sh "$here/files.sh" --destdir "$root" --prefix "$(dirname "$prefix")" remove || status=1
fi
exit $status
