/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions of the runtime-spec are read. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/spec.h"

enum { TEXT_MAX = 1 << 16 };

static const struct version {
	const char *text;
	bool good;
} versions[] = {
	{"1.0.0", true},  {"1.0.2-dev", true}, {"1.3.0", true}, {"1.9.9", true}, {"1.12.0", true}, {"0.9.0", false},
	{"2.0.0", false}, {"1", false},	       {"1.", false},	{"1.x", false},	 {"1.:", false},   {"1./", false},
	{"10.0", false},  {"11.0", false},     {"", false},	{"v1.0", false}, {"1,0", false},   {" 1.0", false},
};

static char plain[TEXT_MAX];

/* The base of the rule cases, with another version */
static size_t with_version(char *bytes, const char *version)
{
	static const char key[] = "\"ociVersion\":";
	const char *start = strstr(plain, key), *end;
	int n;

	cr_assert_not_null(start);
	start = strchr(start + strlen(key), '"');
	end = strchr(start + 1, '"');
	n = snprintf(bytes, TEXT_MAX, "%.*s\"%s\"%s", (int)(start - plain), plain, version, end + 1);
	cr_assert(n > 0 && n < TEXT_MAX);
	return (size_t)n;
}

Test(spec_version, versions)
{
	static char bytes[TEXT_MAX];
	FILE *file = fopen("tests/rules/base/plain.json", "r");

	cr_assert_not_null(file);
	plain[fread(plain, 1, sizeof(plain) - 1, file)] = '\0';
	(void)fclose(file);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct container container;
		struct text text = {bytes, with_version(bytes, versions[i].text)};
		struct arena arena;
		struct err err = {0};
		char id[] = "an-id", bundle[] = "/b";
		int result;

		arena_init(&arena, (size_t)16 << 20);
		result = spec_parse(&arena, &text, bundle, id, &container, &err);
		cr_expect_eq(result == 0, versions[i].good, "%s: %s", versions[i].text, err.text);
		if (result < 0)
			cr_expect_str_eq(err.pointer, "/ociVersion");
		/* What the caller does with its own strings afterwards is its business. */
		memset(id, 'x', strlen(id));
		memset(bundle, 'x', strlen(bundle));
		if (result == 0) {
			cr_expect_str_eq(container.id, "an-id");
			cr_expect_str_eq(container.bundle, "/b");
			cr_expect_str_eq(container.rootfs, "/b/rootfs");
		}
		arena_release(&arena);
	}
}
