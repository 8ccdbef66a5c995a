#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the DaemonSet's container does on its node: drop-ins from the ConfigMap,
# the program, the engine's configuration, and then it looks now and again
# whether that is still so. The node's directories lie below /host. Deleting the
# pod leaves the gate in place: only uninstall takes it away.
#
# usage: node.sh [once]        once: do it and end, with 0 if the gate is in place
#
#   OCIGATE_ACTION=install|uninstall
#   OCIGATE_ENGINE=containerd|crio
#   OCIGATE_OPTIONS=--hook-only         options of the engine's installer
#   OCIGATE_PRESET=restricted           a preset below all drop-ins
#   OCIGATE_RESTART=yes                 restart the engine when its configuration has changed; takes the component restart
#   OCIGATE_PERIOD=60                   seconds
#   OCIGATE_HOST, OCIGATE_PREFIX, OCIGATE_POLICY, OCIGATE_BINARY, OCIGATE_SHIPPED, OCIGATE_READY: other places
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${OCIGATE_ACTION:=install}" "${OCIGATE_ENGINE:=containerd}" "${OCIGATE_OPTIONS:=}" "${OCIGATE_PRESET:=}"
: "${OCIGATE_RESTART:=}" "${OCIGATE_PERIOD:=60}" "${OCIGATE_HOST:=/host}" "${OCIGATE_PREFIX:=/opt/ocigate/bin}"
: "${OCIGATE_POLICY:=/config}" "${OCIGATE_BINARY:=/usr/bin/ocigate}" "${OCIGATE_SHIPPED:=/usr/lib/ocigate}"
: "${OCIGATE_READY:=/tmp/ready}"
drop_ins=$OCIGATE_HOST/etc/ocigate/policy.d
list=$OCIGATE_HOST/var/lib/ocigate/install/kubernetes.files
umask 022

say() {
	printf '%s\n' "ocigate: $*"
}

# Engines' programs and their libraries are asked below the node's root, of which only parts are mounted.
view() {
	chmod 755 "$OCIGATE_HOST"
	for name in bin sbin lib lib64; do
		[ -e "$OCIGATE_HOST/$name" ] || [ ! -d "$OCIGATE_HOST/usr/$name" ] || ln -s "usr/$name" "$OCIGATE_HOST/$name"
	done
}

# The drop-ins that shall be: shipped exceptions, a preset, what the ConfigMap says, in that order.
collect() {
	rm -rf "$1"
	mkdir -p "$1"
	for file in "$OCIGATE_SHIPPED"/policy.d/10-*.json; do
		[ ! -e "$file" ] || cp "$file" "$1/"
	done
	[ -z "$OCIGATE_PRESET" ] || cp "$OCIGATE_SHIPPED/presets/$OCIGATE_PRESET.json" "$1/05-preset.json" || return 1
	for file in "$OCIGATE_POLICY"/*.json; do
		[ ! -e "$file" ] || cp -L "$file" "$1/"
	done
}

ours() {
	[ -e "$list" ] && grep -qxF "$1" "$list"
}

# put_policy: files that somebody else put on the node are left alone, ours are replaced by a rename
put_policy() {
	wanted=${list%/*}/policy.d
	collect "$wanted" || return 1
	if ! checked=$("$OCIGATE_BINARY" policy check --presets "$OCIGATE_HOST/usr/lib/ocigate/presets" --policy "$wanted" 2>&1); then
		say "the ConfigMap's drop-ins are wrong, those on the node stay:" "$checked"
		rm -rf "$wanted"
		return 1
	fi
	mkdir -p "$drop_ins"
	for file in "$wanted"/*.json; do
		name=${file##*/}
		if [ -e "$drop_ins/$name" ] && ! ours "$name"; then
			say "$name is on the node already, and not from here: it stays"
			continue
		fi
		ours "$name" || echo "$name" >>"$list"
		cmp -s "$file" "$drop_ins/$name" && continue
		cp "$file" "$drop_ins/.$name.new" && mv -f "$drop_ins/.$name.new" "$drop_ins/$name" || return 1
		say "$name is in place"
	done
	drop_policy "$wanted"
	rm -rf "$wanted"
}

# drop_policy [DIRECTORY]: takes those of ours away that are not in it
drop_policy() {
	[ -e "$list" ] || return 0
	while read -r name; do
		if [ -n "${1:-}" ] && [ -e "$1/$name" ]; then
			echo "$name"
		else
			rm -f "$drop_ins/$name"
			say "$name is taken away" >&2
		fi
	done <"$list" >"$list.new"
	mv -f "$list.new" "$list"
	[ -s "$list" ] || rm -f "$list"
}

restart() {
	case $OCIGATE_ENGINE in crio) unit=crio ;; *) unit=containerd ;; esac
	if [ -z "$OCIGATE_RESTART" ]; then
		say "not in force before: systemctl restart $unit"
		return
	fi
	say "restarting $unit"
	nsenter --target 1 --mount --uts --ipc --net --pid -- systemctl restart "$unit" || say "$unit cannot be restarted"
}

# The engine's own files, to see whether they have changed
sums() {
	find "$OCIGATE_HOST/etc/$OCIGATE_ENGINE" "$OCIGATE_HOST/etc/ocigate" -type f ! -path '*/policy.d/*' \
		-exec cksum {} + 2>/dev/null | sort
}

engine() {
	before=$(sums)
	# shellcheck disable=SC2086 # options
	sh "$here/../$OCIGATE_ENGINE/install.sh" --root "$OCIGATE_HOST" --prefix "$OCIGATE_PREFIX" "$@" || return 1
	[ "$before" = "$(sums)" ] || restart
}

# What is this container's business, as far as it shows from here: where decisions are recorded does not, and the live try
# is for the node itself.
in_place() {
	findings=${OCIGATE_READY%/*}/findings
	"$OCIGATE_BINARY" doctor --root "$OCIGATE_HOST" --no-live --format json >"$findings"
	[ -s "$findings" ] || return 1
	case $OCIGATE_ENGINE in crio) about=CRI-O ;; *) about=containerd ;; esac
	python3 -c '
import json, sys
faults = [finding for finding in json.load(open(sys.argv[2]))["findings"] if finding["health"] == "fault"
          and finding["about"] in ("node", sys.argv[1]) and not finding["text"].startswith("decisions are")]
for finding in faults:
    print("ocigate: {about}: {text} ({remedy})".format(**finding))
raise SystemExit(bool(faults))' "$about" "$findings"
}

turn() {
	view
	if [ "$OCIGATE_ACTION" = uninstall ]; then
		engine uninstall && drop_policy
		return
	fi
	# shellcheck disable=SC2086 # options
	put_policy && engine --binary "$OCIGATE_BINARY" $OCIGATE_OPTIONS install && in_place
}

case $OCIGATE_ENGINE in containerd | crio) ;; *) say "OCIGATE_ENGINE is containerd or crio, not $OCIGATE_ENGINE"; exit 100 ;; esac
case $OCIGATE_ACTION in install | uninstall) ;; *) say "OCIGATE_ACTION is install or uninstall, not $OCIGATE_ACTION"; exit 100 ;; esac
trap 'exit 0' TERM INT
said=''
while :; do
	output=$(turn 2>&1)
	status=$?
	# The same every time is no news.
	[ "$output" = "$said" ] || printf '%s\n' "$output"
	said=$output
	[ "${1:-}" != once ] || exit $status
	if [ $status -eq 0 ]; then : >"$OCIGATE_READY"; else rm -f "$OCIGATE_READY"; fi
	sleep "$OCIGATE_PERIOD" &
	wait $!
done
