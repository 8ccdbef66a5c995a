/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trusted-images
 *
 * Fields: the image reference that the engine itself wrote. Allowed: what
 * matches one of the patterns, carries a tag of its own or a digest where that
 * is asked for. A pattern is a glob ("*" also matches "/"), or "~" and an
 * extended regular expression that must match the whole reference.
 * With no pattern and neither switch the rule asks for nothing.
 */
#include <fnmatch.h>
#include <regex.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

struct settings {
	struct strings allowed;
	bool forbid_latest;
	bool require_digest;
};

static const struct settings defaults = {0};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_REGEX, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Image references: globs, or ~ and a regular expression; empty allows all"},
	{"forbid_latest", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, forbid_latest),
	 "Refuse the tag latest, given or implied"},
	{"require_digest", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, require_digest),
	 "Refuse references without a digest"},
};

static bool regex_matches(const char *pattern, const char *image)
{
	regmatch_t match;
	regex_t regex;
	bool whole;

	/* The policy has compiled it before; out of memory here means no match, which denies. */
	if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
		return false;
	whole = regexec(&regex, image, 1, &match, 0) == 0 && match.rm_so == 0 && image[match.rm_eo] == '\0';
	regfree(&regex);
	return whole;
}

static bool matches(const char *pattern, const char *image)
{
	return pattern[0] == '~' ? regex_matches(pattern + 1, image) : fnmatch(pattern, image, 0) == 0;
}

static bool is_allowed(const struct strings *patterns, const char *image)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (matches(patterns->items[i], image))
			return true;
	return patterns->n == 0;
}

/* registry:5000/name:tag@digest: the tag is behind the last colon of the last segment, before any digest. */
static bool is_latest(const char *image)
{
	const char *end = strchr(image, '@'), *segment, *colon;

	if (end)
		return false;
	segment = strrchr(image, '/');
	colon = strchr(segment ? segment : image, ':');
	return !colon || strcmp(colon, ":latest") == 0;
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;
	const char *image = container->identity.image;

	(void)host;
	if (own->allowed.n == 0 && !own->forbid_latest && !own->require_digest)
		return;
	if (image[0] == '\0' || !container->identity.trusted) {
		findings_add(findings, FINDING_UNDECIDED, "/annotations", image,
			     "cannot tell which image it runs: its engine does not say, or is not known",
			     "run it through an engine that records the image (containerd, CRI-O)");
		return;
	}
	if (!is_allowed(&own->allowed, image))
		findings_add(findings, FINDING_VIOLATION, "/annotations", image,
			     "its image is not from a trusted registry",
			     "use an image from a registry that the policy lists");
	if (own->forbid_latest && is_latest(image))
		findings_add(findings, FINDING_VIOLATION, "/annotations", image, "its image has the tag latest or none",
			     "name a version of the image");
	if (own->require_digest && !strchr(image, '@') && container->identity.image_digest[0] == '\0')
		findings_add(findings, FINDING_VIOLATION, "/annotations", image, "its image is not named by digest",
			     "name the image by its digest (name@sha256:...)");
}

const struct rule rule_trusted_images = {
	.id = RULE_trusted_images,
	.name = "trusted-images",
	.group = RULE_GROUP_HARDEN,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE,
	.title = "image not from a trusted registry",
	.fields = "annotations: the image, from the engine's own key",
	.allowed = "references that match a pattern",
	.why = "Code from an unknown place runs on the node.",
	.recommendation = "5: Container images should be deployed from trusted registries only",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
