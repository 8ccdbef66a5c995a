#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges the real bundles and compares with what is expected of them.

usage: bundles.py OCIGATE BUNDLES NODE

NODE is a directory that root alone can write, for policies and for the pause containers' bundles.
"""
import json
import os
import shutil
import subprocess
import sys

from files import read, write

POLICIES = {
    # A bare hook that may not attach a filter: what the containers themselves bring.
    "the shipped default": {"version": 1, "rules": {"seccomp": {"attach": False}}},
    "baseline": {"version": 1, "preset": "baseline"},
    "restricted": {"version": 1, "preset": "restricted"},
}
# Where an engine keeps the bundle of a pause container, and the annotation that names it.
SANDBOXES = {
    "containerd": ("io.kubernetes.cri.sandbox-id", "/run/containerd/io.containerd.runtime.v2.task/k8s.io/{}"),
    "crio": ("io.kubernetes.cri-o.SandboxID", "/run/containers/storage/overlay-containers/{}/userdata"),
}
# A pause container's facts: these namespaces are its pod's, which the app container was seen in.
OF_THE_POD = {"net", "ipc", "uts", "user"}


def expectations(root):
    """(engine, name, (rules under each policy)) of every row"""
    for file in sorted(os.listdir(root)):
        if not file.endswith(".tsv"):
            continue
        for line in read(os.path.join(root, file)).splitlines():
            if line and not line.startswith("#"):
                name, *columns = line.split("\t")
                yield file[:-4], name, [c.split(",") if c != "-" else [] for c in columns[:len(POLICIES)]]


def unexplained(root):
    """Rows that expect a denial and do not say why"""
    for file in sorted(os.listdir(root)):
        for line in read(os.path.join(root, file)).splitlines() if file.endswith(".tsv") else []:
            name, *columns = line.split("\t")
            found, rest = columns[:len(POLICIES)], columns[len(POLICIES):]
            if set(found) - {"-"} and not name.startswith("#") and not "".join(rest):
                yield f"{file[:-4]}/{name}"


def unexpected(root, rows):
    """Bundles that no row speaks of"""
    known = {(engine, name) for engine, name, _ in rows}
    for engine in sorted(os.listdir(root)):
        if not os.path.isdir(os.path.join(root, engine)):
            continue
        for case in sorted(os.listdir(os.path.join(root, engine))):
            for file, name in (("config.json", case), ("sandbox-config.json", case + "/sandbox")):
                if os.path.exists(os.path.join(root, engine, case, file)) and (engine, name) not in known:
                    yield f"{engine}/{name}"


def sandbox_facts(case, rootfs):
    """The node's facts before the pause container exists, from those of an app container of its pod."""
    namespaces = []
    for line in read(os.path.join(case, "host/namespaces")).splitlines():
        who, kind, _ = line.split()
        if who != "container" or kind in OF_THE_POD:
            namespaces.append(line)
    mounts = [line for line in read(os.path.join(case, "host/mountinfo")).splitlines()
              if not (line.split()[4] + "/").startswith(rootfs + "/")]
    return "\n".join(namespaces) + "\n", "\n".join(mounts) + "\n"


def make_sandbox(root, engine, name, node):
    """A directory that `ocigate check` takes for the recording of a pause container about to be made."""
    case = os.path.join(root, engine, name)
    # An app that the engine refused left no facts: those of the plain pod of the same node stand in.
    source = case if os.path.exists(os.path.join(case, "config.json")) else os.path.join(root, engine, "default")
    key, place = SANDBOXES[engine.split("-")[0]]
    spec = json.loads(read(os.path.join(case, "sandbox-config.json")))
    state = json.loads(read(os.path.join(source, "state.json")))
    app_root = json.loads(read(os.path.join(source, "config.json")))["root"]["path"]
    made = os.path.join(node, engine, name)
    namespaces, mounts = sandbox_facts(source, os.path.join(state["bundle"], app_root))
    shutil.copytree(os.path.join(source, "host"), os.path.join(made, "host"),
                    ignore=shutil.ignore_patterns("mountinfo"))
    shutil.copy(os.path.join(case, "sandbox-config.json"), os.path.join(made, "config.json"))
    write(os.path.join(made, "host/namespaces"), namespaces)
    write(os.path.join(made, "host/mountinfo-node"), mounts)
    sandbox = spec["annotations"][key]
    write(os.path.join(made, "state.json"), json.dumps(
        {"ociVersion": "1.0.2", "id": sandbox, "status": "creating", "bundle": place.format(sandbox)}))
    return made


def judge(ocigate, policy, judge_as, bundles):
    """The decisions on all bundles, from one run"""
    run = subprocess.run([ocigate, "check", "--policy", policy, "--as", judge_as, "--format", "json", *bundles],
                         capture_output=True, text=True, check=False)
    lines = run.stdout.splitlines()
    if len(lines) != len(bundles):
        sys.exit(f"not ok bundles: {len(lines)} decisions on {len(bundles)} bundles: {run.stderr.strip()}")
    return [json.loads(line) for line in lines]


def refused_by(decision, judge_as):
    """Rules whose findings stand: the wrapper amends what is to be applied, a bare hook cannot."""
    stands = {"deny"} if judge_as == "runtime" else {"deny", "apply"}
    return sorted({f["rule"] for f in decision["findings"] if f["effect"] in stands})


def why(decision, rules):
    if decision.get("error"):
        return decision["error"]
    return "; ".join(f'{f["rule"]}: {f["message"]}' for f in decision["findings"]
                     if f["rule"] in rules and f["effect"] != "audit")


def compare(policy, column, rows, decisions, judge_as):
    for (engine, name, expected), decision in zip(rows, decisions):
        title = f"bundles {engine}/{name} under {policy}"
        got = refused_by(decision, judge_as)
        wanted = sorted(expected[column])
        verdict = "deny" if wanted else "admit"
        if got != wanted:
            extra = why(decision, set(got) - set(wanted))
            print(f"not ok {title}: finds {','.join(got) or '-'}, not {','.join(wanted) or '-'} ({extra})")
        elif decision["verdict"] != verdict:
            print(f"not ok {title}: the verdict is {decision['verdict']}, not {verdict} ({why(decision, got)})")
        else:
            print(f"ok {title}")


def main():
    ocigate, root, node = sys.argv[1:]
    rows = list(expectations(root))
    for name in unexpected(root, rows):
        print(f"not ok bundles {name}: no row says what is expected of it")
    for name in unexplained(root):
        print(f"not ok bundles {name}: no reason is given for its denial")
    apps = [row for row in rows if not row[1].endswith("/sandbox")]
    sandboxes = [row for row in rows if row[1].endswith("/sandbox")]
    app_bundles = [os.path.join(root, engine, name) for engine, name, _ in apps]
    sandbox_bundles = [make_sandbox(root, engine, name.split("/")[0], node) for engine, name, _ in sandboxes]
    for column, (policy, drop_in) in enumerate(POLICIES.items()):
        where = os.path.join(node, f"policy-{column}")
        write(os.path.join(where, "50-test.json"), json.dumps(drop_in))
        compare(policy, column, apps, judge(ocigate, where, "hook", app_bundles), "hook")
        compare(policy, column, sandboxes, judge(ocigate, where, "runtime", sandbox_bundles), "runtime")


if __name__ == "__main__":
    main()
