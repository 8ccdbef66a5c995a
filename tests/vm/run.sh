#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The gate on a kernel with AppArmor, whatever this machine's has: a virtual
# machine without KVM, a Debian kernel, and an initramfs of what is installed
# here (runc, crun, busybox) with ocigate as built. tests/vm/scenarios.sh
# runs inside; its test lines come over the serial console.
#
#   VM_SUITE=trixie sh tests/vm/run.sh     another Debian's kernel (6.12; default: bookworm's 6.1)
#   VM_ARCH=arm64 sh tests/vm/run.sh       a 64-bit ARM machine, everything in it fetched or cross-built
#   VM_SHELL=1 sh tests/vm/run.sh          a shell inside, instead of the tests
#   VM_ONLY=WORD sh tests/vm/run.sh        parts of the scenarios whose name begins so
#   VM_SOUNDNESS=N sh tests/vm/run.sh      also N bent bundles (tests/soundness), of VM_SEED
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
# shellcheck source=tests/vm/packages.sh
. tests/vm/packages.sh
# shellcheck source=tests/vm/templates.sh
. tests/vm/templates.sh
# shellcheck source=tests/lib/probe.sh
. tests/lib/probe.sh
# It takes one to two minutes; a machine that is busy otherwise may take longer.
VM_SECONDS=${VM_SECONDS:-900}

skip() {
	echo "skip vm: $1"
	exit 0
}

[ "$(uname -m)" = x86_64 ] || skip 'made for x86_64'
case $VM_ARCH in
amd64)
	cpu=x86_64
	qemu_program='qemu-system-x86_64'
	tools='busybox runc ldd as ld'
	console=ttyS0
	# Without CMPXCHG16B: the emulator of Debian 12 spoils the flags there, and newer kernels fall over that.
	set -- -cpu max,cx16=off
	;;
arm64)
	cpu=aarch64
	qemu_program='qemu-system-aarch64'
	tools='busybox cc aarch64-linux-gnu-gcc'
	console=ttyAMA0
	set -- -machine virt -cpu cortex-a72
	;;
*) skip "no machine is known for $VM_ARCH" ;;
esac
for tool in $qemu_program $tools jq; do
	command -v "$tool" >/dev/null 2>&1 || skip "$tool is not installed"
done
ldd "$(command -v busybox)" >/dev/null 2>&1 && skip 'busybox is not static (package busybox-static)'
if ! packages_get; then
	skip "$why"
fi

work=$(mktemp -d) || exit 1
qemu=
trap 'rm -rf "$work"' EXIT
trap 'kill $qemu 2>/dev/null; exit 130' INT TERM
root=$work/root
umask 022

# program PATH DESTINATION: with the libraries that it asks for
program() {
	mkdir -p "$root$(dirname "$2")"
	cp -L "$1" "$root$2"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		[ -e "$root$library" ] && continue
		mkdir -p "$root$(dirname "$library")"
		cp -L "$library" "$root$library"
	done
}

# The runtimes of this machine and ocigate as it is built.
own_programs() {
	program "$(command -v busybox)" /bin/busybox
	program "$(readlink -f "$(command -v runc)")" /usr/sbin/runc
	if command -v crun >/dev/null 2>&1; then
		program "$(readlink -f "$(command -v crun)")" /usr/bin/crun
	fi
	program "$KEPT/root/sbin/apparmor_parser" /sbin/apparmor_parser
	cp "$BUILD/ocigate" "$root/usr/local/bin/ocigate"
}

# The soundness experiment, with the modules of this machine's Python that it imports.
experiment() {
	python=$(readlink -f /usr/bin/python3) && [ -x "$python" ] && [ -x /usr/bin/unshare ] || return 0
	program "$python" /usr/bin/python3
	program /usr/bin/unshare /usr/bin/unshare
	(cd tests/soundness && "$python" -B -c "$modules") >"$work/modules" || return 1
	while read -r file; do program "$file" "$file"; done <"$work/modules"
	mkdir -p "$root/tree/tests/lib"
	cp -R tests/soundness tests/bundles "$root/tree/tests/"
	cp tests/lib/syscalls "$root/tree/tests/lib/"
	cp tests/vm/node.sh "$root/tree/tests/lib/node.sh"
	"${CC:-cc}" -O1 -static -o "$root/tree/guest" tests/lib/guest.c
}
modules='
import importlib.util, os, sys, traceback
import encodings.latin_1, encodings.raw_unicode_escape, encodings.unicode_escape
import minimise, selftest, soundness, worker
for module in list(sys.modules.values()):
    file = getattr(module, "__file__", None)
    if file and file.startswith("/usr/lib/python3."):
        print(file)
        cached = importlib.util.cache_from_source(file) if file.endswith(".py") else file
        if cached != file and os.path.exists(cached):
            print(cached)
