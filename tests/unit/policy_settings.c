/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every type of setting and every check: what is taken, what it becomes, what
 * it looks like when it is written back, and what is said about a slip.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../enforce/policy/settings.h"

struct values {
	bool flag;
	int64_t number;
	int64_t size;
	int64_t cpu;
	const char *text;
	int word;
	struct strings names;
	struct ranges ports;
	struct allowed_paths paths;
	struct key_values pins;
};

static const char *const words[] = {"audit", "deny", "admit", NULL};

enum { FLAG, NUMBER, SIZE, CPU, TEXT, WORD, NAMES, PORTS, PATHS, PINS, CAPS, NAMESPACES, REGEXES, PATH_TEXT, DEVICES };

static const struct setting table[] = {
	[FLAG] = {.name = "flag", .type = SETTING_BOOL, .offset = offsetof(struct values, flag)},
	[NUMBER] = {.name = "number",
		    .type = SETTING_INT,
		    .min = 1,
		    .max = 100,
		    .offset = offsetof(struct values, number)},
	[SIZE] = {.name = "size", .type = SETTING_SIZE, .offset = offsetof(struct values, size)},
	[CPU] = {.name = "cpu", .type = SETTING_CPU, .offset = offsetof(struct values, cpu)},
	[TEXT] = {.name = "text", .type = SETTING_STRING, .offset = offsetof(struct values, text)},
	[WORD] = {.name = "word", .type = SETTING_WORD, .words = words, .offset = offsetof(struct values, word)},
	[NAMES] = {.name = "names", .type = SETTING_STRINGS, .offset = offsetof(struct values, names)},
	[PORTS] = {.name = "ports",
		   .type = SETTING_RANGES,
		   .min = 1,
		   .max = 65535,
		   .offset = offsetof(struct values, ports)},
	[PATHS] = {.name = "paths", .type = SETTING_PATHS, .offset = offsetof(struct values, paths)},
	[PINS] = {.name = "pins", .type = SETTING_MAP, .check = CHECK_SHA256, .offset = offsetof(struct values, pins)},
	[CAPS] = {.name = "caps",
		  .type = SETTING_STRINGS,
		  .check = CHECK_CAPABILITY,
		  .offset = offsetof(struct values, names)},
	[NAMESPACES] = {.name = "namespaces",
			.type = SETTING_STRINGS,
			.check = CHECK_NAMESPACE,
			.offset = offsetof(struct values, names)},
	[REGEXES] = {.name = "images",
		     .type = SETTING_STRINGS,
		     .check = CHECK_REGEX,
		     .offset = offsetof(struct values, names)},
	[PATH_TEXT] = {.name = "path",
		       .type = SETTING_STRING,
		       .check = CHECK_PATH,
		       .offset = offsetof(struct values, text)},
	[DEVICES] = {.name = "devices",
		     .type = SETTING_STRINGS,
		     .check = CHECK_DEVICE,
		     .offset = offsetof(struct values, names)},
};

/* Parses @json for setting @index. Return: the first error's text, or NULL. */
static const char *parse(struct arena *arena, int index, const char *json, struct values *values)
{
	static struct problems problems;
	struct reader reader = {.arena = arena, .problems = &problems, .file = "x"};
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	int result;

	problems = (struct problems){.arena = arena};
	cr_assert_not_null(value, "the test's own JSON: %s", json);
	result = setting_parse(&reader, &table[index], value, values);
	json_decref(value);
	cr_assert_eq(result<0, problems.n> 0, "an error is noted exactly when parsing fails: %s", json);
	if (problems.n == 0)
		return NULL;
	return arena_printf(arena, "%s %s", problems.items[0].pointer, problems.items[0].text);
}

