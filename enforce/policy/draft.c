/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "draft.h"

void draft_init(struct draft *draft, struct arena *arena, struct problems *problems)
{
	*draft = (struct draft){.arena = arena, .problems = problems};
	policy_builtin(&draft->policy);
	draft->n_wrappers = n_builtin_wrappers;
	draft->wrappers = arena_array(arena, n_builtin_wrappers, sizeof(*draft->wrappers));
	if (!draft->wrappers) {
		problems->failed = true;
		draft->n_wrappers = 0;
		return;
	}
	memcpy(draft->wrappers, builtin_wrappers, n_builtin_wrappers * sizeof(*draft->wrappers));
}

void draft_track(struct draft *draft)
{
	struct policy *policy = &draft->policy;

	for (size_t i = 0; i < draft->n_wrappers; i++)
		draft->wrappers[i].origin = ORIGIN_DEFAULT;
	for (size_t i = 0; i < POLICY_GLOBALS; i++)
		policy->global_origins[i] = ORIGIN_DEFAULT;
	for (size_t i = 0; i < RULE_COUNT; i++) {
		size_t n = rule_table[i]->n_settings;
		const char **origins = arena_array(draft->arena, n, sizeof(*origins));

		policy->rules[i].effect_origin = ORIGIN_DEFAULT;
		policy->rules[i].exec_effect_origin = ORIGIN_DEFAULT;
		if (!origins) {
			draft->problems->failed = true;
			return;
		}
		for (size_t j = 0; j < n; j++)
			origins[j] = ORIGIN_DEFAULT;
		draft->setting_origins[i] = origins;
		policy->rules[i].setting_origins = origins;
	}
}

void draft_release(struct draft *draft)
{
	for (size_t i = 0; i < draft->n_exceptions; i++)
		json_decref(draft->exceptions[i].json);
	draft->n_exceptions = 0;
}

int draft_finish(struct draft *draft, struct policy *ret_policy)
{
	struct policy *policy = &draft->policy;

	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (draft->exec_set[i])
			continue;
		policy->rules[i].exec_effect = policy->rules[i].effect;
		policy->rules[i].exec_effect_origin = policy->rules[i].effect_origin;
	}
	exceptions_read(draft);
	policy->wrappers = draft->wrappers;
	policy->n_wrappers = draft->n_wrappers;
	if (policy->log_file && policy->log_file[0] == '\0')
		policy->log_file = NULL;
	if (draft->problems->failed || draft->problems->errors > 0)
		return -1;
	*ret_policy = *policy;
	return 0;
}
