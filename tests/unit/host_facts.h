/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded facts made on the spot, for the unit tests of enforce/host.
 */
#ifndef OCIGATE_TEST_HOST_FACTS_H
#define OCIGATE_TEST_HOST_FACTS_H

#include <criterion/criterion.h>

#include "ocigate/host.h"

/** FACTS_ALL - every fact that a recording can hold */
#define FACTS_ALL (HOST_FACT_NAMESPACES | HOST_FACT_MOUNTS | HOST_FACT_APPARMOR | HOST_FACT_SELINUX | HOST_FACT_ID_MAPS)

/** struct facts_file - one file of the recording */
struct facts_file {
	const char *name;
	const char *text;
};

/** struct facts - a container with its host; @rc: what host_recorded() returned, @err: and said */
struct facts {
	struct arena arena;
	struct container container;
	struct host host;
	int rc;
	struct err err;
};

/** FACTS_BUNDLE - where the container's bundle lies; its root directory is rootfs below */
#define FACTS_BUNDLE "/run/b"

/** facts_container() - a container with these elements of linux.namespaces and mounts, and more members of linux */
void facts_container(struct facts *facts, const char *namespaces, const char *mounts, const char *linux_members);

/** facts_record() - judge the container by a recording of these files (NULL name ends) */
void facts_record(struct facts *facts, const struct facts_file *files);

/** facts_end() */
void facts_end(struct facts *facts);

/** facts_mount() - the host mount at @path in the container, the last one listed. Fails the test if there is none. */
const struct host_mount *facts_mount(const struct facts *facts, const char *path);

/** facts_paths() - origin paths, joined by blanks */
const char *facts_paths(struct facts *facts, const struct origin *origin);

#endif
