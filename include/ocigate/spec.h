/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From config.json to struct container: the strict reader's entry points.
 */
#ifndef OCIGATE_SPEC_H
#define OCIGATE_SPEC_H

#include <sys/types.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"

/** SPEC_MAX_BYTES - default cap of config.json; the policy may set another (design: 4 MiB) */
#define SPEC_MAX_BYTES ((size_t)4 << 20)

/** struct text - bytes of a file, NUL-terminated behind @len */
struct text {
	const char *bytes;
	size_t len;
};

/**
 * spec_load() - read @name ("config.json") below the open directory @dirfd, once
 *
 * Opened without following links, must be a regular file of at most @max bytes
 * that does not change while it is read.
 * Return: 0, or -1 with ERR_INPUT.
 */
int spec_load(struct arena *arena, int dirfd, const char *name, size_t max, struct text *ret_text,
	      struct err *err) MUST_CHECK;

/**
 * spec_parse() - judge the text's form and build the container
 * @bundle: absolute path of the bundle directory; recorded, not opened
 * @id: container id, or ""
 *
 * The identity is not filled in: see identity_of().
 * Return: 0, or -1 with ERR_DENIED (the spec's form is unsafe; err->pointer says where) or ERR_INPUT (cut short,
 * empty), or ERR_SYSTEM.
 */
int spec_parse(struct arena *arena, const struct text *text, const char *bundle, const char *id,
	       struct container *ret_container, struct err *err) MUST_CHECK;

/**
 * spec_parse_known() - the same, but a seccomp block that @recall knows is not read again
 * @recall: what was found out about a block of this text when it was read as strictly as here; NULL: nothing is known
 */
int spec_parse_known(struct arena *arena, const struct text *text, const char *bundle, const char *id,
		     const struct seccomp_answer *(*recall)(struct arena *arena, const char *block, size_t len),
		     struct container *ret_container, struct err *err) MUST_CHECK;

/** spec_parse_process() - the same for an exec's process document: fills @ret_process alone. */
int spec_parse_process(struct arena *arena, const struct text *text, struct process *ret_process,
		       struct err *err) MUST_CHECK;

/**
 * enum bundle_owner - may others than root put a bundle at this place?
 *
 * BUNDLE_OWNER_ROOT: every directory from / to the bundle belongs to root and nobody else may write it.
 */
enum bundle_owner { BUNDLE_OWNER_UNKNOWN = 0, BUNDLE_OWNER_ROOT, BUNDLE_OWNER_OTHERS };

/** bundle_owner_of() - look at every directory on the way to @bundle, on the node, links resolved */
enum bundle_owner bundle_owner_of(const char *bundle);

/** bundle_owner_for() - the same where directories may belong to the user @uid as well: BUNDLE_OWNER_ROOT means these two */
enum bundle_owner bundle_owner_for(const char *bundle, uid_t uid);

/** identity_of() - fill in container->identity from bundle path, its owner and the annotations; and @unheld of podman's */
void identity_of(struct arena *arena, struct container *container, enum bundle_owner owner);

#endif
