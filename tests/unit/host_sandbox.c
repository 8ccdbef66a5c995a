/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What engines keep beside a container: the spec of its pod's sandbox, and
 * CNI's results. Live, so in places where root alone can write.
 */
#include "host_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"

#include "ocigate/fs.h"
#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;
static bool mounted;
static char base[] = "/run/ocigate-sandbox.XXXXXX";

static void begin(void)
{
	arena_init(&arena, (size_t)8 << 20);
}

static void finish(void)
{
	if (mounted)
		(void)umount2("/run", MNT_DETACH);
	arena_release(&arena);
}

TestSuite(host_sandbox, .init = begin, .fini = finish, .timeout = 10);

/* From here on /run is empty, and this test's own. */
static void empty_run(void)
{
	mounted = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		  mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		  mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0;
	if (!mounted || !mkdtemp(base) || chmod(base, 0755) < 0)
		cr_skip_test("needs root and a mount namespace of its own");
}

/* A file; what lies above is made. */
static void put(const char *path, const char *text)
{
	int fd;

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *above = arena_strndup(&arena, path, (size_t)(slash - path));

		cr_assert(mkdir(above, 0755) == 0 || errno == EEXIST, "%s", above);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text), "%s", path);
	close(fd);
}

static const char *crio_bundle(const char *id)
{
	return arena_printf(&arena, "%s/x-containers/%s/userdata", base, id);
}

