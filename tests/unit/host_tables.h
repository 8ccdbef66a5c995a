/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount tables written by hand, for the unit tests of enforce/host.
 */
#ifndef OCIGATE_TEST_HOST_TABLES_H
#define OCIGATE_TEST_HOST_TABLES_H

#include "host_facts.h"

/* The node: a disk, devices, /run. The container's root directory is a bind of /srv/rootfs. */
#define NODE                                                                                                           \
	"10 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"                                                      \
	"11 10 0:5 / /dev rw shared:2 - devtmpfs udev rw,mode=755\n"                                                   \
	"12 10 0:20 / /run rw master:3 - tmpfs tmpfs rw\n"
#define ROOT                                                                                                           \
	"50 12 8:1 /srv/rootfs /run/b/rootfs rw - ext4 /dev/sda1 rw\n"                                                 \
	"51 50 0:60 / /run/b/rootfs/proc rw - proc proc rw\n"
#define PROC		  "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}"
#define BIND(from)	  PROC ",{\"destination\":\"/v\",\"type\":\"bind\",\"source\":\"" from "\",\"options\":[\"bind\"]}"
#define MOUNT(type, from) PROC ",{\"destination\":\"/v\",\"type\":\"" type "\",\"source\":\"" from "\"}"
/* What the container has at /v; "60 50" are the ids */
#define V(device_and_root, rest) "60 50 " device_and_root " /run/b/rootfs/v " rest "\n"
#define EXT4			 "rw - ext4 /dev/sda1 rw"
#define KUBELET			 "/var/lib/kubelet/pods/p/volume-subpaths/v/c/0"

/** tables_record() - a container with these mounts, judged by these tables (NULL: not recorded); @node: mountinfo-node */
void tables_record(struct facts *facts, const char *mounts, const char *mountinfo, const char *node);

#endif
