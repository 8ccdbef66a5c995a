/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime wrapper: an engine calls it in place of runc or crun. What makes
 * a container or a process in one is judged, amended or refused; everything
 * else is handed on as it came. It never reads stdin and leaves every descriptor
 * open, and it never forks (but for a user namespace that is pinned to a file,
 * enforce/host/userns.c): in the end the runtime runs in this very process.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/fs.h"
#include "runtime.h"
#include "verbs.h"

/* One call of the wrapper, from argv to the exec. */
struct call {
	struct runtime_guard guard;
	struct run run;
	const char *name; /* "ocigate-runtime" */
	struct runtime_args args;
	struct real_runtime runtime;
};

static int refuse(struct call *call)
{
	run_record(&call->run);
	runtime_refuse(&call->args, runtime_is_crun(&call->runtime), decision_line(&call->run.decision));
	return ERR_DENIED;
}

/* Comes back only with a reason to refuse. */
static int become_runtime(struct call *call)
{
	struct err err;

	call->args.argv[0] = call->runtime.path;
	runtime_guard_end(&call->guard);
	(void)execveat(call->runtime.fd, "", (char *const *)(uintptr_t)call->args.argv, environ, AT_EMPTY_PATH);
	(void)err_sys(&err, ERR_SYSTEM, errno, "the runtime %s cannot be started", call->runtime.path);
	decision_refuse(&call->run.decision, &err);
	return refuse(call);
}

/* A node must be able to stop and remove its containers even when there is no usable policy. */
static int find_without_policy(struct call *call, struct err *err)
{
	policy_builtin(&call->run.policy_own);
	call->run.policy = &call->run.policy_own;
	return runtime_find(&call->run.arena, call->run.policy, call->name, runtime_maker(&call->args), &call->runtime,
			    err);
}

static int pass_on(struct call *call)
{
	struct run *run = &call->run;
	struct err err, unloaded;
	const bool loaded = policy_load(&run->arena, &policy_dirs_default, &run->policy_own, &unloaded) == 0;

	if (!loaded || runtime_find(&run->arena, &run->policy_own, call->name, runtime_maker(&call->args),
				    &call->runtime, &err) < 0) {
		struct err without;

		if (find_without_policy(call, &without) < 0) {
			decision_refuse(&run->decision, loaded ? &err : &without);
			return refuse(call);
		}
	}
	run->policy = &run->policy_own;
	if (call->args.note) {
		run->decision.verdict = VERDICT_ADMIT;
		decision_note(&run->decision, "%s", call->args.note);
		run_record(run);
	}
	return become_runtime(call);
}

/* runc and crun restore a process with another label if they are told to. */
static int check_lsm_profile(const struct call *call, struct err *err)
{
	const struct process *process = &call->run.container.process;
	const char *told = call->args.values[VALUE_LSM_PROFILE], *own;

	if (!told)
		return 0;
	if (strncmp(told, "apparmor:", 9) == 0)
		own = process->apparmor_profile;
	else if (strncmp(told, "selinux:", 8) == 0)
		own = process->selinux_label;
	else
		return err_set(err, ERR_USAGE, "refuses --lsm-profile %.80s: it names neither apparmor nor selinux",
			       told);
	told = strchr(told, ':') + 1;
	if (!own || strcmp(own, told) != 0)
		return err_set(err, ERR_USAGE, "refuses --lsm-profile: %.80s is not the label of config.json", told);
	return 0;
}

const char *runtime_handler(const char *name)
{
	static const char prefix[] = "ocigate-";

	return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

/* The spec makes namespaces and mounts; user, capabilities and filter are those of the process that was saved. */
static int check_restore(struct call *call, struct err *err)
{
	if (call->args.verb != VERB_RESTORE)
		return 0;
	if (!call->run.policy->restore)
		return err_set(err, ERR_DENIED,
			       "refuses restore: the processes of a checkpoint bring their own user, capabilities and "
			       "filter along, which nobody can judge (the node's owner may allow it: \"restore\" in "
			       "\"runtime\")");
	decision_note(&call->run.decision,
		      "restored: what its processes hold comes from the checkpoint and was not judged");
	return check_lsm_profile(call, err);
}

/* crun alone knows the option; podman gives it for --cgroups=disabled. */
static bool has_no_cgroup(const struct runtime_args *args)
{
	const char *manager = args->values[VALUE_CGROUP_MANAGER];

	return manager && strcmp(manager, "disabled") == 0;
}

static int judge_bundle(struct call *call, struct bundle *bundle, struct err *err)
{
	struct run *run = &call->run;
	struct amend_job job = {
		.run = run,
		.restore = call->args.verb == VERB_RESTORE,
		.reread = bundle_reread,
	};
	struct text text;

	if (runtime_self(&run->arena, &job.hook, err) < 0 ||
	    bundle_open(run, call->args.values[VALUE_BUNDLE], bundle, err) < 0)
		return -1;
	if (bundle_read(run, bundle, call->args.id, err) < 0) {
		decision_fail(&run->decision, err);
		return 0;
	}
	if (check_restore(call, err) < 0)
		return -1;
	run_identity(run, bundle->owner);
	run->container.identity.handler = runtime_handler(call->name);
	run->container.unheld = run->container.unheld || has_no_cgroup(&call->args);
	if (host_live(&run->arena, &run->container, NULL, engine_facts(run->policy, &run->container), &run->host, err) <
	    0)
		return -1;
	runtime_judge(&job, &text);
	if (run->decision.verdict != VERDICT_ADMIT)
		return 0;
	if (text.bytes != run->text.bytes && bundle_write(bundle, &text, err) < 0)
		return -1;
	return bundle_unchanged(bundle, err);
}

static int enforce(struct call *call)
{
	struct bundle bundle = {.fd = -1};
	struct run *run = &call->run;
	struct err err = {0};
	int rc = 0;

	if (run_policy(run, &policy_dirs_default) < 0)
		return refuse(call);
	if (runtime_find(&run->arena, run->policy, call->name, runtime_maker(&call->args), &call->runtime, &err) < 0) {
		decision_refuse(&run->decision, &err);
		return refuse(call);
	}
	run_take_policy(run);
	/* Without a container id nothing can start: the runtime says what is missing, or helps. */
	if (call->args.incomplete)
		return become_runtime(call);
	run->decision.id = call->args.id;
	if (call->args.verb == VERB_EXEC)
		runtime_exec(run, &call->args, &call->runtime, call->name);
	else
		rc = judge_bundle(call, &bundle, &err);
	if (rc < 0)
		decision_refuse(&run->decision, &err);
	if (run->decision.verdict != VERDICT_ADMIT)
		return refuse(call);
	run_record(run);
	return become_runtime(call);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int verb_runtime(int argc, char **argv)
{
	static struct call call = {.runtime = {.fd = -1}};
	const char *name = base_name(argv[0]);
	struct err err;
	int rc;

	memory_warm();
	runtime_guard_start(&call.guard);
	/* `ocigate runtime ...`: argv[0] is the verb. */
	call.name = strcmp(name, "runtime") == 0 ? "ocigate-runtime" : name;
	run_start(&call.run, "runtime");
	rc = runtime_args_parse(&call.run.arena, argc, argv, &call.args, &err);
	if (call.args.verb == VERB_EXEC)
		call.run.decision.stage = "exec";
	if (rc < 0) {
		decision_refuse(&call.run.decision, &err);
		return refuse(&call);
	}
	return call.args.verb == VERB_OTHER ? pass_on(&call) : enforce(&call);
}
