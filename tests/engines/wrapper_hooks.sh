#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Which hooks the wrapper puts into a spec: never one twice, in front of the
# engine's own, which stay in their order. And what they are for: a spec that
# is exchanged behind the wrapper's back.
# shellcheck disable=SC2016 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/wrapper.sh
. tests/lib/wrapper.sh

# with_hooks RUNTIME-SECTION [RULES]
with_hooks() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"runtime\": $1, \"rules\": ${2:-{\}}}"
	: >"$RECORD"
}

# hooks: "stage/program verb stage" of each entry, in the order in which they run
hooks() {
	config '.hooks as $hooks | ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop") as $stage
		| ($hooks[$stage]? // [])[] | "\($stage)/\(.path | split("/") | last)\(.args // [] | .[1:] | map(" " + .) | join(""))"' |
		tr '\n' ';'
}

# stages: front ends that left a record of this container; the one at poststart may come a moment later
stages() {
	tries=0
	until ! grep -q poststart "$BUNDLE/config.json" || grep -q '"stage":"poststart"' "$RECORD" || [ $((tries = tries + 1)) -gt 40 ]; do
		sleep 0.05
	done
	jq -r .stage "$RECORD" | sort -u | tr '\n' ' '
}

# started NAME FILTER: run a container that lives on
started() {
	make "$1" ".process.args = [\"/guest\", \"1000\"] | $2"
	wrapped run --detach --bundle "$BUNDLE" "$1" >"$NODE/out" 2>"$NODE/err"
}

ours='createRuntime/ocigate hook createRuntime;'
both="${ours}poststart/ocigate hook poststart;"

which_hooks() {
	with_hooks '{}'
	started plain .
	holds 'hooks: createRuntime alone as shipped' eval 'same "$(hooks)" "$ours" && same "$(stages)" "createRuntime runtime "'
	wrapped delete --force plain
	# shellcheck disable=SC2034 # read by eval
	inode=$(stat -c %i "$BUNDLE/config.json")
	wrapped run --detach --bundle "$BUNDLE" plain
	holds 'hooks: a second time none is added and nothing is written' eval 'same "$(hooks)" "$ours" && same "$(stat -c %i "$BUNDLE/config.json")" "$inode"'
	wrapped delete --force plain
	with_hooks '{"hook": true, "poststart": true}'
	started attested .
	holds 'hooks: poststart too where the policy says so' eval 'same "$(hooks)" "$both" && same "$(stages)" "createRuntime poststart runtime "'
	wrapped delete --force attested
	wrapped run --detach --bundle "$BUNDLE" attested
	holds 'hooks: neither of them twice' same "$(hooks)" "$both"
	wrapped delete --force attested
	with_hooks '{"hook": false}'
	make none '.process.args = ["/guest"]'
	cp "$BUNDLE/config.json" "$NODE/before.json"
	wrapped run --bundle "$BUNDLE" none
	holds 'hooks: none where the policy says so, and nothing written' eval '[ "$status" -eq 0 ] && ran && cmp -s "$BUNDLE/config.json" "$NODE/before.json" && same "$(stages)" "runtime "'
	make none 'del(.linux.namespaces[] | select(.type == "pid"))'
	wrapped run --bundle "$BUNDLE" none
	holds 'hooks: without one the intent is judged all the same' eval 'refused && same "$(denied_by)" host-namespaces'
	with_hooks '{"hook": false, "poststart": true}'
	started late .
	holds 'hooks: poststart alone' eval 'same "$(hooks)" "poststart/ocigate hook poststart;" && same "$(stages)" "poststart runtime "'
	holds 'hooks: none whose time crun takes, where it may miss that it has ended' same "$(config '.hooks.poststart[0] | has("timeout")')" false
	wrapped delete --force late
}

# host_hook NAME: a program of the node that notes its name; one that does not read its stdin can be the end of crun, by SIGPIPE
host_hook() {
	printf '#!/bin/sh\nread -r state\necho %s >>%s/order\n' "$1" "$NODE" >"/usr/local/bin/$1"
	chmod 755 "/usr/local/bin/$1"
	printf '{path: "/usr/local/bin/%s", args: ["%s"], env: []}' "$1" "$1"
}

engines_hooks() {
	entries=".hooks = {prestart: [$(host_hook first)], createRuntime: [$(host_hook second), $(host_hook third)],
		createContainer: [], poststart: [$(host_hook fourth), $(host_hook fifth)], poststop: [$(host_hook sixth)]}"
	allowed='{"bundle-hooks": {"allowed": ["/usr/local/bin/ocigate", "/usr/local/bin/first", "/usr/local/bin/second", "/usr/local/bin/third",
		"/usr/local/bin/fourth", "/usr/local/bin/fifth", "/usr/local/bin/sixth"]}}'
	with_hooks '{"poststart": true}' "$allowed"
	rm -f "$NODE/order"
	started engine "$entries"
	holds "hooks: the engine's stay, in their order, behind ours" eval '[ "$status" -eq 0 ] && same "$(hooks)" "prestart/first;createRuntime/ocigate hook createRuntime;createRuntime/second;createRuntime/third;poststart/ocigate hook poststart;poststart/fourth;poststart/fifth;poststop/sixth;"'
	wrapped delete --force engine
	holds 'hooks: and ran in it' same "$(tr '\n' ' ' <"$NODE/order")" 'first second third fourth fifth sixth '
	with_hooks '{"poststart": true}'
	already="{path: \"$GATE\", args: [\"ocigate\", \"hook\", \"STAGE\"], env: [\"LC_ALL=C\"], timeout: 10}"
	for stage in prestart createRuntime; do
		started there ".hooks.$stage = [$(echo "$already" | sed "s/STAGE/$stage/")] | .hooks.poststart = [$(echo "$already" | sed s/STAGE/poststart/)]"
		holds "hooks: what the engine put in at $stage is not put in again" eval '[ "$status" -eq 0 ] && same "$(hooks)" "$stage/ocigate hook $stage;poststart/ocigate hook poststart;"'
		wrapped delete --force there
	done
	# A verb or a stage that is not ours is not our hook.
	started other ".hooks.createRuntime = [$(echo "$already" | sed s/STAGE/poststart/)]"
	holds 'hooks: an entry of ours at the wrong stage does not count' eval 'same "$(config "[.hooks.createRuntime[].args[2]]")" "[\"createRuntime\",\"poststart\"]"'
	wrapped delete --force other
}

