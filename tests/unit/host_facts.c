/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts that are read line by line: namespaces, id maps, AppArmor, LSMs, who
 * owns the way to a bundle. And the helpers of the other host tests.
 */
#include "host_facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "ocigate/spec.h"

static const char template[] =
	"{\"ociVersion\":\"1.1.0\",\"process\":{\"user\":{\"uid\":1000,\"gid\":1000},\"args\":[\"sh\"],\"cwd\":\"/\","
	"\"capabilities\":{}},\"root\":{\"path\":\"rootfs\"},\"mounts\":[%s],"
	"\"linux\":{\"namespaces\":[%s]%s}}";

void facts_container(struct facts *facts, const char *namespaces, const char *mounts, const char *linux_members)
{
	struct text text;

	memset(facts, 0, sizeof(*facts));
	arena_init(&facts->arena, (size_t)64 << 20);
	text.bytes = arena_printf(&facts->arena, template, mounts, namespaces, linux_members);
	text.len = strlen(text.bytes);
	cr_assert_eq(spec_parse(&facts->arena, &text, FACTS_BUNDLE, "c1", &facts->container, &facts->err), 0, "%s: %s",
		     facts->err.pointer, facts->err.text);
}

void facts_record(struct facts *facts, const struct facts_file *files)
{
	char dir[] = "/tmp/ocigate-facts.XXXXXX";
	int dirfd;

	cr_assert_not_null(mkdtemp(dir));
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(dirfd, 0);
	for (const struct facts_file *file = files; file->name; file++) {
		int fd = openat(dirfd, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		cr_assert_eq(write(fd, file->text, strlen(file->text)), (ssize_t)strlen(file->text));
		close(fd);
	}
	facts->rc = host_recorded(&facts->arena, &facts->container, dirfd, FACTS_ALL, &facts->host, &facts->err);
	for (const struct facts_file *file = files; file->name; file++)
		unlinkat(dirfd, file->name, 0);
	close(dirfd);
	rmdir(dir);
}

void facts_end(struct facts *facts)
{
	arena_release(&facts->arena);
}

const struct host_mount *facts_mount(const struct facts *facts, const char *path)
{
	const struct host_mount *found = NULL;

	for (size_t i = 0; i < facts->host.n_mounts; i++)
		if (strcmp(facts->host.mounts[i].path, path) == 0)
			found = &facts->host.mounts[i];
	cr_assert_not_null(found, "nothing is mounted at %s", path);
	return found;
}

const char *facts_paths(struct facts *facts, const struct origin *origin)
{
	const char *text = "";

	for (size_t i = 0; i < origin->paths.n; i++)
		text = arena_printf(&facts->arena, "%s%s%s", text, i ? " " : "", origin->paths.items[i]);
	return text;
}

static struct facts facts;

static void finish(void)
{
	facts_end(&facts);
}

TestSuite(host_facts, .fini = finish);

static const char all_new[] = "{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"mount\"}";

Test(host_facts, namespaces_are_judged_by_inode)
{
	const struct facts_file files[] = {
		{"namespaces", "self pid 10\nself net 20\nself ipc 30\ninit ipc 31\nself mnt 40\ninit mnt 41\n"
			       "container pid 11\ncontainer net 20\ncontainer ipc 31\ncontainer mnt 40\n"
			       "container pid_for_children 10\ncontainer newkind 5\n"},
		{NULL, NULL},
	};
	const struct host_namespace *ns;

	facts_container(&facts, all_new, "", "");
	facts_record(&facts, files);
	cr_assert_eq(facts.rc, 0);
	ns = facts.host.namespaces;
	cr_expect(facts.host.effective);
	cr_expect_eq(ns[NS_PID].shared, TRI_NO);
	cr_expect_eq(ns[NS_NETWORK].shared, TRI_YES, "equal to the runtime's, pid 1's unknown");
	cr_expect_eq(ns[NS_IPC].shared, TRI_YES, "equal to pid 1's, not to the runtime's");
	cr_expect_eq(ns[NS_MOUNT].shared, TRI_YES);
	cr_expect_eq(ns[NS_UTS].shared, TRI_YES, "no entry: the runtime's own");
	cr_expect_eq(ns[NS_PID].self, 10);
	cr_expect_eq(ns[NS_PID].container, 11);
}

Test(host_facts, without_a_host_inode_nothing_is_known)
{
	const struct facts_file files[] = {{"namespaces", "container pid 11\ncontainer mnt 12\nself net 5\n"},
					   {NULL, NULL}};

	facts_container(&facts, all_new, "", "");
	facts_record(&facts, files);
	cr_expect_eq(facts.host.namespaces[NS_PID].shared, TRI_UNKNOWN, "the container's alone proves nothing");
	cr_expect_eq(facts.host.namespaces[NS_NETWORK].shared, TRI_UNKNOWN, "the container's could not be read");
}

Test(host_facts, before_the_container_exists_the_spec_decides)
{
	const struct facts_file files[] = {{NULL, NULL}};

	facts_container(&facts, "{\"type\":\"pid\"},{\"type\":\"ipc\",\"path\":\"/proc/7/ns/ipc\"}", "", "");
	facts_record(&facts, files);
	cr_expect_not(facts.host.effective);
	cr_expect_eq(facts.host.namespaces[NS_PID].shared, TRI_NO, "a new one");
	cr_expect_eq(facts.host.namespaces[NS_IPC].shared, TRI_UNKNOWN, "a path that nobody can follow here");
	cr_expect_eq(facts.host.namespaces[NS_NETWORK].shared, TRI_YES, "no entry");
}

/* Each must be refused, none may crash. */
static const char *const bad_namespaces[] = {
	"self pid\n",
	"self pid x\n",
	"self pid 0\n",
	"somebody pid 5\n",
	"self  5\nself pid -1\n",
	"self pid 5 6\n",
	"\n",
	"self pid 99999999999999999999999\n",
};

Test(host_facts, malformed_namespaces_are_an_error)
{
	for (size_t i = 0; i < sizeof(bad_namespaces) / sizeof(bad_namespaces[0]); i++) {
		const struct facts_file files[] = {{"namespaces", bad_namespaces[i]}, {NULL, NULL}};

		facts_container(&facts, all_new, "", "");
		facts_record(&facts, files);
		cr_expect_eq(facts.rc, -1, "%s", bad_namespaces[i]);
		cr_expect_eq(facts.err.kind, ERR_INPUT);
		facts_end(&facts);
	}
}

static const char mappings[] = ",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
			       "\"gidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}]";

Test(host_facts, mappings_without_a_user_namespace_are_ignored)
{
	const struct facts_file files[] = {{"namespaces", "self user 9\ncontainer user 9\n"}, {NULL, NULL}};

	facts_container(&facts, all_new, "", mappings);
	facts_record(&facts, files);
	cr_assert(facts.host.id_maps_known);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 0, "runtimes ignore the mappings: root is the host's root");
}

