/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: from JSON into a settings struct and back, driven by the tables
 * that rules and the policy's own sections give.
 */
#ifndef OCIGATE_POLICY_SETTINGS_H
#define OCIGATE_POLICY_SETTINGS_H

#include "ocigate/policy.h"

#include "reader.h"

/** effect_words - by enum effect, NULL-terminated */
extern const char *const effect_words[];

enum {
	SETTING_ITEMS_MAX = 4096, /* elements of a list, members of a map */
	SETTING_TEXT_MAX = 4096,  /* bytes of a string */
};

/**
 * setting_parse() - one value into the settings struct at @base
 *
 * On failure everything that is wrong with it is noted and @base is untouched. Return: 0 or -1.
 */
int setting_parse(struct reader *reader, const struct setting *setting, json_t *json, void *base) MUST_CHECK;

/** setting_json() - canonical JSON of the value at @base. Return: a new reference, NULL when out of memory. */
json_t *setting_json(const struct setting *setting, const void *base) MUST_CHECK;

/** strings_json() - a list of strings. Return: as setting_json(). */
json_t *strings_json(const struct strings *strings) MUST_CHECK;

/** setting_same() - do @a and @b hold the same value? */
bool setting_same(const struct setting *setting, const void *a, const void *b);

/** setting_find() - by key. Return: NULL if there is none. */
const struct setting *setting_find(const struct setting *settings, size_t n, const char *name);

/** check_string() - is @text what @check wants? Notes an error if not. Return: 0 or -1. */
int check_string(struct reader *reader, enum setting_check check, const char *text) MUST_CHECK;

/** NAMES_MAX - no check knows more names */
enum { NAMES_MAX = 128 };

/** check_names() - the names that @check accepts, if it is a closed list. Return: how many; at most @room are written. */
size_t check_names(enum setting_check check, const char **names, size_t room);

/**
 * number_parse_… - text to number; -1 if it is none
 *
 * size: "64Gi", "1024" (Ki Mi Gi Ti Pi, k M G T P) → bytes; cpu: "500m", "2", "0.5" → thousandths of a core;
 * range: "80", "3000-5000".
 */
int number_parse_size(const char *text, int64_t *ret_bytes) MUST_CHECK;
int number_parse_cpu(const char *text, int64_t *ret_milli) MUST_CHECK;
int number_parse_range(const char *text, struct range *ret_range) MUST_CHECK;

#endif
