/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a drop-in: where we are in it, and everything that is wrong with it.
 *
 * A reader does not stop at the first error: whoever writes a policy wants to
 * see them all. The loader uses a result only when no error was noted.
 */
#ifndef OCIGATE_POLICY_READER_H
#define OCIGATE_POLICY_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "ocigate/arena.h"
#include "ocigate/json.h"
#include "ocigate/policy.h"

/** struct problems - growing list; @failed: out of memory, which counts as an error */
struct problems {
	struct arena *arena;
	struct policy_problem *items;
	size_t n;
	size_t room;
	size_t errors;
	bool failed;
};

/**
 * struct reader - a file being read
 * @trusted: text that we wrote ourselves after checking it: the costly checks are left out
 * @pointer: JSON pointer of the value that is being read
 */
struct reader {
	struct arena *arena;
	struct problems *problems;
	const char *file;
	bool trusted;
	char pointer[240];
};

/** problems_add() - append; strings but @fmt's are kept, not copied */
void problems_add(struct problems *problems, bool warning, const char *file, const char *pointer, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

/** problems_err() - the first error as a struct err, saying how many more there are. Return: 0 if none, else -1. */
int problems_err(const struct problems *problems, struct err *err) MUST_CHECK;

/** reader_fail() - an error at the current pointer. Return: always -1. */
int reader_fail(struct reader *reader, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** reader_warn() - a warning at the current pointer */
void reader_warn(struct reader *reader, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** reader_enter() - go down to member @key. Return: mark for reader_leave(). */
size_t reader_enter(struct reader *reader, const char *key) MUST_CHECK;

/** reader_enter_index() - go down to element @index. Return: mark for reader_leave(). */
size_t reader_enter_index(struct reader *reader, size_t index) MUST_CHECK;

/** reader_leave() - back up to where reader_enter() was called */
void reader_leave(struct reader *reader, size_t mark);

enum { READER_NAMED_MAX = 8 }; /* known names that an error lists */

/** reader_unknown() - error: @key is no @what; names the nearest of @names, or all where they are few. Return: always -1. */
int reader_unknown(struct reader *reader, const char *what, const char *key, const char *const *names, size_t n);

/** reader_type() - is @json of @type? If not: error "must be @wanted". Return: 0 or -1. */
int reader_type(struct reader *reader, const json_t *json, json_type type, const char *wanted) MUST_CHECK;

/** reader_copy() - the string of @json in the arena. Return: "" when out of memory, which is noted. */
const char *reader_copy(struct reader *reader, const json_t *json);

/** reader_array() - room for @n elements. Return: NULL when out of memory, which is noted, or @n is 0. */
void *reader_array(struct reader *reader, size_t n, size_t size);

#endif
