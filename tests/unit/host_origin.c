/* SPDX-License-Identifier: Apache-2.0 */
/*
 * True origins over mount tables written by hand: one table a trap. What is
 * expected follows from proc(5) and from what the kernel would mount.
 */
#include "host_facts.h"

#include <stdio.h>
#include <string.h>

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

static const struct origin_case {
	const char *about;
	const char *mounts;
	const char *rows;
	enum origin_state state;
	const char *paths;
	size_t n_same;
	const char *contains; /* the first, "" if there is none */
} origin_cases[] = {
	{"a plain bind", BIND("/etc"), NODE ROOT V("8:1 /etc", EXT4), ORIGIN_NODE, "/etc", 1, ""},
	{"a bind of a bind keeps both names, the direct one first", BIND(KUBELET),
	 NODE "13 10 8:1 /etc " KUBELET " " EXT4 "\n" ROOT V("8:1 /etc", EXT4), ORIGIN_NODE, "/etc " KUBELET, 2, ""},
	{"below a bind of a bind", BIND(KUBELET "/ssl"),
	 NODE "13 10 8:1 /etc " KUBELET " " EXT4 "\n" ROOT V("8:1 /etc/ssl", EXT4), ORIGIN_NODE,
	 "/etc/ssl " KUBELET "/ssl", 2, ""},
	{"names that merely begin alike are no names", BIND("/etcetera"),
	 NODE "13 10 8:1 /etc /mnt/etc " EXT4 "\n" ROOT V("8:1 /etcetera", EXT4), ORIGIN_NODE, "/etcetera", 1, ""},
	{"another disk, and a bind of a part of it", BIND("/mnt/disk/sub/x"),
	 NODE "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb rw\n14 10 8:2 /sub /a rw - ext4 /dev/sdb rw\n" ROOT V(
		 "8:2 /sub/x", "rw - ext4 /dev/sdb rw"),
	 ORIGIN_NODE, "/mnt/disk/sub/x /a/x", 2, ""},
	{"shadowed: the name that is hidden comes last", BIND("/data"),
	 NODE "13 10 0:30 / /data rw - tmpfs tmpfs rw\n14 10 8:1 /data /seen " EXT4 "\n" ROOT V("8:1 /data", EXT4),
	 ORIGIN_NODE, "/seen /data", 2, ""},
	{"shadowed altogether: the name is still what it is", BIND("/data"),
	 NODE "13 10 0:30 / /data rw - tmpfs tmpfs rw\n" ROOT V("8:1 /data/x", EXT4), ORIGIN_NODE, "/data/x", 1, ""},
	{"shadowed by a mount further up", BIND("/a/b/c"),
	 NODE "13 10 8:2 / /a/b rw - ext4 /dev/sdb rw\n14 10 0:30 / /a rw - tmpfs tmpfs rw\n"
	      "15 10 8:2 /c /z rw - ext4 /dev/sdb rw\n" ROOT V("8:2 /c", "rw - ext4 /dev/sdb rw"),
	 ORIGIN_NODE, "/z /a/b/c", 2, ""},
	{"stacked: the lower mount is hidden, the upper is not", BIND("/a"),
	 NODE "13 10 8:2 / /a rw - ext4 /dev/sdb rw\n14 13 8:3 / /a rw - ext4 /dev/sdc rw\n" ROOT V(
		 "8:3 /", "rw - ext4 /dev/sdc rw"),
	 ORIGIN_NODE, "/a", 1, ""},
	{"deleted", BIND("/data/old"), NODE ROOT V("8:1 /data/old//deleted", EXT4), ORIGIN_DELETED, "/data/old", 1, ""},
	{"a bind of what the node does not have", BIND("/proc/99/root/x"),
	 NODE ROOT V("0:99 /x", "rw - tmpfs tmpfs rw"), ORIGIN_UNKNOWN, "", 0, ""},
	{"the runtime's own tmpfs", MOUNT("tmpfs", "tmpfs"), NODE ROOT V("0:99 /", "rw - tmpfs tmpfs rw"),
	 ORIGIN_FILESYSTEM, "", 0, ""},
	{"the disk of the node's root, mounted by device", MOUNT("ext4", "/dev/sda1"), NODE ROOT V("8:1 /", EXT4),
	 ORIGIN_NODE, "/", 1, ""},
	{"the same: what is mounted elsewhere of it is inside", MOUNT("ext4", "/dev/sda1"),
	 NODE "13 10 8:1 /etc /mnt/etc " EXT4 "\n" ROOT V("8:1 /", EXT4), ORIGIN_NODE, "/", 1, "/mnt/etc"},
	{"an ancestor of what the kubelet has mounted elsewhere", BIND("/mnt/disk"),
	 NODE
	 "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb rw\n14 10 8:2 /k /var/lib/kubelet rw - ext4 /dev/sdb rw\n" ROOT V(
		 "8:2 /", "rw - ext4 /dev/sdb rw"),
	 ORIGIN_NODE, "/mnt/disk", 1, "/var/lib/kubelet"},
	{"more of a filesystem than the node shows (btrfs top level)", MOUNT("btrfs", "/dev/sdb"),
	 NODE "13 10 0:40 /@ /btr rw - btrfs /dev/sdb rw,subvol=/@\n" ROOT V("0:40 /", "rw - btrfs /dev/sdb rw"),
	 ORIGIN_UNKNOWN, "", 0, "/btr"},
	{"a subvolume", BIND("/btr/etc"),
	 NODE "13 10 0:40 /@ /btr rw - btrfs /dev/sdb rw,subvol=/@\n" ROOT V("0:40 /@/etc",
									     "rw - btrfs /dev/sdb rw,subvol=/@"),
	 ORIGIN_NODE, "/btr/etc", 1, ""},
	{"an overlay of the spec is its layers", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "rw - overlay overlay rw,lowerdir=/etc:/usr,upperdir=/u,workdir=/w"), ORIGIN_NODE,
	 "/u /etc /usr", 0, ""},
	{"layers named one by one", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir+=/etc,lowerdir+=/usr,datadir+=/d"), ORIGIN_NODE,
	 "/etc /usr /d", 0, ""},
	{"layers whose names are escaped", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir=/a\\134:b:/c\\054d:/e\\040f"), ORIGIN_NODE,
	 "/a:b /c,d /e f", 0, ""},
	{"a layer that is itself a bind", MOUNT("overlay", "overlay"),
	 NODE "13 10 8:1 /etc /mnt/l " EXT4 "\n" ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir=/mnt/l:/m"),
	 ORIGIN_NODE, "/etc /mnt/l /m", 0, ""},
	{"a relative layer is anybody's guess", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir=etc:/usr"), ORIGIN_UNKNOWN, "", 0, ""},
	{"a bind out of an overlay of the node", BIND("/run/o/x"),
	 NODE "13 12 0:70 / /run/o rw - overlay overlay rw,lowerdir=/low,upperdir=/up,workdir=/w\n" ROOT V(
		 "0:70 /x", "rw - overlay overlay rw,lowerdir=/low,upperdir=/up,workdir=/w"),
	 ORIGIN_NODE, "/run/o/x /up/x /low/x", 1, ""},
	{"an overlay upon an overlay", MOUNT("overlay", "overlay"),
	 NODE "13 12 0:70 / /run/o rw - overlay overlay rw,lowerdir=/etc:/low\n" ROOT V(
		 "0:71 /", "rw - overlay overlay ro,lowerdir=/run/o/ssl:/m"),
	 ORIGIN_NODE, "/run/o/ssl /etc/ssl /low/ssl /m", 0, ""},
	{"an engine's relative layers lie in its store", BIND("/run/o/x"),
	 NODE "13 12 0:70 / /run/o rw - overlay overlay rw,lowerdir=l/AB,upperdir=/var/lib/e/overlay/1/diff\n" ROOT V(
		 "0:70 /x", "rw - overlay overlay rw,lowerdir=l/AB,upperdir=/var/lib/e/overlay/1/diff"),
	 ORIGIN_NODE, "/run/o/x /var/lib/e/overlay/1/diff/x /var/lib/e/overlay/l/AB/x", 1, ""},
	{"a namespace file", BIND("/run/netns/n"),
	 NODE "13 12 0:4 net:[4026532255] /run/netns/n rw - nsfs nsfs rw\n"
	      "14 12 0:4 net:[4026532256] /run/netns/m rw - nsfs nsfs rw\n" ROOT V("0:4 net:[4026532255]",
										   "rw - nsfs nsfs rw"),
	 ORIGIN_NODE, "/run/netns/n", 1, ""},
	{"blanks and backslashes in names", BIND("/with space"), NODE ROOT V("8:1 /with\\040space\\134x", EXT4),
	 ORIGIN_NODE, "/with space\\x", 1, ""},
	{"what lies above a cgroup namespace has no path", MOUNT("cgroup2", "cgroup"),
	 NODE "13 10 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" ROOT V("0:25 /../..", "ro - cgroup2 cgroup rw"),
	 ORIGIN_FILESYSTEM, "", 0, ""},
	{"the node's own sysfs (host network)", MOUNT("sysfs", "sysfs"),
	 NODE "13 10 0:22 / /sys rw - sysfs sysfs rw\n" ROOT V("0:22 /", "ro - sysfs sysfs rw"), ORIGIN_NODE, "/sys", 1,
	 ""},
	{"a mount that looks like a child of the rootfs but lies beside it", BIND("/etc"),
	 NODE "13 12 8:1 /etc /run/b/rootfs2 " EXT4 "\n" ROOT V("8:1 /etc", EXT4), ORIGIN_NODE, "/etc /run/b/rootfs2",
	 2, ""},
	{"the container's other mounts are no paths of the node", BIND("/etc"),
	 NODE ROOT "61 50 8:1 /etc /run/b/rootfs/w " EXT4 "\n" V("8:1 /etc", EXT4), ORIGIN_NODE, "/etc", 1, ""},
	{"a bind of nothing but a name that the node's disk lacks a path for", BIND("/lost"),
	 "10 1 8:1 / / rw - ext4 /dev/sda1 rw\n12 10 0:20 / /run rw - tmpfs tmpfs rw\n"
	 "13 10 8:2 /shown /shown rw - ext4 /dev/sdb rw\n" ROOT V("8:2 /lost", "rw - ext4 /dev/sdb rw"),
	 ORIGIN_UNKNOWN, "", 0, ""},
	{"on a node that is a container the root's layers are not the node's", BIND("/etc"),
	 "10 1 0:33 / / rw - overlay overlay rw,lowerdir=/far/l,upperdir=/far/u,workdir=/far/w\n"
	 "12 10 0:20 / /run rw - tmpfs tmpfs rw\n" ROOT V(
		 "0:33 /etc", "rw - overlay overlay rw,lowerdir=/far/l,upperdir=/far/u,workdir=/far/w"),
	 ORIGIN_NODE, "/etc", 1, ""},
};

