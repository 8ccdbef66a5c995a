# SPDX-License-Identifier: Apache-2.0
"""What a process is, seen from the host: everything as the kernel tells it, nothing as the spec does."""
import os

import filters
import world

SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
# Devices that no driver here answers for, and the memory: what the device cgroup says comes before the driver.
PROBED = {"b 8:77": (0o060000, 8, 77), "c 10:229": (0o020000, 10, 229), "c 1:1": (0o020000, 1, 1),
          "c 1:11": (0o020000, 1, 11)}
SYSCTLS = ("net.ipv4.ip_forward", "net.core.somaxconn", "net.ipv4.ip_local_port_range", "net.ipv4.ping_group_range",
           "net.ipv4.tcp_syncookies", "net.ipv4.tcp_keepalive_time", "kernel.msgmax", "kernel.shm_rmid_forced",
           "kernel.domainname", "fs.mqueue.msg_max", "net.ipv4.tcp_fin_timeout")


def status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return dict(line.rstrip("\n").split(":", 1) for line in file if ":" in line)


def inodes(pid):
    found = {}
    for kind in world.KINDS:
        try:
            found[kind] = os.stat(f"/proc/{pid}/ns/{kind}").st_ino
        except OSError:
            found[kind] = None
    return found


def text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip("\0\n")
    except OSError:
        return None


def id_map(pid, kind):
    return [tuple(map(int, line.split())) for line in (text(f"/proc/{pid}/{kind}_map") or "").splitlines()]


class Process:
    """What belongs to one process: also an exec's."""

    def __init__(self, pid):
        self.pid = pid
        fields = status(pid)
        self.uids = sorted({int(word) for word in fields["Uid"].split()})
        self.gids = sorted({int(word) for word in fields["Gid"].split()})
        self.groups = sorted({int(word) for word in fields["Groups"].split()})
        self.caps = {name: int(fields[name], 16) for name in SETS}
        self.nnp, self.seccomp = int(fields["NoNewPrivs"]), int(fields["Seccomp"])
        self.namespaces = inodes(pid)
        self.uid_map, self.gid_map = id_map(pid, "uid"), id_map(pid, "gid")
        self.label = text(f"/proc/{pid}/attr/apparmor/current")
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            self.arguments = file.read().decode(errors="replace").split("\0")[:-1]
        self.oom = int(text(f"/proc/{pid}/oom_score_adj") or 0)
        self.personality = int(text(f"/proc/{pid}/personality") or "0", 16)
        self.policy = os.sched_getscheduler(pid)
        self.nice = os.getpriority(os.PRIO_PROCESS, pid)
        self.filters = filters.read(pid) if self.seccomp == 2 and os.uname().machine == "x86_64" else None
        self.cgroups = cgroups(pid)
        self.cwd = os.readlink(f"/proc/{pid}/cwd")
        self.cwd_inside = self.is_inside(pid)

    def is_inside(self, pid):
        try:
            there, here = os.stat(f"/proc/{pid}/cwd"), os.stat(f"/proc/{pid}/root{self.cwd}")
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


class Container(Process):
    """And what belongs to its container."""

    def __init__(self, pid):
        super().__init__(pid)
        self.rows = world.mounts(pid)
        self.host = world.mounts()
        self.time_offsets = text(f"/proc/{pid}/timens_offsets") or ""
        self.limits = limits(pid)
        self.nodes = self.device_nodes()
        self.devices, self.sysctls = inside(pid)

    def top(self, path):
        """The mount on which a path of the container lies, as the last one mounted there."""
        best = None
        for row in self.rows:
            if world.below(path, row.point) and (best is None or len(row.point) >= len(best.point)):
                best = row
        return best

    def device_nodes(self):
        """Every device node below /dev and where mounts and odd specs put them: "c 1:3 /dev/null"."""
        found = []
        for top in ("/dev", "/data", "/mnt", "/srv/app", "/opt/x"):
            for where, directories, files in walk(f"/proc/{self.pid}/root{top}", 2):
                for name in files + directories:
                    try:
                        st = os.lstat(f"{where}/{name}")
                    except OSError:
                        continue
                    kind = {0o020000: "c", 0o060000: "b"}.get(st.st_mode & 0o170000)
                    if kind:
                        path = f"{where}/{name}".split("/root", 1)[1]
                        row = self.top(path)
                        if row and "nodev" not in row.options:
                            found.append(f"{kind} {os.major(st.st_rdev)}:{os.minor(st.st_rdev)} {path}")
        return found

    def exists(self, path):
        return os.path.lexists(f"/proc/{self.pid}/root{path}")

    def masked(self, path):
        """Is something else in its place? What that is, other promises are about."""
        row = self.top(path)
        return not self.exists(path) or row.point == path and row.type not in ("proc", "sysfs")


