/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security modules as a kernel shows them, in a sysfs made by hand: a mount
 * namespace of the test's own has an empty /sys. Needs root.
 */
#include "live_node.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"

#include "ocigate/fs.h"

#define N(table)     (sizeof(table) / sizeof((table)[0]))
#define SECURITY     "/sys/kernel/security/"
#define LSM	     SECURITY "lsm"
#define ENFORCE	     "/sys/fs/selinux/enforce"
#define ENABLED	     "/sys/module/apparmor/parameters/enabled"
#define APPARMOR     SECURITY "apparmor/"
#define PROFILES     APPARMOR "policy/profiles/"
#define DIGEST_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* FIPS 180-2 */
#define DIGEST_A_1E6 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static struct facts facts;
static bool mounted;

static void begin(void)
{
	facts_container(&facts, "", "", "");
}

static void finish(void)
{
	if (mounted)
		(void)umount2("/sys", MNT_DETACH);
	facts_end(&facts);
}

TestSuite(host_kernel, .init = begin, .fini = finish, .timeout = 10);

/* From here on /sys is empty. */
static bool empty_sys(void)
{
	if (mounted)
		return umount2("/sys", MNT_DETACH) == 0 && mount("tmpfs", "/sys", "tmpfs", 0, NULL) == 0;
	mounted = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		  mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		  mount("tmpfs", "/sys", "tmpfs", 0, NULL) == 0;
	return mounted;
}

static void put(const char *path, const char *text)
{
	live_put(path, text, strlen(text));
}

struct files {
	const char *path;
	const char *text;
};

static void put_all(const struct files files[4])
{
	if (!empty_sys())
		cr_skip_test("needs root and a mount namespace of its own");
	for (int i = 0; i < 4 && files[i].path; i++)
		put(files[i].path, files[i].text);
}

Test(host_kernel, selinux)
{
	static const struct {
		struct files files[4];
		size_t lsms;
		enum tri enforcing;
	} rows[] = {
		{{{LSM, "lockdown,capability,selinux\n"}, {ENFORCE, "1"}}, 3, TRI_YES},
		{{{LSM, "lockdown,capability,selinux"}, {ENFORCE, "0\n"}}, 3, TRI_NO},
		{{{LSM, "selinux"}, {ENFORCE, "x"}}, 1, TRI_UNKNOWN},
		{{{LSM, "selinux"}, {ENFORCE, ""}}, 1, TRI_UNKNOWN},
		{{{LSM, "capability,selinux"}, {"/sys/fs/", ""}},
		 2,
		 TRI_UNKNOWN}, /* active, and selinuxfs not mounted */
		{{{LSM, "capability,yama"}, {"/sys/fs/", ""}}, 2, TRI_NO},
		{{{LSM, "capability"}}, 1, TRI_NO},
		{{{"/sys/fs/", ""}}, 0, TRI_NO}, /* no securityfs: the directory would be there */
		{{{"/sys/fs/selinux/", ""}}, 0, TRI_UNKNOWN},
		{{{ENFORCE, "1"}}, 0, TRI_YES},
		{{{NULL, NULL}}, 0, TRI_UNKNOWN}, /* no sysfs at all */
		{{{LSM, "\n"}, {"/sys/fs/selinux/", ""}}, 0, TRI_UNKNOWN},
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct host host = {0};

		put_all(rows[i].files);
		cr_assert_eq(lsm_read(&facts.arena, &host, &facts.err), 0, "row %zu", i);
		cr_expect_eq(host.lsms.n, rows[i].lsms, "row %zu: %zu", i, host.lsms.n);
		cr_expect_eq(host.selinux_enforcing, rows[i].enforcing, "row %zu: %d", i, (int)host.selinux_enforcing);
	}
}

Test(host_kernel, modules_are_words_between_commas)
{
	struct strings lsms = {0};
	struct arena none;

	cr_assert_eq(lsm_parse(&facts.arena, ",a,,bc,\nselinux\n", &lsms, &facts.err), 0);
	cr_assert_eq(lsms.n, 2);
	cr_expect_str_eq(lsms.items[0], "a");
	cr_expect_str_eq(lsms.items[1], "bc");
	cr_expect_eq(selinux_absent(&lsms), TRI_NO);
	cr_assert_eq(lsm_parse(&facts.arena, "xa,xb,xc", &lsms, &facts.err), 0);
	cr_assert_eq(lsms.n, 3);
	for (int i = 0; i < 3; i++) {
		const char name[] = {'x', (char)('a' + i), '\0'};

		cr_expect_str_eq(lsms.items[i], name);
	}
	cr_assert_eq(lsm_parse(&facts.arena, "", &lsms, &facts.err), 0);
	cr_expect_eq(lsms.n, 0);
	cr_expect_eq(selinux_absent(&lsms), TRI_UNKNOWN, "nothing is known of them");
	arena_init(&none, 0);
	cr_expect_eq(lsm_parse(&none, "a", &lsms, &facts.err), -1);
	cr_expect_eq(facts.err.kind, ERR_SYSTEM);
	arena_release(&none);
}

