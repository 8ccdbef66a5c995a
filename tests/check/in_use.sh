#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Who would miss the program if it were removed: whatever an engine's way to it
# is, its removal must not leave the engine without a runtime.
set -u
cd "$(dirname "$0")/../.." || exit 1
node=$(mktemp -d) || exit 1
trap 'rm -rf "$node"' EXIT
umask 022

# users NAME [WORDS]: those with these words, or nobody
users() {
	said=$(sh install/in-use.sh --root "$node" /usr/local/bin 2>&1)
	status=$?
	if { [ -n "${2:-}" ] && [ $status -eq 0 ] && printf '%s\n' "$said" | grep -qF "$2"; } ||
		[ "${2:-}/$status/$said" = /1/ ]; then
		echo "ok in use: $1"
	else
		echo "not ok in use: $1: status $status: $said"
	fi
}

mkdir -p "$node/etc/containerd" "$node/srv" "$node/var/lib/ocigate/install" "$node/proc/7/bundle"
config=$node/etc/containerd/config.toml
line='BinaryName = "/usr/local/bin/ocigate-runtime"'
echo "# $line" >"$config"
users 'a comment is no use'
echo "$line" >"$config"
users 'a configuration' 'names it: /etc/containerd/config.toml'
mv "$config" "$node/srv"
ln -s ../../srv/config.toml "$config"
users 'one that is a link' 'names it: /etc/containerd/config.toml'
rm -r "$node/etc/containerd"
ln -s ../srv "$node/etc/containerd"
users 'one in a directory that is a link' 'names it: /etc/containerd/config.toml'
rm -r "$node/etc/containerd" "$node/srv"

# In the places that the documentation sends people to.
for file in /etc/buildkit/buildkitd.toml /etc/k0s/containerd.d/99-ocigate.toml /etc/crio/crio.conf.d/runtimes \
	/var/lib/rancher/k3s/agent/etc/containerd/config-v3.toml.tmpl /var/lib/rancher/rke2/agent/etc/containerd/config.toml.tmpl \
	/var/snap/microk8s/current/args/containerd-template.toml /etc/systemd/system/docker.service.d/99-ocigate.conf; do
	mkdir -p "$node$(dirname $file)"
	echo "$line" >"$node$file"
	users "$file" "names it: $file"
	rm "$node$file"
done

echo containerd-shim >"$node/proc/7/comm"
echo /usr/local/bin/ocigate-runtime >"$node/proc/7/bundle/runtime"
ln -s bundle "$node/proc/7/cwd"
users 'a shim whose containerd keeps its state elsewhere' 'a container runs through it: bundle'
rm -r "$node/proc/7/cwd" "$node/proc/7/bundle"

# since SECONDS: for so long the daemon runs
since() {
	up=$(cut -d . -f 1 /proc/uptime)
	echo "$up.00 0.00" >"$node/proc/uptime"
	echo "7 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 $(((up - $1) * 100)) 1" >"$node/proc/7/stat"
}
since 60
for daemon in containerd/containerd docker/dockerd crio/crio; do
	mark=$node/var/lib/ocigate/install/${daemon%/*}.uninstalled
	echo "${daemon#*/}" >"$node/proc/7/comm"
	users "a ${daemon#*/} that nobody told of the gate"
	: >"$mark"
	users "a ${daemon#*/} that was not restarted since" "until it is restarted: ${daemon#*/}, process 7"
	touch -d '-2 minutes' "$mark"
	users "a ${daemon#*/} that was"
	rm "$mark"
done
