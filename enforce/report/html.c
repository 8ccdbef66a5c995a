/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as one page that needs nothing else: no network, no other file.
 * Everything is in the page's text; the script only sorts and hides.
 *
 * Names come from whoever wrote the container: they are escaped, and the
 * page's own rule for content lets nothing be loaded should that ever fail.
 */
#include "put.h"

#include "ocigate/report.h"

enum { DAY = 24 * 60 * 60 };

static const char style[] = {
#include "report_style.inc"
};

static const char script[] = {
#include "report_script.inc"
};

static void head(const struct report *report, FILE *out)
{
	(void)fputs(
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		"script-src 'unsafe-inline'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>ocigate: ",
		out);
	put_html(out, report->node);
	(void)fputs("</title>\n<style>\n", out);
	(void)fputs(style, out);
	(void)fputs("</style>\n</head>\n<body>\n<main>\n<h1>Containers of ", out);
	put_html(out, report->node);
	(void)fputs("</h1>\n<p class=\"sub\">", out);
	put_time(out, report->time_us);
	(void)fputs(report->proposed.n > 0 ? ", judged by a proposed policy" : ", judged by the policy in force, ",
		    out);
	if (report->proposed.n == 0)
		put_html(out, report->policy->digest ? report->policy->digest : "");
	(void)fputs("</p>\n", out);
}

static void banners(const struct report *report, FILE *out)
{
	if (report->proposed.n > 0) {
		(void)fputs("<p class=\"banner\">Dry run: nothing is changed. The policy is that of ", out);
		for (size_t i = 0; i < report->proposed.n; i++) {
			(void)fputs(i ? ", " : "", out);
			put_html(out, report->proposed.items[i]);
		}
		(void)fputs(".</p>\n", out);
	}
	if (report->policy->stale) {
		(void)fputs("<p class=\"banner stale\">The policy is stale: ", out);
		put_html(out, report->policy->stale);
		(void)fputs("</p>\n", out);
	}
}

/* Those that have ended, or end soon: whom they spared should not find out by being refused. */
static void ending_exceptions(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->policy->n_exceptions; i++) {
		const struct exception *exception = &report->policy->exceptions[i];
		const int64_t left = exception->expires - report->time_us / 1000000;

		if (!exception->has_expiry || left > (int64_t)REPORT_SOON_DAYS * DAY)
			continue;
		(void)fprintf(out, "<p class=\"banner%s\">The exception <b>", left <= 0 ? " stale" : "");
		put_html(out, exception->name);
		if (left <= 0)
			(void)fputs("</b> has expired: it does not apply any more.", out);
		else
			(void)fprintf(out, "</b> ends in %lld day%s.", (long long)(left / DAY),
				      left / DAY == 1 ? "" : "s");
		(void)fputs(" Its reason: ", out);
		put_html(out, exception->reason);
		(void)fputs("</p>\n", out);
	}
}

static void card(FILE *out, const char *class, size_t n, const char *what)
{
	(void)fprintf(out, "<div class=\"card %s\"><b>%zu</b><span>%s</span></div>\n", class, n, what);
}

static void cards(const struct report *report, FILE *out)
{
	size_t unmet = 0;

	for (size_t i = 0; i < report->n_rows; i++)
		unmet += report->rows[i].number > 0 && report->rows[i].counts[REPORT_UNHEALTHY] > 0;
	(void)fputs("<section class=\"cards\" aria-label=\"Summary\">\n", out);
	card(out, "", report->n, report->n == 1 ? "container" : "containers");
	card(out, report->denied ? "bad" : "good", report->denied, "would be refused");
	card(out, "good", report->n - report->denied, "admitted");
	card(out, report->excepted ? "except" : "", report->excepted, "of them with an exception");
	card(out, unmet ? "bad" : "good", unmet, "recommendations not met");
	(void)fputs("</section>\n", out);
}

