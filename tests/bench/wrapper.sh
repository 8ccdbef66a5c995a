#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the runtime wrapper adds to the runtime, on the example of example.sh:
# the runtime is an empty static program, so that all beyond its time is ours.
#
# The limits are shares of what another runtime wrapper adds to an empty
# runtime, nvidia-container-runtime: 6.2 ms where this empty program takes
# 405 us (kernel 6.18, a spec of 18 KB), that is 15.3 times the empty program.
# With nothing to change a sixth of it, with a rewrite a third.
#
# usage: tests/bench/wrapper.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/bench/example.sh
. tests/bench/example.sh

MAX_SAME=2.55
MAX_REWRITE=5.1
ROUNDS=${ROUNDS:-1000}
failed=0

# figure NAME LIMIT FILTER: the example, changed by FILTER, in front of the empty program
figure() {
	bundle example "$EXAMPLE | $3"
	jq -c . "$BUNDLE/config.json" >"$NODE/spec.json"
	cp "$NODE/spec.json" "$BUNDLE/config.json"
	if ! "$wrapper" run --bundle "$BUNDLE" example 2>"$NODE/err"; then
		echo "not ok bench wrapper: $1: $(cat "$NODE/err")"
		failed=1
		return
	fi
	times=$("$NODE/measure" fresh "$ROUNDS" /dev/null "$NODE/spec.json" "$BUNDLE/config.json" "$NODE/empty" \
		"$wrapper" run --bundle "$BUNDLE" example)
	added=$(printf '%s\n' "$times" | awk '{ printf "%.2f", $2 - 1 }')
	verdict=ok
	if awk "BEGIN { exit !($added > $2) }"; then
		verdict='too much'
		failed=1
	fi
	printf '%-34s %12s %10s   %s   (%s)\n' "$1" "$added" "at most $2" "$verdict" "$times"
}

"${CC:-cc}" -O2 -o "$NODE/measure" tests/bench/measure.c || exit 1
echo 'int main(void) { return 0; }' | "${CC:-cc}" -O2 -static -x c - -o "$NODE/empty" || exit 1
cp "$NODE/empty" /usr/local/bin/empty
wrapper=/usr/local/bin/ocigate-empty
ln -sf ocigate "$wrapper"
example_drop_ins
echo '{"version": 1, "runtime": {"candidates": {"ocigate-empty": ["/usr/local/bin/empty"]}}}' >/etc/ocigate/policy.d/30-runtime.json
i=0
while [ $i -lt 24 ]; do
	mkdir -p "$KUBELET_POD/volumes/kubernetes.io~empty-dir/volume-$i"
	i=$((i + 1))
done
# As in run.sh: a snapshot that is old enough to be believed.
sleep 4
printf 'ocigate-runtime run, 30 mounts, 10 drop-ins: added time, x an empty static program\n\n'
figure 'nothing to change' $MAX_SAME '(.hooks.createRuntime[0]) |= (.env = [])'
figure 'the hook is put in' $MAX_REWRITE 'del(.hooks)'
figure 'the hook and the default filter' $MAX_REWRITE 'del(.hooks, .linux.seccomp)'
exit $failed
