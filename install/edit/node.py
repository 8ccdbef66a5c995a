# SPDX-License-Identifier: Apache-2.0
"""The node that is installed on: its files below a root, and what a plan is."""
import dataclasses
import fcntl
import glob
import json
import os
import re
import stat
import subprocess

try:
    import tomllib
except ImportError:
    try:
        import tomli as tomllib
    except ImportError:
        tomllib = None

STATE = "/var/lib/ocigate/install"
# Where the rule bundle-hooks takes our own hook without being told.
OWN = ["/usr/bin", "/usr/local/bin", "/opt/ocigate/bin"]
WHERE = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec/crio", "/opt/bin"]


class Refused(Exception):
    """Nothing was changed, or all is back; the text says why and what to do."""


@dataclasses.dataclass
class Change:
    path: str
    old: bytes  # None: there is no such file
    new: bytes  # None: there shall be none
    mode: int


@dataclasses.dataclass
class Plan:
    """What shall be. edited: prefix of the paths that belong to the engine, not to us: these are backed up."""
    changes: list = dataclasses.field(default_factory=list)
    links: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    edited: tuple = ("/etc/",)


def keep_label(old, new):
    """SELinux's, which a new file takes from its directory."""
    try:
        os.setxattr(new, "security.selinux", os.getxattr(old, "security.selinux"))
    except OSError:
        pass  # no SELinux, or the usual label


