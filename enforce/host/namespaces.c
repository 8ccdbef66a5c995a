/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose namespaces are these? A namespace is what its inode on nsfs says. The
 * host is the runtime that starts the container (we run beside it) and, where
 * we may look, pid 1: in a container that is itself a node, that is the node's.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include <unistd.h>

#include "internal.h"

#include "ocigate/fs.h"

static ino_t *inode_of(struct host_namespace *ns, enum namespace_who who)
{
	switch (who) {
	case WHO_SELF:
		return &ns->self;
	case WHO_INIT:
		return &ns->init;
	case WHO_CONTAINER:
		break;
	}
	return &ns->container;
}

static bool is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(s, word, len) == 0;
}

static bool who_of(const char *s, size_t len, enum namespace_who *ret_who)
{
	static const char *const words[] = {"self", "init", "container"};

	for (int who = WHO_SELF; who <= WHO_CONTAINER; who++)
		if (is_word(s, len, words[who])) {
			*ret_who = (enum namespace_who)who;
			return true;
		}
	return false;
}

/* Names that we do not judge (pid_for_children, kinds of a later kernel) are no error. */
static void set_inode(struct host_namespace *namespaces, enum namespace_who who, const char *name, size_t len,
		      unsigned long inode)
{
	for (int type = 0; type < NS_TYPES; type++)
		if (is_word(name, len, namespace_proc_names[type]))
			*inode_of(&namespaces[type], who) = inode;
}

int namespaces_parse(const char *text, struct host_namespace *namespaces, struct err *err)
{
	size_t len, number = 0;
	const char *line;

	while ((line = text_line(&text, &len)) != NULL) {
		const char *name = memchr(line, ' ', len);
		const char *digits = name ? memchr(name + 1, ' ', len - (size_t)(name + 1 - line)) : NULL;
		enum namespace_who who;
		unsigned long inode;

		number++;
		if (!digits || !who_of(line, (size_t)(name - line), &who) ||
		    !text_number(digits + 1, len - (size_t)(digits + 1 - line), ULONG_MAX, &inode) || inode == 0)
			return err_set(err, ERR_INPUT, "namespaces: line %zu is not \"who type inode\"", number);
		set_inode(namespaces, who, name + 1, (size_t)(digits - name - 1), inode);
	}
	return 0;
}

/* The link reads "net:[4026531840]"; asking for it needs no more rights than following it. */
static ino_t inode_from_link(int procfd, const char *name)
{
	char link[64], path[32] = "ns/";
	size_t skip = strlen(name) + 2;
	unsigned long inode;
	ssize_t len;

	strcat(path, name);
	len = readlinkat(procfd, path, link, sizeof(link));
	if (len <= (ssize_t)skip || (size_t)len >= sizeof(link) || link[len - 1] != ']' ||
	    memcmp(link, name, skip - 2) != 0 || memcmp(link + skip - 2, ":[", 2) != 0)
		return 0;
	return text_number(link + skip, (size_t)len - skip - 1, ULONG_MAX, &inode) ? inode : 0;
}

void namespaces_compare(int procfd, enum namespace_who who, struct host_namespace *namespaces)
{
	for (int type = 0; type < NS_TYPES; type++) {
		struct host_namespace *ns = &namespaces[type];

		if (ns->container == 0 || (who == WHO_INIT && ns->container == ns->self))
			continue;
		*inode_of(ns, who) = inode_from_link(procfd, namespace_proc_names[type]);
		/* What is refused once is refused for all of them; what a kernel lacks (time) the container lacks too. */
		if (who == WHO_INIT && ns->init == 0)
			return;
	}
}

void namespaces_read(int procfd, enum namespace_who who, struct host_namespace *namespaces)
{
	for (int type = 0; type < NS_TYPES; type++) {
		struct host_namespace *ns = &namespaces[type];

		*inode_of(ns, who) = inode_from_link(procfd, namespace_proc_names[type]);
		/* What is refused once is refused for all of them; what a kernel lacks (time) is not. */
		if (who == WHO_INIT && ns->init == 0 && type == NS_PID)
			return;
	}
}

/* A path that leads to no namespace at all makes the runtime fail: unknown will do. */
static ino_t inode_at_path(const char *path)
{
	FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC || fstat(fd, &st) < 0)
		return 0;
	return st.st_ino;
}

void namespaces_follow(const struct container *container, struct host_namespace *namespaces)
{
	for (int type = 0; type < NS_TYPES; type++)
		if (container->namespaces[type].present && container->namespaces[type].path)
			namespaces[type].container = inode_at_path(container->namespaces[type].path);
}

static enum tri judge_inode(const struct host_namespace *ns)
{
	if (ns->container == ns->self || ns->container == ns->init)
		return TRI_YES;
	return ns->self != 0 || ns->init != 0 ? TRI_NO : TRI_UNKNOWN;
}

void host_namespaces_judge(struct host *host, const struct container *container)
{
	for (int type = 0; type < NS_TYPES; type++) {
		const struct namespace_entry *entry = &container->namespaces[type];
		struct host_namespace *ns = &host->namespaces[type];

		if (ns->container != 0)
			ns->shared = judge_inode(ns);
		else if (!entry->present)
			ns->shared = TRI_YES; /* the runtime leaves the container in its own */
		else if (!entry->path && !host->effective)
			ns->shared = TRI_NO; /* the runtime will make a new one */
		else
			ns->shared = TRI_UNKNOWN;
	}
}
