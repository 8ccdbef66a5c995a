/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document (drop-in, preset, snapshot) over a draft.
 */
#include <string.h>

#include "draft.h"

enum { DOCUMENT_VERSION = 1 };

static const char *const top_keys[] = {
	"version", "description", "preset", "rules", "exceptions", "limits", "log", "runtime", "$schema",
};

static int read_version(struct reader *reader, const json_t *document)
{
	const json_t *json = json_object_get(document, "version");
	size_t mark;
	int result = 0;

	if (!json)
		return reader_fail(reader, "\"version\": %d is missing", DOCUMENT_VERSION);
	mark = reader_enter(reader, "version");
	if (!json_is_integer(json) || json_integer_value(json) != DOCUMENT_VERSION)
		result = reader_fail(reader, "must be %d, the version that this ocigate reads", DOCUMENT_VERSION);
	reader_leave(reader, mark);
	return result;
}

/* {"*": {"effect": …}} means every rule; the rules that the same file names come after it. */
static void read_every_rule(struct draft *draft, struct reader *reader, json_t *json)
{
	const json_t *effect = json_object_get(json, "effect");
	static const char *const keys[] = {"effect"};
	enum effect value = EFFECT_DENY;
	const char *key;
	size_t mark = reader_enter(reader, "*");
	json_t *member;
	int failed = reader_type(reader, json, JSON_OBJECT, "an object, like {\"effect\": \"audit\"}");

	json_object_foreach(json, key, member)
	{
		size_t below = reader_enter(reader, key);

		if (strcmp(key, "effect") != 0)
			failed |= reader_unknown(reader, "key", key, keys, 1);
		else
			failed |= effect_read(reader, member, &value);
		reader_leave(reader, below);
	}
	reader_leave(reader, mark);
	if (failed || !effect)
		return;
	for (size_t i = 0; i < RULE_COUNT; i++) {
		draft->policy.rules[i].effect = value;
		draft->policy.rules[i].effect_origin = reader->file;
	}
}

static void read_rule(struct draft *draft, struct reader *reader, const struct rule *rule, json_t *json)
{
	struct rule_policy *own = &draft->policy.rules[rule->id];
	struct rule_edit edit = {
		.rule = rule,
		.exec_allowed = true,
		.base = own->settings,
		.setting_origins = draft->setting_origins[rule->id],
	};

	if (rule_edit_parse(reader, &edit, json) < 0)
		return;
	if (edit.has_effect) {
		own->effect = edit.effect;
		own->effect_origin = reader->file;
	}
	if (edit.has_exec_effect) {
		own->exec_effect = edit.exec_effect;
		own->exec_effect_origin = reader->file;
		draft->exec_set[rule->id] = true;
	}
	if (edit.settings)
		own->settings = edit.settings;
}

static void read_rules(struct draft *draft, struct reader *reader, json_t *json)
{
	json_t *every = json_object_get(json, "*");
	const char *key;
	json_t *value;

	if (reader_type(reader, json, JSON_OBJECT, "an object whose keys are rules") < 0)
		return;
	if (every)
		read_every_rule(draft, reader, every);
	json_object_foreach(json, key, value)
	{
		size_t mark = reader_enter(reader, key);
		const struct rule *rule = value == every ? NULL : rule_read_name(reader, key);

		if (rule)
			read_rule(draft, reader, rule, value);
		reader_leave(reader, mark);
	}
}

static void read_exceptions(struct draft *draft, struct reader *reader, json_t *json)
{
	if (reader_type(reader, json, JSON_ARRAY, "a list of exceptions") < 0)
		return;
	for (size_t i = 0; i < json_array_size(json); i++) {
		size_t mark = reader_enter_index(reader, i);

		exception_add(draft, reader, json_array_get(json, i), i);
		reader_leave(reader, mark);
	}
}

static struct wrapper *wrapper_named(struct draft *draft, struct reader *reader, const char *name)
{
	for (size_t i = 0; i < draft->n_wrappers; i++)
		if (strcmp(draft->wrappers[i].name, name) == 0)
			return &draft->wrappers[i];
	draft->wrappers[draft->n_wrappers].name = arena_strdup(draft->arena, name);
	if (!draft->wrappers[draft->n_wrappers].name)
		reader->problems->failed = true;
	return &draft->wrappers[draft->n_wrappers++];
}

