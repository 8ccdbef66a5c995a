/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as Prometheus' text format, for the node exporter's textfile
 * collector. Labels are rules, effects and verdicts: their number is fixed,
 * and no name of a pod or an image leaves the node.
 */
#include "ocigate/report.h"

enum { DAY = 24 * 60 * 60 };

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(out, "# HELP ocigate_%s %s\n# TYPE ocigate_%s %s\n", name, help, name, type);
}

static void single(FILE *out, const char *name, const char *help, double value)
{
	head(out, name, "gauge", help);
	(void)fprintf(out, "ocigate_%s %.0f\n", name, value);
}

static void containers(const struct report *report, FILE *out)
{
	head(out, "containers", "gauge", "Containers on this node, by what the policy says about them now.");
	(void)fprintf(out, "ocigate_containers{verdict=\"admit\"} %zu\n", report->n - report->denied);
	(void)fprintf(out, "ocigate_containers{verdict=\"deny\"} %zu\n", report->denied);
	head(out, "container_rules", "gauge", "Containers on this node, by how they stand towards each rule.");
	for (size_t rule = 0; rule < RULE_COUNT; rule++) {
		size_t counts[REPORT_STATUSES] = {0};

		if ((rule_table[rule]->scope & RULE_SCOPE_CREATE) == 0)
			continue;
		for (size_t i = 0; i < report->n; i++)
			counts[report->subjects[i].status[rule]]++;
		for (size_t status = 0; status < REPORT_STATUSES; status++)
			(void)fprintf(out, "ocigate_container_rules{rule=\"%s\",status=\"%s\"} %zu\n",
				      rule_table[rule]->name, report_status_names[status], counts[status]);
	}
}

static void exceptions(const struct report *report, FILE *out)
{
	const int64_t now = report->time_us / 1000000;
	size_t active = 0, soon = 0, expired = 0;
	int64_t next = 0;

	for (size_t i = 0; i < report->policy->n_exceptions; i++) {
		const struct exception *exception = &report->policy->exceptions[i];

		if (exception->has_expiry && now >= exception->expires) {
			expired++;
			continue;
		}
		active++;
		soon += exception->has_expiry && exception->expires - now <= (int64_t)REPORT_SOON_DAYS * DAY;
		if (exception->has_expiry && (next == 0 || exception->expires < next))
			next = exception->expires;
	}
	head(out, "exceptions", "gauge", "Exceptions of the policy; those that end within 14 days are active too.");
	(void)fprintf(out, "ocigate_exceptions{state=\"active\"} %zu\n", active);
	(void)fprintf(out, "ocigate_exceptions{state=\"expiring\"} %zu\n", soon);
	(void)fprintf(out, "ocigate_exceptions{state=\"expired\"} %zu\n", expired);
	if (next > 0)
		single(out, "exception_next_expiry_timestamp_seconds", "When the next exception stops to apply.",
		       (double)next);
}

/* The store forgets: what is counted from it may go down and is no counter. */
static void decisions(const struct report_past *past, FILE *out)
{
	const char *type = past->complete ? "counter" : "gauge";
	const char *all = past->complete ? "decisions_total" : "decisions_kept";
	const char *single_findings = past->complete ? "findings_total" : "findings_kept";

	head(out, all, type,
	     past->complete ? "Decisions since boot, from the policy's log."
			    : "Decisions that are still kept: the last 512 at most, of those that refused or found "
			      "something. For counters since boot let the policy name a log (log.file).");
	(void)fprintf(out, "ocigate_%s{verdict=\"admit\"} %llu\n", all, (unsigned long long)past->admitted);
	(void)fprintf(out, "ocigate_%s{verdict=\"deny\"} %llu\n", all, (unsigned long long)past->denied);
	head(out, single_findings, type,
	     past->complete
		     ? "Findings since boot, by rule and by what was done about them."
		     : "Findings of the decisions that are still kept, by rule and by what was done about them.");
	for (size_t rule = 0; rule < RULE_COUNT; rule++)
		for (int effect = EFFECT_DENY; effect < EFFECT_DISABLED; effect++)
			(void)fprintf(out, "ocigate_%s{rule=\"%s\",effect=\"%s\"} %llu\n", single_findings,
				      rule_table[rule]->name, effect_name((enum effect)effect),
				      (unsigned long long)past->findings[rule][effect]);
}

void report_prometheus(const struct report *report, const struct report_past *past, FILE *out)
{
	head(out, "build_info", "gauge", "The version that wrote this.");
	(void)fprintf(out, "ocigate_build_info{version=\"%s\"} 1\n", OCIGATE_VERSION);
	single(out, "report_timestamp_seconds", "When the containers were looked at.",
	       (double)(report->time_us / 1000000));
	single(out, "policy_stale", "Whether the last good policy is in force because the drop-ins do not load.",
	       report->policy->stale ? 1 : 0);
	containers(report, out);
	exceptions(report, out);
	decisions(past, out);
}
