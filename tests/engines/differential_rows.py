# SPDX-License-Identifier: Apache-2.0
"""The rows: how a healthy spec is changed, what ocigate must say, what a container that is admitted may be."""
import os
from dataclasses import dataclass, field
from typing import Callable, Optional

NODE = os.environ.get("NODE", "/run/node")
VOLUME = os.environ.get("KUBELET_POD", "") + "/volumes/kubernetes.io~empty-dir/scratch"
HOOK_MARK = f"{NODE}/hook-ran"

BOTH = ("runc", "crun")
RUNC = ("runc",)
CRUN = ("crun",)
SYS_ADMIN = 1 << 21


@dataclass
class Shows:
    """What a spec lets its reader expect, at most; as the host sees it."""

    uid: int = 1000
    gid: int = 1000
    groups: frozenset = frozenset()
    caps: int = 0
    binds: frozenset = frozenset()
    read_only: tuple = ()


@dataclass
class Row:
    """@harms: runtimes that, when last tried, made more of it than a strict reader sees"""

    name: str
    verdict: str = "refused"
    rule: Optional[str] = None
    change: Optional[Callable] = None
    text: list = field(default_factory=list)
    shows: Shows = field(default_factory=Shows)
    harms: tuple = ()
    may_fail: tuple = ()
    indent: Optional[int] = None
    head: bytes = b""
    tail: bytes = b""


UID = b'"uid":1000'
USER = b'"user":{"uid":1000,"gid":1000}'
NNP = b'"noNewPrivileges":true'
ROOT_USER = b'{"uid":0,"gid":0}'
HOOKS = b'{"createRuntime":[{"path":"/bin/touch","args":["touch","' + HOOK_MARK.encode() + b'"]}]}'
BIND_ETC = (
    b'[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs"},'
    b'{"destination":"/data","type":"bind","source":"/etc","options":["rbind"]}]')
HOST_PID = b'[{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"}]'
NETWORK = b'{"type":"network"}'
EMPTY_BOUNDING = b'"bounding":[]'
RESOURCES = b'"resources":'
ANNOTATIONS = b'"annotations":'


def form(name, *text, harms=()):
    """Refused for its form."""
    return Row(name, rule="spec-integrity", text=list(text), harms=harms)


def uid(name, written, harms=()):
    return form(f"uid {name}", (UID, b'"uid":' + written), harms=harms)


def bounding(name, written, harms=(), rule="spec-integrity"):
    """In the bounding set, the one that shows whatever the user is."""
    return Row(f"capability {name}", rule=rule, text=[(EMPTY_BOUNDING, b'"bounding":[' + written + b"]")], harms=harms)


def namespace(name, written, harms=(), rule="spec-integrity"):
    return Row(f"namespace {name}", rule=rule, text=[(NETWORK, written)], harms=harms)


def refused(name, rule, change, harms=()):
    return Row(name, rule=rule, change=change, harms=harms)


def admitted(name, change=None, text=(), **more):
    return Row(name, verdict="admitted", change=change, text=list(text), **more)


def seccomp(**parts):
    return lambda config: config["linux"].update(seccomp=parts)


def mount(destination, source=None, kind=None, options=None):
    entry = {"destination": destination}
    entry.update({key: value for key, value in (("type", kind), ("source", source), ("options", options))
                  if value is not None})
    return lambda config: config["mounts"].append(entry)


def both(*changes):
    def change(config):
        for one in changes:
            one(config)

    return change


def user(**parts):
    return lambda config: config["process"].update(user=parts)


def drop(section, key):
    return lambda config: config[section].pop(key)


def mapped(container, host, size):
    mapping = [{"containerID": container, "hostID": host, "size": size}]
    return lambda config: config["linux"].update(uidMappings=mapping, gidMappings=mapping)


def own_user_namespace(config):
    config["linux"]["namespaces"].append({"type": "user"})


def nested(depth):
    return b'"hostname":"healthy","later":' + b"[" * (depth - 1) + b"]" * (depth - 1)


HOSTNAME = b'"hostname":"healthy"'

