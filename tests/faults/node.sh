#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A node in a bad state: disks full, read-only or missing, the clock set, 500
# containers at once. The verdict is what it would be on a healthy node, or a
# refusal.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/fault_beds.sh
. tests/lib/fault_beds.sh

command -v crun >/dev/null 2>&1 || { echo 'skip faults node: crun is not installed'; exit 0; }
PROGRAM=$GATE
beds

# verdicts NAME: what must be admitted is, what must be refused is; nothing is left behind
verdicts() {
	"$GATE" hook createRuntime <"$NODE/good.state" >"$NODE/out" 2>&1
	good=$?
	"$GATE" hook createRuntime <"$NODE/bad.state" >"$NODE/out.bad" 2>&1
	bad=$?
	cp "$NODE/root.json" "$make/config.json"
	/usr/local/bin/ocigate-stub --root /run/crun create --bundle "$make" make >"$NODE/out.wrapper" 2>&1
	wrapper=$?
	litter=$(find /run/ocigate /var/lib/ocigate "$make" -name '.*.new' 2>/dev/null)
	if [ "$good/$bad/$wrapper" = 0/1/1 ] && [ -z "$litter" ]; then
		ok "faults node: $1"
	else
		not_ok "faults node: $1" "hook $good, $bad, wrapper $wrapper, left '$litter': $(cat "$NODE/out" "$NODE/out.bad" "$NODE/out.wrapper" | tr '\n' ' ' | head -c 500)"
	fi
}

cp "$make/config.json" "$NODE/amendable.json"
jq '.process.user.uid = 0' "$make/config.json" >"$NODE/root.json"
verdicts 'in order'

mount -t tmpfs -o size=16k,mode=755 tmpfs /run/ocigate
dd if=/dev/zero of=/run/ocigate/filler bs=1k 2>/dev/null
verdicts 'a full /run/ocigate'
umount /run/ocigate

mount -t tmpfs -o mode=755,nr_inodes=1 tmpfs /run/ocigate
verdicts 'no inode left in /run/ocigate'
mount -o remount,ro /run/ocigate
verdicts 'a read-only /run/ocigate'
umount /run/ocigate

rm -rf /run/ocigate
verdicts 'no /run/ocigate'

rm -f "$SNAPSHOT"
mount -t tmpfs -o mode=755,ro tmpfs /var/lib/ocigate
verdicts 'a read-only /var/lib/ocigate, and no policy kept'
umount /var/lib/ocigate
mount -t tmpfs -o mode=755,size=4k tmpfs /var/lib/ocigate
dd if=/dev/zero of=/var/lib/ocigate/filler bs=1k 2>/dev/null
verdicts 'a full /var/lib/ocigate'
umount /var/lib/ocigate
mv /var/lib/ocigate /var/lib/away
verdicts 'no /var/lib/ocigate'
mv /var/lib/away /var/lib/ocigate

mount -t tmpfs -o mode=700,size=4k tmpfs /var/log/ocigate
dd if=/dev/zero of=/var/log/ocigate/filler bs=1k 2>/dev/null
verdicts 'no room for the log'
umount /var/log/ocigate

# What must be written, and cannot: refused, the old text stays.
mount --bind "$make" "$make"
cp "$NODE/amendable.json" "$make/config.json"
mount -o remount,bind,ro "$make"
/usr/local/bin/ocigate-stub --root /run/crun create --bundle "$make" make >"$NODE/out" 2>&1
status=$?
if [ $status -eq 1 ] && cmp -s "$NODE/amendable.json" "$make/config.json"; then
	ok 'faults node: a spec that must be amended on a read-only disk'
else
	not_ok 'faults node: a spec that must be amended on a read-only disk' "status $status: $(cat "$NODE/out")"
fi
umount "$make"

"${CC:-cc}" -O1 -static -o "$NODE/crowd" tests/faults/inject/crowd.c || exit 1

# crowd NAME: 500 hooks at once, every tenth about a container that must be refused
crowd() {
	if "$NODE/crowd" "$GATE" "$NODE/good.state" "$NODE/bad.state" >"$NODE/out"; then
		ok "faults node: $1 ($(cat "$NODE/out"))"
	else
		not_ok "faults node: $1" "$(cat "$NODE/out")"
	fi
}

"$GATE" hook createRuntime <"$NODE/good.state" >/dev/null 2>&1
crowd '500 hooks at once'
rm -f "$SNAPSHOT"
crowd '500 hooks at once, none of which finds the policy kept'
verdicts 'after them'

# --- the clock ---

if [ "$(uname -m)" = x86_64 ]; then
	inject
	created late '.process.user.uid = 0'
	day=86400 now=$(date +%s)
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"exceptions\": [{\"name\": \"until\", \"reason\": \"a test\",
		\"expires\": \"$(date -u -d "@$((now + 100 * day))" +%Y-%m-%d)\", \"match\": {\"namespaces\": [\"default\"]},
		\"rules\": {\"root-user\": {\"effect\": \"audit\"}}}]}"
	clock() {
		"$NODE/inject" --name "node: an exception and a clock that is $1" --expect "$2" --clock "$3" --stdin "$NODE/late.state" -- \
			"$GATE" hook createRuntime
	}
	clock 'a second ahead' admit 1
	clock '98 days ahead' admit $((98 * day))
	clock '102 days ahead' deny $((102 * day))
	clock 'in 2038' deny $((2147483648 - now))
	clock 'in 9999' deny $((253402300000 - now))
	clock 'in 12000' deny $((316516000000 - now))
	# An hour short of it: time goes on while this runs, and beyond the end it would be long ago.
	clock 'at the end of what it can tell' deny $((9223372036854775807 - now - 3600))
	clock 'in 1970' admit $((10 - now))
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"exceptions\": [{\"name\": \"until\", \"reason\": \"a test\",
		\"expires\": \"2020-01-01\", \"match\": {\"namespaces\": [\"default\"]}, \"rules\": {\"root-user\": {\"effect\": \"audit\"}}}]}"
	sleep 4
	"$GATE" hook createRuntime <"$NODE/late.state" >/dev/null 2>&1
	tries=100
	[ "${FAULTS:-}" != all ] || tries=0
	"$NODE/inject" --name 'node: an exception that has ended' --expect deny --startup "$GATE" --deadline 30 --tries $tries --seed 1 \
		--tree /run/ocigate --tree /var/lib/ocigate --vary "/run/ocigate/decisions/*" --vary "$SNAPSHOT" --may "*/seccomp/*" --stdin "$NODE/late.state" -- "$GATE" hook createRuntime
	run_real delete --force late >/dev/null 2>&1
else
	echo 'skip faults node: the clock: written for x86_64'
fi
beds_end