static struct facts facts;

static void finish(void)
{
	facts_end(&facts);
}

TestSuite(host_origin, .fini = finish);

static void record(const char *mounts, const char *mountinfo, const char *node)
{
	const struct facts_file both[] = {{"mountinfo", mountinfo}, {"mountinfo-node", node}, {NULL, NULL}};
	const struct facts_file one[] = {mountinfo ? (struct facts_file){"mountinfo", mountinfo}
						   : (struct facts_file){"mountinfo-node", node},
					 {NULL, NULL}};

	facts_container(&facts, "", mounts, "");
	facts_record(&facts, mountinfo && node ? both : one);
}

Test(host_origin, traps)
{
	for (size_t i = 0; i < sizeof(origin_cases) / sizeof(origin_cases[0]); i++) {
		const struct origin_case *expect = &origin_cases[i];
		const struct origin *origin;

		record(expect->mounts, expect->rows, NULL);
		cr_assert_eq(facts.rc, 0, "%s: %s", expect->about, facts.err.text);
		cr_assert_null(facts.host.mounts_why, "%s", expect->about);
		origin = &facts_mount(&facts, "/v")->origin;
		cr_expect_eq(origin->state, expect->state, "%s: state %d, why \"%s\"", expect->about,
			     (int)origin->state, origin->why);
		cr_expect_str_eq(expect->state == ORIGIN_UNKNOWN ? "" : facts_paths(&facts, origin), expect->paths,
				 "%s: %s", expect->about, facts_paths(&facts, origin));
		cr_expect_eq(expect->state == ORIGIN_UNKNOWN ? 0 : origin->n_same, expect->n_same, "%s: %zu same",
			     expect->about, origin->n_same);
		cr_expect_str_eq(origin->contains.n ? origin->contains.items[0] : "", expect->contains, "%s",
				 expect->about);
		cr_expect_eq(origin->why[0] != '\0', expect->state == ORIGIN_UNKNOWN, "%s: why \"%s\"", expect->about,
			     origin->why);
		facts_end(&facts);
	}
}

