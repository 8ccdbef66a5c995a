/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp
 *
 * Fields: linux.seccomp, and what the filter compiled from it lets through.
 * Allowed: a filter that stops every call of the floor; no agent that answers in its place.
 * Stops: nothing by itself, but nearly every kernel exploit needs a system call that a program in a container never
 * makes (userfaultfd, keyctl, io_uring, a new user namespace …), and the filter is what takes them away.
 *
 * Whether there is a filter says little. A default action of ALLOW or LOG lets everything through but what a rule
 * denies, and with no such rule the process shows "Seccomp: 2" and is as free as without. An agent behind
 * listenerPath may let through what it likes. Names in odd case are skipped, conditions can be impossible, one
 * architecture can be open. So the host facts bring what the compiled filter answered (seccomp.h), and a call counts
 * as let through when some arguments get it through, unless a capability in the bounding set justifies it.
 *
 * An annotation of crun's puts another filter in the place of the spec's, whatever the rule runtime-annotations is set to.
 *
 * The default effect is to put the default profile into the spec. A hook comes too late for that; it attaches the
 * filter to the container's init instead (attach.h), where the policy does not forbid it.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"
#include "ocigate/str.h"

static bool any_rule_denies(const struct seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->n_rules; i++)
		if (seccomp->rules[i].names.n > 0 && !seccomp_passes(seccomp->rules[i].action) &&
		    !seccomp_asks(seccomp->rules[i].action))
			return true;
	return false;
}

/* libseccomp leaves a name that it does not know out of the filter without a word. Newer ones than it knows are common. */
static bool is_spelt_as_call(const char *name)
{
	return name[0] && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* No number is below 0 or above the largest; what lies beyond a mask is cut off, and the line means something else. */
static bool is_plain_condition(const struct seccomp_arg *arg)
{
	if (strcmp(arg->op, "SCMP_CMP_LT") == 0)
		return arg->value > 0;
	if (strcmp(arg->op, "SCMP_CMP_GT") == 0)
		return arg->value < UINT64_MAX;
	return strcmp(arg->op, "SCMP_CMP_MASKED_EQ") != 0 || (arg->value_two & ~arg->value) == 0;
}

/* Lines that show a denial and do not deny: they count where everything else passes. */
static void judge_denials(const struct seccomp *seccomp, const char *remedy, struct findings *findings)
{
	for (size_t i = 0; i < seccomp->n_rules; i++) {
		const struct seccomp_rule *rule = &seccomp->rules[i];

		if (seccomp_passes(rule->action))
			continue;
		for (size_t j = 0; j < rule->names.n; j++)
			if (!is_spelt_as_call(rule->names.items[j]))
				findings_add(findings, FINDING_VIOLATION,
					     findings_text(findings, "/linux/seccomp/syscalls/%zu/names/%zu", i, j),
					     rule->names.items[j],
					     "denies a name that no system call has: the call that is meant passes",
					     remedy);
		for (size_t j = 0; j < rule->n_args; j++)
			if (!is_plain_condition(&rule->args[j]))
				findings_add(findings, FINDING_VIOLATION,
					     findings_text(findings, "/linux/seccomp/syscalls/%zu/args/%zu", i, j),
					     rule->args[j].op,
					     "denies under a condition that no argument meets: the call passes",
					     remedy);
	}
}

/* What is not listed is closed, not open: libseccomp has the kernel kill such a program at its first call. */
static void judge_architectures(const struct seccomp *seccomp, struct findings *findings)
{
	struct finding *finding;

	if (seccomp_lists_second_arch(seccomp))
		return;
	finding = findings_add(findings, FINDING_VIOLATION, "/linux/seccomp/architectures", seccomp_second_arch,
			       "its filter leaves out an architecture: programs of it are killed at their first call",
			       "list it in the seccomp profile if such programs are to run");
	finding->at_most = EFFECT_AUDIT;
	finding->severity = SEVERITY_INFO;
}

/* What the block says by itself. Return: does it deny anything, so that asking what passes is worth while? */
static bool judge_block(const struct container *container, struct findings *findings)
{
	const struct seccomp *seccomp = &container->seccomp;
	bool pod = identity_is_pod(&container->identity);
	bool open = seccomp_passes(seccomp->default_action) && !any_rule_denies(seccomp);

	if (open)
		findings_add(findings, FINDING_VIOLATION, "/linux/seccomp", seccomp->default_action,
			     "has a seccomp filter that denies nothing",
			     pod ? "set seccompProfile.type: RuntimeDefault" : "run without --security-opt seccomp=…");
	if (seccomp_passes(seccomp->default_action))
		judge_denials(seccomp, pod ? "set seccompProfile.type: RuntimeDefault" : "correct the seccomp profile",
			      findings);
	if (seccomp->listener_path || seccomp_asks(seccomp->default_action))
		findings_add(findings, FINDING_VIOLATION,
			     seccomp->listener_path ? "/linux/seccomp/listenerPath" : "/linux/seccomp/defaultAction",
			     seccomp->listener_path ? seccomp->listener_path : seccomp->default_action,
			     "lets an agent outside decide about its system calls",
			     pod ? "set seccompProfile.type: RuntimeDefault"
				 : "use a seccomp profile without listenerPath");
	if (!open)
		judge_architectures(seccomp, findings);
	return !open && !seccomp_asks(seccomp->default_action);
}

struct settings {
	struct strings floor;
	struct strings reported;
	bool attach;
};

static const char *const default_floor[] = {"default"};
/* What moby's and containerd's profiles stop and containers-common's (podman, CRI-O) lets through. */
static const char *const default_reported[] = {
	"mount",	 "umount2", "pivot_root",	  "move_mount",	      "open_tree", "fsopen",  "fsmount",
	"mount_setattr", "setns",   "unshare-namespaces", "clone-namespaces", "keyctl",	   "add_key", "request_key",
};
static const struct settings defaults = {
	{default_floor, 1},
	{default_reported, sizeof(default_reported) / sizeof(default_reported[0])},
	true,
};

static const struct setting settings_table[] = {
	{"floor", SETTING_STRINGS, CHECK_FLOOR, NULL, 0, 0, offsetof(struct settings, floor),
	 "Calls that the filter must stop; default: those that no engine's own profile lets through"},
	{"reported", SETTING_STRINGS, CHECK_FLOOR, NULL, 0, 0, offsetof(struct settings, reported),
	 "Calls that are recorded when the filter lets them through; common: all that some engines' profiles do"},
	{"attach", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, attach),
	 "With effect apply, a bare hook attaches the default filter to a container that has none"},
};

