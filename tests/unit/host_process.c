/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a started process has: proc_pid_status(5) as text, the same of children
 * of ours, and its mounts against what its spec asks for.
 */
#include "live_node.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"
#include "../../enforce/host/view.h"

#include "ocigate/fs.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void begin(void)
{
	arena_init(&live_facts.arena, (size_t)4 << 20);
}

TestSuite(host_process, .init = begin, .fini = live_finish, .timeout = 10);

#define IDS                                                                                                            \
	"Name:\tsh\nState:\tS (sleeping)\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n"                                        \
	"FDSize:\t64\nGroups:\t9 \n"
#define CAPS                                                                                                           \
	"CapInh:\t0000000000000001\nCapPrm:\t0000000000000002\nCapEff:\t0000000000000004\n"                            \
	"CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000010\n"
#define STATUS IDS CAPS "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n"

static struct host_process parsed(const char *text)
{
	struct host_process process = {0};

	cr_assert_eq(process_parse(&live_facts.arena, text, &process, &live_facts.err), 0, "%s: %s", text,
		     live_facts.err.text);
	return process;
}

Test(host_process, status_as_the_kernel_prints_it)
{
	const struct host_process process = parsed(STATUS);

	cr_expect(process.known);
	for (int i = 0; i < 4; i++) {
		cr_expect_eq(process.uid[i], 1 + i);
		cr_expect_eq(process.gid[i], 5 + i);
	}
	cr_expect_eq(process.caps[CAPS_INHERITABLE], 1);
	cr_expect_eq(process.caps[CAPS_PERMITTED], 2);
	cr_expect_eq(process.caps[CAPS_EFFECTIVE], 4);
	cr_expect_eq(process.caps[CAPS_BOUNDING], 0x1ffffffffff);
	cr_expect_eq(process.caps[CAPS_AMBIENT], 0x10);
	cr_expect(process.no_new_privileges);
	cr_expect_eq(process.seccomp_mode, 2);
	cr_expect_not(process.filters_known, "nobody said how many the runtime has");
	cr_expect_null(process.apparmor);
	cr_expect_null(process.writable);
	cr_expect_null(process.unmasked);
	cr_expect_null(process.unlocked);
	cr_expect_eq(process.root_read_only, TRI_UNKNOWN);
}

Test(host_process, lines_of_our_own)
{
	struct host_process process = parsed(STATUS "Runtime_filters: 2\nAppArmor: a b (enforce)\nWritable: /w\n"
						    "Unmasked: /proc/kcore\nUnlocked: /proc/sys\nRoot: ro\n");

	cr_expect(process.filters_known);
	cr_expect(process.filters_added);
	cr_expect_str_eq(process.apparmor, "a b (enforce)");
	cr_expect_str_eq(process.writable, "/w");
	cr_expect_str_eq(process.unmasked, "/proc/kcore");
	cr_expect_str_eq(process.unlocked, "/proc/sys");
	cr_expect_eq(process.root_read_only, TRI_YES);
	process = parsed(STATUS "Runtime_filters: 3\nRoot: rw\n");
	cr_expect(process.filters_known);
	cr_expect_not(process.filters_added, "as many as the runtime");
	cr_expect_eq(process.root_read_only, TRI_NO);
	process = parsed(IDS CAPS "NoNewPrivs:\t0\nRuntime_filters: 0\n");
	cr_expect_not(process.filters_known, "an old kernel does not count them");
	cr_expect_eq(process.seccomp_mode, 0, "a kernel without seccomp has no line");
	cr_expect_not(process.no_new_privileges);
	cr_expect_not(process.filters_added);
	/* A name is its owner's to choose: what it says in the middle of a line is no line. */
	process = parsed("Name:\tUid: 0 0 0 0\n" STATUS);
	cr_expect_eq(process.uid[0], 1);
	process = parsed("Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n" CAPS "NoNewPrivs:\t0\n");
	cr_expect_eq(process.uid[0], 1, "a key in the first line");
}

