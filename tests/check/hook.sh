#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The hook against callers and inputs that are wrong: each gets its own message
# and exit code, the container is refused, and the caller's pipe is read to its
# end. No runtime is needed: a sleeping process stands for the container.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
RULES=$(sed -n 's/^RULE([a-z_]*, "\([a-z-]*\)").*/\1/p' include/ocigate/rules.def)
RECORD=$NODE/decisions

# disabled [RULE]: every rule off but RULE, which denies, as the text of "rules"
disabled() {
	for rule in $RULES; do
		effect=disabled
		[ "$rule" != "${1:-}" ] || effect=deny
		printf '%s"%s": {"effect": "%s"}' "${separator:-}" "$rule" "$effect"
		separator=', '
	done
	separator=
}

# settle [RULE] [LOG]: the policy of the node
settle() {
	policy 50-test "{\"version\": 1, \"log\": ${2:-"{\"file\": \"$RECORD\", \"syslog\": false}"}, \"rules\": {$(disabled "${1:-}")}}"
}

# state [BUNDLE] [PID] [ID]
state() {
	printf '{"ociVersion": "1.0.2", "id": "%s", "status": "creating", "pid": %s, "bundle": "%s"}' \
		"${3:-plain}" "${2:-$SLEEPER}" "${1:-$BUNDLE}"
}

# hook: its status into a file, since it stands at the end of a pipe and so in a shell of its own
hook() {
	"$GATE" hook createRuntime >"$NODE/out" 2>&1
	echo $? >"$NODE/status"
}

# expect NAME STATUS TEXT: what the last call of the hook did; one line, or none where TEXT is empty
expect() {
	lines=$(wc -l <"$NODE/out")
	status=$(cat "$NODE/status")
	if [ "$status" -ne "$2" ]; then
		not_ok "hook $1" "status $status, not $2: $(cat "$NODE/out")"
	elif [ -z "$3" ] && [ "$lines" -gt 0 ]; then
		not_ok "hook $1" "says $(cat "$NODE/out")"
	elif [ -n "$3" ] && ! grep -qF -- "$3" "$NODE/out"; then
		not_ok "hook $1" "does not say '$3': $(cat "$NODE/out")"
	elif [ "$lines" -gt 1 ]; then
		not_ok "hook $1" "says $lines lines"
	elif grep -Eqi 'permission denied|operation not permitted|no such file or directory|executable file not found' "$NODE/out"; then
		not_ok "hook $1" "says what podman takes for an error of its own: $(cat "$NODE/out")"
	else
		ok "hook $1"
	fi
}

# plain_bundle: whole again
plain_bundle() {
	bundle plain '.hooks = {}'
}

sleep 600 &
SLEEPER=$!
plain_bundle
settle

# --- it works at all ---
state | hook
expect 'admits what no rule is against' 0 ''
settle host-namespaces
state | hook
expect 'refuses what a rule is against' 1 'denied'
verify 'hook writes its record' "$(cat "$RECORD")" [ "$(jq -r .verdict "$RECORD" | tail -n 1)" = deny ]
"$GATE" explain plain >"$NODE/out" 2>&1
verify 'explain tells it again' "$(cat "$NODE/out")" grep -q '^denied plain' "$NODE/out"
"$GATE" explain pla >"$NODE/out" 2>&1
verify 'explain finds it by the beginning of its id' "$(cat "$NODE/out")" grep -q '^denied plain' "$NODE/out"
state | "$GATE" hook prestart >"$NODE/out" 2>&1
echo $? >"$NODE/status"
expect 'judges at prestart as well' 1 'host-namespaces'
settle

# --- the command line ---
usage() {
	name=$1
	text=$2
	shift 2
	"$GATE" "$@" >"$NODE/out" 2>&1 </dev/null
	echo $? >"$NODE/status"
	expect "$name" 100 "$text"
}
usage 'needs a stage' 'hook needs a stage' hook
usage 'refuses a stage with a slip' 'did you mean createRuntime?' hook createRuntimee
usage 'refuses another stage' 'stage createContainer is not known' hook createContainer
usage 'refuses two stages' 'one stage' hook prestart createRuntime
usage 'refuses an option' 'knows no option --force' hook --force createRuntime
usage 'refuses an empty stage' 'is not known' hook ''
usage 'refuses a verb with a slip' 'did you mean hook?' hok createRuntime
usage 'refuses no verb' 'say what to do'

