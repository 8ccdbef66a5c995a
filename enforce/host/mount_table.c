/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount table, indexed, so that a path is resolved as the kernel does it:
 * from the root on, component by component, stepping into whatever is mounted
 * there. A row that a later mount hides is never stepped into.
 */
#include <string.h>

#include "internal.h"
#include "mounts.h"

#include "ocigate/fs.h"

/* Real tables nest a dozen deep; in a malformed one parents may form a ring. */
enum { CLIMB_MAX = 512 };

static const uint32_t hash_seed = 2166136261U;

/* A byte more. Nothing has to be waited for but the byte before: a multiplication each would take twice as long. */
static uint32_t hash_byte(uint32_t state, unsigned char byte)
{
	return (state << 5 | state >> 27) ^ byte;
}

/* A longer path's state goes on from a shorter one's. */
static uint32_t hash_more(uint32_t state, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		state = hash_byte(state, byte[i]);
	return state;
}

static uint32_t bucket_of(const struct mount_table *table, uint32_t state)
{
	state = (state ^ state >> 15) * 2654435761U;
	return (state ^ state >> 13) & table->mask;
}

static uint32_t hash_device(unsigned major, unsigned minor)
{
	unsigned device[2] = {major, minor};

	return hash_more(hash_seed, device, sizeof(device));
}

static uint32_t hash_id(int id)
{
	return hash_more(hash_seed, &id, sizeof(id));
}

static bool chains_init(struct arena *arena, struct row_chains *chains, size_t buckets, size_t n)
{
	chains->heads = arena_array(arena, buckets, sizeof(*chains->heads));
	chains->next = arena_array(arena, n + 1, sizeof(*chains->next));
	return chains->heads && chains->next;
}

/* Called from the last row to the first, so that a chain runs in the order of the table. */
static void chains_add(struct row_chains *chains, uint32_t bucket, size_t row)
{
	chains->next[row] = chains->heads[bucket];
	chains->heads[bucket] = (uint32_t)row + 1;
}

static size_t chain_first(const struct row_chains *chains, uint32_t bucket)
{
	return (size_t)chains->heads[bucket] - 1;
}

static size_t chain_next(const struct row_chains *chains, size_t row)
{
	return (size_t)chains->next[row] - 1;
}

static bool note_children(struct arena *arena, struct mount_table *table)
{
	table->carries = arena_array(arena, table->n, sizeof(*table->carries));
	if (!table->carries)
		return false;
	for (size_t i = 0; i < table->n; i++) {
		size_t parent = mount_table_by_id(table, table->rows[i].parent);

		if (parent != NO_ROW)
			table->carries[parent] = true;
	}
	return true;
}

int mount_table_load(struct arena *arena, const char *text, struct mount_table *ret_table, struct err *err)
{
	struct mount_table table = {0};
	size_t buckets = 16;

	if (mountinfo_parse(arena, text, &table.rows, &table.n, err) < 0)
		return -1;
	while (buckets < table.n)
		buckets *= 2;
	table.mask = (uint32_t)buckets - 1;
	if (!chains_init(arena, &table.by_id, buckets, table.n) ||
	    !chains_init(arena, &table.by_mountpoint, buckets, table.n) ||
	    !chains_init(arena, &table.by_root, buckets, table.n) ||
	    !chains_init(arena, &table.by_device, buckets, table.n))
		return err_set(err, ERR_SYSTEM, "out of memory");
	for (size_t i = table.n; i-- > 0;) {
		const struct mount_row *row = &table.rows[i];
		uint32_t device = hash_device(row->major, row->minor);
		size_t root_len = strlen(row->root);
		uint32_t root = hash_more(device, row->root, root_len);
		uint32_t at = hash_more(hash_seed, row->mountpoint, strlen(row->mountpoint));

		chains_add(&table.by_id, bucket_of(&table, hash_id(row->id)), i);
		chains_add(&table.by_mountpoint, bucket_of(&table, at), i);
		chains_add(&table.by_root, bucket_of(&table, root), i);
		chains_add(&table.by_device, bucket_of(&table, device), i);
		if (root_len > table.longest_root)
			table.longest_root = root_len;
	}
	if (!note_children(arena, &table) || !mount_places_sort(arena, &table))
		return err_set(err, ERR_SYSTEM, "out of memory");
	*ret_table = table;
	return 0;
}

