/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy in force: what the drop-ins say, checked and merged.
 */
#ifndef OCIGATE_POLICY_H
#define OCIGATE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/rule.h"

/**
 * struct rule_policy - one rule's part of the policy
 * @effect, @exec_effect: for a container, and for an exec into one; the second is the first unless set
 * @settings: the rule's settings struct, or NULL if it has none
 * @effect_origin, @exec_effect_origin, @setting_origins: file that each value came from, "default" for the built-in
 *         one; only policy_read() fills them in (NULL otherwise)
 */
struct rule_policy {
	enum effect effect;
	enum effect exec_effect;
	const void *settings;
	const char *effect_origin;
	const char *exec_effect_origin;
	const char *const *setting_origins;
};

/** struct exception_rule - what an exception changes for one rule, in a container as in its execs */
struct exception_rule {
	enum rule_id rule;
	bool has_effect;
	enum effect effect;
	const void *settings; /* complete settings struct with the exception's values in place, NULL: unchanged */
};

/**
 * struct exception - a named, reasoned, optionally expiring change for the containers that it matches
 *
 * Every list that is not empty must hold one glob that matches; at least one is not empty.
 */
struct exception {
	const char *name;
	const char *reason;
	const char *origin; /* file */
	bool has_expiry;
	int64_t expires; /* Unix seconds: the end of that day, UTC */
	struct strings namespaces;
	struct strings pods;
	struct strings containers;
	struct strings images;
	struct strings engines;
	struct strings handlers;
	const struct exception_rule *rules;
	size_t n_rules;
};

/** struct wrapper - real runtimes of a wrapper's name, absolute paths; the first that exists is taken */
struct wrapper {
	const char *name;
	struct strings candidates;
	const char *origin; /* as in struct rule_policy */
};

/** POLICY_GLOBALS - how many settings belong to no rule (see policy_global()) */
enum { POLICY_GLOBALS = 7 };

/**
 * struct policy - everything that the drop-ins decide
 * @digest: "sha256:…" of the canonical text; "builtin" from policy_builtin()
 * @stale: NULL, or why the last good policy is in force instead of the drop-ins
 * @note: NULL, or why the snapshot could not be written (nothing worse than slow, and no last good policy)
 * @sources: files it was made from, in order
 * @preset, @preset_origin: NULL if no file names one
 * @config_max: cap of config.json in bytes
 * @exception_days: longest time that an exception may run, in days from its loading; 0: no limit
 * @syslog: decisions go to syslog
 * @log_file: decisions are appended here too; NULL: no file
 * @wrappers: real runtimes, by the name of the wrapper
 * @hook, @poststart: the wrapper puts the createRuntime hook in; the poststart hook
 * @restore: the wrapper lets containers be restored from checkpoints
 * @global_origins: as in struct rule_policy, by index of policy_global()
 */
struct policy {
	struct rule_policy rules[RULE_COUNT];
	const struct exception *exceptions;
	size_t n_exceptions;
	const char *digest;
	const char *stale;
	const char *note;
	struct strings sources;
	const char *preset;
	const char *preset_origin;
	int64_t config_max;
	int64_t exception_days;
	bool syslog;
	const char *log_file;
	const struct wrapper *wrappers;
	size_t n_wrappers;
	bool hook;
	bool poststart;
	bool restore;
	const char *global_origins[POLICY_GLOBALS];
};

/** struct policy_dirs - where to look; later directories override; the snapshot may be NULL (none is used) */
struct policy_dirs {
	struct strings drop_ins;
	const char *presets;
	const char *snapshot;
};

/** policy_dirs_default - /usr/lib, /run and /etc …/ocigate/policy.d, and the snapshot below /var/lib/ocigate */
extern const struct policy_dirs policy_dirs_default;

/**
 * policy_load() - the policy in force
 *
 * The snapshot if its fingerprint still matches the drop-ins; else the drop-ins, writing a new snapshot; else, when
 * the drop-ins do not load, the last good snapshot with @stale saying why.
 * Return: 0, or -1 with ERR_POLICY when there is no usable policy at all: deny.
 */
int policy_load(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy,
		struct err *err) MUST_CHECK;

/** policy_read() - the drop-ins alone, with origins, no snapshot read or written (policy show, check --policy) */
int policy_read(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy,
		struct err *err) MUST_CHECK;

/** policy_builtin() - the shipped default, as compiled in */
void policy_builtin(struct policy *ret_policy);

