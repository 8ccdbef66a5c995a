/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which exceptions would let everything run that runs now?
 *
 * A wish is what one workload needs: its engine, namespace, container name and
 * image, as they were seen, and the rules that refuse it. Wishes for the same
 * rules become one where that matches nothing more: an exception's lists are
 * ORed within and ANDed among each other, so two wishes may join in one list
 * if all their other lists are equal.
 *
 * A pause container has the pod's namespaces and no name or image of its own.
 * An exception that names a Kubernetes namespace covers those in it; where
 * none is needed otherwise, the name POD, which no container can have, makes
 * one for pause containers alone.
 */
#include <string.h>

#include "put.h"
#include "wish.h"

enum { DAY = 24 * 60 * 60, EXPIRY_DAYS = 90 };

static const char pause_name[] = "POD";

/* Return: why there can be no exception for a container that is refused, or NULL. */
static const char *obstacle(const struct report_subject *subject)
{
	const struct identity *identity = &subject->decision.identity;

	if (subject->decision.error)
		return "it cannot be judged";
	if (subject->refusing >> RULE_spec_integrity & 1)
		return "there are no exceptions from spec-integrity";
	if (!identity->trusted)
		return "nobody vouches for its names";
	if (!identity_is_pod(identity) || !identity->namespace[0] || identity->is_sandbox == TRI_UNKNOWN)
		return "its engine vouches for no name that an exception could match";
	return NULL;
}

static bool covers(const struct wish *wish, const struct report_subject *pause)
{
	return strcmp(wish->lists[WISH_NAMESPACES].items[0], pause->decision.identity.namespace) == 0 &&
	       strcmp(wish->lists[WISH_ENGINES].items[0], engine_names[pause->decision.identity.engine]) == 0;
}

static void wish_for(struct wishes *wishes, const struct report_subject *subject)
{
	const struct identity *identity = &subject->decision.identity;
	const bool pause = identity->is_sandbox == TRI_YES;
	const char *values[WISH_LISTS] = {
		[WISH_ENGINES] = engine_names[identity->engine],
		[WISH_NAMESPACES] = identity->namespace,
		[WISH_CONTAINERS] = pause ? pause_name : identity->container,
		[WISH_IMAGES] = pause ? "" : identity->image,
	};
	uint64_t rules = subject->refusing;

	for (size_t i = 0; pause && i < wishes->n; i++)
		if (covers(&wishes->items[i], subject))
			rules &= ~wishes->items[i].rules;
	if (rules != 0)
		wishes_add(wishes, values, rules);
}

/* Pause containers behind all others, which may cover them. */
static void collect(const struct report *report, struct wishes *wishes)
{
	for (int pauses = 0; pauses < 2; pauses++)
		for (size_t i = 0; i < report->n; i++) {
			const struct report_subject *subject = &report->subjects[i];

			if (subject->decision.verdict != VERDICT_ADMIT && !obstacle(subject) &&
			    (subject->decision.identity.is_sandbox == TRI_YES) == (pauses == 1))
				wish_for(wishes, subject);
		}
}

/* FNV-1a over all that the exception says: the same wish has the same name tomorrow, another one has another. */
static uint32_t hash_of(const struct wish *wish)
{
	uint32_t hash = 2166136261U;

	for (size_t list = 0; list < WISH_LISTS; list++)
		for (size_t i = 0; i < wish->lists[list].n; i++)
			for (const char *at = wish->lists[list].items[i]; *at; at++)
				hash = (hash ^ (unsigned char)*at) * 16777619U;
	for (unsigned i = 0; i < 64; i += 8)
		hash = (hash ^ (unsigned)(wish->rules >> i & 0xff)) * 16777619U;
	return hash;
}

/* What an exception matches by is a glob: what stands for itself must be said so. */
static void put_glob(struct arena *arena, FILE *out, const char *text)
{
	char *escaped = arena_alloc(arena, 3 * strlen(text) + 1), *to = escaped;

	if (!escaped)
		return;
	for (; *text; text++) {
		const bool special = strchr("*?[", *text) != NULL;

		if (special)
			*to++ = '[';
		*to++ = *text;
		if (special)
			*to++ = ']';
	}
	put_json(out, escaped);
}

