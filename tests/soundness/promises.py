# SPDX-License-Identifier: Apache-2.0
"""What each rule promises (its text in `ocigate rules`), held against what is seen of a process.

Nothing here looks at config.json: a promise is about the process. A breach is (rule, what is seen).
"""
import fnmatch
import os

import filters
import policies
import world

# Device nodes that every container may have, and what they must be by these names.
NAMED = {"null": "c 1:3", "zero": "c 1:5", "full": "c 1:7", "random": "c 1:8", "urandom": "c 1:9", "tty": "c 5:0"}
PLAIN_NODES = {*NAMED.values(), "c 5:1", "c 5:2"}
LINUX_ALL = (1 << 41) - 1
OWN_USERDATA = ("hostname", "hosts", "resolv.conf", "shm", ".containerenv", "passwd", "group", "localtime",
                "run/secrets", "secrets")


class View:
    """One container, the policy in force for it, and what of the host is its own."""

    def __init__(self, seen, built, rules, own, before, self_process):
        self.seen, self.built, self.rules, self.own, self.before = seen, built, rules, own, before
        self.host, self.execs = self_process, False

    def shares(self, kind):
        return self.seen.namespaces[kind] is not None and self.seen.namespaces[kind] == self.host.namespaces[kind]

    def own_users(self):
        return not self.shares("user")

    def inner(self, ids, table):
        """Ids of the host as the container counts them."""
        found = set()
        for each in ids:
            for first, outer, size in table:
                if outer <= each < outer + size:
                    found.add(first + each - outer)
        return found


def ranges(words):
    for word in words:
        first, _, last = str(word).partition("-")
        yield int(first), int(last or first)


def outside(ids, words):
    return sorted(each for each in ids if words and not any(a <= each <= b for a, b in ranges(words)))


def size(word):
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
    word = str(word)
    return int(float(word[:-2]) * units[word[-2:]]) if word[-2:] in units else int(word)


def mask(names):
    return sum(1 << world.BITS[name[4:]] for name in names if name[4:] in world.BITS)


# --- rules on a process: execs too ---

def root_user(view):
    rule, seen = view.rules["root-user"], view.seen
    if 0 in seen.uids:
        yield f"runs as the host's root: {seen.uids}"
    inner = view.inner(seen.uids, seen.uid_map)
    if 0 in inner and not rule["allow_in_user_namespace"]:
        yield "runs as root in its user namespace"
    if 0 in inner and any(first <= 0 < first + length and outer == 0 for first, outer, length in seen.uid_map):
        yield "its root is the host's"
    for ids, table, words, what in ((seen.uids, seen.uid_map, rule["uid_ranges"], "uid"),
                                    (seen.gids, seen.gid_map, rule["gid_ranges"], "gid")):
        if bad := outside(view.inner(ids, table), words):
            yield f"{what} {bad} out of range"
    if bad := outside(view.inner(seen.groups, seen.gid_map) - view.inner(seen.gids, seen.gid_map),
                      rule["supplementary_ranges"]):
        yield f"supplementary groups {bad} out of range"


def capabilities(view):
    rule = view.rules["capabilities"]
    allowed = mask(rule["allowed"]) & ~mask(rule["forbidden"])
    if not view.execs:
        allowed |= mask(rule.get("of_engines", ()))
    for name, have in view.seen.caps.items():
        if have & ~allowed:
            yield f"{name} holds {have & ~allowed:x} more"


def privilege_escalation(view):
    if not view.seen.nnp:
        yield "NoNewPrivs is 0"


def suspicious_command(view):
    rule = view.rules["suspicious-command"]
    for word in view.seen.arguments:
        if any(fnmatch.fnmatchcase(word, glob) for glob in rule["patterns"]):
            yield f"runs with {word}"
    program = os.path.basename(view.seen.arguments[0]) if view.seen.arguments else ""
    if program in ("sshd", "xmrig"):
        yield f"runs {program}"


def apparmor(view):
    rule = view.rules["apparmor"]
    if not os.path.exists(world.APPARMOR):
        if rule["unsupported"] == "deny":
            yield "runs where there is no AppArmor"
        return
    with open(f"{world.APPARMOR}/profiles", encoding="utf-8") as file:
        loaded = dict(line.rstrip(")\n").rsplit(" (", 1) for line in file)
    label = view.seen.label or "unconfined"
    for name in label.rsplit(" (", 1)[0].split("//&"):
        if loaded.get(name) not in ("enforce", "kill") or label.endswith(("(complain)", "(unconfined)")):
            yield f"is confined by {label!r}, of which {name} is {loaded.get(name)}"
        elif not any(fnmatch.fnmatchcase(name, glob) for glob in profiles(rule["allowed"], view.built.engine)):
            yield f"is confined by {label!r}, of which {name} is not allowed"


