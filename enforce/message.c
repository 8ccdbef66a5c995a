/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The human line: what `kubectl describe pod` and `podman run` show.
 *
 * It passes through runtimes and engines that cut it and search it, and
 * through terminals. So it is one line of printable ASCII, the worst first,
 * and podman's trigger phrases are taken out of it wherever they came from.
 */
#include <string.h>
#include <strings.h>

#include "ocigate/decision.h"
#include "ocigate/str.h"

enum {
	TAIL_ROOM = 1024, /* kept for what stands behind the findings */
	NOTES_MAX = 3,
	NAME_ROOM = 128,
	TEXT_ROOM = 512,
	SAME_RULE_MAX = 3, /* a privileged container has a hundred devices: the fourth says nothing new */
};

/*
 * podman turns an error that contains one of these into an error of its own kind and loses the rest of the text
 * (libpod, getOCIRuntimeError; letters of either case). Each stand-in is shorter, so that the text is changed in place.
 */
static const struct {
	const char *phrase;
	const char *instead;
} phrases[] = {
	{"permission denied", "no permission"},
	{"operation not permitted", "not permitted"},
	{"no such file or directory", "no such file"},
	{"executable file not found", "executable not found"},
};

static bool take_out_one(struct out *line)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		char *at = strcasestr(line->bytes, phrases[i].phrase);
		size_t old = strlen(phrases[i].phrase), now = strlen(phrases[i].instead);

		if (!at)
			continue;
		memcpy(at, phrases[i].instead, now);
		memmove(at + now, at + old, strlen(at + old) + 1);
		line->len -= old - now;
		return true;
	}
	return false;
}

static void add_who(struct out *line, const struct decision *decision)
{
	const struct identity *identity = &decision->identity;

	if (identity->trusted && identity->namespace[0] && identity->pod[0]) {
		out_plain(line, identity->namespace, NAME_ROOM);
		out_str(line, "/");
		out_plain(line, identity->pod, NAME_ROOM);
		out_str(line, " ");
	}
	out_str(line, "container ");
	if (identity->trusted && identity->container[0])
		out_plain(line, identity->container, NAME_ROOM);
	else
		out_plain(line, decision->id[0] ? decision->id : "(no id)", NAME_ROOM);
}

static bool refuses(const struct finding *finding)
{
	return finding->effect != EFFECT_AUDIT && finding->effect != EFFECT_APPLY;
}

static bool told_enough(const struct findings *findings, size_t index)
{
	unsigned same = 0;

	for (size_t i = 0; i < index && same < SAME_RULE_MAX; i++)
		same += findings->items[i].rule == findings->items[index].rule && refuses(&findings->items[i]);
	return same >= SAME_RULE_MAX;
}

/* All or nothing. Return: did it fit? */
static bool add_finding(struct out *line, const struct finding *finding, bool first)
{
	char bytes[2 * TEXT_ROOM + NAME_ROOM];
	struct out text;

	out_init(&text, bytes, sizeof(bytes));
	if (!first)
		out_str(&text, "; ");
	out_str(&text, finding->rule->name);
	out_str(&text, ": ");
	out_plain(&text, finding->message, TEXT_ROOM);
	if (finding->remedy[0]) {
		out_str(&text, " (");
		out_plain(&text, finding->remedy, TEXT_ROOM);
		out_str(&text, ")");
	}
	if (line->len + text.len + TAIL_ROOM > line->size)
		return false;
	out_bytes(line, text.bytes, text.len);
	return true;
}

static void add_findings(struct out *line, const struct decision *decision)
{
	const struct findings *findings = &decision->findings;
	size_t told = 0, left = 0;

	for (size_t i = 0; i < findings->n; i++) {
		if (!refuses(&findings->items[i]))
			continue;
		if (!told_enough(findings, i) && add_finding(line, &findings->items[i], told == 0))
			told++;
		else
			left++;
	}
	if (left == 0)
		return;
	out_str(line, "; ");
	out_number(line, (long long)left);
	out_str(line, " more: ocigate explain ");
	out_plain(line, decision->id, NAME_ROOM);
}

void line_calm(struct out *line)
{
	while (take_out_one(line))
		;
}

const char *decision_line(const struct decision *decision)
{
	static char bytes[DECISION_LINE_MAX + 1];
	struct out line;

	out_init(&line, bytes, sizeof(bytes));
	out_str(&line, decision->verdict == VERDICT_ADMIT ? "ocigate: admitted " : "ocigate: denied ");
	add_who(&line, decision);
	if (decision->verdict != VERDICT_ADMIT) {
		out_str(&line, ": ");
		if (decision->error)
			out_plain(&line, decision->error, 1024);
		if (decision->error && decision->error_pointer && decision->error_pointer[0]) {
			out_str(&line, " at ");
			out_plain(&line, decision->error_pointer, 256);
		}
		if (!decision->error)
			add_findings(&line, decision);
	}
	if (decision->policy_stale) {
		out_str(&line, "; the policy is stale: ");
		out_plain(&line, decision->policy_stale, 256);
	}
	for (size_t i = 0; i < decision->notes.n && i < NOTES_MAX; i++) {
		out_str(&line, "; note: ");
		out_plain(&line, decision->notes.items[i], 160);
	}
	line_calm(&line);
	return bytes;
}
