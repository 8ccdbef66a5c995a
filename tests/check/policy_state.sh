#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The policy in force on a node: what a container's start reads when nothing
# changed, and what `policy check` and `policy show` tell when something broke.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

# expect NAME STATUS TEXT COMMAND...
expect() {
	name=$1 status=$2 text=$3
	shift 3
	"$@" >"$NODE/out" 2>&1 </dev/null
	got=$?
	if [ "$got" -ne "$status" ]; then
		not_ok "policy state: $name" "status $got, not $status: $(head -c 400 "$NODE/out" | tr '\n' ' ')"
	elif ! grep -qF -e "$text" "$NODE/out"; then
		not_ok "policy state: $name" "\"$text\" is not in: $(head -c 400 "$NODE/out" | tr '\n' ' ')"
	else
		ok "policy state: $name"
	fi
}

expect 'as installed' 0 '0 errors, 0 warnings' "$GATE" policy check
for i in 1 2 3 4 5 6 7 8; do
	printf '{"version": 1, "rules": {"host-paths": {"allowed": [{"path": "/srv/%s"}]}}}\n' "$i" >"/etc/ocigate/policy.d/5$i.json"
done
expect 'eight more drop-ins' 0 '11 files' "$GATE" policy check
bundle 0123
if command -v strace >/dev/null 2>&1; then
	# The first start after the files have settled writes down that they have.
	sleep 4
	"$GATE" check "$BUNDLE" >/dev/null 2>&1
	strace -o "$NODE/trace" "$GATE" check "$BUNDLE" >/dev/null 2>&1
	opened=$(grep -cE '^open.*(policy\.d|presets)' "$NODE/trace")
	calls=$(grep -cE 'policy\.(d|snapshot)|presets|ocigate-snapshot|/var/lib/ocigate"' "$NODE/trace")
	looked=$(grep -cE 'stat.*(policy\.d|presets)' "$NODE/trace")
	if [ "$opened" -eq 0 ] && [ "$looked" -eq 14 ] && [ "$calls" -le 20 ]; then
		ok 'policy state: a start opens no drop-in while nothing changed'
	else
		not_ok 'policy state: a start opens no drop-in while nothing changed' \
			"$opened opened, $looked looked at (3 directories, 10 drop-ins, 1 preset), $calls calls"
	fi
else
	echo 'skip policy state: a start opens no drop-in while nothing changed: no strace'
fi

policy 60-typo '{"version": 1, "rules": {"host-path": {}}}'
expect 'check says what is in force instead' 101 'in force: the last good policy, sha256:' "$GATE" policy check
expect 'show shows it, and why' 101 'stale: /etc/ocigate/policy.d/60-typo.json: /rules/host-path' "$GATE" policy show
expect 'show for programs as well' 101 '"stale": "/etc/ocigate/policy.d/60-typo.json' "$GATE" policy show --format json
rm /var/lib/ocigate/policy.snapshot
expect 'without a last good policy' 101 'every container is denied' "$GATE" policy check
rm /etc/ocigate/policy.d/60-typo.json
chmod 777 /var/lib/ocigate
expect 'check says that nothing can be kept' 0 '/var/lib/ocigate can be written by others than root' "$GATE" policy check
chmod 755 /var/lib/ocigate
mount -t tmpfs -o ro,mode=755 tmpfs /var/lib/ocigate
expect 'check says that the disk is read-only' 0 'Read-only file system' "$GATE" policy check
umount /var/lib/ocigate

# --- what somebody meets who asks wrongly ---
expect 'a directory that somebody names must be there, to show' 101 '/nowhere: no such file' "$GATE" policy show --policy /nowhere
expect 'and to check' 101 '/nowhere: no such file' "$GATE" policy check --policy /nowhere
chmod 700 /etc/ocigate
expect 'who is not root is told so' 101 '/etc/ocigate cannot be opened: no permission (you are not root)' \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$GATE" policy show
chmod 755 /etc/ocigate
for words in 'policy defaults' 'policy show' rules 'rules --format schema' --help 'check --help'; do
	# shellcheck disable=SC2016,SC2086 # words, for another shell
	expect "a full disk cuts nothing short in silence: $words" 111 'ocigate: the output could not be written' \
		sh -c '"$0" "$@" >/dev/full' "$GATE" $words
done
# shellcheck disable=SC2016 # for another shell
expect 'who reads only the beginning is told nothing' 0 'policy sha256:' sh -c '"$0" policy show --format text | head -n 1' "$GATE"
if grep -q ocigate: "$NODE/out"; then
	not_ok 'policy state: nor is it taken for a full disk' "$(cat "$NODE/out")"
else
	ok 'policy state: nor is it taken for a full disk'
fi