Test(host_process, status_that_is_not_whole_is_an_error)
{
	static const char *const bad[] = {
		"",
		"Uid",
		CAPS "NoNewPrivs:\t1\n",
		IDS "NoNewPrivs:\t1\n",
		IDS CAPS,
		IDS CAPS "NoNewPrivs:\t\n",
		IDS CAPS "NoNewPrivs:\t1x\n",
		IDS CAPS "NoNewPrivs:\t1\nSeccomp:\tx\n",
		"Uid:\t1\t2\t3\nGid:\t5\t6\t7\t8\n" CAPS "NoNewPrivs:\t1\n",
		"Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\n" CAPS "NoNewPrivs:\t1\n",
		"Uid:\t1\t2\t3\t4\n" CAPS "NoNewPrivs:\t1\n",
		IDS "CapInh:\t1\nCapPrm:\t2\nCapEff:\t4\nCapBnd:\t8\nNoNewPrivs:\t1\n",
		IDS "CapInh:\t1\nCapPrm:\t2\nCapEff:\tg\nCapBnd:\t8\nCapAmb:\t0\nNoNewPrivs:\t1\n",
	};

	for (size_t i = 0; i < N(bad); i++) {
		struct host_process process = {.seccomp_mode = 7};

		cr_expect_eq(process_parse(&live_facts.arena, bad[i], &process, &live_facts.err), -1, "%s", bad[i]);
		cr_expect_eq(live_facts.err.kind, ERR_INPUT);
		cr_expect_eq(process.seccomp_mode, 7, "as it was");
	}
}

Test(host_process, says_when_memory_runs_out)
{
	struct host_process process = {0};
	struct arena none;

	arena_init(&none, 0);
	cr_expect_eq(process_parse(&none, STATUS "AppArmor: a\n", &process, &live_facts.err), -1);
	cr_expect_eq(live_facts.err.kind, ERR_SYSTEM);
	arena_release(&none);
}

/* A child that sleeps: as it was forked, or as another program. */
static pid_t start_child(const char *program)
{
	int ends[2];
	char byte;
	pid_t pid;

	live_must(pipe2(ends, O_CLOEXEC), "pipe");
	pid = fork();
	if (pid == 0) {
		live_die_with_test();
		if (program) {
			execl(program, program, "60", (char *)NULL);
			_exit(1);
		}
		close(ends[1]);
		_exit(pause());
	}
	close(ends[1]);
	cr_assert_eq(read(ends[0], &byte, 1), 0, "closed by the exec, or by hand");
	close(ends[0]);
	return pid;
}

static enum start read_child(pid_t pid, const struct host_runtime *runtime, struct host *host)
{
	FD_AUTO int procfd = proc_open_pid(pid);

	cr_assert_geq(procfd, 0);
	*host = (struct host){.apparmor_enabled = TRI_NO};
	return host_process_read(&live_facts.arena, procfd, runtime, host);
}

