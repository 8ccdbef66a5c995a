/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proof: two containers through each wrapper and with each hook that
 * engines are configured with, a good one that must run and one that shares
 * the host's processes and must not. Both would only print ocigate's version.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "doctor.h"
#include "ocigate/fs.h"
#include "runtime.h"

#define ASK                                                                                                            \
	"ocigate policy show tells which file says so; to let containers start until it is mended: EMERGENCY in "      \
	"ocigate(8)"

/*
 * struct way - how containers are started
 * @program: a wrapper, or a real runtime
 * @hook: the entry of a hook, or NULL
 * @name: of both, for people
 */
struct way {
	const char *program;
	const char *hook;
	const char *name;
};

/* "%s": hooks between their key and its end, an AppArmor profile; the pid namespace. */
static const char config[] =
	"{\"ociVersion\":\"1.0.2\",%s%s%s\"hostname\":\"doctor\",\"root\":{\"path\":\"rootfs\",\"readonly\":true},"
	"\"process\":{\"user\":{\"uid\":65534,\"gid\":65534},\"args\":[\"/ocigate\",\"--version\"],\"env\":[\"PATH=/"
	"\"],"
	"\"cwd\":\"/"
	"\",%s\"noNewPrivileges\":true,\"capabilities\":{\"bounding\":[],\"effective\":[],\"inheritable\":[],"
	"\"permitted\":[],\"ambient\":[]}},"
	"\"mounts\":[{\"destination\":\"/"
	"proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\",\"noexec\","
	"\"nodev\"]},{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\","
	"\"mode=755\",\"size=64k\"]}],"
	"\"linux\":{\"cgroupsPath\":\"/ocigate-doctor-%d\",\"namespaces\":[%s{\"type\":\"network\"},{\"type\":\"ipc\"},"
	"{\"type\":\"uts\"},{\"type\":\"mount\"}],\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]},"
	"\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/interrupts\",\"/proc/kcore\",\"/proc/keys\","
	"\"/proc/latency_stats\",\"/proc/sched_debug\",\"/proc/scsi\",\"/proc/timer_list\",\"/proc/timer_stats\","
	"\"/sys/devices/virtual/powercap\",\"/sys/firmware\"],"
	"\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]}}\n";

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

static void remove_all(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int copy_self(const char *path)
{
	FD_AUTO int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	FD_AUTO int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	if (from < 0 || to < 0 || fchmod(to, 0755) < 0)
		return -1;
	do {
		n = sendfile(to, from, NULL, (size_t)1 << 30);
	} while (n > 0);
	return n < 0 ? -1 : 0;
}

/* A profile that the rule apparmor takes, if the kernel has one. */
static const char *apparmor_of(struct doctor *doctor)
{
	static const char *const usual[] = {"cri-containerd.apparmor.d", "docker-default", "crio-default"};
	size_t len;
	const char *loaded = doctor_read(doctor, "/sys/kernel/security/apparmor/profiles", &len);

	for (size_t i = 0; loaded && i < 3; i++)
		if (strstr(loaded, usual[i]))
			return arena_printf(doctor->arena, "\"apparmorProfile\":\"%s\",", usual[i]);
	return "";
}

static const char *prepare(struct doctor *doctor, const char *directory)
{
	static const char *const parts[] = {"%s", "%s/rootfs", "%s/rootfs/proc", "%s/rootfs/dev", "%s/state"};
	char path[512];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(path, sizeof(path), i == 0 ? "%s" : "%s%s", directory, parts[i] + 2);
		if (mkdir(path, 0755) < 0)
			return arena_printf(doctor->arena, "%s: %s", path, strerror(errno));
		/* The container's user passes through all but the state's. */
		(void)chmod(path, 0755);
	}
	(void)snprintf(path, sizeof(path), "%s/rootfs/ocigate", directory);
	return copy_self(path) < 0 ? arena_printf(doctor->arena, "%s: %s", path, strerror(errno)) : NULL;
}

/* One container. Return: its exit status. */
static int start(struct doctor *doctor, const struct way *way, const char *directory, bool bad, const char **ret_said)
{
	const char *state = arena_printf(doctor->arena, "%s/state", directory);
	const char *id = arena_printf(doctor->arena, "ocigate-doctor-%d-%s", (int)getpid(), bad ? "bad" : "good");
	const char *text = arena_printf(doctor->arena, config, way->hook ? "\"hooks\":{\"createRuntime\":[" : "",
					way->hook ? way->hook : "", way->hook ? "]}," : "", apparmor_of(doctor),
					(int)getpid(), bad ? "" : "{\"type\":\"pid\"},");
	const char *run[] = {way->program, "--root", state, "run", "--bundle", directory, id, NULL};
	const char *clean[] = {way->program, "--root", state, "delete", "--force", id, NULL}, *ignored;
	FD_AUTO int fd = fs_open_dir(AT_FDCWD, directory);
	struct err err;
	int status;

	*ret_said = "out of memory";
	if (!state || !id || !text || fd < 0)
		return -1;
	if (fs_write_atomic(fd, "config.json", text, strlen(text), 0600, &err) < 0) {
		*ret_said = arena_printf(doctor->arena, "%s", err.text);
		return -1;
	}
	status = doctor_run(doctor, run, ret_said);
	(void)doctor_run(doctor, clean, &ignored);
	return status;
}

