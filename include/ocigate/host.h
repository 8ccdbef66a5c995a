/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host: our typed view of the kernel, live or recorded.
 *
 * Both sources fill the same struct, so that a rule cannot tell them apart,
 * every rule is tested without root, and a refused container can be judged
 * again on another machine. Facts are tri-state: what was not collected or
 * could not be read is unknown, and a rule that needs it says so.
 */
#ifndef OCIGATE_HOST_H
#define OCIGATE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/ports.h"
#include "ocigate/rule.h"
#include "ocigate/seccomp.h"
#include "ocigate/spec.h"
#include "ocigate/state.h"

/** enum host_source - where the facts come from */
enum host_source { HOST_LIVE = 0, HOST_RECORDED };

/** struct host_namespace - one namespace type; inode 0: unknown (st_ino of /proc/PID/ns/X, nsfs has one device) */
struct host_namespace {
	ino_t self;	 /* the runtime's and ours */
	ino_t init;	 /* pid 1's, where readable */
	ino_t container; /* the container's: effective at createRuntime; before that, what its spec's path leads to */
	enum tri
		shared; /* is the container's the host's? YES also when the spec has no entry and nothing newer is known */
};

/**
 * struct mount_row - one line of /proc/PID/mountinfo (proc(5)), octal escapes decoded
 *
 * But for @super_options, which stay as printed: a comma within a value is an escape there.
 */
struct mount_row {
	int id;
	int parent;
	unsigned major;
	unsigned minor;
	const char *root;	 /* path within the filesystem */
	const char *mountpoint;	 /* as the reader of the file sees it */
	const char *options;	 /* per mount: "rw,nosuid" */
	const char *propagation; /* optional fields: "shared:1 master:2", "" for private */
	const char *fstype;
	const char *source;
	const char *super_options;
};

/** enum origin_state - how well the true origin of a mounted directory or file is known */
enum origin_state {
	ORIGIN_UNKNOWN = 0, /* could not be found out; @why says why; deny */
	ORIGIN_NODE,	    /* a path of the node: @paths has at least one */
	ORIGIN_DELETED,	    /* was a path of the node, is deleted now; @paths may be empty */
	ORIGIN_FILESYSTEM, /* a filesystem of its own (proc, sysfs, tmpfs, another disk …) that the node shows nowhere */
};

/**
 * struct origin - what a mount of the container really is
 * @why: for ORIGIN_UNKNOWN, a clause: "its filesystem is mounted nowhere on the node"; "" otherwise
 * @paths: every path by which the node reaches the same file or directory, through every mount of that filesystem
 *         (symlinks, bind of bind, renamed sources end here); the first is the most direct one. Paths that another
 *         mount hides come behind those that can be reached. Of an overlay, the layers follow, as node paths too.
 * @n_same: how many of @paths are the same file; those behind are layers of an overlay
 * @contains: the reverse: mountpoints of the node at which something below it is mounted again (not told for
 *            mounts that came along below an rbind)
 * @source: the bind source of the spec, absolute and clean, its links resolved where the container does not exist
 *          yet; "" for a mount that the spec does not name
 * @file_type: S_IFDIR, S_IFREG, S_IFSOCK, S_IFBLK, S_IFCHR …; 0 if unknown
 * @device_major, @device_minor: of a device node
 * @major, @minor, @fs_path, @fs_type, @fs_source, @super_options: of the filesystem behind
 *
 * A filesystem that the runtime mounts can be one that the node has already: sysfs in the node's network namespace,
 * mqueue in its ipc namespace, cgroup v1, a disk. Then the origin is ORIGIN_NODE for them as well: look at the kind
 * and @fs_type before calling that a host path.
 */
struct origin {
	enum origin_state state;
	const char *why;
	struct strings paths;
	size_t n_same;
	struct strings contains;
	const char *source;
	mode_t file_type;
	unsigned device_major;
	unsigned device_minor;
	unsigned major;
	unsigned minor;
	const char *fs_path;
	const char *fs_type;
	const char *fs_source;
	const char *super_options;
};

