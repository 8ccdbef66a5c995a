/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces of processes, by directories that look like theirs in /proc: a
 * link of nsfs reads "net:[4026531840]" (namespaces(7)).
 */
#include "host_facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"

#include "ocigate/fs.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static char dir[] = "/tmp/ocigate-namespaces.XXXXXX";
static int procfd = -1;

static void begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	procfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(mkdirat(procfd, "ns", 0700), 0);
}

static void forget(void)
{
	for (int type = 0; type < NS_TYPES; type++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "ns/%s", namespace_proc_names[type]);
		(void)unlinkat(procfd, name, 0);
	}
}

static void finish(void)
{
	forget();
	(void)unlinkat(procfd, "ns", AT_REMOVEDIR);
	fd_close(&procfd);
	(void)rmdir(dir);
}

TestSuite(host_namespaces, .init = begin, .fini = finish);

static void link_to(int type, const char *text)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "ns/%s", namespace_proc_names[type]);
	(void)unlinkat(procfd, name, 0);
	cr_assert_eq(symlinkat(text, procfd, name), 0);
}

/* A process whose namespaces have these inodes, 0: a link that cannot be read */
static void process_in(const unsigned long inodes[NS_TYPES])
{
	char text[64];

	forget();
	for (int type = 0; type < NS_TYPES; type++) {
		(void)snprintf(text, sizeof(text), "%s:[%lu]", namespace_proc_names[type], inodes[type]);
		if (inodes[type] != 0)
			link_to(type, text);
	}
}

Test(host_namespaces, each_has_the_inode_that_its_link_names)
{
	static const unsigned long inodes[NS_TYPES] = {10, 20, 30, 40, 50, 60, 70, 18446744073709551615UL};
	struct host_namespace namespaces[NS_TYPES] = {{0}};

	process_in(inodes);
	namespaces_read(procfd, WHO_CONTAINER, namespaces);
	for (int type = 0; type < NS_TYPES; type++) {
		cr_expect_eq(namespaces[type].container, inodes[type], "%s", namespace_proc_names[type]);
		cr_expect_eq(namespaces[type].self, 0);
		cr_expect_eq(namespaces[type].init, 0);
	}
}

Test(host_namespaces, links_that_name_no_inode)
{
	static const char *const texts[] = {
		"",
		"net",
		"net:",
		"net:[",
		"net:]",
		"net:[]",
		"net:[5",
		"net:[5x]",
		"net:[x]",
		"net:(5]",
		"net.[5]",
		"mnt:[5]",
		"nit:[5]",
		"net:[-5]",
		"net:5]",
		"xnet:[5]",
		"net:[5]x",
		"5",
		"/proc/1/x",
		"net:[99999999999999999999]",
		"net:[0000000000000000000000000000000000000000000000000000000000000000000000000000005]",
	};

	for (size_t i = 0; i < N(texts); i++) {
		struct host_namespace namespaces[NS_TYPES] = {{0}};

		forget();
		/* What was read just before is nobody else's. */
		link_to(NS_PID, "pid:[777]");
		if (texts[i][0] != '\0')
			link_to(NS_NETWORK, texts[i]);
		namespaces_read(procfd, WHO_CONTAINER, namespaces);
		cr_expect_eq(namespaces[NS_PID].container, 777);
		cr_expect_eq(namespaces[NS_NETWORK].container, 0, "%s", texts[i]);
	}
}

/* A kernel without time namespaces, say */
Test(host_namespaces, one_that_is_missing_hides_no_other)
{
	static const unsigned long inodes[NS_TYPES] = {[NS_PID] = 10, [NS_USER] = 20, [NS_CGROUP] = 30};
	struct host_namespace namespaces[NS_TYPES] = {{0}};

	process_in(inodes);
	namespaces_read(procfd, WHO_INIT, namespaces);
	cr_expect_eq(namespaces[NS_PID].init, 10);
	cr_expect_eq(namespaces[NS_USER].init, 20);
	cr_expect_eq(namespaces[NS_CGROUP].init, 30);
	cr_expect_eq(namespaces[NS_NETWORK].init, 0);
	process_in((const unsigned long[NS_TYPES]){[NS_USER] = 21, [NS_CGROUP] = 31});
	namespaces_read(procfd, WHO_SELF, namespaces);
	cr_expect_eq(namespaces[NS_PID].self, 0);
	cr_expect_eq(namespaces[NS_USER].self, 21);
	cr_expect_eq(namespaces[NS_CGROUP].self, 31);
}

