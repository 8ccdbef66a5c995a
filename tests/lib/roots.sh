# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# Minimal Debian systems to install into. To be sourced; a system is made once
# and kept outside of the tree for the next run.
# shellcheck disable=SC2034 # why is for who sources this

# shellcheck source=tests/lib/mirror.sh
. tests/lib/mirror.sh
ROOTS=${OCIGATE_ROOTS_CACHE:-${XDG_CACHE_HOME:-/var/cache}/ocigate-roots}

# root_make SUITE: $ROOTS/SUITE.tar. Return: 1 with the reason in $why.
root_make() {
	[ -e "$ROOTS/$1.tar" ] && return 0
	mkdir -p "$ROOTS" || return 1
	# Somebody else may be at it.
	(flock 9 && root_fetch "$1") 9>"$ROOTS/$1.lock" && return 0
	why=$(cat "$ROOTS/$1.why")
	return 1
}

root_fetch() {
	[ -e "$ROOTS/$1.tar" ] && return 0
	root_build "$1" && return 0
	printf '%s\n' "$why" >"$ROOTS/$1.why"
	return 1
}

root_build() {
	why='mmdebstrap is not installed'
	command -v mmdebstrap >/dev/null 2>&1 || return 1
	why='this machine knows no Debian mirror'
	from=$(mirror)
	[ -n "$from" ] || return 1
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keys" ] || return 1
	why="Debian $1 cannot be fetched: see $ROOTS/$1.log"
	# Nobody reads in there; and what is half made by a power failure is made again.
	mmdebstrap --mode=root --variant=essential --format=tar --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' "$1" "$ROOTS/$1.new" \
		"deb [signed-by=$keys] $from $1 main" >"$ROOTS/$1.log" 2>&1 || return 1
	mv "$ROOTS/$1.new" "$ROOTS/$1.tar"
}
