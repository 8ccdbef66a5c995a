/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of a spec: every way in which two runtimes could read one text
 * differently, or one of them more than it shows, is refused with its own
 * words and points at its place. Each row changes one thing in a healthy spec.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/json.h"
#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const char healthy[] =
	"{\"ociVersion\":\"1.0.2\","
	"\"process\":{\"terminal\":false,\"user\":{\"uid\":1000,\"gid\":1000,\"additionalGids\":[10,20]},"
	"\"args\":[\"sh\"],\"env\":[\"PATH=/bin\"],\"cwd\":\"/\","
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[],\"permitted\":[]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],"
	"\"noNewPrivileges\":true,\"oomScoreAdj\":0},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"c\","
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\"]}],"
	"\"hooks\":{\"createRuntime\":[{\"path\":\"/bin/h\",\"args\":[\"h\"],\"timeout\":5}]},"
	"\"annotations\":{\"k\":\"v\"},"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/proc/9/ns/net\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],\"sysctl\":{\"net.core.somaxconn\":"
	"\"1\"},"
	"\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3,\"fileMode\":438}],"
	"\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}],\"memory\":{\"limit\":1000},"
	"\"cpu\":{\"shares\":2},\"pids\":{\"limit\":10},\"unified\":{\"memory.oom.group\":\"1\"}},"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\"],"
	"\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"errnoRet\":1,"
	"\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]},"
	"\"maskedPaths\":[\"/proc/kcore\"],\"rootfsPropagation\":\"rslave\"}}";

/** struct form - put @with in the place of @take, which stands once in the healthy spec */
struct form {
	const char *take;
	const char *with;
	const char *pointer;
	const char *says;
};

#define UID	"\"uid\":1000"
#define NNP	"\"noNewPrivileges\":true"
#define NET	"{\"type\":\"network\",\"path\":\"/proc/9/ns/net\"}"
#define CAP	"\"CAP_CHOWN\""
#define DEFAULT "\"defaultAction\":\"SCMP_ACT_ERRNO\","