Test(host_origin, every_mount_of_the_spec_comes_once)
{
	const struct host_mount *v;

	record(BIND("/etc"), NODE ROOT V("8:1 /etc", EXT4), NULL);
	cr_assert_eq(facts.host.n_mounts, 2, "/proc and /v");
	v = facts_mount(&facts, "/v");
	cr_expect_eq(v->mount, 1);
	cr_expect_eq(v->parent_mount, -1);
	cr_expect(v->effective);
	cr_expect_str_eq(v->origin.source, "/etc");
	cr_expect_str_eq(v->origin.fs_type, "ext4");
	cr_expect_eq(v->origin.major, 8);
	cr_expect_str_eq(v->origin.fs_path, "/etc");
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_NODE);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.rootfs), "/srv/rootfs");
}

Test(host_origin, links_of_the_image_lead_a_mount_elsewhere)
{
	record(PROC ",{\"destination\":\"/var/run/s\",\"source\":\"/data/s\",\"options\":[\"rbind\"]}"
		    ",{\"destination\":\"/link/t\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}",
	       NODE ROOT "60 50 8:1 /data/s /run/b/rootfs/run/s " EXT4 "\n"
			 "61 50 0:90 / /run/b/rootfs/there/t rw - tmpfs tmpfs rw\n",
	       NULL);
	cr_assert_eq(facts.host.n_mounts, 3);
	cr_expect_eq(facts_mount(&facts, "/run/s")->mount, 1);
	cr_expect_eq(facts_mount(&facts, "/there/t")->mount, 2);
}

