/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node itself: policy, records, what the kernel can enforce, and the real
 * runtimes behind the wrappers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>

#include "doctor.h"
#include "ocigate/decision.h"
#include "ocigate/fs.h"
#include "runtime.h"

/*
 * A version below @fixed, of @line (its first two numbers; 0 0: of any line), built with @part.
 * @limited: it reaches the node's files, but gives nobody the node
 */
struct escape {
	const char *runtime;
	const char *part;
	int line[2];
	int fixed[3];
	bool limited;
	const char *name;
	const char *source;
};

#define RUNC_2025	 "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881"
#define RUNC_2025_SOURCE "runc's advisories GHSA-9493-h29p-rfm2, GHSA-qw9x-cqr3-wc7r, GHSA-cgrx-mc8f-2prm"
#define RUNC_2026_SOURCE "runc's advisory GHSA-xjvp-4fhw-gc47"

/* From the advisories and release notes of the runtimes' own projects, up to September 2026; only what leads out of a container. */
static const struct escape escapes[] = {
	{"runc", "", {0, 0}, {1, 1, 12}, false, "CVE-2024-21626", "runc's advisory GHSA-xr7r-f8xq-vfvv"},
	{"runc", "", {0, 0}, {1, 2, 8}, false, RUNC_2025, RUNC_2025_SOURCE},
	{"runc", "", {1, 3}, {1, 3, 3}, false, RUNC_2025, RUNC_2025_SOURCE},
	{"runc", "", {0, 0}, {1, 3, 6}, true, "CVE-2026-41579", RUNC_2026_SOURCE},
	{"runc", "", {1, 4}, {1, 4, 3}, true, "CVE-2026-41579", RUNC_2026_SOURCE},
	{"crun", "+LIBKRUN", {0, 0}, {1, 20, 0}, false, "CVE-2025-24965", "crun's advisory GHSA-f42g-r5jj-qh4j"},
	{"crun", "+LIBKRUN", {0, 0}, {1, 30, 1}, false, "CVE-2026-84042", "what others report of crun 1.30.1"},
	{"crun", "", {0, 0}, {1, 28, 0}, true, "CVE-2026-47766", "crun's release notes of 1.28"},
	{"crun", "", {0, 0}, {1, 30, 0}, true, "CVE-2026-88264, CVE-2026-88265", "crun's release notes of 1.30"},
};

