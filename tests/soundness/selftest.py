# SPDX-License-Identifier: Apache-2.0
"""Can the observer see? With a gate that admits all it must find each kind of harm, and a healthy container clean.

A row: what is bent, the rule whose promise it breaks, under which runtime.
"""
import os
import random

import generate
import mutate
import policies
import world
from bases import HERE


def caps(d):
    d.process["capabilities"] = {kind: list(HERE) for kind in mutate.FIVE[:4]}


def privileged(d):
    caps(d)
    d.process["user"] = {"uid": 0, "gid": 0}
    d.linux["resources"]["devices"] = [{"allow": True, "access": "rwm"}]
    d.linux["maskedPaths"], d.linux["readonlyPaths"] = [], []


def namespace(kind):
    def drop(d):
        d.linux["namespaces"] = [entry for entry in d.linux["namespaces"] if entry["type"] != kind]
    return drop


def joined(d):
    d.namespace("network")["path"] = "/proc/1/ns/net"


def put(path, value):
    def change(d):
        holder = d.spec
        for step in path[:-1]:
            holder = holder.setdefault(step, {})
        holder[path[-1]] = value
    return change


def bind(source, *options, where="/data"):
    return lambda d: d.mount(where, source, ["rbind", *options])


def fresh(kind, where, *options):
    return lambda d: d.mount(where, kind, list(options), kind)


def hook(stage, path, *env):
    def change(d):
        d.spec.setdefault("hooks", {})[stage] = [{"path": path, "args": ["h", f"@MARK@{stage}"],
                                                  **({"env": list(env)} if env else {})}]
    return change


def laundered(d):
    source = next(source for source, owned in d.base.sources() if owned and "/volumes/" in source)
    d.setup.append(["bind-over", source, "/etc"])
    d.mount("/data", source, ["rbind"])


def over_lower(d):
    d.mount("/data", "overlay", ["lowerdir=/etc:/root"], "overlay")


def device(d):
    d.linux["devices"] = [{"path": "/dev/x", "type": "b", "major": 8, "minor": 77, "fileMode": 438, "uid": 0, "gid": 0}]


def cgroup_rw(d):
    for mount in d.spec["mounts"]:
        if mount["destination"] == "/sys/fs/cgroup":
            mount["options"] = ["nosuid", "noexec", "nodev", "rw"]


def no_dev(d):
    d.spec["mounts"] = [mount for mount in d.spec["mounts"] if not mount["destination"].startswith("/dev")]


def mapped_root(d):
    namespace("user")(d)
    for entry in d.linux["namespaces"]:
        entry.pop("path", None)
    d.linux["namespaces"].append({"type": "user"})
    d.linux["uidMappings"] = d.linux["gidMappings"] = [{"containerID": 0, "hostID": 0, "size": 4294967295}]
    d.process["user"] = {"uid": 0, "gid": 0}


def token(d):
    d.mount("/data", next(mount["source"] for mount in d.base.spec["mounts"] if "kube-api-access" in mount["source"]),
            ["rbind", "ro"])


def shared(d):
    d.linux["rootfsPropagation"] = "rshared"
    d.mount("/data", world.SHARED, ["rbind", "rshared"])


def write_sysctl(d):
    """As a hook: what runtimes refuse by themselves would show nothing."""
    script = "echo @SYSCTL@ >/proc/sys/vm/stat_interval; cat >/dev/null"
    d.spec["hooks"] = {"createRuntime": [{"path": "/bin/busybox", "args": ["sh", "-c", script]}]}


