/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor, asked on every architecture that the kernel takes calls of.
 */
#include <seccomp.h>
#include <string.h>

#include "internal.h"

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

/*
 * Calls that an architecture has twice: by a number of their own, which libseccomp does not tell, and as the first
 * argument of an old call.
 */
struct multiplexed {
	uint32_t scmp;
	const char *syscall;
	uint32_t nr;
	uint32_t multiplexer;
	uint32_t first_argument;
};

/* arch/x86/entry/syscalls/syscall_32.tbl: socketcall 102, socket 359; linux/net.h: SYS_SOCKET 1. */
static const struct multiplexed multiplexed[] = {
	{SCMP_ARCH_X86, "socket", 359, 102, 1},
};

static const struct multiplexed *find_multiplexed(uint32_t arch, const char *syscall)
{
	for (size_t i = 0; i < sizeof(multiplexed) / sizeof(multiplexed[0]); i++)
		if (multiplexed[i].scmp == arch && strcmp(multiplexed[i].syscall, syscall) == 0)
			return &multiplexed[i];
	return NULL;
}

/* The other way to make the call: what is asked of its arguments is out of the filter's sight. */
static void ask_multiplexer(const struct seccomp_program *program, const struct kernel_arch *arch,
			    const struct multiplexed *twice, struct seccomp_hole *hole)
{
	const struct seccomp_question question = {
		.audit_arch = arch->audit,
		.nr = twice->multiplexer,
		.conditional = true,
		.arg = 0,
		.mask = UINT32_MAX,
		.equals = twice->first_argument,
	};

	hole->multiplexed = true;
	hole->fate = seccomp_question_ask(program, &question, hole->args, &hole->logged);
}

/* Return: false when this architecture has no such call. */
static bool ask_call(const struct seccomp_program *program, const struct kernel_arch *arch,
		     const struct seccomp_call *call, struct seccomp_hole *ret_hole)
{
	const struct multiplexed *twice = find_multiplexed(arch->scmp, call->syscall);
	int nr = twice ? (int)twice->nr : seccomp_syscall_resolve_name_arch(arch->scmp, call->syscall);
	struct seccomp_question question = {
		.audit_arch = arch->audit,
		.nr = (uint32_t)nr,
		.conditional = call->conditional,
		.arg = call->arg,
		.mask = call->mask,
		.equals = call->equals,
	};

	/* Negative: unknown. */
	if (nr < 0)
		return false;
	*ret_hole = (struct seccomp_hole){.call = call, .arch = arch->name};
	ret_hole->fate = seccomp_question_ask(program, &question, ret_hole->args, &ret_hole->logged);
	if (ret_hole->fate == SECCOMP_BLOCKED && twice)
		ask_multiplexer(program, arch, twice, ret_hole);
	return true;
}

/*
 * Names that are left out of the filter without a word. Where all else is refused that is no harm; a denial is lost.
 * Cheap, and of rare filters only: not worth a place in the cache.
 */
int seccomp_find_unknown(struct arena *arena, const struct seccomp *seccomp, struct strings *ret_unknown,
			 struct err *err)
{
	const bool opens = strcmp(seccomp->default_action, "SCMP_ACT_ALLOW") == 0 ||
			   strcmp(seccomp->default_action, "SCMP_ACT_LOG") == 0;
	const char **items;
	size_t n = 0, room = 0;

	for (size_t i = 0; opens && i < seccomp->n_rules; i++)
		room += seccomp->rules[i].names.n;
	items = arena_array(arena, room, sizeof(*items));
	if (!items)
		return err_set(err, ERR_SYSTEM, "out of memory while judging the seccomp filter");
	for (size_t i = 0; opens && i < seccomp->n_rules; i++)
		for (size_t j = 0; j < seccomp->rules[i].names.n; j++)
			if (seccomp_syscall_resolve_name(seccomp->rules[i].names.items[j]) == __NR_SCMP_ERROR)
				items[n++] = seccomp->rules[i].names.items[j];
	*ret_unknown = (struct strings){items, n};
	return 0;
}

int seccomp_ask(struct arena *arena, const struct seccomp *seccomp, struct seccomp_answer *ret_answer, struct err *err)
{
	size_t n = 0, n_calls = floor_size();
	struct seccomp_hole *holes = arena_array(arena, n_calls * N_ARCHS, sizeof(*holes));
	struct seccomp_program program;
	struct strings unknown;
	struct err why = {0};

	if (!holes)
		return err_set(err, ERR_SYSTEM, "out of memory while judging the seccomp filter");
	if (seccomp_find_unknown(arena, seccomp, &unknown, err) < 0)
		return -1;
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
	*ret_answer =
		(struct seccomp_answer){.known = true, .why = "", .holes = holes, .n_holes = n, .unknown = unknown};
	return 0;
}
