#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The lints that a tool does. Run in the top of the tree.
#
# usage: tests/lint/tools.sh format|shell|cppcheck|build-gcc|build-clang|analyzer|symbols [PATH...]
#   PATH: look at these files alone (C files, shell scripts)
# shellcheck disable=SC2046 # the names of our files hold no blanks
set -u
lint=$1
shift
: "${BUILD:=build}"
report=$(mktemp) || exit 1
trap 'rm -f "$report"' EXIT

# verdict STATUS: one line for each of the tool's first complaints
verdict() {
	if [ "$1" -eq 0 ]; then
		echo "ok lint $lint"
	else
		grep -E 'error|warning|style|performance|portability|SC[0-9]|line [0-9]|^In ' "$report" | head -n 20 |
			sed "s/^/not ok lint $lint: /"
		grep -q . "$report" || echo "not ok lint $lint: status $1"
		sed 's/^/# /' "$report" | head -n 60
		exit 1
	fi
}

need() {
	command -v "$1" >/dev/null 2>&1 && return
	echo "skip lint $lint: $1 is not installed"
	exit 0
}

# version TOOL MAJOR: what the tool thinks is right differs from version to version; this tree follows Debian 12's
version() {
	need "$1"
	found=$("$1" --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
	case $found in
	"$2" | "$2".*) ;;
	*)
		echo "skip lint $lint: made for $1 $2, here is $found"
		exit 0
		;;
	esac
}

c_files() {
	find hook enforce include tests -name '*.[ch]' | sort
}

scripts() {
	find tests install -name '*.sh' | sort
}

# build COMPILER FLAGS [PATH...]: everything, or the objects of PATH, without a warning
build() {
	cc=$1
	flags=$2
	shift 2
	need "$cc"
	dir=$BUILD/lint-$lint
	if [ $# -eq 0 ]; then
		set -- "$dir/ocigate"
		[ -e tests/rules/run.c ] && set -- "$@" "$dir/rule-cases"
		[ -d tests/unit ] && set -- "$@" "$dir/unit-tests"
	else
		for path in "$@"; do
			shift
			set -- "$@" "$dir/${path%.c}.o"
		done
	fi
	MAKEFLAGS='' make -s -j2 BUILD="$dir" CC="$cc" WERROR=-Werror CFLAGS="$flags" "$@" >"$report" 2>&1
	verdict $?
}

case $lint in
format)
	version clang-format 14
	[ $# -gt 0 ] || set -- $(c_files)
	clang-format --dry-run -Werror "$@" >"$report" 2>&1
	verdict $?
	;;
shell)
	need shellcheck
	[ $# -gt 0 ] || set -- $(scripts) .ci/run
	shellcheck -S style -f gcc "$@" >"$report" 2>&1
	verdict $?
	;;
cppcheck)
	version cppcheck 2.10
	[ $# -gt 0 ] || set -- $(find hook enforce -name '*.c' | sort)
	cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -Iinclude \
		-I. -D_GNU_SOURCE -D__x86_64__=1 -DOCIGATE_VERSION='"0"' --library=gnu --suppress=missingIncludeSystem "$@" >"$report" 2>&1
	verdict $?
	;;
build-gcc) build gcc '' "$@" ;;
build-clang) build clang '' "$@" ;;
analyzer)
	version gcc 12
	[ $# -gt 0 ] || set -- $(find hook enforce -name '*.c' | sort)
	build gcc -fanalyzer "$@"
	;;
symbols)
	need nm
	exec python3 tests/lint/symbols.py "${1:-$BUILD}"
	;;
*)
	echo "not ok lint $lint: no such lint"
	exit 1
	;;
esac
