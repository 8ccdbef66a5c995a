/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From findings to edits. Each kind of amendment is a function in a table; it
 * knows the spec's JSON and nothing of the rule that found something, but the
 * settings that the rule was asked with, by their names.
 */
#include <string.h>

#include "ocigate/amend.h"
#include "ocigate/rule.h"
#include "ocigate/str.h"
#include "scan.h"

struct plan {
	const struct container *container;
	const struct text *text;
	struct edits *edits;
	uint64_t bounding; /* what the bounding set will be */
};

/* --- growing lists --- */

static void *grown(struct arena *arena, const void *items, size_t n, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 16;
	void *larger = arena_array(arena, wanted, size);

	if (!larger)
		return NULL;
	if (n > 0)
		memcpy(larger, items, n * size);
	*room = wanted;
	return larger;
}

void edits_add(struct edits *edits, enum edit_kind kind, const char *pointer, const char *value)
{
	if (edits->n == edits->room) {
		struct edit *larger = grown(edits->arena, edits->items, edits->n, &edits->room, sizeof(*larger));

		edits->failed = edits->failed || !larger;
		edits->items = larger ? larger : edits->items;
	}
	edits->failed = edits->failed || !pointer || (!value && kind != EDIT_REMOVE);
	if (!edits->failed)
		edits->items[edits->n++] = (struct edit){kind, pointer, value};
}

void edits_record(struct edits *edits, const struct rule *rule, const char *pointer, const char *before,
		  const char *after)
{
	if (edits->n_records == edits->records_room) {
		struct amendment_record *larger =
			grown(edits->arena, edits->records, edits->n_records, &edits->records_room, sizeof(*larger));

		edits->failed = edits->failed || !larger;
		edits->records = larger ? larger : edits->records;
	}
	edits->failed = edits->failed || !pointer || !before || !after;
	if (!edits->failed)
		edits->records[edits->n_records++] = (struct amendment_record){rule, pointer, before, after};
}

/* --- what planners share --- */

static const struct setting *setting_named(const struct rule *rule, const char *name, enum setting_type type)
{
	for (size_t i = 0; i < rule->n_settings; i++)
		if (strcmp(rule->settings[i].name, name) == 0 && rule->settings[i].type == type)
			return &rule->settings[i];
	return NULL;
}

/* A list that the finding's rule was asked with; empty if it has no such setting. */
static struct strings strings_setting(const struct finding *finding, const char *name)
{
	const struct setting *setting = setting_named(finding->rule, name, SETTING_STRINGS);
	struct strings strings = {NULL, 0};

	if (setting && finding->settings)
		memcpy(&strings, (const char *)finding->settings + setting->offset, sizeof(strings));
	return strings;
}

/*
 * Where the finding's @pointer is in the text: an exec's text is the process alone.
 * Return: NULL if it is not in the text.
 */
static const char *text_pointer(const struct plan *plan, const char *pointer)
{
	static const char process[] = "/process";
	size_t len = strlen(process);

	if (!plan->container->exec)
		return pointer;
	return strncmp(pointer, process, len) == 0 && pointer[len] == '/' ? pointer + len : NULL;
}

static const char *text_at(const struct plan *plan, const char *pointer)
{
	struct text value = {"null", 4};

	(void)amend_find(plan->text, pointer, &value);
	return arena_strndup(plan->edits->arena, value.bytes, value.len);
}

static const char *quoted(const struct plan *plan, const char *string)
{
	size_t room = 6 * strlen(string) + 8;
	char *bytes = arena_alloc(plan->edits->arena, room);
	struct out out;

	if (!bytes)
		return NULL;
	out_init(&out, bytes, room);
	out_json(&out, string, room - 1);
	return out.cut ? NULL : bytes;
}

/* Sets @pointer (of the whole spec) and records it as @told, or as the value if that is NULL. */
static bool set(const struct plan *plan, const struct finding *finding, const char *pointer, const char *value,
		const char *told)
{
	const char *where = text_pointer(plan, pointer);

	if (!where)
		return false;
	edits_record(plan->edits, finding->rule, pointer, text_at(plan, where), told ? told : value);
	edits_add(plan->edits, EDIT_SET, where, value);
	return true;
}

/* --- one function an amendment: false if this finding cannot be amended --- */

