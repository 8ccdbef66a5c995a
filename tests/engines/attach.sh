#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The filter that a bare hook attaches: under runc and crun, at both hook
# stages, through run and through create and start, with whatever else a
# container can have. The probe's very first instruction makes a call that the
# default filter stops; how it is answered is the probe's exit status.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
# shellcheck source=tests/lib/probe.sh
. tests/lib/probe.sh
node_enter "$0" "$@"

RECORD=$NODE/decisions
RUNS=${ATTACH_RUNS:-60}
policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false},
	\"rules\": {\"root-user\": {\"effect\": \"audit\"}, \"capabilities\": {\"effect\": \"audit\"}, \"bundle-hooks\": {\"effect\": \"audit\"}}}"

if [ "$(uname -m)" != x86_64 ]; then
	echo 'skip attach: the probes of this test are for x86_64; see VM_ARCH=arm64 in tests/vm/run.sh'
	exit 0
fi
probes "$NODE" || { echo 'not ok attach: the probes do not build'; exit 1; }

# The runtime as a command line.
declared() {
	case $engine in
	runc) echo "runc --root /run/runc" ;;
	crun) echo "crun --root /run/crun --cgroup-manager=disabled" ;;
	esac
}

runtime() {
	# shellcheck disable=SC2046 # words
	$(declared) "$@"
}

# container FILTER: a bundle without a seccomp filter, the probes in it
container() {
	id=a$((${id#a} + 1))
	bundle "$id" "del(.linux.seccomp) | .process.args = [\"/probe64\"] | $1" || exit 1
	cp "$NODE/probe64" "$NODE/probe32" "$BUNDLE/rootfs/"
}

supervisors() {
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe" 2>/dev/null)" = "$GATE" ] && echo "$exe"
	done
}

# settled: no supervisor is left, after a moment for it to end
settled() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -z "$(supervisors)" ] && return 0
		sleep 0.1
	done
	return 1
}

# filtered NAME FILTER: it runs, and the probe's call is stopped
filtered() {
	container "$2"
	runtime run --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
	status=$?
	if [ $status -ne 42 ]; then
		not_ok "$engine attach: $1" "the probe ended with $status: $(tail -n 2 "$NODE/out" | tr '\n' ' ')"
	elif ! settled; then
		not_ok "$engine attach: $1" 'a supervisor is left'
	else
		ok "$engine attach: $1"
	fi
	rm -rf "$BUNDLE"
}

stage='(.hooks = {prestart: [.hooks.createRuntime[0] | .args[2] = "prestart"]})'
nnp='.process.noNewPrivileges = true'
no_nnp='.process.noNewPrivileges = false'
root='.process.user = {uid: 0, gid: 0}'
caps='.process.capabilities |= (.bounding = ["CAP_CHOWN", "CAP_SETUID"] | .permitted = .bounding | .effective = .bounding)'
userns='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
	| .linux.gidMappings = .linux.uidMappings'

