#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which layer really calls which: the one-way rule checked on what the linker sees.

usage: symbols.py BUILD

A contract header in include/ may be read by everybody, so an #include does not tell who calls up. The objects do.
"""
import os
import subprocess
import sys

# Layers whose functions a layer may call, besides its own and its own tables.
MAY_CALL = {
    "base": set(),
    "findings": {"base"},
    "spec": {"base"},
    "seccomp": {"base"},
    "host": {"base", "spec", "seccomp"},
    "rules": {"base", "findings", "spec", "host", "seccomp"},
    "policy": {"base", "spec", "table", "seccomp"},
    "table": {"rules"},
    "amend": {"base", "spec", "table"},
    "attach": {"base", "spec", "seccomp", "amend"},
    "engine": {"base", "findings", "spec", "host", "rules", "table", "policy", "seccomp", "amend", "attach"},
    "report": {"base", "findings", "spec", "table", "policy", "engine"},
    "doctor": {"base"},
    "confine": {"base"},
    "hook": {"base", "report", "doctor", "confine", "findings", "spec", "host", "table", "policy", "seccomp", "amend",
             "attach", "engine"},
}
# Two files that stand between layers: what a rule speaks through, and the list of all rules.
BETWEEN = {"enforce/findings": "findings", "enforce/rules/table": "table"}


def layer_of(name):
    parts = name.split("/")
    if name in BETWEEN:
        return BETWEEN[name]
    if parts[0] == "enforce":
        return parts[1] if len(parts) > 2 else "engine"
    return parts[0]


def objects(build):
    for top in ("enforce", "hook"):
        for where, _, files in os.walk(os.path.join(build, top)):
            for file in sorted(files):
                if file.endswith(".o"):
                    path = os.path.join(where, file)
                    yield path, os.path.relpath(path, build)[:-2]


def symbols(path):
    defined, wanted = set(), set()
    for line in subprocess.run(["nm", "-g", path], check=True, capture_output=True, text=True).stdout.splitlines():
        kind, name = line.split()[-2:]
        (wanted if kind == "U" else defined).add(name)
    return defined, wanted


def main():
    found, owner = {}, {}
    for path, name in objects(sys.argv[1]):
        found[name] = symbols(path)
        for symbol in found[name][0]:
            owner[symbol] = name
    faults = []
    for name, (_, wanted) in sorted(found.items()):
        own = layer_of(name)
        for symbol in sorted(wanted):
            other = layer_of(owner[symbol]) if symbol in owner else own
            if other != own and other not in MAY_CALL.get(own, set()):
                faults.append(f"{name}.c: {own} must not call {symbol} of {owner[symbol]}.c")
            elif own == other == "rules" and symbol in owner:
                faults.append(f"{name}.c: a rule uses {symbol} of {owner[symbol]}.c")
    for fault in faults or ([] if found else ["no objects"]):
        print(f"not ok lint calls-go-one-way: {fault}")
    if found and not faults:
        print("ok lint calls-go-one-way")
    return 1 if faults or not found else 0


if __name__ == "__main__":
    sys.exit(main())
