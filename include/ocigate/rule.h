/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules: named checks, each in its own file, each pure.
 *
 * A rule gets the container, the host facts that it asked for and its own
 * settings, and adds findings. It does no I/O, reads no JSON, logs nothing and
 * allocates nothing but its findings. What it tells about itself here feeds
 * the settings parser, `ocigate rules`, the man page, the JSON schema and the
 * README table, so that they cannot disagree.
 */
#ifndef OCIGATE_RULE_H
#define OCIGATE_RULE_H

#include <stddef.h>

#include "ocigate/finding.h"
#include "ocigate/list.h"

struct container;
struct host;

/** enum rule_id - one value per line of rules.def, in its order */
enum rule_id {
#define RULE(id, name) RULE_##id,
#include "ocigate/rules.def"
#undef RULE
	RULE_COUNT
};

/** enum rule_group - design groups; decide the default effect's rationale and the table's order */
enum rule_group {
	RULE_GROUP_CORE = 1,   /* denies by default: the product's reason to exist */
	RULE_GROUP_HARDEN = 2, /* audits by default, as Defender's bundle does */
	RULE_GROUP_ESCAPE = 3, /* denies by default: nobody needs it, known escapes */
	RULE_GROUP_ALERT = 4,  /* alerts */
};

/** enum rule_scope - what a rule can judge */
enum rule_scope {
	RULE_SCOPE_CREATE = 1 << 0, /* a container's spec at create, run, restore */
	RULE_SCOPE_EXEC = 1 << 1,   /* the process of an exec */
};

/** enum setting_type - how a setting is written in JSON and kept in memory */
enum setting_type {
	SETTING_BOOL,	 /* true | false                       bool */
	SETTING_INT,	 /* 1024                               int64_t */
	SETTING_SIZE,	 /* "64Gi" | 1024 (bytes)              int64_t, bytes */
	SETTING_CPU,	 /* "500m" | "32" | 32                 int64_t, thousandths of a core */
	SETTING_STRING,	 /* "text"                             const char * */
	SETTING_WORD,	 /* one of @words                      int: index into @words */
	SETTING_STRINGS, /* ["a", "b"]                         struct strings */
	SETTING_RANGES,	 /* [80, "3000-5000"]                  struct ranges */
	SETTING_PATHS,	 /* [{"path": "/x", "read_only": true}] struct allowed_paths */
	SETTING_MAP,	 /* {"name": "value"}                  struct key_values */
};

/** enum setting_check - what each string of a setting must be */
enum setting_check {
	CHECK_NONE = 0,
	CHECK_CAPABILITY, /* a capability that libcap knows, spelt CAP_… in capitals */
	CHECK_PATH,	  /* absolute, clean: no "//", "/./", "/../", no trailing slash but for "/" */
	CHECK_NAMESPACE,  /* a namespace type of the runtime-spec */
	CHECK_REGEX,	  /* "~" + POSIX extended regex, or a glob, or a prefix ending in "*"; must compile */
	CHECK_FLOOR,	  /* a call of seccomp_floor (seccomp.h), or "default" or "common" for all of that kind */
	CHECK_DEVICE,	  /* a rule of the device cgroup: "c 10:229 rwm", "b 8:* r" */
	CHECK_SHA256,	  /* 64 hexadecimal digits, lower case (SETTING_MAP: the values) */
};

/**
 * struct setting - one key that a rule accepts in the policy
 * @name: JSON key
 * @type: how it is written
 * @check: what its strings must be
 * @words: SETTING_WORD: allowed words, NULL-terminated
 * @min, @max: SETTING_INT, SETTING_SIZE, SETTING_CPU, SETTING_RANGES: limits, both included; both 0: no limits
 * @offset: where the value lives in the rule's settings struct
 * @help: one line for people, starting with a capital, without a final stop
 */
struct setting {
	const char *name;
	enum setting_type type;
	enum setting_check check;
	const char *const *words;
	int64_t min;
	int64_t max;
	size_t offset;
	const char *help;
};

/**
 * enum host_fact - what a rule needs to know of the kernel; only what an enabled rule asks for is collected
 */
