/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a container that runs already. It may end at any moment: what was
 * found out about it then is dropped, and that is no error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "ocigate/fs.h"
#include "report.h"
#include "run.h"

enum { SETTLED_SECONDS = 2 };

/** struct look - one judgement: @status is filled in when @judged; @before and @refused_before for a comparison */
struct look {
	struct run run;
	bool judged;
	enum report_status status[RULE_COUNT];
	enum verdict before;
	uint64_t refused_before;
};

/* The same container and the same facts under the policy in force. */
static int judge_current(const struct survey *survey, struct look *look, struct err *err)
{
	struct run *run = &look->run;
	const struct decision proposed = run->decision;

	decision_init(&run->decision, &run->arena, "report");
	run->decision.time_us = proposed.time_us;
	run->policy = survey->current;
	run_judge(run, survey->as);
	if (survey->as == JUDGE_RUNTIME && run_plan_amendments(run, err) < 0)
		return -1;
	look->before = run->decision.verdict;
	look->refused_before = report_refusing(&run->decision);
	run->decision = proposed;
	run->policy = survey->report->policy;
	return 0;
}

static unsigned wanted_facts(const struct survey *survey, const struct container *container)
{
	unsigned facts = engine_facts(survey->report->policy, container);

	return survey->current ? facts | engine_facts(survey->current, container) : facts;
}

/*
 * podman run by a user: whoever vouches for root's containers vouches for none of a user's, but podman gives a container no
 * names that could be claimed. Behind that user and root nobody may write there.
 */
static bool is_users_own(const struct candidate *candidate, const struct container *container)
{
	struct stat st;

	return container->identity.engine == ENGINE_PODMAN && stat(candidate->bundle, &st) == 0 && st.st_uid != 0 &&
	       bundle_owner_for(candidate->bundle, st.st_uid) == BUNDLE_OWNER_ROOT;
}

/*
 * A user's engine mounts in a mount namespace of its own, whose mounts the node does not show: what it mounts is told by the
 * spec; what the kernel says of namespaces and ids counts all the same.
 */
static int find_users_facts(struct run *run, const struct state *state, unsigned facts, struct err *err)
{
	struct host effective;

	if (host_live(&run->arena, &run->container, NULL, facts, &run->host, err) < 0)
		return -1;
	if (!state)
		return 0;
	if (host_live(&run->arena, &run->container, state, facts & (HOST_FACT_NAMESPACES | HOST_FACT_ID_MAPS),
		      &effective, err) < 0)
		return -1;
	memcpy(run->host.namespaces, effective.namespaces, sizeof(run->host.namespaces));
	run->host.id_maps_known = effective.id_maps_known;
	run->host.uid_map = effective.uid_map;
	run->host.gid_map = effective.gid_map;
	return 0;
}

static int find_facts(struct run *run, const struct candidate *candidate, const struct state *state, unsigned facts,
		      struct err *err)
{
	run_identity(run, bundle_owner_of(candidate->bundle));
	if (!is_users_own(candidate, &run->container))
		return host_live(&run->arena, &run->container, state, facts, &run->host, err);
	run_identity(run, BUNDLE_OWNER_ROOT);
	return find_users_facts(run, state, facts, err);
}

/* Return: 0 also where the spec's form is refused: that is a judgement. */
static int judge(const struct survey *survey, const struct candidate *candidate, int fd, struct look *look,
		 struct err *err)
{
	const struct state state = {.oci_version = "",
				    .id = candidate->id,
				    .status = "running",
				    .pid = candidate->pid,
				    .bundle = candidate->bundle};
	struct run *run = &look->run;

	run->decision.id = candidate->id;
	if (run_spec(run, fd, candidate->bundle, candidate->id) < 0) {
		look->before = VERDICT_DENY;
		look->refused_before = report_refusing(&run->decision);
		return 0;
	}
	if (find_facts(run, candidate, candidate->life == LIFE_RUNNING ? &state : NULL,
		       wanted_facts(survey, &run->container), err) < 0)
		return -1;
	run_judge(run, survey->as);
	report_statuses(survey->report, &run->container, &run->host, survey->as, &run->decision, look->status);
	look->judged = true;
	if (survey->as == JUDGE_RUNTIME && run_plan_amendments(run, err) < 0)
		return -1;
	return survey->current ? judge_current(survey, look, err) : 0;
}

static int take_over(const struct survey *survey, const struct candidate *candidate, struct look *look, struct err *err)
{
	struct report_subject *subject =
		report_add(survey->report, &look->run.decision, candidate->bundle,
			   candidate->life == LIFE_RUNNING ? candidate->pid : 0, look->judged ? look->status : NULL);

	if (!subject)
		return err_set(err, ERR_SYSTEM, "out of memory for the report");
	subject->before = look->before;
	subject->refused_before = look->refused_before;
	return 0;
}

/*
 * Without a process, a bundle that has lost its config.json, or has none yet, is of no container; one whose spec cannot be
 * read may be in the middle of being written.
 */
static bool is_no_container(const struct look *look, int fd)
{
	struct stat st;

	if (fstatat(fd, "config.json", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	return look->run.decision.error && (int64_t)st.st_mtime + SETTLED_SECONDS > now_us() / 1000000;
}

static bool has_ended(const struct candidate *candidate, const struct look *look, int fd, int process_fd)
{
	/* What cannot be told by the kernel for another reason is no end: the container stays in the report. */
	if (candidate->life == LIFE_RUNNING)
		return process_fd >= 0 && faccessat(process_fd, "ns", F_OK, 0) < 0 &&
		       (errno == ENOENT || errno == ESRCH);
	return is_no_container(look, fd);
}

int survey_candidate(const struct survey *survey, const struct candidate *candidate, struct err *err)
{
	FD_AUTO int fd = fs_open_dir(AT_FDCWD, candidate->config ? candidate->config : candidate->bundle);
	FD_AUTO int process_fd = -1;
	struct look look = {.judged = false};
	struct err why;
	char path[32];
	int result = 0;

	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)candidate->pid);
	if (fd < 0 && candidate->life != LIFE_RUNNING && errno == ENOENT)
		return 0;
	if (candidate->life == LIFE_RUNNING) {
		process_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (process_fd < 0 && errno == ENOENT) {
			survey->report->ended++;
			return 0;
		}
	}
	run_start(&look.run, "report");
	look.run.policy = survey->report->policy;
	look.run.decision.time_us = survey->report->time_us;
	if (fd < 0) {
		(void)err_sys(&why, ERR_INPUT, errno, "the bundle %s cannot be opened", candidate->bundle);
		(void)run_fail(&look.run, &why);
	} else if (judge(survey, candidate, fd, &look, &why) < 0) {
		(void)run_fail(&look.run, &why);
		look.judged = false;
	}
	look.run.decision.duration_us = ticks_us() - look.run.started_us;
	if (has_ended(candidate, &look, fd, process_fd))
		survey->report->ended++;
	else
		result = take_over(survey, candidate, &look, err);
	arena_release(&look.run.arena);
	return result;
}
