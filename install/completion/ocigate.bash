# SPDX-License-Identifier: Apache-2.0
# bash completion for ocigate(8)                                     -*- shell-script -*-
#
# A line of the table: a verb, an option of it ("-": its operands) and what may
# stand there. <dir>, <file>, <rule>, <id> and <profile> are looked up.

# begin table
_ocigate_table='
hook --handler <profile>
hook --help
hook --version
hook - prestart createRuntime poststart
runtime
precreate --help
precreate --version
precreate -
check --policy <dir>
check --as runtime hook
check --format text json
check --help
check --version
check - <dir>
record --root <dir>
record --help
record --version
record - <id> <dir>
explain --help
explain --version
explain - <id> <rule>
report --format text json policyreport prometheus html
report --policy <dir>
report --as runtime hook
report --would-deny
report --diff
report --suggest
report --all
report --since
report --log <file>
report --root <dir>
report --help
report --version
report -
alerts --since
alerts --severity high medium low info
alerts --log <file>
alerts --doctor
alerts --format text json
alerts --help
alerts --version
alerts -
doctor --root <dir>
doctor --format text json
doctor --no-live
doctor --help
doctor --version
doctor -
policy --policy <dir>
policy --presets <dir>
policy --format text json
policy --help
policy --version
policy - show check defaults <file>
apparmor --help
apparmor --version
apparmor - pin <profile>
rules --format text json md man schema
rules --help
rules --version
rules - <rule>
'
_ocigate_rules='privileged host-namespaces host-network root-user capabilities host-paths apparmor seccomp privilege-escalation read-only-rootfs resource-limits trusted-images listen-ports service-account-token default-namespace spec-integrity devices sysctls proc-mount mount-propagation sensitive-mounts bundle-hooks runtime-annotations selinux exec-escalation suspicious-command attestation'
# end table

# Containers with a decision that was kept, and those that run
_ocigate_ids() {
	cat /run/ocigate/decisions/*.json 2>/dev/null | grep -o '"id": *"[^"]*"' | cut -d '"' -f 4
	find /run/runc /run/crun /run/containerd/runc -name state.json -printf '%h\n' 2>/dev/null | sed 's|.*/||'
}

# The words that one kind stands for
_ocigate_words() {
	case $1 in
	'<dir>') compgen -d -- "$2" ;;
	'<file>') compgen -f -- "$2" ;;
	'<rule>') compgen -W "$_ocigate_rules" -- "$2" ;;
	'<id>') compgen -W "$(_ocigate_ids)" -- "$2" ;;
	'<profile>') compgen -W "$(sed 's/ ([a-z]*)$//' /sys/kernel/security/apparmor/profiles 2>/dev/null)" -- "$2" ;;
	*) compgen -W "$1" -- "$2" ;;
	esac
}

# The table's line for verb $1 and option $2
_ocigate_line() {
	local verb option values
	while read -r verb option values; do
		[[ $verb == "$1" && $option == "$2" ]] && printf '%s' "$values" && return
	done <<<"$_ocigate_table"
}

_ocigate() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} i word kinds operands=0
	COMPREPLY=()

	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(awk '{ print $1 }' <<<"$_ocigate_table" | sort -u) --help --version" -- "$cur")
		return
	fi
	# readline takes --option=value apart
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	kinds=
	[[ $prev == --* ]] && kinds=$(_ocigate_line "$verb" "$prev")
	if [[ -z $kinds && $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(awk -v verb="$verb" '$1 == verb && $2 != "-" { print $2 }' <<<"$_ocigate_table")" -- "$cur")
		return
	fi
	if [[ -z $kinds ]]; then
		kinds=$(_ocigate_line "$verb" -)
		for ((i = 2; i < COMP_CWORD; i++)); do
			word=${COMP_WORDS[i]}
			if [[ $word == --* ]]; then
				[[ -n $(_ocigate_line "$verb" "$word") ]] && i=$((i + 1))
			elif [[ $word != = ]]; then
				operands=1
			fi
		done
		# A word such as "show" is the first operand or none.
		((operands)) && kinds=$(tr ' ' '\n' <<<"$kinds" | grep '^<')
	fi
	[[ $kinds == *'<dir>'* || $kinds == *'<file>'* ]] && compopt -o filenames 2>/dev/null
	for word in $kinds; do
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(_ocigate_words "$word" "$cur")
	done
}

complete -F _ocigate ocigate
