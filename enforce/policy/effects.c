/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ocigate/policy.h"

#include "settings.h"

const char *const effect_words[] = {
	[EFFECT_DENY] = "deny",
	[EFFECT_APPLY] = "apply",
	[EFFECT_AUDIT] = "audit",
	[EFFECT_DISABLED] = "disabled",
	NULL,
};

static_assert(sizeof(effect_words) / sizeof(effect_words[0]) == EFFECT_DISABLED + 2, "every effect has a word");

const char *effect_name(enum effect effect)
{
	return effect_words[effect];
}

int effect_parse(const char *word, enum effect *ret_effect)
{
	for (int i = 0; effect_words[i]; i++) {
		if (strcmp(effect_words[i], word) == 0) {
			*ret_effect = (enum effect)i;
			return 0;
		}
	}
	return -1;
}
