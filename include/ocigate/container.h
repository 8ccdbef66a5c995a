/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container: our typed view of an OCI runtime spec (config.json).
 *
 * Nothing outside enforce/spec and enforce/amend reads the spec's JSON. The
 * view is made once, strictly (enforce/spec/schema*.c): by the time a rule sees
 * it, every field has the type and range that the runtime-spec gives it, and
 * no two parsers can read it differently.
 * Strings and arrays belong to the arena. Section names refer to the OCI
 * runtime-spec (config.md, config-linux.md).
 */
#ifndef OCIGATE_CONTAINER_H
#define OCIGATE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocigate/list.h"

/** capability_number() - of an exact CAP_ name. Return: -1 of any other text. */
int capability_number(const char *name);

/** capability_name() - "CAP_CHOWN" for 0 …; "CAP_?" for a number that has no name */
const char *capability_name(int number);

/** struct capability_set - one of the five sets (config.md, "capabilities") */
struct capability_set {
	bool present;		/* the key is there; absent and empty mean the same to runtimes */
	uint64_t mask;		/* bit N = capability number N as libcap knows it */
	struct strings unknown; /* well-formed CAP_… names that libcap does not know */
};

enum capability_kind { CAPS_BOUNDING, CAPS_EFFECTIVE, CAPS_INHERITABLE, CAPS_PERMITTED, CAPS_AMBIENT, CAPS_KINDS };

/** capability_kind_names - JSON keys of the five sets, by enum capability_kind */
extern const char *const capability_kind_names[CAPS_KINDS];

/** struct rlimit - config.md, "rlimits" */
struct rlimit {
	const char *type;
	uint64_t soft;
	uint64_t hard;
};

/** struct process - config.md, "process"; also the process.json of an exec */
struct process {
	bool terminal;
	int64_t uid; /* inside the container's user namespace */
	int64_t gid;
	const int64_t *additional_gids;
	size_t n_additional_gids;
	struct strings args;
	struct strings env;
	const char *cwd;
	struct capability_set caps[CAPS_KINDS];
	const struct rlimit *rlimits;
	size_t n_rlimits;
	bool no_new_privileges;
	const char *apparmor_profile; /* NULL if absent; may be "" */
	const char *selinux_label;    /* NULL if absent */
	int64_t oom_score_adj;	      /* 0 if absent */
	const char *scheduler_policy; /* NULL if absent: "SCHED_FIFO" … */
	int64_t scheduler_nice;	      /* 0 if absent */
	const char *io_class;	      /* of ioPriority, NULL if absent: "IOPRIO_CLASS_RT" … */
};

/** enum mount_kind - what the runtime does with a mount; options decide, not the type */
enum mount_kind { MOUNT_FILESYSTEM = 0, MOUNT_BIND, MOUNT_REMOUNT };

/**
 * struct mount - config.md, "mounts"
 * @propagation: "private", "shared", "slave", "unbindable" or NULL; of several the most open one
 * @recursive_propagation: given with the r prefix
 * @read_only: as the runtime that takes it least seriously reads the options
 * @read_only_below: what is mounted below comes read-only too (rro)
 */
struct mount {
	enum mount_kind kind;
	const char *destination; /* as written */
	const char *path;	 /* destination made absolute and clean ("." and ".." and "//" resolved as text) */
	const char *type;	 /* as written, NULL if absent */
	const char *source;	 /* as written, NULL if absent */
	struct strings options;
	bool recursive; /* rbind */
	bool read_only;
	bool read_only_below;
	const char *propagation;
	bool recursive_propagation;
	bool id_mapped; /* own uidMappings/gidMappings, or the idmap options */
};

enum namespace_type { NS_PID, NS_NETWORK, NS_MOUNT, NS_IPC, NS_UTS, NS_USER, NS_CGROUP, NS_TIME, NS_TYPES };

/** namespace_type_names - runtime-spec words: "pid", "network", …; proc_names: names in /proc/PID/ns */
extern const char *const namespace_type_names[NS_TYPES];
extern const char *const namespace_proc_names[NS_TYPES];

