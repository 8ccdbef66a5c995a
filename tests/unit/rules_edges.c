/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small rules at their edges: the first and the last of a list, who asked, what is only nearly allowed.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_view.h"

TestSuite(rules_edges, .init = view_begin, .fini = view_end);

/* --- trusted-images --- */

static size_t image(const char *name, const char *settings)
{
	container.identity.trusted = true;
	container.identity.image = name;
	judge(&rule_trusted_images, settings);
	return findings.n;
}

Test(rules_edges, images_that_match)
{
	cr_expect_eq(image("quay.io/a/b", "{\"allowed\": [\"quay.io/*\"]}"), 0, "* is any text");
	cr_expect_eq(image("quay.io/a/b", "{\"allowed\": [\"~^quay.io/.*$\"]}"), 0);
	cr_expect_eq(image("quay.io/a/b", "{\"allowed\": [\"~quay.io/a\"]}"), 1, "the whole of it");
	cr_expect_eq(image("x/quay.io/a", "{\"allowed\": [\"~quay.io/a\"]}"), 1);
	cr_expect_eq(image("x", "{\"allowed\": [\"x\"]}"), 0, "a name of one letter");
	cr_expect_eq(image("", "{\"allowed\": [\"x\"]}"), 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
}

Test(rules_edges, a_pattern_that_does_not_compile_matches_nothing)
{
	static const char *const pattern[] = {"~("};
	/* As the rule's own settings begin. */
	static const struct {
		struct strings allowed;
		bool forbid_latest, require_digest;
	} settings = {{pattern, 1}, false, false};

	container.identity.trusted = true;
	container.identity.image = "(";
	findings = (struct findings){.arena = &arena, .rule = &rule_trusted_images};
	rule_trusted_images.judge(&container, &host, &settings, &findings);
	cr_expect_eq(findings.n, 1);
}

Test(rules_edges, the_tag_latest)
{
	static const char forbid[] = "{\"forbid_latest\": true}";

	cr_expect_eq(image("redis", forbid), 1);
	cr_expect_eq(image("redis:latest", forbid), 1);
	cr_expect_eq(image("redis:7", forbid), 0);
	cr_expect_eq(image("host:5000/redis", forbid), 1);
	cr_expect_eq(image("host:5000/redis:7", forbid), 0);
}

/* --- runtime-annotations, service-account-token --- */

Test(rules_edges, annotations_that_are_allowed)
{
	static const struct key_value one[] = {{"run.oci.systemd.subgroup/x", "v"}};

	container.annotations = (struct key_values){one, 1};
	judge(&rule_runtime_annotations, "{}");
	cr_expect_eq(findings.n, 1);
	judge(&rule_runtime_annotations, "{\"allowed\": [\"run.oci.*\"]}");
	cr_expect_eq(findings.n, 0, "* is any text, also one with a slash");
	judge(&rule_runtime_annotations, "{\"allowed\": [\"run.oci.x*\"]}");
	cr_expect_eq(findings.n, 1);
}

Test(rules_edges, mounts_of_no_source)
{
	add_bind(0, 0, "/srv", S_IFDIR);
	mounts[0].source = NULL;
	mounts[1] = (struct mount){.kind = MOUNT_BIND, .path = "/var/run/secrets/kubernetes.io/serviceaccount"};
	mounts[1].destination = mounts[1].path;
	judge(&rule_service_account_token, "{}");
	cr_expect_eq(findings.n, 0, "behind the last mount there is none");
	container.n_mounts = 2;
	judge(&rule_service_account_token, "{}");
	cr_expect_eq(found_at("/mounts/1"), 1);
}

/* --- listen-ports, privilege-escalation --- */

Test(rules_edges, ports)
{
	static const struct host_port ports[] = {{0, 0, "tcp"}, {0, 1, "tcp"}, {0, 70, "tcp"}};
	static const struct range range[] = {{80, 90}, {1, 79}};
	/* As the rule's own settings begin. */
	static const struct {
		struct ranges allowed_ports;
	} settings = {{range, 1}};

	host.ports = ports;
	host.n_ports = 3;
	host.ports_known = TRI_YES;
	findings = (struct findings){.arena = &arena, .rule = &rule_listen_ports};
	rule_listen_ports.judge(&container, &host, &settings, &findings);
	cr_assert_eq(findings.n, 2, "0 is no port, and the second range is not in force");
	cr_expect_str_eq(findings.items[0].value, "1");
	cr_expect_str_eq(findings.items[1].value, "70");
}

Test(rules_edges, an_exec_that_may_gain_privileges)
{
	judge(&rule_privilege_escalation, "{}");
	cr_expect_eq(found_at("/process/noNewPrivileges"), 1);
	container.exec = true;
	judge(&rule_privilege_escalation, "{}");
	cr_expect_eq(found_at("/noNewPrivileges"), 1);
}

/* --- root-user --- */

static const char *root(int64_t uid, int64_t host_uid, const char *settings)
{
	static struct id_mapping map;

	map = (struct id_mapping){.container_id = (uint32_t)uid, .host_id = (uint32_t)host_uid, .size = 1};
	container.process.uid = uid;
	host.uid_map = (struct id_mappings){&map, 1};
	judge(&rule_root_user, settings);
	return findings.n > 0 ? findings.items[0].message : "";
}

Test(rules_edges, who_is_root)
{
	cr_expect_str_eq(root(1000, 1000, "{}"), "cannot tell who uid 1000 is on the host");
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED, "whatever a map says that is not known");
	host.id_maps_known = true;
	cr_expect_str_eq(root(1000, 1000, "{}"), "");
	cr_expect_str_eq(root(1, 1, "{}"), "");
	cr_expect_str_eq(root(0, 0, "{}"), "runs as root");
	cr_expect_str_eq(root(1, 0, "{}"), "runs as root: its user namespace maps 1 to the host's 0");
	cr_expect_str_eq(root(0, 1, "{\"allow_in_user_namespace\": false}"),
			 "runs as root of a user namespace (1 on the host)");
	cr_expect_str_eq(root(0, 1, "{}"), "");
	container.namespaces[NS_USER].present = true;
	cr_expect_str_eq(root(0, 0, "{}"), "runs as root: its user namespace maps 0 to the host's 0");
	host.uid_map.n = 0;
	judge(&rule_root_user, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
}

Test(rules_edges, ranges_of_ids)
{
	static const int64_t gids[] = {7};
	static const struct range range[] = {{1000, 1000}, {2000, 3000}, {5, 6}};
	static const struct key_value keeps[] = {{"run.oci.keep_original_groups", "1"}};
	/* As the rule's own settings begin. */
	static const struct {
		bool allow;
		struct ranges uids, gids, supplementary;
	} settings = {true, {range, 2}, {range, 1}, {range + 1, 1}};
	static const char *const remedies[2][3] = {
		{"run with --user one of 1000, 2000-3000", "run with --user UID:GID, GID one of 1000",
		 "run with --group-add 2000-3000 only"},
		{"set runAsUser to one of 1000, 2000-3000", "set runAsGroup to one of 1000",
		 "set supplementalGroups, fsGroup and runAsGroup to 2000-3000 only"}};

	host.id_maps_known = true;
	(void)root(5, 5, "{}");
	container.process.gid = 5;
	container.process.additional_gids = gids;
	container.process.n_additional_gids = 1;
	for (int pod = 0; pod < 2; pod++) {
		container.identity.engine = pod ? ENGINE_CONTAINERD : ENGINE_PODMAN;
		findings = (struct findings){.arena = &arena, .rule = &rule_root_user};
		rule_root_user.judge(&container, &host, &settings, &findings);
		cr_assert_eq(findings.n, 3, "the range behind the last is not in force: %zu", findings.n);
		for (size_t i = 0; i < 3; i++)
			cr_expect_str_eq(findings.items[i].remedy, remedies[pod][i]);
	}
	container.annotations = (struct key_values){keeps, 1};
	findings.n = 0;
	rule_root_user.judge(&container, &host, &settings, &findings);
	cr_expect_eq(found_at("/annotations/run.oci.keep_original_groups"), 1);
	container.annotations.n = 0;
	findings.n = 0;
	rule_root_user.judge(&container, &host, &settings, &findings);
	cr_expect_eq(found_at("/annotations/run.oci.keep_original_groups"), 0);
}

/* --- selinux --- */

static const char *label(const char *text)
{
	container.process.selinux_label = text;
	judge(&rule_selinux, "{}");
	return findings.n > 0 ? findings.items[0].message : "";
}

/* "user:role:type", with a level behind where the kernel has MLS */
Test(rules_edges, labels)
{
	host.selinux_enforcing = TRI_YES;
	cr_expect_str_eq(label("system_u:system_r:container_t"), "");
	cr_expect_str_eq(label("system_u:system_r:container_t:s0:c1,c2"), "");
	cr_expect_str_eq(label("system_u:system_r"), "has an SELinux label that is none");
	cr_expect_str_eq(label("system_u:system_r:"), "has an SELinux label that is none");
	cr_expect_str_eq(label("system_u::container_t"), "has an SELinux label that is none");
	cr_expect_str_eq(label(":system_r:container_t"), "has an SELinux label that is none");
	cr_expect_str_eq(label("system_u:system_r:container_t;x"), "has an SELinux label that is none");
	cr_expect_str_eq(label("u:r:t"), "runs as an SELinux type that is not a container's");
	judge(&rule_selinux, "{\"types\": [\"t\"], \"users\": [\"u\"], \"roles\": [\"r\"]}");
	cr_expect_eq(findings.n, 0, "names of one letter");
	container.mount_label = "x";
	judge(&rule_selinux, "{\"types\": [\"t\"], \"users\": [\"u\"], \"roles\": [\"r\"]}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "has a mount label that is none");
}

Test(rules_edges, a_kernel_that_does_not_tell_of_selinux)
{
	cr_expect_neq(label("u:r:t")[0], '\0');
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_eq(findings.items[0].at_most, EFFECT_DENY);
	cr_expect_eq(findings.items[0].severity, rule_selinux.severity);
	host.source = HOST_RECORDED;
	cr_expect_neq(label("u:r:t")[0], '\0');
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_eq(findings.items[0].at_most, EFFECT_AUDIT, "a recording gates nothing");
	cr_expect_eq(findings.items[0].severity, SEVERITY_INFO);
}

/* --- resource-limits --- */

static const char *limits(const char *key, const char *value)
{
	static struct key_value one;

	one = (struct key_value){key, value};
	container.resources = (struct resources){.present = true, .unified = {&one, 1}};
	judge(&rule_resource_limits, "{\"pids_max\": 1000}");
	for (size_t i = 0; i < findings.n; i++)
		if (strstr(findings.items[i].pointer, key))
			return findings.items[i].message;
	return "";
}

/* cgroup-v2.rst: memory.max and pids.max are a number or "max", and 0 leaves nothing; cpu.max is "QUOTA PERIOD" */
Test(rules_edges, limits_of_cgroup_version_2)
{
	cr_expect_str_eq(limits("memory.max", "1000"), "");
	cr_expect_str_eq(limits("memory.max", "0"), "");
	cr_expect_str_eq(limits("memory.max", "max"), "has no memory limit");
	cr_expect_str_eq(limits("memory.max", "-1"), "has no memory limit");
	cr_expect_str_eq(limits("memory.max", "99999999999999999999"), "its memory limit is above the maximum");
	cr_expect_str_eq(limits("pids.max", "max"), "has no process limit");
	cr_expect_str_eq(limits("pids.max", "1000"), "");
	cr_expect_str_eq(limits("pids.max", "1001"), "its process limit is above the maximum");
	cr_expect_str_eq(limits("cpu.max", "max 100000"), "has no CPU limit");
	cr_expect_str_eq(limits("cpu.max", "0 100000"), "has no CPU limit", "the kernel takes no quota of nothing");
	cr_expect_str_eq(limits("cpu.max", "100000 100000"), "");
}

/* What cannot be counted in thousandths is no limit. */
Test(rules_edges, quotas_that_are_too_large)
{
	const int64_t most = INT64_MAX / 1000 - 100000;

	container.resources = (struct resources){
		.present = true, .cpu_quota = {true, most}, .cpu_period = {true, 100000}, .memory_limit = {true, 1}};
	judge(&rule_resource_limits, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "its CPU limit is above the maximum");
	container.resources.cpu_quota.value++;
	judge(&rule_resource_limits, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "has no CPU limit");
}

Test(rules_edges, what_apply_sets_of_a_long_period)
{
	container.resources =
		(struct resources){.present = true, .cpu_period = {true, 1000000}, .memory_limit = {true, 1}};
	judge(&rule_resource_limits, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].proposal, "1000000", "one core");
}

/* --- exec-escalation, apparmor --- */

Test(rules_edges, capabilities_of_an_exec)
{
	static const struct process created = {.uid = 0};

	container.exec = true;
	container.created = &created;
	container.process.caps[CAPS_EFFECTIVE].mask = 1;
	judge(&rule_exec_escalation, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "CHOWN");
	container.process.caps[CAPS_EFFECTIVE].mask = 0x3f;
	judge(&rule_exec_escalation, "{}");
	cr_expect_str_eq(findings.items[0].value, "CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, KILL");
	container.process.caps[CAPS_EFFECTIVE].mask = 0x7f;
	judge(&rule_exec_escalation, "{}");
	cr_expect_str_eq(findings.items[0].value,
			 "CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, KILL and 1 more");
}

Test(rules_edges, a_container_without_a_profile)
{
	static const struct apparmor_profile profiles[] = {{"cri-containerd.apparmor.d", "enforce"},
							   {"docker-default", "enforce"}};

	host.apparmor_recorded = true;
	host.apparmor_enabled = TRI_YES;
	host.apparmor_profiles_known = true;
	host.apparmor_profiles = profiles;
	host.n_apparmor_profiles = 2;
	container.identity.trusted = true;
	container.identity.engine = ENGINE_CONTAINERD;
	judge(&rule_apparmor, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].remedy, "set appArmorProfile.type: RuntimeDefault");
	cr_expect_str_eq(findings.items[0].proposal, "cri-containerd.apparmor.d");
	container.identity.engine = ENGINE_DOCKER;
	judge(&rule_apparmor, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].remedy, "run without --security-opt apparmor=…");
	cr_expect_str_eq(findings.items[0].proposal, "docker-default");
}

