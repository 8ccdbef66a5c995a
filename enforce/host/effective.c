/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts that the container has: every row of its own mount table, told
 * what it is, and beside them what its spec asks for and is not to be seen.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"
#include "view.h"

#include "ocigate/fs.h"

static const char *path_in_container(const struct mount_work *work, const struct mount_row *row)
{
	const char *path = row->mountpoint + path_skip(work->prefix);

	return path[0] == '\0' ? "/" : path;
}

/* The spec's mount that a row is, or at or below which it came along; a ring of parents ends somewhere too. */
static long entry_of(const struct mount_work *work, const long *mount_of, size_t row)
{
	for (size_t steps = 0; steps < work->table->n && row != NO_ROW && row != work->root; steps++) {
		if (mount_of[row] >= 0)
			return mount_of[row];
		row = mount_table_by_id(work->table, work->table->rows[row].parent);
	}
	return -1;
}

/* A mount of the container, below its root. */
static bool is_own(const struct mount_work *work, size_t row)
{
	return row != work->root && mount_table_is_inside(work->table, row);
}

/* Is the spec's mount @index not to be seen among the container's? */
static bool is_unseen(const struct mount_work *work, const size_t *row_of, size_t index)
{
	return row_of[index] == NO_ROW && work->container->mounts[index].kind != MOUNT_REMOUNT;
}

/*
 * crun makes mounts read-only when all hooks have run. What it mounts in one go (cgroup v1) it makes so together; below
 * an rbind nobody does.
 */
static enum tri read_only_of(const struct mount_work *work, const struct mount_row *row, long mount, long parent)
{
	const struct mount *mounts = work->container->mounts;

	if (option_has(row->options, "ro") || option_has(row->super_options, "ro"))
		return TRI_YES;
	if (mount >= 0)
		return mounts[mount].read_only ? TRI_UNKNOWN : TRI_NO;
	return parent >= 0 && mounts[parent].kind == MOUNT_FILESYSTEM && mounts[parent].read_only ? TRI_UNKNOWN
												  : TRI_NO;
}

/* Does the node have a peer or a slave of this group? A group of the container's own carries nothing to the node. */
static enum tri shared_of(const struct mount_work *work, const struct mount_row *row)
{
	unsigned long group = peer_group(row, "shared:");
	const struct mount_table *node = work->view.node;

	if (group == 0)
		return TRI_NO;
	for (size_t i = 0; i < node->n; i++)
		if (!mount_table_is_inside(node, i) &&
		    (peer_group(&node->rows[i], "shared:") == group || peer_group(&node->rows[i], "master:") == group))
			return TRI_YES;
	return TRI_UNKNOWN;
}

/*
 * One call answers without a race: that the path still leads to this very mount is part of the answer. Between mount
 * and look, another container could have put a link into a shared volume.
 */
static void look_at(const struct mount_work *work, const struct mount_row *row, struct origin *origin)
{
	const char *path = row->mountpoint + strspn(row->mountpoint, "/");
	struct statx st;

	if (work->rootfd < 0 || origin->state == ORIGIN_FILESYSTEM || strcmp(row->root, "/") == 0)
		return;
	if (statx(work->rootfd, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_MNT_ID, &st) < 0 ||
	    (st.stx_mask & STATX_MNT_ID) == 0 || st.stx_mnt_id != (uint64_t)row->id)
		return;
	origin->file_type = st.stx_mode & S_IFMT;
	origin->device_major = st.stx_rdev_major;
	origin->device_minor = st.stx_rdev_minor;
}

/* @entry: the mount of the spec that it is, or that brought it along; -1: none */
static struct host_mount of_row(const struct mount_work *work, const struct mount_row *row, bool came_along, long entry)
{
	const struct mount *mount = came_along ? NULL : &work->container->mounts[entry];
	bool bind = mount && mount->kind == MOUNT_BIND;
	struct host_mount result = {
		.mount = mount ? entry : -1,
		.parent_mount = mount ? -1 : entry,
		.effective = true,
		.path = path_in_container(work, row),
		.shared = shared_of(work, row),
	};

	result.mask = !mount && mount_is_mask(work, row, result.path);
	result.read_only = read_only_of(work, row, result.mount, result.parent_mount);
	origin_of(&work->view, row, row->root, bind, result.parent_mount < 0, &result.origin);
	if (bind)
		result.origin.source = source_clean(work->view.arena, work->container, mount);
	look_at(work, row, &result.origin);
	return result;
}

/** struct order - where in the list of mounts those of each mount of the spec belong; those of none come last */
struct order {
	long *entry_of;
	size_t *next;
	size_t n;
};

/* @mount_of, @row_of: from mounts_match(). Return: false if there is no memory. */
static bool put_in_order(const struct mount_work *work, const long *mount_of, const size_t *row_of, struct order *order)
{
	size_t none = work->container->n_mounts;

	order->entry_of = arena_array(work->view.arena, work->table->n, sizeof(*order->entry_of));
	order->next = arena_array(work->view.arena, none + 2, sizeof(*order->next));
	if (!order->entry_of || !order->next)
		return false;
	for (size_t row = 0; row < work->table->n; row++)
		if (is_own(work, row)) {
			long entry = entry_of(work, mount_of, row);

			order->entry_of[row] = entry;
			order->next[(entry < 0 ? none : (size_t)entry) + 1]++;
		}
	for (size_t i = 0; i < none; i++)
		order->next[i + 1] += is_unseen(work, row_of, i);
	for (size_t i = 0; i <= none; i++)
		order->next[i + 1] += order->next[i];
	order->n = order->next[none + 1];
	return true;
}

static int list_mounts(const struct mount_work *work, const long *mount_of, const size_t *row_of, struct host *host,
		       struct err *err)
{
	size_t none = work->container->n_mounts;
	struct host_mount *mounts;
	struct order order;

	if (!put_in_order(work, mount_of, row_of, &order))
		return err_set(err, ERR_SYSTEM, "out of memory");
	mounts = arena_array(work->view.arena, order.n, sizeof(*mounts));
	if (!mounts)
		return err_set(err, ERR_SYSTEM, "out of memory");
	for (size_t row = 0; row < work->table->n; row++)
		if (is_own(work, row)) {
			long entry = order.entry_of[row];

			mounts[order.next[entry < 0 ? none : (size_t)entry]++] =
				of_row(work, &work->table->rows[row], mount_of[row] < 0, entry);
		}
	for (size_t i = 0; i < none; i++)
		if (is_unseen(work, row_of, i))
			mounts[order.next[i]++] = intent_of(&work->view, work->container, i);
	host->mounts = mounts;
	host->n_mounts = order.n;
	return 0;
}

int mounts_effective(const struct mount_work *work, struct host *host, struct err *err)
{
	const struct mount_row *root = &work->table->rows[work->root];
	size_t *row_of;
	long *mount_of;

	if (mounts_match(work, &mount_of, &row_of, err) < 0 || list_mounts(work, mount_of, row_of, host, err) < 0)
		return -1;
	origin_of(&work->view, root, root->root, true, true, &host->rootfs);
	host->rootfs.source = work->container->rootfs;
	return work->view.arena->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}