static const char *containerd_bundle(const char *id)
{
	return arena_printf(&arena, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s", id);
}

static struct container container_of(enum engine engine)
{
	struct container container = {.id = "c1",
				      .bundle = engine == ENGINE_CRIO ? crio_bundle("c1") : containerd_bundle("c1")};

	container.identity = (struct identity){.engine = engine,
					       .trusted = true,
					       .is_sandbox = TRI_NO,
					       .sandbox_id = "s1",
					       .namespace = "shop",
					       .pod = "web-0",
					       .pod_uid = "u1",
					       .ports_json = ""};
	return container;
}

#define A(key, value) "\"" key "\":\"" value "\""
#define SPEC(annotations, linux)                                                                                       \
	"{\"ociVersion\":\"1.1.0\",\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"pause\"],\"cwd\":\"/"       \
	"\",\"capabilities\":{}},"                                                                                     \
	"\"root\":{\"path\":\"rootfs\"},\"mounts\":[],\"annotations\":{" annotations "},\"linux\":{" linux "}}"
#define CRIO_POD(namespace, name, uid)                                                                                 \
	A("io.container.manager", "cri-o")                                                                             \
	"," A("io.kubernetes.pod.name", name) "," A("io.kubernetes.pod.namespace", namespace) "," A(                   \
		"io.kubernetes.pod.uid", uid) "," A("io.kubernetes.container.name",                                    \
						    "POD") "," A("io.kubernetes.cri-o.ContainerType", "sandbox")
#define CRIO_LINUX   "\"cgroupsPath\":\"x.slice:crio:s1\",\"sysctl\":{\"net.core.somaxconn\":\"99\"}"
#define CRIO_SANDBOX SPEC(CRIO_POD("shop", "web-0", "u1"), CRIO_LINUX)
#define MAPPED	     A("io.kubernetes.cri-o.PortMappings", "[{\\\"hostPort\\\":80,\\\"containerPort\\\":8080}]")
#define CONTAINERD_SANDBOX                                                                                             \
	SPEC(A("io.kubernetes.cri.container-type", "sandbox") "," A("io.kubernetes.cri.sandbox-id", "s1") "," A(       \
		     "io.kubernetes.cri.sandbox-name",                                                                 \
		     "web-0") "," A("io.kubernetes.cri.sandbox-namespace",                                             \
				    "shop") "," A("io.kubernetes.cri.sandbox-uid",                                     \
						  "u1") "," A("io.kubernetes.cri.sandbox-log-directory",               \
							      "/var/log/pods/x"),                                      \
	     "\"cgroupsPath\":\"/x\"")

static const char *sandbox_config(enum engine engine, const char *id)
{
	return arena_printf(&arena, "%s/config.json", engine == ENGINE_CRIO ? crio_bundle(id) : containerd_bundle(id));
}

Test(host_sandbox, of_the_same_pod_is_no_doubt)
{
	static const enum engine engines[] = {ENGINE_CRIO, ENGINE_CONTAINERD};

	empty_run();
	for (size_t i = 0; i < N(engines); i++) {
		struct container container = container_of(engines[i]);

		cr_expect_null(sandbox_doubt(&arena, &container), "without a spec of it");
		put(sandbox_config(engines[i], "s1"), engines[i] == ENGINE_CRIO ? CRIO_SANDBOX : CONTAINERD_SANDBOX);
		cr_expect_null(sandbox_doubt(&arena, &container), "%s", sandbox_doubt(&arena, &container));
		container.bundle = arena_printf(&arena, "%s/", container.bundle);
		cr_expect_null(sandbox_doubt(&arena, &container), "a slash at the end");
		container.identity.pod = "web-1";
		cr_expect_not_null(sandbox_doubt(&arena, &container), "the place is found with that slash, too");
	}
}

Test(host_sandbox, of_another_pod_is_a_doubt)
{
	static const char *const others[] = {
		SPEC(CRIO_POD("other", "web-0", "u1"), CRIO_LINUX),
		SPEC(CRIO_POD("shop", "other", "u1"), CRIO_LINUX),
		SPEC(CRIO_POD("shop", "web-0", "other"), CRIO_LINUX),
		SPEC(CRIO_POD("shop", "web-0", "u1"), "\"cgroupsPath\":\"x.slice:libpod:s1\""), /* podman's */
		SPEC(A("io.container.manager", "cri-o") "," A("io.kubernetes.pod.name", "web-0") "," A(
			     "io.kubernetes.pod.namespace",
			     "shop") "," A("io.kubernetes.pod.uid",
					   "u1") "," A("io.kubernetes.container.name",
						       "x") "," A("io.kubernetes.cri-o.ContainerType", "container"),
		     CRIO_LINUX), /* no sandbox */
		"{}",
		"",
		"{\"ociVersion\":\"1.1.0\",\"ociVersion\":\"1.1.0\"}",
	};
	struct container container;

	empty_run();
	container = container_of(ENGINE_CRIO);
	for (size_t i = 0; i < N(others); i++) {
		put(sandbox_config(ENGINE_CRIO, "s1"), others[i]);
		cr_expect_not_null(sandbox_doubt(&arena, &container), "%s", others[i]);
	}
	put(sandbox_config(ENGINE_CRIO, "s1"), CRIO_SANDBOX);
	cr_expect_null(sandbox_doubt(&arena, &container));
	cr_assert_eq(chmod(crio_bundle("s1"), 0777), 0);
	cr_expect_not_null(sandbox_doubt(&arena, &container), "others can write there");
	cr_assert_eq(chmod(crio_bundle("s1"), 0755), 0);
	cr_assert_eq(unlink(sandbox_config(ENGINE_CRIO, "s1")), 0);
	cr_expect_not_null(sandbox_doubt(&arena, &container), "a bundle without a spec");
	cr_assert_eq(rmdir(crio_bundle("s1")), 0);
	cr_expect_null(sandbox_doubt(&arena, &container), "no bundle at all");
	cr_assert_eq(symlink("/nowhere", crio_bundle("s1")), 0);
	cr_expect_not_null(sandbox_doubt(&arena, &container), "a link is no bundle of an engine");
}

Test(host_sandbox, is_asked_of_trusted_containers_alone)
{
	static const char *const names[] = {".", "..", ".x", "a/b", "/s1"};
	struct container container;

	empty_run();
	container = container_of(ENGINE_CRIO);
	put(sandbox_config(ENGINE_CRIO, "s1"), SPEC(CRIO_POD("other", "web-0", "u1"), CRIO_LINUX));
	cr_expect_not_null(sandbox_doubt(&arena, &container));
	container.identity.trusted = false;
	cr_expect_null(sandbox_doubt(&arena, &container));
	container = container_of(ENGINE_CRIO);
	container.identity.is_sandbox = TRI_YES;
	cr_expect_null(sandbox_doubt(&arena, &container));
	container = container_of(ENGINE_CRIO);
	container.identity.sandbox_id = "";
	cr_expect_null(sandbox_doubt(&arena, &container));
	for (size_t i = 0; i < N(names); i++) {
		container.identity.sandbox_id = names[i];
		cr_expect_not_null(sandbox_doubt(&arena, &container), "%s is no name of a directory", names[i]);
	}
}

Test(host_sandbox, without_memory_is_a_doubt)
{
	struct container container;
	struct arena none;

	empty_run();
	container = container_of(ENGINE_CRIO);
	put(sandbox_config(ENGINE_CRIO, "s1"), CRIO_SANDBOX);
	for (size_t cap = 0; cap < 1024; cap += 32) {
		arena_init(&none, cap);
		cr_expect_not_null(sandbox_doubt(&none, &container), "%zu bytes", cap);
		arena_release(&none);
	}
}

static struct host asked(const struct container *container, unsigned facts)
{
	struct host host = {0};

	sandbox_live(&arena, container, facts, &host);
	return host;
}

Test(host_sandbox, of_crio_tells_sysctls_and_ports)
{
	struct container container;
	struct text text;
	struct host host;

	empty_run();
	container = container_of(ENGINE_CRIO);
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_NO, "no bundle");
	cr_expect_not(sandbox_text(&arena, &container, &text));
	put(arena_printf(&arena, "%s/other", crio_bundle("s1")), "");
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_NO, "no spec");
	put(sandbox_config(ENGINE_CRIO, "s1"), CRIO_SANDBOX);
	host = asked(&container, HOST_FACT_SANDBOX | HOST_FACT_PORTS);
	cr_assert_eq(host.sandbox_known, TRI_YES);
	cr_assert_eq(host.sandbox_sysctls.n, 1);
	cr_expect_str_eq(host.sandbox_sysctls.items[0].key, "net.core.somaxconn");
	cr_expect_eq(host.n_ports, 0);
	cr_expect(sandbox_text(&arena, &container, &text));
	cr_expect_eq(text.len, strlen(CRIO_SANDBOX));
	put(sandbox_config(ENGINE_CRIO, "s1"), SPEC(A("a", "b") "," MAPPED "," A("z", "y"), CRIO_LINUX));
	host = asked(&container, HOST_FACT_SANDBOX | HOST_FACT_PORTS);
	cr_assert_eq(host.n_ports, 1);
	cr_expect_eq(host.ports[0].host_port, 80);
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).n_ports, 0, "nobody asked for them");
	put(sandbox_config(ENGINE_CRIO, "s1"), SPEC(A("io.kubernetes.cri-o.PortMappings", "rubbish"), CRIO_LINUX));
	host = asked(&container, HOST_FACT_SANDBOX | HOST_FACT_PORTS);
	cr_expect_eq(host.sandbox_known, TRI_YES);
	cr_expect_eq(host.n_ports, 0);
}

