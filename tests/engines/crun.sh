#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real containers under crun, ocigate as createRuntime hook in config.json.
# crun sends a hook's message to /dev/null: what was decided is in the record.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
engine=crun
# shellcheck source=tests/lib/oci_cases.sh
. tests/lib/oci_cases.sh

start() {
	crun --root /run/crun run --bundle "$BUNDLE" "$1" </dev/null >"$NODE/out" 2>&1
}

tells_why() {
	false
}

oci_cases