static bool put_seccomp(const struct plan *plan, const struct finding *finding)
{
	if (plan->container->exec)
		return false;
	return set(plan, finding, "/linux/seccomp", seccomp_default_profile(plan->edits->arena, plan->bounding),
		   "\"default\"");
}

static bool put_apparmor(const struct plan *plan, const struct finding *finding)
{
	if (!finding->proposal || finding->proposal[0] == '\0')
		return false;
	return set(plan, finding, "/process/apparmorProfile", quoted(plan, finding->proposal), NULL);
}

static bool put_no_new_privileges(const struct plan *plan, const struct finding *finding)
{
	return set(plan, finding, "/process/noNewPrivileges", "true", NULL);
}

static bool put_read_only_root(const struct plan *plan, const struct finding *finding)
{
	return set(plan, finding, "/root/readonly", "true", NULL);
}

static uint64_t mask_of(struct strings names)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < names.n; i++) {
		int number = capability_number(names.items[i]);

		if (number >= 0)
			mask |= UINT64_C(1) << number;
	}
	return mask;
}

static uint64_t allowed_capabilities(const struct finding *finding)
{
	return mask_of(strings_setting(finding, "allowed")) & ~mask_of(strings_setting(finding, "forbidden"));
}

static bool is_allowed_name(const struct scan_item *name, uint64_t allowed)
{
	char text[64];
	size_t len = (size_t)(name->value_end - name->value);
	int number;

	/* A name with an escape in it is none that we know. */
	if (len < 2 || len - 2 >= sizeof(text))
		return false;
	memcpy(text, name->value + 1, len - 2);
	text[len - 2] = '\0';
	number = capability_number(text);
	return number >= 0 && (allowed >> number & 1) != 0;
}

/* Takes what is not allowed, unknown names too, out of one set. */
static void drop_from_set(const struct plan *plan, const struct finding *finding, const char *pointer, uint64_t allowed)
{
	const char *where = text_pointer(plan, pointer), *end;
	struct arena *arena = plan->edits->arena;
	struct scan_item item;
	struct scan scan;
	struct text list;
	size_t removed = 0, index = 0;
	char *kept;

	if (!where || !amend_find(plan->text, where, &list))
		return;
	end = list.bytes + list.len;
	kept = arena_alloc(arena, list.len + 3);
	if (!kept || !scan_open(&scan, list.bytes, end)) {
		plan->edits->failed = true;
		return;
	}
	for (size_t len = 0; scan_next(&scan, &item) == 1; index++) {
		size_t item_len = (size_t)(item.value_end - item.value);

		if (is_allowed_name(&item, allowed)) {
			kept[len] = len == 0 ? '[' : ',';
			len++;
			memcpy(kept + len, item.value, item_len);
			len += item_len;
			continue;
		}
		edits_add(plan->edits, EDIT_REMOVE, arena_printf(arena, "%s/%zu", where, index), NULL);
		removed++;
	}
	if (removed > 0)
		edits_record(plan->edits, finding->rule, pointer, text_at(plan, where),
			     kept[0] ? strcat(kept, "]") : "[]");
}

static bool drop_capabilities(const struct plan *plan, const struct finding *finding)
{
	uint64_t allowed = allowed_capabilities(finding);

	if (strncmp(finding->pointer, "/process/capabilities", strlen("/process/capabilities")) != 0)
		return false;
	for (size_t i = 0; i < plan->edits->n_records; i++)
		if (plan->edits->records[i].rule == finding->rule)
			return true; /* an earlier finding of the rule has dropped everything already */
	for (int kind = 0; kind < CAPS_KINDS; kind++)
		drop_from_set(plan, finding,
			      arena_printf(plan->edits->arena, "/process/capabilities/%s", capability_kind_names[kind]),
			      allowed);
	return true;
}

static bool is_number(const char *text)
{
	return *text != '\0' && strlen(text) < 20 && strspn(text, "0123456789") == strlen(text);
}

static bool put_limit(const struct plan *plan, const struct finding *finding)
{
	static const char unified[] = "/linux/resources/unified/";

	if (plan->container->exec || !finding->proposal || !is_number(finding->proposal))
		return false;
	return set(plan, finding, finding->pointer,
		   strncmp(finding->pointer, unified, strlen(unified)) == 0 ? quoted(plan, finding->proposal)
									    : finding->proposal,
		   NULL);
}

