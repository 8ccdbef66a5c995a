/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port lists as the kubelet, CRI-O and CNI write them:
 *   io.kubernetes.container.ports      [{"name", "hostPort", "containerPort", "protocol"}]
 *   io.kubernetes.cri-o.PortMappings   [{"HostPort", "ContainerPort", "Protocol", "HostIP"}]
 *   a CNI result                       {"capabilityArgs": {"portMappings": [ as the first ]}}
 */
#include <string.h>
#include <strings.h>

#include "ocigate/json.h"
#include "ocigate/ports.h"

static int64_t port_of(const json_t *entry, const char *key, const char *crio_key)
{
	const json_t *value = json_object_get(entry, key);

	if (!value)
		value = json_object_get(entry, crio_key);
	return json_integer_value(value); /* 0 of what is no integer */
}

static const char *protocol_of(struct arena *arena, const json_t *entry)
{
	const char *text = json_string_value(json_object_get(entry, "protocol"));

	if (!text)
		text = json_string_value(json_object_get(entry, "Protocol"));
	return text ? arena_strdup(arena, text) : "TCP";
}

/* Two witnesses may tell of one port. */
static bool is_known(const struct host_port *known, size_t n, const struct host_port *port)
{
	for (size_t i = 0; i < n; i++)
		if (known[i].host_port == port->host_port && known[i].container_port == port->container_port &&
		    strcasecmp(known[i].protocol, port->protocol) == 0)
			return true;
	return false;
}

static int read_list(struct arena *arena, const json_t *list, struct ports *ports, struct err *err)
{
	size_t n = json_array_size(list), told = ports->n;
	struct host_port *items = arena_array(arena, ports->n + n, sizeof(*items));

	if (!items)
		return err_set(err, ERR_SYSTEM, "out of memory while reading ports");
	if (ports->n > 0)
		memcpy(items, ports->items, ports->n * sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(list, i);
		struct host_port *port = &items[told];

		if (!json_is_object(entry))
			return err_set(err, ERR_INPUT, "a list of ports has an entry that is no object");
		*port = (struct host_port){
			.host_port = port_of(entry, "hostPort", "HostPort"),
			.container_port = port_of(entry, "containerPort", "ContainerPort"),
			.protocol = protocol_of(arena, entry),
		};
		if (!port->protocol)
			return err_set(err, ERR_SYSTEM, "out of memory while reading ports");
		told += !is_known(items, told, port);
	}
	*ports = (struct ports){items, told};
	return 0;
}

int ports_read(struct arena *arena, const char *text, size_t len, struct ports *ports, struct err *err)
{
	JSON_AUTO json_t *json = json_read(text, len, err);
	const json_t *list = json;

	if (!json)
		return -1;
	if (json_is_object(json)) {
		list = json_object_get(json_object_get(json, "capabilityArgs"), "portMappings");
		if (!list)
			return 0;
	}
	if (!json_is_array(list))
		return err_set(err, ERR_INPUT, "a list of ports is no list");
	return read_list(arena, list, ports, err);
}