for engine in runc crun; do
	command -v $engine >/dev/null 2>&1 || { echo "skip attach with $engine: it is not installed"; continue; }
	id=a0
	# The bed itself: without the hook the call comes through.
	container 'del(.hooks)'
	runtime run --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		ok "$engine attach: without the hook the probe's call comes through"
	else
		not_ok "$engine attach: without the hook the probe's call comes through" "status $status: $(cat "$NODE/out")"
	fi
	rm -rf "$BUNDLE"

	filtered 'no-new-privileges' "$nnp"
	filtered 'without no-new-privileges' "$no_nnp"
	filtered 'a 32-bit program' "$nnp | .process.args = [\"/probe32\"]"
	filtered 'a 32-bit program without no-new-privileges' "$no_nnp | .process.args = [\"/probe32\"]"
	filtered 'as prestart hook' "$nnp | $stage"
	filtered 'as prestart hook without no-new-privileges' "$no_nnp | $stage"
	filtered 'at both stages' "$no_nnp | .hooks.prestart = [.hooks.createRuntime[0] | .args[2] = \"prestart\"]"
	filtered 'as root' "$root | $no_nnp"
	filtered 'as root with capabilities' "$root | $caps | $no_nnp"
	filtered 'a user with capabilities' "$caps | $nnp"
	filtered 'a user namespace' "$root | $userns | $no_nnp"
	filtered 'hooks of all later stages' "$no_nnp | .hooks += {createContainer: [{path: \"/bin/cat\"}],
		startContainer: [{path: \"/guest\", args: [\"/guest\", \"--hook\"]}], poststart: [{path: \"/bin/cat\"}]}"
	filtered 'on top of a filter that stops nothing' "$nnp | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\"}"

	# a terminal: runc wants one itself, which script(1) gives it
	if command -v script >/dev/null 2>&1; then
		container "$no_nnp | .process.terminal = true"
		script -q -e -c "$(declared) run --bundle $BUNDLE $id" /dev/null </dev/null >"$NODE/out" 2>&1
		status=$?
		if [ $status -eq 42 ] && settled; then
			ok "$engine attach: a terminal"
		else
			not_ok "$engine attach: a terminal" "status $status, supervisors: $(supervisors) $(tail -n 2 "$NODE/out")"
		fi
		rm -rf "$BUNDLE"
	fi

	# created and thrown away: nothing is left to wait
	container "$no_nnp"
	runtime create --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
	held=$(supervisors)
	runtime delete --force "$id" >>"$NODE/out" 2>&1
	if [ -n "$held" ] && settled; then
		ok "$engine attach: deleted before its start"
	else
		not_ok "$engine attach: deleted before its start" "first: $held, then: $(supervisors) $(cat "$NODE/out")"
	fi
	rm -rf "$BUNDLE"

	# Its end must not fall together with that of a poststart hook: `crun run` would wait for the hook until its timeout.
	cat >"$NODE/poststart" <<-'HOOK'
		#!/bin/sh
		# poststart GATE STAYS
		mark=$(jq -r .bundle)/rootfs/mark/ran
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[ ! -e "$mark" ] || break
			sleep 0.1
		done
		sleep 0.1
		find /proc/[0-9]*/exe -lname "$1" >"$2" 2>/dev/null
		exit 0
	HOOK
	chmod 755 "$NODE/poststart"
	container "$no_nnp | .process.args = [\"/guest\", \"1\"] | .hooks.poststart = [{path: \"$NODE/poststart\",
		args: [\"poststart\", \"$GATE\", \"$NODE/stays\"], timeout: 5}]"
	rm -f "$NODE/stays"
	runtime run --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
	status=$?
	if [ $status -eq 0 ] && [ -s "$NODE/stays" ] && settled; then
		ok "$engine attach: the supervisor outlives the poststart hooks, and not the container"
	else
		not_ok "$engine attach: the supervisor outlives the poststart hooks, and not the container" \
			"status $status, held by: $(cat "$NODE/stays"), left: $(supervisors) $(tail -n 2 "$NODE/out")"
	fi
	rm -rf "$BUNDLE"

	# create, wait, start: the supervisor waits along
	container "$no_nnp | .process.args = [\"/guest\"]"
	runtime create --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
	status=$?
	sleep 1
	if [ $status -ne 0 ] || [ -z "$(supervisors)" ]; then
		not_ok "$engine attach: create, wait, start" "create: status $status, supervisors: $(supervisors) $(cat "$NODE/out")"
	else
		runtime start "$id" >>"$NODE/out" 2>&1
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			! grep -q '^Seccomp:' "$NODE/out" || break
			sleep 0.1
		done
		if ! grep -qx 'Seccomp:	2' "$NODE/out" || ! settled; then
			not_ok "$engine attach: create, wait, start" "supervisors: $(supervisors) $(cat "$NODE/out")"
		else
			ok "$engine attach: create, wait, start"
		fi
	fi
	runtime delete --force "$id" >/dev/null 2>&1
	rm -rf "$BUNDLE"

	# kill -9 of the supervisor while the container is created: it must never run
	container "$no_nnp | .process.args = [\"/guest\"]"
	runtime create --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
	for exe in $(supervisors); do
		kill -9 "$(echo "$exe" | cut -d / -f 3)"
	done
	sleep 0.3
	runtime start "$id" >"$NODE/out" 2>&1
	status=$?
	sleep 0.2
	if ran; then
		not_ok "$engine attach: the supervisor killed" 'the program ran'
	elif [ $status -eq 0 ]; then
		not_ok "$engine attach: the supervisor killed" 'start reports success'
	else
		ok "$engine attach: the supervisor killed, and the container with it"
	fi
	runtime delete --force "$id" >/dev/null 2>&1
	rm -rf "$BUNDLE"

	# many runs, both moments, both widths
	through=0 other=0 run=0
	while [ $run -lt "$RUNS" ]; do
		run=$((run + 1))
		case $((run % 4)) in
		0) container "$nnp" ;;
		1) container "$no_nnp" ;;
		2) container "$nnp | .process.args = [\"/probe32\"]" ;;
		3) container "$no_nnp | .process.args = [\"/probe32\"]" ;;
		esac
		runtime run --bundle "$BUNDLE" "$id" </dev/null >"$NODE/out" 2>&1
		case $? in
		42) ;;
		0) through=$((through + 1)) ;;
		*) other=$((other + 1)) ;;
		esac
		rm -rf "$BUNDLE"
	done
	if [ $through -ne 0 ] || [ $other -ne 0 ]; then
		not_ok "$engine attach: $RUNS runs" "$through came through, $other failed otherwise"
	else
		ok "$engine attach: $RUNS runs, none unfiltered"
	fi