/* What is read and written back must be @canonical. */
static void expect_text(int index, const char *json, const char *canonical)
{
	struct arena arena;
	struct values values = {0};
	const char *error;
	json_t *back;
	char *text;

	arena_init(&arena, 1 << 20);
	error = parse(&arena, index, json, &values);
	cr_expect_null(error, "%s %s: %s", table[index].name, json, error);
	if (!error) {
		back = setting_json(&table[index], &values);
		text = json_dumps(back, JSON_COMPACT | JSON_ENCODE_ANY);
		cr_expect_str_eq(text, canonical, "%s %s", table[index].name, json);
		free(text);
		json_decref(back);
	}
	arena_release(&arena);
}

static void expect_error(int index, const char *json, const char *part)
{
	struct arena arena;
	struct values values, before;
	const char *error;

	memset(&values, 0, sizeof(values));
	memset(&before, 0, sizeof(before));
	arena_init(&arena, 1 << 20);
	error = parse(&arena, index, json, &values);
	cr_expect(error && strstr(error, part), "%s %s: \"%s\" should say \"%s\"", table[index].name, json,
		  error ? error : "nothing", part);
	cr_expect_eq(memcmp(&values, &before, sizeof(values)), 0, "%s %s: the settings are untouched",
		     table[index].name, json);
	arena_release(&arena);
}

Test(policy_settings, plain_values)
{
	expect_text(FLAG, "true", "true");
	expect_text(FLAG, "false", "false");
	expect_text(NUMBER, "1", "1");
	expect_text(NUMBER, "100", "100");
	expect_text(TEXT, "\"some text\"", "\"some text\"");
	expect_text(TEXT, "\"\"", "\"\"");
	expect_text(WORD, "\"audit\"", "\"audit\"");
	expect_text(WORD, "\"admit\"", "\"admit\"");
	expect_error(FLAG, "1", "must be true or false");
	expect_error(FLAG, "\"true\"", "must be true or false");
	expect_error(FLAG, "null", "must be true or false");
	expect_error(NUMBER, "0", "between 1 and 100");
	expect_error(NUMBER, "101", "between 1 and 100");
	expect_error(NUMBER, "1.0", "whole number");
	expect_error(NUMBER, "\"5\"", "whole number");
	expect_error(TEXT, "[]", "must be a string");
	expect_error(TEXT, "\"a\\nb\"", "control character");
	expect_error(TEXT, "\"\\u007f\"", "control character");
	expect_error(WORD, "\"adit\"", "did you mean \"audit\"");
	expect_error(WORD, "\"Audit!!\"", "unknown word");
	expect_error(WORD, "0", "must be a string");
}

/* Kubernetes quantities: a binary suffix counts by 1024, a decimal one by 1000. */
Test(policy_settings, sizes)
{
	expect_text(SIZE, "0", "0");
	expect_text(SIZE, "1000", "1000");
	expect_text(SIZE, "1024", "\"1Ki\"");
	expect_text(SIZE, "\"64Gi\"", "\"64Gi\"");
	expect_text(SIZE, "\"1024Mi\"", "\"1Gi\"");
	expect_text(SIZE, "\"1536Mi\"", "\"1536Mi\"");
	expect_text(SIZE, "\"1k\"", "1000");
	expect_text(SIZE, "\"5M\"", "5000000");
	expect_text(SIZE, "\"2048\"", "\"2Ki\"");
	expect_text(SIZE, "\"1Pi\"", "\"1Pi\"");
	expect_error(SIZE, "-1", "size in bytes");
	expect_error(SIZE, "\"64GiB\"", "size in bytes");
	expect_error(SIZE, "\"64gi\"", "size in bytes");
	expect_error(SIZE, "\" 64Gi\"", "size in bytes");
	expect_error(SIZE, "\"-64Gi\"", "size in bytes");
	expect_error(SIZE, "\"1.5Gi\"", "size in bytes");
	expect_error(SIZE, "\"Gi\"", "size in bytes");
	expect_error(SIZE, "\"\"", "size in bytes");
	expect_error(SIZE, "1.5", "size in bytes");
	expect_error(SIZE, "\"9000Pi\"", "size in bytes");
	expect_error(SIZE, "\"9223372036854775808\"", "size in bytes");
}

