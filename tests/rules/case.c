/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/json.h"
#include "ocigate/spec.h"

enum { PATH_SIZE = 512 };

static const char default_id[] = "4d2f1c9c1f6e4b7aa1d83f0f9c5be72d4d2f1c9c1f6e4b7aa1d83f0f9c5be72d";

/* One directory for all recordings, made on first use. */
static char directory[PATH_SIZE];
static bool directory_made;

/* What `ocigate record` writes. */
static const char *const fact_files[] = {
	"namespaces", "mountinfo", "mountinfo-node", "rootfs",	"apparmor", "apparmor-sha256", "lsm", "selinux",
	"uid_map",    "gid_map",   "ports",	     "process", NULL};

void case_text_add(struct case_text *text, const char *fmt, ...)
{
	size_t room = sizeof(text->bytes) - text->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->bytes + text->used, room, fmt, ap);
	va_end(ap);
	text->used += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

const char *case_string(const json_t *json, const char *key, const char *absent)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : absent;
}

json_t *case_read(const char *path, struct err *err)
{
	json_error_t error;
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		(void)err_set(err, ERR_INPUT, "%s:%d: %s", path, error.line, error.text);
	return json;
}

static int check_keys(const json_t *object, const char *const *keys, struct err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], key + (keys == fact_files && key[0] == '+')) != 0)
			i++;
		if (!keys[i])
			return err_set(err, ERR_USAGE, "unknown key %s", key);
	}
	return 0;
}

int case_check(const json_t *json, struct err *err)
{
	static const char *const keys[] = {"about", "base",  "patch",  "config",  "host",   "effective", "bundle",
					   "id",    "owner", "policy", "process", "expect", "sandbox",	 NULL};
	static const char *const expect_keys[] = {"pointer", "kind",	 "message", "remedy",
						  "value",   "severity", "at_most", NULL};
	const json_t *expect = json_object_get(json, "expect"), *finding;
	size_t i;

	if (case_string(json, "about", "")[0] == '\0' || !json_is_array(expect))
		return err_set(err, ERR_USAGE, "about and expect are required");
	if (check_keys(json, keys, err) < 0)
		return -1;
	if (check_keys(json_object_get(json, "host"), fact_files, err) < 0)
		return err_wrap(err, "host");
	json_array_foreach(expect, i, finding) if (check_keys(finding, expect_keys, err) <
						   0) return err_wrap(err, "expect %zu", i);
	return 0;
}

/* A base named "podman" has its own recorded facts, and its bundle's place, in base/podman/; "plain" has base/host/. */
static void base_directory(const char *root, const json_t *json, char *path)
{
	struct stat st;

	(void)snprintf(path, PATH_SIZE, "%s/base/%s", root, case_string(json, "base", "host"));
	if (stat(path, &st) < 0)
		(void)snprintf(path, PATH_SIZE, "%s/base/host", root);
}

static const char *read_base_file(struct arena *arena, const char *root, const json_t *json, const char *name)
{
	char path[PATH_SIZE];
	struct err ignored;
	const char *text;
	size_t len;
	FD_AUTO int dir = -1;

	base_directory(root, json, path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fs_read_file(arena, dir, name, 1 << 20, true, &text, &len, &ignored) < 0)
		return NULL;
	return text;
}

/* The bundle's last directory, or the one before "userdata". */
static const char *id_of(struct arena *arena, const char *bundle)
{
	const char *end = bundle + strlen(bundle), *start;

	if (strlen(bundle) > 9 && strcmp(end - 9, "/userdata") == 0)
		end -= 9;
	for (start = end; start > bundle && start[-1] != '/'; start--)
		;
	return arena_strndup(arena, start, (size_t)(end - start));
}

static enum bundle_owner owner_of(const json_t *json)
{
	const char *owner = case_string(json, "owner", "root");

	return strcmp(owner, "root") == 0     ? BUNDLE_OWNER_ROOT
	       : strcmp(owner, "others") == 0 ? BUNDLE_OWNER_OTHERS
					      : BUNDLE_OWNER_UNKNOWN;
}

static json_t *config_of(const char *root, const json_t *json, struct err *err)
{
	json_t *config = json_object_get(json, "config");

	if (!config) {
		char path[PATH_SIZE];

		(void)snprintf(path, sizeof(path), "%s/base/%s.json", root, case_string(json, "base", "plain"));
		config = case_read(path, err);
	}
	if (config && case_patch(&config, json_object_get(json, "patch"), err) < 0)
		return NULL;
	return config;
}

static int text_of(struct arena *arena, const json_t *json, struct text *ret_text, struct err *err)
{
	ret_text->bytes = json_write(arena, json);
	if (!ret_text->bytes)
		return err_set(err, ERR_SYSTEM, "out of memory");
	ret_text->len = strlen(ret_text->bytes);
	return 0;
}

