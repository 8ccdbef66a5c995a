/* SPDX-License-Identifier: Apache-2.0 */
#include "decision_read.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const json_t *record_read(struct arena *arena, const char *text, size_t len)
{
	struct arena *before = json_use_arena(arena);
	const json_t *record;
	struct err err;

	record = json_read(text, len, &err);
	(void)json_use_arena(before);
	return json_is_object(record) ? record : NULL;
}

/* As out_time() writes it. Return: 0 if it is none. */
static int64_t time_of(const char *text)
{
	struct tm tm = {0};
	int us = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, &us) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000000 + us;
}

const char *record_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum severity severity_of(const char *word)
{
	static const char *const words[] = {"high", "medium", "low", "info"};
	int severity = SEVERITY_HIGH;

	for (int i = SEVERITY_HIGH; i <= SEVERITY_INFO; i++)
		if (strcmp(words[i], word) == 0)
			severity = i;
	return (enum severity)severity;
}

static void read_finding(const json_t *object, struct decision *decision)
{
	struct findings *findings = &decision->findings;
	struct finding *finding;

	findings->rule = rule_find(record_text(object, "rule"));
	if (!findings->rule)
		return;
	finding =
		findings_add(findings, FINDING_VIOLATION, record_text(object, "pointer"), record_text(object, "value"),
			     record_text(object, "message"), record_text(object, "remedy"));
	finding->severity = severity_of(record_text(object, "severity"));
	finding->exception = json_string_value(json_object_get(object, "exception"));
	finding->alert = json_string_value(json_object_get(object, "alert"));
	if (effect_parse(record_text(object, "effect"), &finding->effect) < 0)
		finding->effect = EFFECT_DENY;
	if (effect_parse(record_text(object, "at_most"), &finding->at_most) < 0)
		finding->at_most = EFFECT_DENY;
}

static enum engine engine_of(const char *word)
{
	int engine = ENGINE_UNKNOWN;

	for (int i = ENGINE_UNKNOWN; i < ENGINES; i++)
		if (strcmp(engine_names[i], word) == 0)
			engine = i;
	return (enum engine)engine;
}

static void read_amendments(struct arena *arena, const json_t *list, struct decision *decision)
{
	struct amendment_record *records = arena_array(arena, json_array_size(list), sizeof(*records));

	for (size_t i = 0; records && i < json_array_size(list); i++) {
		const json_t *object = json_array_get(list, i);
		const struct rule *rule = rule_find(record_text(object, "rule"));

		if (rule)
			records[decision->n_amendments++] = (struct amendment_record){
				.rule = rule,
				.pointer = record_text(object, "pointer"),
				.before = json_write(arena, json_object_get(object, "before")),
				.after = json_write(arena, json_object_get(object, "after")),
			};
	}
	decision->amendments = records;
}

static void read_identity(const json_t *record, struct identity *identity)
{
	identity->engine = engine_of(record_text(record, "engine"));
	identity->trusted = json_is_true(json_object_get(record, "trusted"));
	identity->is_doctor = json_is_true(json_object_get(record, "doctor"));
	identity->doubt = json_string_value(json_object_get(record, "doubt"));
	identity->namespace = record_text(record, "namespace");
	identity->pod = record_text(record, "pod");
	identity->container = record_text(record, "container");
	identity->image = record_text(record, "image");
}

void record_decision(struct arena *arena, const json_t *record, struct decision *decision)
{
	const json_t *policy = json_object_get(record, "policy"), *findings = json_object_get(record, "findings");
	const json_t *notes = json_object_get(record, "notes"), *exceptions = json_object_get(record, "exceptions");

	decision_init(decision, arena, record_text(record, "stage"));
	decision->verdict = strcmp(record_text(record, "verdict"), "admit") == 0 ? VERDICT_ADMIT : VERDICT_DENY;
	decision->id = record_text(record, "id");
	decision->time_us = time_of(record_text(record, "time"));
	read_identity(record, &decision->identity);
	decision->policy_digest = record_text(policy, "digest");
	decision->policy_stale = json_string_value(json_object_get(policy, "stale"));
	decision->error = json_string_value(json_object_get(record, "error"));
	decision->error_pointer = record_text(record, "error_pointer");
	for (size_t i = 0; i < json_array_size(findings); i++)
		read_finding(json_array_get(findings, i), decision);
	read_amendments(arena, json_object_get(record, "amendments"), decision);
	for (size_t i = 0; i < json_array_size(exceptions); i++)
		if (json_is_string(json_array_get(exceptions, i)))
			decision_excepted(decision, json_string_value(json_array_get(exceptions, i)));
	for (size_t i = 0; i < json_array_size(notes); i++)
		if (json_is_string(json_array_get(notes, i)))
			decision_note(decision, "%s", json_string_value(json_array_get(notes, i)));
}
