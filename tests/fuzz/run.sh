#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fuzzes every target with libFuzzer, AddressSanitizer and UBSan.
#
# usage: tests/fuzz/run.sh [TARGET]…      environment: FUZZ_SECONDS=60 FUZZ_JOBS=2 FUZZ_SEED=0 FUZZ_RUNS=-1 BUILD=build
#
# Corpora grow in $BUILD-fuzz/corpus/TARGET, seeded from the tests' own data. A
# crash stays in $BUILD-fuzz/crashes and is to become a case: put it into
# tests/fuzz/regress/TARGET/, which every run replays first.
#
# With a FUZZ_SEED one run is like the other, input by input: it starts from the
# tests' own data alone, and neither the clock nor addresses have a say. How far
# it gets is then up to FUZZ_RUNS: a number, or "table", those of tests/fuzz/runs.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}" "${FUZZ_SECONDS:=60}" "${FUZZ_JOBS:=2}" "${FUZZ_SEED:=0}" "${FUZZ_RUNS:=-1}"
out=$BUILD-fuzz
mkdir -p "$BUILD"
known='spec amend process state policy mountinfo apparmor seccomp_block seccomp_program runtime_args exec_options
	decision_log'
targets=${*:-$known}

if ! command -v clang >/dev/null 2>&1; then
	for target in $targets; do echo "skip fuzz $target: there is no clang"; done
	exit 0
fi
if ! make -s BUILD="$out" CC=clang OPT='-O1 -fno-omit-frame-pointer' FORTIFY= HARDEN= REPRODUCIBLE= \
	CFLAGS='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all' "$out/libocigate.a" \
	"$out/hook/runtime_args.o" "$out/hook/runtime_flags.o" "$out/hook/exec_process.o" >"$BUILD/fuzz.log" 2>&1; then
	tail -5 "$BUILD/fuzz.log"
	echo "not ok fuzz: the library does not build with clang and sanitizers"
	exit 1
fi

seed() {
	corpus=$out/corpus/$1
	mkdir -p "$corpus" "$out/crashes"
	case $1 in
	spec) find tests/bundles -name '*config*.json' 2>/dev/null | sort | head -60 ;;
	state) find tests/bundles -name state.json 2>/dev/null | sort | head -20 ;;
	policy) find config -name '*.json' -path '*/p*' 2>/dev/null | sort ;;
	mountinfo) find tests/bundles -name mountinfo 2>/dev/null | sort | head -20 ;;
	apparmor) find tests/bundles -name apparmor 2>/dev/null | sort | head -5 ;;
	esac | while read -r file; do
		# cksum names it: the same content is not copied twice
		cp "$file" "$corpus/seed-$(cksum <"$file" | tr ' ' -)"
	done
	# shellcheck disable=SC2086 # options are words
	case $1 in
	runtime_args | exec_options)
		# The lines of the unit tests, a word a line; and options that people give.
		grep -ho '"[a-z-]*[^"]* c1[^"]*"' tests/unit/runtime_args.c | tr -d '"' | while read -r line; do
			printf '%s' "$line" | tr ' ' '\n' >"$corpus/seed-$(printf '%s' "$line" | cksum | tr ' ' -)"
		done
		n=0
		for options in '--user 0:0' '--cap CAP_SYS_ADMIN -c CAP_CHOWN' '--env A=b -e C=d --cwd /x' '--no-new-privs=false' \
			'--additional-gids 5 -g 6' '--process /p' '--apparmor x --process-label y --tty' '--preserve-fds 3'; do
			n=$((n + 1))
			printf '%s\n' --root /r exec $options c1 sh -c true >"$corpus/seed-options-$n"
		done
		;;
	decision_log)
		# What the gate itself writes
		make -s BUILD="$BUILD" "$BUILD/ocigate" >/dev/null 2>&1
		find tests/bundles -name config.json 2>/dev/null | sort | head -12 | while read -r file; do
			"$BUILD/ocigate" check --format json "$(dirname "$file")" 2>/dev/null |
				sed 's/"time":"[^"]*"/"time":"2026-01-01T00:00:00.000000Z"/' >"$corpus/seed-$(cksum <"$file" | tr ' ' -)"
		done
		;;
	amend) for bits in '\377\177' '\001\000' '\000\177' '\370\000'; do
		find tests/bundles -name config.json 2>/dev/null | sort | head -12 | while read -r file; do
			# shellcheck disable=SC2059 # the bits are bytes by number
			{ printf "$bits"; cat "$file"; } >"$corpus/seed-${bits#?}-$(cksum <"$file" | tr ' ' -)"
		done
	done ;;
	process) find tests/bundles -name config.json 2>/dev/null | sort | head -20 | while read -r file; do
		jq -c .process "$file" >"$corpus/seed-$(cksum <"$file" | tr ' ' -)"
	done ;;
	seccomp_block) find tests/bundles -name config.json 2>/dev/null | sort | while read -r file; do
		jq -ce '.linux.seccomp // empty | .syscalls |= .[0:6]' "$file" >"$corpus/seed-$(cksum <"$file" | tr ' ' -)" ||
			rm -f "$corpus/seed-$(cksum <"$file" | tr ' ' -)"
	done ;;
	esac
}

