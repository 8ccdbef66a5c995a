#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The release for nodes without a compiler: whole, the same when it is packed
# again, installable where there is nothing but a shell, and gone without a
# trace; and what is in it to read keeps the schema that is in it.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
# shellcheck source=tests/lib/roots.sh
. tests/lib/roots.sh
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# verdict NAME PROBLEMS
verdict() {
	if [ -z "$2" ]; then
		echo "ok tarball $1"
	else
		echo "not ok tarball $1: $(echo "$2" | head -n 8 | tr '\n' ' ')"
	fi
}

# does NAME COMMAND...: ends with 0
does() {
	name=$1
	shift
	if "$@" >"$dir/out" 2>&1; then verdict "$name" ''; else verdict "$name" "failed: $(tail -n 3 "$dir/out")"; fi
}

pack() {
	rm -rf "$BUILD/dist"
	MAKEFLAGS='' make -s BUILD="$BUILD" tarball >"$dir/log" 2>&1 && cp "$BUILD"/dist/*.tar.gz "$dir/$1.tar.gz"
}
if ! pack one; then
	verdict 'is packed' "$(tail -n 2 "$dir/log")"
	exit 1
fi
sleep 1
pack two
verdict 'is the same when it is packed again' "$(cmp "$dir/one.tar.gz" "$dir/two.tar.gz" 2>&1)"
verdict 'belongs to root, who alone may write' "$(tar -tvzf "$dir/one.tar.gz" | grep -vE '^(d|-)rw.r-.r-. 0/0 ')"
mkdir "$dir/node"
tar -xzf "$dir/one.tar.gz" -C "$dir/node" --strip-components=1
does 'has checksums that are right' sh -c "cd '$dir/node' && sha256sum -c --quiet SHA256SUMS"
verdict 'has a checksum for every file' "$(cd "$dir/node" && find . -type f ! -name SHA256SUMS | while read -r file; do
	grep -qF "  $file" SHA256SUMS || echo "$file"
done)"
verdict 'has what its pages name' "$(cd "$dir/node" && for path in bin/ocigate install/install.sh install/files.sh \
	install/man/ocigate.8 install/completion/ocigate.bash config/schema/policy.schema.json install/docs/operators-guide.md LICENSE README.md; do
	[ -e "$path" ] || echo "no $path"
done)"

if python3 -c 'import jsonschema' 2>/dev/null; then
	python3 -B tests/package/schema.py "$dir/node/bin/ocigate" "$dir/node/config/schema/policy.schema.json" .
else
	echo 'skip schema: python3-jsonschema is not installed'
fi

# --- before an engine of another root ---
root=$dir/root
mkdir -p "$root/etc/containers" "$root/usr/bin"
cp /bin/true "$root/usr/bin/runc"
echo '# mine' >"$root/etc/containers/containers.conf"
(cd "$root" && find . | sort) >"$dir/before"
does 'shows what it would do' sh "$dir/node/install/install.sh" --root "$root" --dry-run install
verdict 'changes nothing then' "$(cd "$root" && find . | sort | diff "$dir/before" -)"
does 'installs before an engine in one step' sh "$dir/node/install/install.sh" --root "$root" install
does 'has put the program there' "$root/usr/local/bin/ocigate" --version
does 'has put presets there' test -e "$root/usr/lib/ocigate/presets/audit.json"
does 'has put pages there' test -e "$root/usr/local/share/man/man8/ocigate.8"
verdict 'has pages that name what is there' "$(cd "$root/usr/local/share/man" && sed '/^Default: /d' man8/ocigate*.8 man5/ocigate.policy.5 |
	grep -oE '/usr/(local/)?(bin/ocigate|share/ocigate/[a-z/.]*[a-z])' | sort -u | while read -r path; do
	[ -e "$root$path" ] || echo "$path"
done)"
does 'has put the wrapper before the engine' grep -q /usr/local/bin/ocigate-runc \
	"$root/etc/containers/containers.conf.d/99-ocigate.conf"
if sh "$dir/node/install/files.sh" --destdir "$root" remove >"$dir/out" 2>&1; then
	verdict 'is not removed while an engine needs it' 'it was'
else
	verdict 'is not removed while an engine needs it' "$(grep -q 99-ocigate.conf "$dir/out" || cat "$dir/out")"
fi
does 'is taken away from the engine' sh "$dir/node/install/install.sh" --root "$root" uninstall
does 'is removed' sh "$dir/node/install/files.sh" --destdir "$root" remove
verdict 'leaves no file' "$(cd "$root" && find . ! -type d | sort >"$dir/after" && grep -vxF -f "$dir/before" "$dir/after")"

# --- on a system that has nothing ---
if [ "$(id -u)" -ne 0 ]; then
	echo 'skip tarball on a bare system: takes root'
elif ! root_make bookworm; then
	echo "skip tarball on a bare system: $why"
else
	root=$dir/bare
	mkdir "$root"
	tar -x -C "$root" --numeric-owner -f "$ROOTS/bookworm.tar"
	cp -R "$dir/node" "$root/release"
	does 'installs where there is no compiler and no python' chroot "$root" sh /release/install/files.sh install
	does 'has a policy there' chroot "$root" /usr/local/bin/ocigate policy check
	does 'is removed there' chroot "$root" sh /release/install/files.sh remove
	verdict 'leaves nothing there' "$(find "$root" -xdev -name '*ocigate*' ! -path "$root/release/*")"
fi