static const struct form refused_table[] = {
	/* keys: twice, in another case, folded, odd bytes */
	{UID, UID ",\"uid\":0", "/process/user/uid", "\"uid\" given twice"},
	{UID, UID ",\"\\u0075id\":0", "/process/user/uid", "\"uid\" given twice"},
	{UID, UID ",\"UID\":0", "/process/user/UID", "differs from \"uid\" only in case"},
	{"\"createRuntime\":", "\"createNetwork\":[{\"path\":\"/bin/h\"}],\"createRuntime\":", "/hooks/createNetwork",
	 "is a stage of hooks that is not known here"},
	{"\"process\":", "\"Process\":{},\"process\":", "/Process", "differs from \"process\" only in case"},
	{"\"process\":", "\"proce\xc5\xbf\xc5\xbf\":{},\"process\":", "/proceſſ",
	 "differs from \"process\" only in case"},
	{"\"process\":", "\"proce\\u017fs\":{},\"process\":", "/proceſs", "differs from \"process\" only in case"},
	{"\"hooks\":", "\"hoo\xe2\x84\xaas\":{},\"hooks\":", "/hoo\xe2\x84\xaas",
	 "differs from \"hooks\" only in case"},
	{"\"hooks\":", "\"Hooks\":", "/Hooks", "differs from \"hooks\" only in case"},
	{"\"process\":", "\"proce\xc5\x9b\xc5\x9b\":{},\"process\":", "/proceśś", "printable ASCII"},
	{"\"hooks\":", "\"hoo\xe2\x84\xabs\":{},\"hooks\":", "/hoo\xe2\x84\xabs", "printable ASCII"},
	{"\"size\":65536", "\"size\":65536,\"siZe\":1", "/linux/uidMappings/0/siZe",
	 "differs from \"size\" only in case"},
	{"\"rslave\"", "\"rslave\",\"intelRdt\":{\"l\\u0013CacheSchema\":\"\"}", "/linux/intelRdt/l?CacheSchema",
	 "printable ASCII"},
	{"\"mounts\":", "\"mountſ\":", "/mountſ", "differs from \"mounts\" only in case"},
	{"\"bounding\":", "\"Bounding\":", "/process/capabilities/Bounding", "differs from \"bounding\" only in case"},
	{"\"namespaces\":", "\"Namespaces\":", "/linux/Namespaces", "differs from \"namespaces\" only in case"},
	{"\"createRuntime\":", "\"createruntime\":", "/hooks/createruntime",
	 "differs from \"createRuntime\" only in case"},
	{"\"allow\":false", "\"allow\":false,\"Allow\":true", "/linux/resources/devices/0/Allow", "only in case"},
	{"\"names\":", "\"names\":[\"x\"],\"nAmes\":", "/linux/seccomp/syscalls/0/nAmes", "only in case"},
	{"\"size\":65536", "\"size\":65536,\"hostId\":0", "/linux/uidMappings/0/hostId", "differs from \"hostID\""},
	{"\"options\":", "\"Options\":", "/mounts/0/Options", "differs from \"options\" only in case"},
	{UID, UID ",\"uid\\u0000\":0", "/process/user/uid\\u0000", "\\u0000"},
	{UID, UID ",\"u\\nid\":0", "/process/user/u?id", "printable ASCII"},
	{UID,
	 UID ",\"u\xc3\xaf"
	     "d\":0",
	 "/process/user/uïd", "printable ASCII"},
	{UID, UID ",\"later\":{\"\xc3\xa9\":0}", "/process/user/later/é", "printable ASCII"},
	{UID, UID ",\"u\\u001fid\":0", "/process/user/u?id", "printable ASCII"},
	{UID, UID ",\"u\\u007fid\":0", "/process/user/u?id", "printable ASCII"},
	{UID, UID ",\"later\":{\"\\u001f\":0}", "/process/user/later/?", "printable ASCII"},
	{"\"k\":\"v\"", "\"k\\u001f\":\"v\"", "/annotations/k?", "control characters"},
	{"\"k\":\"v\"", "\"k\\u007f\":\"v\"", "/annotations/k?", "control characters"},
	{"\"k\":\"v\"", "\"k\\u0080\":\"v\"", "/annotations/k??", "control characters"},
	{"\"k\":\"v\"", "\"k\\u009f\":\"v\"", "/annotations/k??", "control characters"},
	{"\"k\":\"v\"", "\"k\\u0007\":\"v\"", "/annotations/k?", "control characters"},
	{"\"k\":\"v\"", "\"k\\u0085\":\"v\"", "/annotations/k??", "control characters"},
	{"\"net.core.somaxconn\"", "\"net\\ncore\"", "/linux/sysctl/net?core", "control characters"},
	/* the place, in words */
	{UID, "\"uid\":null", "/process/user/uid", "\"uid\" is null"},
	{"[10,20]", "[10,null]", "/process/user/additionalGids/1", "element 1 of \"additionalGids\" is null"},
	{"[10,20]", "[10,20],\"later\":[[0,null]]", "/process/user/later/0/1", "element 1 is null"},
	{"\"mounts\":[", "\"mounts\":[7,", "/mounts/0", "element 0 of \"mounts\" is a number, must be an object"},
	{NNP, "\"noNewPrivileges\":false,\"args\":false", "/process/args", "\"args\" given twice"},
	{"[\"sh\"]", "false", "/process/args", "\"args\" is false, must be an array"},
	/* numbers */
	{UID, "\"uid\":4294967296", "/process/user/uid", "is 4294967296, must be from 0 to 2147483647"},
	{UID, "\"uid\":4294967295", "/process/user/uid", "is 4294967295, must be from 0 to 2147483647"},
	{UID, "\"uid\":2147483648", "/process/user/uid", "is 2147483648, must be from 0 to 2147483647"},
	{UID, "\"uid\":-1", "/process/user/uid", "is -1, must be from 0 to 2147483647"},
	{UID, "\"uid\":18446744073709551615", "/process/user/uid",
	 "is 18446744073709551615, must be from 0 to 2147483647"},
	{"[\"sh\"]", "18446744073709551615", "/process/args", "is a number, must be an array"},
	{UID, "\"uid\":1e3", "/process/user/uid", "exponent"},
	{UID, "\"uid\":0.0", "/process/user/uid", "fraction"},
	{UID, "\"uid\":-0", "/process/user/uid", "-0"},
	{UID, "\"uid\":00", "/process/user/uid", "leading zero"},
	{UID, "\"uid\":\"1000\"", "/process/user/uid", "is a string, must be a whole number"},
	{UID, "\"uid\":true", "/process/user/uid", "is true, must be a whole number"},
	{UID, "\"uid\":[]", "/process/user/uid", "is an array, must be a whole number"},
	{UID, "\"uid\":{}", "/process/user/uid", "is an object, must be a whole number"},
	{UID, "\"uid\":null", "/process/user/uid", "is null"},
	{UID ",", "", "/process/user/uid", "is missing"},
	{"\"gid\":1000,", "\"gid\":4294967295,", "/process/user/gid", "must be from 0 to 2147483647"},
	{",\"gid\":1000", "", "/process/user/gid", "is missing"},
	{"[10,20]", "[10,-20]", "/process/user/additionalGids/1", "is -20, must be from 0"},
	{"[10,20]", "[10,\"0\"]", "/process/user/additionalGids/1", "must be a whole number"},
	{"[10,20]", "0", "/process/user/additionalGids", "is a number, must be an array"},
	{"\"hard\":1024", "\"hard\":-1", "/process/rlimits/0/hard", "is negative"},
	{"\"hard\":1024", "\"hard\":\"1024\"", "/process/rlimits/0/hard", "must be a whole number"},
	{"\"hostID\":100000", "\"hostID\":4294967296", "/linux/uidMappings/0/hostID", "from 0 to 4294967295"},
	{"\"hostID\":100000", "\"hostID\":-1", "/linux/uidMappings/0/hostID", "from 0 to 4294967295"},
	{",\"size\":65536", "", "/linux/uidMappings/0/size", "is missing"},
	{"\"oomScoreAdj\":0", "\"oomScoreAdj\":1001", "/process/oomScoreAdj", "from -1000 to 1000"},
	{"\"major\":1", "\"major\":-1", "/linux/devices/0/major", "from 0 to"},
	{"\"limit\":1000", "\"limit\":\"1000\"", "/linux/resources/memory/limit", "must be a whole number"},
	{"\"limit\":1000", "\"limit\":-2", "/linux/resources/memory/limit", "must be from -1"},
	{"\"shares\":2", "\"shares\":-2", "/linux/resources/cpu/shares", "must be from 0"},
	{"\"index\":0", "\"index\":6", "/linux/seccomp/syscalls/0/args/0/index", "from 0 to 5"},
	{"\"value\":1", "\"value\":-1", "/linux/seccomp/syscalls/0/args/0/value", "is negative"},
	{"\"timeout\":5", "\"timeout\":0", "/hooks/createRuntime/0/timeout", "must be from 1"},
	/* booleans */
	{NNP, "\"noNewPrivileges\":\"true\"", "/process/noNewPrivileges", "is a string, must be true or false"},
	{NNP, "\"noNewPrivileges\":1", "/process/noNewPrivileges", "is a number, must be true or false"},
	{NNP, "\"noNewPrivileges\":null", "/process/noNewPrivileges", "is null"},
	{"\"readonly\":true", "\"readonly\":\"true\"", "/root/readonly", "must be true or false"},
	{"\"allow\":false", "\"allow\":0", "/linux/resources/devices/0/allow", "must be true or false"},
	{"\"allow\":false,", "", "/linux/resources/devices/0/allow", "is missing"},
	/* null, wrong types, absent parts */
	{"\"hostname\":\"c\"", "\"hostname\":null", "/hostname", "\"hostname\" is null"},
	{"\"hostname\":\"c\"", "\"hostname\":\"c\",\"later\":null", "/later", "is null"},
	{"\"hostname\":\"c\"", "\"hostname\":\"c\",\"later\":[{\"x\":[null]}]", "/later/0/x/0", "is null"},
	{"\"hostname\":\"c\"", "\"hostname\":\"c\",\"windows\":{\"x\":null}", "/windows/x", "is null"},
	{"[\"sh\"]", "[\"sh\",null]", "/process/args/1", "is null"},
	{"[\"sh\"]", "\"sh\"", "/process/args", "is a string, must be an array"},
	{"[\"PATH=/bin\"]", "{\"PATH\":\"/bin\"}", "/process/env", "is an object, must be an array"},
	{"\"k\":\"v\"", "\"k\":1", "/annotations/k", "is a number, must be a string"},
	{"\"k\":\"v\"", "\"k\":null", "/annotations/k", "is null"},
	{"\"net.core.somaxconn\":\"1\"", "\"net.core.somaxconn\":1", "/linux/sysctl/net.core.somaxconn",
	 "must be a string"},
	{"\"cwd\":\"/\",", "", "/process/cwd", "is missing"},
	{"\"cwd\":\"/\",", "\"cwd\":\"\",", "/process/cwd", "is empty"},
	{"\"root\":{\"path\":\"rootfs\",\"readonly\":true},", "", "/root", "is missing"},
	{"\"path\":\"rootfs\",", "", "/root/path", "is missing"},
	{"\"ociVersion\":\"1.0.2\",", "", "/ociVersion", "is missing"},
	{"\"1.0.2\"", "\"2.0.0\"", "/ociVersion", "is \"2.0.0\": versions 1.0"},
	{"\"1.0.2\"", "\"1\"", "/ociVersion", "versions 1.0"},
	{"\"1.0.2\"", "\"\"", "/ociVersion", "versions 1.0"},
	{"\"1.0.2\"", "\"10.0.0\"", "/ociVersion", "versions 1.0"},
	{"\"user\":{\"uid\":1000,\"gid\":1000,\"additionalGids\":[10,20]},", "", "/process/user", "is missing"},
	{"\"user\":{\"uid\":1000,\"gid\":1000,\"additionalGids\":[10,20]},", "\"user\":{\"username\":\"app\"},",
	 "/process/user/uid", "is missing"},
	{"\"user\":{\"uid\":1000,\"gid\":1000,\"additionalGids\":[10,20]},", "\"user\":null,", "/process/user",
	 "is null"},
	{"\"user\":{\"uid\":1000,\"gid\":1000,\"additionalGids\":[10,20]},", "\"user\":[],", "/process/user",
	 "is an array, must be an object"},
	{"\"namespaces\":", "\"seccomp\":[],\"Xnamespaces\":", "/linux/seccomp", ""},
	/* capabilities */
	{"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[],\"permitted\":[]},", "",
	 "/process/capabilities", "is missing"},
	{"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[],\"permitted\":[]},", "\"capabilities\":null,",
	 "/process/capabilities", "is null"},
	{"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[],\"permitted\":[]},", "\"capabilities\":[],",
	 "/process/capabilities", "must be an object"},
	{"\"effective\":[]", "\"effective\":null", "/process/capabilities/effective", "is null"},
	{CAP, "\"cap_sys_admin\"", "/process/capabilities/bounding/0", "is \"cap_sys_admin\": capabilities are spelt"},
	{CAP, "\"21\"", "/process/capabilities/bounding/0", "capabilities are spelt"},
	{CAP, "\"CAPXSYS_ADMIN\"", "/process/capabilities/bounding/0", "capabilities are spelt"},
	{CAP, "\"CAP_sYS_ADMIN\"", "/process/capabilities/bounding/0", "capabilities are spelt"},
	{CAP, "\"SYS_ADMIN\"", "/process/capabilities/bounding/0", "capabilities are spelt"},
	{CAP, "\"ALL\"", "/process/capabilities/bounding/0", "capabilities are spelt"},
	{CAP, "\"CAP_\"", "/process/capabilities/bounding/0", "capabilities are spelt"},
	{CAP, "\"CAP_CHOWN \"", "/process/capabilities/bounding/0", "capabilities are spelt"},
	{CAP, "\"CAP_CHOWN\\u0000\"", "/process/capabilities/bounding/0", "\\u0000"},
	{CAP, "21", "/process/capabilities/bounding/0", "is a number, must be a string"},
	{"\"CAP_CHOWN\"]", "\"CAP_CHOWN\",\"Cap_Sys_Admin\"]", "/process/capabilities/bounding/1",
	 "capabilities are spelt"},
	/* namespaces */
	{NET, "{\"type\":\"Network\"}", "/linux/namespaces/1/type", "is \"Network\", no namespace"},
	{NET, "{\"type\":\"net\"}", "/linux/namespaces/1/type", "is \"net\", no namespace"},
	{NET, "{\"type\":\"mystery\"}", "/linux/namespaces/1/type", "no namespace"},
	{NET, "{\"type\":\"\"}", "/linux/namespaces/1/type", "no namespace"},
	{NET, "{\"path\":\"/x\"}", "/linux/namespaces/1/type", "is missing"},
	{NET, "{\"type\":\"pid\"}", "/linux/namespaces/1", "second namespace of type pid"},
	{NET, NET "," NET, "/linux/namespaces/2", "second namespace of type network"},
	{NET, "{\"type\":\"network\",\"path\":\"\"}", "/linux/namespaces/1/path", "is empty"},
	{NET, "{\"type\":\"network\",\"path\":\"proc/9/ns/net\"}", "/linux/namespaces/1/path", "must be absolute"},
	{NET, "{\"type\":\"network\",\"path\":null}", "/linux/namespaces/1/path", "is null"},
	{NET, "\"network\"", "/linux/namespaces/1", "is a string, must be an object"},
	/* seccomp */
	{DEFAULT, "", "/linux/seccomp/defaultAction", "is missing"},
	{DEFAULT, "\"defaultAction\":\"\",", "/linux/seccomp/defaultAction",
	 "a word that the runtime-spec does not have"},
	{DEFAULT, "\"defaultAction\":\"scmp_act_errno\",", "/linux/seccomp/defaultAction",
	 "a word that the runtime-spec"},
	{"SCMP_ACT_ALLOW", "ALLOW", "/linux/seccomp/syscalls/0/action", "a word that the runtime-spec does not have"},
	{"SCMP_CMP_EQ", "==", "/linux/seccomp/syscalls/0/args/0/op", "a word that the runtime-spec does not have"},
	{"SCMP_ARCH_X86_64", "amd64", "/linux/seccomp/architectures/0", "a word that the runtime-spec does not have"},
	{"\"action\":\"SCMP_ACT_ALLOW\",", "", "/linux/seccomp/syscalls/0/action", "is missing"},
	{"\"names\":[\"read\"],", "\"name\":\"read\",", "/linux/seccomp/syscalls/0/names", "is missing"},
	/* mounts, devices, hooks */
	{"\"destination\":\"/proc\",", "", "/mounts/0/destination", "is missing"},
	{"\"destination\":\"/proc\",", "\"destination\":\"\",", "/mounts/0/destination", "is empty"},
	{"[\"nosuid\"]", "\"nosuid\"", "/mounts/0/options", "is a string, must be an array"},
	{"\"source\":\"proc\"", "\"source\":\"/x\\u0000/y\"", "/mounts/0/source", "\\u0000"},
	{"\"type\":\"c\"", "\"type\":\"char\"", "/linux/devices/0/type", "must be one letter of \"cbup\""},
	{"\"type\":\"c\"", "\"type\":\"\"", "/linux/devices/0/type", "must be one letter"},
	{"\"path\":\"/dev/null\",", "", "/linux/devices/0/path", "is missing"},
	{"\"access\":\"rwm\"", "\"access\":\"rwx\"", "/linux/resources/devices/0/access", "must be made of r, w and m"},
	{"\"path\":\"/bin/h\",", "\"path\":\"\",", "/hooks/createRuntime/0/path", "is empty"},
	{"\"path\":\"rootfs\",", "\"path\":\"\",", "/root/path", "is empty"},
	{"\"path\":\"/dev/null\",", "\"path\":\"\",", "/linux/devices/0/path", "is empty"},
	{"\"path\":\"/bin/h\",", "", "/hooks/createRuntime/0/path", "is missing"},
	{"\"rslave\"", "\"host\"", "/linux/rootfsPropagation", "a word that the runtime-spec does not have"},
	/* syntax, in a whole spec */
	{"\"rslave\"}}", "\"rslave\"}}x", "", "behind the end"},
	{"\"rslave\"}}", "\"rslave\"}} {}", "", "behind the end"},
	{"\"rslave\"}}", "\"rslave\",}}", "/linux", "comma"},
	{"\"hostname\":\"c\"", "\"hostname\":\"\xff\"", "/hostname", "no UTF-8"},
	{"\"hostname\":\"c\"", "\"hostname\":\"a\tb\"", "/hostname", "raw control character"},
	{"\"hostname\":\"c\"", "/* c */\"hostname\":\"c\"", "", "comment"},
};