Test(host_process, counts_when_it_is_the_containers_program)
{
	struct host_runtime runtime = {.filters = 0};
	struct host host;
	pid_t pid;

	live_must(stat("/bin/cat", &runtime.program), "cat");
	pid = start_child("/bin/sleep");
	cr_expect_eq(read_child(pid, &runtime, &host), START_RUNNING);
	cr_expect(host.process.known);
	cr_expect_eq(host.process.uid[0], getuid());
	cr_expect_eq(host.process.no_new_privileges, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	cr_expect_not_null(host.process.mountinfo);
	cr_expect_not(host.process.filters_known && host.process.filters_added && host_seccomp_filters(getpid()) == 0);
	cr_expect_eq(host_seccomp_filters(pid), host_seccomp_filters(getpid()), "inherited");
	live_must(stat("/bin/sleep", &runtime.program), "sleep");
	cr_expect_eq(read_child(pid, &runtime, &host), START_NOT_YET, "the runtime itself");
	cr_expect_not(host.process.known);
	runtime.program.st_dev++;
	cr_expect_eq(read_child(pid, &runtime, &host), START_RUNNING, "the same number on another disk");
	runtime.filters = -1;
	cr_expect_eq(read_child(pid, &runtime, &host), START_RUNNING);
	cr_expect_not(host.process.filters_known, "the runtime's are not known");
	live_end(pid);
	cr_expect_eq(host_seccomp_filters(pid), -1, "there is no such process");
}

Test(host_process, that_has_executed_nothing_is_the_runtimes)
{
	const struct host_runtime runtime = {.filters = 0};
	pid_t pid = start_child(NULL);
	struct host host;

	cr_expect_eq(read_child(pid, &runtime, &host), START_NOT_YET);
	live_end(pid);
}

/* runc runs on as a sealed copy of itself that is named so. */
Test(host_process, that_is_named_as_runcs_init_is_the_runtimes)
{
	static const struct {
		const char *name;
		enum start expect;
	} names[] = {{"runc:[2:INIT]", START_NOT_YET},
		     {"runc:[1:CHILD]", START_RUNNING},
		     {"runc:[2:INITx", START_RUNNING},
		     {"runc", START_RUNNING}};
	const struct host_runtime runtime = {.filters = 0};
	char dir[] = "/tmp/ocigate-process.XXXXXX";

	cr_assert_not_null(mkdtemp(dir));
	for (size_t i = 0; i < N(names); i++) {
		const char *program = arena_printf(&live_facts.arena, "%s/%s", dir, names[i].name);
		struct host host;
		pid_t pid;

		live_must(symlink("/bin/sleep", program), program);
		pid = start_child(program);
		cr_expect_eq(read_child(pid, &runtime, &host), names[i].expect, "%s", names[i].name);
		live_end(pid);
		unlink(program);
	}
	rmdir(dir);
}

Test(host_process, that_has_ended_tells_nothing)
{
	const struct host_runtime runtime = {.filters = 0};
	pid_t pid = start_child("/bin/sleep");
	FD_AUTO int procfd = proc_open_pid(pid);
	struct host host = {0};
	siginfo_t info;

	kill(pid, SIGKILL);
	live_must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), "wait");
	cr_expect_eq(host_process_read(&live_facts.arena, procfd, &runtime, &host), START_ENDED, "not yet buried");
	waitpid(pid, NULL, 0);
	cr_expect_eq(host_process_read(&live_facts.arena, procfd, &runtime, &host), START_ENDED, "gone");
	cr_expect_not(host.process.known);
}

/** struct look - a directory as a process has it in /proc; NULL: no such file */
struct look {
	const char *status;
	const char *flags; /* of its line in "stat" */
	const char *label; /* attr/apparmor/current */
	const char *other; /* attr/current */
	int64_t filters;
	enum tri apparmor;
	enum start start;
	bool known;
	bool added;
	const char *apparmor_label;
};

static void put_file(int dir, const char *name, const char *text)
{
	FD_AUTO int fd = text ? openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

	(void)unlinkat(dir, text ? "no-such-file" : name, 0);
	if (text)
		cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text), "%s", name);
}

#define WITH(n) IDS CAPS "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t" n "\n"

/* In this order: what one process has shown is not what the next one has. */
static const struct look looks[] = {
	{WITH("12"), "4194304", "web (enforce)\n", NULL, 12, TRI_YES, START_RUNNING, true, false, "web (enforce)"},
	{WITH("12"), "4194304", NULL, NULL, 11, TRI_YES, START_RUNNING, true, true, NULL},
	{WITH("1"), "1", NULL, "other (complain)", 0, TRI_YES, START_RUNNING, true, true, "other (complain)"},
	{WITH("0"), "0", NULL, "system_u:system_r:x", 0, TRI_NO, START_RUNNING, true, false, NULL},
	{WITH("3"), "0", NULL, "system_u:system_r:x", -1, TRI_UNKNOWN, START_RUNNING, false, true, NULL},
	{WITH("3"), "0", "web", "other", 0, TRI_NO, START_RUNNING, true, true, "web"},
	{WITH("3"), "64", "web", NULL, 0, TRI_YES, START_NOT_YET, false, false, NULL},
	{WITH("3"), NULL, "web", NULL, 0, TRI_YES, START_RUNNING, true, true, "web"},
	{WITH("3"), "4210752", "web", NULL, 0, TRI_YES, START_NOT_YET, false, false, NULL},
	{"Name:\tx\nState:\tZ (zombie)\n", "0", "web", NULL, 0, TRI_YES, START_ENDED, false, false, NULL},
	{"Name:\tx\nState:\tX (dead)\n", "0", "web", NULL, 0, TRI_YES, START_ENDED, false, false, NULL},
	{"Name:\tx\n", "0", "web", NULL, 0, TRI_YES, START_ENDED, false, false, NULL},
};

