/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suspicious-command
 *
 * Fields: process.args, of the container's first program and of every exec;
 * the name of its image.
 * Allowed: what matches none of the names and shapes below, nor the policy's
 * own patterns (globs over single arguments).
 * Names count where a command stands: the program itself, behind wrappers such
 * as env or nohup, and at the places in a shell's -c script where a command
 * can begin. This finds what does not hide; renaming a file is enough to hide.
 */
#include <fnmatch.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

struct settings {
	struct strings patterns;
};

static const struct settings defaults = {0};

static const struct setting settings_table[] = {
	{"patterns", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, patterns),
	 "Further globs; a match with any single argument is a finding"},
};

/* The harmless string that always fires, to see the whole way of an alert working. */
static const char test_string[] = "OCIGATE-STANDARD-ALERT-TEST";

/* What it means. The tables hold no addresses: nothing of them needs to be corrected when the program starts. */
enum meaning { MINER, ATTACK, SCAN, CLIENT, NAMESPACES, SSH, SHELL, DOWNLOAD, TEST, IMAGE, HUNTER, PATTERN };

static const struct {
	const char *message;
	const char *alert;
} meanings[] = {
	[MINER] = {"runs a coin miner", "K8S.NODE_DigitalCurrencyMining"},
	[ATTACK] = {"runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool"},
	[SCAN] = {"runs a network scanner", "K8S.NODE_KnownLinuxAttackTool"},
	[CLIENT] = {"runs a container client", "K8S.NODE_ImageBuildOnNode"},
	[NAMESPACES] = {"makes or enters namespaces", "K8S.NODE_NamespaceCreation"},
	[SSH] = {"runs an SSH server", "K8S.NODE_ContainerSSH"},
	[SHELL] = {"looks like a reverse shell", "K8S.NODE_ReverseShell"},
	[DOWNLOAD] = {"downloads and runs code", "K8S.NODE_DownloadAndRunCombo"},
	[TEST] = {"carries the test string for alerts", "K8S.NODE_EICAR"},
	[IMAGE] = {"its image is named after a coin miner", "K8S_MaliciousContainerImage"},
	[HUNTER] = {"its image is that of a penetration test", "K8S_PenTestToolsKubeHunter"},
	[PATTERN] = {"matches a pattern of the policy", NULL},
};

struct name {
	char program[16];
	enum meaning meaning;
	enum severity severity;
};

static const struct name names[] = {
	{"sshd", SSH, SEVERITY_MEDIUM},
	{"dropbear", SSH, SEVERITY_MEDIUM},
	{"xmrig", MINER, SEVERITY_HIGH},
	{"xmr-stak", MINER, SEVERITY_HIGH},
	{"minerd", MINER, SEVERITY_HIGH},
	{"minergate", MINER, SEVERITY_HIGH},
	{"cpuminer", MINER, SEVERITY_HIGH},
	{"ccminer", MINER, SEVERITY_HIGH},
	{"ethminer", MINER, SEVERITY_HIGH},
	{"cgminer", MINER, SEVERITY_HIGH},
	{"bfgminer", MINER, SEVERITY_HIGH},
	{"sgminer", MINER, SEVERITY_HIGH},
	{"claymore", MINER, SEVERITY_HIGH},
	{"nbminer", MINER, SEVERITY_HIGH},
	{"t-rex", MINER, SEVERITY_HIGH},
	{"gminer", MINER, SEVERITY_HIGH},
	{"lolminer", MINER, SEVERITY_HIGH},
	{"phoenixminer", MINER, SEVERITY_HIGH},
	{"teamredminer", MINER, SEVERITY_HIGH},
	{"kube-hunter", ATTACK, SEVERITY_HIGH},
	{"peirates", ATTACK, SEVERITY_HIGH},
	{"amicontained", ATTACK, SEVERITY_MEDIUM},
	{"deepce.sh", ATTACK, SEVERITY_HIGH},
	{"linpeas.sh", ATTACK, SEVERITY_HIGH},
	{"mimipenguin", ATTACK, SEVERITY_HIGH},
	{"chisel", ATTACK, SEVERITY_MEDIUM},
	{"masscan", SCAN, SEVERITY_MEDIUM},
	{"nmap", SCAN, SEVERITY_MEDIUM},
	{"zmap", SCAN, SEVERITY_MEDIUM},
	{"docker", CLIENT, SEVERITY_LOW},
	{"dockerd", CLIENT, SEVERITY_LOW},
	{"podman", CLIENT, SEVERITY_LOW},
	{"nerdctl", CLIENT, SEVERITY_LOW},
	{"crictl", CLIENT, SEVERITY_LOW},
	{"ctr", CLIENT, SEVERITY_LOW},
	{"buildctl", CLIENT, SEVERITY_LOW},
	{"runc", CLIENT, SEVERITY_LOW},
	{"crun", CLIENT, SEVERITY_LOW},
	{"nsenter", NAMESPACES, SEVERITY_MEDIUM},
	{"unshare", NAMESPACES, SEVERITY_MEDIUM},
};