Test(host_kernel, without_memory_for_modules)
{
	static const struct files files[4] = {{LSM, "capability\n"}};
	struct host host = {0};
	struct arena none;

	put_all(files);
	arena_init(&none, 0);
	cr_expect_eq(lsm_read(&none, &host, &facts.err), -1);
	cr_expect_eq(facts.err.kind, ERR_SYSTEM);
	arena_release(&none);
}

Test(host_kernel, apparmor)
{
	static const struct {
		struct files files[4];
		enum tri enabled;
		bool known;
		size_t profiles;
	} rows[] = {
		{{{ENABLED, "Y\n"}, {APPARMOR "profiles", "a (enforce)\nb (complain)\n"}}, TRI_YES, true, 2},
		{{{ENABLED, "Y\n"}, {APPARMOR "profiles", ""}}, TRI_YES, true, 0},
		{{{ENABLED, "Y\n"}}, TRI_YES, false, 0}, /* no securityfs */
		{{{ENABLED, "Y\n"}, {APPARMOR "profiles", "rubbish\n"}}, TRI_YES, false, 0},
		{{{ENABLED, "N\n"}, {APPARMOR "profiles", "a (enforce)\n"}}, TRI_NO, true, 0},
		{{{ENABLED, "?\n"}, {APPARMOR "profiles", "a (enforce)\n"}}, TRI_UNKNOWN, false, 0},
		{{{"/sys/module/apparmor/", ""}}, TRI_UNKNOWN, false, 0},
		{{{"/sys/module/", ""}}, TRI_NO, true, 0},
		{{{NULL, NULL}}, TRI_UNKNOWN, false, 0},
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct host host = {0};

		put_all(rows[i].files);
		cr_assert_eq(apparmor_read(&facts.arena, &host, &facts.err), 0, "row %zu", i);
		cr_expect(host.apparmor_recorded);
		cr_expect_eq(host.apparmor_enabled, rows[i].enabled, "row %zu: %d", i, (int)host.apparmor_enabled);
		cr_expect_eq(host.apparmor_profiles_known, rows[i].known, "row %zu", i);
		cr_expect_eq(host.n_apparmor_profiles, rows[i].profiles, "row %zu", i);
	}
}

Test(host_kernel, without_memory_for_profiles)
{
	static const struct files files[4] = {{ENABLED, "Y\n"}, {APPARMOR "profiles", "a (enforce)\nb (complain)\n"}};
	struct host whole = {0};
	size_t failed = 0;
	int rc = -1;

	put_all(files);
	cr_assert_eq(apparmor_read(&facts.arena, &whole, &facts.err), 0);
	for (size_t cap = 0; rc < 0; cap += 8, failed++) {
		struct host host = {0};
		struct arena small;

		arena_init(&small, cap);
		rc = apparmor_read(&small, &host, &facts.err);
		cr_expect(rc == 0 ? host.n_apparmor_profiles == 2 : facts.err.kind == ERR_SYSTEM, "%zu bytes", cap);
		arena_release(&small);
	}
	cr_expect_gt(failed, 3);
}

Test(host_kernel, lines_of_profiles_that_are_too_short)
{
	static const struct {
		const char *text;
		int rc;
	} rows[] = {{"a (b)\n", 0},	   {"a ()\n", -1},	{" (b)\n", -1},	      {"(b)\n", -1},
		    {"a (b) \n", -1},	   {"a(b)\n", -1},	{"a b)\n", -1},	      {"\n", -1},
		    {")\n", -1},	   {"x)\n", -1},	{"a (b\n", -1},	      {"enabled: Y\n", 0},
		    {"enabled: Yx\n", -1}, {"enabled: \n", -1}, {"enabled: y\n", -1}, {"a (b) (c)\n", 0}};

	for (size_t i = 0; i < N(rows); i++) {
		struct host host = {0};

		cr_expect_eq(apparmor_parse(&facts.arena, rows[i].text, &host, &facts.err), rows[i].rc, "%s",
			     rows[i].text);
		cr_expect_eq(host.apparmor_recorded, rows[i].rc == 0, "%s", rows[i].text);
	}
}

Test(host_kernel, the_line_that_is_no_profile_is_named)
{
	struct host host = {0};

	cr_expect_eq(apparmor_parse(&facts.arena, "a (b)\nc (d)\ne\n", &host, &facts.err), -1);
	cr_expect_eq(facts.err.kind, ERR_INPUT);
	cr_expect_not_null(strstr(facts.err.text, "profile 3 "), "%s", facts.err.text);
}

