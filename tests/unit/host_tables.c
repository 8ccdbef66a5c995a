/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount tables that no kernel prints: an error, or judged without harm.
 */
#include "host_tables.h"

#include <string.h>

static struct facts facts;

static void finish(void)
{
	facts_end(&facts);
}

TestSuite(host_tables, .fini = finish);

static const char *const bad_rows[] = {
	"x\n",
	"\n",
	"10 1 8:1 / / rw - ext4\n",
	"10 1 8:1 / / rw shared:1\n",
	"10 1 8:1 / / rw shared:1 -\n",
	"10 1 8:1 / / rw shared:1 - \n",
	"10 1 81 / / rw - ext4 x rw\n",
	"10 1 8:1 / relative rw - ext4 x rw\n",
	"10 1 8:1  / rw - ext4 x rw\n",
	"-1 1 8:1 / / rw - ext4 x rw\n",
	"10 99999999999 8:1 / / rw - ext4 x rw\n",
	"10 1 8:4294967296 / / rw - ext4 x rw\n",
	"10 1 8:1 / / rw - ext4 x rw more\n",
	NODE "10",
	NODE "\0",
};

Test(host_tables, malformed_tables_are_an_error)
{
	/* The last one is no error: a NUL ends the text. */
	for (size_t i = 0; i + 1 < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
		tables_record(&facts, PROC, bad_rows[i], NULL);
		cr_expect_eq(facts.rc, -1, "%s", bad_rows[i]);
		cr_expect_eq(facts.err.kind, ERR_INPUT);
		facts_end(&facts);
	}
}

/* Not one of these may crash or hang; what they mean does not matter. */
static const char *const mad_tables[] = {
	"10 1 8:1 x / rw - ext4 x rw\n12 10 0:20 / /run rw - tmpfs tmpfs rw\n" ROOT
	"60 50 8:1 x /run/b/rootfs/v rw - ext4 x rw\n",
	"10 11 8:1 / / rw - ext4 x rw\n11 10 8:1 / / rw - ext4 x rw\n",
	"10 10 8:1 / / rw - ext4 x rw\n50 50 8:1 / /run/b/rootfs rw - ext4 x rw\n",
	NODE "50 51 8:1 / /run/b/rootfs rw - ext4 x rw\n51 50 8:1 / /run/b/rootfs rw - ext4 x rw\n",
	NODE "50 12 8:1 / /run/b/rootfs rw - ext4 x rw\n50 50 8:1 / /run/b/rootfs/v rw - ext4 x rw\n",
	NODE ROOT "60 50 8:1 //deleted /run/b/rootfs/v rw - ext4 x rw\n",
	NODE ROOT "60 50 8:1 \\057 /run/b/rootfs/v rw - ext4 x rw\n",
	NODE ROOT "60 50 8:1 /a\\ /run/b/rootfs/v\\0 rw - ext4 x rw\n",
	NODE ROOT "60 50 0:70 / /run/b/rootfs/v rw - overlay o lowerdir=:,upperdir=,lowerdir\n",
	NODE ROOT "60 50 0:70 / /run/b/rootfs/v rw - overlay o lowerdir=\\,upperdir=\\0\n",
	NODE "13 10 0:70 / /o rw - overlay o lowerdir=/o\n" ROOT
	     "60 50 0:70 / /run/b/rootfs/v rw - overlay o lowerdir=/o\n",
	NODE ROOT "60 50 8:1 / /run/b/rootfs/v rw shared: - ext4 x \n",
};

Test(host_tables, mad_tables_do_no_harm, .timeout = 20)
{
	for (size_t i = 0; i < sizeof(mad_tables) / sizeof(mad_tables[0]); i++) {
		tables_record(&facts, BIND("/etc"), mad_tables[i], NULL);
		cr_expect(facts.rc == 0 || facts.err.kind == ERR_INPUT);
		for (size_t j = 0; j < facts.host.n_mounts; j++)
			for (size_t k = 0; k < facts.host.mounts[j].origin.paths.n; k++)
				cr_expect_eq(facts.host.mounts[j].origin.paths.items[k][0], '/', "table %zu", i);
		facts_end(&facts);
	}
}

/* Every prefix of a good table, and every table with one byte changed. */
Test(host_tables, damaged_tables_do_no_harm, .timeout = 60)
{
	static const char good[] = NODE "13 10 0:70 / /o rw - overlay o rw,lowerdir=/a:/b,upperdir=/u/v/w/x\n" ROOT V(
		"0:70 /x", "rw shared:1 - overlay o rw,lowerdir=/a:/b,upperdir=/u/v/w/x");
	static const char bytes[] = " /:-\\\n0x";
	char text[sizeof(good)];

	facts_container(&facts, "", BIND("/o/x"), "");
	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		const struct facts_file files[] = {{"mountinfo", text}, {NULL, NULL}};
		struct arena mark;

		memcpy(text, good, sizeof(good));
		text[at] = bytes[at % (sizeof(bytes) - 1)];
		facts_record(&facts, files);
		cr_expect(facts.rc == 0 || facts.err.kind == ERR_INPUT, "byte %zu: %s", at, facts.err.text);
		memcpy(text, good, at);
		text[at] = '\0';
		facts_record(&facts, files);
		cr_expect(facts.rc == 0 || facts.err.kind == ERR_INPUT, "cut at %zu: %s", at, facts.err.text);
		mark = facts.arena;
		cr_assert_not(mark.failed);
		if (at % 64 == 0) {
			facts_end(&facts);
			facts_container(&facts, "", BIND("/o/x"), "");
		}
	}
}
