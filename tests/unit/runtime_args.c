/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines as engines and people write them, what is judged of each, and what is handed on.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../hook/runtime_args.h"

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)1 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(runtime_args, .init = begin, .fini = finish);

/* Words of a command line, behind argv[0], separated by one space; "\x1f" stands for a space inside a word. */
static int split(const char *line, char **argv)
{
	char *copy = arena_strdup(&arena, line), *word;
	int argc = 1;

	argv[0] = arena_strdup(&arena, "ocigate-runtime");
	while ((word = strsep(&copy, " ")) != NULL) {
		for (char *c = word; *c; c++)
			if (*c == '\x1f')
				*c = ' ';
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return argc;
}

static const char *joined(const struct runtime_args *args)
{
	const char *text = "";

	for (size_t i = 1; i < args->argc; i++)
		text = arena_printf(&arena, "%s%s%s", text, i > 1 ? " " : "", args->argv[i]);
	cr_assert_null(args->argv[args->argc]);
	return text;
}

/* --- lines that are accepted: what is judged and what is handed on --- */

static const struct accepted {
	const char *line;
	enum runtime_verb verb;
	const char *bundle;
	const char *id;
	const char *handed_on;
} accepted[] = {
	/* containerd's shim, conmon, CRI-O, BuildKit */
	{"--root /r --log /b/log.json --log-format json create --bundle /b --pid-file /b/pid c1", VERB_CREATE, "/b",
	 "c1", "--root /r --log /b/log.json --log-format json create --bundle /b --pid-file /b/pid c1"},
	{"--systemd-cgroup --root=/r create --bundle /b --pid-file /p --no-pivot --no-new-keyring --console-socket /s "
	 "c1",
	 VERB_CREATE, "/b", "c1",
	 "--systemd-cgroup --root /r create --bundle /b --pid-file /p --no-pivot --no-new-keyring --console-socket /s "
	 "c1"},
	{"--log /b/l --log-format json run --bundle /b --keep c1", VERB_RUN, "/b", "c1",
	 "--log /b/l --log-format json run --bundle /b --keep c1"},
	{"restore --image-path /i --work-path /w --detach --pid-file /p -no-subreaper --bundle /b c1", VERB_RESTORE,
	 "/b", "c1", "restore --image-path /i --work-path /w --detach --pid-file /p --no-subreaper --bundle /b c1"},
	{"--cgroup-manager disabled --log-level debug create -b /b c1", VERB_CREATE, "/b", "c1",
	 "--cgroup-manager disabled --log-level debug create --bundle /b c1"},
	{"restore --lsm-profile selinux:x --lsm-mount-context y --tcp-established --file-locks --bundle /b c1",
	 VERB_RESTORE, "/b", "c1",
	 "restore --lsm-profile selinux:x --lsm-mount-context y --tcp-established --file-locks --bundle /b c1"},
	{"create --pidfd-socket /s --preserve-fds 2 --bundle /b c1", VERB_CREATE, "/b", "c1",
	 "create --pidfd-socket /s --preserve-fds 2 --bundle /b c1"},
	/* every way to name the bundle comes out as one */
	{"create --bundle=/b c1", VERB_CREATE, "/b", "c1", "create --bundle /b c1"},
	{"create -bundle /b c1", VERB_CREATE, "/b", "c1", "create --bundle /b c1"},
	{"create -bundle=/b c1", VERB_CREATE, "/b", "c1", "create --bundle /b c1"},
	{"create -b=/b c1", VERB_CREATE, "/b", "c1", "create --bundle /b c1"},
	{"create -b /b -b /b c1", VERB_CREATE, "/b", "c1", "create --bundle /b c1"},
	{"run c1", VERB_RUN, NULL, "c1", "run c1"},
	{"run -- c1", VERB_RUN, NULL, "c1", "run c1"},
	{"run -d=true --no-pivot=false c1", VERB_RUN, NULL, "c1", "run --detach c1"},
	/* a value is a value, whatever it looks like */
	{"create --pid-file --bundle --bundle /b c1", VERB_CREATE, "/b", "c1",
	 "create --pid-file --bundle --bundle /b c1"},
	{"--log create --root run create --bundle /b c1", VERB_CREATE, "/b", "c1",
	 "--log create --root run create --bundle /b c1"},
	/* exec: what stands behind the id is the program's */
	{"exec --process /p.json --detach --pid-file /x c1", VERB_EXEC, NULL, "c1",
	 "exec --process /p.json --detach --pid-file /x c1"},
	{"exec -u 0 c1 sh -c --bundle", VERB_EXEC, NULL, "c1", "exec --user 0 c1 sh -c --bundle"},
	{"exec -t -e A=B -e C=D --cap CAP_SYS_ADMIN c1 id", VERB_EXEC, NULL, "c1",
	 "exec --tty --env A=B --env C=D --cap CAP_SYS_ADMIN c1 id"},
	{"exec --no-new-privs=false c1 id", VERB_EXEC, NULL, "c1", "exec --no-new-privs=false c1 id"},
	{"exec -- c1 id", VERB_EXEC, NULL, "c1", "exec c1 id"},
	{"exec c1 [ - --process x ]", VERB_EXEC, NULL, "c1", "exec c1 [ - --process x ]"},
	{"exec c1 \xc3\xa9t\xc3\xa9", VERB_EXEC, NULL, "c1", "exec c1 \xc3\xa9t\xc3\xa9"},
	/* no id: nothing can start, the runtime says what is wrong or helps (podman asks like this) */
	{"restore --lsm-mount-context", VERB_RESTORE, NULL, NULL, "restore --lsm-mount-context"},
	{"create --help", VERB_CREATE, NULL, NULL, "create --help"},
	{"create --help c1", VERB_CREATE, NULL, NULL, "create --help"},
	{"create", VERB_CREATE, NULL, NULL, "create"},
	{"exec -h", VERB_EXEC, NULL, NULL, "exec -h"},
	/* everything else is passed on as it came */
	{"--root=/r state c1", VERB_OTHER, NULL, NULL, "--root=/r state c1"},
	{"--root /r delete --force c1", VERB_OTHER, NULL, NULL, "--root /r delete --force c1"},
	{"kill --all c1 KILL", VERB_OTHER, NULL, NULL, "kill --all c1 KILL"},
	{"update --resources=- c1", VERB_OTHER, NULL, NULL, "update --resources=- c1"},
	{"checkpoint --image-path /i --leave-running create", VERB_OTHER, NULL, NULL,
	 "checkpoint --image-path /i --leave-running create"},
	{"events --stats c1", VERB_OTHER, NULL, NULL, "events --stats c1"},
	{"--version", VERB_OTHER, NULL, NULL, "--version"},
	{"-v", VERB_OTHER, NULL, NULL, "-v"},
	{"--help", VERB_OTHER, NULL, NULL, "--help"},
	{"features", VERB_OTHER, NULL, NULL, "features"},
	{"spec -b /b", VERB_OTHER, NULL, NULL, "spec -b /b"},
};

Test(runtime_args, accepts_and_writes_in_one_form)
{
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		const struct accepted *wanted = &accepted[i];
		struct runtime_args args;
		struct err err = {0};
		char *argv[32];
		int argc = split(wanted->line, argv);

		cr_assert_eq(runtime_args_parse(&arena, argc, argv, &args, &err), 0, "%s: %s", wanted->line, err.text);
		cr_expect_eq(args.verb, wanted->verb, "%s", wanted->line);
		cr_expect_str_eq(joined(&args), wanted->handed_on, "%s", wanted->line);
		cr_expect_eq(args.incomplete, wanted->verb != VERB_OTHER && !wanted->id, "%s", wanted->line);
		cr_expect_eq(args.id == NULL, wanted->id == NULL, "%s", wanted->line);
		cr_expect(!wanted->id || strcmp(args.id, wanted->id) == 0, "%s", wanted->line);
		cr_expect_eq(args.values[VALUE_BUNDLE] == NULL, wanted->bundle == NULL, "%s", wanted->line);
		cr_expect(!wanted->bundle || strcmp(args.values[VALUE_BUNDLE], wanted->bundle) == 0, "%s",
			  wanted->line);
		cr_expect_null(args.note, "%s: %s", wanted->line, args.note);
	}
}