Test(host_origin, two_mounts_at_one_place_are_told_apart)
{
	record(PROC ",{\"destination\":\"/v\",\"source\":\"/one\",\"options\":[\"bind\"]}"
		    ",{\"destination\":\"/v\",\"source\":\"/two\",\"options\":[\"bind\"]}",
	       NODE ROOT V("8:1 /one", EXT4) "61 60 8:1 /two /run/b/rootfs/v " EXT4 "\n", NULL);
	cr_assert_eq(facts.host.n_mounts, 3);
	cr_expect_eq(facts.host.mounts[1].mount, 1);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.mounts[1].origin), "/one");
	cr_expect_eq(facts.host.mounts[2].mount, 2);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.mounts[2].origin), "/two");
}

Test(host_origin, what_comes_along_names_its_parent)
{
	record(PROC ",{\"destination\":\"/v\",\"source\":\"/mnt\",\"options\":[\"rbind\"]}",
	       NODE "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb rw\n" ROOT V(
		       "8:1 /mnt", EXT4) "61 60 8:2 / /run/b/rootfs/v/disk rw - ext4 /dev/sdb rw\n"
					 "62 61 0:90 / /run/b/rootfs/v/disk/deep rw - tmpfs tmpfs rw\n"
					 "63 50 8:1 /root /run/b/rootfs/smuggled " EXT4 "\n",
	       NULL);
	cr_assert_eq(facts.host.n_mounts, 5);
	cr_expect_eq(facts_mount(&facts, "/v/disk")->mount, -1);
	cr_expect_eq(facts_mount(&facts, "/v/disk")->parent_mount, 1);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/v/disk")->origin), "/mnt/disk");
	cr_expect_eq(facts_mount(&facts, "/v/disk/deep")->parent_mount, 1);
	cr_expect_eq(facts_mount(&facts, "/smuggled")->mount, -1);
	cr_expect_eq(facts_mount(&facts, "/smuggled")->parent_mount, -1, "nothing in the spec explains it");
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/smuggled")->origin), "/root");
}

Test(host_origin, what_is_asked_for_and_not_seen_is_judged_as_asked)
{
	const struct host_mount *v;

	record(BIND("/run/../etc"), NODE ROOT, NULL);
	v = facts_mount(&facts, "/v");
	cr_expect_not(v->effective);
	cr_expect_eq(v->mount, 1);
	cr_expect_eq(v->origin.state, ORIGIN_NODE);
	cr_expect_str_eq(facts_paths(&facts, &v->origin), "/etc");
}

