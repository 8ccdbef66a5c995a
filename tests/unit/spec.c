/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the spec's JSON to struct container: each value must arrive where it belongs, places included.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;
static struct container container;

static void begin(void)
{
	arena_init(&arena, (size_t)16 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(spec, .init = begin, .fini = finish);

/* The least that a spec must have, around what a test is about. */
#define PROCESS	   "\"process\":{\"user\":{\"uid\":1,\"gid\":2},\"cwd\":\"/\",\"capabilities\":{}}"
#define SPEC(more) "{\"ociVersion\":\"1.2.0\"," PROCESS ",\"root\":{\"path\":\"rootfs\"}" more "}"

static void parse(const char *bytes)
{
	struct text text = {.bytes = bytes, .len = strlen(bytes)};
	struct err err = {0};

	cr_assert_eq(spec_parse(&arena, &text, "/run/bundle", "c1", &container, &err), 0, "%s: %s", err.pointer,
		     err.text);
}

Test(spec, takes_what_is_absent_for_absent)
{
	parse(SPEC(""));
	cr_expect_str_eq(container.oci_version, "1.2.0");
	cr_expect_str_eq(container.id, "c1");
	cr_expect_str_eq(container.bundle, "/run/bundle");
	cr_expect_str_eq(container.rootfs, "/run/bundle/rootfs");
	cr_expect_str_eq(container.root_path, "rootfs");
	cr_expect(container.has_bundle);
	cr_expect_not(container.exec);
	cr_expect_not(container.root_read_only);
	cr_expect_str_eq(container.hostname, "");
	cr_expect_eq(container.process.uid, 1);
	cr_expect_eq(container.process.gid, 2);
	cr_expect_not(container.process.no_new_privileges);
	cr_expect_null(container.process.apparmor_profile);
	cr_expect_null(container.process.selinux_label);
	cr_expect_null(container.process.scheduler_policy);
	cr_expect_eq(container.process.scheduler_nice, 0);
	cr_expect_eq(container.process.oom_score_adj, 0);
	cr_expect_not(container.seccomp.present);
	cr_expect_not(container.resources.present);
	cr_expect_not(container.has_masked_paths);
	cr_expect_not(container.has_readonly_paths);
	cr_expect_null(container.rootfs_propagation);
	cr_expect_null(container.mount_label);
	cr_expect_null(container.cgroups_path);
	cr_expect_null(container.personality_domain);
	cr_expect_not(container.has_vm);
	for (int type = 0; type < NS_TYPES; type++)
		cr_expect_not(container.namespaces[type].present);
	for (int kind = 0; kind < CAPS_KINDS; kind++)
		cr_expect_not(container.process.caps[kind].present);
}

Test(spec, reads_the_process)
{
	parse("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"/abs/"
	      "root\",\"readonly\":true},\"process\":{\"terminal\":true,"
	      "\"user\":{\"uid\":65534,\"gid\":100,\"umask\":18,\"additionalGids\":[0,5]},\"args\":[\"sh\",\"-c\",\"\"]"
	      ","
	      "\"env\":[\"A=1\",\"B\"],\"cwd\":\"/"
	      "work\",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"],"
	      "\"effective\":[],\"permitted\":[\"CAP_CHECKPOINT_RESTORE\"],\"ambient\":[\"CAP_CAP_CHOWN\",\"CAP_KILL\"]"
	      "},"
	      "\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":18446744073709551615}],"
	      "\"noNewPrivileges\":true,\"apparmorProfile\":\"\",\"selinuxLabel\":\"l\",\"oomScoreAdj\":-998,"
	      "\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"nice\":-5},\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\","
	      "\"priority\":1},"
	      "\"execCPUAffinity\":{}}}");
	cr_expect(container.process.terminal);
	cr_expect_eq(container.process.uid, 65534);
	cr_expect_eq(container.process.gid, 100);
	cr_assert_eq(container.process.n_additional_gids, 2);
	cr_expect_eq(container.process.additional_gids[1], 5);
	cr_assert_eq(container.process.args.n, 3);
	cr_expect_str_eq(container.process.args.items[1], "-c");
	cr_expect_str_eq(container.process.args.items[2], "");
	cr_assert_eq(container.process.env.n, 2);
	cr_expect_str_eq(container.process.env.items[1], "B");
	cr_expect_str_eq(container.process.cwd, "/work");
	cr_expect_eq(container.process.caps[CAPS_BOUNDING].mask, 1ULL << CAP_CHOWN | 1ULL << CAP_SYS_ADMIN);
	cr_expect(container.process.caps[CAPS_EFFECTIVE].present);
	cr_expect_eq(container.process.caps[CAPS_EFFECTIVE].mask, 0);
	cr_expect_eq(container.process.caps[CAPS_PERMITTED].mask, 1ULL << 40);
	cr_expect_not(container.process.caps[CAPS_INHERITABLE].present);
	cr_expect_eq(container.process.caps[CAPS_AMBIENT].mask, 1ULL << CAP_KILL);
	cr_assert_eq(container.process.caps[CAPS_AMBIENT].unknown.n, 1);
	cr_expect_str_eq(container.process.caps[CAPS_AMBIENT].unknown.items[0], "CAP_CAP_CHOWN");
	cr_assert_eq(container.process.n_rlimits, 1);
	cr_expect_str_eq(container.process.rlimits[0].type, "RLIMIT_CORE");
	cr_expect_eq(container.process.rlimits[0].soft, 1);
	cr_expect_eq(container.process.rlimits[0].hard, UINT64_MAX);
	cr_expect(container.process.no_new_privileges);
	cr_expect_str_eq(container.process.apparmor_profile, "");
	cr_expect_str_eq(container.process.selinux_label, "l");
	cr_expect_eq(container.process.oom_score_adj, -998);
	cr_expect_str_eq(container.process.scheduler_policy, "SCHED_FIFO");
	cr_expect_eq(container.process.scheduler_nice, -5);
	cr_expect_str_eq(container.process.io_class, "IOPRIO_CLASS_RT");
	cr_expect_str_eq(container.rootfs, "/abs/root");
	cr_expect(container.root_read_only);
}

