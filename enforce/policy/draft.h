/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy in the making: the compiled-in defaults, with one document after
 * the other put over them, rule by rule and key by key.
 */
#ifndef OCIGATE_POLICY_DRAFT_H
#define OCIGATE_POLICY_DRAFT_H

#include "ocigate/policy.h"

#include "reader.h"
#include "settings.h"

/** ORIGIN_DEFAULT - where a value comes from that no file sets */
#define ORIGIN_DEFAULT "default"

/**
 * struct rule_edit - what a document says about one rule
 * @base: settings to start from
 * @settings: own copy of @base with the document's values in it; NULL while nothing is set
 * @setting_origins: one element a setting, or NULL: not wanted
 * @exec_allowed: the key "exec" may be used here
 */
struct rule_edit {
	const struct rule *rule;
	bool exec_allowed;
	bool has_effect;
	enum effect effect;
	bool has_exec_effect;
	enum effect exec_effect;
	const void *base;
	void *settings;
	const char **setting_origins;
};

/** rule_edit_parse() - read a rule's object, like {"effect": "deny", "allowed": […]}. Return: 0, or -1 with errors noted. */
int rule_edit_parse(struct reader *reader, struct rule_edit *edit, json_t *json) MUST_CHECK;

/** effect_read() - an effect's word. Return: 0, or -1 with the error noted. */
int effect_read(struct reader *reader, const json_t *json, enum effect *ret_effect) MUST_CHECK;

/** rule_read_name() - @name is a rule's; if not, the error is noted. Return: the rule or NULL. */
const struct rule *rule_read_name(struct reader *reader, const char *name);

/** struct draft_exception - an exception as it stands in a file; read when all rules are known */
struct draft_exception {
	json_t *json;
	const char *name;
	const char *file;
	size_t index;
};

/**
 * struct draft - see above
 * @policy: what is known so far; rules' settings point to own copies where they were changed
 * @exec_set: the rule's exec effect was set by itself
 */
struct draft {
	struct arena *arena;
	struct problems *problems;
	bool trusted;
	struct policy policy;
	bool exec_set[RULE_COUNT];
	const char **setting_origins[RULE_COUNT];
	struct wrapper *wrappers;
	size_t n_wrappers;
	struct draft_exception *exceptions;
	size_t n_exceptions;
	size_t exceptions_room;
};

/** draft_init() - the compiled-in defaults. @problems takes what is wrong with the documents. */
void draft_init(struct draft *draft, struct arena *arena, struct problems *problems);

/** draft_track() - note from now on which file each value came from; right after draft_init() */
void draft_track(struct draft *draft);

/** draft_release() - let go of the JSON that waits for draft_finish() */
void draft_release(struct draft *draft);

/** enum document_kind - a preset must not name a preset nor make exceptions */
enum document_kind { DOCUMENT_DROP_IN, DOCUMENT_PRESET };

/** draft_apply() - put @json, read from @file, over what is there. Errors are noted. */
void draft_apply(struct draft *draft, const char *file, json_t *json, enum document_kind kind);

/**
 * draft_finish() - read the exceptions and hand out the policy
 *
 * Return: 0, or -1 when anything was wrong in any document; problems_err() says what.
 */
int draft_finish(struct draft *draft, struct policy *ret_policy) MUST_CHECK;

/** exceptions_read() - draft->exceptions into draft->policy.exceptions. Errors are noted. */
void exceptions_read(struct draft *draft);

/** rule_may_be_excepted() - all but the rule that says whether a spec can be judged at all */
bool rule_may_be_excepted(const struct rule *rule);

/** exception_add() - keep an exception for exceptions_read(); one of the same name in an earlier file goes. */
void exception_add(struct draft *draft, struct reader *reader, json_t *json, size_t index);

/** struct section - settings of the policy that belong to no rule, under one top-level key; they live in struct policy */
struct section {
	const char *name;
	const char *help;
	const struct setting *settings;
	size_t n;
};

enum { POLICY_SECTIONS = 3 };

/** policy_sections - "limits", "log", "runtime"; their settings, one after the other, make POLICY_GLOBALS */
extern const struct section policy_sections[POLICY_SECTIONS];

/** builtin_wrappers - real runtimes where no file says otherwise */
extern const struct wrapper builtin_wrappers[];
extern const size_t n_builtin_wrappers;

#endif
