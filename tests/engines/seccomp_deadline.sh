#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A seccomp block that takes minutes to compile: the hook refuses by itself,
# before the time that hooks.d gives it is over.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
given=$(jq .hook.timeout install/hooks.d/*.json)
policy 50-test '{"version": 1, "log": {"syslog": false}}'

# attempt CALLS CONDITIONS [COMMAND...]: the hook, started by COMMAND; sets $status and $took, in milliseconds
attempt() {
	bundle slow ".linux.seccomp.syscalls = ([.linux.seccomp.syscalls[0].names[:$1][] | {names: [.], action: \"SCMP_ACT_ALLOW\",
		args: [range($2) | {index: (. % 6), value: ., valueTwo: 0, op: \"SCMP_CMP_MASKED_EQ\"}]}])"
	printf '{"ociVersion": "1.0.2", "id": "slow", "status": "creating", "pid": %s, "bundle": "%s"}' $$ "$BUNDLE" >"$NODE/state"
	shift 2
	start=$(date +%s%N)
	"$@" "$GATE" hook createRuntime <"$NODE/state" >"$NODE/out" 2>&1
	status=$?
	took=$((($(date +%s%N) - start) / 1000000))
}

# A little of the same is answered: what is refused below is refused for its cost.
attempt 5 3
if grep -q 'no decision in time' "$NODE/out" || [ "$took" -ge 4000 ]; then
	not_ok 'seccomp deadline: a small filter is judged' "status $status after $took ms: $(cut -c 1-300 "$NODE/out")"
else
	ok 'seccomp deadline: a small filter is judged'
fi

# A quick machine takes seconds for what follows: others get its processors first.
busy=
for _ in $(seq "$(nproc)"); do
	while :; do :; done &
	busy="$busy $!"
done
# shellcheck disable=SC2064,SC2086 # these processes
trap "kill $busy" EXIT
attempt 300 64 nice -n 19
if [ $status -ne 1 ] || ! grep -q '^ocigate: denied: no decision in time' "$NODE/out"; then
	not_ok 'seccomp deadline: a filter that takes too long is refused' "status $status after $took ms: $(cut -c 1-300 "$NODE/out")"
elif [ "$took" -ge $((given * 1000)) ]; then
	not_ok 'seccomp deadline: a filter that takes too long is refused' "it took $took ms of $given s"
else
	ok 'seccomp deadline: a filter that takes too long is refused'
fi
