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

int walk_integer(struct walk *walk, int64_t min, int64_t max, int64_t *ret)
{
	struct json_number number;
	int64_t value;

	if (walk_kind(walk, JSON_KIND_NUMBER) < 0 || !json_text_number(&walk->text, &number))
		return -1;
	value = (int64_t)(number.negative ? 0 - number.size : number.size);
	if ((!number.negative && number.size > INT64_MAX) || value < min || value > max)
		return walk_deny(walk, "is %s%llu, must be from %lld to %lld", number.negative ? "-" : "",
				 (unsigned long long)number.size, (long long)min, (long long)max);
	*ret = value;
	return 0;
}

static int read_integer(struct walk *walk, const struct shape_field *field, void *target)
{
	int64_t value;

	if (walk_integer(walk, field->min, field->max, &value) < 0)
		return -1;
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

static int read_unsigned(struct walk *walk, uint64_t *target)
{
	struct json_number number;

	if (walk_kind(walk, JSON_KIND_NUMBER) < 0 || !json_text_number(&walk->text, &number))
		return -1;
	if (number.negative)
		return walk_deny(walk, "is negative");
	if (target)
		*target = number.size;
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

static const char *take_string(struct walk *walk)
{
	if (*walk->text.at == '"')
		return json_text_string(&walk->text);
	return walk_kind(walk, JSON_KIND_STRING) < 0 ? NULL : json_text_string(&walk->text);
}

static int read_string(struct walk *walk, const struct shape_field *field, const char **target)
{
	const char *text = take_string(walk);

	if (!text || check_text(walk, field, text) < 0)
		return -1;
	if (target)
		*target = text;
	return 0;
}

static int read_letter(struct walk *walk, const struct shape_field *field, char *target)
{
	const char *text = take_string(walk);

	if (!text)
		return -1;
	if (strlen(text) != 1 || !strchr(field->words[0], text[0]))
		return walk_deny(walk, "is \"%.64s\", must be one letter of \"%s\"", text, field->words[0]);
	if (target)
		*target = text[0];
	return 0;
}

int walk_strings(struct walk *walk, const struct shape_field *field, struct strings *ret)
{
	struct walk_items list = {.size = sizeof(const char *)};
	size_t n = 0;

	if (walk_kind(walk, JSON_KIND_ARRAY) < 0)
		return -1;
	for (bool more = json_text_open(&walk->text, ']'); more; more = json_text_next(&walk->text, ']')) {
		const char **item = walk_room(walk, &list, n);

		walk_enter(walk, NULL, n++);
		if (!item || read_string(walk, field, item) < 0)
			return -1;
		walk_leave(walk);
	}
	if (ret)
		*ret = (struct strings){walk_items_end(walk, &list, n), n};
	return walk->text.broken ? -1 : 0;
}

/* A key that is data. */
static int enter_data(struct walk *walk, const char **ret_key)
{
	struct json_key key;
	bool decoded;

	if (!json_text_key(&walk->text, &key))
		return -1;
	decoded = key.text[key.len] == '\0';
	*ret_key = json_text_keep(&walk->text, &key);
	if (!*ret_key)
		return walk_no_memory(walk);
	walk_enter(walk, *ret_key, 0);
	/* A key that stands in the text as it is has none. */
	return decoded && walk_control(*ret_key) ? walk_deny(walk, "is a key with control characters") : 0;
}

/* Of keys that are data none may come twice, wherever they are kept: every @stride bytes from @first on. */
static int data_distinct(struct walk *walk, const void *first, size_t stride, size_t n)
{
	const char **keys;

	if (n < 2)
		return 0;
	keys = arena_array(walk->arena, n, sizeof(*keys));
	if (!keys)
		return walk_no_memory(walk);
	for (size_t i = 0; i < n; i++)
		memcpy(&keys[i], (const unsigned char *)first + i * stride, sizeof(keys[i]));
	return walk_distinct(walk, keys, n);
}

static int read_map(struct walk *walk, struct key_values *ret)
{
	struct walk_items list = {.size = sizeof(struct key_value)};
	size_t n = 0;

	if (walk_kind(walk, JSON_KIND_OBJECT) < 0)
		return -1;
	for (bool more = json_text_open(&walk->text, '}'); more; more = json_text_next(&walk->text, '}')) {
		struct key_value *item = walk_room(walk, &list, n++);

		if (!item || enter_data(walk, &item->key) < 0)
			return -1;
		item->value = take_string(walk);
		if (!item->value)
			return -1;
		walk_leave(walk);
	}
	if (walk->text.broken)
		return -1;
	if (ret)
		*ret = (struct key_values){walk_items_end(walk, &list, n), n};
	return data_distinct(walk, list.items, sizeof(struct key_value), n);
}

int walk_list(struct walk *walk, const struct shape *shape, void **ret_items, size_t *ret_n)
{
	struct walk_items list = {.size = shape->size};
	size_t n = 0;

	if (walk_kind(walk, JSON_KIND_ARRAY) < 0)
		return -1;
	for (bool more = json_text_open(&walk->text, ']'); more; more = json_text_next(&walk->text, ']')) {
		void *item = ret_items ? walk_room(walk, &list, n) : NULL;

		walk_enter(walk, NULL, n++);
		if (ret_items && !item)
			return -1;
		if (item && shape->initial)
			memcpy(item, shape->initial, shape->size);
		if (walk_object(walk, shape, item) < 0)
			return -1;
		walk_leave(walk);
	}
	if (ret_items) {
		*ret_items = walk_items_end(walk, &list, n);
		*ret_n = n;
	}
	return walk->text.broken ? -1 : 0;
}

static int read_list(struct walk *walk, const struct shape_field *field, void *base)
{
	const void **items = place(base, field->to);
	size_t *count = place(base, field->count_to);
	void *read = NULL;

	if (walk_list(walk, field->child, items ? &read : NULL, count) < 0)
		return -1;
	if (items)
		*items = read;
	return 0;
}

static int read_table(struct walk *walk, const struct shape *child)
{
	struct walk_items list = {.size = sizeof(const char *)};
	size_t n = 0;

	if (walk_kind(walk, JSON_KIND_OBJECT) < 0)
		return -1;
	for (bool more = json_text_open(&walk->text, '}'); more; more = json_text_next(&walk->text, '}')) {
		const char **key = walk_room(walk, &list, n++);

		if (!key || enter_data(walk, key) < 0 || walk_object(walk, child, NULL) < 0)
			return -1;
		walk_leave(walk);
	}
	return walk->text.broken ? -1 : walk_distinct(walk, list.items, n);
}

static int read_bool(struct walk *walk, bool *target)
{
	bool value;

	if (walk_kind(walk, JSON_KIND_BOOL) < 0 || !json_text_bool(&walk->text, &value))
		return -1;
	if (target)
		*target = value;
	return 0;
}

static int read_field(struct walk *walk, const struct shape_field *field, void *base)
{
	void *target = place(base, field->to);
	bool *has = place(base, field->has_to);

	if (has)
		*has = true;
	switch (field->type) {
	case SHAPE_ANY:
		return walk_any(walk);
	case SHAPE_BOOL:
		return read_bool(walk, target);
	case SHAPE_INT:
	case SHAPE_UINT32:
	case SHAPE_LIMIT:
		return read_integer(walk, field, target);
	case SHAPE_UINT64:
		return read_unsigned(walk, target);
	case SHAPE_STRING:
		return read_string(walk, field, target);
	case SHAPE_LETTER:
		return read_letter(walk, field, target);
	case SHAPE_STRINGS:
		return walk_strings(walk, field, target);
	case SHAPE_MAP:
		return read_map(walk, target);
	case SHAPE_OBJECT:
		return walk_object(walk, field->child, target);
	case SHAPE_LIST:
		return read_list(walk, field, base);
	case SHAPE_TABLE:
		return read_table(walk, field->child);
	case SHAPE_OWN:
		return field->read(walk, target);
	}
	return walk_deny(walk, "is of no known shape");
}

/* A key that is not in the table: harmless, unless some parser would take it for one that is. */
static int unknown_key(struct walk *walk, const struct shape *shape, const char *key)
{
	for (size_t i = 0; i < shape->n_fields; i++)
		if (key_equal_folded(shape->fields[i].key, key))
			return walk_deny(
				walk,
				"differs from \"%s\" only in case: some runtimes take it for that, others ignore it",
				shape->fields[i].key);
	if (!walk_plain(key))
		return walk_deny(walk, "is a field name with characters other than printable ASCII");
	if (shape->closed)
		return walk_deny(walk, "is %s that is not known here", shape->closed);
	return walk_any(walk);
}

/* @from: where to begin; what writes specs mostly keeps to the specification's order */
static const struct shape_field *find_field(const struct shape *shape, const struct json_key *key, size_t from)
{
	for (size_t i = 0; i < shape->n_fields; i++, from++) {
		const struct shape_field *field =
			&shape->fields[from < shape->n_fields ? from : from - shape->n_fields];
		const char *name = field->key;

		if (name[0] == key->text[0] && strncmp(name, key->text, key->len) == 0 && name[key->len] == '\0')
			return field;
	}
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

/** struct members - which keys an object has had, and the field behind the last one; unknown ones must be distinct too */
struct members {
	uint64_t seen;
	size_t next;
	struct walk_items unknown;
	size_t n_unknown;
};

static int read_unknown(struct walk *walk, const struct shape *shape, const struct json_key *key,
			struct members *members)
{
	const char **name = walk_room(walk, &members->unknown, members->n_unknown++);

	if (!name)
		return -1;
	*name = json_text_keep(&walk->text, key);
	if (!*name)
		return walk_no_memory(walk);
	walk_enter(walk, *name, 0);
	return unknown_key(walk, shape, *name);
}

static int read_member(struct walk *walk, const struct shape *shape, struct members *members, void *base)
{
	const struct shape_field *field;
	struct json_key key;
	uint64_t bit;
	int result;

	if (!json_text_key(&walk->text, &key))
		return -1;
	field = find_field(shape, &key, members->next);
	if (!field) {
		result = read_unknown(walk, shape, &key, members);
	} else {
		members->next = (size_t)(field - shape->fields) + 1;
		bit = (uint64_t)1 << (field - shape->fields);
		walk_enter(walk, field->key, 0);
		result = members->seen & bit ? walk_broken(walk) : read_field(walk, field, base);
		members->seen |= bit;
	}
	if (result == 0)
		walk_leave(walk);
	return result;
}

int walk_object(struct walk *walk, const struct shape *shape, void *base)
{
	struct members members = {.unknown = {.size = sizeof(const char *)}};

	if (walk_kind(walk, JSON_KIND_OBJECT) < 0)
		return -1;
	for (bool more = json_text_open(&walk->text, '}'); more; more = json_text_next(&walk->text, '}'))
		if (read_member(walk, shape, &members, base) < 0)
			return -1;
	if (walk->text.broken || walk_distinct(walk, members.unknown.items, members.n_unknown) < 0 ||
	    check_required(walk, shape, members.seen) < 0)
		return -1;
	return shape->finish && base ? shape->finish(walk, base) : 0;
}