# drains NAME ARGS...: a writer whose pipe is left unread dies of SIGPIPE, or is told that its write failed
drains() {
	name=$1
	shift
	{
		head -c 1000000 /dev/zero
		echo $? >"$NODE/writer"
	} | "$GATE" "$@" >"$NODE/out" 2>&1
	wrote=$(cat "$NODE/writer" && rm "$NODE/writer")
	verify "hook reads its input to the end $name" "the writer ended with $wrote" [ "$wrote" = 0 ]
}
drains 'when it is no state' hook createRuntime
drains 'when the stage is wrong' hook created
drains 'when an option is wrong' hook --x createRuntime
drains 'when the verb is wrong' hoook createRuntime
drains 'when there is no verb'

# --- the state ---
hook </dev/null
expect 'refuses an empty state' 102 'state'
printf '{"ociVersion": "1.0.2", "id": "plain"' | hook
expect 'refuses a state that is cut short' 102 'state'
printf 'hello' | hook
expect 'refuses what is no JSON' 1 'state'
{
	printf '{"annotations": {"a": "'
	head -c 3000000 /dev/zero | tr '\0' x
	printf '"}, '
	state | cut -c 2-
} | hook
expect 'refuses a state over the cap' 102 'larger than'
state | sed 's/"id": "plain"/"id": "plain", "id": "other"/' | hook
expect 'refuses a state with a key twice' 1 'id'
state | sed 's/"pid": [0-9]*/"pid": "1"/' | hook
expect 'refuses a process that is no number' 1 'pid'
state "$BUNDLE" 0 | hook
expect 'refuses a state without a process' 102 'names no process'
state "$BUNDLE" 999999999 | hook
expect 'refuses a process that is not there' 102 'process 999999999 is not there'
hook <&-
expect 'refuses a closed input' 102 'state'

# --- the bundle ---
state /nowhere | hook
expect 'refuses a bundle that is not there' 102 'the bundle /nowhere cannot be opened: no such file'
state / | hook
expect 'refuses the bundle /' 102 'the runtime lost the bundle'
state relative/path | hook
expect 'refuses a relative bundle' 102 'must be absolute'
state /etc/hostname | hook
expect 'refuses a bundle that is a file' 102 'cannot be opened: Not a directory'
ln -s "$BUNDLE" "$NODE/link"
state "$NODE/link" | hook
expect 'refuses a bundle that is a link' 102 'cannot be opened'

# broken NAME STATUS TEXT: config.json as it stands now; then whole again
broken() {
	state | hook
	expect "$1" "$2" "$3"
	rm -rf "$BUNDLE/config.json"
	plain_bundle
}
rm "$BUNDLE/config.json"
broken 'refuses a bundle without config.json' 102 'config.json cannot be opened: no such file'
rm "$BUNDLE/config.json" && mkdir "$BUNDLE/config.json"
broken 'refuses a directory' 102 'config.json is a directory'
rm "$BUNDLE/config.json" && mkfifo "$BUNDLE/config.json"
broken 'refuses a FIFO' 102 'config.json is a FIFO'
mv "$BUNDLE/config.json" "$BUNDLE/other.json" && ln -s other.json "$BUNDLE/config.json"
broken 'refuses a link' 102 'config.json is a symbolic link'
: >"$BUNDLE/config.json"
broken 'refuses an empty file' 102 'config.json'
head -c 700 "$BUNDLE/config.json" >"$BUNDLE/c" && mv "$BUNDLE/c" "$BUNDLE/config.json"
broken 'refuses a file that is cut short' 102 'config.json'
echo '{}' >>"$BUNDLE/config.json"
broken 'refuses a second document' 1 'spec-integrity'
{
	printf '{"x": "'
	head -c 5000000 /dev/zero | tr '\0' x
	printf '"}'
} >"$BUNDLE/config.json"
broken 'refuses a file over the cap' 102 'larger than'
chmod 000 "$BUNDLE/config.json"
# Root reads everything; without these two capabilities it is held by modes like others.
state | setpriv --bounding-set -dac_override,-dac_read_search "$GATE" hook createRuntime >"$NODE/out" 2>&1
echo $? >"$NODE/status"
expect 'refuses an unreadable file' 102 'config.json cannot be opened: no permission'
plain_bundle

