/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From runc 1.0 to 1.5 and crun 0.20 to 1.29. An option that only one of them
 * has is passed on all the same: the other refuses it itself.
 */
#include "runtime_flags.h"

const struct flag runtime_flags[] = {
	/* in front of the verb */
	{"debug", 0, FLAG_SWITCH, ON_GLOBAL, VALUE_NONE, NULL},
	{"log", 0, FLAG_VALUE, ON_GLOBAL, VALUE_LOG, NULL},
	{"log-format", 0, FLAG_VALUE, ON_GLOBAL, VALUE_LOG_FORMAT, NULL},
	{"log-level", 0, FLAG_VALUE, ON_GLOBAL, VALUE_NONE, NULL}, /* crun */
	{"root", 0, FLAG_VALUE, ON_GLOBAL, VALUE_ROOT, NULL},
	{"systemd-cgroup", 0, FLAG_SWITCH, ON_GLOBAL, VALUE_NONE, NULL},
	{"cgroup-manager", 0, FLAG_VALUE, ON_GLOBAL, VALUE_CGROUP_MANAGER, NULL}, /* crun */
	{"rootless", 0, FLAG_VALUE, ON_GLOBAL, VALUE_NONE, NULL},
	{"criu", 0, FLAG_VALUE, ON_GLOBAL, VALUE_NONE, NULL}, /* runc up to 1.3 */
	{"version", 'v', FLAG_HELP, ON_GLOBAL, VALUE_NONE, NULL},
	{"help", 'h', FLAG_HELP, ON_GLOBAL | ON_VERBS, VALUE_NONE, NULL},
	{"usage", 0, FLAG_HELP, ON_GLOBAL | ON_VERBS, VALUE_NONE, NULL}, /* crun */

	/* what makes a container */
	{"bundle", 'b', FLAG_VALUE, ON_BUNDLE, VALUE_BUNDLE, NULL},
	{"config", 'f', FLAG_REFUSED, ON_BUNDLE, VALUE_NONE,
	 "it makes the runtime read another file than the config.json that is judged"},
	{"console-socket", 0, FLAG_VALUE, ON_VERBS, VALUE_NONE, NULL},
	{"pidfd-socket", 0, FLAG_VALUE, ON_START | ON_EXEC, VALUE_NONE, NULL},
	{"pid-file", 0, FLAG_VALUE, ON_VERBS, VALUE_NONE, NULL},
	{"preserve-fds", 0, FLAG_VALUE, ON_START | ON_EXEC, VALUE_PRESERVE_FDS, NULL},
	{"no-pivot", 0, FLAG_SWITCH, ON_BUNDLE, VALUE_NONE, NULL},
	{"no-new-keyring", 0, FLAG_SWITCH, ON_START, VALUE_NONE, NULL},
	{"no-subreaper", 0, FLAG_SWITCH, ON_BUNDLE, VALUE_NONE, NULL},
	{"detach", 'd', FLAG_SWITCH, ON_RUN | ON_RESTORE | ON_EXEC, VALUE_NONE, NULL},
	{"keep", 0, FLAG_SWITCH, ON_RUN, VALUE_NONE, NULL},

	/* restore */
	{"image-path", 0, FLAG_VALUE, ON_RESTORE, VALUE_NONE, NULL},
	{"work-path", 0, FLAG_VALUE, ON_RESTORE, VALUE_NONE, NULL},
	{"tcp-established", 0, FLAG_SWITCH, ON_RESTORE, VALUE_NONE, NULL},
	{"tcp-close", 0, FLAG_SWITCH, ON_RESTORE, VALUE_NONE, NULL}, /* crun */
	{"ext-unix-sk", 0, FLAG_SWITCH, ON_RESTORE, VALUE_NONE, NULL},
	{"shell-job", 0, FLAG_SWITCH, ON_RESTORE, VALUE_NONE, NULL},
	{"file-locks", 0, FLAG_SWITCH, ON_RESTORE, VALUE_NONE, NULL},
	{"manage-cgroups-mode", 0, FLAG_VALUE, ON_RESTORE, VALUE_NONE, NULL},
	{"network-lock", 0, FLAG_VALUE, ON_RESTORE, VALUE_NONE, NULL}, /* crun */
	{"empty-ns", 0, FLAG_LIST, ON_RESTORE, VALUE_NONE, NULL},
	{"auto-dedup", 0, FLAG_SWITCH, ON_RESTORE, VALUE_NONE, NULL},
	{"lazy-pages", 0, FLAG_SWITCH, ON_RESTORE, VALUE_NONE, NULL},
	{"lsm-profile", 0, FLAG_VALUE, ON_RESTORE, VALUE_LSM_PROFILE, NULL},
	{"lsm-mount-context", 0, FLAG_VALUE, ON_RESTORE, VALUE_NONE, NULL},

	/* exec */
	{"process", 'p', FLAG_VALUE, ON_EXEC, VALUE_PROCESS, NULL},
	{"user", 'u', FLAG_VALUE, ON_EXEC, VALUE_USER, NULL},
	{"additional-gids", 'g', FLAG_LIST, ON_EXEC, VALUE_GROUPS, NULL},
	{"cwd", 0, FLAG_VALUE, ON_EXEC, VALUE_CWD, NULL},
	{"env", 'e', FLAG_LIST, ON_EXEC, VALUE_ENV, NULL},
	{"tty", 't', FLAG_SWITCH, ON_EXEC, VALUE_TTY, NULL},
	{"apparmor", 0, FLAG_VALUE, ON_EXEC, VALUE_APPARMOR, NULL},
	{"process-label", 0, FLAG_VALUE, ON_EXEC, VALUE_LABEL, NULL},
	{"no-new-privs", 0, FLAG_SWITCH, ON_EXEC, VALUE_NO_NEW_PRIVS, NULL},
	{"cap", 'c', FLAG_LIST, ON_EXEC, VALUE_CAP, NULL},
	{"cgroup", 0, FLAG_REFUSED, ON_EXEC, VALUE_NONE,
	 "with it crun puts the process outside its container's cgroup, where neither devices nor limits are held"},
	{"ignore-paused", 0, FLAG_SWITCH, ON_EXEC, VALUE_NONE, NULL},
};
const size_t n_runtime_flags = sizeof(runtime_flags) / sizeof(runtime_flags[0]);

