# SPDX-License-Identifier: Apache-2.0
"""Policies to judge by, and what a policy comes to.

What it comes to is worked out here from the documents in config/ alone: presets, then the drop-in, key by key, then the
exceptions for whom the container really is.
"""
import copy
import fnmatch
import json

import world

# Rules whose promise can be seen on a running container.
RULES = ("privileged", "host-namespaces", "host-network", "root-user", "capabilities", "host-paths",
         "apparmor", "seccomp", "privilege-escalation", "read-only-rootfs", "resource-limits", "service-account-token",
         "spec-integrity", "devices", "sysctls", "proc-mount", "mount-propagation", "sensitive-mounts", "bundle-hooks",
         "runtime-annotations", "suspicious-command", "exec-escalation")
AMENDABLE = ("capabilities", "seccomp", "privilege-escalation", "read-only-rootfs", "resource-limits",
             "service-account-token", "proc-mount", "runtime-annotations")


def document(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def settings(r, rule):
    """Other settings than the shipped ones, now and then."""
    choices = {
        "host-namespaces": [{"forbidden": ["pid", "ipc", "mount", "uts", "cgroup"]}, {"forbidden": ["pid"]}],
        "root-user": [{"allow_in_user_namespace": False}, {"uid_ranges": ["1000-2000"]}, {"gid_ranges": ["1-65535"]},
                      {"supplementary_ranges": ["1-65535"]}],
        "capabilities": [{"allowed": []}, {"allowed": ["CAP_NET_BIND_SERVICE"]},
                         {"forbidden": ["CAP_NET_RAW", "CAP_MKNOD"]}],
        "host-paths": [{"allowed": [{"path": world.DATA, "read_only": True}]},
                       {"allowed": [{"path": world.DATA, "read_only": False}]},
                       {"allowed": [{"path": "/", "read_only": True}]},
                       {"allowed": [{"path": "/var/lib/logs", "read_only": True}]}],
        "resource-limits": [{"memory_max": "128Mi", "cpu_max": 0}, {"memory_max": 0, "cpu_max": 1, "pids_max": 1000}],
        "apparmor": [{"unsupported": "deny"}, {"allowed": ["runtime/default"]}, {"allowed": ["localhost/s-k*"]}, {}],
        "spec-integrity": [{"features": ["timeOffsets", "personality", "scheduler"]},
                           {"filesystems": ["proc", "tmpfs", "sysfs", "devpts", "mqueue", "cgroup", "ramfs"]}],
        "devices": [{"allowed": ["c 10:229 rwm"]}, {"allowed": ["b 8:* rwm"]}],
        "sysctls": [{"allowed": ["net.*"]}, {"allowed": []}],
        "proc-mount": [{"allow_in_user_namespace": True}, {"allow_writable_cgroup": True}, {"masked": ["/proc/kcore"]}],
        "mount-propagation": [{"allowed": [world.SHARED]}],
        "sensitive-mounts": [{"allowed": ["/etc/passwd"]}, {"paths": ["/etc", "/proc", "/sys", "/dev"]}],
        "bundle-hooks": [{"allowed": [world.GATE, world.SITE_HOOK]}],
        "suspicious-command": [{"patterns": ["*forbidden*"]}],
    }.get(rule)
    return r.choice(choices) if choices and r.random() < .35 else {}


def some(r, spared=None):
    """A drop-in. @spared: a rule that is not enforced"""
    kind = r.choice(["default", "default", "baseline", "restricted", "subset", "subset", "subset", "apply", "all"])
    policy = {"version": 1, "rules": {}}
    rules = policy["rules"]
    if kind in ("baseline", "restricted", "default"):
        policy["preset"] = kind
        for rule in r.sample(RULES, r.choice([0, 0, 1, 3])):
            rules[rule] = settings(r, rule)
    elif kind == "subset":
        policy["preset"] = "audit"
        for rule in r.sample(RULES, r.randint(1, 6)):
            rules[rule] = {"effect": "deny", **settings(r, rule)}
    elif kind == "all":
        rules["*"] = {"effect": r.choice(["deny", "apply"])}
        for rule in r.sample(RULES, 10):
            rules[rule] = {"effect": "audit"}
        for rule in ("read-only-rootfs", "service-account-token", "default-namespace", "listen-ports", "trusted-images",
                     "apparmor"):
            rules[rule] = {"effect": "audit"}
    else:
        policy["preset"] = r.choice(["default", "audit"])
        for rule in r.sample(AMENDABLE, r.randint(1, len(AMENDABLE))):
            rules[rule] = {"effect": "apply", **settings(r, rule)}
    of_execs = ("root-user", "capabilities", "privilege-escalation", "suspicious-command")
    for rule in r.sample(of_execs, 2) if r.random() < .15 else ():
        rules[rule] = {**rules.get(rule, {}), "exec": {"effect": r.choice(["deny", "audit"])}}
    if spared:
        rules[spared] = {"effect": "audit"}
    if r.random() < .15:
        policy["exceptions"] = [{"name": "monitoring", "reason": "looks at the node",
                                 "match": {"namespaces": ["monitoring"]},
                                 "rules": {rule: {"effect": "audit"}
                                           for rule in r.sample(("root-user", "capabilities", "host-paths",
                                                                 "sensitive-mounts", "seccomp"), 2)}}]
    return policy


def put(rules, change):
    """One document's rules over what was there: "*" first, then key by key."""
    for rule in rules if "*" in change else ():
        rules[rule].update(change["*"])
    for rule, keys in change.items():
        if rule != "*":
            rules.setdefault(rule, {}).update(copy.deepcopy(keys))


def effective(policy, truth):
    rules = copy.deepcopy(document("config/presets/default.json")["rules"])
    if policy.get("preset", "default") != "default":
        put(rules, document(f"config/presets/{policy['preset']}.json")["rules"])
    put(rules, policy.get("rules", {}))
    applying = None
    for exception in document("config/policy.d/10-kube-system.json")["exceptions"] + policy.get("exceptions", []):
        globs = exception["match"]["namespaces"]
        if truth.get("namespace") and any(fnmatch.fnmatchcase(truth["namespace"], glob) for glob in globs):
            applying = exception
    if applying:
        put(rules, applying["rules"])
        # An exception's effect is for execs too.
        for rule in [rule for rule, change in applying["rules"].items() if "effect" in change]:
            rules[rule].pop("exec", None)
    if truth.get("pause"):
        spare_pause(rules)
    return rules


def spare_pause(rules):
    """What a pod's pause container is given is its engine's choice, only recorded there. Execs are judged like any."""
    for rule in ("root-user", "privilege-escalation", "apparmor", "resource-limits"):
        if enforced(rules, rule):
            rules[rule] = {"exec": {"effect": rules[rule]["effect"]}, **rules[rule], "effect": "audit"}
    rules["capabilities"]["of_engines"] = document("config/presets/default.json")["rules"]["capabilities"]["allowed"]


def enforced(rules, rule, execs=False):
    effect = rules[rule].get("exec", {}).get("effect") if execs else None
    return (effect or rules[rule]["effect"]) in ("deny", "apply")


def write(policy):
    text = json.dumps({**policy, "log": {"file": world.RECORD, "syslog": False}})
    world.write(world.POLICY + ".new", text)
    world.os.rename(world.POLICY + ".new", world.POLICY)
