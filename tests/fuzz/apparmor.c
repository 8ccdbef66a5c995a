/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's list of AppArmor profiles. */
#include "fuzz.h"

#include "../../enforce/host/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host host = {.source = HOST_RECORDED};
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);

	if (apparmor_parse(&arena, text.bytes, &host, &err) < 0)
		fuzz_refused(&err);
	for (size_t i = 0; !err.kind && i < host.n_apparmor_profiles; i++)
		must(host.apparmor_profiles[i].name && host.apparmor_profiles[i].mode);
	arena_release(&arena);
	return 0;
}
