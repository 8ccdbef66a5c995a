#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The Debian package: built by Debian's tools, looked through, and taken through
# its life in minimal Debian 12 and 13 systems: installed, upgraded, removed
# (not while an engine needs it), purged; nothing may be left.
#
#   PACKAGE_SUITES=bookworm sh tests/package/deb.sh    other systems than these two
#   PACKAGE_TWICE=1 sh tests/package/deb.sh              build it twice: the same bytes
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
# shellcheck source=tests/lib/roots.sh
. tests/lib/roots.sh
tree=$PWD

for tool in dpkg-buildpackage dh lintian dh_apparmor; do
	if ! command -v $tool >/dev/null 2>&1; then
		echo "skip deb: $tool is not installed"
		exit 0
	fi
done
if ! lacks=$(dpkg-checkbuilddeps -Pnocheck install/debian/control 2>&1); then
	echo "skip deb: $(echo "$lacks" | tr '\n' ' ')"
	exit 0
fi
dir=$(mktemp -d) || exit 1
trap 'wait; rm -rf "$dir"' EXIT
: "${PACKAGE_SUITES:=bookworm trixie}"

# They take a while, the first time: meanwhile the package is built.
if [ "$(id -u)" -eq 0 ]; then
	for suite in $PACKAGE_SUITES; do
		root_make "$suite" &
	done
fi

# verdict NAME PROBLEMS
verdict() {
	if [ -z "$2" ]; then
		echo "ok deb $1"
	else
		echo "not ok deb $1: $(echo "$2" | head -n 8 | tr '\n' ' ')"
	fi
}

# --- building ---
# build DIRECTORY: the unit tests have run already when this does
build() {
	DEB_BUILD_OPTIONS="nocheck parallel=2" make -s BUILD="$1" DEBFLAGS=-Pnocheck deb >"$dir/build.log" 2>&1
}
if ! build "$dir"; then
	verdict builds "$(grep -E 'rror|nmet' "$dir/build.log")"
	exit 1
fi
verdict builds ''
deb=$(echo "$dir"/deb/*.deb)
version=$(sed -n 's/^VERSION := //p' Makefile)
verdict 'has the version of the program' "$([ "$(dpkg-deb -f "$deb" Version)" = "$version" ] || dpkg-deb -f "$deb" Version)"
if [ -n "${PACKAGE_TWICE:-}" ]; then
	sleep 1
	build "$dir/again"
	verdict 'is the same when it is built again' "$(cmp "$deb" "$dir"/again/deb/*.deb 2>&1)"
fi

lintian --allow-root --pedantic -I "$dir"/deb/*.changes >"$dir/lintian" 2>"$dir/lintian.err" || :
verdict 'has no error and no warning by lintian' "$(grep '^[EW]:' "$dir/lintian")"
# Opinions differ from one lintian to the next.
grep '^[IP]:' "$dir/lintian" | sed 's/^/# /'

# --- what is in it ---
dpkg-deb -x "$deb" "$dir/files"
dpkg-deb -e "$deb" "$dir/control"
dpkg-deb -c "$deb" >"$dir/list"
verdict 'belongs to root' "$(grep -v ' root/root ' "$dir/list")"
verdict 'can be written by nobody else, and has no set-uid' "$(grep -v '^l' "$dir/list" | grep -vE '^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--) ')"
verdict 'has the program and scripts executable, and nothing else' "$(cd "$dir/files" && find . -type f | while read -r file; do
	case $file in */bin/ocigate | *.sh) [ -x "$file" ] ;; *) [ ! -x "$file" ] ;; esac || echo "$file"
done)"
verdict 'has one configuration file' "$(grep -vx /etc/apparmor.d/ocigate-default "$dir/control/conffiles")"
verdict 'needs no library' "$(ldd "$dir/files/usr/bin/ocigate" 2>&1 | grep '=>')"
verdict 'names what is linked in' "$(dpkg-deb -f "$deb" Built-Using | grep -q 'jansson (= .*libseccomp (= ' || echo 'no Built-Using')"
verdict 'configures no engine' "$(cd "$dir/files" && find etc usr/share/containers usr/lib/containers 2>/dev/null | grep -E 'contain|docker|crio')"
sh install/files.sh --destdir "$dir/here" --prefix /usr --binary "$dir/files/usr/bin/ocigate" install
verdict 'has what make install has' "$(for part in here files; do
	# Debian compresses pages, and says where a unit belongs.
	(cd "$dir/$part" && find . -type f ! -path '*/share/doc/*' ! -path '*/lintian/*' | sed 's/\.gz$//; s|^\./lib/|./usr/lib/|' | sort >"$dir/$part.list")
done && diff "$dir/here.list" "$dir/files.list")"
verdict 'has scripts that know where the program is' "$(grep -rn --exclude-dir=edit --exclude='*.schema.json' \
	/usr/local/ "$dir/files/usr/share/ocigate" "$(dirname "$(find "$dir/files" -name '*.timer')")" | grep -v 'for directory in')"
