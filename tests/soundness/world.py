# SPDX-License-Identifier: Apache-2.0
"""The node that cases run on: paths that hosts have, a pod's namespaces, what hooks leave behind.

Everything lies in the private node of tests/lib/node.sh, so that nothing of the machine is touched.
"""
import ctypes
import os
import shutil
import signal
import subprocess

NODE = os.environ.get("NODE", "/run/node")
GATE = os.environ.get("GATE", "/usr/local/bin/ocigate")
GROUP = os.environ.get("OCIGATE_NODE", "ocigate-test")
MARKS = f"{NODE}/marks"
SITE_HOOK = "/usr/local/bin/site-hook"
OTHER_HOOK = "/usr/local/bin/other-hook"
DATA = "/var/lib/data"
SHARED = "/var/lib/shared"
# Root file systems that no engine made; one lies where none may.
ELSEWHERE, IN_ETC = "/var/lib/elsewhere", "/etc/elsewhere"
OTHER_POD = "/var/lib/kubelet/pods/ffffffff-0000-4000-8000-00000000000f"
POLICY = "/etc/ocigate/policy.d/50-soundness.json"
RECORD = f"{NODE}/decisions"
# A node-wide setting that hurts nobody; no namespace has one of its own.
HOST_SYSCTL = "vm.stat_interval"
KINDS = {"net": "network", "ipc": "ipc", "uts": "uts", "mnt": "mount", "pid": "pid", "cgroup": "cgroup", "user": "user",
         "time": "time"}
