/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount table by itself: rows as proc(5) has them, and every question that
 * is asked of its indexes, against what the rows say.
 */
#include "host_facts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"
#include "../../enforce/host/mounts.h"
#include "../../enforce/host/origin.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;
static struct err err;

static void begin(void)
{
	arena_init(&arena, (size_t)64 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(host_mount_table, .init = begin, .fini = finish, .timeout = 10);

static struct mount_row only_row(const char *text)
{
	struct mount_row *rows = NULL;
	size_t n = 0;

	cr_assert_eq(mountinfo_parse(&arena, text, &rows, &n, &err), 0, "%s: %s", text, err.text);
	cr_assert_eq(n, 1, "%s", text);
	return rows[0];
}

Test(host_mount_table, rows_as_the_kernel_prints_them)
{
	struct mount_row row =
		only_row("36 35 98:7 /mnt1 /mnt2 rw,noatime shared:3 master:1 - ext3 /dev/root rw,errors=continue\n");

	cr_expect_eq(row.id, 36);
	cr_expect_eq(row.parent, 35);
	cr_expect_eq(row.major, 98);
	cr_expect_eq(row.minor, 7);
	cr_expect_str_eq(row.root, "/mnt1");
	cr_expect_str_eq(row.mountpoint, "/mnt2");
	cr_expect_str_eq(row.options, "rw,noatime");
	cr_expect_str_eq(row.propagation, "shared:3 master:1");
	cr_expect_str_eq(row.fstype, "ext3");
	cr_expect_str_eq(row.source, "/dev/root");
	cr_expect_str_eq(row.super_options, "rw,errors=continue");
	row = only_row("0 2147483647 4294967295:4294967295 net:[1] / ro - fuse.a-b - ro\\040x");
	cr_expect_eq(row.id, 0);
	cr_expect_eq(row.parent, INT_MAX);
	cr_expect_eq(row.major, UINT_MAX);
	cr_expect_eq(row.minor, UINT_MAX);
	cr_expect_str_eq(row.root, "net:[1]");
	cr_expect_str_eq(row.propagation, "");
	cr_expect_str_eq(row.fstype, "fuse.a-b");
	cr_expect_str_eq(row.source, "-");
	cr_expect_str_eq(row.super_options, "ro\\040x", "as printed");
	row = only_row("1 2 3:4 / / rw -x - t  rw\n");
	cr_expect_str_eq(row.propagation, "-x", "not the dash that ends them");
	cr_expect_str_eq(row.source, "", "a source may be empty");
	row = only_row("1 2 3:4 / / rw - t \\040aaaaaaaaaaaaaaaaaaaaaaaa rw\n");
	cr_expect_str_eq(row.source, " aaaaaaaaaaaaaaaaaaaaaaaa", "an escape at the very beginning");
	row = only_row("1 2 3:4 / / rw - t s\n");
	cr_expect_str_eq(row.super_options, "", "as if there were none");
}

Test(host_mount_table, rows_that_no_kernel_prints)
{
	static const char *const bad[] = {
		"2147483648 2 3:4 / / rw - t s rw\n",
		"1 2147483648 3:4 / / rw - t s rw\n",
		"1 2 4294967296:4 / / rw - t s rw\n",
		"1 2 3:4294967296 / / rw - t s rw\n",
		"1 2 3: / / rw - t s rw\n",
		"1 2 :4 / / rw - t s rw\n",
		"1 2 3:4: / / rw - t s rw\n",
		"1 2 34 / / rw - t s rw\n",
		"1 2 3:4 / x rw - t s rw\n",
		"1 2 3:4 /  rw - t s rw\n",
		"1 2 3:4  / rw - t s rw\n",
		"1 2 3:4 / / rw -  s rw\n",
		"1 2 3:4 / / rw - t\n",
		"1 2 3:4 / / rw -\n",
		"1 2 3:4 / / rw -\nt s rw\n",
		"1 2 3:4 / / rw - \n",
		"1 2 3:4 / / rw\n",
		"1 2 3:4 / /\n",
		"1 2 3:4 /\n",
		"1 2 3:4\n",
		"1 2\n",
		"1\n",
		"\n",
		"1 2 3:4 / / rw - t s rw x\n",
		"1 2 3:4 / / rw - t s rw \n",
		" 1 2 3:4 / / rw - t s rw\n",
		"1 2 3:4 / / rw -x t s rw\n",
	};

	for (size_t i = 0; i < N(bad); i++) {
		struct mount_row *rows = NULL;
		const char *text = arena_printf(&arena, "1 2 3:4 / / rw - t s rw\n%s", bad[i]);
		size_t n = 77;

		cr_expect_eq(mountinfo_parse(&arena, text, &rows, &n, &err), -1, "%s", bad[i]);
		cr_expect_eq(err.kind, ERR_INPUT);
		cr_expect_not_null(strstr(err.text, "line 2 "), "%s", err.text);
		cr_expect_eq(n, 77, "as it was");
	}
}

/* An escape at any place of a field of any length, and none in it but in the next. */
Test(host_mount_table, escapes_are_found_wherever_they_stand)
{
	for (int before = 0; before < 40; before++)
		for (int after = 0; after < 20; after++) {
			char text[256], expect[128];
			struct mount_row row;

			(void)snprintf(text, sizeof(text), "1 2 3:4 /%.*s\\040%.*s /m\\011%.*s rw - t s rw\n", before,
				       "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", after, "tttttttttttttttttttt",
				       after, "uuuuuuuuuuuuuuuuuuuu");
			row = only_row(text);
			(void)snprintf(expect, sizeof(expect), "/%.*s %.*s", before,
				       "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", after, "tttttttttttttttttttt");
			cr_assert_str_eq(row.root, expect, "%s", text);
			(void)snprintf(expect, sizeof(expect), "/m\t%.*s", after, "uuuuuuuuuuuuuuuuuuuu");
			cr_assert_str_eq(row.mountpoint, expect, "%s", text);
		}
}

Test(host_mount_table, escapes_are_three_octal_digits)
{
	static const struct {
		const char *printed;
		const char *means;
	} rows[] = {
		{"/\\060\\101\\177\\007", "/0A\177\007"},
		{"/\\377", "/\377"},
		{"/\\400", "/\\400"},
		{"/\\080", "/\\080"},
		{"/\\008", "/\\008"},
		{"/\\/00", "/\\/00"},
		{"/\\0/0", "/\\0/0"},
		{"/\\00/", "/\\00/"},
		{"/\\", "/\\"},
		{"/\\0", "/\\0"},
		{"/\\04", "/\\04"},
		{"/\\\\040", "/\\ "},
		{"/\\134040", "/\\040"},
		{"/a\\040", "/a "},
	};

	for (size_t i = 0; i < N(rows); i++)
		cr_expect_str_eq(
			only_row(arena_printf(&arena, "1 2 3:4 / %s rw - t s rw\n", rows[i].printed)).mountpoint,
			rows[i].means, "%s", rows[i].printed);
}

Test(host_mount_table, options_are_whole_words)
{
	static const char *const with[] = {"ro", "ro,x", "x,ro", "x,ro,y", "rw,,ro", ",ro", "ro,"};
	static const char *const without[] = {"", "rw", "ro2", "xro", "error=ro", "x,rox", "r,o", ",", "ro=1", "r"};

	for (size_t i = 0; i < N(with); i++)
		cr_expect(option_has(with[i], "ro"), "%s", with[i]);
	for (size_t i = 0; i < N(without); i++)
		cr_expect_not(option_has(without[i], "ro"), "%s", without[i]);
}

Test(host_mount_table, groups_are_numbers)
{
	static const struct {
		const char *fields;
		unsigned long shared;
		unsigned long master;
	} rows[] = {
		{"", 0, 0},
		{"shared:5", 5, 0},
		{"shared:5 master:6", 5, 6},
		{"master:6 shared:5", 5, 6},
		{"master:6 propagate_from:2", 0, 6},
		{"unshared:5 master:", 0, 0},
		{"shared:x master:6x", 0, 0},
		{"shared", 0, 0},
		{"shared: master:7", 0, 7},
		{"shared:18446744073709551615", ULONG_MAX, 0},
		{"shared:18446744073709551616", 0, 0},
		{"unbindable", 0, 0},
	};

	for (size_t i = 0; i < N(rows); i++) {
		const struct mount_row row = {.propagation = rows[i].fields};

		cr_expect_eq(peer_group(&row, "shared:"), rows[i].shared, "%s", rows[i].fields);
		cr_expect_eq(peer_group(&row, "master:"), rows[i].master, "%s", rows[i].fields);
	}
}

static struct mount_table loaded(const char *text)
{
	struct mount_table table;

	cr_assert_eq(mount_table_load(&arena, text, &table, &err), 0, "%s", err.text);
	return table;
}

/* Row i of @n is on device i%7 of 8, is i's own directory, and hangs on the first; every third stands at one place. */
static struct mount_table many(size_t n)
{
	const size_t room = n * 80 + 1;
	char *text = arena_alloc(&arena, room);
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, room - len, "%zu 1000 8:%zu /r%zu %s%.0zu rw - t s rw\n", 1000 + i,
					i % 7, i,
					i == 0	? "/"
					: i % 3 ? "/m"
						: "/same",
					i % 3 ? i : 0);
	return loaded(text);
}

static void check_indexes(const struct mount_table *table)
{
	size_t row = NO_ROW, device_row = NO_ROW;

	for (size_t i = 0; i < table->n; i++) {
		const struct mount_row *of = &table->rows[i];
		struct root_search search = root_search_of(8, (unsigned)(i % 7), of->root, 1);

		cr_expect_eq(mount_table_by_id(table, (int)(1000 + i)), i);
		cr_expect_not(root_search_next(table, &search, NO_ROW) != NO_ROW, "/ alone is no root");
		cr_expect(root_search_grow(table, &search));
		cr_expect_eq(root_search_next(table, &search, NO_ROW), i);
		cr_expect_eq(root_search_next(table, &search, i), NO_ROW);
		cr_expect_not(root_search_grow(table, &search));
		search = root_search_of(8, (unsigned)((i + 1) % 7), of->root, strlen(of->root));
		cr_expect_eq(root_search_next(table, &search, NO_ROW), NO_ROW, "another device");
		search = root_search_of(9, (unsigned)(i % 7), of->root, strlen(of->root));
		cr_expect_eq(root_search_next(table, &search, NO_ROW), NO_ROW, "another kind of device");
		if (i % 3) {
			cr_expect_eq(mount_table_at(table, of->mountpoint, NO_ROW), i);
			cr_expect_eq(mount_table_at(table, of->mountpoint, i), NO_ROW);
		} else if (i > 0) {
			row = mount_table_at(table, "/same", row);
			cr_expect_eq(row, i, "in their order");
		}
		if (i % 7 == 3) {
			device_row = mount_table_same_device(table, 8, 3, device_row);
			cr_expect_eq(device_row, i);
		}
	}
	cr_expect(table->n < 4 || mount_table_same_device(table, 8, 3, device_row) == NO_ROW);
	cr_expect_eq(mount_table_same_device(table, 8, 7, NO_ROW), NO_ROW);
	cr_expect_eq(mount_table_same_device(table, 9, 3, NO_ROW), NO_ROW);
	cr_expect_eq(mount_table_by_id(table, 999), NO_ROW);
	cr_expect_eq(mount_table_by_id(table, (int)(1000 + table->n)), NO_ROW);
	cr_expect_eq(mount_table_at(table, "/missing", NO_ROW), NO_ROW);
}

Test(host_mount_table, every_row_is_found_and_no_other)
{
	static const size_t sizes[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 1500};

	for (size_t i = 0; i < N(sizes); i++) {
		struct mount_table table = many(sizes[i]);

		cr_assert_eq(table.n, sizes[i]);
		check_indexes(&table);
		cr_expect_eq(table.carries[0], true, "its own parent, and the others'");
		for (size_t row = 1; row < table.n; row++)
			cr_expect_not(table.carries[row]);
	}
}

static size_t row_of(const struct mount_table *table, int id)
{
	return id == 0 ? NO_ROW : mount_table_by_id(table, id);
}

/* 12 hides 11; 14 hides what 13 is; 16 and 17 are stacked; 20 is the container's root, 21 and 22 are inside. */
static const char tree[] = "10 1 8:1 / / rw - t s rw\n"
			   "11 10 8:2 / /a/b rw - t s rw\n"
			   "12 10 8:3 / /a rw - t s rw\n"
			   "13 12 8:4 / /a/c rw - t s rw\n"
			   "14 12 8:5 / /a rw - t s rw\n"
			   "16 10 8:6 / /s rw - t s rw\n"
			   "17 16 8:7 / /s rw - t s rw\n"
			   "18 16 8:8 / /s/under rw - t s rw\n"
			   "19 10 8:9 / /ab rw - t s rw\n"
			   "20 10 8:1 /x /run/root rw - t s rw\n"
			   "21 20 8:2 / /run/root/v rw - t s rw\n"
			   "22 21 8:3 / /run/root/v/w rw - t s rw\n"
			   "23 10 8:1 /y /run/root2 rw - t s rw\n";

Test(host_mount_table, paths_lead_where_the_kernel_leads_them)
{
	static const struct {
		const char *path;
		int covering;
		int top;
	} rows[] = {
		{"/", 10, 10},		 {"/a", 14, 14},
		{"/a/b", 14, 0},	 {"/a/b/x", 14, 0},
		{"/a/c", 14, 0},	 {"/s", 17, 17},
		{"/s/under", 17, 0},	 {"/ab", 19, 19},
		{"/ab/c", 19, 0},	 {"/abc", 10, 0},
		{"/run", 10, 0},	 {"/run/root", 20, 20},
		{"/run/root/v", 21, 21}, {"/run/root/v/w/x", 22, 0},
		{"/run/root2", 23, 23},	 {"/x", 10, 0},
	};
	struct mount_table table = loaded(tree);

	for (size_t i = 0; i < N(rows); i++) {
		cr_expect_eq(mount_table_covering(&table, rows[i].path), row_of(&table, rows[i].covering), "%s",
			     rows[i].path);
		cr_expect_eq(mount_table_top(&table, rows[i].path), row_of(&table, rows[i].top), "%s", rows[i].path);
	}
	cr_expect_not(mount_table_is_inside(&table, row_of(&table, 21)), "nothing is marked");
	cr_assert_eq(mount_table_mark(&arena, &table, row_of(&table, 20), &err), 0);
	for (size_t row = 0; row < table.n; row++)
		cr_expect_eq(mount_table_is_inside(&table, row), table.rows[row].id >= 20 && table.rows[row].id <= 22,
			     "%d", table.rows[row].id);
	cr_expect_eq(mount_table_covering(&table, "/run/root/v/w"), row_of(&table, 10), "the node does not see them");
	cr_expect_eq(mount_table_top(&table, "/run/root/v/w"), row_of(&table, 22));
}

Test(host_mount_table, what_is_hidden_is_not_seen)
{
	static const struct {
		int row;
		const char *path;
		bool seen;
	} rows[] = {
		{10, "/", true},
		{10, "/x", true},
		{10, "/a", false},
		{10, "/a/b", false},
		{10, "/ab", false},
		{10, "/ab/x", false},
		{10, "/abc", true},
		{11, "/a/b", false},
		{12, "/a", false},
		{12, "/a/x", false},
		{13, "/a/c", false},
		{14, "/a", true},
		{14, "/a/b", true},
		{16, "/s", false},
		{17, "/s", true},
		{18, "/s/under", false},
		{19, "/ab", true},
		{20, "/run/root", true},
		{20, "/run/root/v", false},
		{21, "/run/root/v", true},
		{22, "/run/root/v/w", true},
		{23, "/run/root2/v", true},
	};
	struct mount_table table = loaded(tree);

	for (size_t i = 0; i < N(rows); i++)
		cr_expect_eq(mount_table_sees(&table, row_of(&table, rows[i].row), rows[i].path), rows[i].seen, "%d %s",
			     rows[i].row, rows[i].path);
	cr_assert_eq(mount_table_mark(&arena, &table, row_of(&table, 20), &err), 0);
	cr_expect(mount_table_sees(&table, row_of(&table, 10), "/run/root"),
		  "what the container has mounted hides nothing");
}

Test(host_mount_table, the_base_is_where_everything_hangs)
{
	struct mount_table table =
		loaded("11 10 8:2 / / rw - t s rw\n12 11 8:3 / / rw - t s rw\n13 12 8:4 / /a rw - t s rw\n");

	cr_expect_eq(mount_table_covering(&table, "/"), 1);
	cr_expect_eq(mount_table_covering(&table, "/a"), 2);
	table = loaded("11 11 8:2 / / rw - t s rw\n13 11 8:4 / /a rw - t s rw\n");
	cr_expect_eq(mount_table_covering(&table, "/a"), 1, "its own parent");
	table = loaded("12 11 8:3 / / rw - t s rw\n11 10 8:2 / / rw - t s rw\n");
	cr_expect_eq(mount_table_covering(&table, "/"), 0, "in whatever order");
	table = loaded("13 12 8:4 / /a rw - t s rw\n");
	cr_expect_eq(mount_table_covering(&table, "/a"), NO_ROW);
	cr_expect_eq(mount_table_top(&table, "/a"), NO_ROW);
	table = loaded("");
	cr_expect_eq(table.n, 0);
	cr_expect_eq(mount_table_covering(&table, "/"), NO_ROW);
}

/* One upon the other, deeper than anybody needs. */
Test(host_mount_table, towers_end_somewhere)
{
	char *text = arena_alloc(&arena, 600 * 40 + 100);
	struct mount_table table;
	size_t len = 0;

	len += (size_t)snprintf(text, 100, "10 1 8:1 / / rw - t s rw\n");
	for (int i = 11; i < 611; i++)
		len += (size_t)snprintf(text + len, 40, "%d %d 8:2 / /t rw - t s rw\n", i, i - 1);
	table = loaded(text);
	cr_assert_eq(table.n, 601);
	cr_expect_neq(mount_table_covering(&table, "/t"), NO_ROW);
	cr_expect_not(mount_table_sees(&table, 10, "/t"));
	cr_assert_eq(mount_table_mark(&arena, &table, 100, &err), 0);
	cr_expect(mount_table_is_inside(&table, 600), "some way below it");
	cr_expect_not(mount_table_is_inside(&table, 99), "above it");
	cr_assert_eq(mount_table_mark(&arena, &table, 0, &err), 0);
	cr_expect(mount_table_is_inside(&table, 600), "too deep to tell: let it be judged");
}

Test(host_mount_table, places_below_a_place)
{
	static const char rows[] =
		"1 1 8:1 /a /1 rw - t s rw\n2 1 8:1 /a/b /2 rw - t s rw\n3 1 8:1 /a-b /3 rw - t s rw\n"
		"4 1 8:1 /a/b/c /4 rw - t s rw\n5 1 8:1 /ab /5 rw - t s rw\n6 1 8:1 / /6 rw - t s rw\n"
		"7 1 8:2 /a/x /7 rw - t s rw\n8 1 7:1 /a/y /8 rw - t s rw\n9 1 8:1 /a0 /9 rw - t s rw\n"
		"10 1 8:1 / /10 rw - t s rw\n11 1 8:1 /a/b /11 rw - t s rw\n12 1 8:1 /\303\244/z /12 rw - t s rw\n"
		"13 1 9:1 /a/z /13 rw - t s rw\n14 1 8:0 /a/z /14 rw - t s rw\n";
	static const struct {
		unsigned major;
		unsigned minor;
		const char *root;
		size_t n;
	} asked[] = {
		{8, 1, "/a", 3},  {8, 1, "/", 8},   {8, 1, "/a/b", 1},	    {8, 1, "/a/b/c", 0}, {8, 1, "/ab", 0},
		{8, 1, "/zz", 0}, {8, 2, "/a", 1},  {7, 1, "/a", 1},	    {7, 1, "/", 1},	 {8, 3, "/", 0},
		{6, 1, "/a", 0},  {10, 1, "/a", 0}, {8, 1, "/\303\244", 1}, {9, 1, "/a", 1},	 {8, 0, "/", 1},
		{8, 1, "/a/", 0}, {8, 1, "/A", 0},
	};
	struct mount_table table = loaded(rows);

	for (size_t i = 0; i < N(asked); i++) {
		const struct mount_row *const *below;
		size_t n = 77, len = strlen(asked[i].root);

		below = mount_table_below(&table, asked[i].major, asked[i].minor, asked[i].root, &n);
		cr_assert_eq(n, asked[i].n, "%u:%u %s: %zu", asked[i].major, asked[i].minor, asked[i].root, n);
		for (size_t j = 0; j < n; j++)
			cr_expect(below[j]->major == asked[i].major && below[j]->minor == asked[i].minor &&
					  strncmp(below[j]->root, asked[i].root, len) == 0 &&
					  below[j]->root[len] != '\0',
				  "%s: %s", asked[i].root, below[j]->root);
	}
	table = loaded("");
	(void)mount_table_below(&table, 8, 1, "/", &(size_t){0});
}

Test(host_mount_table, paths_are_joined_by_one_slash)
{
	cr_expect_eq(path_skip("/"), 0);
	cr_expect_eq(path_skip("/a"), 2);
	cr_expect_eq(path_skip("/a/b"), 4);
	cr_expect_str_eq(path_join(&arena, "/base", "/a/b", 2), "/base/b");
	cr_expect_str_eq(path_join(&arena, "/base", "/a", 2), "/base");
	cr_expect_str_eq(path_join(&arena, "/base", "/", 0), "/base");
	cr_expect_str_eq(path_join(&arena, "/base", "/a", 0), "/base/a");
	cr_expect_str_eq(path_join(&arena, "/", "/a/b", 2), "/b");
	cr_expect_str_eq(path_join(&arena, "/", "/a", 2), "/");
	cr_expect_str_eq(path_join(&arena, "/", "/", 0), "/");
}

Test(host_mount_table, numbers_fill_their_field)
{
	static const struct {
		const char *text;
		unsigned long max;
		bool good;
		unsigned long number;
	} rows[] = {
		{"0", 9, true, 0},
		{"9", 9, true, 9},
		{"10", 10, true, 10},
		{"11", 10, false, 0},
		{"20", 10, false, 0},
		{"", 9, false, 0},
		{"-1", 9, false, 0},
		{"+1", 9, false, 0},
		{" 1", 9, false, 0},
		{"1 ", 9, false, 0},
		{"1a", 99, false, 0},
		{"/", 99, false, 0},
		{":", 99, false, 0},
		{"007", 9, true, 7},
		{"4294967295", UINT_MAX, true, UINT_MAX},
		{"4294967296", UINT_MAX, false, 0},
		{"18446744073709551615", ULONG_MAX, true, ULONG_MAX},
		{"18446744073709551616", ULONG_MAX, false, 0},
		{"18446744073709551625", ULONG_MAX, false, 0},
		{"99999999999999999999", ULONG_MAX, false, 0},
		{"2147483648", INT_MAX, false, 0},
	};

	for (size_t i = 0; i < N(rows); i++) {
		unsigned long number = 0;

		cr_expect_eq(text_number(rows[i].text, strlen(rows[i].text), rows[i].max, &number), rows[i].good, "%s",
			     rows[i].text);
		cr_expect_eq(number, rows[i].number, "%s", rows[i].text);
	}
}

Test(host_mount_table, lines_end_with_the_text)
{
	const char *cursor = "a\n\nbc";
	size_t len = 0;

	cr_expect_str_eq(text_line(&cursor, &len), "a\n\nbc");
	cr_expect_eq(len, 1);
	cr_expect_not_null(text_line(&cursor, &len));
	cr_expect_eq(len, 0);
	cr_expect_str_eq(text_line(&cursor, &len), "bc");
	cr_expect_eq(len, 2);
	cr_expect_null(text_line(&cursor, &len));
	cr_expect_null(text_line(&cursor, &len));
}

/* @len bytes that differ from their neighbours */
static const char *pattern(size_t len)
{
	char *text = arena_alloc(&arena, len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + i % 26);
	return text;
}

Test(host_mount_table, small_files_are_read_whole_or_not_at_all)
{
	static const size_t sizes[] = {0, 1, 100, 2047, 2048, 2049, 4095};
	char name[] = "/tmp/ocigate-text.XXXXXX", buffer[4096];
	int fd = mkstemp(name);

	cr_assert_geq(fd, 0);
	for (size_t i = 0; i < N(sizes); i++) {
		const char *text = pattern(sizes[i]);

		cr_assert_eq(ftruncate(fd, 0), 0);
		cr_assert_eq(pwrite(fd, text, sizes[i], 0), (ssize_t)sizes[i]);
		memset(buffer, '#', sizeof(buffer));
		cr_expect(text_read_small(AT_FDCWD, name, buffer, sizeof(buffer)), "%zu", sizes[i]);
		cr_expect_str_eq(buffer, text, "%zu", sizes[i]);
	}
	cr_expect_not(text_read_small(AT_FDCWD, name, buffer, 4095), "no room for what ends it");
	cr_expect_not(text_read_small(AT_FDCWD, name, buffer, 100));
	cr_expect_not(text_read_small(AT_FDCWD, "/no/such/file", buffer, sizeof(buffer)));
	cr_expect_not(text_read_small(AT_FDCWD, "/tmp", buffer, sizeof(buffer)), "a directory");
	close(STDIN_FILENO);
	cr_expect(text_read_small(AT_FDCWD, name, buffer, sizeof(buffer)), "as the first descriptor");
	close(fd);
	unlink(name);
}

/* Half a page and more is asked for again until nothing comes. */
Test(host_mount_table, long_answers_come_in_parts)
{
	char path[64], buffer[8192];
	const char *text = pattern(5000);
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (write(ends[1], text, 3000) != 3000)
			_exit(1);
		(void)usleep(20000);
		_exit(write(ends[1], text + 3000, 2000) != 2000);
	}
	close(ends[1]);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	cr_expect(text_read_small(AT_FDCWD, path, buffer, sizeof(buffer)));
	cr_expect_str_eq(buffer, text);
	close(ends[0]);
	waitpid(pid, NULL, 0);
}
