/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hook lives for a millisecond, and a good part of that is page faults: one
 * for every 64 KiB of program that it walks through, one for every page of
 * stack. The kernel can map them all in two calls (Linux 5.14; an older one says
 * EINVAL, and everything works as before, a little slower). Data is left out:
 * most of its pages belong to other verbs, and a page costs more than a fault.
 */
#include <stdint.h>
#include <sys/mman.h>

#include "common.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { STACK_USED = 32 * 1024 };

/* The linker's names for the ends of the program: ld(1), "PROVIDE". */
extern const char __executable_start[], etext[];

static void populate(uintptr_t from, uintptr_t to, int advice)
{
	const uintptr_t page = 4096;

	from &= ~(page - 1);
	to = (to + page - 1) & ~(page - 1);
	/* Advice: where it is not taken nothing is lost. */
	(void)!madvise((void *)from, to - from, advice); /* NOLINT(performance-no-int-to-ptr) */
}

void memory_warm(void)
{
	char here;
	const uintptr_t stack = (uintptr_t)&here;

	populate((uintptr_t)__executable_start, (uintptr_t)etext, MADV_POPULATE_READ);
	populate(stack - STACK_USED, stack, MADV_POPULATE_WRITE);
}
