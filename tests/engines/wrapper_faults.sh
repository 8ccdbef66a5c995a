#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Faults while the wrapper works: never an unjudged container, never half a
# spec.
# shellcheck disable=SC2016 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/wrapper.sh
. tests/lib/wrapper.sh

cases() {
	settle '{}'
	make replaced 'del(.linux.seccomp)'
	cp "$BUNDLE/config.json" "$NODE/good.json"
	jq 'del(.linux.namespaces[] | select(.type == "pid"))' "$NODE/good.json" >"$NODE/evil.json"
	if command -v strace >/dev/null 2>&1; then
		# Stopped where it has written the new text and not yet put it in place: meanwhile the spec is exchanged.
		strace -q -o "$NODE/trace" -e trace=fchown -e inject=fchown:delay_enter=700000 \
			"$wrapper" --root "$STATE" run --bundle "$BUNDLE" replaced </dev/null >"$NODE/out" 2>"$NODE/err" &
		pid=$!
		sleep 0.3
		cp "$NODE/evil.json" "$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
		wait "$pid"
		status=$?
		holds 'a spec exchanged before the rewrite does not reach the runtime' eval '[ "$status" -eq 0 ] && [ "$(config ".linux.seccomp.defaultAction")" = SCMP_ACT_ERRNO ] && config ".linux.namespaces[].type" | grep -q pid'
		make later 'del(.linux.seccomp)'
		strace -q -o "$NODE/trace" -e trace=execveat -e inject=execveat:signal=KILL \
			"$wrapper" --root "$STATE" run --bundle "$BUNDLE" later </dev/null >"$NODE/out" 2>"$NODE/err"
		holds 'killed between rewrite and exec: no container, a whole amended spec' eval '! ran && [ "$(config ".linux.seccomp.defaultAction")" = SCMP_ACT_ERRNO ]'
		wrapped run --bundle "$BUNDLE" later
		holds 'and the next try runs it' eval '[ "$status" -eq 0 ] && inside Seccomp 2'
		for call in write fsync fchown fchmod renameat; do
			make "fault-$call" 'del(.linux.seccomp)'
			cp "$BUNDLE/config.json" "$NODE/good.json"
			strace -q -o "$NODE/trace" -e trace=$call -e inject=$call:error=ENOSPC \
				"$wrapper" --root "$STATE" run --bundle "$BUNDLE" "fault-$call" </dev/null >"$NODE/out" 2>"$NODE/err"
			status=$?
			holds "$call fails: no container, the old spec, nothing left behind" eval 'refused && cmp -s "$BUNDLE/config.json" "$NODE/good.json" && [ -z "$(find "$BUNDLE" -maxdepth 1 -name ".config*")" ]'
		done
	else
		echo "skip $runtime wrapper: faults: no strace"
	fi
	make full 'del(.linux.seccomp)'
	full_disk
	make readonly 'del(.linux.seccomp)'
	cp "$BUNDLE/config.json" "$NODE/good.json"
	mount --bind "$BUNDLE" "$BUNDLE"
	mount -o remount,bind,ro "$BUNDLE"
	wrapped run --bundle "$BUNDLE" readonly
	umount "$BUNDLE"
	holds 'a read-only bundle that must change is refused' eval 'refused && cmp -s "$BUNDLE/config.json" "$NODE/good.json"'
	mkdir -p "$NODE/open"
	chmod 777 "$NODE/open"
	cp -a "$BUNDLE" "$NODE/open/bundle"
	wrapped run --bundle "$NODE/open/bundle" open
	holds 'a bundle where others may write is refused' refused
}

full_disk() {
	small=$NODE/small
	mkdir -p "$small"
	mount -t tmpfs -o size=64k,mode=755 tmpfs "$small"
	mkdir "$small/bundle"
	jq '.root.path = $rootfs' --arg rootfs "$BUNDLE/rootfs" "$BUNDLE/config.json" >"$small/bundle/config.json"
	dd if=/dev/zero of="$small/filler" bs=1k 2>/dev/null
	cp "$small/bundle/config.json" "$NODE/good.json"
	wrapped run --bundle "$small/bundle" full
	holds 'a full disk: no container, the old spec' eval 'refused && cmp -s "$small/bundle/config.json" "$NODE/good.json"'
	umount "$small"
}

each_runtime
