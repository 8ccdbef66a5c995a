#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ocigate report: a node of 200 bundles, what each format says about it, dry
# runs, suggested exceptions.
# shellcheck disable=SC2016 # the dollars are jq's
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

# shellcheck source=tests/lib/fake_node.sh
. tests/lib/fake_node.sh

# --- the command line ---
report --help
expect 'has help' 0 '^usage: ocigate report'
report --formt json
expect 'refuses an option with a slip' 100 'did you mean --format'
report --format htm
expect 'refuses a format with a slip' 100 '--format htm is not known'
report everything
expect 'takes no operand' 100 'takes no operand'
report --diff
expect 'wants a policy to compare with' 100 'give --policy'
report --root relative
expect 'wants the whole path of a root' 100 'absolute path'
report --root /nowhere
expect 'refuses a root that is not there' 102 '/nowhere cannot be entered'
report --policy /nowhere
expect 'refuses a policy that is not there' 101 '/nowhere'

# --- 200 bundles ---
report --root "$FAKE" --all --format json
expect 'tells JSON' 0
json 'finds the 200 bundles of all engines, each once' '(.containers | length) == 200 and ([.containers[].decision.id] | unique | length) == 200'
# 8 engines, 5 of each kind: kinds 1, 2 and 4 are refused but for the 3 + 3 of containerd and CRI-O in "trusted".
json 'counts' '.summary == {containers: 200, denied: 114, admitted: 86, excepted: 6, ended: 0}'
json 'counts a recommendation' '.recommendations[] | select(.number == 13) |
	[.unhealthy, .excepted, .healthy, .not_applicable] == [74, 6, 120, 0]'
json 'counts another one' '.recommendations[] | select(.number == 6) |
	[.unhealthy, .excepted, .healthy, .not_applicable] == [80, 0, 120, 0]'
json 'counts what is only recorded' '.recommendations[] | select(.number == 9) |
	[.unhealthy, .excepted, .healthy, .not_applicable] == [40, 0, 160, 0]'
json 'knows what does not apply' '.recommendations[] | select(.number == 17) | .not_applicable == 200'
# shellcheck disable=SC2016 # $all is jq's
json 'names those who are affected' '[.recommendations[] | select(.number == 13) | .affected[]] as $all |
	($all | length) == 74 and ($all | index("docker01")) != null and ($all | index("containerd01")) == null'
json 'names those who are excepted' '[.recommendations[] | select(.number == 13) | .except[]] | sort ==
	["containerd01", "containerd11", "containerd21", "crio01", "crio11", "crio21"]'
json 'says where no node can know' '[.recommendations[] | select(.elsewhere != null) | .number] == [2, 16]'
json 'has every recommendation' '[.recommendations[].number | select(. != null)] ==
	[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17]'
json 'has every rule that judges containers' '[.recommendations[].rules[]] | length == 25 and length == (unique | length)'
json 'tells the engines' '[.containers[].decision.engine] | group_by(.) | map({(.[0]): length}) | add ==
	{"containerd": 50, "cri-o": 25, "docker": 25, "podman": 50, "unknown": 50}'
json 'believes nobody who is not vouched for' '[.containers[] | select(.decision.trusted | not) | .decision.engine] |
	group_by(.) | map({(.[0]): length}) | add == {"unknown": 50}'
json 'excepts nobody who only claims to be trusted' '[.containers[] | select(.rules["root-user"] == "excepted") | .decision.engine] |
	unique == ["containerd", "cri-o"]'
json 'puts the worst first' '[.containers[].decision.verdict] | . == (map(select(. == "deny")) + map(select(. == "admit")))'
json 'says what refuses' '.containers[] | select(.decision.id == "docker04") | .refused_by == ["root-user", "capabilities"]'

best=9999
for _ in 1 2 3 4 5; do
	from=$(date +%s%N)
	report --root "$FAKE" --all --format json
	took=$((($(date +%s%N) - from) / 1000000))
	[ "$took" -ge "$best" ] || best=$took
done
if [ "$best" -lt 1000 ]; then
	ok "report judges 200 containers in $best ms"
else
	not_ok 'report judges 200 containers in a second' "it took $best ms"
fi

