/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: the last decisions that a person may ask about, one file each on
 * a tmpfs. A fixed number of places bounds it without ever listing it; who
 * needs all of them has syslog.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ocigate/decision.h"
#include "ocigate/fs.h"
#include "ocigate/json.h"

enum { STORE_SLOTS = 512 };

/* runc's own rule for ids: what it refuses cannot be a container of ours, and none of it can leave a directory. */
bool decision_id_valid(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.");

	return n > 0 && n <= 1024 && id[n] == '\0' && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

/* A fixed number of places bounds the store without ever listing it. FNV-1a: any spread will do. */
static unsigned slot_of(const char *id)
{
	uint32_t hash = 2166136261U;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619U;
	return hash % STORE_SLOTS;
}

static int open_store(const char *store, struct err *err)
{
	FD_AUTO int fd = -1;
	char parent[128];
	struct stat st;
	const char *slash = strrchr(store, '/');

	fd = fs_open_dir(AT_FDCWD, store);
	if (fd < 0 && errno == ENOENT && slash && (size_t)(slash - store) < sizeof(parent)) {
		memcpy(parent, store, (size_t)(slash - store));
		parent[slash - store] = '\0';
		(void)mkdir(parent, 0755);
		(void)mkdir(store, 0700);
		fd = fs_open_dir(AT_FDCWD, store);
	}
	if (fd < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s cannot be opened", store);
	if (fstat(fd, &st) < 0 || !fs_trusted(&st))
		return err_set(err, ERR_SYSTEM, "%s must belong to root and not be writable by others", store);
	return fd_steal(&fd);
}

int decision_keep(const struct decision *decision, const char *store, struct err *err)
{
	FD_AUTO int fd = -1;
	char name[16] = "";
	const char *text;
	struct out out;

	if (decision->verdict == VERDICT_ADMIT && decision->findings.n == 0)
		return 0;
	if (!decision_id_valid(decision->id))
		return 0;
	fd = open_store(store, err);
	text = fd < 0 ? NULL : decision_json(decision);
	if (fd < 0)
		return -1;
	if (!text)
		return err_set(err, ERR_SYSTEM, "out of memory");
	out_init(&out, name, sizeof(name));
	out_number(&out, slot_of(decision->id));
	out_str(&out, ".json");
	return fs_write_atomic(fd, name, text, strlen(text), 0600, err);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum severity severity_of(const char *word)
{
	static const char *const words[] = {"high", "medium", "low", "info"};
	int severity = SEVERITY_HIGH;

	for (int i = SEVERITY_HIGH; i <= SEVERITY_INFO; i++)
		if (strcmp(words[i], word) == 0)
			severity = i;
	return (enum severity)severity;
}

static void read_finding(const json_t *object, struct decision *decision)
{
	struct findings *findings = &decision->findings;
	struct finding *finding;

	findings->rule = rule_find(text_of(object, "rule"));
	if (!findings->rule)
		return;
	finding = findings_add(findings, FINDING_VIOLATION, text_of(object, "pointer"), text_of(object, "value"),
			       text_of(object, "message"), text_of(object, "remedy"));
	finding->severity = severity_of(text_of(object, "severity"));
	finding->exception = json_string_value(json_object_get(object, "exception"));
	if (effect_parse(text_of(object, "effect"), &finding->effect) < 0)
		finding->effect = EFFECT_DENY;
}

static enum engine engine_of(const char *word)
{
	int engine = ENGINE_UNKNOWN;

	for (int i = ENGINE_UNKNOWN; i < ENGINES; i++)
		if (strcmp(engine_names[i], word) == 0)
			engine = i;
	return (enum engine)engine;
}

static void read_decision(struct arena *arena, const json_t *record, struct decision *decision)
{
	const json_t *policy = json_object_get(record, "policy"), *findings = json_object_get(record, "findings");

	decision_init(decision, arena, text_of(record, "stage"));
	decision->verdict = strcmp(text_of(record, "verdict"), "admit") == 0 ? VERDICT_ADMIT : VERDICT_DENY;
	decision->id = text_of(record, "id");
	decision->identity.engine = engine_of(text_of(record, "engine"));
	decision->identity.trusted = json_is_true(json_object_get(record, "trusted"));
	decision->identity.doubt = NULL;
	decision->identity.namespace = text_of(record, "namespace");
	decision->identity.pod = text_of(record, "pod");
	decision->identity.container = text_of(record, "container");
	decision->identity.image = text_of(record, "image");
	decision->policy_digest = text_of(policy, "digest");
	decision->policy_stale = json_string_value(json_object_get(policy, "stale"));
	decision->error = json_string_value(json_object_get(record, "error"));
	decision->error_pointer = text_of(record, "error_pointer");
	for (size_t i = 0; i < json_array_size(findings); i++)
		read_finding(json_array_get(findings, i), decision);
}

/* The record in @name, all of it in @arena. Return: NULL if it is none. */
static json_t *read_record(struct arena *arena, int fd, const char *name)
{
	const char *text;
	struct err err;
	json_t *record;
	size_t len;

	json_use_arena(arena);
	if (fs_read_file(arena, fd, name, DECISION_JSON_MAX + 1, true, &text, &len, &err) < 0)
		return NULL;
	record = json_read(text, len, &err);
	return json_is_object(record) ? record : NULL;
}

/* How many records are of containers whose ids begin with @id; the last one's name in @ret_name. */
static unsigned search(DIR *dir, const char *id, char *ret_name, size_t size)
{
	const struct dirent *entry;
	unsigned n = 0;

	while ((entry = readdir(dir))) {
		struct arena scratch;
		const json_t *record;

		arena_init(&scratch, (size_t)16 << 20);
		record = entry->d_name[0] != '.' ? read_record(&scratch, dirfd(dir), entry->d_name) : NULL;
		if (record && strncmp(text_of(record, "id"), id, strlen(id)) == 0 && strlen(entry->d_name) < size) {
			memcpy(ret_name, entry->d_name, strlen(entry->d_name) + 1);
			n++;
		}
		arena_release(&scratch);
	}
	return n;
}

int decision_recall(struct arena *arena, const char *store, const char *id, struct decision *ret_decision,
		    struct err *err)
{
	DIR *dir = opendir(store);
	const json_t *record;
	char name[64] = "";
	unsigned n;

	if (!dir)
		return err_sys(err, ERR_INPUT, errno, "no decision is kept here, %s", store);
	n = search(dir, id, name, sizeof(name));
	record = n == 1 ? read_record(arena, dirfd(dir), name) : NULL;
	(void)closedir(dir);
	if (n > 1)
		return err_set(err, ERR_INPUT, "%u containers' ids begin with %.64s: say more of it", n, id);
	if (!record)
		return err_set(err, ERR_INPUT, "no decision about a container %.64s is kept", id);
	read_decision(arena, record, ret_decision);
	return ret_decision->findings.failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}
