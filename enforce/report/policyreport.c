/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as the Kubernetes policy working group's PolicyReport
 * (wgpolicyk8s.io/v1alpha2), for `kubectl apply -f -`: one object a namespace,
 * and a ClusterPolicyReport for what Kubernetes does not know of.
 *
 * Passed checks are counted and not listed: an object must stay small enough
 * for the API server to keep.
 */
#include <string.h>

#include "put.h"

#include "ocigate/report.h"

enum { NAME_MAX_BYTES = 63, RESULTS_MAX = 1000 };

/* By enum severity; the working group has the same words. */
static const char *const severities[] = {"high", "medium", "low", "info"};

struct sums {
	size_t pass;
	size_t fail;
	size_t warn;
	size_t error;
	size_t skip;
};

/* Only a name that the engine vouches for may speak for a namespace. "" is the cluster's own report. */
static const char *namespace_of(const struct report_subject *subject)
{
	const struct identity *identity = &subject->decision.identity;

	return identity->trusted && identity_is_pod(identity) ? identity->namespace : "";
}

/* A name that the API server takes (RFC 1123 label), made from the machine's. */
static void put_name(FILE *out, const char *node)
{
	char name[NAME_MAX_BYTES + 1] = "ocigate-";
	size_t len = strlen(name);

	for (; *node && len < NAME_MAX_BYTES; node++) {
		const char c = *node >= 'A' && *node <= 'Z' ? (char)(*node - 'A' + 'a') : *node;

		name[len++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
	}
	while (name[len - 1] == '-')
		len--;
	name[len] = '\0';
	(void)fprintf(out, "\"%s\"", name);
}

static const char *result_of(const struct report_subject *subject, const struct finding *finding)
{
	if (subject->status[finding->rule->id] == REPORT_EXCEPTED)
		return "skip";
	return finding->effect == EFFECT_AUDIT ? "warn" : "fail";
}

static void count(const struct report_subject *subject, struct sums *sums)
{
	sums->error += subject->decision.error != NULL;
	for (size_t i = 0; i < RULE_COUNT; i++)
		sums->pass += subject->status[i] == REPORT_HEALTHY;
	for (size_t i = 0; i < subject->decision.findings.n; i++) {
		const char *result = result_of(subject, &subject->decision.findings.items[i]);

		sums->skip += strcmp(result, "skip") == 0;
		sums->warn += strcmp(result, "warn") == 0;
		sums->fail += strcmp(result, "fail") == 0;
	}
}

static void resource(FILE *out, const struct report_subject *subject)
{
	const struct identity *identity = &subject->decision.identity;

	(void)fputs(",\"resources\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"namespace\":", out);
	put_json(out, identity->namespace);
	(void)fputs(",\"name\":", out);
	put_json(out, identity->pod);
	if (identity->pod_uid[0]) {
		(void)fputs(",\"uid\":", out);
		put_json(out, identity->pod_uid);
	}
	(void)fputs("}]", out);
}

/* What every result has. @rule is a name or a word of ours. */
static void result(FILE *out, const struct report *report, const struct report_subject *subject, const char *rule,
		   const char *word, const char *severity, const char *message)
{
	(void)fprintf(out, "{\"source\":\"ocigate\",\"policy\":\"ocigate\",\"rule\":\"%s\",\"category\":", rule);
	put_json(out, rule_find(rule) && rule_find(rule)->pss ? rule_find(rule)->pss : "Node");
	(void)fprintf(out, ",\"result\":\"%s\",\"severity\":\"%s\",\"scored\":true,\"message\":", word, severity);
	put_json(out, message);
	(void)fprintf(out, ",\"timestamp\":{\"seconds\":%lld,\"nanos\":0}", (long long)(report->time_us / 1000000));
	if (namespace_of(subject)[0])
		resource(out, subject);
	(void)fputs(",\"properties\":{\"container\":", out);
	put_json(out, subject->decision.identity.container);
	(void)fputs(",\"id\":", out);
	put_json(out, subject->decision.id);
	(void)fprintf(out, ",\"engine\":\"%s\"", engine_names[subject->decision.identity.engine]);
}

static size_t results_of(const struct report *report, const struct report_subject *subject, size_t told, FILE *out)
{
	const struct decision *decision = &subject->decision;

	if (decision->error && told < RESULTS_MAX) {
		(void)fputs(told ? ",\n" : "\n", out);
		result(out, report, subject, "spec-integrity", "error", "high", decision->error);
		(void)fputs("}}", out);
		told++;
	}
	for (size_t i = 0; i < decision->findings.n && told < RESULTS_MAX; i++, told++) {
		const struct finding *finding = &decision->findings.items[i];

		(void)fputs(told ? ",\n" : "\n", out);
		result(out, report, subject, finding->rule->name, result_of(subject, finding),
		       severities[finding->severity], finding->message);
		(void)fputs(",\"remedy\":", out);
		put_json(out, finding->remedy);
		if (finding->exception) {
			(void)fputs(",\"exception\":", out);
			put_json(out, finding->exception);
		}
		(void)fputs("}}", out);
	}
	return told;
}

static void object(const struct report *report, const char *namespace, FILE *out)
{
	struct sums sums = {0};
	size_t told = 0;

	(void)fprintf(out, "{\"apiVersion\":\"wgpolicyk8s.io/v1alpha2\",\"kind\":\"%s\",\"metadata\":{\"name\":",
		      namespace[0] ? "PolicyReport" : "ClusterPolicyReport");
	put_name(out, report->node);
	if (namespace[0]) {
		(void)fputs(",\"namespace\":", out);
		put_json(out, namespace);
	}
	(void)fputs(
		",\"labels\":{\"app.kubernetes.io/managed-by\":\"ocigate\"}},\"scope\":{\"apiVersion\":\"v1\",\"kind\":"
		"\"Node\",\"name\":",
		out);
	put_json(out, report->node);
	(void)fputs("},\"results\":[", out);
	for (size_t i = 0; i < report->n; i++) {
		if (strcmp(namespace_of(&report->subjects[i]), namespace) != 0)
			continue;
		count(&report->subjects[i], &sums);
		told = results_of(report, &report->subjects[i], told, out);
	}
	(void)fprintf(out, "],\"summary\":{\"pass\":%zu,\"fail\":%zu,\"warn\":%zu,\"error\":%zu,\"skip\":%zu}}",
		      sums.pass, sums.fail, sums.warn, sums.error, sums.skip);
}

static bool is_first_of_its_namespace(const struct report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(namespace_of(&report->subjects[i]), namespace_of(&report->subjects[index])) == 0)
			return false;
	return true;
}

void report_policyreport(const struct report *report, FILE *out)
{
	bool first = true;

	(void)fputs("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[", out);
	for (size_t i = 0; i < report->n; i++) {
		if (!is_first_of_its_namespace(report, i))
			continue;
		(void)fputs(first ? "\n" : ",\n", out);
		object(report, namespace_of(&report->subjects[i]), out);
		first = false;
	}
	(void)fputs("]}\n", out);
}
