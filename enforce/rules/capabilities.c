/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capabilities
 *
 * Fields: the five sets of process.capabilities; an exec's as well.
 * Allowed: what @allowed lists, less what @forbidden lists. By default the 14 that engines give unasked.
 * Stops: each capability's own way out: SYS_ADMIN mounts, SYS_MODULE loads code into the kernel, SYS_PTRACE takes over
 * processes, DAC_READ_SEARCH opens any file of the filesystem by handle, NET_ADMIN rewires the node's network …
 *
 * All five sets count: what is only in the bounding set still comes back with a set-uid program or file capabilities.
 * A name that this node does not know is no capability to the runtime here, but may be one to the next; and an honest
 * mistake writes such names: CRI engines put CAP_ in front of what the pod says, so that CAP_CHOWN becomes
 * CAP_CAP_CHOWN.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

struct settings {
	struct strings allowed;
	struct strings forbidden;
};

static const char *const allowed_words[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN",	  "CAP_DAC_OVERRIDE",	  "CAP_FOWNER",	    "CAP_FSETID",
	"CAP_KILL",	   "CAP_MKNOD",	  "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",    "CAP_SETFCAP",
	"CAP_SETGID",	   "CAP_SETPCAP", "CAP_SETUID",		  "CAP_SYS_CHROOT",
};
enum { ENGINES_GIVE = sizeof(allowed_words) / sizeof(allowed_words[0]) };
static const struct settings defaults = {{allowed_words, ENGINES_GIVE}, {NULL, 0}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_CAPABILITY, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Capabilities that a container may have"},
	{"forbidden", SETTING_STRINGS, CHECK_CAPABILITY, NULL, 0, 0, offsetof(struct settings, forbidden),
	 "Capabilities that it may not have even if they are allowed"},
};

/* The ones to name first when there are too many to name: each of them alone is as good as the node. */
static const char *const grave_words[] = {
	"CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_DAC_READ_SEARCH",
	"CAP_BPF",	 "CAP_NET_ADMIN",  "CAP_SYS_BOOT",   "CAP_SYSLOG",
};

enum { NAMED_MAX = 6, EXCESS_IS_ALL = 20, CAPS_BITS = 64, CAP_PREFIX = sizeof("CAP_") - 1 };

static uint64_t mask_of(const char *const *names, size_t n)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < n; i++) {
		int number = capability_number(names[i]);

		if (number >= 0)
			mask |= UINT64_C(1) << number;
	}
	return mask;
}

/* "A, B": puts capability @number behind @text if it is in @mask, and takes it out of there. */
static const char *name_one(const char *text, int number, uint64_t *mask, struct findings *findings)
{
	uint64_t bit = UINT64_C(1) << number;

	if ((*mask & bit) == 0)
		return text;
	*mask &= ~bit;
	return findings_text(findings, "%s%s%s", text, text[0] ? ", " : "", capability_name(number) + CAP_PREFIX);
}

/* "SYS_ADMIN, NET_ADMIN", the worst first; "… and 20 more" when there are too many. */
static const char *words_of(uint64_t mask, struct findings *findings)
{
	int left = __builtin_popcountll(mask), few = left > NAMED_MAX ? left - NAMED_MAX : 0;
	const char *text = "";

	for (size_t i = 0; i < sizeof(grave_words) / sizeof(grave_words[0]) && __builtin_popcountll(mask) > few; i++)
		text = name_one(text, capability_number(grave_words[i]), &mask, findings);
	for (int number = 0; number < CAPS_BITS && __builtin_popcountll(mask) > few; number++)
		text = name_one(text, number, &mask, findings);
	return few == 0 ? text : findings_text(findings, "%s and %d more", text, few);
}

static const char *remedy_of(const struct container *container, uint64_t excess, const char *words,
			     struct findings *findings)
{
	bool pod = identity_is_pod(&container->identity);

