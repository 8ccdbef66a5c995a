# SPDX-License-Identifier: Apache-2.0
"""Judge every row, start what is admitted, look at it from the host.

usage: differential.py [PART-OF-A-ROW'S-NAME]      inside the node of tests/lib/node.sh
"""
import json
import os
import shutil
import subprocess
import sys
import time

import differential_rows as rows

NODE, GATE = os.environ["NODE"], os.environ["GATE"]
BUNDLES = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
RUNTIMES = [name for name in ("runc", "crun") if shutil.which(name)]
NAMESPACES = ("pid", "net", "ipc", "uts", "mnt")
CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def healthy():
    with open("tests/lib/healthy.json", encoding="ascii") as file:
        config = json.load(file)
    with open("tests/lib/syscalls", encoding="ascii") as file:
        names = file.read().split()
    if os.uname().machine == "aarch64":
        config["linux"]["seccomp"]["architectures"] = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    config["linux"]["seccomp"]["syscalls"] = [{"names": names, "action": "SCMP_ACT_ALLOW"}]
    config["process"]["args"] = ["/guest", "60"]
    return config


def text_of(row, name):
    config = healthy()
    config["linux"]["cgroupsPath"] = f"/{os.environ['OCIGATE_NODE']}/{name}"
    if row.change:
        row.change(config)
    text = json.dumps(config, indent=row.indent, separators=None if row.indent else (",", ":"),
                      ensure_ascii=False).encode()
    text = row.head + text + row.tail
    for take, put in row.text:
        if text.count(take) != 1:
            raise SystemExit(f"{row.name}: {take!r} stands {text.count(take)} times in the spec")
        text = text.replace(take, put)
    return text


def make_bundle(row, name):
    bundle = f"{BUNDLES}/{name}"
    shutil.rmtree(bundle, ignore_errors=True)
    for directory in ("proc", "sys", "dev", "mark", "data"):
        os.makedirs(f"{bundle}/rootfs/{directory}")
    os.makedirs(f"{bundle}/own")
    os.chmod(f"{bundle}/rootfs/mark", 0o1777)
    shutil.copy(f"{NODE}/guest", f"{bundle}/rootfs/guest")
    with open(f"{bundle}/config.json", "wb") as file:
        file.write(text_of(row, name))
    return bundle


def judge(bundle):
    """(verdict, rules that deny, all that was said)"""
    done = subprocess.run([GATE, "check", "--as", "hook", "--format", "json", bundle], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=30, check=False)
    said = done.stdout.decode() + done.stderr.decode()
    if done.returncode not in (0, 1):
        return "broken", [], f"exit code {done.returncode}: {said}"
    decision = json.loads(done.stdout)
    verdict = {"deny": "refused", "admit": "admitted"}[decision["verdict"]]
    if (verdict == "admitted") != (done.returncode == 0):
        return "broken", [], f"exit code {done.returncode} with verdict {decision['verdict']}"
    return verdict, [f["rule"] for f in decision["findings"] if f["effect"] in ("deny", "apply")], said


def mounts_of(pid):
    """mountpoint: (device, path in its filesystem, options)"""
    found = {}
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as file:
        for line in file:
            part = line.split()
            found[part[4]] = (part[2], part[3], part[5].split(","))
    return found


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


class Seen:
    """What a running container is, from the host."""

    def __init__(self, pid):
        status = status_of(pid)
        self.uids = {int(word) for word in status["Uid"].split()}
        self.gids = {int(word) for word in status["Gid"].split()}
        self.groups = {int(word) for word in status["Groups"].split()}
        self.caps = {name: int(status[name], 16) for name in CAPABILITY_SETS}
        self.nnp = int(status["NoNewPrivs"])
        self.seccomp = int(status["Seccomp"])
        self.shared = {ns for ns in NAMESPACES
                       if os.stat(f"/proc/{pid}/ns/{ns}").st_ino == os.stat(f"/proc/self/ns/{ns}").st_ino}
        self.mounts = mounts_of(pid)
        self.binds = self.binds_of_host(mounts_of("self"))
        self.cwd = os.readlink(f"/proc/{pid}/cwd")

    def binds_of_host(self, host):
        """What lies on a filesystem of the host, but for the container's own root and the nodes that runtimes bind."""
        devices = {device for device, _, _ in host.values()}
        nodes = {(host["/dev"][0], f"/{name}") for name in ("null", "zero", "full", "random", "urandom", "tty")}
        return {point for point, (device, path, _) in self.mounts.items()
                if device in devices and point != "/" and (device, path) not in nodes}

    def more_than(self, shows):
        """Everything that the container is and the row does not show."""
        more = []
        for name, have, may in (("uid", self.uids, {shows.uid}), ("gid", self.gids, {shows.gid}),
                                ("groups", self.groups, shows.groups | {shows.gid}),
                                ("host's namespaces", self.shared, set()),
                                ("host's files", self.binds, shows.binds)):
            if have - may:
                more.append(f"{name} {sorted(have - may)}")
        more += [f"{name} {mask & ~shows.caps:x}" for name, mask in self.caps.items() if mask & ~shows.caps]
        if not self.nnp:
            more.append("no NoNewPrivs")
        if self.seccomp != 2:
            more.append(f"Seccomp {self.seccomp}")
        more += [f"{point} writable" for point in shows.read_only if "ro" not in self.mounts[point][2]]
        return more