/* All parts somewhere in the arguments. */
struct shape {
	char parts[3][16];
	enum meaning meaning;
	enum severity severity;
};

static const struct shape shapes[] = {
	{{"/dev/tcp/"}, SHELL, SEVERITY_HIGH},
	{{"/dev/udp/"}, SHELL, SEVERITY_HIGH},
	{{"mkfifo ", "nc "}, SHELL, SEVERITY_HIGH},
	{{"nc -e "}, SHELL, SEVERITY_HIGH},
	{{"nc ", " -e /bin/"}, SHELL, SEVERITY_HIGH},
	{{"nc ", " -e sh"}, SHELL, SEVERITY_HIGH},
	{{"nc ", " -e bash"}, SHELL, SEVERITY_HIGH},
	{{"ncat -e "}, SHELL, SEVERITY_HIGH},
	{{"ncat --exec"}, SHELL, SEVERITY_HIGH},
	{{"socat ", "exec:"}, SHELL, SEVERITY_HIGH},
	{{"socat ", "EXEC:"}, SHELL, SEVERITY_HIGH},
	{{"socket", "dup2(", "/sh"}, SHELL, SEVERITY_HIGH},
	{{"socket", "pty.spawn"}, SHELL, SEVERITY_HIGH},
	{{"use Socket", "exec", "/sh"}, SHELL, SEVERITY_HIGH},
	{{"TCPSocket", "exec", "/sh"}, SHELL, SEVERITY_HIGH},
	{{"fsockopen(", "/sh"}, SHELL, SEVERITY_HIGH},
	{{"stratum+tcp://"}, MINER, SEVERITY_HIGH},
	{{"stratum+ssl://"}, MINER, SEVERITY_HIGH},
	{{"curl ", "| sh"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"curl ", "| bash"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"curl ", "|sh"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"curl ", "|bash"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"curl ", "chmod +x"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"<(curl "}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"wget ", "| sh"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"wget ", "| bash"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"wget ", "|sh"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"wget ", "|bash"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"wget ", "chmod +x"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"<(wget "}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"base64 -d", "| sh"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"base64 -d", "| bash"}, DOWNLOAD, SEVERITY_MEDIUM},
	{{"release_agent"}, ATTACK, SEVERITY_HIGH},
	{{"core_pattern", "|/"}, ATTACK, SEVERITY_HIGH},
	{{""}, 0, 0}, /* the end */
};

/* Lists end with an empty word. */
static const char wrappers[][12] = {"env",  "nohup",	 "setsid", "timeout", "nice",	   "busybox", "stdbuf",
				    "tini", "dumb-init", "sudo",   "exec",    "catatonit", ""};
static const char shells[][12] = {"sh", "bash", "dash", "ash", "zsh", "ksh", ""};

static bool is_one_of(const char *word, size_t len, const char (*list)[12])
{
	for (; **list; list++)
		if (strlen(*list) == len && strncmp(*list, word, len) == 0)
			return true;
	return false;
}

/* The last segment of the path in the first @len bytes of @word. */
static const char *base_of(const char *word, size_t len, size_t *ret_len)
{
	const char *slash = memrchr(word, '/', len);
	const char *base = slash ? slash + 1 : word;

	*ret_len = len - (size_t)(base - word);
	return base;
}

static const struct name *name_of(const char *word, size_t len)
{
	const char *base = base_of(word, len, &len);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].program) == len && strncmp(names[i].program, base, len) == 0)
			return &names[i];
	return NULL;
}

/* A command begins at the start and behind ; | & ( ` and newlines; assignments and wrappers before it are skipped. */
static const struct name *name_in_script(const char *script)
{
	static const char breaks[] = ";|&(`\n{", blanks[] = " \t";

	while (*script) {
		size_t len;

		script += strspn(script, " \t;|&(`\n{");
		len = strcspn(script, " \t;|&(`\n{)");
		while (script[len] == ' ' || script[len] == '\t') {
			size_t base_len;
			const char *base = base_of(script, len, &base_len);

			if (!memchr(script, '=', len) && !is_one_of(base, base_len, wrappers))
				break;
			script += len + strspn(script + len, blanks);
			len = strcspn(script, " \t;|&(`\n{)");
		}
		if (name_of(script, len))
			return name_of(script, len);
		script += strcspn(script, breaks);
	}
	return NULL;
}

