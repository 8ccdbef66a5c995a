/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is it still the same? Cheap enough for every container that starts: one
 * stat for each file, no file opened, nothing parsed.
 */
#include <string.h>

#include "snapshot.h"

/* By enum source_kind. */
static const char kind_letters[] = {'d', '-', 'f', 'm', 'p'};

/*
 * Eight bytes at a time. Every step can be undone, so that no change of a
 * single word can go unnoticed.
 */
uint64_t checksum(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t word;

	for (size_t left = len; left > 0; left -= left < sizeof(word) ? left : sizeof(word)) {
		word = 0;
		memcpy(&word, at + (len - left), left < sizeof(word) ? left : sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
		sum ^= sum >> 32;
	}
	return (sum ^ len) * 0x9e3779b97f4a7c15u;
}

char *hex_put(char *at, uint64_t number, unsigned digits)
{
	for (unsigned i = digits; i > 0; i--) {
		at[i - 1] = "0123456789abcdef"[number & 15];
		number >>= 4;
	}
	return at + digits;
}

static char *field(char *at, uint64_t number, unsigned digits)
{
	*at++ = ' ';
	return hex_put(at, number, digits);
}

size_t fingerprint_source(char *line, size_t size, enum source_kind kind, const struct stat *st, const char *path)
{
	static const char start[] = "source ";
	size_t path_len = strlen(path);
	char *at = line;

	/* 8 fields of at most 17 characters */
	if (size < sizeof(start) + 8 * 17 + path_len + 4 || strchr(path, '\n'))
		return 0;
	memcpy(at, start, sizeof(start) - 1);
	at += sizeof(start) - 1;
	*at++ = kind_letters[kind];
	if (kind != SOURCE_ABSENT) {
		at = field(at, st->st_dev, 16);
		at = field(at, st->st_ino, 16);
		at = field(at, (uint64_t)st->st_size, 16);
		at = field(at, (uint64_t)st->st_mtim.tv_sec, 16);
		at = field(at, (uint64_t)st->st_mtim.tv_nsec, 8);
		at = field(at, (uint64_t)st->st_ctim.tv_sec, 16);
		at = field(at, (uint64_t)st->st_ctim.tv_nsec, 8);
		at = field(at, (uint64_t)st->st_mode << 32 | st->st_uid, 16);
	}
	*at++ = ' ';
	memcpy(at, path, path_len);
	at += path_len;
	*at++ = '\n';
	return (size_t)(at - line);
}

static uint64_t add_text(uint64_t sum, const char *text)
{
	return checksum(sum, text, strlen(text) + 1);
}

static uint64_t add_strings(uint64_t sum, const struct strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		sum = add_text(sum, strings->items[i]);
	return checksum(sum, &strings->n, sizeof(strings->n));
}

static uint64_t add_paths(uint64_t sum, const struct allowed_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		sum = add_text(sum, paths->items[i].path);
		sum = checksum(sum, &paths->items[i].read_only, sizeof(paths->items[i].read_only));
	}
	return checksum(sum, &paths->n, sizeof(paths->n));
}

static uint64_t add_map(uint64_t sum, const struct key_values *map)
{
	for (size_t i = 0; i < map->n; i++)
		sum = add_text(add_text(sum, map->items[i].key), map->items[i].value);
	return checksum(sum, &map->n, sizeof(map->n));
}

static uint64_t add_ranges(uint64_t sum, const struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->n; i++)
		sum = checksum(sum, &ranges->items[i], sizeof(ranges->items[i]));
	return checksum(sum, &ranges->n, sizeof(ranges->n));
}

static uint64_t add_value(uint64_t sum, const struct setting *setting, const void *base)
{
	const void *at = (const char *)base + setting->offset;
	const char *text;

	switch (setting->type) {
	case SETTING_BOOL:
		return checksum(sum, at, sizeof(bool));
	case SETTING_INT:
	case SETTING_SIZE:
	case SETTING_CPU:
		return checksum(sum, at, sizeof(int64_t));
	case SETTING_WORD:
		return checksum(sum, at, sizeof(int));
	case SETTING_STRING:
		text = *(const char *const *)at;
		return add_text(sum, text ? text : "");
	case SETTING_STRINGS:
		return add_strings(sum, at);
	case SETTING_RANGES:
		return add_ranges(sum, at);
	case SETTING_PATHS:
		return add_paths(sum, at);
	case SETTING_MAP:
		return add_map(sum, at);
	}
	return sum;
}

static uint64_t add_settings(uint64_t sum, const struct setting *settings, size_t n, const void *base)
{
	for (size_t i = 0; i < n; i++)
		sum = add_value(add_text(sum, settings[i].name), &settings[i], base);
	return sum;
}

uint64_t fingerprint_build(void)
{
	uint64_t sum = CHECKSUM_START;
	struct policy base;

	policy_builtin(&base);
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_table[i];

		sum = checksum(add_text(sum, rule->name), &rule->effect, sizeof(rule->effect));
		sum = add_settings(sum, rule->settings, rule->n_settings, rule->defaults);
	}
	for (size_t i = 0; i < POLICY_SECTIONS; i++)
		sum = add_settings(sum, policy_sections[i].settings, policy_sections[i].n, &base);
	for (size_t i = 0; i < base.n_wrappers; i++)
		sum = add_strings(add_text(sum, base.wrappers[i].name), &base.wrappers[i].candidates);
	return sum;
}