'

# Everything from packages, and ocigate built with what is in them. glibc is the cross compiler's.
foreign_programs() {
	triplet=$cpu-linux-gnu
	for file in bin/busybox usr/sbin/runc usr/bin/crun sbin/apparmor_parser; do
		mkdir -p "$root/${file%/*}"
		cp "$KEPT/root/$file" "$root/$file"
	done
	for directory in lib usr/lib; do
		mkdir -p "$root/$directory/$triplet"
		cp -a "$KEPT/root/$directory/$triplet"/*.so* "$root/$directory/$triplet/"
	done
	cp -a "$KEPT"/root/lib/ld-linux-* "$root/lib/"
	mkdir -p "$work/include/sys" "$work/lib"
	for header in seccomp.h jansson.h jansson_config.h md5.h sha256.h sha2.h sha512.h sys/apparmor.h sys/capability.h; do
		cp "$KEPT/root/usr/include/$header" "$work/include/$header" 2>/dev/null ||
			cp "$KEPT/root/usr/include/$triplet/$header" "$work/include/$header"
	done
	for library in seccomp jansson apparmor cap md; do
		cp "$KEPT/root/usr/lib/$triplet/lib$library.a" "$work/lib/"
	done
	if ! make -s -j2 BUILD="$BUILD/$VM_ARCH" CC=$triplet-gcc HOSTCC=cc AR=$triplet-ar CPPFLAGS="-isystem $work/include" \
		LDFLAGS="-L$work/lib" "$BUILD/$VM_ARCH/ocigate" >"$BUILD/vm-build.log" 2>&1; then
		echo "not ok vm: ocigate does not build for $VM_ARCH: $(grep -m 1 -E 'error|warning' "$BUILD/vm-build.log")"
		exit 1
	fi
	cp "$BUILD/$VM_ARCH/ocigate" "$root/usr/local/bin/ocigate"
}

build_root() {
	for directory in bin sbin usr/sbin usr/local/bin usr/lib/ocigate etc/ocigate/policy.d dev proc sys run tmp var/lib tree/tests root; do
		mkdir -p "$root/$directory"
	done
	if [ "$VM_ARCH" = amd64 ]; then
		own_programs
		[ -z "${VM_SOUNDNESS:-}" ] || experiment || echo 'skip vm soundness: the experiment does not load here'
	else
		foreign_programs
	fi
	cp -R "$KEPT/root/etc/apparmor.d" "$root/etc/"
	for link in ocigate-runtime ocigate-runc ocigate-crun; do
		ln -s ocigate "$root/usr/local/bin/$link"
	done
	cp -R config/presets config/policy.d "$root/usr/lib/ocigate/"
	cp -R config "$root/tree/config"
	cp -R tests/vm "$root/tree/tests/"
	cp -R install "$root/tree/install"
	templates "$root/tree/templates" || exit 1
	mkdir -p "$root/tree/probes"
	probes "$root/tree/probes" $cpu || exit 1
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	install -m 755 tests/vm/init "$root/init"
	printf '%s\n' "ONLY='${VM_ONLY:-}' INSIDE_SHELL='${VM_SHELL:-}' SOUNDNESS_RUNS='${VM_SOUNDNESS:-}' SOUNDNESS_SEED='${VM_SEED:-ocigate}'" >"$root/tree/settings"
	chown -R root:root "$root"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$work/initramfs"
}

build_root
set -- "$@" -accel tcg -smp 2 -m 1024 -nographic -no-reboot -nodefaults -serial stdio -kernel "$KEPT/vmlinuz" \
	-initrd "$work/initramfs" -append "console=$console quiet panic=-1 security=apparmor lsm=landlock,lockdown,yama,integrity,apparmor,bpf"
if [ -n "${VM_SHELL:-}" ]; then
	$qemu_program "$@"
	exit
fi
mkfifo "$work/console"
timeout "$VM_SECONDS" $qemu_program "$@" </dev/null >"$work/console" 2>"$work/qemu.err" &
qemu=$!
tr -d '\r' <"$work/console" | tee "$BUILD/vm.log" | grep --line-buffered -aE '^(ok|not ok|skip|#) '
wait $qemu
status=$?
if ! grep -qa '^vm: the end$' "$BUILD/vm.log"; then
	echo "not ok vm: ended early, status $status: $(tail -n 3 "$work/qemu.err" "$BUILD/vm.log" | tr '\n' ' ')"
fi