static int compare(const int *a, const int *b)
{
	for (int i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static bool hit(const struct escape *escape, const char *runtime, const char *said, const int *version)
{
	if (strcmp(escape->runtime, runtime) != 0 || !strstr(said, escape->part) ||
	    compare(version, escape->fixed) >= 0)
		return false;
	return escape->line[0] == 0 || (version[0] == escape->line[0] && version[1] == escape->line[1]);
}

/* "runc version 1.1.5+ds1-1+deb12u1": what a distributor adds says that fixes may be in all the same. */
static void judge_version(struct doctor *doctor, const char *path, const char *said)
{
	const char *name = strncmp(said, "crun", 4) == 0 ? "crun" : "runc", *at = strstr(said, "version ");
	char own[64];
	int version[3] = {0};
	bool known = false, patched;

	if (!at || sscanf(at + 8, "%d.%d.%d", &version[0], &version[1], &version[2]) < 2) { /* NOLINT(cert-err34-c) */
		diagnose(doctor, HEALTH_WARNING, "node", "see that it runs at all, and which version it is",
			 "%s does not tell its version", path);
		return;
	}
	(void)snprintf(own, sizeof(own), "%.*s", (int)strcspn(at + 8, " \n"), at + 8);
	patched = strchr(own, '+') != NULL || strstr(own, "ubuntu") != NULL;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		const struct escape *escape = &escapes[i];

		if (!hit(escape, name, said, version))
			continue;
		known = true;
		diagnose(doctor, patched || escape->limited ? HEALTH_WARNING : HEALTH_FAULT, "node",
			 patched ? "ask the distributor's security tracker whether the fix is in this package"
				 : "upgrade the runtime",
			 "%s is %s %s: %s %s%s%s, mended in %d.%d.%d (%s)", path, name, own, escape->name,
			 escape->limited ? "let" : "lead", strchr(escape->name, ',') ? "" : "s",
			 escape->limited ? " an image reach files of the node" : " out of containers", escape->fixed[0],
			 escape->fixed[1], escape->fixed[2], escape->source);
	}
	if (!known)
		diagnose(doctor, HEALTH_OK, "node", "", "%s is %s %s: no known escape", path, name, own);
}

static void look_at_runtime(struct doctor *doctor, const char *path, const char **known, size_t *n_known)
{
	const char *said, *argv[] = {path, "--version", NULL};

	for (size_t i = 0; i < *n_known; i++)
		if (strcmp(known[i], path) == 0)
			return;
	known[(*n_known)++] = path;
	if (doctor_run(doctor, argv, &said) != 0)
		diagnose(doctor, HEALTH_FAULT, "node", "install the runtime anew", "%s does not run: %.200s", path,
			 said);
	else
		judge_version(doctor, path, said);
}

/* The wrapper's own search, with its reasons. */
static void look_behind(struct doctor *doctor, const char *wrapper, const char **known, size_t *n_known)
{
	const char *slash = strrchr(wrapper, '/');
	struct real_runtime runtime = {.fd = -1};
	struct err err;

	if (runtime_find(doctor->arena, doctor->policy, slash ? slash + 1 : wrapper, MAKER_UNKNOWN, &runtime, &err) <
	    0) {
		diagnose(doctor, HEALTH_FAULT, "node", "name the real runtime in the policy: runtime, candidates",
			 "behind %s: %s", wrapper, err.text);
		return;
	}
	fd_close(&runtime.fd);
	if (strncmp(strrchr(runtime.path, '/') + 1, "ocigate", strlen("ocigate")) == 0) {
		diagnose(doctor, HEALTH_FAULT, "node", "name the real runtime in the policy: runtime, candidates",
			 "behind %s stands ocigate itself: %s", wrapper, runtime.path);
		return;
	}
	look_at_runtime(doctor, runtime.path, known, n_known);
}

static void look_at_policy(struct doctor *doctor)
{
	struct policy *policy = arena_alloc(doctor->arena, sizeof(*policy));
	struct err err;

	if (!policy || policy_load(doctor->arena, &policy_dirs_default, policy, &err) < 0) {
		diagnose(doctor, HEALTH_FAULT, "node", "mend what is named; then: ocigate policy check",
			 "every container is refused: there is no policy to go by: %s",
			 policy ? err.text : "out of memory");
		return;
	}
	doctor->policy = policy;
	if (policy->stale)
		diagnose(doctor, HEALTH_FAULT, "node", "mend what is named; then: ocigate policy check",
			 "the policy is stale: %s", policy->stale);
	else
		diagnose(doctor, HEALTH_OK, "node", "", "the policy is good, %s", policy->digest);
	if (policy->note)
		diagnose(
			doctor, HEALTH_FAULT, "node",
			"make /var/lib/ocigate a directory that root can write: without it a slip in a drop-in refuses "
			"everything",
			"%s", policy->note);
	if (policy->rules[RULE_host_namespaces].effect != EFFECT_DENY)
		diagnose(doctor, HEALTH_WARNING, "node", "see ocigate policy show",
			 "the policy does not refuse containers that share the host's namespaces");
}

/* Return: why no decision's record would come there, or NULL. */
static const char *log_fault(const char *path)
{
	struct stat st;
	FD_AUTO int fd = decision_log_open(path, &st);
	struct statvfs space;

	if (fd < 0)
		return errno != 0 ? strerror(errno) : "it must be a regular file, of root, not writable by others";
	return fstatvfs(fd, &space) == 0 && space.f_bfree == 0 ? strerror(ENOSPC) : NULL;
}

/* The socket of a daemon that died stays behind. */
static bool syslog_listens(void)
{
	static const struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	FD_AUTO int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&log, sizeof(log)) == 0;
}