def profiles(allowed, engine):
    """The words of a policy as globs."""
    own = {"containerd": "cri-containerd.apparmor.d", "crio": "crio-default*", "podman": "containers-default-*"}
    return [own[engine] if word == "runtime/default" else word.removeprefix("localhost/") for word in allowed]


# --- rules on a container ---

def host_namespaces(view):
    for kind in view.rules["host-namespaces"]["forbidden"]:
        short = next(s for s, long in world.KINDS.items() if long == kind)
        if view.shares(short):
            yield f"is in the host's {kind} namespace"


def host_network(view):
    if view.shares("net"):
        yield "is in the host's network namespace"


def binds(view):
    """(row, origin) of every mount that lies on a file system of the host, but for what runtimes themselves bring."""
    devices = {row.device for row in view.seen.host}
    dev = world.place("/dev", view.seen.host)
    root = world.place(view.root, view.seen.host)
    nodes = {(dev[0], f"{dev[1].rstrip('/')}/{name}") for name in ("null", "zero", "full", "random", "urandom", "tty")}
    for row in view.seen.rows:
        origin = (row.device, row.root)
        if row.device in devices and origin not in nodes and row.type not in ("cgroup", "cgroup2", "mqueue", "sysfs"):
            # What the root is, is spec-integrity's. crun covers directories with an empty one of its own.
            if origin != root and row.point != "/" and not (row.root.endswith("/.empty-directory")
                                                            and not row.writable()):
                yield row, origin


def layers(row):
    """Directories of the host that an overlay made by the spec shows."""
    for word in row.super.split(","):
        key, _, value = word.partition("=")
        if key in ("lowerdir", "upperdir", "workdir", "lowerdir+", "datadir+"):
            yield from (path for path in value.split(":") if path.startswith("/"))


def overlays(view):
    """(row, origin) of the directories that are shown through overlays of the container's."""
    known = {row.device for row in view.seen.host}
    for row in view.seen.rows:
        if row.type == "overlay" and row.device not in known:
            for path in layers(row):
                if place := world.place(path, view.seen.host):
                    yield row, place


def is_own(view, row, origin):
    host = view.seen.host
    if any(world.within(origin, own) for own in [*view.own, world.place(view.root, host)]):
        return True
    if row.point == "/dev/shm" and view.shares("ipc") and origin == world.place("/dev/shm", host):
        return True
    return row.point == "/etc/hosts" and view.shares("net") and origin == world.place("/etc/hosts", host)


def allowed_path(view, row, origin, entries):
    for entry in entries:
        place = world.place(entry["path"], view.seen.host)
        # "/" is everything, whatever is mounted where.
        if entry["path"] == "/" or place and world.within(origin, place):
            if not entry.get("read_only") or not row.writable():
                return True
    return False


def host_paths(view):
    for row, origin in [*binds(view), *overlays(view)]:
        if not is_own(view, row, origin) and not allowed_path(view, row, origin, view.rules["host-paths"]["allowed"]):
            yield repr(row)


def reaches(view, origin, pattern):
    """Does the origin lie in what the pattern names, or above it?"""
    if "*" in pattern:
        return False
    for top in {pattern, os.path.realpath(pattern)}:
        place = world.place(top, view.seen.host)
        if os.path.lexists(top) and place and (world.within(origin, place)
                                               or (origin[0] == place[0] and world.below(place[1], origin[1]))):
            return True
    return False


def sensitive_mounts(view):
    rule = view.rules["sensitive-mounts"]
    for row, origin in [*binds(view), *overlays(view)]:
        if is_own(view, row, origin):
            continue
        if any((place := world.place(path, view.seen.host)) and world.within(origin, place)
               for path in rule["allowed"]):
            continue
        paths = rule["paths"] + (rule["writable_paths"] if row.writable() else [])
        if bad := [path for path in paths if reaches(view, origin, path)]:
            yield f"{row!r} reaches {bad[:3]}"


def seccomp(view):
    if view.seen.seccomp != 2:
        yield f"Seccomp is {view.seen.seccomp}"
    elif view.seen.filters and view.rules["seccomp"]["floor"] == ["default"]:
        if through := filters.let_through(view.seen.filters, view.seen.caps["CapBnd"]):
            yield f"its filter lets through {', '.join(through[:6])}"


def read_only_rootfs(view):
    row = view.seen.top("/")
    if row is None or row.writable():
        yield f"its root is writable: {row!r}"


