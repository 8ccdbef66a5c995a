/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports as the kubelet, CRI-O and CNI write them down: each witness adds what the ones before have not told.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/ports.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)1 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(ports, .init = begin, .fini = finish);

static void read_text(const char *text, struct ports *ports)
{
	struct err err = {0};

	cr_assert_eq(ports_read(&arena, text, strlen(text), ports, &err), 0, "%s: %s", text, err.text);
}

static void expect_port(const struct ports *ports, size_t i, int64_t host, int64_t container, const char *protocol)
{
	cr_assert_lt(i, ports->n);
	cr_expect_eq(ports->items[i].host_port, host, "port %zu", i);
	cr_expect_eq(ports->items[i].container_port, container, "port %zu", i);
	cr_expect_str_eq(ports->items[i].protocol, protocol, "port %zu", i);
}

/* The kubelet's annotation: keys in small letters, a port that is not mapped has no hostPort. */
Test(ports, of_the_kubelet)
{
	struct ports ports = {0};

	read_text("[{\"name\":\"a\",\"hostPort\":80,\"containerPort\":8080,\"protocol\":\"UDP\"},"
		  "{\"containerPort\":443}]",
		  &ports);
	cr_assert_eq(ports.n, 2);
	expect_port(&ports, 0, 80, 8080, "UDP");
	expect_port(&ports, 1, 0, 443, "TCP");
}

Test(ports, of_crio)
{
	struct ports ports = {0};

	read_text("[{\"HostPort\":53,\"ContainerPort\":5353,\"Protocol\":\"udp\",\"HostIP\":\"\"}]", &ports);
	cr_assert_eq(ports.n, 1);
	expect_port(&ports, 0, 53, 5353, "udp");
}

Test(ports, of_a_cni_result)
{
	struct ports ports = {0};

	read_text("{\"kind\":\"cniCacheV1\",\"capabilityArgs\":{\"portMappings\":[{\"hostPort\":1,\"containerPort\":2,"
		  "\"protocol\":\"tcp\"}]}}",
		  &ports);
	cr_assert_eq(ports.n, 1);
	expect_port(&ports, 0, 1, 2, "tcp");
	read_text("{\"capabilityArgs\":{}}", &ports);
	read_text("{}", &ports);
	read_text("[]", &ports);
	cr_expect_eq(ports.n, 1, "what names no ports adds none");
}

/* A number in quotes, or one with a fraction, is no port. */
Test(ports, that_are_no_numbers_count_as_none)
{
	struct ports ports = {0};

	read_text("[{\"hostPort\":\"80\",\"containerPort\":7}]", &ports);
	expect_port(&ports, 0, 0, 7, "TCP");
}

/* The same port is told once; another in any of the three is another. */
Test(ports, are_told_once)
{
	struct ports ports = {0};

	read_text("[{\"hostPort\":80,\"containerPort\":8080},{\"hostPort\":80,\"containerPort\":8080},"
		  "{\"hostPort\":81,\"containerPort\":8080},{\"hostPort\":80,\"containerPort\":8081},"
		  "{\"hostPort\":80,\"containerPort\":8080,\"protocol\":\"UDP\"}]",
		  &ports);
	cr_assert_eq(ports.n, 4);
	read_text(
		"{\"capabilityArgs\":{\"portMappings\":[{\"hostPort\":80,\"containerPort\":8080,\"protocol\":\"tcp\"},"
		"{\"hostPort\":80,\"containerPort\":8080,\"protocol\":\"udp\"},"
		"{\"hostPort\":9,\"containerPort\":9,\"protocol\":\"sctp\"}]}}",
		&ports);
	cr_assert_eq(ports.n, 5, "%zu", ports.n);
	expect_port(&ports, 0, 80, 8080, "TCP");
	expect_port(&ports, 1, 81, 8080, "TCP");
	expect_port(&ports, 2, 80, 8081, "TCP");
	expect_port(&ports, 3, 80, 8080, "UDP");
	expect_port(&ports, 4, 9, 9, "sctp");
}

Test(ports, leave_the_list_as_it_was_when_they_cannot_be_read)
{
	static const struct {
		const char *text;
		enum err_kind kind;
	} rows[] = {
		{"[{\"hostPort\":1},7]", ERR_INPUT},
		{"[[]]", ERR_INPUT},
		{"{\"capabilityArgs\":{\"portMappings\":{\"hostPort\":1}}}", ERR_INPUT},
		{"[{\"hostPort\":1,\"hostPort\":2}]", ERR_DENIED},
		{"[{\"hostPort\":1}", ERR_INPUT},
		{"", ERR_INPUT},
	};

	for (size_t i = 0; i < N(rows); i++) {
		const struct host_port known = {1, 2, "TCP"};
		struct ports ports = {&known, 1};
		struct err err = {0};

		cr_expect_eq(ports_read(&arena, rows[i].text, strlen(rows[i].text), &ports, &err), -1, "%s",
			     rows[i].text);
		cr_expect_eq(err.kind, rows[i].kind, "%s: %s", rows[i].text, err.text);
		cr_expect_eq(ports.items, &known, "%s", rows[i].text);
		cr_expect_eq(ports.n, 1, "%s", rows[i].text);
	}
}

/* No room for the list, and room for it but not for a protocol's name */
Test(ports, say_when_memory_runs_out)
{
	static const char text[] = "[{\"hostPort\":1,\"containerPort\":1,\"protocol\":\"TCP\"}]";
	size_t failed = 0;

	for (size_t cap = 0; cap < 128; cap++) {
		struct ports ports = {0};
		struct arena small;
		struct err err = {0};

		arena_init(&small, cap);
		if (ports_read(&small, text, strlen(text), &ports, &err) < 0) {
			failed++;
			cr_expect_eq(err.kind, ERR_SYSTEM, "%zu bytes: %s", cap, err.text);
			cr_expect_eq(ports.n, 0);
		} else {
			cr_expect_str_eq(ports.items[0].protocol, "TCP");
		}
		arena_release(&small);
	}
	cr_expect_gt(failed, 24, "a port is larger than that");
	cr_expect_lt(failed, 128);
}
