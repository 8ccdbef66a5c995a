# SPDX-License-Identifier: Apache-2.0
"""podman: its runtimes by name become the wrapper, so that containers made before go through it as well.

Behind that stands the hook, for whoever names another --runtime. On wish also
the precreate stage, which amends for those as well, but podman then hides why
a container was refused. Both lie in a directory of their own: CRI-O, which
reads the shared one, does not start where it finds that stage.
"""
import os

import marks
from node import Plan, Refused

NAME = "podman"
RESTART = ""
DROP_IN = "/etc/containers/containers.conf.d/99-ocigate.conf"
HOOKS = "/etc/ocigate/podman-hooks.d"
SHARED = "/usr/share/containers/oci/hooks.d"
SYSTEM = ("/usr/share/containers/containers", "/etc/containers/containers")
OWN = "/root/.config/containers/containers"
OTHERS = ("kata", "runsc", "krun", "ocijail", "crun-vm", "crun-wasm", "crun-qemu")


def version(node):
    answer = node.run("podman", "--version")
    words = answer[1].split() if answer and answer[0] == 0 else []
    number = words[-1].split(".")[0] if words else ""
    return int(number) if number.isdigit() else 0


def files(node):
    """
    What root's podman reads, in its order. Up to 5: both main files, then the drop-ins in /etc; 5 reads root's own
    behind them. From 6 on: one main file, the nearest to root, then the drop-ins of all places by their names; a later
    place masks an earlier one's namesake.
    """
    number = version(node)
    if number < 6:
        read = [f"{SYSTEM[0]}.conf", f"{SYSTEM[1]}.conf", f"{SYSTEM[1]}.conf.d/*.conf"]
        read += [] if number in (3, 4) else [f"{OWN}.conf", f"{OWN}.conf.d/*.conf"]
        return [path for pattern in read for path in node.glob(pattern)]
    mains = [f"{place}.conf" for place in (*SYSTEM, OWN) if node.glob(f"{place}.conf")]
    found = {}
    for directory in [f"{place}.{kind}.d" for place in SYSTEM for kind in ("conf", "rootful.conf")] + [f"{OWN}.conf.d"]:
        found.update({os.path.basename(path): path for path in node.glob(f"{directory}/*.conf")})
    return mains[-1:] + [found[name] for name in sorted(found)]


def merged(node, without=DROP_IN):
    """The tables [engine] and [engine.runtimes] as podman merges them, without ours unless it is wanted."""
    engine, runtimes = {}, {}
    for path in files(node):
        if path == without:
            continue
        own = node.toml(path, node.read(path)).get("engine", {})
        runtimes.update(own.get("runtimes", {}))
        engine.update(own)
    return engine, runtimes


def plan(node, install):
    plan = Plan()
    hooks = [f"{HOOKS}/90-ocigate-precreate.json", f"{HOOKS}/99-ocigate.json"]
    if not install:
        plan.changes = [node.change(path, None) for path in (DROP_IN, *hooks)]
        return plan
    engine, runtimes = merged(node)
    candidates, lines = {}, []
    for name in sorted({"runc", "crun", *runtimes}):
        real = next((path for path in runtimes.get(name, []) if node.find(path)), None)
        if name.startswith(OTHERS):
            plan.notes.append(f"runtime {name} is not wrapped: the hook judges what it starts")
        elif real or (name not in runtimes and node.find(name)):
            link = node.wrapper(name, real, candidates) if real else f"ocigate-{name}"
            plan.links.append(link)
            lines.append(f'{marks.quote(name)} = ["{node.prefix}/{link}"]')
    if node.hook_only:
        candidates, lines, plan.links = {}, [], []
    elif not lines:
        raise Refused("neither runc nor crun is on this node")
    chosen = engine.get("runtime", "")
    if os.path.isabs(chosen):
        plan.notes.append(f'runtime = "{chosen}" goes past the wrapper; the hook still judges. Name it by a word')
    directories = [path for path in engine.get("hooks_dir", [SHARED]) if path != HOOKS] + [HOOKS]
    text = "\n".join(["# Put here by ocigate's installer, which takes it away again.", "[engine]",
                      f"hooks_dir = {marks.value(directories)}", "",
                      *(["[engine.runtimes]", *lines, ""] if lines else [])])
    plan.changes = [node.policy(candidates),
                    node.hook(hooks[0], "precreate", ["precreate"]) if node.precreate else node.change(hooks[0], None),
                    node.hook(hooks[1], "createRuntime", ["hook", "createRuntime"]),
                    node.change(DROP_IN, text.encode())]
    plan.notes.append("rootless podman reads the same files: its containers are judged as well, by their own user, who "
                      "may choose other files (rootless.md in the documentation)")
    if lines:
        plan.notes.append("podman build and buildah go through it as well, and are refused by the default policy: "
                          "build with --isolation chroot, which starts no runtime and goes past it, or elsewhere")
    if "CONTAINERS_CONF" in os.environ:
        plan.notes.append("CONTAINERS_CONF is set here: podman then reads that file alone")
    return plan


def check(node):
    for path in files(node):
        node.toml(path, node.read(path))
    return None


def verify(node):
    """Does a file that is read after ours take something back?"""
    engine, runtimes = merged(node, without=None)
    if HOOKS not in engine.get("hooks_dir", []):
        return f"a file that is read after {DROP_IN} sets hooks_dir: name it so that it comes before"
    for name, paths in runtimes.items():
        found = next((path for path in paths if node.find(path)), None)
        if (found and not node.hook_only and not name.startswith(OTHERS)
                and not found.startswith(f"{node.prefix}/ocigate-")):
            return (f"a file that is read after {DROP_IN} gives runtime {name} its program: name it so that it comes "
                    "before")
    return None
