#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real containers through the runtime wrapper, under runc and crun: what a hook
# cannot change is amended, what cannot be amended is refused where the engine
# looks, exec is judged, and nothing is written that need not be.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
RECORD=$NODE/decisions

settle() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": $1}"
	: >"$RECORD"
}

# make NAME FILTER: a bundle without a hook of its own; the container's program prints its status
make() {
	bundle "$1" "del(.hooks) | $2"
	cp "$NODE/probe" "$BUNDLE/rootfs/probe"
}

# wrapped VERB...: the wrapper, its outputs to $NODE/out and $NODE/err, its exit code in $status
wrapped() {
	"$wrapper" --root "$STATE" "$@" </dev/null >"$NODE/out" 2>"$NODE/err"
	status=$?
}

# record FILTER: of the wrapper's own last decision; the hook writes one of its own behind it
record() {
	jq -rs "map(select(.stage == \"runtime\" or .stage == \"exec\")) | last | $1" "$RECORD"
}

denied_by() {
	record '[.findings[] | select(.effect == "deny") | .rule] | unique | join(",")'
}

said() {
	cat "$NODE/out" "$NODE/err" | tr '\n' ' ' | tail -c 400
}

# holds NAME COMMAND...: a test line
holds() {
	name="$runtime wrapper: $1"
	shift
	if "$@"; then
		ok "$name"
	else
		not_ok "$name" "status $status: $(said)"
	fi
}

same() {
	[ "$1" = "$2" ] && return
	echo "# '$1' instead of '$2'"
	return 1
}

inside() {
	same "$(sed -n "s/^$1:[[:space:]]*//p" "$NODE/out")" "$2"
}

# --- amendments, seen from inside the container ---

# amended NAME RULES-JSON FILTER: run it
amended() {
	settle "$2"
	make "$1" "$3"
	wrapped run --bundle "$BUNDLE" "$1"
}

config() {
	jq -rc "$1" "$BUNDLE/config.json"
}

denied_calls='keyctl EPERM
add_key EPERM
io_uring_setup EPERM
userfaultfd EPERM
bpf EPERM
perf_event_open EPERM
unshare-user EPERM
unshare-files ok
mount EPERM
clone3 ENOSYS
socket-alg EPERM
socket-alg-odd EPERM
socket-vsock EPERM
socket-unix ok
socket-inet ok
unknown-call ENOSYS
socketcall-alg EPERM'

