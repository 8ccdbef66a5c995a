/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What containerd starts pods with: its main file and what that imports. Each
 * file is written for some version of the configuration, which says where the
 * CRI's handlers stand in it, and containerd brings each up to its own version
 * before it puts them together.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

enum { FILES_MAX = 64, PATTERNS_MAX = 16 };

/* Where the handlers stand: up to version 2 of the configuration, and from 3 on. */
static const char old_plugin[] = "plugins/io.containerd.grpc.v1.cri";
static const char old_table[] = "plugins/io.containerd.grpc.v1.cri/containerd/runtimes";
static const char new_table[] = "plugins/io.containerd.cri.v1.runtime/containerd/runtimes";

/**
 * struct reading - a containerd's files, while they are read
 * @major, @minor: of the program; 0: not known
 * @version: of the main file
 * @handlers: of all files together, "handlers/NAME/…"
 * @patterns: where files may come from
 */
struct reading {
	struct doctor *doctor;
	int major, minor;
	int version;
	struct flat handlers;
	const char *files[FILES_MAX];
	size_t n_files;
	const char *patterns[PATTERNS_MAX];
	size_t n_patterns;
	bool disabled;
	bool broken;
};

/* "containerd github.com/containerd/containerd/v2 v2.3.4 0123…" */
static void ask_version(struct reading *reading, const char *program)
{
	const char *argv[] = {program, "--version", NULL}, *said;

	if (doctor_run(reading->doctor, argv, &said) != 0 || strncmp(said, "containerd ", 11) != 0)
		return;
	said += 11 + strcspn(said + 11, " ");
	said += strspn(said, " v");
	if (sscanf(said, "%d.%d", &reading->major, &reading->minor) != 2) /* NOLINT(cert-err34-c) */
		reading->major = reading->minor = 0;
}

static void find_version(struct reading *reading, const struct daemon *daemon)
{
	static const char *const usual[] = {"/usr/bin/containerd", "/usr/local/bin/containerd", "/opt/bin/containerd"};
	const char *running = daemon ? arena_printf(reading->doctor->arena, "/proc/%s/exe", daemon->pid) : NULL;

	if (running)
		ask_version(reading, running);
	for (size_t i = 0; reading->major == 0 && i < sizeof(usual) / sizeof(usual[0]); i++)
		if (access(usual[i], X_OK) == 0)
			ask_version(reading, usual[i]);
}

static bool has_table(const struct flat *flat, const char *table)
{
	size_t at = 0;

	return flat_child(flat, table, &at) != NULL;
}

/* The table of one file that this containerd goes by. */
static const char *table_of(const struct reading *reading, const struct flat *flat, int version)
{
	/* Version 4 of the configuration came with 2.3, which therefore brings a file of version 3 up to date, too. */
	const bool migrates_3 =
		reading->major == 0 || reading->major > 2 || (reading->major == 2 && reading->minor >= 3);

	if (reading->major == 1)
		return old_table;
	if (version <= 2)
		return reading->major >= 2 && has_table(flat, new_table) ? new_table : old_table;
	return version == 3 && migrates_3 && !has_table(flat, new_table) && has_table(flat, old_table) ? old_table
												       : new_table;
}

static bool below(const char *path, const char *prefix)
{
	const size_t len = strlen(prefix);

	return strncmp(path, prefix, len) == 0 && path[len] == '/';
}

static void take_handlers(struct reading *reading, const struct flat *flat)
{
	const char *version = flat_get(flat, "version");
	const int number = version ? (int)strtol(version, NULL, 10) : reading->version;
	const char *table = table_of(reading, flat, number);

	for (size_t i = 0; reading->major == 1 && i < flat->n; i++) {
		if (!below(flat->entries[i].path, old_plugin))
			continue;
		/* Before 2.0 an imported file's plugin takes the place of the whole plugin. */
		flat_drop(&reading->handlers, "handlers");
		break;
	}
	for (size_t i = 0; i < flat->n; i++) {
		const struct flat_entry *entry = &flat->entries[i];
		const char *path = below(entry->path, table) ? arena_printf(reading->doctor->arena, "handlers%s",
									    entry->path + strlen(table))
							     : NULL;

		if (path)
			flat_add(&reading->handlers, path, entry->value);
	}
}

static bool disables_cri(const struct flat *flat)
{
	const char *name;

	for (size_t i = 0; (name = flat_get(flat, "disabled_plugins/%zu", i)); i++)
		if (strstr(name, "cri"))
			return true;
	return false;
}

