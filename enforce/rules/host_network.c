/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host-network
 *
 * Fields: linux.namespaces (network), /proc/PID/ns/net; host ports as far as the node shows them.
 * Allowed: a network namespace of the container's own or of its pod; host ports in @allowed_ports.
 * Stops: listening to and speaking as the node, reaching services bound to its loopback, and the abstract unix sockets
 * of the host (root with the host's network could drive containerd's shim that way: CVE-2020-15257).
 *
 * Whether the network is the host's is told by the inode, as in host-namespaces: containerd gives a hostNetwork pod's
 * containers an entry with a path, CRI-O and podman leave the entry out.
 *
 * Host ports are not in a bundle. The kubelet's own list (annotation io.kubernetes.container.ports) is there on CRI-O,
 * and on containerd only if passed through; CNI's results and CRI-O's sandbox hold what was really mapped. Where none
 * of them can be had the ports are unknown, and that alone is no finding: it would refuse every pod of containerd's.
 */
#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	struct ranges allowed_ports;
};

static const struct settings defaults = {{NULL, 0}};

static const struct setting settings_table[] = {
	{"allowed_ports", SETTING_RANGES, CHECK_NONE, NULL, 1, 65535, offsetof(struct settings, allowed_ports),
	 "Ports of the node that a container may take"},
};

static void judge_namespace(const struct container *container, const struct host *host, struct findings *findings)
{
	const struct namespace_entry *entry = &container->namespaces[NS_NETWORK];
	bool pod = identity_is_pod(&container->identity);
	enum tri shared = host->namespaces[NS_NETWORK].shared;

	if (shared == TRI_NO)
		return;
	findings_add(findings, shared == TRI_YES ? FINDING_VIOLATION : FINDING_UNDECIDED,
		     entry->present ? findings_text(findings, "/linux/namespaces/%zu", entry->index)
				    : "/linux/namespaces",
		     entry->path ? entry->path : "",
		     shared == TRI_YES ? "shares the host's network" : "cannot tell whether the network is the host's",
		     pod ? "set hostNetwork: false" : "run without --network=host");
}

static bool is_allowed(const struct ranges *allowed, int64_t port)
{
	for (size_t i = 0; i < allowed->n; i++)
		if (port >= allowed->items[i].first && port <= allowed->items[i].last)
			return true;
	return false;
}

static void judge_ports(const struct container *container, const struct host *host, const struct ranges *allowed,
			struct findings *findings)
{
	bool pod = identity_is_pod(&container->identity);

	for (size_t i = 0; i < host->n_ports; i++) {
		const struct host_port *port = &host->ports[i];
		long number = (long)port->host_port;

		if (number == 0 || is_allowed(allowed, port->host_port))
			continue;
		findings_add(findings, FINDING_VIOLATION, "", findings_text(findings, "%ld/%s", number, port->protocol),
			     findings_text(findings, "takes the node's port %ld/%s", number, port->protocol),
			     pod ? findings_text(findings, "remove hostPort: %ld", number)
				 : findings_text(findings, "run without --publish %ld", number))
			->severity = SEVERITY_MEDIUM;
	}
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	judge_namespace(container, host, findings);
	judge_ports(container, host, &own->allowed_ports, findings);
}

const struct rule rule_host_network = {
	.id = RULE_host_network,
	.name = "host-network",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_NAMESPACES | HOST_FACT_PORTS | HOST_FACT_SANDBOX,
	.title = "the host's network, and host ports",
	.fields = "linux.namespaces, /proc/PID/ns/net, port mappings of the pod",
	.allowed = "a network of the container's own or of its pod; listed host ports",
	.why = "On the host's network a container listens and speaks as the node, reaches what is bound to its "
	       "loopback, and root reaches the abstract sockets of the engine (CVE-2020-15257).",
	.recommendation = "3: Usage of host networking and ports should be restricted",
	.pss = "Host Namespaces (baseline), Host Ports (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
