/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading values by their shape: the check and the copy into our struct are
 * one step, so that nothing can be kept that was not checked.
 */
#include "schema.h"

#include <string.h>

#include "ocigate/container.h"

/* Where a field's value goes, or NULL. Every offset in the table is one that the compiler computed for this struct. */
static void *place(void *base, size_t to)
{
	return base && to ? (unsigned char *)base + (to - 1) : NULL;
}

static int read_integer(struct walk *walk, const struct shape_field *field, json_t *json, void *target)
{
	json_int_t value = json_integer_value(json);

	if (walk_type(walk, json, JSON_INTEGER) < 0)
		return -1;
	if (value < field->min || value > field->max)
		return walk_deny(walk, "is %lld, must be from %lld to %lld", (long long)value, (long long)field->min,
				 (long long)field->max);
	if (!target)
		return 0;
	if (field->type == SHAPE_UINT32)
		*(uint32_t *)target = (uint32_t)value;
	else if (field->type == SHAPE_LIMIT)
		*(struct limit *)target = (struct limit){.present = true, .value = value};
	else
		*(int64_t *)target = value;
	return 0;
}

static int read_unsigned(struct walk *walk, json_t *json, uint64_t *target)
{
	uint64_t value;

	if (json_uint64(json, &value) < 0)
		return json_is_integer(json) ? walk_deny(walk, "is negative") : walk_type(walk, json, JSON_INTEGER);
	if (target)
		*target = value;
	return 0;
}

static int check_text(struct walk *walk, const struct shape_field *field, const char *text)
{
	if (field->check && field->check(walk, text) < 0)
		return -1;
	if (!field->words)
		return 0;
	for (const char *const *word = field->words; *word; word++)
		if (strcmp(*word, text) == 0)
			return 0;
	return walk_deny(walk, "is \"%.64s\", a word that the runtime-spec does not have there", text);
}

static int read_string(struct walk *walk, const struct shape_field *field, json_t *json, const char **target)
{
	if (walk_type(walk, json, JSON_STRING) < 0 || check_text(walk, field, json_string_value(json)) < 0)
		return -1;
	if (target)
		*target = json_string_value(json);
	return 0;
}

static int read_letter(struct walk *walk, const struct shape_field *field, json_t *json, char *target)
{
	const char *text = json_string_value(json);

	if (walk_type(walk, json, JSON_STRING) < 0)
		return -1;
	if (strlen(text) != 1 || !strchr(field->words[0], text[0]))
		return walk_deny(walk, "is \"%.64s\", must be one letter of \"%s\"", text, field->words[0]);
	if (target)
		*target = text[0];
	return 0;
}

int walk_strings(struct walk *walk, const struct shape_field *field, json_t *json, struct strings *ret)
{
	size_t n = json_array_size(json);
	const char **items;

	if (walk_type(walk, json, JSON_ARRAY) < 0)
		return -1;
	items = arena_array(walk->arena, n, sizeof(*items));
	if (!items)
		return walk_no_memory(walk);
	for (size_t i = 0; i < n; i++) {
		walk_enter(walk, NULL, i);
		if (read_string(walk, field, json_array_get(json, i), &items[i]) < 0)
			return -1;
		walk_leave(walk);
	}
	if (ret)
		*ret = (struct strings){items, n};
	return 0;
}

static int read_map(struct walk *walk, json_t *json, struct key_values *ret)
{
	struct key_value *items;
	size_t n = 0;

	if (walk_type(walk, json, JSON_OBJECT) < 0)
		return -1;
	items = arena_array(walk->arena, json_object_size(json), sizeof(*items));
	if (!items)
		return walk_no_memory(walk);
	for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i)) {
		json_t *value = json_object_iter_value(i);

		items[n].key = json_object_iter_key(i);
		walk_enter(walk, items[n].key, 0);
		if (walk_control(items[n].key))
			return walk_deny(walk, "is a key with control characters");
		if (walk_type(walk, value, JSON_STRING) < 0)
			return -1;
		items[n++].value = json_string_value(value);
		walk_leave(walk);
	}
	if (ret)
		*ret = (struct key_values){items, n};
	return 0;
}

int walk_list(struct walk *walk, const struct shape *shape, json_t *json, void **ret_items, size_t *ret_n)
{
	size_t n = json_array_size(json);
	unsigned char *items = NULL;

	if (walk_type(walk, json, JSON_ARRAY) < 0)
		return -1;
	if (ret_items) {
		items = arena_array(walk->arena, n, shape->size);
		if (!items)
			return walk_no_memory(walk);
	}
	for (size_t i = 0; i < n; i++) {
		void *item = items ? items + i * shape->size : NULL;

		if (item && shape->initial)
			memcpy(item, shape->initial, shape->size);
		walk_enter(walk, NULL, i);
		if (walk_object(walk, shape, json_array_get(json, i), item) < 0)
			return -1;
		walk_leave(walk);
	}
	if (ret_items) {
		*ret_items = items;
		*ret_n = n;
	}
	return 0;
}