/* Length of the next longer prefix, which ends at a component; @hash goes on to it. Return: 0 at the end of the path. */
static size_t next_prefix(const char *path, size_t len, uint32_t *hash)
{
	uint32_t state = *hash;
	size_t next = len;

	if (path[len] == '\0')
		return 0;
	/* One byte at least: the slash before the component, or what it begins with. */
	do
		state = hash_byte(state, (unsigned char)path[next++]);
	while (path[next] != '\0' && path[next] != '/');
	*hash = state;
	return next;
}

size_t mount_table_by_id(const struct mount_table *table, int id)
{
	size_t row = chain_first(&table->by_id, bucket_of(table, hash_id(id)));

	while (row != NO_ROW && table->rows[row].id != id)
		row = chain_next(&table->by_id, row);
	return row;
}

/** struct prefix - the first @len bytes of a path, with their hash */
struct prefix {
	const char *path;
	size_t len;
	uint32_t hash;
};

static struct prefix prefix_of(const char *path, size_t len)
{
	return (struct prefix){path, len, hash_more(hash_seed, path, len)};
}

/* To the next component. Return: false at the end of the path. */
static bool prefix_grow(struct prefix *prefix)
{
	size_t len = next_prefix(prefix->path, prefix->len, &prefix->hash);

	if (len == 0)
		return false;
	prefix->len = len;
	return true;
}

static bool is_mounted_at(const struct mount_row *row, const struct prefix *prefix)
{
	return strncmp(row->mountpoint, prefix->path, prefix->len) == 0 && row->mountpoint[prefix->len] == '\0';
}

static size_t next_at(const struct mount_table *table, const struct prefix *prefix, size_t after)
{
	size_t row = after == NO_ROW ? chain_first(&table->by_mountpoint, bucket_of(table, prefix->hash))
				     : chain_next(&table->by_mountpoint, after);

	while (row != NO_ROW && !is_mounted_at(&table->rows[row], prefix))
		row = chain_next(&table->by_mountpoint, row);
	return row;
}

size_t mount_table_at(const struct mount_table *table, const char *mountpoint, size_t after)
{
	struct prefix whole = prefix_of(mountpoint, strlen(mountpoint));

	return next_at(table, &whole, after);
}

struct root_search root_search_of(unsigned major, unsigned minor, const char *root, size_t len)
{
	return (struct root_search){major, minor, root, len, hash_more(hash_device(major, minor), root, len)};
}

bool root_search_grow(const struct mount_table *table, struct root_search *search)
{
	size_t len = search->len < table->longest_root ? next_prefix(search->root, search->len, &search->hash) : 0;

	if (len == 0)
		return false;
	search->len = len;
	return true;
}

size_t root_search_next(const struct mount_table *table, const struct root_search *search, size_t after)
{
	size_t row = after == NO_ROW ? chain_first(&table->by_root, bucket_of(table, search->hash))
				     : chain_next(&table->by_root, after);

	for (; row != NO_ROW; row = chain_next(&table->by_root, row)) {
		const struct mount_row *of = &table->rows[row];

		if (of->major == search->major && of->minor == search->minor &&
		    strncmp(of->root, search->root, search->len) == 0 && of->root[search->len] == '\0')
			break;
	}
	return row;
}

size_t mount_table_same_device(const struct mount_table *table, unsigned major, unsigned minor, size_t after)
{
	size_t row = after == NO_ROW ? chain_first(&table->by_device, bucket_of(table, hash_device(major, minor)))
				     : chain_next(&table->by_device, after);

	while (row != NO_ROW && (table->rows[row].major != major || table->rows[row].minor != minor))
		row = chain_next(&table->by_device, row);
	return row;
}

bool mount_table_is_inside(const struct mount_table *table, size_t row)
{
	return table->inside && table->inside[row];
}

/* What is mounted at @prefix on top of row @parent; @inside: the container's rows count too. */
static size_t child_at(const struct mount_table *table, size_t parent, const struct prefix *prefix, bool inside)
{
	size_t row = next_at(table, prefix, NO_ROW);

	while (row != NO_ROW && (row == parent || table->rows[row].parent != table->rows[parent].id ||
				 (!inside && mount_table_is_inside(table, row))))
		row = next_at(table, prefix, row);
	return row;
}

