#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The drop-ins of install/docs/workloads.md: what each is for is refused without it and admitted with it, and what stands
# beside it is refused as before.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

python3 -B tests/lib/workloads.py "$GATE" "$NODE/workloads"
