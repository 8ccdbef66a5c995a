#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The DaemonSet: its overlays name what is there, mount what its script writes,
# and ask for no more; the script on a made-up node, step by step.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
if ! /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	echo 'skip kubernetes: no python3-yaml'
	exit 0
fi
# A directory that only root can write to, all the way from the root, is on a mount of our own.
if [ -z "${KUBERNETES_NODE:-}" ] && [ "$(id -u)" -eq 0 ] && unshare --mount --pid --fork true 2>/dev/null; then
	KUBERNETES_NODE=yes exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private sh "$0"
fi
[ -z "${KUBERNETES_NODE:-}" ] || mount -t tmpfs -o mode=755 tmpfs /mnt
work=$(TMPDIR=${KUBERNETES_NODE:+/mnt} mktemp -d) || exit 1
trap 'umount "$work/node/proc" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
umask 022
files=install/kubernetes

holds() {
	name="kubernetes: $1"
	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "not ok $name: $(tail -n 5 "$work/out" | tr '\n' ' ')"
	fi
}

# has FILTER: of the DaemonSet
has() {
	jq -e "$1" "$work/set.json" >"$work/out" 2>&1
}

# overlay DIRECTORY [COMPONENT]
overlay() {
	/usr/bin/python3 tests/lib/kustomize.py "$@" >"$work/set.json" 2>"$work/out"
}

for engine in containerd crio; do
	holds "$engine: every file that it names is there and is what it should be" overlay $files/$engine
	holds "$engine: a DaemonSet that rolls out a few nodes at a time, on Linux nodes, tainted ones too" has '
		.kind == "DaemonSet" and .spec.updateStrategy.rollingUpdate.maxUnavailable == "5%"
		and (.spec.template.spec | .nodeSelector == {"kubernetes.io/os": "linux"} and .tolerations == [{"operator": "Exists"}])
		and .spec.selector.matchLabels == .spec.template.metadata.labels'
	holds "$engine: no power of the node's but chroot, no credential" has '.spec.template.spec |
		.automountServiceAccountToken == false and (.hostPID or .hostNetwork or .hostIPC | not) and (.containers | length == 1)
		and (.containers[0].securityContext | .capabilities == {"drop": ["ALL"], "add": ["SYS_CHROOT"]}
			and .readOnlyRootFilesystem and (.privileged or .allowPrivilegeEscalation | not))'
	holds "$engine: it writes to four directories of the node and to no other" has '.spec.template.spec |
		[.volumes[] | select(.hostPath)] as $host | [.containers[0].volumeMounts[] | select(.readOnly | not).name] as $rw |
		[$host[] | select(.name as $n | $rw | index($n)) | .hostPath.path] | sort ==
		(["/etc/'$engine'", "/etc/ocigate", "/opt/ocigate", "/var/lib/ocigate"])'
	holds "$engine: each directory lies where it does on the node" has '.spec.template.spec | .containers[0].volumeMounts as $m |
		all(.volumes[] | select(.hostPath); .name as $n | "/host" + .hostPath.path == ($m[] | select(.name == $n) | .mountPath))'
	holds "$engine: every mount has its volume" has '.spec.template.spec | [.volumes[].name] as $v |
		all(.containers[0].volumeMounts[].name; IN($v[]))'
	holds "$engine: its own installer" has '.spec.template.spec.containers[0].env | any(.name == "OCIGATE_ENGINE" and .value == "'$engine'")'
	holds "$engine: uninstalls by a component" eval 'overlay $files/$engine $files/uninstall &&
		has ".spec.template.spec.containers[0].env | map(select(.name == \"OCIGATE_ACTION\").value) == [\"uninstall\"]"'
	if command -v kubectl >/dev/null 2>&1; then
		kubectl kustomize $files/$engine 2>"$work/out" | /usr/bin/python3 -c 'import json, sys, yaml
