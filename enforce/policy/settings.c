/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <string.h>

const struct setting *setting_find(const struct setting *settings, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

const char *setting_wanted(const struct setting *setting)
{
	switch (setting->type) {
	case SETTING_BOOL:
		return "true or false";
	case SETTING_INT:
		return "a whole number";
	case SETTING_SIZE:
		return "a size in bytes, like 1024 or \"64Gi\"";
	case SETTING_CPU:
		return "a number of cores, like 32, \"0.5\" or \"500m\"";
	case SETTING_STRING:
		return "a string";
	case SETTING_WORD:
		return "one of the words that this setting knows";
	case SETTING_STRINGS:
		return "a list of strings";
	case SETTING_RANGES:
		return "a list of numbers and ranges, like [80, \"3000-5000\"]";
	case SETTING_PATHS:
		return "a list of paths, like [{\"path\": \"/var/log\", \"read_only\": true}]";
	case SETTING_MAP:
		return "an object whose values are strings";
	}
	return "of a type that this setting knows";
}

/* A string that ends up in one-line messages and in arguments of system calls. */
static int parse_text(struct reader *reader, enum setting_check check, const json_t *json, const char **ret_text)
{
	const char *text;

	if (reader_type(reader, json, JSON_STRING, "a string") < 0)
		return -1;
	text = json_string_value(json);
	if (json_string_length(json) > SETTING_TEXT_MAX)
		return reader_fail(reader, "is longer than %d bytes", SETTING_TEXT_MAX);
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127)
			return reader_fail(reader, "holds a control character");
	if (!reader->trusted && check_string(reader, check, text) < 0)
		return -1;
	*ret_text = reader_copy(reader, json);
	return 0;
}

static int parse_item(struct reader *reader, enum setting_check check, const json_t *json, const char **ret_text)
{
	if (json_is_string(json) && json_string_length(json) == 0)
		return reader_fail(reader, "must not be empty");
	return parse_text(reader, check, json, ret_text);
}

static int parse_size_of_list(struct reader *reader, const struct setting *setting, const json_t *json)
{
	if (reader_type(reader, json, JSON_ARRAY, setting_wanted(setting)) < 0)
		return -1;
	if (json_array_size(json) > SETTING_ITEMS_MAX)
		return reader_fail(reader, "has more than %d elements", SETTING_ITEMS_MAX);
	return 0;
}

static int parse_strings(struct reader *reader, const struct setting *setting, const json_t *json, void *at)
{
	size_t n = json_array_size(json);
	const char **items;
	int result = 0;

	if (parse_size_of_list(reader, setting, json) < 0)
		return -1;
	items = reader_array(reader, n, sizeof(*items));
	for (size_t i = 0; items && i < n; i++) {
		size_t mark = reader_enter_index(reader, i);

		result |= parse_item(reader, setting->check, json_array_get(json, i), &items[i]);
		reader_leave(reader, mark);
	}
	if (result < 0)
		return -1;
	*(struct strings *)at = (struct strings){items, items ? n : 0};
	return 0;
}

static int parse_range(struct reader *reader, const struct setting *setting, const json_t *json,
		       struct range *ret_range)
{
	struct range range = {0};

	if (json_is_integer(json))
		range = (struct range){json_integer_value(json), json_integer_value(json)};
	else if (!json_is_string(json) || number_parse_range(json_string_value(json), &range) < 0)
		return reader_fail(reader, "must be a number or a range, like 80 or \"3000-5000\"");
	if ((setting->min != 0 || setting->max != 0) && (range.first < setting->min || range.last > setting->max))
		return reader_fail(reader, "must lie between %lld and %lld", (long long)setting->min,
				   (long long)setting->max);
	*ret_range = range;
	return 0;
}

static int parse_ranges(struct reader *reader, const struct setting *setting, const json_t *json, void *at)
{
	size_t n = json_array_size(json);
	struct range *items;
	int result = 0;

	if (parse_size_of_list(reader, setting, json) < 0)
		return -1;
	items = reader_array(reader, n, sizeof(*items));
	for (size_t i = 0; items && i < n; i++) {
		size_t mark = reader_enter_index(reader, i);

		result |= parse_range(reader, setting, json_array_get(json, i), &items[i]);
		reader_leave(reader, mark);
	}
	if (result < 0)
		return -1;
	*(struct ranges *)at = (struct ranges){items, items ? n : 0};
	return 0;
}

static int parse_path_member(struct reader *reader, const char *key, const json_t *json, struct allowed_path *path)
{
	static const char *const keys[] = {"path", "read_only"};
	size_t mark = reader_enter(reader, key);
	int result;

	if (strcmp(key, "path") == 0) {
		result = parse_item(reader, CHECK_PATH, json, &path->path);
	} else if (strcmp(key, "read_only") == 0) {
		result = reader_type(reader, json, JSON_TRUE, "true or false");
		path->read_only = json_is_true(json);
	} else {
		result = reader_unknown(reader, "key", key, keys, 2);
	}
	reader_leave(reader, mark);
	return result;
}

static int parse_path(struct reader *reader, json_t *json, struct allowed_path *ret_path)
{
	struct allowed_path path = {.read_only = true};
	const char *key;
	json_t *value;
	int result = 0;

	if (reader_type(reader, json, JSON_OBJECT, "an object, like {\"path\": \"/var/log\", \"read_only\": true}") < 0)
		return -1;
	json_object_foreach(json, key, value) result |= parse_path_member(reader, key, value, &path);
	if (result == 0 && !path.path)
		return reader_fail(reader, "\"path\" is missing");
	*ret_path = path;
	return result;
}