amendments() {
	amended seccomp '{}' 'del(.linux.seccomp)'
	holds 'a container without a filter runs with one' inside Seccomp 2
	holds 'the record tells the amendment' same "$(record '.amendments[] | "\(.rule) \(.before) \(.after)"')" 'seccomp null default'
	holds 'the record admits' same "$(record .verdict)" admit
	holds 'the hook is put in, with an empty environment' same \
		"$(config '.hooks.createRuntime[0] | "\(.path) \(.args | join(" ")) \(.env)"')" "$GATE ocigate hook createRuntime []"
	amended seccomp-calls '{}' 'del(.linux.seccomp) | .process.args = ["/probe", "calls"]'
	case $(uname -m) in
	x86_64) holds 'calls that must not pass give EPERM from inside' same "$(cat "$NODE/out")" "$denied_calls" ;;
	*) holds 'calls that must not pass give EPERM from inside' same "$(cat "$NODE/out")" "${denied_calls%?socketcall*}" ;;
	esac
	amended seccomp-none '{}' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"} | .process.args = ["/probe", "calls"]'
	holds 'a filter that filters nothing is replaced' grep -q '^keyctl EPERM' "$NODE/out"
	amended nnp '{"privilege-escalation": {"effect": "apply"}}' '.process.noNewPrivileges = false'
	holds 'no-new-privileges is set' inside NoNewPrivs 1
	amended caps '{"capabilities": {"effect": "apply", "allowed": ["CAP_CHOWN"]}}' '
		.process.capabilities |= (.bounding = ["CAP_NET_RAW", "CAP_CHOWN", "CAP_KILL"] | .permitted = ["CAP_CHOWN", "CAP_KILL"]
			| .effective = ["CAP_KILL"])'
	holds 'capabilities in excess are dropped' inside CapBnd 0000000000000001
	holds 'and those allowed stay in the spec' same "$(config '.process.capabilities | [.bounding, .permitted, .effective]')" \
		'[["CAP_CHOWN"],["CAP_CHOWN"],[]]'
	amended ro '{"read-only-rootfs": {"effect": "apply"}}' '.process.args = ["/guest"]'
	holds 'the root becomes read-only' eval '[ "$status" -eq 0 ] && ! ran'
	amended proc '{"proc-mount": {"effect": "apply"}}' '.linux.maskedPaths = ["/proc/kcore"] | del(.linux.readonlyPaths)'
	holds 'masked paths are restored' same "$(config '(.linux.maskedPaths | index("/proc/keys") != null), (.linux.readonlyPaths | index("/proc/sys") != null)')" \
		"$(printf 'true\ntrue')"
	amended annotation '{"runtime-annotations": {"effect": "apply"}}' '.annotations["run.oci.keep_original_groups"] = "1"'
	holds 'a steering annotation is removed' same "$status $(config '.annotations["run.oci.keep_original_groups"]')" '0 null'
	mkdir -p "$KUBELET_POD/volumes/kubernetes.io~projected/kube-api-access-x"
	amended token '{"service-account-token": {"effect": "apply"}}' '.mounts += [{type: "bind", options: ["rbind", "rprivate", "ro"],
		destination: "/var/run/secrets/kubernetes.io/serviceaccount",
		source: "/var/lib/kubelet/pods/0a1b2c3d-0000-4000-8000-000000000001/volumes/kubernetes.io~projected/kube-api-access-x"}]'
	holds 'the API credential is not mounted' same "$status $(config '[.mounts[] | select(.destination | startswith("/var/run/secrets"))] | length')" '0 0'
	amended limits '{"resource-limits": {"effect": "apply", "memory_default": "64Mi", "pids_max": 100, "pids_default": 50}}' .
	holds 'limits are set' same "$status $(config '.linux.resources | "\(.memory.limit) \(.pids.limit) \(.cpu.quota)"')" '0 67108864 50 100000'
	amended several '{"privilege-escalation": {"effect": "apply"}, "capabilities": {"effect": "apply", "allowed": []},
		"proc-mount": {"effect": "apply"}, "read-only-rootfs": {"effect": "apply"}}' '
		.process.noNewPrivileges = false | del(.linux.seccomp, .linux.maskedPaths) | .process.capabilities.bounding = ["CAP_SYS_ADMIN"]'
	holds 'several at once' same "$(sed -n 's/^\(Seccomp\|NoNewPrivs\|CapBnd\):[[:space:]]*/\1 /p' "$NODE/out" | sort | tr '\n' ' ')" \
		'CapBnd 0000000000000000 NoNewPrivs 1 Seccomp 2 '
	holds 'and each is recorded' same "$(record '[.amendments[].rule] | unique | join(",")')" \
		capabilities,privilege-escalation,proc-mount,read-only-rootfs,seccomp
}

# --- nothing to change ---

unchanged() {
	settle '{}'
	bundle quiet "(.hooks.createRuntime[0]) |= (.env = [])"
	cp "$BUNDLE/config.json" "$NODE/before.json"
	before=$(stat -c '%i %Y %Z' "$BUNDLE/config.json")
	wrapped run --bundle "$BUNDLE" quiet
	holds 'nothing to change: config.json keeps its inode' same "$(stat -c '%i %Y %Z' "$BUNDLE/config.json")" "$before"
	holds 'nothing to change: and its bytes' cmp -s "$BUNDLE/config.json" "$NODE/before.json"
	holds 'nothing to change: the container runs' same "$status" 0
	if command -v strace >/dev/null 2>&1; then
		bundle opened "(.hooks.createRuntime[0]) |= (.env = [])"
		# Up to the exec that becomes the runtime: its own opens are its own.
		strace -o "$NODE/trace" "$wrapper" --root "$STATE" run --bundle "$BUNDLE" opened </dev/null >"$NODE/out" 2>"$NODE/err"
		sed -n '1,/execveat(/p' "$NODE/trace" >"$NODE/ours"
		holds 'config.json is opened once' same "$(grep -c 'open.*"config.json"' "$NODE/ours")" 1
		holds 'it neither forks nor reads stdin' same "$(grep -Ec '^(clone|fork|vfork|clone3)\(|^read\(0,' "$NODE/ours")" 0
	else
		echo "skip $runtime wrapper: config.json is opened once: no strace"
	fi
}

# --- refusals: where the engine looks ---

refused() {
	[ "$status" -eq 1 ] && ! ran
}

