# SPDX-License-Identifier: Apache-2.0
"""The spec that containerd starts from when it makes a container's: with our hook and the default filter in it."""
import json
import os

from node import Refused

WHERE = "/etc/ocigate/containerd-base"
HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = ("../../config/seccomp/default.json", "../seccomp-default.json")
# What profiles call a machine's architecture, and its native one in archMap.
MACHINES = {"x86_64": ("amd64", "SCMP_ARCH_X86_64"), "aarch64": ("arm64", "SCMP_ARCH_AARCH64"),
            "riscv64": ("riscv64", "SCMP_ARCH_RISCV64"), "s390x": ("s390x", "SCMP_ARCH_S390X"),
            "ppc64le": ("ppc64le", "SCMP_ARCH_PPC64LE"), "loongarch64": ("loong64", "SCMP_ARCH_LOONGARCH64")}


def applies(part, architecture, capabilities):
    """"includes" wants one of the architectures and all of the capabilities, "excludes" minds any."""
    include, exclude = part.get("includes", {}), part.get("excludes", {})
    return ((not include.get("arches") or architecture in include["arches"])
            and set(include.get("caps", [])) <= capabilities
            and architecture not in exclude.get("arches", []) and not capabilities & set(exclude.get("caps", [])))


def resolve(profile, machine, capabilities):
    """An engine's profile as a spec's filter."""
    if machine not in MACHINES:
        raise Refused(f"which filter fits this machine ({machine}) is not known: install with the wrapper")
    architecture, native = MACHINES[machine]
    known = next((entry for entry in profile["archMap"] if entry["architecture"] == native), None)
    if not known:
        raise Refused(f"the default profile does not know {native}: install with the wrapper")
    parts = [{key: part[key] for key in ("names", "action", "errnoRet", "args") if key in part}
             for part in profile["syscalls"] if applies(part, architecture, capabilities)]
    return {"defaultAction": profile["defaultAction"], "defaultErrnoRet": profile["defaultErrnoRet"],
            "architectures": [native, *known["subArchitectures"]], "syscalls": parts}


def profile():
    for name in PROFILES:
        path = os.path.join(HERE, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return json.load(file)
    raise Refused("the default seccomp profile is not beside this installer: it belongs in config/seccomp")


def engine_default(node):
    answer = node.run("ctr", "oci", "spec")
    if answer is None or answer[0] != 0:
        raise Refused("containerd's ctr cannot be asked for its default spec here: run this on the node itself, or "
                      "give the handler a base_runtime_spec")
    return json.loads(answer[1])


def make(node, handler, given):
    """Return: the path of the spec for a handler, and the change that puts it there."""
    if given:
        data = node.read(given)
        if data is None:
            raise Refused(f"the base_runtime_spec of handler {handler}, {given}, is not on this node")
        spec = json.loads(data)
    else:
        spec = engine_default(node)
    path = f"{WHERE}/{node.file_name(handler) if given else 'default'}.json"
    hooks = spec.setdefault("hooks", {}).setdefault("createRuntime", [])
    hooks.append(node.entry(["hook", "createRuntime"]))
    if not spec.setdefault("linux", {}).get("seccomp"):
        bounding = set(spec.get("process", {}).get("capabilities", {}).get("bounding", []))
        spec["linux"]["seccomp"] = resolve(profile(), os.uname().machine, bounding)
    return path, node.change(path, (json.dumps(spec, indent=1) + "\n").encode())
