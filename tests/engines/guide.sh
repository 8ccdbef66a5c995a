#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The operator's guide, tried from its first line to its last on a node with
# containerd and pods. In install/docs/operators-guide.md
#
#   <!-- guide: pod NAME -->      starts a pod (guide_pod.py)
#   <!-- guide: answer -->        the block below is what the last pod's kubelet was told
#   <!-- guide: try -->           the block below: each "# COMMAND" (further lines: "> ") prints what stands under it
#
# "…" stands for any text, a line of it alone for any lines.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
# shellcheck source=tests/lib/cri.sh
. tests/lib/cri.sh
cri_enter "$0" "$@"
cri_prepare || exit 1

# The node as the package leaves it, with containerd alone.
node_overlay /usr/bin
node_overlay /usr/sbin
node_overlay /usr/share
rm -rf "$GATE" /usr/lib/ocigate /etc/ocigate /etc/docker /etc/containers /usr/bin/podman /usr/bin/crun /usr/bin/dockerd /usr/sbin/dockerd 2>/dev/null
sh install/files.sh --prefix /usr --no-units --binary "$BUILD/ocigate" install
rm -rf /etc/containerd
mkdir -p /etc/containerd
cat >/etc/containerd/config.toml <<'END'
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:test"
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
END
cri_begin || exit 1
ctr --namespace k8s.io images tag localhost/app:test registry.example/tools/agent:1.9 >/dev/null
ctr --namespace k8s.io images rm localhost/app:test >/dev/null
# What an operator does by systemctl.
mkdir -p "$NODE/bin" "$NODE/work"
cat >"$NODE/bin/systemctl" <<END
#!/bin/sh
kill \$(cat $NODE/containerd.pid)
while kill -0 \$(cat $NODE/containerd.pid) 2>/dev/null; do sleep 0.1; done
rm -f /run/containerd/containerd.sock
containerd >>$NODE/containerd.log 2>&1 &
echo \$! >$NODE/containerd.pid
until ctr version >/dev/null 2>&1; do sleep 0.1; done
END
chmod 755 "$NODE/bin/systemctl"
echo "$containerd" >"$NODE/containerd.pid"

guide_pod() {
	PYTHONPATH=$NODE/generated:$PWD/tests/engines PYTHONDONTWRITEBYTECODE=1 $PYTHON tests/engines/guide_pod.py "$NODE" "$OCIGATE_NODE" "$1"
}

# The parts in their order: part-N is a command, answer or pod; expected-N what it prints.
awk -v dir="$NODE" '
	function begin(kind, text) { n++; print kind >(dir "/kind-" n); print text >(dir "/part-" n); printf "" >(dir "/expected-" n) }
	/^<!-- guide: pod / { begin("pod", $4); next }
	/^<!-- guide: (try|answer) -->$/ { wanted = $3; next }
	/^```/ && wanted != "" && !inside { inside = 1; if (wanted == "answer") begin("answer", ""); next }
	/^```$/ && inside { inside = 0; wanted = ""; next }
	!inside { next }
	wanted == "try" && /^# / { begin("try", substr($0, 3)); next }
	wanted == "try" && /^> / { print substr($0, 3) >(dir "/part-" n); next }
	{ print >(dir "/expected-" n) }
' install/docs/operators-guide.md

n=0
while n=$((n + 1)) && [ -e "$NODE/kind-$n" ]; do
	name="guide $n: $(head -n 1 "$NODE/part-$n" | cut -c 1-70)"
	case $(cat "$NODE/kind-$n") in
	pod)
		guide_pod "$(cat "$NODE/part-$n")" >"$NODE/answer" 2>&1
		continue
		;;
	answer) cp "$NODE/answer" "$NODE/printed" ;;
	*) (cd "$NODE/work" && PATH=$NODE/bin:$PATH sh "$NODE/part-$n") >"$NODE/printed" 2>&1 </dev/null ;;
	esac
	if python3 tests/lib/wildcards.py "$NODE/expected-$n" "$NODE/printed"; then
		ok "$name"
	else
		not_ok "$name" "prints $(head -c 1500 "$NODE/printed" | tr '\n' '|')"
	fi
	[ -z "${GUIDE_SHOW:-}" ] || sed "s/^/# $n: /" "$NODE/part-$n" "$NODE/printed"
done
[ "$n" -gt 20 ] || not_ok 'guide has its steps' "only $n"

# What the timer does, with the capabilities that its unit leaves, for a directory of somebody else's.
mkdir "$NODE/textfiles"
chown 65534:65534 "$NODE/textfiles"
bounds=$(sed -n 's/^CapabilityBoundingSet=//p' install/systemd/ocigate-report.service | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
setpriv --bounding-set "-all,$bounds" --inh-caps -all --no-new-privs sh /usr/share/ocigate/textfile.sh "$NODE/textfiles" \
	>"$NODE/printed" 2>&1
if [ "$(ls "$NODE/textfiles")" = ocigate.prom ] && grep -q '^ocigate_containers' "$NODE/textfiles/ocigate.prom"; then
	ok 'guide: the timer writes what the node exporter reads'
else
	not_ok 'guide: the timer writes what the node exporter reads' "$(ls "$NODE/textfiles") $(tail -n 3 "$NODE/printed" | tr '\n' ' ')"
fi
if sh /usr/share/ocigate/textfile.sh /nowhere >"$NODE/printed" 2>&1 || ! grep -q 'systemctl edit' "$NODE/printed"; then
	not_ok 'guide: the timer says where the directory is given' "$(cat "$NODE/printed")"
else
	ok 'guide: the timer says where the directory is given'
fi
containerd=$(cat "$NODE/containerd.pid")
cri_end
