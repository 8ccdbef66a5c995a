#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Everything that install/docs/performance.md tells, in one run on the example of
# example.sh: what hook and wrapper cost beside an empty program, other hooks
# and the runtimes; how their cost grows with what they read; many starts at
# once; what a seccomp verdict costs, and what attaching a filter does.
#
# Each figure is a line of "name<TAB>value" on stdout. What must hold is checked
# on the way; the exit status tells.
#
# usage: tests/bench/compare.sh [DIRECTORY]    with DIRECTORY (install/docs): the figures into DIRECTORY/performance.tsv,
#                                              then table and plot from them
# environment: ROUNDS=600 ENGINE_ROUNDS=15 CROWD=500
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
if [ -n "${1:-}" ]; then
	sh tests/bench/compare.sh >"$BUILD/performance.tsv" || exit 1
	cp "$BUILD/performance.tsv" "$1/performance.tsv"
	exec python3 tests/bench/draw.py "$1"
fi
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/bench/example.sh
. tests/bench/example.sh

ROUNDS=${ROUNDS:-600}
ENGINE_ROUNDS=${ENGINE_ROUNDS:-15}
CROWD=${CROWD:-500}
failed=0

say() {
	printf '%s\n' "$*" >&2
}

# value NAME NUMBER
value() {
	printf '%s\t%s\n' "$1" "$2"
}

# must NAME NUMBER LIMIT: NUMBER is at most LIMIT
must() {
	if awk "BEGIN { exit !($2 > $3) }"; then
		say "not ok bench: $1: $2 is more than $3"
		failed=1
	fi
}

instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
		sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

hook_instructions() {
	instructions "$GATE" hook createRuntime <"$STATE"
}

word() {
	printf '%s\n' "$2" | sed "s/.*\\b$1 \\([0-9.]*\\).*/\\1/"
}

# admitted: does the hook still admit the example? A figure of a refusal would be one of something else.
admitted() {
	"$GATE" hook createRuntime <"$STATE" >/dev/null 2>"$NODE/why" && return 0
	say "not ok bench: $1: $(cat "$NODE/why")"
	failed=1
	return 1
}

"${CC:-cc}" -O2 -o "$NODE/measure" tests/bench/measure.c || exit 1
echo 'int main(void) { return 0; }' | "${CC:-cc}" -O2 -static -x c - -o "$NODE/empty" || exit 1
cp "$NODE/empty" /usr/local/bin/empty
ln -sf ocigate /usr/local/bin/ocigate-empty
cp tests/bench/peers/hook.sh tests/bench/peers/hook.py "$NODE"
if command -v go >/dev/null 2>&1; then
	HOME=$NODE GOCACHE=$NODE/go GOFLAGS=-mod=mod CGO_ENABLED=0 go build -ldflags '-s -w' -o "$NODE/hook-go" tests/bench/peers/hook.go || exit 1
fi
example_drop_ins
RUNTIME='"runtime": {"candidates": {"ocigate-empty": ["/usr/local/bin/empty"]}}'
echo "{\"version\": 1, $RUNTIME}" >/etc/ocigate/policy.d/30-runtime.json
example_hold || { say 'not ok bench: the example does not start'; exit 1; }

# settle: a snapshot is believed once the drop-ins are older than a moment
settle() {
	sleep 4
	"$GATE" hook createRuntime <"$STATE" >/dev/null 2>&1
}
settle
admitted 'the example' || exit 1
size=$(wc -c <"$BUNDLE/config.json")
value config_bytes "$size"

# --- beside others ---
say 'beside others'
hook_bundle=$BUNDLE
bundle wrapped "$EXAMPLE | (.hooks.createRuntime[0]) |= (.env = [])"
jq -c . "$BUNDLE/config.json" >"$NODE/wrapped" && cp "$NODE/wrapped" "$BUNDLE/config.json"
wrapped=$BUNDLE
BUNDLE=$hook_bundle
# Two runs: behind a Python that has filled every cache nobody is quick.
nice -n -15 "$NODE/measure" many "$ROUNDS" "$STATE" "$NODE/empty" -- "$GATE" hook createRuntime -- \
	/usr/local/bin/ocigate-empty run --bundle "$wrapped" wrapped >"$NODE/many" || exit 1