/* --- lines that are refused --- */

static const char *const refused[] = {
	/* another config than the one judged (crun) */
	"create -f /evil.json c1",
	"create --config /evil.json --bundle /b c1",
	"run --config=/evil.json c1",
	"exec --cgroup /sub c1 sh",
	"exec --cgroup=../.. c1 sh",
	"restore -f x c1",
	/* shortened, glued, clustered (argp) */
	"create --bun /b c1",
	"create --bundl=/b c1",
	"create -b/b c1",
	"exec -u0 c1 id",
	"exec -dt c1 id",
	"run -db /b c1",
	/* two answers to one question */
	"create --bundle /a --bundle /b c1",
	"create -b /a --bundle=/b c1",
	"exec --process /a --process /b c1",
	"exec -u 0 -u 1000 c1 id",
	"--root /a --root /b create --bundle /b c1",
	/* options behind the id: some runtimes take them, some do not */
	"create c1 --bundle /b",
	"run --bundle /a c1 --bundle /b",
	"create c1 c2",
	/* what only white space hides (runc 1.5 trims its arguments) */
	"create --pid-file /p \x1f--bundle=/evil c1",
	"\x1f--root=/r create --bundle /b c1",
	"\x1f"
	"create --bundle /b c1",
	"create\x1f --bundle /b c1",
	"create \xc2\xa0--bundle=/b c1",
	/* ids that are none */
	"create --bundle /b -",
	"create --bundle /b ../x",
	"create --bundle /b a/b",
	"create --bundle /b a\x1f",
	"create --bundle /b .",
	"create --bundle= c1",
	"exec --process= c1",
	/* unknown options where it matters */
	"create --new-option --bundle /b c1",
	"exec --privileged c1 id",
	"run --detach=perhaps c1",
	"--new-option create --bundle /b c1",
	"--new-option x run c1",
	"--new-option \x1f"
	"create --bundle /b c1",
	"--new-option create\xc2\xa0 --bundle /b c1",
	"--new-option init",
	"-- create --bundle /b c1",
	"exec c1 -- sh",
	/* a program without a name: runc after 1.5 reads on, and would find the other process */
	"exec c1  --process /evil.json",
	"exec c1 \x1f --process /evil.json",
	"exec c1 \xc2\xa0 --cap CAP_SYS_ADMIN",
	"exec c1 \x1f--\x1f sh",
	"exec c1 \xe3\x80\x80-- sh",
	/* verbs that are not anybody's to call */
	"init",
	"--root /r mounts add c1 /x.json",
	"Create --bundle /b c1",
};