static void add_files(struct reading *reading, const char *pattern)
{
	glob_t found;

	if (reading->n_patterns < PATTERNS_MAX)
		reading->patterns[reading->n_patterns++] = pattern;
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && reading->n_files < FILES_MAX; i++) {
		bool known = false;

		for (size_t j = 0; j < reading->n_files; j++)
			known = known || strcmp(reading->files[j], found.gl_pathv[i]) == 0;
		reading->files[reading->n_files] = arena_strdup(reading->doctor->arena, found.gl_pathv[i]);
		reading->n_files += !known && reading->files[reading->n_files] != NULL;
	}
	globfree(&found);
}

static void read_file(struct reading *reading, const char *path)
{
	struct flat flat = {.arena = reading->doctor->arena};
	const char *pattern;

	if (!doctor_toml(reading->doctor, "containerd", path, &flat)) {
		reading->broken = true;
		return;
	}
	if (reading->version == 0)
		reading->version = flat_get(&flat, "version") ? (int)strtol(flat_get(&flat, "version"), NULL, 10) : 2;
	reading->disabled = reading->disabled || disables_cri(&flat);
	take_handlers(reading, &flat);
	for (size_t i = 0; (pattern = flat_get(&flat, "imports/%zu", i)); i++) {
		if (pattern[0] != '/')
			pattern = arena_printf(reading->doctor->arena, "%.*s/%s", (int)(strrchr(path, '/') - path),
					       path, pattern);
		if (pattern)
			add_files(reading, pattern);
	}
}

static void look_at_handler(struct doctor *doctor, const struct flat *handlers, const char *name)
{
	const char *runtime = flat_get(handlers, "handlers/%s/options/BinaryName", name);
	const char *base = flat_get(handlers, "handlers/%s/base_runtime_spec", name);
	const char *type = flat_get(handlers, "handlers/%s/runtime_type", name);
	bool hooked = false;

	if (type && type[0] && strcmp(type, "io.containerd.runc.v2") != 0) {
		diagnose(doctor, HEALTH_WARNING, "containerd",
			 "know who may use this RuntimeClass: admission must judge its pods",
			 "handler %s (%s) starts no runc: its containers are not judged", name, type);
		return;
	}
	if (base && base[0] && (!runtime || !doctor_is_wrapper(runtime)))
		hooked = doctor_base_spec(doctor, name, base, runtime);
	doctor_handler(doctor, "containerd", name, runtime, hooked);
}

static void look_at_handlers(struct doctor *doctor, const struct flat *handlers)
{
	const char *name;
	bool built_in = true;

	for (size_t at = 0; (name = flat_child(handlers, "handlers", &at));) {
		if (strcmp(name, "runc") == 0)
			built_in = false;
		look_at_handler(doctor, handlers, name);
	}
	if (built_in)
		doctor_handler(doctor, "containerd", "runc", NULL, false);
}

/* @daemon: one that reads this file, or NULL. Return: does a kubelet start containers by it? */
static bool look_by(struct doctor *doctor, const char *main_file, const struct daemon *daemon)
{
	struct reading reading = {
		.doctor = doctor,
		.handlers = {.arena = doctor->arena},
		.patterns = {"/etc/ocigate/containerd-base/*.json"},
		.n_patterns = 1,
	};

	find_version(&reading, daemon);
	/* Without it nothing is read, not even what containerd's default configuration imports. */
	add_files(&reading, main_file);
	for (size_t i = 0; i < reading.n_files; i++)
		read_file(&reading, reading.files[i]);
	if (reading.broken)
		return true;
	if (reading.disabled) {
		diagnose(doctor, HEALTH_OK, "containerd", "",
			 "its CRI plugin is disabled in %s: no kubelet starts containers", main_file);
		return false;
	}
	look_at_handlers(doctor, &reading.handlers);
	if (daemon)
		doctor_fresh(doctor, "containerd", daemon, reading.patterns, reading.n_patterns, false);
	return true;
}

/*
 * Distributions of Kubernetes start containerd with a configuration of their
 * own, and so does dockerd, without a CRI. The usual file counts where no
 * daemon has another for its CRI: it is what the next start reads.
 */
void doctor_containerd(struct doctor *doctor)
{
	static const char usual[] = "/etc/containerd/config.toml";
	struct daemon daemons[DAEMONS_MAX];
	const size_t n = doctor_daemons(doctor, "containerd", daemons);
	bool looked = false;

	for (size_t i = 0; i < n; i++) {
		const char *config = daemons[i].config && daemons[i].config[0] == '/' ? daemons[i].config : usual;

		looked = look_by(doctor, config, &daemons[i]) || strcmp(config, usual) == 0 || looked;
	}
	if (!looked)
		(void)look_by(doctor, usual, NULL);
}
