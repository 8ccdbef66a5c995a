/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hook lives for a millisecond, and a good part of that is page faults. What
 * it runs through lies side by side (order.ld); the stack grows by one fault a
 * page, and the kernel can map the pages that it will take in one call (Linux
 * 5.14; an older one says EINVAL, and everything works as before, a little
 * slower).
 */
#include <stdint.h>
#include <sys/mman.h>

#include "common.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { PAGE = 4096, STACK_USED = 24 * 1024 };

void memory_warm(void)
{
	char here;
	const uintptr_t end = ((uintptr_t)&here + PAGE - 1) & ~(uintptr_t)(PAGE - 1);

	/* Advice: where it is not taken nothing is lost. */
	(void)!madvise((void *)(end - STACK_USED), STACK_USED,
		       MADV_POPULATE_WRITE); /* NOLINT(performance-no-int-to-ptr) */
}
