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
 * @effect, @exec_effect: for a container, and for an exec into one
 * @settings: the rule's settings struct, or NULL if it has none
 * @effect_origin, @setting_origins: file that each value came from, "default" for the built-in one; only filled in
 *         for `policy show` (NULL otherwise)
 */
struct rule_policy {
	enum effect effect;
	enum effect exec_effect;
	const void *settings;
	const char *effect_origin;
	const char *exec_effect_origin;
	const char *const *setting_origins;
};

/** struct exception_rule - what an exception changes for one rule */
struct exception_rule {
	enum rule_id rule;
	bool has_effect;
	enum effect effect;
	const void *settings; /* complete settings struct with the exception's values in place, NULL: unchanged */
};

/** struct exception - a named, reasoned, optionally expiring change for the containers that it matches */
struct exception {
	const char *name;
	const char *reason;
	const char *origin;   /* file */
	bool has_expiry;
	int64_t expires;      /* Unix seconds: the end of that day, UTC */
	struct strings namespaces;
	struct strings pods;
	struct strings containers;
	struct strings images;
	struct strings engines;
	struct strings handlers;
	const struct exception_rule *rules;
	size_t n_rules;
};

/**
 * struct policy - everything that the drop-ins decide
 * @digest: "sha256:…" of the canonical text
 * @stale: NULL, or why the last good policy is in force instead of the drop-ins
 * @sources: files it was made from, in order
 * @config_max: cap of config.json in bytes
 * @log_file: decisions are appended here too; NULL: syslog only
 */
struct policy {
	struct rule_policy rules[RULE_COUNT];
	const struct exception *exceptions;
	size_t n_exceptions;
	const char *digest;
	const char *stale;
	struct strings sources;
	const char *preset;
	int64_t config_max;
	bool syslog;
	const char *log_file;
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
int policy_load(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy, struct err *err) MUST_CHECK;

/** policy_read() - the drop-ins alone, with origins, no snapshot read or written (policy show, check --policy) */
int policy_read(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy, struct err *err) MUST_CHECK;

/** policy_builtin() - the shipped default, as compiled in */
void policy_builtin(struct policy *ret_policy);

/**
 * policy_parse_rule() - settings of one rule from a JSON object text, over its defaults (tests, tools)
 * Return: 0, or -1 with ERR_POLICY and the pointer.
 */
int policy_parse_rule(struct arena *arena, const struct rule *rule, const char *json, struct rule_policy *ret, struct err *err) MUST_CHECK;

/** effect_name() - "deny" …; effect_parse(): -1 if unknown */
const char *effect_name(enum effect effect);
int effect_parse(const char *word, enum effect *ret_effect) MUST_CHECK;

#endif
