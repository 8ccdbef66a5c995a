/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ocigate/finding.h"
#include "ocigate/rule.h"

/* Written to when there is no memory: rules need not check, the engine sees @failed. */
static struct finding dummy;

static bool grow(struct findings *findings)
{
	size_t room = findings->room ? findings->room * 2 : 8;
	struct finding *larger = arena_array(findings->arena, room, sizeof(*larger));

	if (!larger)
		return false;
	if (findings->n > 0)
		memcpy(larger, findings->items, findings->n * sizeof(*larger));
	findings->items = larger;
	findings->room = room;
	return true;
}

struct finding *findings_add(struct findings *findings, enum finding_kind kind, const char *pointer, const char *value,
			     const char *message, const char *remedy)
{
	if (!pointer || !value || !message || !remedy || (findings->n == findings->room && !grow(findings))) {
		findings->failed = true;
		return &dummy;
	}
	findings->items[findings->n] = (struct finding){
		.rule = findings->rule,
		.kind = kind,
		.severity = findings->rule->severity,
		.effect = EFFECT_DENY,
		.pointer = pointer,
		.value = value,
		.message = message,
		.remedy = remedy,
		.alert = findings->rule->alert,
	};
	return &findings->items[findings->n++];
}

const char *findings_text(struct findings *findings, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(findings->arena, fmt, ap);
	va_end(ap);
	if (!text)
		findings->failed = true;
	return text ? text : "";
}

const char *findings_pointer(struct findings *findings, const char *parent, const char *key)
{
	size_t len = strlen(parent);
	/* Every byte of the key may become two. */
	char *pointer = arena_alloc(findings->arena, len + 2 * strlen(key) + 2);

	if (!pointer) {
		findings->failed = true;
		return "";
	}
	memcpy(pointer, parent, len);
	pointer[len++] = '/';
	for (; *key; key++) {
		if (*key == '~' || *key == '/') {
			pointer[len++] = '~';
			pointer[len++] = *key == '~' ? '0' : '1';
		} else {
			pointer[len++] = *key;
		}
	}
	return pointer;
}
