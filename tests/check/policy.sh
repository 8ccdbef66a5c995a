#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The verbs policy and rules, and the shipped files. Without root the parts that put a policy in force are skipped: the
# loader believes nothing that root alone cannot change.
# shellcheck disable=SC2016,SC2119,SC2120 # backticks are Markdown's; functions are called through expect
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
gate=$PWD/$BUILD/ocigate
tmp=$(mktemp -d) || exit 1
node=
trap 'rm -rf "$tmp" ${node:+"$node"}' EXIT
chmod 755 "$tmp"

# expect NAME STATUS TEXT COMMAND...: its exit status, and a fixed text in its output ("" for any)
expect() {
	name=$1 status=$2 text=$3
	shift 3
	"$@" >"$tmp/out" 2>&1 </dev/null
	got=$?
	if [ "$got" -ne "$status" ]; then
		echo "not ok $name: status $got, not $status: $(head -c 300 "$tmp/out" | tr '\n' ' ')"
	elif [ -n "$text" ] && ! grep -qF -e "$text" "$tmp/out"; then
		echo "not ok $name: \"$text\" is not in: $(head -c 600 "$tmp/out" | tr '\n' ' ')"
	else
		echo "ok $name"
	fi
}

# absent NAME TEXT: not in the output of the last command
absent() {
	if grep -qF -e "$2" "$tmp/out"; then
		echo "not ok $1: \"$2\" is in the output"
	else
		echo "ok $1"
	fi
}

drop_in() {
	printf '%s\n' "$2" >"$tmp/$1"
}

lint() {
	"$gate" policy check --presets config/presets "$@"
}

