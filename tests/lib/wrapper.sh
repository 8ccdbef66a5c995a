# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# The runtime wrapper before runc and crun. To be sourced inside a node by who
# defines cases(), which is called for each runtime with
#
#   $runtime    its name            $real    its program
#   $wrapper    the wrapper         $STATE   where containers are remembered
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
# shellcheck source=tests/lib/said.sh
. tests/lib/said.sh
RECORD=$NODE/decisions

settle() {
	policy 50-test "{\"version\": 1, \"log\": {\"file\": \"$RECORD\", \"syslog\": false}, \"rules\": $1}"
	: >"$RECORD"
}

# make NAME FILTER: a bundle without a hook of its own; the container's program prints its status
make() {
	bundle "$1" "del(.hooks) | $2"
	cp "$NODE/probe" "$BUNDLE/rootfs/probe"
}

# wrapped VERB...: the wrapper, its outputs to $NODE/out and $NODE/err, its exit code in $status
wrapped() {
	"$wrapper" --root "$STATE" "$@" </dev/null >"$NODE/out" 2>"$NODE/err"
	status=$?
}

# record FILTER: of the wrapper's own last decision; the hook writes one of its own behind it
record() {
	jq -rs "map(select(.stage == \"runtime\" or .stage == \"exec\")) | last | $1" "$RECORD"
}

denied_by() {
	record '[.findings[] | select(.effect == "deny") | .rule] | unique | join(",")'
}

same() {
	[ "$1" = "$2" ] && return
	echo "# '$1' instead of '$2'"
	return 1
}

inside() {
	same "$(sed -n "s/^$1:[[:space:]]*//p" "$NODE/out")" "$2"
}

config() {
	jq -rc "$1" "$BUNDLE/config.json"
}

refused() {
	[ "$status" -eq 1 ] && ! ran
}

# each_runtime: calls cases
each_runtime() {
	"${CC:-cc}" -O1 -static -no-pie -o "$NODE/probe" tests/engines/wrapper_probe.c || exit 1
	for runtime in runc crun; do
		topic="$runtime wrapper:"
		real=$(command -v $runtime)
		if [ -z "$real" ]; then
			echo "skip $runtime wrapper: not installed"
			continue
		fi
		wrapper=/usr/local/bin/ocigate-$runtime
		STATE=/run/$runtime
		ln -sf ocigate "$wrapper"
		cases
	done
}
