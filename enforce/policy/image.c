/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy as it lies in memory, for the program that wrote it to read again
 * at the next container's start: one piece, in which every pointer is the
 * distance of what it points to from the start, and a list of where these are.
 *
 * What is compiled in is left out: a pointer to it would be to somewhere else
 * in each process.
 */
#include <string.h>

#include "snapshot.h"

#include "ocigate/list.h"

enum { ALIGNMENT = sizeof(uintptr_t) };

/** struct image_start - what the image begins with: the places of @n pointers stand from @places on */
struct image_start {
	uint64_t places;
	uint64_t n;
	struct policy policy;
};

/** struct image - one in the making */
struct image {
	struct arena *arena;
	char *bytes;
	size_t len;
	size_t room;
	uint32_t *places;
	size_t n;
	size_t places_room;
};

static bool grow(struct arena *arena, void **memory, size_t used, size_t wanted, size_t *room)
{
	size_t more = *room > 0 ? *room : 1024;
	char *larger;

	while (more < wanted)
		more *= 2;
	if (more == *room)
		return true;
	larger = arena_alloc(arena, more);
	if (!larger)
		return false;
	if (used > 0)
		memcpy(larger, *memory, used);
	memset(larger + used, 0, more - used);
	*memory = larger;
	*room = more;
	return true;
}

/* Return: where the copy is, from the image's start; 0 when out of memory, which the arena remembers. */
static size_t put_aligned(struct image *image, const void *bytes, size_t n, size_t alignment)
{
	size_t at = (image->len + alignment - 1) / alignment * alignment;
	void *memory = image->bytes;

	if (!grow(image->arena, &memory, image->len, at + n, &image->room))
		return 0;
	image->bytes = memory;
	if (n > 0)
		memcpy(image->bytes + at, bytes, n);
	image->len = at + n;
	return at;
}

static size_t put(struct image *image, const void *bytes, size_t n)
{
	return put_aligned(image, bytes, n, ALIGNMENT);
}

/* The pointer at @place points to @target. */
static void point(struct image *image, size_t place, size_t target)
{
	void *memory = image->places;
	uintptr_t distance = target;

	if (image->arena->failed || !grow(image->arena, &memory, image->n * sizeof(*image->places),
					  (image->n + 1) * sizeof(*image->places), &image->places_room))
		return;
	image->places = memory;
	image->places[image->n++] = (uint32_t)place;
	memcpy(image->bytes + place, &distance, sizeof(distance));
}

static void forget(struct image *image, size_t place)
{
	if (!image->arena->failed)
		memset(image->bytes + place, 0, sizeof(uintptr_t));
}

static void put_string(struct image *image, size_t place, const char *text)
{
	if (text)
		point(image, place, put_aligned(image, text, strlen(text) + 1, 1));
	else
		forget(image, place);
}

/* What a list at @place points to: @n elements of @size. Return: where they are. */
static size_t put_items(struct image *image, size_t place, const void *items, size_t n, size_t size)
{
	size_t at;

	if (n == 0) {
		forget(image, place);
		return 0;
	}
	at = put(image, items, n * size);
	point(image, place, at);
	return at;
}

static void put_strings(struct image *image, size_t place, const struct strings *strings)
{
	size_t at = put_items(image, place + offsetof(struct strings, items), strings->items, strings->n,
			      sizeof(*strings->items));

	for (size_t i = 0; i < strings->n; i++)
		put_string(image, at + i * sizeof(*strings->items), strings->items[i]);
}

static void put_paths(struct image *image, size_t place, const struct allowed_paths *paths)
{
	size_t at = put_items(image, place + offsetof(struct allowed_paths, items), paths->items, paths->n,
			      sizeof(*paths->items));

	for (size_t i = 0; i < paths->n; i++)
		put_string(image, at + i * sizeof(*paths->items) + offsetof(struct allowed_path, path),
			   paths->items[i].path);
}

static void put_map(struct image *image, size_t place, const struct key_values *map)
{
	size_t at =
		put_items(image, place + offsetof(struct key_values, items), map->items, map->n, sizeof(*map->items));

	for (size_t i = 0; i < map->n; i++) {
		put_string(image, at + i * sizeof(*map->items) + offsetof(struct key_value, key), map->items[i].key);
		put_string(image, at + i * sizeof(*map->items) + offsetof(struct key_value, value),
			   map->items[i].value);
	}
}

/* What the settings at @values, copied to @at already, point to. */
static void put_values(struct image *image, size_t at, const struct setting *settings, size_t n, const void *values)
{
	for (size_t i = 0; i < n; i++) {
		const void *value = (const char *)values + settings[i].offset;
		const size_t place = at + settings[i].offset;
		const struct ranges *ranges = value;

		switch (settings[i].type) {
		case SETTING_STRING:
			put_string(image, place, *(const char *const *)value);
			break;
		case SETTING_STRINGS:
			put_strings(image, place, value);
			break;
		case SETTING_RANGES:
			(void)put_items(image, place + offsetof(struct ranges, items), ranges->items, ranges->n,
					sizeof(*ranges->items));
			break;
		case SETTING_PATHS:
			put_paths(image, place, value);
			break;
		case SETTING_MAP:
			put_map(image, place, value);
			break;
		case SETTING_BOOL:
		case SETTING_INT:
		case SETTING_SIZE:
		case SETTING_CPU:
		case SETTING_WORD:
			break;
		}
	}
}

