/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker: one pass over a parsed document along its shape. It keeps the
 * way from the root, so that whatever it refuses can be pointed at.
 */
#include "schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void walk_enter(struct walk *walk, const char *key, size_t index)
{
	/* json_read() has refused what is nested deeper than the way has room for. */
	if (walk->depth < sizeof(walk->steps) / sizeof(walk->steps[0]))
		walk->steps[walk->depth] = (struct walk_step){key, index};
	walk->depth++;
}

void walk_leave(struct walk *walk)
{
	walk->depth--;
}

static void write_pointer(struct walk *walk)
{
	char pointer[sizeof(walk->err->pointer)] = "", token[sizeof(walk->err->pointer)];
	size_t len = 0;

	for (size_t i = 0; i < walk->depth && len < sizeof(pointer); i++) {
		const struct walk_step *step = &walk->steps[i];
		int n;

		if (step->key)
			n = snprintf(pointer + len, sizeof(pointer) - len, "/%s",
				     json_pointer_token(token, sizeof(token), step->key));
		else
			n = snprintf(pointer + len, sizeof(pointer) - len, "/%zu", step->index);
		len += n < 0 ? 0 : (size_t)n;
	}
	(void)err_at(walk->err, "%s", pointer);
}

/* The name of the place, as a person would say it: the key, or which element of which key. */
static void write_name(const struct walk *walk, char *name, size_t size)
{
	const struct walk_step *last = walk->depth > 0 ? &walk->steps[walk->depth - 1] : NULL;

	if (!last)
		(void)snprintf(name, size, "the document");
	else if (last->key)
		(void)snprintf(name, size, "\"%.80s\"", last->key);
	else if (walk->depth > 1 && walk->steps[walk->depth - 2].key)
		(void)snprintf(name, size, "element %zu of \"%.80s\"", last->index, walk->steps[walk->depth - 2].key);
	else
		(void)snprintf(name, size, "element %zu", last->index);
}

int walk_deny(struct walk *walk, const char *fmt, ...)
{
	char name[128], text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_name(walk, name, sizeof(name));
	(void)err_set(walk->err, ERR_DENIED, "%s %s", name, text);
	write_pointer(walk);
	return -1;
}

int walk_no_memory(struct walk *walk)
{
	return err_set(walk->err, ERR_SYSTEM, "out of memory while reading JSON");
}

static const char *type_name(json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		break;
	}
	return "null";
}

static const char *const type_wanted[] = {
	[JSON_OBJECT] = "an object",	   [JSON_ARRAY] = "an array",	  [JSON_STRING] = "a string",
	[JSON_INTEGER] = "a whole number", [JSON_TRUE] = "true or false",
};

int walk_type(struct walk *walk, json_t *value, json_type type)
{
	uint64_t number;
	/* json_read() has no other way to hold an integer from 2^63 on than as an array. */
	bool large = json_is_array(value) && json_uint64(value, &number) == 0;

	if (json_is_null(value))
		return walk_deny(walk, "is null; give it a value or leave it out");
	if (large && type == JSON_INTEGER)
		return walk_deny(walk, "is %llu, too large", (unsigned long long)number);
	if (!large && (json_typeof(value) == type || (type == JSON_TRUE && json_is_false(value))))
		return 0;
	return walk_deny(walk, "is %s, must be %s", large ? "a number" : type_name(value), type_wanted[type]);
}

bool walk_plain(const char *key)
{
	for (; *key; key++)
		if (*key < 0x20 || *key > 0x7e)
			return false;
	return true;
}

bool walk_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f ||
		    ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0))
			return true;
	return false;
}

static int any_member(struct walk *walk, const char *key, json_t *value)
{
	walk_enter(walk, key, 0);
	if (!walk_plain(key))
		return walk_deny(walk, "is a field name with characters other than printable ASCII");
	if (walk_any(walk, value) < 0)
		return -1;
	walk_leave(walk);
	return 0;
}

int walk_any(struct walk *walk, json_t *json)
{
	json_t *value;
	size_t index;

	if (json_is_null(json))
		return walk_deny(walk, "is null; give it a value or leave it out");
	json_array_foreach(json, index, value)
	{
		walk_enter(walk, NULL, index);
		if (walk_any(walk, value) < 0)
			return -1;
		walk_leave(walk);
	}
	for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i))
		if (any_member(walk, json_object_iter_key(i), json_object_iter_value(i)) < 0)
			return -1;
	return 0;
}

int check_not_empty(struct walk *walk, const char *text)
{
	return text[0] ? 0 : walk_deny(walk, "is empty");
}
