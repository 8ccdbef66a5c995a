#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the README says of the tree is so: its rule table is the program's, its
# files and make targets exist, its exit codes and verbs are the program's.
#
# usage: tests/check/readme.sh [update]     update: write the rule table anew
# shellcheck disable=SC2016,SC2013 # backticks are Markdown's; words are wanted
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
begin='<!-- rules: ocigate rules --format md -->'
end='<!-- end of rules -->'
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

{
	sed "/^$begin\$/q" README.md
	"$BUILD/ocigate" rules --format md
	sed -n "/^$end\$/,\$p" README.md
} >"$dir/README.md"
if [ "${1:-}" = update ]; then
	cp "$dir/README.md" README.md
	exit
fi

# verdict NAME PROBLEMS
verdict() {
	if [ -z "$2" ]; then
		echo "ok readme $1"
	else
		echo "not ok readme $1: $(echo "$2" | tr '\n' ' ')"
	fi
}

verdict 'the rule table is current (or: sh tests/check/readme.sh update)' "$(diff README.md "$dir/README.md" | head -n 4)"

missing=''
for path in $(grep -o '`[a-z][a-zA-Z./_-]*/[a-zA-Z0-9./_-]*`' README.md | tr -d '`' | sort -u) \
	$(grep -o '](\([a-zA-Z][^)#:]*\))' README.md | tr -d '])('); do
	[ -e "$path" ] || [ "$path" = build/ocigate ] || missing="$missing $path"
done
verdict 'names only what exists' "$missing"

unknown=''
for target in $(grep -o '`make [a-z]*`' README.md | tr -d '`' | cut -d ' ' -f 2 | sort -u); do
	grep -q "^$target:" Makefile || unknown="$unknown $target"
done
verdict 'names only make targets that exist' "$unknown"

unknown=''
for verb in $(grep -oE '(^|`|build/)ocigate [a-z]+' README.md | sed 's/.*ocigate //' | sort -u); do
	grep -q "^VERB($verb," hook/verbs.def || unknown="$unknown $verb"
done
verdict 'names only verbs that exist' "$unknown"

codes=$(sed -n '/^### Exit codes/,/^## /p' README.md | grep -oE '^\| [0-9]+' | tr -d '| ' | sort -n | tr '\n' ' ')
told=$("$BUILD/ocigate" --help | sed -n 's/^Exit codes: //p' | grep -oE '[0-9]+' | sort -n | tr '\n' ' ')
[ "$codes" = "$told" ] && codes='' || codes="$codes, not $told"
verdict 'lists the exit codes of --help' "$codes"