def walk(top, depth):
    try:
        entries = list(os.scandir(top))
    except OSError:
        return
    directories = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    yield top, directories, [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    for name in directories[:20] if depth else ():
        yield from walk(f"{top}/{name}", depth - 1)


def cgroups(pid):
    """controller: directory"""
    found = {}
    for line in (text(f"/proc/{pid}/cgroup") or "").splitlines():
        _, names, path = line.split(":", 2)
        if not names:
            found[""] = "/sys/fs/cgroup" + path
        for name in names.split(","):
            if name:
                found[name] = f"/sys/fs/cgroup/{name}{path}"
    return found


def number(path):
    words = (text(path) or "").split()
    return int(words[0]) if words and words[0].lstrip("-").isdigit() else None


def limits(pid):
    """What the kernel enforces: bytes, processors, processes; None: no limit"""
    groups = cgroups(pid)
    if "memory" not in groups:
        return limits_unified(groups.get("", "/nowhere"))
    cpu = groups.get("cpu", "/nowhere")
    quota, period = number(f"{cpu}/cpu.cfs_quota_us"), number(f"{cpu}/cpu.cfs_period_us")
    memory = number(f"{groups['memory']}/memory.limit_in_bytes")
    return {"memory": memory if memory is not None and memory < 2**62 else None,
            "cpu": quota / period if quota and quota > 0 and period else None,
            "pids": number(f"{groups.get('pids', '/nowhere')}/pids.max")}


def limits_unified(group):
    words = (text(f"{group}/cpu.max") or "max").split()
    return {"memory": number(f"{group}/memory.max"),
            "cpu": int(words[0]) / int(words[1]) if words[0] != "max" else None,
            "pids": number(f"{group}/pids.max")}


def in_child(work):
    """What @work says, done by a child: it may go where there is no way back from."""
    come, go = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = work()
        except BaseException as error:  # whatever it is, the parent must hear
            said = f"error {error!r}"
        os.write(go, said.encode())
        os._exit(0)
    os.close(go)
    said = b""
    while chunk := os.read(come, 65536):
        said += chunk
    os.close(come)
    os.waitpid(child, 0)
    if said.startswith(b"error"):
        raise OSError(said.decode())
    lines = [line.split("\t") for line in said.decode().splitlines()]
    values = {line[1]: line[2] for line in lines if line[0] == "sysctl"}
    return [line[1] for line in lines if line[0] == "device"], values


def inside(pid):
    """(devices that its cgroup lets be opened, settings of its namespaces)"""
    return in_child(lambda: ask(pid))


def settings_of(pid):
    """The namespaced settings where @pid is; 0: in new namespaces"""
    def go():
        if pid == 0:
            world.LIBC.unshare(0x40000000 | 0x08000000 | 0x04000000)
        else:
            for kind in ("net", "ipc", "uts"):
                setns(f"/proc/{pid}/ns/{kind}")
        return "\n".join(settings())
    return in_child(go)[1]


def setns(path):
    fd = os.open(path, os.O_RDONLY)
    if world.LIBC.setns(fd, 0) < 0:
        raise OSError(world.ctypes.get_errno(), f"setns {path}")
    os.close(fd)


def join_cgroups(pid):
    for name, directory in cgroups(pid).items():
        if name in ("devices", ""):
            try:
                with open(f"{directory}/cgroup.procs", "r+", encoding="ascii") as file:
                    file.write(str(os.getpid()))
            except OSError:
                if name == "devices":
                    raise


def opened(path):
    """EPERM is the cgroup's; a driver that is not there has another answer."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except PermissionError:
        return False
    except OSError:
        pass
    return True


def ask(pid):
    paths = {name: f"{world.NODE}/probe-{number}" for number, name in enumerate(PROBED)}
    join_cgroups(pid)
    said = [f"device\t{name}" for name, path in paths.items() if opened(path)]
    for kind in ("net", "ipc", "uts"):
        setns(f"/proc/{pid}/ns/{kind}")
    return "\n".join(said + settings())


def settings():
    values = {name: world.get_sysctl(name) for name in SYSCTLS}
    return [f"sysctl\t{name}\t{value}" for name, value in values.items() if value is not None]


def make_probes():
    for number, (mode, major, minor) in enumerate(PROBED.values()):
        os.mknod(f"{world.NODE}/probe-{number}", mode | 0o600, os.makedev(major, minor))