one() {
	target=$1
	program=$out/fuzz-$target
	log=$out/$target.log
	more=
	case $target in
	runtime_args | exec_options) more="$out/hook/runtime_args.o $out/hook/runtime_flags.o $out/hook/exec_process.o" ;;
	esac
	# shellcheck disable=SC2086 # a list of files
	if ! clang -std=c11 -D_GNU_SOURCE -DOCIGATE_VERSION='"fuzz"' -Iinclude -g -O1 -fsanitize=address,undefined,fuzzer \
		-fno-sanitize-recover=all "tests/fuzz/$target.c" $more "$out/libocigate.a" -lseccomp -ljansson -lapparmor -lcap -lmd \
		-o "$program" >"$log" 2>&1; then
		tail -5 "$log"
		echo "not ok fuzz $target: does not build"
		return 1
	fi
	seed "$target"
	corpus=$out/corpus/$target
	replay=
	[ -d "tests/fuzz/regress/$target" ] && replay=tests/fuzz/regress/$target
	runs=$FUZZ_RUNS again='' same=''
	[ "$runs" != table ] || runs=$(awk -v target="$target" '$1 == target { print $2 }' tests/fuzz/runs)
	[ -n "$runs" ] || { echo "not ok fuzz $target: has no line in tests/fuzz/runs"; return 1; }
	if [ "$FUZZ_SEED" != 0 ]; then
		seeds=$(LC_ALL=C find "$corpus" -name 'seed-*' | LC_ALL=C sort | paste -sd, -)
		corpus=$(mktemp -d "$out/corpus.XXXXXX") || return 1
		# Reading the corpus again goes by the clock, and where memory lies decides what is compared with what.
		again="-reload=0 ${seeds:+-seed_inputs=$seeds}"
		! setarch -R true 2>/dev/null || same='setarch -R'
	fi
	# shellcheck disable=SC2086 # no word where there is nothing to replay
	if $same "$program" -seed="$FUZZ_SEED" -runs="$runs" -max_total_time="$FUZZ_SECONDS" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		$again -artifact_prefix="$out/crashes/$target-" "$corpus" $replay >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		echo "ok fuzz $target ($runs inputs, at most $FUZZ_SECONDS s)"
	else
		grep -E 'ERROR|does not hold|SUMMARY|Test unit' "$log" | head -5
		echo "not ok fuzz $target: see $log"
		false
	fi
	tried=$?
	[ "$FUZZ_SEED" = 0 ] || rm -rf "$corpus"
	return $tried
}

status=0
running=0
for target in $targets; do
	one "$target" &
	running=$((running + 1))
	if [ "$running" -ge "$FUZZ_JOBS" ]; then
		wait
		running=0
	fi
done
wait
exit $status