Test(host_sandbox, that_cannot_be_read_is_unknown)
{
	struct container container;
	struct text text;

	empty_run();
	container = container_of(ENGINE_CRIO);
	put(sandbox_config(ENGINE_CRIO, "s1"), "{}");
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_UNKNOWN);
	cr_assert_eq(unlink(sandbox_config(ENGINE_CRIO, "s1")), 0);
	cr_assert_eq(mkdir(sandbox_config(ENGINE_CRIO, "s1"), 0755), 0);
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_UNKNOWN);
	cr_expect_not(sandbox_text(&arena, &container, &text));
	cr_assert_eq(rmdir(sandbox_config(ENGINE_CRIO, "s1")), 0);
	cr_assert_eq(rmdir(crio_bundle("s1")), 0);
	put(crio_bundle("s1"), "a file in its place");
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_UNKNOWN);
}

Test(host_sandbox, is_needed_of_crio_alone)
{
	struct container container;
	struct text text;

	empty_run();
	put(sandbox_config(ENGINE_CRIO, "s1"), CRIO_SANDBOX);
	put(sandbox_config(ENGINE_CONTAINERD, "s1"), CONTAINERD_SANDBOX);
	container = container_of(ENGINE_CONTAINERD);
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_NO);
	cr_expect_not(sandbox_text(&arena, &container, &text));
	container = container_of(ENGINE_CRIO);
	container.identity.trusted = false;
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_NO);
	container = container_of(ENGINE_CRIO);
	container.identity.is_sandbox = TRI_YES;
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_NO);
	container = container_of(ENGINE_CRIO);
	container.identity.sandbox_id = "../x-containers/s1";
	cr_expect_eq(asked(&container, HOST_FACT_SANDBOX).sandbox_known, TRI_NO);
}