/* crun keeps what a hook says to itself; there it is enough that the same hook let the good container run. */
static bool refused(const struct way *way, bool good, const char *said)
{
	if (strstr(said, "ocigate: denied") && strstr(said, "host-namespaces"))
		return true;
	return way->hook && good && strstr(said, "error executing hook");
}

static void try_way(struct doctor *doctor, const struct way *way, const char *directory)
{
	const char *said;
	bool shut;
	const bool good = start(doctor, way, directory, false, &said) == 0 && strstr(said, "ocigate " OCIGATE_VERSION);

	shut = !good && strstr(said, "ocigate: denied");
	if (good)
		diagnose(doctor, HEALTH_OK, "node", "", "live: a good container runs through %s", way->name);
	else
		diagnose(doctor, HEALTH_FAULT, "node", shut ? ASK : "see what the runtime says",
			 "live: a good container does not run through %s: %.600s", way->name, said);
	if (start(doctor, way, directory, true, &said) == 0)
		diagnose(doctor, HEALTH_FAULT, "node", "see ocigate policy show: is anything refused at all?",
			 "live: a container that shares the host's processes runs through %s", way->name);
	else if (refused(way, good, said))
		diagnose(doctor, HEALTH_OK, "node", "",
			 "live: a container that shares the host's processes is refused by %s", way->name);
	else if (!shut || !strstr(said, "ocigate: denied")) /* a gate that refuses everything was told of already */
		diagnose(doctor, HEALTH_FAULT, "node", "see what the runtime says",
			 "live: a bad container fails through %s, but not because ocigate refused it: %.600s",
			 way->name, said);
}

static void try_in(struct doctor *doctor, const struct way *way, const char *directory)
{
	const char *fault;

	(void)umask(022);
	fault = prepare(doctor, directory);
	if (fault)
		diagnose(doctor, HEALTH_FAULT, "node", "see that root can write below /var/lib/ocigate", "live: %s",
			 fault);
	else
		try_way(doctor, way, directory);
	remove_all(directory);
}

/* The runtime that the engine names, else the one that wrappers find. */
static void try_hook(struct doctor *doctor, const struct hooked *hooked, const char *directory)
{
	struct real_runtime runtime = {.fd = -1, .path = hooked->runtime};
	struct way way = {.hook = hooked->entry};
	struct err err;

	if (!runtime.path && (!doctor->policy || runtime_find(doctor->arena, doctor->policy, "ocigate-runtime",
							      MAKER_UNKNOWN, &runtime, &err) < 0)) {
		diagnose(doctor, HEALTH_FAULT, "node", "name the real runtime in the policy: runtime, candidates",
			 "live: there is no runtime to try the hook %s with", hooked->program);
		return;
	}
	fd_close(&runtime.fd);
	way.program = runtime.path;
	way.name = arena_printf(doctor->arena, "the hook %s under %s", hooked->program, runtime.path);
	if (way.name)
		try_in(doctor, &way, directory);
}

static void make_parent(void)
{
	int fd = fs_open_private("/var/lib/ocigate");

	fd_close(&fd);
}

void doctor_live(struct doctor *doctor)
{
	/* Not below /run: that is mounted noexec on many systems, and so would be the container's program. */
	const char *directory = arena_printf(doctor->arena, DOCTOR_BUNDLES "%d", (int)getpid());

	/* Made if it is not there; whether it can be used shows below. */
	make_parent();
	for (size_t i = 0; directory && i < doctor->n_wrappers; i++)
		try_in(doctor, &(struct way){doctor->wrappers[i], NULL, doctor->wrappers[i]}, directory);
	for (size_t i = 0; directory && i < doctor->n_hooked; i++)
		try_hook(doctor, &doctor->hooked[i], directory);
	if (doctor->n_wrappers == 0 && doctor->n_hooked == 0)
		diagnose(doctor, HEALTH_FAULT, "node", doctor_installer(doctor, "", ""),
			 "live: no engine goes through a wrapper or a hook that works: there is nothing to try");
}