static bool is_listed(const struct strings *list, const struct seccomp_call *call)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *word = list->items[i];

		if (str_equal(word, call->name) || str_equal(word, call->common ? "common" : "default"))
			return true;
	}
	return false;
}

/* The same hole on two architectures: one example does for both. */
static bool is_same(const struct seccomp_hole *a, const struct seccomp_hole *b)
{
	return a->call == b->call && a->fate == b->fate && a->logged == b->logged && a->multiplexed == b->multiplexed &&
	       memcmp(a->args, b->args, sizeof(a->args)) == 0;
}

/* Told with the first one. */
static bool is_repeated(const struct seccomp_answer *answer, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_same(&answer->holes[i], &answer->holes[index]))
			return true;
	return false;
}

static const char *archs_of(const struct seccomp_answer *answer, size_t first, struct findings *findings)
{
	const struct seccomp_hole *hole = &answer->holes[first];
	const char *archs = hole->arch;

	for (size_t i = first + 1; i < answer->n_holes; i++)
		if (is_same(&answer->holes[i], hole))
			archs = findings_text(findings, "%s, %s", archs, answer->holes[i].arch);
	return archs;
}

/* "socket(0x100000028, 0, 0, 0, 0, 0)", zeros at the end left out */
static const char *example_of(const struct seccomp_hole *hole, struct findings *findings)
{
	const char *text = findings_text(findings, "%s(%#llx", hole->multiplexed ? "socketcall" : hole->call->syscall,
					 (unsigned long long)hole->args[0]);
	size_t last = 5;

	while (last > 0 && hole->args[last] == 0)
		last--;
	for (size_t i = 1; i <= last; i++)
		text = findings_text(findings, "%s, %#llx", text, (unsigned long long)hole->args[i]);
	return findings_text(findings, "%s)", text);
}

static const char *words_of(const struct seccomp_hole *hole, const char *archs, struct findings *findings)
{
	const char *name = hole->call->name, *why = hole->call->why;

	if (hole->fate == SECCOMP_UNDECIDED)
		return findings_text(findings, "cannot tell whether its filter lets %s through on %s", name, archs);
	if (hole->fate == SECCOMP_DEFERRED)
		return findings_text(findings, "its filter leaves %s, which %s, to a tracer or an agent, on %s", name,
				     why, archs);
	return findings_text(findings, "its filter lets %s through%s, which %s, on %s", name,
			     hole->logged ? " (and logs it)" : "", why, archs);
}

static void tell(const struct seccomp_answer *answer, size_t index, struct findings *findings)
{
	const struct seccomp_hole *hole = &answer->holes[index];

	findings_add(findings, hole->fate == SECCOMP_UNDECIDED ? FINDING_UNDECIDED : FINDING_VIOLATION,
		     "/linux/seccomp", example_of(hole, findings),
		     words_of(hole, archs_of(answer, index, findings), findings),
		     "use seccompProfile.type: RuntimeDefault, or take the call out of the profile");
}

