/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate doctor: is the gate really in force on this node?
 */
#ifndef OCIGATE_DOCTOR_H
#define OCIGATE_DOCTOR_H

#include "ocigate/flat.h"
#include "ocigate/policy.h"

/** enum health - a fault makes the exit code 1: containers can start unjudged, or cannot start */
enum health { HEALTH_FAULT = 0, HEALTH_WARNING, HEALTH_OK };

/** struct diagnosis - @about: an engine, or "node"; @remedy: what to do, "" where nothing is to be done */
struct diagnosis {
	enum health health;
	const char *about;
	const char *text;
	const char *remedy;
};

/**
 * struct hooked - containers that a hook judges, without the wrapper
 * @runtime: the engine's own choice of runtime; NULL: the usual one
 * @program: the hook's
 * @entry: the hook as a spec has it, JSON
 */
struct hooked {
	const char *runtime;
	const char *program;
	const char *entry;
};

/**
 * struct daemon - an engine's daemon that runs now, in the mount namespace of the node's first process
 * @started: Unix time in seconds
 * @config: the file that its command line names, or NULL
 * @build_runtime: what it starts containers of builds with, if it was told
 */
struct daemon {
	const char *pid;
	int64_t started;
	const char *config;
	const char *build_runtime;
};

enum { DIAGNOSES_MAX = 256, WRAPPERS_MAX = 64, HOOKED_MAX = 16, DAEMONS_MAX = 8 };

/**
 * struct doctor - what was found so far
 * @policy: NULL until there is one
 * @wrappers: paths of wrappers that engines are configured with, each once
 * @hooked: hooks that judge without a wrapper, each once
 * @engines: how many the node has
 */
struct doctor {
	struct arena *arena;
	const struct policy *policy;
	struct diagnosis diagnoses[DIAGNOSES_MAX];
	size_t n;
	size_t faults;
	size_t warnings;
	const char *wrappers[WRAPPERS_MAX];
	size_t n_wrappers;
	struct hooked hooked[HOOKED_MAX];
	size_t n_hooked;
	size_t engines;
};

/** diagnose() - one finding; @remedy: "" for HEALTH_OK */
void diagnose(struct doctor *doctor, enum health health, const char *about, const char *remedy, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

/** doctor_installer() - "run sh …/install.sh install@more", with the path where this node has it; @part: "docker/", or "" */
const char *doctor_installer(struct doctor *doctor, const char *part, const char *more);

/** doctor_engines() - the configuration of each engine that is there */
void doctor_engines(struct doctor *doctor);

/** doctor_hooks() - are hooks of ours in the directories that @about reads, and do they work? Return: is one in force? */
bool doctor_hooks(struct doctor *doctor, const char *about, const char *const *directories, size_t n, bool precreate);

/** doctor_base_spec() - is our hook in the spec that a handler of containerd's starts from, and does it work? */
bool doctor_base_spec(struct doctor *doctor, const char *handler, const char *path, const char *runtime);

/** doctor_daemons() - the daemons named @name that run. Return: how many of at most DAEMONS_MAX. */
size_t doctor_daemons(struct doctor *doctor, const char *name, struct daemon *ret_daemons);

/**
 * doctor_fresh() - have the files that match @patterns changed since @daemon started?
 * @reloads: it may have read them again all the same
 */
void doctor_fresh(struct doctor *doctor, const char *about, const struct daemon *daemon, const char *const *patterns,
		  size_t n, bool reloads);

/** doctor_builds() - containers of builds, which no default runtime covers: those of dockerd, if it is there, and buildkitd's */
void doctor_builds(struct doctor *doctor, const struct daemon *dockerds, size_t n, bool has_docker);

/** doctor_is_wrapper() - does a path name one of ours? */
bool doctor_is_wrapper(const char *path);

/** doctor_there() - is there anything at @path? */
bool doctor_there(const char *path);

/** doctor_base_name() - what stands behind the last slash of @path */
const char *doctor_base_name(const char *path);

/** doctor_containerd(), doctor_podman() - the configuration of one engine */
void doctor_containerd(struct doctor *doctor);
void doctor_podman(struct doctor *doctor);

/** doctor_handler() - what an engine's handler starts: @path, or NULL; @hooked: a hook of ours judges what goes past the wrapper */
void doctor_handler(struct doctor *doctor, const char *about, const char *name, const char *path, bool hooked);

/** doctor_hooks_of() - doctor_hooks() in the directories that a configuration names at @key, or in the usual one */
bool doctor_hooks_of(struct doctor *doctor, const char *about, const struct flat *flat, const char *key,
		     bool precreate);

/** doctor_toml_all() - doctor_toml() for all files that match @pattern. Return: false where one is broken. */
bool doctor_toml_all(struct doctor *doctor, const char *about, const char *pattern, struct flat *flat);

/** doctor_toml() - read a configuration into @flat, nothing where it is not there. Return: false where it is broken; that is told. */
bool doctor_toml(struct doctor *doctor, const char *about, const char *path, struct flat *flat);

/** doctor_program() - is the program that a configuration names there, ours, and of this version? */
bool doctor_program(struct doctor *doctor, const char *about, const char *where, const char *path);

/** doctor_wrapper() - an engine starts containers through @path, which is one of ours */
void doctor_wrapper(struct doctor *doctor, const char *about, const char *handler, const char *path);

/** doctor_node() - policy, records, AppArmor, seccomp, cgroups; real runtimes and their versions */
void doctor_node(struct doctor *doctor);

/** doctor_live() - a bad bundle and a good one through each wrapper, and with each hook */
void doctor_live(struct doctor *doctor);

/** doctor_read() - a file of the node's, at most 1 MiB. Return: NULL if it is not there or cannot be read. */
const char *doctor_read(struct doctor *doctor, const char *path, size_t *ret_len);

/**
 * doctor_run() - a program with an environment of PATH alone and nothing on stdin, for 30 seconds at most
 * Return: its exit status, or -1; what it wrote (the first 4 KiB) in @ret_said.
 */
int doctor_run(struct doctor *doctor, const char *const *argv, const char **ret_said);

#endif
