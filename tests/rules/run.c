/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the rule cases (README.md beside this file says how they are written):
 * each through the strict reader, the recorded-host reader and its rule.
 *
 * usage: rule-cases tests/rules [RULE | RULE/CASE]…
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/json.h"
#include "ocigate/policy.h"
#include "ocigate/spec.h"

#include "case.h"

enum { ARENA_MAX = 64 << 20, NAME_SIZE = 512, CASES_MAX = 512 };

static const char *const rule_ids[RULE_COUNT] = {
#define RULE(id, name) #id,
#include "ocigate/rules.def"
#undef RULE
};

static int failures;

/* What the last case's rule found: printed only when that was not expected. */
static struct case_text found;

static void report(const char *rule, const char *name, const struct err *err)
{
	if (err) {
		printf("not ok %s/%s: %s%s%s\n%.*s", rule, name, err->pointer, err->pointer[0] ? ": " : "", err->text,
		       (int)found.used, found.bytes);
		failures++;
	} else {
		printf("ok %s/%s\n", rule, name);
	}
}

/* All that the engine might ask for this rule: what a case does not record stays unknown. */
static unsigned facts_of(const struct rule *rule)
{
	return rule->facts | (rule->facts & HOST_FACT_APPARMOR ? HOST_FACT_APPARMOR_DIGESTS : 0U);
}

static bool fits(const json_t *expected, const struct finding *finding)
{
	static const char *const severities[] = {"high", "medium", "low", "info"};
	const char *severity = case_string(expected, "severity", severities[finding->severity]);
	const char *kind = finding->kind == FINDING_VIOLATION ? "violation" : "undecided";

	return strcmp(case_string(expected, "pointer", "?"), finding->pointer) == 0 &&
	       strcmp(case_string(expected, "kind", "?"), kind) == 0 &&
	       strstr(finding->message, case_string(expected, "message", "?")) != NULL &&
	       strstr(finding->remedy, case_string(expected, "remedy", "")) != NULL &&
	       strstr(finding->value, case_string(expected, "value", "")) != NULL &&
	       strcmp(case_string(expected, "at_most", effect_name(finding->at_most)), effect_name(finding->at_most)) ==
		       0 &&
	       strcmp(severity, severities[finding->severity]) == 0;
}

static void list_findings(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->items[i];

		case_text_add(&found, "#   %s %s \"%s\" value \"%s\" remedy \"%s\"\n",
			      finding->kind == FINDING_VIOLATION ? "violation" : "undecided", finding->pointer,
			      finding->message, finding->value, finding->remedy);
	}
}

/* Every finding is expected, and every expectation is met; in any order. */
static int compare(const json_t *expect, const struct findings *findings, struct err *err)
{
	struct case_text text = {.used = 0};
	bool met[64] = {false};
	size_t n = json_array_size(expect);

	if (findings->failed || n > sizeof(met) / sizeof(met[0]))
		return err_set(err, ERR_SYSTEM, "out of memory");
	for (size_t f = 0; f < findings->n; f++) {
		size_t e = 0;

		while (e < n && (met[e] || !fits(json_array_get(expect, e), &findings->items[f])))
			e++;
		if (e < n)
			met[e] = true;
		else
			case_text_add(&text, "%s%s %s", text.used ? "; " : "unexpected: ", findings->items[f].pointer,
				      findings->items[f].message);
	}
	for (size_t e = 0; e < n; e++)
		if (!met[e])
			case_text_add(&text, "%smissing: %s", text.used ? "; " : "",
				      case_string(json_array_get(expect, e), "message", "?"));
	if (text.used == 0)
		return 0;
	list_findings(findings);
	return err_set(err, ERR_DENIED, "%s", text.bytes);
}

static int judge(struct arena *arena, const struct rule *rule, const char *root, const json_t *json, struct err *err)
{
	struct findings findings = {.arena = arena, .rule = rule};
	struct container container;
	struct rule_policy policy;
	struct process created;
	struct host host;
	FD_AUTO int dir = -1;

	found = (struct case_text){.used = 0};
	if (case_container(arena, root, json, &container, &created, err) < 0 ||
	    case_policy(arena, rule, json, &policy, err) < 0)
		return -1;
	dir = case_host(arena, root, json, &container, err);
	if (dir < 0 || host_recorded(arena, &container, dir, facts_of(rule), &host, err) < 0 ||
	    ((rule->facts & HOST_FACT_PORTS) != 0 && host_ports_recorded(arena, &container, dir, &host, err) < 0) ||
	    ((rule->facts & HOST_FACT_SANDBOX) != 0 &&
	     host_sandbox_recorded(arena, &container, dir, facts_of(rule), &host, err) < 0))
		return -1;
	container.started = (rule->facts & HOST_FACT_PROCESS) != 0;
	if ((rule->scope & (container.exec ? RULE_SCOPE_EXEC : RULE_SCOPE_CREATE)) != 0)
		rule->judge(&container, &host, policy.settings, &findings);
	return compare(json_object_get(json, "expect"), &findings, err);
}

static void run_case(const char *root, int id, const char *file)
{
	const struct rule *rule = rule_table[id];
	char path[NAME_SIZE], name[NAME_SIZE];
	struct err err = {.kind = ERR_NONE};
	struct arena arena;
	json_t *json;
	bool good;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", root, rule_ids[id], file);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - strlen(".json")), file);
	arena_init(&arena, ARENA_MAX);
	json_use_arena(&arena);
	json = case_read(path, &err);
	good = json && case_check(json, &err) == 0;
	good = good && judge(&arena, rule, root, json, &err) == 0;
	report(rule_ids[id], name, good ? NULL : &err);
	json_use_arena(NULL);
	arena_release(&arena);
}

/* The healthy container that all cases start from must be healthy for every rule. */
static void run_plain(const char *root, int id)
{
	struct err err = {.kind = ERR_NONE};
	struct arena arena;
	json_t *json;

	arena_init(&arena, ARENA_MAX);
	json_use_arena(&arena);
	json = json_pack("{s:s, s:[]}", "about", "the base of all cases", "expect");
	report("base/plain", rule_ids[id], json && judge(&arena, rule_table[id], root, json, &err) == 0 ? NULL : &err);
	json_use_arena(NULL);
	arena_release(&arena);
}

static int is_case(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

static bool wanted(const char *rule, const char *file, int argc, char **argv)
{
	char name[NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%s/%.*s", rule, (int)(strlen(file) - strlen(".json")), file);
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], rule) == 0 || strcmp(argv[i], name) == 0)
			return true;
	return argc <= 2;
}

static void run_rule(const char *root, int id, int argc, char **argv)
{
	struct dirent **entries;
	char path[NAME_SIZE];
	int n;

	(void)snprintf(path, sizeof(path), "%s/%s", root, rule_ids[id]);
	n = scandir(path, &entries, is_case, alphasort);
	for (int i = 0; i < n; i++) {
		if (wanted(rule_ids[id], entries[i]->d_name, argc, argv))
			run_case(root, id, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	if (argc <= 2)
		run_plain(root, id);
}

int main(int argc, char **argv)
{
	const bool first = argc > 1 && strcmp(argv[1], "--fail-fast") == 0;

	argc -= first;
	argv += first;
	if (argc < 2) {
		(void)fputs("usage: rule-cases [--fail-fast] tests/rules [RULE | RULE/CASE]...\n", stderr);
		return 100;
	}
	for (int id = 0; id < RULE_COUNT && !(first && failures > 0); id++)
		run_rule(argv[1], id, argc, argv);
	case_clean();
	return failures == 0 ? 0 : 1;
}
