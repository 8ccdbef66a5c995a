#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tries the drop-ins of install/docs/workloads.md on real bundles, changed as the workload's manifest would.

usage: workloads.py OCIGATE DIRECTORY

DIRECTORY is one that root alone can write.
"""
import json
import os
import re
import shutil
import subprocess
import sys

from files import read, write

GATE, WHERE = sys.argv[1:]
PAGE = "install/docs/workloads.md"
SHIPPED = "config/policy.d/10-kube-system.json"
BUNDLES = "tests/bundles/containerd-2.1"
ANNOTATION = "io.kubernetes.cri."


class Bundle:
    """A recording of a restricted pod, and what is different"""

    def __init__(self, name, base="restricted", namespace="shop", container="app", image="r.example/app:1"):
        self.path = os.path.join(WHERE, "bundles", name)
        shutil.copytree(os.path.join(BUNDLES, base), self.path)
        self.config = json.loads(read(os.path.join(self.path, "config.json")))
        self.root = json.loads(read(os.path.join(self.path, "state.json")))["bundle"] + "/rootfs"
        names = {"sandbox-namespace": namespace, "image-name": image, "container-name": container}
        self.config["annotations"].update({ANNOTATION + key: name for key, name in names.items()})
        self.rows = read(os.path.join(self.path, "host/mountinfo")).splitlines()
        old, new = "/containers/app/", f"/containers/{container}/"
        self.rows = [row.replace(old, new) for row in self.rows]
        for mount in self.config["mounts"]:
            mount["source"] = mount["source"].replace(old, new)
        self.save()

    def save(self):
        write(os.path.join(self.path, "config.json"), json.dumps(self.config))
        write(os.path.join(self.path, "host/mountinfo"), "\n".join(self.rows) + "\n")
        return self

    def run_as_root(self):
        self.config["process"]["user"] = {"uid": 0, "gid": 0}
        return self.save()

    def give(self, *capabilities):
        for kind in ("bounding", "effective", "permitted"):
            self.config["process"].setdefault("capabilities", {})[kind] = list(capabilities)
        return self.save()

    def bind(self, source, path, read_only=False, disk="254:0"):
        """@source: of the node's root directory, or of another disk of the node's"""
        word = "ro" if read_only else "rw"
        self.config["mounts"].append({"destination": path, "type": "bind", "source": source,
                                      "options": ["rbind", "rprivate", word]})
        above = [row.split() for row in self.rows]
        # Of two at one place the later one is on top.
        parent = max((row for row in enumerate(above) if (self.root + path + "/").startswith(row[1][4] + "/")),
                     key=lambda row: (len(row[1][4]), row[0]))[1]
        kind = next(row for row in self.rows if row.split()[2] == disk).split(" - ")[1]
        mount = f"{900 + len(self.rows)} {parent[0]} {disk} {source} {self.root}{path}"
        self.rows.append(f"{mount} {word},relatime - {kind}")
        return self.save()

    def device(self, kind, major, minor, path):
        self.config["linux"].setdefault("devices", []).append({"type": kind, "path": path, "major": major,
                                                               "minor": minor})
        self.config["linux"]["resources"]["devices"].append({"allow": True, "type": kind, "major": major,
                                                             "minor": minor, "access": "rwm"})
        return self.save()

    def hook(self, path):
        self.config.setdefault("hooks", {}).setdefault("createContainer", []).append(
            {"path": path, "args": [os.path.basename(path), "create-symlinks"], "env": ["A=b"]})
        return self.save()

    def moved(self, old, new):
        """Kubelet's directory, where this node has it"""
        self.rows = [row.replace(old, new) for row in self.rows]
        for mount in self.config["mounts"]:
            mount["source"] = mount["source"].replace(old, new)
        return self.save()


def judge(policy, bundle):
    run = subprocess.run([GATE, "check", "--policy", policy, "--format", "json", bundle.path], capture_output=True,
                         text=True, check=False)
    decision = json.loads(run.stdout)
    found = {(f["rule"], f["effect"]) for f in decision["findings"] if f["effect"] != "audit"}
    return decision["verdict"], {rule for rule, _ in found}, decision


def blocks():
    """The drop-in behind each mark of the page"""
    for name, kind, text in re.findall(r"<!-- workload: (\w+) -->\n```(\w*)\n(.*?)```", read(PAGE), re.S):
        if kind == "json":
            yield name, text
        else:
            script = text.replace("/usr/lib/ocigate/policy.d/", "config/policy.d/").split(">")[0]
            yield name, subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout


def general(document):
    """Where only the wrapper knows whom an exception is for: what it says, for everybody"""
    return {"version": 1, "rules": document["exceptions"][0]["rules"]}