Test(host_facts, joining_the_hosts_user_namespace_is_no_way_out)
{
	const struct facts_file files[] = {{"namespaces", "self user 9\ncontainer user 9\n"}, {NULL, NULL}};

	facts_container(&facts, "{\"type\":\"user\",\"path\":\"/proc/1/ns/user\"}", "", mappings);
	facts_record(&facts, files);
	cr_assert(facts.host.id_maps_known);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 0);
}

Test(host_facts, a_new_user_namespace_gets_the_mappings_of_the_spec)
{
	const struct facts_file files[] = {{"namespaces", "self user 9\ncontainer user 10\n"}, {NULL, NULL}};

	facts_container(&facts, "{\"type\":\"user\"}", "", mappings);
	facts_record(&facts, files);
	cr_assert(facts.host.id_maps_known);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 100000);
	cr_expect_eq(host_id_of(&facts.host.gid_map, 1), 200001);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 65535), 165535);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 65536), -1);
	cr_expect_eq(host_id_of(&facts.host.uid_map, -1), -1);
}

Test(host_facts, a_joined_user_namespace_is_what_the_kernel_says)
{
	const struct facts_file unread[] = {{"namespaces", "self user 9\ncontainer user 10\n"}, {NULL, NULL}};
	const struct facts_file read[] = {
		{"namespaces", "self user 9\ncontainer user 10\n"},
		{"uid_map", "         0          0          1\n         1     300000      65535\n"},
		{"gid_map", "0 300000 65536\n"},
		{NULL, NULL},
	};

	facts_container(&facts, "{\"type\":\"user\",\"path\":\"/proc/7/ns/user\"}", "", mappings);
	facts_record(&facts, unread);
	cr_expect_not(facts.host.id_maps_known, "the mappings of the spec are not those of the joined namespace");
	facts_record(&facts, read);
	cr_assert(facts.host.id_maps_known);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 0, "root is mapped to root");
	cr_expect_eq(host_id_of(&facts.host.uid_map, 2), 300001);
	cr_expect_eq(host_id_of(&facts.host.gid_map, 0), 300000);
}

static const char *const bad_maps[] = {"", "0 0\n", "0 0 0\n", "0 0 x\n", "0 0 1 2\n", "0 0 4294967296\n", "a b c\n"};

