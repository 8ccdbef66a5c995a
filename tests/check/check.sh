#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ocigate check: judging bundles without starting anything, for people and for
# programs, with the facts of this machine or recorded ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/said.sh
. tests/lib/said.sh
topic=check
RULES=$(sed -n 's/^RULE([a-z_]*, "\([a-z-]*\)").*/\1/p' include/ocigate/rules.def)
REAL=tests/bundles/containerd-2.1/redis-unhealthy

# only RULE EFFECT: the text of "rules" with every other rule off
only() {
	for rule in $RULES; do
		effect=disabled
		[ "$rule" != "$1" ] || effect=$2
		printf '%s"%s": {"effect": "%s"}' "${separator:-}" "$rule" "$effect"
		separator=', '
	done
	separator=
}

# check ARGS...
check() {
	"$GATE" check "$@" >"$NODE/out" 2>"$NODE/err" </dev/null
	status=$?
}

# json NAME STATUS FILTER: the filter must be true of every line
json() {
	if [ "$status" -ne "$2" ]; then
		not_ok "check $1" "status $status, not $2: $(what_was_said)"
	elif [ "$(jq "$3" "$NODE/out" 2>&1 | sort -u)" != true ]; then
		not_ok "check $1" "not so: $3: $(cut -c 1-600 "$NODE/out")"
	else
		ok "check $1"
	fi
}

# --- the command line ---
check
expect 'needs a bundle' 100 'needs a BUNDLE'
check --foramt json "$REAL"
expect 'refuses an option with a slip' 100 'did you mean --format'
check --format jason "$REAL"
expect 'refuses a format with a slip' 100 '--format jason is not known; did you mean json'
check --as runtim "$REAL"
expect 'refuses a front end with a slip' 100 'did you mean runtime'
check --policy
expect 'refuses an option without its value' 100 '--policy needs a value'
check --for json "$REAL"
expect 'takes no abbreviation' 100 'knows no option --for'
check --help
expect 'has help' 0 '^usage: ocigate check'
check --version
expect 'has a version' 0 '^ocigate [0-9]'
check -- --help
expect 'takes what is behind -- for a bundle' 102 'cannot be opened'
check "$REAL/config.json"
expect 'tells whoever names the file to name its directory' 102 'name the one that config.json lies in'

# --- recorded facts ---
policy 50-test "{\"version\": 1, \"rules\": {$(only host-network deny)}}"
check --format json "$REAL"
json 'judges a recording with its own facts' 1 '.verdict == "deny" and .stage == "check" and .engine == "containerd"
	and (.findings | length) == 1 and .findings[0].rule == "host-network" and .findings[0].effect == "deny"'
json 'has the keys of a decision' 1 'keys_unsorted == ["time", "verdict", "stage", "engine", "trusted", "id", "namespace",
	"pod", "container", "image", "findings", "amendments", "policy", "duration_us"]'
json 'knows a recorded container by its id' 1 ".id == $(jq .id "$REAL/state.json")"
check "$REAL"
expect 'tells people the same' 1 "^denied $REAL, default/redis.*container redis"
expect 'tells people how to mend it' 1 'to mend: .*hostNetwork'

# --- several bundles ---
bundle plain
check --format json "$BUNDLE" "$REAL" /nowhere "$BUNDLE"
json 'gives one object a bundle, a line each' 102 'has("verdict")'
verdicts=$(jq -r .verdict "$NODE/out" | tr '\n' ' ')
verify 'check keeps the order' "$verdicts" [ "$verdicts" = 'admit deny deny admit ' ]
check "$BUNDLE" "$REAL"
expect 'ends with the worst of all' 1
check "$BUNDLE"
expect 'admits' 0 '^admitted'
here=$PWD
cd "$BUNDLE" || exit 1
check .
expect 'takes a path from where it stands' 0 '^admitted \., default/web, container app'
cd "$here" || exit 1

# --- as the wrapper, as a bare hook ---
policy 50-test "{\"version\": 1, \"rules\": {$(only seccomp apply)}}"
bundle plain 'del(.linux.seccomp)'
check --as hook --format json "$BUNDLE"
json 'as a hook attaches the filter, and says what that does not cover' 0 '.verdict == "admit" and
	.amendments[0].rule == "seccomp" and (.amendments[0].after | test("attached.*exec sessions are not covered"))'
