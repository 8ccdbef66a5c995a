/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions from their JSON. They are read when all files are in, because
 * what an exception does not set is the policy's own value.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "draft.h"

enum { DAY = 24 * 60 * 60 };

static const struct setting match_settings[] = {
	{"namespaces", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct exception, namespaces),
	 "Kubernetes namespaces"},
	{"pods", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct exception, pods), "Names of pods"},
	{"containers", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct exception, containers),
	 "Names of containers"},
	{"images", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct exception, images), "Image references"},
	{"engines", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct exception, engines), "Container engines"},
	{"handlers", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct exception, handlers),
	 "Names of the runtime wrapper that the engine calls, without \"ocigate-\""},
};
enum { MATCH_SETTINGS = sizeof(match_settings) / sizeof(match_settings[0]) };

bool rule_may_be_excepted(const struct rule *rule)
{
	return strcmp(rule->name, "spec-integrity") != 0;
}

const struct setting *exception_match(size_t index)
{
	return index < MATCH_SETTINGS ? &match_settings[index] : NULL;
}

static bool grow(struct draft *draft)
{
	size_t room = draft->exceptions_room ? draft->exceptions_room * 2 : 8;
	struct draft_exception *larger = arena_array(draft->arena, room, sizeof(*larger));

	if (!larger)
		return false;
	if (draft->n_exceptions > 0)
		memcpy(larger, draft->exceptions, draft->n_exceptions * sizeof(*larger));
	draft->exceptions = larger;
	draft->exceptions_room = room;
	return true;
}

/* The later file's exception takes its place at the end, where it was written. */
static void forget(struct draft *draft, struct reader *reader, const char *name)
{
	for (size_t i = 0; i < draft->n_exceptions; i++) {
		struct draft_exception *old = &draft->exceptions[i];

		if (strcmp(old->name, name) != 0)
			continue;
		if (strcmp(old->file, reader->file) == 0)
			(void)reader_fail(reader, "two exceptions are named \"%s\"", name);
		else
			reader_warn(reader, "replaces the exception \"%s\" of %s", name, old->file);
		json_decref(old->json);
		memmove(old, old + 1, (draft->n_exceptions - i - 1) * sizeof(*old));
		draft->n_exceptions--;
		return;
	}
}

void exception_add(struct draft *draft, struct reader *reader, json_t *json, size_t index)
{
	const json_t *name = json_object_get(json, "name");

	if (reader_type(reader, json, JSON_OBJECT, "an object") < 0)
		return;
	if (!json_is_string(name) || json_string_length(name) == 0) {
		(void)reader_fail(reader, "an exception needs a \"name\"");
		return;
	}
	/* What this build has read and kept names each of them once. */
	if (!draft->trusted)
		forget(draft, reader, json_string_value(name));
	if (draft->n_exceptions == draft->exceptions_room && !grow(draft)) {
		reader->problems->failed = true;
		return;
	}
	draft->exceptions[draft->n_exceptions++] = (struct draft_exception){
		.json = json_incref(json),
		.name = reader_copy(reader, name),
		.file = reader->file,
		.index = index,
	};
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Return: days from 1970-01-01, or -1 if there is no such day. */
static int64_t day_number(int year, int month, int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = 0;

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > lengths[month - 1] + (month == 2 && is_leap(year)))
		return -1;
	for (int y = 1970; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (int m = 1; m < month; m++)
		days += lengths[m - 1] + (m == 2 && is_leap(year));
	return days + day - 1;
}

static int read_expires(struct reader *reader, const json_t *json, struct exception *exception)
{
	static const char form[] = "a day, like \"2027-03-31\"";
	const char *text = json_string_value(json);
	int year, month, day;
	int64_t number;

	if (reader_type(reader, json, JSON_STRING, form) < 0)
		return -1;
	if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 ||
	    sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 || text[4] != '-' || text[7] != '-')
		return reader_fail(reader, "must be %s", form);
	number = day_number(year, month, day);
	if (number < 0)
		return reader_fail(reader, "there is no day %s", text);
	exception->has_expiry = true;
	exception->expires = (number + 1) * DAY;
	return 0;
}

static int check_engines(struct reader *reader, const struct strings *engines)
{
	int result = 0;

	for (size_t i = 0; i < engines->n; i++) {
		size_t mark = reader_enter_index(reader, i);
		bool known = engines->items[i][strcspn(engines->items[i], "*?[")] != '\0';

		for (size_t j = 1; j < ENGINES && !known; j++)
			known = strcmp(engines->items[i], engine_names[j]) == 0;
		if (!known)
			result |= reader_unknown(reader, "engine", engines->items[i], engine_names + 1, ENGINES - 1);
		reader_leave(reader, mark);
	}
	return result;
}

static int read_match(struct reader *reader, json_t *json, struct exception *exception)
{
	const char *names[MATCH_SETTINGS];
	const char *key;
	json_t *value;
	int result = 0;

	for (size_t i = 0; i < MATCH_SETTINGS; i++)
		names[i] = match_settings[i].name;
	if (reader_type(reader, json, JSON_OBJECT, "an object, like {\"namespaces\": [\"kube-system\"]}") < 0)
		return -1;
	if (json_object_size(json) == 0)
		return reader_fail(reader, "must say what the exception is for: it would match every container");
	json_object_foreach(json, key, value)
	{
		const struct setting *setting = setting_find(match_settings, MATCH_SETTINGS, key);
		size_t mark = reader_enter(reader, key);

		if (!setting)
			result |= reader_unknown(reader, "key", key, names, MATCH_SETTINGS);
		else if (json_is_array(value) && json_array_size(value) == 0)
			result |= reader_fail(reader, "is empty: it would match no container; leave it out");
		else
			result |= setting_parse(reader, setting, value, exception);
		if (result == 0 && strcmp(key, "engines") == 0)
			result |= check_engines(reader, &exception->engines);
		reader_leave(reader, mark);
	}
	return result;
}