/**
 * policy_parse() - one drop-in's text over the shipped default, with origins: no file is opened (tests, tools)
 * @name: what errors call it
 * Return: 0, or -1 with ERR_POLICY and the pointer.
 */
int policy_parse(struct arena *arena, const char *name, const char *text, struct policy *ret_policy,
		 struct err *err) MUST_CHECK;

/**
 * policy_parse_rule() - settings of one rule from a JSON object text, over its defaults (tests, tools)
 * Return: 0, or -1 with ERR_POLICY and the pointer.
 */
int policy_parse_rule(struct arena *arena, const struct rule *rule, const char *json, struct rule_policy *ret,
		      struct err *err) MUST_CHECK;

/** struct policy_problem - one thing that is wrong, or, a warning, perhaps not meant; @pointer: "" for the whole file */
struct policy_problem {
	bool warning;
	const char *file;
	const char *pointer;
	const char *text;
};

/** struct policy_report - what policy_lint() has to say; @digest: NULL where there are errors */
struct policy_report {
	const struct policy_problem *problems;
	size_t n;
	size_t errors;
	size_t files;
	const char *digest;
};

/**
 * policy_lint() - everything that is wrong with drop-ins, and what looks odd (rules weakened, exceptions that expire …)
 * @paths: files and directories to look at before they are used, whoever owns them; none: those of @dirs, as they are
 * @now: Unix seconds
 *
 * Return: 0, also when there are errors; -1 with ERR_SYSTEM.
 */
int policy_lint(struct arena *arena, const struct policy_dirs *dirs, const struct strings *paths, int64_t now,
		struct policy_report *ret_report, struct err *err) MUST_CHECK;

/** policy_report_json() - for programs. Return: as policy_json(). */
char *policy_report_json(struct arena *arena, const struct policy_report *report) MUST_CHECK;

/**
 * policy_json() - the policy with digest, sources and the file that each value came from (by JSON pointer)
 *
 * @policy comes from policy_read(). Return: text for people, or NULL when out of memory.
 */
char *policy_json(struct arena *arena, const struct policy *policy) MUST_CHECK;

/** policy_defaults() - the shipped default as a document that says everything. Return: as policy_json(). */
char *policy_defaults(struct arena *arena) MUST_CHECK;

/** policy_schema() - JSON Schema of a drop-in. Return: as policy_json(). */
char *policy_schema(struct arena *arena) MUST_CHECK;

/** rules_describe() - what @rule, or every rule (NULL), says about itself. Return: as policy_json(). */
char *rules_describe(struct arena *arena, const struct rule *rule) MUST_CHECK;

/** setting_text() - JSON of one value of the settings struct at @base, on one line. Return: NULL when out of memory. */
char *setting_text(struct arena *arena, const struct setting *setting, const void *base) MUST_CHECK;

/** setting_wanted() - how a value of this setting is written, for people: "a list of strings" */
const char *setting_wanted(const struct setting *setting);

/** policy_global() - one of the POLICY_GLOBALS settings of struct policy that belong to no rule, and its section */
const struct setting *policy_global(size_t index, const char **ret_section);

/** exception_match() - one of the lists of globs in struct exception. Return: NULL behind the last. */
const struct setting *exception_match(size_t index);

/** effect_name() - "deny" …; effect_parse(): -1 if unknown */
const char *effect_name(enum effect effect);
int effect_parse(const char *word, enum effect *ret_effect) MUST_CHECK;

/**
 * policy_exception_for() - what an exception changes for @rule in @container
 * @now: Unix seconds
 * @ret_exception: the exception, when there is one
 *
 * Of those that match and have not expired: the one with the most criteria; of those, the one with the most patterns
 * without a wildcard in them; of those, the last. Names of namespaces, pods, containers, images and engines count
 * only where the identity is trusted. A sandbox (pause container) has neither image nor container name of its own: it
 * is matched by the rest, if namespaces or pods are among it.
 * Return: NULL when there is none.
 */
const struct exception_rule *policy_exception_for(const struct policy *policy, const struct container *container,
						  enum rule_id rule, int64_t now,
						  const struct exception **ret_exception);

/**
 * policy_exception_expired() - exceptions that would match @container if they had not expired
 * @from: index to start at; call again with the index of the last one + 1
 *
 * Return: index into policy->exceptions, or policy->n_exceptions when there is no other.
 */
size_t policy_exception_expired(const struct policy *policy, const struct container *container, int64_t now,
				size_t from);

#endif