static size_t climb_stack(const struct mount_table *table, size_t row, const struct prefix *prefix, bool inside)
{
	for (int steps = 0; steps < CLIMB_MAX; steps++) {
		size_t child = child_at(table, row, prefix, inside);

		if (child == NO_ROW)
			break;
		row = child;
	}
	return row;
}

static size_t walk(const struct mount_table *table, size_t row, const char *path, bool inside)
{
	struct prefix prefix = prefix_of(path, 1);

	do
		row = climb_stack(table, row, &prefix, inside);
	while (prefix_grow(&prefix));
	return row;
}

/* The mount that everything hangs on: at "/", and its parent is out of sight. */
static size_t base_row(const struct mount_table *table)
{
	size_t row = NO_ROW;

	while ((row = mount_table_at(table, "/", row)) != NO_ROW)
		if (table->rows[row].parent == table->rows[row].id ||
		    mount_table_by_id(table, table->rows[row].parent) == NO_ROW)
			break;
	return row;
}

size_t mount_table_covering(const struct mount_table *table, const char *path)
{
	size_t row = base_row(table);

	return row == NO_ROW ? NO_ROW : walk(table, row, path, false);
}

size_t mount_table_top(const struct mount_table *table, const char *mountpoint)
{
	size_t row = base_row(table);

	if (row != NO_ROW)
		row = walk(table, row, mountpoint, true);
	return row != NO_ROW && strcmp(table->rows[row].mountpoint, mountpoint) == 0 ? row : NO_ROW;
}

static bool hangs_below(const struct mount_table *table, size_t row, size_t root)
{
	for (int steps = 0; steps < CLIMB_MAX; steps++) {
		size_t parent;

		if (row == root)
			return true;
		parent = mount_table_by_id(table, table->rows[row].parent);
		if (parent == NO_ROW || parent == row)
			return false;
		row = parent;
	}
	return true; /* nobody stacks that deep in good faith: let it be judged */
}

int mount_table_mark(struct arena *arena, struct mount_table *table, size_t root, struct err *err)
{
	bool *inside = arena_array(arena, table->n, sizeof(*inside));

	if (!inside)
		return err_set(err, ERR_SYSTEM, "out of memory");
	for (size_t row = 0; row < table->n; row++)
		inside[row] = hangs_below(table, row, root);
	table->inside = inside;
	return 0;
}

/* Does any mount upon @row, at a prefix of @path from @len on and shorter than @end, other than @but, catch the path? */
static bool caught(const struct mount_table *table, size_t row, const char *path, size_t len, size_t end, size_t but)
{
	struct prefix prefix;

	if (!table->carries[row])
		return false;
	prefix = prefix_of(path, len);
	do {
		size_t child = prefix.len < end ? child_at(table, row, &prefix, false) : NO_ROW;

		if (child != NO_ROW && child != but)
			return true;
	} while (prefix.len < end && prefix_grow(&prefix));
	return false;
}

bool mount_table_sees(const struct mount_table *table, size_t row, const char *path)
{
	if (caught(table, row, path, strlen(table->rows[row].mountpoint), SIZE_MAX, NO_ROW))
		return false;
	for (int steps = 0; steps < CLIMB_MAX; steps++) {
		const char *mountpoint = table->rows[row].mountpoint;
		size_t parent = mount_table_by_id(table, table->rows[row].parent);

		if (parent == NO_ROW || parent == row)
			return true;
		if (path_within(mountpoint, table->rows[parent].mountpoint) &&
		    caught(table, parent, mountpoint, strlen(table->rows[parent].mountpoint), strlen(mountpoint), row))
			return false;
		row = parent;
	}
	return false;
}

size_t path_skip(const char *prefix)
{
	return prefix[1] == '\0' ? 0 : strlen(prefix);
}

const char *path_join(struct arena *arena, const char *base, const char *path, size_t skip)
{
	const char *rest = path + skip;

	if (rest[0] == '\0' || (rest[0] == '/' && rest[1] == '\0'))
		return base;
	if (base[1] == '\0')
		return rest;
	return text_join(arena, base, rest);
}
