#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Known escapes, as bundles: refused with what makes them possible, admitted without it.

usage: cves.py check OCIGATE DIR     DIR: a directory that root alone can write
       cves.py page                  install/docs/cves.md, from the same table

A bundle is the healthy container of the rules' cases with its recorded facts, patched as table.json says: "base" in
both, "with" and "without" in one of them. Judged is by the shipped default policy, and "policy" where a row has it.
"also": further ways to the same, each a row of its own over the first.
"""
import copy
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))
from files import read, write  # noqa: E402

BASE = os.path.join(HERE, "../rules/base")
ID = "4d2f1c9c1f6e4b7aa1d83f0f9c5be72d4d2f1c9c1f6e4b7aa1d83f0f9c5be72d"
PLACES = {"containerd": f"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}",
          "cri-o": f"/run/containers/storage/overlay-containers/{ID}/userdata"}
CRIO = {"io.container.manager": "cri-o", "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.uid": "c432e06f-07d3-4b5d-a404-a68481ab2af7"}


def patch(document, operations):
    """RFC 6902: add, replace, remove"""
    for operation in operations:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        at = document
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if operation["op"] == "remove":
            del at[int(last) if isinstance(at, list) else last]
        elif isinstance(at, list) and operation["op"] == "add":
            at.insert(len(at) if last == "-" else int(last), operation["value"])
        else:
            at[int(last) if isinstance(at, list) else last] = operation["value"]


def config_of(row, variant):
    config = json.loads(read(os.path.join(BASE, "plain.json")))
    if row.get("engine") == "cri-o":
        # Its mounts are containerd's: those that CRI-O would make otherwise are left out.
        config["annotations"] = {**CRIO, "io.kubernetes.container.name": "app", "io.kubernetes.cri-o.SandboxID": "5a4d",
                                 "io.kubernetes.cri-o.ImageName": "registry.example/shop/web:1"}
        config["linux"]["cgroupsPath"] = f"/kubepods/pod1/crio-{ID}"
        config["mounts"] = [m for m in config["mounts"] if "containerd" not in m["source"]]
    patch(config, row.get("base", []))
    patch(config, variant.get("patch", []))
    return config


def facts_of(row, variant, rootfs):
    facts = {name: read(os.path.join(BASE, "host", name)).replace("ROOTFS", rootfs)
             for name in os.listdir(os.path.join(BASE, "host")) if name != "process"}
    lines = [line.replace("ROOTFS", rootfs) for line in variant.get("mountinfo", [])]
    facts["mountinfo"] += "".join(line + "\n" for line in lines)
    if "move" in variant:
        old, new = (f" {path.replace('ROOTFS', rootfs)} " for path in variant["move"])
        facts["mountinfo"] = facts["mountinfo"].replace(old, new)
    if "namespace" in variant:
        kind, inode = variant["namespace"]
        facts["namespaces"] = "".join(
            f"container {kind} {inode}\n" if line.startswith(f"container {kind} ") else line + "\n"
            for line in facts["namespaces"].splitlines())
    if row.get("before") or row.get("engine"):
        # The container does not exist yet: the node's mounts, and the namespaces of the pod that it joins.
        node = [line for line in facts.pop("mountinfo").splitlines() if rootfs not in line]
        facts["mountinfo-node"] = "\n".join(node) + "\n"
        joined = ("container net", "container ipc", "container uts", "self", "init")
        facts["namespaces"] = "".join(
            line + "\n" for line in facts["namespaces"].splitlines() if line.startswith(joined))
    return facts


def make(where, row, variant):
    place = PLACES[row.get("engine", "containerd")]
    shutil.rmtree(where, ignore_errors=True)
    write(f"{where}/config.json", json.dumps(config_of(row, variant)))
    write(f"{where}/state.json", json.dumps({"ociVersion": "1.0.2", "id": ID, "status": "creating", "bundle": place}))
    for name, text in facts_of(row, variant, f"{place}/rootfs").items():
        write(f"{where}/host/{name}", text)
    if "sandbox" in variant:
        sandbox = config_of({}, {})
        sandbox["annotations"] = {**CRIO, "io.kubernetes.container.name": "POD"}
        sandbox["linux"]["sysctl"] = variant["sandbox"]
        write(f"{where}/sandbox-config.json", json.dumps(sandbox))


def judge(ocigate, policy, where):
    run = subprocess.run([ocigate, "check", "--policy", policy, "--format", "json", where],
                         capture_output=True, text=True, check=False)
    decision = json.loads(run.stdout)
    refused = {f["rule"] for f in decision["findings"] if f["effect"] == "deny"}
    return decision["verdict"], refused, {a["rule"] for a in decision["amendments"]}, run.stdout


def check_row(ocigate, directory, name, row):
    policy = f"{directory}/policy"
    shutil.rmtree(policy, ignore_errors=True)
    write(f"{policy}/50.json", json.dumps({"version": 1, "preset": "default", "rules": row.get("policy", {})}))
    make(f"{directory}/with", row, row["with"])
    make(f"{directory}/without", row, row.get("without", {}))
    verdict, refused, amended, text = judge(ocigate, policy, f"{directory}/with")
    expected = ("admit", amended) if row.get("outcome") == "amended" else ("deny", refused)
    good = verdict == expected[0] and row["rule"] in expected[1]
    print(f"ok {name}: {row['rule']} stops it" if good
          else f"not ok {name}: {row['rule']} stops it: {verdict} by {sorted(refused)}, {text[:400]}")
    verdict, refused, amended, text = judge(ocigate, policy, f"{directory}/without")
    good = verdict == "admit" and not refused and not amended
    print(f"ok {name}: nothing else does" if good
          else f"not ok {name}: nothing else does: {verdict} by {sorted(refused)}, amended {sorted(amended)}, "
               f"{text[:400]}")


def check(ocigate, directory, rows):
    for row in rows:
        ways = row.pop("also", [])
        for i, way in enumerate([{}, *ways]):
            name = "cves " + ", ".join(row["cves"]) + (f" (way {i + 1})" if ways else "")
            check_row(ocigate, directory, name, {**row, **way})


def page(rows):
    seen = [row for row in rows if "rule" in row]
    unseen = [row for row in rows if "unseen" in row]
    n = sum(len(row["cves"]) for row in seen)
    print(f"""<!-- Written by tests/cves/cves.py page, from tests/cves/table.json. -->