/* Replaces @take, which must stand in @text exactly once. */
static void change(char *out, size_t size, const char *text, const char *take, const char *with)
{
	const char *at = strstr(text, take);

	cr_assert(at, "the row takes out what is not there: %s", take);
	cr_assert_null(strstr(at + 1, take), "the row's text stands there twice: %s", take);
	cr_assert_lt(snprintf(out, size, "%.*s%s%s", (int)(at - text), text, with, at + strlen(take)), (int)size);
}

static int parse(struct arena *arena, const char *bytes, struct container *ret, struct err *err)
{
	struct text text = {.bytes = bytes, .len = strlen(bytes)};

	return spec_parse(arena, &text, "/run/b", "id", ret, err);
}

Test(spec_form, accepts_the_healthy_spec)
{
	struct container container;
	struct arena arena;
	struct err err = {0};

	arena_init(&arena, 1 << 20);
	cr_assert_eq(parse(&arena, healthy, &container, &err), 0, "%s %s", err.pointer, err.text);
	arena_release(&arena);
}

static void expect_refused(const struct form *form)
{
	struct container container = {.id = "untouched"};
	struct arena arena;
	struct err err = {0};
	char text[8192];

	arena_init(&arena, 1 << 20);
	change(text, sizeof(text), healthy, form->take, form->with);
	cr_expect_eq(parse(&arena, text, &container, &err), -1, "accepted: %s", form->with);
	cr_expect_eq(err.kind, ERR_DENIED, "%s: kind %d", form->with, err.kind);
	cr_expect_str_eq(err.pointer, form->pointer, "%s: points to %s", form->with, err.pointer);
	cr_expect(strstr(err.text, form->says), "%s: says %s", form->with, err.text);
	cr_expect_str_eq(container.id, "untouched", "output touched on failure");
	arena_release(&arena);
}

