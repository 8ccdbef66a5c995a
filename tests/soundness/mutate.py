# SPDX-License-Identifier: Apache-2.0
"""What can be changed in a spec, by dimension. A mutation is a function of a draft and a random source of its own.

Half of what each does is harmless: a dimension in which everything is refused proves nothing.
"""
from bases import HERE
import world

MUTATIONS = {}
# Stands before a key that is to be written a second time; taken out of the text in the end.
AGAIN = "\ue000"
NAMES = ("/data", "/mnt", "/srv/app", "/opt/x")
FIVE = ("bounding", "effective", "inheritable", "permitted", "ambient")
PLAIN_CAPS = ("CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW", "CAP_DAC_OVERRIDE")
BAD_CAPS = ("CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_ADMIN", "CAP_SYS_MODULE", "CAP_DAC_READ_SEARCH", "CAP_BPF",
            "CAP_SYSLOG")


def mutation(dimension):
    def keep(function):
        MUTATIONS.setdefault(dimension, []).append(function)
        return function
    return keep


class Draft:
    """A spec that is being made. @setup: what the host does first, as [word, ...]; @own: False once it is laundered"""

    def __init__(self, base, role):
        self.base, self.role = base, role
        self.spec = base.draft()
        self.setup, self.text = [], []
        self.truth = dict(base.truth)

    @property
    def process(self):
        return self.spec["process"]

    @property
    def linux(self):
        return self.spec["linux"]

    @property
    def root(self):
        return self.base.root

    def mount(self, destination, source, options, kind="bind", **more):
        self.spec["mounts"].append({"destination": destination, "type": kind, "source": source,
                                    "options": list(options), **more})

    def own_source(self, r):
        own = [source for source, owned in self.base.sources() if owned]
        return r.choice(own) if own else world.DATA

    def namespace(self, kind):
        return next((entry for entry in self.linux["namespaces"] if entry["type"] == kind), None)


def again(r, holder, key, value):
    """The same key once more, before or behind."""
    if r.random() < .5 or key not in holder:
        holder[AGAIN + key] = value
        return
    old = dict(holder)
    holder.clear()
    holder[AGAIN + key] = value
    holder.update(old)


# --- process ---

@mutation("user")
def some_user(r, d):
    d.process["user"]["uid"] = r.choice([0, 1, 1000, 65534, 65535, 70000, 131072, 2**31 - 1])


@mutation("user")
def some_group(r, d):
    d.process["user"]["gid"] = r.choice([0, 5, 1000, 65534])
    if r.random() < .4:
        d.process["user"]["additionalGids"] = r.choice([[], [0], [1000, 0], [10, 65534], [2000] * 3])


@mutation("user")
def odd_user(r, d):
    d.process["user"][r.choice(["uid", "gid"])] = r.choice(
        ["1000", -1, 4294967295, 2**32, 1e3, 0.0, True, None, [], -0.0, "0"])


@mutation("user")
def user_less(r, d):
    d.process["user"].pop(r.choice(["uid", "gid"]), None)
    if r.random() < .5:
        d.process["user"]["username"] = r.choice(["root", "app"])


@mutation("user")
def no_user(r, d):
    if r.random() < .4:
        d.process.pop("user")
    else:
        d.process["user"]["umask"] = r.choice([0, 18, 63, 511])


@mutation("capabilities")
def more_caps(r, d):
    caps = d.process.setdefault("capabilities", {})
    names = r.sample(PLAIN_CAPS, r.randint(1, 3)) + (r.sample(BAD_CAPS, 1) if r.random() < .5 else [])
    names = [name for name in names if name in HERE]
    for kind in r.sample(FIVE, r.randint(1, 5)):
        caps[kind] = sorted(set(caps.get(kind, [])) | set(names))


