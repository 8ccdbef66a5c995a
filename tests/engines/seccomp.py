# SPDX-License-Identifier: Apache-2.0
"""Ask ocigate what filters let through, then try it.

usage: seccomp.py [PART-OF-A-PROFILE'S-NAME]      inside the node of tests/lib/node.sh

Every denial of the profiles answers with an error number that no kernel code has, so that the filter's word is not
taken for the kernel's. The container has no capability and no root: what comes through does no harm.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

NODE, GATE = os.environ["NODE"], os.environ["GATE"]
BUNDLES = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
DROP_IN = "/etc/ocigate/policy.d/50-test.json"
RUNTIMES = [name for name in ("runc", "crun") if shutil.which(name)]
MARK, NO_SUCH_CALL, BAD_SYSTEM_CALL = 1234, 38, 31
ALL = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
X86_64, X86, X32 = "x86_64", "x86", "x32"
HEADERS = {X86_64: "unistd_64.h", X86: "unistd_32.h", X32: "unistd_x32.h"}
AT_ONCE = 4  # calls of the floor asked about in one check: more than five are summed up
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
# Calls of the floor that are not all ways to make a call of the kernel's: its name, and first arguments that are meant.
MEANT = {
    "unshare-namespaces": ("unshare", NEW_NAMESPACES),
    "clone-namespaces": ("clone", NEW_NAMESPACES),
    "socket-alg": ("socket", (38,)),
    "socket-vsock": ("socket", (40,)),
}
SOCKETCALL_SOCKET = 1


def deny(*names, **more):
    return {"names": list(names), "action": "SCMP_ACT_ERRNO", "errnoRet": MARK, **more}


def allow(*names, **more):
    return {"names": list(names), "action": "SCMP_ACT_ALLOW", **more}


def when(index, operator, value, value_two=0):
    return {"args": [{"index": index, "op": f"SCMP_CMP_{operator}", "value": value, "valueTwo": value_two}]}


def block(default, *rules, architectures=None):
    made = {"defaultAction": f"SCMP_ACT_{default}", "architectures": ALL if architectures is None else architectures,
            "syscalls": list(rules)}
    if default == "ERRNO":
        made["defaultErrnoRet"] = MARK
    return made


def usual():
    with open("tests/lib/syscalls", encoding="ascii") as file:
        return allow(*[name for name in file.read().split() if name not in ("socket", "clone")])


def default_profile():
    """As it is put into a spec that has none, with marks for its errors: two, since the default's own is left out."""
    with open(DROP_IN, "w", encoding="ascii") as file:
        json.dump({"version": 1}, file)
    config = config_of("default", None)
    bundle = bundle_of("default", None)
    config["root"]["path"] = bundle + "/rootfs"
    done = subprocess.run([GATE, "precreate"], input=json.dumps(config).encode(), stdout=subprocess.PIPE, check=True,
                          cwd=bundle)
    profile = json.loads(done.stdout)["linux"]["seccomp"]
    profile["defaultErrnoRet"] = MARK
    for rule in profile["syscalls"]:
        if rule["action"] == "SCMP_ACT_ERRNO":
            rule["errnoRet"] = MARK + 1
    return profile


