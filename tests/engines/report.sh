#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ocigate report on a node where containers of runc, crun and podman really
# run: found, judged by the kernel's facts of now, and dropped when they end.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

# AppArmor may be on or off here: that is not what is tried.
policy 50-test '{"version": 1, "log": {"syslog": false}, "rules": {"apparmor": {"effect": "disabled"}}}'
mkdir -p /var/lib/app-data

# start RUNTIME ID ARGS...
start() {
	runtime=$1
	shift
	set -- run --detach --bundle "$BUNDLE" "$1"
	if [ "$runtime" = crun ]; then
		crun --cgroup-manager=disabled --root /run/crun "$@" </dev/null >"$NODE/started" 2>&1
	else
		runc --root /run/runc "$@" </dev/null >"$NODE/started" 2>&1
	fi
}

# end RUNTIME ID
end() {
	if [ "$1" = crun ]; then
		crun --cgroup-manager=disabled --root /run/crun delete --force "$2" >/dev/null 2>&1
	else
		runc --root /run/runc delete --force "$2" >/dev/null 2>&1
	fi
}

report() {
	"$GATE" report "$@" >"$NODE/out" 2>"$NODE/err" </dev/null
	status=$?
}

# json NAME FILTER: the filter must be true
json() {
	if [ "$status" -eq 0 ] && [ "$(jq -r "$2" "$NODE/out" 2>&1)" = true ]; then
		ok "report $1"
	else
		not_ok "report $1" "status $status, not so: $2: $(jq -c '[.summary, (.containers[] | [.decision.id, .pid, .refused_by])]' "$NODE/out" 2>&1 | head -c 800) $(cat "$NODE/err")"
	fi
}

report --format json
json 'finds nobody on an empty node' '.containers == []'

# It is started without the hook and mounts /etc under a kubelet subPath: what it shows now is the kernel's word.
mkdir -p "$KUBELET_POD/volume-subpaths/vol/app/0"
mount --bind /etc "$KUBELET_POD/volume-subpaths/vol/app/0"
sneaky='.process.args = ["/guest", "300"] | del(.hooks) | .mounts += [{destination: "/conf", type: "bind", options: ["rbind"],
	source: "'"$KUBELET_POD"'/volume-subpaths/vol/app/0"}]'
for runtime in runc crun; do
	if ! command -v $runtime >/dev/null; then
		echo "skip report $runtime: not installed"
		continue
	fi
	bundle "good-$runtime" '.process.args = ["/guest", "300"]'
	start "$runtime" "good-$runtime" || not_ok "report: start under $runtime" "$(cat "$NODE/started")"
	bundle "bad-$runtime" "$sneaky"
	start "$runtime" "bad-$runtime" || not_ok "report: start under $runtime" "$(cat "$NODE/started")"
	report --format json
	json "finds what runs under $runtime, each once" "[.containers[].decision.id | select(endswith(\"$runtime\"))] | sort == [\"bad-$runtime\", \"good-$runtime\"]"
	json "knows the process of a container of $runtime" "[.containers[] | select(.decision.id | endswith(\"$runtime\")) | .pid > 0] == [true, true]"
	json "admits a healthy one of $runtime" ".containers[] | select(.decision.id == \"good-$runtime\") | .decision.verdict == \"admit\""
	json "sees what one of $runtime really mounts" ".containers[] | select(.decision.id == \"bad-$runtime\") |
		.refused_by == [\"host-paths\", \"sensitive-mounts\"] and ([.decision.findings[] | select(.rule == \"host-paths\") | .value] | index(\"/etc\")) != null"
done

if command -v podman >/dev/null; then
	mkdir -p /var/lib/rootfs/proc /var/lib/rootfs/sys /var/lib/rootfs/dev /var/lib/rootfs/mark
	cp "$NODE/guest" /var/lib/rootfs/guest
	podman --cgroup-manager cgroupfs --runtime runc run --detach --network none --cgroup-parent "/$OCIGATE_NODE" \
		--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --user 1000:1000 --cap-drop ALL --security-opt no-new-privileges \
		--annotation io.kubernetes.cri.sandbox-namespace=kube-system --rootfs /var/lib/rootfs /guest 300 >"$NODE/podman" 2>&1 </dev/null
	id=$(tail -n 1 "$NODE/podman")
	report --format json
	json 'finds what podman runs' "[.containers[] | select(.decision.engine == \"podman\") | [.decision.id, .decision.trusted, .pid > 0]] == [[\"$id\", true, true]]"
	json 'admits what podman runs without privileges' '.containers[] | select(.decision.engine == "podman") | .decision.verdict == "admit"'
	podman --cgroup-manager cgroupfs --runtime runc stop --time 0 "$id" >/dev/null 2>&1
	report --format json
	json 'leaves out what podman has stopped' '[.containers[] | select(.decision.engine == "podman")] == []'
	report --format json --all
	json 'lists what podman has stopped where all is asked for' "[.containers[] | select(.decision.engine == \"podman\") | [.decision.id, .pid]] == [[\"$id\", 0]]"
	podman --cgroup-manager cgroupfs --runtime runc rm --force "$id" >/dev/null 2>&1
else
	echo 'skip report podman: not installed'
fi

# Containers come and go while it looks: never an error, and the one that stays is always there.
(
	n=0
	while [ ! -e "$NODE/enough" ]; do
		n=$((n + 1))
		bundle "brief-$n" '.process.args = ["/guest"] | del(.hooks)'
		start runc "brief-$n"
		end runc "brief-$n"
		rm -rf "$BUNDLE"
	done
) &
churn=$!
wrong=
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	report --format json
	[ "$status" -eq 0 ] || wrong="$wrong status $status: $(cat "$NODE/err")"
	jq -e '[.containers[].decision.id] | index("good-runc") != null' "$NODE/out" >/dev/null || wrong="$wrong; good-runc is not there"
	jq -e 'all(.containers[]; .decision.error == null)' "$NODE/out" >/dev/null || wrong="$wrong; $(jq -c '[.containers[] | select(.decision.error != null) | .decision.id, .decision.error]' "$NODE/out")"
done
touch "$NODE/enough"
wait "$churn"
if [ -z "$wrong" ]; then
	ok 'report is not disturbed by containers that come and go'
else
	not_ok 'report is not disturbed by containers that come and go' "$(echo "$wrong" | head -c 600)"
fi
for runtime in runc crun; do
	command -v $runtime >/dev/null || continue
	end "$runtime" "good-$runtime"
	end "$runtime" "bad-$runtime"
done
report --format json
json 'finds nobody when all have ended' '[.containers[] | select(.pid != 0)] == []'
exit 0
