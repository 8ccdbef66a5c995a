/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings: what a rule has to say about a container.
 */
#ifndef OCIGATE_FINDING_H
#define OCIGATE_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "ocigate/arena.h"

struct rule;
struct exception;

/**
 * enum effect - what becomes of a container that a rule finds something in
 *
 * Zero denies: an effect that nobody set refuses the container.
 */
enum effect {
	EFFECT_DENY = 0, /* refuse */
	EFFECT_APPLY,	 /* amend the spec so that the finding is gone; where that cannot be done, refuse */
	EFFECT_AUDIT,	 /* record, admit */
	EFFECT_DISABLED, /* do not judge */
};

/** enum severity - how bad it is; the worst finding is told first. Zero is the worst. */
enum severity { SEVERITY_HIGH = 0, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO };

/**
 * enum finding_kind - whether the rule saw something or could not see
 */
enum finding_kind {
	FINDING_UNDECIDED = 0, /* the rule lacks a fact: treated like a violation, says which fact */
	FINDING_VIOLATION,
};

/**
 * struct finding - one thing that is wrong
 * @rule: who says so
 * @kind: seen, or could not decide
 * @severity: starts as the rule's own; a rule may lower or raise it
 * @at_most: the strongest effect that this finding may get, for a rule whose settings soften it; EFFECT_DENY (zero):
 *           whatever the policy says
 * @effect: filled in by the engine: the policy's effect after exceptions, but no stronger than @at_most
 * @settings: filled in by the engine: the rule's settings that were in force for this container
 * @exception: name of the exception that changed the effect, or NULL
 * @pointer: JSON pointer into config.json, e.g. "/process/capabilities/bounding"
 * @value: the offending value as a person would quote it, "" if none
 * @message: what is wrong, a clause without a final stop: "shares the host's network"
 * @remedy: what to change, in the words of the person who wrote the pod: "set hostNetwork: false"
 * @alert: name of the alert that it answers, or NULL; starts as the rule's own
 * @proposal: what an amendment puts at @pointer where the rule knows it better than the amendment: the text of a
 *            number (a string below /linux/resources/unified), or a string without quotes; NULL: the amendment knows
 */
struct finding {
	const struct rule *rule;
	enum finding_kind kind;
	enum severity severity;
	enum effect at_most;
	enum effect effect;
	const void *settings;
	const char *exception;
	const char *pointer;
	const char *value;
	const char *message;
	const char *remedy;
	const char *alert;
	const char *proposal;
};

/**
 * struct findings - growing list
 * @rule: the rule that is speaking now; set by the engine before each rule
 * @failed: out of memory; the engine denies
 */
struct findings {
	struct arena *arena;
	const struct rule *rule;
	struct finding *items;
	size_t n;
	size_t room;
	bool failed;
};

/**
 * findings_add() - append a finding of the rule that is speaking
 *
 * Strings are kept, not copied: pass literals, strings of the container, or
 * the result of findings_text(). NULL strings mean out of memory and set
 * @failed. Return: the finding, for a rule that wants to change its severity;
 * never NULL (a static dummy when out of memory).
 */
struct finding *findings_add(struct findings *findings, enum finding_kind kind, const char *pointer, const char *value,
			     const char *message, const char *remedy);

/** findings_text() - format into the arena. Return: never NULL; "" and @failed when out of memory. */
const char *findings_text(struct findings *findings, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** findings_pointer() - "@parent/@key" with the key escaped (RFC 6901), for keys that are data. Return: never NULL. */
const char *findings_pointer(struct findings *findings, const char *parent, const char *key);

#endif