/* A filter that is open at many places needs no list of them all. */
enum { TOLD_MAX = 5 };

static void judge_holes(const struct container *container, const struct seccomp_answer *answer,
			const struct strings *list, bool floor, const struct strings *not_in, struct findings *findings)
{
	const uint64_t bounding = container->process.caps[CAPS_BOUNDING].mask;
	size_t told = 0, more = 0;
	const char *names = "";

	for (size_t i = 0; i < answer->n_holes; i++) {
		const struct seccomp_hole *hole = &answer->holes[i];

		if ((hole->call->justified_by & bounding) != 0 || !is_listed(list, hole->call) ||
		    (not_in && is_listed(not_in, hole->call)) || is_repeated(answer, i))
			continue;
		if (floor && told++ < TOLD_MAX)
			tell(answer, i, findings);
		else
			names = findings_text(findings, "%s%s%s", names, more++ > 0 ? ", " : "", hole->call->name);
	}
	if (more > 0) {
		struct finding *finding = findings_add(
			findings, FINDING_VIOLATION, "/linux/seccomp", names,
			floor ? findings_text(findings, "its filter lets %zu more calls of the floor through", more)
			      : findings_text(findings, "its filter lets calls through that others stop: %s", names),
			floor ? "use seccompProfile.type: RuntimeDefault" : "use a tighter seccomp profile");

		if (!floor) {
			finding->at_most = EFFECT_AUDIT;
			finding->severity = SEVERITY_INFO;
		}
	}
}

/* What it leaves open counts by itself: a call of the floor that is misspelt comes through and is told. */
static void judge_unknown(const struct strings *unknown, struct findings *findings)
{
	const char *names = "";
	size_t n = 0;

	for (size_t i = 0; i < unknown->n; i++)
		if (is_spelt_as_call(unknown->items[i]))
			names = findings_text(findings, "%s%s%s", names, n++ > 0 ? ", " : "", unknown->items[i]);
	if (n > 0) {
		struct finding *finding = findings_add(
			findings, FINDING_VIOLATION, "/linux/seccomp/syscalls", names,
			"denies names that this node's libseccomp does not know: a call of that name passes",
			"correct the names, or use a profile that lists what it allows");

		finding->at_most = EFFECT_AUDIT;
		finding->severity = SEVERITY_LOW;
	}
}

static void judge_answer(const struct container *container, const struct seccomp_answer *answer,
			 const struct settings *own, struct findings *findings)
{
	if (!answer->known) {
		findings_add(findings, FINDING_UNDECIDED, "/linux/seccomp", "",
			     findings_text(findings, "cannot tell what its seccomp filter lets through: %s",
					   answer->why ? answer->why : "it was not asked"),
			     "correct the seccomp profile");
		return;
	}
	judge_unknown(&answer->unknown, findings);
	judge_holes(container, answer, &own->floor, true, NULL, findings);
	judge_holes(container, answer, &own->reported, false, &own->floor, findings);
}

/* crun takes a program from an annotation instead of the spec's; what it does is nobody's to tell. */
static void judge_annotation(const struct container *container, struct findings *findings)
{
	static const char replaces[] = "run.oci.seccomp_bpf_data";

	if (key_values_find(&container->annotations, replaces))
		findings_add(findings, FINDING_VIOLATION, "/annotations/run.oci.seccomp_bpf_data", replaces,
			     "an annotation puts another filter in the place of its own",
			     "remove the annotation run.oci.seccomp_bpf_data");
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	judge_annotation(container, findings);
	if (!container->seccomp.present) {
		findings_add(findings, FINDING_VIOLATION, "/linux/seccomp", "", "runs without a seccomp filter",
			     identity_is_pod(&container->identity)
				     ? "set seccompProfile.type: RuntimeDefault"
				     : "run without --security-opt seccomp=unconfined and without --privileged");
		return;
	}
	/* A block that was known by its text was plain. */
	if (container->seccomp.answer || judge_block(container, findings))
		judge_answer(container, &host->seccomp, settings, findings);
}

const struct rule rule_seccomp = {
	.id = RULE_seccomp,
	.name = "seccomp",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_APPLY,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_SECCOMP,
	.amendment = AMEND_SECCOMP_PROFILE,
	.title = "no seccomp filter, or one that lets through what must never pass",
	.fields = "linux.seccomp, as the compiled filter behaves",
	.allowed = "a filter that stops every call of the floor on every architecture, with no agent in its place",
	.why = "Most kernel exploits need a system call that no program in a container makes; the filter takes those "
	       "away.",
	.pss = "Seccomp (baseline, restricted)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