set -- "$NODE/hook.sh" -- "$NODE/hook.py"
[ ! -x "$NODE/hook-go" ] || set -- "$NODE/hook-go" -- "$@"
nice -n -15 "$NODE/measure" many "$((ROUNDS / 4))" "$STATE" "$NODE/empty" -- "$@" >"$NODE/others" || exit 1
sed 1d "$NODE/others" >>"$NODE/many"
while read -r program _ us _ ratio _ faults _ rss; do
	name=$(basename "$program")
	case $name in
	ocigate) name=hook ;;
	ocigate-empty) name=wrapper ;;
	hook.sh) name='sh' ;;
	hook.py) name=python ;;
	hook-go) name=go ;;
	esac
	value "$name.us" "$us"
	value "$name.ratio" "$ratio"
	value "$name.minor_faults" "$faults"
	value "$name.rss_kb" "$rss"
done <"$NODE/many"
value empty.instructions "$(instructions "$NODE/empty")"
base=$(hook_instructions)
value hook.instructions "$base"
for name in empty hook wrapper; do
	case $name in
	empty) set -- "$NODE/empty" ;;
	hook) set -- "$GATE" hook createRuntime ;;
	wrapper) set -- /usr/local/bin/ocigate-empty run --bundle "$wrapped" wrapped ;;
	esac
	counts=$("$NODE/measure" count "$STATE" "$@")
	value "$name.faults" "$(word faults "$counts")"
	value "$name.calls" "$(word calls "$counts")"
	[ "$name" = wrapper ] || value "$name.own_kb" "$(word own_kb "$counts")"
done

# --- many at once ---
say 'many at once'
crowd=$("$NODE/measure" crowd "$CROWD" "$STATE" "$GATE" hook createRuntime)
value crowd.n "$CROWD"
value crowd.failed "$(word failed "$crowd")"
value crowd.ms "$(word ms "$crowd")"
must "of $CROWD at once nobody fails" "$(word failed "$crowd")" 0

# --- growth: ten times the input, at most 10.5 times the instructions ---
# grow NAME TIMES FILTER: the example's spec changed by FILTER
grow() {
	jq -c "$3" "$NODE/judged.json" >"$BUNDLE/config.json"
	admitted "$1 x $2" || return
	grown=$(hook_instructions)
	value "growth.$1.$2.bytes" "$(wc -c <"$BUNDLE/config.json")"
	value "growth.$1.$2.instructions" "$grown"
	[ "$2" = 1 ] || must "growth with $1 to $2 times" "$(awk "BEGIN { print $grown / $before }")" 10.5
	before=$grown
}

say 'growth of the spec'
for times in 1 10 100; do
	grow annotations $times ".annotations += ([range(20 * $times) | {key: \"example.com/more-\(.)\", value: \"a value of usual length \(.)\"}] | from_entries)"
done
for times in 1 10 100; do
	grow variables $times ".process.env += [range(40 * $times) | \"MORE_\(.)_PORT_8080_TCP_ADDR=10.96.0.\(.)\"]"
done
rm -f /etc/ocigate/policy.d/40-limits.json
echo '{"version": 1, "limits": {"config_max": "32Mi"}}' >/etc/ocigate/policy.d/40-limits.json
settle
for times in 1 10 100 900; do
	jq -c --argjson n $times '.annotations["example.com/long"] = ("0123456789abcdef" * ($n * 1024))' "$NODE/judged.json" >"$BUNDLE/config.json"
	admitted "size x $times" || continue
	value "growth.size.$times.bytes" "$(wc -c <"$BUNDLE/config.json")"
	value "growth.size.$times.instructions" "$(hook_instructions)"
	counts=$("$NODE/measure" many 3 "$STATE" "$NODE/empty" -- "$GATE" hook createRuntime | sed -n 2p)
	value "growth.size.$times.rss_kb" "$(word rss_kb "$counts")"
	value "growth.size.$times.us" "$(word us "$counts")"
