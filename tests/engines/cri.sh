#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# containerd's real CRI with BinaryName = ocigate-runtime, driven as a kubelet
# drives it. The node is a set of private namespaces: when its first process
# ends, everything in it does.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh

missing() {
	echo "skip cri: $1"
	exit 0
}

# Python for protobuf and gRPC is the distribution's.
PYTHON=/usr/bin/python3
if [ -z "${OCIGATE_NODE:-}" ]; then
	[ "$(id -u)" -eq 0 ] || missing 'a node takes root'
	for tool in containerd ctr runc protoc jq; do
		command -v $tool >/dev/null 2>&1 || missing "no $tool"
	done
	$PYTHON -c 'import grpc, google.protobuf' 2>/dev/null || missing 'no python3-grpcio, python3-protobuf'
	[ -x /usr/lib/cni/bridge ] || missing 'no containernetworking-plugins'
	if ! command -v busybox >/dev/null 2>&1 || ldd "$(command -v busybox)" >/dev/null 2>&1; then
		missing 'no static busybox'
	fi
	OCIGATE_NODE=ocigate-test-$$ unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
		--net --ipc --uts sh "$0" "$@"
	status=$?
	node_remove_cgroups "ocigate-test-$$"
	exit $status
fi
node_enter "$0" "$@"

ln -sf ocigate /usr/local/bin/ocigate-runtime
mount --make-rshared /
mkdir -p /var/log/pods 2>/dev/null
mount -t tmpfs -o mode=755 tmpfs /var/log
mkdir -p /var/log/pods "$NODE/generated" /etc/cni/net.d /run/containerd
protoc --proto_path=tests/engines --python_out="$NODE/generated" tests/engines/cri.proto || exit 1
cat >/etc/cni/net.d/10-test.conflist <<'END'
{"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]]}}]}
END
cat >"$NODE/containerd.toml" <<'END'
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:test"
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "/usr/local/bin/ocigate-runtime"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
END
$PYTHON tests/engines/cri_image.py "$(command -v busybox)" "$NODE/images.tar" || exit 1
containerd --config "$NODE/containerd.toml" >"$NODE/containerd.log" 2>&1 &
containerd=$!
waited=0
until ctr version >/dev/null 2>&1; do
	sleep 0.2
	waited=$((waited + 1))
	if [ $waited -gt 100 ]; then
		echo "not ok cri: containerd does not start: $(tail -n 3 "$NODE/containerd.log" | tr '\n' ' ')"
		exit 1
	fi
done
ctr --namespace k8s.io images import --snapshotter native "$NODE/images.tar" >"$NODE/import.log" 2>&1 || cat "$NODE/import.log"
PYTHONPATH=$NODE/generated $PYTHON tests/engines/cri.py "$NODE" "$OCIGATE_NODE"
status=$?
[ -z "${CRI_LOG:-}" ] || cp "$NODE/containerd.log" "$CRI_LOG"
kill $containerd
exit $status
