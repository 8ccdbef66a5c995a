#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# restore through the runtime wrapper. The spec of a container that is restored
# makes its namespaces and mounts; what its processes hold comes out of the
# checkpoint. So it is refused unless the policy allows it, and then the spec is
# judged and amended as any other. By a runtime that tells what it was given,
# and, where criu works, by runc with a real checkpoint.
# shellcheck disable=SC2016 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/wrapper.sh
. tests/lib/wrapper.sh
runtime=restore
topic="$runtime wrapper:"

# settle RESTORE RULES
settle() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": $2,
		\"runtime\": {\"restore\": $1, \"candidates\": {\"ocigate-probe\": [\"/usr/local/bin/probe\"]}}}"
	: >"$RECORD"
}

# restore ARGS...: as the runtime that tells what it was given
restore() {
	(cd "$BUNDLE" && /usr/local/bin/ocigate-probe "$@" </dev/null >"$NODE/out" 2>"$NODE/err")
	status=$?
}

# given: the runtime's arguments behind its name; nothing if it was not called
given() {
	sed -n 's/^argv [1-9][0-9]* //p' "$NODE/out" | tr '\n' ' '
}

# not_called: refused before there was a runtime
not_called() {
	[ "$status" -eq 1 ] && [ -z "$(given)" ]
}

forms() {
	settle true '{}'
	make forms .
	expected="--root /r --log /l restore --bundle $BUNDLE --image-path /i --work-path /w --detach --pid-file /p --console-socket /c forms "
	restore --root /r --log=/l restore --bundle "$BUNDLE" --image-path /i --work-path /w --detach --pid-file /p --console-socket /c forms
	holds 'options in their long form' eval '[ "$status" -eq 0 ] && same "$(given)" "$expected"'
	restore -root=/r -log /l restore "-b=$BUNDLE" -image-path=/i --work-path=/w -d --pid-file=/p --console-socket=/c -- forms
	holds 'and in every other become one form' same "$(given)" "$expected"
	restore --root /r --log /l restore --image-path /i --work-path /w --detach --pid-file /p --console-socket /c forms
	holds 'the bundle is the working directory if none is named' same "$(given)" \
		'--root /r --log /l restore --image-path /i --work-path /w --detach --pid-file /p --console-socket /c forms '
	all="--tcp-established --ext-unix-sk --shell-job --file-locks --manage-cgroups-mode soft --empty-ns network --auto-dedup --lazy-pages --no-pivot --no-subreaper"
	# shellcheck disable=SC2086 # a list of options
	restore restore $all --image-path /i forms
	holds 'options of criu are handed on' same "$(given)" "restore $all --image-path /i forms "
	restore restore --image-path /i --detach=false forms
	holds 'a switch that is off is left out' same "$(given)" 'restore --image-path /i forms '
	refused_line "--image shortened" --image /i
	refused_line 'a value glued to a letter' "-b$BUNDLE" --image-path /i
	refused_line 'another image given behind the first' --image-path /i --image-path /j
	refused_line "another config than the bundle's" --config /etc/passwd --image-path /i
	refused_line 'another label than that of the spec' --lsm-profile apparmor:unconfined --image-path /i
	refused_line 'a label of no known kind' --lsm-profile unconfined --image-path /i
	refused_line 'options that are not known' --leave-stopped --image-path /i
	restore restore --image-path /i --bundle
	holds 'without an id the runtime is left to complain' same "$(given)" 'restore --image-path /i --bundle '
	restore checkpoint --image-path=/i -tcp-established --leave-running forms
	holds 'checkpoint is passed on as it came' same "$(given)" 'checkpoint --image-path=/i -tcp-established --leave-running forms '
}

# refused_line NAME OPTIONS...
refused_line() {
	name=$1
	shift
	restore restore "$@" forms
	holds "refuses $name" not_called
}