for unit in "$dir"/files/lib/systemd/system/* "$dir"/files/usr/lib/systemd/system/*; do
	[ -e "$unit" ] || continue
	command -v systemd-analyze >/dev/null 2>&1 || continue
	# That the program is not installed here and its page not found are no faults of the unit.
	verdict "has a sound unit $(basename "$unit")" "$(systemd-analyze verify "$unit" 2>&1 | grep "$(basename "$unit")" |
		grep -vE "Command 'man|is not executable")"
done

if command -v systemd-tmpfiles >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
	mkdir -p "$dir/tmpfiles/etc"
	echo 'root:x:0:0::/:/bin/sh' >"$dir/tmpfiles/etc/passwd"
	echo 'root:x:0:' >"$dir/tmpfiles/etc/group"
	systemd-tmpfiles --root="$dir/tmpfiles" --create "$dir/files/usr/lib/tmpfiles.d/ocigate.conf" >"$dir/out" 2>&1
	made=$(cd "$dir/tmpfiles" && stat -c '%a %u %n' run/ocigate run/ocigate/decisions run/ocigate/seccomp var/lib/ocigate 2>&1 | tr '\n' ';')
	verdict 'has its directories made at boot' "$([ "$made" = \
		'755 0 run/ocigate;700 0 run/ocigate/decisions;700 0 run/ocigate/seccomp;700 0 var/lib/ocigate;' ] || echo "$made $(cat "$dir/out")")"
else
	echo 'skip deb directories made at boot: no systemd-tmpfiles'
fi

# --- its life ---
if [ "$(id -u)" -ne 0 ]; then
	echo 'skip deb life: takes root'
	exit 0
fi

# A later version: the same with another number
cp -R "$dir/files" "$dir/later"
mkdir "$dir/later/DEBIAN"
cp -R "$dir"/control/* "$dir/later/DEBIAN/"
sed -i 's/^Version: .*/Version: 99.0/' "$dir/later/DEBIAN/control"
dpkg-deb --root-owner-group -b "$dir/later" "$dir/later.deb" >/dev/null

# listing: every file of the system, but for what dpkg itself keeps
listing() {
	(cd "$root" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache \) -prune -o -print | sort)
}

# run COMMAND...: in the system
run() {
	chroot "$root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@" >"$dir/out" 2>&1
}

# does NAME COMMAND...: ends with 0
does() {
	name=$1
	shift
	if "$@"; then verdict "$suite $name" ''; else verdict "$suite $name" "$(tail -n 3 "$dir/out")"; fi
}

# says NAME WORDS: the last output has them
says() {
	if grep -qF -e "$2" "$dir/out"; then verdict "$suite $1" ''; else verdict "$suite $1" "$(cat "$dir/out")"; fi
}

# Looks without a pause, as an engine would that starts a container just then.
watch_program() {
	: >"$dir/watching"
	: >"$dir/missed"
	looks=0
	while [ -e "$dir/watching" ]; do
		looks=$((looks + 1))
		[ -x "$root/usr/bin/ocigate" ] || echo 'no program' >>"$dir/missed"
		[ -e "$root/usr/bin/ocigate-runtime" ] || echo 'no wrapper' >>"$dir/missed"
	done
	[ "$looks" -gt 1000 ] || echo "looked $looks times only" >>"$dir/missed"
}

# An engine by its files alone; installers edit them from outside of the system.
plant_engine() {
	mkdir -p "$root/etc/containers" "$root/usr/bin"
	echo '# mine' >"$root/etc/containers/containers.conf"
	cp "$root/bin/true" "$root/usr/bin/runc"
}

installer() {
	python3 -c 'import tomllib' 2>/dev/null || python3 -c 'import tomli' 2>/dev/null || return 1
	sh "$root/usr/share/ocigate/install/install.sh" --root "$root" "$@" >"$dir/out" 2>&1
}

