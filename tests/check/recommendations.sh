#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The two Deployments of Microsoft's page on real engines, under a policy that
# denies every recommendation; and who cannot talk himself into kube-system.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

mkdir -p "$NODE/all"
cat >"$NODE/all/50.json" <<'END'
{ "version": 1, "rules": { "*": {"effect": "disabled"},
  "listen-ports": {"effect": "deny", "allowed_ports": [80]}, "host-network": {"effect": "deny"}, "apparmor": {"effect": "deny"},
  "trusted-images": {"effect": "deny", "allowed": ["~[^/]+\\.azurecr\\.io/.+"]}, "capabilities": {"effect": "deny"},
  "host-paths": {"effect": "deny"}, "sensitive-mounts": {"effect": "deny"}, "privileged": {"effect": "deny"},
  "privilege-escalation": {"effect": "deny"}, "service-account-token": {"effect": "deny"}, "read-only-rootfs": {"effect": "deny"},
  "root-user": {"effect": "deny"}, "host-namespaces": {"effect": "deny"}, "resource-limits": {"effect": "deny"},
  "default-namespace": {"effect": "deny"} } }
END

# deserves BUNDLE RULES: exactly these rules find something
deserves() {
	got=$("$GATE" check --policy "$NODE/all" --format json "tests/bundles/$1" 2>&1 |
		jq -r '[.error // empty, .findings[].rule] | unique | join(" ")')
	if [ "$got" = "$2" ]; then
		ok "recommendations $1 deserves what it gets"
	else
		not_ok "recommendations $1 deserves what it gets" "'$got', not '$2'"
	fi
}

# The healthy one says neither namespace nor automountServiceAccountToken: false. containerd tells no container ports, so that
# nobody can say whether 80 is all; CRI-O does. Those without AppArmor run on kernels that have none. On the CRI-O node the image
# had two names, and CRI-O tells one: docker.io/library/redis.
deserves containerd-1.6-apparmor/redis-healthy 'default-namespace listen-ports service-account-token'
deserves containerd-2.1/redis-healthy-noaa 'apparmor default-namespace listen-ports service-account-token'
deserves crio-1.37/redis-healthy 'apparmor default-namespace service-account-token trusted-images'
deserves crio-1.37/redis-healthy-noaa 'apparmor default-namespace service-account-token trusted-images'
# The unhealthy one: privileged, the host's namespaces and network, as root, NET_ADMIN, /tmp of the node, an image from
# elsewhere, port 9001, a writable root, no limits.
all='apparmor capabilities default-namespace host-namespaces host-network host-paths listen-ports privilege-escalation privileged read-only-rootfs resource-limits root-user sensitive-mounts service-account-token trusted-images'
deserves containerd-2.1/redis-unhealthy "$all"
deserves crio-1.37/redis-unhealthy "$all"