# --- who runs ---
# containerd, docker, ctr and CRI-O keep bundles only as long as there is a container; podman keeps them, and three of its
# containers have a living process; runc's and crun's processes are gone.
report --root "$FAKE" --format json
json 'leaves out who does not run' '[.containers[].decision.id | sub("[0-9]+$"; "")] | group_by(.) | map({(.[0]): length}) | add ==
	{"containerd": 25, "docker": 25, "ctr": 25, "crio": 25, "podman": 3}'
json 'knows the process of who does' "[.containers[] | select(.pid != 0) | .pid] == [$living, $living, $living]"
touch -d '2001-01-01' "$FAKE/run/containers/storage/overlay-containers/podman02/userdata/pidfile"
report --root "$FAKE" --format json
json 'is not fooled by a number used again' '[.containers[].decision.id | select(startswith("podman"))] | sort == ["podman00", "podman01"]'

# --- for people ---
report --root "$FAKE" --all
expect 'tells people' 0 '^200 containers: 114 would be refused, 86 admitted \(6 with an exception\)'
expect 'tells what no node sees' 0 '^ 16  Kubernetes clusters should be accessible only over HTTPS +not seen from a node'
expect 'tells counts in columns' 0 '^ 13  Running containers as root user should be avoided +74 +6 +120 +0$'
if awk 'length($0) > 120' "$NODE/out" | grep -q .; then
	not_ok 'report keeps its columns' "$(awk 'length($0) > 120' "$NODE/out" | head -n 2)"
else
	ok 'report keeps its columns'
fi
cat >"$NODE/terminal.py" <<-'END'
	import fcntl, os, pty, struct, sys, termios
	pid, fd = pty.fork()
	if pid == 0:
	    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 90, 0, 0))
	    os.execv(sys.argv[1], sys.argv[1:])
	while True:
	    try:
	        data = os.read(fd, 65536)
	    except OSError:
	        break
	    sys.stdout.buffer.write(data)
END
env TERM=xterm python3 "$NODE/terminal.py" "$GATE" report --root "$FAKE" --all >"$NODE/out" 2>&1
esc=$(printf '\033')
if grep -q "$esc\[3" "$NODE/out" && ! tr -d '\r' <"$NODE/out" | sed "s/$esc\[[0-9]*m//g" | awk 'length($0) > 90' | grep -q .; then
	ok 'report fits a terminal, with colours'