KEYS = [
    form("key twice, the second is root", (UID, UID + b',"uid":0'), harms=RUNC),
    form("key twice, the first is root", (UID, b'"uid":0,' + UID), harms=CRUN),
    form("object twice", (USER, USER + b',"user":' + ROOT_USER), harms=RUNC),
    form("object twice, the first is root", (USER, b'"user":' + ROOT_USER + b"," + USER), harms=CRUN),
    form("process twice", (HOSTNAME, HOSTNAME + b',"process":{"user":' + ROOT_USER + b"}"), harms=RUNC),
    form("namespaces twice", (RESOURCES, b'"namespaces":' + HOST_PID + b"," + RESOURCES), harms=RUNC),
    form("mounts twice", (ANNOTATIONS, b'"mounts":' + BIND_ETC + b"," + ANNOTATIONS), harms=RUNC),
    form("hooks twice", (HOSTNAME, HOSTNAME + b',"hooks":{},"hooks":' + HOOKS), harms=RUNC),
    form("key twice, once escaped", (USER, USER + b',"u\\u0073er":' + ROOT_USER), harms=RUNC),
    form("UID", (UID, UID + b',"UID":0'), harms=RUNC),
    form("Process", (HOSTNAME, HOSTNAME + b',"Process":{"user":' + ROOT_USER + b"}"), harms=RUNC),
    form("Hooks", (HOSTNAME, HOSTNAME + b',"Hooks":' + HOOKS), harms=RUNC),
    form("Bounding", (EMPTY_BOUNDING, EMPTY_BOUNDING + b',"Bounding":["CAP_SYS_ADMIN"]'), harms=RUNC),
    form("Namespaces", (RESOURCES, b'"Namespaces":' + HOST_PID + b"," + RESOURCES), harms=RUNC),
    form("process with a long s", (HOSTNAME, HOSTNAME + b',"proce\xc5\xbfs":{"user":' + ROOT_USER + b"}"), harms=RUNC),
    form("process with an escaped long s", (HOSTNAME, HOSTNAME + b',"proce\\u017fs":{"user":' + ROOT_USER + b"}"),
         harms=RUNC),
    form("hooks with a long s", (HOSTNAME, HOSTNAME + b',"hook\xc5\xbf":' + HOOKS), harms=RUNC),
    form("hooks with a Kelvin sign", (HOSTNAME, HOSTNAME + b',"hoo\xe2\x84\xaas":' + HOOKS), harms=RUNC),
    form("mounts with a long s", (ANNOTATIONS, b'"mount\xc5\xbf":' + BIND_ETC + b"," + ANNOTATIONS), harms=RUNC),
    form("key with a NUL", (UID, UID + b',"uid\\u0000":0'), harms=CRUN),
    Row("NUL behind a mount's source", rule="spec-integrity", change=mount("/data", "/etc\0/x", "bind", ["rbind"]),
        harms=CRUN),
]

USERS = [
    uid("2^32", b"4294967296"),
    uid("2^32 - 1", b"4294967295", harms=CRUN),
    uid("-1", b"-1"),
    uid("1e3", b"1e3"),
    uid("0.0", b"0.0"),
    uid("as a string", b'"1000"', harms=CRUN),
    uid("true", b"true", harms=CRUN),
    uid("an array", b"[]", harms=CRUN),
    uid("an object", b"{}", harms=CRUN),
    uid("-0", b"-0", harms=CRUN),
    uid("00", b"00", harms=CRUN),
    uid("null", b"null", harms=BOTH),
    form("uid missing", (UID + b",", b""), harms=BOTH),
    form("no user", (USER + b",", b""), harms=BOTH),
    form("user null", (USER, b'"user":null'), harms=BOTH),
    form("username only", (USER, b'"user":{"username":"app"}'), harms=BOTH),
    form("gid as a string", (b'"gid":1000', b'"gid":"1000"'), harms=CRUN),
    form("group beyond 32 bit", (USER, b'"user":{"uid":1000,"gid":1000,"additionalGids":[4294967296]}')),
    form("noNewPrivileges null", (NNP, b'"noNewPrivileges":null'), harms=BOTH),
    form("noNewPrivileges as a string", (NNP, b'"noNewPrivileges":"true"'), harms=CRUN),
    form("noNewPrivileges 1", (NNP, b'"noNewPrivileges":1'), harms=CRUN),
    # Some runtimes give a process without this object every capability.
    refused("capabilities missing", "spec-integrity", drop("process", "capabilities"), harms=RUNC),
    refused("capabilities null", "spec-integrity", lambda config: config["process"].update(capabilities=None),
            harms=RUNC),
    bounding("in lower case", b'"cap_sys_admin"', harms=CRUN),
    bounding("as a number in a string", b'"21"', harms=CRUN),
    bounding("with a NUL behind", b'"CAP_SYS_ADMIN\\u0000x"', harms=CRUN),
    bounding("without its prefix", b'"SYS_ADMIN"'),
    bounding("ALL", b'"ALL"'),
    bounding("that does not exist", b'"CAP_CAP_CHOWN"', rule="capabilities"),
    bounding("as it should be, but not allowed", b'"CAP_SYS_ADMIN"', rule="capabilities", harms=BOTH),
]