# name: (block, {call: architectures it must be told for}, calls that must not be told)
PROFILES = {
    "all but one call is let through": lambda: (block("ALLOW", deny("bpf")),
                                                {"keyctl": {X86_64, X86, X32}, "umount": {X86}}, {"bpf"}),
    "denied under the name of x86_64, open on i386": lambda: (
        block("ALLOW", deny("clock_settime", "umount2")), {"clock_settime64": {X86}, "umount": {X86}},
        {"clock_settime", "umount2"}),
    "i386 is not listed": lambda: (
        block("ALLOW", deny("bpf", "setns"), architectures=ALL[:1] + ALL[2:]), {"keyctl": {X86_64, X32}},
        {"bpf", "umount"}),
    "x32 is open and i386 closed": lambda: (
        block("ALLOW", deny("keyctl"), architectures=["SCMP_ARCH_X32"]), {"bpf": {X86_64, X32}}, {"keyctl", "stime"}),
    "no architecture is listed": lambda: (block("ALLOW", deny("bpf"), architectures=[]), {"keyctl": {X86_64}},
                                          {"bpf", "umount"}),
    "names in odd case": lambda: (block("ALLOW", deny("BPF", "Keyctl", "mount")),
                                  {"bpf": {X86_64, X86, X32}, "keyctl": {X86_64, X86, X32}},
                                  {"mount"}),
    "conditions that no argument meets": lambda: (
        block("ALLOW", deny("bpf", **when(0, "LT", 0)), deny("mount", **when(0, "GT", 2**64 - 1)), deny("setns")),
        {"bpf": {X86_64, X86, X32}, "mount": {X86_64, X86, X32}}, {"setns"}),
    "conditions that some arguments meet": lambda: (
        block("ALLOW", deny("bpf", **when(0, "EQ", 0)), deny("keyctl", **when(1, "MASKED_EQ", 0xff, 0)),
              deny("reboot", **when(2, "GE", 0)), deny("add_key", **when(0, "NE", 7))),
        {"bpf": {X86_64, X86, X32}, "keyctl": {X86_64, X86, X32}, "add_key": {X86_64, X86, X32}}, {"reboot"}),
    "allowed by a later line": lambda: (
        block("ALLOW", deny("bpf"), allow("bpf"), deny("keyctl"), allow("keyctl", **when(0, "EQ", 0))),
        {"mount": {X86_64, X86, X32}}, {"bpf", "keyctl"}),
    "an allow-list with a condition, then without": lambda: (
        block("ERRNO", usual(), allow("clone"), allow("bpf", **when(0, "EQ", 5)), allow("keyctl", **when(0, "EQ", 1)),
              allow("keyctl")),
        {"bpf": {X86_64, X86, X32}, "keyctl": {X86_64, X86, X32}}, {"mount"}),
    "everything is logged": lambda: (block("LOG", deny("bpf")), {"keyctl": {X86_64, X86, X32}}, {"bpf"}),
    "logged by a rule": lambda: (
        block("ERRNO", usual(), allow("clone"), {"names": ["bpf"], "action": "SCMP_ACT_LOG"}),
        {"bpf": {X86_64, X86, X32}}, {"mount"}),
    "left to a tracer that is not there": lambda: (
        block("ERRNO", usual(), allow("clone"), {"names": ["bpf"], "action": "SCMP_ACT_TRACE"}),
        {"bpf": {X86_64, X86, X32}}, {"mount"}),
    "an allow-list": lambda: (block("ERRNO", usual(), allow("clone", **when(0, "MASKED_EQ", 0x7e020000, 0))), {},
                              {"clone-namespaces", "socket-alg", "bpf"}),
    "an allow-list that kills": lambda: (block("KILL_PROCESS", usual(), allow("clone")),
                                         {"clone-namespaces": {X86_64, X86, X32}}, {"bpf"}),
    "an address family compared as engines do": lambda: (
        block("ERRNO", usual(), allow("clone"), allow("socket", **when(0, "NE", 40))),
        {"socket-vsock": {X86_64, X86}, "socket-alg": {X86_64, X86, X32}}, {"bpf"}),
    "ocigate's own": lambda: (default_profile(), {},
                              {"bpf", "socket-alg", "socket-vsock", "keyctl", "clone-namespaces"}),
}


def numbers():
    """{architecture: {call: number}}, from the kernel's own headers"""
    found = {}
    for architecture, header in HEADERS.items():
        path = (glob.glob(f"/usr/include/*/asm/{header}") + glob.glob(f"/usr/include/asm/{header}"))[0]
        with open(path, encoding="ascii") as file:
            lines = re.findall(r"^#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)\)?$", file.read(), re.M)
        found[architecture] = {name: int(number) | (0x40000000 if architecture == X32 else 0) for name, number in lines}
    return found


NUMBERS = numbers()


def floor():
    done = subprocess.run([GATE, "rules", "--format", "schema"], capture_output=True, check=True)
    def find(node):
        if isinstance(node, dict):
            if "floor" in node:
                return node["floor"]["items"]["enum"]
            node = list(node.values())
        return next((hit for part in node if isinstance(part, (dict, list)) and (hit := find(part))), None)
    return [name for name in find(json.loads(done.stdout)) if name not in ("default", "common")]


def config_of(name, seccomp):
    with open("tests/lib/healthy.json", encoding="ascii") as file:
        config = json.load(file)
    config["process"]["args"] = ["/probe"]
    config["linux"]["cgroupsPath"] = f"/{os.environ['OCIGATE_NODE']}/{name}"
    del config["linux"]["seccomp"]
    if seccomp:
        config["linux"]["seccomp"] = seccomp
    return config


def bundle_of(name, seccomp):
    bundle = f"{BUNDLES}/{name}"
    shutil.rmtree(bundle, ignore_errors=True)
    for directory in ("proc", "sys", "dev"):
        os.makedirs(f"{bundle}/rootfs/{directory}")
    shutil.copy(f"{NODE}/probe", f"{bundle}/rootfs/probe")
    with open(f"{bundle}/config.json", "w", encoding="ascii") as file:
        json.dump(config_of(name, seccomp), file)
    return bundle


class Claim:
    """What a finding says: a call, an example of arguments, architectures."""

    form = re.compile(r"its filter (?:lets (\S+) through|leaves (\S+), which .*, to a tracer).* on ((?:\w+, )*\w+)$")

    def __init__(self, finding):
        said = self.form.match(finding["message"])
        example = re.match(r"^(\w+)\((.*)\)$", finding["value"])
        if not said or not example:
            raise SystemExit(f"not ok seccomp: a finding that names no call: {finding['message']}: {finding['value']}")
        self.name = said[1] or said[2]
        self.deferred = said[2] is not None
        self.architectures = said[3].split(", ")
        self.syscall = example[1]
        args = [int(word, 0) for word in example[2].split(", ")]
        self.args = args + [0] * (6 - len(args))