ANY = None
ROWS = [
    ("privileged", "privileged", privileged, "runc"),
    ("the host's pid namespace", "host-namespaces", namespace("pid"), ANY),
    ("the host's ipc namespace", "host-namespaces", namespace("ipc"), ANY),
    ("the host's network", "host-network", namespace("network"), ANY),
    ("the host's network, joined", "host-network", joined, ANY),
    ("root", "root-user", put(["process", "user"], {"uid": 0, "gid": 0}), ANY),
    ("root in a user namespace that is no other", "root-user", mapped_root, "runc"),
    ("a uid that crun reads as 0", "root-user", put(["process", "user"], {"uid": "1000", "gid": 1000}), "crun"),
    ("groups of whoever starts the runtime", "root-user",
     put(["annotations", "run.oci.keep_original_groups"], "1"), "crun"),
    ("capabilities", "capabilities", caps, ANY),
    ("the ambient set", "capabilities",
     put(["process", "capabilities"], {kind: ["CAP_SYS_ADMIN"] for kind in mutate.FIVE}), ANY),
    ("no no-new-privileges", "privilege-escalation", put(["process", "noNewPrivileges"], False), ANY),
    ("a path of the host", "host-paths", bind(world.DATA), ANY),
    ("a path of the host behind a link", "host-paths", bind("/var/lib/logs/data"), ANY),
    ("a path of the host behind a volume", "host-paths", laundered, ANY),
    ("a path of the host in an overlay", "host-paths", over_lower, ANY),
    ("another pod's secret", "host-paths", bind(f"{world.OTHER_POD}/volumes/kubernetes.io~secret/token"), ANY),
    ("/etc", "sensitive-mounts", bind("/etc", "ro"), ANY),
    ("/", "sensitive-mounts", bind("/", "ro"), ANY),
    ("an engine's socket", "sensitive-mounts", bind("/run/containerd/containerd.sock", where="/mnt/sock"), ANY),
    ("/proc of the host", "sensitive-mounts", bind("/proc"), ANY),
    ("no filter", "seccomp", lambda d: d.linux.pop("seccomp"), ANY),
    ("a filter that lets everything through", "seccomp",
     put(["linux", "seccomp"], {"defaultAction": "SCMP_ACT_ALLOW"}), "runc"),
    ("a filter that lets bpf through", "seccomp",
     lambda d: d.linux["seccomp"]["syscalls"].append({"names": ["bpf"], "action": "SCMP_ACT_ALLOW"}), ANY),
    ("a writable root", "read-only-rootfs", put(["root", "readonly"], False), ANY),
    ("no memory limit", "resource-limits", lambda d: d.linux["resources"].pop("memory"), ANY),
    ("no CPU limit", "resource-limits", lambda d: d.linux["resources"].pop("cpu"), ANY),
    ("a token", "service-account-token", token, ANY),
    ("an odd file system", "spec-integrity", fresh("ramfs", "/data"), ANY),
    ("another root", "spec-integrity", put(["root", "path"], world.IN_ETC), ANY),
    ("a personality", "spec-integrity", put(["linux", "personality"], {"domain": "LINUX32"}), "crun"),
    ("a negative nice", "spec-integrity", put(["process", "scheduler"], {"policy": "SCHED_OTHER", "nice": -5}),
     "crun-newer"),
    ("a negative nice under runc", "spec-integrity",
     put(["process", "scheduler"], {"policy": "SCHED_OTHER", "nice": -5}), "runc-newer"),
    ("a device", "devices", device, ANY),
    ("every device", "devices", put(["linux", "resources", "devices"], [{"allow": True, "access": "rwm"}]), ANY),
    ("no /dev of its own", "devices", no_dev, "crun"),
    ("a sysctl of its own", "sysctls", put(["linux", "sysctl"], {"net.core.somaxconn": "77"}), ANY),
    ("a sysctl of the host", "sysctls", write_sysctl, ANY),
    ("no masks", "proc-mount", put(["linux", "maskedPaths"], []), ANY),
    ("a writable /proc/sys", "proc-mount", put(["linux", "readonlyPaths"], []), ANY),
    ("a second procfs", "proc-mount", fresh("proc", "/data"), ANY),
    ("a mount over /proc/sys", "proc-mount", fresh("tmpfs", "/proc/sys"), "crun"),
    ("writable cgroups", "proc-mount", cgroup_rw, ANY),
    ("a shared mount", "mount-propagation", shared, ANY),
    ("a hook at prestart", "bundle-hooks", hook("prestart", world.OTHER_HOOK), ANY),
    ("a hook at createRuntime", "bundle-hooks", hook("createRuntime", world.OTHER_HOOK), ANY),
    ("a hook at createContainer", "bundle-hooks", hook("createContainer", world.OTHER_HOOK), "crun"),
    ("a hook at poststart", "bundle-hooks", hook("poststart", world.OTHER_HOOK), ANY),
    ("a hook at poststop", "bundle-hooks", hook("poststop", world.OTHER_HOOK), ANY),
    ("a library smuggled into a hook", "bundle-hooks",
     hook("poststart", world.SITE_HOOK, "LD_PRELOAD=/data/x.so"), ANY),
    ("an annotation that writes files of the host", "runtime-annotations",
     put(["annotations", "run.oci.hooks.stdout"], f"{world.DATA}/@MARK@out"), "crun"),
    ("a suspicious program", "suspicious-command", put(["process", "args"], ["/usr/sbin/sshd", "600"]), ANY),
    ("where there is no AppArmor", "apparmor", lambda d: None, ANY),
]
if os.path.exists(world.APPARMOR):
    ROWS[-1:] = [
        ("no profile", "apparmor", lambda d: d.process.pop("apparmorProfile"), ANY),
        ("a profile in complain mode", "apparmor", put(["process", "apparmorProfile"], "s-complain"), ANY),
        ("a stack with a weak part", "apparmor", put(["process", "apparmorProfile"], "s-enforce//&s-complain"), "runc"),
    ]
