#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A real dockerd whose default runtime is the wrapper: what it binds by itself
# into every container, with its state in the usual place and in another; an
# exception for one wrapper; execs; the report. With OCIGATE_LONG=yes.
# shellcheck disable=SC2016 # conditions are evaluated in verify()
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
# shellcheck source=tests/lib/cri.sh
. tests/lib/cri.sh
if [ -z "${OCIGATE_LONG:-}" ]; then
	echo 'skip docker: OCIGATE_LONG=yes tries it'
	exit 0
fi
for program in dockerd docker; do
	if ! command -v $program >/dev/null; then
		echo "skip docker: $program is not installed"
		exit 0
	fi
done
cri_enter "$0" "$@"

RECORD=$NODE/decisions
ip link set lo up 2>/dev/null
mount --make-rshared /
mount -t tmpfs -o mode=755 tmpfs /var/log
mkdir -p /etc/docker /var/lib/data /var/lib/elsewhere
$PYTHON tests/engines/cri_image.py "$(command -v busybox)" "$NODE/images.tar"
ln -s ocigate /usr/local/bin/ocigate-runtime
ln -s ocigate /usr/local/bin/ocigate-socket

# settle [STATE-DIRECTORY]: the policy, with an exception for who is started through the wrapper "socket"
settle() {
	policy 50-test '{"version": 1, "log": {"file": "'"$RECORD"'", "syslog": false},
		"runtime": {"candidates": {"ocigate-socket": ["/usr/bin/runc", "/usr/sbin/runc"]}},
		"rules": {"host-paths": {"state_directories": ["'"${1:-/nowhere}"'"]}},
		"exceptions": [{"name": "socket", "reason": "tried", "match": {"handlers": ["socket"]}, "rules": {
			"root-user": {"effect": "audit"}, "sensitive-mounts": {"allowed": ["/run/docker.sock"]},
			"host-paths": {"allowed": [{"path": "/run/docker.sock", "read_only": false}]}}}]}'
}

# begin DATA-ROOT; end
begin() {
	cat >/etc/docker/daemon.json <<-END
		{"runtimes": {"ocigate": {"path": "/usr/local/bin/ocigate-runtime"}, "socket": {"path": "/usr/local/bin/ocigate-socket"}},
		 "default-runtime": "ocigate", "iptables": false, "ip6tables": false, "bridge": "none", "storage-driver": "vfs",
		 "data-root": "$1", "cgroup-parent": "/$OCIGATE_NODE/docker"}
	END
	dockerd >"$NODE/dockerd.log" 2>&1 &
	dockerd=$!
	waited=0
	until docker load --input "$NODE/images.tar" >/dev/null 2>&1; do
		sleep 0.1
		waited=$((waited + 1))
		if [ $waited -gt 200 ]; then
			echo "skip docker: dockerd does not start here: $(tail -n 2 "$NODE/dockerd.log" | tr '\n' ' ')"
			kill "$dockerd"
			exit 0
		fi
	done
}
end() {
	kill "$dockerd"
	wait "$dockerd" 2>/dev/null
}

# started OPTIONS... COMMAND...: a container of the image
started() {
	docker run --rm --network none --ulimit nofile=1024:1024 "$@" >"$NODE/out" 2>&1 </dev/null
	status=$?
}
says() {
	grep -q -e "$1" "$NODE/out"
}
runs() {
	name=$1
	shift
	started "$@"
	verify "docker $name" "status $status: $(head -c 600 "$NODE/out")" test "$status" -eq 0
}
refused() {
	name=$1
	# shellcheck disable=SC2034 # read by eval
	words=$2
	shift 2
	started "$@"
	verify "docker $name" "status $status: $(head -c 600 "$NODE/out")" eval '[ "$status" -ne 0 ] && says "$words"'
}

settle
begin /var/lib/docker
runs 'starts what brings nothing of the node along' --user 1000 localhost/app:test id
runs 'starts with an init of its own' --init --user 1000 localhost/app:test id
runs 'starts with a named volume and files in memory' --volume data:/data --tmpfs /x --read-only --user 1000 localhost/app:test ls /data
refused 'says what to write in place of root' 'root-user: runs as root (run with --user and a number above 0)' localhost/app:test id
refused 'says where a volume leads' "host-paths: mounts the node's /var/lib/data at /data" --user 1000 --volume /var/lib/data:/data localhost/app:test id
refused 'refuses its own socket' "sensitive-mounts: mounts the node's socket /run/docker.sock" --user 1000 \
	--volume /var/run/docker.sock:/var/run/docker.sock localhost/app:test id
runs 'gives its socket to who is started through the wrapper that may' --runtime socket \
	--volume /var/run/docker.sock:/var/run/docker.sock localhost/app:test id
docker run --detach --name lives --network none --ulimit nofile=1024:1024 --user 1000 localhost/app:test >/dev/null 2>&1
docker exec lives id >"$NODE/out" 2>&1
verify 'docker execs as the container is' "$(cat "$NODE/out")" says '^uid=1000'
docker exec --user 0 lives id >"$NODE/out" 2>&1
verify 'docker execs nothing as root' "$(cat "$NODE/out")" says 'exec-escalation: runs as root in a container that runs as uid 1000'
"$GATE" report >"$NODE/out" 2>&1
verify 'docker has its containers in the report' "$(head -n 4 "$NODE/out")" says '^1 container: 0 would be refused, 1 admitted'
docker rm --force lives >/dev/null
end

begin /var/lib/elsewhere
refused 'with a data-root says which directory to list' 'keep their state in /var/lib/elsewhere, the policy has to list that' \
	--user 1000 localhost/app:test id
settle /var/lib/elsewhere
runs 'with a data-root that is listed starts' --init --user 1000 localhost/app:test id
end
