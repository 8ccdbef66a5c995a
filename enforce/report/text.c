/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a terminal.
 */
#include <string.h>

#include "put.h"

#include "ocigate/report.h"

enum { WIDTH_MIN = 60, COUNT_COLUMN = 11, NAME_MAX_COLUMNS = 64, AFFECTED_LINES = 2, SECONDS_A_DAY = 24 * 60 * 60 };

static const char red[] = "\033[31m", green[] = "\033[32m", yellow[] = "\033[33m", dim[] = "\033[2m",
		  bold[] = "\033[1m", plain[] = "\033[0m";

static void paint(FILE *out, const struct report_look *look, const char *colour)
{
	if (look->colour)
		(void)fputs(colour, out);
}

static void head(const struct report *report, const struct report_look *look, FILE *out)
{
	paint(out, look, bold);
	(void)fputs("ocigate report", out);
	paint(out, look, plain);
	if (report->node[0]) {
		(void)fputs(" of ", out);
		(void)put_plain(out, report->node, NAME_MAX_COLUMNS);
	}
	(void)fputs(", ", out);
	put_time(out, report->time_us);
	(void)fputs("\n", out);
	if (report->proposed.n > 0) {
		paint(out, look, yellow);
		(void)fputs("dry run, nothing is changed: judged by the proposed policy of", out);
		for (size_t i = 0; i < report->proposed.n; i++) {
			(void)fputs(" ", out);
			(void)put_plain(out, report->proposed.items[i], look->width);
		}
		paint(out, look, plain);
		(void)fputs("\n", out);
	} else {
		(void)fputs("judged by the policy in force, ", out);
		(void)put_plain(out, report->policy->digest ? report->policy->digest : "?", look->width - 35);
		(void)fputs("\n", out);
	}
	if (report->policy->stale) {
		paint(out, look, red);
		(void)fputs("the policy is stale: ", out);
		(void)put_plain(out, report->policy->stale, 1024);
		paint(out, look, plain);
		(void)fputs("\n", out);
	}
}

static void summary(const struct report *report, const struct report_look *look, FILE *out)
{
	(void)fprintf(out, "%zu container%s: ", report->n, report->n == 1 ? "" : "s");
	paint(out, look, report->denied ? red : green);
	(void)fprintf(out, "%zu would be refused", report->denied);
	paint(out, look, plain);
	(void)fprintf(out, ", %zu admitted", report->n - report->denied);
	if (report->excepted > 0)
		(void)fprintf(out, " (%zu with an exception)", report->excepted);
	(void)fputs("\n", out);
	if (report->ended > 0)
		(void)fprintf(out, "%zu ended meanwhile\n", report->ended);
}

/* Who is excepted today and refused tomorrow should not have to find out by being refused. */
static void ending_exceptions(const struct report *report, const struct report_look *look, FILE *out)
{
	const int64_t now = report->time_us / 1000000;

	for (size_t i = 0; i < report->policy->n_exceptions; i++) {
		const struct exception *exception = &report->policy->exceptions[i];
		const int64_t left = exception->expires - now;

		if (!exception->has_expiry || left > (int64_t)REPORT_SOON_DAYS * SECONDS_A_DAY)
			continue;
		paint(out, look, left <= 0 ? red : yellow);
		(void)fputs("exception ", out);
		(void)put_plain(out, exception->name, NAME_MAX_COLUMNS);
		if (left <= 0)
			(void)fputs(" has expired: it does not apply any more", out);
		else
			(void)fprintf(out, " ends in %lld day%s", (long long)(left / SECONDS_A_DAY),
				      left / SECONDS_A_DAY == 1 ? "" : "s");
		paint(out, look, plain);
		(void)fputs("\n", out);
	}
}

/* Names of the containers that the row is about, over a few lines. */
static void affected(const struct report *report, const struct report_row *row, const struct report_look *look,
		     FILE *out)
{
	size_t told = 0, column = 0, lines = 0;

	for (size_t i = 0; i < report->n; i++) {
		const struct report_subject *subject = &report->subjects[i];
		size_t len = strnlen(subject->name, NAME_MAX_COLUMNS);

		if (report_row_status(row, subject) != REPORT_UNHEALTHY)
			continue;
		if (column > 0 && column + 2 + len + 1 > look->width) {
			if (++lines == AFFECTED_LINES)
				break;
			(void)fputs(",\n", out);
			column = 0;
		} else if (column > 0) {
			(void)fputs(", ", out);
			column += 2;
		}
		if (column == 0) {
			(void)fputs("       ", out);
			column = 7;
		}
		column += put_plain(out, subject->name, NAME_MAX_COLUMNS);
		told++;
	}
	if (told < row->counts[REPORT_UNHEALTHY])
		(void)fprintf(out, ",\n       and %zu more", row->counts[REPORT_UNHEALTHY] - told);
	(void)fputs("\n", out);
}

static void count(FILE *out, const struct report_look *look, size_t n, const char *colour)
{
	paint(out, look, n > 0 ? colour : dim);
	(void)fprintf(out, "%*zu", COUNT_COLUMN, n);
	paint(out, look, plain);
}

static void row_line(const struct report_row *row, const struct report_look *look, FILE *out)
{
	const size_t room = look->width - 4 * COUNT_COLUMN - 5;
	size_t used;

	if (row->number > 0)
		(void)fprintf(out, "%3u  ", row->number);
	else
		(void)fputs("  -  ", out);
	used = put_plain(out, row->title, room);
	if (row->elsewhere) {
		paint(out, look, dim);
		(void)fprintf(out, "%*s  not seen from a node", (int)(room - used), "");
		paint(out, look, plain);
		(void)fputs("\n", out);
		return;
	}
	(void)fprintf(out, "%*s", (int)(room - used), "");
	count(out, look, row->counts[REPORT_UNHEALTHY], red);
	count(out, look, row->counts[REPORT_EXCEPTED], yellow);
	count(out, look, row->counts[REPORT_HEALTHY], green);
	count(out, look, row->counts[REPORT_NOT_APPLICABLE], dim);
	(void)fputs("\n", out);
}

