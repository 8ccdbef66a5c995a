#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Puts the files of ocigate into a system, or takes them out. Nothing of an
# engine is touched, and nothing takes effect by itself.
#
# usage: files.sh [--destdir DIR] [--prefix DIR] [--binary FILE] [--no-units] install|remove
#
#   --destdir DIR   the system's root, where it is mounted (default: this one)
#   --prefix DIR    default /usr/local
#   --binary FILE   the program (default: bin/ocigate or build/ocigate of this tree)
#   --no-units      without what systemd reads
#
# The program reads its shipped drop-ins and presets in /usr/lib/ocigate, whatever the prefix.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(dirname "$here")

usage() {
	echo 'usage: files.sh [--destdir DIR] [--prefix DIR] [--binary FILE] [--no-units] install|remove' >&2
	exit 100
}

root='' prefix=/usr/local binary='' units=yes action=''
while [ $# -gt 0 ]; do
	case $1 in
	--destdir | --prefix | --binary)
		[ $# -ge 2 ] || usage
		case $1 in
		--destdir) root=${2%/} ;;
		--prefix) prefix=${2%/} ;;
		*) binary=$2 ;;
		esac
		shift
		;;
	--no-units) units='' ;;
	install | remove)
		[ -z "$action" ] || usage
		action=$1
		;;
	*) usage ;;
	esac
	shift
done
[ -n "$action" ] || usage
case $prefix in /*) ;; *) usage ;; esac
share=$prefix/share/ocigate

# put SOURCE TARGET [EXPRESSION]: by a new file beside it and a rename, since containers may be starting meanwhile
put() {
	mkdir -p "$root$(dirname "$2")"
	if [ -n "${3:-}" ]; then
		sed "$3" "$1" >"$root$2.new"
	else
		cp "$1" "$root$2.new"
	fi
	case $2 in
	*/bin/ocigate | *.sh) chmod 755 "$root$2.new" ;;
	*) chmod 644 "$root$2.new" ;;
	esac
	mv -f "$root$2.new" "$root$2"
}

# adapted SOURCE TARGET: the same with the prefix in place of the usual one
adapted() {
	put "$1" "$2" "s,\(prefix=\|default \|\"path\": \"\|^\)/usr/local/bin,\1$prefix/bin,"
}

# each FUNCTION DIRECTORY FILE...: FUNCTION for each of them, under its own name
each() {
	call=$1
	to=$2
	shift 2
	for file in "$@"; do
		"$call" "$file" "$to/$(basename "$file")"
	done
}

install_files() {
	if [ -z "$binary" ]; then
		binary=$tree/bin/ocigate
		[ -e "$binary" ] || binary=$tree/build/ocigate
	fi
	if [ ! -e "$binary" ]; then
		echo "files: there is no $binary: run make, or give --binary FILE" >&2
		exit 1
	fi
	put "$binary" "$prefix/bin/ocigate"
	ln -sfn ocigate "$root$prefix/bin/ocigate-runtime"
	mkdir -p "$root/etc/ocigate/policy.d"
	if mkdir -p "$root/usr/lib/ocigate" 2>/dev/null; then
		each put /usr/lib/ocigate/policy.d "$tree"/config/policy.d/*.json
		each put /usr/lib/ocigate/presets "$tree"/config/presets/*.json
	else
		echo 'files: /usr/lib/ocigate cannot be made: shipped drop-ins go to /etc, no preset but default can be named' >&2
		each put /etc/ocigate/policy.d "$tree"/config/policy.d/10-*.json
	fi
	put "$tree/config/schema/policy.schema.json" "$share/policy.schema.json"
	put "$tree/config/apparmor/ocigate-default" /etc/apparmor.d/ocigate-default
	adapted "$here/hooks.d/99-ocigate.json" "$share/99-ocigate.json"
	for page in "$here"/man/*.[0-9]; do
		put "$page" "$prefix/share/man/man${page##*.}/$(basename "$page")" \
			"s,/usr/share/ocigate,$share,; s,\(BinaryName = \|\"path\": \)\"/usr/bin,\1\"$prefix/bin,"
	done
	put "$here/completion/ocigate.bash" "$prefix/share/bash-completion/completions/ocigate"
	each adapted "$share/install" "$here/install.sh" "$here/lib.sh" "$here/apparmor.sh" "$here/in-use.sh"
	each put "$share/install/edit" "$here"/edit/*.py
	put "$tree/config/seccomp/default.json" "$share/install/seccomp-default.json"
	for engine in containerd podman docker crio; do
		each put "$share/install/$engine" "$here/$engine"/*.sh
	done
	adapted "$here/systemd/textfile.sh" "$share/textfile.sh"
	[ -n "$units" ] || return 0
	put "$here/systemd/ocigate-report.service" "$prefix/lib/systemd/system/ocigate-report.service" \
		"s|/usr/local/share|$prefix/share|"
	put "$here/systemd/ocigate-report.timer" "$prefix/lib/systemd/system/ocigate-report.timer"
	put "$here/systemd/ocigate.conf" "$prefix/lib/tmpfiles.d/ocigate.conf"
}

# other_program: another ocigate of this system, which reads and keeps the same files outside of its prefix
other_program() {
	for other in /usr/bin /usr/local/bin /opt/ocigate/bin; do
		[ "$other" = "$prefix/bin" ] || [ ! -e "$root$other/ocigate" ] || { echo "$other/ocigate" && return; }
	done
	return 1
}

# What was put there, and what the program itself made. The policy that people wrote stays.
remove_files() {
	users=$(sh "$here/in-use.sh" --root "${root:-/}" "$prefix/bin") && {
		printf '%s\n' "files: refused: engines still start containers through $prefix/bin/ocigate:" "$users" \
			"files: first: sh $here/install.sh --prefix $prefix/bin uninstall" >&2
		exit 1
	}
	for link in "$root$prefix"/bin/ocigate-*; do
		[ "$(readlink "$link")" != ocigate ] || rm -f "$link"
	done
	rm -rf "$root$prefix/bin/ocigate" "$root$share" \
		"$root$prefix/share/man/man5/ocigate.policy.5" "$root$prefix/share/man/man8/ocigate.8" \
		"$root$prefix/share/man/man8/ocigate-runtime.8" "$root$prefix/share/bash-completion/completions/ocigate" \
		"$root$prefix/lib/systemd/system/ocigate-report.service" \
		"$root$prefix/lib/systemd/system/ocigate-report.timer" "$root$prefix/lib/tmpfiles.d/ocigate.conf"
	if other=$(other_program); then
		echo "files: what $other needs as well stays: /usr/lib/ocigate, /var/lib/ocigate, /etc/ocigate" >&2
		return
	fi
	rm -rf "$root/usr/lib/ocigate" "$root/var/lib/ocigate" "$root/run/ocigate" "$root/etc/apparmor.d/ocigate-default"
	rm -f "$root"/etc/ocigate/policy.d/40-installed-*.json "$root/var/lib/prometheus/node-exporter/ocigate.prom"
	rmdir "$root/etc/ocigate/policy.d" "$root/etc/ocigate" 2>/dev/null || true
}

umask 022
"${action}_files"
