# SPDX-License-Identifier: Apache-2.0
"""As much of kustomize as our overlays use: resources, patches, components, a generated ConfigMap, names of images.

usage: kustomize.py OVERLAY [COMPONENT]...         the DaemonSet, as JSON
       kustomize.py --podman OVERLAY FAKE CONFIG    options of podman for the same container on a fake root, one a line
"""
import json
import os
import sys

import yaml

# Lists that a patch merges by a key instead of replacing them.
KEYS = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}
KNOWN = {"apiVersion", "kind", "namespace", "resources", "configMapGenerator", "labels", "images", "patches",
         "components"}


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def merge(old, new, name=""):
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merge(old.get(key), item, key) for key, item in new.items()}}
    if isinstance(old, list) and isinstance(new, list) and name in KEYS:
        merged = {item[KEYS[name]]: item for item in old}
        for item in new:
            merged[item[KEYS[name]]] = merge(merged.get(item[KEYS[name]]), item)
        return list(merged.values())
    return new


def build(directory):
    """The DaemonSet and the files of its ConfigMaps, by the name of each."""
    root = os.path.realpath(directory)
    kustomization = load(os.path.join(root, "kustomization.yaml"))
    unknown = set(kustomization) - KNOWN
    assert not unknown, f"{directory}: keys that are not known here: {unknown}"
    daemon_set, maps = None, {}
    for resource in kustomization.get("resources", []):
        path = os.path.join(root, resource)
        if os.path.isdir(path):
            daemon_set, maps = build(path)
        else:
            daemon_set = load(path)
    for generator in kustomization.get("configMapGenerator", []):
        paths = [os.path.realpath(os.path.join(root, file)) for file in generator["files"]]
        # kustomize reads no file from outside of its directory.
        assert all(path.startswith(root + "/") for path in paths), f"{directory}: a file from outside"
        for path in paths:
            with open(path, encoding="utf-8") as file:
                json.load(file)
        maps[generator["name"]] = paths
    for image in kustomization.get("images", []):
        for container in daemon_set["spec"]["template"]["spec"]["containers"]:
            if container["image"] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return patched(root, kustomization, daemon_set), maps


def patched(root, kustomization, daemon_set):
    for patch in kustomization.get("patches", []):
        change = load(os.path.join(root, patch["path"]))
        if daemon_set:
            assert (change["kind"], change["metadata"]["name"]) == (daemon_set["kind"], daemon_set["metadata"]["name"])
            daemon_set = merge(daemon_set, change)
    return daemon_set


def overlay(directory, components):
    daemon_set, maps = build(directory)
    for component in components:
        kustomization = load(os.path.join(component, "kustomization.yaml"))
        assert kustomization["kind"] == "Component"
        daemon_set = patched(component, kustomization, daemon_set)
    return daemon_set, maps


def podman(directory, fake, config):
    daemon_set, _ = overlay(directory, [])
    pod = daemon_set["spec"]["template"]["spec"]
    container, = pod["containers"]
    security = container["securityContext"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    options = [f"--user={security['runAsUser']}:{security['runAsGroup']}"]
    options += [f"--cap-drop={name}" for name in security["capabilities"]["drop"]]
    options += [f"--cap-add={name}" for name in security["capabilities"]["add"]]
    options += ["--read-only"] * security["readOnlyRootFilesystem"]
    options += ["--security-opt=no-new-privileges"] * (not security["allowPrivilegeEscalation"])
    options += [f"--env={entry['name']}={entry['value']}" for entry in container["env"]]
    for mount in sorted(container["volumeMounts"], key=lambda mount: mount["mountPath"]):
        volume = volumes[mount["name"]]
        if "emptyDir" in volume:
            options.append(f"--mount=type=tmpfs,destination={mount['mountPath']},tmpfs-mode=0777,notmpcopyup")
            continue
        source = fake + volume["hostPath"]["path"] if "hostPath" in volume else config
        if volume.get("hostPath", {}).get("type") == "DirectoryOrCreate":
            os.makedirs(source, exist_ok=True)
        options.append(f"--volume={source}:{mount['mountPath']}:{'ro' if mount.get('readOnly') else 'rw'}")
    print("\n".join(options))


if __name__ == "__main__":
    if sys.argv[1] == "--podman":
        podman(*sys.argv[2:])
    else:
        print(json.dumps(overlay(sys.argv[1], sys.argv[2:])[0]))