static void look_at_records(struct doctor *doctor)
{
	const char *file = doctor->policy ? doctor->policy->log_file : NULL;
	const char *fault = file ? log_fault(file) : NULL;
	const bool syslog = (!doctor->policy || doctor->policy->syslog) && syslog_listens();

	if (fault)
		diagnose(doctor, HEALTH_FAULT, "node", "mend the file, make room, or name another one: log, file",
			 "decisions cannot be written to %s: %s", file, fault);
	else if (file)
		diagnose(doctor, HEALTH_OK, "node", "", "decisions are written to %s", file);
	if (syslog)
		diagnose(doctor, HEALTH_OK, "node", "", "decisions go to syslog, identifier ocigate");
	else if (!file)
		diagnose(doctor, HEALTH_FAULT, "node",
			 "start a syslog service, or name a file in the policy: log, file",
			 "decisions are recorded nowhere: nobody listens at /dev/log and the policy names no file");
}

static void look_at_apparmor(struct doctor *doctor)
{
	static const char *const usual[] = {"cri-containerd.apparmor.d (", "docker-default (", "crio-default (",
					    "containers-default-"};
	size_t len;
	const char *enabled = doctor_read(doctor, "/sys/module/apparmor/parameters/enabled", &len);
	const char *loaded = doctor_read(doctor, "/sys/kernel/security/apparmor/profiles", &len);

	if (!enabled || enabled[0] != 'Y') {
		diagnose(doctor, HEALTH_OK, "node", "",
			 "the kernel has no AppArmor; the rule says what that means here");
		return;
	}
	for (size_t i = 0; loaded && i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (strstr(loaded, usual[i])) {
			diagnose(doctor, HEALTH_OK, "node", "", "AppArmor has an engine's default profile loaded");
			return;
		}
	}
	diagnose(doctor, HEALTH_FAULT, "node",
		 "start a container by each engine, which loads its profile, or: apparmor_parser -r the profile",
		 "AppArmor is on, but no default profile of an engine is loaded: containers that need it are refused");
}

static void look_at_kernel(struct doctor *doctor)
{
	look_at_apparmor(doctor);
	if (access("/proc/sys/kernel/seccomp/actions_avail", F_OK) < 0)
		diagnose(doctor, HEALTH_WARNING, "node", "take a kernel with CONFIG_SECCOMP_FILTER",
			 "the kernel does not tell that it can filter system calls");
	else
		diagnose(doctor, HEALTH_OK, "node", "", "the kernel filters system calls (seccomp)");
	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
		diagnose(doctor, HEALTH_OK, "node", "", "cgroups are version 2");
	else if (access("/sys/fs/cgroup/devices", F_OK) == 0)
		diagnose(doctor, HEALTH_OK, "node", "", "cgroups are version 1");
	else
		diagnose(doctor, HEALTH_WARNING, "node", "mount cgroups at /sys/fs/cgroup",
			 "there are no cgroups: limits and device rules do not hold");
}

void doctor_node(struct doctor *doctor)
{
	const char *known[WRAPPERS_MAX + HOOKED_MAX];
	size_t n_known = 0;

	look_at_policy(doctor);
	look_at_records(doctor);
	look_at_kernel(doctor);
	for (size_t i = 0; doctor->policy && i < doctor->n_wrappers; i++)
		look_behind(doctor, doctor->wrappers[i], known, &n_known);
	for (size_t i = 0; doctor->policy && i < doctor->n_hooked; i++) {
		if (doctor->hooked[i].runtime)
			look_at_runtime(doctor, doctor->hooked[i].runtime, known, &n_known);
		else
			look_behind(doctor, "ocigate-runtime", known, &n_known);
	}
}
