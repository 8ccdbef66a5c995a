#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Who would miss the program if it were removed: configuration of engines and
# hooks that names it, engines that have not been restarted since it did, and
# containers that run and were started through it.
#
# usage: in-use.sh [--root DIR] DIRECTORY     where the program and its links lie, such as /usr/bin
#
# One line each; exit code 0 if there is any, else 1.
set -u
root=''
if [ "${1:-}" = --root ] && [ $# -ge 2 ]; then
	root=${2%/}
	shift 2
fi
[ $# -eq 1 ] || exit 100
program=${1%/}/ocigate

# Where distributions of Kubernetes have theirs, docker's unit and BuildKit, too; links, as configuration management makes
# them, are followed.
named_by_configuration() {
	for directory in /etc/containerd /etc/docker /etc/containers /etc/crio /usr/share/containers /etc/ocigate \
		/etc/buildkit /etc/systemd/system/docker.service.d /etc/k0s /var/lib/rancher/k3s/agent/etc/containerd \
		/var/lib/rancher/rke2/agent/etc/containerd /var/snap/microk8s/current/args; do
		[ -d "$root$directory" ] || continue
		find -L "$root$directory" -type f ! -path '*/policy.d/*' \( -name '*.toml' -o -name '*.conf' -o -name '*.json' \
			-o -name '*.tmpl' -o -path '*/crio.conf.d/*' \) 2>/dev/null |
			while read -r file; do
				grep -v '^[[:space:]]*#' "$file" | grep -qF "$program" && echo "  names it: ${file#"$root"}"
			done
	done
}

# not_restarted ENGINE PROGRAM: it was taken out of the engine's configuration, and the daemon is older than that
not_restarted() {
	mark=$root/var/lib/ocigate/install/$1.uninstalled
	[ -e "$mark" ] || return 0
	now=$(date +%s)
	for process in "$root"/proc/[0-9]*; do
		[ "$(cat "$process/comm" 2>/dev/null)" = "$2" ] || continue
		# Behind the name, which may hold anything: the 20th is the start, in hundredths of a second since the boot. Two
		# seconds for what is rounded.
		started=$(sed 's/.*) //' "$process/stat" 2>/dev/null | cut -d ' ' -f 20)
		up=$(cut -d . -f 1 "$root/proc/uptime")
		[ -z "$started" ] || [ $((up - started / 100)) -le $((now - $(stat -c %Y "$mark") + 2)) ] ||
			echo "  it goes by the configuration of before until it is restarted: $2, process ${process##*/}"
	done
}

# names_it BUNDLE: what a container's shim calls to stop it
names_it() {
	for file in "$1/runtime" "$1/options.json"; do
		[ -e "$file" ] && grep -qF "$program" "$file" && return
	done
	return 1
}

# A shim or monitor may lie anywhere: k3s and others keep containerd's state elsewhere, and a shim works in its bundle.
named_by_containers() {
	for bundle in "$root"/run/containerd/io.containerd.runtime.v2.task/*/* \
		"$root"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/*; do
		names_it "$bundle" && echo "  a container runs through it: ${bundle#"$root"}"
	done
	for process in "$root"/proc/[0-9]*; do
		case $(cat "$process/comm" 2>/dev/null) in
		conmon)
			tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qF "$program" &&
				echo "  a container runs through it: process ${process##*/}"
			;;
		containerd-shim*)
			names_it "$process/cwd" && echo "  a container runs through it: $(readlink "$process/cwd")"
			;;
		esac
	done
}

users=$({
	named_by_configuration
	not_restarted containerd containerd
	not_restarted docker dockerd
	not_restarted crio crio
	named_by_containers | sort -u
})
[ -n "$users" ] || exit 1
printf '%s\n' "$users"
exit 0
