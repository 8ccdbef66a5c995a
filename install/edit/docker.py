# SPDX-License-Identifier: Apache-2.0
"""docker: a runtime of ours becomes the default one, and each that daemon.json names starts through the wrapper.

JSON has no room for marks: the admin's bytes are kept, and put back as long
as nobody has changed the file since; else only what is ours is taken out.
"""
import json
import mmap
import os

from node import Plan, Refused

NAME = "docker"
RESTART = "systemctl restart docker (stops containers unless live-restore is set)"
MAIN = "/etc/docker/daemon.json"
# BuildKit in dockerd starts its containers by itself; this variable of dockerd's says by what.
UNIT = "/etc/systemd/system/docker.service.d/99-ocigate.conf"
VARIABLE = "DOCKER_BUILDKIT_RUNC_COMMAND"


def unique(pairs):
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is given twice")
    return document


def parse(data):
    try:
        document = json.loads(data or b"{}", object_pairs_hook=unique)
        if not isinstance(document, dict) or not isinstance(document.get("runtimes", {}), dict):
            raise ValueError("it is no object, or its runtimes are none")
    except ValueError as error:
        raise Refused(f"{MAIN} is broken and left alone: {error}") from error
    return document


def original(node):
    """daemon.json as the admin wrote it, and the bytes of it if they are still known."""
    data = node.read(MAIN)
    kept, ours = node.read(node.kept(MAIN)), node.read(node.kept(MAIN) + ".installed")
    if ours is None:
        return parse(data), data
    if data == ours:
        return parse(kept), kept
    document, before = parse(data), parse(kept)
    runtimes = document.get("runtimes", {})
    runtimes.pop("ocigate", None)
    for name, runtime in runtimes.items():
        if os.path.basename(runtime.get("path", "")).startswith("ocigate-") and name in before.get("runtimes", {}):
            runtime["path"] = before["runtimes"][name]["path"]
    if not runtimes and "runtimes" not in before:
        document.pop("runtimes", None)
    if document.get("default-runtime") == "ocigate":
        document.pop("default-runtime")
        if "default-runtime" in before:
            document["default-runtime"] = before["default-runtime"]
    return document, (json.dumps(document, indent=2) + "\n").encode()


def knows_variable(node):
    """Is it in the program? Older versions of dockerd start "runc", whatever they are told."""
    path = node.find("dockerd")
    if not path:
        return None
    with open(node.at(path), "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(VARIABLE.encode()) >= 0


def unit(node):
    if knows_variable(node) is False:
        raise Refused(f"this dockerd does not know {VARIABLE}, so that containers of docker build cannot be judged "
                      "here: take a later one, or build on machines of their own; without --build the rest is "
                      "installed")
    text = "\n".join(["# Put here by ocigate's installer, which takes it away again.", "[Service]",
                      f"Environment={VARIABLE}={node.prefix}/ocigate-runtime", ""])
    return node.change(UNIT, text.encode())


def plan(node, install):
    plan = Plan(edited=(MAIN,))
    if install and node.hook_only:
        raise Refused("docker knows no hooks: install with the wrapper")
    document, data = original(node)
    installed = node.kept(MAIN) + ".installed"
    if not install:
        plan.changes = [node.change(MAIN, data), node.change(node.kept(MAIN), None), node.change(installed, None)]
        if node.read(installed) is None:
            plan.changes = []
        plan.changes.append(node.change(UNIT, None))
        plan.notes.append("containers that were created with the runtime ocigate start again only when created anew")
        return plan
    candidates = {}
    runtimes = document.setdefault("runtimes", {})
    default = document.get("default-runtime", "runc")
    for name, runtime in runtimes.items():
        if not runtime.get("path"):
            plan.notes.append(f"runtime {name} is a shim of its own: it stays as it is, and is not judged")
            continue
        link = node.wrapper(name, runtime["path"], candidates)
        plan.links.append(link)
        runtime["path"] = f"{node.prefix}/{link}"
    if default == "runc":
        runtimes["ocigate"] = {"path": f"{node.prefix}/ocigate-runtime"}
        document["default-runtime"] = "ocigate"
        plan.links.append("ocigate-runtime")
    elif default not in runtimes:
        plan.notes.append(f"the default runtime {default} is a shim of its own: it stays as it is, and is not judged")
    text = (json.dumps(document, indent=2) + "\n").encode()
    plan.changes = [node.policy(candidates), node.change(installed, text), node.change(MAIN, text)]
    if data is not None:
        plan.changes.insert(0, node.change(node.kept(MAIN), data))
    if node.build:
        plan.links.append("ocigate-runtime")
        plan.changes.append(unit(node))
        plan.notes.append("systemctl daemon-reload comes before the restart. What docker build runs as root is refused "
                          "unless an exception lets it")
    elif node.read(UNIT) is not None:
        plan.changes.append(node.change(UNIT, None))
    plan.notes.append(f"docker run --runtime runc{'' if node.build else ', docker build'} and containers that were "
                      "created before go past it")
    return plan


def check(node):
    data = node.read(MAIN)
    if data is None:
        return None
    parse(data)
    answer = node.run("dockerd", "--validate", "--config-file", MAIN)
    if answer is None or answer[0] == 0 or "unknown flag: --validate" in answer[2]:  # before docker 23
        return None
    return (answer[2] or answer[1]).strip()


def verify(node):
    return check(node)
