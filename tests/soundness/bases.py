# SPDX-License-Identifier: Apache-2.0
"""Bundles that real engines wrote, made fit to run here.

What belongs to the node they come from is replaced: ids by @ID@, namespaces by those of a pod that is held here, the
program by one that waits. What a rule looks at stays as the engine wrote it.
"""
import copy
import glob
import json
import os

import world

PLACES = {
    "containerd": "/run/containerd/io.containerd.runtime.v2.task/k8s.io/@ID@",
    "crio": "/run/containers/storage/overlay-containers/@ID@/userdata",
    "podman": "/var/lib/containers/storage/overlay-containers/@ID@/userdata",
}
STORED_ROOT = "/var/lib/containers/storage/overlay/@ID@/merged"
FILES = {"hosts", "etc-hosts", "hostname", "resolv.conf", ".containerenv"}
LAUNDERED = "volume-subpaths/vol/"


def capabilities_here():
    with open("/proc/self/status", encoding="ascii") as file:
        mask = next(int(line.split()[1], 16) for line in file if line.startswith("CapBnd"))
    return mask


HERE = [f"CAP_{name}" for name, number in world.BITS.items() if capabilities_here() >> number & 1]


class Base:
    """@own: what engine and kubelet made for this container; @spec: with @ID@ where the container's id belongs"""

    def __init__(self, path):
        self.name = "/".join(path.split("/")[2:4])
        self.engine = self.name.split("-")[0]
        with open(path, encoding="utf-8") as file:
            text = file.read()
        old = self.id_of(json.loads(text), path)
        self.spec = json.loads(text.replace(old, "@ID@") if old else text)
        self.place = PLACES[self.engine]
        self.root = f"{self.place}/rootfs" if self.engine == "containerd" else STORED_ROOT
        self.truth = self.truth_of(self.spec)
        self.fit()

    @staticmethod
    def id_of(spec, path):
        try:
            with open(path.replace("config.json", "state.json"), encoding="utf-8") as file:
                return json.load(file)["id"]
        except (OSError, KeyError):
            return os.path.basename(spec["linux"].get("cgroupsPath", "")).split("-")[-1].split(":")[-1]

    def truth_of(self, spec):
        """Who it really is: by the engine's own keys, of an engine that has such keys."""
        notes = spec.get("annotations", {})
        key = {"containerd": "io.kubernetes.cri.sandbox-namespace",
               "crio": "io.kubernetes.pod.namespace"}.get(self.engine)
        return {"namespace": notes.get(key) if key else None}

    def fit(self):
        spec, linux, process = self.spec, self.spec["linux"], self.spec["process"]
        spec["ociVersion"] = "1.0.2"  # older runtimes take no newer
        spec["root"]["path"] = "rootfs" if self.engine == "containerd" else self.root
        process["args"] = ["/guest", "600"]
        process["cwd"] = "/"
        process.pop("rlimits", None)
        if process.get("oomScoreAdj", 0) < 0:
            process.pop("oomScoreAdj")
        if not os.path.exists(world.APPARMOR):
            process.pop("apparmorProfile", None)
        for kind in process.get("capabilities", {}):
            process["capabilities"][kind] = [cap for cap in process["capabilities"][kind] if cap in HERE]
        prefix = {"containerd": "", "crio": "crio-", "podman": "libpod-"}[self.engine]
        linux["cgroupsPath"] = f"/@GROUP@/{prefix}@ID@"
        resources = linux.get("resources", {})
        resources.pop("unified", None)
        resources.get("memory", {}).pop("swap", None)
        self.fit_namespaces(linux)

    def fit_namespaces(self, linux):
        kinds = {"network": "net", "ipc": "ipc", "uts": "uts"}
        own_users = any(entry["type"] == "user" for entry in linux["namespaces"])
        for entry in linux["namespaces"]:
            if "path" not in entry:
                continue
            if entry["type"] not in kinds or own_users:
                # The pause container's, which is not there: one of its own is the same for every rule.
                entry.pop("path")
            elif self.engine == "containerd":
                entry["path"] = f"/proc/@HOLDER@/ns/{kinds[entry['type']]}"
            else:
                entry["path"] = f"/run/pod/{kinds[entry['type']]}"
        if "hostpid" in self.name or self.name.endswith(("redis-unhealthy", "hostpid")):
            linux["namespaces"] = [entry for entry in linux["namespaces"] if entry["type"] != "pid"]

    def sources(self):
        """(source, is it engine's or kubelet's for this container) of every bind"""
        for mount in self.spec["mounts"]:
            source = mount.get("source", "")
            if source.startswith("/"):
                owned = ("@ID@" in source or source.startswith("/var/lib/kubelet/pods/") or "/sandboxes/" in source
                         or "/overlay-containers/" in source or "/storage/volumes/" in source)
                yield source, owned and LAUNDERED not in source

    def draft(self):
        return copy.deepcopy(self.spec)


def make_source(path):
    """A file or directory of the host, as its name has it."""
    if os.path.lexists(path):
        return
    name = os.path.basename(path)
    if name.endswith(".sock"):
        world.subprocess.run([f"{world.NODE}/guest", "--socket", path], check=False)
    elif name in FILES or "/containers/" in path and "/pods/" in path:
        world.write(path)
        os.chmod(path, 0o666)
    else:
        os.makedirs(path, exist_ok=True)
        if LAUNDERED in path:
            world.bind("/etc", path)
        elif "/volume-subpaths/" in path:
            volume = path.split("/volume-subpaths/")[0] + "/volumes/kubernetes.io~configmap/cm"
            os.makedirs(volume, exist_ok=True)
            world.bind(volume, path)


def load():
    bases = []
    for path in sorted(glob.glob("tests/bundles/*/*/config.json")):
        base = Base(path)
        bases.append(base)
        for source, _ in base.sources():
            if "@ID@" not in source:
                make_source(source)
    return bases