static void read_candidates(struct draft *draft, struct reader *reader, json_t *json)
{
	static const struct setting list = {.name = "candidates",
					    .type = SETTING_STRINGS,
					    .check = CHECK_PATH,
					    .offset = offsetof(struct wrapper, candidates)};
	struct wrapper *larger;
	const char *key;
	json_t *value;

	if (reader_type(reader, json, JSON_OBJECT, "an object, like {\"ocigate-runtime\": [\"/usr/bin/runc\"]}") < 0)
		return;
	larger = reader_array(reader, draft->n_wrappers + json_object_size(json), sizeof(*larger));
	if (!larger)
		return;
	memcpy(larger, draft->wrappers, draft->n_wrappers * sizeof(*larger));
	draft->wrappers = larger;
	json_object_foreach(json, key, value)
	{
		size_t mark = reader_enter(reader, key);
		struct wrapper *wrapper = wrapper_named(draft, reader, key);

		if (strncmp(key, "ocigate-", strlen("ocigate-")) != 0 || strchr(key, '/'))
			(void)reader_fail(reader, "must be the name of a wrapper: it starts with \"ocigate-\"");
		else if (json_is_array(value) && json_array_size(value) == 0)
			(void)reader_fail(reader, "must name at least one runtime");
		else if (setting_parse(reader, &list, value, wrapper) == 0)
			wrapper->origin = reader->file;
		reader_leave(reader, mark);
	}
}

static int unknown_section_key(struct reader *reader, const struct section *section, const char *key, bool is_runtime)
{
	const char *names[POLICY_GLOBALS + 1];
	size_t n = 0;

	for (; n < section->n; n++)
		names[n] = section->settings[n].name;
	if (is_runtime)
		names[n++] = "candidates";
	return reader_unknown(reader, "key", key, names, n);
}

/* @first: index of the section's first setting among all globals */
static void read_section(struct draft *draft, struct reader *reader, const struct section *section, size_t first,
			 json_t *json)
{
	bool is_runtime = strcmp(section->name, "runtime") == 0;
	const char *key;
	json_t *value;

	if (reader_type(reader, json, JSON_OBJECT, "an object") < 0)
		return;
	json_object_foreach(json, key, value)
	{
		const struct setting *setting = setting_find(section->settings, section->n, key);
		size_t mark = reader_enter(reader, key);

		if (is_runtime && strcmp(key, "candidates") == 0)
			read_candidates(draft, reader, value);
		else if (!setting)
			(void)unknown_section_key(reader, section, key, is_runtime);
		else if (setting_parse(reader, setting, value, &draft->policy) == 0)
			draft->policy.global_origins[first + (size_t)(setting - section->settings)] = reader->file;
		reader_leave(reader, mark);
	}
}

static void read_preset(struct draft *draft, struct reader *reader, const json_t *json, enum document_kind kind)
{
	if (kind == DOCUMENT_PRESET) {
		(void)reader_fail(reader, "a preset cannot name another one");
	} else if (reader_type(reader, json, JSON_STRING, "the name of a preset") == 0) {
		draft->policy.preset = reader_copy(reader, json);
		draft->policy.preset_origin = reader->file;
	}
}

static void read_top(struct draft *draft, struct reader *reader, const char *key, json_t *value,
		     enum document_kind kind)
{
	size_t first = 0;

	for (size_t i = 0; i < POLICY_SECTIONS; first += policy_sections[i++].n) {
		if (strcmp(policy_sections[i].name, key) == 0) {
			read_section(draft, reader, &policy_sections[i], first, value);
			return;
		}
	}
	if (strcmp(key, "rules") == 0)
		read_rules(draft, reader, value);
	else if (strcmp(key, "exceptions") == 0 && kind == DOCUMENT_PRESET)
		(void)reader_fail(reader, "a preset makes no exceptions");
	else if (strcmp(key, "exceptions") == 0)
		read_exceptions(draft, reader, value);
	else if (strcmp(key, "preset") == 0)
		read_preset(draft, reader, value, kind);
	else if (strcmp(key, "description") == 0 || strcmp(key, "$schema") == 0)
		(void)!reader_type(reader, value, JSON_STRING, "a string");
	else if (strcmp(key, "version") != 0)
		(void)reader_unknown(reader, "key", key, top_keys, sizeof(top_keys) / sizeof(top_keys[0]));
}

void draft_apply(struct draft *draft, const char *file, json_t *json, enum document_kind kind)
{
	struct reader reader = {
		.arena = draft->arena,
		.problems = draft->problems,
		.file = file,
		.trusted = draft->trusted,
	};
	const char *key;
	json_t *value;

	if (reader_type(&reader, json, JSON_OBJECT, "an object") < 0 || read_version(&reader, json) < 0)
		return;
	json_object_foreach(json, key, value)
	{
		size_t mark = reader_enter(&reader, key);

		read_top(draft, &reader, key, value, kind);
		reader_leave(&reader, mark);
	}
}