else
	not_ok 'report fits a terminal, with colours' "$(tr -d '\r' <"$NODE/out" | sed "s/$esc\[[0-9]*m//g" | awk 'length($0) > 90' | head -n 2)"
fi
report --root "$FAKE" --all --would-deny
expect 'tells who would be refused' 1 '^refused  shop/web-2/app containerd'
if grep -q '^admitted' "$NODE/out"; then
	not_ok 'report --would-deny tells them alone' "$(grep -m 1 '^admitted' "$NODE/out")"
else
	ok 'report --would-deny tells them alone'
fi

# --- a dry run ---
mkdir -p "$NODE/proposed" "$NODE/harmless"
printf '{"version": 1, "rules": {%s, "privilege-escalation": {"effect": "deny"}, "capabilities": {"effect": "audit"}}}\n' \
	"$(echo "$RULES" | sed 's/"capabilities": {"effect": "deny"},//; s/"privilege-escalation": {"effect": "audit"},//')" >"$NODE/proposed/50.json"
echo '{"version": 1, "rules": {"*": {"effect": "audit"}, "spec-integrity": {"effect": "disabled"}}}' >"$NODE/harmless/50.json"
find "$FAKE" -path "$FAKE/proc" -prune -o -type f -printf '%p %T@ %s\n' | sort >"$NODE/before"
report --root "$FAKE" --all --policy "$NODE/proposed"
expect 'says that it is a dry run' 0 'dry run, nothing is changed: judged by the proposed policy of /run/node/proposed'
find "$FAKE" -path "$FAKE/proc" -prune -o -type f -printf '%p %T@ %s\n' | sort >"$NODE/after"
if cmp -s "$NODE/before" "$NODE/after"; then
	ok 'report changes nothing in a dry run'
else
	not_ok 'report changes nothing in a dry run' "$(diff "$NODE/before" "$NODE/after" | head -n 3 | tr '\n' ' ')"
fi
# 40 as root, 40 as root with a capability, 40 without no-new-privileges; no exception in this policy.
report --root "$FAKE" --all --policy "$NODE/proposed" --format json
json 'judges by the proposed policy' '.summary.denied == 120 and .dry_run and .proposed == ["/run/node/proposed"]'
report --root "$FAKE" --all --policy "$NODE/harmless" --would-deny
expect 'is content when nobody would be refused' 0 '^200 containers: 0 would be refused'
report --root "$FAKE" --all --policy "$NODE/proposed" --diff
expect 'tells who would be refused now' 0 '^now refused +shop/web-3/app'
expect 'tells who would be admitted now' 0 '^now admitted +shop/web-2/app'
expect 'tells by what' 0 '^    refused by now: privilege-escalation$'
# Kind 1 in "trusted" (6) is refused now, kinds 2 and 3 change (80), kind 4 loses one of its two reasons (40).
expect 'counts the differences' 0 '^126 of 200 containers are judged differently'
report --root "$FAKE" --all --policy "$NODE/proposed" --diff --format json
json 'compares for programs' '[.containers[] | select(.before == "admit" and .decision.verdict == "deny")] | length == 46'

# --- suggested exceptions ---
# Nobody vouches for runc and crun; docker, ctr and podman, rootless too, tell no name: 6 engines with 15 refused each.
# containerd and CRI-O have one name and one image, in "shop" with both rules, in "trusted" with one: what differs alone
# is the engine, so that two exceptions do.
mkdir -p "$NODE/strict" "$NODE/suggested"
printf '{"version": 1, "rules": {%s}}\n' "$RULES" >"$NODE/strict/50.json"
report --root "$FAKE" --all --policy "$NODE/strict" --suggest
expect 'suggests exceptions' 0 '^ocigate: 2 exceptions for 120 refused containers; 90 of these would still be refused'
expect 'says why there is none for a name that nobody vouches for' 0 '^ocigate: no exception for runc01: nobody vouches'
expect 'says why there is none for what a user runs' 0 '^ocigate: no exception for rootless01: its engine vouches for no name'
expect 'says why there is none where there is no name' 0 '^ocigate: no exception for docker01: its engine vouches for no name'
cp "$NODE/out" "$NODE/suggested/90.json"
suggested=$(jq -c '[.exceptions[] | [.match, .rules]] | sort_by(.[0].namespaces)' "$NODE/out")
wanted='[[{"engines":["containerd","cri-o"],"namespaces":["shop"],"containers":["app"],"images":["r.example/app:1"]},{"root-user":{"effect":"audit"},"capabilities":{"effect":"audit"}}],[{"engines":["containerd","cri-o"],"namespaces":["trusted"],"containers":["app"],"images":["r.example/app:1"]},{"root-user":{"effect":"audit"}}]]'
if [ "$suggested" = "$wanted" ]; then
	ok 'report suggests what was seen and no more'
else
	not_ok 'report suggests what was seen and no more' "$suggested"
fi
day=$(date -u -d '+90 days' +%Y-%m-%d)
if [ "$(jq -r '.exceptions[].expires' "$NODE/out" | sort -u)" = "$day" ]; then
	ok 'report suggests an end'
else
	not_ok 'report suggests an end' "$(jq -c '[.exceptions[].expires]' "$NODE/out"), not $day"
fi
"$GATE" policy check "$NODE/suggested/90.json" >"$NODE/out" 2>&1
status=$?
expect 'leaves the reason to be written' 0 'reason of .*is still to be written'
report --root "$FAKE" --all --policy "$NODE/strict" --policy "$NODE/suggested" --format json
json 'admits all that the suggestion is for' '.summary.denied == 90 and .summary.excepted == 30'
report --root "$FAKE" --all --policy "$NODE/strict" --policy "$NODE/suggested" --suggest
expect 'has nothing left to suggest' 0 '^ocigate: 0 exceptions for 90 refused containers; 90 of these would still be refused'
# Another exception that says more stands before those that are suggested.
mkdir -p "$NODE/narrow"
printf '{"version": 1, "exceptions": [{"name": "narrow", "reason": "r", "match": {"engines": ["containerd"], "namespaces": ["shop"], "pods": ["web-2"],
	"containers": ["app"], "images": ["r.example/*"]}, "rules": {"capabilities": {"allowed": ["CAP_CHOWN"]}}}]}\n' >"$NODE/narrow/60.json"
