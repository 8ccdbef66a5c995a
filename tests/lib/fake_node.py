#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts 200 bundles below ROOT where eight kinds of engines keep theirs; nothing of it runs.

usage: fake_node.py ROOT PID

Of each engine's 25, every fifth is alike:
  0 healthy   1 runs as root   2 has CAP_NET_ADMIN   3 without no-new-privileges   4 as root with CAP_NET_ADMIN
A fifth container of Kubernetes' engines that runs as root is in the namespace "trusted" if its number is odd, the
others are in "shop". Those whose engine nobody vouches for claim to be in "trusted". PID stands in the pid files of
the first three podman containers, and 999999 (nobody) in those of runc.
"""
import copy
import json
import os
import sys

EACH = 25
CRI = "io.kubernetes.cri."
PLACES = {
    "containerd": "run/containerd/io.containerd.runtime.v2.task/k8s.io/{}",
    "docker": "run/containerd/io.containerd.runtime.v2.task/moby/{}",
    "ctr": "run/containerd/io.containerd.runtime.v2.task/default/{}",
    "cri-o": "run/containers/storage/overlay-containers/{}/userdata",
    "podman": "var/lib/containers/storage/overlay-containers/{}/userdata",
    "rootless": "home/u/.local/share/containers/storage/overlay-containers/{}/userdata",
    "runc": "srv/bundles/{}",
    "crun": "srv/crun-bundles/{}",
}
CGROUPS = {"cri-o": "kubepods-poda.slice:crio:{}", "podman": "machine.slice:libpod:{}",
           "rootless": "user.slice:libpod:{}"}


def annotations(engine, number, name):
    namespace = "trusted" if number % 5 == 1 and number % 2 == 1 else "shop"
    if engine == "containerd":
        return {CRI + "container-type": "container", CRI + "container-name": "app",
                CRI + "image-name": "r.example/app:1", CRI + "sandbox-id": "s" + name,
                CRI + "sandbox-name": f"web-{number}", CRI + "sandbox-namespace": namespace,
                CRI + "sandbox-uid": "u" + name}
    if engine == "cri-o":
        return {"io.container.manager": "cri-o", "io.kubernetes.pod.name": f"web-{number}",
                "io.kubernetes.pod.namespace": namespace, "io.kubernetes.pod.uid": "u" + name,
                "io.kubernetes.container.name": "app", "io.kubernetes.cri-o.SandboxID": "s" + name,
                "io.kubernetes.cri-o.ImageName": "r.example/app:1",
                CRI + "sandbox-namespace": "trusted"}
    return {CRI + "container-type": "container", CRI + "container-name": "app", CRI + "sandbox-name": "web",
            CRI + "sandbox-namespace": "trusted", "io.kubernetes.pod.namespace": "trusted"}


def config(base, engine, number, name):
    spec = copy.deepcopy(base)
    kind = number % 5
    spec["annotations"] = annotations(engine, number, name)
    spec["linux"]["cgroupsPath"] = CGROUPS.get(engine, "/test/{}").format(name)
    if kind in (1, 4):
        spec["process"]["user"] = {"uid": 0, "gid": 0}
    if kind in (2, 4):
        spec["process"]["capabilities"]["bounding"] = ["CAP_NET_ADMIN"]
    if kind == 3:
        spec["process"]["noNewPrivileges"] = False
    return spec


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def states(root, engine, number, name, bundle, pid):
    """What runtimes and engines note about the process"""
    if engine == "podman" and number < 3:
        write(f"{root}/run/containers/storage/overlay-containers/{name}/userdata/pidfile", pid)
    if engine == "runc":
        write(f"{root}/run/runc/{name}/state.json",
              json.dumps({"id": name, "init_process_pid": 999999, "config": {"labels": [f"bundle=/{bundle}"]}}))
    if engine == "crun":
        write(f"{root}/run/crun/{name}/status", json.dumps({"pid": 999999, "bundle": "/" + bundle}))


def main():
    root, pid = sys.argv[1:]
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "healthy.json"), encoding="utf-8") as file:
        base = json.load(file)
    for engine, place in PLACES.items():
        for number in range(EACH):
            name = f"{engine.replace('-', '')}{number:02}"
            bundle = place.format(name)
            write(f"{root}/{bundle}/config.json", json.dumps(config(base, engine, number, name)))
            os.makedirs(f"{root}/{bundle}/rootfs", exist_ok=True)
            states(root, engine, number, name, bundle, pid)
    # BuildKit's own log lies where its bundles do.
    write(f"{root}/var/lib/docker/buildkit/executor/runc-log.json", "{}")
    for where, _, files in os.walk(f"{root}/home/u"):
        os.chown(where, 1000, 1000)
        for file in files:
            os.chown(os.path.join(where, file), 1000, 1000)


if __name__ == "__main__":
    main()
