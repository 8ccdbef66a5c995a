/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp as JSON: compiled and asked, if the strict reader takes it. */
#include "fuzz.h"

#include "ocigate/seccomp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] =
		"{\"ociVersion\":\"1.0.0\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"cwd\":\"/\",\"args\":[\"x\"],"
		"\"capabilities\":{}},\"root\":{\"path\":\"r\"},\"linux\":{\"seccomp\":";
	struct seccomp_answer answer;
	struct container container;
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);

	if (memchr(data, '\0', size) == NULL) {
		text.bytes = arena_printf(&arena, "%s%s}}", head, text.bytes);
		text.len = strlen(text.bytes);
		if (spec_parse(&arena, &text, "/b", "x", &container, &err) < 0)
			fuzz_refused(&err);
		else if (container.seccomp.present && seccomp_ask(&arena, &container.seccomp, &answer, &err) == 0 &&
			 !answer.known)
			must(answer.why[0] != '\0');
	}
	arena_release(&arena);
	return 0;
}
