#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Recordings of real containers: what a recording is judged to be must be what
# the container was judged to be, finding by finding.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
RECORD=$NODE/decisions
engine=

# start ID COMMAND...: the runtime's create (ends when the hooks have run) or run
start() {
	id=$1
	shift
	case $engine in
	runc) runc --root /run/runc "$@" --bundle "$BUNDLE" "$id" ;;
	crun) crun --cgroup-manager=disabled "$@" --bundle "$BUNDLE" "$id" ;;
	esac </dev/null >"$NODE/out" 2>&1
}

finish() {
	case $engine in
	runc) runc --root /run/runc delete --force "$1" ;;
	crun) crun --cgroup-manager=disabled delete --force "$1" ;;
	esac >/dev/null 2>&1
}

# findings FILE: what a decision found, one a line. A recording cannot say what type a file has.
findings() {
	tail -n 1 "$1" | jq -r '.findings[] | "\(.rule) \(.effect) \(.pointer) \(.message)"' | sort
}

# compare NAME DIR: the recording in DIR against what the hook decided
compare() {
	"$GATE" check --as hook --format json "$2" >"$NODE/again" 2>"$NODE/again.err"
	findings "$RECORD" >"$NODE/findings"
	findings "$NODE/again" >"$NODE/findings.again"
	if [ ! -s "$NODE/findings" ]; then
		not_ok "$1" 'the hook found nothing: nothing was tried'
	elif difference=$(diff "$NODE/findings" "$NODE/findings.again"); then
		ok "$1"
	else
		not_ok "$1" "$(echo "$difference" "$(cat "$NODE/again.err")" | tr '\n' ' ')"
	fi
}

bad='.process.user.uid = 0 | .process.args = ["/guest", "60"]
	| (.linux.namespaces[] | select(.type == "ipc")).path = "/proc/1/ns/ipc"
	| .mounts += [{destination: "/launder", type: "bind", source: "'$KUBELET_POD'/volume-subpaths/vol/app/0", options: ["rbind", "ro"]},
	              {destination: "/var/run/x", type: "bind", source: "/var/lib/app-data", options: ["bind"]},
	              {destination: "/over", type: "overlay", source: "o", options: ["lowerdir=/etc:/usr/share"]}]'

# The first hook records, the second decides: both see the container as the runtime has just made it.
at_create() {
	id=$engine-create
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}}"
	bundle "$id" "$bad | .hooks.createRuntime |= [{path: \"$GATE\", args: [\"ocigate\", \"record\", \"-\", \"$NODE/$id\"], env: [\"A=b\"]}] + ."
	mkdir "$BUNDLE/rootfs/var" "$BUNDLE/rootfs/run" && ln -s ../run "$BUNDLE/rootfs/var/run"
	: >"$RECORD"
	start "$id" create
	finish "$id"
	compare "$engine: recorded by a hook, judged as by the hook" "$NODE/$id"
	rm -rf "$BUNDLE"
}

# The container runs (the policy only audits) and is recorded by its id from outside.
while_running() {
	id=$engine-running
	audit=$(sed -n 's/^RULE([^,]*, *\("[^"]*"\))/\1: {"effect": "audit"}/p' include/ocigate/rules.def | paste -sd,)
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": {$audit}}"
	bundle "$id" "$bad"
	mkdir "$BUNDLE/rootfs/var" "$BUNDLE/rootfs/run" && ln -s ../run "$BUNDLE/rootfs/var/run"
	: >"$RECORD"
	if ! start "$id" run --detach; then
		not_ok "$engine: a container that runs" "$(tail -c 300 "$NODE/out")"
		return
	fi
	if "$GATE" record "$id" "$NODE/$id" 2>"$NODE/out"; then
		compare "$engine: recorded while it runs, judged as by the hook" "$NODE/$id"
	else
		not_ok "$engine: recorded while it runs" "$(cat "$NODE/out")"
	fi
	if "$GATE" record "$id" "$NODE/$id" 2>/dev/null; then
		not_ok "$engine: a recording is never overwritten" 'it was'
	else
		ok "$engine: a recording is never overwritten"
	fi
	finish "$id"
	if "$GATE" record "$id" "$NODE/$id-gone" 2>/dev/null || [ -e "$NODE/$id-gone" ]; then
		not_ok "$engine: a container that is gone is not recorded" 'it was'
	else
		ok "$engine: a container that is gone is not recorded"
	fi
	rm -rf "$BUNDLE"
}

mkdir -p /var/lib/app-data "$KUBELET_POD/volume-subpaths/vol/app/0"
mount --bind /etc "$KUBELET_POD/volume-subpaths/vol/app/0"
for engine in runc crun; do
	if command -v "$engine" >/dev/null; then
		at_create
		while_running
	else
		echo "skip record $engine: not installed"
	fi
done