static int read_list(struct walk *walk, const struct shape_field *field, json_t *json, void *base)
{
	const void **items = place(base, field->to);
	size_t *count = place(base, field->count_to);
	void *read = NULL;

	if (walk_list(walk, field->child, json, items ? &read : NULL, count) < 0)
		return -1;
	if (items)
		*items = read;
	return 0;
}

static int read_table(struct walk *walk, const struct shape *child, json_t *json)
{
	if (walk_type(walk, json, JSON_OBJECT) < 0)
		return -1;
	for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i)) {
		walk_enter(walk, json_object_iter_key(i), 0);
		if (walk_control(json_object_iter_key(i)))
			return walk_deny(walk, "is a key with control characters");
		if (walk_object(walk, child, json_object_iter_value(i), NULL) < 0)
			return -1;
		walk_leave(walk);
	}
	return 0;
}

static int read_bool(struct walk *walk, json_t *json, bool *target)
{
	if (walk_type(walk, json, JSON_TRUE) < 0)
		return -1;
	if (target)
		*target = json_is_true(json);
	return 0;
}

static int read_field(struct walk *walk, const struct shape_field *field, json_t *json, void *base)
{
	void *target = place(base, field->to);
	bool *has = place(base, field->has_to);

	if (has)
		*has = true;
	switch (field->type) {
	case SHAPE_ANY:
		return walk_any(walk, json);
	case SHAPE_BOOL:
		return read_bool(walk, json, target);
	case SHAPE_INT:
	case SHAPE_UINT32:
	case SHAPE_LIMIT:
		return read_integer(walk, field, json, target);
	case SHAPE_UINT64:
		return read_unsigned(walk, json, target);
	case SHAPE_STRING:
		return read_string(walk, field, json, target);
	case SHAPE_LETTER:
		return read_letter(walk, field, json, target);
	case SHAPE_STRINGS:
		return walk_strings(walk, field, json, target);
	case SHAPE_MAP:
		return read_map(walk, json, target);
	case SHAPE_OBJECT:
		return walk_object(walk, field->child, json, target);
	case SHAPE_LIST:
		return read_list(walk, field, json, base);
	case SHAPE_TABLE:
		return read_table(walk, field->child, json);
	case SHAPE_OWN:
		return field->read(walk, json, target);
	}
	return walk_deny(walk, "is of no known shape");
}

/* A key that is not in the table: harmless, unless some parser would take it for one that is. */
static int unknown_key(struct walk *walk, const struct shape *shape, const char *key, json_t *value)
{
	for (size_t i = 0; i < shape->n_fields; i++)
		if (key_equal_folded(shape->fields[i].key, key))
			return walk_deny(
				walk,
				"differs from \"%s\" only in case: some runtimes take it for that, others ignore it",
				shape->fields[i].key);
	if (!walk_plain(key))
		return walk_deny(walk, "is a field name with characters other than printable ASCII");
	return walk_any(walk, value);
}

static const struct shape_field *find_field(const struct shape *shape, const char *key)
{
	for (size_t i = 0; i < shape->n_fields; i++)
		if (shape->fields[i].key[0] == key[0] && strcmp(shape->fields[i].key, key) == 0)
			return &shape->fields[i];
	return NULL;
}

static int check_required(struct walk *walk, const struct shape *shape, uint64_t seen)
{
	for (size_t i = 0; i < shape->n_fields; i++) {
		if (!shape->fields[i].required || (seen >> i & 1))
			continue;
		walk_enter(walk, shape->fields[i].key, 0);
		return walk_deny(walk, "is missing");
	}
	return 0;
}

int walk_object(struct walk *walk, const struct shape *shape, json_t *json, void *base)
{
	uint64_t seen = 0;

	if (walk_type(walk, json, JSON_OBJECT) < 0)
		return -1;
	for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i)) {
		const char *key = json_object_iter_key(i);
		const struct shape_field *field = find_field(shape, key);
		int failed;

		walk_enter(walk, key, 0);
		if (field) {
			seen |= (uint64_t)1 << (field - shape->fields);
			failed = read_field(walk, field, json_object_iter_value(i), base);
		} else {
			failed = unknown_key(walk, shape, key, json_object_iter_value(i));
		}
		if (failed)
			return -1;
		walk_leave(walk);
	}
	if (check_required(walk, shape, seen) < 0)
		return -1;
	return shape->finish && base ? shape->finish(walk, base) : 0;
}
