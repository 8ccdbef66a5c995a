/* SPDX-License-Identifier: Apache-2.0 */
#include "json_build.h"

#include <stdint.h>
#include <string.h>

#include "ocigate/json.h"

/** struct builder - the bytes from @at to @end are still to be read */
struct builder {
	const char *at;
	const char *end;
	unsigned depth;
};

/* The next byte that is no space, without taking it; NUL at the end. */
static char peek(struct builder *builder)
{
	while (builder->at < builder->end &&
	       (*builder->at == ' ' || *builder->at == '\n' || *builder->at == '\t' || *builder->at == '\r'))
		builder->at++;
	return builder->at < builder->end ? *builder->at : '\0';
}

static bool take(struct builder *builder, char c)
{
	if (peek(builder) != c)
		return false;
	builder->at++;
	return true;
}

/*
 * Takes a string of printable ASCII without escapes; its bytes in @ret_text. Anything else is left where it is.
 */
static bool take_plain(struct builder *builder, const char **ret_text, size_t *ret_len)
{
	const char *at = builder->at + 1;

	while (at < builder->end && *at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\')
		at++;
	if (at >= builder->end || *at != '"')
		return false;
	*ret_text = builder->at + 1;
	*ret_len = (size_t)(at - builder->at) - 1;
	builder->at = at + 1;
	return true;
}

/* A string with escapes, or not in ASCII: jansson decodes that one token. */
static json_t *decode_string(struct builder *builder)
{
	const char *at = builder->at + 1;
	json_t *string;

	while (at < builder->end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	if (at >= builder->end)
		return NULL;
	string = json_loadb(builder->at, (size_t)(at - builder->at) + 1, JSON_DECODE_ANY, NULL);
	if (!json_is_string(string)) {
		json_decref(string);
		return NULL;
	}
	builder->at = at + 1;
	return string;
}

static json_t *build_string(struct builder *builder)
{
	const char *text;
	size_t len;

	return take_plain(builder, &text, &len) ? json_stringn_nocheck(text, len) : decode_string(builder);
}

/* Whole numbers that any integer holds; json_scan() has seen to signs and leading zeros. */
static json_t *build_number(struct builder *builder)
{
	enum { DIGITS_MAX = 18 };
	const bool negative = *builder->at == '-';
	const char *at = builder->at + negative, *start = at;
	uint64_t value = 0; /* one digit more is looked at than an integer surely holds */

	while (at < builder->end && at - start <= DIGITS_MAX && *at >= '0' && *at <= '9')
		value = value * 10 + (uint64_t)(*at++ - '0');
	if (at == start || at - start > DIGITS_MAX)
		return NULL;
	builder->at = at;
	return json_integer(negative ? -(json_int_t)value : (json_int_t)value);
}

static json_t *build_word(struct builder *builder)
{
	const size_t left = (size_t)(builder->end - builder->at); /* a word is never the last thing in a document */

	if (left > 4 && memcmp(builder->at, "true", 4) == 0) {
		builder->at += 4;
		return json_true();
	}
	if (left > 5 && memcmp(builder->at, "false", 5) == 0) {
		builder->at += 5;
		return json_false();
	}
	if (left > 4 && memcmp(builder->at, "null", 4) == 0) {
		builder->at += 4;
		return json_null();
	}
	return NULL;
}

static json_t *build_value(struct builder *builder);

/* Steals @value. A key that is there already leaves the object's size as it was. */
static int set_member(json_t *object, const char *key, json_t *value)
{
	const size_t before = json_object_size(object);

	return json_object_set_new_nocheck(object, key, value) == 0 && json_object_size(object) > before ? 0 : -1;
}

static int build_member(struct builder *builder, json_t *object)
{
	enum { KEY_MAX = 256 };
	const char *text;
	char key[KEY_MAX];
	json_t *value;
	size_t len;

	if (peek(builder) != '"' || !take_plain(builder, &text, &len) || len >= KEY_MAX || !take(builder, ':'))
		return -1;
	memcpy(key, text, len);
	key[len] = '\0';
	value = build_value(builder);
	return value ? set_member(object, key, value) : -1;
}

static int build_members(struct builder *builder, json_t *object)
{
	do {
		if (build_member(builder, object) < 0)
			return -1;
	} while (take(builder, ','));
	return take(builder, '}') ? 0 : -1;
}

static int build_elements(struct builder *builder, json_t *array)
{
	do {
		json_t *value = build_value(builder);

		if (!value || json_array_append_new(array, value) < 0)
			return -1;
	} while (take(builder, ','));
	return take(builder, ']') ? 0 : -1;
}

static json_t *build_container(struct builder *builder, bool is_object)
{
	json_t *container = is_object ? json_object() : json_array();
	int result = 0;

	builder->at++;
	if (!container || ++builder->depth > JSON_DEPTH_MAX) {
		json_decref(container);
		return NULL;
	}
	if (is_object)
		result = take(builder, '}') ? 0 : build_members(builder, container);
	else
		result = take(builder, ']') ? 0 : build_elements(builder, container);
	builder->depth--;
	if (result == 0)
		return container;
	json_decref(container);
	return NULL;
}

static json_t *build_value(struct builder *builder)
{
	const char c = peek(builder);

	switch (c) {
	case '{':
	case '[':
		return build_container(builder, c == '{');
	case '"':
		return build_string(builder);
	case 't':
	case 'f':
	case 'n':
		return build_word(builder);
	default:
		return c == '-' || (c >= '0' && c <= '9') ? build_number(builder) : NULL;
	}
}

json_t *json_build(const char *text, size_t len)
{
	struct builder builder = {.at = text, .end = text + len};
	json_t *json = build_value(&builder);

	if (json && (peek(&builder) != '\0' || builder.at != builder.end)) {
		json_decref(json);
		return NULL;
	}
	return json;
}
