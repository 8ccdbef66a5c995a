/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include "ocigate/fs.h"

const char *source_path(struct arena *arena, const struct container *container, const struct mount *mount)
{
	const char *source = mount->source ? mount->source : "";

	/* As runtimes do it, and not as a container's author might think: a relative source is the bundle's. */
	return source[0] == '/' ? source : arena_printf(arena, "%s/%s", container->bundle, source);
}

const char *source_clean(struct arena *arena, const struct container *container, const struct mount *mount)
{
	return path_cleaned(arena, container->bundle, mount->source ? mount->source : "");
}
