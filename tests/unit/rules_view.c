/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_view.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/policy.h"

struct arena arena;
struct findings findings;
struct container container;
struct host host;
struct mount mounts[VIEW_MOUNTS];
struct host_mount seen[VIEW_MOUNTS];
static struct rule_policy rule_policy;

void view_begin(void)
{
	arena_init(&arena, (size_t)8 << 20);
	container =
		(struct container){.id = "c", .bundle = "/srv/b/c", .rootfs = "/srv/b/c/rootfs", .root_path = "rootfs"};
	container.process.cwd = "/";
	container.identity = identity_nobody();
	host = (struct host){.source = HOST_LIVE, .facts = ~0u, .effective = true, .mounts = seen};
	host.rootfs = (struct origin){.state = ORIGIN_NODE, .why = ""};
	host.namespaces[NS_USER].shared = TRI_NO;
	container.mounts = mounts;
}

void view_end(void)
{
	arena_release(&arena);
}

void judge(const struct rule *rule, const char *settings)
{
	struct err err = {0};

	cr_assert_eq(policy_parse_rule(&arena, rule, settings, &rule_policy, &err), 0, "%s", err.text);
	findings = (struct findings){.arena = &arena, .rule = rule};
	rule->judge(&container, &host, rule_policy.settings, &findings);
	cr_assert_not(findings.failed);
}

size_t found_at(const char *pointer)
{
	size_t n = 0;

	for (size_t i = 0; i < findings.n; i++)
		n += strcmp(findings.items[i].pointer, pointer) == 0;
	return n;
}

void add_bind(size_t i, long entry, const char *path, mode_t type)
{
	const char **paths = arena_array(&arena, 1, sizeof(*paths));

	cr_assert_not_null(paths);
	paths[0] = path;
	mounts[i] = (struct mount){.kind = MOUNT_BIND, .destination = "/x", .path = "/x", .source = path};
	seen[i] = (struct host_mount){
		.mount = entry, .parent_mount = -1, .effective = true, .path = "/x", .read_only = TRI_NO};
	seen[i].origin = (struct origin){.state = ORIGIN_NODE,
					 .why = "",
					 .paths = {paths, 1},
					 .n_same = 1,
					 .source = path,
					 .file_type = type,
					 .fs_type = "ext4",
					 .fs_path = path,
					 .fs_source = "",
					 .super_options = ""};
	container.n_mounts = i + 1;
	host.n_mounts = i + 1;
}

void add_dev(size_t i)
{
	mounts[i] = (struct mount){.kind = MOUNT_FILESYSTEM, .destination = "/dev", .path = "/dev", .type = "tmpfs"};
	seen[i] = (struct host_mount){
		.mount = (long)i,
		.parent_mount = -1,
		.effective = true,
		.path = "/dev",
		.read_only = TRI_NO,
		.shared = TRI_NO,
		.origin = {.state = ORIGIN_FILESYSTEM, .why = "", .source = "", .fs_type = "tmpfs"}};
	container.n_mounts = i + 1;
	host.n_mounts = i + 1;
}