/** struct namespace_entry - config-linux.md, "Namespaces"; by type, since each type may come once */
struct namespace_entry {
	bool present;
	size_t index;	  /* its place in /linux/namespaces */
	const char *path; /* NULL: a new one */
};

/** struct id_mapping - config-linux.md, "User namespace mappings" */
struct id_mapping {
	uint32_t container_id;
	uint32_t host_id;
	uint32_t size;
};

struct id_mappings {
	const struct id_mapping *items;
	size_t n;
};

/** struct device - config-linux.md, "Devices" */
struct device {
	char type; /* 'c', 'b', 'u' (= 'c') or 'p' */
	const char *path;
	int64_t major;
	int64_t minor;
	bool has_mode;
	int64_t mode;
};

/** struct device_rule - config-linux.md, "Allowed Device list"; -1: any number */
struct device_rule {
	bool allow;
	char type; /* 'a', 'c' or 'b'; absent means 'a' */
	int64_t major;
	int64_t minor;
	const char *access; /* "" if absent */
};

/** struct limit - a number that may be absent */
struct limit {
	bool present;
	int64_t value;
};

/** struct resources - config-linux.md, "Control groups"; what the rules need of it */
struct resources {
	bool present;
	const struct device_rule *device_rules;
	size_t n_device_rules;
	struct limit cpu_quota;	 /* microseconds a period; -1: none */
	struct limit cpu_period; /* microseconds */
	struct limit cpu_shares;
	struct limit memory_limit; /* bytes; -1: none */
	struct limit memory_swap;
	struct limit pids_limit;   /* -1 or 0: none */
	struct key_values unified; /* cgroup v2 */
};

/** struct seccomp_arg - config-linux.md, "Seccomp": one condition */
struct seccomp_arg {
	uint32_t index;
	uint64_t value;
	uint64_t value_two;
	const char *op;
};

/** struct seccomp_rule - one element of linux.seccomp.syscalls */
struct seccomp_rule {
	struct strings names;
	const char *action;
	bool has_errno;
	uint32_t errno_ret;
	const struct seccomp_arg *args;
	size_t n_args;
};

struct seccomp_answer;

/** struct seccomp - config-linux.md, "Seccomp" */
struct seccomp {
	bool present;
	const char *default_action; /* never NULL when present and read */
	bool has_default_errno;
	uint32_t default_errno;
	struct strings architectures;
	struct strings flags;
	const char *listener_path; /* NULL if absent */
	const struct seccomp_rule *rules;
	size_t n_rules;
	const char *text; /* as the spec has it; equal texts mean equal filters. NULL if not read from a spec */
	size_t text_len;
	/* NULL, or what a block of this text was found to let through before: then nothing else of it was read again */
	const struct seccomp_answer *answer;
};

enum hook_stage {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_STAGES
};

/** hook_stage_names - JSON keys under /hooks */
extern const char *const hook_stage_names[HOOK_STAGES];

/** struct hook_entry - config.md, "POSIX-platform Hooks" */
struct hook_entry {
	enum hook_stage stage;
	size_t index; /* its place within the stage */
	const char *path;
	struct strings args;
	bool has_env;
	struct strings env;
	struct limit timeout; /* seconds */
};

enum engine {
	ENGINE_UNKNOWN = 0,
	ENGINE_CONTAINERD,
	ENGINE_CRIO,
	ENGINE_PODMAN,
	ENGINE_DOCKER,
	ENGINE_BUILDKIT,
	ENGINES
};

/** engine_names - "unknown", "containerd", "cri-o", "podman", "docker", "buildkit" */
extern const char *const engine_names[ENGINES];

/** DOCTOR_BUNDLES - what the path of a bundle of `ocigate doctor` begins with; a number follows */
#define DOCTOR_BUNDLES "/var/lib/ocigate/doctor-"

