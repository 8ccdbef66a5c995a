# SPDX-License-Identifier: Apache-2.0
"""Puts the gate into an engine's configuration, or takes it out.

usage: main.py [--dry-run] [--precreate|--hook-only|--build]... --root DIR --prefix DIR ENGINE install|uninstall

A module for each engine says what its files shall become (plan(node)); this
one shows it, or does it: backs up, links, policy, configuration, then the
engine's own checker, and everything back if that one complains.
"""
import argparse
import difflib
import importlib
import json
import os
import sys

from node import STATE, Node, Refused


def show(change):
    old = (change.old or b"").decode(errors="replace").splitlines(keepends=True)
    new = (change.new or b"").decode(errors="replace").splitlines(keepends=True)
    for line in difflib.unified_diff(old, new, change.path if change.old is not None else "/dev/null",
                                     change.path if change.new is not None else "/dev/null"):
        sys.stdout.write(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")


def check(engine, node, when):
    """The engine's own opinion of the files as they lie there now."""
    fault = engine.check(node)
    if fault:
        raise Refused(f"{engine.NAME} does not take its configuration {when}:\n{fault}")


def apply(engine, node, plan, changes, action):
    for name in plan.links:
        node.link(name)
    done = []
    try:
        for change in changes:
            if action == "install" and change.path.startswith(plan.edited):
                node.back_up(change)
            done.append(change)
            node.write(change.path, change.new, change.mode)
        if action == "install":
            check(engine, node, "with the gate in place (everything is back as it was)")
            fault = engine.verify(node)
            if fault:
                raise Refused(f"{engine.NAME}: {fault} (everything is back as it was)")
    except BaseException:  # whoever interrupts it, too, finds everything as it was
        for change in reversed(done):
            node.write(change.path, change.old, change.mode)
        raise


def run(arguments):
    node = Node(arguments.root, arguments.prefix, arguments.engine, arguments.wishes)
    engine = importlib.import_module(arguments.engine)
    lock = None if arguments.dry_run else node.lock()
    if arguments.action == "install":
        check(engine, node, "as it is; it is left alone")
    plan = engine.plan(node, arguments.action == "install")
    changes = [change for change in plan.changes if change.old != change.new]
    if arguments.dry_run:
        for name in plan.links:
            if not os.path.lexists(node.at(os.path.join(node.prefix, name))):
                print(f"link {os.path.join(node.prefix, name)} -> ocigate")
        for change in changes:
            if not change.path.startswith(STATE):
                show(change)
    else:
        apply(engine, node, plan, changes, arguments.action)
        if engine.RESTART:
            node.mark_uninstalled(arguments.action == "uninstall", changes)
    for program in sorted(set(node.mute)):
        plan.notes.append(f"{program} could not be asked below {node.root}: what it thinks of its configuration shows "
                          "when it starts")
    for note in plan.notes:
        print(f"install: {engine.NAME}: {note}", file=sys.stderr)
    if not changes:
        print(f"install: {engine.NAME}: nothing to change", file=sys.stderr)
    elif not arguments.dry_run and engine.RESTART:
        print(f"install: {engine.NAME}: takes force with: {engine.RESTART}", file=sys.stderr)
    if lock:
        lock.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dry-run", action="store_true")
    for wish in ("precreate", "hook-only", "build"):
        parser.add_argument(f"--{wish}", dest="wishes", action="append_const", const=wish, default=[])
    parser.add_argument("--root", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("engine", choices=["containerd", "podman", "docker", "crio"])
    parser.add_argument("action", choices=["install", "uninstall"])
    try:
        run(parser.parse_args())
    except KeyboardInterrupt:
        print("install: interrupted: nothing was changed", file=sys.stderr)
        return 130
    except (OSError, Refused, UnicodeDecodeError, json.JSONDecodeError) as error:
        print(f"install: refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
