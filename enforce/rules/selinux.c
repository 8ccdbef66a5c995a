/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selinux
 *
 * Fields: process.selinuxLabel, linux.mountLabel. Allowed: a label
 * user:role:type:level whose type is one of the container types; for mounts a
 * container file type.
 *
 * Where the kernel enforces SELinux a container without a label, or as spc_t
 * ("label=disable", privileged), is confined by nothing. Where it does not,
 * labels mean nothing and this rule is silent about them; but a mount label
 * becomes mount data, context="LABEL", on any kernel, so its form is judged
 * everywhere: a quote in it would add mount options of its author's choice.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	struct strings types;
	struct strings file_types;
	struct strings users;
	struct strings roles;
};

static const char *const types[] = {"container_t", "container_init_t", "container_kvm_t", "container_engine_t"};
static const char *const file_types[] = {"container_file_t", "container_ro_file_t"};
static const char *const users[] = {"system_u", "unconfined_u"};
static const char *const roles[] = {"system_r"};
static const struct settings defaults = {{types, 4}, {file_types, 2}, {users, 2}, {roles, 1}};

static const struct setting settings_table[] = {
	{"types", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, types),
	 "Types that a container may run as"},
	{"file_types", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, file_types),
	 "Types that a container's mounts may be labelled with"},
	{"users", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, users),
	 "SELinux users that a label may name"},
	{"roles", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, roles),
	 "SELinux roles that a label may name"},
};

#define REMEDY "remove seLinuxOptions, or set type: container_t"

enum part { PART_USER, PART_ROLE, PART_TYPE, PARTS };

struct label {
	const char *start[PARTS];
	size_t len[PARTS];
};

static bool is_label_text(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:,-")] == '\0';
}

/* user:role:type, and a level behind on kernels with MLS. Return: false if it is no label. */
static bool split(const char *text, struct label *ret_label)
{
	const char *at = text;

	if (!is_label_text(text))
		return false;
	for (int i = 0; i < PARTS; i++) {
		ret_label->start[i] = at;
		ret_label->len[i] = strcspn(at, ":");
		at += ret_label->len[i];
		if (ret_label->len[i] == 0 || (i < PART_TYPE && *at != ':'))
			return false;
		at += *at == ':';
	}
	return true;
}

static bool contains(const struct strings *list, const struct label *label, enum part part)
{
	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->items[i]) == label->len[part] &&
		    memcmp(list->items[i], label->start[part], label->len[part]) == 0)
			return true;
	return false;
}

/* A label that should not be: wrong where the kernel enforces, no matter where it does not. */
static void add(const struct host *host, const char *pointer, const char *value, const char *message,
		struct findings *findings)
{
	if (host->selinux_enforcing == TRI_YES)
		findings_add(findings, FINDING_VIOLATION, pointer, value, message, REMEDY);
	else if (host->selinux_enforcing == TRI_UNKNOWN) {
		struct finding *finding = findings_add(
			findings, FINDING_UNDECIDED, pointer, value,
			findings_text(findings, "%s, and cannot tell whether the kernel enforces SELinux", message),
			REMEDY);

		/* A recording without this fact gates nothing; a kernel that does not answer does. */
		if (host->source == HOST_RECORDED) {
			finding->at_most = EFFECT_AUDIT;
			finding->severity = SEVERITY_INFO;
		}
	}
}

static void judge_process(const struct container *container, const struct host *host, const struct settings *own,
			  struct findings *findings)
{
	const char *text = container->process.selinux_label;
	const char *pointer = "/process/selinuxLabel";
	struct label label;

	if (!text || !text[0]) {
		/* An exec without a label gets the container's. */
		if (!container->exec)
			add(host, pointer, "", "runs without an SELinux label", findings);
	} else if (!split(text, &label)) {
		add(host, pointer, text, "has an SELinux label that is none", findings);
	} else if (!contains(&own->types, &label, PART_TYPE)) {
		add(host, pointer, text, "runs as an SELinux type that is not a container's", findings);
	} else if (!contains(&own->users, &label, PART_USER) || !contains(&own->roles, &label, PART_ROLE)) {
		add(host, pointer, text, "has an SELinux user or role that is not a container's", findings);
	}
}

static void judge_mounts(const struct container *container, const struct host *host, const struct settings *own,
			 struct findings *findings)
{
	const char *text = container->mount_label;
	const char *pointer = "/linux/mountLabel";
	struct label label;

	if (!text || !text[0])
		return;
	if (!is_label_text(text))
		findings_add(findings, FINDING_VIOLATION, pointer, text,
			     "has a mount label that could carry mount options", REMEDY);
	else if (!split(text, &label))
		add(host, pointer, text, "has a mount label that is none", findings);
	else if (!contains(&own->file_types, &label, PART_TYPE))
		add(host, pointer, text, "labels its mounts with a type that is not a container's", findings);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	judge_process(container, host, settings, findings);
	judge_mounts(container, host, settings, findings);
}

const struct rule rule_selinux = {
	.id = RULE_selinux,
	.name = "selinux",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE | RULE_SCOPE_EXEC,
	.facts = HOST_FACT_SELINUX,
	.title = "no SELinux label, or one that does not confine, where the kernel enforces SELinux",
	.fields = "process.selinuxLabel, linux.mountLabel",
	.allowed = "labels of the container types; nothing is asked where the kernel does not enforce",
	.why = "Without a label, or as spc_t, a container that escapes its namespaces meets no further wall.",
	.recommendation =
		"Kubernetes cluster pods and containers should only use allowed SELinux options (not in the bundle)",
	.pss = "SELinux (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
