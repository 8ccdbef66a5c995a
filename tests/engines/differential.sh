#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One text, several readers: ways of writing a spec that runtimes read
# differently, or that make a container more than it shows. What ocigate
# admits is started under runc and crun and looked at from outside.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
mkdir -p "$KUBELET_POD/volumes/kubernetes.io~empty-dir/scratch"
# What ocigate would mend counts as refused: a row is started as it is written.
policy 50-test '{"version": 1, "rules": {"seccomp": {"effect": "deny"}}}'
export NODE GATE KUBELET_POD OCIGATE_NODE
exec python3 -B tests/engines/differential.py "$@"
