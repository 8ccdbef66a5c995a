/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apparmor
 *
 * Fields: process.apparmorProfile; the kernel's list of loaded profiles and their modes.
 * Allowed: a profile that @allowed names, that is loaded, enforced and, where it is pinned, unchanged.
 * Stops: mounting, ptrace, writing under /proc and /sys from a process that has the capabilities for it; AppArmor is
 * what is left when a runtime's own masks were raced (CVE-2025-31133 and its kin) or cgroup v1 is writable
 * (CVE-2022-0492).
 *
 * What a spec says proves little. Absent, empty and "unconfined" all mean: none. A profile in complain mode, or one
 * whose flags say unconfined, starts like any other and refuses nothing. A stack "a//&b" is as strong as the kernel
 * makes it only if every part is a real profile; a name that begins with ":" leads into another policy namespace,
 * which the list of profiles does not show. A missing profile fails in runc, but newer crun ignores the whole key where
 * AppArmor is off. So the kernel is asked.
 *
 * A name can be given to other rules: whoever may load profiles can replace one by a weaker one. A pin compares what
 * the kernel has loaded under the name with what the node's owner has seen.
 *
 * "runtime/default" means the profile that this engine generates: cri-containerd.apparmor.d, crio-default,
 * containers-default-VERSION (podman) or docker-default. "localhost/NAME" means NAME itself, a glob; "unconfined"
 * means what it says.
 */
#include <fnmatch.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

enum unsupported { UNSUPPORTED_AUDIT, UNSUPPORTED_DENY, UNSUPPORTED_IGNORE };

struct settings {
	struct strings allowed;
	const char *default_profile;
	int unsupported;
	struct key_values pins;
};

static const char *const allowed_words[] = {"runtime/default", "localhost/*"};
static const char *const unsupported_words[] = {"audit", "deny", "ignore", NULL};
static const struct settings defaults = {{allowed_words, 2}, "", UNSUPPORTED_AUDIT, {NULL, 0}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Profiles that a container may have: runtime/default, localhost/NAME (a glob), unconfined"},
	{"default_profile", SETTING_STRING, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, default_profile),
	 "Profile that effect apply sets; empty: the engine's own default"},
	{"unsupported", SETTING_WORD, CHECK_NONE, unsupported_words, 0, 0, offsetof(struct settings, unsupported),
	 "What becomes of a container where the kernel has no AppArmor"},
	{"pins", SETTING_MAP, CHECK_SHA256, NULL, 0, 0, offsetof(struct settings, pins),
	 "SHA-256 of what must be loaded under a profile's name, as `ocigate apparmor pin NAME` prints it on this "
	 "node"},
};

/* Names of the profiles that engines generate themselves, by enum engine. */
static const char *const engine_profiles[ENGINES] = {
	[ENGINE_CONTAINERD] = "cri-containerd.apparmor.d",
	[ENGINE_CRIO] = "crio-default*",
	[ENGINE_PODMAN] = "containers-default-*",
	[ENGINE_DOCKER] = "docker-default",
	[ENGINE_BUILDKIT] = "docker-default",
};

#define POINTER "/process/apparmorProfile"

static bool is_default(enum engine engine, const char *name)
{
	for (int i = 0; i < ENGINES; i++)
		if (engine_profiles[i] && (engine == ENGINE_UNKNOWN || (int)engine == i) &&
		    fnmatch(engine_profiles[i], name, 0) == 0)
			return true;
	return false;
}

static bool is_allowed(const struct strings *allowed, enum engine engine, const char *name)
{
	static const char localhost[] = "localhost/";
	size_t n = sizeof(localhost) - 1;

	for (size_t i = 0; i < allowed->n; i++) {
		const char *word = allowed->items[i];

		if (strcmp(word, "runtime/default") == 0 && is_default(engine, name))
			return true;
		if (strncmp(word, localhost, n) == 0 && fnmatch(word + n, name, 0) == 0)
			return true;
	}
	return false;
}

