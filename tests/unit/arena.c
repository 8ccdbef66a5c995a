/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "ocigate/arena.h"

Test(arena, gives_zeroed_and_aligned_memory)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t size = 0; size < 300; size++) {
		unsigned char *memory = arena_alloc(&arena, size);

		cr_assert_not_null(memory);
		cr_assert_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			cr_assert_eq(memory[i], 0);
		memset(memory, 0xff, size);
	}
	arena_release(&arena);
}

Test(arena, stays_failed_past_its_cap)
{
	struct arena arena;

	arena_init(&arena, 1000);
	cr_assert_not_null(arena_alloc(&arena, 500));
	cr_assert_null(arena_alloc(&arena, 600));
	cr_assert(arena.failed);
	cr_assert_null(arena_alloc(&arena, 1));
	arena_release(&arena);
}

Test(arena, refuses_sizes_that_overflow)
{
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	cr_assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
	arena_release(&arena);
}

Test(arena, trimmed_room_is_given_out_again_zeroed)
{
	struct arena arena;
	unsigned char *first, *second;
	size_t used;

	arena_init(&arena, 1 << 20);
	first = arena_alloc(&arena, 10000);
	memset(first, 0xff, 100);
	arena_trim(&arena, first, 100);
	used = arena.used;
	second = arena_alloc(&arena, 10000);
	cr_assert_not_null(second);
	cr_assert_geq(second, first + 100);
	cr_assert_lt(second, first + 200);
	cr_assert_eq(arena.used, used + 10000);
	for (size_t i = 0; i < 10000; i++)
		cr_assert_eq(second[i], 0);
	for (size_t i = 0; i < 100; i++)
		cr_assert_eq(first[i], 0xff);
	arena_release(&arena);
}

Test(arena, trims_the_newest_alone)
{
	struct arena arena;
	unsigned char *first, *second, *third;

	arena_init(&arena, 1 << 20);
	arena_trim(&arena, NULL, 0);
	first = arena_alloc(&arena, 1000);
	second = arena_alloc(&arena, 1000);
	arena_trim(&arena, first, 10);
	arena_trim(&arena, second, 5000);
	third = arena_alloc(&arena, 1000);
	cr_assert_geq(third, second + 1000);
	arena_release(&arena);
}

Test(arena, prints_texts_of_every_length)
{
	struct arena arena;
	char longest[600];

	arena_init(&arena, 1 << 20);
	memset(longest, 'x', sizeof(longest));
	for (int len = 0; len < (int)sizeof(longest); len++) {
		char *text = arena_printf(&arena, "%.*s", len, longest);

		cr_assert_not_null(text);
		cr_assert_eq(strlen(text), (size_t)len);
		cr_assert_eq(memcmp(text, longest, (size_t)len), 0);
	}
	arena_release(&arena);
}