Test(host_origin, propagation_to_the_node)
{
	record(PROC ",{\"destination\":\"/own\",\"source\":\"/a\",\"options\":[\"bind\",\"rshared\"]}"
		    ",{\"destination\":\"/peer\",\"source\":\"/a\",\"options\":[\"bind\",\"rshared\"]}"
		    ",{\"destination\":\"/slave\",\"source\":\"/a\",\"options\":[\"bind\",\"rslave\"]}"
		    ",{\"destination\":\"/both\",\"source\":\"/a\",\"options\":[\"bind\",\"rshared\"]}",
	       NODE ROOT "60 50 8:1 /a /run/b/rootfs/own rw shared:77 - ext4 /dev/sda1 rw\n"
			 "61 50 8:1 /a /run/b/rootfs/peer rw shared:1 - ext4 /dev/sda1 rw\n"
			 "62 50 8:1 /a /run/b/rootfs/slave rw master:1 - ext4 /dev/sda1 rw\n"
			 "63 50 8:1 /a /run/b/rootfs/both rw shared:3 master:2 - ext4 /dev/sda1 rw\n",
	       NULL);
	cr_expect_eq(facts_mount(&facts, "/peer")->shared, TRI_YES);
	cr_expect_eq(facts_mount(&facts, "/slave")->shared, TRI_NO, "mounts come in, none go out");
	cr_expect_eq(facts_mount(&facts, "/both")->shared, TRI_YES, "the node's /run is a slave of that group");
	cr_expect_eq(facts_mount(&facts, "/own")->shared, TRI_UNKNOWN, "a group that nobody else is seen in");
}

Test(host_origin, read_only)
{
	record(PROC ",{\"destination\":\"/asked\",\"source\":\"/a\",\"options\":[\"bind\",\"ro\"]}"
		    ",{\"destination\":\"/is\",\"source\":\"/a\",\"options\":[\"bind\",\"ro\"]}"
		    ",{\"destination\":\"/not\",\"source\":\"/a\",\"options\":[\"rbind\",\"ro\"]}"
		    ",{\"destination\":\"/rw\",\"source\":\"/a\",\"options\":[\"bind\"]}"
		    ",{\"destination\":\"/cg\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"ro\"]}",
	       NODE ROOT "60 50 8:1 /a /run/b/rootfs/asked " EXT4 "\n"
			 "61 50 8:1 /a /run/b/rootfs/is ro,nosuid - ext4 /dev/sda1 rw\n"
			 "62 50 8:1 /a /run/b/rootfs/not ro - ext4 /dev/sda1 rw\n"
			 "63 62 8:2 / /run/b/rootfs/not/disk rw,error=ro2 - ext4 /dev/sdb rw,errors=remount-ro\n"
			 "64 50 8:1 /a /run/b/rootfs/rw " EXT4 "\n"
			 "65 50 0:90 / /run/b/rootfs/cg rw - tmpfs cgroup rw\n"
			 "66 65 0:91 / /run/b/rootfs/cg/cpu rw - cgroup cgroup rw,cpu\n",
	       NULL);
	cr_expect_eq(facts_mount(&facts, "/asked")->read_only, TRI_UNKNOWN, "crun does it after the hooks");
	cr_expect_eq(facts_mount(&facts, "/is")->read_only, TRI_YES);
	cr_expect_eq(facts_mount(&facts, "/not/disk")->read_only, TRI_NO, "ro is not recursive");
	cr_expect_eq(facts_mount(&facts, "/rw")->read_only, TRI_NO);
	cr_expect_eq(facts_mount(&facts, "/cg/cpu")->read_only, TRI_UNKNOWN, "made so with its parent");
}

