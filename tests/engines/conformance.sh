#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Under a policy that forbids nothing nobody may notice the wrapper: every verb
# of runc and crun, with and without it, gives the same output, exit code,
# files and descriptors, and the runtime is the same process in every respect
# that its parent can have set up.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

if ! command -v busybox >/dev/null 2>&1 || ldd "$(command -v busybox)" >/dev/null 2>&1; then
	echo 'skip conformance: no static busybox'
	exit 0
fi
rules=$("$GATE" rules --format json | jq -c '[(.rules? // .)[].name] | map({key: ., value: {effect: "disabled"}}) | from_entries')
policy 50-permissive "{\"version\": 1, \"log\": {\"syslog\": false}, \"rules\": $rules,
	\"runtime\": {\"restore\": true, \"candidates\": {\"ocigate-probe\": [\"/usr/local/bin/probe\"]}}}"
"${CC:-cc}" -O1 -static -no-pie -o /usr/local/bin/probe tests/engines/wrapper_probe.c || exit 1
ln -sf ocigate /usr/local/bin/ocigate-probe
bundle conformance 'del(.hooks, .linux.seccomp) | .process.user = {uid: 0, gid: 0} | .process.noNewPrivileges = false
	| .process.env += ["HOME=/"] | .annotations = {}'
mkdir -p "$BUNDLE/rootfs/bin" "$BUNDLE/rootfs/tmp"
cp "$(command -v busybox)" "$BUNDLE/rootfs/bin/busybox"
for applet in sh cat echo ls sleep tty stty env id true; do
	ln -sf busybox "$BUNDLE/rootfs/bin/$applet"
done
for runtime in runc crun; do
	real=$(command -v $runtime)
	if [ -z "$real" ]; then
		echo "skip conformance $runtime: not installed"
		continue
	fi
	ln -sf ocigate "/usr/local/bin/ocigate-$runtime"
	python3 tests/engines/conformance.py "$runtime" "$real" "/usr/local/bin/ocigate-$runtime" "$BUNDLE" "$NODE"
done
python3 tests/engines/conformance_process.py /usr/local/bin/probe /usr/local/bin/ocigate-probe "$BUNDLE" "$NODE"
