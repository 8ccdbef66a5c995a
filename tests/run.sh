#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs suites and adds up. A suite is a program that prints one line a test:
#   ok NAME            not ok NAME: why            skip NAME: why
# (a bare TAP "ok 1 - NAME" will do too). A suite that dies without a "not ok"
# counts as one failure, so that a crash cannot look like a pass.
#
# usage: tests/run.sh check|asan|all
set -u
cd "$(dirname "$0")/.." || exit 1
: "${BUILD:=build}"
export BUILD
log=$BUILD/tests.log
mkdir -p "$BUILD"
: >"$log"

suite() {
	name=$1
	shift
	out=$BUILD/suite.out
	printf '# %s\n' "$name"
	# A suite's exit status is not in the pipe's: keep it in a file.
	{ "$@" 2>&1; echo $? >"$BUILD/suite.rc"; } </dev/null | tee "$out"
	rc=$(cat "$BUILD/suite.rc")
	if [ "$rc" -ne 0 ] && ! grep -q '^not ok' "$out"; then
		echo "not ok $name: ended with status $rc" | tee -a "$out"
	elif ! grep -Eq '^(ok|not ok|skip)' "$out"; then
		echo "not ok $name: reported no test" | tee -a "$out"
	fi
	cat "$out" >>"$log"
}

what=${1:-all}
case $what in
check | asan | all)
	[ "$what" = asan ] && export ASAN_OPTIONS=detect_leaks=0
	suite unit "$BUILD/unit-tests" --tap --color=never -j2
	suite rules "$BUILD/rule-cases" tests/rules
	;;
*)
	echo "usage: tests/run.sh check|asan|all" >&2
	exit 100
	;;
esac
if [ "$what" = check ]; then
	suite lint sh tests/lint/run.sh quick
	for script in tests/check/*.sh; do
		[ -e "$script" ] && suite "$(basename "$script" .sh)" sh "$script"
	done
fi
if [ "$what" = all ]; then
	suite lint sh tests/lint/run.sh
	suite fuzz env FUZZ_SECONDS="${FUZZ_SECONDS:-15}" sh tests/fuzz/run.sh
	for script in tests/check/*.sh tests/build/*.sh tests/engines/*.sh tests/soundness/run.sh \
		tests/faults/*.sh tests/package/*.sh; do
		[ -e "$script" ] && suite "$(basename "$script" .sh)" sh "$script"
	done
	suite vm sh tests/vm/run.sh
fi

passed=$(grep -c '^ok' "$log")
failed=$(grep -c '^not ok' "$log")
skipped=$(grep -c '^skip' "$log")
grep '^not ok' "$log"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
