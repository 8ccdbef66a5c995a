#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# podman run by a user: its hook and wrapper judge by the node's policy, in the
# user's own namespace, and the node's report finds what it runs.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
for program in podman crun newuidmap setpriv; do
	if ! command -v $program >/dev/null; then
		echo "skip rootless: $program is not installed"
		exit 0
	fi
done
node_enter "$0" "$@"

USERS_ID=1777
U=/home/u
HOOKS=/etc/ocigate/hooks.d
mount -t tmpfs -o mode=755 tmpfs /home
echo "u:x:$USERS_ID:$USERS_ID::$U:/bin/sh" >>/etc/passwd
echo "u:x:$USERS_ID:" >>/etc/group
echo 'u:200000:65536' | tee /etc/subuid >/etc/subgid
mkdir -p $U/root/proc $U/root/sys $U/root/dev $U/root/etc $U/root/tmp /run/user/$USERS_ID "$HOOKS"
cp "$NODE/guest" $U/root/guest
chown -R $USERS_ID:$USERS_ID $U /run/user/$USERS_ID
chmod 700 /run/user/$USERS_ID
cp install/hooks.d/99-ocigate.json "$HOOKS"
ln -s ocigate /usr/local/bin/ocigate-crun
DECISIONS=$U/decisions
AUDIT='"log": {"syslog": false, "file": "/home/u/decisions"}'
policy 50-test "{\"version\": 1, $AUDIT, \"rules\": {\"apparmor\": {\"effect\": \"disabled\"}}}"

# as_user COMMAND...: with nothing of root's environment
as_user() {
	(cd $U && exec setpriv --reuid $USERS_ID --regid $USERS_ID --clear-groups env -i HOME=$U XDG_RUNTIME_DIR=/run/user/$USERS_ID \
		PATH=/usr/local/bin:/usr/bin:/bin "$@") </dev/null
}
NETWORK=none

# run CRUN HOOKS ARGS...: a container of the user's; CRUN is what podman calls by that name, as the installer has it
run() {
	printf '[engine.runtimes]\ncrun = ["%s"]\n' "$1" >"$NODE/containers.conf"
	hooks=$2
	shift 2
	rm -f $DECISIONS
	as_user CONTAINERS_CONF="$NODE/containers.conf" podman --cgroup-manager cgroupfs --runtime crun --hooks-dir "$hooks" run --network $NETWORK --cgroups disabled \
		--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@" >"$NODE/out" 2>&1
	status=$?
}
# expect NAME VERDICT RULES: what was decided, by what, and what came of it
expect() {
	# The wrapper's decision, and that of the hook which it puts in, say the same.
	got=$(jq -r '"\(.verdict) \(.engine) \([.findings[] | select(.effect == "deny") | .rule] | unique | join(","))"' $DECISIONS 2>&1 | uniq)
	started=no
	! grep -q "the container's program runs" "$NODE/out" || started=yes
	wanted=no
	[ "$2" = deny ] || wanted=yes
	if [ "$got" = "$2 podman $3" ] && [ $started = $wanted ]; then
		ok "rootless $1"
	else
		not_ok "rootless $1" "'$got', not '$2 podman $3'; started: $started, status $status: $(head -c 600 "$NODE/out")"
	fi
}

# refuses NAME PATTERN: the last container did not start, and podman says so
refuses() {
	[ "$status" -ne 0 ] || : >"$NODE/out"
	verify "rootless $1" "$status: $(head -c 600 "$NODE/out")" grep -q "$2" "$NODE/out"
}

if ! as_user podman --runtime crun info >"$NODE/out" 2>&1; then
	echo "skip rootless: podman does not run as a user here: $(tail -n 1 "$NODE/out")"
	exit 0
fi

