/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through what the runtime-spec has no name for, and through keys that are data: it keeps its place, sees every
 * key that comes twice, however many there are, and counts the levels.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/json.h"
#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* Before and behind what a test puts in as members of the document */
#define BEFORE                                                                                                         \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"cwd\":\"/\",\"capabilities\":{}},"
#define BEHIND ",\"root\":{\"path\":\"r\"}}"

static bool parses(const char *members, struct err *err)
{
	struct container container = {.id = "untouched"};
	struct text text = {0};
	struct arena arena;
	char bytes[4096];
	bool good;

	text.len = (size_t)snprintf(bytes, sizeof(bytes), BEFORE "%s" BEHIND, members);
	cr_assert_lt(text.len, sizeof(bytes));
	text.bytes = bytes;
	*err = (struct err){0};
	arena_init(&arena, 1 << 20);
	good = spec_parse(&arena, &text, "/run/b", "id", &container, err) == 0;
	cr_expect_eq(good, strcmp(container.id, "untouched") != 0, "%s", members);
	arena_release(&arena);
	return good;
}

static const struct {
	const char *members;
	const char *pointer;
	const char *says;
} refused_table[] = {
	/* twice: side by side, with others between, in the order of the alphabet and against it */
	{"\"x\":1,\"x\":1", "/x", "\"x\" given twice"},
	{"\"x\":1,\"y\":1,\"x\":1", "/x", "\"x\" given twice"},
	{"\"z\":1,\"y\":1,\"x\":1,\"z\":1", "/z", "\"z\" given twice"},
	{"\"x\":{\"a\":1,\"a\":1}", "/x/a", "\"a\" given twice"},
	{"\"x\":{\"c\":1,\"b\":1,\"a\":1,\"c\":1}", "/x/c", "\"c\" given twice"},
	{"\"x\":[{\"a\":1,\"a\":1}]", "/x/0/a", "\"a\" given twice"},
	{"\"annotations\":{\"a\":\"\",\"a\":\"\"}", "/annotations/a", "\"a\" given twice"},
	{"\"annotations\":{\"c\":\"\",\"b\":\"\",\"a\":\"\",\"c\":\"\"}", "/annotations/c", "\"c\" given twice"},
	{"\"annotations\":{\"a\":\"\",\"\\u0061\":\"\"}", "/annotations/a", "\"a\" given twice"},
	{"\"linux\":{\"sysctl\":{\"a\":\"\",\"a\":\"\"}}", "/linux/sysctl/a", "\"a\" given twice"},
	{"\"linux\":{\"resources\":{\"unified\":{\"a\":\"\",\"a\":\"\"}}}", "/linux/resources/unified/a",
	 "\"a\" given twice"},
	{"\"linux\":{\"resources\":{\"rdma\":{\"a\":{},\"a\":{}}}}", "/linux/resources/rdma/a", "\"a\" given twice"},
	{"\"linux\":{\"netDevices\":{\"c\":{},\"b\":{},\"a\":{},\"c\":{}}}", "/linux/netDevices/c",
	 "\"c\" given twice"},
	{"\"linux\":{\"timeOffsets\":{\"a\":{},\"a\":{}}}", "/linux/timeOffsets/a", "\"a\" given twice"},
	/* the place behind what was read without a complaint */
	{"\"x\":{\"a\":1},\"y\":null", "/y", "\"y\" is null"},
	{"\"x\":[1],\"y\":null", "/y", "\"y\" is null"},
	{"\"x\":{},\"y\":[],\"z\":\"\",\"u\":1,\"v\":true,\"w\":null", "/w", "\"w\" is null"},
	{"\"x\":{\"a\":1,\"b\":2,\"c\":null}", "/x/c", "\"c\" is null"},
	{"\"x\":[1,2,null]", "/x/2", "element 2 of \"x\" is null"},
	{"\"annotations\":{\"a\":\"\",\"b\":\"\",\"c\":1}", "/annotations/c", "\"c\" is a number"},
	{"\"linux\":{\"netDevices\":{\"a\":{},\"b\":{\"name\":1}}}", "/linux/netDevices/b/name",
	 "\"name\" is a number"},
	{"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"uts\"},{\"type\":\"x\"}]}",
	 "/linux/namespaces/2/type", "\"type\" is \"x\""},
	{"\"mounts\":[{\"destination\":\"/a\"},{\"destination\":\"/b\"},{}]", "/mounts/2/destination",
	 "\"destination\" is missing"},
	/* names with odd characters, below the first level too */
	{"\"x\":{\"a\\nb\":1}", "/x/a?b", "printable ASCII"},
	{"\"x\":{\"a\\nb\":{\"c\":1}}", "/x/a?b", "printable ASCII"},
	{"\"linux\":{\"netDevices\":{\"a\\nb\":{}}}", "/linux/netDevices/a?b", "control characters"},
};

