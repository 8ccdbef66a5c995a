# SPDX-License-Identifier: Apache-2.0
"""Mutations of a spec's linux section, hooks, annotations and of the text itself."""
import os

import world
from mutate import AGAIN, again, mutation

PATHS = {"network": "net", "ipc": "ipc", "uts": "uts", "pid": "pid", "mount": "mnt", "cgroup": "cgroup", "user": "user",
         "time": "time"}


# --- namespaces ---

@mutation("namespaces")
def drop_namespace(r, d):
    kinds = d.linux["namespaces"]
    if kinds:
        kinds.pop(r.randrange(len(kinds)))


@mutation("namespaces")
def join_namespace(r, d):
    kind = r.choice(["network", "ipc", "uts", "pid", "mount", "cgroup"])
    short = PATHS[kind]
    entry = d.namespace(kind)
    if entry is None:
        entry = {"type": kind}
        d.linux["namespaces"].append(entry)
    entry["path"] = r.choice([f"/proc/1/ns/{short}", f"/proc/self/ns/{short}", f"/run/host-{short}",
                              f"/run/pod/{short}", f"/run/pod/{short}", "", f"/proc/@HOLDER@/ns/{short}",
                              f"/proc/@HOLDER@/ns/{short}", "/proc/1/ns/net", "/dev/null",
                              f"/proc/thread-self/ns/{short}", f"/proc/@HOLDER@/root/proc/1/ns/{short}", "/no/where"])


@mutation("namespaces")
def own_namespace(r, d):
    kind = r.choice(list(PATHS))
    entry = d.namespace(kind)
    if entry is None:
        d.linux["namespaces"].append({"type": kind})
    else:
        entry.pop("path", None)


@mutation("namespaces")
def odd_namespace(r, d):
    kinds = d.linux["namespaces"]
    how = r.randint(0, 4)
    if how == 0:
        kinds.append({"type": r.choice(["Network", "net", "PID", "mnt", "newns", ""])})
    elif how == 1 and kinds:
        kinds.append(dict(r.choice(kinds)))
    elif how == 2 and kinds:
        r.choice(kinds)["type"] = r.choice(["Network", "PID", "time", "cgroup"])
    elif how == 3 and kinds:
        again(r, r.choice(kinds), r.choice(["path", "Path", "type", "Type"]),
              r.choice(["/proc/1/ns/net", "network", "/proc/1/ns/pid"]))
    else:
        r.shuffle(kinds)


@mutation("user-namespace")
def user_namespace(r, d):
    for entry in d.linux["namespaces"]:
        entry.pop("path", None)
    if r.random() < .85 and d.namespace("user") is None:
        d.linux["namespaces"].append({"type": "user", **({"path": "/proc/1/ns/user"} if r.random() < .1 else {})})
    size = r.choice([1, 65536, 65536])
    host = r.choice([131072, 131072, 200000, 0, 1000])
    d.linux["uidMappings"] = [{"containerID": 0, "hostID": host, "size": size}]
    d.linux["gidMappings"] = [{"containerID": 0, "hostID": r.choice([host, host, 0]), "size": size}]
    if r.random() < .2:
        d.linux["uidMappings"].append({"containerID": 70000, "hostID": r.choice([0, 1000, 300000]), "size": 1})
    if r.random() < .3:
        d.process["user"]["uid"] = r.choice([0, 1000, 70000])


@mutation("user-namespace")
def join_users(r, d):
    """A user namespace that somebody else made: the spec does not tell what it maps."""
    for entry in d.linux["namespaces"]:
        entry.pop("path", None)
    d.linux["namespaces"] = [entry for entry in d.linux["namespaces"] if entry["type"] != "user"]
    d.linux["namespaces"].append({"type": "user",
                                  "path": r.choice(["/run/pod/user-root", "/run/pod/user-mapped",
                                                    "/run/pod/user-mapped", "/proc/self/ns/user"])})
    for key in ("uidMappings", "gidMappings"):
        d.linux.pop(key, None)
        if r.random() < .3:
            d.linux[key] = [{"containerID": 0, "hostID": 131072, "size": 65536}]
    if r.random() < .6:
        d.process["user"]["uid"] = 0


