/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a started process really has. A hook is called when the runtime has let
 * init go, not when init has become the container's program: until then it has
 * neither its label nor, with no-new-privileges, its filter. So it counts only
 * once it is another program than the runtime's.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"
#include "view.h"

#include "ocigate/fs.h"

enum { STATUS_MAX = 8192, LABEL_MAX = 4096 };

static const char *value_of(const char *text, const char *key)
{
	const size_t len = strlen(key);
	const char *line = strncmp(text, key, len) == 0 ? text : NULL;

	for (const char *at = strchr(text, '\n'); !line && at; at = strchr(at + 1, '\n'))
		if (strncmp(at + 1, key, len) == 0)
			line = at + 1;
	return line ? line + len + strspn(line + len, " \t") : NULL;
}

static bool read_ids(const char *text, const char *key, int64_t ret_ids[4])
{
	const char *at = value_of(text, key);
	char *end;

	for (int i = 0; at && i < 4; i++) {
		ret_ids[i] = strtoll(at, &end, 10);
		at = end == at ? NULL : end;
	}
	return at != NULL;
}

static bool read_number(const char *text, const char *key, int base, uint64_t *ret_number)
{
	const char *at = value_of(text, key);
	char *end;

	if (!at)
		return false;
	*ret_number = strtoull(at, &end, base);
	return end != at && *end == '\n';
}

static const char *string_of(struct arena *arena, const char *text, const char *key)
{
	const char *value = value_of(text, key);

	return value ? arena_strndup(arena, value, strcspn(value, "\n")) : NULL;
}

int process_parse(struct arena *arena, const char *text, struct host_process *ret_process, struct err *err)
{
	static const char *const caps[CAPS_KINDS] = {"CapBnd:", "CapEff:", "CapInh:", "CapPrm:", "CapAmb:"};
	const char *root = value_of(text, "Root:");
	struct host_process process = {.known = true};
	uint64_t privileges = 0, mode = 0, filters = 0, inherited = 0;
	bool whole = read_ids(text, "Uid:", process.uid) && read_ids(text, "Gid:", process.gid);

	for (int kind = 0; kind < CAPS_KINDS; kind++)
		whole = whole && read_number(text, caps[kind], 16, &process.caps[kind]);
	/* A kernel without seccomp has no line about it: mode 0. */
	if (value_of(text, "Seccomp:"))
		whole = whole && read_number(text, "Seccomp:", 10, &mode);
	if (!whole || !read_number(text, "NoNewPrivs:", 10, &privileges))
		return err_set(err, ERR_INPUT, "process: not what /proc/PID/status holds");
	process.no_new_privileges = privileges == 1;
	process.seccomp_mode = (int64_t)mode;
	process.filters_known = read_number(text, "Seccomp_filters:", 10, &filters) &&
				read_number(text, "Runtime_filters:", 10, &inherited);
	process.filters_added = filters > inherited;
	process.apparmor = string_of(arena, text, "AppArmor:");
	process.writable = string_of(arena, text, "Writable:");
	process.unmasked = string_of(arena, text, "Unmasked:");
	process.unlocked = string_of(arena, text, "Unlocked:");
	if (root)
		process.root_read_only = strncmp(root, "ro", 2) == 0 ? TRI_YES : TRI_NO;
	*ret_process = process;
	return arena->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}

static bool has_ended(int procfd, char status[STATUS_MAX])
{
	const char *state;

	if (!text_read_small(procfd, "status", status, STATUS_MAX))
		return true;
	state = value_of(status, "State:");
	return !state || *state == 'Z' || *state == 'X';
}

/*
 * Has it executed nothing since it was forked? So is init in runc, crun and youki until it becomes the container's
 * program. PF_FORKNOEXEC of include/linux/sched.h; the seventh field behind the name in proc_pid_stat(5).
 */
static bool only_forked(int procfd)
{
	enum { FORKED_NO_EXEC = 0x40 };
	char stat[STATUS_MAX];
	const char *at = text_read_small(procfd, "stat", stat, sizeof(stat)) ? strrchr(stat, ')') : NULL;

	for (int field = 0; at && field < 7; field++)
		at = strchr(at + 1, ' ');
	return at && (strtoull(at, NULL, 10) & FORKED_NO_EXEC) != 0;
}

/* A runtime that executes once more in between: as itself, or, runc, as a sealed copy under a name of its own. */
static bool is_runtimes(int procfd, const struct stat *runtime, const char *status)
{
	static const char runc[] = "runc:[2:INIT]";
	const char *name = value_of(status, "Name:");
	struct stat own;

	if (only_forked(procfd))
		return true;
	if (name && strncmp(name, runc, sizeof(runc) - 1) == 0)
		return true;
	return fstatat(procfd, "exe", &own, 0) == 0 && own.st_dev == runtime->st_dev && own.st_ino == runtime->st_ino;
}

int64_t host_seccomp_filters(pid_t pid)
{
	char path[32], status[STATUS_MAX];
	uint64_t filters;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (!text_read_small(AT_FDCWD, path, status, sizeof(status)) ||
	    !read_number(status, "Seccomp_filters:", 10, &filters))
		return -1;
	return (int64_t)filters;
}

enum start host_process_read(struct arena *arena, int procfd, const struct host_runtime *runtime, struct host *host)
{
	char status[STATUS_MAX], label[LABEL_MAX];
	const char *text, *mountinfo, *inherited = "";
	struct err unread;

	if (has_ended(procfd, status))
		return START_ENDED;
	if (is_runtimes(procfd, &runtime->program, status))
		return START_NOT_YET;
	if (!text_read_small(procfd, "attr/apparmor/current", label, sizeof(label)) &&
	    (host->apparmor_enabled != TRI_YES || !text_read_small(procfd, "attr/current", label, sizeof(label))))
		label[0] = '\0';
	label[strcspn(label, "\n")] = '\0';
	mountinfo = mountinfo_read(arena, procfd);
	if (runtime->filters >= 0)
		inherited = arena_printf(arena, "Runtime_filters: %" PRId64 "\n", runtime->filters);
	/* Last, and anew: what a process that has ended shows is not what it had. */
	if (has_ended(procfd, status))
		return START_ENDED;
	text = inherited ? arena_printf(arena, "%s%s%s%s%s", status, inherited, label[0] ? "AppArmor: " : "", label,
					label[0] ? "\n" : "")
			 : NULL;
	if (text && process_parse(arena, text, &host->process, &unread) < 0)
		host->process.known = false;
	host->process.mountinfo = mountinfo;
	return START_RUNNING;
}