life() {
	does 'installs' run dpkg -i /ocigate.deb
	says 'says how to go on' 'install.sh --dry-run install'
	does 'runs' run ocigate policy check
	says 'reads its drop-ins without a warning' '0 errors, 0 warnings; '
	does 'has its wrapper, which wants a runtime' run sh -c '! ocigate-runtime --version'
	says 'names the wrapper' 'none of the runtimes that the policy names for ocigate-runtime'
	does 'knows a preset' run sh -c 'echo "{\"version\": 1, \"preset\": \"restricted\"}" >/etc/ocigate/policy.d/50-mine.json &&
		ocigate policy show >/dev/null'
	does 'leaves the timer off' run sh -c '! ls /etc/systemd/system/timers.target.wants/ocigate* 2>/dev/null'
	does 'installs a second time' run dpkg -i /ocigate.deb
	echo '# mine' >>"$root/etc/apparmor.d/ocigate-default"
	echo '{"version": 1, "rules": {"capabilites": {}}}' >"$root/etc/ocigate/policy.d/60-typo.json"
	watch_program &
	watcher=$!
	does 'upgrades' run dpkg --force-confold -i /later.deb
	run dpkg --force-confold -i /ocigate.deb
	run dpkg --force-confold -i /later.deb
	rm -f "$dir/watching"
	wait "$watcher"
	verdict "$suite has its program at every moment of an upgrade" "$(cat "$dir/missed")"
	run dpkg --force-confold -i /later.deb
	says 'says that the policy has an error' 'did you mean "capabilities"'
	rm "$root/etc/ocigate/policy.d/60-typo.json"
	does 'keeps what the admin changed' grep -q '# mine' "$root/etc/apparmor.d/ocigate-default"
	does 'keeps what the admin added' test -e "$root/etc/ocigate/policy.d/50-mine.json"
	does 'goes back' run dpkg --force-confold -i /ocigate.deb

	plant_engine
	if installer install; then
		does 'puts its wrapper before an engine' grep -q '"/usr/bin/ocigate-runc"' \
			"$root/etc/containers/containers.conf.d/99-ocigate.conf"
		if run dpkg --remove ocigate; then
			verdict "$suite is not removed while an engine needs it" 'it was'
		else
			verdict "$suite is not removed while an engine needs it" ''
		fi
		says 'says which' '/etc/containers/containers.conf.d/99-ocigate.conf'
		does 'is whole after that' run sh -c 'dpkg -s ocigate | grep -q "ok installed" && ocigate policy check'
		does 'is taken away from the engine' installer uninstall
	else
		echo "skip deb $suite installers: python3 here cannot read TOML ($(tail -n 1 "$dir/out"))"
	fi
	mkdir -p "$root/run/containerd/io.containerd.runtime.v2.task/k8s.io/pod"
	printf /usr/bin/ocigate-runc >"$root/run/containerd/io.containerd.runtime.v2.task/k8s.io/pod/runtime"
	if run dpkg --remove ocigate; then
		verdict "$suite is not removed while a container runs through it" 'it was'
	else
		verdict "$suite is not removed while a container runs through it" ''
	fi
	says 'says whose' 'k8s.io/pod'
	rm -rf "$root/run/containerd" "$root/etc/containers" "$root/usr/bin/runc"

	# A program that did not come in the package reads the policy that did.
	mkdir -p "$root/etc/containerd" "$root/usr/local/bin"
	: >"$root/usr/local/bin/ocigate"
	echo 'BinaryName = "/usr/local/bin/ocigate-runc"' >"$root/etc/containerd/config.toml"
	if run dpkg --remove ocigate; then
		verdict "$suite is not removed while another ocigate needs its policy" 'it was'
	else
		verdict "$suite is not removed while another ocigate needs its policy" ''
	fi
	says 'says where' 'names it: /etc/containerd/config.toml'
	rm -r "$root/etc/containerd"

	does 'is removed' run dpkg --remove ocigate
	verdict "$suite leaves no program and no wrapper" "$(find "$root/usr/bin" -name 'ocigate*')"
	does 'keeps the policy until it is purged' test -e "$root/etc/ocigate/policy.d/50-mine.json"
	does 'is purged' run dpkg --purge ocigate
	does 'leaves drop-ins that people wrote' test -e "$root/etc/ocigate/policy.d/50-mine.json"
	does 'leaves the last good policy to the other ocigate' test -e "$root/var/lib/ocigate/policy.snapshot"
	rm -rf "$root/etc/ocigate" "$root/var/lib/ocigate" "$root/run/ocigate" "$root/usr/local/bin/ocigate"
	verdict "$suite leaves nothing else" "$(listing | diff "$dir/before" -)"

	does 'installs again' run dpkg -i /ocigate.deb
	: >"$root/var/lib/prometheus/node-exporter/ocigate.prom"
	does 'is purged at once' run dpkg --purge ocigate
	verdict "$suite leaves nothing at all" "$(listing | diff "$dir/before" -)"
}

for suite in $PACKAGE_SUITES; do
	if ! root_make "$suite"; then
		echo "skip deb $suite: $why"
		continue
	fi
	root=$dir/$suite
	mkdir "$root"
	tar -x -C "$root" --numeric-owner -f "$ROOTS/$suite.tar"
	rm -f "$root"/etc/dpkg/dpkg.cfg.d/*mmdebstrap
	cp "$deb" "$root/ocigate.deb"
	cp "$dir/later.deb" "$root/later.deb"
	mkdir -p "$root/var/lib/prometheus/node-exporter"
	listing >"$dir/before"
	life
	rm -rf "$root"
done
cd "$tree" || exit 1
