/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports of the node and of containers, as engines and CNI write them down.
 */
#ifndef OCIGATE_PORTS_H
#define OCIGATE_PORTS_H

#include <stdint.h>

#include "ocigate/arena.h"

/** struct host_port - one declared port; @host_port 0: not mapped to the node; @protocol: "TCP", "tcp", "UDP" … */
struct host_port {
	int64_t host_port;
	int64_t container_port;
	const char *protocol;
};

/** struct ports - a list of them */
struct ports {
	const struct host_port *items;
	size_t n;
};

/**
 * ports_read() - add what @text lists and @ports has not yet: a JSON array of ports, or a CNI result
 * Return: 0, or -1 with ERR_INPUT or ERR_DENIED (not such a text) or ERR_SYSTEM; @ports is untouched then.
 */
int ports_read(struct arena *arena, const char *text, size_t len, struct ports *ports, struct err *err) MUST_CHECK;

#endif