# Numbers of the kernel's, by name without CAP_.
BITS = {name: number for number, name in enumerate("""
CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split())}
APPARMOR = "/sys/kernel/security/apparmor"
LIBC = ctypes.CDLL(None, use_errno=True)


def write(path, text="", mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.chmod(path, mode)


def bind(source, target):
    subprocess.run(["mount", "--bind", source, target], check=True)


class Row:
    """One line of mountinfo."""

    def __init__(self, line):
        part = line.split()
        dash = part.index("-")
        self.id, self.device, self.root, self.point = part[0], part[2], self.plain(part[3]), self.plain(part[4])
        self.options = set(part[5].split(","))
        self.shared = next((word[7:] for word in part[6:dash] if word.startswith("shared:")), None)
        self.type, self.source = part[dash + 1], self.plain(part[dash + 2])
        self.super = self.plain(part[dash + 3]) if len(part) > dash + 3 else ""

    @staticmethod
    def plain(word):
        return word.encode().decode("unicode_escape", errors="replace") if "\\" in word else word

    def writable(self):
        return "ro" not in self.options and "ro" not in self.super.split(",")

    def __repr__(self):
        flags = ",".join(sorted(self.options & {"ro", "rw"})) + (f" shared:{self.shared}" if self.shared else "")
        return f"{self.point} <- {self.type} {self.device} {self.root} {flags}"


def mounts(pid="self"):
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return [Row(line) for line in file]


def below(path, top):
    return path == top or path.startswith(top.rstrip("/") + "/")


def place(path, rows=None):
    """Where a path of the host lies: (device, path in its file system), links followed, or None."""
    path = os.path.realpath(path)
    best = None
    for row in rows or mounts():
        if below(path, row.point) and (best is None or len(row.point) >= len(best.point)):
            best = row
    if best is None:
        return None
    rest = path[len(best.point):].strip("/") if best.point != "/" else path.strip("/")
    return best.device, (best.root.rstrip("/") + "/" + rest).rstrip("/") or "/"


def within(inner, outer):
    return inner[0] == outer[0] and below(inner[1], outer[1])


def remove(top):
    """A tree that cases wrote: never through a mount into what lies behind it."""
    for row in reversed(mounts()):
        if below(row.point, os.path.realpath(top)):
            LIBC.umount2(row.point.encode(), 2)
    if any(below(row.point, os.path.realpath(top)) for row in mounts()):
        raise SystemExit(f"{top} has mounts that do not go away")
    shutil.rmtree(top, ignore_errors=True)


def seal():
    """What is the machine's own can only be read from here on: cases run with the rights of root."""
    for row in mounts():
        ours = any(below(row.point, top)
                   for top in ("/run", "/var/lib", "/etc", "/usr/lib", "/usr/local/bin", "/proc", "/sys"))
        if not ours and LIBC.mount(None, row.point.encode(), None, 0x1000 | 0x20 | 1, None) < 0:
            raise SystemExit(f"{row.point} cannot be made read-only")


class World:
    """Made once a worker."""

    def __init__(self):
        os.makedirs(MARKS, exist_ok=True)
        os.chmod(MARKS, 0o1777)
        self.make_paths()
        self.holder = self.hold_namespaces()
        self.template = self.make_template()
        for top in (ELSEWHERE, IN_ETC):
            for path in ("proc", "sys", "dev", "data"):
                os.makedirs(f"{top}/{path}")
            shutil.copy(f"{NODE}/guest", f"{top}/guest")
        write(RECORD)
        seal()
        self.mounted = None

    def settle(self):
        """From here on every other mount is a case's."""
        self.mounted = {row.id for row in mounts()}

    def tidy(self):
        """Without a mount namespace a container mounts here."""
        rows = mounts()
        for row in reversed(rows):
            if row.id not in self.mounted:
                LIBC.umount2(row.point.encode(), 2)
        if self.mounted - {row.id for row in rows}:
            raise SystemExit("a container unmounted what the node has")
        if not next(row for row in rows if row.point == SHARED).shared:
            LIBC.mount(None, SHARED.encode(), None, 1 << 20, None)

    @staticmethod
    def make_paths():
        write(f"{DATA}/file", "the host's\n")
        write(f"{OTHER_POD}/volumes/kubernetes.io~secret/token/password", "of another pod\n")
        for path in (f"{DATA}/inner", f"{DATA}/plain", SHARED, "/var/lib/logs", "/var/lib/docker/volumes/v/_data",
                     "/var/lib/containers/storage/volumes/v/_data", "/run/containerd", "/run/pod"):
            os.makedirs(path, exist_ok=True)
        for link, to in ((f"{DATA}/etc", "/etc"), (f"{DATA}/up", "../.."), (f"{DATA}/self", "/proc/self/root"),
                         ("/var/lib/logs/data", DATA), (f"{DATA}/sock", "/run/containerd/containerd.sock")):
            os.symlink(to, link)
        subprocess.run([f"{NODE}/guest", "--socket", "/run/containerd/containerd.sock"], check=True)
        bind("/etc", f"{DATA}/inner")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "shared", SHARED], check=True)
        subprocess.run(["mount", "--make-shared", SHARED], check=True)
        os.makedirs(f"{SHARED}/sub")
        for hook, who in ((SITE_HOOK, "site"), (OTHER_HOOK, "other")):
            # A mark for each call: what it is told to write, and whether a library was smuggled into it.
            write(hook,
                  f'#!/bin/busybox sh\nname={MARKS}/$1-{who}\nexport >"$name"\nexec /bin/busybox cat >/dev/null\n',
                  0o755)

    @staticmethod
    def hold_namespaces():
        """A pod's namespaces, as its pause container would hold them. Return: its pid"""
        process = subprocess.Popen(["unshare", "--net", "--ipc", "--uts", "sleep", "100000"])
        for _ in range(1000):
            with open(f"/proc/{process.pid}/comm", encoding="ascii") as file:
                if file.read().strip() == "sleep":
                    break
        for kind in ("net", "ipc", "uts"):
            write(f"/run/pod/{kind}")
            bind(f"/proc/{process.pid}/ns/{kind}", f"/run/pod/{kind}")
        for name, first in (("user-root", 0), ("user-mapped", 131072)):
            users = subprocess.Popen(["unshare", "--user", "sh", "-c", "echo; exec sleep 100"], stdout=subprocess.PIPE)
            users.stdout.readline()
            for kind in ("uid", "gid"):
                with open(f"/proc/{users.pid}/{kind}_map", "w", encoding="ascii") as file:
                    file.write(f"0 {first} 65536")
            write(f"/run/pod/{name}")
            bind(f"/proc/{users.pid}/ns/user", f"/run/pod/{name}")
            users.kill()
            users.wait()
        for kind in ("net", "ipc", "uts", "pid"):
            write(f"/run/host-{kind}")
            bind(f"/proc/self/ns/{kind}", f"/run/host-{kind}")
        return process.pid

    @staticmethod
    def make_template():
        """What a root file system is filled with: one static program under several names."""
        programs = {}
        for top in ("/run", "/var/lib"):
            program = f"{top}/guest-program"
            shutil.copy(f"{NODE}/guest", program)
            os.chmod(program, 0o755)
            programs[top] = program
        return programs

    def close(self):
        os.kill(self.holder, signal.SIGKILL)


def guest_at(root, template):
    """Hard links cost nothing. Return: nothing"""
    program = template["/run" if root.startswith("/run/") else "/var/lib"]
    for name in ("guest", "bin/sh", "usr/sbin/sshd", "usr/bin/xmrig", "usr/bin/nc"):
        path = f"{root}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.lexists(path):
            os.link(program, path)


def set_sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as file:
        file.write(str(value))


def get_sysctl(name):
    try:
        with open("/proc/sys/" + name.replace(".", "/"), encoding="ascii") as file:
            return " ".join(file.read().split())
    except OSError:
        return None
