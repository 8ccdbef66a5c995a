/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#if defined(__x86_64__)

#include <sys/ptrace.h>

enum { CS_64 = 0x33, CS_32 = 0x23 /* arch/x86/include/asm/segment.h: __USER_CS, __USER32_CS */ };

static const struct abi abi_64 = {
	.name = "x86_64",
	.numbers = {[CALL_MMAP] = 9, [CALL_MUNMAP] = 11, [CALL_SECCOMP] = 317, [CALL_PRCTL] = 157},
	.instruction = {0x0f, 0x05},
	.instruction_len = 2,
	.fprog_size = 16,
	.pointer_size = 8,
};

static const struct abi abi_32 = {
	.name = "x86",
	.numbers = {[CALL_MMAP] = 192, [CALL_MUNMAP] = 91, [CALL_SECCOMP] = 354, [CALL_PRCTL] = 172},
	.instruction = {0xcd, 0x80},
	.instruction_len = 2,
	.fprog_size = 8,
	.pointer_size = 4,
};

int machine_get(pid_t tid, struct registers *ret_registers)
{
	return ptrace(PTRACE_GETREGS, tid, NULL, &ret_registers->user) < 0 ? -1 : 0;
}

int machine_set(pid_t tid, const struct registers *registers)
{
	struct user_regs_struct user = registers->user;

	return ptrace(PTRACE_SETREGS, tid, NULL, &user) < 0 ? -1 : 0;
}

const struct abi *machine_abi(const struct registers *registers)
{
	if (registers->user.cs == CS_64)
		return &abi_64;
	return registers->user.cs == CS_32 ? &abi_32 : NULL;
}

static void set_args(struct user_regs_struct *user, const struct abi *abi, const uint64_t args[6])
{
	if (abi == &abi_64) {
		user->rdi = args[0];
		user->rsi = args[1];
		user->rdx = args[2];
		user->r10 = args[3];
		user->r8 = args[4];
		user->r9 = args[5];
	} else {
		user->rbx = (uint32_t)args[0];
		user->rcx = (uint32_t)args[1];
		user->rdx = (uint32_t)args[2];
		user->rsi = (uint32_t)args[3];
		user->rdi = (uint32_t)args[4];
		user->rbp = (uint32_t)args[5];
	}
}

void machine_call(struct registers *registers, const struct abi *abi, enum call call, const uint64_t args[6])
{
	set_args(&registers->user, abi, args);
	registers->user.rax = (unsigned long long)abi->numbers[call];
	/* Not in a call: the kernel must not think that it has one to restart. */
	registers->user.orig_rax = (unsigned long long)-1;
}

void machine_rewind(struct registers *registers, const struct abi *abi)
{
	registers->user.rip -= abi->instruction_len;
	registers->user.rax = registers->user.orig_rax;
	registers->user.orig_rax = (unsigned long long)-1;
}

int machine_become(pid_t tid, struct registers *registers, const struct abi *abi, enum call call,
		   const uint64_t args[6])
{
	set_args(&registers->user, abi, args);
	registers->user.orig_rax = (unsigned long long)abi->numbers[call];
	return machine_set(tid, registers);
}

long machine_result(const struct registers *registers)
{
	/* A 32-bit call's result is sign-extended only as far as the kernel cares: errors are small and negative. */
	if (registers->user.cs == CS_32)
		return (int32_t)registers->user.rax < 0 && (int32_t)registers->user.rax > -4096
			       ? (int32_t)registers->user.rax
			       : (long)(uint32_t)registers->user.rax;
	return (long)registers->user.rax;
}

uint64_t machine_counter(const struct registers *registers)
{
	return registers->user.rip;
}

#endif
