/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a bundle: every directory on it, and where its links lead, as the kernel would go.
 */
#include "host_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"

#include "ocigate/fs.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;
static char top[] = "/run/ocigate-way.XXXXXX";
static bool made;

/* Below the directory; what begins with a slash stays as it is. */
static const char *at(const char *path)
{
	return path[0] == '/' ? path : arena_printf(&arena, "%s/%s", top, path);
}

static void make_link(const char *target, const char *path)
{
	cr_assert_eq(symlink(target, at(path)), 0, "%s", path);
}

static void make_dir(const char *path, mode_t mode)
{
	cr_assert(mkdir(at(path), 0700) == 0 && chmod(at(path), mode) == 0, "%s", path);
}

static void begin(void)
{
	arena_init(&arena, (size_t)4 << 20);
	made = geteuid() == 0 && mkdtemp(top) != NULL;
	if (!made)
		cr_skip_test("needs root");
	make_dir("real", 0755);
	make_dir("real/b", 0700);
	make_dir("real/..x", 0700);
	make_dir("real/.x", 0700);
	make_dir("open", 0777);
	make_dir("open/b", 0700);
	close(open(at("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void finish(void)
{
	if (made)
		(void)!system(arena_printf(&arena, "rm -rf %s", top));
	arena_release(&arena);
}

TestSuite(host_bundle_owner, .init = begin, .fini = finish, .timeout = 10);

Test(host_bundle_owner, goes_the_way_of_the_kernel)
{
	static const struct {
		const char *path;
		enum bundle_owner owner;
	} cases[] = {
		{"/", BUNDLE_OWNER_ROOT},
		{"/..", BUNDLE_OWNER_ROOT},
		{"/../..//", BUNDLE_OWNER_ROOT},
		{"real/b", BUNDLE_OWNER_ROOT},
		{"real//b/", BUNDLE_OWNER_ROOT},
		{"real/./b/.", BUNDLE_OWNER_ROOT},
		{"real/../real/b", BUNDLE_OWNER_ROOT},
		{"real/b/../..", BUNDLE_OWNER_ROOT},
		{"real/..x", BUNDLE_OWNER_ROOT},
		{"real/.x", BUNDLE_OWNER_ROOT},
		{"real/..y", BUNDLE_OWNER_UNKNOWN},
		{"real/.y", BUNDLE_OWNER_UNKNOWN},
		{"real/c", BUNDLE_OWNER_UNKNOWN},
		{"file", BUNDLE_OWNER_UNKNOWN},
		{"open/b", BUNDLE_OWNER_OTHERS},
		{"open/c", BUNDLE_OWNER_OTHERS},
		{"rel/b", BUNDLE_OWNER_ROOT},
		{"abs/b", BUNDLE_OWNER_ROOT},
		{"up/b", BUNDLE_OWNER_ROOT},
		{"abs/../real/b", BUNDLE_OWNER_ROOT},
		{"real/in/b", BUNDLE_OWNER_ROOT},
		{"to-open", BUNDLE_OWNER_OTHERS},
		{"dangling", BUNDLE_OWNER_UNKNOWN},
		{"ring", BUNDLE_OWNER_UNKNOWN},
	};

	make_link("real", "rel");
	make_link(at("real"), "abs");
	make_link("../../run/../run/./../run", "up0");
	make_link(arena_printf(&arena, "up0/%s/real", top + 5), "up");
	make_link("../real", "real/in");
	make_link("open/b", "to-open");
	make_link("nowhere", "dangling");
	make_link("ring", "ring");
	for (size_t i = 0; i < N(cases); i++)
		cr_expect_eq(bundle_owner_of(at(cases[i].path)), cases[i].owner, "%s", cases[i].path);
}

/* path_resolution(7): 40 links, and no more. */
Test(host_bundle_owner, follows_as_many_links_as_the_kernel)
{
	char before[16] = "real", name[16];

	for (int i = 1; i <= 41; i++) {
		struct stat st;

		(void)snprintf(name, sizeof(name), "l%d", i);
		make_link(before, name);
		memcpy(before, name, sizeof(name));
		cr_expect_eq(stat(at(name), &st) == 0, i <= 40, "the kernel itself: %s", name);
		cr_expect_eq(bundle_owner_of(at(name)), i <= 40 ? BUNDLE_OWNER_ROOT : BUNDLE_OWNER_UNKNOWN, "%s", name);
	}
}

Test(host_bundle_owner, paths_have_an_end)
{
	char *path = arena_alloc(&arena, PATH_MAX + 2);
	const size_t len = strlen(top);

	memset(path, '/', PATH_MAX + 1);
	path[PATH_MAX + 1] = '\0';
	memcpy(path, top, len);
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_UNKNOWN);
	path[PATH_MAX] = '\0';
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_UNKNOWN);
	path[PATH_MAX - 1] = '\0';
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_ROOT);
	/* A link that makes it too long. */
	make_link("./././././././././././././././././././././././././././././real", "long");
	memset(path, '/', PATH_MAX);
	memcpy(path, at("long"), strlen(at("long")));
	path[PATH_MAX - 1] = '\0';
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_UNKNOWN);
	path[PATH_MAX - 200] = '\0';
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_ROOT);
}