def resource_limits(view):
    rule, have = view.rules["resource-limits"], view.seen.limits
    for key, most in (("memory", size(rule["memory_max"])), ("cpu", float(rule["cpu_max"])),
                      ("pids", rule["pids_max"])):
        if most and (have[key] is None or have[key] > most):
            yield f"its limit of {key} is {have[key]}"


def service_account_token(view):
    for row in view.seen.rows:
        if "/kube-api-access-" in row.root or row.point.endswith("/kubernetes.io/serviceaccount"):
            yield repr(row)


# Directories that make the node what it is: nobody's root file system is one of them, in them or above them.
NODES_OWN = ("/boot", "/dev", "/etc", "/home", "/proc", "/root", "/run/containerd/evil", "/sys", "/usr",
             "/var/lib/kubelet")


def nodes_root(view):
    top = next((row for row in view.seen.rows if row.point == "/"), None)
    if top and (top.device, top.root) != world.place(view.root, view.seen.host):
        if bad := [path for path in NODES_OWN if reaches(view, (top.device, top.root), path)]:
            yield f"its root is the host's {top!r}, of {bad[:3]}"


def spec_integrity(view):
    rule, seen = view.rules["spec-integrity"], view.seen
    host = {row.device for row in seen.host}
    for row in seen.rows:
        if row.device not in host and row.type not in rule["filesystems"] and row.type not in ("nsfs",):
            yield f"file system {row!r}"
    if not seen.cwd_inside:
        yield f"its working directory is the host's {seen.cwd}"
    yield from nodes_root(view)
    features = rule["features"]
    if "oomScoreAdj" not in features and seen.oom < min(0, view.host.oom):
        yield f"oom_score_adj {seen.oom}"
    if "personality" not in features and seen.personality & ~view.host.personality:
        yield f"personality {seen.personality:x}"
    if "scheduler" not in features and seen.policy in (1, 2, 6):
        yield f"scheduler {seen.policy}"
    if "scheduler" not in features and seen.nice < min(0, view.host.nice):
        yield f"nice {seen.nice}"
    if "timeOffsets" not in features and any(word not in ("monotonic", "boottime", "0")
                                             for word in seen.time_offsets.split()) and not view.shares("time"):
        yield f"time offsets {seen.time_offsets!r}"


def device_listed(node, entries):
    kind, pair = node.split()[:2]
    for entry in entries:
        words = entry.split()
        if words[0] == kind and all(a in ("*", b) for a, b in zip(words[1].split(":"), pair.split(":"))):
            return True
    return False


def devices(view):
    entries = view.rules["devices"]["allowed"]
    # In a user namespace the kernel opens no node that was made there.
    for name in view.seen.devices if view.shares("user") else ():
        if not device_listed(name, entries):
            yield f"may open {name}"
    for node in view.seen.nodes:
        kind, pair, path = node.split(maxsplit=2)
        if os.path.dirname(path) == "/dev" and NAMED.get(os.path.basename(path), f"{kind} {pair}") != f"{kind} {pair}":
            yield f"has {node}"
        elif f"{kind} {pair}" not in PLAIN_NODES and not pair.startswith("136:") and not device_listed(node, entries):
            yield f"has {node}"
    row = view.seen.top("/dev")
    if row is None or row.point != "/dev" or row.type != "tmpfs":
        yield f"has no /dev of its own: {row!r}"


def sysctls(view):
    for name, value in view.seen.sysctls.items():
        if any(fnmatch.fnmatchcase(name, glob) for glob in view.rules["sysctls"]["allowed"]):
            continue
        part = "uts" if name == "kernel.domainname" else "net" if name.startswith("net.") else "ipc"
        if value not in (view.before[part][who].get(name) for who in view.before[part]):
            yield f"{name} is {value!r}"


def is_mask(view, row):
    return (row.type == "tmpfs" and not row.writable() or row.root.endswith("/null")
            or row.type == "devtmpfs" and row.root == "/null")


def proc_mount(view):
    rule, seen = view.rules["proc-mount"], view.seen
    if view.own_users() and rule["allow_in_user_namespace"]:
        covered = []
    else:
        covered = rule["masked"]
    for path in covered:
        if seen.exists(path) and not seen.masked(path):
            yield f"{path} is not masked"
    for path in rule["read_only"] if covered else ():
        row = seen.top(path)
        if seen.exists(path) and not seen.masked(path) and row.type == "proc" and row.writable():
            yield f"{path} is writable: {row!r}"
    for row in seen.rows:
        yield from odd_kernel_mount(view, rule, row)


