/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/decision.h"
#include "report.h"

static int64_t boot_time_us(void)
{
	struct timespec up = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	return now_us() - (int64_t)up.tv_sec * 1000000;
}

static void take(void *context, const struct decision *decision)
{
	struct report_past *past = context;

	/* Whoever is woken by a denial would be by every check of the gate. */
	if (decision->identity.is_doctor)
		return;
	if (decision->verdict == VERDICT_ADMIT)
		past->admitted++;
	else
		past->denied++;
	for (size_t i = 0; i < decision->findings.n; i++) {
		const struct finding *finding = &decision->findings.items[i];

		if (finding->effect < EFFECT_DISABLED)
			past->findings[finding->rule->id][finding->effect]++;
	}
}

int past_read(const struct policy *policy, struct report_past *past, struct err *err)
{
	const struct decision_visit visit = {.take = take, .context = past, .since_us = boot_time_us()};

	past->complete = policy->log_file != NULL;
	if (!policy->log_file)
		return decision_each_kept(DECISION_STORE, &visit, err);
	/* Nothing was decided yet: the log comes with the first decision. */
	return access(policy->log_file, F_OK) < 0 ? 0 : decision_each_logged(policy->log_file, &visit, err);
}