/* /var/lib is empty, too. */
static void empty_var_lib(void)
{
	empty_run();
	cr_assert_eq(mount("tmpfs", "/var/lib", "tmpfs", 0, NULL), 0);
}

static struct host ports_of(const struct container *container)
{
	struct host host = {0};

	ports_live(&arena, container, &host);
	return host;
}

#define RESULT(port)                                                                                                   \
	"{\"kind\":\"cniCacheV1\",\"capabilityArgs\":{\"portMappings\":[{\"hostPort\":" port                           \
	",\"containerPort\":1,\"protocol\":\"tcp\"}]}}"

Test(host_sandbox, results_are_those_of_the_sandbox)
{
	struct container container;
	struct host host;

	empty_var_lib();
	container = container_of(ENGINE_CONTAINERD);
	cr_expect_eq(ports_of(&container).n_ports, 0, "no directory");
	cr_expect_null(ports_text(&arena, "s1"));
	put("/var/lib/cni/results/s1-eth0", RESULT("1"));
	put("/var/lib/cni/results/nets1-eth0", RESULT("2"));
	put("/var/lib/cni/results/net-s1", RESULT("3"));
	put("/var/lib/cni/results/net-s12-eth0", RESULT("4"));
	put("/var/lib/cni/results/net-s2-eth0", RESULT("5"));
	host = ports_of(&container);
	cr_expect_eq(host.n_ports, 0, "%zu", host.n_ports);
	cr_expect((host.facts & HOST_FACT_PORTS) != 0);
	cr_expect_null(ports_text(&arena, "s1"));
	put("/var/lib/cni/cache/results/net-s1-eth0", RESULT("6"));
	cr_expect_eq(ports_of(&container).n_ports, 1);
	cr_expect_str_eq(ports_text(&arena, "s1"), RESULT("6"), "the second directory");
	put("/var/lib/cni/results/net-s1-eth0", RESULT("7"));
	put("/var/lib/cni/results/rubbish-s1-eth0", "rubbish");
	host = ports_of(&container);
	cr_assert_eq(host.n_ports, 2);
	cr_expect_eq(host.ports[0].host_port, 7);
	cr_expect_eq(host.ports[1].host_port, 6);
	cr_expect_str_eq(ports_text(&arena, "s1"), RESULT("7"), "a result can be read");
	cr_expect_null(ports_text(&arena, ""), "of no sandbox");
	container.identity.sandbox_id = "";
	put("/var/lib/cni/results/a--b", RESULT("8"));
	cr_expect_eq(ports_of(&container).n_ports, 0);
	container = container_of(ENGINE_CONTAINERD);
	container.identity.trusted = false;
	host = ports_of(&container);
	cr_expect_eq(host.n_ports, 0);
	cr_expect_eq(host.facts, 0, "nothing is known of whom nobody knows");
}

