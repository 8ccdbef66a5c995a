/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain value types that specs, host facts and settings are made of.
 * All memory belongs to the arena of the run, or is static.
 */
#ifndef OCIGATE_LIST_H
#define OCIGATE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * enum tri - a fact that may be unknown
 *
 * Unknown is zero: a fact that nobody set is unknown, and unknown denies.
 */
enum tri { TRI_UNKNOWN = 0, TRI_NO, TRI_YES };

/** struct strings - a list of strings, none of them NULL */
struct strings {
	const char *const *items;
	size_t n;
};

/** strings_hold() - is @word one of them? */
static inline bool strings_hold(const struct strings *strings, const char *word)
{
	for (size_t i = 0; i < strings->n; i++)
		if (strcmp(strings->items[i], word) == 0)
			return true;
	return false;
}

/** struct key_value - one member of a JSON object whose keys are data (annotations, sysctl) */
struct key_value {
	const char *key;
	const char *value;
};

/** struct key_values - in the order of the file */
struct key_values {
	const struct key_value *items;
	size_t n;
};

/** key_values_find() - Return: the value of @key, NULL if it is not there */
static inline const char *key_values_find(const struct key_values *list, const char *key)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].key, key) == 0)
			return list->items[i].value;
	return NULL;
}

/** struct range - @first to @last, both included */
struct range {
	int64_t first;
	int64_t last;
};

/** struct ranges - any order, may overlap */
struct ranges {
	const struct range *items;
	size_t n;
};

/**
 * struct allowed_path - a path of the node that a container may bind
 * @path: absolute and clean; covers itself and what is below, by whole segments
 * @read_only: the bind must be read-only
 */
struct allowed_path {
	const char *path;
	bool read_only;
};

/** struct allowed_paths - the longest match decides */
struct allowed_paths {
	const struct allowed_path *items;
	size_t n;
};

#endif
