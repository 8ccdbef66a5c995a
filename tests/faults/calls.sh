#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every system call of the gate failing in turn: with an error (EIO, ENOMEM,
# EINTR, EACCES, ENOSYS, ENOSPC), once or from then on, or short; and SIGKILL
# before each. What must hold is told in inject/main.c. A sample, or with
# FAULTS=all every point. FAULT_SEED=1 FAULT_BED=GLOB
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/fault_beds.sh
. tests/lib/fault_beds.sh

[ "$(uname -m)" = x86_64 ] || { echo 'skip faults calls: written for x86_64'; exit 0; }
command -v crun >/dev/null 2>&1 || { echo 'skip faults calls: crun is not installed'; exit 0; }
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -o "$NODE/inject" tests/faults/inject/main.c tests/faults/inject/tree.c \
	tests/faults/inject/trace.c -lseccomp || exit 1
PROGRAM=$GATE

bed() {
	name=$1 expect=$2
	shift 2
	# shellcheck disable=SC2254 # a pattern
	case $name in ${FAULT_BED:-*}) ;; *) return ;; esac
	tries=${FAULT_TRIES:-60}
	[ "${FAULTS:-}" != all ] || tries=0
	case $name in *'compiles a filter') [ "$tries" -eq 0 ] || [ "$tries" -gt 1000 ] || tries=$((tries / 4)) ;; esac
	"$NODE/inject" --name "calls: $name" --expect "$expect" --seed "${FAULT_SEED:-1}" --tries "$tries" "$@"
}

beds
each_bed
beds_end
