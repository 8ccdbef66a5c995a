# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# A node of its own for a script that starts real containers: private mounts
# and processes, so that the machine's /etc, /run and /var/lib are never
# touched and everything ends when the script does. To be sourced, from the
# top of the tree:
#
#   . tests/lib/node.sh
#   node_enter "$0" "$@"        runs the script again inside; returns there
#
# The node has: $NODE (its directory), $GATE (ocigate as installed), runtimes'
# state under /run, and the policy in /etc/ocigate/policy.d.
# shellcheck disable=SC2034 # NODE, GATE and the like are for who sources this

: "${BUILD:=build}"
NODE=/run/node
GATE=/usr/local/bin/ocigate
POD_UID=0a1b2c3d-0000-4000-8000-000000000001
KUBELET_POD=/var/lib/kubelet/pods/$POD_UID

ok() {
	echo "ok $1"
}

not_ok() {
	echo "not ok $1: $2"
}

# verify NAME WHY-NOT COMMAND...
verify() {
	name=$1
	why=$2
	shift 2
	if "$@"; then
		ok "$name"
	else
		not_ok "$name" "$why"
	fi
}

# node_enter SCRIPT ARGS...: only root can make namespaces; then there is nothing to try
node_enter() {
	if [ -n "${OCIGATE_NODE:-}" ]; then
		node_mounts
		return
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "skip $(basename "$1" .sh): starting containers takes root"
		exit 0
	fi
	if ! unshare --mount --pid --fork true 2>/dev/null; then
		echo "skip $(basename "$1" .sh): this root may not make namespaces"
		exit 0
	fi
	OCIGATE_NODE=ocigate-test-$$ unshare --mount --pid --fork --kill-child --mount-proc --propagation private sh "$@"
	status=$?
	node_remove_cgroups "ocigate-test-$$"
	exit $status
}

# The node's directories: /etc is a copy, since a mount over /etc/ocigate would need that directory on the machine.
node_mounts() {
	trap 'exit 130' INT TERM
	umask 022
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p "$NODE/etc" /run/lock
	mount -t tmpfs -o mode=755 tmpfs "$NODE/etc"
	cp -a /etc/. "$NODE/etc"
	rm -rf "$NODE/etc/ocigate"
	mkdir -p "$NODE/etc/ocigate/policy.d"
	mount --move "$NODE/etc" /etc
	mount -t tmpfs -o mode=755 tmpfs /var/lib
	node_overlay /usr/lib
	node_overlay /usr/local/bin
	rm -rf /usr/lib/ocigate
	# crun refuses cgroups where both versions are mounted.
	! grep -q ' /sys/fs/cgroup/unified cgroup2 ' /proc/mounts || umount /sys/fs/cgroup/unified
	mkdir -p /usr/lib/ocigate/policy.d "$KUBELET_POD/volumes" "$KUBELET_POD/volume-subpaths" /var/lib/ocigate
	cp "$BUILD/ocigate" "$GATE"
	[ ! -d config/presets ] || cp -R config/presets /usr/lib/ocigate/
	[ ! -d config/policy.d ] || cp -R config/policy.d /usr/lib/ocigate/
	chown -R root:root /usr/lib/ocigate
	"${CC:-cc}" -O1 -static -o "$NODE/guest" tests/lib/guest.c
}

# node_overlay DIRECTORY: what is written there stays in the node
node_overlay() {
	layers=$NODE/layers$(echo "$1" | tr / -)
	mkdir -p "$layers/upper" "$layers/work"
	mount -t overlay -o "lowerdir=$1,upperdir=$layers/upper,workdir=$layers/work" overlay "$1" && return
	# Whoever goes on would write, or remove, on the machine itself.
	echo "not ok node: no overlay on $1"
	exit 1
}

node_remove_cgroups() {
	find /sys/fs/cgroup -depth -type d -path "*/$1*" -exec rmdir {} + 2>/dev/null
	return 0
}

# policy NAME JSON: the only drop-in of the node
policy() {
	rm -f /etc/ocigate/policy.d/*
	printf '%s\n' "$2" >"/etc/ocigate/policy.d/$1.json"
}

# bundle ID [JQ-FILTER]: a healthy container's bundle where containerd would put it, changed by the filter; sets $BUNDLE
bundle() {
	BUNDLE=/run/containerd/io.containerd.runtime.v2.task/k8s.io/$1
	rm -rf "$BUNDLE"
	mkdir -p "$BUNDLE/rootfs/proc" "$BUNDLE/rootfs/sys" "$BUNDLE/rootfs/dev" "$BUNDLE/rootfs/mark"
	chmod 1777 "$BUNDLE/rootfs/mark"
	cp "$NODE/guest" "$BUNDLE/rootfs/guest"
	case $(uname -m) in
	aarch64) architectures='["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]' ;;
	*) architectures='["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]' ;;
	esac
	jq --rawfile names tests/lib/syscalls --arg cgroup "/$OCIGATE_NODE/$1" --arg gate "$GATE" \
		--argjson architectures "$architectures" '
		.linux.cgroupsPath = $cgroup
		| .linux.seccomp.architectures = $architectures
		| .linux.seccomp.syscalls = [{names: ($names | split("\\s+"; "") | map(select(. != ""))), action: "SCMP_ACT_ALLOW"}]
		| .hooks.createRuntime = [{path: $gate, args: ["ocigate", "hook", "createRuntime"], env: ["LC_ALL=C"], timeout: 10}]
		' tests/lib/healthy.json >"$BUNDLE/config.json.new" &&
		jq "${2:-.}" "$BUNDLE/config.json.new" >"$BUNDLE/config.json" && rm "$BUNDLE/config.json.new"
}

# all_capabilities: those that this machine can give, as a JSON list: what an engine gives a privileged container
all_capabilities() {
	jq -nc --arg mask "$(sed -n 's/^CapBnd:[^0-9a-f]*//p' /proc/self/status)" '
		($mask | explode | reduce .[] as $c (0; . * 16 + (if $c >= 97 then $c - 87 else $c - 48 end))) as $bits
		| "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
		NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
		SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
		MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
		| [splits("\\s+")] | to_entries
		| map(select(($bits / pow(2; .key) | floor) % 2 == 1) | "CAP_" + .value)'
}

# ran: did the program of $BUNDLE leave its mark?
ran() {
	[ -e "$BUNDLE/rootfs/mark/ran" ]
}
