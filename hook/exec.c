/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: a process in a container that runs already. No hook ever sees one, so
 * the wrapper is the only gate. It comes as a document (engines) or as options
 * (people), and is judged by the rules that know a process, and against the
 * process that the container was created with.
 */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ocigate/fs.h"

/* struct exec - @created: the container's own process; @document: does the exec come as one? */
struct exec {
	struct run *run;
	struct runtime_args *args;
	const struct real_runtime *runtime;
	const char *wrapper;
	struct process created;
	bool document;
};

static void forget_container(struct run *run, const char *id)
{
	run->container = (struct container){.id = id, .bundle = "", .rootfs = "", .oci_version = "", .hostname = ""};
	run->container.root_path = "";
}

/*
 * The container's own bundle. One that cannot be read strictly was not admitted by ocigate: it is older, and the exec is
 * judged by the policy alone.
 */
static int read_container(struct exec *exec, const struct state *state, struct err *err)
{
	struct run *run = exec->run;
	struct bundle bundle = {.fd = -1};
	int rc;

	if (bundle_open(run, state->bundle, &bundle, err) < 0)
		return -1;
	rc = bundle_read(run, &bundle, exec->args->id, err);
	(void)close(bundle.fd);
	if (rc == 0) {
		exec->created = run->container.process;
		run->container.created = &exec->created;
		run_identity(run, bundle.owner);
		return 0;
	}
	if (err->kind == ERR_SYSTEM)
		return -1;
	decision_note(&run->decision, "the container's own config.json is of no use (%s): judged by the policy alone",
		      err->text);
	forget_container(run, exec->args->id);
	run->container.bundle = bundle.path;
	run_identity(run, bundle.owner);
	return 0;
}

static int find_container(struct exec *exec, struct err *err)
{
	struct run *run = exec->run;
	struct state state;
	bool known;

	forget_container(run, exec->args->id);
	if (exec_find_container(&run->arena, exec->args, exec->runtime, &state, &known, err) < 0)
		return -1;
	if (known)
		return read_container(exec, &state, err);
	decision_note(&run->decision, "the runtime knows no such container: judged by the policy alone");
	run_identity(run, BUNDLE_OWNER_UNKNOWN);
	return 0;
}

static int read_document(struct exec *exec, const char *path, struct err *err)
{
	struct run *run = exec->run;
	FD_AUTO int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_INPUT, errno, "the process document %s cannot be opened", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "the process document %s is not a file", path);
	if (fs_read_regular(&run->arena, fd, path, (size_t)run->policy->config_max, &st, &run->text.bytes,
			    &run->text.len, err) < 0)
		return -1;
	return spec_parse_process(&run->arena, &run->text, &run->container.process, err);
}

static int read_process(struct exec *exec, struct err *err)
{
	struct run *run = exec->run;

	run->container.exec = true;
	if (exec->document)
		return read_document(exec, exec->args->values[VALUE_PROCESS], err);
	if (!run->container.created)
		return err_set(err, ERR_INPUT, "cannot tell what an exec into %s would run as: its bundle is not known",
			       exec->args->id);
	return exec_process_from_options(&run->arena, exec->args, runtime_is_crun(exec->runtime), &exec->created,
					 &run->container.process, err);
}

static int reread(const struct amend_job *job, struct run *again, const struct text *text, unsigned facts,
		  struct err *err)
{
	(void)facts; /* of the container, which stays as it is */
	again->text = *text;
	return spec_parse_process(&job->run->arena, text, &again->container.process, err);
}

/* Options cannot be amended: what would be, is refused. */
static void judge_options(struct run *run)
{
	run_judge(run, JUDGE_RUNTIME);
	for (size_t i = 0; i < run->decision.findings.n; i++)
		if (run->decision.findings.items[i].effect == EFFECT_APPLY)
			run->decision.findings.items[i].effect = EFFECT_DENY;
	engine_conclude(&run->decision);
}

static int judge(struct exec *exec, struct err *err)
{
	struct run *run = exec->run;
	struct amend_job job = {.run = run, .reread = reread};
	struct text text;

	if (host_live(&run->arena, &run->container, NULL, engine_facts(run->policy, &run->container), &run->host, err) <
	    0)
		return -1;
	if (!exec->document) {
		judge_options(run);
		return 0;
	}
	runtime_judge(&job, &text);
	return run->decision.verdict == VERDICT_ADMIT ? exec_hand_over(&run->arena, exec->args, &text, err) : 0;
}

void runtime_exec(struct run *run, struct runtime_args *args, const struct real_runtime *runtime, const char *wrapper)
{
	struct exec exec = {run, args, runtime, wrapper, {0}, args->values[VALUE_PROCESS] != NULL};
	struct err err = {0};

	/* Without a command there is nothing to judge or to run: the runtime says so. */
	if (!exec.document && args->command.n == 0) {
		run->decision.verdict = VERDICT_ADMIT;
		return;
	}
	if (find_container(&exec, &err) < 0) {
		decision_refuse(&run->decision, &err);
		return;
	}
	run->container.identity.handler = runtime_handler(wrapper);
	if (read_process(&exec, &err) < 0)
		decision_fail(&run->decision, &err);
	else if (judge(&exec, &err) < 0)
		decision_refuse(&run->decision, &err);
}
