/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into ocigate with ld --wrap: counts every allocation, of the C
 * library's heap and of the arenas, and lets one fail, or all from one on.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ocigate/arena.h"
#include "shared.h"

static struct shared none;
static struct shared *shared = &none;

/* Before main, which forgets its environment. */
static __attribute__((constructor)) void find_page(void)
{
	const char *fd = getenv(SHARED_ENV);
	void *page = fd ? mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0) : MAP_FAILED;

	if (page != MAP_FAILED)
		shared = page;
}

static bool fails(void)
{
	uint64_t number = ++shared->count;

	if (shared->at == 0 || number < shared->at || (number > shared->at && !shared->sticky))
		return false;
	errno = ENOMEM;
	return true;
}

/* The linker's two names of a function that is wrapped. */
#define WRAPPED(type, name, ...)                                                                                       \
	type __real_##name(__VA_ARGS__);                                                                               \
	type __wrap_##name(__VA_ARGS__)

WRAPPED(void *, malloc, size_t size);
WRAPPED(void *, calloc, size_t n, size_t size);
WRAPPED(void *, realloc, void *old, size_t size);
WRAPPED(char *, strdup, const char *text);
WRAPPED(void *, arena_alloc, struct arena *arena, size_t size);
WRAPPED(void *, arena_array, struct arena *arena, size_t n, size_t size);
WRAPPED(char *, arena_strndup, struct arena *arena, const char *s, size_t len);
WRAPPED(char *, arena_strdup, struct arena *arena, const char *s);
WRAPPED(char *, arena_vprintf, struct arena *arena, const char *fmt, va_list ap);
char *__wrap_arena_printf(struct arena *arena, const char *fmt, ...);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* As an arena itself does it: what has failed stays failed. */
static bool arena_fails(struct arena *arena)
{
	if (fails())
		arena->failed = true;
	return arena->failed;
}

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
	return arena_fails(arena) ? NULL : __real_arena_alloc(arena, size);
}

void *__wrap_arena_array(struct arena *arena, size_t n, size_t size)
{
	return arena_fails(arena) ? NULL : __real_arena_array(arena, n, size);
}

char *__wrap_arena_strndup(struct arena *arena, const char *s, size_t len)
{
	return arena_fails(arena) ? NULL : __real_arena_strndup(arena, s, len);
}

char *__wrap_arena_strdup(struct arena *arena, const char *s)
{
	return arena_fails(arena) ? NULL : __real_arena_strdup(arena, s);
}

char *__wrap_arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
{
	return arena_fails(arena) ? NULL : __real_arena_vprintf(arena, fmt, ap);
}

char *__wrap_arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (arena_fails(arena))
		return NULL;
	va_start(ap, fmt);
	text = __real_arena_vprintf(arena, fmt, ap);
	va_end(ap);
	return text;
}
