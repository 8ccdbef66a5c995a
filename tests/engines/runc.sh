#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real containers under runc, ocigate as createRuntime hook in config.json.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
engine=runc
# shellcheck source=tests/lib/oci_cases.sh
. tests/lib/oci_cases.sh

start() {
	runc --root /run/runc run --bundle "$BUNDLE" "$1" </dev/null >"$NODE/out" 2>&1
}

tells_why() {
	true
}

oci_cases