class Node:
    def __init__(self, root, prefix, engine, wishes=()):
        self.root = root
        self.prefix = prefix.rstrip("/")
        self.engine = engine
        self.precreate = "precreate" in wishes
        self.hook_only = "hook-only" in wishes
        self.build = "build" in wishes
        self.mute = []  # programs that are there and could not be asked
        self.program = f"{self.prefix}/ocigate"

    def lock(self):
        """One installer at a time, on a node that a DaemonSet and a person may work on."""
        os.makedirs(self.at(STATE), mode=0o700, exist_ok=True)
        file = open(self.at(f"{STATE}/lock"), "w", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def at(self, path):
        return path if self.root == "/" else self.root + path

    def read(self, path):
        """The bytes, or None. A link below another root may lead out of it."""
        real = self.at(path)
        if os.path.islink(real) and self.root != "/":
            raise Refused(f"{path} is a symbolic link: name its target in the engine's configuration instead")
        try:
            with open(real, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def change(self, path, new):
        old = self.read(path)
        mode = stat.S_IMODE(os.stat(self.at(path)).st_mode) if old is not None else 0o644
        return Change(path, old, new, mode)

    def write(self, path, data, mode):
        real = os.path.realpath(self.at(path)) if self.root == "/" else self.at(path)
        if data is None:
            if os.path.exists(real):
                os.unlink(real)
            self.tidy(os.path.dirname(path))
            return
        self.make_directory(os.path.dirname(path))
        owner = os.stat(real) if os.path.exists(real) else None
        new = real + ".ocigate-new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
            if owner:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                keep_label(real, file.fileno())
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, real)

    def make_directory(self, path):
        """And remember those that were not there, to take them away again."""
        missing = []
        while not os.path.isdir(self.at(path)):
            missing.append(path)
            path = os.path.dirname(path)
        for path in reversed(missing):
            os.mkdir(self.at(path), 0o755)
        made = [path for path in missing if not path.startswith(os.path.dirname(STATE))]
        if made:
            os.makedirs(self.at(STATE), mode=0o700, exist_ok=True)
            with open(self.at(f"{STATE}/{self.engine}.made"), "a", encoding="utf-8") as file:
                file.write("".join(path + "\n" for path in made))

    def tidy(self, path):
        record = self.at(f"{STATE}/{self.engine}.made")
        if not os.path.exists(record):
            return
        with open(record, encoding="utf-8") as file:
            made = set(file.read().split("\n"))
        while path in made and os.path.isdir(self.at(path)) and not os.listdir(self.at(path)):
            os.rmdir(self.at(path))
            path = os.path.dirname(path)

    def kept(self, path):
        return f"{STATE}/{self.engine}/{path.strip('/').replace('/', '-')}"

    def back_up(self, change):
        """The admin's own file, once: as it was before the gate was put in."""
        kept = self.at(self.kept(change.path))
        if change.old is None or os.path.exists(kept):
            return
        os.makedirs(os.path.dirname(kept), mode=0o700, exist_ok=True)
        with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(change.old)

    def mark_uninstalled(self, uninstalled, changes):
        """A daemon that started before this goes by the configuration of before: in-use.sh looks."""
        mark = self.at(f"{STATE}/{self.engine}.uninstalled")
        if uninstalled and changes:
            with open(mark, "w", encoding="utf-8"):
                pass
        elif not uninstalled and os.path.exists(mark):
            os.unlink(mark)

    def link(self, name):
        path = self.at(f"{self.prefix}/{name}")
        if os.path.islink(path) and os.readlink(path) == "ocigate":
            return
        if os.path.lexists(path) and not os.path.islink(path):
            raise Refused(f"{self.prefix}/{name} is there already and is no link to ocigate: move it away")
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink("ocigate", path)

    def glob(self, pattern):
        return sorted(found if self.root == "/" else found[len(self.root):] for found in glob.glob(self.at(pattern)))

    def find(self, program):
        """Where a program lies on the node, or None."""
        if program.startswith("/"):
            return program if os.path.exists(self.at(program)) else None
        return next((f"{d}/{program}" for d in WHERE if os.path.exists(self.at(f"{d}/{program}"))), None)

    def run(self, *words):
        """An engine's program on the node. Return: (status, stdout, stderr), or None where it is not there."""
        program = self.find(words[0])
        if not program:
            return None
        command = [program, *words[1:]] if self.root == "/" else ["chroot", self.root, program, *words[1:]]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return 1, "", f"{words[0]} did not answer within 60 seconds"
        # 125 to 127 are chroot's own: not permitted, or libraries that lie outside of what is mounted there.
        if self.root != "/" and done.returncode in (125, 126, 127):
            self.mute.append(words[0])
            return None
        return done.returncode, done.stdout, done.stderr

    def toml(self, path, data):
        """A file as a dictionary; broken ones are refused."""
        if tomllib is None:
            raise Refused("reading TOML takes Python 3.11, or: apt-get install python3-tomli")
        try:
            return tomllib.loads(data.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Refused(f"{path} is broken and left alone: {error}") from error

    def file_name(self, handler):
        if not re.fullmatch(r"[A-Za-z0-9._-]+", handler):
            raise Refused(f"the handler {handler!r} has a name that no file can have")
        return handler

    def wrapper(self, handler, real, plan_candidates):
        """The name of the link for a handler; a real runtime of its own goes to the policy."""
        self.file_name(handler)
        if real is None:
            return "ocigate-runtime"
        if os.path.basename(real).startswith("ocigate"):
            raise Refused(f"the runtime of {handler} is {real} already, and not by this installer: put the real "
                          "runtime's path there, then install again")
        found = self.find(real)
        if not found:
            raise Refused(f"the runtime of {handler}, {real}, is not on this node")
        with open(self.at(found), "rb") as file:
            if file.read(4) != b"\x7fELF":
                raise Refused(f"the runtime of {handler}, {found}, is a script or no program at all: the wrapper "
                              "starts programs alone. Name the program itself")
        plan_candidates[f"ocigate-{handler}"] = [found]
        return f"ocigate-{handler}"

    def policy(self, candidates):
        """The drop-in that names the real runtimes, and our hook where no default knows it: one for each engine."""
        path = f"/etc/ocigate/policy.d/40-installed-{self.engine}.json"
        # Where links lead as well: the kernel tells the program's place by that, and so does the hook that it puts in.
        places = [self.prefix, *([os.path.realpath(self.prefix)] if self.root == "/" else [])]
        rules = {}
        if set(places) - set(OWN):
            known = dict.fromkeys([*OWN, *places])
            rules = {"rules": {"bundle-hooks": {"allowed": [f"{place}/ocigate" for place in known]}}}
        if not candidates and not rules:
            return self.change(path, self.read(path))
        for other in self.glob("/etc/ocigate/policy.d/40-installed-*.json"):
            if other == path:
                continue
            theirs = json.loads(self.read(other)).get("runtime", {}).get("candidates", {})
            for name in set(theirs) & set(candidates):
                if theirs[name] != candidates[name]:
                    raise Refused(f"{name} is {theirs[name][0]} by {other} and would be {candidates[name][0]}: "
                                  "name one of the two handlers differently")
        runtime = {"runtime": {"candidates": candidates}} if candidates else {}
        text = json.dumps({"version": 1, "description": f"real runtimes of {self.engine}, kept by its installer",
                           **runtime, **rules}, indent=2)
        return self.change(path, text.encode() + b"\n")

    def entry(self, words):
        return {"path": self.program, "args": ["ocigate", *words], "env": ["LC_ALL=C"], "timeout": 10}

    def hook(self, path, stage, words):
        text = json.dumps({"version": "1.0.0", "hook": self.entry(words),
                           "when": {"always": True}, "stages": [stage]}, indent=2)
        return self.change(path, text.encode() + b"\n")
