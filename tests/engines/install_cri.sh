#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The installer before a kubelet's engine: this machine's containerd and Debian
# sid's (configuration versions 2 and 3, conf.d; with OCIGATE_LONG=yes trixie's
# too), an admin's own configuration with two handlers; pods by the CRI before,
# while and after.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
# shellcheck source=tests/lib/cri.sh
. tests/lib/cri.sh
if [ -z "${OCIGATE_NODE:-}" ] && [ -z "$(cri_missing)" ]; then
	# Before the node: it has no network.
	for suite in sid ${OCIGATE_LONG:+trixie}; do
		if found=$(sh tests/lib/other_containerd.sh "$suite" 2>&1); then
			OTHERS="${OTHERS:-} $found"
		else
			echo "skip install_cri $suite: $found"
		fi
	done
	export OTHERS
fi
cri_enter "$0" "$@"
# shellcheck source=tests/lib/said.sh
. tests/lib/said.sh
cri_prepare || exit 1
status=0

run() {
	"$@" </dev/null >"$NODE/out" 2>&1
	status=$?
}

# pods free|gated HANDLER...
pods() {
	cri_begin >"$NODE/out" || { cat "$NODE/out"; return; }
	cri_client tests/engines/installed_cri.py "$NODE" "$OCIGATE_NODE" "$@" >"$NODE/out" 2>&1 ||
		echo "not ok installed $version: the client ends with $?: $(tail -n 3 "$NODE/out" | tr '\n' ' ')"
	sed -n "s/^ok /ok installed $version: /p; s/^not ok /not ok installed $version: /p" "$NODE/out"
	cri_end
}

# An admin's files, comments and all, for versions 2 and 3 of the configuration.
configure() {
	rm -rf /etc/containerd
	mkdir -p /etc/containerd/conf.d
	case $version in
	1.*) cat >/etc/containerd/config.toml <<'TOML' ;;
version = 2
# where our monitoring looks
root = "/var/lib/containerd"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:test"
  restrict_oom_score_adj = true # the machine lacks the capability
  disable_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.second]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.second.options]
        BinaryName = "/usr/sbin/runc"   # ours
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
TOML
	*)
		cat >/etc/containerd/config.toml <<'TOML'
version = 3
imports = ['/etc/containerd/conf.d/*.toml']

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'native'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = 'localhost/pause:test'
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true # the machine lacks the capability
  disable_hugetlb_controller = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/usr/lib/cni']
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
TOML
		cat >/etc/containerd/conf.d/20-second.toml <<'TOML'
version = 3
# a handler of our own
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.second]
  runtime_type = 'io.containerd.runc.v2'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.second.options]
    BinaryName = '/usr/sbin/runc'   # ours
TOML
		;;
	esac
}

files() {
	find /etc/containerd /etc/docker /etc/containers /etc/ocigate/containerd-base -type f ! -name key.json -exec sha256sum {} + 2>/dev/null | sort
}

cycle() {
	version=$(containerd --version | sed 's/.* v\{0,1\}\([0-9]*\.[0-9]*\)\.[0-9].*/\1/')
	topic="installed $version:"
	rm -rf /var/lib/containerd
	configure
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$NODE/decisions\", \"syslog\": false}}"
	before=$(files)
	pods free runc second
	run sh install/install.sh install
	holds 'containerd itself takes the configuration' [ "$status" -eq 0 ]
	installed=$(files)
	run sh install/install.sh install
	holds 'a second time changes nothing' eval '[ "$status" -eq 0 ] && [ "$installed" = "$(files)" ]'
	run "$GATE" doctor
	holds 'the doctor finds it in force' [ "$status" -eq 0 ]
	pods gated runc second
	run sh install/containerd/install.sh --hook-only install
	holds 'from the wrapper to the hook alone' [ "$status" -eq 0 ]
	pods hooked runc
	run "$GATE" doctor
	holds 'the doctor finds the hook in force' eval '[ "$status" -eq 0 ] && grep -q "live: .* is refused by the hook" "$NODE/out"'
	run sh install/install.sh uninstall
	holds 'every byte is as it was' eval '[ "$status" -eq 0 ] && [ "$before" = "$(files)" ]'
	pods free runc
}

cycle
for other in ${OTHERS:-}; do
	for program in containerd containerd-shim-runc-v2 ctr; do
		mount --bind "$other/usr/bin/$program" /usr/bin/$program
	done
	if containerd --version >/dev/null 2>&1; then
		cycle
	else
		echo "skip install_cri $(basename "$(dirname "$other")"): its containerd does not run with this system's libraries"
	fi
	umount /usr/bin/containerd /usr/bin/containerd-shim-runc-v2 /usr/bin/ctr
done
