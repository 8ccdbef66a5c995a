/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy back to a document that says everything: read over any defaults, it
 * gives the policy again.
 */
#include <sha256.h>
#include <string.h>
#include <time.h>

#include "policy_read.h"

enum { DAY = 24 * 60 * 60 };

/* Takes over @value; an empty or missing one is left out. */
static int set(json_t *object, const char *key, json_t *value, bool keep_empty)
{
	if (value && !keep_empty && json_object_size(value) == 0) {
		json_decref(value);
		return 0;
	}
	return json_object_set_new(object, key, value);
}

/* The settings at @values that differ from those at @base; all of them where @base is NULL. */
static int add_settings(json_t *object, const struct setting *settings, size_t n, const void *values, const void *base)
{
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < n; i++)
		if (!base || !setting_same(&settings[i], values, base))
			failed = json_object_set_new(object, settings[i].name, setting_json(&settings[i], values));
	return failed;
}

static json_t *rule_json(const struct rule *rule, const struct rule_policy *own)
{
	json_t *object = json_object();
	int failed = object ? 0 : -1;

	if (failed == 0)
		failed = json_object_set_new(object, "effect", json_string(effect_name(own->effect)));
	if (failed == 0 && own->exec_effect != own->effect)
		failed = json_object_set_new(object, "exec",
					     json_pack("{s:s}", "effect", effect_name(own->exec_effect)));
	if (failed == 0)
		failed = add_settings(object, rule->settings, rule->n_settings, own->settings, NULL);
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *rules_json(const struct policy *policy)
{
	json_t *object = json_object();
	int failed = object ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < RULE_COUNT; i++)
		failed = json_object_set_new(object, rule_table[i]->name, rule_json(rule_table[i], &policy->rules[i]));
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *day_json(int64_t expires)
{
	time_t day = (time_t)(expires - DAY);
	char text[32];
	struct tm tm;

	if (!gmtime_r(&day, &tm) || strftime(text, sizeof(text), "%Y-%m-%d", &tm) == 0)
		return NULL;
	return json_string(text);
}

static json_t *match_json(const struct exception *exception)
{
	json_t *object = json_object();
	const struct setting *setting;
	int failed = object ? 0 : -1;

	for (size_t i = 0; failed == 0 && (setting = exception_match(i)); i++) {
		json_t *list = setting_json(setting, exception);

		if (json_array_size(list) > 0)
			failed = json_object_set_new(object, setting->name, list);
		else
			json_decref(list);
	}
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *exception_rule_json(const struct exception_rule *change, const void *base)
{
	const struct rule *rule = rule_table[change->rule];
	json_t *object = json_object();
	int failed = object ? 0 : -1;

	if (failed == 0 && change->has_effect)
		failed = json_object_set_new(object, "effect", json_string(effect_name(change->effect)));
	if (failed == 0 && change->settings)
		failed = add_settings(object, rule->settings, rule->n_settings, change->settings, base);
	/* It sets what the policy says anyway. The document must still say something. */
	if (failed == 0 && json_object_size(object) == 0)
		failed = add_settings(object, rule->settings, rule->n_settings, change->settings, NULL);
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *exception_json(const struct policy *policy, const struct exception *exception)
{
	json_t *object = json_pack("{s:s, s:s}", "name", exception->name, "reason", exception->reason);
	json_t *rules = json_object();
	int failed = object && rules ? 0 : -1;

	if (failed == 0 && exception->has_expiry)
		failed = json_object_set_new(object, "expires", day_json(exception->expires));
	if (failed == 0)
		failed = json_object_set_new(object, "match", match_json(exception));
	for (size_t i = 0; failed == 0 && i < exception->n_rules; i++) {
		const struct exception_rule *change = &exception->rules[i];

		failed = json_object_set_new(rules, rule_table[change->rule]->name,
					     exception_rule_json(change, policy->rules[change->rule].settings));
	}
	if (failed == 0 && json_object_set(object, "rules", rules) == 0) {
		json_decref(rules);
		return object;
	}
	json_decref(object);
	json_decref(rules);
	return NULL;
}

static json_t *exceptions_json(const struct policy *policy)
{
	json_t *array = json_array();
	int failed = array ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < policy->n_exceptions; i++)
		failed = json_array_append_new(array, exception_json(policy, &policy->exceptions[i]));
	if (failed == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *candidates_json(const struct policy *policy)
{
	json_t *object = json_object();
	int failed = object ? 0 : -1;

	for (size_t i = 0; failed == 0 && i < policy->n_wrappers; i++) {
		const struct wrapper *wrapper = &policy->wrappers[i];

		failed = json_object_set_new(object, wrapper->name, strings_json(&wrapper->candidates));
	}
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *section_json(const struct section *section, const struct policy *policy)
{
	json_t *object = json_object();
	int failed = object ? add_settings(object, section->settings, section->n, policy, NULL) : -1;

	if (failed == 0 && strcmp(section->name, "runtime") == 0)
		failed = set(object, "candidates", candidates_json(policy), false);
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

json_t *policy_document(const struct policy *policy)
{
	json_t *object = json_pack("{s:i}", "version", 1);
	int failed = object ? 0 : -1;

	if (failed == 0 && policy->preset)
		failed = json_object_set_new(object, "preset", json_string(policy->preset));
	if (failed == 0)
		failed = set(object, "rules", rules_json(policy), false);
	if (failed == 0 && policy->n_exceptions > 0)
		failed = json_object_set_new(object, "exceptions", exceptions_json(policy));
	for (size_t i = 0; failed == 0 && i < POLICY_SECTIONS; i++)
		failed = set(object, policy_sections[i].name, section_json(&policy_sections[i], policy), false);
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}

char *policy_text(struct arena *arena, const struct policy *policy)
{
	JSON_AUTO json_t *json = policy_document(policy);

	return json ? json_write(arena, json) : NULL;
}

char *policy_text_digest(struct arena *arena, const char *text)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (!SHA256Data((const uint8_t *)text, strlen(text), hex))
		return NULL;
	return arena_printf(arena, "sha256:%s", hex);
}