static const struct name *name_in_args(const struct strings *args)
{
	for (size_t i = 0; i < args->n; i++) {
		const char *arg = args->items[i], *base;
		size_t len;

		base = base_of(arg, strlen(arg), &len);
		if (is_one_of(base, len, shells)) {
			for (size_t k = i + 1; k + 1 < args->n && args->items[k][0] == '-'; k++)
				if (strchr(args->items[k], 'c'))
					return name_in_script(args->items[k + 1]);
			return NULL;
		}
		if (name_of(arg, strlen(arg)))
			return name_of(arg, strlen(arg));
		/* Behind a wrapper come its options, assignments and numbers, then the program. */
		if (!is_one_of(base, len, wrappers) && arg[0] != '-' && !strchr(arg, '=') &&
		    (arg[0] < '0' || arg[0] > '9'))
			return NULL;
	}
	return NULL;
}

/* All arguments in one line, so that a shape is found however the words are spread over them. */
static const char *join(const struct strings *args, struct findings *findings)
{
	size_t size = 1, len = 0;
	char *line;

	for (size_t i = 0; i < args->n; i++)
		size += strlen(args->items[i]) + 1;
	line = arena_alloc(findings->arena, size);
	if (!line) {
		findings->failed = true;
		return "";
	}
	for (size_t i = 0; i < args->n; i++) {
		size_t n = strlen(args->items[i]);

		memcpy(line + len, args->items[i], n);
		len += n;
		line[len++] = ' ';
	}
	return line;
}

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* @part, but not as the end of another word: rsync is no nc. */
static const char *find_part(const char *line, const char *part)
{
	const char *found = strstr(line, part);

	while (found && found > line && in_word(part[0]) && in_word(found[-1]))
		found = strstr(found + 1, part);
	return found;
}

static const char *find_shape(const char *line, const struct shape *shape)
{
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(shape->parts) / sizeof(shape->parts[0]) && *shape->parts[i]; i++) {
		found = find_part(line, shape->parts[i]);
		if (!found)
			return NULL;
	}
	return found;
}

static void report_at(const char *pointer, const char *value, enum meaning meaning, enum severity severity,
		      struct findings *findings)
{
	struct finding *finding = findings_add(findings, FINDING_VIOLATION, pointer, value, meanings[meaning].message,
					       "look at who started this, and except it by name if it is wanted");

	finding->severity = severity;
	finding->alert = meanings[meaning].alert;
}

static void report(const struct container *container, const char *value, enum meaning meaning, enum severity severity,
		   struct findings *findings)
{
	report_at(container->exec ? "/args" : "/process/args", value, meaning, severity, findings);
}

/* registry/owner/NAME:tag@digest: what stands in the last segment, before tag and digest. */
static void judge_image(const char *image, struct findings *findings)
{
	const char *slash = strrchr(image, '/'), *base = slash ? slash : image;
	const struct name *name = name_of(base, strcspn(base, ":@"));

	if (name && name->meaning == MINER)
		report_at("/annotations", image, IMAGE, SEVERITY_HIGH, findings);
	else if (name && strcmp(name->program, "kube-hunter") == 0)
		report_at("/annotations", image, HUNTER, SEVERITY_LOW, findings);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct strings *args = &container->process.args;
	const struct settings *own = settings;
	const struct name *name = name_in_args(args);
	const char *line = join(args, findings);

	(void)host;
	/* A digest holds no slash: the last segment is the image's even where one stands behind. */
	if (!container->exec)
		judge_image(container->identity.image, findings);
	if (strstr(line, test_string))
		report(container, test_string, TEST, SEVERITY_HIGH, findings);
	if (name)
		report(container, name->program, name->meaning, name->severity, findings);
	for (const struct shape *shape = shapes; *shape->parts[0]; shape++) {
		const char *found = find_shape(line, shape);

		if (found) {
			report(container, found, shape->meaning, shape->severity, findings);
			break;
		}
	}
	for (size_t i = 0; i < own->patterns.n; i++)
		for (size_t k = 0; k < args->n; k++)
			if (fnmatch(own->patterns.items[i], args->items[k], 0) == 0)
				report(container, args->items[k], PATTERN, SEVERITY_MEDIUM, findings);
}

const struct rule rule_suspicious_command = {
	.id = RULE_suspicious_command,
	.name = "suspicious-command",
	.group = RULE_GROUP_ALERT,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE | RULE_SCOPE_EXEC,
	.title = "a program that containers seldom run for good",
	.fields = "process.args; annotations: the image",
	.allowed = "anything else",
	.why = "SSH servers, miners, scanners and reverse shells are what a break-in looks like from outside.",
	.alert = "K8S.NODE_ContainerSSH, K8S.NODE_DigitalCurrencyMining, K8S.NODE_ReverseShell, "
		 "K8S.NODE_KnownLinuxAttackTool, "
		 "K8S.NODE_NamespaceCreation, K8S.NODE_DownloadAndRunCombo, K8S.NODE_ImageBuildOnNode, "
		 "K8S_MaliciousContainerImage, K8S_PenTestToolsKubeHunter, K8S.NODE_EICAR",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