print(json.dumps(next(d for d in yaml.safe_load_all(sys.stdin) if d["kind"] == "DaemonSet")))' >"$work/real.json"
		overlay $files/$engine
		for what in .containers[0].securityContext '[.volumes[] | select(.hostPath)]' '.containers[0].volumeMounts' .containers[0].image; do
			holds "$engine: kustomize itself makes the same of $what" [ "$(jq -cS ".spec.template.spec | $what | if type == \"array\" then sort else . end" "$work/set.json")" = \
				"$(jq -cS ".spec.template.spec | $what | if type == \"array\" then sort else . end" "$work/real.json")" ]
		done
	fi
done
holds 'the restart component asks for what it needs, and says so' eval 'overlay $files/containerd $files/restart && has ".spec.template.spec |
	.hostPID and .containers[0].securityContext.privileged"'
holds 'the recipe of the image copies files that are there' eval '[ -e "$(sed -n "s/^COPY \(install[^ ]*\) .*/\1/p" install/Containerfile)" ] &&
	grep -q "install/files.sh --destdir /out --prefix /usr" install/Containerfile'

if [ -z "${KUBERNETES_NODE:-}" ] || ! python3 -c 'import tomllib' 2>/dev/null && ! python3 -c 'import tomli' 2>/dev/null; then
	echo 'skip kubernetes: the script on a node: it takes root, and python3 that reads TOML'
	exit 0
fi
chmod 755 "$work"
node=$work/node
config=$work/config
mkdir -p "$config" "$node/usr/bin" "$node/usr/lib64" "$node/usr/local" "$node/etc/containerd" "$node/etc/ocigate/policy.d" "$node/var/lib" "$node/proc"
mount --bind /proc "$node/proc"
echo 'runc version 1.3.6' >"$node/version"
"${CC:-cc}" -O1 -static -o "$node/usr/bin/runc" tests/lib/fake_runtime.c
printf 'version = 2\n# ours\n' >"$node/etc/containerd/config.toml"
echo '{"version": 1, "description": "an admin made this by hand"}' >"$node/etc/ocigate/policy.d/60-own.json"
cp $files/base/policy/50-cluster.json "$config"
before=$(sha256sum "$node/etc/containerd/config.toml")

# turn SETTING...: once
turn() {
	env OCIGATE_HOST="$node" OCIGATE_POLICY="$config" OCIGATE_BINARY="$(pwd)/$BUILD/ocigate" OCIGATE_SHIPPED="$(pwd)/config" \
		OCIGATE_READY="$work/once" "$@" \
		sh $files/node.sh once >"$work/out" 2>&1
	status=$?
}

turn
holds 'node: the gate is in place' eval '[ "$status" -eq 0 ] && [ -x "$node/opt/ocigate/bin/ocigate" ] &&
	grep -q "BinaryName = \"/opt/ocigate/bin/ocigate-runtime\"" "$node/etc/containerd/config.toml"'
holds 'node: nothing is written below /usr' [ "$(find "$node/usr" -type f | sort | tr '\n' ' ')" = "$node/usr/bin/runc " ]
holds 'node: the shipped exception and the ConfigMap are in the policy' eval 'cmp -s config/policy.d/10-kube-system.json "$node/etc/ocigate/policy.d/10-kube-system.json" &&
	cmp -s "$config/50-cluster.json" "$node/etc/ocigate/policy.d/50-cluster.json"'
holds 'node: what to restart is told, and nothing is restarted' grep -q 'not in force before: systemctl restart containerd' "$work/out"
sums() {
	find "$node" -xdev -type f ! -path '*/snapshot*' -exec sha256sum {} + | sort
}
sums >"$work/sums"
turn
holds 'node: a second time changes nothing' eval '[ "$status" -eq 0 ] && ! grep -q "systemctl restart" "$work/out" && sums | diff "$work/sums" - >>"$work/out"'

