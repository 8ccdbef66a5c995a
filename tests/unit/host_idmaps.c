/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Id maps: what user_namespaces(7) says of a map's lines, and what becomes of
 * the ids of a namespace within a namespace.
 */
#include "host_facts.h"

#include <stdio.h>
#include <string.h>

#include "../../enforce/host/internal.h"

static struct facts facts;

static void begin(void)
{
	arena_init(&facts.arena, (size_t)1 << 20);
}

static void finish(void)
{
	facts_end(&facts);
}

TestSuite(host_idmaps, .init = begin, .fini = finish);

/* @lines one below the other, each of one id */
static int parse_lines(struct arena *arena, int lines, struct id_mappings *ret_map)
{
	const char *text = "";

	for (int i = 0; i < lines; i++)
		text = arena_printf(&facts.arena, "%s%d %d 1\n", text, i, 1000 + 2 * i);
	return idmap_parse(arena, text, ret_map, &facts.err);
}

/* The kernel takes no more than 340. */
Test(host_idmaps, have_as_many_lines_as_the_kernel_takes)
{
	struct id_mappings map = {0};

	arena_release(&facts.arena);
	arena_init(&facts.arena, (size_t)8 << 20);
	cr_assert_eq(parse_lines(&facts.arena, 340, &map), 0, "%s", facts.err.text);
	cr_assert_eq(map.n, 340);
	cr_expect_eq(host_id_of(&map, 339), 1678);
	cr_expect_eq(host_id_of(&map, 340), -1);
	cr_expect_eq(parse_lines(&facts.arena, 341, &map), -1);
	cr_expect_eq(facts.err.kind, ERR_INPUT);
	cr_expect_eq(map.n, 340, "as it was");
}

Test(host_idmaps, say_when_memory_runs_out)
{
	struct id_mappings map = {0};
	struct arena none;

	arena_init(&none, 0);
	cr_expect_eq(parse_lines(&none, 1, &map), -1);
	cr_expect_eq(facts.err.kind, ERR_SYSTEM);
	cr_expect_eq(map.n, 0);
	arena_release(&none);
}

/* All ids but the last one, which means none ((uid_t)-1). */
Test(host_idmaps, of_the_node_are_one_line)
{
	struct host host = {0};

	idmap_of_node(&host);
	cr_expect(host.id_maps_known);
	cr_expect_eq(host.uid_map.n, 1);
	cr_expect_eq(host.gid_map.n, 1);
	cr_expect_eq(host_id_of(&host.uid_map, 0), 0);
	cr_expect_eq(host_id_of(&host.uid_map, 4294967294), 4294967294);
	cr_expect_eq(host_id_of(&host.gid_map, 4294967295), -1);
}

/* Who makes the namespace and maps nothing, or only one kind of ids, leaves the rest to whoever writes it later. */
Test(host_idmaps, that_the_spec_does_not_have_are_unknown)
{
	static const char *const members[] = {
		"",
		",\"uidMappings\":[],\"gidMappings\":[]",
		",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]",
		",\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]",
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct host host = {0};

		facts_end(&facts);
		facts_container(&facts, "{\"type\":\"user\"}", "", members[i]);
		idmap_from_spec(&host, &facts.container);
		cr_expect_not(host.id_maps_known, "%s", members[i]);
	}
}

/* A user's engine: root is that user, 1 to 65,536 are the user's further ids. */
static const struct id_mapping of_user[] = {{0, 1000, 1}, {1, 100000, 65536}};
static const struct id_mappings outer = {of_user, 2};

Test(host_idmaps, within_a_users_namespace_are_as_the_machine_sees_them)
{
	static const struct id_mapping inner[] = {
		{0, 1, 1000}, {1000, 0, 1}, {2000, 65537, 5}, {3000, 65000, 500}, {4000, 7, 1}};
	struct id_mappings map = {inner, 4}; /* the fifth is none of them */

	idmap_outside(&facts.arena, &outer, &map);
	cr_assert_eq(map.n, 3, "what the user does not have stands for nobody");
	cr_expect_eq(host_id_of(&map, 0), 100000);
	cr_expect_eq(host_id_of(&map, 999), 100999);
	cr_expect_eq(host_id_of(&map, 1000), 1000);
	cr_expect_eq(host_id_of(&map, 2000), -1);
	cr_expect_eq(host_id_of(&map, 3001), 165000);
}

/* Whoever is root outside is root, in the second namespace too. */
Test(host_idmaps, that_lead_to_root_say_so)
{
	static const struct id_mapping roots[] = {{5, 0, 1}}, inner[] = {{0, 5, 1}};
	struct id_mappings map = {inner, 1};

	idmap_outside(&facts.arena, &(struct id_mappings){roots, 1}, &map);
	cr_assert_eq(map.n, 1);
	cr_expect_eq(host_id_of(&map, 0), 0);
}

Test(host_idmaps, without_memory_map_nothing)
{
	static const struct id_mapping inner[] = {{0, 1, 1000}};
	struct id_mappings map = {inner, 1};
	struct arena none;

	arena_init(&none, 0);
	idmap_outside(&none, &outer, &map);
	cr_expect_eq(map.n, 0);
	cr_expect(none.failed, "and it is told");
	arena_release(&none);
}