static int parse_paths(struct reader *reader, const struct setting *setting, const json_t *json, void *at)
{
	size_t n = json_array_size(json);
	struct allowed_path *items;
	int result = 0;

	if (parse_size_of_list(reader, setting, json) < 0)
		return -1;
	items = reader_array(reader, n, sizeof(*items));
	for (size_t i = 0; items && i < n; i++) {
		size_t mark = reader_enter_index(reader, i);
		int one = parse_path(reader, json_array_get(json, i), &items[i]);

		for (size_t j = 0; one == 0 && j < i; j++)
			if (items[j].path && strcmp(items[j].path, items[i].path) == 0)
				one = reader_fail(reader, "\"%s\" stands here twice", items[i].path);
		result |= one;
		reader_leave(reader, mark);
	}
	if (result < 0)
		return -1;
	*(struct allowed_paths *)at = (struct allowed_paths){items, items ? n : 0};
	return 0;
}

static int parse_map(struct reader *reader, const struct setting *setting, json_t *json, void *at)
{
	struct key_value *items;
	size_t n = 0;
	const char *key;
	json_t *value;
	int result = 0;

	if (reader_type(reader, json, JSON_OBJECT, setting_wanted(setting)) < 0)
		return -1;
	if (json_object_size(json) > SETTING_ITEMS_MAX)
		return reader_fail(reader, "has more than %d members", SETTING_ITEMS_MAX);
	items = reader_array(reader, json_object_size(json), sizeof(*items));
	json_object_foreach(json, key, value)
	{
		size_t mark = reader_enter(reader, key);

		if (!items)
			break;
		items[n].key = arena_strdup(reader->arena, key);
		if (!items[n].key)
			reader->problems->failed = true;
		if (key[0] == '\0')
			result = reader_fail(reader, "has no name");
		result |= parse_item(reader, setting->check, value, &items[n++].value);
		reader_leave(reader, mark);
	}
	if (result < 0)
		return -1;
	*(struct key_values *)at = (struct key_values){items, n};
	return 0;
}

static int parse_int(struct reader *reader, const struct setting *setting, const json_t *json, void *at)
{
	if (reader_type(reader, json, JSON_INTEGER, setting_wanted(setting)) < 0)
		return -1;
	if ((setting->min != 0 || setting->max != 0) &&
	    (json_integer_value(json) < setting->min || json_integer_value(json) > setting->max))
		return reader_fail(reader, "must lie between %lld and %lld", (long long)setting->min,
				   (long long)setting->max);
	*(int64_t *)at = json_integer_value(json);
	return 0;
}

static int parse_quantity(struct reader *reader, const struct setting *setting, const json_t *json, void *at)
{
	int64_t factor = setting->type == SETTING_CPU ? 1000 : 1;
	int64_t number = -1;
	int result = -1;

	if (json_is_integer(json) && !__builtin_mul_overflow(json_integer_value(json), factor, &number))
		result = number < 0 ? -1 : 0;
	else if (json_is_string(json) && setting->type == SETTING_CPU)
		result = number_parse_cpu(json_string_value(json), &number);
	else if (json_is_string(json))
		result = number_parse_size(json_string_value(json), &number);
	if (result < 0)
		return reader_fail(reader, "must be %s", setting_wanted(setting));
	if ((setting->min != 0 || setting->max != 0) && (number < setting->min || number > setting->max))
		return reader_fail(reader, "must lie between %lld and %lld", (long long)setting->min,
				   (long long)setting->max);
	*(int64_t *)at = number;
	return 0;
}

static int parse_word(struct reader *reader, const struct setting *setting, const json_t *json, void *at)
{
	size_t n = 0;

	if (reader_type(reader, json, JSON_STRING, "a string") < 0)
		return -1;
	for (; setting->words[n]; n++) {
		if (strcmp(setting->words[n], json_string_value(json)) == 0) {
			*(int *)at = (int)n;
			return 0;
		}
	}
	return reader_unknown(reader, "word", json_string_value(json), setting->words, n);
}

int setting_parse(struct reader *reader, const struct setting *setting, json_t *json, void *base)
{
	void *at = (char *)base + setting->offset;

	switch (setting->type) {
	case SETTING_BOOL:
		if (reader_type(reader, json, JSON_TRUE, setting_wanted(setting)) < 0)
			return -1;
		*(bool *)at = json_is_true(json);
		return 0;
	case SETTING_INT:
		return parse_int(reader, setting, json, at);
	case SETTING_SIZE:
	case SETTING_CPU:
		return parse_quantity(reader, setting, json, at);
	case SETTING_STRING:
		/* "" means none: an earlier file's value can be taken back */
		return parse_text(reader, json_string_length(json) ? setting->check : CHECK_NONE, json, at);
	case SETTING_WORD:
		return parse_word(reader, setting, json, at);
	case SETTING_STRINGS:
		return parse_strings(reader, setting, json, at);
	case SETTING_RANGES:
		return parse_ranges(reader, setting, json, at);
	case SETTING_PATHS:
		return parse_paths(reader, setting, json, at);
	case SETTING_MAP:
		return parse_map(reader, setting, json, at);
	}
	return reader_fail(reader, "no setting of that type");
}
