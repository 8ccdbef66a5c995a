/* SPDX-License-Identifier: Apache-2.0 */
/*
 * True origins over mount tables written by hand: one table a trap. What is
 * expected follows from proc(5) and from what the kernel would mount.
 */
#include "host_tables.h"

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
	{"stacked upon itself: one name", BIND("/a"),
	 NODE "13 10 8:2 / /a rw - ext4 /dev/sdb rw\n14 13 8:2 / /a rw - ext4 /dev/sdb rw\n" ROOT V(
		 "8:2 /", "rw - ext4 /dev/sdb rw"),
	 ORIGIN_NODE, "/a", 1, ""},
	{"as many names as one likes, in the table's order", BIND("/n1"),
	 NODE "21 10 8:2 / /n1 rw - ext4 d rw\n22 10 8:2 / /n2 rw - ext4 d rw\n23 10 8:2 / /n3 rw - ext4 d rw\n"
	      "24 10 8:2 / /n4 rw - ext4 d rw\n25 10 8:2 / /n5 rw - ext4 d rw\n26 10 8:2 / /n6 rw - ext4 d rw\n"
	      "27 10 8:2 / /n7 rw - ext4 d rw\n28 10 8:2 / /n8 rw - ext4 d rw\n29 10 8:2 / /n9 rw - ext4 d rw\n" ROOT V(
		      "8:2 /x", "rw - ext4 d rw"),
	 ORIGIN_NODE, "/n1/x /n2/x /n3/x /n4/x /n5/x /n6/x /n7/x /n8/x /n9/x", 9, ""},
	{"what the container has mounted of it is not the node's", BIND("/mnt/disk"),
	 NODE "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb rw\n" ROOT
	      "61 50 8:2 /k /run/b/rootfs/w rw - ext4 /dev/sdb rw\n" V("8:2 /", "rw - ext4 /dev/sdb rw"),
	 ORIGIN_NODE, "/mnt/disk", 1, ""},
	{"deleted", BIND("/data/old"), NODE ROOT V("8:1 /data/old//deleted", EXT4), ORIGIN_DELETED, "/data/old", 1, ""},
	{"deleted, of what the node does not have", BIND("/x"), NODE ROOT V("0:99 /x//deleted", "rw - tmpfs t rw"),
	 ORIGIN_DELETED, "", 0, ""},
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
	{"escapes from the first octal number to the last", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir=/a\\060:/b\\101:/c\\377:/d\\177\\040"), ORIGIN_NODE,
	 "/a0 /bA /c\377 /d\177 ", 0, ""},
	{"backslashes before what is no octal number are overlay's own", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /",
		     "ro - overlay overlay ro,lowerdir=/a\\/12:/b\\420:/c\\0/1:/d\\080:/e\\00/1:/f\\008:/g1234"),
	 ORIGIN_NODE, "/a/12 /b420 /c0/1 /d080 /e00/1 /f008 /g1234", 0, ""},
	{"a layer that stands alone may have a colon", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "rw - overlay overlay rw,lowerdir=/l,upperdir=/a:b,workdir=/w"), ORIGIN_NODE, "/a:b /l",
	 0, ""},
	{"the same, escaped", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "rw - overlay overlay rw,lowerdir=/l,upperdir=/a\\134:b:/c\\134\\134d,workdir=/w"),
	 ORIGIN_NODE, "/a:b:/c\\d /l", 0, ""},
	{"layers named one by one have colons and backslashes of their own", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir+=/a:/b,lowerdir+=/c\\134d,datadir+=:e/\\134:"),
	 ORIGIN_UNKNOWN, "", 0, ""},
	{"the same, all absolute", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir+=/a:/b,lowerdir+=/c\\134d,datadir+=/e\\134:/f"),
	 ORIGIN_NODE, "/a:/b /c\\d /e\\:/f", 0, ""},
	{"an escaped colon at the end", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir=/a\\134:"), ORIGIN_NODE, "/a:", 0, ""},
	{"a backslash at the end", MOUNT("overlay", "overlay"),
	 NODE ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir=/a\\134"), ORIGIN_NODE, "/a\\", 0, ""},
	{"four overlays one upon the other", MOUNT("overlay", "overlay"),
	 NODE "21 10 0:81 / /o1 rw - overlay o rw,lowerdir=/o2\n"
	      "22 10 0:82 / /o2 rw - overlay o rw,lowerdir=/o3\n"
	      "23 10 0:83 / /o3 rw - overlay o rw,lowerdir=/o4\n"
	      "24 10 0:84 / /o4 rw - overlay o rw,lowerdir=/plain\n" ROOT V("0:70 /",
									    "ro - overlay overlay ro,lowerdir=/o1"),
	 ORIGIN_NODE, "/o1 /o2 /o3 /o4 /plain", 0, ""},
	{"five are too many", MOUNT("overlay", "overlay"),
	 NODE "21 10 0:81 / /o1 rw - overlay o rw,lowerdir=/o2\n"
	      "22 10 0:82 / /o2 rw - overlay o rw,lowerdir=/o3\n"
	      "23 10 0:83 / /o3 rw - overlay o rw,lowerdir=/o4\n"
	      "24 10 0:84 / /o4 rw - overlay o rw,lowerdir=/o5\n"
	      "25 10 0:85 / /o5 rw - overlay o rw,lowerdir=/plain\n" ROOT V("0:70 /",
									    "ro - overlay overlay ro,lowerdir=/o1"),
	 ORIGIN_UNKNOWN, "", 0, ""},
	{"an engine's store has three parts, of which layers may be told", BIND("/run/o/x"),
	 NODE "13 12 0:70 / /run/o rw - overlay overlay rw,lowerdir=l/A,upperdir=/a/b/c/1/diff\n" ROOT V(
		 "0:70 /x", "rw - overlay overlay rw,lowerdir=l/A,upperdir=/a/b/c/1/diff"),
	 ORIGIN_NODE, "/run/o/x /a/b/c/1/diff/x /a/b/c/l/A/x", 1, ""},
	{"one of two parts is none", BIND("/run/o/x"),
	 NODE "13 12 0:70 / /run/o rw - overlay overlay rw,lowerdir=l/A,upperdir=/aa/bb/1/diff\n" ROOT V(
		 "0:70 /x", "rw - overlay overlay rw,lowerdir=l/A,upperdir=/aa/bb/1/diff"),
	 ORIGIN_UNKNOWN, "", 0, ""},
	{"nor is an upper layer at the top", BIND("/run/o/x"),
	 NODE "13 12 0:70 / /run/o rw - overlay overlay rw,lowerdir=l/A,upperdir=/a\n" ROOT V(
		 "0:70 /x", "rw - overlay overlay rw,lowerdir=l/A,upperdir=/a"),
	 ORIGIN_UNKNOWN, "", 0, ""},
	{"the layers of a root directory that is an overlay are not the node's", MOUNT("overlay", "overlay"),
	 "10 1 0:33 / / rw - overlay overlay rw,lowerdir=/far/l,upperdir=/far/u,workdir=/far/w\n12 10 0:20 / /run rw - "
	 "tmpfs tmpfs rw\n" ROOT V("0:70 /", "ro - overlay overlay ro,lowerdir=/x:/y"),
	 ORIGIN_NODE, "/x /y", 0, ""},
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
	{"a name that begins with two dots is one like others", BIND("/mnt/t/..x/f"),
	 NODE "13 10 0:30 / /mnt/t rw - tmpfs t rw\n14 10 0:30 /..x /mnt/b rw - tmpfs t rw\n" ROOT V("0:30 /..x/f",
												     "rw - tmpfs t rw"),
	 ORIGIN_NODE, "/mnt/t/..x/f /mnt/b/f", 2, ""},
	{"and so is what is mounted of it elsewhere", BIND("/mnt/t/..x"),
	 NODE "13 10 0:30 / /mnt/t rw - tmpfs t rw\n14 10 0:30 /..x/f /mnt/b rw - tmpfs t rw\n" ROOT V(
		 "0:30 /..x", "rw - tmpfs t rw"),
	 ORIGIN_NODE, "/mnt/t/..x", 1, "/mnt/b"},
	{"blanks and backslashes in names", BIND("/with space"), NODE ROOT V("8:1 /with\\040space\\134x", EXT4),
	 ORIGIN_NODE, "/with space\\x", 1, ""},
	{"what is no escape", BIND("/x"), NODE ROOT V("8:1 /a\\189b\\", EXT4), ORIGIN_NODE, "/a\\189b\\", 1, ""},
	{"what lies above a cgroup namespace has no path", MOUNT("cgroup2", "cgroup"),
	 NODE "13 10 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" ROOT V("0:25 /../..", "ro - cgroup2 cgroup rw"),
	 ORIGIN_FILESYSTEM, "", 0, ""},
	{"nor has what lies right above it", MOUNT("cgroup2", "cgroup"),
	 NODE "13 10 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" ROOT V("0:25 /..", "ro - cgroup2 cgroup rw"),
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

void tables_record(struct facts *facts, const char *mounts, const char *mountinfo, const char *node)
{
	const struct facts_file both[] = {{"mountinfo", mountinfo}, {"mountinfo-node", node}, {NULL, NULL}};
	const struct facts_file one[] = {mountinfo ? (struct facts_file){"mountinfo", mountinfo}
						   : (struct facts_file){"mountinfo-node", node},
					 {NULL, NULL}};

	facts_container(facts, "", mounts, "");
	facts_record(facts, mountinfo && node ? both : one);
}

static struct facts facts;

static void finish(void)
{
	facts_end(&facts);
}

TestSuite(host_origin, .fini = finish);

Test(host_origin, traps)
{
	for (size_t i = 0; i < sizeof(origin_cases) / sizeof(origin_cases[0]); i++) {
		const struct origin_case *expect = &origin_cases[i];
		const struct origin *origin;

		tables_record(&facts, expect->mounts, expect->rows, NULL);
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

/* The reason is told to people: whether to look for the filesystem or for the path in it. */
Test(host_origin, why_it_cannot_be_told)
{
	static const struct {
		const char *mounts;
		const char *rows;
		const char *why;
	} cases[] = {
		{BIND("/x"), NODE ROOT V("0:99 /x", "rw - tmpfs t rw"),
		 "its filesystem is mounted nowhere on the node"},
		{BIND("/x"), NODE ROOT "61 50 0:99 / /run/b/rootfs/w rw - tmpfs t rw\n" V("0:99 /x", "rw - tmpfs t rw"),
		 "its filesystem is mounted nowhere on the node"},
		{BIND("/x"), NODE "13 10 0:99 /y /y rw - tmpfs t rw\n" ROOT V("0:99 /x", "rw - tmpfs t rw"),
		 "the node shows its filesystem, but no path leads there"},
		{BIND("/x"), NODE "13 10 0:99 /x/y /y rw - tmpfs t rw\n" ROOT V("0:99 /x", "rw - tmpfs t rw"),
		 "it holds more of a filesystem than the node itself shows"},
		{MOUNT("overlay", "o"), NODE ROOT V("0:70 /", "ro - overlay o ro,lowerdir=etc:/usr"),
		 "a layer of its overlay has a relative path"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct origin *origin;

		tables_record(&facts, cases[i].mounts, cases[i].rows, NULL);
		origin = &facts_mount(&facts, "/v")->origin;
		cr_expect_eq(origin->state, ORIGIN_UNKNOWN, "%s", cases[i].why);
		cr_expect_str_eq(origin->why, cases[i].why);
		facts_end(&facts);
	}
}

/* A table of the node that begins nowhere: no path of it leads anywhere. */
Test(host_origin, a_node_without_a_root)
{
	tables_record(&facts, PROC,
		      "70 69 0:70 / / rw - overlay o rw,lowerdir=/etc:/usr\n71 70 0:60 / /proc rw - proc p rw\n",
		      "12 1 0:20 / /run rw - tmpfs tmpfs rw\n");
	cr_assert_eq(facts.rc, 0);
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_UNKNOWN);
	cr_expect_str_eq(facts.host.rootfs.why, "a layer of its overlay cannot be found on the node");
}

Test(host_origin, the_filesystem_behind_is_told)
{
	const struct origin *origin;

	tables_record(&facts, BIND("/data/old"),
		      NODE ROOT V("8:1 /data/old//deleted", "rw - ext4 /dev/sda1 rw,discard"), NULL);
	origin = &facts_mount(&facts, "/v")->origin;
	cr_expect_str_eq(origin->fs_path, "/data/old");
	cr_expect_str_eq(origin->fs_type, "ext4");
	cr_expect_str_eq(origin->fs_source, "/dev/sda1");
	cr_expect_str_eq(origin->super_options, "rw,discard");
	cr_expect(origin->major == 8 && origin->minor == 1);
}
