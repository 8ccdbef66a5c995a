# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# The example that figures are taken from, held at the moment of its
# createRuntime hook: a spec of 18 KB (30 mounts, 40 variables, 20 annotations,
# a whole seccomp profile), 10 drop-ins, under runc. To be sourced inside a
# node (tests/lib/node.sh).

EXAMPLE='
	.process.env += [range(39) | "SERVICE_\(.)_PORT_8080_TCP_ADDR=10.96.0.\(.)"]
	| .annotations += ([range(13) | {key: "example.com/annotation-\(.)", value: "a value of usual length \(.)"}] | from_entries)
	| .mounts += [range(24) | {destination: "/data/volume-\(.)", type: "bind", options: ["rbind", "rprivate", "ro"],
		source: "/var/lib/kubelet/pods/0a1b2c3d-0000-4000-8000-000000000001/volumes/kubernetes.io~empty-dir/volume-\(.)"}]
	| .linux.seccomp.syscalls += [
		(range(24) | {names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: ., op: "SCMP_CMP_EQ"}]}),
		{names: ["sync_file_range2", "swapcontext", "arm_fadvise64_64", "s390_pci_mmio_read", "riscv_flush_icache"],
			action: "SCMP_ACT_ALLOW"},
		{names: ["clone"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 2114060288, op: "SCMP_CMP_MASKED_EQ"}]},
		{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38},
		([range(105) | "a_system_call_of_another_age_\(.)"] | {names: ., action: "SCMP_ACT_ALLOW"}) ]'

# example_drop_ins: ten, as a node that is managed by several teams would have them
example_drop_ins() {
	rm -f /etc/ocigate/policy.d/*
	policy 10-capabilities '{"version": 1, "rules": {"capabilities": {"allowed": ["CAP_NET_BIND_SERVICE", "CAP_CHOWN"]}}}'
	for i in 1 2 3 4 5 6 7 8 9; do
		printf '{"version": 1, "description": "team %s",\n "rules": {"host-paths": {"effect": "deny", "allowed": [{"path": "/srv/team-%s", "read_only": true}]}}}\n' \
			"$i" "$i" >"/etc/ocigate/policy.d/2$i-team.json"
	done
}

# example_hold: start the container; it waits in its hook. Sets $STATE, the state that the hook got
example_hold() {
	STATE=$NODE/state
	for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do
		mkdir -p "$KUBELET_POD/volumes/kubernetes.io~empty-dir/volume-$i"
	done
	mkfifo "$NODE/release"
	cat >"$NODE/hold" <<-END
		#!/bin/sh
		cat >$STATE.new && mv $STATE.new $STATE
		read -r _ <$NODE/release
		exit 1
	END
	chmod 755 "$NODE/hold"
	bundle example "$EXAMPLE"
	jq -c --arg hold "$NODE/hold" '.hooks.createRuntime = [{path: $hold, env: ["PATH=/usr/bin:/bin"]}]' "$BUNDLE/config.json" \
		>"$NODE/held.json"
	jq -c . "$BUNDLE/config.json" >"$NODE/judged.json"
	cp "$NODE/held.json" "$BUNDLE/config.json"
	runc --root /run/runc run --bundle "$BUNDLE" example >"$NODE/runc.log" 2>&1 &
	waited=0
	while [ ! -e "$STATE" ]; do
		sleep 0.1
		waited=$((waited + 1))
		if [ "$waited" -gt 100 ]; then
			cat "$NODE/runc.log"
			return 1
		fi
	done
	cp "$NODE/judged.json" "$BUNDLE/config.json"
}

example_release() {
	echo >"$NODE/release"
	wait
}
