#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# From a clean machine to a running demonstration, or to the whole test suite:
#
#   sh install/quickstart.sh demo    see real containers refused and admitted
#   sh install/quickstart.sh test    run every test
#   sh install/quickstart.sh deb     build the Debian package, build/deb/*.deb
#
# Tried on Debian 12 and 13 and Ubuntu 24.04. Installs the packages that are
# missing and nothing else, builds, runs. Writes outside this directory only
# what the package manager writes, and what tests unpack of other Debian
# releases, into /var/cache/ocigate-*.
set -eu

PATH=$PATH:/usr/sbin:/sbin
cd "$(dirname "$0")/.."

# A package, or package:command where any package with that command will do.
build='gcc:gcc make:make libc6-dev libseccomp-dev libjansson-dev libapparmor-dev libcap-dev libmd-dev'
demo='runc:runc jq:jq'
tests='crun:crun podman:podman python3:python3 busybox-static:busybox util-linux:unshare git:git
	clang:clang libclang-rt-dev clang-format:clang-format cppcheck:cppcheck shellcheck:shellcheck valgrind:valgrind
	strace:strace uidmap:newuidmap binutils:nm python3-jsonschema mandoc:mandoc
	lintian:lintian mmdebstrap:mmdebstrap debian-archive-keyring
	containerd:containerd docker.io:dockerd containernetworking-plugins iproute2:ip
	protobuf-compiler:protoc python3-protobuf python3-grpcio python3-yaml
	qemu-system-x86:qemu-system-x86_64'

deb='debhelper:dh dh-apparmor dpkg-dev:dpkg-buildpackage build-essential libcriterion-dev'

say() {
	printf '%s\n' "quickstart: $*" >&2
}

is_there() {
	package=${1%%:*}
	command=${1#"$package"}
	command=${command#:}
	if [ -n "$command" ]; then
		command -v "$command" >/dev/null 2>&1 && return 0
	fi
	# shellcheck disable=SC2016 # the dollar is dpkg-query's
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ]
}

missing_of() {
	for entry in "$@"; do
		is_there "$entry" || printf '%s ' "${entry%%:*}"
	done
}

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" >&2
}

# The package lists are fetched only when installing does not work without.
install_missing() {
	missing=$(missing_of "$@")
	[ -n "$missing" ] || return 0
	say "missing: $missing"
	if ! command -v apt-get >/dev/null 2>&1; then
		say "there is no apt-get here: this script knows Debian and Ubuntu."
		say "Install the packages above by your system's names, then run: make $what"
		exit 1
	fi
	# shellcheck disable=SC2086 # a list of package names
	apt_install $missing && return 0
	say "fetching the package lists"
	apt-get -q update >&2
	# shellcheck disable=SC2086
	apt_install $missing
}

what=${1:-}
# shellcheck disable=SC2086 # lists
case $what in
demo) set -- $build $demo ;;
test) set -- $build $demo $tests $deb ;;
deb) set -- $build $deb ;;
*)
	echo "usage: sh install/quickstart.sh demo|test|deb" >&2
	exit 100
	;;
esac

if [ "$(uname -s)" != Linux ]; then
	say "containers, and so this gate, need Linux"
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	say "this takes root. Run: sudo sh install/quickstart.sh $what"
	exit 1
fi

install_missing "$@"
[ "$what" != deb ] || exec make -s deb # builds in a tree of its own
[ -x build/ocigate ] || say "building"
make -s -j"$(nproc)" all
exec make -s "$what"