static const char *line_of(const char *text, const char *path)
{
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0, "%s", path);
	return arena_printf(&arena, "%s%u %u %o %s\n", text, st.st_uid, st.st_gid, st.st_mode, path);
}

/* What was looked at is written down, and read as the same. */
Test(host_bundle_owner, is_written_down)
{
	const char *way = line_of(line_of(line_of("", "/"), "/run"), top);
	struct arena none;
	const char *text;

	make_link("real", "rel");
	make_link(at("real"), "abs");
	cr_expect_str_eq(bundle_owner_text(&arena, at("rel/b")), line_of(line_of(way, at("real")), at("real/b")));
	text = bundle_owner_text(&arena, at("abs"));
	cr_expect_str_eq(text, line_of(line_of(line_of(way, "/run"), top), at("real")));
	cr_expect_eq(bundle_owner_parse(text), BUNDLE_OWNER_ROOT);
	text = bundle_owner_text(&arena, at("open/b"));
	cr_expect_str_eq(text, line_of(way, at("open")));
	cr_expect_eq(bundle_owner_parse(text), BUNDLE_OWNER_OTHERS);
	text = bundle_owner_text(&arena, at("real/c"));
	cr_expect_str_eq(text, arena_printf(&arena, "%sunknown\n", line_of(way, at("real"))));
	cr_expect_eq(bundle_owner_parse(text), BUNDLE_OWNER_UNKNOWN);
	arena_init(&none, 0);
	cr_expect_null(bundle_owner_text(&none, at("real/b")));
	cr_expect_null(bundle_owner_text(&none, at("real/c")));
	arena_release(&none);
}

Test(host_bundle_owner, is_read_line_by_line)
{
	static const struct {
		const char *text;
		enum bundle_owner owner;
	} cases[] = {
		{"0 0 40755 /\n0 0 40700 /run", BUNDLE_OWNER_ROOT},
		{"0 7 40755 /\n", BUNDLE_OWNER_ROOT},
		{"0 0 40755 /a b\n", BUNDLE_OWNER_ROOT},
		{"1 0 40755 /\nrubbish\n", BUNDLE_OWNER_OTHERS},
		{"0 0 40757 /\n", BUNDLE_OWNER_OTHERS},
		{"0 0 40775 /\n", BUNDLE_OWNER_OTHERS},
		{"0 0 41777 /\n", BUNDLE_OWNER_OTHERS},
		{"4294967295 0 40755 /\n", BUNDLE_OWNER_OTHERS},
		{"4294967296 0 40755 /\n", BUNDLE_OWNER_UNKNOWN},
		{"x 0 40755 /\n", BUNDLE_OWNER_UNKNOWN},
		{" 0 0 40755 /\n", BUNDLE_OWNER_UNKNOWN},
		{"0\n0 40755 /\n", BUNDLE_OWNER_UNKNOWN},
		{"0 0\n40755 /\n", BUNDLE_OWNER_UNKNOWN},
		{"0 0 40755\n/ /\n", BUNDLE_OWNER_UNKNOWN},
		{"0 0 40785 /\n", BUNDLE_OWNER_UNKNOWN},
		{"0 0 407/5 /\n", BUNDLE_OWNER_UNKNOWN},
		{"0 0 77777777 /\n", BUNDLE_OWNER_OTHERS},
		{"0 0 7777777700 /\n", BUNDLE_OWNER_UNKNOWN},
		{"0 0 40755 /\nunknown\n", BUNDLE_OWNER_UNKNOWN},
		{"", BUNDLE_OWNER_UNKNOWN},
	};

	for (size_t i = 0; i < N(cases); i++)
		cr_expect_eq(bundle_owner_parse(cases[i].text), cases[i].owner, "%s", cases[i].text);
}