Test(spec_form, refuses)
{
	for (size_t i = 0; i < N(refused_table); i++)
		expect_refused(&refused_table[i]);
}

/* What only rules may refuse, or what is harmless: the form says nothing. */
static const struct form accepted_table[] = {
	{CAP, "\"CAP_CAP_CHOWN\"", "", ""},
	{CAP, "\"CAP_AZ_09\"", "", ""},
	{CAP, "\"CAP_CHOWN\",\"CAP_CHOWN\",\"CAP_TIME_TRAVEL\"", "", ""},
	{",\"hostname\":\"c\"", "", "", ""},
	{"\"hostname\":\"c\"", "\"hostname\":\"c\",\"x-vendor\":{\"a\":[1,{\"b\":true}]}", "", ""},
	{"\"hostname\":\"c\"", "\"hostname\":\"\xc3\xa9\"", "", ""},
	{"\"hostname\":\"c\"", "\"hostname\":\"c\",\"x ~y\":{\"x ~y\":[]}", "", ""},
	{"\"k\":\"v\"", "\" ~\\u00a0\\u00bf\":\"v\"", "", ""},
	{"\"k\":\"v\"", "\"K\":\"v\",\"k\":\"V\",\"\xc3\xa9t\xc3\xa9\":\"\"", "", ""},
	{NET, "{\"type\":\"time\"},{\"type\":\"cgroup\"},{\"type\":\"user\",\"path\":\"/proc/self/ns/user\"}", "", ""},
	{"\"hard\":1024", "\"hard\":18446744073709551615", "", ""},
	{"\"value\":1", "\"value\":18446744069414584320", "", ""},
	{"\"value\":1", "\"value\":9223372036854775808", "", ""},
	{"[\"read\"]", "[\"_llseek\",\"a_call_of_tomorrow2\",\"Mount\"]", "", ""},
	{"\"value\":1,\"op\":\"SCMP_CMP_EQ\"", "\"value\":2114060288,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"", "",
	 ""},
	{"\"1.0.2\"", "\"1.0.0-rc5\"", "", ""},
	{"\"1.0.2\"", "\"1.12.0+dev\"", "", ""},
	{UID, "\"uid\":2147483647", "", ""},
	{UID, "\"uid\":0", "", ""},
	{NNP ",", "", "", ""},
	{"\"args\":[\"sh\"]", "\"args\":[]", "", ""},
	{"\"limit\":1000", "\"limit\":-1", "", ""},
	{DEFAULT, "\"defaultAction\":\"SCMP_ACT_ALLOW\",", "", ""},
	{"\"rslave\"", "\"shared\"", "", ""},
	{"\"rslave\"",
	 "\"private\",\"intelRdt\":{\"closID\":\"x\",\"schemata\":[\"L3:0=f\"]},\"netDevices\":{\"eth0\":{\"name\":"
	 "\"c0\"}},"
	 "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[]},"
	 "\"timeOffsets\":{\"monotonic\":{\"secs\":-1,\"nanosecs\":5}},\"personality\":{\"domain\":\"LINUX32\"}",
	 "", ""},
	{"\"unified\":",
	 "\"blockIO\":{\"weight\":10,\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":5}]},"
	 "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":9223372036854775807}],"
	 "\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\",\"priority\":5}]},"
	 "\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3}},\"unified\":",
	 "", ""},
	{"\"oomScoreAdj\":0",
	 "\"oomScoreAdj\":-998,\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":10},"
	 "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":1},"
	 "\"execCPUAffinity\":{\"initial\":\"0-1\"},\"consoleSize\":{\"height\":40,\"width\":80}",
	 "", ""},
};