done
must 'memory for each byte of a large spec' "$(awk "BEGIN { print $(word rss_kb "$counts") * 1024 / $(wc -c <"$BUNDLE/config.json") }")" 8
cp "$NODE/judged.json" "$BUNDLE/config.json"
rm /etc/ocigate/policy.d/40-limits.json

say 'growth of the policy'
for times in 1 10 100; do
	i=0
	while [ $i -lt $((10 * times)) ]; do
		printf '{"version": 1, "rules": {"host-paths": {"allowed": [{"path": "/srv/more-%s"}]}}}\n' $i >/etc/ocigate/policy.d/50-more-$i.json
		i=$((i + 1))
	done
	settle
	grown=$(hook_instructions)
	value "growth.drop_ins.$times.instructions" "$grown"
	[ $times = 1 ] || must "growth with drop-ins to $times times" "$(awk "BEGIN { print $grown / $before }")" 10.5
	before=$grown
done
rm /etc/ocigate/policy.d/50-more-*.json
for times in 1 10 100; do
	jq -nc --argjson n $((10 * times)) '{version: 1, exceptions: [range($n) | {name: "more-\(.)", reason: "a reason of usual length",
		match: {namespaces: ["team-\(.)"]}, rules: {"host-network": {effect: "audit"}}}]}' >/etc/ocigate/policy.d/50-more.json
	settle
	grown=$(hook_instructions)
	value "growth.exceptions.$times.instructions" "$grown"
	[ $times = 1 ] || must "growth with exceptions to $times times" "$(awk "BEGIN { print $grown / $before }")" 10.5
	before=$grown
done
rm /etc/ocigate/policy.d/50-more.json

# --- a seccomp verdict ---
say 'a seccomp verdict'
settle
warm=$(hook_instructions)
rm -f /run/ocigate/seccomp/*
cold=$(hook_instructions)
echo '{"version": 1, "rules": {"seccomp": {"effect": "disabled"}}}' >/etc/ocigate/policy.d/60-none.json
settle
none=$(hook_instructions)
rm /etc/ocigate/policy.d/60-none.json
value seccomp.warm "$((warm - none))"
value seccomp.cold "$((cold - none))"
value seccomp.share "$(awk "BEGIN { printf \"%.1f\", 100 * ($warm - $none) / $warm }")"
must 'percent of the instructions that a known filter takes' "$(awk "BEGIN { print 100 * ($warm - $none) / $warm }")" 10
example_release

# --- mounts: containers that have them ---
say 'growth of the mounts'
for n in 30 300; do
	i=0
	while [ $i -lt $n ]; do
		mkdir -p "$KUBELET_POD/volumes/kubernetes.io~empty-dir/volume-$i"
		i=$((i + 1))
	done
	rm -f "$NODE/release" "$STATE"
	EXAMPLE=$(printf '%s' "$EXAMPLE" | sed "s/\\.mounts += \\[range([0-9]*)/.mounts += [range($((n - 6)))/")
	example_hold || exit 1
	settle
	admitted "$n mounts"
	grown=$(hook_instructions)
	value "growth.mounts.$n.instructions" "$grown"
	[ $n = 30 ] || must "growth with mounts to ten times" "$(awk "BEGIN { print $grown / $before }")" 10.5
	before=$grown
	example_release
done

# --- the runtimes ---
say 'the runtimes'
echo '#include <unistd.h>
int main(void) { char state[65536]; while (read(0, state, sizeof(state)) > 0) {} return 0; }' |
	"${CC:-cc}" -O2 -static -x c - -o "$NODE/drain" || exit 1
nice -n -15 python3 "$PWD/tests/bench/engines.py" "$ENGINE_ROUNDS" "$NODE/drain" "$GATE" /run/containerd/io.containerd.runtime.v2.task/k8s.io || failed=1
exit $failed