# Between the wrapper's last look and the runtime's own opening of config.json another one is put in its place.
exchanged() {
	if ! command -v strace >/dev/null 2>&1; then
		echo "skip $runtime wrapper: hooks: a spec exchanged behind the wrapper: no strace"
		return
	fi
	with_hooks '{}'
	make exchanged .
	jq --arg gate "$GATE" 'del(.linux.namespaces[] | select(.type == "network"))
		| .hooks.createRuntime = [{path: $gate, args: ["ocigate", "hook", "createRuntime"], env: [], timeout: 20}]' \
		"$BUNDLE/config.json" >"$NODE/evil.json"
	strace -q -o "$NODE/trace" -e trace=execveat -e inject=execveat:delay_enter=900000 \
		"$wrapper" --root "$STATE" run --bundle "$BUNDLE" exchanged </dev/null >"$NODE/out" 2>"$NODE/err" &
	pid=$!
	tries=0
	until grep -q '"stage":"runtime"' "$RECORD" || [ $((tries = tries + 1)) -gt 100 ]; do
		sleep 0.02
	done
	cp "$NODE/evil.json" "$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
	wait "$pid"
	status=$?
	holds 'hooks: a spec exchanged before the runtime opens it is refused by the hook' eval \
		'[ "$status" -ne 0 ] && ! ran && same "$(record .verdict)" admit &&
		same "$(jq -rs "map(select(.stage == \"createRuntime\")) | last | \"\(.verdict) \(.findings[0].rule)\"" "$RECORD")" "deny host-network"'
	"$real" --root "$STATE" delete --force exchanged >/dev/null 2>&1
}

# An exception for one of the node's wrappers: the hook that this one puts in has to know of it, or would refuse what the
# wrapper has admitted.
handlers() {
	ln -sf ocigate /usr/local/bin/ocigate-open
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"runtime\": {\"poststart\": true,
		\"candidates\": {\"ocigate-open\": [\"$real\"]}}, \"exceptions\": [{\"name\": \"open\", \"reason\": \"tried\",
		\"match\": {\"handlers\": [\"open\"]}, \"rules\": {\"root-user\": {\"effect\": \"audit\"}}}]}"
	# shellcheck disable=SC2034 # read by eval
	open=$(printf '%s' "$both" | sed 's/;/ --handler open;/g')
	usual=$wrapper
	: >"$RECORD"
	wrapper=/usr/local/bin/ocigate-open
	started handler '.process.user = {uid: 0, gid: 0} | del(.linux.seccomp)'
	holds 'hooks: an exception by the name of the wrapper holds for its hooks too' eval '[ "$status" -eq 0 ] && same "$(hooks)" "$open" &&
		same "$(stages)" "createRuntime poststart runtime " && same "$(jq -rs "map(.exceptions // [] | join(\" \")) | unique | join(\",\")" "$RECORD")" open'
	wrapped delete --force handler
	wrapped run --detach --bundle "$BUNDLE" handler
	holds 'hooks: one that knows of the wrapper is not put in twice' eval '[ "$status" -eq 0 ] && same "$(hooks)" "$open"'
	wrapped delete --force handler
	started engines '.process.user = {uid: 0, gid: 0} | .hooks = {createRuntime: [{path: "'"$GATE"'", args: ["ocigate", "hook", "createRuntime"], env: []}]}'
	holds 'hooks: one of the engine'\''s own is told of the wrapper' eval '[ "$status" -eq 0 ] && same "$(hooks)" "$open"'
	wrapped delete --force engines
	wrapper=$usual
	make other '.process.user = {uid: 0, gid: 0}'
	wrapped run --bundle "$BUNDLE" other
	holds 'hooks: an exception for another wrapper is none' eval 'refused && same "$(denied_by)" root-user'
}

cases() {
	which_hooks
	handlers
	engines_hooks
	exchanged
}

each_runtime