static void rows(const struct report *report, const struct report_look *look, FILE *out)
{
	const int room = (int)look->width - 4 * COUNT_COLUMN;

	paint(out, look, bold);
	(void)fprintf(out, "\n%-*s%*s%*s%*s%*s\n", room, "recommendation, or rule beyond them", COUNT_COLUMN,
		      "unhealthy", COUNT_COLUMN, "excepted", COUNT_COLUMN, "healthy", COUNT_COLUMN, "n/a");
	paint(out, look, plain);
	for (size_t i = 0; i < report->n_rows; i++) {
		row_line(&report->rows[i], look, out);
		if (report->rows[i].counts[REPORT_UNHEALTHY] > 0)
			affected(report, &report->rows[i], look, out);
	}
}

static void finding(const struct finding *item, const struct report_look *look, FILE *out)
{
	size_t column = 12;

	(void)fputs("  ", out);
	paint(out, look, item->effect == EFFECT_DENY ? red : yellow);
	(void)fprintf(out, "%-9s", item->exception ? "excepted" : effect_name(item->effect));
	paint(out, look, plain);
	(void)fputs(" ", out);
	column += put_plain(out, item->rule->name, look->width);
	(void)fputs(": ", out);
	column += 2;
	column += put_plain(out, item->message, look->width > column + 20 ? look->width - column : 20);
	if (item->exception && column + 24 < look->width) {
		(void)fputs(" (by ", out);
		(void)put_plain(out, item->exception, look->width - column - 6);
		(void)fputs(")", out);
	}
	(void)fputs("\n", out);
}

static void subject_lines(const struct report_subject *subject, const struct report_look *look, FILE *out)
{
	const struct decision *decision = &subject->decision;
	const bool refused = decision->verdict != VERDICT_ADMIT;

	(void)fputs("\n", out);
	paint(out, look, refused ? red : green);
	(void)fputs(refused ? "refused  " : "admitted ", out);
	paint(out, look, plain);
	paint(out, look, bold);
	(void)put_plain(out, subject->name, look->width > 40 ? look->width - 22 : 20);
	paint(out, look, plain);
	paint(out, look, dim);
	(void)fprintf(out, " %s%s%s\n", engine_names[decision->identity.engine],
		      decision->identity.trusted ? "" : ", unproven", subject->pid ? "" : ", not running");
	paint(out, look, plain);
	if (decision->error) {
		(void)fputs("  cannot be judged: ", out);
		(void)put_plain(out, decision->error, look->width > 40 ? look->width - 20 : 20);
		(void)fputs("\n", out);
	}
	for (size_t i = 0; i < decision->findings.n; i++)
		finding(&decision->findings.items[i], look, out);
	for (size_t i = 0; i < decision->notes.n; i++) {
		(void)fputs("  note      ", out);
		(void)put_plain(out, decision->notes.items[i], look->width > 40 ? look->width - 12 : 20);
		(void)fputs("\n", out);
	}
}

void report_text(const struct report *report, const struct report_look *look, FILE *out)
{
	struct report_look own = *look;

	if (own.width < WIDTH_MIN + 4 * COUNT_COLUMN - 20)
		own.width = WIDTH_MIN + 4 * COUNT_COLUMN - 20;
	head(report, &own, out);
	summary(report, &own, out);
	ending_exceptions(report, &own, out);
	if (!own.would_deny)
		rows(report, &own, out);
	for (size_t i = 0; i < report->n; i++) {
		const struct report_subject *subject = &report->subjects[i];

		if (subject->decision.verdict != VERDICT_ADMIT ||
		    (!own.would_deny && subject->decision.findings.n + subject->decision.notes.n > 0))
			subject_lines(subject, &own, out);
	}
}

static void rule_list(FILE *out, const char *label, uint64_t rules)
{
	if (rules == 0)
		return;
	(void)fputs(label, out);
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (rules >> i & 1)
			(void)fprintf(out, " %s", rule_table[i]->name);
	(void)fputs("\n", out);
}

void report_diff(const struct report *report, const struct report_look *look, FILE *out)
{
	static const char *const words[] = {"refused, as before ", "now refused        ", "now admitted       ",
					    "admitted, as before"};
	size_t changed = 0;

	head(report, look, out);
	for (size_t i = 0; i < report->n; i++) {
		const struct report_subject *subject = &report->subjects[i];
		const bool was = subject->before == VERDICT_ADMIT, is = subject->decision.verdict == VERDICT_ADMIT;

		if (subject->refusing == subject->refused_before && was == is)
			continue;
		changed++;
		paint(out, look, is ? green : red);
		(void)fputs(words[is ? (was ? 3 : 2) : (was ? 1 : 0)], out);
		paint(out, look, plain);
		(void)fputs("  ", out);
		(void)put_plain(out, subject->name, look->width);
		(void)fputs("\n", out);
		rule_list(out, "    refused by now:", subject->refusing & ~subject->refused_before);
		rule_list(out, "    no longer by:  ", subject->refused_before & ~subject->refusing);
	}
	(void)fprintf(out, "%zu of %zu containers are judged differently from the policy in force\n", changed,
		      report->n);
}