@mutation("capabilities")
def odd_caps(r, d):
    caps = d.process.setdefault("capabilities", {})
    name = r.choice(["cap_sys_admin", "SYS_ADMIN", "21", "ALL", "CAP_ALL", "CAP_SYS_ADMIN ", "CAP_NOT_YET",
                     "cap_net_admin", ""])
    for kind in FIVE:
        caps[kind] = list(caps.get(kind, [])) + [name]


@mutation("capabilities")
def fewer_caps(r, d):
    how = r.randint(0, 4)
    if how == 0:
        d.process.pop("capabilities", None)
    elif how == 1:
        d.process["capabilities"] = None
    elif how == 2:
        d.process["capabilities"] = {}
    elif how == 3:
        d.process["capabilities"] = {kind: [] for kind in r.sample(FIVE, 3)}
    else:
        d.process["capabilities"] = {kind: list(HERE) for kind in FIVE[:r.randint(1, 5)]}


@mutation("no-new-privileges")
def some_nnp(r, d):
    d.process["noNewPrivileges"] = r.choice([True, True, False, None, "true", 1, 0, []])


@mutation("no-new-privileges")
def no_nnp(r, d):
    if r.random() < .5:
        d.process.pop("noNewPrivileges", None)
    else:
        again(r, d.process, r.choice(["noNewPrivileges", "NoNewPrivileges", "nonewprivileges"]), r.random() < .5)


@mutation("rlimits")
def some_rlimits(r, d):
    d.process["rlimits"] = [
        {"type": r.choice(["RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_STACK", "RLIMIT_CORE", "NOFILE", "RLIMIT_nofile"]),
         "hard": r.choice([512, 1024, 1024, 2**64 - 1]), "soft": r.choice([512, 256, 256, -1])}
                            for _ in range(r.choice([1, 1, 2]))]


@mutation("cwd")
def some_cwd(r, d):
    d.process["cwd"] = r.choice(["/", "/data", "/tmp", "/proc/self/fd/7", "/proc/self/fd/3", "/proc/self/fd/8/../../..",
                                 "/proc/1/cwd", "..", "", "data", "/data/../..", "//", "/dev/fd/7", "/new/place",
                                 "/sys", "/link"])
    if d.process["cwd"] == "/link":
        d.setup.append(["link", "link", r.choice(["/proc/self/fd/7", "/proc/self/fd/9", "/data"])])


@mutation("args")
def some_args(r, d):
    d.process["args"] = r.choice([["/guest", "600"], ["/bin/../guest", "600"], ["guest", "600"],
                                  ["/usr/sbin/sshd", "600"], ["/usr/bin/xmrig", "600"],
                                  ["/guest", "600", "stratum+tcp://pool"], ["/bin/sh", "600", "-i"], ["/proc/self/exe"],
                                  ["/guest", "600", ""], [""], [], ["/usr/bin/nc", "600", "-e", "/bin/sh"],
                                  ["/guest", "600", "forbidden-word"]])


@mutation("env")
def some_env(r, d):
    d.process["env"] = list(d.process.get("env", [])) + [
        r.choice(["LD_PRELOAD=/data/lib.so", "A=b", "A", "=b", "PATH=", "ld_preload=x",
                  "LD_LIBRARY_PATH=/", "A=\nLD_PRELOAD=x", "PATH=/:/data"])]
    if r.random() < .3:
        d.spec.setdefault("hooks", {}).setdefault("createRuntime", []).append(
            {"path": world.SITE_HOOK, "args": ["h", "@MARK@env"]})


@mutation("oom")
def some_oom(r, d):
    d.process["oomScoreAdj"] = r.choice([0, 100, 500, 998, 999, 1000, -1, -500, 1001, "0", None])


