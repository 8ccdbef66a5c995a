/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema (2020-12) of a drop-in, from the same tables that the parser
 * goes by. What a schema cannot say (is that a day? is the preset installed?)
 * `ocigate policy check` does.
 */
#include <string.h>

#include "policy_read.h"

/* Takes over @value. Return: 0 or -1. */
static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static json_t *give(json_t *object, int failed)
{
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *ref(const char *name)
{
	return json_sprintf("#/$defs/%s", name);
}

static json_t *names_json(const char *const *names, size_t n)
{
	const struct strings strings = {names, n};

	return strings_json(&strings);
}

static json_t *text_schema(enum setting_check check)
{
	const char *names[NAMES_MAX];
	size_t n = check_names(check, names, NAMES_MAX);

	if (n > 0)
		return json_pack("{s:o}", "enum", names_json(names, n));
	if (check == CHECK_PATH)
		return json_pack("{s:o}", "$ref", ref("path"));
	if (check == CHECK_DEVICE)
		return json_pack("{s:s, s:s}", "type", "string", "pattern",
				 "^[cb] ([0-9]{1,9}|\\*):([0-9]{1,9}|\\*) [rwm]{1,3}$");
	if (check == CHECK_SHA256)
		return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{64}$");
	return json_pack("{s:s, s:i, s:i}", "type", "string", "minLength", 1, "maxLength", SETTING_TEXT_MAX);
}

static json_t *list_schema(json_t *items)
{
	return json_pack("{s:s, s:i, s:o}", "type", "array", "maxItems", SETTING_ITEMS_MAX, "items", items);
}

/* @object with the limits that numbers have. */
static json_t *limited(const struct setting *setting, json_t *object)
{
	int failed = object ? 0 : -1;

	if (failed == 0 && (setting->min != 0 || setting->max != 0))
		failed = put(object, "minimum", json_integer(setting->min)) |
			 put(object, "maximum", json_integer(setting->max));
	return give(object, failed);
}

static json_t *int_schema(const struct setting *setting)
{
	return limited(setting, json_pack("{s:s}", "type", "integer"));
}

static json_t *range_schema(const struct setting *setting)
{
	return list_schema(
		json_pack("{s:[o, o]}", "anyOf", int_schema(setting), json_pack("{s:o}", "$ref", ref("range"))));
}

/* A string setting may be "": none. */
static json_t *string_schema(const struct setting *setting)
{
	if (setting->check == CHECK_NONE)
		return json_pack("{s:s, s:i}", "type", "string", "maxLength", SETTING_TEXT_MAX);
	return json_pack("{s:[o, {s:s}]}", "anyOf", text_schema(setting->check), "const", "");
}

static size_t count_words(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static json_t *type_schema(const struct setting *setting)
{
	switch (setting->type) {
	case SETTING_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case SETTING_INT:
		return int_schema(setting);
	case SETTING_SIZE:
		/* Of one that is written with a suffix the reader alone can tell how large it is. */
		return limited(setting, json_pack("{s:o}", "$ref", ref("size")));
	case SETTING_CPU:
		return json_pack("{s:o}", "$ref", ref("cpu"));
	case SETTING_STRING:
		return string_schema(setting);
	case SETTING_WORD:
		return json_pack("{s:o}", "enum", names_json(setting->words, count_words(setting->words)));
	case SETTING_STRINGS:
		return list_schema(text_schema(setting->check));
	case SETTING_RANGES:
		return range_schema(setting);
	case SETTING_PATHS:
		return json_pack("{s:o}", "$ref", ref("paths"));
	case SETTING_MAP:
		return json_pack("{s:s, s:{s:i}, s:o}", "type", "object", "propertyNames", "minLength", 1,
				 "additionalProperties", text_schema(setting->check));
	}
	return NULL;
}

static int add_setting(json_t *properties, const struct setting *setting, const void *defaults)
{
	json_t *schema = type_schema(setting);
	int failed = schema ? put(schema, "description", json_string(setting->help)) : -1;

	if (failed == 0 && defaults)
		failed = put(schema, "default", setting_json(setting, defaults));
	return put(properties, setting->name, give(schema, failed)) | failed;
}

static json_t *object_schema(const char *description, json_t *properties)
{
	return json_pack("{s:s, s:s, s:b, s:o}", "type", "object", "description", description, "additionalProperties",
			 0, "properties", properties);
}

static json_t *effect_schema(const char *value)
{
	return json_pack("{s:o, s:s}", "$ref", ref("effect"), "default", value);
}

static json_t *exec_schema(void)
{
	return object_schema("The same for execs into a container; without it, as for the container",
			     json_pack("{s:{s:o}}", "effect", "$ref", ref("effect")));
}

static json_t *rule_schema(const struct rule *rule)
{
	json_t *properties = json_object();
	int failed = properties ? put(properties, "effect", effect_schema(effect_name(rule->effect))) : -1;

	if (failed == 0 && rule->scope == (RULE_SCOPE_CREATE | RULE_SCOPE_EXEC))
		failed = put(properties, "exec", exec_schema());
	for (size_t i = 0; failed == 0 && i < rule->n_settings; i++)
		failed = add_setting(properties, &rule->settings[i], rule->defaults);
	properties = give(properties, failed);
	return properties ? object_schema(rule->title, properties) : NULL;
}

static json_t *rules_schema(void)
{
	json_t *every = object_schema("Every rule; those that the same file names come after it",
				      json_pack("{s:{s:o}}", "effect", "$ref", ref("effect")));
	json_t *properties = json_pack("{s:o}", "*", every);
	int failed = properties ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < RULE_COUNT; i++)
		failed = put(properties, rule_table[i]->name, json_pack("{s:o}", "$ref", ref(rule_table[i]->name)));
	properties = give(properties, failed);
	return properties ? object_schema("What each rule does", properties) : NULL;
}

static json_t *match_schema(void)
{
	json_t *properties = json_object(), *schema;
	const struct setting *setting;
	int failed = properties ? 0 : -1;

	for (size_t i = 0; failed == 0 && (setting = exception_match(i)); i++)
		failed = put(properties, setting->name,
			     json_pack("{s:o, s:s}", "$ref", ref("globs"), "description", setting->help));
	properties = give(properties, failed);
	schema = properties ? object_schema("Lists of globs; one of each list must match", properties) : NULL;
	return schema ? give(schema, put(schema, "minProperties", json_integer(1))) : NULL;
}

static json_t *exception_rules_schema(void)
{
	json_t *properties = json_object(), *schema;
	int failed = properties ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < RULE_COUNT; i++)
		if (rule_may_be_excepted(rule_table[i]))
			failed = put(properties, rule_table[i]->name,
				     json_pack("{s:o, s:i, s:{s:[s]}}", "$ref", ref(rule_table[i]->name),
					       "minProperties", 1, "not", "required", "exec"));
	properties = give(properties, failed);
	schema = properties ? object_schema("What the exception changes", properties) : NULL;
	return schema ? give(schema, put(schema, "minProperties", json_integer(1))) : NULL;
}

