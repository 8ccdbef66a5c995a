/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record: one JSON object a decision, for machines. Written by hand rather
 * than through a JSON library: bounded, in this order, and safe whatever the
 * strings hold.
 */
#include <string.h>

#include "ocigate/decision.h"
#include "ocigate/str.h"

enum {
	ID_ROOM = 272,
	NAME_ROOM = 160, /* escapes included: what is longer is cut, so that many strings cannot drown the findings */
	IMAGE_ROOM = 400,
	VALUE_ROOM = 400,
	TEXT_ROOM = 600,
	EXCEPTIONS_MAX = 4,
	NOTES_MAX = 8,
	OMITTED_ROOM = 80,
};

/* ,"key":"value" */
static void member(struct out *out, const char *key, const char *value, size_t max)
{
	if (out->len > 0 && out->bytes[out->len - 1] != '{')
		out_str(out, ",");
	out_str(out, "\"");
	out_str(out, key);
	out_str(out, "\":");
	out_json(out, value, max);
}

static void head(struct out *out, const struct decision *decision)
{
	const struct identity *identity = &decision->identity;

	out_str(out, "{\"time\":\"");
	out_time(out, decision->time_us);
	out_str(out, "\"");
	member(out, "verdict", decision->verdict == VERDICT_ADMIT ? "admit" : "deny", 16);
	member(out, "stage", decision->stage, NAME_ROOM);
	member(out, "engine", engine_names[identity->engine], NAME_ROOM);
	out_str(out, identity->trusted ? ",\"trusted\":true" : ",\"trusted\":false");
	if (!identity->trusted && identity->doubt)
		member(out, "doubt", identity->doubt, NAME_ROOM);
	if (identity->is_doctor)
		out_str(out, ",\"doctor\":true");
	member(out, "id", decision->id, ID_ROOM);
	member(out, "namespace", identity->namespace, NAME_ROOM);
	member(out, "pod", identity->pod, NAME_ROOM);
	member(out, "container", identity->container, NAME_ROOM);
	member(out, "image", identity->image, IMAGE_ROOM);
}

/* Nothing if there is none: most decisions have neither. */
static void strings(struct out *out, const char *key, const struct strings *strings, size_t max)
{
	for (size_t i = 0; i < strings->n && i < max; i++) {
		out_str(out, i == 0 ? ",\"" : ",");
		if (i == 0) {
			out_str(out, key);
			out_str(out, "\":[");
		}
		out_json(out, strings->items[i], NAME_ROOM);
	}
	if (strings->n > 0)
		out_str(out, "]");
}

static void tail(struct out *out, const struct decision *decision)
{
	out_str(out, ",\"policy\":{");
	member(out, "digest", decision->policy_digest, NAME_ROOM);
	member(out, "stale", decision->policy_stale, VALUE_ROOM);
	out_str(out, "},\"duration_us\":");
	out_number(out, decision->duration_us);
	if (decision->error) {
		member(out, "error", decision->error, TEXT_ROOM);
		member(out, "error_pointer", decision->error_pointer, NAME_ROOM);
	}
	strings(out, "exceptions", &decision->exceptions, EXCEPTIONS_MAX);
	strings(out, "notes", &decision->notes, NOTES_MAX);
}

static void finding(struct out *out, const struct decision *decision, size_t i)
{
	static const char *const severities[] = {"high", "medium", "low", "info"};
	const struct finding *item = &decision->findings.items[i];

	out_str(out, "{");
	member(out, "rule", item->rule->name, NAME_ROOM);
	member(out, "effect", effect_name(item->effect), NAME_ROOM);
	member(out, "severity", severities[item->severity], NAME_ROOM);
	member(out, "pointer", item->pointer, VALUE_ROOM);
	member(out, "value", item->value, VALUE_ROOM);
	member(out, "message", item->message, TEXT_ROOM);
	member(out, "remedy", item->remedy, TEXT_ROOM);
	member(out, "exception", item->exception, NAME_ROOM);
	if (item->at_most != EFFECT_DENY)
		member(out, "at_most", effect_name(item->at_most), NAME_ROOM);
	if (item->alert && decision_alert(item))
		member(out, "alert", item->alert, NAME_ROOM);
	out_str(out, "}");
}

/*
 * Before and after are JSON texts already; one that is too long to be shown whole is shown as a string of its start. They
 * come as they stand in the spec, on as many lines as its engine liked: a record is one line.
 */