done
# A process that no runtime made as its init: another one's program would not get the filter. Judged by one rule alone.
policy 50-test "$("$GATE" rules --format json | jq -c '{version: 1, log: {syslog: false}, rules: (
	[(.rules? // .)[] | select(.name != "seccomp") | {(.name): {effect: "disabled"}}] | add)}')"
id=a0
container "$no_nnp"
sleep 60 &
other=$!
printf '{"ociVersion": "1.0.2", "id": "%s", "status": "creating", "pid": %s, "bundle": "%s"}' "$id" "$other" "$BUNDLE" |
	"$GATE" hook createRuntime >"$NODE/out" 2>&1
status=$?
if [ $status -eq 111 ] && grep -q 'is no init of runc or crun' "$NODE/out" && kill "$other"; then
	ok 'attach: a process that is no init of a runtime is refused, and left alone'
else
	not_ok 'attach: a process that is no init of a runtime is refused, and left alone' "status $status: $(cat "$NODE/out")"
fi
rm -rf "$BUNDLE"

# A crun that adopts orphans may take the end of another one for its hook's, and waits for the hook until its timeout.
policy 50-test '{"version": 1, "log": {"syslog": false}}'
id=a1
container "$no_nnp"
strangers=$(python3 - "$GATE" "$BUNDLE" <<-'PYTHON'
	import ctypes, json, os, subprocess, sys, time
	PR_SET_CHILD_SUBREAPER = 36
	ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	init = os.fork()
	if init == 0:
	    time.sleep(30)
	    os._exit(0)
	state = {"ociVersion": "1.0.2", "id": "a1", "status": "creating", "pid": init, "bundle": sys.argv[2]}
	hook = subprocess.run([sys.argv[1], "hook", "createRuntime"], input=json.dumps(state), text=True, capture_output=True)
	found = [] if hook.returncode == 1 else [hook.stderr]
	for _ in range(50):
	    pid = os.waitpid(-1, os.WNOHANG)[0]
	    found += [str(pid)] if pid else []
	    time.sleep(0.01)
	os.kill(init, 9)
	print(" ".join(found))
PYTHON
)
if [ -z "$strangers" ]; then
	ok 'attach: a hook that refuses leaves its runtime no child'
else
	not_ok 'attach: a hook that refuses leaves its runtime no child' "$strangers"
fi
rm -rf "$BUNDLE"

if settled; then ok 'attach: no supervisor is left'; else not_ok 'attach: no supervisor is left' "$(supervisors)"; fi
