/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ocigate/rule.h"

const struct rule *const rule_table[RULE_COUNT] = {
#define RULE(id, name) &rule_##id,
#include "ocigate/rules.def"
#undef RULE
};

const struct rule *rule_find(const char *name)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (strcmp(rule_table[i]->name, name) == 0)
			return rule_table[i];
	return NULL;
}

static const void *setting_of(const struct rule *rule, const void *settings, enum setting_type type, const char *name)
{
	for (size_t i = 0; settings && i < rule->n_settings; i++)
		if (rule->settings[i].type == type && strcmp(rule->settings[i].name, name) == 0)
			return (const char *)settings + rule->settings[i].offset;
	return NULL;
}

bool rule_setting_is_true(const struct rule *rule, const void *settings, const char *name)
{
	const bool *setting = setting_of(rule, settings, SETTING_BOOL, name);

	return setting && *setting;
}

const struct key_values *rule_setting_map(const struct rule *rule, const void *settings, const char *name)
{
	return setting_of(rule, settings, SETTING_MAP, name);
}
