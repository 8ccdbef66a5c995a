/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kept decisions, read again for a person who asks.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocigate/decision.h"
#include "ocigate/fs.h"
#include "ocigate/json.h"

static const char *text_of(const json_t *object, const char *key)
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

	findings->rule = rule_find(text_of(object, "rule"));
	if (!findings->rule)
		return;
	finding = findings_add(findings, FINDING_VIOLATION, text_of(object, "pointer"), text_of(object, "value"),
			       text_of(object, "message"), text_of(object, "remedy"));
	finding->severity = severity_of(text_of(object, "severity"));
	finding->exception = json_string_value(json_object_get(object, "exception"));
	if (effect_parse(text_of(object, "effect"), &finding->effect) < 0)
		finding->effect = EFFECT_DENY;
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
		const struct rule *rule = rule_find(text_of(object, "rule"));

		if (rule)
			records[decision->n_amendments++] = (struct amendment_record){
				.rule = rule,
				.pointer = text_of(object, "pointer"),
				.before = json_write(arena, json_object_get(object, "before")),
				.after = json_write(arena, json_object_get(object, "after")),
			};
	}
	decision->amendments = records;
}

static void read_identity(const json_t *record, struct identity *identity)
{
	identity->engine = engine_of(text_of(record, "engine"));
	identity->trusted = json_is_true(json_object_get(record, "trusted"));
	identity->doubt = NULL;
	identity->namespace = text_of(record, "namespace");
	identity->pod = text_of(record, "pod");
	identity->container = text_of(record, "container");
	identity->image = text_of(record, "image");
}

static void read_decision(struct arena *arena, const json_t *record, struct decision *decision)
{
	const json_t *policy = json_object_get(record, "policy"), *findings = json_object_get(record, "findings");
	const json_t *notes = json_object_get(record, "notes");

	decision_init(decision, arena, text_of(record, "stage"));
	decision->verdict = strcmp(text_of(record, "verdict"), "admit") == 0 ? VERDICT_ADMIT : VERDICT_DENY;
	decision->id = text_of(record, "id");
	read_identity(record, &decision->identity);
	decision->policy_digest = text_of(policy, "digest");
	decision->policy_stale = json_string_value(json_object_get(policy, "stale"));
	decision->error = json_string_value(json_object_get(record, "error"));
	decision->error_pointer = text_of(record, "error_pointer");
	for (size_t i = 0; i < json_array_size(findings); i++)
		read_finding(json_array_get(findings, i), decision);
	read_amendments(arena, json_object_get(record, "amendments"), decision);
	for (size_t i = 0; i < json_array_size(notes); i++)
		decision_note(decision, "%s", json_string_value(json_array_get(notes, i)));
}

/* The record in @name, all of it in @arena. Return: NULL if it is none. */
static const json_t *read_record(struct arena *arena, int fd, const char *name)
{
	struct arena *before = json_use_arena(arena);
	const json_t *record = NULL;
	const char *text;
	struct err err;
	size_t len;

	if (fs_read_file(arena, fd, name, DECISION_JSON_MAX + 1, true, &text, &len, &err) == 0)
		record = json_read(text, len, &err);
	(void)json_use_arena(before);
	return json_is_object(record) ? record : NULL;
}

/** struct hit - a record about a container that may be meant */
struct hit {
	char name[64];
	char id[320];
	char time[40];
};

static bool copy_text(char *buffer, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return false;
	memcpy(buffer, text, strlen(text) + 1);
	return true;
}

static bool look_at(int fd, const char *name, const char *id, struct hit *hit)
{
	struct arena scratch;
	const json_t *record;
	bool hits;

	arena_init(&scratch, (size_t)16 << 20);
	record = read_record(&scratch, fd, name);
	hits = record && strncmp(text_of(record, "id"), id, strlen(id)) == 0 &&
	       copy_text(hit->name, sizeof(hit->name), name) &&
	       copy_text(hit->id, sizeof(hit->id), text_of(record, "id")) &&
	       copy_text(hit->time, sizeof(hit->time), text_of(record, "time"));
	arena_release(&scratch);
	return hits;
}

/* Times are written so that their order is that of their letters. */
static int by_time(const void *a, const void *b)
{
	return strcmp(((const struct hit *)a)->time, ((const struct hit *)b)->time);
}

/* Return: 0 with the hits in the order of their time, all about one container; or -1. */
static int search(DIR *dir, const char *id, struct hit *hits, size_t room, size_t *ret_n, struct err *err)
{
	const struct dirent *entry;
	size_t n = 0;

	while (n < room && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && look_at(dirfd(dir), entry->d_name, id, &hits[n]))
			n++;
	for (size_t i = 1; i < n; i++)
		if (strcmp(hits[i].id, hits[0].id) != 0)
			return err_set(err, ERR_INPUT, "more than one container's id begins with %.64s: say more of it",
				       id);
	if (n == 0)
		return err_set(err, ERR_INPUT, "no decision about a container %.64s is kept", id);
	qsort(hits, n, sizeof(*hits), by_time);
	*ret_n = n;
	return 0;
}

int decision_recall(struct arena *arena, const char *store, const char *id, struct kept_decision *ret_kept, size_t room,
		    size_t *ret_n, struct err *err)
{
	struct hit *hits = arena_array(arena, room, sizeof(*hits));
	DIR *dir = opendir(store);
	size_t n = 0;
	int result;

	if (!dir)
		return err_sys(err, ERR_INPUT, errno, "no decision is kept here: %s cannot be read", store);
	result = hits ? search(dir, id, hits, room, &n, err) : err_set(err, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const json_t *record = read_record(arena, dirfd(dir), hits[i].name);

		/* It may have made room for another one just now. */
		if (!record)
			result = err_set(err, ERR_INPUT, "the decision is gone: ask again");
		read_decision(arena, record, &ret_kept[i].decision);
		ret_kept[i].time = hits[i].time;
	}
	(void)closedir(dir);
	*ret_n = n;
	return result;
}