EXECS = [
    ("an exec as root", "exec-escalation", 9),
    ("an exec with a capability", "capabilities", 14),
    ("an exec without no-new-privileges", "privilege-escalation", 9),
    ("an exec outside its container's cgroup", "exec-escalation", 22),
]


def policy_for(rule):
    policy = {"version": 1, "preset": "default", "rules": {each: {"effect": "deny"} for each in policies.RULES}}
    if rule == "root-user":
        policy["rules"]["root-user"]["supplementary_ranges"] = ["1000-2000"]
    if rule == "apparmor":
        policy["rules"]["apparmor"]["unsupported"] = "deny"
    if rule == "bundle-hooks":
        policy["rules"]["bundle-hooks"]["allowed"] = [world.GATE, world.SITE_HOOK]
    return policy


def built_for(work, base, change, rule, runtime, execution=None):
    d = mutate.Draft(base, "hook")
    generate.calm(random.Random(1), d)
    d.spec["root"]["readonly"] = True
    d.spec["mounts"] = [mount for mount in d.spec["mounts"] if "serviceaccount" not in mount["destination"]]
    change(d)
    d.process["args"] = d.process["args"] or ["/guest", "600"]
    return generate.finish(d, {"policy": policy_for(rule), "role": "wrapper" if execution is not None else "hook",
                               "runtime": runtime, "exec": [execution, 1] if execution is not None else None})


def run(work, tell, about=None):
    """@about: of one rule alone"""
    base = next(each for each in work.bases if each.name == "containerd-2.1/restricted")
    for runtime in work.names:
        outcome = work.run(built_for(work, base, lambda d: None, None, runtime))
        good = outcome.ran and not outcome.breaches
        tell(name=f"observer sees nothing amiss in a healthy container under {runtime}",
             failure=None if good else f"ran: {outcome.ran} {outcome.note}, breaches: {outcome.breaches}")
    for what, rule, change, runtime in (row for row in ROWS if about in (None, row[1])
                                        and (row[3] or "crun") in work.names):
        tell(name=f"observer sees {what}",
             failure=missed(work, built_for(work, base, change, rule, runtime or "crun"), rule))
    for what, rule, number in EXECS if about is None else ():
        tell(name=f"observer sees {what}",
             failure=missed(work, built_for(work, base, lambda d: None, rule, "crun", number), rule))


def missed(work, built, rule):
    outcome = work.run(built)
    if any(each == rule for each, _ in outcome.breaches):
        return None
    return f"saw no breach of {rule}, ran: {outcome.ran} {outcome.note}, but {outcome.breaches}"
