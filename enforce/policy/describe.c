/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies and rules as JSON for people and their programs.
 */
#include <string.h>

#include "policy_read.h"

static json_t *give(json_t *json, int failed)
{
	if (failed == 0)
		return json;
	json_decref(json);
	return NULL;
}

/* Notes that the value at a pointer came from @file; NULL: not known, as in a policy from the snapshot. */
static int put_origin(json_t *origins, const char *file, const char *key, const char *member, const char *last)
{
	char key_token[256], last_token[256];
	json_t *pointer =
		json_sprintf("/%s/%s%s%s", key, json_pointer_token(key_token, sizeof(key_token), member),
			     last ? "/" : "", last ? json_pointer_token(last_token, sizeof(last_token), last) : "");
	int failed = pointer ? 0 : -1;

	if (failed == 0 && file)
		failed = json_object_set_new(origins, json_string_value(pointer), json_string(file));

	json_decref(pointer);
	return failed;
}

static int put_rule_origins(json_t *origins, const struct rule *rule, const struct rule_policy *own)
{
	int failed = put_origin(origins, own->effect_origin, "rules", rule->name, "effect");

	if (failed == 0 && own->exec_effect != own->effect)
		failed = put_origin(origins, own->exec_effect_origin, "rules", rule->name, "exec");
	for (size_t i = 0; failed == 0 && own->setting_origins && i < rule->n_settings; i++)
		failed = put_origin(origins, own->setting_origins[i], "rules", rule->name, rule->settings[i].name);
	return failed;
}

static json_t *origins_json(const struct policy *policy)
{
	json_t *origins = json_object();
	int failed = origins ? 0 : -1;
	const char *section;
	char index[32];

	if (failed == 0 && policy->preset && policy->preset_origin)
		failed = json_object_set_new(origins, "/preset", json_string(policy->preset_origin));
	for (size_t i = 0; failed == 0 && i < RULE_COUNT; i++)
		failed = put_rule_origins(origins, rule_table[i], &policy->rules[i]);
	for (size_t i = 0; failed == 0 && i < policy->n_exceptions; i++) {
		(void)snprintf(index, sizeof(index), "%zu", i);
		failed = put_origin(origins, policy->exceptions[i].origin, "exceptions", index, NULL);
	}
	for (size_t i = 0; failed == 0 && i < POLICY_GLOBALS; i++) {
		const struct setting *setting = policy_global(i, &section);

		failed = put_origin(origins, policy->global_origins[i], section, setting->name, NULL);
	}
	for (size_t i = 0; failed == 0 && i < policy->n_wrappers; i++)
		failed = put_origin(origins, policy->wrappers[i].origin, "runtime", "candidates",
				    policy->wrappers[i].name);
	return give(origins, failed);
}

char *policy_json(struct arena *arena, const struct policy *policy)
{
	JSON_AUTO json_t *json =
		json_pack("{s:s, s:s?, s:s?, s:o, s:o, s:o}", "digest", policy->digest, "stale", policy->stale, "note",
			  policy->note, "sources", strings_json(&policy->sources), "policy", policy_document(policy),
			  "origins", origins_json(policy));

	return json ? pretty(arena, json) : NULL;
}

char *policy_defaults(struct arena *arena)
{
	JSON_AUTO json_t *json = NULL;
	JSON_AUTO json_t *body = NULL;
	struct policy policy;

	policy_builtin(&policy);
	json = json_pack("{s:i, s:s}", "version", 1, "description",
			 "The shipped default: every rule and setting as compiled in.");
	body = policy_document(&policy);
	return json && body && json_object_update_missing(json, body) == 0 ? pretty(arena, json) : NULL;
}

char *setting_text(struct arena *arena, const struct setting *setting, const void *base)
{
	JSON_AUTO json_t *json = setting_json(setting, base);

	return json ? json_write(arena, json) : NULL;
}

static json_t *settings_json(const struct rule *rule)
{
	json_t *array = json_array();
	int failed = array ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < rule->n_settings; i++) {
		const struct setting *setting = &rule->settings[i];

		failed = json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:o}", "name", setting->name, "help",
								setting->help, "wanted", setting_wanted(setting),
								"default", setting_json(setting, rule->defaults)));
	}
	return give(array, failed);
}

static json_t *rule_json(const struct rule *rule)
{
	static const char *const severities[] = {"high", "medium", "low", "info"};
	json_t *scope = json_array();
	int failed = scope ? 0 : -1;

	if (failed == 0 && rule->scope & RULE_SCOPE_CREATE)
		failed = json_array_append_new(scope, json_string("create"));
	if (failed == 0 && rule->scope & RULE_SCOPE_EXEC)
		failed = json_array_append_new(scope, json_string("exec"));
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:b, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o}", "name",
			 rule->name, "title", rule->title, "group", (int)rule->group, "effect",
			 effect_name(rule->effect), "severity", severities[rule->severity], "judges",
			 give(scope, failed), "can_apply", rule->amendment != AMEND_NONE, "fields", rule->fields,
			 "allowed", rule->allowed, "why", rule->why, "recommendation", rule->recommendation, "alert",
			 rule->alert, "pod_security_standard", rule->pss, "settings", settings_json(rule));
}

char *rules_describe(struct arena *arena, const struct rule *rule)
{
	JSON_AUTO json_t *json = rule ? rule_json(rule) : json_array();
	int failed = json ? 0 : -1;

	for (size_t i = 0; !rule && failed == 0 && i < RULE_COUNT; i++)
		failed = json_array_append_new(json, rule_json(rule_table[i]));
	return failed == 0 ? pretty(arena, json) : NULL;
}

char *policy_report_json(struct arena *arena, const struct policy_report *report)
{
	JSON_AUTO json_t *json = json_pack("{s:I, s:I, s:I, s:s?, s:[]}", "errors", (json_int_t)report->errors,
					   "warnings", (json_int_t)(report->n - report->errors), "files",
					   (json_int_t)report->files, "digest", report->digest, "problems");
	json_t *problems = json_object_get(json, "problems");
	int failed = json ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < report->n; i++) {
		const struct policy_problem *problem = &report->problems[i];

		failed = json_array_append_new(
			problems, json_pack("{s:s, s:s, s:s, s:s}", "kind", problem->warning ? "warning" : "error",
					    "file", problem->file, "pointer", problem->pointer, "text", problem->text));
	}
	return failed == 0 ? pretty(arena, json) : NULL;
}
