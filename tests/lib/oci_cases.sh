# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# Real containers under an OCI runtime with ocigate as createRuntime hook: for
# each rule that the runtime can express at least one that is refused, and
# those that are admitted. Sourced inside a node by who defines
#
#   engine            the runtime's name in test names
#   start ID          runs the container of $BUNDLE to its end; its output to $NODE/out; returns its status
#   tells_why         true if the hook's message reaches the runtime's own output
#
# A refused container's program must not have run: it would have left a mark.
# What was decided is read from the record, which both runtimes leave alone.

: "${engine:?}"
RECORD=$NODE/decisions
shipped='{}'

# settle RULES-JSON: the node's policy: the shipped default, with RULES on top
settle() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": $1}"
	: >"$RECORD"
}

denying() {
	jq -r '[.findings[] | select(.effect == "deny" or .effect == "apply") | .rule] | unique | join(",")' "$RECORD" 2>/dev/null | tail -n 1
}

# said: the end of what the runtime printed, on one line
said() {
	tr '\n' ' ' <"$NODE/out" | tail -c 500
}

# judged NAME FILTER RULES-JSON [SED]: start it; what happened is in $status, $NODE/out, $RECORD
judged() {
	id=t$((${id#t} + 1))
	settle "${3:-$shipped}"
	bundle "$id" "$2" || return 1
	[ -z "${4:-}" ] || sed -i "$4" "$BUNDLE/config.json"
	start "$id"
	status=$?
}

# refuse NAME RULES FILTER [RULES-JSON [SED]]: exactly these rules (sorted, by commas) deny it
refuse() {
	judged "$1" "$3" "${4:-}" "${5:-}"
	got=$(denying)
	if ran; then
		not_ok "$engine refuses $1" 'its program ran'
	elif [ "$status" -eq 0 ]; then
		not_ok "$engine refuses $1" 'the runtime reports success'
	elif [ "$got" != "$2" ]; then
		not_ok "$engine refuses $1" "denied by '$got', not by '$2': $(said)"
	elif tells_why && ! grep -Eq "ocigate: denied (default/web container app|container $id): ($(echo "$2" | tr ',' '|')): " "$NODE/out"; then
		not_ok "$engine refuses $1" "does not say so: $(said)"
	else
		ok "$engine refuses $1"
	fi
	rm -rf "$BUNDLE"
}

# admit NAME FILTER [RULES-JSON]
admit() {
	judged "$1" "$2" "${3:-}"
	if [ "$status" -ne 0 ]; then
		not_ok "$engine admits $1" "status $status: $(said)"
	elif ! ran; then
		not_ok "$engine admits $1" 'its program did not run'
	elif [ "$(jq -r .verdict "$RECORD" | tail -n 1)" != admit ]; then
		not_ok "$engine admits $1" "the record does not say so: $(tail -n 1 "$RECORD")"
	else
		ok "$engine admits $1"
	fi
	rm -rf "$BUNDLE"
}

# bind SOURCE OPTIONS: jq filter that adds a bind mount at /data
bind() {
	printf '.mounts += [{destination: "/data", type: "bind", source: "%s", options: [%s]}]' "$1" "${2:-\"rbind\", \"ro\"}"
}

prepare() {
	mkdir -p /var/lib/app-data /run/engine "$KUBELET_POD/volumes/kubernetes.io~empty-dir/scratch" \
		"$KUBELET_POD/volume-subpaths/vol/app/0"
	ln -s /var/lib/app-data "$KUBELET_POD/volumes/kubernetes.io~empty-dir/link"
	mount --bind /etc "$KUBELET_POD/volume-subpaths/vol/app/0"
	"$NODE/guest" --socket /run/engine/engine.sock
	capabilities=$(all_capabilities)
}

group_one() {
	refuse 'a privileged container' capabilities,devices,privileged,proc-mount,root-user,seccomp "
		.process.user = {uid: 0, gid: 0} | .process.noNewPrivileges = false
		| .process.capabilities |= (.bounding = $capabilities | .effective = $capabilities | .permitted = $capabilities)
		| .linux.resources.devices = [{allow: true, access: \"rwm\"}]
		| .linux.maskedPaths = [] | .linux.readonlyPaths = [] | del(.linux.seccomp)
		| (.mounts[] | select(.type == \"sysfs\") | .options) -= [\"ro\"]"
	refuse "the host's pid namespace, no entry" host-namespaces 'del(.linux.namespaces[] | select(.type == "pid"))'
	refuse "the host's ipc namespace by a path" host-namespaces \
		'(.linux.namespaces[] | select(.type == "ipc")).path = "/proc/1/ns/ipc"'
	refuse "the host's network, no entry" host-network 'del(.linux.namespaces[] | select(.type == "network"))'
	refuse "the host's network by a path" host-network \
		'(.linux.namespaces[] | select(.type == "network")).path = "/proc/1/ns/net"'
	refuse 'root' root-user '.process.user.uid = 0'
	refuse 'an extra capability' capabilities \
		'.process.capabilities |= (.bounding = ["CAP_NET_ADMIN"] | .permitted = ["CAP_NET_ADMIN"])'
	refuse 'a host path' host-paths "$(bind /var/lib/app-data)"
	refuse 'a host path behind a link in a volume' host-paths \
		"$(bind "$KUBELET_POD/volumes/kubernetes.io~empty-dir/link")"
	refuse '/etc laundered through a subPath' host-paths,sensitive-mounts "$(bind "$KUBELET_POD/volume-subpaths/vol/app/0")"
	refuse 'a host path that is only allowed read-only' host-paths "$(bind /var/lib/app-data '"rbind"')" \
		'{"host-paths": {"allowed": [{"path": "/var/lib/app-data", "read_only": true}]}}'
	refuse 'no seccomp filter' seccomp 'del(.linux.seccomp)' '{"seccomp": {"attach": false}}'
	refuse 'a seccomp filter that filters nothing' seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}' \
		'{"seccomp": {"attach": false}}'
	refuse 'no AppArmor where the policy wants it' apparmor . '{"apparmor": {"effect": "deny", "unsupported": "deny"}}'
}

group_three() {
	refuse 'a key given twice' spec-integrity . '{}' 's/"noNewPrivileges": true/"noNewPrivileges": true, "noNewPrivileges": true/'
	refuse 'a key that differs from a known one in its case' spec-integrity '.process.User = {"uid": 0, "gid": 0}'
	refuse 'a working directory in /sys' spec-integrity '.process.cwd = "/sys/kernel"'
	refuse 'a device of the host under an innocent name' devices '
		.linux.devices += [{path: "/dev/innocent", type: "b", major: 1, minor: 1, fileMode: 438, uid: 0, gid: 0}]
		| .linux.resources.devices += [{allow: true, type: "b", major: 1, minor: 1, access: "rwm"}]'
	refuse 'an unsafe sysctl' sysctls '.linux.sysctl = {"net.core.somaxconn": "1024"}'
	# crun itself refuses that one, whatever a hook says.
	[ "$engine" = crun ] ||
		refuse 'a second /proc' proc-mount '.mounts += [{destination: "/host/proc", type: "proc", source: "proc"}]'
	refuse "the node's /proc" host-paths,proc-mount,sensitive-mounts "$(bind /proc)"
	refuse 'an unmasked /proc' proc-mount '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	refuse 'mounts that travel to the host' mount-propagation \
		"$(bind "$KUBELET_POD/volumes/kubernetes.io~empty-dir/scratch" '"rbind", "rshared"')"
	refuse "an engine's socket" host-paths,sensitive-mounts "$(bind /run/engine/engine.sock)"
	refuse "an engine's socket below an allowed path" sensitive-mounts "$(bind /run/engine/engine.sock)" \
		'{"host-paths": {"allowed": [{"path": "/run/engine", "read_only": true}]}}'
	refuse 'a hook that nobody listed' bundle-hooks '.hooks.createContainer = [{path: "/bin/true"}]'
	refuse 'an annotation that steers the runtime' runtime-annotations '.annotations["run.oci.keep_original_groups"] = "1"'
}

admitted() {
	admit 'a healthy container' .
	admit "a volume of its pod" "$(bind "$KUBELET_POD/volumes/kubernetes.io~empty-dir/scratch" '"rbind", "rprivate"')"
	admit 'an allowed host path' "$(bind /var/lib/app-data)" \
		'{"host-paths": {"allowed": [{"path": "/var/lib/app-data", "read_only": true}]}}'
	admit 'an allowed capability' '.process.capabilities |= (.bounding = ["CAP_NET_ADMIN"] | .permitted = ["CAP_NET_ADMIN"])' \
		'{"capabilities": {"allowed": ["CAP_NET_ADMIN"]}}'
	admit 'a safe sysctl' '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "0"}'
	admit 'root of a user namespace' '
		.process.user = {uid: 0, gid: 0} | .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	admit 'root where the policy only audits it' '.process.user.uid = 0' '{"root-user": {"effect": "audit"}}'
}

# What the README says of a program that is missing.
no_gate() {
	mv "$GATE" "$GATE.away"
	judged 'without a gate' .
	if ran || [ "$status" -eq 0 ]; then
		not_ok "$engine refuses to start where the gate is missing" 'it starts'
	else
		ok "$engine refuses to start where the gate is missing"
	fi
	mv "$GATE.away" "$GATE"
}

oci_cases() {
	id=t0
	prepare
	admitted
	group_one
	group_three
	no_gate
}
