/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks in directories, and the programs that configurations name. podman and
 * CRI-O start a container without a hook whose program is missing: nothing but
 * a look at it tells.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "ocigate/fs.h"
#include "ocigate/str.h"

const char *doctor_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool doctor_program(struct doctor *doctor, const char *about, const char *where, const char *path)
{
	char real[PATH_MAX];
	const char *argv[] = {real, "--version", NULL}, *said;
	const char *wanted = "ocigate " OCIGATE_VERSION "\n";
	struct stat st;

	if (!realpath(path, real) || stat(real, &st) < 0) {
		diagnose(doctor, HEALTH_FAULT, about,
			 "put the program there: make install, or install.sh --binary FILE", "%s names %s: %s", where,
			 path, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) != 0111) {
		diagnose(doctor, HEALTH_FAULT, about, "chmod 755 it",
			 "%s, which %s names, cannot be executed (mode %04o)", real, where,
			 (unsigned)(st.st_mode & 07777));
		return false;
	}
	if (!fs_trusted(&st)) {
		diagnose(doctor, HEALTH_FAULT, about, "chown root it and chmod go-w it",
			 "%s, which %s names, can be written by others than root", real, where);
		return false;
	}
	if (doctor_run(doctor, argv, &said) != 0 || strcmp(said, wanted) != 0) {
		diagnose(doctor, HEALTH_FAULT, about, "install this version there: install.sh --binary FILE install",
			 "%s, which %s names, is not this version of ocigate (%s): it says %.100s", real, where,
			 OCIGATE_VERSION, said);
		return false;
	}
	return true;
}

void doctor_wrapper(struct doctor *doctor, const char *about, const char *handler, const char *path)
{
	const char *where = arena_printf(doctor->arena, "handler %s", handler);

	if (!where || !doctor_program(doctor, about, where, path))
		return;
	diagnose(doctor, HEALTH_OK, about, "", "handler %s goes through %s", handler, path);
	for (size_t i = 0; i < doctor->n_wrappers; i++)
		if (strcmp(doctor->wrappers[i], path) == 0)
			return;
	if (doctor->n_wrappers < WRAPPERS_MAX)
		doctor->wrappers[doctor->n_wrappers++] = path;
}

static void add_strings(struct out *out, const struct flat *flat, const char *prefix, const char *key)
{
	const char *text;

	for (size_t i = 0; (text = flat_get(flat, "%s/%s/%zu", prefix, key, i)); i++) {
		out_str(out, i > 0 ? "," : "");
		out_json(out, text, 512);
	}
}

/* What the live try starts a container with: the entry as it is configured. */
static void remember(struct doctor *doctor, const struct flat *flat, const char *prefix, const char *runtime)
{
	const char *path = flat_get(flat, "%s/path", prefix), *timeout = flat_get(flat, "%s/timeout", prefix), *entry;
	char bytes[4096];
	struct out out;

	out_init(&out, bytes, sizeof(bytes));
	out_str(&out, "{\"path\":");
	out_json(&out, path, 512);
	out_str(&out, ",\"args\":[");
	add_strings(&out, flat, prefix, "args");
	out_str(&out, "],\"env\":[");
	add_strings(&out, flat, prefix, "env");
	out_str(&out, "],\"timeout\":");
	out_str(&out, timeout ? timeout : "30");
	out_str(&out, "}");
	entry = arena_strdup(doctor->arena, bytes);
	for (size_t i = 0; entry && i < doctor->n_hooked; i++) {
		const struct hooked *known = &doctor->hooked[i];

		if (strcmp(known->entry, entry) == 0 &&
		    (known->runtime == runtime || (known->runtime && runtime && strcmp(known->runtime, runtime) == 0)))
			return;
	}
	if (entry && doctor->n_hooked < HOOKED_MAX)
		doctor->hooked[doctor->n_hooked++] = (struct hooked){runtime, path, entry};
}

