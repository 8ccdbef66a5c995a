#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The system calls of the attaching hook and of its supervisor, each failing in
# turn with one error or another, or ending its process as kill -9 does: the
# program runs under the filter or not at all, nothing hangs beyond the
# deadline, no process is left. As many as fit into FAULT_SECONDS.
#
#   FAULT_SECONDS=100000 FAULT_KINDS=all sh tests/engines/attach_faults.sh     everything: hours
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
# shellcheck source=tests/lib/probe.sh
. tests/lib/probe.sh
node_enter "$0" "$@"

[ "$(uname -m)" = x86_64 ] || { echo 'skip attach faults: the calls told here are those of x86_64'; exit 0; }
for tool in strace as runc crun; do
	command -v $tool >/dev/null 2>&1 || { echo "skip attach faults: $tool is not installed"; exit 0; }
done
SECONDS_ALL=${FAULT_SECONDS:-45}
KINDS='error=EIO signal=KILL error=ENOMEM error=EPERM error=ESRCH error=EINTR error=ENOSYS error=EAGAIN error=EINVAL'
HANG=25
policy 50-test '{"version": 1, "log": {"syslog": false}, "rules": {"bundle-hooks": {"effect": "disabled"}}}'

probes "$NODE" || exit 1

# The hook under strace, which must not be its parent (the hook asks who called it) nor hold the runtime's pipes.
cat >"$NODE/hook" <<-'HOOK'
	#!/bin/sh
	PATH=/usr/local/bin:/usr/bin:/bin
	exec strace -D -f -qq -o /run/node/trace $(cat /run/node/inject) /usr/local/bin/ocigate hook createRuntime >/run/node/hook.out 2>&1
HOOK
chmod +x "$NODE/hook"

runtime() {
	case $engine in
	runc) runc --root /run/runc "$@" ;;
	crun) crun --root /run/crun --cgroup-manager=disabled "$@" ;;
	esac
}

left() {
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe" 2>/dev/null) in
		"$GATE" | */probe64 | *strace) echo "$exe" ;;
		esac
	done
}

# attempt INJECT NNP: sets $status, and $trouble if something is wrong
attempt() {
	count=$((${count:-0} + 1))
	id=f$count
	echo "$1" >"$NODE/inject"
	bundle "$id" "del(.linux.seccomp) | .process.args = [\"/probe64\"] | .process.noNewPrivileges = $2
		| .hooks.createRuntime = [{path: \"$NODE/hook\", env: [\"LC_ALL=C\"]}]" || exit 1
	cp "$NODE/probe64" "$BUNDLE/rootfs/"
	: >"$NODE/trace"
	start=$(date +%s)
	runtime run --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1 &
	runner=$!
	(sleep $HANG && kill -9 $runner) 2>/dev/null &
	guard=$!
	wait $runner
	status=$?
	kill $guard 2>/dev/null
	trouble=
	[ $status -ne 0 ] || trouble='the call came through'
	[ $status -ne 137 ] || [ $(($(date +%s) - start)) -lt $HANG ] || trouble="it hung for $HANG s"
	tries=0
	while [ -n "$(left)" ] && [ $((tries = tries + 1)) -le 150 ]; do sleep 0.1; done
	[ $tries -le 150 ] || trouble="${trouble:+$trouble, }left: $(left | tr '\n' ' ')"
	runtime delete --force "$id" >/dev/null 2>&1
	rm -rf "$BUNDLE"
}

# points MOMENT: "RANK SPREAD MOMENT CALL N" for every call of the hook and of its supervisor, counted by process as strace does
points() {
	awk -v moment="$1" '
		$2 ~ /^(ptrace|wait4|process_vm_writev|pipe2|fork|vfork|clone|close_range|dup2|setsid|poll|getdents64|write|kill|rt_sigaction|openat|read|alarm|setitimer)\(/ {
			call = $2
			sub(/\(.*/, "", call)
			n = ++seen[$1 "," call]
			if (n > most[call]) most[call] = n
		}
		# The hook has been tried before it attaches: of what it does everywhere the first times are left out.
		END { for (call in most) for (n = 1; n <= most[call]; n++)
			if (call !~ /^(openat|read|write)$/ || n > most[call] - 6)
				print (n < most[call] - n + 1 ? n : most[call] - n + 1), (n * 7919) % 10007, moment, call, n }' "$NODE/trace"
}

engine=crun
: >"$NODE/points"
for moment in true false; do
	attempt '' $moment
	if [ $status -ne 42 ] || [ -n "$trouble" ]; then
		not_ok 'attach faults: the bed works' "status $status, $trouble: $(tail -n 2 "$NODE/out" "$NODE/hook.out" | tr '\n' ' ' | cut -c 1-400)"
		exit 1
	fi
	points $moment >>"$NODE/points"
done
# kinds: what is done at this point: one of $KINDS and kill -9 in turn, or all of them
kinds() {
	if [ "${FAULT_KINDS:-}" = all ]; then
		echo "$KINDS"
	else
		echo "$KINDS" | cut -d ' ' -f $((tried % $(echo "$KINDS" | wc -w) + 1))
	fi
}

# The first and last times of every call, then ever further in, as long as there is time.
end=$(($(date +%s) + SECONDS_ALL)) tried=0 filtered=0 refused=0
sort -k 1,1n -k 2,2n "$NODE/points" | cut -d ' ' -f 3- >"$NODE/ordered"
while read -r moment call n; do
	for kind in $(kinds); do
		echo "$moment $call $n $kind"
		tried=$((tried + 1))
	done
done <"$NODE/ordered" >"$NODE/shuffled"
total=$(wc -l <"$NODE/shuffled") tried=0
while read -r moment call n kind; do
	[ "$(date +%s)" -lt $end ] || break
	tried=$((tried + 1))
	if [ $((tried % 4)) -eq 0 ]; then engine=runc; else engine=crun; fi
	attempt "--inject=$call:$kind:when=$n" "$moment"
	case $status in
	42) filtered=$((filtered + 1)) ;;
	*) refused=$((refused + 1)) ;;
	esac
	[ -z "$trouble" ] || not_ok "attach faults: $engine, no-new-privileges $moment, $call $n, $kind" "$trouble"
done <"$NODE/shuffled"
ok "attach faults: $tried of $total points tried: $filtered ran under the filter, $refused were refused"
[ "$tried" -ge 20 ] || not_ok 'attach faults: enough points' "only $tried"