static void put_match(struct arena *arena, const struct wish *wish, FILE *out)
{
	static const char *const keys[WISH_LISTS] = {
		[WISH_ENGINES] = "engines",
		[WISH_NAMESPACES] = "namespaces",
		[WISH_CONTAINERS] = "containers",
		[WISH_IMAGES] = "images",
	};
	bool first = true;

	(void)fputs("      \"match\": {", out);
	for (size_t list = 0; list < WISH_LISTS; list++) {
		/* A pause container and an engine that tells no image have none. */
		if (wish->lists[list].items[0][0] == '\0')
			continue;
		(void)fprintf(out, "%s\"%s\": [", first ? "" : ", ", keys[list]);
		for (size_t i = 0; i < wish->lists[list].n; i++) {
			(void)fputs(i ? ", " : "", out);
			put_glob(arena, out, wish->lists[list].items[i]);
		}
		(void)fputs("]", out);
		first = false;
	}
	(void)fputs("},\n", out);
}

static void put_exception(const struct report *report, const struct wish *wish, FILE *out)
{
	const int64_t days = report->policy->exception_days > 0 && report->policy->exception_days < EXPIRY_DAYS
				     ? report->policy->exception_days
				     : EXPIRY_DAYS;
	char name[128], expires[40];
	struct out text;
	bool first = true;

	(void)snprintf(name, sizeof(name), "suggested-%.40s-%.40s-%08x", wish->lists[WISH_NAMESPACES].items[0],
		       wish->lists[WISH_CONTAINERS].items[0], (unsigned)hash_of(wish));
	out_init(&text, expires, sizeof(expires));
	out_time(&text, report->time_us + days * DAY * 1000000);
	(void)fputs("    {\n      \"name\": ", out);
	put_json(out, name);
	(void)fprintf(out, ",\n      \"reason\": \"" SUGGESTED_REASON "\",\n      \"expires\": \"%.10s\",\n", expires);
	put_match(report->arena, wish, out);
	(void)fputs("      \"rules\": {", out);
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if ((wish->rules >> i & 1) == 0)
			continue;
		(void)fprintf(out, "%s\"%s\": {\"effect\": \"audit\"}", first ? "" : ", ", rule_table[i]->name);
		first = false;
	}
	(void)fputs("}\n    }", out);
}

/* Does another exception, one that says more, stand before those that are suggested? Then they cannot help. */
static const char *overruled_by(const struct report *report, const struct report_subject *subject)
{
	const struct container container = {.identity = subject->decision.identity};
	const bool pause = subject->decision.identity.is_sandbox == TRI_YES;
	const int own = subject->decision.identity.image[0] && !pause ? 4 : 3;

	for (size_t rule = 0; rule < RULE_COUNT; rule++) {
		const struct exception *exception = NULL;
		int criteria = 0;

		if ((subject->refusing >> rule & 1) == 0 ||
		    !policy_exception_for(report->policy, &container, (enum rule_id)rule, report->time_us / 1000000,
					  &exception))
			continue;
		criteria += (exception->namespaces.n > 0) + (exception->pods.n > 0) + (exception->containers.n > 0);
		criteria += (exception->images.n > 0) + (exception->engines.n > 0) + (exception->handlers.n > 0);
		if (criteria > own)
			return exception->name;
	}
	return NULL;
}

static void tell_left(const struct report *report, struct report_suggestion *ret)
{
	ret->left = arena_array(report->arena, report->n + 1, sizeof(*ret->left));
	for (size_t i = 0; ret->left && i < report->n; i++) {
		const struct report_subject *subject = &report->subjects[i];
		const char *why, *exception;

		if (subject->decision.verdict == VERDICT_ADMIT)
			continue;
		why = obstacle(subject);
		exception = why ? NULL : overruled_by(report, subject);
		if (exception)
			why = arena_printf(report->arena, "the exception %s is more specific and refuses it",
					   exception);
		if (why)
			ret->left[ret->n_left++] = (struct report_left){subject->name, why};
	}
}

int report_suggest(const struct report *report, struct report_suggestion *ret, FILE *out, struct err *err)
{
	struct wishes wishes = {.arena = report->arena};
	struct report_suggestion suggestion = {.n_left = 0};

	collect(report, &wishes);
	wishes_join(&wishes);
	tell_left(report, &suggestion);
	if (report->arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory for suggestions");
	suggestion.n = wishes.n;
	(void)fputs("{\n  \"version\": 1,\n  \"description\": \"Exceptions for what ran when the node was looked at, ",
		    out);
	put_time(out, report->time_us);
	(void)fputs("\",\n  \"exceptions\": [", out);
	for (size_t i = 0; i < wishes.n; i++) {
		(void)fputs(i ? ",\n" : "\n", out);
		put_exception(report, &wishes.items[i], out);
	}
	(void)fputs(wishes.n ? "\n  ]\n}\n" : "]\n}\n", out);
	*ret = suggestion;
	return 0;
}