const struct verb runtime_verbs[] = {
	{"create", VERB_CREATE, NULL},
	{"run", VERB_RUN, NULL},
	{"restore", VERB_RESTORE, NULL},
	{"exec", VERB_EXEC, NULL},
	{"start", VERB_OTHER, NULL},
	{"state", VERB_OTHER, NULL},
	{"list", VERB_OTHER, NULL},
	{"kill", VERB_OTHER, NULL},
	{"delete", VERB_OTHER, NULL},
	{"pause", VERB_OTHER, NULL},
	{"resume", VERB_OTHER, NULL},
	{"ps", VERB_OTHER, NULL},
	{"events", VERB_OTHER, NULL},
	{"update", VERB_OTHER, NULL},
	{"checkpoint", VERB_OTHER, NULL},
	{"spec", VERB_OTHER, NULL},
	{"features", VERB_OTHER, NULL},
	{"info", VERB_OTHER, NULL}, /* youki */
	{"version", VERB_OTHER, NULL},
	{"help", VERB_OTHER, NULL},
	{"h", VERB_OTHER, NULL},
	{"init", VERB_OTHER, "it is the runtime's own inner step, never called from outside"},
	{"mounts", VERB_OTHER, "it would change the mounts of a container that runs, unjudged"},
};
const size_t n_runtime_verbs = sizeof(runtime_verbs) / sizeof(runtime_verbs[0]);
