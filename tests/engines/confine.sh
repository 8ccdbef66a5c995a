#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How the hook confines itself, tried by breaking out. A program that links
# the library makes the call that the hook makes and then tries everything that
# an intruder would; and the hook itself is looked at while it judges.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

OWN=$NODE/own
LOG=$NODE/probe.log

# attempts ROLE [COMMAND...]: what each of $only, or of all, gave, to $NODE/out
only=
attempts() {
	role=$1
	shift
	rm -rf "$OWN"
	mkdir -p "$OWN"
	: >"$OWN/there"
	: >"$OWN.hostname"
	: >"$LOG"
	# shellcheck disable=SC2086 # a list of names
	"$@" "$NODE/probe" "$role" "$OWN" "$LOG" $only >"$NODE/out" 2>"$NODE/err"
}

# expect NAME: the table on stdin is what $NODE/out says; a call that this processor does not have is in neither
expect() {
	grep -v '^$' | sort >"$NODE/expected"
	case $(uname -m) in
	x86_64) ;;
	*) sed -i '/^other_abi \|^x32 /d' "$NODE/expected" ;;
	esac
	# Landlock's word for a file that must not change its directory.
	sed 's/ EXDEV$/ EACCES/' "$NODE/out" | sort | comm -3 "$NODE/expected" - >"$NODE/differs"
	if [ -s "$NODE/differs" ]; then
		not_ok "confine: $1" "expected, and what was: $(tr '\t\n' '> ;' <"$NODE/differs") $(cat "$NODE/err")"
	else
		ok "confine: $1 ($(wc -l <"$NODE/out") attempts)"
	fi
}

# whole: killed where nobody who judges has a use for the call, an error where the use is another
whole() {
	cat <<-'EOF'
		execve killed
		execveat killed
		fork killed
		clone3 killed
		clone_namespace killed
		ptrace killed
		kill killed
		write_memory killed
		pidfd_getfd killed
		environment EACCES
		memory_file EACCES
		setuid killed
		capset ENOSYS
		setns killed
		unshare killed
		chroot killed
		mount killed
		bpf killed
		module killed
		keyctl killed
		io_uring killed
		userfaultfd killed
		handle killed
		other_abi killed
		x32 killed
		unknown_call ENOSYS
		map_code ENOSYS
		make_code ENOSYS
		much_memory ENOMEM
		some_memory ok
		inet ENOSYS
		netlink ENOSYS
		engine_socket ENOSYS
		syslog_socket ok
		read ok
		overwrite EACCES
		create EACCES
		create_for_good EACCES
		core_pattern EACCES
		cgroup EACCES
		set_uid_bit killed
		chown killed
		remove EACCES
		rename EACCES
		move_out EACCES
		link killed
		symlink killed
		device killed
		own_file ok
		own_rename ok
		own_directory ok
		log ok
		beside_log EACCES
	EOF
}

# Where the kernel has no Landlock, files of root are open to it by its uid; what takes a capability is not.
FILES='^\(overwrite\|create\|create_for_good\|core_pattern\|cgroup\|remove\|rename\|move_out\|beside_log\) '

# --- the hook itself, held in the middle of its judgement ---

status_of() {
	sed -n "s/^$1:[[:space:]]*//p" "$NODE/status"
}

# looks NAME FIELD VALUE
looks() {
	if [ "$(status_of "$2")" = "$3" ]; then
		ok "confine: the hook, while it judges: $1"
	else
		not_ok "confine: the hook, while it judges: $1" "$2 is '$(status_of "$2")', not '$3'"
	fi
}

# It is stopped as it opens the mount table of the container, which it reads after the spec.
held() {
	# shellcheck source=tests/bench/example.sh
	. tests/bench/example.sh
	example_drop_ins
	example_hold || { not_ok 'confine: the hook' 'the example does not start'; return; }
	"$GATE" hook createRuntime <"$STATE" >/dev/null 2>&1
	# shellcheck disable=SC2094 # the state is read twice
	strace -D -q -o "$NODE/trace" -P "/proc/$(jq .pid "$STATE")/mountinfo" -P mountinfo \
		-e inject=openat:delay_enter=1500000 "$GATE" hook createRuntime <"$STATE" >/dev/null 2>"$NODE/err" &
	pid=$!
	tries=0
	until grep -q '^Seccomp:.*2' "/proc/$pid/status" 2>/dev/null || [ $((tries = tries + 1)) -gt 100 ]; do
		sleep 0.02
	done
	cat "/proc/$pid/status" >"$NODE/status"
	cat "/proc/$pid/limits" >"$NODE/limits"
	find "/proc/$pid/fd" -mindepth 1 >"$NODE/fds"
	wait "$pid"
	result=$?
	looks 'a filter' Seccomp 2
	looks 'no new privileges' NoNewPrivs 1
	looks 'one capability: to read what is another user'"'"'s' CapEff 0000000000000004
	looks 'and none to get back' CapPrm 0000000000000004
	looks 'an umask' Umask 0077
	if awk '/^Max address space/ { exit !($4 ~ /^[0-9]+$/ && $5 == $4) }' "$NODE/limits"; then
		ok 'confine: the hook, while it judges: its memory is limited'
	else
		not_ok 'confine: the hook, while it judges: its memory is limited' "$(grep address "$NODE/limits")"
	fi
	if [ $result -eq 0 ]; then ok 'confine: and it admits'; else not_ok 'confine: and it admits' "$(cat "$NODE/err")"; fi
	example_release
}

# --- who may not run it ---

set_uid() {
	cp "$GATE" "$NODE/ocigate"
	chmod 4755 "$NODE/ocigate"
	setpriv --reuid 1000 --clear-groups "$NODE/ocigate" policy show >"$NODE/out" 2>&1
	result=$?
	if [ $result -eq 100 ] && grep -q 'set-uid' "$NODE/out"; then
		ok 'confine: set-uid it refuses to run'
	else
		not_ok 'confine: set-uid it refuses to run' "status $result: $(head -c 300 "$NODE/out")"
	fi
	ln -sf ocigate "$NODE/ocigate-runc"
	setpriv --reuid 1000 --clear-groups "$NODE/ocigate-runc" --version >"$NODE/out" 2>&1
	result=$?
	if [ $result -ne 0 ] && grep -q 'set-uid' "$NODE/out"; then
		ok 'confine: nor as the wrapper'
	else
		not_ok 'confine: nor as the wrapper' "status $result: $(head -c 300 "$NODE/out")"
	fi
}

"${CC:-cc}" -O1 -Iinclude -o "$NODE/probe" tests/engines/confine_probe.c "$BUILD/libocigate.a" || exit 1
mount -o remount,suid /run
attempts judge
if grep -q '^create EACCES' "$NODE/out"; then
	whole | expect 'out of who judges there is no way'
	attempts end
	whole | expect 'nor out of who may end a process'
else
	echo 'skip confine: out of who judges there is no way: this kernel has no Landlock'
fi
set_uid
if command -v strace >/dev/null 2>&1; then
	only=$(whole | grep -v "$FILES" | cut -d ' ' -f 1)
	attempts judge strace -f -qq -o "$NODE/trace" -e trace=landlock_create_ruleset -e inject=landlock_create_ruleset:error=ENOSYS
	whole | grep -v "$FILES" | expect 'without Landlock the rest holds'
	held
else
	echo 'skip confine: the hook, while it judges: no strace'
fi
