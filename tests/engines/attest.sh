#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What was started against what was judged: the poststart hook that the wrapper
# puts in, under runc and crun, and under a runtime that lies. It tells the hooks
# of the bundle that was judged and starts another spec.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
RECORD=$NODE/decisions

# settle EFFECT
settle() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false},
		\"runtime\": {\"poststart\": true, \"candidates\": {\"ocigate-lying\": [\"/usr/local/bin/lying\"]}},
		\"rules\": {\"attestation\": {\"effect\": \"$1\"}}}"
	rm -f "$RECORD"
}

# A runtime is a program: this one runs the script $NODE/lie, or, with --as, an honest one; under a filter if $NODE/lie.filtered
# is there.
liar() {
	cat >"$NODE/lying.c" <<-'C'
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <string.h>
		#include <sys/prctl.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
			struct sock_fprog all = {1, &allow};
			if (access("/run/node/lie.filtered", F_OK) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) < 0)
				return 1;
			if (argc > 2 && strcmp(argv[1], "--as") == 0)
				return execvp(argv[2], argv + 2);
			argv[0] = "/run/node/lie";
			execv(argv[0], argv);
			return 1;
		}
	C
	"${CC:-cc}" -o /usr/local/bin/lying "$NODE/lying.c" || exit 1
	chown root:root /usr/local/bin/lying
	cat >"$NODE/lie" <<-'LIE'
		#!/bin/sh
		# lie --root ROOT VERB --bundle BUNDLE ID, as the wrapper writes it
		root=$2 verb=$3 bundle=$5 id=$6
		rm -rf "$bundle.lie"
		mkdir "$bundle.lie"
		ln -s "$bundle/rootfs" "$bundle.lie/rootfs"
		jq --arg bundle "$bundle" "$(cat /run/node/lie.filter)
			| .root.path = \$bundle + \"/rootfs\"
			| .hooks |= map_values(map(.path = \"/run/node/tell\" | .args = [\"tell\", \$bundle] + .args[1:]))" \
			"$bundle/config.json" >"$bundle.lie/config.json"
		exec $(cat /run/node/truth) --root "$root" "$verb" --bundle "$bundle.lie" "$id"
	LIE
	cat >"$NODE/tell" <<-'TELL'
		#!/bin/sh
		PATH=/usr/local/bin:/usr/bin:/bin
		bundle=$1
		shift
		sed "s|$bundle.lie|$bundle|" | /usr/local/bin/ocigate "$@"
	TELL
	chmod +x "$NODE/lie" "$NODE/tell"
}

# start WRAPPER FILTER ARGS: create and start a container that stays; sets $status
start() {
	count=$((${count:-0} + 1))
	id=at$count
	bundle "$id" "del(.hooks) | .process.args = [\"/guest\"$3] | $2"
	"$1" --root "/run/$engine" create --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
	status=$?
	[ $status -eq 0 ] || return
	/usr/local/bin/lying --as "$engine" --root "/run/$engine" start "$id" </dev/null >"$NODE/out" 2>&1
	status=$?
}

stop() {
	"$engine" --root "/run/$engine" delete --force "$id" >/dev/null 2>&1
	rm -rf "$BUNDLE" "$BUNDLE.lie"
}

# record FILTER: of what was said about this container; under runc that comes a moment after the start
record() {
	tries=0
	until grep -s '"stage":"poststart"' "$RECORD" | grep -q "\"id\":\"$id\"" || [ $((tries = tries + 1)) -gt 30 ]; do
		sleep 0.1
	done
	jq -rs "map(select(.stage == \"poststart\" and .id == \"$id\")) | last | $1" "$RECORD" 2>/dev/null
}

told() {
	{ cat "$NODE/out"; record "[.verdict, .findings, .notes] | tojson"; } | tr "\n" " " | tail -c 600
}

running() {
	"$engine" --root "/run/$engine" state "$id" 2>/dev/null | jq -r .status
}

clean() {
	start "ocigate-$engine" . ', "30"'
	if [ "$(record '"\(.verdict) \(.findings | length) \(.notes // [] | length)"')" = 'admit 0 0' ] && [ "$(running)" = running ]; then
		ok "$engine attestation: a container that has what its spec says goes on"
	else
		not_ok "$engine attestation: a container that has what its spec says goes on" \
			"status $status, $(running): $(told)"
	fi
	stop
}

short() {
	start "ocigate-$engine" . ''
	verdict=$(record '"\(.verdict) \(.findings | length)"')
	if [ "$verdict" = 'admit 0' ]; then
		ok "$engine attestation: one that has ended is no false alarm"
	else
		not_ok "$engine attestation: one that has ended is no false alarm" "$(told)"
	fi
	stop
}

# caught NAME LIE MESSAGE [JUDGED]: JUDGED changes the spec that is judged
caught() {
	printf '%s' "$2" >"$NODE/lie.filter"
	for effect in $effects; do
		settle "$effect"
		start ocigate-lying "${4:-.}" ', "30"'
		said=$(record '.findings[0].message')
		now=$(running)
		# a killed process takes a moment to go
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[ "$effect-$now" = deny-running ] || break
			sleep 0.2
			now=$(running)
		done
		case $effect-$now in
		audit-running | deny-stopped) fate=good ;;
		*) fate=bad ;;
		esac
		case $fate-$said in
		good-*"$3"*) ok "$engine attestation, $effect: $1" ;;
		*) not_ok "$engine attestation, $effect: $1" "container $now, status $status: $(told)" ;;
		esac
		stop
	done
}

liar
for link in ocigate-runc ocigate-crun ocigate-lying; do
	ln -sf ocigate "/usr/local/bin/$link"
done
for engine in runc crun; do
	command -v $engine >/dev/null 2>&1 || { echo "skip attestation with $engine: it is not installed"; continue; }
	command -v $engine >"$NODE/truth"
	settle deny
	clean
	short
	effects='audit deny'
	caught 'a runtime that leaves out the filter' 'del(.linux.seccomp)' 'without the seccomp filter of its spec'
	effects=deny
	caught 'a runtime that forgets no-new-privileges' '.process.noNewPrivileges = false' 'may gain privileges'
	caught 'a runtime that starts it as root' '.process.user = {uid: 0, gid: 0}' 'runs with uid 0'
	caught 'a runtime that gives a capability more' '.process.capabilities.bounding = ["CAP_NET_RAW"]' 'has CAP_NET_RAW in its bounding set'
	caught 'a runtime that shares a namespace' '.linux.namespaces |= map(select(.type != "uts"))' "shares the host's uts namespace" \
		'del(.hostname)'
	caught 'a runtime that leaves a mount writable' '.mounts |= map(if .destination == "/sys" then .options -= ["ro"] else . end)' \
		'can write to a mount'
	caught 'a runtime that masks nothing' '.linux.maskedPaths = []' 'sees a path that its spec masks'
	caught 'a runtime that leaves /proc/sys writable' '.linux.readonlyPaths = []' 'can write to a path'
	caught 'a runtime that leaves the root writable' '.root.readonly = false' 'has a writable root' '.root.readonly = true'
	caught 'a runtime that leaves out the AppArmor profile' 'del(.process.apparmorProfile)' 'not confined by AppArmor, though' \
		'.process.apparmorProfile = "cri-containerd.apparmor.d"'
	: >"$NODE/lie.filtered"
	caught 'a filter that is the one of the runtime itself' 'del(.linux.seccomp)' "no filter but the runtime's own"
	rm "$NODE/lie.filtered"
done
