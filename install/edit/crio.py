# SPDX-License-Identifier: Apache-2.0
"""CRI-O: runtime_path of every handler becomes the wrapper; the hook stands in a directory of its own behind it.

A drop-in replaces a handler's whole table, so each is repeated with all that
the admin set. No precreate stage: CRI-O does not start where it finds one.
"""
import os

import marks
from node import Plan

NAME = "CRI-O"
RESTART = "systemctl restart crio (containers go on running)"
MAIN = "/etc/crio/crio.conf"
DROP_IN = "/etc/crio/crio.conf.d/99-ocigate.conf"
HOOKS = "/etc/ocigate/crio-hooks.d"
SHARED = "/usr/share/containers/oci/hooks.d"


def merged(node, without=DROP_IN):
    """[crio.runtime] as CRI-O merges it, without ours unless it is wanted."""
    runtime, handlers = {}, {}
    for path in [MAIN, *node.glob("/etc/crio/crio.conf.d/*")]:
        data = node.read(path)
        if data is None or path == without:
            continue
        own = node.toml(path, data).get("crio", {}).get("runtime", {})
        handlers.update(own.get("runtimes", {}))
        runtime.update(own)
    return runtime, handlers


def table(handler, settings):
    """A handler's table and those below it."""
    name = ("crio", "runtime", "runtimes", handler)
    lines = [marks.header(name)]
    below = []
    for key, item in settings.items():
        if isinstance(item, dict):
            below += [marks.header((*name, key)),
                      *(f"{marks.quote(k)} = {marks.value(v)}" for k, v in item.items())]
        else:
            lines.append(f"{marks.quote(key)} = {marks.value(item)}")
    return [*lines, *below, ""]


def gate(node, plan, candidates, handler, settings, default):
    """A handler's settings with the wrapper in them."""
    changed = dict(settings)
    # From CRI-O 1.32 on such a handler starts what the default one starts, whatever its own path says.
    if not settings.get("inherit_default_runtime") or handler == default:
        link = node.wrapper(handler, settings.get("runtime_path") or node.find(handler) or handler, candidates)
        plan.links.append(link)
        changed["runtime_path"] = f"{node.prefix}/{link}"
    # Images of a platform that is named there are started by another program than the handler's.
    for platform, real in settings.get("platform_runtime_paths", {}).items():
        link = node.wrapper(f"{handler}-{os.path.basename(real)}", real, candidates)
        plan.links.append(link)
        changed["platform_runtime_paths"] = {**changed["platform_runtime_paths"], platform: f"{node.prefix}/{link}"}
    return changed


def plan(node, install):
    plan = Plan()
    hook = f"{HOOKS}/99-ocigate.json"
    if not install:
        plan.changes = [node.change(path, None) for path in (DROP_IN, hook)]
        return plan
    runtime, handlers = merged(node)
    default = runtime.get("default_runtime") or ("crun" if node.find("crun") else "runc")
    handlers.setdefault(default, {})
    candidates, lines = {}, []
    if node.hook_only:
        handlers = {}
    for handler, settings in sorted(handlers.items()):
        if settings.get("runtime_type", "oci") not in ("", "oci"):
            plan.notes.append(f"handler {handler} ({settings['runtime_type']}) starts no runc: it stays as it is, "
                              "and its containers are judged by the hook alone")
            continue
        changed = gate(node, plan, candidates, handler, settings, default)
        if changed != settings:
            lines += table(handler, changed)
    directories = [path for path in runtime.get("hooks_dir", [SHARED]) if path != HOOKS] + [HOOKS]
    text = "\n".join(["# Put here by ocigate's installer, which takes it away again.", "[crio.runtime]",
                      f"hooks_dir = {marks.value(directories)}", "", *lines])
    plan.changes = [node.policy(candidates), node.hook(hook, "createRuntime", ["hook", "createRuntime"]),
                    node.change(DROP_IN, text.encode())]
    return plan


def check(node):
    merged(node)
    answer = node.run("crio", "--config", MAIN, "--config-dir", "/etc/crio/crio.conf.d", "config")
    return None if answer is None or answer[0] == 0 else answer[2].strip() or "crio config fails"


def verify(node):
    """Does a file that is read after ours take something back?"""
    runtime, handlers = merged(node, without=None)
    if HOOKS not in runtime.get("hooks_dir", []):
        return f"a file that is read after {DROP_IN} sets hooks_dir: name it so that it comes before"
    for handler, settings in handlers.items():
        paths = list(settings.get("platform_runtime_paths", {}).values())
        if not settings.get("inherit_default_runtime") or handler == runtime.get("default_runtime"):
            paths.append(settings.get("runtime_path", ""))
        if (not node.hook_only and settings.get("runtime_type", "oci") in ("", "oci")
                and not all(path.startswith(f"{node.prefix}/ocigate-") for path in paths)):
            return (f"a file that is read after {DROP_IN} gives handler {handler} its runtime: name it so that it "
                    "comes before")
    return None
