#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The DaemonSet's container as its manifest describes it (mounts, user, one
# capability, a root that cannot be written), run by podman on a made-up node
# whose /usr is this machine's: containerd itself checks what was written.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/said.sh
. tests/lib/said.sh
topic=DaemonSet:
status=0

for program in podman runc containerd jq; do
	command -v $program >/dev/null || {
		echo "skip kubernetes: there is no $program"
		exit 0
	}
done
/usr/bin/python3 -c 'import yaml' 2>/dev/null || {
	echo 'skip kubernetes: no python3-yaml'
	exit 0
}
# The image: this system with our files in it, as the recipe puts them there.
mkdir -p "$NODE/image/upper" "$NODE/image/work" "$NODE/image/root"
if ! mount -t overlay -o "lowerdir=/,upperdir=$NODE/image/upper,workdir=$NODE/image/work" overlay "$NODE/image/root"; then
	echo 'skip kubernetes: no overlay of the root directory'
	exit 0
fi
image=$NODE/image/root
sh install/files.sh --destdir "$image" --prefix /usr --binary "$BUILD/ocigate" --no-units install
mkdir -p "$image/usr/share/ocigate/install/kubernetes" "$image/host" "$image/config"
cp install/kubernetes/node.sh "$image/usr/share/ocigate/install/kubernetes/"

fake=$NODE/fake
mkdir -p "$fake/usr" "$fake/proc" "$fake/etc/containerd" "$fake/opt" "$fake/var/lib" "$NODE/config"
mount --bind /usr "$fake/usr"
mount --bind /proc "$fake/proc"
cp install/kubernetes/base/policy/50-cluster.json "$NODE/config/"
printf 'version = 2\n# ours\n[plugins."io.containerd.grpc.v1.cri"]\n  enable_selinux = false # no\n' >"$fake/etc/containerd/config.toml"
before=$(sha256sum "$fake/etc/containerd/config.toml")
/usr/bin/python3 tests/lib/kustomize.py --podman install/kubernetes/containerd "$fake" "$NODE/config" >"$NODE/options"

# contain OPTIONS... --rootfs ROOT COMMAND...: as the manifest has it
contain() {
	# shellcheck disable=SC2046 # an option a line, none with blanks
	podman --runtime runc --cgroup-manager cgroupfs run --rm --network none --cgroup-parent "/$OCIGATE_NODE" \
		--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 $(cat "$NODE/options") "$@" </dev/null >"$NODE/out" 2>&1
	status=$?
}

# turn OPTIONS...: once
turn() {
	contain "$@" --rootfs "$image" sh /usr/share/ocigate/install/kubernetes/node.sh once
}

contain --rootfs "$image" true
if [ $status -ne 0 ]; then
	echo "skip kubernetes: podman starts no such container here: $(tail -c 300 "$NODE/out" | tr '\n' ' ')"
	exit 0
fi
turn
holds 'installs with what its manifest gives it' [ "$status" -eq 0 ]
holds 'into the configuration of the node' grep -q 'BinaryName = "/opt/ocigate/bin/ocigate-runtime"' "$fake/etc/containerd/config.toml"
holds 'which containerd could be asked about' eval '! grep -q "could not be asked" "$NODE/out"'
holds 'and the policy is there' cmp -s install/kubernetes/base/policy/50-cluster.json "$fake/etc/ocigate/policy.d/50-cluster.json"
turn
holds 'a second time changes nothing' eval '[ "$status" -eq 0 ] && grep -q "nothing to change" "$NODE/out"'
cp "$fake/etc/containerd/config.toml" "$NODE/config.toml"
echo 'oom_score = "many"' | cat - "$NODE/config.toml" >"$fake/etc/containerd/config.toml"
turn
holds 'what containerd does not take is refused with its reason' eval '[ "$status" -ne 0 ] && grep -q many "$NODE/out"'
cp "$NODE/config.toml" "$fake/etc/containerd/config.toml"
turn --env OCIGATE_OPTIONS=--hook-only
holds 'the hook alone, in the spec that containerd starts from by default' eval '[ "$status" -eq 0 ] &&
	grep -q "base_runtime_spec = \"/etc/ocigate/containerd-base/default.json\"" "$fake/etc/containerd/config.toml" &&
	[ "$(jq -r ".hooks.createRuntime[].path" "$fake/etc/ocigate/containerd-base/default.json")" = /opt/ocigate/bin/ocigate ]'
turn --env OCIGATE_ACTION=uninstall
holds 'uninstall restores every byte' eval '[ "$status" -eq 0 ] && [ "$before" = "$(sha256sum "$fake/etc/containerd/config.toml")" ]'
umount "$fake/usr" "$fake/proc"
