/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recommendations and rules must tell of each other; joined wishes must match
 * what the single ones matched, and nothing else.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../enforce/report/wish.h"

Test(report, recommendations_and_rules_name_each_other)
{
	for (size_t i = 0; i < RECOMMENDATIONS; i++) {
		const struct recommendation *row = &recommendation_table[i];

		cr_expect((row->n_rules == 0) == (row->elsewhere != NULL), "%u has rules or a reason", row->number);
		for (size_t j = 0; j < row->n_rules; j++) {
			const char *text = rule_table[row->rules[j]]->recommendation;

			cr_assert(text, "%s", rule_table[row->rules[j]]->name);
			cr_expect_eq(strtoul(text, NULL, 10), row->number, "%s says %s",
				     rule_table[row->rules[j]]->name, text);
			/* One rule has the title as Microsoft's page has it now, which goes on. */
			cr_expect(strncmp(strchr(text, ' ') + 1, row->title, strlen(row->title)) == 0, "%s", text);
		}
	}
}

Test(report, every_rule_with_a_number_is_in_the_table)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const char *text = rule_table[i]->recommendation;
		const unsigned long number = text ? strtoul(text, NULL, 10) : 0;
		bool found = false;

		for (size_t j = 0; number > 0 && j < RECOMMENDATIONS; j++)
			for (size_t k = 0; k < recommendation_table[j].n_rules; k++)
				found = found || (recommendation_table[j].rules[k] == rule_table[i]->id &&
						  recommendation_table[j].number == number);
		cr_expect(number == 0 || found, "%s: %s", rule_table[i]->name, text);
	}
}

enum { VALUES = 3, COMBINATIONS = VALUES * VALUES * VALUES * VALUES };
static const char *const words[VALUES] = {"a", "b", "c"};

/* The workload with this number: a digit to the base of 3 for each list. */
static void workload(unsigned number, const char *values[WISH_LISTS])
{
	for (size_t i = 0; i < WISH_LISTS; i++, number /= VALUES)
		values[i] = words[number % VALUES];
}

static bool has(const struct strings *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

/* The rules that these wishes except for a workload. */
static uint64_t excepted(const struct wishes *wishes, unsigned number)
{
	const char *values[WISH_LISTS];
	uint64_t rules = 0;

	workload(number, values);
	for (size_t i = 0; i < wishes->n; i++) {
		bool matches = true;

		for (size_t list = 0; list < WISH_LISTS; list++)
			matches = matches && has(&wishes->items[i].lists[list], values[list]);
		rules |= matches ? wishes->items[i].rules : 0;
	}
	return rules;
}

Test(report, joined_wishes_match_no_more_and_no_less)
{
	unsigned random = 1;

	for (int round = 0; round < 300; round++) {
		struct arena arena;
		struct wishes wishes = {.arena = &arena};
		uint64_t wanted[COMBINATIONS] = {0};
		size_t before;

		arena_init(&arena, (size_t)8 << 20);
		for (int i = 0; i < 20; i++) {
			const char *values[WISH_LISTS];
			unsigned number;

			random = random * 1103515245U + 12345U;
			number = random / 65536U % COMBINATIONS;
			workload(number, values);
			wishes_add(&wishes, values, 1 + random / 65536U % 2);
			wanted[number] |= 1 + random / 65536U % 2;
		}
		before = wishes.n;
		wishes_join(&wishes);
		cr_assert_leq(wishes.n, before);
		for (unsigned i = 0; i < COMBINATIONS; i++)
			cr_assert_eq(excepted(&wishes, i), wanted[i], "round %d, workload %u", round, i);
		arena_release(&arena);
	}
}

/* Two namespaces times two images times two names: one exception says it all. */
Test(report, a_full_product_becomes_one)
{
	struct arena arena;
	struct wishes wishes = {.arena = &arena};

	arena_init(&arena, (size_t)1 << 20);
	for (unsigned i = 0; i < 8; i++) {
		const char *values[WISH_LISTS] = {"containerd", words[i & 1], words[i >> 1 & 1], words[i >> 2]};

		wishes_add(&wishes, values, 5);
	}
	wishes_join(&wishes);
	cr_assert_eq(wishes.n, 1);
	cr_expect_eq(wishes.items[0].rules, 5);
	cr_expect_eq(wishes.items[0].lists[WISH_ENGINES].n, 1);
	cr_expect_eq(wishes.items[0].lists[WISH_NAMESPACES].n, 2);
	cr_expect_eq(wishes.items[0].lists[WISH_CONTAINERS].n, 2);
	cr_expect_eq(wishes.items[0].lists[WISH_IMAGES].n, 2);
	arena_release(&arena);
}

/* A container without an image is not one with any image. */
Test(report, none_joins_with_nothing)
{
	static const char *const with[WISH_LISTS] = {"cri-o", "n", "c", "image"}, *const without[WISH_LISTS] = {
											  "cri-o", "n", "c", ""};
	struct arena arena;
	struct wishes wishes = {.arena = &arena};

	arena_init(&arena, (size_t)1 << 20);
	wishes_add(&wishes, with, 1);
	wishes_add(&wishes, without, 1);
	wishes_join(&wishes);
	cr_expect_eq(wishes.n, 2);
	arena_release(&arena);
}
