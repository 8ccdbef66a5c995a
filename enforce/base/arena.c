/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks come from mmap, not malloc: their pages can be populated in one go
 * (a page fault costs more than the zeroing), and the C library's heap stays
 * untouched in the usual run.
 */
#include "ocigate/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct arena_chunk {
	struct arena_chunk *older;
	size_t size;	       /* of the mapping, this header included */
	size_t used;	       /* header included */
	unsigned char *newest; /* what was handed out last */
};

enum {
	CHUNK_FIRST = 72 * 1024, /* what a usual container takes */
	CHUNK_MIN = 64 * 1024,
	ALIGN = alignof(max_align_t),
	PAGE = 4096, /* rounding only; larger pages merely waste a tail */
};

static_assert(sizeof(struct arena_chunk) % 8 == 0, "chunk header keeps alignment simple");

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

void arena_init(struct arena *arena, size_t cap)
{
	*arena = (struct arena){.cap = cap};
}

static bool add_chunk(struct arena *arena, size_t payload, int flags)
{
	size_t size = round_up(payload + round_up(sizeof(struct arena_chunk), ALIGN), PAGE);
	struct arena_chunk *chunk;

	chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	if (chunk == MAP_FAILED)
		return false;
	chunk->older = arena->chunk;
	chunk->size = size;
	chunk->used = round_up(sizeof(*chunk), ALIGN);
	arena->chunk = chunk;
	return true;
}

void arena_reserve(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunk;

	if (arena->failed || size > arena->cap || (chunk && chunk->size - chunk->used >= size))
		return;
	(void)add_chunk(arena, size, MAP_POPULATE);
}

void arena_release(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunk;

	while (chunk) {
		struct arena_chunk *older = chunk->older;

		munmap(chunk, chunk->size);
		chunk = older;
	}
	arena_init(arena, arena->cap);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunk;
	unsigned char *memory;

	if (arena->failed || size > arena->cap || arena->cap - size < arena->used + ALIGN) {
		arena->failed = true;
		return NULL;
	}
	size = round_up(size ? size : 1, ALIGN);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t usual = chunk ? CHUNK_MIN : CHUNK_FIRST;

		/* The usual chunk will be used: its pages at once cost less than one fault after the other. */
		if (!add_chunk(arena, size > usual ? size : usual, size > usual ? 0 : MAP_POPULATE)) {
			arena->failed = true;
			return NULL;
		}
		chunk = arena->chunk;
	}
	memory = (unsigned char *)chunk + chunk->used;
	chunk->used += size;
	chunk->newest = memory;
	arena->used += size;
	return memory;
}

void arena_trim(struct arena *arena, void *memory, size_t size)
{
	struct arena_chunk *chunk = arena->chunk;
	unsigned char *start = memory, *end = chunk ? (unsigned char *)chunk + chunk->used : NULL;
	size_t keep = round_up(size ? size : 1, ALIGN);

	if (!chunk || memory != chunk->newest || keep >= (size_t)(end - start))
		return;
	arena->used -= (size_t)(end - start) - keep;
	chunk->used -= (size_t)(end - start) - keep;
}

void *arena_grow(struct arena *arena, void *memory, size_t used, size_t size)
{
	struct arena_chunk *chunk = arena->chunk;
	unsigned char *start = memory;
	void *larger;

	if (chunk && start && start == chunk->newest && size < SIZE_MAX - ALIGN) {
		size_t before = (size_t)((unsigned char *)chunk + chunk->used - start), after = round_up(size, ALIGN);

		if (after <= before)
			return memory;
		if (after - before <= chunk->size - chunk->used && !arena->failed &&
		    after - before <= arena->cap - arena->used) {
			chunk->used += after - before;
			arena->used += after - before;
			return memory;
		}
	}
	larger = arena_alloc(arena, size);
	if (larger && used > 0)
		memcpy(larger, memory, used);
	return larger;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total)) {
		arena->failed = true;
		return NULL;
	}
	return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (copy)
		memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
{
	char usual[256], *text;
	va_list again;
	int len;

	/* Most texts are short: only a longer one is printed twice. */
	va_copy(again, ap);
	len = vsnprintf(usual, sizeof(usual), fmt, again);
	va_end(again);
	if (len < 0) {
		arena->failed = true;
		return NULL;
	}
	if ((size_t)len < sizeof(usual))
		return arena_strndup(arena, usual, (size_t)len);
	text = arena_alloc(arena, (size_t)len + 1);
	if (text)
		(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	return text;
}
