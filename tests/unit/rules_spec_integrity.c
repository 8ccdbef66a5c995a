/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spec-integrity rule at its edges: directories by other spellings, scores, mounts by their place in the list.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_view.h"

TestSuite(rules_spec_integrity, .init = view_begin, .fini = view_end);

/* There is one finding, at @pointer. */
static const struct finding *only(const char *pointer)
{
	judge(&rule_spec_integrity, "{}");
	cr_assert_eq(findings.n, 1, "%zu findings, not one at %s", findings.n, pointer);
	cr_expect_str_eq(findings.items[0].pointer, pointer);
	return &findings.items[0];
}

static void nothing(const char *what)
{
	judge(&rule_spec_integrity, "{}");
	cr_expect_eq(findings.n, 0, "%s", what);
}

static void starts_in(const char *cwd)
{
	container.process.cwd = cwd;
	judge(&rule_spec_integrity, "{}");
}

Test(rules_spec_integrity, directories_to_start_in)
{
	static const char fine[][16] = {"/",	   "/.", "/./",	      "/app/.", "/.proc", "/..proc",
					"/.dev/x", "/p", "/app/proc", "/...",	"/a/..b"};
	static const char kernels[][16] = {"/proc",   "/proc/",	  "/./proc",  "/././dev",
					   "//sys/.", "/.//proc", "/dev/fd/3"};
	static const char odd[][16] = {"", "app", "./proc", "/..", "/../", "/a/../b", "/a/..", "/..b/..", "/.../.."};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		starts_in(fine[i]);
		cr_expect_eq(findings.n, 0, "%s", fine[i]);
	}
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		starts_in(kernels[i]);
		cr_assert_eq(findings.n, 1, "%s", kernels[i]);
		cr_expect_str_eq(findings.items[0].remedy, "set workingDir to a directory of the image");
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		starts_in(odd[i]);
		cr_assert_eq(findings.n, 1, "%s", odd[i]);
		cr_expect_str_eq(findings.items[0].remedy, "set workingDir to an absolute path");
	}
}

/* Is the score @score accepted of a container of @engine in @cgroup? */
static bool is_accepted(enum engine engine, const char *cgroup, int64_t score)
{
	container.identity.trusted = true;
	container.identity.engine = engine;
	container.cgroups_path = cgroup;
	container.process.oom_score_adj = score;
	judge(&rule_spec_integrity, "{}");
	return found_at("/process/oomScoreAdj") == 0;
}

/* The kubelet's names for its cgroups, by cgroupfs and systemd, at the top and below another (kind's nodes) */
Test(rules_spec_integrity, scores_that_the_kubelet_gives)
{
	cr_expect(is_accepted(ENGINE_CONTAINERD, "/kubepods/pod1/c", -997));
	cr_expect(is_accepted(ENGINE_CONTAINERD, "/kubelet/kubepods/pod1/c", -997));
	cr_expect(is_accepted(ENGINE_CONTAINERD, "kubepods-pod1.slice:cri-containerd:c", -997));
	cr_expect(is_accepted(ENGINE_CRIO, "kubepods-pod1.slice:crio:c", -997));
	cr_expect(is_accepted(ENGINE_CRIO, "kubelet-kubepods-pod1.slice:crio:c", -997));
	cr_expect_not(is_accepted(ENGINE_CONTAINERD, "xkubepods-pod1.slice:cri-containerd:c", -997));
	cr_expect_not(is_accepted(ENGINE_CONTAINERD, "/default/c", -997));
	cr_expect_not(is_accepted(ENGINE_CONTAINERD, NULL, -997));
	cr_expect_not(is_accepted(ENGINE_DOCKER, "/kubepods/pod1/c", -997), "by --cgroup-parent");
	cr_expect_not(is_accepted(ENGINE_PODMAN, "/kubepods/pod1/c", -997));
	cr_expect(is_accepted(ENGINE_CONTAINERD, "/kubepods/pod1/c", -998), "of pause containers");
	cr_expect_not(is_accepted(ENGINE_CONTAINERD, "/kubepods/pod1/c", -999), "of the kubelet itself");
	cr_expect(is_accepted(ENGINE_DOCKER, "/docker/c", 0), "no better than others");
	cr_expect_not(is_accepted(ENGINE_DOCKER, "/docker/c", -1));
	container.identity.is_sandbox = TRI_YES;
	cr_expect(is_accepted(ENGINE_CONTAINERD, NULL, -998));
	container.identity.is_sandbox = TRI_UNKNOWN;
	cr_expect_not(is_accepted(ENGINE_CONTAINERD, NULL, -998));
}