static const char *remedy_of(const struct container *container)
{
	return identity_is_pod(&container->identity) ? "set appArmorProfile.type: RuntimeDefault"
						     : "run without --security-opt apparmor=…";
}

/* A name is loaded once in our own namespace: the kernel does not list it twice. */
static const char *mode_of(const struct host *host, const char *name)
{
	for (size_t i = 0; i < host->n_apparmor_profiles; i++)
		if (strcmp(host->apparmor_profiles[i].name, name) == 0)
			return host->apparmor_profiles[i].mode;
	return NULL;
}

static void judge_pin(const struct host *host, const struct settings *own, const char *name, struct findings *findings)
{
	const char *pin = key_values_find(&own->pins, name);
	const char *digest = key_values_find(&host->apparmor_digests, name);

	if (!pin)
		return;
	if (!digest)
		findings_add(findings, FINDING_UNDECIDED, POINTER, name,
			     findings_text(findings,
					   "cannot tell whether AppArmor profile %s is the one that is pinned", name),
			     "let root read policy/profiles/*/raw_data in /sys/kernel/security/apparmor on the node");
	else if (strcmp(pin, digest) != 0)
		findings_add(findings, FINDING_VIOLATION, POINTER, name,
			     findings_text(findings, "AppArmor profile %s is not the one that is pinned: sha256 %s",
					   name, digest),
			     "load the profile that was pinned, or pin this one (ocigate apparmor pin)");
}

static void judge_mode(const char *name, const char *mode, struct findings *findings)
{
	if (!mode)
		findings_add(findings, FINDING_VIOLATION, POINTER, name,
			     findings_text(findings, "AppArmor profile %s is not loaded on this node", name),
			     "load it on every node, or take the default profile");
	else if (strcmp(mode, "enforce") != 0 && strcmp(mode, "kill") != 0)
		findings_add(
			findings, FINDING_VIOLATION, POINTER, name,
			findings_text(findings, "AppArmor profile %s is in %s mode and refuses nothing", name, mode),
			"load it in enforce mode, or take the default profile");
}

/* One profile, or one part of a stack. */
static void judge_profile(const struct container *container, const struct host *host, const struct settings *own,
			  const char *name, struct findings *findings)
{
	const enum engine engine = container->identity.trusted ? container->identity.engine : ENGINE_UNKNOWN;
	const char *mode;

	if (name[0] == ':') {
		findings_add(findings, FINDING_VIOLATION, POINTER, name,
			     findings_text(findings, "AppArmor profile %s lies in another policy namespace", name),
			     remedy_of(container));
	} else if (!is_allowed(&own->allowed, engine, name)) {
		findings_add(findings, FINDING_VIOLATION, POINTER, name,
			     findings_text(findings, "AppArmor profile %s is not among the allowed", name),
			     remedy_of(container));
	} else if (!host->apparmor_profiles_known) {
		findings_add(
			findings, FINDING_UNDECIDED, POINTER, name,
			findings_text(findings, "cannot tell whether AppArmor profile %s is loaded and enforced", name),
			"let root read /sys/kernel/security/apparmor/profiles on the node");
	} else {
		mode = mode_of(host, name);
		judge_mode(name, mode, findings);
		if (mode)
			judge_pin(host, own, name, findings);
	}
}

static void judge_parts(const struct container *container, const struct host *host, const struct settings *own,
			const char *profile, struct findings *findings)
{
	const char *separator = strstr(profile, "//&");

	while (separator) {
		judge_profile(container, host, own,
			      findings_text(findings, "%.*s", (int)(separator - profile), profile), findings);
		profile = separator + 3;
		separator = strstr(profile, "//&");
	}
	judge_profile(container, host, own, profile, findings);
}

