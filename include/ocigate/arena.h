/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One capped arena per run. Nothing is freed singly; everything that a run
 * builds from its inputs lives and dies here. Past the cap, or when the kernel
 * has no memory, every call returns NULL and the arena stays failed, so that a
 * single check at the end is enough to deny.
 */
#ifndef OCIGATE_ARENA_H
#define OCIGATE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "ocigate/err.h"

/** struct arena_chunk - opaque piece of memory */
struct arena_chunk;

/**
 * struct arena - bump allocator
 * @chunk: the newest piece; older ones hang behind it
 * @used: bytes handed out, in total
 * @cap: @used never exceeds this
 * @failed: an allocation has failed; stays true
 */
struct arena {
	struct arena_chunk *chunk;
	size_t used;
	size_t cap;
	bool failed;
};

/** arena_init() - an empty arena that hands out at most @cap bytes. Takes no memory yet. */
void arena_init(struct arena *arena, size_t cap);

/** arena_reserve() - make room for @size bytes in one piece now, pages populated. A hint: cannot fail. */
void arena_reserve(struct arena *arena, size_t size);

/** arena_release() - give all memory back; safe on an arena_init()ed or released arena. */
void arena_release(struct arena *arena);

/** arena_alloc() - @size zeroed bytes, aligned for any type. Return: NULL when out of room. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/**
 * arena_trim() - give back what is behind the first @size bytes of @memory, the newest allocation
 *
 * The bytes given back must still be zero. Where @memory is not the newest any more nothing happens.
 */
void arena_trim(struct arena *arena, void *memory, size_t size);

/** arena_array() - @n zeroed elements of @size bytes, overflow checked. Return: NULL when out of room. */
void *arena_array(struct arena *arena, size_t n, size_t size) MUST_CHECK;

/**
 * arena_grow() - @memory, whose first @used bytes count, with room for @size bytes, zeroed behind those
 *
 * The newest allocation grows where it lies if it can; else the bytes move, and what lay there before stays lost.
 * Return: NULL when out of room.
 */
void *arena_grow(struct arena *arena, void *memory, size_t used, size_t size) MUST_CHECK;

/** arena_strndup() - copy of @len bytes of @s with a NUL behind. Return: NULL when out of room. */
char *arena_strndup(struct arena *arena, const char *s, size_t len) MUST_CHECK;

/** arena_strdup() - copy of @s. Return: NULL when out of room. */
char *arena_strdup(struct arena *arena, const char *s) MUST_CHECK;

/** arena_printf() - formatted string. Return: NULL when out of room. */
char *arena_printf(struct arena *arena, const char *fmt, ...) MUST_CHECK PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap) MUST_CHECK PRINTF_LIKE(2, 0);

#endif
