/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting. A recommendation's rows are the bundle's; rules that answer none
 * have a row each, so that nothing that is judged is left out.
 */
#include "ocigate/report.h"

#include <stdlib.h>
#include <string.h>

const char *const report_status_names[REPORT_STATUSES] = {
	[REPORT_UNHEALTHY] = "unhealthy",
	[REPORT_EXCEPTED] = "excepted",
	[REPORT_HEALTHY] = "healthy",
	[REPORT_NOT_APPLICABLE] = "not_applicable",
};

static bool has_row(const struct report *report, enum rule_id rule)
{
	for (size_t i = 0; i < report->n_rows; i++)
		for (size_t j = 0; j < report->rows[i].n_rules; j++)
			if (report->rows[i].rules[j] == rule)
				return true;
	return false;
}

static void make_rows(struct report *report)
{
	for (size_t i = 0; i < RECOMMENDATIONS; i++) {
		const struct recommendation *from = &recommendation_table[i];
		struct report_row *row = &report->rows[report->n_rows++];

		row->number = from->number;
		row->title = from->title;
		memcpy(row->rules, from->rules, sizeof(row->rules));
		row->n_rules = from->n_rules;
		row->elsewhere = from->elsewhere;
	}
	for (size_t i = 0; i < RULE_COUNT; i++) {
		struct report_row *row = &report->rows[report->n_rows];

		/* What only execs, or only starts, are judged by says nothing about a container. */
		if ((rule_table[i]->scope & RULE_SCOPE_CREATE) == 0 ||
		    (rule_table[i]->facts & HOST_FACT_PROCESS) != 0 || has_row(report, rule_table[i]->id))
			continue;
		row->title = rule_table[i]->title;
		row->rules[0] = rule_table[i]->id;
		row->n_rules = 1;
		report->n_rows++;
	}
}

/* Two rules ask for nothing until somebody lists what is allowed. */
static bool is_idle(struct arena *arena, const struct rule *rule, const struct policy *policy)
{
	if (rule->id != RULE_trusted_images && rule->id != RULE_listen_ports)
		return false;
	for (size_t i = 0; i < rule->n_settings; i++) {
		const char *own = setting_text(arena, &rule->settings[i], policy->rules[rule->id].settings);
		const char *usual = setting_text(arena, &rule->settings[i], rule->defaults);

		if (!own || !usual || strcmp(own, usual) != 0)
			return false;
	}
	return true;
}

void report_init(struct report *report, struct arena *arena, const struct policy *policy, int64_t time_us)
{
	*report = (struct report){.arena = arena, .policy = policy, .node = "", .time_us = time_us};
	make_rows(report);
	for (size_t i = 0; i < RULE_COUNT; i++)
		report->idle[i] = is_idle(arena, rule_table[i], policy);
}

uint64_t report_refusing(const struct decision *decision)
{
	uint64_t rules = decision->error ? (UINT64_C(1) << RULE_COUNT) - 1 : 0;

	for (size_t i = 0; i < decision->findings.n; i++)
		if (decision->findings.items[i].effect == EFFECT_DENY)
			rules |= UINT64_C(1) << decision->findings.items[i].rule->id;
	return rules;
}

enum report_status report_row_status(const struct report_row *row, const struct report_subject *subject)
{
	enum report_status worst = REPORT_NOT_APPLICABLE;

	for (size_t i = 0; i < row->n_rules; i++)
		if (subject->status[row->rules[i]] < worst)
			worst = subject->status[row->rules[i]];
	return worst;
}

static enum severity worst_severity(const struct report_subject *subject)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < subject->decision.findings.n; i++) {
		const struct finding *finding = &subject->decision.findings.items[i];

		if (subject->status[finding->rule->id] == REPORT_UNHEALTHY && finding->severity < worst)
			worst = finding->severity;
	}
	return worst;
}

static size_t unhealthy_rules(const struct report_subject *subject)
{
	size_t n = 0;

	for (size_t i = 0; i < RULE_COUNT; i++)
		n += subject->status[i] == REPORT_UNHEALTHY;
	return n;
}

/* Refused before admitted, then the graver, then the more; of equals by name, so that two reports can be compared. */
static int compare(const void *left, const void *right)
{
	const struct report_subject *a = left, *b = right;
	const size_t n = unhealthy_rules(a), m = unhealthy_rules(b);
	int order;

	if (a->decision.verdict != b->decision.verdict)
		return a->decision.verdict < b->decision.verdict ? -1 : 1;
	if (worst_severity(a) != worst_severity(b))
		return worst_severity(a) < worst_severity(b) ? -1 : 1;
	if (n != m)
		return n > m ? -1 : 1;
	order = strcmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->decision.id, b->decision.id);
}

static bool is_excepted(const struct report_subject *subject)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (subject->status[i] == REPORT_EXCEPTED)
			return true;
	return false;
}

void report_finish(struct report *report)
{
	if (report->n > 1)
		qsort(report->subjects, report->n, sizeof(*report->subjects), compare);
	for (size_t i = 0; i < report->n; i++) {
		const struct report_subject *subject = &report->subjects[i];

		report->denied += subject->decision.verdict != VERDICT_ADMIT;
		report->excepted += subject->decision.verdict == VERDICT_ADMIT && is_excepted(subject);
		for (size_t j = 0; j < report->n_rows; j++)
			report->rows[j].counts[report_row_status(&report->rows[j], subject)]++;
	}
}
