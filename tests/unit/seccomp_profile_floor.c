/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default profile must satisfy the rule that puts it in: for every capability that a container can have, it lets
 * nothing through that the floor stops without a reason. Otherwise amending would end in a refusal.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/amend.h"
#include "ocigate/seccomp.h"

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)256 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(seccomp_profile_floor, .init = begin, .fini = finish);

static const char form[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"args\":[\"x\"],\"cwd\":\"/\","
	"\"capabilities\":{}},\"root\":{\"path\":\"rootfs\"},\"linux\":{\"namespaces\":[],\"seccomp\":%s}}";

static void check(uint64_t caps)
{
	struct seccomp_answer answer;
	struct container container;
	struct text text;
	struct err err;

	text.bytes = arena_printf(&arena, form, seccomp_default_profile(&arena, caps));
	text.len = strlen(text.bytes);
	cr_assert_eq(spec_parse(&arena, &text, "/bundle", "c", &container, &err), 0, "%s: %s", err.pointer, err.text);
	cr_assert_eq(seccomp_ask(&arena, &container.seccomp, &answer, &err), 0, "%s", err.text);
	cr_assert(answer.known, "%s", answer.why);
	for (size_t i = 0; i < answer.n_holes; i++) {
		const struct seccomp_hole *hole = &answer.holes[i];

		cr_expect(hole->call->common || (hole->call->justified_by & caps) != 0,
			  "%s comes through on %s with %#llx", hole->call->name, hole->arch, (unsigned long long)caps);
	}
}

Test(seccomp_profile_floor, satisfies_the_rule_with_any_capability)
{
	check(0);
	check(~UINT64_C(0));
	for (int number = 0; number <= 40; number++)
		check(UINT64_C(1) << number);
}

/* Without a capability it stops even what the engines' own profiles let through, debuggers apart. */
Test(seccomp_profile_floor, stops_what_others_let_through)
{
	struct seccomp_answer answer;
	struct container container;
	struct text text;
	struct err err;

	text.bytes = arena_printf(&arena, form, seccomp_default_profile(&arena, 0));
	text.len = strlen(text.bytes);
	cr_assert_eq(spec_parse(&arena, &text, "/bundle", "c", &container, &err), 0, "%s", err.text);
	cr_assert_eq(seccomp_ask(&arena, &container.seccomp, &answer, &err), 0);
	for (size_t i = 0; i < answer.n_holes; i++)
		cr_expect(strcmp(answer.holes[i].call->name, "ptrace") == 0 ||
				  strcmp(answer.holes[i].call->name, "process_vm_writev") == 0,
			  "%s comes through on %s", answer.holes[i].call->name, answer.holes[i].arch);
}