judged() {
	settle false '{}'
	make judged 'del(.linux.seccomp)'
	cp "$BUNDLE/config.json" "$NODE/before.json"
	restore restore --image-path /i judged
	holds 'is refused as shipped, and says what may be done' eval 'not_called && grep -q "^ocigate: denied .*refuses restore: .*\"restore\" in \"runtime\"" "$NODE/err"'
	holds 'the refusal is in the record' same "$(record '"\(.stage) \(.verdict)"')" 'runtime deny'
	holds 'and the spec as it was' cmp -s "$BUNDLE/config.json" "$NODE/before.json"
	settle true '{}'
	restore restore --image-path /i judged
	holds 'where it is allowed the spec is amended' eval '[ "$status" -eq 0 ] && same "$(config .linux.seccomp.defaultAction)" SCMP_ACT_ERRNO'
	holds 'and the record says that the processes were not judged' eval 'record ".notes[]" | grep -q "comes from the checkpoint"'
	holds 'no hook is put in: it would be called before there are mounts' same "$(config .hooks)" null
	make judged '.hooks.createRuntime = [{path: $gate, args: ["ocigate", "hook", "createRuntime"]}, {path: "/usr/bin/true"}]'
	settle true '{"bundle-hooks": {"allowed": ["/usr/local/bin/ocigate", "/usr/bin/true"]}}'
	restore restore --image-path /i judged
	holds 'one that an earlier start left is taken out' eval '[ "$status" -eq 0 ] && same "$(config "[.hooks.createRuntime[].path]")" "[\"/usr/bin/true\"]"'
	make judged 'del(.linux.namespaces[] | select(.type == "pid"))'
	restore restore --image-path /i judged
	holds 'where it is allowed the spec is judged' eval 'not_called && same "$(denied_by)" host-namespaces'
}

# make as everywhere, with $gate known to the filter
make() {
	bundle "$1" "\"$GATE\" as \$gate | del(.hooks) | $2"
}

# What criu says of this machine, in one line; nothing if all is well.
criu_lacks() {
	command -v runc >/dev/null 2>&1 || { echo 'no runc' && return; }
	command -v criu >/dev/null 2>&1 || { echo 'no criu' && return; }
	criu check 2>&1 | grep -v '^Looks good' | grep Error | head -n 1
}

# The program counts, so that one that goes on can be told from one that begins anew.
real() {
	settle true '{"root-user": {"effect": "audit"}}'
	# criu without CAP_SYS_RESOURCE reads the limits of its own user's processes alone.
	make real '.process.user = {uid: 0, gid: 0} | .process.args = ["/busybox", "sh", "-c",
		"n=0; while :; do n=$((n + 1)); echo $n >/mark/count; /busybox sleep 0.1; done"]'
	cp "$(command -v busybox)" "$BUNDLE/rootfs/busybox"
	ln -sf ocigate /usr/local/bin/ocigate-runc
	mkdir -p "$NODE/image"
	ocigate-runc run --detach --bundle "$BUNDLE" real </dev/null >/dev/null 2>&1
	sleep 0.5
	ocigate-runc checkpoint --image-path "$NODE/image" real </dev/null >"$NODE/out" 2>"$NODE/err"
	status=$?
	holds 'with runc: checkpoint through the wrapper' [ "$status" -eq 0 ]
	runc delete --force real >/dev/null 2>&1
	# shellcheck disable=SC2034 # read by eval
	count=$(cat "$BUNDLE/rootfs/mark/count")
	ocigate-runc restore --detach --bundle "$BUNDLE" --image-path "$NODE/image" real </dev/null >"$NODE/out" 2>"$NODE/err"
	status=$?
	sleep 0.5
	holds 'with runc: restore goes on where it was' eval '[ "$status" -eq 0 ] && [ "$(cat "$BUNDLE/rootfs/mark/count")" -gt "$count" ]'
	pid=$(runc state real | jq .pid)
	holds 'with runc: the filter that was put in at the start is there again' grep -q '^Seccomp:.*2' "/proc/$pid/status"
	runc delete --force real >/dev/null 2>&1
	settle false '{}'
	ocigate-runc restore --detach --bundle "$BUNDLE" --image-path "$NODE/image" real </dev/null >"$NODE/out" 2>"$NODE/err"
	status=$?
	holds 'with runc: not where it is not allowed' eval '[ "$status" -eq 1 ] && ! runc state real >/dev/null 2>&1'
}

"${CC:-cc}" -O1 -static -no-pie -o /usr/local/bin/probe tests/engines/wrapper_probe.c || exit 1
ln -sf ocigate /usr/local/bin/ocigate-probe
forms
judged
lacks=$(criu_lacks)
if [ -n "$lacks" ]; then
	echo "skip restore with runc: criu cannot work here: $lacks"
elif ! command -v busybox >/dev/null 2>&1 || ldd "$(command -v busybox)" >/dev/null 2>&1; then
	echo 'skip restore with runc: no static busybox'
else
	real
fi