/**
 * struct host_mount - one mount as the container has it (or will have it)
 * @mount: index into container->mounts; -1: a mount that came along (below an rbind, or of the runtime itself)
 * @parent_mount: for -1: index of the spec's mount that it lies at or below; -1 if none: unexplained
 * @effective: seen in the container's own mountinfo; false: derived from the spec alone
 * @mask: made by the runtime of one of the spec's masked or read-only paths (in a container that runs)
 * @path: where in the container; for an effective one with the image's links resolved ("/run/secrets", where the
 *        spec says "/var/run/secrets")
 * @read_only: as mounted when @effective (UNKNOWN: the spec asks for it and the runtime has not done it yet), else as
 *             asked
 * @shared: peers with a mount of the host in a way that lets mounts travel to the host
 */
struct host_mount {
	long mount;
	long parent_mount;
	bool effective;
	bool mask;
	const char *path;
	enum tri read_only;
	enum tri shared;
	struct origin origin;
};

/** struct apparmor_profile - one loaded profile; mode: "enforce", "complain", "kill", "unconfined", "prompt" … */
struct apparmor_profile {
	const char *name;
	const char *mode;
};

/**
 * struct host_process - what the kernel says about a container's first process
 * @known: the rest counts
 * @uid, @gid: real, effective, saved, of the file system; as this node sees them
 * @caps: by enum capability_kind
 * @seccomp_mode: 2: a filter
 * @filters_known, @filters_added: more filters than the runtime itself runs under
 * @apparmor: its label with the mode, NULL if the kernel has no AppArmor
 * @root_read_only: UNKNOWN if its mounts could not be read
 * @mountinfo: its own, whole, of a process that runs; NULL if unknown
 * @writable, @unmasked, @unlocked: a mount that is to be read-only, a masked path, a read-only path that is not; or NULL
 */
struct host_process {
	bool known;
	int64_t uid[4];
	int64_t gid[4];
	uint64_t caps[CAPS_KINDS];
	bool no_new_privileges;
	int64_t seccomp_mode;
	bool filters_known;
	bool filters_added;
	const char *apparmor;
	enum tri root_read_only;
	const char *mountinfo;
	const char *writable;
	const char *unmasked;
	const char *unlocked;
};

/**
 * struct host - everything rules know about the kernel
 * @facts: bits of enum host_fact that were collected; a missing bit means unknown
 * @effective: the container exists (createRuntime or later): namespaces and mounts are its own
 * @mounts: the container's mounts, in the spec's order: each element of container->mounts that is mounted, what came along
 *          with it beside it, and behind all what belongs to no element
 * @mounts_why: why mounts could not be told, or NULL
 * @rootfs: origin of the container's root directory
 * @bundle_owner: of a recording; live, ask bundle_owner_of()
 * @ports_known: are the declared ports of the container known? host ports are listed as far as they are found
 * @sandbox_known: was the spec of the pod's sandbox read, which tells what never reaches the runtime? NO: there is none, or
 *                 it goes through the runtime itself; UNKNOWN: it cannot be read. Only of CRI-O's application containers
 * @sandbox_sysctls: what it sets for the pod's namespaces
 * @apparmor_recorded: a recording without AppArmor facts has false: neither yes nor no
 * @apparmor_digests: SHA-256 of what was loaded, by profile, of those parts of the container's profile for which the
 *                    kernel tells it
 */
struct host {
	enum host_source source;
	unsigned facts;
	bool effective;
	pid_t pid;

	struct host_namespace namespaces[NS_TYPES];

	const struct host_mount *mounts;
	size_t n_mounts;
	const char *mounts_why;
	struct origin rootfs;

	bool id_maps_known; /* of the container's user namespace, as the kernel has them (or will, by the spec) */
	struct id_mappings uid_map;
	struct id_mappings gid_map;

	bool apparmor_recorded;
	enum tri apparmor_enabled;
	bool apparmor_profiles_known;
	const struct apparmor_profile *apparmor_profiles;
	size_t n_apparmor_profiles;
	struct key_values apparmor_digests;

