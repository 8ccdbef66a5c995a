#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exec through the runtime wrapper: documents as engines write them, options
# as people do.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/wrapper.sh
. tests/lib/wrapper.sh

# process FILTER: the container's own process with FILTER on it, as an engine's process.json
process() {
	jq -c ".process | .args = [\"/guest\"] | $1" "$BUNDLE/config.json" >"$NODE/process.json"
}

cases() {
	settle '{}'
	make exec 'del(.linux.seccomp) | .process.args = ["/guest", "1000"]'
	"$wrapper" --root "$STATE" run --detach --bundle "$BUNDLE" exec </dev/null >/dev/null 2>"$NODE/err"
	rm -f "$BUNDLE/rootfs/mark/ran"
	process .
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: the own process of the container runs' eval '[ "$status" -eq 0 ] && ran'
	holds 'exec: and has the filter too' inside Seccomp 2
	holds 'exec: is in the record' same "$(record '"\(.stage) \(.verdict)"')" 'exec admit'
	process '.args = ["/probe", "process"]'
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: no descriptor of ours reaches the program' same "$(grep -c '^fd ' "$NODE/out")" 3
	refused_exec "root in another's container" 'exec-escalation,root-user' '.user = {uid: 0, gid: 0}'
	refused_exec 'all capabilities' capabilities,exec-escalation \
		'.capabilities |= (.bounding = ["CAP_SYS_ADMIN"] | .effective = ["CAP_SYS_ADMIN"] | .permitted = ["CAP_SYS_ADMIN"])'
	refused_exec 'a capability that the policy allows but the container has not' exec-escalation \
		'.capabilities |= (.bounding = ["CAP_CHOWN"] | .permitted = ["CAP_CHOWN"])'
	refused_exec 'no-new-privileges lost' exec-escalation '.noNewPrivileges = false'
	process .
	sed -i 's/"noNewPrivileges":true/"noNewPrivileges":true,"noNewPrivileges":false/' "$NODE/process.json"
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: a document with two readings is refused' refused
	settle '{"exec-escalation": {"effect": "disabled"}, "privilege-escalation": {"effect": "audit", "exec": {"effect": "apply"}}}'
	process '.noNewPrivileges = false'
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: apply amends the document' inside NoNewPrivs 1
	settle '{"exec-escalation": {"effect": "audit"}}'
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: audit records and admits' eval 'inside NoNewPrivs 0 && record ".findings[].rule" | grep -q exec-escalation'
	exec_options
	wrapped delete --force exec
	exec_amended
}

# An engine makes an exec from what it asked for itself, before the container was amended: kubectl exec and probes.
exec_amended() {
	settle '{"privilege-escalation": {"effect": "apply"}, "capabilities": {"effect": "apply", "allowed": []}}'
	make amended-exec '.process.noNewPrivileges = false | .process.capabilities.bounding = ["CAP_CHOWN"] | .process.args = ["/guest", "1000"]'
	process .
	"$wrapper" --root "$STATE" run --detach --bundle "$BUNDLE" amended-exec </dev/null >/dev/null 2>"$NODE/err"
	wrapped exec --process "$NODE/process.json" amended-exec
	holds 'exec: into an amended container is amended likewise' eval 'inside NoNewPrivs 1 && inside CapBnd 0000000000000000'
	process '.noNewPrivileges = false | .user.uid = 0'
	rm -f "$BUNDLE/rootfs/mark/ran"
	wrapped exec --process "$NODE/process.json" amended-exec
	holds 'exec: and still no way to root' refused
	wrapped delete --force amended-exec
}

# refused_exec NAME RULES FILTER
refused_exec() {
	rm -f "$BUNDLE/rootfs/mark/ran"
	expected=$2
	process "$3"
	wrapped exec --process "$NODE/process.json" exec
	holds "exec: refuses $1" eval 'refused && same "$(denied_by)" "$expected"'
}

exec_options() {
	settle '{}'
	wrapped exec --user 1000:1000 --no-new-privs exec /guest
	holds 'exec: options that ask for nothing more' same "$status" 0
	rm -f "$BUNDLE/rootfs/mark/ran"
	wrapped exec --user 0 --no-new-privs exec /guest
	holds 'exec: --user 0 is refused' refused
	wrapped exec --user 1000 --no-new-privs --cap CAP_SYS_ADMIN exec /guest
	holds 'exec: --cap is refused' refused
	if [ "$runtime" = runc ]; then
		wrapped exec exec /guest
		holds 'exec: runc takes user and privileges from the container' same "$status" 0
		rm -f "$BUNDLE/rootfs/mark/ran"
		wrapped exec --no-new-privs=false exec /guest
	else
		wrapped exec --user 1000 exec /guest
	fi
	holds 'exec: no-new-privileges lost by options is refused' refused
	wrapped exec --user 1000 --no-new-privs --cgroup ../../.. exec /guest
	holds "exec: out of the container's cgroup is refused" refused
	wrapped exec --user 1000 --no-new-privs nobody /guest
	holds 'exec: into a container that is not there is refused' refused
}

each_runtime