int case_container(struct arena *arena, const char *root, const json_t *json, struct container *ret_container,
		   struct process *ret_created, struct err *err)
{
	const json_t *config = config_of(root, json, err), *process = json_object_get(json, "process");
	const char *place = read_base_file(arena, root, json, "place");
	const char *bundle, *id;
	struct text text;

	if (!config || text_of(arena, config, &text, err) < 0)
		return -1;
	bundle = place ? arena_strndup(arena, place, strcspn(place, "\n"))
		       : arena_printf(arena, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s", default_id);
	bundle = case_string(json, "bundle", bundle);
	id = case_string(json, "id", id_of(arena, bundle));
	if (spec_parse(arena, &text, bundle, id, ret_container, err) < 0)
		return err_wrap(err, "the reader refuses it");
	identity_of(arena, ret_container, owner_of(json));
	if (!process)
		return 0;
	if (text_of(arena, process, &text, err) < 0)
		return -1;
	*ret_created = ret_container->process;
	ret_container->created = ret_created;
	ret_container->exec = true;
	if (spec_parse_process(arena, &text, &ret_container->process, err) < 0)
		return err_wrap(err, "the reader refuses the exec");
	return 0;
}

int case_policy(struct arena *arena, const struct rule *rule, const json_t *json, struct rule_policy *ret_policy,
		struct err *err)
{
	const json_t *policy = json_object_get(json, "policy");
	const char *text = policy ? json_write(arena, policy) : "{}";

	if (!text || policy_parse_rule(arena, rule, text, ret_policy, err) < 0)
		return text ? err_wrap(err, "policy") : err_set(err, ERR_SYSTEM, "out of memory");
	return 0;
}

/* "ROOTFS" at the start of a field stands for the container's root directory. */
static void write_text(FILE *out, const char *text, const char *rootfs)
{
	static const char token[] = " ROOTFS";

	for (const char *at = strstr(text, token); at; at = strstr(text, token)) {
		(void)fprintf(out, "%.*s %s", (int)(at - text), text, rootfs);
		text = at + sizeof(token) - 1;
	}
	(void)fputs(text, out);
}

static int write_facts(struct arena *arena, const char *root, const json_t *json, const char *name, const char *rootfs)
{
	const json_t *host = json_object_get(json, "host"), *lines = json_object_get(host, name), *line;
	bool own = lines != NULL, hidden = json_is_false(json_object_get(json, "effective")) &&
					   (strcmp(name, "mountinfo") == 0 || strcmp(name, "namespaces") == 0);
	const char *text = own || hidden ? NULL : read_base_file(arena, root, json, name);
	char path[PATH_SIZE + 64], more[64];
	size_t i;
	FILE *out;

	(void)snprintf(more, sizeof(more), "+%s", name);
	if (!own)
		lines = json_object_get(host, more);
	if (!json_is_array(lines) && !text)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	out = fopen(path, "w");
	if (!out)
		return -1;
	write_text(out, text ? text : "", rootfs);
	json_array_foreach(lines, i, line)
	{
		write_text(out, json_string_value(line), rootfs);
		(void)fputc('\n', out);
	}
	return fclose(out) == 0 ? 0 : -1;
}

/* The sandbox's spec lies beside the container's, where its facts' directory is: one directory does for both here. */
static int write_sandbox(struct arena *arena, const json_t *json)
{
	const json_t *sandbox = json_object_get(json, "sandbox");
	const char *text = json_is_string(sandbox) ? json_string_value(sandbox) : NULL;
	char path[PATH_SIZE + 64];
	FILE *out;

	if (json_is_object(sandbox))
		text = json_write(arena, sandbox);
	if (!text)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/" SANDBOX_CONFIG, directory);
	out = fopen(path, "w");
	if (!out)
		return -1;
	(void)fputs(text, out);
	return fclose(out) == 0 ? 0 : -1;
}

static void empty_directory(void)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		(void)closedir(dir);
}

int case_host(struct arena *arena, const char *root, const json_t *json, const struct container *container,
	      struct err *err)
{
	const char *build = getenv("BUILD");
	int fd;

	if (!directory_made) {
		(void)snprintf(directory, sizeof(directory), "%s/rule-case.XXXXXX", build ? build : "build");
		if (!mkdtemp(directory))
			return err_sys(err, ERR_SYSTEM, errno, "%s cannot be made", directory);
		directory_made = true;
	}
	empty_directory();
	for (size_t i = 0; fact_files[i]; i++)
		if (write_facts(arena, root, json, fact_files[i], container->rootfs) < 0)
			return err_sys(err, ERR_SYSTEM, errno, "%s/%s cannot be written", directory, fact_files[i]);
	if (write_sandbox(arena, json) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s/" SANDBOX_CONFIG " cannot be written", directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, ERR_SYSTEM, errno, "%s cannot be opened", directory) : fd;
}

void case_clean(void)
{
	if (!directory_made)
		return;
	empty_directory();
	(void)rmdir(directory);
}
