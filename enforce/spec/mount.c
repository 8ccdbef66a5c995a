/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a runtime does with a mount is decided by its options, whatever the
 * type says: "tmpfs" with "rbind" is a bind.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "schema.h"

enum option_kind {
	OPTION_BIND,
	OPTION_RBIND,
	OPTION_REMOUNT,
	OPTION_RO,
	OPTION_RW,
	OPTION_RRO,
	OPTION_RRW,
	OPTION_OTHER
};

static const char *const option_names[OPTION_OTHER] = {
	[OPTION_BIND] = "bind", [OPTION_RBIND] = "rbind", [OPTION_REMOUNT] = "remount", [OPTION_RO] = "ro",
	[OPTION_RW] = "rw",	[OPTION_RRO] = "rro",	  [OPTION_RRW] = "rrw",
};

/* From the most open to the most closed. */
static const char *const propagations[] = {"shared", "slave", "private", "unbindable"};
enum { PROPAGATIONS = sizeof(propagations) / sizeof(propagations[0]) };

/**
 * struct wish - what the options ask for, before it is known what wins
 * @flag, @recursive_flag: the last of ro and rw, and of rro and rrw, or OPTION_OTHER
 * @propagation: the most open that was given
 */
struct wish {
	bool bind;
	bool remount;
	enum option_kind flag;
	enum option_kind recursive_flag;
	size_t propagation;
};

/* Two letters tell nearly all of them apart. */
static bool is_word(const char *word, const char *option)
{
	return word[0] == option[0] && word[1] == option[1] && strcmp(word, option) == 0;
}

static enum option_kind option_kind_of(const char *option)
{
	int kind = 0;

	while (kind < OPTION_OTHER && !is_word(option_names[kind], option))
		kind++;
	return (enum option_kind)kind;
}

static void read_other(struct mount *mount, struct wish *wish, const char *option)
{
	bool recursive = option[0] == 'r';

	for (size_t i = 0; i < PROPAGATIONS; i++) {
		if (!is_word(propagations[i], option + recursive))
			continue;
		wish->propagation = i < wish->propagation ? i : wish->propagation;
		mount->recursive_propagation |= recursive;
		return;
	}
	/* crun takes mappings behind an equals sign. */
	if (strncmp(option + recursive, "idmap", 5) == 0)
		mount->id_mapped = true;
}

static void read_option(struct mount *mount, struct wish *wish, const char *option)
{
	enum option_kind kind = option_kind_of(option);

	switch (kind) {
	case OPTION_RBIND:
		mount->recursive = true;
		wish->bind = true;
		break;
	case OPTION_BIND:
		wish->bind = true;
		break;
	case OPTION_REMOUNT:
		wish->remount = true;
		break;
	case OPTION_RO:
	case OPTION_RW:
		wish->flag = kind;
		break;
	case OPTION_RRO:
	case OPTION_RRW:
		wish->recursive_flag = kind;
		break;
	case OPTION_OTHER:
		read_other(mount, wish, option);
		break;
	}
}

/* Runtimes fail on a type like these without the option; should one not, it would bind. */
static bool type_binds(const char *type)
{
	return type && (strcasecmp(type, "bind") == 0 || strcasecmp(type, "rbind") == 0);
}

/*
 * Where runtimes differ, the weaker reading is kept: runc lets the last of ro
 * and rw win, crun never takes ro back; both apply rro and rrw after them. A
 * bind with remount is a remount to the kernel, but crun may have bound before.
 */
static void settle(struct mount *mount, const struct wish *wish)
{
	if (wish->bind || type_binds(mount->type))
		mount->kind = MOUNT_BIND;
	else if (wish->remount)
		mount->kind = MOUNT_REMOUNT;
	mount->read_only_below = wish->recursive_flag == OPTION_RRO;
	mount->read_only = mount->read_only_below || (wish->flag == OPTION_RO && wish->recursive_flag != OPTION_RRW);
	if (wish->propagation < PROPAGATIONS)
		mount->propagation = propagations[wish->propagation];
}

int finish_mount(struct walk *walk, void *base)
{
	struct wish wish = {.flag = OPTION_OTHER, .recursive_flag = OPTION_OTHER, .propagation = PROPAGATIONS};
	struct mount *mount = base;

	mount->path = path_cleaned(walk->arena, "/", mount->destination);
	if (!mount->path)
		return walk_no_memory(walk);
	for (size_t i = 0; i < mount->options.n; i++)
		read_option(mount, &wish, mount->options.items[i]);
	settle(mount, &wish);
	return 0;
}