def claims_of(bundle, names):
    claims = []
    for start in range(0, len(names), AT_ONCE):
        rule = {"effect": "audit", "floor": names[start:start + AT_ONCE], "reported": []}
        with open(DROP_IN, "w", encoding="ascii") as file:
            json.dump({"version": 1, "rules": {"seccomp": rule}}, file)
        done = subprocess.run([GATE, "check", "--format", "json", bundle], capture_output=True, check=False)
        for finding in json.loads(done.stdout)["findings"]:
            ours = finding["rule"] == "seccomp" and finding["pointer"] == "/linux/seccomp"
            if ours and "denies nothing" not in finding["message"]:
                claims.append(Claim(finding))
    return claims


def ways(name, architecture):
    """How a call that must not come through is made: [(syscall, arguments)]"""
    syscall, firsts = MEANT.get(name, (name, (0, 1, 2**64 - 1, 2**32, 5, 7)))
    made = [(syscall, [first] + [rest] * 5) for first in firsts for rest in (0, 1, 2**64 - 1)]
    if name in MEANT and architecture != X86:
        # An int argument: the kernel looks at its lower half alone.
        made += [(syscall, [first | 1 << 32] + [0] * 5) for first in firsts]
    if syscall == "socket":
        made += [("socketcall", [SOCKETCALL_SOCKET] + [0] * 5)]
    return [(call, args) for call, args in made if call in NUMBERS[architecture]]


def line_of(architecture, syscall, args):
    how = 32 if architecture == X86 else 64
    return " ".join([str(how), str(NUMBERS[architecture][syscall])] + [f"{arg:x}" for arg in args])


def try_under(engine, name, seccomp, lines):
    bundle = bundle_of(name, seccomp)
    with open(f"{bundle}/rootfs/calls", "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    command = [engine, "--root", f"/run/{engine}"] + (["--cgroup-manager=disabled"] if engine == "crun" else [])
    done = subprocess.run(command + ["run", "--bundle", bundle, name], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=120, check=False)
    answers = done.stdout.decode().split("\n")[:-1]
    shutil.rmtree(bundle)
    if len(answers) != len(lines):
        return None, f"status {done.returncode}, {len(answers)} answers: {done.stderr.decode()[-300:]}"
    return answers, ""


def is_marked(answer):
    return answer in (f"=-{MARK}", f"=-{MARK + 1}", f"killed by {BAD_SYSTEM_CALL}")


def judge(engine, number, seccomp, claims, names):
    """[what is wrong], calls let through, calls stopped"""
    through = [(claim, architecture) for claim in claims for architecture in claim.architectures]
    told = {(claim.name, architecture) for claim, architecture in through}
    stopped = [(name, architecture, way)
               for name in names for architecture in HEADERS if (name, architecture) not in told
               for way in ways(name, architecture)]
    lines = [line_of(architecture, claim.syscall, claim.args) for claim, architecture in through]
    free, why = try_under(engine, f"free{number}", None, lines) if lines else ([], "")
    lines += [line_of(architecture, *way) for _, architecture, way in stopped]
    answers, why_not = try_under(engine, f"held{number}", seccomp, lines)
    if free is None or answers is None:
        return [f"does not run: {why}{why_not}"], 0, 0
    wrong = []
    for (claim, architecture), answer, without in zip(through, answers, free):
        no_such_call = answer == f"=-{NO_SUCH_CALL}" and answer != without and not claim.deferred
        if is_marked(answer) or no_such_call or is_marked(without):
            wrong.append(f"{claim.syscall}{claim.args} on {architecture} is said to come through: "
                         f"{answer}, unfiltered {without}")
    # runc puts a filter of its own in front of one that refuses: no such call, for numbers above all that are listed.
    in_front = engine == "runc" and seccomp["defaultAction"] not in ("SCMP_ACT_ALLOW", "SCMP_ACT_LOG")
    for (name, architecture, (syscall, args)), answer in zip(stopped, answers[len(through):]):
        if not is_marked(answer) and not (in_front and answer == f"=-{NO_SUCH_CALL}"):
            wrong.append(f"{name} on {architecture} is said to be stopped: {syscall}{args}: {answer}")
    return wrong, len(through), len(stopped)


def main():
    names = floor()
    for number, (title, profile) in enumerate(PROFILES.items()):
        if len(sys.argv) > 1 and sys.argv[1] not in title:
            continue
        seccomp, must, must_not = profile()
        claims = claims_of(bundle_of("asked", seccomp), names)
        told = {}
        for claim in claims:
            told.setdefault(claim.name, set()).update(claim.architectures)
        wrong = [f"{name} is not told for {sorted(where)}: {told.get(name)}"
                 for name, where in must.items() if not where <= told.get(name, set())]
        wrong += [f"{name} is told: {told[name]}" for name in sorted(must_not) if name in told]
        print(f"not ok seccomp asked: {title}: {'; '.join(wrong)}" if wrong else f"ok seccomp asked: {title}")
        for engine in RUNTIMES:
            wrong, through, stopped = judge(engine, number, seccomp, claims, names)
            if wrong:
                print(f"not ok seccomp {engine}: {title}: {len(wrong)} wrong: {'; '.join(wrong[:6])}")
            else:
                print(f"ok seccomp {engine}: {title}: {through} examples come through, {stopped} tries are stopped")


main()
