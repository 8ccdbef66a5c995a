#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installed on a node with this machine's real engines: their own checkers take
# the configuration, the doctor finds the gate in force, a bad container by
# podman or docker is refused, and after uninstall all is as it was, the bad container included.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/said.sh
. tests/lib/said.sh
topic=installed:
status=0

run() {
	"$@" </dev/null >"$NODE/out" 2>&1
	status=$?
}

# start OPTIONS...: by podman as it is configured
start() {
	run podman --cgroup-manager cgroupfs run --rm --network none --cgroup-parent "/$OCIGATE_NODE" --ulimit nofile=1024:1024 \
		--ulimit nproc=1024:1024 --user 1000:1000 --cap-drop ALL --security-opt no-new-privileges "$@" \
		--rootfs /var/lib/rootfs /guest
}

# doctor: its findings to $NODE/findings
doctor() {
	"$GATE" doctor --format json >"$NODE/findings" 2>"$NODE/out"
	status=$?
	jq -r '.findings[] | select(.health != "ok") | "\(.health) \(.about) \(.text)"' "$NODE/findings" >>"$NODE/out"
}

ok_about() {
	jq -e --arg about "$1" --arg text "$2" 'any(.findings[]; .health == "ok" and .about == $about and (.text | test($text)))' \
		"$NODE/findings" >/dev/null
}

# All but the identity that a docker daemon gives itself when it first starts.
files() {
	find /etc/containerd /etc/docker /etc/containers -type f ! -name key.json -exec sha256sum {} + | sort
}

for program in podman runc jq; do
	command -v $program >/dev/null || {
		echo "skip install: there is no $program"
		exit 0
	}
done
mkdir -p /var/lib/rootfs/proc /var/lib/rootfs/sys /var/lib/rootfs/dev /var/lib/rootfs/mark /etc/containerd /etc/docker
chmod 1777 /var/lib/rootfs/mark
cp "$NODE/guest" /var/lib/rootfs/guest
policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$NODE/decisions\", \"syslog\": false}}"
before=$(files)

start --pid host
if [ "$status" -ne 0 ]; then
	echo "skip install: podman starts no container here: $(tr '\n' ' ' <"$NODE/out" | tail -c 300)"
	exit 0
fi
doctor
holds 'before, the doctor says that it is not in force' eval '[ "$status" -eq 1 ] && grep -q "does not go through the wrapper" "$NODE/out"'

cp config/apparmor/ocigate-default /etc/apparmor.d/ 2>/dev/null
run sh install/install.sh install
[ ! -e /etc/apparmor.d/ocigate-default ] || holds 'the AppArmor profile is loaded, or it is told why not' grep -q '^apparmor: ' "$NODE/out"
holds 'every engine here takes it, by its own checker' [ "$status" -eq 0 ]
installed=$(files)
run sh install/install.sh install
holds 'a second time changes nothing' eval '[ "$status" -eq 0 ] && [ "$installed" = "$(files)" ]'
doctor
holds 'the doctor finds it in force' [ "$status" -eq 0 ]
holds 'podman reads the hook' ok_about podman 'hook is in a directory'
for engine in containerd docker; do
	case $engine in
	docker) program=dockerd ;;
	*) program=$engine ;;
	esac
	command -v $program >/dev/null || continue
	holds "$engine goes through the wrapper" ok_about $engine 'goes through /usr/local/bin/ocigate-runtime'
done
if command -v containerd >/dev/null; then
	holds 'containerd itself says so' eval 'containerd config dump | grep -q "BinaryName = \"/usr/local/bin/ocigate-runtime\""'
fi
holds 'a good container runs in the live try' ok_about node 'live: a good container runs'
holds 'a bad one is refused' ok_about node 'live: .* is refused'
holds 'nothing of the try stays' eval '[ -z "$(ls -d /var/lib/ocigate/doctor-* 2>/dev/null)" ]'

