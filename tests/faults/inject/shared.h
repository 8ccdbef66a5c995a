/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the injector and a program whose allocations are wrapped
 * (allocations.c): a page of memory that both have.
 */
#ifndef SHARED_H
#define SHARED_H

#include <stdint.h>

/** SHARED_ENV - names the descriptor of the page in the program's environment */
#define SHARED_ENV "OCIGATE_TEST_ALLOCATIONS"

/** struct shared - @count: allocations so far; @at: which one fails, from 1; @sticky: and all after it */
struct shared {
	uint64_t count;
	uint64_t at;
	uint64_t sticky;
};

#endif
