/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From drop-ins (or one text) to the policy.
 */
#include <string.h>

#include "policy_read.h"

const struct policy_dirs policy_dirs_default = {
	.drop_ins = {(const char *const[]){"/usr/lib/ocigate/policy.d", "/run/ocigate/policy.d",
					   "/etc/ocigate/policy.d"},
		     3},
	.presets = "/usr/lib/ocigate/presets",
	.snapshot = "/var/lib/ocigate/policy.snapshot",
};

json_t *document_parse(struct problems *problems, const char *file, const char *text, size_t len)
{
	struct err err = {0};
	json_t *json = json_read(text, len, &err);
	const char *pointer;

	if (json)
		return json;
	pointer = err.pointer[0] ? arena_strdup(problems->arena, err.pointer) : "";
	problems_add(problems, false, file, pointer, "%s", err.text);
	return NULL;
}

/* The last file that names a preset decides. Nothing else is noted: the files are read in full afterwards. */
static void find_preset(struct draft *draft, const struct sources *sources, json_t *const *documents)
{
	for (size_t i = 0; i < sources->n; i++) {
		const json_t *preset = documents[i] ? json_object_get(documents[i], "preset") : NULL;

		if (!json_is_string(preset))
			continue;
		draft->policy.preset = arena_strdup(draft->arena, json_string_value(preset));
		draft->policy.preset_origin = sources->items[i].path;
		if (!draft->policy.preset)
			draft->problems->failed = true;
	}
}

static void apply_preset(struct draft *draft, const char *presets, enum sources_for use, struct sources *sources)
{
	JSON_AUTO json_t *json = NULL;
	const struct source *source;

	if (!draft->policy.preset)
		return;
	if (!presets) {
		problems_add(draft->problems, false, draft->policy.preset_origin, "/preset",
			     "presets are not used here");
		return;
	}
	if (sources_read_preset(draft->arena, presets, draft->policy.preset, draft->policy.preset_origin, use,
				draft->problems, sources) < 0)
		return;
	source = &sources->items[sources->n - 1];
	json = document_parse(draft->problems, source->path, source->text, source->len);
	if (json)
		draft_apply(draft, source->path, json, DOCUMENT_PRESET);
}

static void apply_all(struct draft *draft, const char *presets, enum sources_for use, struct sources *sources)
{
	size_t n = sources->n;
	json_t **documents = arena_array(draft->arena, n, sizeof(*documents));

	if (!documents) {
		draft->problems->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (sources->items[i].kind == SOURCE_FILE)
			documents[i] = document_parse(draft->problems, sources->items[i].path, sources->items[i].text,
						      sources->items[i].len);
	find_preset(draft, sources, documents);
	apply_preset(draft, presets, use, sources);
	for (size_t i = 0; i < n; i++) {
		if (documents[i])
			draft_apply(draft, sources->items[i].path, documents[i], DOCUMENT_DROP_IN);
		json_decref(documents[i]);
	}
}

/* A preset lies under all drop-ins: it is told first. */
static int list_sources(struct draft *draft, const struct sources *sources)
{
	const char **paths = arena_array(draft->arena, sources->n, sizeof(*paths));
	size_t n = 0;

	if (!paths)
		return -1;
	for (int preset = 1; preset >= 0; preset--)
		for (size_t i = 0; i < sources->n; i++)
			if (sources->items[i].kind == (preset ? SOURCE_PRESET : SOURCE_FILE))
				paths[n++] = sources->items[i].path;
	draft->policy.sources = (struct strings){paths, n};
	return 0;
}

static int sum_up(struct arena *arena, struct problems *problems, struct policy *policy, char **ret_text)
{
	char *text = policy_text(arena, policy);
	const char *digest = text ? policy_text_digest(arena, text) : NULL;

	if (!digest) {
		problems->failed = true;
		return -1;
	}
	policy->digest = digest;
	*ret_text = text;
	return 0;
}

int policy_assemble(struct arena *arena, const char *presets, enum sources_for use, struct problems *problems,
		    struct sources *sources, struct policy *ret_policy, char **ret_text)
{
	struct draft draft;
	struct policy policy;
	int result;

	draft_init(&draft, arena, problems);
	draft_track(&draft);
	apply_all(&draft, presets, use, sources);
	if (list_sources(&draft, sources) < 0)
		problems->failed = true;
	result = draft_finish(&draft, &policy);
	draft_release(&draft);
	if (result < 0 || sum_up(arena, problems, &policy, ret_text) < 0)
		return -1;
	*ret_policy = policy;
	return 0;
}

int policy_collect(struct arena *arena, const struct policy_dirs *dirs, struct problems *problems,
		   struct sources *ret_sources, struct policy *ret_policy, char **ret_text)
{
	*ret_sources = (struct sources){0};
	/* Files that could be read are judged even when others could not: all errors in one go. */
	(void)!sources_read(arena, &dirs->drop_ins, SOURCES_FORCE, problems, ret_sources);
	return policy_assemble(arena, dirs->presets, SOURCES_FORCE, problems, ret_sources, ret_policy, ret_text);
}

int policy_read(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy, struct err *err)
{
	struct problems problems = {.arena = arena};
	struct sources sources = {0};
	struct policy policy;
	char *text;

	if (policy_collect(arena, dirs, &problems, &sources, &policy, &text) < 0)
		return problems_err(&problems, err);
	*ret_policy = policy;
	return 0;
}

int policy_parse(struct arena *arena, const char *name, const char *text, struct policy *ret_policy, struct err *err)
{
	struct problems problems = {.arena = arena};
	struct draft draft;
	JSON_AUTO json_t *json = document_parse(&problems, name, text, strlen(text));
	struct policy policy;
	char *canonical;
	int result;

	draft_init(&draft, arena, &problems);
	draft_track(&draft);
	if (json)
		draft_apply(&draft, name, json, DOCUMENT_DROP_IN);
	result = draft_finish(&draft, &policy);
	draft_release(&draft);
	if (result < 0 || sum_up(arena, &problems, &policy, &canonical) < 0)
		return problems_err(&problems, err);
	*ret_policy = policy;
	return 0;
}

int policy_parse_rule(struct arena *arena, const struct rule *rule, const char *text, struct rule_policy *ret,
		      struct err *err)
{
	struct problems problems = {.arena = arena};
	struct reader reader = {.arena = arena, .problems = &problems, .file = rule->name};
	struct rule_edit edit = {.rule = rule, .exec_allowed = true, .base = rule->defaults};
	JSON_AUTO json_t *json = document_parse(&problems, rule->name, text, strlen(text));

	if (!json || rule_edit_parse(&reader, &edit, json) < 0)
		return problems_err(&problems, err);
	*ret = (struct rule_policy){
		.effect = edit.has_effect ? edit.effect : rule->effect,
		.settings = edit.settings ? edit.settings : rule->defaults,
	};
	ret->exec_effect = edit.has_exec_effect ? edit.exec_effect : ret->effect;
	return 0;
}
