/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container and a host for unit tests of rules, made by hand: what no recording can hold.
 */
#ifndef OCIGATE_TEST_RULES_VIEW_H
#define OCIGATE_TEST_RULES_VIEW_H

#include <stddef.h>
#include <sys/stat.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/finding.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

enum { VIEW_MOUNTS = 4 };

extern struct arena arena;
extern struct findings findings;
extern struct container container;
extern struct host host;
extern struct mount mounts[VIEW_MOUNTS];
extern struct host_mount seen[VIEW_MOUNTS];

/** view_begin() - a container of no engine without a mount, on a live node of which all facts are collected */
void view_begin(void);

/** view_end() */
void view_end(void);

/** judge() - ask @rule anew; @settings: JSON of the rule's part of a policy */
void judge(const struct rule *rule, const char *settings);

/** found_at() - how many findings have this pointer? */
size_t found_at(const char *pointer);

/** add_bind() - mount @i: a bind of @path at /x, a file of type @type; entry @entry of the spec (-1: it came along) */
void add_bind(size_t i, long entry, const char *path, mode_t type);

/** add_dev() - mount @i: the tmpfs at /dev that every container has; seen by the kernel as well */
void add_dev(size_t i);

#endif
