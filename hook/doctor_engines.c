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

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool any_there(const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (there(paths[i]))
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

static bool read_all(struct doctor *doctor, const char *about, const char *pattern, struct flat *flat)
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

/* One handler's program. @hooked: a hook of ours judges what goes past the wrapper */
static void handler(struct doctor *doctor, const char *about, const char *name, const char *path, bool hooked)
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

/* --- containerd --- */

/* @ret_patterns: of the files that are read besides the main one. Return: false where one is broken. */
static bool containerd_imports(struct doctor *doctor, const char *main_file, struct flat *flat,
			       const char **ret_patterns, size_t *n, size_t room)
{
	const char *pattern;
	bool good = true;

	for (size_t i = 0; *n < room && (pattern = flat_get(flat, "imports/%zu", i)); i++) {
		const char *path = pattern[0] == '/' ? pattern
						     : arena_printf(doctor->arena, "%.*s/%s",
								    (int)(strrchr(main_file, '/') - main_file),
								    main_file, pattern);

		good = path && read_all(doctor, "containerd", path, flat) && good;
		if (path)
			ret_patterns[(*n)++] = path;
	}
	return good;
}

static bool cri_disabled(const struct flat *flat)
{
	const char *name;

	for (size_t i = 0; (name = flat_get(flat, "disabled_plugins/%zu", i)); i++)
		if (strstr(name, "cri"))
			return true;
	return false;
}

static void containerd_handler(struct doctor *doctor, const struct flat *flat, const char *table, const char *name)
{
	const char *runtime = flat_get(flat, "%s/%s/options/BinaryName", table, name);
	const char *base = flat_get(flat, "%s/%s/base_runtime_spec", table, name);
	bool hooked = false;

	if (base && base[0] && (!runtime || !doctor_is_wrapper(runtime)))
		hooked = doctor_base_spec(doctor, name, base, runtime);
	handler(doctor, "containerd", name, runtime, hooked);
}

static void containerd_handlers(struct doctor *doctor, struct flat *flat, const char *table)
{
	const char *name;
	bool built_in = true;

	for (size_t at = 0; (name = flat_child(flat, table, &at));) {
		const char *type = flat_get(flat, "%s/%s/runtime_type", table, name);

		if (strcmp(name, "runc") == 0)
			built_in = false;
		if (type && type[0] && strcmp(type, "io.containerd.runc.v2") != 0)
			diagnose(doctor, HEALTH_WARNING, "containerd",
				 "know who may use this RuntimeClass: admission must judge its pods",
				 "handler %s (%s) starts no runc: its containers are not judged", name, type);
		else
			containerd_handler(doctor, flat, table, name);
	}
	if (built_in)
		handler(doctor, "containerd", "runc", NULL, false);
}

/* @daemon: one that reads this file, or NULL. Return: does a kubelet start containers by it? */
static bool containerd_by(struct doctor *doctor, const char *main_file, const struct daemon *daemon)
{
	const char *patterns[16] = {main_file, "/etc/ocigate/containerd-base/*.json"};
	size_t n_patterns = 2;
	struct flat flat = {.arena = doctor->arena};
	bool good = doctor_toml(doctor, "containerd", main_file, &flat);
	const char *version;

	if (!there(main_file))
		flat_add(&flat, "imports/0", "/etc/containerd/conf.d/*.toml");
	if (!containerd_imports(doctor, main_file, &flat, patterns, &n_patterns, 16) || !good)
		return true;
	version = flat_get(&flat, "version");
	if (cri_disabled(&flat)) {
		diagnose(doctor, HEALTH_OK, "containerd", "",
			 "its CRI plugin is disabled in %s: no kubelet starts containers", main_file);
		return false;
	}
	containerd_handlers(doctor, &flat,
			    version && strcmp(version, "2") != 0
				    ? "plugins/io.containerd.cri.v1.runtime/containerd/runtimes"
				    : "plugins/io.containerd.grpc.v1.cri/containerd/runtimes");
	if (daemon)
		doctor_fresh(doctor, "containerd", daemon, patterns, n_patterns, false);
	return true;
}

/*
 * Distributions of Kubernetes start containerd with a configuration of their
 * own, and so does dockerd, without a CRI. The usual file counts where no
 * daemon has another for its CRI: it is what the next start reads.
 */
static void containerd(struct doctor *doctor)
{
	static const char usual[] = "/etc/containerd/config.toml";
	struct daemon daemons[DAEMONS_MAX];
	const size_t n = doctor_daemons(doctor, "containerd", daemons);
	bool looked = false;

	for (size_t i = 0; i < n; i++) {
		const char *config = daemons[i].config && daemons[i].config[0] == '/' ? daemons[i].config : usual;

		looked = containerd_by(doctor, config, &daemons[i]) || strcmp(config, usual) == 0 || looked;
	}
	if (!looked)
		(void)containerd_by(doctor, usual, NULL);
}

/* --- podman and CRI-O --- */

/* The directories that an engine reads hooks from. */
static size_t hook_directories(const struct flat *flat, const char *key, const char **directories, size_t room)
{
	size_t n = 0;
	const char *path;

	if (!flat_get(flat, "%s", key)) {
		directories[0] = shared_hooks;
		return 1;
	}
	while (n < room && (path = flat_get(flat, "%s/%zu", key, n)))
		directories[n++] = path;
	return n;
}

static const char *first_there(const struct flat *flat, const char *name)
{
	const char *path;

	for (size_t i = 0; (path = flat_get(flat, "engine/runtimes/%s/%zu", name, i)); i++)
		if (there(path))
			return path;
	return NULL;
}

static void podman(struct doctor *doctor)
{
	static const char *const names[] = {"crun", "runc"};
	const char *directories[16], *name;
	struct flat flat = {.arena = doctor->arena};
	bool hooked, good = read_all(doctor, "podman", "/usr/share/containers/containers.conf", &flat);

	good = read_all(doctor, "podman", "/usr/share/containers/containers.conf.d/*.conf", &flat) && good;
	good = read_all(doctor, "podman", "/etc/containers/containers.conf", &flat) && good;
	if (!read_all(doctor, "podman", "/etc/containers/containers.conf.d/*.conf", &flat) || !good)
		return;
	hooked = doctor_hooks(doctor, "podman", directories,
			      hook_directories(&flat, "engine/hooks_dir", directories, 16), true);
	for (size_t i = 0; i < 2; i++) {
		const char *usual = arena_printf(doctor->arena, "/usr/bin/%s", names[i]);

		if (!flat_get(&flat, "engine/runtimes/%s", names[i]) && usual && there(usual))
			handler(doctor, "podman", names[i], usual, hooked);
	}
	for (size_t at = 0; (name = flat_child(&flat, "engine/runtimes", &at));) {
		const char *path = first_there(&flat, name), *told = flat_get(&flat, "engine/runtimes/%s/0", name);

		if (path || (told && doctor_is_wrapper(told)))
			handler(doctor, "podman", name, path ? path : told, hooked);
	}
}

static void crio(struct doctor *doctor)
{
	static const char *const files[] = {"/etc/crio/crio.conf", "/etc/crio/crio.conf.d/*"};
	const char *directories[16], *name, *chosen;
	struct daemon daemons[DAEMONS_MAX];
	struct flat flat = {.arena = doctor->arena};
	bool hooked, good = doctor_toml(doctor, "CRI-O", "/etc/crio/crio.conf", &flat);

	if (!read_all(doctor, "CRI-O", "/etc/crio/crio.conf.d/*", &flat) || !good)
		return;
	hooked = doctor_hooks(doctor, "CRI-O", directories,
			      hook_directories(&flat, "crio/runtime/hooks_dir", directories, 16), false);
	for (size_t at = 0; (name = flat_child(&flat, "crio/runtime/runtimes", &at));) {
		const char *type = flat_get(&flat, "crio/runtime/runtimes/%s/runtime_type", name);

		if (type && strcmp(type, "vm") == 0)
			diagnose(doctor, HEALTH_WARNING, "CRI-O", "know who may use this RuntimeClass",
				 "handler %s starts virtual machines: the hook alone judges them", name);
		else
			handler(doctor, "CRI-O", name, flat_get(&flat, "crio/runtime/runtimes/%s/runtime_path", name),
				hooked);
	}
	chosen = flat_get(&flat, "crio/runtime/default_runtime");
	if (!flat_get(&flat, "crio/runtime/runtimes/%s", chosen ? chosen : "crun") &&
	    !flat_get(&flat, "crio/runtime/runtimes/%s", chosen ? chosen : "runc"))
		handler(doctor, "CRI-O", chosen ? chosen : "crun", NULL, hooked);
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
		handler(doctor, "docker", chosen ? chosen : "runc", NULL, false);
	for (size_t at = 0; (name = flat_child(&flat, "runtimes", &at));) {
		const char *path = flat_get(&flat, "runtimes/%s/path", name);

		if (path && path[0])
			handler(doctor, "docker", name, path, false);
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
	static const struct {
		const char *paths[4];
		void (*look)(struct doctor *doctor);
	} engines[] = {
		{{"/usr/bin/containerd", "/usr/local/bin/containerd", "/etc/containerd/config.toml",
		  "/opt/bin/containerd"},
		 containerd},
		{{"/usr/bin/podman", "/usr/local/bin/podman", "/etc/containers/containers.conf", "/opt/bin/podman"},
		 podman},
		{{"/usr/bin/dockerd", "/usr/sbin/dockerd", "/etc/docker/daemon.json", "/usr/local/bin/dockerd"},
		 docker},
		{{"/usr/bin/crio", "/usr/local/bin/crio", "/etc/crio/crio.conf", "/etc/crio/crio.conf.d"}, crio},
	};

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		if (!any_there(engines[i].paths, 4))
			continue;
		doctor->engines++;
		engines[i].look(doctor);
	}
	if (doctor->engines == 0)
		diagnose(doctor, HEALTH_FAULT, "node", "give --root DIR if the node's root is mounted elsewhere",
			 "none of containerd, podman, docker and CRI-O is here");
}