	if (__builtin_popcountll(excess) >= EXCESS_IS_ALL)
		return pod ? "set privileged: false, and remove ALL from securityContext.capabilities.add"
			   : "run without --privileged and without --cap-add ALL";
	if ((excess & mask_of(allowed_words, ENGINES_GIVE)) != 0)
		return pod ? "set capabilities.drop: [\"ALL\"] and add no more than the policy allows"
			   : "run with --cap-drop ALL and add no more than the policy allows";
	return findings_text(
		findings, pod ? "remove %s from securityContext.capabilities.add" : "run without --cap-add %s", words);
}

static const char *pointer_of(enum capability_kind kind, struct findings *findings)
{
	return findings_text(findings, "/process/capabilities/%s", capability_kind_names[kind]);
}

static void judge_known(const struct container *container, const struct settings *own, struct findings *findings)
{
	uint64_t allowed =
		mask_of(own->allowed.items, own->allowed.n) & ~mask_of(own->forbidden.items, own->forbidden.n);
	uint64_t excess = 0;
	int first = CAPS_KINDS;
	struct finding *finding;
	const char *words;

	for (int kind = CAPS_KINDS - 1; kind >= 0; kind--) {
		uint64_t over = container->process.caps[kind].mask & ~allowed;

		excess |= over;
		if (over != 0)
			first = kind;
	}
	if (excess == 0)
		return;
	words = words_of(excess, findings);
	finding = findings_add(findings, FINDING_VIOLATION, pointer_of((enum capability_kind)first, findings), words,
			       findings_text(findings, "has capabilities beyond what is allowed: %s", words),
			       remedy_of(container, excess, words, findings));
	/* A pause container has what its engine gives by default; no pod can ask for less. */
	if (!container->exec && identity_is_pause(&container->identity) &&
	    (excess & ~mask_of(allowed_words, ENGINES_GIVE)) == 0)
		finding->at_most = EFFECT_AUDIT;
}

static bool seen_before(const struct capability_set *sets, int kind, size_t index)
{
	const char *name = sets[kind].unknown.items[index];

	for (int k = 0; k <= kind; k++)
		for (size_t i = 0; i < (k < kind ? sets[k].unknown.n : index); i++)
			if (strcmp(sets[k].unknown.items[i], name) == 0)
				return true;
	return false;
}

static void judge_unknown(const char *name, const char *pointer, struct findings *findings)
{
	const char *rest = name + CAP_PREFIX;

	if (strncmp(rest, "CAP_", CAP_PREFIX) == 0 && capability_number(rest) >= 0)
		findings_add(findings, FINDING_VIOLATION, pointer, name,
			     findings_text(findings, "asks for %s, which does not exist", name),
			     findings_text(findings, "write %s, without the prefix", rest + CAP_PREFIX));
	else
		findings_add(findings, FINDING_UNDECIDED, pointer, name,
			     findings_text(findings, "cannot tell what the capability %s is", name),
			     findings_text(findings, "remove %s, or correct its name", rest));
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct capability_set *sets = container->process.caps;

	(void)host;
	judge_known(container, settings, findings);
	for (int kind = 0; kind < CAPS_KINDS; kind++)
		for (size_t i = 0; i < sets[kind].unknown.n; i++)
			if (!seen_before(sets, kind, i))
				judge_unknown(sets[kind].unknown.items[i],
					      pointer_of((enum capability_kind)kind, findings), findings);
}

const struct rule rule_capabilities = {
	.id = RULE_capabilities,
	.name = "capabilities",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE | RULE_SCOPE_EXEC,
	.amendment = AMEND_DROP_CAPABILITIES,
	.title = "capabilities beyond what is allowed",
	.fields = "process.capabilities",
	.allowed = "the 14 that engines give by default, or what the policy lists, in each of the five sets",
	.why = "One capability can be enough to leave: SYS_ADMIN mounts, SYS_MODULE loads code into the kernel, "
	       "SYS_PTRACE takes over processes, DAC_READ_SEARCH opens any file of the node.",
	.recommendation = "6: Least privileged Linux capabilities should be enforced for containers",
	.pss = "Capabilities (baseline, restricted)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
