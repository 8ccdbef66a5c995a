/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/container.h"

#include "ocigate/fs.h"
#include "ocigate/spec.h"
#include "schema.h"

int spec_load(struct arena *arena, int dirfd, const char *name, size_t max, struct text *ret_text, struct err *err)
{
	return fs_read_file(arena, dirfd, name, max, true, &ret_text->bytes, &ret_text->len, err);
}

/*
 * A page fault costs more than clearing a page: what the tree of a usual
 * document takes (measured on engines' bundles) is asked for at once.
 */
#define TREE_BYTES_PER_BYTE 7
#define RESERVE_MAX	    ((size_t)1 << 20)

static void reserve_tree(struct arena *arena, size_t len)
{
	arena_reserve(arena, len < RESERVE_MAX / TREE_BYTES_PER_BYTE ? len * TREE_BYTES_PER_BYTE : RESERVE_MAX);
}

/*
 * jansson's memory comes from the arena, so its strings live as long as what
 * we make of them: they are kept as they are, not copied.
 */
static int read_document(struct arena *arena, const struct shape *shape, const struct text *text, const char *name,
			 void *base, struct err *err)
{
	struct walk walk = {.arena = arena, .err = err};
	struct arena *before;
	json_t *json;
	int result;

	reserve_tree(arena, text->len);
	before = json_use_arena(arena);
	json = json_read(text->bytes, text->len, err);
	result = json ? walk_object(&walk, shape, json, base) : -1;
	(void)json_use_arena(before);
	if (result < 0 && err->kind == ERR_INPUT)
		return err_wrap(err, "%s", name);
	return result;
}

int spec_parse(struct arena *arena, const struct text *text, const char *bundle, const char *id,
	       struct container *ret_container, struct err *err)
{
	struct container container = {.has_bundle = true, .hostname = "", .id = id, .bundle = bundle};

	if (read_document(arena, &shape_container, text, "config.json", &container, err) < 0)
		return -1;
	container.rootfs = path_clean(arena, bundle, container.root_path);
	container.id = arena_strdup(arena, id);
	container.bundle = arena_strdup(arena, bundle);
	if (arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory while reading the container's spec");
	*ret_container = container;
	return 0;
}

int spec_parse_process(struct arena *arena, const struct text *text, struct process *ret_process, struct err *err)
{
	struct process process = {0};

	if (read_document(arena, &shape_process, text, "the process document", &process, err) < 0)
		return -1;
	*ret_process = process;
	return 0;
}
