/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ports of the node lead to the container's pod, and which it declares.
 *
 * The kubelet's list comes with the container (annotation
 * io.kubernetes.container.ports): always on CRI-O, on containerd only where
 * the runtime passes it on. What was really mapped is in CNI's result for the
 * sandbox, NET-SANDBOX-IF below /var/lib/cni.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "internal.h"

#include "ocigate/fs.h"

enum { RESULT_MAX = 1 << 20 };

static const char *const result_dirs[] = {"/var/lib/cni/results", "/var/lib/cni/cache/results"};

/* What the container's own spec says. A list that cannot be read says nothing. */
static void read_declared(struct arena *arena, const struct container *container, struct host *host,
			  struct ports *ports)
{
	const char *declared = container->identity.ports_json;
	struct err unread;

	if (declared[0] == '\0')
		/* CRI-O passes every annotation of the kubelet on: none means that there are no ports. */
		host->ports_known = container->identity.engine == ENGINE_CRIO ? TRI_YES : TRI_UNKNOWN;
	else if (ports_read(arena, declared, strlen(declared), ports, &unread) == 0)
		host->ports_known = TRI_YES;
}

static bool is_result_of(const char *name, const char *sandbox)
{
	const char *found = strstr(name, sandbox);
	size_t len = strlen(sandbox);

	return found && found > name && found[-1] == '-' && found[len] == '-';
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* @text: the first one that maps a port */
static void read_results(struct arena *arena, const char *path, const char *sandbox, struct ports *ports,
			 const char **text)
{
	DIR *dir __attribute__((cleanup(close_dir))) = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		const size_t known = ports->n;
		const char *result;
		struct err unread;
		size_t len;

		/* Not a result after all, or gone meanwhile: then it maps nothing for us. */
		if (is_result_of(entry->d_name, sandbox) &&
		    fs_read_file(arena, dirfd(dir), entry->d_name, RESULT_MAX, true, &result, &len, &unread) == 0 &&
		    ports_read(arena, result, len, ports, &unread) == 0 && ports->n > known && !*text)
			*text = result;
	}
}

static void read_all_results(struct arena *arena, const char *sandbox, struct ports *ports, const char **text)
{
	for (size_t i = 0; sandbox[0] && i < sizeof(result_dirs) / sizeof(result_dirs[0]); i++)
		read_results(arena, result_dirs[i], sandbox, ports, text);
}

/* A sandbox has a result for each of its networks, its own loopback among them. */
const char *ports_text(struct arena *arena, const char *sandbox)
{
	struct ports ports = {NULL, 0};
	const char *text = NULL;

	read_all_results(arena, sandbox, &ports, &text);
	return text;
}

void ports_live(struct arena *arena, const struct container *container, struct host *host)
{
	struct ports ports = {NULL, 0};
	const char *first = NULL;

	if (!container->identity.trusted)
		return;
	read_declared(arena, container, host, &ports);
	read_all_results(arena, container->identity.sandbox_id, &ports, &first);
	host->ports = ports.items;
	host->n_ports = ports.n;
	host->facts |= HOST_FACT_PORTS;
}

int host_ports_recorded(struct arena *arena, const struct container *container, int dirfd, struct host *host,
			struct err *err)
{
	struct ports ports = {NULL, 0};
	const char *text;
	size_t len;

	if (!container->identity.trusted)
		return 0;
	read_declared(arena, container, host, &ports);
	if (faccessat(dirfd, "ports", F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (fs_read_file(arena, dirfd, "ports", RESULT_MAX, true, &text, &len, err) < 0 ||
	     ports_read(arena, text, len, &ports, err) < 0))
		return err_wrap(err, "ports");
	host->ports = ports.items;
	host->n_ports = ports.n;
	host->facts |= HOST_FACT_PORTS;
	return 0;
}