/* No AppArmor to ask: by setting a finding that is only recorded, one that denies, or none. */
static void judge_unsupported(const struct settings *own, enum finding_kind kind, const char *profile,
			      const char *message, struct findings *findings)
{
	struct finding *finding;

	if (own->unsupported == UNSUPPORTED_IGNORE)
		return;
	finding = findings_add(findings, kind, POINTER, profile, message,
			       "use a node whose kernel has AppArmor, or set apparmor: unsupported in the policy");
	if (own->unsupported == UNSUPPORTED_AUDIT)
		finding->at_most = EFFECT_AUDIT;
}

/* No engine gives its pause container a profile: to refuse that would be to refuse every pod. So it is recorded. */
static void judge_none(const struct container *container, const char *profile, struct findings *findings)
{
	struct finding *finding = findings_add(findings, FINDING_VIOLATION, POINTER, profile,
					       "runs without an AppArmor profile", remedy_of(container));

	if (identity_is_pause(&container->identity))
		finding->at_most = EFFECT_AUDIT;
}

/* What apply sets: the policy's choice, or the profile that this engine has generated and loaded. NULL: there is none. */
static const char *default_profile(const struct container *container, const struct host *host,
				   const struct settings *own)
{
	enum engine engine = container->identity.trusted ? container->identity.engine : ENGINE_UNKNOWN;

	if (own->default_profile[0] != '\0')
		return own->default_profile;
	for (size_t i = 0; i < host->n_apparmor_profiles; i++)
		if (is_default(engine, host->apparmor_profiles[i].name) &&
		    strcmp(host->apparmor_profiles[i].mode, "enforce") == 0)
			return host->apparmor_profiles[i].name;
	return NULL;
}

static void propose(const char *profile, struct findings *findings, size_t first)
{
	for (size_t i = first; i < findings->n; i++)
		findings->items[i].proposal = profile;
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;
	size_t first = findings->n;
	const char *profile = container->process.apparmor_profile ? container->process.apparmor_profile : "";
	bool none = profile[0] == '\0' || strcmp(profile, "unconfined") == 0;

	if (none && strings_hold(&own->allowed, "unconfined"))
		return;
	if (host->apparmor_enabled == TRI_NO)
		judge_unsupported(own, FINDING_VIOLATION, profile,
				  "no AppArmor profile confines it: the kernel has AppArmor off", findings);
	else if (host->apparmor_enabled == TRI_UNKNOWN && host->source == HOST_RECORDED && !host->apparmor_recorded)
		judge_unsupported(own, FINDING_UNDECIDED, profile,
				  "cannot tell whether AppArmor confines it: the recording has no AppArmor facts",
				  findings);
	else if (host->apparmor_enabled == TRI_UNKNOWN)
		findings_add(findings, FINDING_UNDECIDED, POINTER, profile,
			     "cannot tell whether the kernel has AppArmor on",
			     "let root read /sys/module/apparmor/parameters/enabled on the node");
	else if (none)
		judge_none(container, profile, findings);
	else
		judge_parts(container, host, own, profile, findings);
	if (host->apparmor_enabled == TRI_YES)
		propose(default_profile(container, host, own), findings, first);
}

const struct rule rule_apparmor = {
	.id = RULE_apparmor,
	.name = "apparmor",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE | RULE_SCOPE_EXEC,
	.facts = HOST_FACT_APPARMOR,
	.amendment = AMEND_APPARMOR_PROFILE,
	.title = "no AppArmor profile, or one that does not confine",
	.fields = "process.apparmorProfile, the kernel's loaded profiles",
	.allowed = "the engine's default profile or any other that is loaded, in enforce mode and, where it is pinned, "
		   "unchanged",
	.why = "AppArmor still refuses mounts, ptrace and writes to /proc and /sys when a capability is too many or a "
	       "masked path was raced (CVE-2025-31133, CVE-2022-0492).",
	.recommendation = "4: Overriding or disabling of containers AppArmor profile should be restricted",
	.pss = "AppArmor (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