static void bar(const struct report *report, const struct report_row *row, FILE *out)
{
	(void)fprintf(out,
		      "<span class=\"bar\" role=\"img\" aria-label=\"%zu unhealthy, %zu excepted, %zu healthy, %zu not "
		      "applicable\">",
		      row->counts[REPORT_UNHEALTHY], row->counts[REPORT_EXCEPTED], row->counts[REPORT_HEALTHY],
		      row->counts[REPORT_NOT_APPLICABLE]);
	for (size_t status = 0; status < REPORT_STATUSES && report->n > 0; status++)
		if (row->counts[status] > 0)
			(void)fprintf(out, "<i class=\"b%zu\" style=\"width:%.2f%%\"></i>", status,
				      100.0 * (double)row->counts[status] / (double)report->n);
	(void)fputs("</span>", out);
}

static void row_number(const struct report_row *row, FILE *out)
{
	(void)fputs("<span class=\"no\">", out);
	if (row->number > 0)
		(void)fprintf(out, "%u", row->number);
	(void)fputs("</span><span>", out);
	put_html(out, row->title);
	(void)fputs("<small>", out);
	if (row->elsewhere)
		put_html(out, row->elsewhere);
	for (size_t i = 0; i < row->n_rules; i++)
		(void)fprintf(out, "%s%s", i ? ", " : "", rule_table[row->rules[i]]->name);
	(void)fputs("</small></span>", out);
}

static void rows(const struct report *report, FILE *out)
{
	(void)fputs(
		"<h2>Recommendations</h2>\n<p class=\"legend\"><span><i class=\"b0\"></i>unhealthy</span><span><i "
		"class=\"b1\"></i>excepted</span><span><i class=\"b2\"></i>healthy</span><span><i class=\"b3\"></i>not "
		"applicable</span><span>Rows without a number are rules beyond the recommendations; a row chosen shows "
		"its containers below.</span></p>\n<section class=\"panel\">\n",
		out);
	for (size_t i = 0; i < report->n_rows; i++) {
		const struct report_row *row = &report->rows[i];

		if (row->elsewhere) {
			(void)fputs("<div class=\"row\">", out);
			row_number(row, out);
			(void)fputs("<span></span><span class=\"sum zero\">&ndash;</span></div>\n", out);
			continue;
		}
		(void)fprintf(out, "<button type=\"button\" class=\"row\" aria-pressed=\"false\" data-row=\"r%zu\">",
			      i);
		row_number(row, out);
		bar(report, row, out);
		(void)fprintf(out, "<span class=\"sum%s\">%zu</span></button>\n",
			      row->counts[REPORT_UNHEALTHY] ? "" : " zero", row->counts[REPORT_UNHEALTHY]);
	}
	(void)fputs("</section>\n", out);
}

static void finding(const struct finding *item, FILE *out)
{
	const char *word = item->exception ? "excepted" : effect_name(item->effect);

	(void)fprintf(out, "<li><span class=\"pill %s\">%s</span> <code>%s</code>: ", word, word, item->rule->name);
	put_html(out, item->message);
	if (item->remedy[0] && !item->exception) {
		(void)fputs("<em>to mend: ", out);
		put_html(out, item->remedy);
		(void)fputs("</em>", out);
	}
	if (item->exception) {
		(void)fputs("<em>by the exception ", out);
		put_html(out, item->exception);
		(void)fputs("</em>", out);
	}
	(void)fputs("</li>\n", out);
}

