#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Soundness by experiment: bundles of real engines are bent, ocigate judges
# them, and what it admits is run and looked at from the host. install/docs/soundness.md
#
#   SOUNDNESS_RUNS=N     that many cases (without a limit of time)
#   SOUNDNESS_SEED=S     these cases, not the fixed and (but where CI=true) a random seed's
#   SOUNDNESS_ABOUT=R    before that the observer is tried on this rule alone, and no case is replayed
#   SOUNDNESS_ONLY=D     cases that are first of all about this dimension
#   SOUNDNESS_AUDIT=N    that many that are only recorded: does the gate find what the observer sees?
#   SOUNDNESS_FIRST=I    from this number on
#   SOUNDNESS_WORKERS=N  so many nodes at once
#   SOUNDNESS_NEWER=     (empty) Debian 12's runtimes alone
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
if [ "${1:-}" = worker ]; then
	node_enter "$0" "$@"
	export NODE GATE OCIGATE_NODE
	exec python3 -B tests/soundness/soundness.py worker "$2"
fi
if [ "$(id -u)" -ne 0 ] || ! unshare --mount --pid --fork --net --ipc --uts true 2>/dev/null; then
	echo "skip soundness: starting containers takes root that may make namespaces"
	exit 0
fi
if [ ! -x /bin/busybox ] || ! command -v runc >/dev/null || ! command -v crun >/dev/null; then
	echo "skip soundness: it takes runc, crun and busybox"
	exit 0
fi
: "${BUILD:=build}"
export BUILD
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ocigate/newer
newer=
if [ "${SOUNDNESS_NEWER-yes}" ] && why=$(sh tests/soundness/newer.sh sid "$cache" 2>&1); then
	newer=$cache
else
	echo "skip soundness with newer runtimes: ${why:-not wanted}" | tail -n 1 | cut -c 1-200
fi
SOUNDNESS_CACHE=$newer exec python3 -B tests/soundness/soundness.py
