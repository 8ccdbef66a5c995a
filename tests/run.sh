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

# usage: judge_suite NAME OUT STATUS START: the lines of a suite that has ended into the log
judge_suite() {
	name=$1
	out=$2
	rc=$3
	if [ "$rc" -ne 0 ] && ! grep -q '^not ok' "$out"; then
		echo "not ok $name: ended with status $rc" | tee -a "$out"
	elif ! grep -Eq '^(ok|not ok|skip)' "$out"; then
		echo "not ok $name: reported no test" | tee -a "$out"
	fi
	printf '# %s took %s s\n' "$name" $(($(date +%s) - $4))
	cat "$out" >>"$log"
}

suite() {
	name=$1
	shift
	started=$(date +%s)
	printf '# %s\n' "$name"
	# A suite's exit status is not in the pipe's: keep it in a file.
	{ "$@" 2>&1; echo $? >"$BUILD/suite.rc"; } </dev/null | tee "$BUILD/suite.out"
	judge_suite "$name" "$BUILD/suite.out" "$(cat "$BUILD/suite.rc")" "$started"
}

what=${1:-all}
case $what in
check | asan | all)
	[ "$what" = asan ] && export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
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
	# The guest needs one processor for minutes, and looks at no clock: it runs beside the others.
	vm_started=$(date +%s)
	VM_SECONDS=2400 sh tests/vm/run.sh </dev/null >"$BUILD/vm.out" 2>&1 &
	vm=$!
	trap 'kill "$vm" 2>/dev/null; exit 130' INT TERM
	# One seed and so many inputs, so that a failure here is the tree's and comes again; `make fuzz` takes another each time.
	fuzz_runs=100000 fuzz_seconds=15
	# A minute each for the targets, by count: the clock is there for what hangs alone.
	[ "${CI:-}" = true ] && fuzz_runs=table fuzz_seconds=600
	suite lint sh tests/lint/run.sh
	suite fuzz env FUZZ_SEED="${FUZZ_SEED:-1}" FUZZ_RUNS="${FUZZ_RUNS:-$fuzz_runs}" FUZZ_SECONDS="${FUZZ_SECONDS:-$fuzz_seconds}" sh tests/fuzz/run.sh
	for script in tests/check/*.sh tests/build/*.sh tests/engines/*.sh tests/soundness/run.sh \
		tests/faults/*.sh tests/package/*.sh; do
		[ -e "$script" ] && suite "$(basename "$script" .sh)" sh "$script"
	done
	wait "$vm"
	vm_rc=$?
	printf '# vm\n'
	cat "$BUILD/vm.out"
	judge_suite vm "$BUILD/vm.out" "$vm_rc" "$vm_started"
fi

passed=$(grep -c '^ok' "$log")
failed=$(grep -c '^not ok' "$log")
skipped=$(grep -c '^skip' "$log")
grep '^not ok' "$log"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
