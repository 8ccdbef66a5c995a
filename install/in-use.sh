#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Who would miss the program if it were removed: configuration of engines and
# hooks that names it, and containers that run and were started through it.
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

named_by_configuration() {
	for directory in /etc/containerd /etc/docker /etc/containers /etc/crio /usr/share/containers /etc/ocigate \
		/var/lib/rancher/k3s/agent/etc/containerd; do
		[ -d "$root$directory" ] || continue
		find "$root$directory" -type f ! -path '*/policy.d/*' \
			\( -name '*.toml' -o -name '*.conf' -o -name '*.json' -o -name '*.tmpl' \) 2>/dev/null |
			while read -r file; do
				grep -v '^[[:space:]]*#' "$file" | grep -qF "$program" && echo "  names it: ${file#"$root"}"
			done
	done
}

# What a container's shim or monitor calls to stop it
named_by_containers() {
	for file in "$root"/run/containerd/io.containerd.runtime.v2.task/*/*/runtime \
		"$root"/run/containerd/io.containerd.runtime.v2.task/*/*/options.json \
		"$root"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/*/runtime \
		"$root"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/*/options.json; do
		[ -e "$file" ] && grep -qF "$program" "$file" && echo "  a container runs through it: $(dirname "${file#"$root"}")"
	done | sort -u
	for process in "$root"/proc/[0-9]*; do
		[ "$(cat "$process/comm" 2>/dev/null)" = conmon ] &&
			tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qF "$program" &&
			echo "  a container runs through it: process ${process##*/}"
	done
}

users=$(named_by_configuration; named_by_containers)
[ -n "$users" ] || exit 1
printf '%s\n' "$users"
exit 0