	enum tri selinux_enforcing;
	struct strings lsms; /* empty if unknown */

	enum tri ports_known;
	const struct host_port *ports;
	size_t n_ports;

	enum tri sandbox_known;
	struct key_values sandbox_sysctls;

	struct host_process process; /* of a container that has started */

	struct seccomp_answer seccomp; /* of the spec's filter; not known if it has none */

	enum bundle_owner bundle_owner;
};

/**
 * host_live() - ask the kernel for @facts
 * @state: of the hook; NULL before the container exists (wrapper, check)
 *
 * A fact that cannot be read stays unknown; that is no error.
 * Return: 0, or -1 with ERR_SYSTEM (out of memory alone).
 */
int host_live(struct arena *arena, const struct container *container, const struct state *state, unsigned facts,
	      struct host *ret_host, struct err *err) MUST_CHECK;

/**
 * struct host_pin - what a process must be asked before we confine ourselves: Landlock lets nobody look behind a process's
 * links who may not trace it
 * @rootfd: its root directory, -1 if it cannot be opened; for whoever holds the struct to close
 */
struct host_pin {
	struct host_namespace namespaces[NS_TYPES];
	int rootfd;
};

/** host_pin() - from the kernel alone; what cannot be read stays unknown */
void host_pin(pid_t pid, struct host_pin *ret_pin);

/** host_live_pinned() - host_live() for a state whose process was asked before */
int host_live_pinned(struct arena *arena, const struct container *container, const struct state *state,
		     const struct host_pin *pin, unsigned facts, struct host *ret_host, struct err *err) MUST_CHECK;

/**
 * host_recorded() - the same from the files that `ocigate record` writes
 * @dirfd: the directory "host": namespaces, mountinfo, mountinfo-node, rootfs, apparmor, apparmor-sha256, lsm, selinux,
 *         uid_map, gid_map, process, bundle, each optional. The rootfs is looked for in mountinfo under the name in the file rootfs, else
 *         under container->rootfs, so parse the spec with the bundle path of the recorded state.
 *
 * A replay is no gate: without the file bundle, the bundle counts as owned by root.
 *
 * Return: 0, or -1 with ERR_INPUT for a file that is there but malformed.
 */
int host_recorded(struct arena *arena, const struct container *container, int dirfd, unsigned facts,
		  struct host *ret_host, struct err *err) MUST_CHECK;

/**
 * host_record() - write the facts of a container that exists, as the files that host_recorded() reads
 * @container: NULL if its spec cannot be read strictly: then its root directory is looked for after pivot_root alone
 * @dirfd: the directory "host", empty
 *
 * A fact that cannot be read leaves no file, and no fact in the replay.
 * Return: 0, or -1 with ERR_SYSTEM (disk full …) or ERR_INPUT (no such process).
 */
int host_record(struct arena *arena, const struct container *container, const struct state *state, int dirfd,
		struct err *err) MUST_CHECK;

/**
 * host_apparmor_digest() - SHA-256, in hexadecimal, of what the kernel has loaded as profile @name ("a", "a//b")
 *
 * The profiles of one file share one digest. It differs between nodes with other parsers or kernels.
 * Return: NULL if there is no such profile, the kernel does not tell, or there is no memory.
 */
const char *host_apparmor_digest(struct arena *arena, const char *name);

/** enum start - what became of a container's first process: not the program yet, the program, or an end */
enum start { START_NOT_YET = 0, START_RUNNING, START_ENDED };

/** struct host_runtime - the runtime that started it: its program, and how many filters it runs under (-1: unknown) */
struct host_runtime {
	struct stat program;
	int64_t filters;
};

/** host_seccomp_filters() - of process @pid. Return: -1 if the kernel does not tell (before Linux 5.9). */
int64_t host_seccomp_filters(pid_t pid);