Test(runtime_args, refuses_what_has_two_readings)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct runtime_args args;
		struct err err = {0};
		char *argv[32];
		int argc = split(refused[i], argv);

		cr_expect_eq(runtime_args_parse(&arena, argc, argv, &args, &err), -1, "accepted: %s", refused[i]);
		cr_expect_eq(err.kind, ERR_USAGE, "%s", refused[i]);
		cr_expect_neq(err.text[0], '\0', "%s", refused[i]);
	}
}

/* --- the rest --- */

Test(runtime_args, passes_on_what_a_newer_runtime_knows_and_says_so)
{
	static const char *const lines[] = {"--new-option state c1", "--new-option=x --other list", "freeze c1",
					    "--new-option"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct runtime_args args;
		struct err err = {0};
		char *argv[32];
		int argc = split(lines[i], argv);

		cr_assert_eq(runtime_args_parse(&arena, argc, argv, &args, &err), 0, "%s: %s", lines[i], err.text);
		cr_expect_eq(args.verb, VERB_OTHER, "%s", lines[i]);
		cr_expect_str_eq(joined(&args), lines[i]);
		cr_expect_not_null(args.note, "%s", lines[i]);
	}
}

Test(runtime_args, exec_options_are_kept)
{
	struct runtime_args args;
	struct err err;
	char *argv[32];
	int argc =
		split("exec -u 1:2 -g 5 -g 6 --cwd /w --apparmor p --process-label l --no-new-privs -c CAP_A -c CAP_B "
		      "-e X=1 --preserve-fds=3 c1 sh -x",
		      argv);

	cr_assert_eq(runtime_args_parse(&arena, argc, argv, &args, &err), 0);
	cr_expect_str_eq(args.values[VALUE_USER], "1:2");
	cr_expect_str_eq(args.values[VALUE_CWD], "/w");
	cr_expect_str_eq(args.values[VALUE_APPARMOR], "p");
	cr_expect_str_eq(args.values[VALUE_LABEL], "l");
	cr_expect_str_eq(args.values[VALUE_NO_NEW_PRIVS], "true");
	cr_expect_str_eq(args.values[VALUE_PRESERVE_FDS], "3");
	cr_assert_eq(args.lists[VALUE_CAP].n, 2);
	cr_expect_str_eq(args.lists[VALUE_CAP].items[0], "CAP_A");
	cr_expect_str_eq(args.lists[VALUE_CAP].items[1], "CAP_B");
	cr_assert_eq(args.lists[VALUE_GROUPS].n, 2);
	cr_expect_str_eq(args.lists[VALUE_GROUPS].items[1], "6");
	cr_assert_eq(args.lists[VALUE_ENV].n, 1);
	cr_assert_eq(args.command.n, 2);
	cr_expect_str_eq(args.command.items[0], "sh");
}

/* A refusal is told where the engine looks, also when the mistake comes behind. */
Test(runtime_args, the_log_is_known_before_the_mistake)
{
	struct runtime_args args;
	struct err err;
	char *argv[32];
	int argc = split("--log /b/log.json --log-format=json create -f x c1", argv);

	cr_assert_eq(runtime_args_parse(&arena, argc, argv, &args, &err), -1);
	cr_expect_str_eq(args.values[VALUE_LOG], "/b/log.json");
	cr_expect_str_eq(args.values[VALUE_LOG_FORMAT], "json");
	cr_expect_eq(args.verb, VERB_CREATE);
}
