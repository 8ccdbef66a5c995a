/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount tables and what can be asked of them. Private to enforce/host.
 *
 * Every question is answered in the depth of a path, not in the length of the
 * table: a node may have ten thousand mounts.
 */
#ifndef OCIGATE_HOST_MOUNTS_H
#define OCIGATE_HOST_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "ocigate/host.h"

/** NO_ROW - no such row */
#define NO_ROW SIZE_MAX

/** struct row_chains - rows by a hash of some key; indices are one too high, 0 ends a chain */
struct row_chains {
	uint32_t *heads;
	uint32_t *next;
};

/**
 * struct mount_table - one mountinfo
 * @inside: rows of the container; all the others are the node's. NULL: all are the node's
 * @carries: rows upon which something is mounted
 * @by_place: all rows, ordered by device and root
 * @longest_root: length of the longest root
 */
struct mount_table {
	struct mount_row *rows;
	size_t n;
	bool *inside;
	bool *carries;
	const struct mount_row **by_place;
	size_t longest_root;
	uint32_t mask;
	struct row_chains by_id;
	struct row_chains by_mountpoint; /* mountpoint alone */
	struct row_chains by_root;	 /* device and root */
	struct row_chains by_device;
};

/* mountinfo.c */

/** mountinfo_parse() - rows of a mountinfo. Return: 0, or -1 with ERR_INPUT and the line, or ERR_SYSTEM. */
int mountinfo_parse(struct arena *arena, const char *text, struct mount_row **ret_rows, size_t *ret_n,
		    struct err *err) MUST_CHECK;

/** option_has() - is @word one of the comma-separated @options? */
bool option_has(const char *options, const char *word);

/** peer_group() - N of "shared:N" (key "shared:") in a row's propagation. Return: 0 if there is none. */
unsigned long peer_group(const struct mount_row *row, const char *key);

/* mount_table.c */

/** mount_table_load() - parse and index */
int mount_table_load(struct arena *arena, const char *text, struct mount_table *ret_table, struct err *err) MUST_CHECK;

/** mount_table_by_id() - row with this mount id. Return: index or NO_ROW. */
size_t mount_table_by_id(const struct mount_table *table, int id);

/** mount_table_top() - the row that is seen at @mountpoint itself. Return: index or NO_ROW if nothing is mounted there. */
size_t mount_table_top(const struct mount_table *table, const char *mountpoint);

/** mount_table_mark() - the container's rows: those mounted below row @root, with that row */
int mount_table_mark(struct arena *arena, struct mount_table *table, size_t root, struct err *err) MUST_CHECK;

/** mount_table_is_inside() - is the row one of the container's? */
bool mount_table_is_inside(const struct mount_table *table, size_t row);

/** mount_table_sees() - does @path of the node, which lies below @row, lead to that row, or is it hidden by another? */
bool mount_table_sees(const struct mount_table *table, size_t row, const char *path);

/** mount_table_covering() - the node's row that clean absolute @path leads to, links not considered */
size_t mount_table_covering(const struct mount_table *table, const char *path);

/** mount_table_at() - next row with exactly this @mountpoint behind @after (NO_ROW: the first) */
size_t mount_table_at(const struct mount_table *table, const char *mountpoint, size_t after);

/** struct root_search - rows of a device whose root is the first @len bytes of @root */
struct root_search {
	unsigned major;
	unsigned minor;
	const char *root;
	size_t len;
	uint32_t hash;
};

/**
 * root_search_of() - to begin with; root_search_grow(): on to the next component
 *
 * Return: false at the end of @root, or when no row of @table has a longer one.
 */
struct root_search root_search_of(unsigned major, unsigned minor, const char *root, size_t len);
bool root_search_grow(const struct mount_table *table, struct root_search *search);

/** root_search_next() - next row behind @after (NO_ROW: the first) */
size_t root_search_next(const struct mount_table *table, const struct root_search *search, size_t after);

/** mount_table_same_device() - next row of that device */
size_t mount_table_same_device(const struct mount_table *table, unsigned major, unsigned minor, size_t after);

/** path_join() - @base and what @path has behind its first @skip bytes. Return: NULL when out of memory. */
const char *path_join(struct arena *arena, const char *base, const char *path, size_t skip) MUST_CHECK;

/** path_skip() - length of clean @prefix as a prefix of a path below it: 0 for "/" */
size_t path_skip(const char *prefix);

/* mount_places.c */

/** mount_places_sort() - fill in by_place. Return: false when out of memory. */
bool mount_places_sort(struct arena *arena, struct mount_table *table) MUST_CHECK;

/**
 * mount_table_below() - rows of that device whose root lies below @root, @root itself not among them
 *
 * Return: the first of them in @table's by_place, with how many there are in @ret_n.
 */
const struct mount_row *const *mount_table_below(const struct mount_table *table, unsigned major, unsigned minor,
						 const char *root, size_t *ret_n);

#endif
