/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces and hooks: lists in the spec, keyed by type and stage in ours.
 */
#include <string.h>

#include "ocigate/container.h"
#include "schema.h"

int check_access(struct walk *walk, const char *text)
{
	if (text[strspn(text, "rwm")] == '\0')
		return 0;
	return walk_deny(walk, "is \"%.64s\", must be made of r, w and m", text);
}

struct namespace_item {
	const char *type;
	const char *path;
};

static const struct shape_field namespace_fields[] = {
	{.key = "type", .type = SHAPE_STRING, .required = true, .to = TO(struct namespace_item, type)},
	{.key = "path", .type = SHAPE_STRING, .to = TO(struct namespace_item, path)},
};
static const struct shape shape_namespace = {
	.fields = namespace_fields,
	.n_fields = sizeof(namespace_fields) / sizeof(namespace_fields[0]),
	.size = sizeof(struct namespace_item),
};

static int namespace_type_of(const char *word)
{
	for (int type = 0; type < NS_TYPES; type++)
		if (strcmp(namespace_type_names[type], word) == 0)
			return type;
	return -1;
}

static int add_namespace(struct walk *walk, struct container *container, const struct namespace_item *item,
			 size_t index)
{
	int type = namespace_type_of(item->type);
	struct namespace_entry *entry;

	if (type < 0) {
		walk_enter(walk, "type", 0);
		return walk_deny(walk, "is \"%.64s\", no namespace of the runtime-spec", item->type);
	}
	entry = &container->namespaces[type];
	if (entry->present)
		return walk_deny(walk, "is a second namespace of type %s; /linux/namespaces/%zu is the first",
				 item->type, entry->index);
	if (item->path && item->path[0] != '/') {
		walk_enter(walk, "path", 0);
		if (!item->path[0])
			return walk_deny(walk, "is empty; leave it out for a new namespace");
		return walk_deny(walk, "is \"%.64s\", must be absolute", item->path);
	}
	*entry = (struct namespace_entry){.present = true, .index = index, .path = item->path};
	return 0;
}

int read_namespaces(struct walk *walk, void *base)
{
	struct namespace_item *items;
	void *read;
	size_t n;

	if (walk_list(walk, &shape_namespace, &read, &n) < 0)
		return -1;
	items = read;
	for (size_t i = 0; i < n; i++) {
		walk_enter(walk, NULL, i);
		if (add_namespace(walk, base, &items[i], i) < 0)
			return -1;
		walk_leave(walk);
	}
	return 0;
}

static const struct shape_field hook_fields[] = {
	{.key = "path",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_not_empty,
	 .to = TO(struct hook_entry, path)},
	{.key = "args", .type = SHAPE_STRINGS, .to = TO(struct hook_entry, args)},
	{.key = "env",
	 .type = SHAPE_STRINGS,
	 .to = TO(struct hook_entry, env),
	 .has_to = TO(struct hook_entry, has_env)},
	{.key = "timeout", .type = SHAPE_LIMIT, .min = 1, .max = INT32_MAX, .to = TO(struct hook_entry, timeout)},
};
static const struct shape shape_hook = {
	.fields = hook_fields,
	.n_fields = sizeof(hook_fields) / sizeof(hook_fields[0]),
	.size = sizeof(struct hook_entry),
};

struct hook_lists {
	const struct hook_entry *items[HOOK_STAGES];
	size_t n[HOOK_STAGES];
};

#define HOOK_LIST(name, stage)                                                                                         \
	{                                                                                                              \
		.key = name, .type = SHAPE_LIST, .child = &shape_hook, .to = TO(struct hook_lists, items[stage]),      \
		.count_to = TO(struct hook_lists, n[stage])                                                            \
	}

static const struct shape_field hooks_fields[] = {
	HOOK_LIST("prestart", HOOK_PRESTART),
	HOOK_LIST("createRuntime", HOOK_CREATE_RUNTIME),
	HOOK_LIST("createContainer", HOOK_CREATE_CONTAINER),
	HOOK_LIST("startContainer", HOOK_START_CONTAINER),
	HOOK_LIST("poststart", HOOK_POSTSTART),
	HOOK_LIST("poststop", HOOK_POSTSTOP),
};
/* Whatever stands at another stage, a runtime that knows it runs it on the node. */
static const struct shape shape_hooks = {.fields = hooks_fields, .n_fields = HOOK_STAGES, .closed = "a stage of hooks"};

int read_hooks(struct walk *walk, void *base)
{
	struct container *container = base;
	struct hook_lists lists = {0};
	struct hook_entry *all;
	size_t n = 0;

	if (walk_object(walk, &shape_hooks, &lists) < 0)
		return -1;
	for (int stage = 0; stage < HOOK_STAGES; stage++)
		n += lists.n[stage];
	all = arena_array(walk->arena, n, sizeof(*all));
	if (!all)
		return walk_no_memory(walk);
	n = 0;
	for (int stage = 0; stage < HOOK_STAGES; stage++) {
		for (size_t i = 0; i < lists.n[stage]; i++) {
			all[n] = lists.items[stage][i];
			all[n].stage = (enum hook_stage)stage;
			all[n++].index = i;
		}
	}
	container->hooks = all;
	container->n_hooks = n;
	return 0;
}

/*
 * Usual specs are seccomp for two thirds, the same two thirds each time. A block that was read before and is equal byte
 * for byte would be read again with the same result: an object ends where it ends, whatever follows.
 */
static bool recall(struct walk *walk, struct seccomp *seccomp)
{
	const char *start = walk->text.at;
	size_t len = walk->recall ? json_text_span(&walk->text) : 0;

	if (len > 0)
		seccomp->answer = walk->recall(walk->arena, start, len);
	if (!seccomp->answer)
		return false;
	seccomp->text = start;
	seccomp->text_len = len;
	walk->text.at = start + len;
	return true;
}

int read_seccomp(struct walk *walk, void *base)
{
	struct seccomp *seccomp = base;
	const char *start;

	if (walk_kind(walk, JSON_KIND_OBJECT) < 0)
		return -1;
	start = walk->text.at;
	if (seccomp && recall(walk, seccomp))
		return 0;
	if (walk_object(walk, &shape_seccomp, seccomp) < 0)
		return -1;
	if (seccomp) {
		seccomp->text = start;
		seccomp->text_len = (size_t)(walk->text.at - start);
	}
	return 0;
}