@mutation("scheduler")
def some_scheduler(r, d):
    how = r.randint(0, 3)
    if how == 0:
        d.process["scheduler"] = {"policy": r.choice(["SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_OTHER",
                                                      "sched_fifo"]),
                                  **({"priority": r.choice([1, 10])} if r.random() < .6 else {}),
                                  **({"nice": r.choice([-20, -1, 0, 5])} if r.random() < .4 else {})}
    elif how == 1:
        d.process["ioPriority"] = {"class": r.choice(["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]),
                                   "priority": r.randint(0, 8)}
    elif how == 2:
        d.linux["personality"] = {"domain": r.choice(["LINUX32", "LINUX", "PER_LINUX32"]),
                                  **({"flags": ["ADDR_NO_RANDOMIZE"]} if r.random() < .3 else {})}
    else:
        d.process["execCPUAffinity"] = {"initial": "0", "final": "0"}


@mutation("labels")
def some_label(r, d):
    how = r.randint(0, 3)
    if how == 0:
        d.process["apparmorProfile"] = r.choice(["unconfined", "", "cri-containerd.apparmor.d", "nobody//null", ":ns:p",
                                                 "p (enforce)"])
    elif how == 1:
        d.process["selinuxLabel"] = r.choice(["", "system_u:system_r:spc_t:s0",
                                              "system_u:system_r:container_t:s0:c1,c2", "odd"])
    elif how == 2:
        d.linux["mountLabel"] = r.choice(["", "system_u:object_r:container_file_t:s0:c1,c2",
                                          "system_u:object_r:etc_t:s0"])
    else:
        d.process["selinuxLabel"] = None


# --- root ---

@mutation("root")
def root_flag(r, d):
    d.spec["root"]["readonly"] = r.choice([True, False, None, "true", 1, True])


@mutation("root")
def root_again(r, d):
    again(r, d.spec["root"], r.choice(["readonly", "Readonly", "readOnly"]), r.random() < .5)


@mutation("root")
def root_path(r, d):
    own = d.spec["root"]["path"]
    d.spec["root"]["path"] = r.choice(["/", "/proc/self/root", world.ELSEWHERE, world.IN_ETC, "..", ".", own + "/",
                                       own + "/.", "./" + own, own + "/../rootfs", own + "/data", "/etc",
                                       f"{world.DATA}/etc", "", own + "/link"])
    if d.spec["root"]["path"].endswith("/link"):
        d.setup.append(["link", "link", r.choice(["/", "/etc", "."])])


@mutation("root")
def root_propagation(r, d):
    d.linux["rootfsPropagation"] = r.choice(["shared", "rshared", "slave", "rslave", "private", "rprivate",
                                             "unbindable", "", "Shared"])


# --- mounts ---

def host_source(r, d):
    own = d.own_source(r)
    return r.choice([world.DATA, world.DATA, f"{world.DATA}/plain", f"{world.DATA}/file", f"{world.DATA}/inner",
                     f"{world.DATA}/etc", f"{world.DATA}/up", f"{world.DATA}/self", f"{world.DATA}/sock",
                     "/var/lib/logs/data", "/var/lib/logs", world.SHARED, f"{world.SHARED}/sub", "/", "/etc",
                     "/etc/passwd", "/root", "/run", "/proc", "/sys", "/dev", "/dev/kmsg", "/dev/shm", "/usr",
                     "/usr/bin", "/home", "/tmp", "/srv", "/run/pod/net", "/run/host-net", world.OTHER_POD,
                     f"{world.OTHER_POD}/volumes/kubernetes.io~secret/token", own, own + "/..", own + "/.",
                     own + "/../../..", "@BUNDLE@", "@BUNDLE@/rootfs", "rootfs", ".", "../../..", "/proc/self/root/etc",
                     "/proc/1/root", "/proc/1/ns/net", "/proc/@HOLDER@/root/etc", f"/proc/@HOLDER@/root{world.DATA}",
                     "/proc/thread-self/root/etc", "/proc/@HOLDER@/cwd", "/sys/fs/cgroup", "/var/lib/kubelet",
                     "/var/lib", "/run/containerd/containerd.sock", "//etc", "/./etc/../etc", "/var/run",
                     "/var/lib/docker/volumes/v/_data", "/var/lib/containers/storage/volumes/v/_data"])


def bind_options(r):
    odd = [r.choice(["bind", "rbind", "rbind", "rbind"])]
    odd += r.sample(["ro", "rw", "rro", "rprivate", "private", "rslave", "nosuid", "nodev", "noexec", "rshared",
                     "shared", "idmap", "RO", " ro", "ro,rw", "recursive", "copy-symlink", "tmpcopyup", "src-nofollow",
                     "remount", "unbindable", "relatime"], r.randint(0, 3))
    r.shuffle(odd)
    return odd


@mutation("bind")
def bind_host(r, d):
    d.mount(r.choice(NAMES), host_source(r, d), bind_options(r))


@mutation("bind")
def bind_own(r, d):
    d.mount(r.choice(NAMES), d.own_source(r),
            r.choice([["rbind", "rprivate", "ro"], ["rbind", "rprivate", "rw"], ["bind"]]))


@mutation("bind")
def bind_allowed(r, d):
    d.mount(r.choice(NAMES), r.choice([world.DATA, f"{world.DATA}/plain", "/var/lib/logs"]),
            r.choice([["rbind", "ro"], ["bind", "rw"], ["rbind", "rro"], ["rbind", "ro", "rw"]]))


@mutation("bind")
def bind_spelled(r, d):
    kind = r.choice(["bind", "Bind", "BIND", "", "none", "tmpfs", "rbind", "proc"])
    d.mount(r.choice(NAMES), r.choice([world.DATA, "/etc", d.own_source(r)]),
            r.choice([["rbind"], ["Rbind"], ["bind", "RO"], [], ["rbind "], ["ro"]]), kind)


@mutation("bind")
def bind_without_type(r, d):
    d.mount(r.choice(NAMES), r.choice([world.DATA, "/etc", d.own_source(r)]), ["rbind"])
    d.spec["mounts"][-1].pop(r.choice(["type", "options"]))


@mutation("bind")
def bind_laundered(r, d):
    """What engine or kubelet keep for the container is itself somebody else's by the time it is mounted."""
    source = d.own_source(r)
    d.setup.append([r.choice(["bind-over", "link-over"]), source,
                    r.choice(["/etc", world.DATA, "/root", world.OTHER_POD])])
    d.mount(r.choice(NAMES), source, ["rbind", "rprivate", "ro"])


@mutation("bind")
def bind_chain(r, d):
    d.mount("/data", r.choice([d.own_source(r), world.DATA]), ["rbind", "rprivate"])
    d.mount(r.choice(["/data/sub", "/data/../mnt", "/data/plain", "/data/inner"]),
            r.choice(["/etc", d.own_source(r), world.DATA]), ["rbind"])


@mutation("destination")
def odd_destination(r, d):
    where = r.choice(["/../data", "/data/../../etc", "data", "/", "", "/proc", "/proc/sys", "/proc/sys/kernel",
                      "/proc/self", "/proc/cpuinfo", "/proc/1", "/sys", "/sys/fs/cgroup", "/sys/kernel", "/dev",
                      "/dev/null", "/dev/pts", "/link", "/link/sub", "/./data//x/", "/PROC", "/data\u0000x",
                      "/proc/self/attr", "/etc/hosts", "/data", "/mnt/a/b", "/tmp", "/opt/data"])
    source = r.choice([d.own_source(r), world.DATA, "tmpfs", "tmpfs"])
    if source == "tmpfs":
        d.mount(where, "tmpfs", ["nosuid", "nodev"], "tmpfs")
    else:
        d.mount(where, source, ["rbind", "rprivate"])
    if where.startswith("/link"):
        d.setup.append(["link", "link", r.choice(["/proc", "/proc/sys", "../../../etc", "/data", "/dev"])])


@mutation("destination")
def mounts_shuffled(r, d):
    r.shuffle(d.spec["mounts"])


@mutation("destination")
def mount_dropped(r, d):
    if d.spec["mounts"]:
        d.spec["mounts"].pop(r.randrange(len(d.spec["mounts"])))


@mutation("file-system")
def fresh_mount(r, d):
    kind = r.choice(["tmpfs", "tmpfs", "proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts", "overlay", "ramfs",
                     "devtmpfs", "debugfs", "securityfs", "bpf", "ext4", "hugetlbfs", "fuse", "tracefs", "binfmt_misc"])
    options = ["nosuid", "nodev", "noexec"][:r.randint(0, 3)] + (["ro"] if r.random() < .5 else [])
    source = kind
    if kind == "overlay":
        lower = r.choice([world.DATA, "/etc", "/", d.own_source(r), "@ROOT@"])
        options += [f"lowerdir={lower}",
                    *([f"upperdir={world.DATA}/plain", f"workdir={world.SHARED}"] if r.random() < .3 else [])]
    if kind == "ext4":
        source = next((row.source for row in world.mounts() if row.point == "/"), "/dev/root")
    d.mount(r.choice([*NAMES, *NAMES, "/proc", "/sys", "/sys/fs/cgroup", "/other/proc"]), source, options, kind)


@mutation("file-system")
def change_mount(r, d):
    mount = r.choice(d.spec["mounts"])
    how = r.randint(0, 3)
    options = mount.setdefault("options", [])
    if how == 0:
        options[:] = [word for word in options if word not in ("ro", "nosuid", "nodev", "noexec")]
        options += r.choice([[], ["rw"], ["rw", "ro"], ["ro", "rw"]])
    elif how == 1:
        options.append(r.choice(["ro", "rw", "nodev", "dev", "suid", "mode=777", "size=1m", "subset=pid", "hidepid=2",
                                 "context=x"]))
    elif how == 2:
        mount["type"] = r.choice(["tmpfs", "bind", "proc", "sysfs", "Tmpfs", ""])
    else:
        mount["source"] = host_source(r, d)


@mutation("file-system")
def remount(r, d):
    """What is mounted already, once more with other flags."""
    d.mount(r.choice(["/", "/proc", "/proc/sys", "/sys", "/sys/fs/cgroup", "/dev", "/data", "/dev/shm"]),
            r.choice(["none", "", "tmpfs"]),
            r.sample(["remount", "bind", "rw", "ro", "nosuid", "dev", "suid", "exec"], r.randint(2, 4)),
            r.choice(["none", "bind", "proc", "sysfs", "tmpfs"]))


@mutation("propagation")
def propagate(r, d):
    d.mount(r.choice(NAMES), r.choice([world.SHARED, f"{world.SHARED}/sub", world.DATA, d.own_source(r)]),
            ["rbind",
             r.choice(["shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "Rshared"])])


@mutation("propagation")
def propagate_own(r, d):
    mount = r.choice(d.spec["mounts"])
    mount["options"] = [word for word in mount.get("options", [])
                        if "private" not in word] + [r.choice(["rshared", "rslave", "rprivate", "shared"])]


@mutation("propagation")
def propagate_twice(r, d):
    d.mount(r.choice(NAMES), r.choice([world.SHARED, d.own_source(r)]),
            ["rbind", *r.sample(["rprivate", "rshared", "rslave", "shared", "private"], 2)])


@mutation("idmap")
def idmapped(r, d):
    maps = [{"containerID": 0, "hostID": r.choice([0, 1000, 131072]), "size": r.choice([1, 65536])}]
    d.mount(r.choice(NAMES), r.choice([d.own_source(r), world.DATA]), ["bind", *r.choice([["idmap"], ["ridmap"], []])])
    if r.random() < .8:
        d.spec["mounts"][-1].update({"uidMappings": maps, "gidMappings": maps})
    if r.random() < .3:
        d.spec["mounts"].pop()
        d.mount(r.choice(NAMES), "tmpfs", ["nosuid", "nodev"], "tmpfs")
