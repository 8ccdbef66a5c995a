#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# podman (rootful) through the runtime wrapper, and by its own precreate stage.
# shellcheck disable=SC2016 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/said.sh
. tests/lib/said.sh
RECORD=$NODE/decisions
HOOKS=$NODE/hooks.d
RESTRICTED='--user 1000:1000 --cap-drop ALL --security-opt no-new-privileges'

settle() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": $1}"
	: >"$RECORD"
}

# pod VERB OPTIONS...: podman with the runtime and hooks at hand
pod() {
	podman --cgroup-manager cgroupfs --hooks-dir "$HOOKS" --runtime "$program" "$@" </dev/null >"$NODE/out" 2>&1
	status=$?
}

# run OPTIONS...: the guest
run() {
	rm -rf /var/lib/rootfs/mark
	mkdir -p /var/lib/rootfs/mark
	chmod 1777 /var/lib/rootfs/mark
	pod run --rm --network none --cgroup-parent "/$OCIGATE_NODE" --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@" \
		--rootfs /var/lib/rootfs /guest
}

ran_there() {
	[ -e /var/lib/rootfs/mark/ran ]
}

inside() {
	[ "$(sed -n "s/^$1:[[:space:]]*//p" "$NODE/out")" = "$2" ]
}

refused() {
	[ "$status" -ne 0 ] && ! ran_there
}

admitted() {
	[ "$status" -eq 0 ] && ran_there
}

says() {
	refused && grep -q "$1" "$NODE/out"
}

# shellcheck disable=SC2086 # RESTRICTED is a list of options
both_ways() {
	settle '{}'
	run $RESTRICTED
	holds 'a restricted container runs' admitted
	run $RESTRICTED --security-opt seccomp=unconfined
	holds 'without a filter it runs with one' inside Seccomp 2
	run --user 1000:1000 --cap-drop ALL
	holds 'without no-new-privileges it is recorded' admitted
	settle '{"privilege-escalation": {"effect": "apply"}, "read-only-rootfs": {"effect": "apply"}, "capabilities": {"effect": "apply", "allowed": []}}'
	run --user 1000:1000 --cap-add NET_ADMIN
	holds 'amended: no-new-privileges' inside NoNewPrivs 1
	holds 'amended: capabilities' inside CapBnd 0000000000000000
	holds 'amended: the root is read-only' eval '[ "$status" -eq 0 ] && ! ran_there'
	settle '{}'
	run --cap-drop ALL --security-opt no-new-privileges
	holds 'root is refused' refused
	run $RESTRICTED --pid host
	holds "the host's processes are refused" refused
	run $RESTRICTED --volume /etc:/host/etc:ro
	holds '/etc is refused' refused
}

# shellcheck disable=SC2086
wrapper_alone() {
	run --cap-drop ALL --security-opt no-new-privileges
	holds 'podman tells what ocigate says' says 'ocigate: denied container .*: root-user: runs as root'
	holds 'as an error of the runtime, not of another kind' says 'OCI runtime error: '
	pod run --detach --name exec --network none --cgroup-parent "/$OCIGATE_NODE" --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
		$RESTRICTED --security-opt seccomp=unconfined --rootfs /var/lib/rootfs /guest 1000
	holds 'a container starts in the background' [ "$status" -eq 0 ]
	pod exec exec /guest
	holds 'podman exec runs, with the filter' inside Seccomp 2
	rm -f /var/lib/rootfs/mark/ran
	pod exec --user 0 exec /guest
	holds 'podman exec --user 0 is refused' says 'exec-escalation'
	pod exec --privileged exec /guest
	holds 'podman exec --privileged is refused' says 'exec-escalation'
	pod kill exec
	pod rm --force --time 0 exec
	holds 'it is removed' [ "$status" -eq 0 ]
}

mkdir -p "$HOOKS" /var/lib/rootfs
cp "$NODE/guest" /var/lib/rootfs/guest
mount --make-rshared /var/lib
for runtime in runc crun; do
	real=$(command -v $runtime)
	if [ -z "$real" ] || ! command -v podman >/dev/null 2>&1; then
		echo "skip podman with $runtime: not installed"
		continue
	fi
	ln -sf ocigate "/usr/local/bin/ocigate-$runtime"
	rm -f "$HOOKS"/*
	topic="podman, wrapper, $runtime:" program=/usr/local/bin/ocigate-$runtime
	both_ways
	wrapper_alone
	jq -n --arg gate "$GATE" '{version: "1.0.0", hook: {path: $gate, args: ["ocigate", "precreate"]}, when: {always: true},
		stages: ["precreate"]}' >"$HOOKS/50-ocigate.json"
	topic="podman, precreate, $runtime:" program=$real
	both_ways
	holds 'the createRuntime hook is in the spec as well' grep -q '"stage":"precreate"' "$RECORD"
done