static int read_rule(struct draft *draft, struct reader *reader, const char *key, json_t *json,
		     struct exception_rule *ret_rule)
{
	const struct rule *rule = rule_read_name(reader, key);
	struct rule_edit edit = {.rule = rule};

	if (!rule)
		return -1;
	if (!rule_may_be_excepted(rule))
		return reader_fail(reader, "there are no exceptions from %s: what cannot be read cannot be judged",
				   key);
	edit.base = draft->policy.rules[rule->id].settings;
	if (rule_edit_parse(reader, &edit, json) < 0)
		return -1;
	if (!edit.has_effect && !edit.settings)
		return reader_fail(reader, "changes nothing: give it an \"effect\" or settings");
	*ret_rule = (struct exception_rule){
		.rule = rule->id,
		.has_effect = edit.has_effect,
		.effect = edit.effect,
		.settings = edit.settings,
	};
	return 0;
}

static int read_rules(struct draft *draft, struct reader *reader, json_t *json, struct exception *exception)
{
	struct exception_rule *rules;
	const char *key;
	json_t *value;
	size_t n = 0;
	int result = 0;

	if (reader_type(reader, json, JSON_OBJECT, "an object whose keys are rules") < 0)
		return -1;
	if (json_object_size(json) == 0)
		return reader_fail(reader, "must name at least one rule");
	rules = reader_array(reader, json_object_size(json), sizeof(*rules));
	if (!rules)
		return -1;
	json_object_foreach(json, key, value)
	{
		size_t mark = reader_enter(reader, key);

		result |= read_rule(draft, reader, key, value, &rules[n++]);
		reader_leave(reader, mark);
	}
	exception->rules = rules;
	exception->n_rules = n;
	return result;
}

static int read_reason(struct reader *reader, json_t *json, struct exception *exception)
{
	static const struct setting reason = {
		.name = "reason", .type = SETTING_STRING, .offset = offsetof(struct exception, reason)};

	if (setting_parse(reader, &reason, json, exception) < 0)
		return -1;
	if (exception->reason[strspn(exception->reason, " ")] == '\0')
		return reader_fail(reader, "must say why the exception exists");
	return 0;
}

static int read_key(struct draft *draft, struct reader *reader, const char *key, json_t *value,
		    struct exception *exception)
{
	static const char *const keys[] = {"name", "reason", "expires", "match", "rules"};

	if (strcmp(key, "name") == 0)
		return 0;
	if (strcmp(key, "reason") == 0)
		return read_reason(reader, value, exception);
	if (strcmp(key, "expires") == 0)
		return read_expires(reader, value, exception);
	if (strcmp(key, "match") == 0)
		return read_match(reader, value, exception);
	if (strcmp(key, "rules") == 0)
		return read_rules(draft, reader, value, exception);
	return reader_unknown(reader, "key", key, keys, sizeof(keys) / sizeof(keys[0]));
}

/* How far away an expiry may lie is judged when the file is loaded: later it only comes nearer. */
static void check_expiry(struct draft *draft, struct reader *reader, const struct exception *exception)
{
	int64_t days = draft->policy.exception_days;

	if (days == 0 || draft->trusted)
		return;
	if (!exception->has_expiry)
		(void)reader_fail(reader, "\"%s\" has no \"expires\"; limits.exception_days allows %lld days at most",
				  exception->name, (long long)days);
	else if (exception->expires > (int64_t)time(NULL) + (days + 1) * DAY)
		(void)reader_fail(reader, "\"%s\" expires too late; limits.exception_days allows %lld days at most",
				  exception->name, (long long)days);
}

static void read_one(struct draft *draft, const struct draft_exception *source, struct exception *exception)
{
	static const char *const required[] = {"reason", "match", "rules"};
	struct reader reader = {
		.arena = draft->arena,
		.problems = draft->problems,
		.file = source->file,
		.trusted = draft->trusted,
	};
	const char *key;
	json_t *value;

	(void)!reader_enter(&reader, "exceptions");
	(void)!reader_enter_index(&reader, source->index);
	*exception = (struct exception){.name = source->name, .origin = source->file, .reason = ""};
	json_object_foreach(source->json, key, value)
	{
		size_t mark = reader_enter(&reader, key);

		(void)!read_key(draft, &reader, key, value, exception);
		reader_leave(&reader, mark);
	}
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!json_object_get(source->json, required[i]))
			(void)reader_fail(&reader, "\"%s\" has no \"%s\"", source->name, required[i]);
	check_expiry(draft, &reader, exception);
}

void exceptions_read(struct draft *draft)
{
	struct exception *exceptions = NULL;

	if (draft->n_exceptions == 0)
		return;
	exceptions = arena_array(draft->arena, draft->n_exceptions, sizeof(*exceptions));
	if (!exceptions) {
		draft->problems->failed = true;
		return;
	}
	for (size_t i = 0; i < draft->n_exceptions; i++)
		read_one(draft, &draft->exceptions[i], &exceptions[i]);
	draft->policy.exceptions = exceptions;
	draft->policy.n_exceptions = draft->n_exceptions;
}
