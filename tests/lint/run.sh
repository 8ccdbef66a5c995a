#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# All lints, then the proof that each of them can fail.
#
# usage: tests/lint/run.sh [quick]     quick: text alone, as in make check
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
export BUILD
status=0

python3 tests/lint/source.py . || status=1
sh tests/lint/tools.sh format || status=1
if [ "${1:-}" != quick ]; then
	for lint in shell cppcheck build-gcc build-clang analyzer; do
		sh tests/lint/tools.sh "$lint" || status=1
	done
	sh tests/lint/tools.sh symbols "$BUILD/lint-build-gcc" || status=1
	python3 tests/lint/selftest.py . || status=1
fi
exit $status
