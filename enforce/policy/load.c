/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_read.h"

int policy_load(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy, struct err *err)
{
	return policy_read(arena, dirs, ret_policy, err);
}
