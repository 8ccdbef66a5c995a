/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sysctls rule: what is a name, and whose namespace keeps it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rules_view.h"

TestSuite(rules_sysctls, .init = view_begin, .fini = view_end);

/* What is said of one sysctl where every name is allowed; "" if nothing */
static const char *said(const char *name)
{
	static struct key_value one;

	one = (struct key_value){name, "1"};
	container.sysctls = (struct key_values){&one, 1};
	host.sandbox_known = TRI_NO;
	judge(&rule_sysctls, "{\"allowed\": [\"*\"]}");
	return findings.n > 0 ? findings.items[0].message : "";
}

Test(rules_sysctls, names)
{
	static const char odd[][16] = {"", ".", ".net", "net.", "net..core", "net/core", "net.a+b", "net.a b"};
	static const char plain[][16] = {"a", "n.a", "net.b", "vm.x_y-z"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		cr_expect_str_eq(said(odd[i]), "sets a sysctl whose name is not words between dots", "%s", odd[i]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		cr_expect_str_neq(said(plain[i]), "sets a sysctl whose name is not words between dots", "%s", plain[i]);
}

/* namespaces(7): network, System V IPC and POSIX queues, host and domain name; all else is the node's */
Test(rules_sysctls, namespaces)
{
	static const struct {
		char name[32];
		enum namespace_type type;
	} own[] = {{"net.core.somaxconn", NS_NETWORK}, {"kernel.shmmax", NS_IPC},
		   {"kernel.msgmax", NS_IPC},	       {"kernel.sem", NS_IPC},
		   {"kernel.auto_msgmni", NS_IPC},     {"fs.mqueue.msg_max", NS_IPC},
		   {"kernel.hostname", NS_UTS},	       {"kernel.domainname", NS_UTS}};
	static const char nodes[][32] = {
		"netx.core",	   "net",	"vm.swappiness", "kernel.core_pattern", "kernel.hostnames",
		"kernel.auto_msg", "fs.mqueue", "fs.file-max"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		struct host_namespace *namespace = &host.namespaces[own[i].type];

		namespace->shared = TRI_NO;
		cr_expect_str_eq(said(own[i].name), "", "%s", own[i].name);
		namespace->shared = TRI_YES;
		cr_expect_str_eq(said(own[i].name), arena_printf(&arena, "sets a sysctl in the host's %s namespace",
								 namespace_type_names[own[i].type]));
		cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
		namespace->shared = TRI_UNKNOWN;
		cr_expect_neq(said(own[i].name)[0], '\0', "%s", own[i].name);
		cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
		namespace->shared = TRI_NO;
	}
	for (int type = 0; type < NS_TYPES; type++)
		host.namespaces[type].shared = TRI_NO;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		cr_expect_str_eq(said(nodes[i]), "sets a sysctl that belongs to no namespace: it is the node's", "%s",
				 nodes[i]);
}

Test(rules_sysctls, a_sandbox_that_nobody_was_asked_about)
{
	judge(&rule_sysctls, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	host.facts = 0;
	judge(&rule_sysctls, "{}");
	cr_expect_eq(findings.n, 0);
}
