/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drop-ins on the disk: which files count, in which order, and may they be trusted.
 */
#ifndef OCIGATE_POLICY_DROPINS_H
#define OCIGATE_POLICY_DROPINS_H

#include "ocigate/fs.h"
#include "ocigate/policy.h"

#include "reader.h"

enum {
	DROP_INS_MAX = 1000,	      /* files, in all directories together */
	DROP_IN_BYTES_MAX = 1 << 20,  /* bytes of one file */
	DROP_IN_DIRECTORIES_MAX = 16, /* directories */
	EMPTY_FILE_SECONDS = 3,	      /* age at which an empty file masks */
	DROP_IN_TRIES = 5,	      /* times to start again because the directories change meanwhile */
};

/**
 * enum source_kind - what a policy was made from, besides the compiled-in defaults
 *
 * SOURCE_MASK: an empty file or a link to /dev/null, which takes the place of one of its name in an earlier directory.
 */
enum source_kind { SOURCE_DIRECTORY, SOURCE_ABSENT, SOURCE_FILE, SOURCE_MASK, SOURCE_PRESET };

/**
 * enum sources_for - what they are read for
 *
 * SOURCES_FORCE: only what root alone can change is read. SOURCES_LINT: nothing is put in force, owners do not matter.
 */
enum sources_for { SOURCES_FORCE = 0, SOURCES_LINT };

/**
 * struct source - one directory or file that was looked at
 * @st: identity, as it was before anything was read; unused for SOURCE_ABSENT
 * @text, @len: of SOURCE_FILE and SOURCE_PRESET
 */
struct source {
	enum source_kind kind;
	const char *path;
	struct stat st;
	const char *text;
	size_t len;
};

/** struct sources - directories first, then files in the order in which they apply; a preset is appended last */
struct sources {
	struct source *items;
	size_t n;
	size_t room;
};

/**
 * sources_read() - look at the directories and read the files
 *
 * Errors (untrusted owner, no file, too large …) are noted in @problems; all files are looked at.
 * Return: 0, or -1 with errors noted.
 */
int sources_read(struct arena *arena, const struct strings *directories, enum sources_for use,
		 struct problems *problems, struct sources *ret_sources) MUST_CHECK;

/** sources_append() - append a source that was read. Return: its place; NULL when out of memory, which is noted. */
struct source *sources_append(struct arena *arena, const struct source *source, struct problems *problems,
			      struct sources *sources);

/** sources_add() - append one file by its path, to lint it. Errors are noted. */
void sources_add(struct arena *arena, const char *path, struct problems *problems, struct sources *sources);

/** sources_read_preset() - append preset @name of @directory; @wanted_by: the file that names it. Return: as above. */
int sources_read_preset(struct arena *arena, const char *directory, const char *name, const char *wanted_by,
			enum sources_for use, struct problems *problems, struct sources *sources) MUST_CHECK;

/**
 * trusted_directory() - open a directory none of whose ancestors (nor itself) others than root may change
 * @create: make the last component, mode 0700, if it is missing
 *
 * No component may be a symbolic link. Return: 0, *ret_fd is -1 if a component is missing; or -1 with ERR_POLICY.
 */
int trusted_directory(struct arena *arena, const char *path, bool create, int *ret_fd, struct stat *ret_st,
		      struct err *err) MUST_CHECK;

/** trust_fault() - why @st may not be trusted, in words. Return: NULL if it may. */
const char *trust_fault(struct arena *arena, const struct stat *st);

#endif
