#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a verdict about a seccomp filter costs, known and unknown, and what
# attaching one adds to the creation of a container: figures of the example of
# example.sh. Instructions are exact, times are the least of interleaved rounds.
#
# usage: tests/bench/seccomp.sh [attach]     attach: that part alone
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/bench/example.sh
. tests/bench/example.sh

MAX_WARM=10
ROUNDS=${ROUNDS:-20}
failed=0

instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$GATE" hook createRuntime <"$STATE" 2>&1 >/dev/null |
		sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

verdicts() {
	example_drop_ins
	example_hold || { echo 'not ok bench: the example does not start'; exit 1; }
	sleep 4
	"$GATE" hook createRuntime <"$STATE" >"$NODE/first" 2>&1
	warm=$(instructions)
	rm -rf /run/ocigate/seccomp
	cold=$(instructions)
	policy_without='{"version": 1, "rules": {"seccomp": {"effect": "disabled"}}}'
	printf '%s\n' "$policy_without" >/etc/ocigate/policy.d/90-no-seccomp.json
	sleep 4
	"$GATE" hook createRuntime <"$STATE" >"$NODE/first" 2>&1
	without=$(instructions)
	rm /etc/ocigate/policy.d/90-no-seccomp.json
	example_release
	for figure in "$warm" "$cold" "$without"; do
		[ -n "$figure" ] || { echo 'skip bench seccomp verdict: callgrind tells nothing here'; return; }
	done
	share=$(awk "BEGIN { printf \"%.1f\", ($warm - $without) * 100 / $without }")
	printf '%-52s %12s\n' 'instructions of the hook, rule seccomp off' "$without" 'the same, the filter known' "$warm" \
		'the same, the filter unknown' "$cold" "known filter, % more (at most $MAX_WARM)" "$share"
	awk "BEGIN { exit !($share > $MAX_WARM) }" && failed=1
}

# ran KIND VERB: microseconds of one run of a program that ends at once, or of create alone
ran() {
	cp "$NODE/$1.json" "$BUNDLE/config.json"
	start=$(date +%s%N)
	runc --root /run/runc "$2" --bundle "$BUNDLE" attach </dev/null >"$NODE/out" 2>&1 || cat "$NODE/out" >&2
	echo $((($(date +%s%N) - start) / 1000)) >>"$NODE/$1.$2.us"
	runc --root /run/runc delete --force attach >/dev/null 2>&1
}

# The least of all rounds: what else the machine does only adds.
least() {
	sort -n "$NODE/$1.$2.us" | head -n 1
}

attaching() {
	policy 50-test '{"version": 1, "log": {"syslog": false}}'
	bundle attach '.process.noNewPrivileges = true'
	jq 'del(.hooks)' "$BUNDLE/config.json" >"$NODE/spec.json"
	jq 'del(.hooks, .linux.seccomp)' "$BUNDLE/config.json" >"$NODE/none.json"
	jq 'del(.linux.seccomp)' "$BUNDLE/config.json" >"$NODE/exec.json"
	jq '.process.noNewPrivileges = false' "$NODE/exec.json" >"$NODE/window.json"
	round=0
	while [ $((round += 1)) -le "$ROUNDS" ]; do
		ran spec create
		for kind in none exec window; do
			ran $kind run
		done
	done
	create=$(least spec create) none=$(least none run)
	printf '%-52s %12s\n' 'runc create with a filter in the spec, us' "$create" 'runc run, no filter, no hook, us' "$none"
	for kind in exec window; do
		printf '%-52s %12s\n' "hook and attaching ($kind) add to run, x runc create" \
			"$(awk "BEGIN { printf \"%.2f\", ($(least $kind run) - $none) / $create }")"
	done
}

if [ "${1:-}" != attach ] && command -v valgrind >/dev/null 2>&1; then
	verdicts
fi
attaching
exit $failed
