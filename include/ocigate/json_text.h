/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON read in place: one pass from the first byte to the last, no tree.
 *
 * For documents whose shape is known beforehand. The reader takes what is JSON
 * beyond doubt, in the same words as json_read() does, and calls everything
 * else broken: json_read() then says what is wrong with it.
 */
#ifndef OCIGATE_JSON_TEXT_H
#define OCIGATE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocigate/arena.h"

/**
 * struct json_text - a document that is being read
 * @at: the next byte; NUL-terminated at @end
 * @strings, @room: where the next string goes, and bytes left there
 * @broken: something was met that is not JSON beyond doubt, or memory ran out; stays true
 */
struct json_text {
	const char *at;
	const char *end;
	struct arena *arena;
	char *strings;
	size_t room;
	bool broken;
};

/** enum json_kind - what comes next */
enum json_kind {
	JSON_KIND_NONE = 0, /* nothing that is a value */
	JSON_KIND_OBJECT,
	JSON_KIND_ARRAY,
	JSON_KIND_STRING,
	JSON_KIND_NUMBER,
	JSON_KIND_BOOL,
	JSON_KIND_NULL,
};

/** struct json_number - a whole number: its sign, and its absolute value below 2^64 (2^63 if negative) */
struct json_number {
	bool negative;
	uint64_t size;
};

/** struct json_key - a member's key; @text has a NUL behind only if json_text_keep() has put it there */
struct json_key {
	const char *text;
	size_t len;
};

/** json_text_start() - begin to read @len bytes with a NUL behind; strings will live in @arena */
void json_text_start(struct json_text *text, struct arena *arena, const char *bytes, size_t len);

/** json_text_end() - is nothing but space left, and nothing broken? */
bool json_text_end(struct json_text *text);

/**
 * json_text_span() - how long is the object that begins where @text is? By its braces alone: nothing is checked
 *
 * Return: 0 if it does not end, or not without escapes.
 */
size_t json_text_span(const struct json_text *text);

/** json_text_kind() - the kind of the next value, which stays where it is */
enum json_kind json_text_kind(struct json_text *text);

/**
 * json_text_open(), json_text_next() - step into an object or array, and on to its next member or element
 * @close: '}' or ']'
 * Return: true if there is one; false at the end, which is then taken, and where it is @broken.
 */
bool json_text_open(struct json_text *text, char close);
bool json_text_next(struct json_text *text, char close);

/** json_text_key() - take a key and its colon. Return: false and @broken. */
bool json_text_key(struct json_text *text, struct json_key *ret_key);

/** json_text_keep() - the key with a NUL behind, as long as the arena. Return: NULL and @broken: no room. */
const char *json_text_keep(struct json_text *text, const struct json_key *key);

/** json_text_string() - take a string, decoded. Return: NULL and @broken. */
const char *json_text_string(struct json_text *text);

/** json_text_number() - take a whole number. Return: false and @broken. */
bool json_text_number(struct json_text *text, struct json_number *ret_number);

/** json_text_bool() - take true or false. Return: false and @broken. */
bool json_text_bool(struct json_text *text, bool *ret_value);

#endif