Test(host_namespaces, are_compared_where_the_containers_are_known)
{
	static const unsigned long inodes[NS_TYPES] = {11, 12, 13, 14, 15, 16, 17, 18};
	struct host_namespace namespaces[NS_TYPES + 1] = {{0}}; /* the last is none of them */

	process_in(inodes);
	namespaces[NS_TYPES].container = 1;
	namespaces[NS_PID].container = 11;
	namespaces[NS_NETWORK].container = 99;
	namespaces[NS_USER].container = 1;
	namespaces_compare(procfd, WHO_SELF, namespaces);
	for (int type = 0; type < NS_TYPES; type++)
		cr_expect_eq(namespaces[type].self, namespaces[type].container ? inodes[type] : 0, "%s",
			     namespace_proc_names[type]);
	namespaces_compare(procfd, WHO_INIT, namespaces);
	cr_expect_eq(namespaces[NS_PID].init, 0, "it is the runtime's already");
	cr_expect_eq(namespaces[NS_NETWORK].init, inodes[NS_NETWORK]);
	cr_expect_eq(namespaces[NS_USER].init, inodes[NS_USER]);
	cr_expect_eq(namespaces[NS_IPC].init, 0, "nothing to compare with");
}

Test(host_namespaces, a_recording_is_told_which_line_is_wrong)
{
	struct host_namespace namespaces[NS_TYPES] = {{0}};
	struct err err = {0};

	cr_expect_eq(namespaces_parse("self pid 5\ninit net 6\nself pid 5x\n", namespaces, &err), -1);
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect_not_null(strstr(err.text, "line 3 "), "%s", err.text);
}

/* What pid 1 has may not be known; then what is known decides. */
Test(host_namespaces, are_judged_by_whom_is_known)
{
	static const struct {
		ino_t self;
		ino_t init;
		ino_t container;
		enum tri shared;
	} rows[] = {
		{5, 6, 7, TRI_NO}, {5, 6, 6, TRI_YES},	   {5, 6, 5, TRI_YES}, {5, 0, 7, TRI_NO},
		{0, 6, 7, TRI_NO}, {0, 0, 7, TRI_UNKNOWN}, {0, 7, 7, TRI_YES}, {7, 0, 7, TRI_YES},
	};
	struct facts facts;

	facts_container(&facts, "{\"type\":\"pid\"}", "", "");
	for (size_t i = 0; i < N(rows); i++) {
		struct host_namespace *ns = &facts.host.namespaces[NS_PID];

		facts.host.effective = true;
		*ns = (struct host_namespace){
			.self = rows[i].self, .init = rows[i].init, .container = rows[i].container};
		host_namespaces_judge(&facts.host, &facts.container);
		cr_expect_eq(ns->shared, rows[i].shared, "row %zu", i);
	}
	facts_end(&facts);
}

/* The container exists and its namespace cannot be seen: what its spec asked for is not what it has. */
Test(host_namespaces, of_a_container_that_shows_none_are_unknown)
{
	struct facts facts;

	facts_container(&facts, "{\"type\":\"pid\"},{\"type\":\"ipc\",\"path\":\"/proc/1/ns/ipc\"}", "", "");
	facts.host.effective = true;
	host_namespaces_judge(&facts.host, &facts.container);
	cr_expect_eq(facts.host.namespaces[NS_PID].shared, TRI_UNKNOWN);
	cr_expect_eq(facts.host.namespaces[NS_IPC].shared, TRI_UNKNOWN);
	cr_expect_eq(facts.host.namespaces[NS_NETWORK].shared, TRI_YES, "no entry: the runtime's");
	facts_end(&facts);
}

static ino_t followed(const char *path)
{
	struct host_namespace namespaces[NS_TYPES] = {{0}};
	struct container container = {0};

	container.namespaces[NS_PID] = (struct namespace_entry){.present = true, .path = path};
	container.namespaces[NS_IPC] = (struct namespace_entry){.present = true};
	container.namespaces[NS_UTS] = (struct namespace_entry){.path = path};
	namespaces_follow(&container, namespaces);
	cr_expect_eq(namespaces[NS_IPC].container, 0, "a new one");
	cr_expect_eq(namespaces[NS_UTS].container, 0, "none is asked for");
	return namespaces[NS_PID].container;
}

Test(host_namespaces, of_a_spec_are_what_its_paths_lead_to)
{
	struct stat st;

	cr_assert_eq(stat("/proc/self/ns/pid", &st), 0);
	cr_expect_eq(followed("/proc/self/ns/pid"), st.st_ino);
	cr_expect_eq(followed("/etc/passwd"), 0);
	cr_expect_eq(followed("/no/such/file"), 0);
	close(STDIN_FILENO);
	cr_expect_eq(followed("/proc/self/ns/pid"), st.st_ino, "as the first descriptor");
}
