#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What every engine's installer does: the program first, the configuration
# last. install/edit/ says what changes in an engine's files.
#
# usage: lib.sh containerd|podman|docker|crio [OPTION]... install|uninstall
#
#   --root DIR      the node's root, where it is mounted (default /)
#   --prefix DIR    where the program lies on the node (default /usr/local/bin;
#                   where /usr is read-only: /opt/ocigate/bin)
#   --binary FILE   put this program there first; without it the one that is there stays, or build/ocigate is taken
#   --precreate     podman: the precreate stage as well
#   --hook-only     no wrapper: containers are judged by the hook alone, nothing is amended but a missing filter
#   --build         docker: what BuildKit starts for docker build as well
#   --dry-run       show what would change, and change nothing
#
# Nothing is ever restarted: the command is printed. Program and links stay
# behind on uninstall, since containers that run were started through them and
# are stopped through them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

say() {
	printf '%s\n' "install: $*" >&2
}

fail() {
	say "$*"
	exit 1
}

usage() {
	say "usage: install.sh [--root DIR] [--prefix DIR] [--binary FILE] [--dry-run] install|uninstall"
	exit 100
}

engine=$1
shift
root=/ prefix=/usr/local/bin binary='' dry='' more='' action=''
while [ $# -gt 0 ]; do
	case $1 in
	--root | --prefix | --binary)
		[ $# -ge 2 ] || usage
		case $1 in
		--root) root=$2 ;;
		--prefix) prefix=$2 ;;
		*) binary=$2 ;;
		esac
		shift
		;;
	--dry-run) dry=--dry-run ;;
	--precreate | --hook-only | --build) more="$more $1" ;;
	install | uninstall)
		[ -z "$action" ] || usage
		action=$1
		;;
	*) usage ;;
	esac
	shift
done
[ -n "$action" ] || usage
case $prefix in /*) ;; *) usage ;; esac
root=$(cd "$root" && pwd) || fail "$root is not there"
base=${root%/}
command -v python3 >/dev/null || fail "editing configuration takes python3: apt-get install python3"

# By a new file beside and a rename: whoever starts a container meanwhile runs the old program or the new one.
put_program() {
	target=$base$prefix/ocigate
	if [ -z "$binary" ] && [ ! -e "$target" ]; then
		binary=$here/../bin/ocigate
		[ -e "$binary" ] || binary=$here/../build/ocigate
		[ -e "$binary" ] || fail "there is no $target: run make install, or give --binary FILE"
	fi
	if [ -n "$binary" ] && ! cmp -s "$binary" "$target"; then
		if [ -n "$dry" ]; then
			say "would put $binary to $target"
			return
		fi
		{ mkdir -p "$base$prefix" && cp "$binary" "$target.new"; } || fail "$prefix cannot be written to: where /usr is read-only, give --prefix /opt/ocigate/bin"
		chmod 755 "$target.new"
		mv -f "$target.new" "$target"
	fi
	[ -x "$target" ] || fail "$target cannot be executed: chmod 755 it, and see that no mount on the way is noexec"
	[ -n "$dry" ] || mkdir -p "$base/etc/ocigate/policy.d"
}

# Where SELinux labels files: new directories do not get the label of programs by themselves.
label() {
	[ -e "$base/sys/fs/selinux/enforce" ] || return 0
	set -- /etc/ocigate
	for file in "$base$prefix"/ocigate*; do
		set -- "$@" "${file#"$base"}"
	done
	if [ -z "$base" ]; then
		restorecon -RF "$@" && return
	else
		chroot "$root" restorecon -RF "$@" 2>/dev/null && return
	fi
	say "SELinux is on and labels could not be set: on the node, restorecon -RF $*"
}

[ "$action" = uninstall ] || put_program
# shellcheck disable=SC2086 # options
python3 -B "$here/edit/main.py" $dry $more --root "$root" --prefix "$prefix" "$engine" "$action"
[ -n "$dry" ] || [ "$action" = uninstall ] || label
