#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The README's tour, tried: every "$ COMMAND" of the blocks that are marked so
# must print what stands below it, under the shipped default.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

awk -v dir="$NODE" '
	/^<!-- tried by / { wanted = 1; next }
	/^```$/ && wanted == 1 { wanted = 2; next }
	/^```$/ && wanted == 2 { wanted = 0; next }
	wanted == 2 && /^\$ / { n++; print substr($0, 3) >(dir "/command-" n); printf "" >(dir "/expected-" n); next }
	wanted == 2 { print >(dir "/expected-" n) }
' README.md

n=0
while n=$((n + 1)) && [ -e "$NODE/command-$n" ]; do
	sed -i "s|build/ocigate|$GATE|" "$NODE/command-$n"
	sh "$NODE/command-$n" >"$NODE/printed" 2>&1
	if cmp -s "$NODE/printed" "$NODE/expected-$n"; then
		ok "tour $n: $(cut -c 1-60 "$NODE/command-$n")"
	else
		not_ok "tour $n: $(cat "$NODE/command-$n")" "$(diff "$NODE/expected-$n" "$NODE/printed" | tr '\n' ' ' | cut -c 1-400)"
	fi
done
