/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 64-bit ARM, and 32-bit programs on it.
 *
 * Two things differ from elsewhere. The call's number is no register: it is a
 * register set of its own (NT_ARM_SYSTEM_CALL). And at a system call stop the
 * kernel shows in x7 (r12 of a 32-bit program) whether it is entry or exit;
 * what is written there is dropped and the true value comes back when the
 * thread goes on. All writing here is done at such stops: nothing is lost.
 */
#include "internal.h"

#if defined(__aarch64__)

#include <elf.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

/* arch/arm64/include/asm/compat.h, ptrace.h: r0 to r15, cpsr, orig_r0 */
enum { COMPAT_PC = 15, COMPAT_CPSR = 16, CPSR_THUMB = 1 << 5, NO_CALL = -1 };

static const struct abi abi_64 = {
	.name = "aarch64",
	.numbers = {[CALL_MMAP] = 222, [CALL_MUNMAP] = 215, [CALL_SECCOMP] = 277, [CALL_PRCTL] = 167},
	.instruction = {0x01, 0x00, 0x00, 0xd4}, /* svc #0 */
	.instruction_len = 4,
	.fprog_size = 16,
	.pointer_size = 8,
};

static const struct abi abi_arm = {
	.name = "arm",
	.numbers = {[CALL_MMAP] = 192, [CALL_MUNMAP] = 91, [CALL_SECCOMP] = 383, [CALL_PRCTL] = 172},
	.instruction = {0x00, 0x00, 0x00, 0xef}, /* svc #0 */
	.instruction_len = 4,
	.fprog_size = 8,
	.pointer_size = 4,
};

static const struct abi abi_thumb = {
	.name = "arm (thumb)",
	.numbers = {[CALL_MMAP] = 192, [CALL_MUNMAP] = 91, [CALL_SECCOMP] = 383, [CALL_PRCTL] = 172},
	.instruction = {0x00, 0xdf}, /* svc #0 */
	.instruction_len = 2,
	.fprog_size = 8,
	.pointer_size = 4,
};

int machine_get(pid_t tid, struct registers *ret_registers)
{
	struct iovec registers = {&ret_registers->set, sizeof(ret_registers->set)};
	struct iovec call = {&ret_registers->call, sizeof(ret_registers->call)};

	if (ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)NT_PRSTATUS, &registers) < 0 ||
	    ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)NT_ARM_SYSTEM_CALL, &call) < 0)
		return -1;
	ret_registers->size = registers.iov_len;
	return 0;
}

int machine_set(pid_t tid, const struct registers *registers)
{
	struct registers copy = *registers;
	struct iovec set = {&copy.set, copy.size};
	struct iovec call = {&copy.call, sizeof(copy.call)};

	return ptrace(PTRACE_SETREGSET, tid, (void *)(uintptr_t)NT_PRSTATUS, &set) < 0 ||
			       ptrace(PTRACE_SETREGSET, tid, (void *)(uintptr_t)NT_ARM_SYSTEM_CALL, &call) < 0
		       ? -1
		       : 0;
}

const struct abi *machine_abi(const struct registers *registers)
{
	if (registers->size == sizeof(registers->set.user))
		return &abi_64;
	if (registers->size == sizeof(registers->set.compat))
		return registers->set.compat[COMPAT_CPSR] & CPSR_THUMB ? &abi_thumb : &abi_arm;
	return NULL;
}

static void set_args(struct registers *registers, const struct abi *abi, const uint64_t args[6])
{
	for (int i = 0; i < 6; i++) {
		if (abi == &abi_64)
			registers->set.user.regs[i] = args[i];
		else
			registers->set.compat[i] = (uint32_t)args[i];
	}
}

void machine_call(struct registers *registers, const struct abi *abi, enum call call, const uint64_t args[6])
{
	set_args(registers, abi, args);
	if (abi == &abi_64)
		registers->set.user.regs[8] = (uint64_t)abi->numbers[call];
	else
		registers->set.compat[7] = (uint32_t)abi->numbers[call];
	/* Not in a call: the kernel must not think that it has one to restart. */
	registers->call = NO_CALL;
}

void machine_rewind(struct registers *registers, const struct abi *abi)
{
	/* At the entry the first argument and the number are still where the program put them. */
	if (abi == &abi_64)
		registers->set.user.pc -= abi->instruction_len;
	else
		registers->set.compat[COMPAT_PC] -= (uint32_t)abi->instruction_len;
	registers->call = NO_CALL;
}

int machine_become(pid_t tid, struct registers *registers, const struct abi *abi, enum call call,
		   const uint64_t args[6])
{
	set_args(registers, abi, args);
	registers->call = (int)abi->numbers[call];
	return machine_set(tid, registers);
}

long machine_result(const struct registers *registers)
{
	int32_t result;

	if (registers->size == sizeof(registers->set.user))
		return (long)registers->set.user.regs[0];
	result = (int32_t)registers->set.compat[0];
	return result < 0 && result > -4096 ? result : (long)(uint32_t)result;
}

uint64_t machine_counter(const struct registers *registers)
{
	if (registers->size == sizeof(registers->set.user))
		return registers->set.user.pc;
	/* After an exec of a thumb program the kernel leaves the bit that says so in the counter. */
	return registers->set.compat[COMPAT_PC] & ~UINT32_C(1);
}

#endif