@mutation("user-namespace")
def maps_without(r, d):
    d.linux["uidMappings"] = [{"containerID": 0, "hostID": r.choice([131072, 0]), "size": 65536}]
    d.linux["gidMappings"] = [{"containerID": 0, "hostID": 131072, "size": 65536}]
    if r.random() < .5:
        d.process["user"]["uid"] = 0


# --- hooks ---

@mutation("hooks")
def some_hook(r, d):
    stage = r.choice(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"])
    inside = stage in ("createContainer", "startContainer") and r.random() < .5
    path = "/guest" if inside else r.choice([world.SITE_HOOK, world.SITE_HOOK, world.OTHER_HOOK,
                                             f"{world.SITE_HOOK}/../other-hook", "/bin/sh", f"{world.DATA}/hook",
                                             world.GATE])
    args = {"/bin/sh": ["sh", "-c", f": >{world.MARKS}/@MARK@{stage}; cat >/dev/null"],
            world.GATE: ["ocigate", "hook", stage]}
    hook = {"path": path, "args": args.get(path, ["h", f"@MARK@{stage}"])}
    if path == f"{world.DATA}/hook":
        d.setup.append(["symlink", path, world.OTHER_HOOK])
    if r.random() < .3:
        hook["env"] = r.choice([[], ["A=b"], ["LD_PRELOAD=/data/x.so"]])
    if r.random() < .2:
        hook["timeout"] = r.choice([1, 10, 0, -1])
    hooks = d.spec.setdefault("hooks", {}).setdefault(stage, [])
    hooks.insert(r.choice([0, len(hooks)]), hook)


@mutation("hooks")
def odd_hooks(r, d):
    hook = [{"path": world.OTHER_HOOK, "args": ["h", "@MARK@odd"]}]
    stage = r.choice(["createRuntime", "prestart", "poststop", "poststart"])
    how = r.randint(0, 3)
    if how == 0:
        key = r.choice(["CreateRuntime", "Prestart", "create_runtime", "precreate", "Poststop"])
        d.spec.setdefault("hooks", {})[key] = hook
    elif how == 1 and d.role == "wrapper":
        d.spec[AGAIN + r.choice(["hooks", "Hooks", "hook\u017f"])] = {stage: hook}
    elif how == 2:
        d.spec.setdefault("hooks", {})[r.choice(["prestart", "poststop"])] = r.choice([[], None, {}])
    else:
        d.spec.setdefault("hooks", {}).setdefault(stage, []).append(
            {"path": world.OTHER_HOOK, "Path": world.SITE_HOOK, "args": ["h", "@MARK@odd"]})


# --- annotations ---

@mutation("annotations")
def steer(r, d):
    key, value = r.choice([
        ("run.oci.seccomp_bpf_data", "BgAAAAAA/38="), ("run.oci.keep_original_groups", "1"),
        ("run.oci.hooks.stdout", f"{world.DATA}/@MARK@out"), ("run.oci.hooks.stderr", f"{world.DATA}/@MARK@out"),
        ("run.oci.handler", "krun"), ("run.oci.systemd.force_cgroup_v1", "1"),
        ("run.oci.seccomp_fail_unknown_syscall", "1"), ("run.oci.mount_context_type", "context"),
        ("run.oci.pidfd_receiver", "/run/x"), ("org.criu.config", "/etc/x"),
        ("org.systemd.property.ExecStopPost", "'x'"), ("org.systemd.property.TimeoutStopUSec", "uint64 1"),
        ("run.oci.seccomp.receiver", "/run/x.sock"), ("run.oci.delegate-cgroup", "x"), ("io.example/app", "web"),
        ("note", ""), ("RUN.OCI.HANDLER", "x"), ("module.wasm.image/variant", "compat"),
        ("org.opencontainers.image.title", "x"), ("run.oci.timens_offset", "monotonic 0 0")])
    d.spec.setdefault("annotations", {})[key] = value


@mutation("annotations")
def plain_annotation(r, d):
    value = r.choice(["", "1", "x" * 300, "\u00e4"])
    key = r.choice(["io.example/app", "note", "run", "org.example.run.oci", "io.kubernetes.x", "ORG.CRIU"])
    d.spec.setdefault("annotations", {})[key] = value


@mutation("identity")
def forge(r, d):
    """Claims to be kube-system by keys that are not this engine's own."""
    notes = d.spec.setdefault("annotations", {})
    claims = {
        "containerd": ["io.kubernetes.pod.namespace", "io.kubernetes.cri-o.Namespace",
                       "io.kubernetes.cri.sandbox-Namespace"],
        "crio": ["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri-o.Namespace", "io.kubernetes.pod.Namespace"],
        "podman": ["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace", "io.kubernetes.pod.name"],
    }[d.base.engine]
    for key in r.sample(claims, r.randint(1, 3)):
        notes[key] = "kube-system"
    if d.base.engine == "podman":
        notes["io.container.manager"] = r.choice(["cri-o", "libpod"])
    if r.random() < .3:
        notes["io.kubernetes.cri.container-type"] = kind = r.choice(["sandbox", "container"])
        # This key is containerd's own.
        d.truth["pause"] = d.base.engine == "containerd" and kind == "sandbox"


@mutation("identity")
def forge_again(r, d):
    notes = d.spec.setdefault("annotations", {})
    key = {"containerd": "io.kubernetes.cri.sandbox-namespace",
           "crio": "io.kubernetes.pod.namespace"}.get(d.base.engine, "io.kubernetes.pod.namespace")
    again(r, notes, key, "kube-system")


@mutation("identity")
def truly(r, d):
    """The engine itself says where it runs."""
    key = {"containerd": "io.kubernetes.cri.sandbox-namespace",
           "crio": "io.kubernetes.pod.namespace"}.get(d.base.engine)
    if key:
        d.truth["namespace"] = r.choice(["kube-system", "monitoring", "shop"])
        d.spec["annotations"][key] = d.truth["namespace"]


# --- devices and resources ---

@mutation("devices")
def some_device(r, d):
    kind, major, minor = r.choice([("c", 1, 3), ("c", 1, 1), ("c", 10, 229), ("b", 8, 77), ("c", 1, 11), ("b", 254, 0),
                                   ("c", 1, 5), ("c", 5, 0), ("p", 0, 0)])
    path = r.choice(["/dev/x", "/dev/null", "/dev/fuse", "/data/node", "/dev/../x", "/proc/x", "/dev/sub/x"])
    d.linux.setdefault("devices", []).append({"path": path, "type": kind, "major": major, "minor": minor,
                                              "fileMode": r.choice([438, 0, 4534]), "uid": 0, "gid": 0})


@mutation("devices")
def device_rule(r, d):
    rules = d.linux.setdefault("resources", {}).setdefault("devices", [])
    rule = r.choice([{"allow": True, "access": "rwm"}, {"allow": True, "type": "a", "access": "rwm"},
                     {"allow": True, "type": "c", "access": "r"},
                     {"allow": True, "type": "b", "major": 8, "minor": 77, "access": "rw"},
                     {"allow": True, "type": "c", "major": 1, "minor": 1, "access": "rwm"},
                     {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rwm"},
                     {"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rwm"},
                     {"allow": False, "access": "rwm"}, {"allow": True, "type": "b", "major": 8, "access": "m"},
                     {"allow": True, "type": "c", "major": -1, "minor": -1, "access": "rwm"},
                     {"allow": True, "type": "c", "access": "m"}, {"allow": "true", "access": "rwm"}])
    rules.insert(r.choice([0, len(rules), len(rules)]), rule)


@mutation("devices")
def device_rules_gone(r, d):
    resources = d.linux.setdefault("resources", {})
    resources["devices"] = r.choice([[], None, [{"allow": False, "access": "rwm"}],
                                     [{"allow": False, "type": "c", "access": "rwm"}],
                                     [{"allow": True, "access": "rwm"}, {"allow": False, "access": "rwm"}]])


@mutation("resources")
def some_limits(r, d):
    resources = d.linux.setdefault("resources", {})
    how = r.randint(0, 3)
    if how == 0:
        resources["memory"] = r.choice([{}, {"limit": 67108864}, {"limit": 33554432}, {"limit": -1}, {"limit": 0},
                                        {"limit": 2**40}, {"limit": "64Mi"}])
    elif how == 1:
        resources["cpu"] = r.choice([{}, {"quota": 50000, "period": 100000}, {"quota": -1, "period": 100000},
                                     {"quota": 9000000, "period": 100000}, {"quota": 0, "period": 100000},
                                     {"quota": 50000}, {"quota": 50000, "period": 0}, {"quota": 1000, "period": 1000},
                                     {"shares": 2}])
    elif how == 2:
        resources["pids"] = {"limit": r.choice([0, -1, 100, 2**31])}
    else:
        resources.pop(r.choice(["memory", "cpu", "pids"]), None)


@mutation("resources")
def cgroup_place(r, d):
    how = r.randint(0, 2)
    if how == 0:
        d.linux["cgroupsPath"] = r.choice(["/", "", "../../@ID@", "/@GROUP@/../x-@ID@", d.linux["cgroupsPath"],
                                           "@GROUP@/@ID@"])
    elif how == 1:
        value = r.choice([{}, {"closID": "x"}, {"eth0": {}}])
        d.linux[r.choice(["intelRdt", "intelRDT", "netDevices", "memoryPolicy"])] = value
    else:
        d.linux["timeOffsets"] = {"monotonic": {"secs": r.choice([0, 1000])}}
        if r.random() < .7 and d.namespace("time") is None:
            d.linux["namespaces"].append({"type": "time"})


@mutation("sysctl")
def some_sysctl(r, d):
    name, value = r.choice([("net.ipv4.ip_local_port_range", "2000 3000"), ("net.ipv4.ping_group_range", "0 0"),
                            ("kernel.shm_rmid_forced", "1"), ("net.ipv4.ip_forward", "1"), ("net/ipv4/ip_forward", "1"),
                            ("net.core.somaxconn", "77"), ("kernel.msgmax", "4242"), ("kernel/msgmax", "4242"),
                            ("kernel.domainname", "elsewhere"), ("fs.mqueue.msg_max", "12"),
                            (world.HOST_SYSCTL, "@SYSCTL@"), ("vm/stat_interval", "@SYSCTL@"),
                            ("net.ipv4.tcp_syncookies", "0"), ("net.ipv4.../../vm/stat_interval", "@SYSCTL@"),
                            ("net.ipv4/../../vm/stat_interval", "@SYSCTL@"),
                            ("kernel.shm_rmid_forced", "1+vm.stat_interval=7"), ("Net.ipv4.ip_forward", "1"),
                            ("net.ipv4.tcp_keepalive_time", "600"), ("net.ipv4.tcp_fin_timeout", 60),
                            (".net.ipv4.ip_forward", "1"), ("net..ipv4.ip_forward", "1")])
    d.linux.setdefault("sysctl", {})[name] = value


# --- what is covered ---

@mutation("masks")
def some_masks(r, d):
    key = r.choice(["maskedPaths", "readonlyPaths"])
    paths = list(d.linux.get(key) or [])
    how = r.choice([0, 1, 2, 3, 4, 4, 4, 4, 5])
    if how == 0:
        d.linux.pop(key, None)
    elif how == 1:
        d.linux[key] = r.choice([None, []])
    elif how == 2 and paths:
        paths.remove(r.choice(paths))
        d.linux[key] = paths
    elif how == 3 and paths:
        at = r.randrange(len(paths))
        paths[at] = r.choice([paths[at] + "/", "/" + paths[at], paths[at].upper(), paths[at] + "/.",
                              paths[at].replace("/proc", "/proc/../proc")])
        d.linux[key] = paths
    elif how == 4:
        r.shuffle(paths)
        d.linux[key] = paths + r.choice([[], ["/proc/extra"], ["/data"], ["/proc/kcore"]])
    else:
        again(r, d.linux, key, [])


# --- seccomp ---

def allow_all(r):
    return {"defaultAction": "SCMP_ACT_ALLOW", **({"architectures": ["SCMP_ARCH_X86_64"]} if r.random() < .5 else {})}


@mutation("seccomp")
def some_seccomp(r, d):
    names = ["bpf", "kexec_load", "mount", "ptrace", "init_module", "open_by_handle_at", "perf_event_open"]
    d.linux["seccomp"] = r.choice([
        allow_all(r), {"defaultAction": "SCMP_ACT_LOG"}, {}, None,
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": names, "action": "SCMP_ACT_ERRNO"}]},
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["BPF"], "action": "SCMP_ACT_ERRNO"}]},
        {"defaultAction": "SCMP_ACT_TRACE"}, {"defaultAction": "SCMP_ACT_NOTIFY"}, {"defaultAction": "scmp_act_allow"}])