report --root "$FAKE" --all --policy "$NODE/strict" --policy "$NODE/narrow" --suggest
expect 'knows when a suggestion would not help' 0 '^ocigate: no exception for shop/web-2/app: the exception narrow is more specific'
# A limit of the policy holds for suggestions too; spec-integrity is never excepted.
printf '{"version": 1, "limits": {"exception_days": 7}, "rules": {%s}}\n' "$RULES" >"$NODE/strict/50.json"
report --root "$FAKE" --all --policy "$NODE/strict" --suggest
day=$(date -u -d '+7 days' +%Y-%m-%d)
if [ "$(jq -r '.exceptions[].expires' "$NODE/out" | sort -u)" = "$day" ]; then
	ok 'report suggests no later end than may be'
else
	not_ok 'report suggests no later end than may be' "$(jq -c '[.exceptions[].expires]' "$NODE/out"), not $day"
fi
printf '{"version": 1, "rules": {%s}}\n' "$(echo "$RULES" | sed 's/"spec-integrity": {"effect": "disabled"}/"spec-integrity": {"effect": "deny"}/')" >"$NODE/strict/50.json"
oddly=$FAKE/run/containerd/io.containerd.runtime.v2.task/k8s.io/containerd02/config.json
sed -i 's/"noNewPrivileges"/"NoNewPrivileges"/' "$oddly"
report --root "$FAKE" --all --policy "$NODE/strict" --suggest
expect 'suggests nothing for a spec that is refused as such' 0 '^ocigate: no exception for containerd02: there are no exceptions from spec-integrity'
if jq -e '[.exceptions[].rules | has("spec-integrity")] | any' "$NODE/out" >/dev/null; then
	not_ok 'report suggests no exception from spec-integrity' "$(jq -c '[.exceptions[].rules]' "$NODE/out")"
else
	ok 'report suggests no exception from spec-integrity'
fi

# --- what has ended, by the record ---
printf '{"version": 1, "log": {"file": "/var/log/decisions"}, "rules": {%s}, "exceptions": [%s]}\n' "$RULES" "$TRUSTED" \
	>"$FAKE/etc/ocigate/policy.d/50-test.json"
printf '{"version": 1, "rules": {%s, "apparmor": {"effect": "deny"}, "seccomp": {"effect": "apply"}}, "exceptions": [%s]}\n' "$RULES" "$TRUSTED" \
	>"$NODE/strict/50.json"
