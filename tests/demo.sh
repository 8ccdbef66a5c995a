#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Watch the gate: real containers under runc, with ocigate as their
# createRuntime hook and the shipped default as policy. Everything happens in
# private namespaces; nothing is left behind.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
if [ "$(id -u)" -ne 0 ]; then
	echo 'The demonstration starts real containers: run it as root.' >&2
	exit 1
fi
for tool in runc jq unshare; do
	command -v "$tool" >/dev/null 2>&1 && continue
	echo "The demonstration needs $tool; sh install/quickstart.sh demo installs it." >&2
	exit 1
done
node_enter "$0" "$@"

width=${COLUMNS:-$(stty size 2>/dev/null | cut -d ' ' -f 2)}
[ "${width:-0}" -ge 80 ] 2>/dev/null || width=100
[ "$width" -le 120 ] || width=120
bold='' red='' green='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') red=$(printf '\033[31m') green=$(printf '\033[32m') dim=$(printf '\033[2m')
	plain=$(printf '\033[0m')
fi
RECORD=$NODE/decisions
number=0
ran=0
wrong=0

# paragraph INDENT TEXT
paragraph() {
	printf '%s\n' "$2" | fold -s -w $((width - $1)) | sed "s/^/$(printf '%*s' "$1" '')/; s/ *$//"
}

# start TITLE ASKED FILTER: runs the container; its status in $status, what the person sees in $NODE/said
start() {
	number=$((number + 1))
	title=$1
	bundle "demo-$number" "$3" || exit 1
	printf '\n%s%2d  %s%s\n' "$bold" "$number" "$title" "$plain"
	paragraph 4 "$2"
	: >"$RECORD"
	: >"$NODE/log"
	runc --root /run/runc --log "$NODE/log" --log-format json run --bundle "$BUNDLE" "demo-$number" \
		</dev/null >"$NODE/out" 2>&1
	status=$?
	jq -rs '[.[] | select(.level == "error") | .msg] | last // empty' "$NODE/log" >"$NODE/said"
}

# rules: by which the container is refused, the worst first, no more than a row of the table holds
rules() {
	jq -r 'reduce (.findings[] | select(.effect == "deny" or .effect == "apply") | .rule) as $rule
			([]; if index($rule) then . else . + [$rule] end)
		| if length > 2 then "\(.[0]) and \(length - 1) more" else join(", ") end' "$RECORD"
}

# finish COLOUR VERDICT RULES: the container's row in the table at the end
finish() {
	printf '%s%2d  %-34s%s  %-8s  %s\n' "$1" "$number" "$title" "$plain" "$2" "$3" >>"$NODE/table"
	rm -rf "$BUNDLE"
}

unexpected() {
	printf '    %sNOT EXPECTED: %s%s\n' "$red$bold" "$1" "$plain"
	paragraph 6 "$(cat "$NODE/said" "$NODE/out")"
	finish "$red" '???' "$1"
	wrong=1
}

# admitted TITLE ASKED FILTER
admitted() {
	start "$@"
	if [ $status -ne 0 ] || ! ran; then
		unexpected 'it should run'
		return
	fi
	ran=$((ran + 1))
	printf '    %sRUNS%s, and prints\n' "$green$bold" "$plain"
	sed "s/^/      $dim/; s/\$/$plain/" "$NODE/out"
	finish "$green" runs "$(jq -r '[.amendments[] | "\(.rule) attached"] | first // "-"' "$RECORD")"
}

# refused TITLE ASKED FILTER RULE: RULE must be the first that it is refused by
refused() {
	start "$1" "$2" "$3"
	if [ $status -eq 0 ] || ran || ! grep -q "ocigate: denied [^:]*: $4: " "$NODE/said"; then
		unexpected "it should be refused by $4"
		return
	fi
	printf '    %sREFUSED%s, its program never ran; the person sees\n' "$red$bold" "$plain"
	# runc's own words around ours are the same each time: once is enough.
	[ "$number" -eq 2 ] || sed -i 's/.*stderr: //' "$NODE/said"
	paragraph 6 "$(cat "$NODE/said")"
	finish "$red" refused "$(rules)"
}

