/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attestation rule: each id and each reason for which a process may differ from its spec.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rules_view.h"

TestSuite(rules_attestation, .init = view_begin, .fini = view_end);

static const struct id_mapping node = {.container_id = 0, .host_id = 0, .size = UINT32_MAX};

/* A process of uid and gid 1000, as its spec says */
static void start(void)
{
	container.started = true;
	container.process.uid = 1000;
	container.process.gid = 1000;
	container.process.no_new_privileges = true;
	host.uid_map = (struct id_mappings){&node, 1};
	host.gid_map = (struct id_mappings){&node, 1};
	host.id_maps_known = true;
	host.process = (struct host_process){.known = true, .no_new_privileges = true};
	for (int i = 0; i < 4; i++) {
		host.process.uid[i] = 1000;
		host.process.gid[i] = 1000;
	}
}

static size_t found(const char *pointer)
{
	judge(&rule_attestation, "{}");
	return found_at(pointer);
}

static uint64_t bit(const char *name)
{
	return (uint64_t)1 << capability_number(name);
}

/* credentials(7): real, effective, saved and file-system ids; a set-uid program changes all but the real one */
Test(rules_attestation, each_of_the_four_ids)
{
	start();
	cr_expect_eq(found("/process/user/uid"), 0);
	for (int i = 0; i < 4; i++) {
		start();
		host.process.uid[i] = 0;
		cr_expect_eq(found("/process/user/uid"), 1, "%d", i);
		container.process.no_new_privileges = false;
		cr_expect_eq(found("/process/user/uid"), i == 0 ? 1 : 0, "%d by a set-uid program", i);
		start();
		host.process.gid[i] = 0;
		cr_expect_eq(found("/process/user/gid"), 1, "%d", i);
	}
}

/* capabilities(7): CAP_SETUID is for users, CAP_SETGID for groups */
Test(rules_attestation, who_may_change_its_ids)
{
	start();
	host.process.uid[0] = 0;
	host.process.gid[0] = 0;
	container.process.caps[CAPS_BOUNDING].mask = bit("CAP_SETUID");
	cr_expect_eq(found("/process/user/uid"), 0);
	cr_expect_eq(found("/process/user/gid"), 1);
	container.process.caps[CAPS_BOUNDING].mask = bit("CAP_SETGID");
	cr_expect_eq(found("/process/user/uid"), 1);
	cr_expect_eq(found("/process/user/gid"), 0);
	container.process.caps[CAPS_BOUNDING].mask = 0;
	cr_expect_eq(found("/process/user/uid"), 1);
	cr_expect_eq(found("/process/user/gid"), 1);
}

Test(rules_attestation, the_first_capability)
{
	start();
	host.process.caps[CAPS_EFFECTIVE] = bit("CAP_CHOWN");
	cr_assert_eq(found("/process/capabilities/effective"), 1);
	cr_expect_str_eq(findings.items[0].value, "CAP_CHOWN");
	container.process.caps[CAPS_EFFECTIVE].mask = bit("CAP_CHOWN");
	cr_expect_eq(found("/process/capabilities/effective"), 0);
}

static size_t label(const char *profile, const char *has)
{
	start();
	container.process.apparmor_profile = profile;
	host.process.apparmor = has;
	return found("/process/apparmorProfile");
}

/* /proc/PID/attr/current: "NAME (mode)", a child profile as "NAME//CHILD (mode)" */
Test(rules_attestation, labels)
{
	cr_expect_eq(label("web", "web (enforce)"), 0);
	cr_expect_eq(label("web", "web//child (enforce)"), 0);
	cr_expect_eq(label("web", "web (kill)"), 0);
	cr_expect_eq(label("web", "web/child (enforce)"), 1, "another profile");
	cr_expect_eq(label("web", "web (complain)"), 1);
	cr_expect_eq(label("web", "web (unconfined)"), 1, "a profile of that mode confines nothing");
	cr_expect_eq(label("web", "webs (enforce)"), 1);
	cr_expect_eq(label("web", "web"), 1);
	cr_expect_eq(label("web", NULL), 1);
	cr_expect_str_eq(findings.items[0].message, "is not confined by AppArmor, though its spec names web");
	cr_expect_eq(label("w", "x (enforce)"), 1);
	cr_expect_str_eq(findings.items[0].message, "is confined by AppArmor as x (enforce), not by w");
	cr_expect_eq(label("unconfined", "x (enforce)"), 0, "more than asked for");
	cr_expect_eq(label("", "x (enforce)"), 0);
	cr_expect_eq(label(NULL, "x (enforce)"), 0);
}

Test(rules_attestation, namespaces_that_are_the_nodes_after_all)
{
	for (int type = 0; type < NS_TYPES; type++) {
		start();
		container.namespaces[type] = (struct namespace_entry){.present = true, .index = (size_t)type};
		host.namespaces[type] = (struct host_namespace){.self = 0};
		judge(&rule_attestation, "{}");
		cr_expect_eq(findings.n, 0, "nothing is known of %s", namespace_type_names[type]);
		host.namespaces[type] = (struct host_namespace){.self = 5, .init = 6, .container = 7};
		judge(&rule_attestation, "{}");
		cr_expect_eq(findings.n, 0, "%s of its own", namespace_type_names[type]);
		host.namespaces[type].container = 5;
		judge(&rule_attestation, "{}");
		cr_expect_eq(findings.n, 1, "the runtime's %s", namespace_type_names[type]);
		host.namespaces[type].container = 6;
		judge(&rule_attestation, "{}");
		cr_assert_eq(findings.n, 1, "%s of the first process", namespace_type_names[type]);
		cr_expect_str_eq(findings.items[0].value, namespace_type_names[type]);
		container.namespaces[type].path = "/proc/1/ns/x";
		judge(&rule_attestation, "{}");
		cr_expect_eq(findings.n, 0, "as asked for");
		container.namespaces[type] = (struct namespace_entry){.present = false};
	}
}
