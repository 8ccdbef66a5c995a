#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# make install puts a whole gate under DESTDIR, with PREFIX in what it writes,
# and nothing outside.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

if ! MAKEFLAGS='' make -s BUILD="$BUILD" install DESTDIR="$dir" PREFIX=/usr >"$dir.log" 2>&1; then
	echo "not ok install: $(tail -n 1 "$dir.log")"
	exit 1
fi
rm "$dir.log"

# there NAME TEST...
there() {
	name=$1
	shift
	if "$@"; then
		echo "ok install $name"
	else
		echo "not ok install $name: $*"
	fi
}

there 'the program' "$dir/usr/bin/ocigate" --version
there 'the wrapper, a link to it' test "$(readlink "$dir/usr/bin/ocigate-runtime")" = ocigate
there 'an empty directory for drop-ins' test -d "$dir/etc/ocigate/policy.d"
there 'every shipped drop-in' diff -r config/policy.d "$dir/usr/lib/ocigate/policy.d"
there 'every preset' diff -r config/presets "$dir/usr/lib/ocigate/presets"
there 'a hooks.d file for the program where it is' grep -q '"path": "/usr/bin/ocigate"' "$dir/usr/share/ocigate/99-ocigate.json"
there 'nothing that takes effect by itself' test ! -e "$dir/usr/share/containers"