Test(spec_form, leaves_the_rest_to_rules)
{
	for (size_t i = 0; i < N(accepted_table); i++) {
		const char *take = accepted_table[i].take;
		struct container container;
		struct arena arena;
		struct err err = {0};
		char text[8192];

		arena_init(&arena, 1 << 20);
		change(text, sizeof(text), healthy, take, accepted_table[i].with);
		cr_expect_eq(parse(&arena, text, &container, &err), 0, "%s: %s %s", accepted_table[i].with, err.pointer,
			     err.text);
		arena_release(&arena);
	}
}

Test(spec_form, tells_cut_short_from_unsafe)
{
	struct container container;
	struct arena arena;
	struct err err = {0};
	struct text text = {.bytes = "", .len = 0};

	arena_init(&arena, 1 << 20);
	cr_expect_eq(spec_parse(&arena, &text, "/run/b", "", &container, &err), -1);
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect_str_eq(err.text, "config.json: the text is empty");
	text = (struct text){.bytes = healthy, .len = sizeof(healthy) / 2};
	cr_expect_eq(spec_parse(&arena, &text, "/run/b", "", &container, &err), -1);
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect(strstr(err.text, "config.json: cut short"), "%s", err.text);
	text = (struct text){.bytes = "[]", .len = 2};
	cr_expect_eq(spec_parse(&arena, &text, "/run/b", "", &container, &err), -1);
	cr_expect_eq(err.kind, ERR_DENIED);
	cr_expect_str_eq(err.text, "the document is an array, must be an object");
	arena_release(&arena);
}