/* Three profiles that were loaded by their own, one of them with a child, and one with nothing behind it */
static void load_profiles(void)
{
	static char many[1000000];

	if (!empty_sys())
		cr_skip_test("needs root and a mount namespace of its own");
	memset(many, 'a', sizeof(many));
	put(PROFILES "web.1/name", "web\n");
	put(PROFILES "web.1/raw_data", "abc");
	put(PROFILES "web.1/profiles/child.5/name", "child\n");
	live_put(PROFILES "web.1/profiles/child.5/raw_data", many, sizeof(many));
	put(PROFILES "web.1/profiles/child.5/profiles/deep.9/name", "web//child//deep\n");
	put(PROFILES "web.1/profiles/child.5/profiles/deep.9/raw_data", "abc");
	put(PROFILES "other.2/name", "other");
	live_put(PROFILES "other.2/raw_data", many, sizeof(many));
	put(PROFILES "empty.3/name", "empty\n");
	put(PROFILES "empty.3/raw_data", "");
	put(PROFILES "none.4/name", "none\n");
	put(PROFILES "nameless.6/raw_data", "abc");
	put(PROFILES ".hidden/name", "hidden\n");
	put(PROFILES ".hidden/raw_data", "abc");
}

Test(host_kernel, what_is_loaded_is_told_by_its_digest)
{
	static const struct {
		const char *name;
		const char *digest;
	} rows[] = {
		{"web", DIGEST_ABC},
		{"web//child", DIGEST_A_1E6},
		{"other", DIGEST_A_1E6},
		{"web//child//deep", DIGEST_ABC},
		{"empty", NULL},
		{"none", NULL},
		{"nameless", NULL},
		{"missing", NULL},
		{"we", NULL},
		{"webb", NULL},
		{"eb", NULL},
		{"child", NULL},
		{"other//child", NULL},
		{"web//missing", NULL},
		{"web//web", NULL},
		{"web//child//missing", NULL},
		{"web//", NULL},
		{"", NULL},
	};

	load_profiles();
	for (size_t i = 0; i < N(rows); i++) {
		const int before = dup(STDERR_FILENO);
		const char *digest = host_apparmor_digest(&facts.arena, rows[i].name);
		const int after = dup(STDERR_FILENO);

		cr_expect_eq(after, before + 1, "%s: a descriptor stays open", rows[i].name);
		close(before);
		close(after);
		cr_expect(!digest == !rows[i].digest, "%s: %s", rows[i].name, digest ? digest : "none");
		if (digest && rows[i].digest)
			cr_expect_str_eq(digest, rows[i].digest, "%s", rows[i].name);
	}
}

/* "a//&b": two at once; ":ns:c" is of another namespace of policy */
Test(host_kernel, digests_are_told_part_by_part)
{
	struct host host = {0};
	const char *text;

	load_profiles();
	text = apparmor_digests_text(&facts.arena, "web//&:ns:other//&missing//&other");
	cr_assert_str_eq(text, DIGEST_ABC "  web\n" DIGEST_A_1E6 "  other\n");
	cr_assert_eq(apparmor_digests_parse(&facts.arena, text, &host, &facts.err), 0);
	cr_assert_eq(host.apparmor_digests.n, 2);
	cr_expect_str_eq(host.apparmor_digests.items[1].key, "other");
	cr_expect_str_eq(host.apparmor_digests.items[1].value, DIGEST_A_1E6);
	cr_expect_str_eq(apparmor_digests_text(&facts.arena, NULL), "");
	cr_expect_str_eq(apparmor_digests_text(&facts.arena, ""), "");
	cr_expect_str_eq(apparmor_digests_text(&facts.arena, "unconfined"), "");
}

Test(host_kernel, digests_of_a_recording)
{
	static const char *const bad[] = {
		"\n",
		DIGEST_ABC "\n",
		DIGEST_ABC "  \n",
		DIGEST_ABC " web\n",
		DIGEST_ABC " xweb\n",
		DIGEST_ABC "x web\n",
		DIGEST_ABC "0  web\n",
		"BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  web\n",
		"a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  web\n",
	};
	struct host host = {0};
	struct arena none;

	for (size_t i = 0; i < N(bad); i++) {
		const char *text = arena_printf(&facts.arena, DIGEST_ABC "  a\n%s", bad[i]);

		cr_expect_eq(apparmor_digests_parse(&facts.arena, text, &host, &facts.err), -1, "%s", bad[i]);
		cr_expect_eq(facts.err.kind, ERR_INPUT);
		cr_expect_not_null(strstr(facts.err.text, "line 2 "), "%s", facts.err.text);
		cr_expect_eq(host.apparmor_digests.n, 0, "as it was");
	}
	cr_assert_eq(apparmor_digests_parse(&facts.arena, DIGEST_ABC "  a\n" DIGEST_A_1E6 "  b c\n", &host, &facts.err),
		     0);
	cr_assert_eq(host.apparmor_digests.n, 2);
	cr_expect_str_eq(host.apparmor_digests.items[0].key, "a");
	cr_expect_str_eq(host.apparmor_digests.items[0].value, DIGEST_ABC);
	cr_expect_str_eq(host.apparmor_digests.items[1].key, "b c");
	arena_init(&none, 0);
	cr_expect_eq(apparmor_digests_parse(&none, DIGEST_ABC "  a\n", &host, &facts.err), -1);
	cr_expect_eq(facts.err.kind, ERR_SYSTEM);
	arena_release(&none);
}