/* --- host-namespaces --- */

/* config-linux.md: without a cgroupsPath the runtime chooses one of its own; engines write an empty one for none */
Test(rules_edges, names_and_control_groups)
{
	container.cgroups_path = "";
	judge(&rule_host_namespaces, "{}");
	cr_expect_eq(found_at("/linux/cgroupsPath"), 0);
	container.cgroups_path = "/";
	judge(&rule_host_namespaces, "{}");
	cr_expect_eq(found_at("/linux/cgroupsPath"), 1);
	container.cgroups_path = NULL;
	container.hostname = "web-0";
	for (int type = 0; type < NS_TYPES; type++)
		host.namespaces[type].shared = TRI_NO;
	judge(&rule_host_namespaces, "{}");
	cr_expect_eq(findings.n, 0);
	host.namespaces[NS_UTS].shared = TRI_YES;
	judge(&rule_host_namespaces, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	cr_expect_str_eq(findings.items[0].message, "names the node itself: its uts namespace is the host's");
	host.namespaces[NS_UTS].shared = TRI_UNKNOWN;
	judge(&rule_host_namespaces, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].message, "cannot tell whether it names the node itself");
}

/* cgroup-v2.rst: of the core's files only cgroup.max.depth and cgroup.max.descendants are limits */
Test(rules_edges, files_of_a_control_group)
{
	static const struct {
		struct key_value file;
		size_t findings;
	} files[] = {{{"cgroup.max.depth", "1"}, 0}, {{"cgroup.max.descendants", "1"}, 0}, {{"cgroup.maximum", "1"}, 1},
		     {{"cgroup.procs", "1"}, 1},     {{"cgroups.high", "1"}, 0},	   {{"memory.high", "1"}, 0}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		container.resources.unified = (struct key_values){&files[i].file, 1};
		judge(&rule_host_namespaces, "{\"forbidden\": []}");
		cr_expect_eq(findings.n, files[i].findings, "%s", files[i].file.key);
	}
}

