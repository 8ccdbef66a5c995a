/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OCIGATE_POLICY_SHOW_H
#define OCIGATE_POLICY_SHOW_H

#include <stdbool.h>

#include "ocigate/policy.h"

/** policy_show() - the whole policy to stdout, with the file that each value comes from. @now: Unix seconds */
void policy_show(struct arena *arena, const struct policy *policy, int64_t now, bool colour);

#endif