Test(host_origin, after_pivot_root_the_node_has_a_table_of_its_own)
{
	record(BIND("/mnt/x"),
	       "70 69 8:1 /srv/rootfs / rw - ext4 /dev/sda1 rw\n71 70 0:60 / /proc rw - proc proc rw\n"
	       "72 70 8:2 /x /v rw - ext4 /dev/sdb rw\n",
	       NODE "13 10 8:2 / /mnt rw - ext4 /dev/sdb rw\n");
	cr_assert_eq(facts.rc, 0);
	cr_assert_null(facts.host.mounts_why);
	cr_assert_eq(facts.host.n_mounts, 2);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/v")->origin), "/mnt/x");
	cr_expect_str_eq(facts_paths(&facts, &facts.host.rootfs), "/srv/rootfs");
}

Test(host_origin, a_root_directory_that_is_not_there_makes_the_mounts_unknown)
{
	record(BIND("/etc"), NODE, NULL);
	cr_expect_eq(facts.rc, 0);
	cr_expect_not_null(facts.host.mounts_why);
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_UNKNOWN);
	cr_expect_eq(facts.host.n_mounts, 0);
}

Test(host_origin, an_empty_recording_knows_no_origin)
{
	const struct facts_file none[] = {{NULL, NULL}};

	facts_container(&facts, "", BIND("/etc"), "");
	facts_record(&facts, none);
	cr_expect_eq(facts_mount(&facts, "/v")->origin.state, ORIGIN_UNKNOWN);
	cr_expect_str_eq(facts_mount(&facts, "/v")->origin.source, "/etc");
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_UNKNOWN);
}

Test(host_origin, intent_over_the_mounts_of_the_node)
{
	record(PROC
	       ",{\"destination\":\"/rel\",\"source\":\"../../etc\",\"options\":[\"bind\"]}"
	       ",{\"destination\":\"/all\",\"source\":\"/mnt\",\"options\":[\"rbind\",\"ro\"]}"
	       ",{\"destination\":\"/one\",\"source\":\"/mnt\",\"options\":[\"bind\"]}"
	       ",{\"destination\":\"/disk\",\"type\":\"ext4\",\"source\":\"/dev/sda1\"}"
	       ",{\"destination\":\"/other\",\"type\":\"ext4\",\"source\":\"/dev/sdz\"}"
	       ",{\"destination\":\"/ov\",\"type\":\"overlay\",\"source\":\"o\",\"options\":[\"lowerdir=/etc:/usr\"]}"
	       ",{\"destination\":\"/esc\",\"type\":\"overlay\",\"options\":[\"lowerdir=/a\\\\:b\"]}",
	       NULL,
	       NODE "13 10 8:2 /sub /mnt/disk rw - ext4 /dev/sdb rw\n14 10 0:9 / /mnt/u rw unbindable - tmpfs t rw\n");
	cr_assert_eq(facts.rc, 0);
	cr_expect_not(facts.host.effective);
	cr_assert_eq(facts.host.n_mounts, 9);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/rel")->origin), "/etc");
	cr_expect_str_eq(facts_mount(&facts, "/rel")->origin.source, "/etc");
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/all/disk")->origin), "/mnt/disk");
	cr_expect_eq(facts_mount(&facts, "/all/disk")->parent_mount, 2);
	cr_expect_eq(facts_mount(&facts, "/all/disk")->read_only, TRI_NO);
	cr_expect_eq(facts_mount(&facts, "/all")->read_only, TRI_YES);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/disk")->origin), "/");
	cr_expect_eq(facts_mount(&facts, "/disk")->origin.state, ORIGIN_NODE);
	cr_expect_eq(facts_mount(&facts, "/other")->origin.state, ORIGIN_FILESYSTEM);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/ov")->origin), "/etc /usr");
	cr_expect_eq(facts_mount(&facts, "/esc")->origin.state, ORIGIN_UNKNOWN);
	cr_expect_eq(facts_mount(&facts, "/proc")->origin.state, ORIGIN_FILESYSTEM);
}

static const char *const bad_rows[] = {
	"x\n",
	"\n",
	"10 1 8:1 / / rw - ext4\n",
	"10 1 8:1 / / rw shared:1\n",
	"10 1 8:1 / / rw shared:1 -\n",
	"10 1 8:1 / / rw shared:1 - \n",
	"10 1 81 / / rw - ext4 x rw\n",
	"10 1 8:1 / relative rw - ext4 x rw\n",
	"10 1 8:1  / rw - ext4 x rw\n",
	"-1 1 8:1 / / rw - ext4 x rw\n",
	"10 99999999999 8:1 / / rw - ext4 x rw\n",
	"10 1 8:4294967296 / / rw - ext4 x rw\n",
	"10 1 8:1 / / rw - ext4 x rw more\n",
	NODE "10",
	NODE "\0",
};

