/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen-ports
 *
 * Fields: the ports that the pod declares, as far as its engine passes them on
 * (annotation io.kubernetes.container.ports; mappings of host ports). Allowed:
 * ports in the list. A declaration is only that: a program may listen where it
 * likes, so this rule keeps order, it does not keep anybody out.
 * With an empty list the rule asks for nothing.
 */
#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	struct ranges allowed_ports;
};

static const struct settings defaults = {0};

static const struct setting settings_table[] = {
	{"allowed_ports", SETTING_RANGES, CHECK_NONE, NULL, 0, 65535, offsetof(struct settings, allowed_ports),
	 "Ports and ranges that containers may declare; empty asks for nothing"},
};

static bool is_allowed(const struct ranges *ranges, int64_t port)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (port >= ranges->items[i].first && port <= ranges->items[i].last)
			return true;
	return false;
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	if (own->allowed_ports.n == 0 || (container->identity.trusted && container->identity.is_sandbox == TRI_YES))
		return;
	for (size_t i = 0; i < host->n_ports; i++) {
		int64_t port = host->ports[i].container_port;

		if (port > 0 && !is_allowed(&own->allowed_ports, port))
			findings_add(
				findings, FINDING_VIOLATION, "/annotations",
				findings_text(findings, "%lld", (long long)port),
				findings_text(findings, "listens on port %lld, which is not allowed", (long long)port),
				"use a port that the policy lists (containers[].ports[].containerPort)");
	}
	if (host->ports_known != TRI_YES)
		findings_add(findings, FINDING_UNDECIDED, "/annotations", "",
			     "cannot tell its ports: the engine does not pass them on",
			     "containerd: add io.kubernetes.container.ports to the runtime's container_annotations");
}

const struct rule rule_listen_ports = {
	.id = RULE_listen_ports,
	.name = "listen-ports",
	.group = RULE_GROUP_HARDEN,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_LOW,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_PORTS | HOST_FACT_SANDBOX,
	.title = "container ports outside the list",
	.fields = "annotation io.kubernetes.container.ports, port mappings of the pod",
	.allowed = "ports in the list",
	.why = "Unexpected services are where attackers and surprises come in.",
	.recommendation = "1: Containers should listen on allowed ports only",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