# --- the policy: without a last good one nothing starts ---
no_snapshot() {
	rm -rf /var/lib/ocigate
	mkdir -p /var/lib/ocigate
}
# bad_policy NAME TEXT
bad_policy() {
	no_snapshot
	state | hook
	expect "$1" 101 "$2"
	rm -rf /etc/ocigate/policy.d
	mkdir -m 755 /etc/ocigate/policy.d
	no_snapshot
	settle
}
chmod 777 /etc/ocigate/policy.d
bad_policy 'refuses a policy directory that anybody may write' '/etc/ocigate/policy.d'
chown 65534 /etc/ocigate/policy.d/50-test.json
bad_policy 'refuses a drop-in of a user' '50-test.json'
chmod 666 /etc/ocigate/policy.d/50-test.json
bad_policy 'refuses a drop-in that anybody may write' '50-test.json'
echo '{"version": 1,' >/etc/ocigate/policy.d/50-test.json
bad_policy 'refuses a drop-in that is no JSON' '50-test.json'
echo '{"version": 1, "rules": {"capabilites": {"effect": "deny"}}}' >/etc/ocigate/policy.d/50-test.json
bad_policy 'refuses an unknown rule' 'capabilities'
mkfifo /etc/ocigate/policy.d/60-fifo.json
bad_policy 'refuses a drop-in that is a FIFO' '60-fifo.json'

# With a last good policy: that one, and every decision says so.
state | hook
expect 'makes a policy the last good one' 0 ''
echo '{"version": 1,' >/etc/ocigate/policy.d/60-broken.json
state | hook
expect 'keeps the last good policy over a broken one' 0 ''
tail -n 1 "$RECORD" | jq -r .policy.stale >"$NODE/stale"
verify 'hook records that the policy is stale' "$(tail -n 1 "$RECORD")" grep -q '60-broken.json' "$NODE/stale"
rm -f /etc/ocigate/policy.d/60-broken.json

# --- the record on a full disk: the verdict stands ---
mkdir "$NODE/small"
mount -t tmpfs -o size=16k,mode=755 tmpfs "$NODE/small"
small="{\"file\": \"$NODE/small/log\", \"syslog\": false}"
settle '' "$small"
state | hook
expect 'records on the small disk' 0 ''
settle host-namespaces "$small"
head -c 100000 /dev/zero >"$NODE/small/fill" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
	state | hook
done
expect 'refuses on a full disk, and says so' 1 'No space left'
verify 'hook tells the verdict first' "$(cat "$NODE/out")" grep -q 'denied default/web container app: host-namespaces' "$NODE/out"
settle '' "$small"
state | hook
expect 'admits on a full disk, and says so' 0 'No space left'
rm "$NODE/small/fill"
state | hook
expect 'records again' 0 ''
tail -n 1 "$NODE/small/log" >"$NODE/last"
verify 'hook writes a whole line behind a torn one' "$(cut -c 1-200 "$NODE/last")" \
	[ "$(jq -r .verdict "$NODE/last" 2>&1)" = admit ]
for name in link fifo others; do
	rm -f "$NODE/small/log"
	case $name in
	link) ln -s "$NODE/elsewhere" "$NODE/small/log" ;;
	fifo) mkfifo "$NODE/small/log" ;;
	others) : >"$NODE/small/log" && chown 65534 "$NODE/small/log" ;;
	esac
	state | hook
	expect "writes no record into a file that is not its own ($name)" 0 'not recorded'
done
verify 'hook follows no link to write' 'it did' [ ! -e "$NODE/elsewhere" ]
settle

# --- ids ---
for id in ../../../run/node/escaped . 'a b'; do
	state "$BUNDLE" "$SLEEPER" "$id" | hook
done
found=$(find / -xdev -name 'escaped*' 2>/dev/null; find /run /var/lib /etc -name 'escaped*' 2>/dev/null)
verify 'hook takes no path from an id' "$found" [ -z "$found" ]