/* --- the table of all rules --- */

Test(rules_edges, rules_by_their_names)
{
	for (int id = 0; id < RULE_COUNT; id++)
		cr_expect_eq(rule_find(rule_table[id]->name), rule_table[id]);
	cr_expect_null(rule_find("no-such-rule"));
	cr_expect_null(rule_find(""));
}

Test(rules_edges, settings_by_their_names)
{
	/* As the rules' own settings begin. */
	static const struct {
		struct strings allowed;
		bool forbid_latest, require_digest;
	} images = {{NULL, 0}, true, false};
	struct setting own[2] = {{.name = "first", .type = SETTING_BOOL, .offset = 0},
				 {.name = "second", .type = SETTING_MAP, .offset = 8}};
	struct rule rule = {.settings = own, .n_settings = 1};
	struct {
		bool first;
		struct key_values second;
	} values = {true, {NULL, 3}};

	cr_expect(rule_setting_is_true(&rule_trusted_images, &images, "forbid_latest"));
	cr_expect_not(rule_setting_is_true(&rule_trusted_images, &images, "require_digest"));
	cr_expect_not(rule_setting_is_true(&rule_trusted_images, &images, "allowed"), "no boolean");
	cr_expect_not(rule_setting_is_true(&rule_trusted_images, &images, "forbid"));
	cr_expect_not(rule_setting_is_true(&rule_trusted_images, NULL, "forbid_latest"));
	cr_expect_null(rule_setting_map(&rule_trusted_images, &images, "forbid_latest"));
	cr_expect(rule_setting_is_true(&rule, &values, "first"));
	cr_expect_null(rule_setting_map(&rule, &values, "second"), "behind the last setting there is none");
	rule.n_settings = 2;
	cr_expect_eq(rule_setting_map(&rule, &values, "second"), &values.second);
	cr_expect_null(rule_setting_map(&rule, NULL, "second"));
}
