/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which table shows what? Before pivot_root the container's mountinfo has the
 * node's mounts and, below the root directory, its own. Afterwards it has its
 * own alone, from "/" on, and the node's side comes from our own mountinfo.
 */
#include <string.h>

#include "view.h"

#include "ocigate/fs.h"

static int judge_both(struct mount_work *work, struct mount_table *table, struct host *host, struct err *err)
{
	if (mount_table_mark(work->view.arena, table, work->root, err) < 0)
		return -1;
	work->table = table;
	return mounts_effective(work, host, err);
}

static int judge_effect(struct arena *arena, const struct container *container, const struct mount_texts *texts,
			const char *rootfs, int rootfd, struct host *host, struct err *err)
{
	struct mount_table own, node = {0};
	struct mount_work work = {
		.view = {.arena = arena, .live = host->source == HOST_LIVE},
		.container = container,
		.rootfd = rootfd,
	};

	if (mount_table_load(arena, texts->container, &own, err) < 0)
		return -1;
	work.root = mount_table_top(&own, rootfs);
	work.prefix = rootfs;
	work.view.node = &own;
	if (work.root != NO_ROW && strcmp(rootfs, "/") != 0)
		return judge_both(&work, &own, host, err);
	work.root = texts->node ? mount_table_top(&own, "/") : NO_ROW;
	work.prefix = "/";
	work.view.node = &node;
	work.view.own = true;
	if (work.root == NO_ROW) {
		host->mounts_why = "the container's mounts do not show its root directory";
		return 0;
	}
	if (mount_table_load(arena, texts->node, &node, err) < 0)
		return -1;
	return judge_both(&work, &own, host, err);
}

int host_mounts(struct arena *arena, const struct container *container, const struct mount_texts *texts,
		const char *rootfs, int rootfd, struct host *host, struct err *err)
{
	struct last_directory last = {.fd = -1};
	struct mount_view view = {.arena = arena, .live = host->source == HOST_LIVE, .own = true, .last = &last};
	struct mount_table node;
	int rc;

	host->rootfs = origin_unknown("the container's mounts are not known");
	if (texts->container)
		return judge_effect(arena, container, texts, rootfs, rootfd, host, err);
	if (texts->node) {
		if (mount_table_load(arena, texts->node, &node, err) < 0)
			return -1;
		view.node = &node;
	}
	rc = mounts_intended(&view, container, host, err);
	fd_close(&last.fd);
	return rc;
}