/* Whatever order the directory has: the loopback of a sandbox maps none. */
Test(host_sandbox, of_several_results_the_one_with_ports_is_kept)
{
	static const char none[] = "{\"kind\":\"cniCacheV1\",\"networkName\":\"cni-loopback\"}";

	empty_var_lib();
	put("/var/lib/cni/results/cni-loopback-s1-lo", none);
	cr_expect_null(ports_text(&arena, "s1"));
	put("/var/lib/cni/results/net-s1-eth0", RESULT("7"));
	put("/var/lib/cni/results/a-s1-lo", none);
	cr_expect_str_eq(ports_text(&arena, "s1"), RESULT("7"));
	put("/var/lib/cni/cache/results/net-s1-eth0", RESULT("6"));
	cr_expect_str_eq(ports_text(&arena, "s1"), RESULT("7"), "the first directory counts");
}

Test(host_sandbox, a_result_is_a_file_of_its_own)
{
	empty_var_lib();
	put("/var/lib/elsewhere", RESULT("7"));
	put("/var/lib/cni/results/x", "");
	cr_assert_eq(symlink("/var/lib/elsewhere", "/var/lib/cni/results/net-s1-eth0"), 0);
	cr_expect_null(ports_text(&arena, "s1"), "a link is none");
	put("/var/lib/cni/results/net-s-eth0", RESULT("8"));
	cr_expect_str_eq(ports_text(&arena, "s"), RESULT("8"), "an id of one letter");
}

Test(host_sandbox, ports_of_a_recording)
{
	struct container container = container_of(ENGINE_CRIO);
	struct host host = {0};
	struct err err;
	int dir;

	empty_var_lib();
	put("/var/lib/recording/ports", RESULT("7"));
	dir = open("/var/lib/recording", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(host_ports_recorded(&arena, &container, dir, &host, &err), 0);
	cr_expect_eq(host.facts, HOST_FACT_PORTS);
	cr_assert_eq(host.n_ports, 1);
	cr_expect_eq(host.ports[0].host_port, 7);
	put("/var/lib/recording/ports", "rubbish");
	cr_expect_eq(host_ports_recorded(&arena, &container, dir, &host, &err), -1);
	cr_assert_eq(unlinkat(dir, "ports", 0), 0);
	put("/var/lib/elsewhere", RESULT("7"));
	cr_assert_eq(symlinkat("../elsewhere", dir, "ports"), 0);
	cr_expect_eq(host_ports_recorded(&arena, &container, dir, &host, &err), -1, "a link is no file of a recording");
	host = (struct host){0};
	container.identity.trusted = false;
	cr_expect_eq(host_ports_recorded(&arena, &container, dir, &host, &err), 0);
	cr_expect_eq(host.facts, 0, "nothing is known of whom nobody knows");
	close(dir);
}

Test(host_sandbox, ports_are_declared_by_the_kubelet)
{
	static const struct {
		enum engine engine;
		const char *json;
		enum tri known;
		size_t n;
	} rows[] = {
		{ENGINE_CRIO, "", TRI_YES, 0}, /* it passes all annotations on */
		{ENGINE_CONTAINERD, "", TRI_UNKNOWN, 0},
		{ENGINE_CONTAINERD, "[]", TRI_YES, 0},
		{ENGINE_CONTAINERD, "[{\"containerPort\":80}]", TRI_YES, 1},
		{ENGINE_CRIO, "rubbish", TRI_UNKNOWN, 0},
	};

	empty_var_lib();
	for (size_t i = 0; i < N(rows); i++) {
		struct container container = container_of(rows[i].engine);
		struct host host;

		container.identity.ports_json = rows[i].json;
		host = ports_of(&container);
		cr_expect_eq(host.ports_known, rows[i].known, "row %zu", i);
		cr_expect_eq(host.n_ports, rows[i].n, "row %zu", i);
	}
}