def cases():
    """By the block's name: who is refused without it and by what; and who is with it too, at least by this rule"""
    yield "namespaces", Bundle("flannel", "hostnetwork", "kube-flannel"), {"host-network", "root-user", "seccomp"}, [
        (Bundle("not-flannel", "hostnetwork", "shop"), "host-network"),
        (Bundle("not-openshift", "hostnetwork", "my-openshift-x"), "host-network")]
    mesh = {"namespace": "shop", "container": "istio-init", "image": "docker.io/istio/proxyv2:1.24.1"}
    yield "mesh", Bundle("istio", **mesh).run_as_root().give("CAP_NET_ADMIN", "CAP_NET_RAW"), {
        "root-user", "capabilities"}, [
        (Bundle("istio-and-more", **mesh).give("CAP_NET_ADMIN", "CAP_SYS_ADMIN"), "capabilities"),
        (Bundle("as-if-istio", **{**mesh, "image": "docker.io/istio/proxyv2-else:1"}).run_as_root(), "root-user")]
    yield "mesh", Bundle("linkerd", "cap-net-admin", "shop", "linkerd-init", "cr.l5d.io/linkerd/proxy-init:v2.4.1"), {
        "root-user", "capabilities", "seccomp"}, []
    logs = {"namespace": "logging", "image": "cr.fluentbit.io/fluent/fluent-bit@sha256:" + "0" * 64}
    yield "logs", Bundle("fluent-bit", **logs).run_as_root().bind("/var/log", "/var/log").bind(
        "/etc/machine-id", "/etc/machine-id", True), {"root-user", "host-paths", "sensitive-mounts"}, [
        (Bundle("fluent-bit-and-etc", **logs).bind("/etc", "/host/etc", True), "sensitive-mounts"),
        (Bundle("fluent-bit-writes", **logs).bind("/etc/machine-id", "/etc/machine-id"), "host-paths"),
        (Bundle("logs-of-others", image=logs["image"]).bind("/var/log", "/var/log"), "host-paths")]
    yield "volumes", Bundle("local").bind("/mnt/disks/ssd1", "/data").bind(
        "/var/lib/rancher/k3s/storage/pvc-1", "/more"), {"host-paths", "sensitive-mounts"}, [
        (Bundle("rancher").bind("/var/lib/rancher/k3s/server", "/data"), "sensitive-mounts"),
        (Bundle("mnt").bind("/mnt", "/data"), "host-paths")]
    block = {"namespace": "shop", "container": "database"}
    yield "block", Bundle("raw", **block).device("b", 259, 3, "/dev/xvda"), {"devices"}, [
        (Bundle("raw-memory", **block).device("c", 1, 1, "/dev/xvda"), "devices"),
        (Bundle("raw-other").device("b", 259, 3, "/dev/xvda"), "devices")]
    yield "state", Bundle("moved").moved("/var/lib/kubelet", "/data/kubelet"), {"host-paths"}, [
        (Bundle("moved-else").moved("/var/lib/kubelet", "/data/other"), "host-paths")]
    build = {"base": "runasuser-nonroot-caps", "namespace": "ci"}
    yield "seccomp", Bundle("buildkit", image="docker.io/moby/buildkit:rootless", **build), {"seccomp"}, [
        (Bundle("not-buildkit", **build), "seccomp")]
    gpu = {"namespace": "training"}
    library = "/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15"
    yield "gpu", Bundle("gpu", **gpu).device("c", 195, 255, "/dev/nvidiactl").device(
        "c", 511, 0, "/dev/nvidia-uvm").bind(library, library, True).hook("/usr/bin/nvidia-cdi-hook"), {
        "devices", "host-paths", "bundle-hooks"}, [
        (Bundle("gpu-writes", **gpu).bind(library, library), "host-paths"),
        (Bundle("gpu-other-hook", **gpu).hook("/usr/bin/env"), "bundle-hooks"),
        (Bundle("gpu-elsewhere").device("c", 195, 255, "/dev/nvidiactl"), "devices")]
    yield "handler", Bundle("socket").run_as_root().bind("/run/docker.sock", "/var/run/docker.sock"), {
        "root-user", "host-paths", "sensitive-mounts"}, [
        (Bundle("other-socket").bind("/run/containerd/containerd.sock", "/s"), "sensitive-mounts")]
    yield "pods", Bundle("infra").run_as_root(), {"root-user"}, [
        (Bundle("infra-and-more").run_as_root().give("CAP_SYS_ADMIN"), "capabilities")]


def why(decision):
    return "; ".join(f["message"] for f in decision["findings"] if f["effect"] != "audit")


def main():
    shipped = os.path.join(WHERE, "shipped")
    write(os.path.join(shipped, "10-kube-system.json"), read(SHIPPED))
    texts = dict(blocks())
    tried = set()
    for name, bundle, rules, others in cases():
        tried.add(name)
        document = json.loads(texts[name])
        if name in ("handler", "pods"):
            document = general(document)
        policy = os.path.join(WHERE, "policies", name)
        write(os.path.join(policy, "10-kube-system.json"), read(SHIPPED))
        file = "10-kube-system.json" if name == "namespaces" else "50-page.json"
        write(os.path.join(policy, file), json.dumps(document))
        (_, refused, before), (verdict, left, after) = judge(shipped, bundle), judge(policy, bundle)
        wrong = [] if refused == rules else [f"without it by {sorted(refused)}, not by {sorted(rules)}: {why(before)}"]
        # A filter is added to who brings none, unless that is what the drop-in is about.
        if verdict != "admit" or left - ({"seccomp"} if name != "seccomp" else set()):
            wrong.append(f"with it by {sorted(left)}: {why(after)}")
        for other, rule in others:
            if rule not in judge(policy, other)[1]:
                wrong.append(f"{os.path.basename(other.path)} is with it no longer found by {rule}")
        print(f"not ok workloads {name}: {'; '.join(wrong)}" if wrong else f"ok workloads {name}")
    if tried != set(texts):
        print(f"not ok workloads: {sorted(set(texts) ^ tried)} stand alone")


main()