static json_t *exceptions_schema(void)
{
	json_t *item = object_schema("A change for the containers that it matches",
				     json_pack("{s:{s:s, s:i}, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s}, s:o, s:o}", "name",
					       "type", "string", "minLength", 1, "reason", "type", "string", "pattern",
					       "[^ ]", "description", "Why it exists", "expires", "type", "string",
					       "pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description",
					       "Last day on which it applies (UTC)", "match", match_schema(), "rules",
					       exception_rules_schema()));

	if (item && put(item, "required", json_pack("[s, s, s, s]", "name", "reason", "match", "rules")) < 0)
		item = give(item, -1);
	return json_pack("{s:s, s:o}", "type", "array", "items", item);
}

static json_t *candidates_schema(void)
{
	return json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:i, s:{s:o}}}", "type", "object", "description",
			 "Real runtimes by the name of the wrapper; the first that exists is used", "propertyNames",
			 "pattern", "^ocigate-[^/]+$", "additionalProperties", "type", "array", "minItems", 1, "items",
			 "$ref", ref("path"));
}

static json_t *section_schema(const struct section *section, const struct policy *base)
{
	json_t *properties = json_object();
	int failed = properties ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < section->n; i++)
		failed = add_setting(properties, &section->settings[i], base);
	if (failed == 0 && strcmp(section->name, "runtime") == 0)
		failed = put(properties, "candidates", candidates_schema());
	properties = give(properties, failed);
	return properties ? object_schema(section->help, properties) : NULL;
}

static json_t *definitions(void)
{
	json_t *path_item = object_schema("A path of the node, with all below it",
					  json_pack("{s:{s:o}, s:{s:s, s:b}}", "path", "$ref", ref("path"), "read_only",
						    "type", "boolean", "default", 1));
	json_t *defs = json_pack(
		"{s:{s:o}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:[{s:s, s:i}, {s:s, s:s}]}, s:{s:[{s:s, s:i}, {s:s, s:s}]}}",
		"effect", "enum", names_json(effect_words, EFFECT_DISABLED + 1), "path", "type", "string", "pattern",
		"^/$|^(/(?!\\.{1,2}(/|$))[^/]+)+$", "range", "type", "string", "pattern", "^[0-9]+(-[0-9]+)?$", "size",
		"anyOf", "type", "integer", "minimum", 0, "type", "string", "pattern", "^[0-9]+([kMGTP]|[KMGTP]i)?$",
		"cpu", "anyOf", "type", "integer", "minimum", 0, "type", "string", "pattern",
		"^[0-9]+(m|\\.[0-9]{1,3})?$");
	json_t *globs = list_schema(text_schema(CHECK_NONE));
	int failed = defs ? 0 : -1;

	if (!path_item || put(path_item, "required", json_pack("[s]", "path")) < 0)
		failed = -1;
	failed |= put(defs, "paths", list_schema(path_item)) | put(defs, "globs", globs);
	failed |= globs ? put(globs, "minItems", json_integer(1)) : -1;
	for (size_t i = 0; failed == 0 && i < RULE_COUNT; i++)
		failed = put(defs, rule_table[i]->name, rule_schema(rule_table[i]));
	return give(defs, failed);
}

static json_t *top_properties(void)
{
	json_t *properties = json_pack("{s:{s:s}, s:{s:i}, s:{s:s, s:s}, s:{s:s, s:s}, s:o, s:o}", "$schema", "type",
				       "string", "version", "const", 1, "description", "type", "string", "description",
				       "What this file is for", "preset", "type", "string", "description",
				       "Put this preset under all drop-ins; the last file that names one decides",
				       "rules", rules_schema(), "exceptions", exceptions_schema());
	int failed = properties ? 0 : -1;
	struct policy base;

	policy_builtin(&base);
	for (size_t i = 0; failed == 0 && i < POLICY_SECTIONS; i++)
		failed = put(properties, policy_sections[i].name, section_schema(&policy_sections[i], &base));
	return give(properties, failed);
}

char *policy_schema(struct arena *arena)
{
	JSON_AUTO json_t *schema = json_pack(
		"{s:s, s:s, s:s, s:b, s:[s], s:o, s:o}", "$schema", "https://json-schema.org/draft/2020-12/schema",
		"title", "A policy drop-in of ocigate", "type", "object", "additionalProperties", 0, "required",
		"version", "properties", top_properties(), "$defs", definitions());

	return schema ? pretty(arena, schema) : NULL;
}