SPACES = [
    namespace("Network", b'{"type":"Network"}'),
    namespace("net", b'{"type":"net"}'),
    namespace("unknown", b'{"type":"mystery"}'),
    namespace("twice", NETWORK + b"," + NETWORK),
    namespace("twice, once with the host's path", NETWORK + b',{"type":"network","path":"/proc/self/ns/net"}'),
    namespace("path empty", b'{"type":"network","path":""}'),
    namespace("path null", b'{"type":"network","path":null}'),
    namespace("path relative", b'{"type":"network","path":"../../proc/self/ns/net"}'),
    namespace("path of the host's", b'{"type":"network","path":"/proc/self/ns/net"}', rule="host-network", harms=BOTH),
    refused("namespace path of the host's, pid", "host-namespaces",
            lambda config: config["linux"]["namespaces"][0].update(path="/proc/self/ns/pid"), BOTH),
    refused("no network namespace", "host-network",
            lambda config: config["linux"]["namespaces"].remove({"type": "network"}), BOTH),
    refused("no pid namespace", "host-namespaces", lambda config: config["linux"]["namespaces"].remove({"type": "pid"}),
            BOTH),
    refused("host's root in a user namespace of its own", "root-user",
            both(user(uid=0, gid=0), own_user_namespace, mapped(0, 0, 4294967295))),
    refused("mappings without a user namespace", "root-user", both(user(uid=0, gid=0), mapped(0, 200000, 65536)), RUNC),
]

SYNTAX = [
    Row("trailing garbage", rule="spec-integrity", tail=b"x"),
    Row("second object", rule="spec-integrity", tail=b'{"process":{"user":' + ROOT_USER + b"}}"),
    Row("byte order mark", rule="spec-integrity", head=b"\xef\xbb\xbf"),
    Row("NUL byte behind", rule="spec-integrity", tail=b"\0"),
    form("line comment", (HOSTNAME, b"// c\n" + HOSTNAME)),
    form("comment", (HOSTNAME, b"/* c */" + HOSTNAME)),
    form("comment that hides a key", (UID, b'/*"uid":0,*/' + UID)),
    form("trailing comma", (HOSTNAME, HOSTNAME + b',"later":[1,]')),
    form("NaN", (HOSTNAME, HOSTNAME + b',"later":NaN')),
    form("raw control character", (HOSTNAME, b'"hostname":"heal\tthy"')),
    form("raw line break in a key", (HOSTNAME, HOSTNAME + b',"la\nter":1')),
    form("invalid UTF-8", (HOSTNAME, b'"hostname":"h\xff"')),
    form("invalid UTF-8 in a key", (UID, UID + b',"uid\xff":0')),
    form("depth 33", (HOSTNAME, nested(33))),
    form("depth 1000", (HOSTNAME, nested(1000))),
    form("depth 9000", (HOSTNAME, nested(9000))),
    form("depth 11000", (HOSTNAME, nested(11000))),
]

