/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What engines are configured to start containers with. Each reads several
 * files and lets later ones override; so do we.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "ocigate/fs.h"

static const char shared_hooks[] = "/usr/share/containers/oci/hooks.d";

bool doctor_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool any_there(const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (doctor_there(paths[i]))
			return true;
	return false;
}

bool doctor_toml(struct doctor *doctor, const char *about, const char *path, struct flat *flat)
{
	struct err err;
	size_t len;
	const char *text = doctor_read(doctor, path, &len);

	if (!text)
		return true;
	if (flat_toml(flat, text, len, &err) == 0)
		return true;
	diagnose(doctor, HEALTH_FAULT, about, "mend the file: the engine cannot read it either", "%s: %s", path,
		 err.text);
	return false;
}

bool doctor_toml_all(struct doctor *doctor, const char *about, const char *pattern, struct flat *flat)
{
	glob_t found;
	bool good = true;

	if (glob(pattern, 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; i < found.gl_pathc; i++)
		good = doctor_toml(doctor, about, found.gl_pathv[i], flat) && good;
	globfree(&found);
	return good;
}

bool doctor_is_wrapper(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && strncmp(slash + 1, "ocigate-", strlen("ocigate-")) == 0;
}

void doctor_handler(struct doctor *doctor, const char *about, const char *name, const char *path, bool hooked)
{
	if (path && doctor_is_wrapper(path))
		doctor_wrapper(doctor, about, name, path);
	else if (hooked)
		diagnose(doctor, HEALTH_WARNING, about,
			 doctor_installer(doctor, "", " to have its containers amended and its execs judged"),
			 "handler %s starts %s, not the wrapper: the hook judges its containers", name,
			 path && path[0] ? path : "the engine's own choice of runtime");
	else
		diagnose(doctor, HEALTH_FAULT, about, doctor_installer(doctor, "", ""),
			 "handler %s does not go through the wrapper: it starts %s", name,
			 path && path[0] ? path : "the engine's own choice of runtime");
}

bool doctor_hooks_of(struct doctor *doctor, const char *about, const struct flat *flat, const char *key, bool precreate)
{
	const char *directories[16] = {shared_hooks}, *path;
	size_t n = 0;

	if (!flat_get(flat, "%s", key))
		return doctor_hooks(doctor, about, directories, 1, precreate);
	while (n < sizeof(directories) / sizeof(directories[0]) && (path = flat_get(flat, "%s/%zu", key, n)))
		directories[n++] = path;
	return doctor_hooks(doctor, about, directories, n, precreate);
}

/* --- CRI-O --- */

/* @chosen: the default handler */
static void crio_handler(struct doctor *doctor, const struct flat *flat, const char *name, const char *chosen,
			 bool hooked)
{
	const char *inherits = flat_get(flat, "crio/runtime/runtimes/%s/inherit_default_runtime", name);
	const char *as = inherits && strcmp(inherits, "true") == 0 ? chosen : name;
	const char *platforms = arena_printf(doctor->arena, "crio/runtime/runtimes/%s/platform_runtime_paths/", name);
	const char *about = arena_printf(doctor->arena, "%s (images of some platforms)", name);

	doctor_handler(doctor, "CRI-O", name, flat_get(flat, "crio/runtime/runtimes/%s/runtime_path", as), hooked);
	if (!platforms || !about)
		return;
	/* A platform's name has a slash of its own. */
	for (size_t i = 0; i < flat->n; i++) {
		const struct flat_entry *entry = &flat->entries[i];

		if (strncmp(entry->path, platforms, strlen(platforms)) == 0 &&
		    flat_get(flat, "%s", entry->path) == entry->value)
			doctor_handler(doctor, "CRI-O", about, entry->value, hooked);
	}
}

static void crio(struct doctor *doctor)
{
	static const char *const files[] = {"/etc/crio/crio.conf", "/etc/crio/crio.conf.d/*"};
	const char *name, *chosen;
	struct daemon daemons[DAEMONS_MAX];
	struct flat flat = {.arena = doctor->arena};
	bool hooked, good = doctor_toml(doctor, "CRI-O", "/etc/crio/crio.conf", &flat);

	if (!doctor_toml_all(doctor, "CRI-O", "/etc/crio/crio.conf.d/*", &flat) || !good)
		return;
	hooked = doctor_hooks_of(doctor, "CRI-O", &flat, "crio/runtime/hooks_dir", false);
	chosen = flat_get(&flat, "crio/runtime/default_runtime");
	for (size_t at = 0; (name = flat_child(&flat, "crio/runtime/runtimes", &at));) {
		const char *type = flat_get(&flat, "crio/runtime/runtimes/%s/runtime_type", name);

		if (type && strcmp(type, "vm") == 0)
			diagnose(doctor, HEALTH_WARNING, "CRI-O", "know who may use this RuntimeClass",
				 "handler %s starts virtual machines: the hook alone judges them", name);
		else
			crio_handler(doctor, &flat, name, chosen ? chosen : "crun", hooked);
	}
	if (!flat_get(&flat, "crio/runtime/runtimes/%s", chosen ? chosen : "crun") &&
	    !flat_get(&flat, "crio/runtime/runtimes/%s", chosen ? chosen : "runc"))
		doctor_handler(doctor, "CRI-O", chosen ? chosen : "crun", NULL, hooked);
	for (size_t i = 0, n = doctor_daemons(doctor, "crio", daemons); i < n; i++)
		doctor_fresh(doctor, "CRI-O", &daemons[i], files, 2, true);
}

/* --- docker --- */

/* @main_file: as the daemon was told, if one runs */
static void docker_by(struct doctor *doctor, const char *main_file, const struct daemon *daemon)
{
	struct flat flat = {.arena = doctor->arena};
	const char *text, *chosen, *name;
	struct err err;
	size_t len;

	text = doctor_read(doctor, main_file, &len);
	if (text && flat_json(&flat, text, len, &err) < 0) {
		diagnose(doctor, HEALTH_FAULT, "docker", "mend the file: dockerd cannot read it either", "%s: %s",
			 main_file, err.text);
		return;
	}
	chosen = flat_get(&flat, "default-runtime");
	if (!chosen || !flat_get(&flat, "runtimes/%s", chosen))
		doctor_handler(doctor, "docker", chosen ? chosen : "runc", NULL, false);
	for (size_t at = 0; (name = flat_child(&flat, "runtimes", &at));) {
		const char *path = flat_get(&flat, "runtimes/%s/path", name);

		if (path && path[0])
			doctor_handler(doctor, "docker", name, path, false);
		else
			diagnose(doctor, HEALTH_WARNING, "docker", "know who may choose this runtime",
				 "runtime %s is a shim of its own: its containers are not judged", name);
	}
	if (daemon)
		doctor_fresh(doctor, "docker", daemon, &main_file, 1, true);
}

static void docker(struct doctor *doctor)
{
	static const char usual[] = "/etc/docker/daemon.json";
	struct daemon daemons[DAEMONS_MAX];
	const size_t n = doctor_daemons(doctor, "dockerd", daemons);

	if (n == 0)
		docker_by(doctor, usual, NULL);
	for (size_t i = 0; i < n; i++)
		docker_by(doctor, daemons[i].config ? daemons[i].config : usual, &daemons[i]);
	doctor_builds(doctor, daemons, n, true);
	diagnose(doctor, HEALTH_OK, "docker", "",
		 "whoever may talk to dockerd can go past it with docker run --runtime runc: that is the node's root "
		 "anyway");
}

void doctor_engines(struct doctor *doctor)
{
	/* Distributions of Kubernetes have their programs elsewhere: there it is the daemon that tells. */
	static const struct {
		const char *program;
		const char *paths[4];
		void (*look)(struct doctor *doctor);
	} engines[] = {
		{"containerd",
		 {"/usr/bin/containerd", "/usr/local/bin/containerd", "/etc/containerd/config.toml",
		  "/opt/bin/containerd"},
		 doctor_containerd},
		{"podman",
		 {"/usr/bin/podman", "/usr/local/bin/podman", "/etc/containers/containers.conf", "/opt/bin/podman"},
		 doctor_podman},
		{"dockerd",
		 {"/usr/bin/dockerd", "/usr/sbin/dockerd", "/etc/docker/daemon.json", "/usr/local/bin/dockerd"},
		 docker},
		{"crio",
		 {"/usr/bin/crio", "/usr/local/bin/crio", "/etc/crio/crio.conf", "/etc/crio/crio.conf.d"},
		 crio},
	};
	struct daemon daemons[DAEMONS_MAX];

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		if (!any_there(engines[i].paths, 4) && doctor_daemons(doctor, engines[i].program, daemons) == 0)
			continue;
		doctor->engines++;
		engines[i].look(doctor);
	}
	if (doctor->engines == 0)
		diagnose(doctor, HEALTH_FAULT, "node", "give --root DIR if the node's root is mounted elsewhere",
			 "none of containerd, podman, docker and CRI-O is here");
}