/* Our table of names and libcap's must be the same, number by number, and libcap must know no more. */
Test(spec, numbers_capabilities_as_libcap_does)
{
	int known = 0;

	for (int number = 0; number <= 40; number++) {
		char *name = cap_to_name((cap_value_t)number), text[512], upper[64] = "";

		cr_assert(name);
		for (size_t i = 0; name[i] && i + 1 < sizeof(upper); i++)
			upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
		(void)snprintf(text, sizeof(text),
			       "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"user\":{\"uid\":1,"
			       "\"gid\":1},"
			       "\"cwd\":\"/\",\"capabilities\":{\"bounding\":[\"%s\"]}}}",
			       upper);
		parse(text);
		cr_expect_eq(container.process.caps[CAPS_BOUNDING].mask, 1ULL << number, "%s", upper);
		known += container.process.caps[CAPS_BOUNDING].unknown.n == 0;
		cap_free(name);
	}
	cr_expect_eq(known, 41);
}

/* Also of what somebody wrote on a command line: not a byte behind its end counts. */
Test(spec, knows_capabilities_by_their_whole_name)
{
	static const char *const others[] = {
		"",	     "3",	  "39\0xCHOWN", "CAP\0CHOWN", "CAP_",	  "CHOWN",
		"XXX_CHOWN", "cap_chown", "CAPXCHOWN",	"CAP_CHOWN2", "CAP_CHOW",
	};

	for (size_t i = 0; i < N(others); i++)
		cr_expect_eq(capability_number(others[i]), -1, "%s", others[i]);
	cr_expect_eq(capability_number("CAP_CHOWN"), 0);
	cr_expect_eq(capability_number("CAP_CHECKPOINT_RESTORE"), 40);
}

Test(spec, names_capabilities_by_number)
{
	cr_expect_str_eq(capability_name(0), "CAP_CHOWN");
	cr_expect_str_eq(capability_name(40), "CAP_CHECKPOINT_RESTORE");
	cr_expect_str_eq(capability_name(41), "CAP_?");
	cr_expect_str_eq(capability_name(-1), "CAP_?");
}

