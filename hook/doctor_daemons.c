/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engines that run: a configuration that was changed after a daemon started is
 * not in force, and a daemon may have been told to read another one.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "ocigate/fs.h"

#define BUILD_VARIABLE "DOCKER_BUILDKIT_RUNC_COMMAND"

/* Field 22 of /proc/PID/stat, behind the name, which may hold anything: ticks since the boot. Return: Unix time, or 0. */
static int64_t started_at(struct doctor *doctor, const char *pid)
{
	const char *path = arena_printf(doctor->arena, "/proc/%s/stat", pid), *at;
	const long hertz = sysconf(_SC_CLK_TCK);
	struct timespec now, up;
	size_t len;
	const char *text = path ? doctor_read(doctor, path, &len) : NULL;

	at = text ? strrchr(text, ')') : NULL;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || hertz <= 0 || clock_gettime(CLOCK_REALTIME, &now) < 0 || clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return 0;
	return now.tv_sec - up.tv_sec + strtoll(at + 1, NULL, 10) / hertz;
}

static bool is_program(const char *path, const char *name)
{
	const char *base = doctor_base_name(path);

	/* " (deleted)" stands behind the name of a program that was replaced since. */
	return strncmp(base, name, strlen(name)) == 0 && strchr(" ", base[strlen(name)]);
}

static bool runs_program(struct doctor *doctor, const char *pid, const char *name)
{
	const char *command = arena_printf(doctor->arena, "/proc/%s/cmdline", pid);
	char path[64], target[PATH_MAX];
	ssize_t len;
	size_t size;

	(void)snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return false;
	target[len] = '\0';
	if (is_program(target, name))
		return true;
	/* k3s is all of its programs in one. */
	command = command && is_program(target, "k3s") ? doctor_read(doctor, command, &size) : NULL;
	return command && is_program(command, name);
}

/* Daemons in containers, those of tests and other people's read other files than the node's. */
static bool among_the_nodes(const char *pid)
{
	struct stat own, first;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	if (stat(path, &own) < 0 || stat("/proc/1/ns/mnt", &first) < 0 || own.st_ino != first.st_ino)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%s", pid);
	return stat(path, &own) == 0 && own.st_uid == 0;
}

/* The words of a process file, each with a NUL behind. Return: what follows @key in a word ("--config=X"), or the next word. */
static const char *find_word(const char *text, size_t len, const char *const *keys, size_t n_keys, bool next)
{
	for (const char *word = text; text && word < text + len; word += strlen(word) + 1) {
		for (size_t i = 0; i < n_keys; i++) {
			const size_t n = strlen(keys[i]);

			if (strncmp(word, keys[i], n) != 0)
				continue;
			if (word[n] == '=')
				return word + n + 1;
			if (next && word[n] == '\0' && word + n + 1 < text + len)
				return word + n + 1;
		}
	}
	return NULL;
}

static void look_at_process(struct doctor *doctor, const char *pid, struct daemon *ret_daemon)
{
	static const char *const options[] = {"-c", "--config", "--config-file"}, *const variable[] = {BUILD_VARIABLE};
	const char *command = arena_printf(doctor->arena, "/proc/%s/cmdline", pid);
	const char *environment = arena_printf(doctor->arena, "/proc/%s/environ", pid);
	size_t len = 0, environment_len = 0;

	command = command ? doctor_read(doctor, command, &len) : NULL;
	environment = environment ? doctor_read(doctor, environment, &environment_len) : NULL;
	*ret_daemon = (struct daemon){
		.pid = pid,
		.started = started_at(doctor, pid),
		.config = find_word(command, len, options, 3, true),
		.build_runtime = find_word(environment, environment_len, variable, 1, false),
	};
}

