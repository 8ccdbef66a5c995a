/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What low-level runtimes keep about a container that runs: each in a file of
 * its own shape. Read to find a container by its id, never to judge it.
 */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "ocigate/fs.h"
#include "ocigate/json.h"
#include "ocigate/state.h"

/* runc has no bundle of its own in there: it is one of the labels of the container. */
static const char *bundle_from_labels(const json_t *json)
{
	static const char key[] = "bundle=";
	const json_t *labels = json_object_get(json_object_get(json, "config"), "labels");
	const char *label;

	for (size_t i = 0; i < json_array_size(labels); i++) {
		label = json_string_value(json_array_get(labels, i));
		if (label && strncmp(label, key, sizeof(key) - 1) == 0)
			return label + sizeof(key) - 1;
	}
	return NULL;
}

static json_int_t pid_of(const json_t *json)
{
	const json_t *pid = json_object_get(json, "init_process_pid");

	return json_integer_value(pid ? pid : json_object_get(json, "pid"));
}

int state_from_runtime(struct arena *arena, const char *text, size_t len, const char *id, struct state *ret_state,
		       struct err *err)
{
	json_t *json JSON_AUTO = json_read(text, len, err);
	const char *bundle = json_string_value(json_object_get(json, "bundle"));
	struct state state = {.oci_version = "", .status = "running"};
	json_int_t pid = pid_of(json);

	if (!json)
		return err_wrap(err, "the runtime's state");
	if (!bundle)
		bundle = bundle_from_labels(json);
	if (!bundle || bundle[0] != '/' || pid < 0 || pid > INT32_MAX)
		return err_set(err, ERR_INPUT, "the runtime's state names no bundle");
	state.id = arena_strdup(arena, id);
	state.bundle = path_clean(arena, "/", bundle);
	state.pid = (pid_t)pid;
	if (!state.id || !state.bundle)
		return err_set(err, ERR_SYSTEM, "out of memory");
	*ret_state = state;
	return 0;
}

char *state_write(struct arena *arena, const struct state *state)
{
	json_t *json JSON_AUTO = json_pack(
		"{s:s, s:s, s:s, s:I, s:s}", "ociVersion", state->oci_version[0] ? state->oci_version : "1.0.2", "id",
		state->id, "status", state->status, "pid", (json_int_t)state->pid, "bundle", state->bundle);

	return json ? json_write(arena, json) : NULL;
}
