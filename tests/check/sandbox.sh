#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Before somebody is excepted, the spec of his pod's sandbox is asked as well.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

only='"*": {"effect": "disabled"}, "root-user": {"effect": "deny"}'
policy 50-test "{\"version\": 1, \"log\": {\"syslog\": false}, \"rules\": {$only}, \"exceptions\": [{\"name\": \"web\", \"reason\": \"r\",
	\"match\": {\"namespaces\": [\"default\"], \"pods\": [\"web\"]}, \"rules\": {\"root-user\": {\"effect\": \"audit\"}}}]}"
bundle app '.process.user = {uid: 0, gid: 0}'
app=$BUNDLE

# sandbox JQ-FILTER: the pod's pause container, in the place where containerd keeps it
sandbox() {
	bundle 5a4d0b0c '.annotations = {"io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": "5a4d0b0c",
		"io.kubernetes.cri.sandbox-name": "web", "io.kubernetes.cri.sandbox-namespace": "default",
		"io.kubernetes.cri.sandbox-uid": "0a1b2c3d-0000-4000-8000-000000000001"}'
	jq "$1" "$BUNDLE/config.json" >"$NODE/sandbox" && cp "$NODE/sandbox" "$BUNDLE/config.json"
}

# judged NAME VERDICT TRUSTED DOUBT
judged() {
	"$GATE" check --format json "$app" >"$NODE/out" 2>&1
	"$GATE" check "$app" >"$NODE/text" 2>&1
	got=$(jq -r '"\(.verdict) \(.trusted)"' "$NODE/out" 2>&1)
	if [ "$got" != "$2 $3" ]; then
		not_ok "sandbox $1" "$got, not $2 $3: $(head -c 400 "$NODE/text")"
	elif [ -n "${4:-}" ] && ! grep -q "$4" "$NODE/text"; then
		not_ok "sandbox $1" "does not say '$4': $(head -c 400 "$NODE/text")"
	else
		ok "sandbox $1"
	fi
}

judged 'may be missing: some engines make none' admit true
sandbox .
judged 'that tells of the same pod is no obstacle' admit true
sandbox '.annotations["io.kubernetes.cri.sandbox-namespace"] = "shop"'
judged 'of another namespace ends the trust' deny false 'tells of another pod'
sandbox '.annotations["io.kubernetes.cri.sandbox-name"] = "db"'
judged 'of another pod ends the trust' deny false 'tells of another pod'
sandbox '.annotations["io.kubernetes.cri.sandbox-uid"] = "other"'
judged 'of another pod of the same name ends the trust' deny false 'tells of another pod'
sandbox '.annotations["io.kubernetes.cri.container-type"] = "container"'
judged 'that is none ends the trust' deny false 'tells of another pod'
sandbox .
sed -i 's/"ociVersion"/"OciVersion"/' "$BUNDLE/config.json"
judged 'that cannot be read strictly ends the trust' deny false 'cannot be read'
sandbox .
chmod 777 "$BUNDLE"
judged 'that others can write ends the trust' deny false 'tells of another pod'
chmod 755 "$BUNDLE"
# What real engines wrote, in its place; then with the sandbox of another pod of theirs.
policy 50-test "{\"version\": 1, \"log\": {\"syslog\": false}, \"rules\": {$only}, \"exceptions\": [{\"name\": \"real\", \"reason\": \"r\",
	\"match\": {\"namespaces\": [\"default\"], \"containers\": [\"redis\"]}, \"rules\": {\"root-user\": {\"effect\": \"audit\"}}}]}"
web=$app
for engine in containerd-2.1 crio-1.37; do
	real=tests/bundles/$engine/redis-unhealthy
	app=$(jq -r .bundle $real/state.json)
	id=$(jq -r '.annotations | .["io.kubernetes.cri-o.SandboxID"] // .["io.kubernetes.cri.sandbox-id"]' $real/config.json)
	place=$(echo "$app" | sed "s|/[0-9a-f]\{64\}|/$id|")
	mkdir -p "$app"
	cp $real/config.json "$app"
	judged "of $engine may be gone" admit true
	mkdir -p "$place"
	cp $real/sandbox-config.json "$place/config.json"
	judged "of $engine tells of the same pod" admit true
	cp tests/bundles/$engine/restricted/sandbox-config.json "$place/config.json"
	judged "of another pod of $engine ends the trust" deny false 'tells of another pod'
done
app=$web
sandbox '.annotations["io.kubernetes.cri.sandbox-namespace"] = "shop"'
policy 50-test "{\"version\": 1, \"log\": {\"syslog\": false}, \"rules\": {$only}}"
judged 'is not asked where nobody is excepted' deny true

# What the sandbox's spec alone tells of CRI-O's pods: the port is taken out of the container's own here, as for a pod that was
# made without the kubelet.
policy 50-test '{"version": 1, "log": {"syslog": false}, "rules": {"*": {"effect": "disabled"}, "host-network": {"effect": "deny"}, "sysctls": {"effect": "deny"}}}'
rm -r /run/containers
for case in hostport sysctls; do
	real=tests/bundles/crio-1.37/$case
	app=$(jq -r .bundle $real/state.json)
	place=/run/containers/storage/overlay-containers/$(jq -r '.annotations["io.kubernetes.cri-o.SandboxID"]' $real/config.json)/userdata
	mkdir -p "$app" "$place"
	jq 'del(.annotations["io.kubernetes.container.ports"]) | .linux.namespaces |= map(del(.path))' $real/config.json >"$app/config.json"
	judged "of $case: without it nothing is known" admit true
	cp $real/sandbox-config.json "$place/config.json"
	[ $case = hostport ] && judged "tells of the node's ports" deny true "takes the node's port 18080/"
	[ $case = sysctls ] && judged "tells of the pod's sysctls" deny true 'net.core.somaxconn=1024'
done
echo '{' >"$place/config.json"
judged 'that cannot be read may hold any sysctl' deny true "cannot tell its pod's sysctls"
exit 0
