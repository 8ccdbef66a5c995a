/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker: one pass over a document along its shape. It keeps the way from
 * the root, so that whatever it refuses can be pointed at.
 */
#include "schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_pointer(struct walk *walk)
{
	char pointer[sizeof(walk->form.pointer)] = "", token[sizeof(walk->form.pointer)];
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
	(void)err_at(&walk->form, "%s", pointer);
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
	(void)err_set(&walk->form, ERR_DENIED, "%s %s", name, text);
	write_pointer(walk);
	return -1;
}

int walk_no_memory(struct walk *walk)
{
	return err_set(&walk->form, ERR_SYSTEM, "out of memory");
}

void *walk_room(struct walk *walk, struct walk_items *list, size_t n)
{
	enum { FIRST = 8 };
	size_t room = list->room > 0 ? list->room * 2 : FIRST;
	void *larger;

	if (n < list->room)
		return (unsigned char *)list->items + n * list->size;
	larger = room < SIZE_MAX / list->size ? arena_grow(walk->arena, list->items, n * list->size, room * list->size)
					      : NULL;
	if (!larger) {
		(void)walk_no_memory(walk);
		return NULL;
	}
	list->items = larger;
	list->room = room;
	return (unsigned char *)larger + n * list->size;
}

void *walk_items_end(struct walk *walk, struct walk_items *list, size_t n)
{
	arena_trim(walk->arena, list->items, n * list->size);
	return list->items;
}

int walk_broken(struct walk *walk)
{
	walk->text.broken = true;
	return -1;
}

/* In the words of the person who looks at the file; true and false are told apart by their first letter. */
static const char *kind_name(enum json_kind kind, char first)
{
	switch (kind) {
	case JSON_KIND_OBJECT:
		return "an object";
	case JSON_KIND_ARRAY:
		return "an array";
	case JSON_KIND_STRING:
		return "a string";
	case JSON_KIND_NUMBER:
		return "a number";
	case JSON_KIND_BOOL:
		return first == 't' ? "true" : "false";
	case JSON_KIND_NULL:
	case JSON_KIND_NONE:
		break;
	}
	return "no value";
}

static const char *const kind_wanted[] = {
	[JSON_KIND_OBJECT] = "an object",      [JSON_KIND_ARRAY] = "an array",	   [JSON_KIND_STRING] = "a string",
	[JSON_KIND_NUMBER] = "a whole number", [JSON_KIND_BOOL] = "true or false",
};

int walk_kind(struct walk *walk, enum json_kind kind)
{
	enum json_kind found = json_text_kind(&walk->text);

	if (found == kind)
		return 0;
	if (found == JSON_KIND_NONE)
		return walk_broken(walk);
	if (found == JSON_KIND_NULL)
		return walk_deny(walk, "is null; give it a value or leave it out");
	return walk_deny(walk, "is %s, must be %s", kind_name(found, *walk->text.at), kind_wanted[kind]);
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

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int walk_distinct(struct walk *walk, const char **keys, size_t n)
{
	if (n < 2)
		return 0;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			return walk_broken(walk);
	return 0;
}

static int any_member(struct walk *walk, const char **ret_key)
{
	struct json_key key;

	if (!json_text_key(&walk->text, &key))
		return walk_broken(walk);
	*ret_key = json_text_keep(&walk->text, &key);
	if (!*ret_key)
		return walk_no_memory(walk);
	walk_enter(walk, *ret_key, 0);
	if (!walk_plain(*ret_key))
		return walk_deny(walk, "is a field name with characters other than printable ASCII");
	if (walk_any(walk) < 0)
		return -1;
	walk_leave(walk);
	return 0;
}

static int any_object(struct walk *walk)
{
	struct walk_items list = {.size = sizeof(const char *)};
	size_t n = 0;

	for (bool more = json_text_open(&walk->text, '}'); more; more = json_text_next(&walk->text, '}')) {
		const char **key = walk_room(walk, &list, n++);

		if (!key || any_member(walk, key) < 0)
			return -1;
	}
	return walk->text.broken ? -1 : walk_distinct(walk, list.items, n);
}

static int any_array(struct walk *walk)
{
	size_t i = 0;

	for (bool more = json_text_open(&walk->text, ']'); more; more = json_text_next(&walk->text, ']')) {
		walk_enter(walk, NULL, i++);
		if (walk_any(walk) < 0)
			return -1;
		walk_leave(walk);
	}
	return walk->text.broken ? -1 : 0;
}

int walk_any(struct walk *walk)
{
	enum json_kind kind = json_text_kind(&walk->text);
	struct json_number number;
	bool value;

	switch (kind) {
	case JSON_KIND_OBJECT:
		return walk->depth < JSON_DEPTH_MAX ? any_object(walk) : walk_broken(walk);
	case JSON_KIND_ARRAY:
		return walk->depth < JSON_DEPTH_MAX ? any_array(walk) : walk_broken(walk);
	case JSON_KIND_STRING:
		return json_text_string(&walk->text) ? 0 : -1;
	case JSON_KIND_NUMBER:
		return json_text_number(&walk->text, &number) ? 0 : -1;
	case JSON_KIND_BOOL:
		return json_text_bool(&walk->text, &value) ? 0 : -1;
	case JSON_KIND_NULL:
	case JSON_KIND_NONE:
		break;
	}
	return walk_kind(walk, JSON_KIND_STRING);
}

int check_not_empty(struct walk *walk, const char *text)
{
	return text[0] ? 0 : walk_deny(walk, "is empty");
}

/* Whatever the walk stumbled over: an error in the text itself comes first, and json_read() has the words for it. */
static int explain(struct walk *walk, const char *bytes, size_t len, const char *name, struct err *err)
{
	struct arena *before;
	json_t *json;

	if (walk->arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory while reading %s", name);
	/* The arena has room for what a document becomes, not for a tree of it. */
	before = json_use_arena(NULL);
	json = json_read(bytes, len, err);
	json_decref(json);
	(void)json_use_arena(before);
	if (!json)
		return err->kind == ERR_INPUT ? err_wrap(err, "%s", name) : -1;
	if (walk->form.kind == ERR_NONE)
		return err_set(err, ERR_DENIED, "%s is not JSON beyond doubt", name);
	*err = walk->form;
	return -1;
}

int walk_document(struct walk *walk, const struct shape *shape, const struct text *text, const char *name, void *base,
		  struct err *err)
{
	json_text_start(&walk->text, walk->arena, text->bytes, text->len);
	if (!walk->text.broken && walk_object(walk, shape, base) == 0 && json_text_end(&walk->text))
		return 0;
	return explain(walk, text->bytes, text->len, name, err);
}
