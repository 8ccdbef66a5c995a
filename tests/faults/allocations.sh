#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every allocation of the gate failing in turn, alone and with all that follow:
# of the C library's heap (the libraries' as well) and of the arenas. What must
# hold is told in inject/main.c. A sample, or with FAULTS=all every allocation,
# and under AddressSanitizer too. FAULT_SEED=1 FAULT_BED=GLOB
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/fault_beds.sh
. tests/lib/fault_beds.sh

command -v crun >/dev/null 2>&1 || { echo 'skip faults allocations: crun is not installed'; exit 0; }
inject
PROGRAM=$GATE

# link BUILD FLAG...: the gate's own objects with the allocators wrapped
link() {
	from=$1
	shift
	wraps=
	for name in malloc calloc realloc strdup arena_alloc arena_array arena_strndup arena_strdup arena_vprintf arena_printf; do
		wraps="$wraps -Wl,--wrap=$name"
	done
	# shellcheck disable=SC2086 # a list of flags
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -fPIE -Iinclude "$@" $wraps "$from"/hook/*.o \
		tests/faults/inject/allocations.c "$from/libocigate.a" \
		-Wl,-Bstatic -lseccomp -ljansson -lapparmor -lcap -lmd ${dynamic:+-Wl,-Bdynamic} -o "$PROGRAM"
}

bed() {
	name=$1 expect=$2
	shift 2
	# shellcheck disable=SC2254 # a pattern
	case $name in ${FAULT_BED:-*}) ;; *) return ;; esac
	# The sanitizer cannot work in a process that has confined itself.
	case $what-$name in *Address*-hook* | *Address*-snapshot*) return ;; esac
	tries=${FAULT_TRIES:-100}
	[ "${FAULTS:-}" != all ] || tries=0
	# libseccomp allocates some 18,000 times, and a run takes 100 ms.
	[ "$tries-$name" != '0-precreate that compiles a filter' ] || tries=3000
	case $name in *'compiles a filter') [ "$tries" -eq 0 ] || [ "$tries" -gt 1000 ] || tries=$((tries / 4)) ;; esac
	"$NODE/inject" --name "$what: $name" --expect "$expect" --allocations --seed "${FAULT_SEED:-1}" --tries "$tries" "$@"
}

what=allocations
link "$BUILD" -static-pie || exit 1
beds
each_bed
if [ "${FAULTS:-}" = all ]; then
	objects=
	for source in hook/*.c; do objects="$objects $BUILD-asan/${source%.c}.o"; done
	# shellcheck disable=SC2086 # a list of files
	if make -s BUILD="$BUILD-asan" OPT='-O1 -fno-omit-frame-pointer' FORTIFY= HARDEN= \
		CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=all' "$BUILD-asan/libocigate.a" $objects >"$NODE/out" 2>&1; then
		what='allocations, AddressSanitizer' dynamic=1
		link "$BUILD-asan" -pie -fsanitize=address,undefined && each_bed
	else
		not_ok 'faults allocations: AddressSanitizer' "$(tail -n 1 "$NODE/out")"
	fi
fi
beds_end
