#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Inside the virtual machine (tests/vm/run.sh): what ocigate says about AppArmor
# and what the kernel then does, under runc and crun, as hook and as wrapper.
# The runtimes are tried side by side, each with files of its own.
# shellcheck disable=SC2016 # scripts for containers
set -u
RECORD=/run/decisions
BUNDLES=/run/containerd/io.containerd.runtime.v2.task/k8s.io
count=0
cp /bin/busybox /run/busybox

ok() {
	echo "ok vm $engine $gate: $1"
}

not_ok() {
	echo "not ok vm $engine $gate: $1: $2"
}

# runtime ARGS...: $engine, directly or behind the wrapper
runtime() {
	program=$engine
	[ "$gate" = hook ] || program=ocigate-$engine
	case $engine in
	runc) "$program" --root /run/runc "$@" ;;
	crun) "$program" --root /run/crun --cgroup-manager=cgroupfs "$@" ;;
	esac
}

# settle RULES [MORE]: the policy
settle() {
	printf '{"version": 1, "log": {"file": "%s", "syslog": false}, "rules": %s%s}\n' "$RECORD" "$1" "${2:-}" \
		>/etc/ocigate/policy.d/50-test.json
}

# container TEMPLATE PROFILE SCRIPT: sets $id and $BUNDLE; the script holds neither quotes nor backslashes
container() {
	count=$((count + 1))
	id=$engine-$gate-$count
	BUNDLE=$BUNDLES/$id
	mkdir -p "$BUNDLE/rootfs/proc" "$BUNDLE/rootfs/sys" "$BUNDLE/rootfs/dev" "$BUNDLE/rootfs/mark" "$BUNDLE/rootfs/bin"
	chmod 1777 "$BUNDLE/rootfs/mark"
	ln /run/busybox "$BUNDLE/rootfs/bin/busybox"
	sed -e "s|@ID@|$id|" -e "s|@PROFILE@|$(echo "$2" | sed 's/&/\\&/g')|" -e "s|@SCRIPT@|$(echo "$3" | sed 's/[|&]/\\&/g')|" \
		"templates/$1.$gate.json" >"$BUNDLE/config.json"
	out=/run/$engine.out
}

run() {
	runtime run --bundle "$BUNDLE" "$id" </dev/null >"$out" 2>&1
	status=$?
}

ran() {
	[ -e "$BUNDLE/rootfs/mark/ran" ]
}

said() {
	tail -n 4 "$out" | tr '\n' ' ' | cut -c 1-600
}

gone() {
	rm -rf "$BUNDLE"
}

# runs NAME PROFILE LABEL: admitted, and confined by LABEL
runs() {
	container plain "$2" '/bin/busybox cat /proc/self/attr/current; : >/mark/ran'
	run
	if [ $status -ne 0 ] || ! ran; then
		not_ok "$1" "status $status: $(said)"
	elif ! grep -qxF "$3" "$out"; then
		not_ok "$1" "is confined by: $(said)"
	else
		ok "$1"
	fi
	gone
}

# refused NAME TEMPLATE PROFILE MESSAGE: its program never ran, and the record says why
refused() {
	container "$2" "$3" ': >/mark/ran'
	run
	if ran || [ $status -eq 0 ]; then
		not_ok "$1" "it ran, status $status: $(said)"
	elif ! grep -F "\"id\":\"$id\"" "$RECORD" | grep -F '"rule":"apparmor","effect":"deny"' | grep -qF "$4"; then
		not_ok "$1" "the record does not say '$4': $(grep -F "\"id\":\"$id\"" "$RECORD" | cut -c 1-800)"
	else
		ok "$1"
	fi
	gone
}

# wanted PART: is it asked for?
wanted() {
	case $1 in "${ONLY:-}"*) return 0 ;; esac
	return 1
}

# each PART GATES FUNCTION: under every runtime, side by side
each() {
	wanted "$1" || return 0
	echo "# $1"
	for engine in runc crun; do
		command -v $engine >/dev/null 2>&1 || { echo "skip vm: $engine is not installed"; continue; }
		for gate in $2; do
			"$3"
		done &
	done
	wait
}

# profile NAME FLAGS: text of a profile that allows all but one thing
profile() {
	printf 'profile %s flags=(%s) {\n  file,\n  capability,\n  network,\n  mount,\n  signal,\n  ptrace,\n  deny /mark/no w,\n%s}\n' \
		"$1" "$2" "${3:-}"
}