/* Appends what is required and missing to a list of paths. */
static bool restore_paths(const struct plan *plan, const struct finding *finding)
{
	bool masked = strcmp(finding->pointer, "/linux/maskedPaths") == 0;
	struct strings required = strings_setting(finding, masked ? "masked" : "read_only");
	const struct container *container = plan->container;
	const struct strings *present = masked ? &container->masked_paths : &container->readonly_paths;
	const char *after = "";

	if (container->exec || required.n == 0 || (!masked && strcmp(finding->pointer, "/linux/readonlyPaths") != 0))
		return false;
	for (size_t i = 0; i < required.n; i++) {
		const char *path = quoted(plan, required.items[i]);

		if (strings_hold(present, required.items[i]))
			continue;
		edits_add(plan->edits, EDIT_APPEND, finding->pointer, path);
		after = arena_printf(plan->edits->arena, "%s%s%s", after ? after : "", after && *after ? "," : "",
				     path ? path : "");
	}
	edits_record(plan->edits, finding->rule, finding->pointer, text_at(plan, finding->pointer),
		     arena_printf(plan->edits->arena, "[%s]", after ? after : ""));
	return true;
}

/* Removes the value that lies @depth words deep on the finding's pointer below @prefix. */
static bool remove_below(const struct plan *plan, const struct finding *finding, const char *prefix)
{
	size_t len = strlen(prefix), word;
	const char *pointer;

	if (plan->container->exec || strncmp(finding->pointer, prefix, len) != 0)
		return false;
	word = strcspn(finding->pointer + len, "/");
	if (word == 0)
		return false;
	pointer = arena_strndup(plan->edits->arena, finding->pointer, len + word);
	if (pointer)
		edits_record(plan->edits, finding->rule, pointer, text_at(plan, pointer), "null");
	edits_add(plan->edits, EDIT_REMOVE, pointer, NULL);
	return true;
}

static bool remove_mount(const struct plan *plan, const struct finding *finding)
{
	return remove_below(plan, finding, "/mounts/");
}

static bool remove_annotation(const struct plan *plan, const struct finding *finding)
{
	return remove_below(plan, finding, "/annotations/");
}

/* A filter is also mended by taking away what would be used in its place. */
static bool mend_filter(const struct plan *plan, const struct finding *finding)
{
	return remove_annotation(plan, finding) || put_seccomp(plan, finding);
}

static bool (*const planners[])(const struct plan *plan, const struct finding *finding) = {
	[AMEND_SECCOMP_PROFILE] = mend_filter,
	[AMEND_APPARMOR_PROFILE] = put_apparmor,
	[AMEND_NO_NEW_PRIVILEGES] = put_no_new_privileges,
	[AMEND_READ_ONLY_ROOT] = put_read_only_root,
	[AMEND_DROP_CAPABILITIES] = drop_capabilities,
	[AMEND_RESOURCE_LIMITS] = put_limit,
	[AMEND_PROC_PATHS] = restore_paths,
	[AMEND_REMOVE_MOUNT] = remove_mount,
	[AMEND_REMOVE_ANNOTATION] = remove_annotation,
};

/* The default filter depends on the bounding set: on what is left of it. */
static uint64_t future_bounding(const struct container *container, const struct findings *findings)
{
	uint64_t bounding = container->process.caps[CAPS_BOUNDING].mask;

	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].effect == EFFECT_APPLY &&
		    findings->items[i].rule->amendment == AMEND_DROP_CAPABILITIES)
			bounding &= allowed_capabilities(&findings->items[i]);
	return bounding;
}

int amend_plan(const struct container *container, const struct text *text, struct findings *findings,
	       struct edits *edits, struct err *err)
{
	const struct plan plan = {container, text, edits, future_bounding(container, findings)};

	for (size_t i = 0; i < findings->n; i++) {
		struct finding *finding = &findings->items[i];
		enum amendment amendment = finding->rule->amendment;

		if (finding->effect != EFFECT_APPLY)
			continue;
		if ((size_t)amendment >= sizeof(planners) / sizeof(planners[0]) || !planners[amendment] ||
		    !planners[amendment](&plan, finding))
			finding->effect = EFFECT_DENY;
	}
	if (edits->failed || edits->arena->failed)
		return err_set(err, ERR_SYSTEM, "cannot amend: out of memory");
	return 0;
}