/**
 * struct identity - who the container is, from what its engine itself wrote
 *
 * The engine is known by the bundle's place and by who owns every directory
 * on the way (a place that others can write proves nothing). Only keys that
 * this engine always sets itself are read; where nobody can be trusted,
 * @trusted is false, @doubt says why, and the strings are what was claimed.
 * Strings are "" when unknown, never NULL.
 * @is_doctor: its bundle lies where `ocigate doctor` puts those that it tries the gate with (DOCTOR_BUNDLES), and nobody
 *             but root can put one there
 */
struct identity {
	enum engine engine;
	bool trusted;
	bool is_doctor;
	const char *doubt;
	const char *containerd_namespace; /* containerd's own: "k8s.io", "moby", "default" */
	const char *namespace;		  /* Kubernetes namespace */
	const char *pod;
	const char *pod_uid;
	const char *container; /* name within the pod, or the engine's name */
	const char *image;
	const char *image_digest;
	const char *sandbox_id;
	enum tri is_sandbox;
	const char *
		handler; /* the wrapper that the engine called, without "ocigate-"; "" or NULL if unknown (a bare hook) */
	const char *ports_json; /* value of io.kubernetes.container.ports, "" if the engine gave none */
};

/** identity_nobody() - before anything is known */
static inline struct identity identity_nobody(void)
{
	return (struct identity){.doubt = "not looked at",
				 .containerd_namespace = "",
				 .namespace = "",
				 .pod = "",
				 .pod_uid = "",
				 .container = "",
				 .image = "",
				 .image_digest = "",
				 .sandbox_id = "",
				 .ports_json = ""};
}

/** identity_is_pause() - a pod's pause container, its engine says: what it is given is the engine's choice, not the pod's */
static inline bool identity_is_pause(const struct identity *identity)
{
	return identity->trusted && identity->is_sandbox == TRI_YES;
}

/** identity_is_pod() - did a pod's author ask for it, rather than somebody at a command line? Remedies differ. */
static inline bool identity_is_pod(const struct identity *identity)
{
	return identity->engine != ENGINE_PODMAN && identity->engine != ENGINE_DOCKER &&
	       identity->engine != ENGINE_BUILDKIT;
}

/**
 * struct container - everything that rules judge
 * @exec: true: only @process, @id and @identity are of this exec; the rest is the container's own bundle, if
 *        @has_bundle
 * @id: container id as given to the runtime; "" if unknown (check of a bare bundle)
 * @unheld: the runtime is told to give it no control group, as far as is known: what its spec denies of devices and limits holds for nobody
 * @bundle: absolute path of the bundle directory, as given
 * @rootfs: absolute path of the root filesystem: root.path taken from the bundle, cleaned as text
 * @started: its program runs: what it really has is compared with this spec, nothing else is judged
 * @created: the process that the container was created with, for an exec; NULL otherwise
 */
struct container {
	bool exec;
	bool has_bundle;
	bool unheld;
	const char *id;
	const char *bundle;
	const char *rootfs;
	const char *oci_version;
	const char *hostname;	/* NULL if absent */
	const char *domainname; /* NULL if absent */
	struct identity identity;

	struct process process;
	const struct process *created;
	bool started;

	const char *root_path; /* root.path as written */
	bool root_read_only;
	const struct mount *mounts;
	size_t n_mounts;
	struct namespace_entry namespaces[NS_TYPES];
	struct id_mappings uid_mappings;
	struct id_mappings gid_mappings;
	const struct device *devices;
	size_t n_devices;
	struct resources resources;
	struct seccomp seccomp;
	bool has_masked_paths;
	struct strings masked_paths;
	bool has_readonly_paths;
	struct strings readonly_paths;
	struct key_values sysctls;
	struct key_values annotations;
	const struct hook_entry *hooks;
	size_t n_hooks;
	const char *rootfs_propagation; /* NULL if absent */
	const char *mount_label;	/* NULL if absent */
	const char *cgroups_path;	/* NULL if absent */
	bool has_intel_rdt;
	bool has_memory_policy;
	bool has_net_devices;
	bool has_time_offsets;
	const char *personality_domain; /* NULL if absent */
	bool has_vm;			/* "vm", "windows", "solaris", "zos", "freebsd": not a Linux container */
};

#endif