bool doctor_base_spec(struct doctor *doctor, const char *handler, const char *path, const char *runtime)
{
	const char *program, *text;
	struct flat flat = {.arena = doctor->arena};
	struct err err;
	size_t len;

	text = doctor_read(doctor, path, &len);
	if (!text || flat_json(&flat, text, len, &err) < 0) {
		diagnose(doctor, HEALTH_FAULT, "containerd", doctor_installer(doctor, "", ""),
			 "the base_runtime_spec of handler %s, %s: %s", handler, path,
			 text ? err.text : "it cannot be read");
		return false;
	}
	for (size_t i = 0; (program = flat_get(&flat, "hooks/createRuntime/%zu/path", i)); i++) {
		const char *entry = arena_printf(doctor->arena, "hooks/createRuntime/%zu", i);

		if (!entry || strcmp(doctor_base_name(program), "ocigate") != 0)
			continue;
		if (!doctor_program(doctor, "containerd", path, program))
			return false;
		remember(doctor, &flat, entry, runtime && runtime[0] == '/' ? runtime : NULL);
		diagnose(doctor, HEALTH_OK, "containerd", "", "the hook is in the spec that handler %s starts from, %s",
			 handler, path);
		return true;
	}
	diagnose(doctor, HEALTH_FAULT, "containerd", doctor_installer(doctor, "", ""),
		 "the spec that handler %s starts from, %s, has no hook of ocigate's", handler, path);
	return false;
}

/* Return: is it one of ours, at createRuntime, for every container, and does it work? */
static bool look_at_hook(struct doctor *doctor, const char *about, const char *file, const struct flat *flat,
			 bool precreate)
{
	const char *path = flat_get(flat, "hook/path"), *stage, *always = flat_get(flat, "when/always");
	bool at_create = false;

	for (size_t i = 0; (stage = flat_get(flat, "stages/%zu", i)); i++) {
		if (strcmp(stage, "precreate") == 0 && !precreate)
			diagnose(doctor, HEALTH_FAULT, about,
				 "move the file to a directory that podman alone reads: CRI-O will not start",
				 "%s has the stage precreate, which CRI-O does not know", file);
		at_create = at_create || strcmp(stage, "createRuntime") == 0 || strcmp(stage, "prestart") == 0;
	}
	if (!path || strcmp(doctor_base_name(path), "ocigate") != 0)
		return false;
	if (!doctor_program(doctor, about, file, path) || !at_create)
		return false;
	if (!always || strcmp(always, "true") != 0) {
		diagnose(doctor, HEALTH_FAULT, about, "write \"when\": {\"always\": true}",
			 "the hook of %s is not for every container", file);
		return false;
	}
	remember(doctor, flat, "hook", NULL);
	return true;
}

static bool look_into(struct doctor *doctor, const char *about, const char *directory, bool precreate)
{
	const char *pattern = arena_printf(doctor->arena, "%s/*.json", directory);
	bool ours = false;
	glob_t found;

	if (!pattern || glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *file = arena_strdup(doctor->arena, found.gl_pathv[i]);
		struct flat flat = {.arena = doctor->arena};
		struct err err;
		size_t len;
		const char *text = file ? doctor_read(doctor, file, &len) : NULL;

		if (!text)
			continue;
		if (flat_json(&flat, text, len, &err) < 0)
			diagnose(doctor, HEALTH_FAULT, about, "mend or remove the file", "%s: %s", file, err.text);
		else
			ours = look_at_hook(doctor, about, file, &flat, precreate) || ours;
	}
	globfree(&found);
	return ours;
}

bool doctor_hooks(struct doctor *doctor, const char *about, const char *const *directories, size_t n, bool precreate)
{
	bool ours = false;

	for (size_t i = 0; i < n; i++)
		ours = look_into(doctor, about, directories[i], precreate) || ours;
	if (ours)
		diagnose(doctor, HEALTH_OK, about, "", "the hook is in a directory that it reads");
	else
		diagnose(doctor, HEALTH_FAULT, about,
			 doctor_installer(doctor, "", ", or name the hook's directory in hooks_dir"),
			 "no hook of ocigate's works in the directories that it reads (%s%s)",
			 n > 0 ? directories[n - 1] : "none", n > 1 ? " and others" : "");
	return ours;
}