Test(host_facts, malformed_id_maps_are_an_error)
{
	for (size_t i = 0; i < sizeof(bad_maps) / sizeof(bad_maps[0]); i++) {
		const struct facts_file files[] = {{"uid_map", bad_maps[i]}, {"gid_map", "0 0 1\n"}, {NULL, NULL}};

		facts_container(&facts, all_new, "", "");
		facts_record(&facts, files);
		cr_expect_eq(facts.rc, -1, "%s", bad_maps[i]);
		facts_end(&facts);
	}
}

Test(host_facts, apparmor_modes_stand_behind_the_last_parenthesis)
{
	const struct facts_file files[] = {
		{"apparmor", "cri-containerd.apparmor.d (enforce)\ntrick (enforce) (complain)\na//b (kill)\n"
			     ":ns1:name (unconfined)\nspace d name (enforce)\n"},
		{NULL, NULL},
	};
	const struct apparmor_profile *profiles;

	facts_container(&facts, all_new, "", "");
	facts_record(&facts, files);
	cr_assert_eq(facts.rc, 0);
	cr_expect(facts.host.apparmor_recorded);
	cr_expect_eq(facts.host.apparmor_enabled, TRI_YES, "profiles mean that it is on");
	cr_expect(facts.host.apparmor_profiles_known);
	cr_assert_eq(facts.host.n_apparmor_profiles, 5);
	profiles = facts.host.apparmor_profiles;
	cr_expect_str_eq(profiles[0].name, "cri-containerd.apparmor.d");
	cr_expect_str_eq(profiles[0].mode, "enforce");
	cr_expect_str_eq(profiles[1].name, "trick (enforce)");
	cr_expect_str_eq(profiles[1].mode, "complain");
	cr_expect_str_eq(profiles[2].name, "a//b");
	cr_expect_str_eq(profiles[3].name, ":ns1:name");
	cr_expect_str_eq(profiles[4].name, "space d name");
}

Test(host_facts, apparmor_says_whether_it_is_on)
{
	const struct facts_file on[] = {{"apparmor", "enabled: Y\n"}, {NULL, NULL}};
	const struct facts_file off[] = {{"apparmor", "enabled: N\n"}, {NULL, NULL}};
	const struct facts_file empty[] = {{"apparmor", ""}, {NULL, NULL}};
	const struct facts_file none[] = {{NULL, NULL}};

	facts_container(&facts, all_new, "", "");
	facts_record(&facts, on);
	cr_expect_eq(facts.host.apparmor_enabled, TRI_YES);
	cr_expect(facts.host.apparmor_profiles_known, "on, with nothing loaded");
	facts_record(&facts, off);
	cr_expect_eq(facts.host.apparmor_enabled, TRI_NO);
	facts_record(&facts, empty);
	cr_expect_eq(facts.host.apparmor_enabled, TRI_UNKNOWN);
	cr_expect_not(facts.host.apparmor_profiles_known);
	facts_record(&facts, none);
	cr_expect_eq(facts.host.apparmor_enabled, TRI_UNKNOWN);
	cr_expect_not(facts.host.apparmor_recorded);
}

static const char *const bad_apparmor[] = {"name\n",	   "name (\n",	     "name ()\n",
					   " (enforce)\n", "(enforce)\n",    "name(enforce)\n",
					   "enabled: X\n", "enabled: YES\n", "name (enforce) \n"};

Test(host_facts, malformed_profiles_are_an_error)
{
	for (size_t i = 0; i < sizeof(bad_apparmor) / sizeof(bad_apparmor[0]); i++) {
		const struct facts_file files[] = {{"apparmor", bad_apparmor[i]}, {NULL, NULL}};

		facts_container(&facts, all_new, "", "");
		facts_record(&facts, files);
		cr_expect_eq(facts.rc, -1, "%s", bad_apparmor[i]);
		facts_end(&facts);
	}
}

Test(host_facts, security_modules)
{
	const struct facts_file files[] = {{"lsm", "lockdown,capability,selinux\n"}, {"selinux", "1"}, {NULL, NULL}};
	const struct facts_file permissive[] = {{"selinux", "0\n"}, {NULL, NULL}};
	const struct facts_file odd[] = {{"selinux", "10"}, {NULL, NULL}};
	const struct facts_file other[] = {{"selinux", "2"}, {NULL, NULL}};
	const struct facts_file silent[] = {{"lsm", "capability,selinux"}, {NULL, NULL}};
	const struct facts_file without[] = {{"lsm", "capability,apparmor"}, {NULL, NULL}};

	facts_container(&facts, all_new, "", "");
	facts_record(&facts, files);
	cr_assert_eq(facts.host.lsms.n, 3);
	cr_expect_str_eq(facts.host.lsms.items[2], "selinux");
	cr_expect_eq(facts.host.selinux_enforcing, TRI_YES);
	facts_record(&facts, permissive);
	cr_expect_eq(facts.host.selinux_enforcing, TRI_NO);
	cr_expect_eq(facts.host.lsms.n, 0);
	facts_record(&facts, odd);
	cr_expect_eq(facts.host.selinux_enforcing, TRI_UNKNOWN);
	facts_record(&facts, other);
	cr_expect_eq(facts.host.selinux_enforcing, TRI_UNKNOWN);
	facts_record(&facts, silent);
	cr_expect_eq(facts.host.selinux_enforcing, TRI_UNKNOWN, "it is there, and does not say");
	facts_record(&facts, without);
	cr_expect_eq(facts.host.selinux_enforcing, TRI_NO);
}