class Runtime:
    def __init__(self, name):
        self.name = name
        self.error = f"{NODE}/{name}.out"

    def call(self, *args):
        with open(self.error, "ab") as out:
            return subprocess.run([self.name, "--root", f"/run/{self.name}", *args],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=60, check=False).returncode

    def said(self):
        with open(self.error, "rb") as file:
            return file.read().decode(errors="replace").strip()[-300:].replace("\n", " ")

    def look(self, name, bundle):
        """Start it, look at it, end it. None: the runtime does not start it."""
        open(self.error, "wb").close()
        for mark in (f"{bundle}/rootfs/mark/ran", rows.HOOK_MARK):
            if os.path.exists(mark):
                os.unlink(mark)
        try:
            if self.call("create", "--bundle", bundle, "--pid-file", f"{bundle}/pid", name) != 0:
                return None
            with open(f"{bundle}/pid", encoding="ascii") as file:
                pid = int(file.read())
            if self.call("start", name) != 0:
                return None
            return self.wait(pid)
        finally:
            self.call("delete", "--force", name)

    @staticmethod
    def wait(pid):
        """The runtime's own process becomes the container's when it executes its program."""
        for _ in range(500):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read()
                if line.startswith(b"/guest\0"):
                    return Seen(pid)
            except (FileNotFoundError, ProcessLookupError):
                return None
            time.sleep(0.01)
        return None


def report(failure, name):
    print(f"not ok {name}: {failure}" if failure else f"ok {name}", flush=True)
    return bool(failure)


def try_verdict(row, bundle):
    verdict, rules, said = judge(bundle)
    if verdict != row.verdict:
        return f"{verdict}, not {row.verdict}: {rules or said.strip()[-400:]}"
    if row.rule and row.rule not in rules:
        return f"refused by {rules}, not by {row.rule}"
    return None


def try_admitted(row, name, bundle, runtime):
    seen = runtime.look(name, bundle)
    if seen is None:
        # That a runtime refuses what ocigate admits is no harm, but a row must be started somewhere to prove anything.
        return None if runtime.name in row.may_fail else f"does not start: {runtime.said()}"
    more = seen.more_than(row.shows)
    return f"is more than it shows: {', '.join(more)}" if more else None


def try_harm(row, name, bundle, runtime):
    """Does this runtime, without ocigate, do the harm that the row is about?"""
    seen = runtime.look(name, bundle)
    return os.path.exists(rows.HOOK_MARK) or (seen is not None and bool(seen.more_than(row.shows)))


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    failed = False
    harm = {name: set() for name in RUNTIMES}
    for number, row in enumerate(rows.ROWS):
        if wanted not in row.name:
            continue
        name = f"d{number}"
        bundle = make_bundle(row, name)
        failed |= report(try_verdict(row, bundle), f"differential {row.name} is {row.verdict}")
        for runtime in map(Runtime, RUNTIMES):
            if row.verdict == "admitted":
                failed |= report(try_admitted(row, name, bundle, runtime),
                                 f"differential {row.name} obeys under {runtime.name}")
            elif runtime.name in row.harms:
                if try_harm(row, name, bundle, runtime):
                    harm[runtime.name].add(row.name)
                    print(f"ok differential {row.name} does harm under {runtime.name} alone", flush=True)
        shutil.rmtree(bundle, ignore_errors=True)
    for name, seen in harm.items():
        # Runtimes mend their ways, one by one; a test bed that sees no harm at all is blind.
        if not wanted:
            failed |= report(None if len(seen) >= 8 else f"only {len(seen)} rows did harm: is this test blind?",
                             f"differential the test sees what {name} does without ocigate, in {len(seen)} rows")
    if not RUNTIMES:
        print("skip differential: neither runc nor crun is installed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