FILTERS = [
    Row("seccomp {}", rule="spec-integrity", change=seccomp(), harms=RUNC),
    Row("seccomp null", rule="spec-integrity", change=lambda config: config["linux"].update(seccomp=None), harms=BOTH),
    refused("seccomp missing", "seccomp", drop("linux", "seccomp"), harms=BOTH),
    refused("seccomp that allows everything", "seccomp", seccomp(defaultAction="SCMP_ACT_ALLOW")),
    refused("seccomp that allows and logs", "seccomp", seccomp(defaultAction="SCMP_ACT_LOG")),
    refused("seccomp against names in odd case", "seccomp",
            seccomp(defaultAction="SCMP_ACT_ALLOW",
                    syscalls=[{"names": ["Mount", "PTRACE"], "action": "SCMP_ACT_ERRNO"}])),
    refused("seccomp against an impossible argument", "seccomp",
            seccomp(defaultAction="SCMP_ACT_ALLOW", syscalls=[
                {"names": ["mount"], "action": "SCMP_ACT_ERRNO",
                 "args": [{"index": 3, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]}])),
    refused("seccomp above the largest number", "seccomp",
            seccomp(defaultAction="SCMP_ACT_ALLOW", syscalls=[
                {"names": ["mount"], "action": "SCMP_ACT_ERRNO",
                 "args": [{"index": 3, "value": 18446744073709551615, "op": "SCMP_CMP_GT"}]}])),
    refused("annotation that replaces the filter", "runtime-annotations",
            lambda config: config["annotations"].update({"run.oci.seccomp_bpf_data": "BgAAAAAA/38="})),
]

MOUNTS = [
    refused("tmpfs with rbind", "host-paths", mount("/data", "/etc", "tmpfs", ["rbind"]), BOTH),
    refused("bind without a type", "host-paths", mount("/data", "/etc", None, ["rbind"]), BOTH),
    refused("type bind without an option", "host-paths", mount("/data", "/etc", "bind")),
    refused("type Bind", "host-paths", mount("/data", "/etc", "Bind")),
    refused("type BIND", "host-paths", mount("/data", "/etc", "BIND", ["ro"])),
    refused("relative source out of the bundle", "host-paths",
            mount("/data", "../" * 8 + "etc", "bind", ["rbind"]), BOTH),
    refused("relative source in the bundle", "host-paths", mount("/data", "own", "bind", ["rbind"]), BOTH),
    refused("the host's /proc", "sensitive-mounts", mount("/data", "/proc", "bind", ["rbind"]), BOTH),
    refused("the host's files as an overlay", "host-paths",
            mount("/data", "overlay", "overlay", ["lowerdir=/etc:/usr", "ro"])),
    refused("a second proc", "proc-mount", mount("/data/proc", "proc", "proc", ["nosuid"])),
    refused("tmpfs over /proc", "proc-mount", mount("/proc", "tmpfs", "tmpfs")),
    refused("tmpfs over /proc/sys", "proc-mount", mount("/proc/sys", "tmpfs", "tmpfs")),
    refused("nothing masked", "proc-mount", lambda config: config["linux"].update(maskedPaths=[])),
    refused("masked paths missing", "proc-mount", drop("linux", "maskedPaths")),
    refused("a filesystem of the host's disk", None, mount("/data", "/dev/vda1", "ext4")),
    refused("a device under an innocent name", "devices", lambda config: config["linux"].update(
        devices=[{"path": "/dev/innocent", "type": "c", "major": 1, "minor": 1, "fileMode": 438}])),
    refused("root of another process", None, lambda config: config["root"].update(path="/proc/self/root")),
    refused("root propagation shared", "mount-propagation",
            lambda config: config["linux"].update(rootfsPropagation="shared")),
    refused("destination with dots", "spec-integrity", mount("/mark/../data", VOLUME, "bind", ["rbind", "ro"])),
    refused("mount without a destination", "spec-integrity", lambda config: config["mounts"].append({"type": "tmpfs"})),
    refused("mount options as a string", "spec-integrity", mount("/data", "/etc", "bind", "rbind")),
    refused("working directory in an open descriptor", "spec-integrity",
            lambda config: config["process"].update(cwd="/proc/self/fd/7")),
]

IN_VOLUME = Shows(binds=frozenset({"/data"}))
READ_ONLY = Shows(binds=frozenset({"/data"}), read_only=("/data",))
MAPPED = Shows(uid=200000, gid=200000)

ADMITTED = [
    admitted("healthy"),
    admitted("healthy, indented", indent=2),
    admitted("key escaped once", text=[(UID, b'"\\u0075id":1000')]),
    admitted("unknown keys", text=[(HOSTNAME, HOSTNAME + b',"x-new":{"a":[1,{"b":true}]}'), (UID, UID + b',"x":"0"')]),
    admitted("no user name, other than ASCII in values",
             text=[(b'"PATH=/usr/bin:/bin"', b'"PATH=/bin","A=\xc3\xa9\xf0\x9f\x98\x80"')]),
    admitted("annotation beyond ASCII", lambda config: config["annotations"].update({"\u00e9": "\u017f"})),
    admitted("capabilities without sets", lambda config: config["process"].update(capabilities={})),
    admitted("limits without a limit", lambda config: config["process"].update(
        rlimits=[{"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 0}])),
    admitted("filter with an argument of 64 bit", lambda config: config["linux"]["seccomp"]["syscalls"].append(
        {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]})),
    admitted("user nobody", user(uid=65534, gid=65534), shows=Shows(uid=65534, gid=65534)),
    admitted("root of a user namespace", both(user(uid=0, gid=0), own_user_namespace, mapped(0, 200000, 65536)),
             shows=MAPPED),
    admitted("volume of the pod", mount("/data", VOLUME, "bind", ["rbind", "rprivate"]), shows=IN_VOLUME),
    admitted("volume by a tmpfs with rbind", mount("/data", VOLUME, "tmpfs", ["rbind", "rprivate"]), shows=IN_VOLUME),
    admitted("volume, rw then ro", mount("/data", VOLUME, "bind", ["rbind", "rw", "ro"]), shows=READ_ONLY),
    admitted("volume, ro then rw", mount("/data", VOLUME, "bind", ["rbind", "ro", "rw"]), shows=IN_VOLUME),
    admitted("volume, rro", mount("/data", VOLUME, "bind", ["rbind", "rro"]), shows=READ_ONLY, may_fail=RUNC),
    admitted("volume, destination with slashes", mount("//data/", VOLUME, "bind", ["rbind", "ro"]), shows=READ_ONLY),
]

ROWS = KEYS + USERS + SPACES + SYNTAX + FILTERS + MOUNTS + ADMITTED