Test(policy_settings, cpus)
{
	expect_text(CPU, "32", "32");
	expect_text(CPU, "\"32\"", "32");
	expect_text(CPU, "\"500m\"", "\"500m\"");
	expect_text(CPU, "\"2000m\"", "2");
	expect_text(CPU, "\"0.5\"", "\"500m\"");
	expect_text(CPU, "\"1.25\"", "\"1250m\"");
	expect_text(CPU, "\"0.001\"", "\"1m\"");
	expect_error(CPU, "\"0.0001\"", "number of cores");
	expect_error(CPU, "\"1.\"", "number of cores");
	expect_error(CPU, "\".5\"", "number of cores");
	expect_error(CPU, "\"1.5m\"", "number of cores");
	expect_error(CPU, "0.5", "number of cores");
	expect_error(CPU, "-1", "number of cores");
	expect_error(CPU, "\"9223372036854775807\"", "number of cores");
	expect_error(CPU, "9223372036854775807", "number of cores");
}

Test(policy_settings, strings)
{
	expect_text(NAMES, "[]", "[]");
	expect_text(NAMES, "[\"b\", \"a\"]", "[\"b\",\"a\"]");
	expect_error(NAMES, "\"a\"", "list of strings");
	expect_error(NAMES, "{\"a\": \"b\"}", "list of strings");
	expect_error(NAMES, "[\"a\", 1]", "/1 must be a string");
	expect_error(NAMES, "[\"a\", \"\"]", "/1 must not be empty");
}

Test(policy_settings, ranges)
{
	expect_text(PORTS, "[80, \"3000-5000\", \"443\", \"7-7\"]", "[80,\"3000-5000\",443,7]");
	expect_text(PORTS, "[1, 65535]", "[1,65535]");
	expect_error(PORTS, "[0]", "/0 must lie between 1 and 65535");
	expect_error(PORTS, "[80, \"1-65536\"]", "/1 must lie between 1 and 65535");
	expect_error(PORTS, "[\"5000-3000\"]", "number or a range");
	expect_error(PORTS, "[\"-5\"]", "number or a range");
	expect_error(PORTS, "[-5]", "must lie between");
	expect_error(PORTS, "[\"80 - 90\"]", "number or a range");
	expect_error(PORTS, "[\"80-\"]", "number or a range");
	expect_error(PORTS, "[80.5]", "number or a range");
	expect_error(PORTS, "80", "list of numbers");
}

/* What is not said about a path is the stricter: read-only. */
Test(policy_settings, paths)
{
	expect_text(PATHS, "[{\"path\": \"/var/log\", \"read_only\": false}]",
		    "[{\"path\":\"/var/log\",\"read_only\":false}]");
	expect_text(PATHS, "[{\"path\": \"/\"}]", "[{\"path\":\"/\",\"read_only\":true}]");
	expect_error(PATHS, "[{\"read_only\": true}]", "/0 \"path\" is missing");
	expect_error(PATHS, "[{\"path\": \"/a\", \"readonly\": true}]", "did you mean \"read_only\"");
	expect_error(PATHS, "[{\"path\": \"/a\", \"read_only\": 1}]", "/0/read_only must be true or false");
	expect_error(PATHS, "[{\"path\": \"a\"}]", "/0/path \"a\" must be an absolute path");
	expect_error(PATHS, "[{\"path\": \"/a\"}, {\"path\": \"/a\", \"read_only\": false}]",
		     "/1 \"/a\" stands here twice");
	expect_error(PATHS, "[\"/a\"]", "must be an object");
}

