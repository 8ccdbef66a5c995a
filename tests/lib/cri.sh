# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# A node with containerd's CRI, driven as a kubelet drives it. To be sourced
# after tests/lib/node.sh, from the top of the tree:
#
#   cri_enter "$0" "$@"      as node_enter, with a network, IPC and a host name of its own; skips where something is missing
#   cri_prepare              pause and app images, the client's code, CNI
#   cri_begin                starts containerd as /etc/containerd says; sets $containerd
#   cri_client SCRIPT ARGS   runs one of the clients of tests/engines
#   cri_end                  stops it; pods that run go on running
# shellcheck disable=SC2154 # NODE comes from node.sh

# Python for protobuf and gRPC is the distribution's.
PYTHON=/usr/bin/python3

cri_missing() {
	[ "$(id -u)" -eq 0 ] || {
		echo 'a node takes root'
		return
	}
	for tool in containerd ctr runc protoc jq; do
		command -v $tool >/dev/null 2>&1 || echo "no $tool"
	done
	$PYTHON -c 'import grpc, google.protobuf' 2>/dev/null || echo 'no python3-grpcio, python3-protobuf'
	[ -x /usr/lib/cni/bridge ] || echo 'no containernetworking-plugins'
	if ! command -v busybox >/dev/null 2>&1 || ldd "$(command -v busybox)" >/dev/null 2>&1; then
		echo 'no static busybox'
	fi
}

# When the first process of the node's namespaces ends, everything in them does.
cri_enter() {
	if [ -z "${OCIGATE_NODE:-}" ]; then
		missing=$(cri_missing | head -n 1)
		if [ -n "$missing" ]; then
			echo "skip $(basename "$1" .sh): $missing"
			exit 0
		fi
		OCIGATE_NODE=ocigate-test-$$ unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
			--net --ipc --uts sh "$@"
		status=$?
		node_remove_cgroups "ocigate-test-$$"
		exit $status
	fi
	node_enter "$@"
}

cri_prepare() {
	ip link set lo up 2>/dev/null
	mount --make-rshared /
	mkdir -p /var/log/pods 2>/dev/null
	mount -t tmpfs -o mode=755 tmpfs /var/log
	mkdir -p /var/log/pods "$NODE/generated" /etc/cni/net.d /etc/containerd /run/containerd
	protoc --proto_path=tests/engines --python_out="$NODE/generated" tests/engines/cri.proto || return 1
	cat >/etc/cni/net.d/10-test.conflist <<'CNI'
{"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]]}}]}
CNI
	$PYTHON tests/engines/cri_image.py "$(command -v busybox)" "$NODE/images.tar"
}

cri_begin() {
	containerd >"$NODE/containerd.log" 2>&1 &
	containerd=$!
	waited=0
	until ctr version >/dev/null 2>&1; do
		sleep 0.1
		waited=$((waited + 1))
		if [ $waited -gt 200 ] || ! kill -0 $containerd 2>/dev/null; then
			echo "not ok $(basename "$0" .sh): containerd does not start: $(tail -n 3 "$NODE/containerd.log" | tr '\n' ' ')"
			return 1
		fi
	done
	[ -z "$(ctr --namespace k8s.io images ls -q 2>/dev/null)" ] || return 0
	# containerd 2 would have its service import, which knows no platform without an overlay.
	how=
	! ctr images import --help | grep -q -e '--local' || how=--local
	ctr --namespace k8s.io images import $how --snapshotter native "$NODE/images.tar" >"$NODE/import.log" 2>&1 ||
		cat "$NODE/import.log"
}

cri_client() {
	PYTHONPATH=$NODE/generated PYTHONDONTWRITEBYTECODE=1 $PYTHON "$@"
}

cri_end() {
	kill "$containerd" 2>/dev/null
	wait "$containerd" 2>/dev/null
	rm -f /run/containerd/containerd.sock
}
