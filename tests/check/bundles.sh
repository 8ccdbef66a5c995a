#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every real bundle under the shipped default and both presets, against what
# is expected of it (tests/bundles/README.md).
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

python3 -B tests/lib/bundles.py "$GATE" tests/bundles "$NODE/bundles"

# What the person of the healthy Deployment reads where only a hook is installed that may not attach a filter; what a hook
# that may does, and what the wrapper does.
healthy=tests/bundles/containerd-1.6-apparmor/redis-healthy
policy 50-test '{"version": 1, "rules": {"seccomp": {"attach": false}}}'
"$GATE" check --as hook "$healthy" >"$NODE/out" 2>&1
if grep -q 'seccomp' "$NODE/out" && grep -q 'ocigate-runtime' "$NODE/out"; then
	ok 'bundles redis-healthy: a bare hook names the wrapper as the cure'
else
	not_ok 'bundles redis-healthy: a bare hook names the wrapper as the cure' "$(tr '\n' ' ' <"$NODE/out")"
fi
policy 50-test '{"version": 1}'
got=$("$GATE" check --as hook --format json "$healthy" | jq -r '[.verdict, (.amendments[] | .rule, .pointer)] | join(" ")')
if [ "$got" = 'admit seccomp /linux/seccomp' ]; then
	ok 'bundles redis-healthy: a bare hook admits it with a filter attached'
else
	not_ok 'bundles redis-healthy: a bare hook admits it with a filter attached' "$got"
fi
got=$("$GATE" check --as runtime --format json "$healthy" | jq -r '[.verdict, (.amendments[] | .rule, .pointer)] | join(" ")')
if [ "$got" = 'admit seccomp /linux/seccomp' ]; then
	ok 'bundles redis-healthy: the wrapper admits it with a filter added'
else
	not_ok 'bundles redis-healthy: the wrapper admits it with a filter added' "$got"
fi