Test(spec_walk, keeps_its_place)
{
	for (size_t i = 0; i < N(refused_table); i++) {
		const char *members = refused_table[i].members;
		struct err err;

		cr_expect_not(parses(members, &err), "accepted: %s", members);
		cr_expect_eq(err.kind, ERR_DENIED, "%s: %s", members, err.text);
		cr_expect_str_eq(err.pointer, refused_table[i].pointer, "%s: points to %s", members, err.pointer);
		cr_expect(strstr(err.text, refused_table[i].says), "%s: says %s", members, err.text);
	}
}

/* Lists grow while they are read: every number of elements around the sizes that they grow to. */
Test(spec_walk, reads_any_number)
{
	for (int n = 0; n <= 70; n++) {
		char list[1024] = "", keys[2048] = "", members[4096];
		struct err err;

		for (int i = 0; i < n; i++) {
			char one[32];

			(void)snprintf(one, sizeof(one), "%s%d", i ? "," : "", i);
			(void)strcat(list, one);
			(void)snprintf(one, sizeof(one), "%s\"k%02d\":\"%d\"", i ? "," : "", i * 37 % 71, i);
			(void)strcat(keys, one);
		}
		(void)snprintf(members, sizeof(members), "\"annotations\":{%s},\"x\":[%s],\"y\":{%s}", keys, list,
			       keys);
		cr_expect(parses(members, &err), "%d: %s %s", n, err.pointer, err.text);
		(void)snprintf(members, sizeof(members), "\"annotations\":{%s%s\"k00\":\"\"}", keys, n ? "," : "");
		cr_expect_eq(parses(members, &err), n == 0, "%d", n);
	}
}

/* @levels, the document itself among them: arrays and objects by turns */
static void nest(char *text, int levels, bool array)
{
	(void)strcpy(text, "\"later\":");
	for (int i = 1; i < levels; i++)
		(void)strcat(text, i % 2 == array ? "[" : "{\"a\":");
	(void)strcat(text, "1");
	for (int i = levels - 1; i >= 1; i--)
		(void)strcat(text, i % 2 == array ? "]" : "}");
}

Test(spec_walk, counts_the_levels)
{
	for (int levels = 2; levels <= 40; levels++) {
		for (int array = 0; array < 2; array++) {
			char members[512];
			struct err err;

			nest(members, levels, array);
			cr_expect_eq(parses(members, &err), levels <= JSON_DEPTH_MAX, "%s: %s", members, err.text);
			if (levels > JSON_DEPTH_MAX)
				cr_expect(strstr(err.text, "deeper than 32"), "%s", err.text);
		}
	}
}

/* jansson's memory is whose it was before; a slip of syntax is told in its own words, a text cut short with its name. */
Test(spec_walk, leaves_jansson_as_it_was)
{
	struct arena arena;
	struct err err;

	arena_init(&arena, 1 << 20);
	cr_expect_null(json_use_arena(&arena));
	cr_expect_not(parses("\"x\":01", &err));
	cr_expect_eq(strncmp(err.text, "a number with a leading zero", 28), 0, "%s", err.text);
	cr_expect_eq(json_use_arena(NULL), &arena);
	cr_expect_eq(arena.used, 0, "the tree of a refused document is not the arena's");
	arena_release(&arena);
}
