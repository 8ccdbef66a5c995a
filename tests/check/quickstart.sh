#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install/quickstart.sh against a pretended machine: what it asks the package
# manager for, and what it says where it cannot go on. Nothing is installed.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
calls=$dir/calls
shell=$(command -v dash || command -v sh)

# stub NAME BODY: a program of that name that writes down how it was called
stub() {
	# shellcheck disable=SC2016 # the stub's own
	{
		printf '#!%s\n' "$shell"
		printf 'echo "%s $*" >>"%s"\n%s\n' "$1" "$calls" "$2"
	} >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

# machine: everything is installed, root, Debian; each test then takes something away
machine() {
	rm -rf "${dir:?}/bin"
	mkdir "$dir/bin"
	: >"$calls"
	for tool in dirname cat sh; do
		ln -s "$(command -v "$tool")" "$dir/bin/$tool"
	done
	for tool in gcc runc jq crun podman python3 busybox unshare git clang clang-format cppcheck shellcheck valgrind strace nm qemu-system-x86_64; do
		stub "$tool" ''
	done
	stub dpkg-query 'echo installed'
	stub apt-get ''
	stub make ''
	stub nproc 'echo 2'
	stub id 'echo 0'
	stub uname 'echo Linux'
}

run() {
	# The script adds the sbin directories to PATH itself; a copy without that line keeps the pretence tight.
	mkdir -p "$dir/tree/install"
	grep -v '^PATH=' install/quickstart.sh >"$dir/tree/install/quickstart.sh"
	PATH=$dir/bin "$shell" "$dir/tree/install/quickstart.sh" "$@" >"$dir/out" 2>&1
	status=$?
}

# expect NAME STATUS PATTERN-IN-OUTPUT CALLS: calls of apt-get and make alone, one line each
expect() {
	got=$(grep -E '^(apt-get|make) ' "$calls" | sed 's/-o Dpkg::Use-Pty=0 //')
	if [ "$status" -ne "$2" ]; then
		echo "not ok quickstart $1: status $status, not $2: $(tr '\n' ' ' <"$dir/out")"
	elif [ -n "$3" ] && ! grep -q -- "$3" "$dir/out"; then
		echo "not ok quickstart $1: does not say '$3': $(tr '\n' ' ' <"$dir/out")"
	elif [ "$got" != "$4" ]; then
		echo "not ok quickstart $1: called: $(echo "$got" | tr '\n' ';')"
	else
		echo "ok quickstart $1"
	fi
}

builds='make -s -j2 all'

machine
run demo
expect 'installs nothing where nothing is missing' 0 '' "$builds
make -s demo"

machine
rm "$dir/bin/jq"
# shellcheck disable=SC2016 # the stub's own
stub dpkg-query 'case $* in *jansson*|*jq*) exit 1;; *) echo installed;; esac'
run test
expect 'installs what is missing and no more' 0 'missing: libjansson-dev jq' \
	"apt-get -q -y install --no-install-recommends libjansson-dev jq
$builds
make -s test"

machine
rm "$dir/bin/runc"
# shellcheck disable=SC2016 # the stub's own
stub dpkg-query 'case $* in *runc*) exit 1;; *) echo installed;; esac'
stub apt-get "case \$* in *update*) : >'$dir/lists';; esac; [ -e '$dir/lists' ]"
run demo
expect 'fetches the lists when installing fails' 0 'fetching the package lists' \
	"apt-get -q -y install --no-install-recommends runc
apt-get -q update
apt-get -q -y install --no-install-recommends runc
$builds
make -s demo"

machine
rm "$dir/bin/runc"
# shellcheck disable=SC2016 # the stub's own
stub dpkg-query 'case $* in *runc*) exit 1;; *) echo installed;; esac'
stub apt-get 'echo "E: no network"; exit 100'
run demo
expect 'stops when nothing can be fetched' 100 'no network' \
	'apt-get -q -y install --no-install-recommends runc
apt-get -q update'

machine
stub id 'echo 1000'
run demo
expect 'tells a user to become root' 1 'sudo sh install/quickstart.sh demo' ''

machine
rm "$dir/bin/apt-get" "$dir/bin/dpkg-query" "$dir/bin/crun"
run test
expect 'says what to do without apt-get' 1 'then run: make test' ''

machine
stub uname 'echo Darwin'
run demo
expect 'wants Linux' 1 'need Linux' ''

machine
# shellcheck disable=SC2016 # the stub's own
stub dpkg-query 'case $* in *dh-apparmor*) exit 1;; *) echo installed;; esac'
run deb
expect 'gets what the package is built with, and builds it alone' 0 'missing: dh-apparmor' \
	'apt-get -q -y install --no-install-recommends dh-apparmor
make -s deb'

machine
run
expect 'shows its usage' 100 'usage: sh install/quickstart.sh demo|test' ''
