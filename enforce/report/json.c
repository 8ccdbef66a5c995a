/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for programs. A container's part is the decision object that
 * records have, so that one reader does for both.
 */
#include "put.h"

#include "ocigate/report.h"

static void strings(FILE *out, const struct strings *list)
{
	(void)fputs("[", out);
	for (size_t i = 0; i < list->n; i++) {
		(void)fputs(i ? "," : "", out);
		put_json(out, list->items[i]);
	}
	(void)fputs("]", out);
}

static void counts(FILE *out, const size_t n[REPORT_STATUSES])
{
	for (size_t i = 0; i < REPORT_STATUSES; i++)
		(void)fprintf(out, ",\"%s\":%zu", report_status_names[i], n[i]);
}

/* Ids of the containers that stand so towards the row. */
static void members(const struct report *report, const struct report_row *row, enum report_status status, FILE *out)
{
	bool first = true;

	(void)fputs("[", out);
	for (size_t i = 0; i < report->n; i++) {
		if (report_row_status(row, &report->subjects[i]) != status)
			continue;
		(void)fputs(first ? "" : ",", out);
		put_json(out, report->subjects[i].decision.id);
		first = false;
	}
	(void)fputs("]", out);
}

static void row(const struct report *report, const struct report_row *item, FILE *out)
{
	(void)fputs("{\"number\":", out);
	if (item->number > 0)
		(void)fprintf(out, "%u", item->number);
	else
		(void)fputs("null", out);
	(void)fputs(",\"title\":", out);
	put_json(out, item->title);
	(void)fputs(",\"rules\":[", out);
	for (size_t i = 0; i < item->n_rules; i++)
		(void)fprintf(out, "%s\"%s\"", i ? "," : "", rule_table[item->rules[i]]->name);
	(void)fputs("],\"elsewhere\":", out);
	put_json(out, item->elsewhere);
	counts(out, item->counts);
	(void)fputs(",\"affected\":", out);
	members(report, item, REPORT_UNHEALTHY, out);
	(void)fputs(",\"except\":", out);
	members(report, item, REPORT_EXCEPTED, out);
	(void)fputs("}", out);
}

static void rule_names(FILE *out, const char *key, uint64_t rules)
{
	bool first = true;

	(void)fprintf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if ((rules >> i & 1) == 0)
			continue;
		(void)fprintf(out, "%s\"%s\"", first ? "" : ",", rule_table[i]->name);
		first = false;
	}
	(void)fputs("]", out);
}

static void statuses(FILE *out, const struct report_subject *subject)
{
	(void)fputs(",\"rules\":{", out);
	for (size_t i = 0; i < RULE_COUNT; i++)
		(void)fprintf(out, "%s\"%s\":\"%s\"", i ? "," : "", rule_table[i]->name,
			      report_status_names[subject->status[i]]);
	(void)fputs("}", out);
}

static void subject(const struct report *report, const struct report_subject *item, FILE *out)
{
	const char *decision = decision_json(&item->decision);

	(void)fputs("{\"name\":", out);
	put_json(out, item->name);
	(void)fputs(",\"bundle\":", out);
	put_json(out, item->bundle);
	(void)fprintf(out, ",\"pid\":%ld", (long)item->pid);
	statuses(out, item);
	rule_names(out, "refused_by", item->refusing);
	if (report->compared) {
		(void)fprintf(out, ",\"before\":\"%s\"", item->before == VERDICT_ADMIT ? "admit" : "deny");
		rule_names(out, "refused_before_by", item->refused_before);
	}
	(void)fprintf(out, ",\"decision\":%s}", decision ? decision : "null");
}

static void exceptions(const struct report *report, FILE *out)
{
	(void)fputs("],\"exceptions\":[", out);
	for (size_t i = 0; i < report->policy->n_exceptions; i++) {
		const struct exception *exception = &report->policy->exceptions[i];
		const bool expired = exception->has_expiry && report->time_us / 1000000 >= exception->expires;

		(void)fputs(i ? ",\n{\"name\":" : "\n{\"name\":", out);
		put_json(out, exception->name);
		(void)fputs(",\"reason\":", out);
		put_json(out, exception->reason);
		(void)fputs(",\"ends\":", out);
		if (exception->has_expiry) {
			(void)fputs("\"", out);
			put_time(out, exception->expires * 1000000);
			(void)fputs("\"", out);
		} else {
			(void)fputs("null", out);
		}
		(void)fprintf(out, ",\"expired\":%s}", expired ? "true" : "false");
	}
}

void report_json(const struct report *report, FILE *out)
{
	(void)fputs("{\"time\":\"", out);
	put_time(out, report->time_us);
	(void)fputs("\",\"node\":", out);
	put_json(out, report->node);
	(void)fputs(",\"policy\":{\"digest\":", out);
	put_json(out, report->policy->digest);
	(void)fputs(",\"stale\":", out);
	put_json(out, report->policy->stale);
	(void)fprintf(out, "},\"dry_run\":%s,\"proposed\":", report->proposed.n > 0 ? "true" : "false");
	strings(out, &report->proposed);
	(void)fprintf(
		out, ",\"summary\":{\"containers\":%zu,\"denied\":%zu,\"admitted\":%zu,\"excepted\":%zu,\"ended\":%zu}",
		report->n, report->denied, report->n - report->denied, report->excepted, report->ended);
	(void)fputs(",\"recommendations\":[", out);
	for (size_t i = 0; i < report->n_rows; i++) {
		(void)fputs(i ? ",\n" : "\n", out);
		row(report, &report->rows[i], out);
	}
	(void)fputs("],\"containers\":[", out);
	for (size_t i = 0; i < report->n; i++) {
		(void)fputs(i ? ",\n" : "\n", out);
		subject(report, &report->subjects[i], out);
	}
	exceptions(report, out);
	(void)fputs("]}\n", out);
}
