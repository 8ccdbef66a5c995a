/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a container: makes system calls, each in a process of
 * its own, and tells how they were answered.
 *
 * /calls: one a line: HOW NUMBER ARG ARG ARG ARG ARG ARG, HOW being 64 (syscall, also for x32 numbers) or 32 (int $0x80).
 * Output, one a line: "=RESULT", or "killed by SIGNAL".
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS = 6, CALLS_MAX = 8192, CLONE_64 = 56, CLONE_32 = 120, X32 = 0x40000000 };

struct call {
	int how;
	long number;
	uint64_t args[ARGS];
};

static long call_64(const struct call *call)
{
	register uint64_t r10 __asm__("r10") = call->args[3];
	register uint64_t r8 __asm__("r8") = call->args[4];
	register uint64_t r9 __asm__("r9") = call->args[5];
	long result;

	__asm__ volatile("syscall\n"
			 /* The second process that clone makes shares this stack: it goes at once. */
			 "cmp $0, %[is_clone]\n"
			 "je 1f\n"
			 "test %%rax, %%rax\n"
			 "jne 1f\n"
			 "xor %%edi, %%edi\n"
			 "mov $60, %%eax\n"
			 "syscall\n"
			 "1:"
			 : "=a"(result)
			 : "a"(call->number), "D"(call->args[0]), "S"(call->args[1]), "d"(call->args[2]), "r"(r10),
			   "r"(r8), "r"(r9), [is_clone] "b"((call->number & ~X32) == CLONE_64 ? 1UL : 0UL)
			 : "rcx", "r11", "memory");
	return result;
}

/* rbp holds the sixth argument, and the stack must lie where a 32-bit call can say so: nothing is pushed. */
static long call_32(const struct call *call)
{
	register uint64_t is_clone __asm__("r12") = call->number == CLONE_32;
	static uint64_t frame;
	long result;

	__asm__ volatile("mov %%rbp, %[frame]\n"
			 "mov %[sixth], %%rbp\n"
			 "int $0x80\n"
			 "mov %[frame], %%rbp\n"
			 "cmp $0, %%r12\n"
			 "je 1f\n"
			 "test %%eax, %%eax\n"
			 "jne 1f\n"
			 "xor %%ebx, %%ebx\n"
			 "mov $1, %%eax\n"
			 "int $0x80\n"
			 "1:"
			 : "=a"(result), [frame] "=m"(frame)
			 : "a"(call->number), "b"(call->args[0]), "c"(call->args[1]), "d"(call->args[2]),
			   "S"(call->args[3]), "D"(call->args[4]), [sixth] "r"(call->args[5]), "r"(is_clone)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int32_t)result;
}

static void try_call(const struct call *call, volatile long *result)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		(void)alarm(5);
		*result = call->how == 32 ? call_32(call) : call_64(call);
		_exit(0);
	}
	while (child > 0 && waitpid(child, &status, __WALL) != child)
		;
	if (child < 0)
		puts("no process");
	else if (WIFSIGNALED(status))
		printf("killed by %d\n", WTERMSIG(status));
	else
		printf("=%ld\n", *result);
}

static int read_call(FILE *file, struct call *call)
{
	if (fscanf(file, "%d %ld", &call->how, &call->number) != 2)
		return 0;
	for (int i = 0; i < ARGS; i++)
		if (fscanf(file, "%lx", &call->args[i]) != 1)
			return 0;
	return 1;
}

int main(void)
{
	static struct call calls[CALLS_MAX];
	const struct rlimit none = {0, 0};
	FILE *file = fopen("/calls", "re");
	volatile long *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t n = 0;

	if (!file || result == MAP_FAILED)
		return 1;
	(void)setrlimit(RLIMIT_CORE, &none);
	while (n < CALLS_MAX && read_call(file, &calls[n]))
		n++;
	(void)fclose(file);
	for (size_t i = 0; i < n; i++) {
		(void)fflush(stdout);
		try_call(&calls[i], result);
	}
	return 0;
}
