/* SPDX-License-Identifier: Apache-2.0 */
/* Inside enforce/attach: the machine, the held thread, the supervisor. */
#ifndef OCIGATE_ATTACH_INTERNAL_H
#define OCIGATE_ATTACH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "ocigate/attach.h"

/** enum call - system calls that are made inside the container's init */
enum call { CALL_MMAP, CALL_MUNMAP, CALL_SECCOMP, CALL_PRCTL, CALLS };

/**
 * struct abi - one way in which a thread makes system calls
 * @numbers: by enum call
 * @instruction, @instruction_len: what makes the call
 * @fprog_size: of struct sock_fprog as this ABI sees it; its pointer has @pointer_size bytes at its end
 */
struct abi {
	const char *name;
	long numbers[CALLS];
	unsigned char instruction[8];
	size_t instruction_len;
	size_t fprog_size;
	size_t pointer_size;
};

/* machine_*.c: what differs between processors. Registers are kept whole: what was saved is what is put back. */

/** struct registers - of a stopped thread */
struct registers {
#if defined(__aarch64__)
	union {
		struct user_regs_struct user;
		uint32_t compat[18]; /* of a 32-bit program */
	} set;
	size_t size; /* which of the two */
	int call;    /* the number of the system call that it is in, or -1 */
#else
	struct user_regs_struct user;
#endif
};

int machine_get(pid_t tid, struct registers *ret_registers);
int machine_set(pid_t tid, const struct registers *registers);

/** machine_abi() - the ABI of a stopped thread; NULL if this program cannot call in it */
const struct abi *machine_abi(const struct registers *registers);

/** machine_call() - registers for a call, its instruction being at the program counter */
void machine_call(struct registers *registers, const struct abi *abi, enum call call, const uint64_t args[6]);

/** machine_rewind() - registers at a syscall-entry stop, made to enter the same call again */
void machine_rewind(struct registers *registers, const struct abi *abi);

/** machine_become() - at a syscall-entry stop: another call is made instead */
int machine_become(pid_t tid, struct registers *registers, const struct abi *abi, enum call call,
		   const uint64_t args[6]);

long machine_result(const struct registers *registers);
uint64_t machine_counter(const struct registers *registers);

/* tracee.c: a thread that is held */

/** enum moment - which of the two */
enum moment { MOMENT_WINDOW, MOMENT_EXEC };

/**
 * tracee_filter() - have the stopped thread install @program
 * @moment: WINDOW: it stands at the entry of a system call, and will again afterwards; EXEC: at the exit of execve
 *
 * Return: 0, or -1: the thread must be killed.
 */
int tracee_filter(pid_t tid, const struct seccomp_program *program, enum moment moment);

/** tracee_has() - is the newest filter of the stopped thread @program, instruction by instruction? */
bool tracee_has(pid_t tid, const struct seccomp_program *program);

/* supervisor.c */

/**
 * supervise() - hold @pid until it has the filter and is about to run its program; never returns
 * @report: pipe: "" (one NUL) once every thread is held, or why not
 */
_Noreturn void supervise(pid_t pid, const struct seccomp_program *program, enum moment moment, int report);

#endif