load() {
	apparmor_parser -r -K "$@" 2>&1 || echo "not ok vm: the parser takes $*"
}

# kept TEST NAME WHY: ok if the command that ran just before succeeded
kept() {
	if [ "$1" -eq 0 ]; then ok "$2"; else not_ok "$2" "$3"; fi
}

# --- modes ---

modes() {
	runs 'a loaded profile in enforce mode confines' t-enforce 't-enforce (enforce)'
	runs 'the default of the engine confines' cri-containerd.apparmor.d 'cri-containerd.apparmor.d (enforce)'
	runs 'a stack of two that confine' 't-enforce//&t-kill' 't-enforce//&t-kill (mixed)'
	refused 'a profile that is not loaded' plain t-missing 'is not loaded'
	refused 'a profile in complain mode' plain t-complain 'is in complain mode'
	refused 'a profile whose flags say unconfined' plain t-unconfined 'is in unconfined mode'
	refused 'unconfined' plain unconfined 'runs without an AppArmor profile'
	refused 'no profile' none '' 'runs without an AppArmor profile'
	refused 'a stack with a weak part' plain 't-enforce//&t-complain' 't-complain is in complain mode'
	refused 'another policy namespace' plain ':other:t-enforce' 'another policy namespace'
}

# --- pins ---

pinned_unchanged() {
	runs 'a pinned profile, unchanged' t-pinned 't-pinned (enforce)'
}

pinned_reloaded() {
	runs 'a pinned profile, loaded again from the same text' t-pinned 't-pinned (enforce)'
}

pinned_replaced() {
	refused 'a pinned profile, replaced by a weaker one of its name' plain t-pinned 'is not the one that is pinned'
	refused 'the same as a part of a stack' plain 't-enforce//&t-pinned' 't-pinned is not the one that is pinned'
}

pinned_back() {
	runs 'the pinned profile put back' t-pinned 't-pinned (enforce)'
}

pins() {
	engine=- gate=pin
	profile t-pinned attach_disconnected >/run/pinned
	profile t-pinned attach_disconnected | grep -v deny >/run/weaker
	profile t-parent attach_disconnected '  profile child {
    file,
  }
' >/run/family
	load /run/pinned
	load /run/family
	ocigate apparmor pin t-pinned t-parent//child >/etc/ocigate/policy.d/60-pins.json 2>/run/pin.err
	kept $? 'ocigate apparmor pin prints a drop-in, for a child profile as well' "$(cat /run/pin.err)"
	ocigate policy check >/run/pin.err 2>&1
	kept $? 'the drop-in is a good one' "$(cat /run/pin.err)"
	ocigate apparmor pin t-absent >/run/pin.err 2>&1
	kept $(($? != 102)) 'a profile that is not loaded cannot be pinned' "$(cat /run/pin.err)"
	each pins 'hook wrapper' pinned_unchanged
	load /run/pinned
	each pins 'hook wrapper' pinned_reloaded
	load /run/weaker
	each pins 'hook wrapper' pinned_replaced
	load /run/pinned
	each pins 'wrapper' pinned_back
	rm /etc/ocigate/policy.d/60-pins.json
}

# --- apply, and the default profile that is shipped ---

tell='b=/bin/busybox; $b cat /proc/self/attr/current; $b grep ^Seccomp: /proc/self/status'

# has LINE NAME: the container printed it
has() {
	if [ $status -eq 0 ] && grep -qxF "$1" "$out"; then ok "$2"; else not_ok "$2" "status $status: $(said)"; fi
}

applied() {
	container none '' '/bin/busybox cat /proc/self/attr/current'
	run
	has 'ocigate-default (enforce)' 'a container without a profile gets the default one'
	gone
	container plain t-complain '/bin/busybox cat /proc/self/attr/current'
	run
	has 'ocigate-default (enforce)' 'a weak profile gives way to the default one'
	gone
}

applied_engine() {
	container none '' '/bin/busybox cat /proc/self/attr/current'
	run
	has 'cri-containerd.apparmor.d (enforce)' 'without default_profile the one of the engine is taken'
	gone
}

