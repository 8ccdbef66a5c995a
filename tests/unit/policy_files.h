/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's policy directories for a test. The loader believes only what root
 * alone can change, all the way from "/": so these lie below /run, and without
 * root the tests are skipped.
 */
#ifndef OCIGATE_TEST_POLICY_FILES_H
#define OCIGATE_TEST_POLICY_FILES_H

#include "ocigate/policy.h"

/** struct node - one made-up node; @root: its own temporary directory */
struct node {
	char root[64];
	char drop_ins[3][96];
	const char *drop_in_paths[3];
	char presets[96];
	char snapshot[96];
	struct policy_dirs dirs;
};

/** node_make() - usr/, run/, etc/, presets/ and var/ exist and are empty. Skips the test without root. */
void node_make(struct node *node);

/** node_remove() - with all that is in it */
void node_remove(struct node *node);

/** node_path() - @name below the node's root, in a static buffer of eight in turn */
const char *node_path(const struct node *node, const char *name);

/** node_write() - @text into @name ("etc/50.json"), mode 0644, replacing what is there in place */
void node_write(const struct node *node, const char *name, const char *text);

/** node_read() - what is in @name, in malloc()ed memory; NULL if it cannot be read */
char *node_read(const struct node *node, const char *name);

#endif
