/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions that are kept for `ocigate explain`. The store must belong to root: others skip.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ocigate/decision.h"

static struct arena arena;
static struct err err;
static char base[] = "/run/ocigate-store-XXXXXX", store[64];

static void begin(void)
{
	if (geteuid() != 0)
		cr_skip_test("the store must belong to root");
	arena_init(&arena, (size_t)8 << 20);
	cr_assert_not_null(mkdtemp(base));
	(void)snprintf(store, sizeof(store), "%s/run/decisions", base);
}

static void finish(void)
{
	char command[128];

	arena_release(&arena);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", base);
	cr_assert_eq(system(command), 0);
}

TestSuite(decision_store, .init = begin, .fini = finish);

static struct decision refused(const char *id, const char *stage)
{
	struct decision decision;

	decision_init(&decision, &arena, stage);
	decision.id = id;
	decision.findings.rule = rule_find("host-namespaces");
	(void)findings_add(&decision.findings, FINDING_VIOLATION, "/linux/namespaces", "v", "is shared", "mend it");
	return decision;
}

static size_t files(void)
{
	struct dirent *entry;
	DIR *dir = opendir(store);
	size_t n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	if (dir)
		(void)closedir(dir);
	return n;
}

static int keep(const struct decision *decision)
{
	struct decision_text text = {.body = 0};

	return decision_keep(decision, store, &text, &err);
}

Test(decision_store, keeps_what_it_tells)
{
	static const struct amendment_record amendment[] = {{NULL, "/linux/seccomp", "null", "\"default\""}};
	struct amendment_record own = amendment[0];
	struct decision decision = refused("6c1f00", "createRuntime");
	struct kept_decision kept[4];
	size_t n = 0;

	own.rule = rule_find("host-namespaces");
	decision.amendments = &own;
	decision.n_amendments = 1;
	decision.identity.trusted = true;
	decision.identity.is_doctor = true;
	decision.identity.engine = ENGINE_CRIO;
	decision.identity.pod = "web";
	decision.policy_stale = "broken";
	decision.time_us = 951782400000000;
	decision_note(&decision, "a note");
	cr_assert_eq(keep(&decision), 0, "%s", err.text);
	cr_assert_eq(decision_recall(&arena, store, "6c1", kept, 4, &n, &err), 0, "%s", err.text);
	cr_assert_eq(n, 1);
	cr_assert_str_eq(kept[0].time, "2000-02-29T00:00:00.000000Z");
	cr_assert_eq(kept[0].decision.verdict, VERDICT_DENY);
	cr_assert_str_eq(kept[0].decision.id, "6c1f00");
	cr_assert_str_eq(kept[0].decision.identity.pod, "web");
	cr_assert_eq(kept[0].decision.identity.engine, ENGINE_CRIO);
	cr_assert(kept[0].decision.identity.trusted);
	cr_assert(kept[0].decision.identity.is_doctor);
	cr_assert_str_eq(kept[0].decision.policy_stale, "broken");
	cr_assert_str_eq(kept[0].decision.notes.items[0], "a note");
	cr_assert_eq(kept[0].decision.findings.n, 1);
	cr_assert_str_eq(kept[0].decision.findings.items[0].message, "is shared");
	cr_assert_str_eq(kept[0].decision.findings.items[0].remedy, "mend it");
	cr_assert_eq(kept[0].decision.n_amendments, 1);
	cr_assert_str_eq(kept[0].decision.amendments[0].after, "\"default\"");
}

Test(decision_store, each_stage_has_its_place_and_the_oldest_comes_first)
{
	struct decision hook = refused("aa", "createRuntime"), wrapper = refused("aa", "runtime");
	struct kept_decision kept[4];
	size_t n = 0;

	hook.time_us = 2000000;
	wrapper.time_us = 1000000;
	cr_assert_eq(keep(&hook), 0);
	cr_assert_eq(keep(&wrapper), 0);
	cr_assert_eq(keep(&hook), 0, "again: in the place of the former");
	cr_assert_eq(decision_recall(&arena, store, "aa", kept, 4, &n, &err), 0, "%s", err.text);
	cr_assert_eq(n, 2);
	cr_assert_str_eq(kept[0].decision.stage, "runtime");
	cr_assert_str_eq(kept[1].decision.stage, "createRuntime");
}

Test(decision_store, asks_for_more_of_an_id_that_fits_several)
{
	struct decision one = refused("ab1", "createRuntime"), two = refused("ab2", "createRuntime");
	struct kept_decision kept[4];
	size_t n = 0;

	cr_assert_eq(keep(&one), 0);
	cr_assert_eq(keep(&two), 0);
	cr_assert_lt(decision_recall(&arena, store, "ab", kept, 4, &n, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_eq(decision_recall(&arena, store, "ab2", kept, 4, &n, &err), 0);
	cr_assert_lt(decision_recall(&arena, store, "ac", kept, 4, &n, &err), 0);
}

Test(decision_store, keeps_no_clean_admission_and_no_odd_id)
{
	struct decision decision = refused("../escaped", "createRuntime");

	cr_assert_eq(keep(&decision), 0);
	decision_init(&decision, &arena, "createRuntime");
	decision.id = "fine";
	decision.verdict = VERDICT_ADMIT;
	cr_assert_eq(keep(&decision), 0);
	cr_assert_eq(files(), 0);
}

Test(decision_store, is_bounded)
{
	for (int i = 0; i < 1200; i++) {
		char id[16];
		struct decision decision;

		(void)snprintf(id, sizeof(id), "id-%d", i);
		decision = refused(id, "createRuntime");
		cr_assert_eq(keep(&decision), 0, "%s", err.text);
		if (i % 100 == 0) {
			arena_release(&arena);
			arena_init(&arena, (size_t)8 << 20);
		}
	}
	cr_assert_leq(files(), 512);
	cr_assert_geq(files(), 400, "the places are used");
}

Test(decision_store, does_not_trust_a_directory_of_others)
{
	struct decision decision = refused("aa", "createRuntime");

	cr_assert_eq(keep(&decision), 0);
	cr_assert_eq(chmod(store, 0777), 0);
	cr_assert_lt(keep(&decision), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
}

Test(decision_store, survives_what_is_no_record)
{
	struct decision decision = refused("aa", "createRuntime");
	struct kept_decision kept[4];
	char path[128];
	size_t n = 0;
	int fd;

	cr_assert_eq(keep(&decision), 0);
	(void)snprintf(path, sizeof(path), "%s/broken.json", store);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_eq(write(fd, "{\"id\": 1, \"findings\"", 20), 20);
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/fifo.json", store);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_assert_eq(decision_recall(&arena, store, "a", kept, 4, &n, &err), 0, "%s", err.text);
	cr_assert_eq(n, 1);
}