size_t doctor_daemons(struct doctor *doctor, const char *name, struct daemon *ret_daemons)
{
	glob_t found;
	size_t n = 0;

	if (glob("/proc/[0-9]*", 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && n < DAEMONS_MAX; i++) {
		const char *pid = arena_strdup(doctor->arena, found.gl_pathv[i] + strlen("/proc/"));

		if (pid && among_the_nodes(pid) && runs_program(doctor, pid, name))
			look_at_process(doctor, pid, &ret_daemons[n++]);
	}
	globfree(&found);
	return n;
}

/* The youngest of the files that match. Return: its path and time, or NULL. */
static const char *youngest(struct doctor *doctor, const char *const *patterns, size_t n, time_t *ret_time)
{
	const char *path = NULL;

	*ret_time = 0;
	for (size_t i = 0; i < n; i++) {
		glob_t found;
		struct stat st;

		if (glob(patterns[i], 0, NULL, &found) != 0)
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++) {
			if (stat(found.gl_pathv[j], &st) < 0 || st.st_mtime <= *ret_time)
				continue;
			*ret_time = st.st_mtime;
			path = arena_strdup(doctor->arena, found.gl_pathv[j]);
		}
		globfree(&found);
	}
	return path;
}

void doctor_fresh(struct doctor *doctor, const char *about, const struct daemon *daemon, const char *const *patterns,
		  size_t n, bool reloads)
{
	time_t changed;
	const char *path = youngest(doctor, patterns, n, &changed);

	if (!path || daemon->started == 0)
		return;
	/* The kernel counts from a boot whose time is known to the second. */
	if (changed > daemon->started + 2)
		diagnose(doctor, reloads ? HEALTH_WARNING : HEALTH_FAULT, about,
			 reloads ? "restart it, unless it was told to read its configuration again (SIGHUP)"
				 : "restart it (systemctl restart containerd: containers go on running)",
			 "the daemon (process %s) started before %s was changed: what is written there may not be in "
			 "force",
			 daemon->pid, path);
	else
		diagnose(doctor, HEALTH_OK, about, "",
			 "the daemon (process %s) started after its configuration was written", daemon->pid);
}

static void look_at_buildkitd(struct doctor *doctor)
{
	static const char file[] = "/etc/buildkit/buildkitd.toml";
	struct flat flat = {.arena = doctor->arena};
	const char *binary, *enabled;

	if (access(file, F_OK) < 0 && access("/usr/bin/buildkitd", F_OK) < 0 &&
	    access("/usr/local/bin/buildkitd", F_OK) < 0)
		return;
	if (!doctor_toml(doctor, "buildkit", file, &flat))
		return;
	binary = flat_get(&flat, "worker/oci/binary");
	enabled = flat_get(&flat, "worker/oci/enabled");
	if (enabled && strcmp(enabled, "false") == 0)
		diagnose(doctor, HEALTH_WARNING, "buildkit", "know who may build on this node",
			 "buildkitd starts builds by containerd, past its CRI: they are not judged");
	else if (binary && doctor_is_wrapper(binary))
		doctor_wrapper(doctor, "buildkit", "oci", binary);
	else
		diagnose(
			doctor, HEALTH_WARNING, "buildkit",
			"write in "
			"/etc/buildkit/buildkitd.toml, below [worker.oci]: binary = \"/usr/local/bin/ocigate-runtime\"",
			"buildkitd starts %s by itself: builds are not judged",
			binary ? binary : "buildkit-runc or runc");
}

void doctor_builds(struct doctor *doctor, const struct daemon *dockerds, size_t n, bool has_docker)
{
	static const char unit[] = "/etc/systemd/system/docker.service.d/99-ocigate.conf";
	const char *told = NULL;
	size_t len;

	look_at_buildkitd(doctor);
	if (!has_docker)
		return;
	for (size_t i = 0; i < n; i++)
		told = dockerds[i].build_runtime ? dockerds[i].build_runtime : told;
	if (told && doctor_is_wrapper(told)) {
		doctor_wrapper(doctor, "docker", "docker build", told);
		return;
	}
	if (n == 0) {
		const char *text = doctor_read(doctor, unit, &len);

		if (text && strstr(text, BUILD_VARIABLE "=")) {
			diagnose(doctor, HEALTH_OK, "docker", "", "docker build will go through the wrapper, says %s",
				 unit);
			return;
		}
	}
	diagnose(doctor, HEALTH_WARNING, "docker",
		 doctor_installer(doctor, "docker/",
				  " --build, where dockerd knows " BUILD_VARIABLE
				  "; else build on machines of their own"),
		 "docker build goes past the default runtime: BuildKit starts %s itself", told ? told : "runc");
}
