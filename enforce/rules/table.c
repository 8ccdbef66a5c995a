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

bool rule_setting_is_true(const struct rule *rule, const void *settings, const char *name)
{
	for (size_t i = 0; settings && i < rule->n_settings; i++)
		if (rule->settings[i].type == SETTING_BOOL && strcmp(rule->settings[i].name, name) == 0)
			return *(const bool *)((const char *)settings + rule->settings[i].offset);
	return false;
}
