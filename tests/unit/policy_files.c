/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_files.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void node_make(struct node *node)
{
	static const char *const names[] = {"usr", "run", "etc"};

	if (geteuid() != 0)
		cr_skip_test("policy files must belong to root");
	(void)umask(022);
	*node = (struct node){.root = "/run/ocigate-test.XXXXXX"};
	cr_assert_not_null(mkdtemp(node->root));
	cr_assert_eq(chmod(node->root, 0755), 0);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(node->drop_ins[i], sizeof(node->drop_ins[i]), "%s/%s", node->root, names[i]);
		cr_assert_eq(mkdir(node->drop_ins[i], 0755), 0);
		node->drop_in_paths[i] = node->drop_ins[i];
	}
	(void)snprintf(node->presets, sizeof(node->presets), "%s/presets", node->root);
	cr_assert_eq(mkdir(node->presets, 0755), 0);
	(void)snprintf(node->snapshot, sizeof(node->snapshot), "%s/var/policy.snapshot", node->root);
	cr_assert_eq(mkdir(node_path(node, "var"), 0755), 0);
	node->dirs = (struct policy_dirs){{node->drop_in_paths, 3}, node->presets, node->snapshot};
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void node_remove(struct node *node)
{
	if (node->root[0])
		(void)nftw(node->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *node_path(const struct node *node, const char *name)
{
	static char paths[8][256];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", node->root, name);
	return path;
}

void node_write(const struct node *node, const char *name, const char *text)
{
	FILE *file = fopen(node_path(node, name), "w");

	cr_assert_not_null(file, "%s", name);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

char *node_read(const struct node *node, const char *name)
{
	FILE *file = fopen(node_path(node, name), "r");
	char *text = calloc(1, 1 << 20);

	if (file && text && fread(text, 1, (1 << 20) - 1, file) > 0) {
		(void)fclose(file);
		return text;
	}
	if (file)
		(void)fclose(file);
	free(text);
	return NULL;
}