policy 50-test "{\"version\": 1, \"rules\": {$(only seccomp apply | sed 's/"seccomp": {/&"attach": false, /')}}"
check --as hook --format json "$BUNDLE"
json 'as a hook that may not attach cannot amend, and names who can' 1 '.findings[0].effect == "deny" and .amendments == [] and
	(.findings[0].remedy | endswith("or let ocigate-runtime add it"))'
for as in '' '--as runtime' '--as=runtime'; do
	# shellcheck disable=SC2086 # words
	check $as --format json "$BUNDLE"
	json "amends as the wrapper (${as:-default})" 0 '.verdict == "admit" and .findings[0].effect == "apply" and
		(.amendments | length) == 1 and .amendments[0].rule == "seccomp" and
		.amendments[0].pointer == "/linux/seccomp" and .amendments[0].before == null and
		(.amendments[0].after | tostring | startswith("default"))'
done
policy 50-test "{\"version\": 1, \"rules\": {$(only seccomp apply), \"root-user\": {\"effect\": \"deny\"}}}"

# --- other policies ---
mkdir -p /run/policy/one /run/policy/two /run/policy/open
printf '{"version": 1, "rules": {%s}}\n' "$(only root-user deny)" >/run/policy/one/10.json
echo '{"version": 1, "rules": {"root-user": {"effect": "audit"}}}' >/run/policy/two/20.json
bundle plain '.process.user = {uid: 0, gid: 0}'
check --policy /run/policy/one --format json "$BUNDLE"
json 'judges by another policy' 1 '[.findings[].rule] | unique == ["root-user"]'
check --policy /run/policy/one --policy /run/policy/two --format json "$BUNDLE"
json 'lets later policies override' 0 '[.findings[].effect] | unique == ["audit"]'
kept=$(find /var/lib/ocigate -newer /run/policy/two/20.json)
verify 'check keeps no other policy as the last good one' "$kept" [ -z "$kept" ]
chmod 777 /run/policy/open
check --policy /run/policy/open "$BUNDLE"
expect 'refuses a policy that anybody may write' 101 '/run/policy/open'
echo '{"version": 1, "rules": {"rot-user": {}}}' >/run/policy/one/10.json
check --policy /run/policy/one "$BUNDLE"
expect 'names the culprit and what it may have meant' 101 '/run/policy/one/10.json.*root-user'
check --policy /run/policy/nowhere "$BUNDLE"
verify 'check refuses a policy that is not there' "$(cat "$NODE/out")" [ "$status" -eq 101 ]

# --- what a hostile name does to a terminal ---
policy 50-test "{\"version\": 1, \"rules\": {$(only root-user deny)}}"
bundle plain '.annotations["io.kubernetes.cri.container-name"] = "\u001b[31mfine\u009b\u202e\r\nadmitted /x"
	| .process.user = {uid: 0, gid: 0}'
for format in text json; do
	check --format $format "$BUNDLE"
	odd=$(LC_ALL=C tr -d '\n\040-\176' <"$NODE/out" | od -c; grep ^admitted "$NODE/out")
	verify "check writes no name as it is ($format)" "$odd" [ "$odd" = 0000000 ]
done

# --- colours: for a terminal whose owner has not asked for none ---
cat >"$NODE/terminal.py" <<-'END'
	import pty, sys
	sys.exit(pty.spawn(sys.argv[1:]) >> 8)
END
bundle plain
colours() {
	env "$@" python3 "$NODE/terminal.py" "$GATE" check "$BUNDLE" 2>/dev/null </dev/null | grep -c "$(printf '\033')"
}
verify 'check has colours on a terminal' 'it has none' [ "$(colours TERM=xterm)" -gt 0 ]
verify 'check honours NO_COLOR' 'it is coloured' [ "$(colours TERM=xterm NO_COLOR=1)" -eq 0 ]
verify 'check has no colours in a pipe' 'it is coloured' [ "$("$GATE" check "$BUNDLE" | grep -c "$(printf '\033')")" -eq 0 ]
"$GATE" check "$BUNDLE" >/dev/full 2>"$NODE/err"
status=$?
verify 'check says when its output is lost' "$status: $(cat "$NODE/err")" [ "$status" -eq 111 ]
exit 0
