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
# shellcheck source=tests/lib/cri.sh
. tests/lib/cri.sh
cri_enter "$0" "$@"
cri_prepare || exit 1

ln -sf ocigate /usr/local/bin/ocigate-runtime
cat >/etc/containerd/config.toml <<'END'
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
cri_begin || exit 1
cri_client tests/engines/cri.py "$NODE" "$OCIGATE_NODE"
status=$?
[ -z "${CRI_LOG:-}" ] || cp "$NODE/containerd.log" "$CRI_LOG"
cri_end
exit $status