Test(host_origin, malformed_tables_are_an_error)
{
	/* The last one is no error: a NUL ends the text. */
	for (size_t i = 0; i + 1 < sizeof(bad_rows) / sizeof(bad_rows[0]); i++) {
		record(PROC, bad_rows[i], NULL);
		cr_expect_eq(facts.rc, -1, "%s", bad_rows[i]);
		cr_expect_eq(facts.err.kind, ERR_INPUT);
		facts_end(&facts);
	}
}

/* Not one of these may crash or hang; what they mean does not matter. */
static const char *const mad_tables[] = {
	"10 11 8:1 / / rw - ext4 x rw\n11 10 8:1 / / rw - ext4 x rw\n",
	"10 10 8:1 / / rw - ext4 x rw\n50 50 8:1 / /run/b/rootfs rw - ext4 x rw\n",
	NODE "50 51 8:1 / /run/b/rootfs rw - ext4 x rw\n51 50 8:1 / /run/b/rootfs rw - ext4 x rw\n",
	NODE "50 12 8:1 / /run/b/rootfs rw - ext4 x rw\n50 50 8:1 / /run/b/rootfs/v rw - ext4 x rw\n",
	NODE ROOT "60 50 8:1 //deleted /run/b/rootfs/v rw - ext4 x rw\n",
	NODE ROOT "60 50 8:1 \\057 /run/b/rootfs/v rw - ext4 x rw\n",
	NODE ROOT "60 50 8:1 /a\\ /run/b/rootfs/v\\0 rw - ext4 x rw\n",
	NODE ROOT "60 50 0:70 / /run/b/rootfs/v rw - overlay o lowerdir=:,upperdir=,lowerdir\n",
	NODE ROOT "60 50 0:70 / /run/b/rootfs/v rw - overlay o lowerdir=\\,upperdir=\\0\n",
	NODE "13 10 0:70 / /o rw - overlay o lowerdir=/o\n" ROOT
	     "60 50 0:70 / /run/b/rootfs/v rw - overlay o lowerdir=/o\n",
	NODE ROOT "60 50 8:1 / /run/b/rootfs/v rw shared: - ext4 x \n",
};

Test(host_origin, mad_tables_do_no_harm, .timeout = 20)
{
	for (size_t i = 0; i < sizeof(mad_tables) / sizeof(mad_tables[0]); i++) {
		record(BIND("/etc"), mad_tables[i], NULL);
		cr_expect(facts.rc == 0 || facts.err.kind == ERR_INPUT);
		facts_end(&facts);
	}
}

/* Every prefix of a good table, and every table with one byte changed. */
Test(host_origin, damaged_tables_do_no_harm, .timeout = 60)
{
	static const char good[] = NODE "13 10 0:70 / /o rw - overlay o rw,lowerdir=/a:/b,upperdir=/u/v/w/x\n" ROOT V(
		"0:70 /x", "rw shared:1 - overlay o rw,lowerdir=/a:/b,upperdir=/u/v/w/x");
	static const char bytes[] = " /:-\\\n0x";
	char text[sizeof(good)];

	facts_container(&facts, "", BIND("/o/x"), "");
	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		const struct facts_file files[] = {{"mountinfo", text}, {NULL, NULL}};
		struct arena mark;

		memcpy(text, good, sizeof(good));
		text[at] = bytes[at % (sizeof(bytes) - 1)];
		facts_record(&facts, files);
		cr_expect(facts.rc == 0 || facts.err.kind == ERR_INPUT, "byte %zu: %s", at, facts.err.text);
		memcpy(text, good, at);
		text[at] = '\0';
		facts_record(&facts, files);
		cr_expect(facts.rc == 0 || facts.err.kind == ERR_INPUT, "cut at %zu: %s", at, facts.err.text);
		mark = facts.arena;
		cr_assert_not(mark.failed);
		if (at % 64 == 0) {
			facts_end(&facts);
			facts_container(&facts, "", BIND("/o/x"), "");
		}
	}
}
