#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The same source gives the same bytes, wherever the tree lies and whenever it is built.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

for place in here some/where/else; do
	mkdir -p "$dir/$place"
	cp -R Makefile include enforce hook config "$dir/$place" 2>/dev/null
	if ! MAKEFLAGS='' make -s -j2 -C "$dir/$place" BUILD=build build/ocigate >"$dir/log" 2>&1; then
		echo "not ok build reproducible: $(tail -n 1 "$dir/log")"
		exit 1
	fi
	sleep 1
done
one=$dir/here/build/ocigate
two=$dir/some/where/else/build/ocigate
if cmp -s "$one" "$two"; then
	echo "ok build reproducible"
else
	echo "not ok build reproducible: $(cmp "$one" "$two" 2>&1)"
fi

if readelf -lW "$one" | grep -q 'INTERP'; then
	echo "not ok build static: the binary asks for a dynamic loader"
elif ! readelf -hW "$one" | grep -q 'DYN'; then
	echo "not ok build static: not position independent"
else
	echo "ok build static"
fi
if readelf -lW "$one" | grep -A1 'GNU_STACK' | grep -q 'RWE' || ! readelf -lW "$one" | grep -q 'GNU_RELRO'; then
	echo "not ok build hardened: executable stack or no relro"
else
	echo "ok build hardened"
fi
if strings -a "$one" | grep -q "$dir"; then
	echo "not ok build no-paths: the binary names the directory that it was built in"
else
	echo "ok build no-paths"
fi
