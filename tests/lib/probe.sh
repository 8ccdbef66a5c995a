# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# Programs whose very first instruction makes a call that the default filter
# stops. To be sourced; probes DIRECTORY [CPU] makes probe64 and, where there
# is an assembler for it, probe32 in it.
#
# keyctl(KEYCTL_GET_KEYRING_ID …): status 42 when it is answered EPERM, 0 when it comes through; the runtimes have 1
# for themselves.

probe_x86_64() {
	cat <<-'S'
		.globl _start
		_start:	mov $250, %eax
			xor %edi, %edi
			mov $-3, %rsi
			xor %edx, %edx
			syscall
			xor %edi, %edi
			mov $42, %ecx
			cmp $-1, %rax
			cmove %ecx, %edi
			mov $231, %eax
			syscall
	S
}

probe_i386() {
	cat <<-'S'
		.globl _start
		_start:	mov $288, %eax
			xor %ebx, %ebx
			mov $-3, %ecx
			xor %edx, %edx
			int $0x80
			xor %ebx, %ebx
			mov $42, %ecx
			cmp $-1, %eax
			cmove %ecx, %ebx
			mov $252, %eax
			int $0x80
	S
}

probe_aarch64() {
	cat <<-'S'
		.globl _start
		_start:	mov x8, #219
			mov x0, #0
			mov x1, #-3
			mov x2, #0
			svc #0
			cmn x0, #1
			mov x1, #42
			csel x0, x1, xzr, eq
			mov x8, #94
			svc #0
	S
}

# probe_arm MODE: arm or thumb
probe_arm() {
	cat <<-S
		.syntax unified
		.arch armv7-a
		.$1
		.globl _start
		.type _start, %function
		_start:	mov r7, #256
			add r7, #55
			mov r0, #0
			mvn r1, #2
			mov r2, #0
			svc #0
			adds r0, #1
			mov r0, #0
			it eq
			moveq r0, #42
			mov r7, #248
			svc #0
	S
}

# assembled NAME TOOLS AS-OPTION LD-OPTION: from standard input
assembled() {
	# shellcheck disable=SC2086 # none, or one
	"$2as" $3 -o "$1.o" - && "$2ld" $4 -o "$1" "$1.o" && rm "$1.o"
}

probes() {
	case ${2:-$(uname -m)} in
	x86_64)
		probe_x86_64 | assembled "$1/probe64" '' --64 '-m elf_x86_64' &&
			probe_i386 | assembled "$1/probe32" '' --32 '-m elf_i386'
		;;
	aarch64)
		tools=aarch64-linux-gnu-
		probe_aarch64 | assembled "$1/probe64" $tools '' '' || return 1
		tools=arm-linux-gnueabi-
		command -v ${tools}as >/dev/null 2>&1 || return 0
		probe_arm arm | assembled "$1/probe32" $tools '' '' && probe_arm thumb | assembled "$1/probe16" $tools '' ''
		;;
	*) return 1 ;;
	esac
}
