/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor, asked on every architecture that the kernel takes calls of.
 */
#include <seccomp.h>
#include <string.h>

#include "ocigate/seccomp.h"

/* libseccomp's x32 shares x86_64's audit number; its call numbers carry a bit. */
struct kernel_arch {
	const char *name;
	uint32_t scmp;
	uint32_t audit;
};

static const struct kernel_arch kernel_archs[] = {
#if defined(__x86_64__)
	{"x86_64", SCMP_ARCH_X86_64, SCMP_ARCH_X86_64},
	{"x86", SCMP_ARCH_X86, SCMP_ARCH_X86},
	{"x32", SCMP_ARCH_X32, SCMP_ARCH_X86_64},
#elif defined(__aarch64__)
	{"aarch64", SCMP_ARCH_AARCH64, SCMP_ARCH_AARCH64},
	{"arm", SCMP_ARCH_ARM, SCMP_ARCH_ARM},
#else
	{"native", SCMP_ARCH_NATIVE, SCMP_ARCH_NATIVE},
#endif
};

enum { N_ARCHS = sizeof(kernel_archs) / sizeof(kernel_archs[0]) };

static size_t floor_size(void)
{
	size_t n = 0;

	while (seccomp_floor[n].name)
		n++;
	return n;
}

/* Return: false when this architecture has no such call. */
static bool ask_call(const struct seccomp_program *program, const struct kernel_arch *arch,
		     const struct seccomp_call *call, struct seccomp_hole *ret_hole)
{
	int nr = seccomp_syscall_resolve_name_arch(arch->scmp, call->syscall);
	struct seccomp_question question = {
		.audit_arch = arch->audit,
		.nr = (uint32_t)nr,
		.conditional = call->conditional,
		.arg = call->arg,
		.mask = call->mask,
		.equals = call->equals,
	};

	/* Negative: unknown, or libseccomp's own number for a call that comes through socketcall or ipc alone. */
	if (nr < 0)
		return false;
	*ret_hole = (struct seccomp_hole){.call = call, .arch = arch->name};
	ret_hole->fate = seccomp_question_ask(program, &question, ret_hole->args, &ret_hole->logged);
	return true;
}

int seccomp_ask(struct arena *arena, const struct seccomp *seccomp, struct seccomp_answer *ret_answer, struct err *err)
{
	size_t n = 0, n_calls = floor_size();
	struct seccomp_hole *holes = arena_array(arena, n_calls * N_ARCHS, sizeof(*holes));
	struct seccomp_program program;
	struct err why = {0};

	if (!holes)
		return err_set(err, ERR_SYSTEM, "out of memory while judging the seccomp filter");
	if (seccomp_compile(arena, seccomp, &program, &why) < 0) {
		char *text = arena_strdup(arena, why.text);

		if (why.kind == ERR_SYSTEM || !text) {
			*err = why;
			return -1;
		}
		*ret_answer = (struct seccomp_answer){.known = false, .why = text};
		return 0;
	}
	for (size_t a = 0; a < N_ARCHS; a++)
		for (size_t c = 0; c < n_calls; c++)
			if (ask_call(&program, &kernel_archs[a], &seccomp_floor[c], &holes[n]) &&
			    holes[n].fate != SECCOMP_BLOCKED)
				n++;
	*ret_answer = (struct seccomp_answer){.known = true, .why = "", .holes = holes, .n_holes = n};
	return 0;
}
