/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where what belongs at /dev and /proc will lie, before a runtime is asked: a link of the image leads it elsewhere.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live_node.h"

TestSuite(host_live_links, .fini = live_finish, .timeout = 10);

/* One fresh file system of the spec, in the image W/image. */
static const char *landing(const char *destination)
{
	char mount[256];

	(void)snprintf(mount, sizeof(mount), "{\"destination\":\"%s\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}",
		       destination);
	facts_container(&live_facts, "{\"type\":\"mount\"}", mount, "");
	live_facts.container.bundle = live_work;
	live_facts.container.rootfs = live_path("W/image");
	live_must(host_live(&live_facts.arena, &live_facts.container, NULL, HOST_FACT_MOUNTS, &live_facts.host,
			    &live_facts.err),
		  live_facts.err.text);
	cr_assert_eq(live_facts.host.n_mounts, 1);
	cr_expect_not(live_facts.host.mounts[0].effective);
	return live_facts.host.mounts[0].path;
}

Test(host_live_links, of_the_image_are_followed)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(mkdir(live_path("W/image"), 0755), "image");
	cr_expect_str_eq(landing("/dev"), "/dev", "an image without it");
	live_must(symlink("/etc/ssh", live_path("W/image/dev")), "dev");
	live_must(symlink("opt/proc", live_path("W/image/proc")), "proc");
	live_must(symlink("/etc/ssh", live_path("W/image/var")), "var");
	cr_expect_str_eq(landing("/dev"), "/etc/ssh");
	cr_expect_str_eq(landing("/proc"), "/opt/proc", "beside the link is the image's root");
	cr_expect_str_eq(landing("/var"), "/var", "a runtime makes nothing there by itself");
	live_must(unlink(live_path("W/image/dev")), "no dev");
	live_must(symlink("/", live_path("W/image/dev")), "one letter");
	cr_expect_str_eq(landing("/dev"), "/");
	live_must(unlink(live_path("W/image/dev")), "no dev");
	live_must(mkdir(live_path("W/image/dev"), 0755), "dev");
	cr_expect_str_eq(landing("/dev"), "/dev");
}

Test(host_live_links, of_nobodys_image_lead_nowhere)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	cr_expect_str_eq(landing("/dev"), "/dev");
}