# Known escapes

{n} known faults of runtimes, engines and kernels need something that is to be seen when the container is created: in
its spec, or in what the kernel shows of its mounts and namespaces. For each there is a bundle that has it, and the rule
that refuses it (or amends it away) under the shipped policy, or with the setting that is named; the same bundle without
it is admitted. `sh tests/check/cves.sh` tries them all.

Refusing what an escape needs is no substitute for a runtime, an engine and a kernel without it. The versions were
compared with the projects' own release notes, tags, issues and advisories, and with Go's vulnerability database, as of
September 2026; "before" names the first version of each line that has the fix. What could not be compared says so.

| CVE | in | how | what is seen | rule |
|---|---|---|---|---|""")
    for row in seen:
        rule = ", ".join(dict.fromkeys(f"`{way['rule']}`" + (" (applied)" if way.get("outcome") == "amended" else "")
                                       for way in [row, *({**row, **other} for other in row.get("also", []))]))
        print(f"| {', '.join(row['cves'])} | {row['component']} | {row['escape']} | {row['seen']} | {rule} |")
    print("""
In an exec: crun 1.19 to 1.26 runs `exec --user 1000` as root (CVE-2026-30892). The wrapper hands on `1000:0`, which
every crun reads as it was meant (tests/unit/exec_process.c).

## What this gate does not stop

| CVE | in | how | why not |
|---|---|---|---|""")
    for row in unseen:
        print(f"| {', '.join(row['cves'])} | {row['component']} | {row['escape']} | {row['unseen']} |")


def main():
    rows = json.loads(read(os.path.join(HERE, "table.json")))
    if sys.argv[1:] == ["page"]:
        page(rows)
    else:
        check(sys.argv[2], sys.argv[3], [copy.deepcopy(row) for row in rows if "rule" in row])


if __name__ == "__main__":
    main()
