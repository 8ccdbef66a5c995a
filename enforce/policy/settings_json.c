/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings back to JSON: canonical, so that equal values give equal text.
 */
#include <stdio.h>
#include <string.h>

#include "settings.h"

static json_t *ranges_json(const struct ranges *ranges)
{
	json_t *array = json_array();
	int failed = array ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < ranges->n; i++) {
		const struct range *range = &ranges->items[i];

		failed = json_array_append_new(
			array, range->first == range->last
				       ? json_integer(range->first)
				       : json_sprintf("%lld-%lld", (long long)range->first, (long long)range->last));
	}
	if (failed == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *paths_json(const struct allowed_paths *paths)
{
	json_t *array = json_array();
	int failed = array ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < paths->n; i++)
		failed = json_array_append_new(array, json_pack("{s:s, s:b}", "path", paths->items[i].path, "read_only",
								(int)paths->items[i].read_only));
	if (failed == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *map_json(const struct key_values *map)
{
	json_t *object = json_object();
	int failed = object ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < map->n; i++)
		failed = json_object_set_new(object, map->items[i].key, json_string(map->items[i].value));
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

json_t *strings_json(const struct strings *strings)
{
	json_t *array = json_array();
	int failed = array ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < strings->n; i++)
		failed = json_array_append_new(array, json_string(strings->items[i]));
	if (failed == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* The largest binary unit that divides; a size that is not set by a unit stays a number. */
static json_t *size_json(int64_t bytes)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
	size_t unit = 0;

	while (unit < 5 && bytes != 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return unit == 0 ? json_integer(bytes) : json_sprintf("%lld%s", (long long)bytes, units[unit]);
}

json_t *setting_json(const struct setting *setting, const void *base)
{
	const void *at = (const char *)base + setting->offset;

	switch (setting->type) {
	case SETTING_BOOL:
		return json_boolean(*(const bool *)at);
	case SETTING_INT:
		return json_integer(*(const int64_t *)at);
	case SETTING_SIZE:
		return size_json(*(const int64_t *)at);
	case SETTING_CPU:
		if (*(const int64_t *)at % 1000 == 0)
			return json_integer(*(const int64_t *)at / 1000);
		return json_sprintf("%lldm", (long long)*(const int64_t *)at);
	case SETTING_STRING:
		return json_string(*(const char *const *)at ? *(const char *const *)at : "");
	case SETTING_WORD:
		return json_string(setting->words[*(const int *)at]);
	case SETTING_STRINGS:
		return strings_json(at);
	case SETTING_RANGES:
		return ranges_json(at);
	case SETTING_PATHS:
		return paths_json(at);
	case SETTING_MAP:
		return map_json(at);
	}
	return NULL;
}

bool setting_same(const struct setting *setting, const void *a, const void *b)
{
	json_t *left = setting_json(setting, a);
	json_t *right = setting_json(setting, b);
	bool same = left && right && json_equal(left, right);

	json_decref(left);
	json_decref(right);
	return same;
}