enum host_fact {
	HOST_FACT_NAMESPACES = 1 << 0,
	HOST_FACT_MOUNTS = 1 << 1, /* mountinfo, effective mounts, origins of bind sources */
	HOST_FACT_APPARMOR = 1 << 2,
	HOST_FACT_SELINUX = 1 << 3,
	HOST_FACT_ID_MAPS = 1 << 4,
	HOST_FACT_PORTS = 1 << 5,	     /* CNI result cache; with HOST_FACT_SANDBOX the sandbox's too */
	HOST_FACT_SECCOMP = 1 << 6,	     /* what the spec's filter lets through */
	HOST_FACT_PROCESS = 1 << 8,	     /* of a started container: what its process really has */
	HOST_FACT_APPARMOR_DIGESTS = 1 << 7, /* only where the policy pins a profile */
	HOST_FACT_SANDBOX = 1 << 9,	     /* what the spec of the pod's sandbox alone tells */
};

/**
 * enum amendment - what `apply` does about a finding of this rule; AMEND_NONE: it denies
 *
 * The edits themselves live in enforce/amend: a rule knows no JSON.
 */
enum amendment {
	AMEND_NONE = 0,
	AMEND_SECCOMP_PROFILE,	 /* put the default profile into /linux/seccomp */
	AMEND_APPARMOR_PROFILE,	 /* set /process/apparmorProfile */
	AMEND_NO_NEW_PRIVILEGES, /* set /process/noNewPrivileges */
	AMEND_READ_ONLY_ROOT,	 /* set /root/readonly */
	AMEND_DROP_CAPABILITIES, /* remove what is not allowed from the five sets */
	AMEND_RESOURCE_LIMITS,	 /* set the missing limits */
	AMEND_PROC_PATHS,	 /* restore masked and read-only paths */
	AMEND_REMOVE_MOUNT,	 /* remove the mount that the pointer names */
	AMEND_REMOVE_ANNOTATION, /* remove the annotation that the pointer names */
};

/**
 * struct rule - one check
 * @id, @name: from rules.def; the name is what people write and read
 * @group, @effect, @severity: the defaults
 * @scope: bits of enum rule_scope
 * @facts: bits of enum host_fact
 * @amendment: what `apply` does
 * @title: what it finds, one clause for the table: "namespaces shared with the host"
 * @fields: the OCI fields it looks at
 * @allowed: what passes
 * @why: why it matters, and which escape it stops; one or two sentences
 * @recommendation: number and title in Microsoft's workload protection bundle, or NULL
 * @alert: name of the alert that it answers, or NULL
 * @pss: control of the Pod Security Standards, or NULL
 * @settings, @n_settings: accepted keys
 * @settings_size: sizeof the settings struct, 0 if there is none
 * @defaults: the settings struct with the shipped default; NULL if there is none
 * @judge: adds findings; reads nothing but its arguments
 */
struct rule {
	enum rule_id id;
	const char *name;
	enum rule_group group;
	enum effect effect;
	enum severity severity;
	unsigned scope;
	unsigned facts;
	enum amendment amendment;
	const char *title;
	const char *fields;
	const char *allowed;
	const char *why;
	const char *recommendation;
	const char *alert;
	const char *pss;
	const struct setting *settings;
	size_t n_settings;
	size_t settings_size;
	const void *defaults;
	void (*judge)(const struct container *container, const struct host *host, const void *settings,
		      struct findings *findings);
};

/** rule_table - all rules, in the order of rules.def */
extern const struct rule *const rule_table[RULE_COUNT];

/** rule_find() - by name. Return: NULL if there is none. */
const struct rule *rule_find(const char *name);

/** rule_setting_is_true() - a boolean setting of @rule by its name, in @settings; false if there is none */
bool rule_setting_is_true(const struct rule *rule, const void *settings, const char *name);

/** rule_setting_map() - a map setting of @rule by its name, in @settings. Return: NULL if there is none. */
const struct key_values *rule_setting_map(const struct rule *rule, const void *settings, const char *name);

/* Every rule is a const struct rule named rule_<id>. */
#define RULE(id, name) extern const struct rule rule_##id;
#include "ocigate/rules.def"
#undef RULE

#endif