Test(host_process, looks_as_its_directory_says)
{
	char dir[] = "/tmp/ocigate-process.XXXXXX";
	FD_AUTO int procfd = -1;

	cr_assert_not_null(mkdtemp(dir));
	procfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(mkdirat(procfd, "attr", 0700), 0);
	cr_assert_eq(mkdirat(procfd, "attr/apparmor", 0700), 0);
	put_file(procfd, "mountinfo", "rows\n");
	for (size_t i = 0; i < N(looks); i++) {
		const struct look *look = &looks[i];
		const struct host_runtime runtime = {.filters = look->filters};
		struct host host = {.apparmor_enabled = look->apparmor};

		put_file(procfd, "status", look->status);
		put_file(procfd, "stat",
			 look->flags ? arena_printf(&live_facts.arena, "7 (a) b) S 1 7 7 0 -1 %s 64 64\n", look->flags)
				     : NULL);
		put_file(procfd, "attr/apparmor/current", look->label);
		put_file(procfd, "attr/current", look->other);
		cr_expect_eq(host_process_read(&live_facts.arena, procfd, &runtime, &host), look->start, "row %zu", i);
		if (look->start != START_RUNNING)
			continue;
		cr_expect(host.process.known, "row %zu", i);
		cr_expect_eq(host.process.filters_known, look->known, "row %zu", i);
		cr_expect_eq(host.process.filters_added, look->added, "row %zu", i);
		cr_expect_str_eq(host.process.mountinfo, "rows\n");
		cr_expect(look->apparmor_label
				  ? host.process.apparmor && strcmp(host.process.apparmor, look->apparmor_label) == 0
				  : !host.process.apparmor,
			  "row %zu: %s", i, host.process.apparmor ? host.process.apparmor : "none");
	}
	{
		struct host host = {.process = {.known = true}};

		put_file(procfd, "status", IDS);
		put_file(procfd, "stat", "7 (a) S 1 7 7 0 -1 0 64 64\n");
		cr_expect_eq(host_process_read(&live_facts.arena, procfd, &(struct host_runtime){.filters = 0}, &host),
			     START_RUNNING);
		cr_expect_not(host.process.known, "what cannot be read is not what was known before");
	}
	put_file(procfd, "attr/apparmor/current", NULL);
	put_file(procfd, "attr/current", NULL);
	put_file(procfd, "status", NULL);
	put_file(procfd, "stat", NULL);
	put_file(procfd, "mountinfo", NULL);
	(void)unlinkat(procfd, "attr/apparmor", AT_REMOVEDIR);
	(void)unlinkat(procfd, "attr", AT_REMOVEDIR);
	(void)rmdir(dir);
}

Test(host_process, filters_are_counted)
{
	const int64_t before = host_seccomp_filters(getpid());
	char status[8192];

	if (!text_read_small(AT_FDCWD, "/proc/self/status", status, sizeof(status)) ||
	    !strstr(status, "\nSeccomp_filters:"))
		cr_skip_test("this kernel does not count them");
	cr_assert_geq(before, 0);
	for (int i = 0; i < 12; i++) {
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

		if (!filter || seccomp_load(filter) < 0)
			cr_skip_test("needs seccomp");
		seccomp_release(filter);
	}
	cr_expect_eq(host_seccomp_filters(getpid()), before + 12);
}

#define OWN "70 69 8:1 / / rw - ext4 /dev/sda1 rw\n71 70 0:60 / /proc rw - proc proc rw\n"