# What the profile takes from a root that has too much: no masks, no read-only paths, CAP_SYS_ADMIN, no filter.
cat >/run/tries <<'TRIES'
b=/bin/busybox
t() {
	name=$1
	shift
	if $b sh -c "$*" 2>/dev/null; then echo "$name yes"; else echo "$name no"; fi
}
t mount $b mount -t tmpfs x /mark
t remount $b mount -o remount,rw /proc
t umount $b umount /dev/shm
t core_pattern ': >/proc/sys/kernel/core_pattern'
t sysctl ': >/proc/sys/vm/swappiness'
t sysrq ': >/proc/sysrq-trigger'
t kcore "$b head -c 1 /proc/kcore >/dev/null"
t uevent_helper ': >/sys/kernel/uevent_helper'
t module ': >/sys/module/printk/parameters/time'
t file ': >/bin/file'
t read "$b cat /proc/meminfo >/dev/null"
t own ': >/proc/self/oom_score_adj'
t signal "$b sleep 9 & kill -9 \$!"
t exec $b true
TRIES

try_all() {
	container root "$1" '. /tries'
	cp /run/tries "$BUNDLE/rootfs/tries"
	run
}

shipped() {
	try_all ocigate-default
	for name in mount remount umount core_pattern sysctl sysrq kcore uevent_helper module; do
		has "$name no" "the shipped profile refuses: $name"
	done
	for name in file read own signal exec; do
		has "$name yes" "the shipped profile lets through: $name"
	done
	gone
	try_all unconfined
	for name in mount remount umount core_pattern sysctl sysrq module; do
		has "$name yes" "without a profile the same comes through: $name"
	done
	gone
	container plain ocigate-default 'trap exit TERM; : >/mark/ran; while :; do /bin/busybox sleep 0.1; done'
	runtime create --bundle "$BUNDLE" "$id" </dev/null >"$out" 2>&1 && runtime start "$id" >>"$out" 2>&1
	tries=0
	until ran || [ $((tries = tries + 1)) -gt 100 ]; do sleep 0.1; done
	runtime kill "$id" TERM >>"$out" 2>&1
	tries=0
	until runtime state "$id" 2>/dev/null | grep -q '"stopped"' || [ $((tries = tries + 1)) -gt 60 ]; do sleep 0.2; done
	[ $tries -le 60 ] && ran
	kept $? 'a container under the shipped profile stops when the engine says so' "$(said)"
	runtime delete --force "$id" >/dev/null 2>&1
	gone
}

# --- the redis deployment ---

# Everything lies where containerd and the kubelet had it; the pause container is a process with namespaces of its own.
redis() {
	unshare -n -i -u sleep 600 &
	pause=$!
	while read -r source; do
		case $source in
		*/etc-hosts | */hostname | */resolv.conf | */containers/redis/*) mkdir -p "${source%/*}" && : >"$source" ;;
		*) mkdir -p "$source" ;;
		esac
	done <templates/redis.sources
	id=$(cat templates/redis.id)
	BUNDLE=$BUNDLES/$id
	for engine in runc crun; do
		command -v $engine >/dev/null 2>&1 || continue
		out=/run/$engine.out
		mkdir -p "$BUNDLE/rootfs/bin"
		ln /run/busybox "$BUNDLE/rootfs/bin/busybox"
		sed -e "s|/proc/[0-9]*/ns/|/proc/$pause/ns/|" -e "s|@SCRIPT@|$tell|" templates/redis.wrapper.json >"$BUNDLE/config.json"
		run
		has 'cri-containerd.apparmor.d (enforce)' 'the healthy redis deployment runs under its profile'
		has 'Seccomp:	2' 'the healthy redis deployment gets its filter'
		gone
	done
	kill $pause
}

# --- attach: the transition to the profile happens under the supervisor ---

attached() {
	for template in attach attach-window; do
		container $template t-enforce "$tell"
		run
		has 't-enforce (enforce)' "$template: confined by its profile"
		has 'Seccomp:	2' "$template: and filtered"
		gone
	done
	container attach-window 't-enforce//&t-kill' "$tell"
	run
	has 't-enforce//&t-kill (mixed)' 'attach: a stack stays one'
	has 'Seccomp:	2' 'attach: and is filtered'
	gone
}

