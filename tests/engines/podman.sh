#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real containers under podman (rootful), ocigate in a hooks.d directory as it
# is installed on a node. What podman writes into a spec by itself must pass:
# its own volumes, its files in the container, its default capabilities.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
RECORD=$NODE/decisions
HOOKS=$NODE/hooks.d
RESTRICTED='--user 1000:1000 --cap-drop ALL --security-opt no-new-privileges'

# podman_run OPTIONS...: the guest, with marks where the host sees them
podman_run() {
	rm -rf /var/lib/rootfs/mark
	mkdir -p /var/lib/rootfs/mark
	chmod 1777 /var/lib/rootfs/mark
	: >"$RECORD"
	case $* in
	*--network*) ;;
	*) set -- --network none "$@" ;;
	esac
	case $* in
	*--cgroups*) ;;
	*) set -- --cgroup-parent "/$OCIGATE_NODE" "$@" ;;
	esac
	podman --cgroup-manager cgroupfs --hooks-dir "$HOOKS" --runtime "$runtime" run --rm \
		--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@" --rootfs /var/lib/rootfs /guest \
		</dev/null >"$NODE/out" 2>&1
	status=$?
}

said() {
	tr '\n' ' ' <"$NODE/out" | tail -c 500
}

denying() {
	jq -r '[.findings[] | select(.effect == "deny" or .effect == "apply") | .rule] | unique | join(",")' "$RECORD" | tail -n 1
}

# settle RULES-JSON: the shipped default with RULES on top
settle() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": $1}"
}

# refuse NAME RULES OPTIONS...
refuse() {
	name="podman with $runtime refuses $1"
	rules=$2
	shift 2
	podman_run "$@"
	got=$(denying)
	if [ -e /var/lib/rootfs/mark/ran ]; then
		not_ok "$name" 'its program ran'
	elif [ "$status" -eq 0 ]; then
		not_ok "$name" 'podman reports success'
	elif [ "$got" != "$rules" ]; then
		not_ok "$name" "denied by '$got', not by '$rules': $(said)"
	elif [ "$runtime" = runc ] && ! grep -Eq "ocigate: denied container .*: ($(echo "$rules" | tr ',' '|')): " "$NODE/out"; then
		not_ok "$name" "does not say so: $(said)"
	else
		ok "$name"
	fi
}

# admit NAME OPTIONS...
admit() {
	name="podman with $runtime admits $1"
	shift
	podman_run "$@"
	if [ "$status" -ne 0 ]; then
		not_ok "$name" "status $status: $(said)"
	elif [ ! -e /var/lib/rootfs/mark/ran ]; then
		not_ok "$name" 'its program did not run'
	elif [ "$(jq -r .verdict "$RECORD" | tail -n 1)" != admit ]; then
		not_ok "$name" 'the record does not say so'
	else
		ok "$name"
	fi
}

prepare() {
	mkdir -p "$HOOKS" /var/lib/rootfs /var/lib/app-data /run/engine
	cp "$NODE/guest" /var/lib/rootfs/guest
	"$NODE/guest" --socket /run/engine/engine.sock
	cp install/hooks.d/99-ocigate.json "$HOOKS"
	none='{}'
}

# shellcheck disable=SC2086 # RESTRICTED is a list of options
containers() {
	settle "$none"
	admit 'a restricted container' $RESTRICTED
	admit 'the default capabilities for a user' --user 1000:1000
	admit 'a named volume' $RESTRICTED --volume data:/data
	admit 'a tmpfs and an anonymous volume' $RESTRICTED --tmpfs /scratch --volume /anonymous
	admit 'root of a user namespace' --uidmap 0:200000:65536 --gidmap 0:200000:65536
	refuse 'root' root-user
	refuse '--privileged' capabilities,devices,privileged,proc-mount,root-user,seccomp --privileged
	refuse "the host's pid namespace" host-namespaces $RESTRICTED --pid host
	refuse "the host's ipc namespace" host-namespaces $RESTRICTED --ipc host
	refuse "the host's network" host-network $RESTRICTED --network host
	refuse 'an extra capability' capabilities $RESTRICTED --cap-add NET_ADMIN
	refuse 'a host path' host-paths $RESTRICTED --volume /var/lib/app-data:/data
	refuse '/etc' host-paths,sensitive-mounts $RESTRICTED --volume /etc:/host/etc:ro
	refuse "an engine's socket" host-paths,sensitive-mounts $RESTRICTED --volume /run/engine/engine.sock:/var/run/docker.sock
	admit 'no seccomp filter, for one is attached' $RESTRICTED --security-opt seccomp=unconfined
	grep -q 'Seccomp:.2' "$NODE/out" || not_ok "podman with $runtime attaches a filter" "$(said)"
	settle '{"seccomp": {"attach": false}}'
	refuse 'no seccomp filter where none may be attached' seccomp $RESTRICTED --security-opt seccomp=unconfined
	settle "$none"
	refuse 'an unmasked /proc' proc-mount $RESTRICTED --security-opt unmask=ALL
	refuse 'a device' devices $RESTRICTED --device /dev/kmsg
	[ "$runtime" = runc ] || refuse 'to be without a control group' devices $RESTRICTED --cgroups disabled
	refuse 'an unsafe sysctl' sysctls $RESTRICTED --sysctl net.core.somaxconn=1024
	refuse 'an annotation that steers the runtime' runtime-annotations $RESTRICTED --annotation run.oci.keep_original_groups=1
	settle '{"host-paths": {"allowed": [{"path": "/var/lib/app-data", "read_only": true}]}}'
	admit 'an allowed host path' $RESTRICTED --volume /var/lib/app-data:/data:ro
	refuse 'the same writable' host-paths $RESTRICTED --volume /var/lib/app-data:/data
	settle '{"host-paths": {"allowed": [{"path": "/var/lib/app-data", "read_only": false}]}}'
	refuse 'mounts that travel to the host' mount-propagation $RESTRICTED --volume /var/lib/app-data:/data:rshared
	settle "$none"
	foreign_hook
	no_gate
}

# What the README warns of: podman drops a hook whose program is missing.
no_gate() {
	mv "$GATE" "$GATE.away"
	# shellcheck disable=SC2086
	podman_run $RESTRICTED
	if [ "$status" -eq 0 ] && [ -e /var/lib/rootfs/mark/ran ]; then
		ok "podman with $runtime starts without the hook where the gate is missing, as the README warns"
	else
		not_ok "podman with $runtime starts without the hook where the gate is missing, as the README warns" "$(said)"
	fi
	mv "$GATE.away" "$GATE"
}

# A second hook that another package left in hooks.d
foreign_hook() {
	jq -n '{version: "1.0.0", hook: {path: "/bin/true"}, when: {always: true}, stages: ["createContainer"]}' >"$HOOKS/other.json"
	# shellcheck disable=SC2086
	refuse 'a hook that nobody listed' bundle-hooks $RESTRICTED
	rm "$HOOKS/other.json"
}

# A mount over the shared subtree needs one
mount --make-rshared /var/lib
prepare
for runtime in runc crun; do
	if command -v "$runtime" >/dev/null 2>&1; then
		containers
	else
		echo "skip podman with $runtime: not installed"
	fi
done