# --- the shipped files ---
expect 'shipped drop-ins have no error' 0 '0 errors, 0 warnings' lint config/policy.d
for preset in config/presets/*.json; do
	expect "shipped preset $(basename "$preset" .json)" 0 '0 errors' lint "$preset"
done
expect 'default.json says what is compiled in (make config)' 0 '' \
	sh -c "'$gate' policy defaults | cmp - config/presets/default.json"
expect 'policy.schema.json is current (make config)' 0 '' \
	sh -c "'$gate' rules --format schema | cmp - config/schema/policy.schema.json"
drop_in default.json '{"version": 1}'
"$gate" policy check --format json "$tmp/default.json" | grep '"digest"' >"$tmp/builtin"
expect 'the shipped default is the compiled-in one' 0 "$(cat "$tmp/builtin")" \
	"$gate" policy check --format json config/presets/default.json

# --- check ---
drop_in wrong.json '{"version": 1, "rules": {"host-path": {}, "privileged": {"effect": "dney"}}, "limts": {}}'
expect 'check tells every error' 101 '3 errors, 0 warnings' lint "$tmp/wrong.json"
expect 'check names file, pointer and the nearest rule' 101 \
	"error: $tmp/wrong.json: /rules/host-path: unknown rule \"host-path\"; did you mean \"host-paths\"?" lint "$tmp/wrong.json"
expect 'check names the nearest effect' 101 '/rules/privileged/effect: unknown effect "dney"; did you mean "deny"?' \
	lint "$tmp/wrong.json"
expect 'check for programs' 101 '"pointer": "/limts"' lint --format json "$tmp/wrong.json"
drop_in cut.json '{"version": 1'
expect 'check of a file that is cut short' 101 "error: $tmp/cut.json: " lint "$tmp/cut.json"
expect 'check of what is not there' 101 "error: $tmp/none.json: cannot be opened" lint "$tmp/none.json"
drop_in preset.json '{"version": 1, "preset": "restrcted"}'
expect 'check of an unknown preset' 101 'did you mean "restricted"?' lint "$tmp/preset.json"
drop_in evil.json '{"version": 1, "\u001b]0;x\u0007": 1}'
expect 'check steers no terminal' 101 'unknown key' lint "$tmp/evil.json"
if LC_ALL=C grep -q "$(printf '[\001-\010\016-\037]')" "$tmp/out"; then
	echo 'not ok check steers no terminal: control bytes: a control byte in the output'
else
	echo 'ok check steers no terminal: control bytes'
fi

exception() {
	printf '{"version": 1, "exceptions": [{"name": "e", "reason": "r", %s "match": {%s}, "rules": {"privileged": {"effect": "audit"}}}]}\n' \
		"$2" "$3" >"$tmp/$1"
}
exception past.json '"expires": "2020-01-01",' '"pods": ["p"]'
expect 'check warns of an expired exception' 0 'has expired: it does not apply any more' lint "$tmp/past.json"
exception soon.json "\"expires\": \"$(date -u -d '+7 days' +%Y-%m-%d)\"," '"pods": ["p"]'
expect 'check warns of one that expires soon' 0 'expires in 7 days' lint "$tmp/soon.json"
exception later.json "\"expires\": \"$(date -u -d '+60 days' +%Y-%m-%d)\"," '"pods": ["p"]'
expect 'check is content with one that expires later' 0 '0 errors, 0 warnings' lint "$tmp/later.json"
exception wide.json '' '"pods": ["*"], "namespaces": ["*"]'
expect 'check warns of one for everybody' 0 'matches every container' lint "$tmp/wide.json"
exception image.json '' '"images": ["quay.io/*"]'
expect 'check warns that sandboxes have other images' 0 'does not match the sandboxes' lint "$tmp/image.json"
drop_in weak.json '{"version": 1, "rules": {"privileged": {"effect": "audit"}, "host-paths": {"effect": "audit"}}}'
expect 'check warns of rules weakened' 0 'weakens the default to "audit": privileged, host-paths' lint "$tmp/weak.json"
mkdir "$tmp/named"
echo '{"version": 1}' | tee "$tmp/named/50-a.json" "$tmp/named/README.md" "$tmp/named/.50-a.json.swp" >"$tmp/named/50-a.conf"
expect 'check warns of a name that is not read' 0 \
	"warning: $tmp/named: 50-a.conf is not read: its name does not end in .json" lint "$tmp/named"
expect 'check takes a page and hidden files for no drop-in' 0 '0 errors, 1 warning; 1 file' lint "$tmp/named"
drop_in apply.json '{"version": 1, "rules": {"privileged": {"effect": "apply"}}}'
expect 'check warns of an apply that denies' 0 'nothing can be amended for privileged' lint "$tmp/apply.json"
expect 'check takes files in the order given' 0 '2 files' lint "$tmp/later.json" "$tmp/weak.json"

# --- the command line ---
expect 'policy without a word' 100 'show|check|defaults' "$gate" policy
expect 'policy with a slip' 100 'did you mean check' "$gate" policy chekc
expect 'policy show takes no file' 100 'takes no' "$gate" policy show "$tmp/weak.json"
expect 'policy --help' 0 'usage: ocigate policy' "$gate" policy --help
expect 'rules --help' 0 'usage: ocigate rules' "$gate" rules --help
expect 'rules with a slip' 100 'did you mean host-paths' "$gate" rules host-path
expect 'rules in a format that is none' 100 'is not known' "$gate" rules --format yaml
expect 'rules: the table' 0 'host-paths' "$gate" rules
absent 'rules: no colour without a terminal' "$(printf '\033')"
expect 'rules: one of them' 0 'Paths of the node that a container may mount' "$gate" rules host-paths
expect 'rules: Markdown' 0 '| `host-paths` | ' "$gate" rules --format md
expect 'rules: manual page' 0 '.It Cm host-paths' "$gate" rules --format man
names=$(grep -c '^RULE(' include/ocigate/rules.def)
for format in 'json:"name": "[a-z-]*",$' 'md:^| `[a-z-]*` |' 'man:^.It Cm [a-z]*-*[a-z-]*$'; do
	found=$("$gate" rules --format "${format%%:*}" | grep -c "${format#*:}")
	if [ "$found" -ge "$names" ]; then
		echo "ok rules --format ${format%%:*} has them all"
	else
		echo "not ok rules --format ${format%%:*} has them all: $found of $names"
	fi
done
if command -v mandoc >/dev/null 2>&1; then
	{
		printf '.Dd January 1, 2026\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd x\n.Sh RULES\n'
		"$gate" rules --format man
	} >"$tmp/x.8"
	expect 'rules --format man is mdoc' 0 '' mandoc -Tlint -Wwarning "$tmp/x.8"
else
	echo 'skip rules --format man is mdoc: no mandoc'
fi

# --- schema and reader must agree ---
if python3 -c 'import jsonschema' 2>/dev/null; then
	expect 'schema and reader agree' 0 'agree on' python3 tests/check/policy_schema.py "$gate" config/schema/policy.schema.json
else
	echo 'skip schema and reader agree: no python3-jsonschema'
fi

# --- in force: as root ---
if [ "$(id -u)" -ne 0 ]; then
	echo 'skip policy show: policy directories must belong to root'
	exit 0
fi
node=$(mktemp -d /run/ocigate-check.XXXXXX) || exit 1
chmod 755 "$node"
mkdir "$node/usr" "$node/etc"
cp config/policy.d/*.json "$node/usr/"
cp -R config/presets "$node/presets"
cp "$tmp/weak.json" "$node/etc/50-weak.json"
show() {
	"$gate" policy show --presets "$node/presets" --policy "$node/usr" --policy "$node/etc" "$@"
}
expect 'show names the file of a value' 0 "# $node/etc/50-weak.json" show
expect 'show names the preset' 0 "preset default" show
expect 'show tells exceptions and why' 0 'because kube-proxy' show
absent 'show: no colour without a terminal' "$(printf '\033')"
expect 'show for programs: origins by pointer' 0 "\"/rules/privileged/effect\": \"$node/etc/50-weak.json\"" show --format json
ln -s /dev/null "$node/etc/10-kube-system.json"
show >"$tmp/out"
absent 'show: a masked file is gone' 'kube-proxy'
printf '{"version": 1, "preset": "restricted"}\n' >"$node/etc/60-level.json"
expect 'show: another preset' 0 'allowed: ["CAP_NET_BIND_SERVICE"]' show
printf '{"version": 1, "preset": "restricted",}\n' >"$node/etc/60-level.json"
expect 'show of broken drop-ins' 101 "$node/etc/60-level.json: a comma" show
chmod 777 "$node/etc"
expect 'show of a directory that anybody may write' 101 'can be written by others than root (mode 0777)' show
if command -v script >/dev/null 2>&1; then
	colour() {
		script -qec "env -u NO_COLOR TERM=xterm $1 '$gate' rules" /dev/null | grep -c "$(printf '\033')"
	}
	if [ "$(colour '')" -gt 0 ] && [ "$(colour NO_COLOR=1)" -eq 0 ]; then
		echo 'ok colour on a terminal, unless NO_COLOR is set'
	else
		echo 'not ok colour on a terminal, unless NO_COLOR is set: it is the other way'
	fi
else
	echo 'skip colour on a terminal: no script'
fi
