# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# A node with 200 bundles of eight kinds of engines (fake_node.py) below $FAKE,
# and what tests of ocigate report say about it. To be sourced inside a node;
# ends with: kill "$living".

# shellcheck source=tests/lib/said.sh
. tests/lib/said.sh
topic=report
FAKE=$NODE/fake
mkdir -p "$FAKE"
mount -t tmpfs -o mode=755 tmpfs "$FAKE"
mkdir -p "$FAKE/proc" "$FAKE/etc/ocigate/policy.d" "$FAKE/etc/keep"
mount --bind /proc "$FAKE/proc"
sleep 600 &
living=$!
# A process that is older than the file with its number is the one that was meant.
python3 tests/lib/fake_node.py "$FAKE" "$living"

# Rules that look at nothing but the spec: the 200 are never started.
RULES='"*": {"effect": "disabled"}, "root-user": {"effect": "deny"}, "capabilities": {"effect": "deny"},
	"privilege-escalation": {"effect": "audit"}, "spec-integrity": {"effect": "disabled"}'
TRUSTED='{"name": "trusted", "reason": "it is", "match": {"namespaces": ["trusted"]}, "rules": {"root-user": {"effect": "audit"}}}'
printf '{"version": 1, "rules": {%s}, "exceptions": [%s]}\n' "$RULES" "$TRUSTED" >"$FAKE/etc/ocigate/policy.d/50-test.json"

# report ARGS...
report() {
	"$GATE" report "$@" >"$NODE/out" 2>"$NODE/err" </dev/null
	status=$?
}

# json NAME FILTER: the filter must be true
json() {
	if [ "$(jq -r "$2" "$NODE/out" 2>&1)" = true ]; then
		ok "report $1"
	else
		not_ok "report $1" "not so: $2: $(jq -c .summary "$NODE/out" 2>&1) $(cat "$NODE/err")"
	fi
}

