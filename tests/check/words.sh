#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Manual pages and shell completion: current, well formed, and completing in a
# real bash as a person would press the tabulator.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
gate=$PWD/$BUILD/ocigate
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# verdict NAME PROBLEMS
verdict() {
	if [ -z "$2" ]; then
		echo "ok words $1"
	else
		echo "not ok words $1: $(echo "$2" | head -n 5 | tr '\n' ' ')"
	fi
}

# --- what repeats the program is what the program says ---
cp -R install "$dir/install"
verdict 'are current' "$(python3 -B "$dir/install/words.py" "$gate" check 2>&1)"
sed -i 's/^capabilities/possibilities/; s/--suggest/--propose/; s/Judge bundles/Weigh bundles/' \
	"$dir"/install/man/*.[58] "$dir/install/completion/ocigate.bash"
stale=$(python3 -B "$dir/install/words.py" "$gate" check 2>&1) && stale=nothing
wrong=''
for page in ocigate.8 ocigate.bash; do
	case $stale in *"$page"*) ;; *) wrong="$page was changed, and it says: $stale" ;; esac
done
verdict 'that are not current are told' "$wrong"

# --- manual pages ---
if command -v mandoc >/dev/null 2>&1; then
	# Whether the pages that they refer to are installed here says nothing about them.
	verdict 'are manual pages without a fault' "$(for page in install/man/*.[0-9]; do
		mandoc -Tlint "$page" 2>/dev/null | grep -v 'referenced manual not found'
	done)"
	for page in install/man/*.[0-9]; do
		name=$(basename "${page%.*}")
		shown=$(mandoc -Tascii "$page" | sed 's/.\x08//g')
		wrong=''
		case $shown in *"$name -- "* | *"$name - "*) ;; *) wrong="no line with its name" ;; esac
		verdict "$name($(echo "$page" | sed 's/.*\.//')) has a name line for whatis" "$wrong"
	done
else
	echo 'skip words manual pages: mandoc is not installed'
fi
verdict 'refer to pages of ours that are there' "$(sed -n 's/^\.Xr \(ocigate[a-z.-]*\) \([0-9]\).*/\1.\2/p' install/man/*.[0-9] |
	sort -u | while read -r page; do [ -e "install/man/$page" ] || echo "$page is not there"; done)"
verdict 'tell every exit code' "$("$gate" --help | sed -n 's/^Exit codes: //p' | grep -oE '[0-9]+' | while read -r code; do
	grep -q "^\.It $code\$" install/man/ocigate.8 || echo "ocigate(8) has no $code"
done)"
sed -n '/^\.Sh EXAMPLES/,$p' install/man/ocigate.policy.5 | sed -n '/^{/,/^}/p' >"$dir/example.json"
verdict 'show an example policy that is one' "$(checked=$("$gate" policy check "$dir/example.json" 2>&1) || echo "$checked")"
verdict 'show an example policy that is not empty' "$(grep -q node-exporter "$dir/example.json" || echo 'it has no exception')"

# --- completion ---
if ! command -v bash >/dev/null 2>&1; then
	echo 'skip words completion: bash is not installed'
	exit 0
fi

# completion_of WORD...: what bash offers for the last word
completion_of() {
	(cd "$dir" && bash --noprofile --norc -c '
		source "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		COMP_LINE="$*"
		COMP_POINT=${#COMP_LINE}
		function_of=$(complete -p ocigate | sed "s/.*-F \([^ ]*\).*/\1/")
		"$function_of" ocigate "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		echo "${COMPREPLY[*]}"
	' bash "$OLDPWD/install/completion/ocigate.bash" "$@" 2>&1)
}

# offers WANTED WORD...: exactly these, in any order
offers() {
	wanted=$(echo "$1" | tr ' ' '\n' | sort | tr '\n' ' ')
	shift
	got=$(completion_of "$@" | tr ' ' '\n' | sort | tr '\n' ' ')
	[ "$got" = "$wanted" ] && got='' || got="$got, not $wanted"
	verdict "completes $*" "$got"
}

mkdir "$dir/drop-ins"
: >"$dir/drop-in.json"
offers "$("$gate" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')--help --version" ocigate ''
offers 'record report' ocigate re
offers 'precreate' ocigate pre
offers 'prestart poststart' ocigate hook p
offers '' ocigate hook createRuntime ''
offers 'createRuntime' ocigate hook cr
offers '--policy' ocigate check --p
offers 'runtime hook' ocigate check --as ''
offers 'text json' ocigate check --format ''
offers 'policyreport prometheus' ocigate report --format p
offers 'json' ocigate report --format = j
offers 'text json policyreport prometheus html' ocigate report --format =
offers 'drop-ins' ocigate check --policy drop
offers 'drop-ins' ocigate check --as hook dr
offers 'drop-in.json drop-ins' ocigate policy check dr
offers 'show' ocigate policy s
offers '' ocigate policy check s
offers 'defaults drop-in.json drop-ins' ocigate policy --format json d
offers 'high' ocigate alerts --severity h
offers 'host-namespaces host-network host-paths' ocigate rules host
offers 'host-paths' ocigate explain host-p
offers '--format --help --no-live --root --version' ocigate doctor -
offers '' ocigate no-such-verb -
