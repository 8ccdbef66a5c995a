# SPDX-License-Identifier: Apache-2.0
"""Runs cases in a node of its own: each is judged by ocigate as it really stands there, and what runs is looked at."""
import glob
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time

import audit
import bases
import commands
import generate
import observe
import policies
import promises
import world

# Of whoever starts the runtime, and of no container.
RUNTIMES_GROUP = 4242
ADMITTED, REFUSED, UNASKED, LEFT_OUT = "admitted", "refused", "unasked", "left out"


class Outcome:
    """@verdict: what ocigate said; @ran: did the program run?; @breaches: [[rule, what]]"""

    def __init__(self, verdict, ran, breaches, note="", executed=0):
        self.verdict, self.ran, self.breaches, self.note, self.executed = verdict, ran, breaches, note, executed
        self.agreement = None

    def as_json(self):
        return dict(self.__dict__)


class Worker:
    def __init__(self, runtimes, mode="gate"):
        """@runtimes: {name: program}"""
        self.world = world.World()
        self.bases = bases.load()
        self.runtimes, self.mode = runtimes, mode
        self.names = sorted(runtimes)
        self.fresh = observe.settings_of(0)
        observe.make_probes()
        self.before_value = world.get_sysctl(world.HOST_SYSCTL)
        self.guest = {os.stat(path).st_ino
                      for path in (*self.world.template.values(), f"{world.ELSEWHERE}/guest", f"{world.IN_ETC}/guest")}
        self.host = observe.Process(os.getpid())
        self.controllers = [path for path in glob.glob("/sys/fs/cgroup/*") if os.path.isdir(path)
                            and not os.path.islink(path)]
        self.own_cgroups = observe.cgroups(os.getpid())
        self.count, self.root = 0, os.stat("/").st_ino
        for name in self.names:
            self.install(name)
        self.world.settle()

    def install(self, name):
        """The wrapper of each runtime is a link named after it; which program it starts is the policy's."""
        link = f"/usr/local/bin/ocigate-{name}"
        if not os.path.lexists(link):
            os.symlink("ocigate", link)

    # --- making it real ---

    def prepare(self, built, name):
        bundle, root = built.bundle(name), built.root.replace("@ID@", name)
        for top in (bundle, root):
            os.makedirs(top, exist_ok=True)
        for path in ("proc", "sys", "dev", "etc", "tmp", "run", "mark", "data"):
            os.makedirs(f"{root}/{path}")
        os.chmod(f"{root}/mark", 0o1777)
        world.guest_at(root, self.world.template)
        made = []
        for source in built.own:
            source = source.replace("@ID@", name)
            bases.make_source(source)
            made.append(world.place(source))
        for destination in built.own_mounts:
            self.mountpoint(root, destination)
        for step in built.setup:
            self.set_up(step, name, built, root)
        with open(f"{bundle}/config.json", "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            file.write(built.plain(built.text, name, self.world.holder))
        return bundle, root, [place for place in made if place]

    @staticmethod
    def mountpoint(root, destination):
        path = root + destination
        if os.path.basename(path) in bases.FILES | {"termination-log"} or destination.startswith("/dev/"):
            if not destination.startswith("/dev/") and not os.path.lexists(path):
                world.write(path)
        elif not os.path.lexists(path):
            os.makedirs(path, exist_ok=True)

    def set_up(self, step, name, built, root):
        word, path, to = (built.plain(each, name, self.world.holder) for each in step)
        if word == "link":
            os.symlink(to, f"{root}/{path}")
        elif word == "symlink" and not os.path.lexists(path):
            os.symlink(to, path)
        elif word == "bind-over" and os.path.isdir(path) and os.path.isdir(to):
            subprocess.run(["mount", "--bind", to, path], check=True)
        elif word == "link-over" and os.path.lexists(path) and not os.path.islink(path):
            os.rename(path, path + ".moved")
            os.symlink(to, path)

    def tear_down(self, built, name):
        for word, path, _ in reversed(built.setup):
            path = built.plain(path, name, self.world.holder)
            if word == "bind-over":
                world.LIBC.umount2(path.encode(), 2)
            elif word == "link-over" and os.path.lexists(path + ".moved"):
                os.unlink(path)
                os.rename(path + ".moved", path)
            elif word == "symlink" and os.path.islink(path):
                os.unlink(path)
        for source in built.own:
            if "@ID@" in source:
                world.remove(source.replace("@ID@", name))
        for top in (built.bundle(name), built.root.replace("@ID@", name)):
            world.remove(top.rsplit(name, 1)[0] + name)

    def make_evil(self, name):
        """Another bundle, with all that a policy refuses."""
        bundle = f"/run/containerd/evil-{name[:12]}"
        os.makedirs(f"{bundle}/rootfs/proc")
        world.guest_at(f"{bundle}/rootfs", self.world.template)
        caps = {kind: bases.HERE for kind in ("bounding", "effective", "permitted")}
        spec = {"ociVersion": "1.0.2",
                "process": {"user": {"uid": 0, "gid": 0}, "args": ["/guest", "600"], "cwd": "/", "capabilities": caps},
                "root": {"path": "rootfs"},
                "linux": {"namespaces": [{"type": "mount"}], "cgroupsPath": f"/{world.GROUP}/{name}"},
                "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                           {"destination": "/host", "type": "bind", "source": "/etc", "options": ["rbind"]}]}
        world.write(f"{bundle}/config.json", json.dumps(spec))
        return bundle

    # --- running ---

    def policy_for(self, built):
        policy = dict(built.policy)
        policy["runtime"] = {"candidates": {f"ocigate-{name}": [program] for name, program in self.runtimes.items()}}
        policies.write(policy)

    def call(self, program, words, where=None):
        with open(f"{world.NODE}/said", "wb") as out:
            try:
                done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=60,
                                      check=False, cwd=where, env={"PATH": os.environ["PATH"]},
                                      extra_groups=[0, RUNTIMES_GROUP])
            except ValueError:
                return 255
            except subprocess.TimeoutExpired:
                return 254
        return done.returncode

    @staticmethod
    def records():
        with open(world.RECORD, encoding="utf-8", errors="replace", newline="\n") as file:
            lines = [line for line in file if line.startswith("{")]
        try:
            return list(map(json.loads, lines))
        except ValueError as error:
            raise OSError(f"a record is no JSON: {error}") from error

    def wait(self, pid):
        """Until the container's own program runs: True; False when it never will."""
        for _ in range(1500):
            try:
                # Whoever holds it before its first instruction still has a filter to attach.
                if os.stat(f"/proc/{pid}/exe").st_ino in self.guest and observe.status(pid)["TracerPid"].strip() == "0":
                    return True
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                    if file.read().rsplit(")", 1)[1].split()[0] in "ZX":
                        return False
            except (FileNotFoundError, ProcessLookupError):
                return False
            time.sleep(.002)
        return False

    @staticmethod
    def pid_in(path):
        try:
            with open(path, encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return None

    @staticmethod
    def keeps_node(built, rules):
        """With the host's mount namespace a runtime makes the container's root the node's: nobody can look at that."""
        if policies.enforced(rules, "host-namespaces") and "mount" in rules["host-namespaces"]["forbidden"]:
            return True
        try:
            entries = json.loads(built.text)["linux"]["namespaces"]
            mount = [entry for entry in entries if entry.get("type") == "mount"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return False
        return len(mount) == 1 and len(mount[0]) == 1 and '"path": "/proc/1/ns/mnt"' not in built.text

    def run(self, built):
        if not self.keeps_node(built, policies.effective(built.policy, built.truth)):
            return Outcome(LEFT_OUT, False, [])
        self.count += 1
        name = hashlib.sha256(f"{os.getpid()}/{self.count}/{built.text[:200]}".encode()).hexdigest()
        for mark in os.listdir(world.MARKS):
            os.unlink(f"{world.MARKS}/{mark}")
        world.write(world.RECORD)
        bundle, root, own = self.prepare(built, name)
        before = self.before(built)
        self.policy_for(built)
        try:
            return self.run_prepared(built, name, bundle, root, own, before)
        finally:
            self.clean(built, name)

    def before(self, built):
        if "sysctl" not in built.text:
            return None
        return {"holder": observe.settings_of(self.world.holder), "host": observe.settings_of(os.getpid()),
                "fresh": self.fresh}

    def run_prepared(self, built, name, bundle, root, own, before):
        runtime = built.runtime if built.runtime in self.runtimes else self.names[0]
        program = self.runtimes[runtime]
        if built.role == "wrapper" and self.mode != "stub":
            program = f"/usr/local/bin/ocigate-{runtime}"
        evil = self.make_evil(name) if built.command else "/nowhere"
        words, where = commands.start(built.command, f"/run/state-{runtime}", bundle, evil, f"{world.NODE}/pid", name,
                                      "crun" in runtime)
        if os.path.exists(f"{world.NODE}/pid"):
            os.unlink(f"{world.NODE}/pid")
        status = self.call(program, words, where)
        with open(f"{world.NODE}/said", encoding="utf-8", errors="replace") as file:
            said = file.read()[-400:]
        verdict = self.verdict(built)
        pid = self.pid_in(f"{world.NODE}/pid") if status == 0 else None
        ran = bool(pid and self.wait(pid))
        rules = policies.effective(built.policy, built.truth)
        if self.mode == "audit":
            rules = audit.promised(rules)
        found, executed = [], 0
        view = self.look(built, pid, root, own, rules, before) if ran else None
        ran = view is not None
        if ran:
            if verdict == UNASKED:
                found.append(("gate", "runs without having been judged"))
            elif verdict == REFUSED:
                found.append(("gate", "runs although it was refused"))
            found += promises.breaches(view, promises.OF_CONTAINER)
            if built.role == "wrapper" and built.exec:
                executed, more = self.execute(built, name, runtime, program, rules, view)
                found += more
        self.stop(built, name, pid, runtime)
        # What a runtime does before it calls any hook, no hook can hinder.
        if verdict == ADMITTED or (verdict == REFUSED and built.role == "wrapper"):
            found += promises.host_breaches(rules, self.marks(), self.changed(built, name), self.host_files(name),
                                            verdict == ADMITTED)
        else:
            self.changed(built, name)
            self.host_files(name)
        outcome = Outcome(verdict, ran, [list(each) for each in found], self.note(said) if not ran else "", executed)
        if self.mode == "audit":
            holes, outcome.agreement = audit.compare(found, self.records(), ran)
            outcome.breaches = [list(each) for each in holes]
        return outcome

    def note(self, said):
        refusals = [record for record in self.records() if record["verdict"] != "admit"]
        return sorted({finding["rule"] for record in refusals for finding in record["findings"]
                       if finding["effect"] in ("deny", "apply")}) or said

    def verdict(self, built):
        if self.mode == "stub":
            return ADMITTED
        stages = [record for record in self.records() if record.get("stage") != "exec"]
        if not stages:
            return UNASKED if built.role == "hook" else REFUSED
        return REFUSED if any(record["verdict"] != "admit" for record in stages) else ADMITTED

    def look(self, built, pid, root, own, rules, before):
        """None: it ended meanwhile, by a limit of its own"""
        try:
            seen = observe.Container(pid)
        except OSError:
            if self.wait(pid):
                raise
            return None
        fresh = {"fresh": self.fresh}
        by_part = {part: {**fresh,
                          **({"host": (before or {}).get("host", {}), "holder": (before or {}).get("holder", {})})}
                   for part in ("net", "ipc", "uts")}
        if before is None:
            seen.sysctls = {}
        view = promises.View(seen, built, rules, own, by_part, self.host)
        view.root = root
        return view

    def execute(self, built, name, runtime, program, rules, container):
        pid_file = f"{world.NODE}/exec-pid"
        if os.path.exists(pid_file):
            os.unlink(pid_file)
        try:
            spec = json.loads(built.text).get("process")
        except ValueError:
            spec = None
        words = commands.execution(*built.exec, f"/run/state-{runtime}", name, pid_file,
                                   f"{world.NODE}/process.json", spec)
        shutil.copy(f"{world.NODE}/process.json", f"{world.NODE}/process.json.other")
        status = self.call(program, words)
        pid = self.pid_in(pid_file) if status == 0 else None
        if not (pid and self.wait(pid)):
            if os.environ.get("SOUNDNESS_VERBOSE"):
                with open(f"{world.NODE}/said", encoding="utf-8", errors="replace") as file:
                    print("# exec", words[5:], file.read()[-300:], flush=True)
            return 0, []
        seen = observe.Process(pid)
        view = promises.View(seen, built, rules, container.own, None, self.host)
        found = promises.breaches(view, promises.OF_PROCESS, execs=True)
        if policies.enforced(rules, "exec-escalation"):
            found += [("exec-escalation", what) for what in promises.exec_escalation(view, container.seen)]
        os.kill(pid, signal.SIGKILL)
        return 1, [(rule, f"exec {' '.join(words[5:])}: {what}") for rule, what in found]

    def stop(self, built, name, pid, runtime):
        program = self.runtimes[runtime]
        state = f"/run/state-{runtime}"
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        hooked = '"post' in built.text or "hook" in built.text.lower() and built.role == "wrapper"
        if hooked or not pid and os.path.exists(f"{state}/{name}"):
            self.call(program, ["--root", state, "delete", "--force", name])
        world.remove(f"{state}/{name}")

    @staticmethod
    def marks():
        found = {}
        for name in sorted(os.listdir(world.MARKS)):
            with open(f"{world.MARKS}/{name}", encoding="utf-8", errors="replace") as file:
                found[name] = " ".join(line for line in file.read().split("\n")
                                       if "LD_" in line and "LIBRARY_PATH=" not in line)
        return found

    def changed(self, built, name):
        value = world.get_sysctl(world.HOST_SYSCTL)
        if value == self.before_value or value != built.sysctl(name):
            return None
        world.set_sysctl(world.HOST_SYSCTL, self.before_value)
        return value

    @staticmethod
    def host_files(name):
        found = [entry for entry in os.listdir(world.DATA) if entry.startswith(name[:12])]
        for entry in found:
            os.unlink(f"{world.DATA}/{entry}")
        return found

    def clean(self, built, name):
        if os.stat("/").st_ino != self.root:
            raise SystemExit("a container made its root the node's")
        self.tear_down(built, name)
        world.remove(f"/run/containerd/evil-{name[:12]}")
        self.world.tidy()
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        self.remove_cgroups(name)

    def remove_cgroups(self, name):
        """Where the spec says, where runtimes put a container whose spec says nothing, and where an odd path led."""
        for top in [*self.controllers, "/sys/fs/cgroup"]:
            for parent in (f"{top}/{world.GROUP}", top, self.own_cgroups.get(os.path.basename(top), top)):
                for each in os.listdir(parent) if os.path.isdir(parent) else ():
                    if name in each:
                        self.remove_cgroup(f"{parent}/{each}")

    @staticmethod
    def remove_cgroup(path):
        for where, _, _ in os.walk(path, topdown=False):
            try:
                os.rmdir(where)
            except OSError:
                pass


def case_outcome(worker, case):
    built = generate.build(case, worker.bases)
    return built, worker.run(built)