run "$GATE" alerts
holds 'what the doctor tries is no alert' eval '[ "$status" -eq 0 ] && ! grep -q ocigate-doctor "$NODE/out" && grep -q "^0 alerts .*; [1-9][0-9]* more of what ocigate doctor has tried" "$NODE/out"'
run "$GATE" alerts --doctor
holds 'unless it is asked for' eval '[ "$status" -eq 0 ] && grep -q "denied .* ocigate-doctor-.*-bad .*host-namespaces" "$NODE/out"'

# A drop-in that refuses everybody, and the way out of that.
emergency=$(sed -n '/^### In an emergency/,/^### /{s/^\(echo .*\)/\1/p}' README.md)
echo '{ "version": 1, "rules": { "*": { "effect": "deny" } } }' >/etc/ocigate/policy.d/70-slip.json
doctor
holds 'the doctor tells the way out where all is refused' eval '[ "$status" -eq 1 ] && grep -q "EMERGENCY in ocigate(8)" "$NODE/findings"'
start --read-only=false
holds 'podman is refused a good container then' [ "$status" -ne 0 ]
eval "$emergency"
start --read-only=false --pid host
holds "the README's way out lets everybody in" [ "$status" -eq 0 ]
rm -f /etc/ocigate/policy.d/70-slip.json /etc/ocigate/policy.d/zz-open.json

start
holds 'podman starts a good container' [ "$status" -eq 0 ]
start --pid host
holds 'podman is refused a bad one, with the reason' eval '[ "$status" -ne 0 ] && grep -q "host-namespaces" "$NODE/out"'
run podman --runtime /usr/bin/runc --cgroup-manager cgroupfs run --rm --network none --cgroup-parent "/$OCIGATE_NODE" \
	--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --user 1000 --cap-drop ALL --pid host --rootfs /var/lib/rootfs /guest
holds 'and with another runtime on the command line as well' [ "$status" -ne 0 ]

# dock OPTIONS...: the guest, by docker as it is configured
dock() {
	run docker run --rm --network none --cgroup-parent "/$OCIGATE_NODE" --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
		--user 1000:1000 --cap-drop ALL "$@" guest /guest
}

# docker_begin: a daemon of its own, on the node's /var/lib and /run
docker_begin() {
	dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --exec-opt native.cgroupdriver=cgroupfs \
		>"$NODE/dockerd.log" 2>&1 &
	daemon=$!
	for _ in $(seq 60); do
		docker version >/dev/null 2>&1 && break
		sleep 0.5
	done
	tar -C /var/lib/rootfs --exclude=./mark -c . 2>/dev/null | docker import - guest >"$NODE/out" 2>&1
}

docker_end() {
	kill "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
}

if command -v dockerd >/dev/null && command -v docker >/dev/null; then
	if docker_begin; then
		dock
		holds 'docker starts a good container' [ "$status" -eq 0 ]
		dock --pid host
		holds 'docker is refused a bad one, with the reason' eval '[ "$status" -ne 0 ] && grep -q "ocigate: denied .*host-namespaces" "$NODE/out"'
	else
		echo "skip installed: docker: its daemon does not start here: $(tail -n 1 "$NODE/dockerd.log")"
	fi
	docker_end
fi

command -v dockerd >/dev/null && command -v docker >/dev/null || echo 'skip installed: docker: there is no dockerd, or no docker to ask it'

if command -v containerd >/dev/null; then
	cp /etc/containerd/config.toml "$NODE/config.toml" 2>/dev/null
	printf 'version = 2\noom_score = "many"\n' >/etc/containerd/config.toml
	run sh install/containerd/install.sh install
	holds 'what containerd does not take is refused with its reason' eval '[ "$status" -ne 0 ] && grep -q "many" "$NODE/out"'
	holds 'and left alone' grep -qx 'oom_score = "many"' /etc/containerd/config.toml
	cp "$NODE/config.toml" /etc/containerd/config.toml
fi

run sh install/install.sh uninstall
holds 'uninstall goes well' [ "$status" -eq 0 ]
holds 'every byte is as it was' [ "$before" = "$(files)" ]
start --pid host
holds 'and the bad container runs again' [ "$status" -eq 0 ]
if command -v dockerd >/dev/null && command -v docker >/dev/null && docker_begin; then
	dock --pid host
	holds "docker's too" [ "$status" -eq 0 ]
	docker_end
fi