static void json_text(struct out *out, const char *key, const char *text)
{
	if (text && strlen(text) > VALUE_ROOM) {
		member(out, key, text, VALUE_ROOM);
		return;
	}
	out_str(out, ",\"");
	out_str(out, key);
	out_str(out, "\":");
	for (text = text ? text : "null"; *text; text += strspn(text, "\n\r\t")) {
		size_t n = strcspn(text, "\n\r\t");

		out_bytes(out, text, n);
		text += n;
	}
}

static void amendment(struct out *out, const struct decision *decision, size_t i)
{
	const struct amendment_record *item = &decision->amendments[i];

	out_str(out, "{");
	member(out, "rule", item->rule->name, NAME_ROOM);
	member(out, "pointer", item->pointer, VALUE_ROOM);
	json_text(out, "before", item->before);
	json_text(out, "after", item->after);
	out_str(out, "}");
}

/*
 * ,"key":[…] with as many elements as fit into @limit bytes of the whole text, and how many do not. Return: did all fit?
 */
static bool list(struct out *out, const struct decision *decision, const char *key, size_t n, size_t limit,
		 void (*element)(struct out *, const struct decision *, size_t))
{
	const size_t size = out->size;
	size_t told = 0;

	out_str(out, ",\"");
	out_str(out, key);
	out_str(out, "\":[");
	out->size = limit > out->len ? limit : out->len + 1;
	for (; told < n; told++) {
		const size_t before = out->len;

		if (told > 0)
			out_str(out, ",");
		element(out, decision, told);
		if (out->cut) {
			out->cut = false;
			out->len = before;
			out->bytes[before] = '\0';
			break;
		}
	}
	out->size = size;
	out_str(out, "]");
	if (told == n)
		return true;
	out_str(out, ",\"");
	out_str(out, key);
	out_str(out, "_omitted\":");
	out_number(out, (long long)(n - told));
	return false;
}

enum { TAIL_ROOM = 4096 };

static bool render(const struct decision *decision, struct out *out, size_t *ret_body)
{
	char tail_bytes[TAIL_ROOM];
	struct out behind;
	size_t room;
	bool whole;

	out_init(&behind, tail_bytes, sizeof(tail_bytes));
	tail(&behind, decision);
	room = out->size - behind.len;
	head(out, decision);
	whole = list(out, decision, "findings", decision->findings.n, room - 2 * OMITTED_ROOM, finding);
	whole = list(out, decision, "amendments", decision->n_amendments, room - OMITTED_ROOM, amendment) && whole;
	*ret_body = out->len;
	out_bytes(out, behind.bytes, behind.len);
	out_str(out, "}");
	return whole;
}

bool decision_render(const struct decision *decision, struct out *out)
{
	size_t body;

	return render(decision, out, &body);
}

bool decision_text_make(struct decision_text *text, const struct decision *decision)
{
	char tail_bytes[TAIL_ROOM];
	struct out behind;

	/* The findings are where nearly all the work is. They stay if the new end leaves them the room that they have. */
	if (text->body > 0 && text->whole) {
		out_init(&behind, tail_bytes, sizeof(tail_bytes));
		tail(&behind, decision);
		if (text->body + behind.len + 2 * OMITTED_ROOM + 2 <= text->out.size) {
			text->out.len = text->body;
			out_bytes(&text->out, behind.bytes, behind.len);
			out_str(&text->out, "}");
			return true;
		}
	}
	out_init(&text->out, text->bytes, sizeof(text->bytes));
	text->whole = render(decision, &text->out, &text->body);
	return text->whole;
}

char *decision_json(const struct decision *decision)
{
	struct arena *arena = decision->findings.arena;
	char small[DECISION_SYSLOG_MAX + 1]; /* on the stack, whose pages are there by now */
	struct out out;
	char *bytes;

	/* Most records are small: the large room is only taken for one that needs it. */
	out_init(&out, small, sizeof(small));
	if (decision_render(decision, &out))
		return arena_strndup(arena, out.bytes, out.len);
	bytes = arena_alloc(arena, DECISION_JSON_MAX + 1);
	if (!bytes)
		return NULL;
	out_init(&out, bytes, DECISION_JSON_MAX + 1);
	(void)decision_render(decision, &out);
	return bytes;
}
