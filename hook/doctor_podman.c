/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What root's podman starts containers with. It reads several files, and not
 * every version the same ones.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define CONF	 "containers/containers.conf"
#define DROP_INS ".d/*.conf"
#define ROOTFUL	 "containers/containers.rootful.conf"

static const char vendors[] = "/usr/share/" CONF, admins[] = "/etc/" CONF, roots_own[] = "/root/.config/" CONF;

enum { DROP_INS_MAX = 256 };

struct drop_ins {
	const char *paths[DROP_INS_MAX];
	size_t n;
};

/* Return: the first number of the version; 0: not known. */
static int version(struct doctor *doctor)
{
	static const char *const usual[] = {"/usr/bin/podman", "/usr/local/bin/podman", "/opt/bin/podman"};
	int major = 0;

	for (size_t i = 0; major == 0 && i < sizeof(usual) / sizeof(usual[0]); i++) {
		const char *argv[] = {usual[i], "--version", NULL}, *said;

		if (doctor_there(usual[i]) && doctor_run(doctor, argv, &said) == 0 &&
		    sscanf(said, "podman version %d.", &major) != 1) /* NOLINT(cert-err34-c) */
			major = 0;
	}
	return major;
}

static bool read_one(struct doctor *doctor, const char *path, struct flat *flat)
{
	return doctor_toml(doctor, "podman", path, flat);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(doctor_base_name(*(const char *const *)a), doctor_base_name(*(const char *const *)b));
}

/* One takes the place of its namesake in an earlier directory. */
static void collect(struct doctor *doctor, struct drop_ins *found, const char *pattern)
{
	glob_t matches;

	if (glob(pattern, 0, NULL, &matches) != 0)
		return;
	for (size_t i = 0; i < matches.gl_pathc; i++) {
		const char *path = arena_strdup(doctor->arena, matches.gl_pathv[i]);
		size_t at = 0;

		while (path && at < found->n && strcmp(doctor_base_name(found->paths[at]), doctor_base_name(path)) != 0)
			at++;
		if (!path || at == DROP_INS_MAX)
			continue;
		found->paths[at] = path;
		found->n += at == found->n;
	}
	globfree(&matches);
}

/* One main file, then the drop-ins of all places by their names. */
static bool read_as_6(struct doctor *doctor, struct flat *flat)
{
	static const char *const patterns[] = {"/usr/share/" CONF DROP_INS, "/usr/share/" ROOTFUL DROP_INS,
					       "/etc/" CONF DROP_INS, "/etc/" ROOTFUL DROP_INS,
					       "/root/.config/" CONF DROP_INS};
	const char *main_file = doctor_there(roots_own) ? roots_own : doctor_there(admins) ? admins : vendors;
	static struct drop_ins found;
	bool good = read_one(doctor, main_file, flat);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		collect(doctor, &found, patterns[i]);
	qsort(found.paths, found.n, sizeof(found.paths[0]), by_name);
	for (size_t i = 0; i < found.n; i++)
		good = read_one(doctor, found.paths[i], flat) && good;
	return good;
}

/* All main files and the admin's drop-ins; from 5 on root's own files come last. */
static bool read_as_5(struct doctor *doctor, struct flat *flat, int major)
{
	bool good = read_one(doctor, vendors, flat);

	good = read_one(doctor, admins, flat) && good;
	good = doctor_toml_all(doctor, "podman", "/etc/" CONF DROP_INS, flat) && good;
	if (major == 4 || major == 3)
		return good;
	good = read_one(doctor, roots_own, flat) && good;
	return doctor_toml_all(doctor, "podman", "/root/.config/" CONF DROP_INS, flat) && good;
}

static const char *first_there(const struct flat *flat, const char *name)
{
	const char *path;

	for (size_t i = 0; (path = flat_get(flat, "engine/runtimes/%s/%zu", name, i)); i++)
		if (doctor_there(path))
			return path;
	return NULL;
}

/* Where podman looks for a runtime that no file tells of, as distributions put them. */
static const char *usual_place(struct doctor *doctor, const char *name)
{
	static const char *const directories[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		const char *path = arena_printf(doctor->arena, "%s/%s", directories[i], name);

		if (path && doctor_there(path))
			return path;
	}
	return NULL;
}

void doctor_podman(struct doctor *doctor)
{
	static const char *const names[] = {"crun", "runc"};
	const int major = version(doctor);
	struct flat flat = {.arena = doctor->arena};
	const char *name;
	bool hooked;

	if (major >= 6 ? !read_as_6(doctor, &flat) : !read_as_5(doctor, &flat, major))
		return;
	hooked = doctor_hooks_of(doctor, "podman", &flat, "engine/hooks_dir", true);
	for (size_t i = 0; i < 2; i++) {
		const char *usual = usual_place(doctor, names[i]);

		if (!flat_get(&flat, "engine/runtimes/%s", names[i]) && usual)
			doctor_handler(doctor, "podman", names[i], usual, hooked);
	}
	for (size_t at = 0; (name = flat_child(&flat, "engine/runtimes", &at));) {
		const char *path = first_there(&flat, name), *told = flat_get(&flat, "engine/runtimes/%s/0", name);

		if (path || (told && doctor_is_wrapper(told)))
			doctor_handler(doctor, "podman", name, path ? path : told, hooked);
	}
}
