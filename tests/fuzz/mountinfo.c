/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/mountinfo of a container, against a spec with two binds. */
#include "fuzz.h"

#include "../../enforce/host/view.h"

static const char config[] =
	"{\"ociVersion\":\"1.0.0\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"cwd\":\"/"
	"\",\"args\":[\"x\"],\"capabilities\":{}},"
	"\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"/srv\",\"options\":[\"rbind\",\"ro\"]},"
	"{\"destination\":\"/etc/x\",\"source\":\"x\",\"options\":[\"bind\"]}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text spec = {config, sizeof(config) - 1};
	struct container container;
	struct host host = {.source = HOST_RECORDED, .effective = true};
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);
	struct mount_texts texts = {.container = text.bytes};

	must(spec_parse(&arena, &spec, "/b", "x", &container, &err) == 0);
	if (host_mounts(&arena, &container, &texts, container.rootfs, -1, &host, &err) < 0)
		fuzz_refused(&err);
	for (size_t i = 0; !err.kind && i < host.n_mounts; i++) {
		must(host.mounts[i].mount < (long)container.n_mounts);
		must(host.mounts[i].path != NULL);
	}
	arena_release(&arena);
	return 0;
}