# --- what the caller has left around ---
settle host-namespaces
# outcome ARGS...: what is said and recorded, without what time changes
outcome() {
	: >"$RECORD"
	state | "$@" "$GATE" hook createRuntime >"$NODE/out" 2>&1
	echo "status $?"
	cat "$NODE/out"
	jq -cS 'del(.time, .duration_us)' "$RECORD"
}
mkdir -p "$NODE/odd"
cp /etc/hostname "$NODE/odd/preload.so"
outcome env >"$NODE/usual"
same() {
	name=$1
	shift
	outcome "$@" >"$NODE/got"
	verify "hook does the same $name" "$(diff "$NODE/usual" "$NODE/got" | tr '\n' ' ')" cmp -s "$NODE/usual" "$NODE/got"
}
same 'without an environment' env -i
same 'with LD_PRELOAD' env LD_PRELOAD="$NODE/odd/preload.so" LD_LIBRARY_PATH="$NODE/odd"
same 'with TZ, a locale and a home' env TZ=:/etc/passwd LANG=xx_XX.UTF-8 LC_ALL=xx LOCPATH=/tmp HOME=/nowhere
same 'with a policy in the environment' env OCIGATE_POLICY=/tmp OCIGATE_EFFECT=audit XDG_CONFIG_HOME=/tmp
same 'with signals blocked or ignored' env --ignore-signal=PIPE --ignore-signal=ALRM --block-signal=ALRM --block-signal=PIPE
# shellcheck disable=SC2016 # the inner shell's own
same 'in a directory that is gone' sh -c 'mkdir /run/gone && cd /run/gone && rmdir /run/gone && exec "$0" "$@"'
# shellcheck disable=SC2016 # as above
same 'with a umask of zero' sh -c 'umask 0 && exec "$0" "$@"'
rm "$RECORD"
state | sh -c 'umask 0 && exec "$0" hook createRuntime' "$GATE" >/dev/null 2>&1
mode=$(stat -c %a "$RECORD")
verify 'hook makes its file for root alone' "mode $mode" [ "$mode" = 600 ]

# Held at its input, it has nothing of its caller's open.
mkfifo "$NODE/slow"
"$GATE" hook createRuntime <"$NODE/slow" >"$NODE/out" 2>&1 3</etc/passwd 7>"$NODE/seven" &
held=$!
exec 8>"$NODE/slow"
waited=0
while [ "$(readlink "/proc/$held/exe")" != "$GATE" ] || [ "$(readlink "/proc/$held/cwd")" != / ]; do
	sleep 0.05
	waited=$((waited + 1))
	[ "$waited" -lt 100 ] || break
done
sleep 0.1
fds=$(cd "/proc/$held/fd" && echo *)
nnp=$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$held/status")
state >&8
exec 8>&-
wait "$held"
verify 'hook closes what it did not ask for' "open: $fds" [ "$fds" = '0 1 2' ]
verify 'hook gives up new privileges' "NoNewPrivs: $nnp" [ "$nnp" = 1 ]

# --- syslog ---
mkdir "$NODE/dev"
mount -t tmpfs -o mode=755 tmpfs "$NODE/dev"
cp -a /dev/null /dev/zero /dev/urandom "$NODE/dev"
mount --move "$NODE/dev" /dev
cat >"$NODE/listen.py" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind("/dev/log")
	s.settimeout(10)
	open(sys.argv[1], "wb").write(s.recv(65536))
END
# listen: what the next decision sends
listen() {
	rm -f /dev/log "$NODE/datagram"
	python3 "$NODE/listen.py" "$NODE/datagram" &
	listener=$!
	while [ ! -S /dev/log ]; do sleep 0.05; done
	state | hook
	wait "$listener"
}
# datagram NAME PATTERN
datagram() {
	if ! grep -Eqx -- "$2" "$NODE/datagram"; then
		not_ok "hook $1" "$(cut -c 1-300 "$NODE/datagram")"
	elif ! sed 's/^[^{]*//' "$NODE/datagram" | jq -e .verdict >/dev/null; then
		not_ok "hook $1" "no JSON: $(cut -c 1-300 "$NODE/datagram")"
	else
		ok "hook $1"
	fi
}
WHEN='(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}'
settle host-namespaces '{"syslog": true}'
listen
datagram 'tells syslog of an alert of high severity as critical' "<82>$WHEN ocigate\[[0-9]+\]: \{.*\}"
settle resource-limits '{"syslog": true}'
listen
datagram 'tells syslog of any other refusal as a warning' "<84>$WHEN ocigate\[[0-9]+\]: \{.*\}"
settle '' '{"syslog": true}'
listen
datagram 'tells syslog of an admission' "<86>$WHEN ocigate\[[0-9]+\]: \{.*\}"
rm "$BUNDLE/config.json"
listen
datagram 'tells syslog of an error' "<83>$WHEN ocigate\[[0-9]+\]: \{.*\}"
plain_bundle
rm -f /dev/log
state | hook
expect 'goes on without syslog' 0 'did not reach syslog: no such file'

kill "$SLEEPER"
exit 0
