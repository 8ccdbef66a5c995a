#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real containers through the runtime wrapper: what a hook cannot change is
# amended, what cannot be amended is refused where the engine looks, and
# nothing is written that need not be.
# shellcheck disable=SC2016 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/wrapper.sh
. tests/lib/wrapper.sh

# --- amendments, seen from inside the container ---

# amended NAME RULES-JSON FILTER: run it
amended() {
	settle "$2"
	make "$1" "$3"
	wrapped run --bundle "$BUNDLE" "$1"
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
	for effect in audit apply; do
		amended filter "{\"runtime-annotations\": {\"effect\": \"$effect\"}}" '.annotations["run.oci.seccomp_bpf_data"] = "BgAAAAAA/38="'
		holds "an annotation in place of the filter is removed, runtime-annotations set to $effect" \
			same "$status $(config '.annotations["run.oci.seccomp_bpf_data"]')" '0 null'
	done
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
	# Runtimes once removed and made files where such a link leads (CVE-2026-41579): no hook would come in time.
	for place in dev proc; do
		make "link-$place" .
		rm -rf "$NODE/elsewhere" "$BUNDLE/rootfs/$place"
		mkdir "$NODE/elsewhere"
		echo mine >"$NODE/elsewhere/ptmx"
		ln -s "$NODE/elsewhere" "$BUNDLE/rootfs/$place"
		wrapped run --bundle "$BUNDLE" "link-$place"
		holds "a link of the image at /$place is refused" eval 'refused && grep -q "a link of the image leads" "$NODE/err"'
		holds "before the runtime follows it from /$place" same "$(ls "$NODE/elsewhere"; cat "$NODE/elsewhere/ptmx")" 'ptmx
mine'
	done
	make args .
	wrapped run --bundle "$BUNDLE" --config "$BUNDLE/config.json" args
	holds "another config than the bundle's is refused" refused
	wrapped run --bundle /nowhere --bundle "$BUNDLE" args
	holds 'two bundles are refused' refused
	[ "$runtime" = crun ] || return
	make args .
	wrapped --cgroup-manager=disabled run --bundle "$BUNDLE" args
	holds 'a container that no control group keeps from devices is refused' eval 'refused && same "$(denied_by)" devices'
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
	with_candidates "\"/usr/local/bin/nowhere\", \"$real\""
	wrapped run --bundle "$BUNDLE" behind
	holds 'the first runtime that exists is taken' eval '[ "$status" -eq 0 ] && ran'
	other_runtime
	ln -sf ocigate /usr/local/bin/ocigate-nobody
	/usr/local/bin/ocigate-nobody --version >"$NODE/out" 2>"$NODE/err"
	status=$?
	holds 'a wrapper whose name the policy does not know has no runtime' eval '[ "$status" -eq 1 ] && grep -q "names no runtime for ocigate-nobody" "$NODE/err"'
	wrapped frobnicate behind
	holds 'an unknown verb is passed on, and the record says so' same "$(record '"\(.verdict) \(.notes | join(","))"')" \
		'admit passed on the unknown verb frobnicate'
	wrapped --frobnicate state behind
	holds 'so is an unknown option in front of a verb that starts nothing' same "$(record '"\(.verdict) \(.notes | join(","))"')" \
		'admit passed on a command line with the unknown option --frobnicate'
	rm -f "$BUNDLE/rootfs/mark/ran"
	wrapped --frobnicate run --bundle "$BUNDLE" behind
	holds 'but not in front of one that does' refused
	echo '{"version": 1, "rules": {"nonsense": {}}}' >/etc/ocigate/policy.d/60-broken.json
	wrapped --version
	holds 'a broken policy does not keep a node from stopping its containers' same "$status" 0
	rm -f /etc/ocigate/policy.d/60-broken.json /usr/local/bin/ocigate-nobody /usr/local/bin/loop /usr/local/bin/script /usr/local/bin/loose
}

# Each of the two forgets what it does not know; what runs there would go on for ever.
other_runtime() {
	other=$(command -v "$([ "$runtime" = runc ] && echo crun || echo runc)")
	if [ -z "$other" ]; then
		echo "skip $topic a container of another runtime: there is no other"
		return
	fi
	make kept '.process.args = ["/guest", "60"]'
	with_candidates "\"$real\""
	"$wrapper" --root "$STATE" run --detach --bundle "$BUNDLE" kept </dev/null >/dev/null 2>"$NODE/err"
	with_candidates "\"$other\""
	wrapped exec --user 1000 kept /guest
	holds 'a container is not entered by another runtime' eval '[ "$status" -eq 1 ] && grep -q "was started by $runtime" "$NODE/err"'
	# Of this name nothing is known without a policy.
	ln -sf ocigate /usr/local/bin/ocigate-kept
	sed -i "s/ocigate-$runtime/ocigate-kept/" /etc/ocigate/policy.d/50-test.json
	/usr/local/bin/ocigate-kept --root "$STATE" delete --force kept >"$NODE/out" 2>"$NODE/err"
	status=$?
	holds 'nor forgotten by it while it runs' eval '[ "$status" -eq 1 ] &&
		grep -q "was started by $runtime, which is not on this node" "$NODE/err" && "$real" --root "$STATE" state kept >/dev/null'
	with_candidates "\"$other\", \"$real\""
	wrapped delete --force kept
	holds 'the one that started it ends it' eval '[ "$status" -eq 0 ] && ! "$real" --root "$STATE" state kept >/dev/null 2>&1'
	rm /usr/local/bin/ocigate-kept
}

with_candidates() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false},
		\"runtime\": {\"candidates\": {\"ocigate-$runtime\": [$1]}}}"
}

cases() {
	amendments
	unchanged
	refusals
	behind
}

each_runtime