Test(spec, finds_namespaces_by_type_and_keeps_their_places)
{
	parse(SPEC(",\"linux\":{\"namespaces\":[{\"type\":\"uts\"},{\"type\":\"user\",\"path\":\"/proc/1/ns/user\"},"
		   "{\"type\":\"mount\"}],\"uidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":1},"
		   "{\"containerID\":1,\"hostID\":5,\"size\":7}],\"gidMappings\":[{\"containerID\":3,\"hostID\":4,"
		   "\"size\":2}]}"));
	cr_expect(container.namespaces[NS_UTS].present);
	cr_expect_eq(container.namespaces[NS_UTS].index, 0);
	cr_expect_null(container.namespaces[NS_UTS].path);
	cr_expect_eq(container.namespaces[NS_USER].index, 1);
	cr_expect_str_eq(container.namespaces[NS_USER].path, "/proc/1/ns/user");
	cr_expect_eq(container.namespaces[NS_MOUNT].index, 2);
	cr_expect_not(container.namespaces[NS_PID].present);
	cr_assert_eq(container.uid_mappings.n, 2);
	cr_expect_eq(container.uid_mappings.items[0].host_id, UINT32_MAX);
	cr_expect_eq(container.uid_mappings.items[1].size, 7);
	cr_assert_eq(container.gid_mappings.n, 1);
	cr_expect_eq(container.gid_mappings.items[0].container_id, 3);
}

Test(spec, reads_resources_and_devices)
{
	parse(SPEC(",\"linux\":{\"devices\":[{\"path\":\"/dev/"
		   "x\",\"type\":\"b\",\"major\":8,\"minor\":1,\"fileMode\":432},"
		   "{\"path\":\"/dev/"
		   "p\",\"type\":\"p\"}],\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		   "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":-1,\"access\":\"r\"},{\"allow\":true}],"
		   "\"cpu\":{\"quota\":-1,\"period\":100000,\"shares\":2},\"memory\":{\"limit\":64,\"swap\":-1},"
		   "\"pids\":{\"limit\":0},\"unified\":{\"memory.high\":\"1\"}},\"cgroupsPath\":\"/a/b\"}"));
	cr_assert_eq(container.n_devices, 2);
	cr_expect_eq(container.devices[0].type, 'b');
	cr_expect_eq(container.devices[0].major, 8);
	cr_expect_eq(container.devices[0].minor, 1);
	cr_expect(container.devices[0].has_mode);
	cr_expect_eq(container.devices[0].mode, 0660);
	cr_expect_eq(container.devices[1].type, 'p');
	cr_expect_not(container.devices[1].has_mode);
	cr_expect(container.resources.present);
	cr_assert_eq(container.resources.n_device_rules, 3);
	cr_expect_eq(container.resources.device_rules[0].type, 'a');
	cr_expect_eq(container.resources.device_rules[0].major, -1);
	cr_expect_str_eq(container.resources.device_rules[0].access, "rwm");
	cr_expect(container.resources.device_rules[1].allow);
	cr_expect_eq(container.resources.device_rules[1].type, 'c');
	cr_expect_eq(container.resources.device_rules[1].major, 1);
	cr_expect_eq(container.resources.device_rules[1].minor, -1);
	cr_expect_str_eq(container.resources.device_rules[2].access, "");
	cr_expect_eq(container.resources.device_rules[2].type, 'a');
	cr_expect(container.resources.cpu_quota.present);
	cr_expect_eq(container.resources.cpu_quota.value, -1);
	cr_expect_eq(container.resources.cpu_period.value, 100000);
	cr_expect_eq(container.resources.cpu_shares.value, 2);
	cr_expect_eq(container.resources.memory_limit.value, 64);
	cr_expect_eq(container.resources.memory_swap.value, -1);
	cr_expect(container.resources.pids_limit.present);
	cr_expect_eq(container.resources.pids_limit.value, 0);
	cr_assert_eq(container.resources.unified.n, 1);
	cr_expect_str_eq(container.resources.unified.items[0].key, "memory.high");
	cr_expect_str_eq(container.cgroups_path, "/a/b");
}

