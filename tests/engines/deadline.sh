#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A caller that never ends its state: the hook refuses by itself, before the
# time that hooks.d gives it is over, and says why.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/state"
given=$(jq .hook.timeout install/hooks.d/*.json)

"$BUILD/ocigate" hook createRuntime <"$dir/state" >"$dir/out" 2>&1 &
hook=$!
exec 9>"$dir/state"
printf '{"ociVersion": "1.0.2",' >&9
start=$(date +%s)
wait "$hook"
status=$?
took=$(($(date +%s) - start))
if [ "$status" -ne 1 ] || ! grep -q '^ocigate: denied: no decision in time' "$dir/out"; then
	echo "not ok deadline refuses: status $status: $(cat "$dir/out")"
elif [ "$took" -ge "$given" ] || [ "$took" -lt 2 ]; then
	echo "not ok deadline refuses: took $took s of $given"
else
	echo 'ok deadline refuses'
fi