# --- ocigate rules says of each rule what it answers ---
"$GATE" rules >"$NODE/table"
wrong=$("$GATE" rules --format json | jq -r '.[] | .name as $rule
	| (.recommendation // "" | select(test("^[0-9]")) | "\($rule)\trecommendation \(split(":")[0])"),
	  (.pss // "" | select(. != "") | "\($rule)\tPod Security: \(.)"),
	  (.alert // "" | select(. != "") | split(", ")[] | "\($rule)\talert \(.)")' | while IFS=$(printf '\t') read -r rule answer; do
	awk -v rule="$rule" '/^  [a-z]/ { on = $1 == rule } on' "$NODE/table" | grep -qF "$answer" || echo "$rule: $answer;"
done)
if [ -z "$wrong" ] && [ "$(grep -c '^  [a-z]' "$NODE/table")" -eq "$("$GATE" rules --format json | jq length)" ]; then
	ok 'recommendations the table of rules has what each answers'
else
	not_ok 'recommendations the table of rules has what each answers' "$wrong"
fi
wrong=$(awk 'length($0) > 125' "$NODE/table")
if [ -z "$wrong" ]; then
	ok 'recommendations the table of rules is not too wide'
else
	not_ok 'recommendations the table of rules is not too wide' "$wrong"
fi
for number in 2 16; do
	if grep -A 1 "^ *$number " "$NODE/table" | grep -q 'API server'; then
		ok "recommendations the table of rules says why no node answers $number"
	else
		not_ok "recommendations the table of rules says why no node answers $number" "$(tail -n 8 "$NODE/table")"
	fi
done

# --- the table of Azure's parameters names what exists ---
"$GATE" rules --format json | jq -r '.[] | .name as $rule | $rule, (.settings[].name | "\($rule).\(.)")' | sort -u >"$NODE/known"
# shellcheck disable=SC2016 # backticks are Markdown's
wrong=$(grep -oE '`[a-z]+(-[a-z]+)+(\.[a-z_]+)?`|`(capabilities|privileged|devices|sysctls|apparmor|seccomp|selinux)(\.[a-z_]+)?`' config/azure-policy.md |
	tr -d '`' | sort -u | grep -vxF -f "$NODE/known" | grep -vE '^(kube-system|gatekeeper-system|azure-arc|ocigate-runtime)$')
if [ -z "$wrong" ]; then
	ok 'recommendations the table of parameters names what exists'
else
	not_ok 'recommendations the table of parameters names what exists' "$(echo "$wrong" | tr '\n' ' ')"
fi

wrong=$("$GATE" rules --format json | jq -r '.[].alert // "" | split(", ")[]' | while read -r alert; do
	grep -q "^| .*$alert.* | \(left\)*[^|]*|$" config/azure-policy.md || echo "$alert;"
done)
if [ -z "$wrong" ]; then
	ok 'recommendations the table of alerts has every one that a rule answers'
else
	not_ok 'recommendations the table of alerts has every one that a rule answers' "$wrong"
fi
for parameter in effect excludedNamespaces namespaces labelSelector warn source excludedImages excludedContainers allowedContainerPortsList \
	allowedServicePortsList allowHostNetwork allowedHostPorts minPort maxPort allowedProfiles allowedContainerImagesRegex allowedCapabilities \
	requiredDropCapabilities allowedHostPaths pathPrefix readOnly windowsAllowedHostPaths forcePrivilegeEscalationToBeFalse runAsUserRule \
	runAsUserRanges runAsGroupRule runAsGroupRanges supplementalGroupsRule fsGroupRule cpuLimit memoryLimit procMountType enforcePSS \
	allowedSELinuxTypes; do
	grep -q "$parameter" config/azure-policy.md || not_ok 'recommendations the table has every parameter' "$parameter"
done

# --- the shipped exception of kube-system, and who gets it ---
# claim NAME BUNDLE JQ-FILTER EXCEPTION [BUNDLE-OWNER [PLACE]]: the exceptions that findings name
claim() {
	rm -rf "$NODE/claim"
	cp -R "tests/bundles/$2" "$NODE/claim"
	jq "$3" "tests/bundles/$2/config.json" >"$NODE/claim/config.json"
	[ -z "${5:-}" ] || echo "$5" >"$NODE/claim/host/bundle"
	if [ -n "${6:-}" ]; then
		jq --arg place "$6" '.bundle = $place' "tests/bundles/$2/state.json" >"$NODE/claim/state.json"
	fi
	"$GATE" check --format json "$NODE/claim" >"$NODE/out" 2>&1
	got=$(jq -r '[.findings[].exception | select(. != null)] | unique | join(" ")' "$NODE/out")
	verdict=$(jq -r .verdict "$NODE/out")
	wanted=deny
	[ -z "$4" ] || wanted=admit
	if [ "$got" = "$4" ] && [ "$verdict" = "$wanted" ]; then
		ok "exceptions $1"
	else
		not_ok "exceptions $1" "'$got' and $verdict, not '$4' and $wanted: $(cut -c 1-300 "$NODE/out")"
	fi
}
cri='.annotations["io.kubernetes.cri.sandbox-namespace"] = "kube-system"'
crio='.annotations["io.kubernetes.pod.namespace"] = "kube-system"'
claim "are containerd's pod's in kube-system" containerd-2.1/privileged "$cri" kube-system
claim "are CRI-O's pod's in kube-system" crio-1.37/privileged "$crio" kube-system
claim 'are not for the default namespace' containerd-2.1/privileged . ''
claim "are not for a CRI-O pod that wears containerd's key" crio-1.37/privileged "$cri" ''
claim "are not for a containerd pod that wears CRI-O's" containerd-2.1/privileged "$crio" ''
claim "are not for a CRI-O pod that wears a sandbox's keys" crio-1.37/privileged \
	'.annotations["io.kubernetes.cri-o.Namespace"] = "kube-system" | .annotations["io.kubernetes.cri-o.KubeName"] = "kube-proxy"' ''
claim 'are not for a CRI-O container that says it is a sandbox' crio-1.37/privileged \
	"$cri"' | .annotations["io.kubernetes.cri.container-type"] = "sandbox" | .annotations["io.kubernetes.cri-o.ContainerType"] = "sandbox"' ''
claim 'are not for podman --annotation' podman-5.8/privileged "$cri | $crio"' | .annotations["io.container.manager"] = "cri-o"' ''
claim 'are not for podman as a sandbox' podman-5.8/privileged \
	"$cri | $crio"' | .annotations["io.kubernetes.cri.container-type"] = "sandbox" | .annotations["io.kubernetes.container.name"] = "POD"' ''
claim 'are not for a bundle that others can write' containerd-2.1/privileged "$cri" '' others
claim 'are not for a bundle that lies elsewhere' containerd-2.1/privileged "$cri" '' root /srv/bundles/x
claim 'are not for a directory that looks like the engine'\''s, of a user' containerd-2.1/privileged "$cri" '' others \
	/home/u/run/containerd/io.containerd.runtime.v2.task/k8s.io/x
# Whoever is not vouched for is told why; whom an exception spares is told by which, also where no finding is left to name it.
claim 'are not for a bundle that lies elsewhere' containerd-2.1/privileged "$cri" '' root /srv/bundles/x
got=$(jq -r '"\(.trusted) \(.doubt) \(.exceptions)"' "$NODE/out")
if [ "$got" = 'false the bundle lies where no known engine puts one null' ]; then
	ok 'exceptions decisions say whom they do not believe, and why'
else
	not_ok 'exceptions decisions say whom they do not believe, and why' "$got"
fi
mkdir "$NODE/spare"
cat >"$NODE/spare/50.json" <<'END'
{ "version": 1, "rules": { "*": {"effect": "disabled"}, "host-paths": {"effect": "deny"} }, "exceptions": [
  { "name": "reads-tmp", "reason": "r", "match": {"namespaces": ["default"]}, "rules": {"host-paths": {"allowed": [{"path": "/", "read_only": false}]}} },
  { "name": "of-another", "reason": "r", "match": {"namespaces": ["shop"]}, "rules": {"host-paths": {"allowed": [{"path": "/"}]}} } ] }
END
"$GATE" check --policy "$NODE/spare" --format json tests/bundles/containerd-2.1/subpath-launder >"$NODE/out" 2>&1
got=$(jq -r '"\(.verdict) \(.exceptions)"' "$NODE/out")
if [ "$got" = 'admit ["reads-tmp"]' ] && "$GATE" check --policy "$NODE/spare" tests/bundles/containerd-2.1/subpath-launder | grep -q 'exception that applies: reads-tmp'; then
	ok 'exceptions decisions name the one that applied'
else
	not_ok 'exceptions decisions name the one that applied' "$got"
fi
ln -s /dev/null /etc/ocigate/policy.d/10-kube-system.json
claim 'of kube-system can be masked' containerd-2.1/privileged "$cri" ''
exit 0