/* Found at @pointer and nowhere else, and accepted where the policy lists the feature. */
static void refused_unless_listed(const char *pointer, const char *what)
{
	(void)only(pointer);
	judge(&rule_spec_integrity, "{\"features\": [\"scheduler\"]}");
	cr_expect_eq(findings.n, 0, "%s is accepted", what);
}

/* sched(7): real-time and deadline policies come before all others */
Test(rules_spec_integrity, schedulers)
{
	static const char modest[][16] = {"SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE", "SCHED_ISO"};
	static const char greedy[][16] = {"SCHED_FIFO", "SCHED_RR", "SCHED_DEADLINE", "SCHED_NEW"};

	for (size_t i = 0; i < 4; i++) {
		container.process.scheduler_policy = modest[i];
		nothing(modest[i]);
		container.process.scheduler_policy = greedy[i];
		refused_unless_listed("/process/scheduler/policy", greedy[i]);
	}
}

/* sched(7): from -20, which comes first, to 19; 0 is everybody's */
Test(rules_spec_integrity, nice_values)
{
	static const int polite[] = {0, 1, 19}, pushing[] = {-1, -20, -2000};

	container.process.scheduler_policy = "SCHED_OTHER";
	for (size_t i = 0; i < 3; i++) {
		container.process.scheduler_nice = polite[i];
		nothing("nobody is pushed back");
		container.process.scheduler_nice = pushing[i];
		refused_unless_listed("/process/scheduler/nice", "a negative nice");
	}
}

/* getrlimit(2): the ceiling of a nice value is 20 less the limit: 21 is the first that allows a negative one */
Test(rules_spec_integrity, limits_of_nice)
{
	struct rlimit limit = {"RLIMIT_NICE", 0, 20};

	container.process.rlimits = &limit;
	container.process.n_rlimits = 1;
	nothing("down to 0");
	limit.hard = 21;
	cr_expect_str_eq(only("/process/rlimits")->value, "RLIMIT_NICE");
}

/* getrlimit(2), ioprio_set(2): with a hard limit of 1 a program may make itself a real-time one */
Test(rules_spec_integrity, limits_and_classes)
{
	static const struct rlimit limits[] = {
		{"RLIMIT_RTTIME", 9, 9}, {"RLIMIT_RTPRIO", 0, 0}, {"RLIMIT_RTPRIO", 0, 1}};

	container.process.rlimits = limits;
	container.process.n_rlimits = 2;
	nothing("behind the last limit there is none");
	container.process.n_rlimits = 3;
	(void)only("/process/rlimits");
	container.process.rlimits = limits + 2;
	container.process.n_rlimits = 1;
	(void)only("/process/rlimits");
	container.process.n_rlimits = 0;
	container.process.io_class = "IOPRIO_CLASS_BE";
	nothing("before nobody");
	container.process.io_class = "IOPRIO_CLASS_IDLE";
	nothing("before nobody");
	container.process.io_class = "IOPRIO_CLASS_RT";
	(void)only("/process/ioPriority/class");
}

Test(rules_spec_integrity, one_mapping_is_enough)
{
	static const struct id_mapping map = {.container_id = 0, .host_id = 100000, .size = 65536};

	container.uid_mappings = (struct id_mappings){&map, 1};
	(void)only("/linux/uidMappings");
	container.gid_mappings = container.uid_mappings;
	container.uid_mappings.n = 0;
	(void)only("/linux/gidMappings");
	container.namespaces[NS_USER].present = true;
	nothing("with a namespace of its own");
}

/* --- mounts as they are written --- */

static size_t option(const char *text)
{
	const char *const options[] = {text};

	add_bind(0, 0, "/srv/a", S_IFDIR);
	mounts[0].options = (struct strings){options, 1};
	judge(&rule_spec_integrity, "{}");
	return found_at("/mounts/0/options/0");
}

