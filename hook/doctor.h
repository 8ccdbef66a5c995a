/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate doctor: is the gate really in force on this node?
 */
#ifndef OCIGATE_DOCTOR_H
#define OCIGATE_DOCTOR_H

#include "ocigate/flat.h"
#include "ocigate/policy.h"

/** enum health - a fault makes the exit code 1: containers can start unjudged, or cannot start */
enum health { HEALTH_FAULT = 0, HEALTH_WARNING, HEALTH_OK };

/** struct diagnosis - @about: an engine, or "node"; @remedy: what to do, "" where nothing is to be done */
struct diagnosis {
	enum health health;
	const char *about;
	const char *text;
	const char *remedy;
};

enum { DIAGNOSES_MAX = 256, WRAPPERS_MAX = 64 };

/**
 * struct doctor - what was found so far
 * @policy: NULL until there is one
 * @wrappers: paths of wrappers that engines are configured with, each once
 * @engines: how many the node has
 */
struct doctor {
	struct arena *arena;
	const struct policy *policy;
	struct diagnosis diagnoses[DIAGNOSES_MAX];
	size_t n;
	size_t faults;
	size_t warnings;
	const char *wrappers[WRAPPERS_MAX];
	size_t n_wrappers;
	size_t engines;
};

/** diagnose() - one finding; @remedy: "" for HEALTH_OK */
void diagnose(struct doctor *doctor, enum health health, const char *about, const char *remedy, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

/** doctor_engines() - the configuration of each engine that is there */
void doctor_engines(struct doctor *doctor);

/** doctor_hooks() - are hooks of ours in the directories that @about reads, and do they work? Return: is one in force? */
bool doctor_hooks(struct doctor *doctor, const char *about, const char *const *directories, size_t n, bool precreate);

/** doctor_program() - is the program that a configuration names there, ours, and of this version? */
bool doctor_program(struct doctor *doctor, const char *about, const char *where, const char *path);

/** doctor_wrapper() - an engine starts containers through @path, which is one of ours */
void doctor_wrapper(struct doctor *doctor, const char *about, const char *handler, const char *path);

/** doctor_node() - policy, records, AppArmor, seccomp, cgroups; real runtimes and their versions */
void doctor_node(struct doctor *doctor);

/** doctor_live() - a bad bundle and a good one through each wrapper */
void doctor_live(struct doctor *doctor);

/** doctor_read() - a file of the node's, at most 1 MiB. Return: NULL if it is not there or cannot be read. */
const char *doctor_read(struct doctor *doctor, const char *path, size_t *ret_len);

/**
 * doctor_run() - a program with an environment of PATH alone and nothing on stdin, for 30 seconds at most
 * Return: its exit status, or -1; what it wrote (the first 4 KiB) in @ret_said.
 */
int doctor_run(struct doctor *doctor, const char *const *argv, const char **ret_said);

#endif
