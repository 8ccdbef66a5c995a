# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# Test lines about the last program: its $status, and what it said in $NODE/out
# and $NODE/err. To be sourced inside a node; $topic begins each line's name.
# shellcheck disable=SC2154 # set by who sources this

# what_was_said: in one line, to be told of a test that fails
what_was_said() {
	cat "$NODE/out" "$NODE/err" 2>/dev/null | tr '\n' ' ' | tail -c 900
}

# holds NAME COMMAND...
holds() {
	name="$topic $1"
	shift
	verify "$name" "status $status: $(what_was_said)" "$@"
}

# expect NAME STATUS [PATTERN-IN-WHAT-WAS-SAID]
expect() {
	if [ "$status" -ne "$2" ]; then
		not_ok "$topic $1" "status $status, not $2: $(what_was_said)"
	elif [ -n "${3:-}" ] && ! cat "$NODE/out" "$NODE/err" | grep -Eq -- "$3"; then
		not_ok "$topic $1" "does not say '$3': $(what_was_said)"
	else
		ok "$topic $1"
	fi
}
