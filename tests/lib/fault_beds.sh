# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# What faults are tried on: programs of the gate with all that they need, each
# with what must come of it. To be sourced inside a node:
#
#   beds        makes the containers and files once
#   inject      compiles the program that tries them, $NODE/inject
#   each_bed    calls  bed NAME admit|deny OPTION... -- PROGRAM ARGUMENT...
#               for each; options are those of inject/main.c
#
# $PROGRAM is the gate that is tried.

RECORD=/var/log/ocigate/decisions
WATCH=$NODE/watch
SNAPSHOT=/var/lib/ocigate/policy.snapshot

run_real() {
	crun --cgroup-manager=disabled "$@"
}

# created ID FILTER: a container that a real runtime has made and not yet started; its state goes to $NODE/ID.state
created() {
	bundle "$1" "del(.hooks) | .process.args = [\"/guest\", \"1000\"] | $2"
	run_real create --bundle "$BUNDLE" "$1" </dev/null >"$NODE/out" 2>&1 || {
		not_ok 'faults: a container' "$(tail -n 1 "$NODE/out")"
		exit 1
	}
	run_real state "$1" | jq -c '{ociVersion, id, status, pid, bundle}' >"$NODE/$1.state"
}

inject() {
	(
		cd tests/faults/inject || exit 1
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -o "$NODE/inject" main.c options.c tree.c trace.c kill.c -lseccomp
	) || exit 1
}

beds() {
	# The machine's own is not the node's.
	mount -t tmpfs -o mode=755 tmpfs /var/log
	mkdir -p "$WATCH" /var/log/ocigate
	chmod 700 /var/log/ocigate
	"${CC:-cc}" -O1 -static -o /usr/local/bin/stub tests/faults/inject/stub.c || exit 1
	ln -sf "$PROGRAM" /usr/local/bin/ocigate-stub
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false},
		\"runtime\": {\"candidates\": {\"ocigate-stub\": [\"/usr/local/bin/stub\"]}}}"
	created good .
	created bad '.process.user.uid = 0 | (.linux.namespaces[] | select(.type == "ipc")).path = "/proc/1/ns/ipc"'
	jq -c '.process | .args = ["/guest"]' /run/containerd/io.containerd.runtime.v2.task/k8s.io/good/config.json >"$NODE/process.json"
	jq -c '.user.uid = 0' "$NODE/process.json" >"$NODE/process-bad.json"
	bundle make 'del(.hooks) | del(.linux.seccomp)'
	make=$BUNDLE
	bundle root 'del(.hooks) | .process.user.uid = 0'
	root=$BUNDLE
	# Nothing tells precreate the bundle here, and outside of it no root belongs into /run.
	cp -a "$make/rootfs" /var/lib/rootfs
	jq '.root.path = "/var/lib/rootfs"' "$make/config.json" >"$NODE/make.json"
	jq '.mounts += [{destination: "/host", type: "bind", source: "/", options: ["rbind"]}]' "$NODE/make.json" >"$NODE/host.json"
	# Everything has settled: the snapshot is current, the store and the caches are there.
	sleep 4
	for warm in good bad good; do "$GATE" hook createRuntime <"$NODE/$warm.state" >/dev/null 2>&1; done
	"$PROGRAM" precreate <"$NODE/make.json" >/dev/null 2>&1
}

each_bed() {
	kept="--deadline 30 --startup $PROGRAM --tree /run/ocigate --tree /var/lib/ocigate --tree /var/log/ocigate --vary /var/log/* --vary /run/ocigate/decisions/* --may */seccomp/* --vary $SNAPSHOT"
	set -f # the globs are the injector's
	# shellcheck disable=SC2086 # a list of options
	{
		bed 'hook that admits' admit --stdin "$NODE/good.state" $kept -- "$PROGRAM" hook createRuntime
		bed 'hook that refuses' deny --stdin "$NODE/bad.state" $kept -- "$PROGRAM" hook createRuntime
		bed 'wrapper that amends' admit --admitted 77 --output --tree "$make" $kept -- \
			/usr/local/bin/ocigate-stub --root /run/crun create --bundle "$make" make
		bed 'wrapper that refuses' deny --admitted 77 --tree "$root" $kept -- \
			/usr/local/bin/ocigate-stub --root /run/crun create --bundle "$root" root
		bed 'exec that is admitted' admit --admitted 77 --output $kept -- \
			/usr/local/bin/ocigate-stub --root /run/crun exec --process "$NODE/process.json" good
		bed 'exec that is refused' deny --admitted 77 $kept -- \
			/usr/local/bin/ocigate-stub --root /run/crun exec --process "$NODE/process-bad.json" good
		bed 'precreate that amends' admit --output --stdin "$NODE/make.json" $kept -- "$PROGRAM" precreate
		bed 'precreate that refuses' deny --stdin "$NODE/host.json" $kept -- "$PROGRAM" precreate
		bed 'check that admits' admit $kept -- "$PROGRAM" check "$make"
		bed 'check that refuses' deny $kept -- "$PROGRAM" check "$root"
		bed 'report of all' admit --needs /good $kept -- "$PROGRAM" report --format json
		bed 'record' admit --once --vary "*/host/*" --tree "$WATCH" $kept -- "$PROGRAM" record good "$WATCH/good"
		rm -f "$SNAPSHOT"
		bed 'snapshot writer that admits' admit --again --stdin "$NODE/good.state" $kept -- "$PROGRAM" hook createRuntime
		bed 'snapshot writer that refuses' deny --again --stdin "$NODE/bad.state" $kept -- "$PROGRAM" hook createRuntime
		set +f
		rm -f /run/ocigate/seccomp/*
		set -f
		bed 'precreate that compiles a filter' admit --output --stdin "$NODE/make.json" $kept -- "$PROGRAM" precreate
	}
	set +f
}

beds_end() {
	for id in good bad; do run_real delete --force "$id" >/dev/null 2>&1; done
}
