#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Known escapes: what makes each possible is refused, and nothing else is; the page that lists them says what is tried.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"

python3 -B tests/cves/cves.py check "$GATE" "$NODE/cves" || not_ok 'cves' "cves.py did not come to its end"
python3 -B tests/cves/cves.py page >"$NODE/page"
if cmp -s "$NODE/page" install/docs/cves.md; then
	ok 'cves install/docs/cves.md is up to date'
else
	not_ok 'cves install/docs/cves.md is up to date' "python3 tests/cves/cves.py page >install/docs/cves.md: $(diff "$NODE/page" install/docs/cves.md | head -n 3 | tr '\n' ' ')"
fi
exit 0
