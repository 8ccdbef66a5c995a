/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which exception is a container's?
 *
 * Only names that the engine itself vouches for count (struct identity,
 * @trusted); a name that is not known matches nothing, not even "*".
 */
#include <string.h>

#include "ocigate/policy.h"

#include "exceptions.h"

/* One element of a bracket: "a" or "a-z". Return: behind it. */
static const char *match_element(const char *at, char c, bool *found)
{
	char first = *at++, last = first;

	if (at[0] == '-' && at[1] != ']' && at[1] != '\0') {
		last = at[1];
		at += 2;
	}
	if ((unsigned char)c >= (unsigned char)first && (unsigned char)c <= (unsigned char)last)
		*found = true;
	return at;
}

/* @at: behind "[". Return: behind "]", or NULL when there is none: then "[" is an ordinary character. */
static const char *match_bracket(const char *at, char c, bool *ret_match)
{
	bool inverted = *at == '!' || *at == '^', found = false;

	if (inverted)
		at++;
	do {
		if (*at == '\0')
			return NULL;
		at = match_element(at, c, &found);
	} while (*at != ']');
	*ret_match = found != inverted;
	return at + 1;
}

/* Matches one pattern character against @c. Return: behind it, or NULL when it does not match. */
static const char *match_one(const char *pattern, char c)
{
	const char *behind;
	bool match;

	if (*pattern == '?')
		return pattern + 1;
	if (*pattern == '[') {
		behind = match_bracket(pattern + 1, c, &match);
		if (behind)
			return match ? behind : NULL;
	}
	return *pattern == c ? pattern + 1 : NULL;
}

/* Remembering the last "*" alone is enough; the time is at most pattern times text, whoever writes the text. */
bool exception_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = text, *next;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
			continue;
		}
		next = *pattern ? match_one(pattern, *text) : NULL;
		if (next) {
			pattern = next;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* How well a container fits; compared in this order. */
struct fit {
	unsigned criteria;
	unsigned literal;
};

/* Return: false when @globs are given and none matches. */
static bool fits(const struct strings *globs, const char *value, struct fit *fit)
{
	bool matched = false, literal = false;

	if (globs->n == 0)
		return true;
	for (size_t i = 0; value && value[0] && i < globs->n; i++) {
		if (!exception_glob(globs->items[i], value))
			continue;
		matched = true;
		literal = literal || globs->items[i][strcspn(globs->items[i], "*?[")] == '\0';
	}
	fit->criteria++;
	fit->literal += literal;
	return matched;
}

/*
 * A pod's sandbox has the pod's namespaces and the engine's own image. Without
 * an exception for it no pod that shares the host's namespaces would start, and
 * it runs nothing but the engine's pause program.
 */
static bool sandbox_fits(const struct exception *exception, struct fit *fit)
{
	if (exception->namespaces.n == 0 && exception->pods.n == 0)
		return exception->containers.n == 0 && exception->images.n == 0;
	fit->criteria += exception->containers.n > 0;
	fit->criteria += exception->images.n > 0;
	return true;
}

static bool matches(const struct exception *exception, const struct identity *identity, struct fit *ret_fit)
{
	const char *engine = identity->engine != ENGINE_UNKNOWN ? engine_names[identity->engine] : "";
	struct fit fit = {0, 0};

	if (!identity->trusted && (exception->namespaces.n > 0 || exception->pods.n > 0 ||
				   exception->containers.n > 0 || exception->images.n > 0 || exception->engines.n > 0))
		return false;
	if (!fits(&exception->namespaces, identity->namespace, &fit) || !fits(&exception->pods, identity->pod, &fit) ||
	    !fits(&exception->engines, engine, &fit) || !fits(&exception->handlers, identity->handler, &fit))
		return false;
	if (identity->is_sandbox == TRI_YES) {
		if (!sandbox_fits(exception, &fit))
			return false;
	} else if (!fits(&exception->containers, identity->container, &fit) ||
		   !fits(&exception->images, identity->image, &fit)) {
		return false;
	}
	*ret_fit = fit;
	return true;
}

static bool expired(const struct exception *exception, int64_t now)
{
	return exception->has_expiry && now >= exception->expires;
}

static const struct exception_rule *rule_of(const struct exception *exception, enum rule_id rule)
{
	for (size_t i = 0; i < exception->n_rules; i++)
		if (exception->rules[i].rule == rule)
			return &exception->rules[i];
	return NULL;
}

const struct exception_rule *policy_exception_for(const struct policy *policy, const struct container *container,
						  enum rule_id rule, int64_t now,
						  const struct exception **ret_exception)
{
	const struct exception_rule *best = NULL;
	struct fit best_fit = {0, 0};

	for (size_t i = 0; i < policy->n_exceptions; i++) {
		const struct exception *exception = &policy->exceptions[i];
		const struct exception_rule *change = rule_of(exception, rule);
		struct fit fit;

		if (!change || expired(exception, now) || !matches(exception, &container->identity, &fit))
			continue;
		if (best && (fit.criteria < best_fit.criteria ||
			     (fit.criteria == best_fit.criteria && fit.literal < best_fit.literal)))
			continue;
		best = change;
		best_fit = fit;
		*ret_exception = exception;
	}
	return best;
}

size_t policy_exception_expired(const struct policy *policy, const struct container *container, int64_t now,
				size_t from)
{
	struct fit fit;

	while (from < policy->n_exceptions && !(expired(&policy->exceptions[from], now) &&
						matches(&policy->exceptions[from], &container->identity, &fit)))
		from++;
	return from;
}
