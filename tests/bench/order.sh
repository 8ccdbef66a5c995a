#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes hook/order.ld: on the example of example.sh, what the hook and
# the wrapper run through.
#
# usage: tests/bench/order.sh MAP >order.ld     MAP: the linker's, of the program in $BUILD (make order)
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/bench/example.sh
. tests/bench/example.sh

# Where valgrind loads a program that can lie anywhere.
BASE=0x108000

# trace NAME ARGS...: the addresses that a run executes
trace() {
	name=$1
	shift
	valgrind --tool=lackey --trace-mem=yes --log-file="$NODE/$name.trace" "$@" >/dev/null 2>&1
}

example_drop_ins
echo 'int main(void) { return 0; }' | "${CC:-cc}" -O2 -static -x c - -o /usr/local/bin/empty || exit 1
wrapper=/usr/local/bin/ocigate-empty
ln -sf ocigate "$wrapper"
echo '{"version": 1, "runtime": {"candidates": {"ocigate-empty": ["/usr/local/bin/empty"]}}}' >/etc/ocigate/policy.d/30-runtime.json
example_hold || exit 1
# As in run.sh: a snapshot that is old enough to be believed.
sleep 4
"$GATE" hook createRuntime <"$STATE" 2>/dev/null || exit 1
trace hook "$GATE" hook createRuntime <"$STATE"
example_release
bundle example "$EXAMPLE | (.hooks.createRuntime[0]) |= (.env = [])"
trace same "$wrapper" run --bundle "$BUNDLE" example
bundle example "$EXAMPLE | del(.hooks, .linux.seccomp)"
trace amended "$wrapper" run --bundle "$BUNDLE" example
python3 -B tests/bench/order.py "$1" $BASE "$NODE/hook.trace" "$NODE/same.trace" "$NODE/amended.trace"