Test(host_facts, owners_of_the_way_to_the_bundle)
{
	const struct {
		const char *text;
		enum bundle_owner expect;
	} cases[] = {
		{"0 0 40755 /\n0 0 40755 /run\n0 0 40700 /run/b\n", BUNDLE_OWNER_ROOT},
		{"0 0 40755 /\n0 0 41777 /tmp\n0 0 40700 /tmp/b\n", BUNDLE_OWNER_OTHERS},
		{"0 0 40755 /\n1000 0 40755 /home\n", BUNDLE_OWNER_OTHERS},
		{"0 0 40755 /\n0 5 40775 /srv\n", BUNDLE_OWNER_OTHERS},
		{"0 0 40755 /\nrubbish\n", BUNDLE_OWNER_UNKNOWN},
		{"0 0 9 /\n", BUNDLE_OWNER_UNKNOWN},
		{"", BUNDLE_OWNER_UNKNOWN},
	};

	facts_container(&facts, all_new, "", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct facts_file files[] = {{"bundle", cases[i].text}, {NULL, NULL}};

		facts_record(&facts, files);
		cr_expect_eq(facts.host.bundle_owner, cases[i].expect, "%s", cases[i].text);
	}
}

/* Root alone can make directories that are root's. */
Test(host_facts, live_owners)
{
	char dir[] = "/run/ocigate-owner.XXXXXX", path[128];

	facts_container(&facts, all_new, "", "");
	cr_expect_eq(bundle_owner_of("/tmp"), BUNDLE_OWNER_OTHERS);
	cr_expect_eq(bundle_owner_of("relative"), BUNDLE_OWNER_UNKNOWN);
	cr_expect_eq(bundle_owner_of("/no/such/directory"), BUNDLE_OWNER_UNKNOWN);
	cr_expect_eq(bundle_owner_of("/etc/passwd"), BUNDLE_OWNER_UNKNOWN);
	if (geteuid() != 0 || !mkdtemp(dir))
		cr_skip_test("needs root");
	cr_expect_eq(bundle_owner_of(dir), BUNDLE_OWNER_ROOT);
	cr_expect_eq(bundle_owner_of(arena_printf(&facts.arena, "%s/../%s", dir, dir + 5)), BUNDLE_OWNER_ROOT);
	(void)snprintf(path, sizeof(path), "%s/link", dir);
	cr_assert_eq(symlink("/tmp", path), 0);
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_OTHERS, "a link into a place that others can write");
	unlink(path);
	cr_assert_eq(symlink("/usr/lib", path), 0);
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_ROOT, "a link to where root alone can write");
	unlink(path);
	cr_assert_eq(symlink(path, path), 0);
	cr_expect_eq(bundle_owner_of(path), BUNDLE_OWNER_UNKNOWN, "a link to itself");
	unlink(path);
	cr_assert_eq(chmod(dir, 0770), 0);
	cr_expect_eq(bundle_owner_of(dir), BUNDLE_OWNER_OTHERS);
	cr_assert_eq(chown(dir, 65534, 0), 0);
	cr_assert_eq(chmod(dir, 0700), 0);
	cr_expect_eq(bundle_owner_of(dir), BUNDLE_OWNER_OTHERS);
	cr_assert_eq(chown(dir, 4242, 0), 0);
	cr_expect_eq(bundle_owner_of(dir), BUNDLE_OWNER_OTHERS);
	cr_expect_eq(bundle_owner_for(dir, 4242), BUNDLE_OWNER_ROOT, "root and that user");
	cr_expect_eq(bundle_owner_for(dir, 4243), BUNDLE_OWNER_OTHERS, "another user");
	cr_assert_eq(chmod(dir, 0770), 0);
	cr_expect_eq(bundle_owner_for(dir, 4242), BUNDLE_OWNER_OTHERS, "that user and a group");
	rmdir(dir);
}
