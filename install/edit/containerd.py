# SPDX-License-Identifier: Apache-2.0
"""containerd: options.BinaryName of every runtime handler of the CRI plugin becomes the wrapper.

On wish (--hook-only) base_runtime_spec instead: containerd's own default spec,
or the one that the admin gave, with the hook and the default filter in it.

The lines are edited where they stand: containerd 1.x replaces a plugin's whole
section by an imported file's, so a drop-in would lose what the admin set.
Without a main file it reads none, not even the conf.d/*.toml that its default
configuration names since 2.2.
"""
import os

import base_spec
import marks
from node import Plan, Refused

NAME = "containerd"
RESTART = "systemctl restart containerd (containers go on running)"
MAIN = "/etc/containerd/config.toml"
# Version 4 (containerd 2.3) moved the daemon's own listeners, not the CRI plugin.
CRI = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime", 4: "io.containerd.cri.v1.runtime"}
SHIMS = (None, "", "io.containerd.runc.v2", "io.containerd.runc.v1")


def version(node):
    answer = node.run("containerd", "--version")
    words = answer[1].split() if answer and answer[0] == 0 else []
    numbers = words[2].lstrip("v").split(".")[:2] if len(words) > 2 else []
    return tuple(int(n) for n in numbers) if all(n.isdigit() for n in numbers) else ()


def files(node):
    """The main file, then what it imports, in containerd's order: (path, text without our edits, document)."""
    found = []
    waiting = [MAIN] if node.read(MAIN) is not None else []
    while waiting:
        path = waiting.pop(0)
        data = node.read(path)
        if data is None or any(path == known[0] for known in found):
            continue
        text = marks.strip(data.decode())
        document = node.toml(path, text.encode())
        if not text:
            document = {"version": 3 if version(node) >= (2, 0) else 2}  # nothing, or ours: it can be any version's
        found.append((path, text, document))
        for pattern in document.get("imports", []):
            waiting += node.glob(os.path.join(os.path.dirname(path), pattern))
    return found


def layout(path, document, default, known):
    """The table of a file's handlers. known: version(node)"""
    number = document.get("version", default)
    if number not in CRI:
        raise Refused(f"{path} is written for version {number} of containerd's configuration; versions 2 to 4 are "
                      "known here: containerd config migrate writes a newer one than 1")
    old, new = (("plugins", CRI[n], "containerd", "runtimes") for n in (2, 3))
    # What is older than its own version containerd brings up to date: the old table counts where there is no new one.
    if number == 2 and known >= (2, 0):
        return new if get(document, new) else old
    if number == 3 and (known == () or known >= (2, 3)):
        return old if get(document, old) and not get(document, new) else new
    return old if number == 2 else new


def get(document, table):
    for key in table:
        document = document.get(key, {}) if isinstance(document, dict) else {}
    return document if isinstance(document, dict) else {}


def own(node, plan, candidates, handler, settings):
    """What one handler shall have: a table below its own (or its own, ()), a key and its value; None: let it be."""
    if settings.get("runtime_type") not in SHIMS:
        plan.notes.append(f"handler {handler} ({settings['runtime_type']}) starts no runc: it stays as it is, and "
                          "its containers are not judged")
        return None
    if node.hook_only:
        path, change = base_spec.make(node, handler, settings.get("base_runtime_spec"))
        if change not in plan.changes:
            plan.changes.append(change)
        return (), "base_runtime_spec", path
    real = get(settings, ("options",)).get("BinaryName") or None
    link = node.wrapper(handler, real, candidates)
    plan.links.append(link)
    return ("options",), "BinaryName", f"{node.prefix}/{link}"


def put(lines, table, settings, wish):
    below, key, value = wish
    if lines.set((*table, *below), key, value):
        return
    if not below or "options" in settings:
        raise Refused(f"the {'options' if below else 'table'} of handler {table[-1]} "
                      f"{'are' if below else 'is'} not written as a table of {'their' if below else 'its'} own: write "
                      f"{marks.header((*table, *below))} on a line, and each key below it")
    lines.append([marks.header((*table, *below)), f'  {key} = "{value}"'])


