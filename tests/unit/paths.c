/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as text: "." and ".." and double slashes go as a shell's reader would take them, links not asked.
 */
#include <criterion/criterion.h>

#include "ocigate/arena.h"
#include "ocigate/fs.h"

static const struct {
	const char *path;
	const char *clean; /* as seen from /base/dir */
	bool as_it_is;
} paths[] = {
	{"/", "/", true},
	{"/a", "/a", true},
	{"/a/b.c/d..e", "/a/b.c/d..e", true},
	{"/a/b./c.", "/a/b./c.", true},
	{"", "/base/dir", false},
	{".", "/base/dir", false},
	{"..", "/base", false},
	{"../..", "/", false},
	{"../../..", "/", false},
	{"a", "/base/dir/a", false},
	{"a/../b", "/base/dir/b", false},
	{"//", "/", false},
	{"//a", "/a", false},
	{"/a/", "/a", false},
	{"/a//b", "/a/b", false},
	{"/a/b//", "/a/b", false},
	{"/.", "/", false},
	{"/a/.", "/a", false},
	{"/a/./b", "/a/b", false},
	{"/..", "/", false},
	{"/a/..", "/", false},
	{"/a/../b", "/b", false},
	{"/a/b/../../c", "/c", false},
	{"/../../a", "/a", false},
	{"/.a", "/.a", false},
	{"/a/..b", "/a/..b", false},
	{"/a/...", "/a/...", false},
};

Test(paths, cleaned)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *made = path_clean(&arena, "/base/dir", paths[i].path);
		const char *same = path_cleaned(&arena, "/base/dir", paths[i].path);

		cr_expect_str_eq(made, paths[i].clean, "%s: %s", paths[i].path, made);
		cr_expect_neq(made, paths[i].path, "%s: a copy", paths[i].path);
		cr_expect_str_eq(same, paths[i].clean, "%s: %s", paths[i].path, same);
		/* What begins with a dot may take the long way. */
		if (paths[i].as_it_is)
			cr_expect_eq(same, paths[i].path, "%s: nothing to take out", paths[i].path);
	}
	arena_release(&arena);
}
