/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "draft.h"

int effect_read(struct reader *reader, const json_t *json, enum effect *ret_effect)
{
	if (reader_type(reader, json, JSON_STRING, "\"deny\", \"apply\", \"audit\" or \"disabled\"") < 0)
		return -1;
	if (effect_parse(json_string_value(json), ret_effect) == 0)
		return 0;
	return reader_unknown(reader, "effect", json_string_value(json), effect_words, EFFECT_DISABLED + 1);
}

const struct rule *rule_read_name(struct reader *reader, const char *name)
{
	const struct rule *rule = rule_find(name);
	const char *names[RULE_COUNT];

	if (rule)
		return rule;
	for (size_t i = 0; i < RULE_COUNT; i++)
		names[i] = rule_table[i]->name;
	(void)reader_unknown(reader, "rule", name, names, RULE_COUNT);
	return NULL;
}

static int read_effect(struct reader *reader, const struct rule *rule, const json_t *json, enum effect *ret_effect)
{
	if (effect_read(reader, json, ret_effect) < 0)
		return -1;
	if (*ret_effect == EFFECT_APPLY && rule->amendment == AMEND_NONE)
		reader_warn(reader, "nothing can be amended for %s: \"apply\" denies", rule->name);
	return 0;
}

static int read_exec(struct reader *reader, struct rule_edit *edit, json_t *json)
{
	static const char *const keys[] = {"effect"};
	const char *key;
	json_t *value;
	int result = 0;

	if (!(edit->rule->scope & RULE_SCOPE_EXEC))
		return reader_fail(reader, "%s does not judge execs", edit->rule->name);
	if (!(edit->rule->scope & RULE_SCOPE_CREATE))
		return reader_fail(reader, "%s judges nothing but execs: use \"effect\"", edit->rule->name);
	if (reader_type(reader, json, JSON_OBJECT, "an object, like {\"effect\": \"audit\"}") < 0)
		return -1;
	json_object_foreach(json, key, value)
	{
		size_t mark = reader_enter(reader, key);

		if (strcmp(key, "effect") == 0)
			result |= read_effect(reader, edit->rule, value, &edit->exec_effect);
		else
			result |= reader_unknown(reader, "key", key, keys, 1);
		edit->has_exec_effect = true;
		reader_leave(reader, mark);
	}
	return result;
}

static int unknown_key(struct reader *reader, const struct rule_edit *edit, const char *key)
{
	const char *names[66] = {"effect", "exec"};
	size_t n = edit->exec_allowed ? 2 : 1;

	for (size_t i = 0; i < edit->rule->n_settings && n < sizeof(names) / sizeof(names[0]); i++)
		names[n++] = edit->rule->settings[i].name;
	return reader_unknown(reader, "key", key, names, n);
}

/* The first change takes a copy of the whole struct: lists in it still point to the base's. */
static int own_settings(struct reader *reader, struct rule_edit *edit)
{
	if (edit->settings)
		return 0;
	edit->settings = reader_array(reader, 1, edit->rule->settings_size);
	if (!edit->settings)
		return -1;
	memcpy(edit->settings, edit->base, edit->rule->settings_size);
	return 0;
}

static int read_key(struct reader *reader, struct rule_edit *edit, const char *key, json_t *value)
{
	const struct rule *rule = edit->rule;
	const struct setting *setting = setting_find(rule->settings, rule->n_settings, key);

	if (strcmp(key, "effect") == 0) {
		edit->has_effect = true;
		return read_effect(reader, rule, value, &edit->effect);
	}
	if (strcmp(key, "exec") == 0 && edit->exec_allowed)
		return read_exec(reader, edit, value);
	if (!setting)
		return unknown_key(reader, edit, key);
	if (own_settings(reader, edit) < 0 || setting_parse(reader, setting, value, edit->settings) < 0)
		return -1;
	if (edit->setting_origins)
		edit->setting_origins[setting - rule->settings] = reader->file;
	return 0;
}

int rule_edit_parse(struct reader *reader, struct rule_edit *edit, json_t *json)
{
	const char *key;
	json_t *value;
	int result = 0;

	if (reader_type(reader, json, JSON_OBJECT, "an object, like {\"effect\": \"deny\"}") < 0)
		return -1;
	json_object_foreach(json, key, value)
	{
		size_t mark = reader_enter(reader, key);

		result |= read_key(reader, edit, key, value);
		reader_leave(reader, mark);
	}
	return result;
}
