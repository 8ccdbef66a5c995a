/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside enforce/host: parsers work on text alone, so that the live kernel and
 * a recording go through the same code; only live.c and recorded.c know where
 * a text comes from.
 */
#ifndef OCIGATE_HOST_INTERNAL_H
#define OCIGATE_HOST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "ocigate/host.h"

/** HOST_FILE_MAX - largest text that is read of the kernel or of a recording (mountinfo: some 100,000 rows) */
#define HOST_FILE_MAX ((size_t)32 << 20)

/* namespaces.c */

/** namespaces_parse() - "who type inode" lines. Return: 0, or -1 with ERR_INPUT and the line. */
int namespaces_parse(const char *text, struct host_namespace *namespaces, struct err *err) MUST_CHECK;

/** namespaces_read() - inodes below the open /proc directory of a process; those that cannot be read stay 0 */
enum namespace_who { WHO_SELF, WHO_INIT, WHO_CONTAINER };
void namespaces_read(int procfd, enum namespace_who who, struct host_namespace *namespaces);

/** namespaces_compare() - the same where a namespace of the container is known that it can be compared with */
void namespaces_compare(int procfd, enum namespace_who who, struct host_namespace *namespaces);

/** namespaces_follow() - before the container exists: what its spec's namespace paths lead to */
void namespaces_follow(const struct container *container, struct host_namespace *namespaces);

/* idmap.c */

/** IDMAP_TEXT_MAX - room for any map that the kernel prints: 340 lines of three columns */
enum { IDMAP_TEXT_MAX = 340 * 34 };

/** idmap_parse() - text of /proc/PID/uid_map. Return: 0, or -1 with ERR_INPUT; -1 with ERR_SYSTEM when out of memory. */
int idmap_parse(struct arena *arena, const char *text, struct id_mappings *ret_map, struct err *err) MUST_CHECK;

/** idmap_of_node() - every id is the node's own */
void idmap_of_node(struct host *host);

/** idmap_from_spec() - maps that follow from the spec alone, when they do; leaves id_maps_known alone otherwise */
void idmap_from_spec(struct host *host, const struct container *container);

/**
 * idmap_outside() - @map, whose host ids are those of a user namespace that @outer maps, as the machine sees it
 *
 * By the first id of each line: none of them is more than @outer maps, and that is never the machine's root.
 */
void idmap_outside(struct arena *arena, const struct id_mappings *outer, struct id_mappings *map);

/* userns.c */

/** idmap_by_joining() - maps of the user namespace at @path; what cannot be read stays unknown */
void idmap_by_joining(struct arena *arena, const char *path, struct host *host);

/* apparmor.c */

/** apparmor_parse() - lines "name (mode)", before them optionally "enabled: Y|N". Fills in the apparmor fields. */
int apparmor_parse(struct arena *arena, const char *text, struct host *host, struct err *err) MUST_CHECK;

/** apparmor_read() - the same from the kernel; what cannot be read stays unknown. Return: -1 when out of memory. */
int apparmor_read(struct arena *arena, struct host *host, struct err *err) MUST_CHECK;

/* apparmor_digest.c */

/** apparmor_open() - @file below AppArmor's directory in securityfs, read-only. Return: fd, or -1 with errno. */
int apparmor_open(const char *file, int flags);

/** apparmor_digests_text() - a line "digest  name" for every part of @profile that can be read. NULL: out of memory */
const char *apparmor_digests_text(struct arena *arena, const char *profile);

/** apparmor_digests_parse() - these lines into @host. Return: 0, or -1 with ERR_INPUT and the line, or ERR_SYSTEM. */
int apparmor_digests_parse(struct arena *arena, const char *text, struct host *host, struct err *err) MUST_CHECK;

/* process.c */

/** process_parse() - /proc/PID/status, with further lines of our own ("AppArmor:", "Root:" …). Return: 0, or -1 with ERR_INPUT. */
int process_parse(struct arena *arena, const char *text, struct host_process *ret_process, struct err *err) MUST_CHECK;

/* lsm.c */

/** lsm_parse() - "lockdown,capability,apparmor" */
int lsm_parse(struct arena *arena, const char *text, struct strings *ret_lsms, struct err *err) MUST_CHECK;

/** selinux_parse() - content of /sys/fs/selinux/enforce */
enum tri selinux_parse(const char *text);

/** selinux_absent() - TRI_NO if the known active modules do not hold SELinux, which then enforces nothing */
enum tri selinux_absent(const struct strings *lsms);

/** apparmor_text() - as apparmor_parse() reads it. Return: NULL if the kernel's list cannot be read. */
const char *apparmor_text(struct arena *arena);

/** lsm_read() - LSM list and SELinux mode from the kernel. Return: -1 when out of memory. */
int lsm_read(struct arena *arena, struct host *host, struct err *err) MUST_CHECK;

/* bundle.c */

/** bundle_owner_text() - what bundle_owner_of() looks at, as bundle_owner_parse() reads it. Return: NULL: no memory */
const char *bundle_owner_text(struct arena *arena, const char *bundle);

/** bundle_owner_parse() - lines "uid gid mode path" of every directory from / to the bundle, mode in octal */
enum bundle_owner bundle_owner_parse(const char *text);

/* ports.c */

/** ports_live() - declared and mapped ports; the container's identity must be known */
void ports_live(struct arena *arena, const struct container *container, struct host *host);

/** ports_text() - CNI's result for a sandbox that maps ports, the first of them. Return: NULL if there is none. */
const char *ports_text(struct arena *arena, const char *sandbox);

/* rootless.c */

/** rootless() - are we root of a user namespace alone, on a node that belongs to somebody outside of it? */
bool rootless(void);

/** rootless_tail() - the part of @path below where podman keeps its state if it runs as a user and has @bundle there, or NULL */
const char *rootless_tail(const char *path, const char *bundle);

/* sandbox.c */

/** sandbox_live() - what the spec of the pod's sandbox tells; the container's identity must be known */
void sandbox_live(struct arena *arena, const struct container *container, unsigned facts, struct host *host);

/* text.c */

/**
 * text_line() - take the next line off *@cursor
 *
 * Return: its start, with its length (newline not counted) in @ret_len; NULL at the end of the text.
 */
const char *text_line(const char **cursor, size_t *ret_len);

/** text_number() - a decimal number that fills [@s, @s + @len) whole. Return: false if it is none or above @max. */
bool text_number(const char *s, size_t len, unsigned long max, unsigned long *ret_number);

/** text_join() - two strings in one. Return: NULL when out of memory. */
const char *text_join(struct arena *arena, const char *first, const char *second) MUST_CHECK;

/**
 * text_read_small() - a small file of the kernel's
 *
 * Return: false if it cannot be read, or does not fit with a NUL behind.
 */
bool text_read_small(int dirfd, const char *name, char *buffer, size_t size) MUST_CHECK;

#endif