/* Of the spec: /ro and /late are to be read-only, /proc/self masked, /proc/sys read-only; @rows: beside root and /proc. */
static struct host_process mounts_of(const char *rows)
{
	struct host_process process = {.known = true};
	FD_AUTO int rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	facts_container(
		&live_facts, "",
		"{\"destination\":\"/ro\",\"source\":\"/a\",\"options\":[\"bind\",\"ro\"]},"
		"{\"destination\":\"/rw\",\"source\":\"/a\",\"options\":[\"bind\"]},"
		"{\"destination\":\"/late\",\"source\":\"/a\",\"options\":[\"bind\",\"ro\"]}",
		",\"maskedPaths\":[\"/proc/self\",\"/etc\",\"/proc/no-such-file\"],"
		"\"readonlyPaths\":[\"/proc\",\"/sys\",\"/usr\",\"/proc/no-such-file\",\"/proc/sys\",\"/sys/kernel\"]");
	process.mountinfo = arena_printf(&live_facts.arena, "%s%s", OWN, rows);
	host_process_mounts(&live_facts.arena, &live_facts.container, rootfd, &process);
	return process;
}

#define SYS "72 70 0:62 / /sys rw - sysfs sysfs rw\n85 72 0:62 /kernel /sys/kernel ro - sysfs sysfs rw\n"
#define COVERED                                                                                                        \
	SYS "80 71 0:90 / /proc/self rw - tmpfs tmpfs rw\n81 71 0:60 /sys /proc/sys ro - proc proc rw\n"               \
	    "82 70 8:1 /a /ro ro,nosuid - ext4 /dev/sda1 rw\n83 70 8:1 /a /rw rw - ext4 /dev/sda1 rw\n"

Test(host_process, mounts_that_differ_from_the_spec)
{
	struct host_process process = mounts_of(COVERED "84 70 8:1 /a /late ro - ext4 /dev/sda1 rw\n");

	cr_expect_null(process.writable, "%s", process.writable);
	cr_expect_null(process.unmasked, "%s", process.unmasked);
	cr_expect_null(process.unlocked, "%s", process.unlocked);
	cr_expect_eq(process.root_read_only, TRI_NO);
	process = mounts_of(COVERED);
	cr_expect_null(process.writable, "nothing is found where a link of the image leads elsewhere");
	process = mounts_of(COVERED "84 70 8:1 /a /late rw - ext4 /dev/sda1 ro\n");
	cr_expect_str_eq(process.writable, "/late", "what the mount says counts");
	process = mounts_of(COVERED "84 82 8:1 /a /ro rw - ext4 /dev/sda1 rw\n");
	cr_expect_str_eq(process.writable, "/ro", "the upper one counts");
	process = mounts_of(SYS);
	cr_expect_str_eq(process.unmasked, "/proc/self");
	cr_expect_str_eq(process.unlocked, "/proc/sys");
	process =
		mounts_of("80 71 0:90 / /proc/self ro - tmpfs tmpfs ro\n81 71 0:60 /sys /proc/sys rw - proc proc rw\n");
	cr_expect_null(process.unmasked);
	cr_expect_str_eq(process.unlocked, "/proc/sys", "mounted, but to be written to");
	process = mounts_of("81 71 0:60 /sys /proc/sys ro - proc proc rw\n");
	cr_expect_str_eq(process.unlocked, "/sys/kernel");
	process = mounts_of("90 70 8:1 / / ro,relatime - ext4 /dev/sda1 rw\n");
	cr_expect_eq(process.root_read_only, TRI_YES);
}

Test(host_process, mounts_that_cannot_be_read_are_unknown)
{
	struct host_process process = {.known = true};

	facts_container(&live_facts, "", "", ",\"maskedPaths\":[\"/proc/self\"]");
	host_process_mounts(&live_facts.arena, &live_facts.container, -1, &process);
	cr_expect_eq(process.root_read_only, TRI_UNKNOWN);
	process.mountinfo = "x\n";
	host_process_mounts(&live_facts.arena, &live_facts.container, -1, &process);
	cr_expect_eq(process.root_read_only, TRI_UNKNOWN);
	process.mountinfo = "71 70 0:60 / /proc rw - proc proc rw\n";
	host_process_mounts(&live_facts.arena, &live_facts.container, -1, &process);
	cr_expect_eq(process.root_read_only, TRI_UNKNOWN, "no root directory is to be seen");
	cr_expect_null(process.unmasked, "no root directory to look into");
}