/* NULL stays NULL: a default, which image_take() knows of, or what an exception leaves as it is. */
static void put_settings(struct image *image, size_t place, const struct rule *rule, const void *settings)
{
	size_t at;

	if (!settings) {
		forget(image, place);
		return;
	}
	at = put(image, settings, rule->settings_size);
	point(image, place, at);
	put_values(image, at, rule->settings, rule->n_settings, settings);
}

/* A preset may write out what is built in. */
static bool is_default(const struct rule *rule, const void *settings)
{
	bool same = true;

	for (size_t i = 0; i < rule->n_settings && settings != rule->defaults; i++)
		same = same && setting_same(&rule->settings[i], settings, rule->defaults);
	return same;
}

static void put_exception(struct image *image, size_t at, const struct exception *exception)
{
	const struct setting *setting;
	size_t rules;

	put_string(image, at + offsetof(struct exception, name), exception->name);
	put_string(image, at + offsetof(struct exception, reason), exception->reason);
	put_string(image, at + offsetof(struct exception, origin), exception->origin);
	for (size_t i = 0; (setting = exception_match(i)); i++)
		put_values(image, at, setting, 1, exception);
	rules = put_items(image, at + offsetof(struct exception, rules), exception->rules, exception->n_rules,
			  sizeof(*exception->rules));
	for (size_t i = 0; i < exception->n_rules; i++) {
		const struct exception_rule *change = &exception->rules[i];
		const size_t place = rules + i * sizeof(*exception->rules) + offsetof(struct exception_rule, settings);

		put_settings(image, place, rule_table[change->rule], change->settings);
	}
}

static void put_wrappers(struct image *image, size_t place, const struct policy *policy)
{
	size_t at = put_items(image, place, policy->wrappers, policy->n_wrappers, sizeof(*policy->wrappers));

	for (size_t i = 0; i < policy->n_wrappers; i++, at += sizeof(*policy->wrappers)) {
		put_string(image, at + offsetof(struct wrapper, name), policy->wrappers[i].name);
		put_strings(image, at + offsetof(struct wrapper, candidates), &policy->wrappers[i].candidates);
		forget(image, at + offsetof(struct wrapper, origin));
	}
}

static void put_policy(struct image *image, const struct policy *policy)
{
	const size_t at = offsetof(struct image_start, policy);
	size_t exceptions;

	for (size_t i = 0; i < RULE_COUNT; i++) {
		const size_t rule = at + offsetof(struct policy, rules) + i * sizeof(policy->rules[0]);
		const void *settings = policy->rules[i].settings;

		put_settings(image, rule + offsetof(struct rule_policy, settings), rule_table[i],
			     is_default(rule_table[i], settings) ? NULL : settings);
		forget(image, rule + offsetof(struct rule_policy, effect_origin));
		forget(image, rule + offsetof(struct rule_policy, exec_effect_origin));
		forget(image, rule + offsetof(struct rule_policy, setting_origins));
	}
	exceptions = put_items(image, at + offsetof(struct policy, exceptions), policy->exceptions,
			       policy->n_exceptions, sizeof(*policy->exceptions));
	for (size_t i = 0; i < policy->n_exceptions; i++)
		put_exception(image, exceptions + i * sizeof(*policy->exceptions), &policy->exceptions[i]);
	put_string(image, at + offsetof(struct policy, digest), policy->digest);
	forget(image, at + offsetof(struct policy, stale));
	forget(image, at + offsetof(struct policy, note));
	put_strings(image, at + offsetof(struct policy, sources), &policy->sources);
	put_string(image, at + offsetof(struct policy, preset), policy->preset);
	put_string(image, at + offsetof(struct policy, preset_origin), policy->preset_origin);
	for (size_t i = 0; i < POLICY_SECTIONS; i++)
		put_values(image, at, policy_sections[i].settings, policy_sections[i].n, policy);
	put_wrappers(image, at + offsetof(struct policy, wrappers), policy);
	for (size_t i = 0; i < POLICY_GLOBALS; i++)
		forget(image, at + offsetof(struct policy, global_origins) + i * sizeof(policy->global_origins[0]));
}

const char *image_make(struct arena *arena, const struct policy *policy, size_t *ret_len)
{
	struct image image = {.arena = arena};
	struct image_start start = {.policy = *policy};

	(void)put(&image, &start, sizeof(start));
	put_policy(&image, policy);
	start.places = put(&image, image.places, image.n * sizeof(*image.places));
	start.n = image.n;
	(void)put(&image, NULL, 0); /* rounded up */
	if (arena->failed || image.len > UINT32_MAX)
		return NULL;
	memcpy(image.bytes, &start, offsetof(struct image_start, policy));
	*ret_len = image.len;
	return image.bytes;
}

int image_take(char *bytes, size_t len, struct policy *ret_policy)
{
	struct image_start *start = (void *)bytes;
	const uint32_t *places;

	if (len < sizeof(*start) || start->places > len || start->places % sizeof(*places) != 0 ||
	    start->n > (len - start->places) / sizeof(*places))
		return -1;
	places = (const void *)(bytes + start->places);
	for (size_t i = 0; i < start->n; i++) {
		uintptr_t *pointer;

		if (places[i] % ALIGNMENT != 0 || places[i] > len - sizeof(*pointer))
			return -1;
		pointer = (void *)(bytes + places[i]);
		if (*pointer > len)
			return -1;
		*pointer += (uintptr_t)bytes;
	}
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (!start->policy.rules[i].settings)
			start->policy.rules[i].settings = rule_table[i]->defaults;
	*ret_policy = start->policy;
	return 0;
}
