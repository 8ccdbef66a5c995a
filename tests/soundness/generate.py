# SPDX-License-Identifier: Apache-2.0
"""A case from a seed and a number, and a case made real: always the same from the same."""
import json
import os
import random

import mutate
import mutate_linux
import policies
import world
from bases import PLACES, STORED_ROOT

if os.path.exists(world.APPARMOR):
    import mutate_apparmor
DIMENSIONS = sorted(mutate.MUTATIONS)
# Which rule a dimension is most of all about: half of the time it is not enforced, so that others are seen at work.
JUDGED_BY = {"annotations": "runtime-annotations", "apparmor": "apparmor", "bind": "host-paths",
             "capabilities": "capabilities", "devices": "devices", "hooks": "bundle-hooks", "masks": "proc-mount",
             "namespaces": "host-namespaces", "no-new-privileges": "privilege-escalation", "oom": "spec-integrity",
             "propagation": "mount-propagation", "resources": "resource-limits", "root": "read-only-rootfs",
             "seccomp": "seccomp", "sysctl": "sysctls", "user": "root-user", "user-namespace": "root-user",
             "destination": "proc-mount", "file-system": "proc-mount"}
# Command lines of the wrapper; what each says is in commands.py.
COMMANDS = 26
EXECS = 24


def make(seed, index, bases, runtimes):
    r = random.Random(f"{seed}/{index}")
    first = DIMENSIONS[index % len(DIMENSIONS)]
    chosen = [first]
    while len(chosen) < 5 and r.random() < .3:
        chosen.append(r.choice(DIMENSIONS))
    role = r.choice(["hook", "wrapper"])
    case = {"seed": seed, "index": index, "base": r.randrange(len(bases)), "role": role, "runtime": r.choice(runtimes),
            "policy": policies.some(r, JUDGED_BY.get(first) if r.random() < .5 else None), "calm": r.random() < .92,
            "mutations": []}
    for dimension in chosen:
        case["mutations"].append([dimension, r.randrange(len(mutate.MUTATIONS[dimension])), r.randrange(2**32)])
    if role == "wrapper":
        case["command"] = r.randrange(COMMANDS) if r.random() < .15 else 0
        case["exec"] = [r.randrange(EXECS), r.randrange(2**32)] if r.random() < .55 else None
    return case


MASKED = ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
          "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def calm(r, d):
    """What most rules ask for."""
    linux = d.linux
    d.process["user"] = {"uid": 1000, "gid": 1000}
    d.process["noNewPrivileges"] = True
    if os.path.exists(world.APPARMOR):
        d.process["apparmorProfile"] = mutate_apparmor.GOOD
    d.process["capabilities"] = {kind: [cap for cap in caps if cap in mutate.PLAIN_CAPS]
                                 for kind, caps in d.process.get("capabilities", {}).items()}
    linux["seccomp"] = mutate_linux.good_filter()
    linux["resources"].update({"devices": [{"allow": False, "access": "rwm"}], "memory": {"limit": 2**26},
                               "cpu": {"quota": 50000, "period": 100000}, "pids": {"limit": 500}})
    linux["maskedPaths"], linux["readonlyPaths"] = list(MASKED), list(READ_ONLY)
    for key in ("devices", "rootfsPropagation"):
        linux.pop(key, None)
    if r.random() < .7:
        d.spec["root"]["readonly"] = True
    own = [source for source, owned in d.base.sources() if owned and "kube-api-access" not in source]
    d.spec["mounts"] = [mount for mount in d.spec["mounts"] if not mount["source"].startswith("/")
                        or mount["source"] in own]
    for mount in d.spec["mounts"]:
        if mount["destination"].startswith("/sys") and "ro" not in mount["options"]:
            mount["options"] = [word for word in mount["options"] if word != "rw"] + ["ro"]
    if r.random() < .8:
        settle_namespaces(d)


def settle_namespaces(d):
    linux = d.linux
    for kind in ("pid", "ipc", "network", "uts", "mount"):
        if d.namespace(kind) is None:
            linux["namespaces"].append({"type": kind})


class Built:
    """@text: of config.json, with @ID@ and the like; @setup: see Draft"""

    def __init__(self, **members):
        self.__dict__.update(members)

    def plain(self, word, name, holder):
        for token, value in (("@BUNDLE@", self.bundle(name)), ("@ROOT@", self.root.replace("@ID@", name)),
                             ("@ID@", name), ("@GROUP@", world.GROUP), ("@HOLDER@", str(holder)),
                             ("@MARK@", name[:12] + "-"), ("@SYSCTL@", self.sysctl(name))):
            word = word.replace(token, value)
        return word

    @staticmethod
    def sysctl(name):
        return str(1000 + int(name[:12], 16) % 900000)

    def bundle(self, name):
        return PLACES[self.engine].replace("@ID@", name)

    def as_json(self):
        return dict(self.__dict__)


def to_text(d):
    text = json.dumps(d.spec, indent=1, ensure_ascii=False).replace(mutate.AGAIN, "")
    for take, put in d.text:
        if take == "^":
            text = put + text
        elif take == "$":
            text = text + put
        else:
            text = text.replace(take, put, 1)
    return text


def build(case, bases):
    base = bases[case["base"]]
    d = mutate.Draft(base, case["role"])
    if case["calm"]:
        calm(random.Random(case["seed"] + str(case["index"])), d)
    for dimension, which, seed in case["mutations"]:
        try:
            mutate.MUTATIONS[dimension][which](random.Random(seed), d)
        except (KeyError, TypeError, AttributeError, IndexError, ValueError):
            continue  # an earlier mutation took away what this one changes
    return finish(d, case)


def finish(d, case):
    """From a draft to what is run."""
    if case["role"] == "hook":
        add_gate(d)
    base = d.base
    own = sorted({source for source, owned in base.sources() if owned})
    return Built(text=to_text(d), setup=d.setup, truth=d.truth, engine=base.engine, own=own,
                 own_mounts=own_mounts(base), policy=case["policy"],
                 root=f"{PLACES['containerd']}/rootfs" if base.engine == "containerd" else STORED_ROOT,
                 role=case["role"], runtime=case["runtime"], command=case.get("command", 0), exec=case.get("exec"),
                 name=base.name)


def own_mounts(base):
    return [mount["destination"] for mount in base.spec["mounts"]]


def add_gate(d):
    hooks = d.spec.get("hooks")
    if not isinstance(hooks, dict):
        hooks = d.spec["hooks"] = {}
    gate = {"path": world.GATE, "args": ["ocigate", "hook", "createRuntime"], "env": ["LC_ALL=C"], "timeout": 30}
    if not isinstance(hooks.get("createRuntime"), list):
        hooks["createRuntime"] = []
    hooks["createRuntime"].append(gate)
