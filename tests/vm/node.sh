# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# Inside the virtual machine, in the place of tests/lib/node.sh: the machine
# itself may be spoilt, and has neither overlays nor a compiler. What a node
# has is the same.
# shellcheck disable=SC2034 # NODE, GATE and the like are for who sources this

NODE=/run/node
GATE=/usr/local/bin/ocigate

# node_enter SCRIPT ARGS...: runs the script again in namespaces of its own
node_enter() {
	if [ -z "${OCIGATE_NODE:-}" ]; then
		OCIGATE_NODE=ocigate-test-$$ exec /usr/bin/unshare --mount --pid --fork --kill-child --mount-proc --propagation private sh "$@"
	fi
	umask 022
	mkdir -p /dev/shm /boot /home /mnt /opt /srv /usr/lib/ocigate
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p "$NODE/copy"
	for directory in /etc /usr/local/bin; do
		mount -t tmpfs -o mode=755 tmpfs "$NODE/copy"
		cp -a "$directory/." "$NODE/copy"
		mount --move "$NODE/copy" "$directory"
	done
	rm -rf /etc/ocigate/policy.d/*
	mount -t tmpfs -o mode=755 tmpfs /var/lib
	mkdir -p /var/lib/ocigate /var/lib/kubelet/pods
	cp /tree/guest "$NODE/guest"
}
