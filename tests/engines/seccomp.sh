#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What is said about a seccomp filter against what the kernel does with it:
# every example that a finding names is made by a program in a container under
# that filter and must come through; every call of the floor that no finding
# names is made in several ways and must not.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
[ "$(uname -m)" = x86_64 ] || { echo 'skip seccomp: the calls told here are those of x86_64'; exit 0; }
"${CC:-cc}" -O1 -static -o "$NODE/probe" tests/engines/seccomp_probe.c || { echo 'not ok seccomp: the probe does not build'; exit 1; }
export NODE GATE OCIGATE_NODE
exec python3 -B tests/engines/seccomp.py "$@"
