/* SPDX-License-Identifier: Apache-2.0 */
#include "print.h"

#include <stdio.h>

#include "ocigate/str.h"

enum { TEXT_ROOM = 2048 };

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {"high", "medium", "low", "info"};

	return names[severity];
}

/* Whatever a spec holds must not reach the terminal as it is. */
static void put(const char *label, const char *text)
{
	char bytes[TEXT_ROOM + 1];
	struct out out;

	if (!text || !text[0])
		return;
	out_init(&out, bytes, sizeof(bytes));
	out_plain(&out, text, TEXT_ROOM);
	(void)printf("%s%s", label, bytes);
}

static void print_who(const struct decision *decision)
{
	const struct identity *identity = &decision->identity;

	if (identity->namespace[0] || identity->pod[0]) {
		put(", ", identity->namespace);
		put("/", identity->pod);
	}
	put(", container ", identity->container[0] ? identity->container : decision->id);
	put(", image ", identity->image);
	if (decision->error) {
		(void)printf("\n");
		return;
	}
	if (identity->trusted)
		(void)printf(", by %s", engine_names[identity->engine]);
	else
		put(", unproven: ", identity->doubt ? identity->doubt : "nobody vouches for these names");
	(void)printf("\n");
}

static void print_finding(const struct finding *finding, bool colour)
{
	const bool refuses = finding->effect == EFFECT_DENY;

	(void)printf("  %s%-6s%s %-6s  %s: ", colour ? (refuses ? "\033[31m" : "\033[33m") : "",
		     effect_name(finding->effect), colour ? "\033[0m" : "", severity_name(finding->severity),
		     finding->rule->name);
	put("", finding->message);
	(void)printf("\n");
	if (finding->pointer[0]) {
		put("                  at ", finding->pointer);
		put(": ", finding->value);
		(void)printf("\n");
	}
	if (finding->remedy[0]) {
		put("                  to mend: ", finding->remedy);
		(void)printf("\n");
	}
	if (finding->exception) {
		put("                  exception: ", finding->exception);
		(void)printf("\n");
	}
}

void print_decision(const struct decision *decision, const char *where, bool colour)
{
	const bool admitted = decision->verdict == VERDICT_ADMIT;

	(void)printf("%s%s%s", colour ? (admitted ? "\033[32m" : "\033[1;31m") : "", admitted ? "admitted" : "denied",
		     colour ? "\033[0m" : "");
	put(" ", where);
	print_who(decision);
	if (decision->error) {
		put("  ", decision->error);
		put(" at ", decision->error_pointer);
		(void)printf("\n");
	}
	for (size_t i = 0; i < decision->findings.n; i++)
		print_finding(&decision->findings.items[i], colour);
	for (size_t i = 0; i < decision->n_amendments; i++) {
		(void)printf("  amended by %s", decision->amendments[i].rule->name);
		put(" at ", decision->amendments[i].pointer);
		put(" to ", decision->amendments[i].after);
		(void)printf("\n");
	}
	for (size_t i = 0; i < decision->exceptions.n; i++) {
		put("  exception that applies: ", decision->exceptions.items[i]);
		(void)printf("\n");
	}
	if (decision->policy_stale) {
		put("  the policy is stale: ", decision->policy_stale);
		(void)printf("\n");
	}
	for (size_t i = 0; i < decision->notes.n; i++) {
		put("  note: ", decision->notes.items[i]);
		(void)printf("\n");
	}
}
