/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files of engines, TOML or JSON, as one flat list: "engine/runtimes/crun/0" is "/usr/bin/crun".
 *
 * Read to be looked at, not to be obeyed: TOML is taken as engines write it, and what is beyond that is an error.
 */
#ifndef OCIGATE_FLAT_H
#define OCIGATE_FLAT_H

#include <stddef.h>

#include "ocigate/arena.h"

/** struct flat_entry - @path: keys and indices joined by "/"; @value: strings without quotes; "" for a table's header */
struct flat_entry {
	const char *path;
	const char *value;
};

/** struct flat - several files can be read into one: what comes later overrides */
struct flat {
	struct arena *arena;
	struct flat_entry *entries;
	size_t n;
	size_t room;
};

/** flat_add() - one value. Memory that runs out shows in the arena. */
void flat_add(struct flat *flat, const char *path, const char *value);

/** flat_drop() - forget what lies below @path: an array or inline table is about to take its place */
void flat_drop(struct flat *flat, const char *path);

/** flat_toml(), flat_json() - add a file's @len bytes with a NUL behind. Return: 0, or -1 with ERR_INPUT. */
int flat_toml(struct flat *flat, const char *text, size_t len, struct err *err) MUST_CHECK;
int flat_json(struct flat *flat, const char *text, size_t len, struct err *err) MUST_CHECK;

/** flat_get() - the value at a path. Return: NULL if there is none. */
const char *flat_get(const struct flat *flat, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** flat_child() - the names right below @path, each once; start with *@at 0. Return: NULL behind the last. */
const char *flat_child(const struct flat *flat, const char *path, size_t *at);

#endif