@mutation("seccomp")
def change_seccomp(r, d):
    block = d.linux.get("seccomp")
    if not isinstance(block, dict) or not block.get("syscalls"):
        block = good_filter()
        d.linux["seccomp"] = block
    how = r.randint(0, 7)
    name = r.choice(["bpf", "mount", "kexec_load", "perf_event_open", "userfaultfd", "init_module", "clone3", "getpid"])
    rules = block["syscalls"]
    if how == 0:
        rules.append({"names": [name],
                      "action": r.choice(["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_ERRNO",
                                          "SCMP_ACT_NOTIFY"])})
    elif how == 1:
        rules.append({"names": [name], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": r.choice([0, 1, 5]), "value": r.choice([0, 1, 2**32]),
                                "op": r.choice(["SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_GE"])}]})
    elif how == 2:
        block["architectures"] = r.choice([["SCMP_ARCH_X86_64"], ["SCMP_ARCH_AARCH64"], [], ["SCMP_ARCH_X86"],
                                           ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]])
    elif how == 3:
        block["defaultAction"] = r.choice(["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_KILL", "SCMP_ACT_ERRNO",
                                           "SCMP_ACT_KILL_PROCESS"])
    elif how == 4:
        block["flags"] = r.choice([["SECCOMP_FILTER_FLAG_LOG"], ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
                                   ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], []])
    elif how == 5:
        block["listenerPath"] = "/run/nobody.sock"
    elif how == 6:
        d.linux["seccomp"] = good_filter()
    else:
        d.linux.pop("seccomp")


