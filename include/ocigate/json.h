/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, strictly: jansson behind a reader that refuses what two parsers could
 * read differently, and that says where.
 */
#ifndef OCIGATE_JSON_H
#define OCIGATE_JSON_H

#include <jansson.h>

#include "ocigate/arena.h"

/** JSON_DEPTH_MAX - nesting that the strict reader accepts */
#define JSON_DEPTH_MAX 32

static inline void json_release(json_t **json)
{
	json_decref(*json);
}

/** JSON_AUTO - drops its reference at the end of the block */
#define JSON_AUTO __attribute__((cleanup(json_release)))

/**
 * json_use_arena() - let jansson take its memory from @arena from now on (NULL: from malloc)
 *
 * With an arena json_decref() frees nothing: the arena's end does. One parse
 * per run is the rule, so that is what we want. What is built with one memory
 * must not be released with another.
 * Return: what was in use before, to be put back.
 */
struct arena *json_use_arena(struct arena *arena);

/**
 * json_read() - parse one JSON document
 * @text: @len bytes with a NUL behind
 *
 * Refuses: empty input, a byte order mark, NUL bytes and \u0000, invalid UTF-8, duplicate keys, anything behind the
 * document, depth over JSON_DEPTH_MAX, fractions and exponents, "-0", integers beyond 64 bit, every syntax slip
 * (comments, trailing commas …). Integers from 2^63 to 2^64-1 come as reals, rounded.
 * Return: a new reference, or NULL with err->pointer set: ERR_INPUT when the text is empty or cut short, ERR_SYSTEM
 * without memory (what was read by then stays taken), else ERR_DENIED.
 */
json_t *json_read(const char *text, size_t len, struct err *err) MUST_CHECK;

/**
 * json_write() - compact text, keys in insertion order, one line
 * Return: NULL when out of memory.
 */
char *json_write(struct arena *arena, const json_t *json) MUST_CHECK;

/** json_pointer_token() - @key with "~" and "/" escaped (RFC 6901), in a static-size buffer of the caller */
const char *json_pointer_token(char *buffer, size_t size, const char *key);

#endif