static void findings(const struct report_subject *subject, FILE *out)
{
	const struct decision *decision = &subject->decision;

	if (!decision->error && decision->findings.n + decision->notes.n + decision->exceptions.n == 0) {
		(void)fputs("&ndash;", out);
		return;
	}
	(void)fprintf(out, "<details><summary>%zu finding%s</summary><ul class=\"findings\">\n", decision->findings.n,
		      decision->findings.n == 1 ? "" : "s");
	if (decision->error) {
		(void)fputs("<li>cannot be judged: ", out);
		put_html(out, decision->error);
		(void)fputs("</li>\n", out);
	}
	for (size_t i = 0; i < decision->findings.n; i++)
		finding(&decision->findings.items[i], out);
	for (size_t i = 0; i < decision->exceptions.n; i++) {
		(void)fputs("<li>the exception ", out);
		put_html(out, decision->exceptions.items[i]);
		(void)fputs(" applies</li>\n", out);
	}
	for (size_t i = 0; i < decision->notes.n; i++) {
		(void)fputs("<li>", out);
		put_html(out, decision->notes.items[i]);
		(void)fputs("</li>\n", out);
	}
	(void)fputs("</ul></details>", out);
}

static void container(const struct report *report, const struct report_subject *subject, size_t rank, FILE *out)
{
	const struct decision *decision = &subject->decision;
	const bool admitted = decision->verdict == VERDICT_ADMIT;

	(void)fprintf(out, "<tr data-verdict=\"%s\" data-unhealthy=\"", admitted ? "admit" : "deny");
	for (size_t i = 0; i < report->n_rows; i++)
		if (report_row_status(&report->rows[i], subject) == REPORT_UNHEALTHY)
			(void)fprintf(out, "r%zu ", i);
	(void)fprintf(out, "\"><td data-key=\"%zu\"><span class=\"pill %s\">%s</span></td><td class=\"name\">", rank,
		      admitted ? "admit" : "deny", admitted ? "admitted" : "refused");
	put_html(out, subject->name);
	(void)fputs("<small>", out);
	put_html(out, decision->identity.image);
	(void)fprintf(out, "</small></td><td>%s", engine_names[decision->identity.engine]);
	if (!decision->identity.trusted) {
		(void)fputs(", unproven<small>", out);
		put_html(out, decision->identity.doubt ? decision->identity.doubt : "");
		(void)fputs("</small>", out);
	}
	(void)fprintf(out, "</td><td class=\"number\" data-key=\"%ld\">", (long)subject->pid);
	if (subject->pid)
		(void)fprintf(out, "%ld", (long)subject->pid);
	else
		(void)fputs("not running", out);
	(void)fprintf(out, "</td><td data-key=\"%zu\">", decision->findings.n);
	findings(subject, out);
	(void)fputs("</td></tr>\n", out);
}

static void containers(const struct report *report, FILE *out)
{
	(void)fputs(
		"<h2>Containers</h2>\n<div class=\"tools\"><input type=\"search\" aria-label=\"Filter\" "
		"placeholder=\"Filter by name, image, rule ...\"><select aria-label=\"Verdict\"><option value=\"\">all "
		"verdicts</option><option value=\"deny\">refused</option><option "
		"value=\"admit\">admitted</option></select><output></output></div>\n"
		"<section class=\"panel scroll\"><table>\n<thead><tr><th scope=\"col\" aria-sort=\"ascending\"><button "
		"type=\"button\">verdict</button></th><th scope=\"col\"><button "
		"type=\"button\">container</button></th><th "
		"scope=\"col\"><button type=\"button\">engine</button></th><th scope=\"col\"><button "
		"type=\"button\">process</button></th><th scope=\"col\"><button "
		"type=\"button\">findings</button></th></tr></thead>\n<tbody>\n",
		out);
	for (size_t i = 0; i < report->n; i++)
		container(report, &report->subjects[i], i, out);
	(void)fputs("</tbody></table></section>\n", out);
}

void report_html(const struct report *report, FILE *out)
{
	head(report, out);
	banners(report, out);
	ending_exceptions(report, out);
	cards(report, out);
	rows(report, out);
	containers(report, out);
	(void)fprintf(out, "<footer>ocigate %s", OCIGATE_VERSION);
	if (report->ended > 0)
		(void)fprintf(out, "; %zu containers ended while this was made", report->ended);
	(void)fputs("</footer>\n</main>\n<script>\n", out);
	(void)fputs(script, out);
	(void)fputs("</script>\n</body>\n</html>\n", out);
}
