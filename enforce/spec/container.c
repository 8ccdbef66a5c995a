/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/container.h"

#include <string.h>

#include "ocigate/fs.h"
#include "ocigate/spec.h"
#include "schema.h"

int spec_load(struct arena *arena, int dirfd, const char *name, size_t max, struct text *ret_text, struct err *err)
{
	return fs_read_file(arena, dirfd, name, max, true, &ret_text->bytes, &ret_text->len, err);
}

/* Versions are semantic: what 2 means by a field nobody knows yet. Minor versions only add. */
int check_version(struct walk *walk, const char *text)
{
	if (strncmp(text, "1.", 2) == 0 && text[2] >= '0' && text[2] <= '9')
		return 0;
	return walk_deny(walk, "is \"%.32s\": versions 1.0 and later of 1 are understood here", text);
}

/*
 * A page fault costs more than clearing a page: what a usual document becomes
 * (measured on engines' bundles) is asked for at once.
 */
#define BYTES_PER_BYTE 2
#define RESERVE_MAX    ((size_t)1 << 20)

static void reserve(struct arena *arena, const struct text *text)
{
	arena_reserve(arena, text->len < RESERVE_MAX / BYTES_PER_BYTE ? text->len * BYTES_PER_BYTE : RESERVE_MAX);
}

int spec_parse(struct arena *arena, const struct text *text, const char *bundle, const char *id,
	       struct container *ret_container, struct err *err)
{
	return spec_parse_known(arena, text, bundle, id, NULL, ret_container, err);
}

int spec_parse_known(struct arena *arena, const struct text *text, const char *bundle, const char *id,
		     const struct seccomp_answer *(*recall)(struct arena *arena, const char *block, size_t len),
		     struct container *ret_container, struct err *err)
{
	struct container container = {.has_bundle = true, .hostname = "", .id = id, .bundle = bundle};
	struct walk walk = {.arena = arena, .recall = recall};

	reserve(arena, text);
	if (walk_document(&walk, &shape_container, text, "config.json", &container, err) < 0)
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
	struct walk walk = {.arena = arena};

	reserve(arena, text);
	if (walk_document(&walk, &shape_process, text, "the process document", &process, err) < 0)
		return -1;
	*ret_process = process;
	return 0;
}