def good_filter():
    with open("tests/lib/syscalls", encoding="ascii") as file:
        names = file.read().split()
    return {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
            if os.uname().machine == "x86_64" else ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
            "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}


# --- the document ---

def holders(node):
    """Every object of the spec."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from holders(value)
    elif isinstance(node, list):
        for value in node:
            yield from holders(value)


def folded(r, key):
    return r.choice([key.upper(), key.capitalize(), key.replace("s", "\u017f"), key.replace("k", "\u212a"),
                     key + "\u0000", key + " ", "\ufeff" + key])


@mutation("keys")
def key_again(r, d):
    """Some key of some object twice, in one way of writing or another, with a value of another spec."""
    holder = r.choice([each for each in holders(d.spec) if each and not any(key.startswith(AGAIN) for key in each)])
    if d.role == "hook" and holder is d.spec:
        return
    key = r.choice(list(holder))
    value = r.choice([holder[key], None, 0, False, [], {}, "/etc", True])
    again(r, holder, key if r.random() < .4 else folded(r, key), value)


@mutation("keys")
def key_unknown(r, d):
    holder = r.choice(list(holders(d.spec)))
    value = r.choice([1, "x", None, [], {"a": 1}])
    holder[r.choice(["x", "extra", "com.example", "privileged", "Host", "n\u00e4me", "vm"])] = value


@mutation("types")
def type_changed(r, d):
    holder = r.choice([each for each in holders(d.spec) if each])
    if d.role == "hook" and holder is d.spec:
        return
    key = r.choice(list(holder))
    holder[key] = r.choice([None, 0, "", [], {}, True, "0", 1.5, -1, 2**63, [None], str(holder[key])])


@mutation("types")
def value_kept(r, d):
    """Another way to write the same: a key's order, a number's sign."""
    holder = r.choice([each for each in holders(d.spec) if each])
    items = list(holder.items())
    r.shuffle(items)
    holder.clear()
    holder.update(items)


@mutation("syntax")
def text_changed(r, d):
    take, put = r.choice([('"noNewPrivileges"', '"n\\u006fNewPrivileges"'), ('"uid":', '"uid" : '),
                          ('"uid": ', '"uid":\t\n'), ('"mounts"', '/* */"mounts"'), ('"ociVersion"', '"ociVersion"'),
                          ('"root"', '"r\\u006fot"'), ('"uid": 0', '"uid": 00'), ('"uid": 1000', '"uid": 1000.0'),
                          ('"uid": 1000', '"uid": 1e3'), ('"process"', '"\\u0070rocess"'), ('"uid": 0', '"uid": -0'),
                          ("true", "True"), ("[]", "[,]"), ("null", "NaN"), ('"linux"', '\r\n"linux"')])
    d.text.append([take, put])


@mutation("syntax")
def text_around(r, d):
    d.text.append(r.choice([["$", "x"], ["$", "{}"], ["$", "\n\n"], ["^", "\ufeff"], ["^", "  \n"], ["$", "// x"],
                            ["$", "\u0000"], ["$", " "], ["$", "]"]]))