refusals() {
	settle '{}'
	make pid 'del(.linux.namespaces[] | select(.type == "pid"))'
	cp "$BUNDLE/config.json" "$NODE/before.json"
	rm -f "$NODE/log"
	wrapped --log "$NODE/log" --log-format json create --bundle "$BUNDLE" pid
	holds 'a refusal is exit 1 and the program does not run' refused
	line="ocigate: denied default/web container app: host-namespaces: shares the host's pid namespace (set hostPID: false)"
	holds 'the log is one JSON value, as podman wants it' jq -es 'length == 1' "$NODE/log" >/dev/null
	holds 'the log says what containerd shows' same "$(jq -r '"\(.level) \(.msg)"' "$NODE/log")" "error $line"
	holds 'its time is RFC 3339' sh -c "jq -r .time '$NODE/log' | grep -Eq '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z\$'"
	holds 'stderr says the same in one line' same "$(cat "$NODE/err")" "$line"
	holds 'the spec is not touched' cmp -s "$BUNDLE/config.json" "$NODE/before.json"
	rm -f "$NODE/log"
	wrapped --log "$NODE/log" create --bundle "$BUNDLE" pid
	holds 'a text log gets a text entry' same "$(sed 's/time="[^"]*" //' "$NODE/log")" "level=error msg=\"$line\""
	rm -f "$NODE/log"
	wrapped create --bundle "$BUNDLE" pid
	holds 'without a log stderr alone is told' eval 'refused && same "$(cat "$NODE/err")" "$line" && [ ! -e "$NODE/log" ]'
	ln -sf /etc/passwd "$NODE/link"
	wrapped --log "$NODE/link" --log-format json create --bundle "$BUNDLE" pid
	holds 'a log that is a link is not followed' eval 'refused && ! grep -q ocigate /etc/passwd'
	settle '{"privilege-escalation": {"effect": "deny"}}'
	make both 'del(.linux.seccomp) | .process.noNewPrivileges = false'
	wrapped run --bundle "$BUNDLE" both
	holds 'with something to deny nothing is amended' eval 'refused && [ "$(config .linux.seccomp)" = null ]'
	settle '{"proc-mount": {"effect": "apply"}}'
	make second '.mounts += [{destination: "/other/proc", type: "proc", source: "proc"}]'
	wrapped run --bundle "$BUNDLE" second
	holds 'apply denies what cannot be amended' eval 'refused && grep -q "proc-mount: mounts a second procfs" "$NODE/err"'
	settle '{}'
	make args .
	wrapped run --bundle "$BUNDLE" --config "$BUNDLE/config.json" args
	holds "another config than the bundle's is refused" refused
	wrapped run --bundle /nowhere --bundle "$BUNDLE" args
	holds 'two bundles are refused' refused
}

# --- exec ---

# process FILTER: the container's own process with FILTER on it, as an engine's process.json
process() {
	jq -c ".process | .args = [\"/guest\"] | $1" "$BUNDLE/config.json" >"$NODE/process.json"
}

execs() {
	settle '{}'
	make exec 'del(.linux.seccomp) | .process.args = ["/guest", "1000"]'
	"$wrapper" --root "$STATE" run --detach --bundle "$BUNDLE" exec </dev/null >/dev/null 2>"$NODE/err"
	rm -f "$BUNDLE/rootfs/mark/ran"
	process .
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: the own process of the container runs' eval '[ "$status" -eq 0 ] && ran'
	holds 'exec: and has the filter too' inside Seccomp 2
	holds 'exec: is in the record' same "$(record '"\(.stage) \(.verdict)"')" 'exec admit'
	process '.args = ["/probe", "process"]'
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: no descriptor of ours reaches the program' same "$(grep -c '^fd ' "$NODE/out")" 3
	refused_exec "root in another's container" 'exec-escalation,root-user' '.user = {uid: 0, gid: 0}'
	refused_exec 'all capabilities' capabilities,exec-escalation \
		'.capabilities |= (.bounding = ["CAP_SYS_ADMIN"] | .effective = ["CAP_SYS_ADMIN"] | .permitted = ["CAP_SYS_ADMIN"])'
	refused_exec 'a capability that the policy allows but the container has not' exec-escalation \
		'.capabilities |= (.bounding = ["CAP_CHOWN"] | .permitted = ["CAP_CHOWN"])'
	refused_exec 'no-new-privileges lost' exec-escalation '.noNewPrivileges = false'
	process .
	sed -i 's/"noNewPrivileges":true/"noNewPrivileges":true,"noNewPrivileges":false/' "$NODE/process.json"
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: a document with two readings is refused' refused
	settle '{"exec-escalation": {"effect": "disabled"}, "privilege-escalation": {"effect": "audit", "exec": {"effect": "apply"}}}'
	process '.noNewPrivileges = false'
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: apply amends the document' inside NoNewPrivs 1
	settle '{"exec-escalation": {"effect": "audit"}}'
	wrapped exec --process "$NODE/process.json" exec
	holds 'exec: audit records and admits' eval 'inside NoNewPrivs 0 && record ".findings[].rule" | grep -q exec-escalation'
	exec_options
	"$wrapper" --root "$STATE" kill exec KILL
	sleep 0.3
	wrapped delete --force exec
}

# refused_exec NAME RULES FILTER
refused_exec() {
	rm -f "$BUNDLE/rootfs/mark/ran"
	expected=$2
	process "$3"
	wrapped exec --process "$NODE/process.json" exec
	holds "exec: refuses $1" eval 'refused && same "$(denied_by)" "$expected"'
}

exec_options() {
	settle '{}'
	wrapped exec --user 1000:1000 --no-new-privs exec /guest
	holds 'exec: options that ask for nothing more' same "$status" 0
	rm -f "$BUNDLE/rootfs/mark/ran"
	wrapped exec --user 0 --no-new-privs exec /guest
	holds 'exec: --user 0 is refused' refused
	wrapped exec --user 1000 --no-new-privs --cap CAP_SYS_ADMIN exec /guest
	holds 'exec: --cap is refused' refused
	if [ "$runtime" = runc ]; then
		wrapped exec exec /guest
		holds 'exec: runc takes user and privileges from the container' same "$status" 0
		rm -f "$BUNDLE/rootfs/mark/ran"
		wrapped exec --no-new-privs=false exec /guest
	else
		wrapped exec --user 1000 exec /guest
	fi
	holds 'exec: no-new-privileges lost by options is refused' refused
	wrapped exec --user 1000 --no-new-privs nobody /guest
	holds 'exec: into a container that is not there is refused' refused
}

# --- faults: never an unjudged container, never half a spec ---

faults() {
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

# --- the runtime behind ---

behind() {
	settle '{}'
	make behind .
	ln -sf "$GATE" /usr/local/bin/loop
	with_candidates '"/usr/local/bin/loop"'
	wrapped run --bundle "$BUNDLE" behind
	holds 'itself is never the runtime' eval 'refused && grep -q "none of the runtimes" "$NODE/err"'
	printf '#!/bin/sh\nexec %s "$@"\n' "$real" >/usr/local/bin/script
	chmod 755 /usr/local/bin/script
	with_candidates '"/usr/local/bin/script"'
	wrapped run --bundle "$BUNDLE" behind
	holds 'a script is never the runtime' eval 'refused && grep -q "is a script" "$NODE/err"'
	cp "$real" /usr/local/bin/loose
	chmod 777 /usr/local/bin/loose
	with_candidates '"/usr/local/bin/loose"'
	wrapped run --bundle "$BUNDLE" behind
	holds 'a runtime that others can write is refused' eval 'refused && grep -q "written by others" "$NODE/err"'
	echo '{"version": 1, "rules": {"nonsense": {}}}' >/etc/ocigate/policy.d/60-broken.json
	wrapped --version
	holds 'a broken policy does not keep a node from stopping its containers' same "$status" 0
	rm -f /etc/ocigate/policy.d/60-broken.json /usr/local/bin/loop /usr/local/bin/script /usr/local/bin/loose
}

with_candidates() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false},
		\"runtime\": {\"candidates\": {\"ocigate-$runtime\": [$1]}}}"
}

"${CC:-cc}" -O1 -static -no-pie -o "$NODE/probe" tests/engines/wrapper_probe.c || exit 1
for runtime in runc crun; do
	real=$(command -v $runtime)
	if [ -z "$real" ]; then
		echo "skip $runtime wrapper: not installed"
		continue
	fi
	wrapper=/usr/local/bin/ocigate-$runtime
	STATE=/run/$runtime
	ln -sf ocigate "$wrapper"
	amendments
	unchanged
	refusals
	execs
	faults
	behind
done
