/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI runtime-spec for Linux, versions 1.0 to 1.3, as a table: here the
 * documents (config.md, runtime.md), what is below them in schema_*.c.
 */
#include "schema_table.h"

#include "ocigate/state.h"

/* --- root, mounts --- */

static const struct shape_field shape_root_fields[] = {
	{.key = "path",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_not_empty,
	 .to = TO(struct container, root_path)},
	{.key = "readonly", .type = SHAPE_BOOL, .to = TO(struct container, root_read_only)},
};
static SHAPE(shape_root, .size = 0);

static const struct shape_field shape_mount_fields[] = {
	{.key = "destination",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_not_empty,
	 .to = TO(struct mount, destination)},
	{.key = "type", .type = SHAPE_STRING, .to = TO(struct mount, type)},
	{.key = "source", .type = SHAPE_STRING, .to = TO(struct mount, source)},
	{.key = "options", .type = SHAPE_STRINGS, .to = TO(struct mount, options)},
	{.key = "uidMappings", .type = SHAPE_LIST, .child = &shape_id_mapping, .has_to = TO(struct mount, id_mapped)},
	{.key = "gidMappings", .type = SHAPE_LIST, .child = &shape_id_mapping, .has_to = TO(struct mount, id_mapped)},
};
static SHAPE(shape_mount, .size = sizeof(struct mount), .finish = finish_mount);

/* --- the documents --- */

static const struct shape_field shape_container_fields[] = {
	{.key = "ociVersion",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_version,
	 .to = TO(struct container, oci_version)},
	{.key = "process",
	 .type = SHAPE_OBJECT,
	 .required = true,
	 .child = &shape_process,
	 .to = TO(struct container, process)},
	{.key = "root", .type = SHAPE_OBJECT, .required = true, .child = &shape_root, .to = HERE},
	{.key = "hostname", .type = SHAPE_STRING, .to = TO(struct container, hostname)},
	{.key = "domainname", .type = SHAPE_STRING, .to = TO(struct container, domainname)},
	{.key = "mounts",
	 .type = SHAPE_LIST,
	 .child = &shape_mount,
	 .to = TO(struct container, mounts),
	 .count_to = TO(struct container, n_mounts)},
	{.key = "hooks", .type = SHAPE_OWN, .read = read_hooks, .to = HERE},
	{.key = "annotations", .type = SHAPE_MAP, .to = TO(struct container, annotations)},
	{.key = "linux", .type = SHAPE_OBJECT, .child = &shape_linux, .to = HERE},
	{.key = "solaris", .has_to = TO(struct container, has_vm)},
	{.key = "windows", .has_to = TO(struct container, has_vm)},
	{.key = "vm", .has_to = TO(struct container, has_vm)},
	{.key = "zos", .has_to = TO(struct container, has_vm)},
	{.key = "freebsd", .has_to = TO(struct container, has_vm)},
};
SHAPE(shape_container, .size = sizeof(struct container));

/* crun adds "root", "owner" and others; runtimes may add more. */
static const struct shape_field shape_state_fields[] = {
	{.key = "ociVersion", .type = SHAPE_STRING, .to = TO(struct state, oci_version)},
	{.key = "id", .type = SHAPE_STRING, .required = true, .check = check_not_empty, .to = TO(struct state, id)},
	{.key = "status", .type = SHAPE_STRING, .to = TO(struct state, status)},
	{.key = "pid", .type = SHAPE_OWN, .read = read_pid, .to = HERE},
	{.key = "bundle", .type = SHAPE_STRING, .required = true, .to = TO(struct state, bundle)},
	{.key = "annotations", .type = SHAPE_MAP},
};
SHAPE(shape_state, .size = sizeof(struct state));
