/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ocigate policy check`: what is wrong with drop-ins, and what is right but
 * perhaps not meant.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "policy_read.h"

enum { DAY = 24 * 60 * 60, SOON_DAYS = 30 };

/* How much an effect lets through. */
static int laxity(enum effect effect)
{
	return effect == EFFECT_AUDIT ? 1 : effect == EFFECT_DISABLED ? 2 : 0;
}

/* Where the effect comes from, if it is weaker than the default's and just @effect; NULL otherwise. */
static const char *weakened_by(const struct policy *policy, const struct rule *rule, bool exec, enum effect effect)
{
	const struct rule_policy *own = &policy->rules[rule->id];

	if (exec ? own->exec_effect != effect || own->exec_effect == own->effect : own->effect != effect)
		return NULL;
	return laxity(effect) > laxity(rule->effect) ? (exec ? own->exec_effect_origin : own->effect_origin) : NULL;
}

/* The rules from @from on that the same file weakens to the same effect, in one line. */
static void lint_effect(struct problems *problems, const struct policy *policy, size_t from, bool exec,
			enum effect effect)
{
	const char *file = weakened_by(policy, rule_table[from], exec, effect);
	const char *names = "";
	size_t n = 0;

	if (!file)
		return;
	for (size_t i = 0; i < RULE_COUNT && names; i++) {
		const char *other = weakened_by(policy, rule_table[i], exec, effect);

		if (!other || strcmp(other, file) != 0)
			continue;
		if (i < from)
			return; /* told already */
		names = arena_printf(problems->arena, "%s%s%s", names, n++ ? ", " : "", rule_table[i]->name);
	}
	problems_add(problems, true, file, "/rules", "weakens the default to \"%s\"%s: %s", effect_name(effect),
		     exec ? " for execs" : "", names ? names : "");
}

static void lint_rules(struct problems *problems, const struct policy *policy)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		for (int effect = EFFECT_AUDIT; effect <= EFFECT_DISABLED; effect++) {
			lint_effect(problems, policy, i, false, (enum effect)effect);
			lint_effect(problems, policy, i, true, (enum effect)effect);
		}
	}
}

static bool all_wild(const struct strings *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (globs->items[i][strspn(globs->items[i], "*")] != '\0')
			return false;
	return true;
}

static void lint_expiry(struct problems *problems, const struct exception *exception, const char *pointer, int64_t now)
{
	int64_t left = exception->expires - now;

	if (!exception->has_expiry)
		return;
	if (left <= 0)
		problems_add(problems, true, exception->origin, pointer,
			     "\"%s\" has expired: it does not apply any more", exception->name);
	else if (left <= (int64_t)SOON_DAYS * DAY)
		problems_add(problems, true, exception->origin, pointer, "\"%s\" expires in %lld days", exception->name,
			     (long long)(left / DAY));
}

static void lint_exceptions(struct problems *problems, const struct policy *policy, int64_t now)
{
	for (size_t i = 0; i < policy->n_exceptions; i++) {
		const struct exception *exception = &policy->exceptions[i];
		const char *pointer = "/exceptions";

		lint_expiry(problems, exception, pointer, now);
		if (strncmp(exception->reason, "to be written", 13) == 0)
			problems_add(problems, true, exception->origin, pointer,
				     "the reason of \"%s\" is still to be written", exception->name);
		if (all_wild(&exception->namespaces) && all_wild(&exception->pods) &&
		    all_wild(&exception->containers) && all_wild(&exception->images) && all_wild(&exception->handlers))
			problems_add(problems, true, exception->origin, pointer, "\"%s\" matches every container%s",
				     exception->name, exception->engines.n ? " of its engines" : "");
		else if (exception->namespaces.n == 0 && exception->pods.n == 0 &&
			 (exception->containers.n > 0 || exception->images.n > 0))
			problems_add(problems, true, exception->origin, pointer,
				     "\"%s\" does not match the sandboxes of its pods, which have an image of their "
				     "own: a pod that shares namespaces with the host needs \"namespaces\" or "
				     "\"pods\" as well",
				     exception->name);
	}
}

/* "50-mine.conf" says nothing at all. READMEs and hidden files are not meant to. */
static bool not_meant(const char *name)
{
	size_t len = strlen(name);

	return name[0] == '.' || strncmp(name, "README", 6) == 0 || (len > 5 && strcmp(name + len - 5, ".json") == 0);
}

static void lint_names(struct problems *problems, const struct sources *sources)
{
	for (size_t i = 0; i < sources->n; i++) {
		const struct source *source = &sources->items[i];
		DIR *dir = source->kind == SOURCE_DIRECTORY ? opendir(source->path) : NULL;
		const struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (!not_meant(entry->d_name))
				problems_add(problems, true, source->path, "",
					     "%s is not read: its name does not end in .json", entry->d_name);
		if (dir)
			closedir(dir);
	}
}

/* A directory is read like those of the node; files come in the order in which they are given. */
static void read_paths(struct arena *arena, const struct strings *paths, struct problems *problems,
		       struct sources *sources)
{
	for (size_t i = 0; i < paths->n; i++) {
		const struct strings one = {&paths->items[i], 1};
		struct sources below = {0};
		struct stat st;

		if (stat(paths->items[i], &st) != 0 || !S_ISDIR(st.st_mode)) {
			sources_add(arena, paths->items[i], problems, sources);
			continue;
		}
		(void)!sources_read(arena, &one, SOURCES_LINT, problems, &below);
		for (size_t j = 0; j < below.n; j++)
			sources_append(arena, &below.items[j], problems, sources);
	}
}

int policy_lint(struct arena *arena, const struct policy_dirs *dirs, const struct strings *paths, int64_t now,
		struct policy_report *ret_report, struct err *err)
{
	struct problems problems = {.arena = arena};
	struct sources sources = {0};
	struct policy policy;
	char *text;
	int result;

	if (paths->n > 0) {
		read_paths(arena, paths, &problems, &sources);
		result = policy_assemble(arena, dirs->presets, SOURCES_LINT, &problems, &sources, &policy, &text);
	} else {
		result = policy_collect(arena, dirs, &problems, &sources, &policy, &text);
	}
	if (result == 0) {
		lint_rules(&problems, &policy);
		lint_exceptions(&problems, &policy, now);
	}
	lint_names(&problems, &sources);
	if (problems.failed)
		return err_set(err, ERR_SYSTEM, "out of memory while reading the policy");
	*ret_report = (struct policy_report){
		.problems = problems.items,
		.n = problems.n,
		.errors = problems.errors,
		.files = result == 0 ? policy.sources.n : 0,
		.digest = result == 0 ? policy.digest : NULL,
	};
	return 0;
}