/* mount(8): the value of a context option is quoted where it has commas; of no other option is it so */
Test(rules_spec_integrity, commas_in_options)
{
	static const char contexts[][48] = {"context=\"u:r:t:s0:c1,c2\"", "fscontext=\"u:r:t:s0:c1,c2\"",
					    "defcontext=\"u:r:t:s0:c1,c2\"", "rootcontext=\"u:r:t:s0:c1,c2\""};
	static const char hidden[][48] = {"size=100k,suid\"",	  "context=u,suid",	    "context=\"u,suid",
					  "context=\"u\",suid",	  "context=\"u,mode=777\"", "xcontext=\"u,v\"",
					  "aaaaaaaaaaaaa,suid\"", "mode=755,suid"};

	for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++)
		cr_expect_eq(option(contexts[i]), 0, "%s", contexts[i]);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		cr_expect_eq(option(hidden[i]), 1, "%s", hidden[i]);
		cr_expect_str_eq(findings.items[0].message, "hides a mount option within another");
		cr_expect_str_eq(findings.items[0].remedy, "write one plain mount option a string");
	}
}

static void mount_at(size_t i, const char *path, const char *propagation)
{
	add_bind(i, (long)i, "/srv/a", S_IFDIR);
	mounts[i].destination = path;
	mounts[i].path = path;
	mounts[i].propagation = propagation;
}

Test(rules_spec_integrity, destinations_and_what_to_do_about_them)
{
	mount_at(0, "x", NULL);
	cr_expect_str_eq(only("/mounts/0/destination")->remedy, "set mountPath to an absolute path");
	mount_at(0, "/", NULL);
	judge(&rule_spec_integrity, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].remedy, "set another mountPath");
	mount_at(0, "/d", "shared");
	mount_at(1, "/d/e", NULL);
	cr_expect_str_eq(only("/mounts/1/destination")->remedy, "set another mountPath, or mountPropagation: None");
}

/* mount_namespaces(7): what is mounted on or below a shared mount appears wherever that is mounted */
Test(rules_spec_integrity, mounts_that_are_carried_to_the_node)
{
	mount_at(0, "/a", "shared");
	mount_at(1, "/b", "shared");
	mount_at(2, "/b/c", NULL);
	cr_expect_str_eq(only("/mounts/2/destination")->message, "mounts below /b, which is shared with the node");
	mount_at(2, "/b", NULL);
	cr_expect_str_eq(only("/mounts/2/destination")->message, "mounts over /b, which is shared with the node");
	mount_at(2, "/bc", NULL);
	nothing("neither over nor below");
	mount_at(0, "/a", NULL);
	mount_at(1, "/a", "shared");
	container.n_mounts = 2;
	nothing("the shared one hides the other");
	mounts[1].kind = MOUNT_FILESYSTEM;
	mounts[1].type = "tmpfs";
	mount_at(2, "/a/b", NULL);
	nothing("what is made afresh is the node's nowhere");
}

/* --- mounts as the kernel has them --- */

Test(rules_spec_integrity, mounts_that_nobody_asked_for)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	add_bind(1, -1, "/srv/b", S_IFDIR);
	container.n_mounts = 1;
	host.n_mounts = 1;
	nothing("behind the last there is none");
	host.n_mounts = 2;
	cr_expect_str_eq(only("/mounts")->message, "has a mount at /x that its spec does not name");
	seen[1].parent_mount = 0;
	nothing("it came along with the first");
	seen[0].mount = -1;
	judge(&rule_spec_integrity, "{}");
	cr_expect_eq(findings.n, 1);
	seen[1].parent_mount = -1;
	judge(&rule_spec_integrity, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "has 2 mounts that its spec does not name, /x and more");
}

Test(rules_spec_integrity, binds_that_are_not_to_be_found)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	seen[0].effective = false;
	judge(&rule_spec_integrity, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].pointer, "/mounts/0");
	host.effective = false;
	nothing("not mounted yet");
	host.effective = true;
	mounts[0].kind = MOUNT_REMOUNT;
	nothing("nothing of its own");
}

/* Engines keep layers in /run, too, as those who fetch images piece by piece do; a root as a whole does not lie there. */
Test(rules_spec_integrity, layers_in_run)
{
	static const char *const paths[] = {"/var/lib/containerd/x/fs", "/run/layers/1"};

	host.rootfs.paths = (struct strings){paths, 2};
	host.rootfs.n_same = 1;
	judge(&rule_spec_integrity, "{}");
	cr_expect_eq(found_at("/root/path"), 0);
	host.rootfs.n_same = 2;
	judge(&rule_spec_integrity, "{}");
	cr_expect_eq(found_at("/root/path"), 1);
}
