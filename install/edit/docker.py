# SPDX-License-Identifier: Apache-2.0
"""docker: a runtime of ours becomes the default one, and each that daemon.json names starts through the wrapper.

JSON has no room for marks: the admin's bytes are kept, and put back as long
as nobody has changed the file since; else only what is ours is taken out.
"""
import json
import os

from node import Plan, Refused

NAME = "docker"
RESTART = "systemctl restart docker (stops containers unless live-restore is set)"
MAIN = "/etc/docker/daemon.json"


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


def plan(node, install):
    plan = Plan(edited=(MAIN,))
    document, data = original(node)
    installed = node.kept(MAIN) + ".installed"
    if not install:
        plan.changes = [node.change(MAIN, data), node.change(node.kept(MAIN), None), node.change(installed, None)]
        if node.read(installed) is None:
            plan.changes = []
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
    text = (json.dumps(document, indent=2) + "\n").encode()
    plan.changes = [node.policy(candidates), node.change(installed, text), node.change(MAIN, text)]
    if data is not None:
        plan.changes.insert(0, node.change(node.kept(MAIN), data))
    plan.notes.append("docker run --runtime runc, docker build and containers that were created before go past it")
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