# The first instruction of a program makes a call that the default filter stops.
probed() {
	for probe in probes/*; do
		name=${probe#probes/}
		gate=wrapper
		container probe t-enforce "$name"
		gate=hook
		cp "$probe" "$BUNDLE/rootfs/$name"
		run
		[ $status -eq 0 ]
		kept $? "attach: without the hook the first instruction of $name comes through" "status $status: $(said)"
		gone
		for template in probe probe-window; do
			container $template t-enforce "$name"
			cp "$probe" "$BUNDLE/rootfs/$name"
			run
			[ $status -eq 42 ]
			kept $? "attach: the first instruction of $name, $template" "status $status: $(said)"
			gone
		done
	done
}

# --- what was started: under its profile it is no false alarm, and it is not killed ---

attested() {
	for profile in t-enforce 't-enforce//&t-kill'; do
		container plain "$profile" ': >/mark/ran; /bin/busybox sleep 3; echo alive'
		run
		has alive "attestation: a container under $profile goes on"
		grep -F "\"id\":\"$id\"" "$RECORD" | grep -F '"stage":"poststart"' | grep -qF '"findings":[]'
		kept $? "attestation: nothing is found under $profile" "$(grep -F "\"id\":\"$id\"" "$RECORD" | cut -c 1-900)"
		gone
	done
}

# --- where nobody may trace: the last part, for there is no way back ---

untraceable() {
	container attach t-enforce ': >/mark/ran'
	run
	[ $status -ne 0 ] && ! ran && grep -F "\"id\":\"$id\"" "$RECORD" | grep -qF 'kernel.yama.ptrace_scope is 3'
	kept $? 'attach: Yama forbids it: the container is refused, and the record says why' \
		"status $status: $(said) $(grep -F "\"id\":\"$id\"" "$RECORD" | cut -c 1-600)"
	gone
}

# --- soundness: bent bundles, run under AppArmor and with nothing but cgroup2 ---

soundness() {
	command -v python3 >/dev/null 2>&1 || { echo 'skip vm soundness: there is no Python for this machine'; return; }
	{
		profile s-enforce attach_disconnected
		profile s-kill kill,attach_disconnected
		profile s-complain complain,attach_disconnected
		profile s-unconfined unconfined,attach_disconnected
	} >/run/bent
	load /run/bent
	BUILD=/run SOUNDNESS_CACHE='' SOUNDNESS_AUDIT=0 SOUNDNESS_ABOUT=apparmor PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -B tests/soundness/soundness.py 2>&1
}

engine=- gate=-
echo "# Linux $(uname -r), $(runc --version | head -n 1), $(crun --version 2>/dev/null | head -n 1)"
if [ "$(cat /sys/module/apparmor/parameters/enabled)" != Y ]; then
	echo 'not ok vm: the kernel has AppArmor on'
	exit 1
fi
{
	profile t-enforce attach_disconnected
	profile t-complain complain,attach_disconnected
	profile t-unconfined unconfined,attach_disconnected
	profile t-kill kill,attach_disconnected
} >/run/modes
load /run/modes
sed 's/ocigate-default/cri-containerd.apparmor.d/' config/apparmor/ocigate-default >/run/engine
load /run/engine
cp config/apparmor/ocigate-default /etc/apparmor.d/
sh install/apparmor.sh >/run/install.err 2>&1 && grep -q '^ocigate-default (enforce)$' /sys/kernel/security/apparmor/profiles
kept $? 'the installer loads the shipped profile' "$(cat /run/install.err)"
settle '{}'
each modes 'hook wrapper' modes
if wanted pins; then pins; fi
settle '{"apparmor": {"effect": "apply", "default_profile": "ocigate-default"}}'
each apply wrapper applied
settle '{"apparmor": {"effect": "apply"}}'
each apply wrapper applied_engine
settle '{"privileged": {"effect": "audit"}, "root-user": {"effect": "audit"}, "capabilities": {"effect": "audit"},
	"proc-mount": {"effect": "audit"}, "seccomp": {"effect": "audit"}, "apparmor": {"effect": "audit"}}'
each shipped wrapper shipped
settle '{}'
gate=wrapper
if wanted redis; then redis; fi
each attach hook attached
each probed hook probed
settle '{"attestation": {"effect": "deny"}}' ', "runtime": {"poststart": true}'
each attested wrapper attested
settle '{}'
if [ -n "${SOUNDNESS_RUNS:-}" ] && wanted soundness; then
	echo '# soundness'
	soundness
fi
if echo 3 >/proc/sys/kernel/yama/ptrace_scope; then each untraceable hook untraceable; fi