def odd_kernel_mount(view, rule, row):
    if row.type == "proc" and row.root == "/" and row.point != "/proc":
        yield f"a second procfs {row!r}"
    if row.type == "sysfs" and row.writable() and row.root == "/":
        yield f"sysfs writable {row!r}"
    if row.type in ("cgroup", "cgroup2") and row.writable() and not rule["allow_writable_cgroup"]:
        yield f"cgroup writable {row!r}"
    if world.below(row.point, "/proc") and row.point != "/proc" and row.type != "proc" and not is_mask(view, row):
        if row.point not in rule["allowed_mounts"]:
            yield f"mounted over /proc: {row!r}"
    odd = row.type not in ("cgroup", "cgroup2", "sysfs") and not is_mask(view, row)
    if world.below(row.point, "/sys") and row.point != "/sys" and odd:
        if not (row.point == "/sys/fs/cgroup" and row.type == "tmpfs"):
            yield f"mounted over /sys: {row!r}"


def mount_propagation(view):
    peers = {row.shared for row in view.seen.host if row.shared}
    places = [place for path in view.rules["mount-propagation"]["allowed"]
              if (place := world.place(path, view.seen.host))]
    for row in view.seen.rows:
        if row.shared in peers and not any(world.within((row.device, row.root), place) for place in places):
            yield f"shared with the host: {row!r}"


def privileged(view):
    seen = view.seen
    here = int(next(line.split()[1] for line in open("/proc/self/status", encoding="ascii")
                    if line.startswith("CapBnd")), 16)
    marks = {
        "all capabilities": seen.caps["CapBnd"] & here == here & LINUX_ALL,
        "every device": len(seen.devices) == 4 and view.shares("user"),
        "no masked paths": not any(seen.masked(path) for path in ("/proc/kcore", "/proc/keys", "/sys/firmware")
                                   if seen.exists(path)),
        "writable sysfs or cgroup": any(row.type in ("sysfs", "cgroup", "cgroup2") and row.writable()
                                        for row in seen.rows),
    }
    if sum(marks.values()) > 2:
        yield ", ".join(mark for mark, there in marks.items() if there)


OF_PROCESS = {"root-user": root_user, "capabilities": capabilities, "privilege-escalation": privilege_escalation,
              "suspicious-command": suspicious_command, "apparmor": apparmor}
OF_CONTAINER = {**OF_PROCESS, "host-namespaces": host_namespaces, "host-network": host_network,
                "host-paths": host_paths, "sensitive-mounts": sensitive_mounts, "seccomp": seccomp,
                "read-only-rootfs": read_only_rootfs, "resource-limits": resource_limits,
                "service-account-token": service_account_token, "spec-integrity": spec_integrity, "devices": devices,
                "sysctls": sysctls, "proc-mount": proc_mount, "mount-propagation": mount_propagation,
                "privileged": privileged}


def breaches(view, promises, execs=False):
    view.execs = execs
    return [(rule, what)
            for rule, look in promises.items() if policies.enforced(view.rules, rule, execs)
            for what in look(view)]


def host_breaches(rules, marks, sysctl, files, admitted):
    """What happened to the host itself. @marks: {hook's mark: its environment}"""
    found = []
    allowed = rules["bundle-hooks"]["allowed"]
    hooks = policies.enforced(rules, "bundle-hooks")
    for name, environment in marks.items():
        if not admitted:
            found.append(("bundle-hooks", f"hook {name} ran although the container was refused"))
        elif hooks and (not name.endswith("site") or world.SITE_HOOK not in allowed):
            found.append(("bundle-hooks", f"hook {name} ran on the host"))
        elif hooks and "LD_" in environment:
            found.append(("bundle-hooks", f"hook {name} ran with {environment}"))
    if sysctl and (not admitted or policies.enforced(rules, "sysctls")):
        found.append(("sysctls", f"{world.HOST_SYSCTL} of the host became {sysctl}"))
    if files and (not admitted or policies.enforced(rules, "runtime-annotations")):
        found.append(("runtime-annotations", f"wrote {files} on the host"))
    return found


def exec_escalation(view, container):
    """An exec holds what its container was created with, or less."""
    seen, was = view.seen, container
    for name, have in seen.caps.items():
        if have & ~(was.caps["CapBnd"] if name == "CapBnd" else was.caps["CapBnd"] | was.caps["CapPrm"]):
            yield f"{name} {have:x} of an exec, {was.caps['CapBnd']:x} of its container"
    if 0 in view.inner(seen.uids, seen.uid_map) and 0 not in view.inner(was.uids, was.uid_map):
        yield "an exec as root"
    if was.nnp and not seen.nnp:
        yield "an exec without no-new-privileges"
    for name, directory in was.cgroups.items():
        if not world.below(seen.cgroups.get(name, "/"), directory):
            yield f"an exec outside its container's cgroup {name}"