Test(policy_settings, maps)
{
	static const char sum[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char json[256], canonical[256];

	(void)snprintf(json, sizeof(json), "{\"profile\": \"%s\"}", sum);
	(void)snprintf(canonical, sizeof(canonical), "{\"profile\":\"%s\"}", sum);
	expect_text(PINS, json, canonical);
	expect_text(PINS, "{}", "{}");
	expect_error(PINS, "{\"profile\": \"0123\"}", "/profile \"0123\" must be 64 hexadecimal digits");
	(void)snprintf(json, sizeof(json), "{\"a/b\": \"%.63sF\"}", sum);
	expect_error(PINS, json, "/a~1b ");
	(void)snprintf(json, sizeof(json), "{\"\": \"%s\"}", sum);
	expect_error(PINS, json, "has no name");
	expect_error(PINS, "[]", "object whose values are strings");
}

/* runc and crun know CAP_CHOWN alone: not cap_chown, CHOWN or 0. */
Test(policy_settings, capabilities)
{
	expect_text(CAPS, "[\"CAP_CHOWN\", \"CAP_SYS_ADMIN\", \"CAP_CHECKPOINT_RESTORE\"]",
		    "[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\",\"CAP_CHECKPOINT_RESTORE\"]");
	expect_error(CAPS, "[\"cap_chown\"]", "did you mean \"CAP_CHOWN\"");
	expect_error(CAPS, "[\"CAP_SYS_ADMN\"]", "did you mean \"CAP_SYS_ADMIN\"");
	expect_error(CAPS, "[\"CHOWN\"]", "unknown capability \"CHOWN\"; did you mean \"CAP_CHOWN\"?");
	expect_error(CAPS, "[\"net_raw\"]", "did you mean \"CAP_NET_RAW\"?");
	expect_error(CAPS, "[\"ALL\"]", "unknown capability \"ALL\"");
	expect_error(CAPS, "[\"0\"]", "unknown capability");
	expect_error(CAPS, "[\"CAP_0\"]", "unknown capability");
	expect_error(CAPS, "[\"CAP_\"]", "unknown capability");
}

Test(policy_settings, namespaces_and_devices)
{
	expect_text(NAMESPACES, "[\"pid\", \"network\", \"mount\", \"ipc\", \"uts\", \"user\", \"cgroup\", \"time\"]",
		    "[\"pid\",\"network\",\"mount\",\"ipc\",\"uts\",\"user\",\"cgroup\",\"time\"]");
	expect_error(NAMESPACES, "[\"mnt\"]", "unknown namespace \"mnt\"");
	expect_error(NAMESPACES, "[\"mouont\"]", "did you mean \"mount\"");
	expect_text(DEVICES, "[\"c 10:229 rwm\", \"b 8:* r\"]", "[\"c 10:229 rwm\",\"b 8:* r\"]");
	expect_error(DEVICES, "[\"a *:* rwm\"]", "must be a device");
}

Test(policy_settings, paths_are_clean)
{
	expect_text(PATH_TEXT, "\"/var/log/x\"", "\"/var/log/x\"");
	expect_text(PATH_TEXT, "\"/...\"", "\"/...\"");
	expect_text(PATH_TEXT, "\"/\"", "\"/\"");
	expect_error(PATH_TEXT, "\"var\"", "absolute path");
	expect_error(PATH_TEXT, "\"/var/\"", "absolute path");
	expect_error(PATH_TEXT, "\"//var\"", "absolute path");
	expect_error(PATH_TEXT, "\"/var/../etc\"", "absolute path");
	expect_error(PATH_TEXT, "\"/var/./log\"", "absolute path");
	expect_error(PATH_TEXT, "\"/..\"", "absolute path");
}

Test(policy_settings, regular_expressions_compile)
{
	expect_text(REGEXES, "[\"~^registry\\\\.io/.+$\", \"quay.io/*\", \"exact\"]",
		    "[\"~^registry\\\\.io/.+$\",\"quay.io/*\",\"exact\"]");
	expect_error(REGEXES, "[\"~(\"]", "no regular expression");
	expect_error(REGEXES, "[\"~a{2,1}\"]", "no regular expression");
}

Test(policy_settings, lists_have_an_end)
{
	char *json = malloc((size_t)SETTING_ITEMS_MAX * 4 + 64);
	char *at = json;

	*at++ = '[';
	for (int i = 0; i <= SETTING_ITEMS_MAX; i++)
		at += sprintf(at, "%s1", i ? "," : "");
	(void)strcpy(at, "]");
	expect_error(PORTS, json, "more than 4096 elements");
	free(json);
}
