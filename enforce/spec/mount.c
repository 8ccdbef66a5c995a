/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a runtime does with a mount is decided by its options, whatever the
 * type says: "tmpfs" with "rbind" is a bind.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "schema.h"

/** struct option - what a word in mounts[].options changes */
struct option {
	const char *name;
	void (*apply)(struct mount *mount);
};

static void bind(struct mount *mount)
{
	mount->kind = MOUNT_BIND;
}

static void rbind(struct mount *mount)
{
	mount->kind = MOUNT_BIND;
	mount->recursive = true;
}

static void read_only(struct mount *mount)
{
	mount->read_only = true;
}

static void read_write(struct mount *mount)
{
	mount->read_only = false;
}

static void id_mapped(struct mount *mount)
{
	mount->id_mapped = true;
}

static const struct option option_table[] = {
	{"bind", bind},	    {"rbind", rbind},	  {"ro", read_only},	 {"rro", read_only},
	{"rw", read_write}, {"idmap", id_mapped}, {"ridmap", id_mapped},
};

static const char *const propagations[] = {"private", "shared", "slave", "unbindable"};

static void apply_propagation(struct mount *mount, const char *option)
{
	bool recursive = option[0] == 'r';

	for (size_t i = 0; i < sizeof(propagations) / sizeof(propagations[0]); i++) {
		if (strcmp(option + recursive, propagations[i]) != 0)
			continue;
		mount->propagation = propagations[i];
		mount->recursive_propagation = recursive;
	}
}

static void apply_option(struct mount *mount, const char *option)
{
	for (size_t i = 0; i < sizeof(option_table) / sizeof(option_table[0]); i++)
		if (strcmp(option_table[i].name, option) == 0)
			option_table[i].apply(mount);
	apply_propagation(mount, option);
}

static bool has_option(const struct mount *mount, const char *option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (strcmp(mount->options.items[i], option) == 0)
			return true;
	return false;
}

int finish_mount(struct walk *walk, void *base)
{
	struct mount *mount = base;

	mount->path = path_clean(walk->arena, "/", mount->destination);
	if (!mount->path)
		return walk_no_memory(walk);
	for (size_t i = 0; i < mount->options.n; i++)
		apply_option(mount, mount->options.items[i]);
	if (mount->type && strcasecmp(mount->type, "bind") == 0)
		mount->kind = MOUNT_BIND;
	if (has_option(mount, "remount") && mount->kind != MOUNT_BIND)
		mount->kind = MOUNT_REMOUNT;
	return 0;
}
