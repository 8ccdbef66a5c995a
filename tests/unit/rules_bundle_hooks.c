/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle-hooks rule: look-alikes of Docker's own hook, and variables at the edges of what is compared.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rules_view.h"

TestSuite(rules_bundle_hooks, .init = view_begin, .fini = view_end);

static struct hook_entry hook;

/* A prestart hook of a bundle of Docker's */
static bool passes(const char *path, const struct strings args)
{
	static const char *const env[] = {"PATH=/usr/bin"};

	container.identity.engine = ENGINE_DOCKER;
	container.identity.trusted = true;
	hook = (struct hook_entry){
		.stage = HOOK_PRESTART, .path = path, .args = args, .has_env = true, .env = {env, 1}};
	container.hooks = &hook;
	container.n_hooks = 1;
	judge(&rule_bundle_hooks, "{}");
	return findings.n == 0;
}

Test(rules_bundle_hooks, dockers_own_and_its_look_alikes)
{
	static const char *const key[] = {"libnetwork-setkey"}, *const other[] = {"sh", "libnetwork-setkey"},
				 *const ours[] = {"ocigate", "hook"};
	const struct strings args = {key, 1};

	cr_expect(passes("/proc/1/exe", args), "dockerd may be the first process of its namespace");
	cr_expect(passes("/proc/1234567/exe", args));
	cr_expect_not(passes("/proc//exe", args));
	cr_expect_not(passes("/proc/self/exe", args));
	cr_expect_not(passes("/proc/1/exe/x", args));
	cr_expect_not(passes("/proc/1/root", args));
	cr_expect_not(passes("/procX1/exe", args));
	cr_expect_not(passes("/evil/1/exe", args));
	cr_expect_not(passes("/tmp/a/1/exe", args));
	cr_expect_not(passes("/proc/1/exe", (struct strings){other, 2}));
	cr_expect_not(passes("/proc/1/exe", (struct strings){NULL, 0}));
	cr_expect_not(passes("ocigate", (struct strings){ours, 2}), "who knows which");
	cr_expect(passes("/usr/bin/ocigate", (struct strings){ours, 2}));
}

static size_t with_variable(const char *variable, const char *settings)
{
	const char *const env[] = {variable};
	static const char *const args[] = {"true"};

	hook = (struct hook_entry){.stage = HOOK_CREATE_RUNTIME,
				   .path = "/usr/bin/true",
				   .args = {args, 1},
				   .has_env = true,
				   .env = {env, 1}};
	container.hooks = &hook;
	container.n_hooks = 1;
	judge(&rule_bundle_hooks, settings);
	return found_at("/hooks/createRuntime/0/env/0");
}

Test(rules_bundle_hooks, variables_by_their_whole_name)
{
	static const char one[] = "{\"allowed\": [\"/usr/bin/true\"], \"forbidden_env\": [\"GCONV_PATH\"]}";
	static const char all[] = "{\"allowed\": [\"/usr/bin/true\"], \"forbidden_env\": [\"LD_*\"]}";
	char name[80] = "LD_";

	cr_expect_eq(with_variable("GCONV_PATHS_OF_ANOTHER_PROGRAM=/x", one), 0);
	cr_expect_eq(with_variable("GCONV_PATH=/x", one), 1);
	cr_expect_eq(with_variable("GCONV_PATH", one), 1, "without a value");
	cr_expect_eq(with_variable("GCONV=/x", one), 0);
	cr_expect_eq(with_variable("LD_PRELOAD=/x", one), 0);
	cr_expect_eq(with_variable("LD_A/B=/x", all), 1, "any text is also one with a slash");
	cr_expect_eq(with_variable("LD=/x", all), 0);
	for (size_t n = 60; n < sizeof(name); n++) {
		memset(name + 3, 'A', n - 3);
		name[n] = '\0';
		cr_expect_eq(with_variable(name, all), 1, "%zu", n);
		cr_expect_eq(findings.n, 1);
	}
}