Test(spec, reads_seccomp)
{
	parse(SPEC(",\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		   "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\"],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
		   "\"listenerPath\":\"/run/l\",\"syscalls\":[{\"names\":[\"a\",\"b\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		   "{\"names\":[\"c\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[{\"index\":2,"
		   "\"value\":18446744073709551615,\"valueTwo\":3,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}}"));
	cr_assert(container.seccomp.present);
	cr_expect_str_eq(container.seccomp.default_action, "SCMP_ACT_ERRNO");
	cr_expect(container.seccomp.has_default_errno);
	cr_expect_eq(container.seccomp.default_errno, 38);
	cr_expect_eq(container.seccomp.architectures.n, 2);
	cr_expect_eq(container.seccomp.flags.n, 1);
	cr_expect_str_eq(container.seccomp.listener_path, "/run/l");
	cr_assert_eq(container.seccomp.n_rules, 2);
	cr_expect_str_eq(container.seccomp.rules[0].names.items[1], "b");
	cr_expect_not(container.seccomp.rules[0].has_errno);
	cr_expect_eq(container.seccomp.rules[0].n_args, 0);
	cr_expect(container.seccomp.rules[1].has_errno);
	cr_expect_eq(container.seccomp.rules[1].errno_ret, 1);
	cr_assert_eq(container.seccomp.rules[1].n_args, 1);
	cr_expect_eq(container.seccomp.rules[1].args[0].index, 2);
	cr_expect_eq(container.seccomp.rules[1].args[0].value, UINT64_MAX);
	cr_expect_eq(container.seccomp.rules[1].args[0].value_two, 3);
	/* Its text is what is written, from the first bracket to the last. */
	cr_expect_eq(strncmp(container.seccomp.text, "{\"defaultAction\"", 16), 0);
	cr_expect_str_eq(container.seccomp.text + container.seccomp.text_len, "}}");
	cr_expect_str_eq(container.seccomp.rules[1].args[0].op, "SCMP_CMP_MASKED_EQ");
}

Test(spec, reads_hooks_maps_and_marks)
{
	parse(SPEC(
		",\"hostname\":\"h\",\"hooks\":{\"poststop\":[{\"path\":\"/p\"}],\"createRuntime\":[{\"path\":\"/"
		"a\",\"env\":[]},"
		"{\"path\":\"/b\",\"args\":[\"b\",\"c\"],\"timeout\":7}]},\"annotations\":{\"x\":\"1\",\"y\":\"\"},"
		"\"linux\":{\"sysctl\":{\"kernel.a\":\"b\"},\"maskedPaths\":[],\"readonlyPaths\":[\"/proc/sys\"],"
		"\"intelRdt\":{},\"memoryPolicy\":{},\"netDevices\":{},\"timeOffsets\":{},\"mountLabel\":\"m\","
		"\"rootfsPropagation\":\"rshared\",\"personality\":{\"domain\":\"LINUX32\"}},\"vm\":{\"kernel\":{}}"));
	cr_expect_str_eq(container.hostname, "h");
	cr_assert_eq(container.n_hooks, 3);
	cr_expect_eq(container.hooks[0].stage, HOOK_CREATE_RUNTIME);
	cr_expect_eq(container.hooks[0].index, 0);
	cr_expect(container.hooks[0].has_env);
	cr_expect_not(container.hooks[0].timeout.present);
	cr_expect_str_eq(container.hooks[1].path, "/b");
	cr_expect_eq(container.hooks[1].index, 1);
	cr_expect_eq(container.hooks[1].args.n, 2);
	cr_expect_not(container.hooks[1].has_env);
	cr_expect_eq(container.hooks[1].timeout.value, 7);
	cr_expect_eq(container.hooks[2].stage, HOOK_POSTSTOP);
	cr_expect_eq(container.hooks[2].index, 0);
	cr_assert_eq(container.annotations.n, 2);
	cr_expect_str_eq(container.annotations.items[1].key, "y");
	cr_expect_str_eq(container.sysctls.items[0].value, "b");
	cr_expect(container.has_masked_paths);
	cr_expect_eq(container.masked_paths.n, 0);
	cr_expect(container.has_readonly_paths);
	cr_expect_str_eq(container.readonly_paths.items[0], "/proc/sys");
	cr_expect(container.has_intel_rdt && container.has_memory_policy);
	cr_expect(container.has_net_devices && container.has_time_offsets);
	cr_expect_str_eq(container.mount_label, "m");
	cr_expect_str_eq(container.rootfs_propagation, "rshared");
	cr_expect_str_eq(container.personality_domain, "LINUX32");
	cr_expect(container.has_vm);
}

Test(spec, places_the_rootfs)
{
	parse("{\"ociVersion\":\"1.0.0\"," PROCESS ",\"root\":{\"path\":\"../x//./y\"}}");
	cr_expect_str_eq(container.rootfs, "/run/x/y");
	cr_expect_str_eq(container.root_path, "../x//./y");
}

Test(spec, reads_the_process_of_an_exec)
{
	static const char good[] = "{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\",\"args\":[\"id\"],\"capabilities\":"
				   "{\"effective\":[\"CAP_SYS_PTRACE\"]}}";
	static const char bad[] = "{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\",\"args\":[\"id\"]}";
	struct text text = {.bytes = good, .len = sizeof(good) - 1};
	struct process process = {.cwd = "untouched"};
	struct err err = {0};

	cr_assert_eq(spec_parse_process(&arena, &text, &process, &err), 0, "%s", err.text);
	cr_expect_eq(process.caps[CAPS_EFFECTIVE].mask, 1ULL << CAP_SYS_PTRACE);
	cr_expect_str_eq(process.args.items[0], "id");
	cr_expect_not(process.terminal);
	process = (struct process){.cwd = "untouched"};
	text = (struct text){.bytes = bad, .len = sizeof(bad) - 1};
	cr_expect_eq(spec_parse_process(&arena, &text, &process, &err), -1);
	cr_expect_str_eq(err.pointer, "/capabilities");
	cr_expect_str_eq(process.cwd, "untouched");
}

static char dir[] = "/tmp/ocigate-spec-XXXXXX";

static void expect_unloadable(int dirfd, const char *name, const char *says)
{
	struct text text = {.bytes = "untouched", .len = 9};
	struct err err = {0};

	cr_expect_eq(spec_load(&arena, dirfd, name, 100, &text, &err), -1, "%s", name);
	cr_expect_eq(err.kind, ERR_INPUT, "%s", name);
	cr_expect(strstr(err.text, says), "%s: %s", name, err.text);
	cr_expect_eq(text.len, 9);
}

Test(spec, loads_one_small_regular_file)
{
	struct text text;
	struct err err = {0};
	FD_AUTO int dirfd = -1;
	FD_AUTO int fd = -1;
	static const char bytes[101] = "";

	cr_assert(mkdtemp(dir));
	dirfd = fs_open_dir(AT_FDCWD, dir);
	cr_assert_geq(dirfd, 0);
	cr_assert_eq(mkdirat(dirfd, "directory", 0700), 0);
	cr_assert_eq(mkfifoat(dirfd, "fifo", 0600), 0);
	cr_assert_eq(symlinkat("file", dirfd, "link"), 0);
	fd = openat(dirfd, "file", O_CREAT | O_WRONLY, 0600);
	cr_assert_eq(write(fd, "{}", 2), 2);
	cr_assert_eq(spec_load(&arena, dirfd, "file", 100, &text, &err), 0, "%s", err.text);
	cr_expect_eq(text.len, 2);
	cr_expect_str_eq(text.bytes, "{}");
	cr_assert_eq(write(fd, bytes, 98), 98);
	cr_expect_eq(spec_load(&arena, dirfd, "file", 100, &text, &err), 0, "%s", err.text);
	cr_assert_eq(write(fd, bytes, 1), 1);
	expect_unloadable(dirfd, "file", "larger than 100 bytes");
	expect_unloadable(dirfd, "directory", "is a directory");
	expect_unloadable(dirfd, "fifo", "is a FIFO");
	expect_unloadable(dirfd, "link", "is a symbolic link");
	expect_unloadable(dirfd, "missing", "cannot be opened");
	(void)unlinkat(dirfd, "file", 0);
	(void)unlinkat(dirfd, "link", 0);
	(void)unlinkat(dirfd, "fifo", 0);
	(void)unlinkat(dirfd, "directory", AT_REMOVEDIR);
	(void)rmdir(dir);
}