# bind SOURCE DESTINATION: jq filter
bind() {
	printf '.mounts += [{destination: "%s", type: "bind", source: "%s", options: ["rbind", "ro"]}]' "$2" "$1"
}

scratch=$KUBELET_POD/volumes/kubernetes.io~empty-dir/scratch
subpath=$KUBELET_POD/volume-subpaths/config/app/0
mkdir -p "$scratch" "$subpath" /var/lib/node-data /run/engine
mount --bind /etc "$subpath"
"$NODE/guest" --socket /run/engine/engine.sock
on_top=''
if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
	on_top=', "rules": {"apparmor": {"effect": "audit"}}'
fi
policy 50-demo "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}$on_top}"

printf '%socigate: the last gate before a container starts%s\n\n' "$bold" "$plain"
paragraph 0 "Real containers under $(runc --version | sed -n '1s/ version//p'), with ocigate as their createRuntime hook: \
the runtime has made the namespaces and the mounts, the program waits for the gate. The policy is the shipped default."
[ -z "$on_top" ] || paragraph 0 "This kernel has AppArmor, and these containers bring no profile: that is only recorded here."

admitted 'a healthy container' 'User 1000, no capabilities, a seccomp filter, a volume of its own pod.' "$(bind "$scratch" /scratch)"
refused 'privileged' 'securityContext.privileged: true, as an engine writes it into the bundle.' "
	.process.user = {uid: 0, gid: 0} | .process.noNewPrivileges = false
	| .process.capabilities |= (.bounding = $(all_capabilities) | .effective = .bounding | .permitted = .bounding)
	| .linux.resources.devices = [{allow: true, access: \"rwm\"}] | .linux.maskedPaths = [] | .linux.readonlyPaths = []
	| del(.linux.seccomp) | (.mounts[] | select(.type == \"sysfs\") | .options) -= [\"ro\"]" privileged
refused 'host network' "A network namespace by a path, as containerd gives every container; this one's leads to the host's." \
	'(.linux.namespaces[] | select(.type == "network")).path = "/proc/1/ns/net"' host-network
refused 'host pid' 'hostPID: true.' 'del(.linux.namespaces[] | select(.type == "pid"))' host-namespaces
refused 'root' 'The image says no user: uid 0, and no user namespace.' '.process.user = {uid: 0, gid: 0}' root-user
refused 'an extra capability' 'capabilities.add: ["SYS_ADMIN"].' \
	'.process.capabilities |= (.bounding = ["CAP_SYS_ADMIN"] | .permitted = .bounding | .effective = .bounding)' capabilities
refused 'a host path' 'hostPath: /var/lib/node-data.' "$(bind /var/lib/node-data /data)" host-paths
refused 'a laundered host path' "hostPath: /etc, behind a subPath: the bundle names nothing but a directory of the kubelet's." \
	"$(bind "$subpath" /conf)" host-paths
refused "an engine's socket" 'hostPath: a unix socket of the engine, mounted where docker looks for its own.' \
	"$(bind /run/engine/engine.sock /var/run/docker.sock)" host-paths
refused '/proc a second time' 'A second proc at /host/proc, where no masked path covers it.' \
	'.mounts += [{destination: "/host/proc", type: "proc", source: "proc"}]' proc-mount
admitted 'no seccomp filter' 'seccompProfile unset, as in most pods: the hook attaches the default filter (Seccomp: 2).' \
	'del(.linux.seccomp)'
policy 50-demo "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": {\"seccomp\": {\"effect\": \"deny\"}}}"
refused 'no seccomp filter, effect deny' 'The same where the policy wants the pod to say it.' 'del(.linux.seccomp)' seccomp

printf '\n%s    %-34s  %-8s  %s%s\n' "$bold" container verdict 'by' "$plain"
cat "$NODE/table"
printf '\n'
if [ $wrong -eq 0 ]; then
	paragraph 0 "$ran ran, $((number - ran)) were refused before their program's first instruction. Nothing is left behind."
	paragraph 0 "Next: build/ocigate check DIRECTORY judges a bundle; sh install/install.sh --dry-run install shows what \
would change before this machine's engines; README.md tells the rest."
else
	paragraph 0 'Something was not as it should be: see above.'
fi
exit $wrong