echo '{"version": 1, "rules": {"root-usr": {"effect": "deny"}}}' >"$config/70-new.json"
turn
holds 'node: a wrong drop-in is refused, and what is there stays' eval '[ "$status" -ne 0 ] && grep -q "root-usr" "$work/out" &&
	[ ! -e "$node/etc/ocigate/policy.d/70-new.json" ] && [ -e "$node/etc/ocigate/policy.d/50-cluster.json" ]'
echo '{"version": 1, "rules": {"root-user": {"effect": "deny"}}}' >"$config/70-new.json"
rm "$config/50-cluster.json"
echo '{"version": 1}' >"$config/60-own.json"
turn
holds 'node: drop-ins come and go with the ConfigMap' eval '[ "$status" -eq 0 ] && [ -e "$node/etc/ocigate/policy.d/70-new.json" ] && [ ! -e "$node/etc/ocigate/policy.d/50-cluster.json" ]'
holds "node: an admin's own file of the same name stays" grep -q 'by hand' "$node/etc/ocigate/policy.d/60-own.json"
turn OCIGATE_PRESET=restricted
holds 'node: a preset lies below all drop-ins' eval '[ "$status" -eq 0 ] && cmp -s config/presets/restricted.json "$node/etc/ocigate/policy.d/05-preset.json"'
turn OCIGATE_PRESET=none-such
holds 'node: a preset that does not exist is a fault' [ "$status" -ne 0 ]

printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.second]\nruntime_type = "io.containerd.runc.v2"\n' >>"$node/etc/containerd/config.toml"
turn
holds 'node: a handler that comes later is put through the wrapper' eval '[ "$status" -eq 0 ] && [ "$(grep -c "BinaryName = " "$node/etc/containerd/config.toml")" -eq 2 ]'
sed -i '/second/d; /^runtime_type/d' "$node/etc/containerd/config.toml"
rm "$node/usr/bin/runc"
turn
holds 'node: a fault that the doctor finds is a fault' eval '[ "$status" -ne 0 ] && grep -q "none of the runtimes" "$work/out"'
turn OCIGATE_ENGINE=docker
holds 'node: an engine of another kind is refused' [ "$status" -eq 100 ]

turn OCIGATE_ACTION=uninstall
holds 'node: uninstall restores every byte' eval '[ "$status" -eq 0 ] && [ "$before" = "$(sha256sum "$node/etc/containerd/config.toml")" ]'
holds "node: and takes its drop-ins away, not the admin's" [ "$(ls "$node/etc/ocigate/policy.d")" = 60-own.json ]
holds 'node: the program stays for containers that run' [ -x "$node/opt/ocigate/bin/ocigate-runtime" ]

# As a container runs it: it goes on, says that it is ready, and ends when it is told to, with the gate in place.
"${CC:-cc}" -O1 -static -o "$node/usr/bin/runc" tests/lib/fake_runtime.c
env OCIGATE_HOST="$node" OCIGATE_POLICY="$config" OCIGATE_BINARY="$(pwd)/$BUILD/ocigate" OCIGATE_SHIPPED="$(pwd)/config" \
	OCIGATE_READY="$work/ready" OCIGATE_PERIOD=1 sh $files/node.sh >"$work/out" 2>&1 &
pid=$!
for _ in $(seq 100); do
	[ ! -e "$work/ready" ] || break
	sleep 0.1
done
holds 'node: it says when it is ready' [ -e "$work/ready" ]
echo '{' >"$config/70-new.json"
for _ in $(seq 100); do
	[ -e "$work/ready" ] || break
	sleep 0.1
done
holds 'node: and that it is not, when the ConfigMap is wrong' eval '[ ! -e "$work/ready" ] && grep -q "drop-ins are wrong" "$work/out"'
kill "$pid"
wait "$pid"
holds 'node: it ends when told, and leaves the gate in place' eval '[ $? -eq 0 ] && grep -q BinaryName "$node/etc/containerd/config.toml"'
