/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy in force. In this order:
 *
 *   the snapshot, if no source of it changed    nothing else is read
 *   the drop-ins, kept in a new snapshot        they changed and they load
 *   the snapshot's whole policy, called stale   they do not load
 *   none                                        deny
 */
#include "snapshot.h"

#include "ocigate/fs.h"

/* Return: 0 when the snapshot is up to date; 1 when it is not. */
static int load_current(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy)
{
	struct snapshot snapshot;
	const char *why;

	if (snapshot_read(arena, dirs->snapshot, false, &snapshot, &why) != 0 || !snapshot.same_build ||
	    !snapshot.settled || !snapshot_current(&snapshot, dirs))
		return 1;
	return image_take(snapshot.image, snapshot.image_len, ret_policy) == 0 ? 0 : 1;
}

/* The drop-ins do not load: @err says why. */
static int load_last_good(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy,
			  struct err *err)
{
	struct snapshot snapshot;
	struct policy policy;
	struct err snapshot_err;
	const char *why = NULL;
	char *stale;

	if (snapshot_read(arena, dirs->snapshot, true, &snapshot, &why) != 0) {
		(void)err_wrap(err, "no policy to go by (last good one: %s)", why);
		return -1;
	}
	if (snapshot_policy(arena, &snapshot, dirs->snapshot, &policy, &snapshot_err) < 0) {
		(void)err_wrap(err, "no policy to go by (last good one: %.200s)", snapshot_err.text);
		return -1;
	}
	stale = arena_printf(arena, "%s", err->text);
	if (!stale)
		return err_set(err, ERR_SYSTEM, "out of memory while reading the policy");
	policy.stale = stale;
	*ret_policy = policy;
	return 0;
}

int policy_load(struct arena *arena, const struct policy_dirs *dirs, struct policy *ret_policy, struct err *err)
{
	struct problems problems = {.arena = arena};
	struct sources sources;
	struct timespec start;
	struct err unwritten;
	struct policy policy;
	char *text = NULL;

	if (!dirs->snapshot)
		return policy_read(arena, dirs, ret_policy, err);
	if (load_current(arena, dirs, ret_policy) == 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &start);
	if (policy_collect(arena, dirs, &problems, &sources, &policy, &text) < 0) {
		(void)!problems_err(&problems, err);
		return load_last_good(arena, dirs, ret_policy, err);
	}
	/* A rootless engine may not write the node's state. */
	if (snapshot_write(arena, dirs->snapshot, &policy, text, &sources, &start, &unwritten) < 0 &&
	    fs_outside_uid() == 0)
		policy.note = arena_printf(arena, "the policy's snapshot cannot be kept: %s", unwritten.text);
	*ret_policy = policy;
	return 0;
}