report --root "$FAKE" --policy "$NODE/strict" --since 1h --format json
json 'does without a log that nobody has written to yet' '[.containers[] | select(.bundle == "")] == []'
before=$(jq '.summary.denied' "$NODE/out")
mkdir -p "$FAKE/var/log"
# ended ID STAGE NAMESPACE CONTAINER IMAGE FINDINGS [MORE]: a record of one that was admitted while findings were only recorded
ended() {
	jq -nc --arg id "$1" --arg stage "$2" --arg namespace "$3" --arg container "$4" --arg image "$5" --argjson findings "$6" --argjson more "${7:-{\}}" \
		'{time: (now | strftime("%Y-%m-%dT%H:%M:%S.000000Z")), verdict: "admit", stage: $stage, engine: "containerd", trusted: true,
		id: $id, namespace: $namespace, pod: ("pod-" + $id), container: $container, image: $image,
		findings: ($findings | map({effect: "audit", severity: "high", pointer: "", value: "", message: ("by " + .rule), remedy: "", exception: null} + .)),
		amendments: [], policy: {digest: "d", stale: null}, duration_us: 1} + $more' >>"$FAKE/var/log/decisions"
}
root='[{"rule": "root-user"}]'
ended e1 runtime shop install r.example/init:1 "$root"
ended e1 createRuntime shop install r.example/init:1 '[{"rule": "root-user"}, {"rule": "capabilities"}]'
ended e2 runtime shop install r.example/init:1 "$root"
ended e3 runtime shop other r.example/init:1 "$root"
ended e4 runtime trusted install r.example/init:1 "$root"
ended e5 exec shop exec r.example/exec:1 "$root"
ended e6 runtime shop doctor r.example/doctor:1 "$root" '{"doctor": true}'
ended e7 runtime shop softened r.example/soft:1 '[{"rule": "apparmor", "at_most": "audit"}, {"rule": "seccomp"}, {"rule": "privilege-escalation"}]'
ended e8 runtime shop claimed r.example/claim:1 "$root" '{"trusted": false}'
ended e9 runtime shop old r.example/old:1 "$root" '{"time": "2001-01-01T00:00:00.000000Z"}'
ended e10 runtime host '' '' '[{"rule": "root-user"}]'
ended e11 runtime shop broken r.example/broken:1 '[]' '{"error": "no policy"}'
ended containerd00 runtime shop app r.example/app:1 "$root"
# Like those that run and are refused already.
ended e12 runtime shop app r.example/app:1 "$root"
report --root "$FAKE" --policy "$NODE/strict" --format json
json 'leaves out what has ended, unless it is asked' '[.containers[] | select(.bundle == "")] == []'
report --root "$FAKE" --policy "$NODE/strict" --since 1h --format json
json 'finds what has ended and would be refused, each kind once' '[.containers[] | select(.bundle == "") | .decision.id] | sort == ["e1", "e10", "e3", "e8"]'
json 'puts together what is on record of one' '.containers[] | select(.decision.id == "e1") | .refused_by == ["root-user", "capabilities"]'
json 'counts what has ended among the refused' ".summary.denied == $((before + 4))"
report --root "$FAKE" --policy "$NODE/strict" --since 1h --would-deny
expect 'names what has ended' 1 '^refused  shop/pod-e1/install containerd, not running'
expect 'tells a pause container by having no name' 1 '^refused  host/pod-e10/\(pause\) containerd, not running'
expect 'says where it has that from' 1 '^  note      has ended: told by what was recorded when it started'
report --root "$FAKE" --policy "$NODE/strict" --since 1h --suggest
suggested=$(jq -c '[.exceptions[] | select(.match.images[0] == "r.example/init:1") | [.match.containers, (.rules | keys)]] | sort' "$NODE/out")
if [ "$suggested" = '[[["install"],["capabilities","root-user"]],[["other"],["root-user"]]]' ]; then
	ok 'report suggests exceptions for what has ended'
else
	not_ok 'report suggests exceptions for what has ended' "$suggested"
fi
report --root "$FAKE" --policy "$NODE/strict" --since 1h --as hook --format json
json 'knows that a hook adds a filter and nothing else' '[.containers[] | select(.bundle == "") | .decision.id] | sort == ["e1", "e10", "e3", "e8"]'
mv "$FAKE/var/log/decisions" "$FAKE/var/log/decisions.1"
report --root "$FAKE" --policy "$NODE/strict" --since 1h --log /var/log/decisions.1 --format json
json 'reads another log than the policy names' '[.containers[] | select(.bundle == "") | .decision.id] | sort == ["e1", "e10", "e3", "e8"]'
report --root "$FAKE" --since 1h --log /var/log/decisions.2
expect 'refuses a log that is not there' 102 'decisions.2 cannot be opened'
report --root "$FAKE" --log /var/log/decisions.1
expect 'wants to know since when' 100 'give that too'
report --root "$FAKE" --since yesterday
expect 'refuses what is no time' 100 '--since yesterday is no time: 30m, 12h, 7d'

# --- what ends meanwhile, what cannot be read ---
rm "$FAKE/run/containerd/io.containerd.runtime.v2.task/k8s.io/containerd00/config.json"
rm -r "$FAKE/run/containerd/io.containerd.runtime.v2.task/k8s.io/containerd05"
printf '{"a": 1' >"$FAKE/run/containerd/io.containerd.runtime.v2.task/k8s.io/containerd10/config.json"
report --root "$FAKE" --all --format json
json 'takes a spec that cannot be read for one that is being written' '[.containers[] | select(.decision.error != null)] == []'
touch -d '1 minute ago' "$FAKE/run/containerd/io.containerd.runtime.v2.task/k8s.io/containerd10/config.json"
report --root "$FAKE" --all --format json
json 'drops a bundle that is gone, or has no spec any more' '(.containers | length) == 198'
json 'tells of one that cannot be judged' '[.containers[] | select(.decision.error != null) | .decision.id] == ["containerd10"]'
"$GATE" report --root "$FAKE" --all >/dev/full 2>"$NODE/err"
status=$?
expect 'says when its output is lost' 111 'could not be written'
kill "$living"
exit 0