run /usr/bin/crun "$HOOKS" --rm --rootfs $U/root /guest 1
expect 'an ordinary container passes the hook' admit ''
run /usr/bin/crun "$HOOKS" --rm --volume /etc:/conf --rootfs $U/root /guest 1
expect "the node's /etc is refused" deny host-paths,sensitive-mounts
NETWORK=host
run /usr/bin/crun "$HOOKS" --rm --rootfs $U/root /guest 1
NETWORK=none
# Who may not mount a sysfs in the host's network gets the node's.
expect "the host's network is refused" deny host-network,host-paths,proc-mount,sensitive-mounts
run /usr/bin/crun "$HOOKS" --rm --userns keep-id --rootfs $U/root /guest 1
expect 'a user namespace within that of the user is no root' admit ""
run /usr/local/bin/ocigate-crun /nowhere --rm --rootfs $U/root /guest 1
expect 'an ordinary container passes the wrapper' admit ''
run /usr/local/bin/ocigate-crun /nowhere --rm --volume /etc:/conf --rootfs $U/root /guest 1
expect "the wrapper refuses the node's /etc" deny host-paths,sensitive-mounts
refuses 'the wrapper says why' "denied container .*: host-paths: mounts the node's /etc at /conf"

# A policy that the user may not read is none; one that others may write neither.
chmod 700 /etc/ocigate
run /usr/local/bin/ocigate-crun /nowhere --rm --rootfs $U/root /guest 1
refuses 'a policy that cannot be read refuses, and says so' 'no policy to go by.*/etc/ocigate cannot be opened'
chmod 757 /etc/ocigate
run /usr/local/bin/ocigate-crun /nowhere --rm --rootfs $U/root /guest 1
refuses 'a policy that others can write refuses, and says so' '/etc/ocigate can be written by others'
chmod 755 /etc/ocigate

# --- the node's report ---
run /usr/bin/crun /nowhere --detach --rootfs $U/root /guest 300
id=$(tail -n 1 "$NODE/out")
run /usr/bin/crun /nowhere --detach --volume /etc:/conf --rootfs $U/root /guest 300
bad=$(tail -n 1 "$NODE/out")
"$GATE" report --format json >"$NODE/report" 2>"$NODE/err"
got=$(jq -c '[.containers[] | [.decision.id, .decision.engine, .pid > 0, .refused_by]] | sort_by(.[3] | length)' "$NODE/report")
if [ "$got" = "[[\"$id\",\"podman\",true,[]],[\"$bad\",\"podman\",true,[\"host-paths\",\"sensitive-mounts\"]]]" ]; then
	ok 'rootless report judges what a user runs as the hook does'
else
	not_ok 'rootless report judges what a user runs as the hook does' "$got $(cat "$NODE/err")"
fi
# The user may ask as well, and is told what is not seen then.
as_user "$GATE" report --format json >"$NODE/report" 2>"$NODE/err"
own=$(jq -c '[.containers[] | [.decision.id, .decision.engine, .pid > 0, .refused_by]] | sort_by(.[3] | length)' "$NODE/report")
if [ "$own" = "$got" ] && grep -q 'run by a user: containers of others are not seen' "$NODE/err"; then
	ok 'rootless report tells the same to the user'
else
	not_ok 'rootless report tells the same to the user' "$own $(cat "$NODE/err")"
fi
# What a user's bundle claims is a claim: nobody comes into kube-system that way.
crio=$(find $U/.local/share/containers/storage -maxdepth 1 -name '*-containers' | head -n 1)
jq '.linux.cgroupsPath = "/kubepods/crio-'"$bad"'" | .annotations += {"io.container.manager": "cri-o", "io.kubernetes.pod.name": "p",
	"io.kubernetes.pod.namespace": "kube-system", "io.kubernetes.container.name": "c"}' "$crio/$bad/userdata/config.json" >"$NODE/claim"
cat "$NODE/claim" >"$crio/$bad/userdata/config.json"
cat "$NODE/claim" >"/run/user/$USERS_ID/crun/$bad/config.json"
"$GATE" report --format json >"$NODE/report" 2>"$NODE/err"
got=$(jq -c ".containers[] | select(.decision.id == \"$bad\") | [.decision.trusted, .decision.verdict, ([.rules[] | select(. == \"excepted\")] | length)]" "$NODE/report")
if [ "$got" = '[false,"deny",0]' ]; then
	ok 'rootless report believes no claim of a user'
else
	not_ok 'rootless report believes no claim of a user' "$got $(cat "$NODE/err")"
fi
as_user podman --cgroup-manager cgroupfs --runtime crun rm --force --time 0 "$id" "$bad" >/dev/null 2>&1
exit 0
