#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every system call of the gate failing in turn: with an error (EIO, ENOMEM,
# EINTR, EACCES, ENOSYS, ENOSPC), once or from then on, or short; and SIGKILL
# before each. Then SIGKILL at random instants. What must hold is told in
# inject/main.c. A sample, or with FAULTS=all every point, and FAULT_KILLS=N
# instants for each program (0: none). FAULT_SEED=1 FAULT_BED=GLOB
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/fault_beds.sh
. tests/lib/fault_beds.sh

command -v crun >/dev/null 2>&1 || { echo 'skip faults calls: crun is not installed'; exit 0; }
inject
PROGRAM=$GATE
started=$NODE/started

call_bed() {
	name=$1 expect=$2
	shift 2
	# shellcheck disable=SC2254 # a pattern
	case $name in ${FAULT_BED:-*}) ;; *) return ;; esac
	tries=${FAULT_TRIES:-60}
	[ "${FAULTS:-}" != all ] || tries=0
	case $name in *'compiles a filter') [ "$tries" -eq 0 ] || [ "$tries" -gt 1000 ] || tries=$((tries / 4)) ;; esac
	"$NODE/inject" --name "calls: $name" --expect "$expect" --seed "${FAULT_SEED:-1}" --tries "$tries" "$@"
}

kill_bed() {
	name=$1 expect=$2
	shift 2
	# shellcheck disable=SC2254 # a pattern
	case $name in ${FAULT_BED:-*}) ;; *) return ;; esac
	each=$kills
	case $name in *'compiles a filter') each=$(((kills + 3) / 4)) ;; esac
	"$NODE/inject" --name "kills: $name" --expect "$expect" --seed "$seed" --kills "$each" --log "$RECORD" --started "$started" "$@"
}

beds
if [ "$(uname -m)" = x86_64 ]; then
	bed() { call_bed "$@"; }
	each_bed
else
	echo 'skip faults calls: written for x86_64'
fi
kills=${FAULT_KILLS:-20}
# The instants are the machine's own anyway: another seed each time.
seed=${FAULT_SEED:-$(date +%s)}
if [ "$kills" -gt 0 ]; then
	: >"$started"
	bed() { kill_bed "$@"; }
	rm -f "$SNAPSHOT"
	"$GATE" hook createRuntime <"$NODE/good.state" >/dev/null 2>&1
	"$GATE" precreate <"$NODE/make.json" >/dev/null 2>&1
	each_bed
fi
beds_end
