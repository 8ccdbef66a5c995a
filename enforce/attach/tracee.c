/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a held thread install the filter.
 *
 * The thread itself makes the calls: mmap for a place, seccomp, munmap. In the
 * window it stands at the entry of a call of its own: that entry is used for
 * ours, then the thread is set back to its instruction and enters again. After
 * an exec there is no such instruction, so one is written over the program's
 * first bytes and taken back.
 *
 * Every step that fails returns -1, and the caller ends the process: there is
 * no half-filtered state to go on from.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#include "ocigate/fs.h"

enum { SYSCALL_STOP = SIGTRAP | 0x80, PLACE_MAX = 65536 };

/* Lets the thread run to its next system call stop; signals that come on the way are its own business. */
static int to_syscall_stop(pid_t tid)
{
	int signal = 0, status;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(intptr_t)signal) < 0)
			return -1;
		while (waitpid(tid, &status, __WALL) < 0)
			if (errno != EINTR)
				return -1;
		if (!WIFSTOPPED(status))
			return -1;
		if (WSTOPSIG(status) == SYSCALL_STOP)
			return 0;
		/* Group stops and events: go on without a signal. */
		signal = status >> 16 ? 0 : WSTOPSIG(status);
	}
}

/* struct session - calls that are made inside one thread */
struct session {
	pid_t tid;
	const struct abi *abi;
	enum moment moment;
	struct registers own;	/* of the thread, as it must go on */
	unsigned char bytes[8]; /* what the instruction was written over */
};

static int poke(const struct session *session, const unsigned char bytes[8])
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return ptrace(PTRACE_POKETEXT, session->tid, (void *)(uintptr_t)machine_counter(&session->own),
		      (void *)(uintptr_t)word) < 0
		       ? -1
		       : 0;
}

static int session_begin(struct session *session)
{
	unsigned char bytes[8];
	uint64_t word;
	long text;

	if (machine_get(session->tid, &session->own) < 0)
		return -1;
	session->abi = machine_abi(&session->own);
	if (!session->abi)
		return -1;
	if (session->moment == MOMENT_WINDOW) {
		machine_rewind(&session->own, session->abi);
		return 0;
	}
	errno = 0;
	text = ptrace(PTRACE_PEEKTEXT, session->tid, (void *)(uintptr_t)machine_counter(&session->own), NULL);
	if (errno != 0)
		return -1;
	word = (uint64_t)text;
	memcpy(session->bytes, &word, sizeof(word));
	memcpy(bytes, &word, sizeof(word));
	memcpy(bytes, session->abi->instruction, session->abi->instruction_len);
	return poke(session, bytes);
}

/* In the window the thread ends where it was: at the entry of its own call. */
static int session_end(struct session *session)
{
	if (session->moment == MOMENT_WINDOW)
		return 0;
	return poke(session, session->bytes) < 0 ? -1 : machine_set(session->tid, &session->own);
}

static int session_call(struct session *session, enum call call, const uint64_t args[6], long *ret_result)
{
	struct registers registers;

	if (session->moment == MOMENT_WINDOW) {
		if (machine_get(session->tid, &registers) < 0 ||
		    machine_become(session->tid, &registers, session->abi, call, args) < 0 ||
		    to_syscall_stop(session->tid) < 0 || machine_get(session->tid, &registers) < 0 ||
		    machine_set(session->tid, &session->own) < 0 || to_syscall_stop(session->tid) < 0)
			return -1;
	} else {
		registers = session->own;
		machine_call(&registers, session->abi, call, args);
		if (machine_set(session->tid, &registers) < 0 || to_syscall_stop(session->tid) < 0 ||
		    to_syscall_stop(session->tid) < 0 || machine_get(session->tid, &registers) < 0)
			return -1;
	}
	*ret_result = machine_result(&registers);
	return 0;
}

static int copy_to(pid_t tid, uint64_t address, const void *bytes, size_t len)
{
	union {
		const void *in;
		void *out;
	} local = {.in = bytes};
	struct iovec from = {local.out, len};
	struct iovec to = {(void *)(uintptr_t)address, len};

	return process_vm_writev(tid, &from, 1, &to, 1, 0) == (ssize_t)len ? 0 : -1;
}

/* struct sock_fprog of the thread's ABI, the program right behind it. */
static int write_program(const struct session *session, const struct seccomp_program *program, uint64_t address)
{
	unsigned char fprog[16] = {0};
	uint16_t n = (uint16_t)program->n;
	uint64_t instructions = address + session->abi->fprog_size;

	memcpy(fprog, &n, sizeof(n));
	memcpy(fprog + session->abi->fprog_size - session->abi->pointer_size, &instructions,
	       session->abi->pointer_size);
	if (copy_to(session->tid, address, fprog, session->abi->fprog_size) < 0)
		return -1;
	return copy_to(session->tid, instructions, program->instructions, program->n * sizeof(struct sock_filter));
}

static int install(struct session *session, uint64_t address)
{
	const uint64_t install[6] = {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, address};
	const uint64_t no_new_privileges[6] = {PR_SET_NO_NEW_PRIVS, 1};
	long result;

	if (session_call(session, CALL_SECCOMP, install, &result) < 0)
		return -1;
	if (result == -EACCES && session->moment == MOMENT_EXEC) {
		/* Neither CAP_SYS_ADMIN nor the bit: the bit it must be. */
		if (session_call(session, CALL_PRCTL, no_new_privileges, &result) < 0 || result != 0 ||
		    session_call(session, CALL_SECCOMP, install, &result) < 0)
			return -1;
	}
	return result == 0 ? 0 : -1;
}

int tracee_filter(pid_t tid, const struct seccomp_program *program, enum moment moment)
{
	const size_t size = 16 + program->n * sizeof(struct sock_filter);
	const uint64_t map[6] = {0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0};
	struct session session = {.tid = tid, .moment = moment};
	uint64_t unmap[6] = {0, size};
	long address, result;

	if (size > PLACE_MAX || session_begin(&session) < 0 || session_call(&session, CALL_MMAP, map, &address) < 0 ||
	    (address < 0 && address > -4096))
		return -1;
	unmap[0] = (uint64_t)address;
	if (write_program(&session, program, (uint64_t)address) < 0 || install(&session, (uint64_t)address) < 0 ||
	    session_call(&session, CALL_MUNMAP, unmap, &result) < 0 || result != 0)
		return -1;
	return session_end(&session);
}

static long get_filter(pid_t tid, unsigned long index, struct sock_filter *ret_instructions)
{
	return ptrace((enum __ptrace_request)PTRACE_SECCOMP_GET_FILTER, tid, (void *)(uintptr_t)index,
		      ret_instructions);
}

bool tracee_has(pid_t tid, const struct seccomp_program *program)
{
	struct sock_filter seen[BPF_MAXINSNS];
	unsigned long newest = 0;
	long n;

	/* The kernel counts from the oldest; a filter of the spec may have come before ours. */
	while (get_filter(tid, newest + 1, NULL) > 0)
		newest++;
	n = get_filter(tid, newest, NULL);
	return n > 0 && (size_t)n == program->n && get_filter(tid, newest, seen) == n &&
	       memcmp(seen, program->instructions, (size_t)n * sizeof(seen[0])) == 0;
}