/**
 * host_process_read() - what a process has, if it is the container's program by now
 * @procfd: its directory in /proc
 * @runtime: whose program the container's init runs until it starts its own
 *
 * Return: START_RUNNING with host->process filled in; of a process that ends meanwhile, START_ENDED.
 */
enum start host_process_read(struct arena *arena, int procfd, const struct host_runtime *runtime, struct host *host);

/**
 * host_process_mounts() - how its mounts differ from what the spec asks for
 * @rootfd: its root directory
 * @process: with its mountinfo; root_read_only, writable, unmasked and unlocked are filled in
 */
void host_process_mounts(struct arena *arena, const struct container *container, int rootfd,
			 struct host_process *process);

/** host_mount_entry() - index of the spec's mount that it is, or that brought it along; -1 if there is none */
static inline long host_mount_entry(const struct host_mount *mount)
{
	return mount->mount >= 0 ? mount->mount : mount->parent_mount;
}

/** host_mount_first() - the first mount that the spec's mount @index is, or that it brought along; NULL if there is none */
const struct host_mount *host_mount_first(const struct host *host, size_t index);

/** host_mount_next() - the one behind @mount that belongs to the same mount of the spec; NULL if there is none */
const struct host_mount *host_mount_next(const struct host *host, const struct host_mount *mount);

/** host_mount_of() - how the kernel has the spec's mount @index. Return: NULL if it does not show it. */
const struct host_mount *host_mount_of(const struct host *host, size_t index);

/** host_is_kernels_type() - a type of file system that holds no file of the node when made afresh (NULL: no) */
bool host_is_kernels_type(const char *type);

/**
 * host_mount_is_device() - a device of the node's, bound by a runtime that cannot make one in a user namespace
 *
 * It binds whatever the node has at the path that the spec gives the device in the container, a socket for one: that is
 * no device. Which devices a container may have is not asked here.
 */
bool host_mount_is_device(const struct container *container, const struct host_mount *mount);

/**
 * host_mount_is_runtimes() - what runtimes put below a file system that they made afresh: the hierarchies of cgroup v1,
 * devices, masks; nothing that the node has somewhere else
 */
bool host_mount_is_runtimes(const struct container *container, const struct host_mount *mount);

/**
 * host_ports_recorded() - ports from the recording (file "ports") and the container's own spec
 *
 * Apart from host_recorded(), because the identity must be known.
 * Return: 0, or -1 with ERR_INPUT for a file that is there but malformed.
 */
int host_ports_recorded(struct arena *arena, const struct container *container, int dirfd, struct host *host,
			struct err *err) MUST_CHECK;

/**
 * host_sandbox_recorded() - the same for what the sandbox's spec tells: "sandbox-config.json" below the recording @dirfd
 *
 * Adds to the ports of host_ports_recorded(), if these were asked for.
 * Return: 0, or -1 with ERR_SYSTEM: out of memory.
 */
int host_sandbox_recorded(struct arena *arena, const struct container *container, int dirfd, unsigned facts,
			  struct host *host, struct err *err) MUST_CHECK;

/** SANDBOX_CONFIG - where a recording keeps the spec of the pod's sandbox */
#define SANDBOX_CONFIG "sandbox-config.json"

/** sandbox_text() - that spec, as the engine keeps it. Return: false if there is none that is needed and can be read. */
bool sandbox_text(struct arena *arena, const struct container *container, struct text *ret_text) MUST_CHECK;

/**
 * sandbox_doubt() - does the spec of the pod's sandbox, where the engine keeps it, contradict the container's identity?
 *
 * Live alone. Return: why the identity is not to be trusted; NULL: no contradiction, or no sandbox's spec to be found.
 */
const char *sandbox_doubt(struct arena *arena, const struct container *container);

/** host_namespaces_judge() - fill in @shared of every namespace from inodes and the spec's entries */
void host_namespaces_judge(struct host *host, const struct container *container);

/** host_id_of() - host id of a container id through @map. Return: -1 if unmapped. */
int64_t host_id_of(const struct id_mappings *map, int64_t id);

#endif