def edit(node, plan, candidates, path, text, document, table, with_runc):
    lines, wanted = marks.Lines(text), {}
    for handler, settings in get(document, table).items():
        wish = own(node, plan, candidates, handler, settings)
        if wish:
            put(lines, (*table, handler), settings, wish)
            wanted[handler] = wish
    if with_runc:
        usual = {"runtime_type": "io.containerd.runc.v2"}
        below, key, value = wanted["runc"] = own(node, plan, candidates, "runc", usual)
        added = [marks.header((*table, "runc")), '  runtime_type = "io.containerd.runc.v2"',
                 *([marks.header((*table, "runc", *below))] if below else []), f'  {key} = "{value}"']
        lines.append(added)
    result = lines.result()
    if marks.strip(result) != text:
        raise Refused(f"{path} cannot be edited so that it can be restored")
    after = get(node.toml(path, result.encode()), table)
    for handler, (below, key, value) in wanted.items():
        if get(after, (handler, *below)).get(key) != value:
            raise Refused(f"{path}: the table of handler {handler} is written in a way that cannot be edited safely")
    return result


def plan(node, install):
    plan = Plan(edited=("/etc/containerd/",))
    found = files(node)
    if not install:
        for path, text, _ in found:
            ours = not text and node.read(node.kept(path)) is None
            plan.changes.append(node.change(path, None if ours else text.encode()))
        plan.changes += [node.change(path, None) for path in node.glob(f"{base_spec.WHERE}/*.json")]
        return plan
    if any("cri" in name for _, _, document in found for name in document.get("disabled_plugins", [])):
        plan.notes.append("its CRI plugin is disabled: nothing goes by this configuration, and nothing is changed "
                          "(docker has an installer of its own)")
        return plan
    candidates = {}
    known = version(node)
    if not found:
        number = 3 if known >= (2, 0) else 2
        found = [(MAIN, "", {"version": number})]
        plan.notes.append(f"there is no configuration: {MAIN} is made, and removed by uninstall")
    default = found[0][2].get("version", 1)
    tables = [layout(path, document, default, known) for path, _, document in found]
    last = max((n for n, (_, _, document) in enumerate(found)
                if tables[n][1] in document.get("plugins", {})), default=0)
    missing = not any("runc" in get(document, tables[n]) for n, (_, _, document) in enumerate(found))
    edits = []
    for n, (path, text, document) in enumerate(found):
        result = edit(node, plan, candidates, path, text, document, tables[n], missing and n == last)
        if not text:
            result = f"version = {default}{marks.MARK}\n" + result
        edits.append(node.change(path, result.encode()))
    plan.links = sorted(set(plan.links))
    # What the configuration names is there before it; what no handler names any more goes behind it.
    stale = [node.change(path, None) for path in node.glob(f"{base_spec.WHERE}/*.json")
             if path not in [change.path for change in plan.changes]]
    plan.changes = [node.policy(candidates), *plan.changes, *edits, *stale]
    if node.hook_only:
        plan.notes.append("hooks do not reach pause containers and exec sessions, and amend nothing but a missing "
                          "filter")
    plan.notes.append("ctr, nerdctl and docker do not go by the CRI plugin's handlers")
    return plan


def dump(node):
    """What containerd itself makes of all its files. Return: None where it is not there."""
    main = ["--config", MAIN] if node.read(MAIN) is not None else []
    return node.run("containerd", *main, "config", "dump")


def check(node):
    answer = dump(node)
    return None if answer is None or answer[0] == 0 else answer[2].strip() or "containerd config dump fails"


def verify(node):
    """Is there a handler without the wrapper all the same?"""
    answer = dump(node)
    if answer is None:
        return None
    document = node.toml("containerd config dump", answer[1].encode())
    if any("cri" in name for name in document.get("disabled_plugins", [])):
        return None
    for handler, settings in get(document, layout("containerd config dump", document, 2, version(node))).items():
        binary = get(settings, ("options",)).get("BinaryName", "")
        gated = (settings.get("base_runtime_spec", "").startswith(base_spec.WHERE) if node.hook_only
                 else binary.startswith(f"{node.prefix}/ocigate-"))
        if settings.get("runtime_type") in SHIMS and not gated:
            return f"handler {handler} does not go through the gate in what containerd config dump shows"
    return None
