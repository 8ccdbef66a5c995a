/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in force when no file says otherwise.
 */
#include <assert.h>

#include "ocigate/spec.h"

#include "draft.h"

static const struct setting limits_settings[] = {
	/* Engines write up to some 60 KiB: "16", meant as mebibytes, would refuse everything, and no effect would open that. */
	{"config_max", SETTING_SIZE, CHECK_NONE, NULL, 128 << 10, 1 << 30, offsetof(struct policy, config_max),
	 "Largest config.json that is read, at least 128Ki; a larger one is refused"},
	{"exception_days", SETTING_INT, CHECK_NONE, NULL, 0, 36500, offsetof(struct policy, exception_days),
	 "Longest time that an exception may run from the day on which it is loaded; 0: no limit"},
};

static const struct setting log_settings[] = {
	{"syslog", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, offsetof(struct policy, syslog),
	 "Write every decision to syslog (journald), as ocigate"},
	{"file", SETTING_STRING, CHECK_PATH, NULL, 0, 0, offsetof(struct policy, log_file),
	 "Append every decision to this file as well; \"\": to no file"},
};

static const struct setting runtime_settings[] = {
	{"hook", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, offsetof(struct policy, hook),
	 "The runtime wrapper puts the createRuntime hook into the container, which judges what the runtime made of "
	 "it"},
	{"poststart", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, offsetof(struct policy, poststart),
	 "The runtime wrapper puts the poststart hook into the container as well"},
	{"restore", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, offsetof(struct policy, restore),
	 "Containers may be restored from checkpoints: the spec is judged, but what the processes hold comes from "
	 "there"},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
static_assert(LENGTH(limits_settings) + LENGTH(log_settings) + LENGTH(runtime_settings) == POLICY_GLOBALS,
	      "every global has a place for its origin");

const struct section policy_sections[POLICY_SECTIONS] = {
	{"limits", "Limits of ocigate itself", limits_settings, LENGTH(limits_settings)},
	{"log", "Where decisions are written", log_settings, LENGTH(log_settings)},
	{"runtime", "The runtime wrapper", runtime_settings, LENGTH(runtime_settings)},
};

/* Where distributions, static builds, CRI-O's bundle and k3s put them. */
#define RUNC                                                                                                           \
	"/usr/bin/runc", "/usr/sbin/runc", "/usr/local/bin/runc", "/usr/local/sbin/runc", "/usr/libexec/crio/runc",    \
		"/usr/lib/cri-o-runc/sbin/runc"
#define CRUN  "/usr/bin/crun", "/usr/sbin/crun", "/usr/local/bin/crun", "/usr/local/sbin/crun", "/usr/libexec/crio/crun"
#define YOUKI "/usr/bin/youki", "/usr/local/bin/youki"

static const char *const any_paths[] = {RUNC, CRUN, YOUKI};
static const char *const runc_paths[] = {RUNC};
static const char *const crun_paths[] = {CRUN};
static const char *const youki_paths[] = {YOUKI};

const struct wrapper builtin_wrappers[] = {
	{"ocigate-runtime", {any_paths, LENGTH(any_paths)}, NULL},
	{"ocigate-runc", {runc_paths, LENGTH(runc_paths)}, NULL},
	{"ocigate-crun", {crun_paths, LENGTH(crun_paths)}, NULL},
	{"ocigate-youki", {youki_paths, LENGTH(youki_paths)}, NULL},
};
const size_t n_builtin_wrappers = LENGTH(builtin_wrappers);

void policy_builtin(struct policy *ret_policy)
{
	*ret_policy = (struct policy){
		.digest = "builtin",
		.config_max = (int64_t)SPEC_MAX_BYTES,
		.syslog = true,
		.hook = true,
		.wrappers = builtin_wrappers,
		.n_wrappers = LENGTH(builtin_wrappers),
	};
	for (size_t i = 0; i < RULE_COUNT; i++)
		ret_policy->rules[i] = (struct rule_policy){
			.effect = rule_table[i]->effect,
			.exec_effect = rule_table[i]->effect,
			.settings = rule_table[i]->defaults,
		};
}

const struct setting *policy_global(size_t index, const char **ret_section)
{
	for (size_t i = 0; i < POLICY_SECTIONS; index -= policy_sections[i++].n) {
		if (index < policy_sections[i].n) {
			*ret_section = policy_sections[i].name;
			return &policy_sections[i].settings[index];
		}
	}
	return NULL;
}
