#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes an image archive (docker save's form) with busybox, as an application and as a pause container.

usage: cri_image.py BUSYBOX ARCHIVE
"""
import hashlib
import io
import json
import os
import sys
import tarfile

APPLETS = "sh cat echo grep id sleep true ls unshare"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def add(archive, name, data=b"", mode=0o644, kind=tarfile.REGTYPE, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode, entry.size = kind, link, mode, len(data)
    archive.addfile(entry, io.BytesIO(data))


def layer(busybox):
    bytes_ = io.BytesIO()
    with tarfile.open(fileobj=bytes_, mode="w") as archive:
        for directory in ("bin", "etc", "tmp", "proc", "sys", "dev", "var", "run"):
            add(archive, directory, mode=0o1777 if directory == "tmp" else 0o755, kind=tarfile.DIRTYPE)
        with open(busybox, "rb") as file:
            add(archive, "bin/busybox", file.read(), 0o755)
        for applet in APPLETS.split():
            add(archive, f"bin/{applet}", kind=tarfile.SYMTYPE, link="busybox")
        add(archive, "etc/passwd", b"root:x:0:0::/:/bin/sh\n")
    return bytes_.getvalue()


def config(diff_id, command, user):
    return json.dumps({"architecture": ARCHITECTURES.get(os.uname().machine, os.uname().machine), "os": "linux",
                       "config": {"Env": ["PATH=/bin"], "Cmd": command, "User": user},
                       "rootfs": {"type": "layers", "diff_ids": [diff_id]}, "history": []}).encode()


def main():
    busybox, archive_path = sys.argv[1:]
    data = layer(busybox)
    diff_id = "sha256:" + hashlib.sha256(data).hexdigest()
    images = (("localhost/pause:test", ["/bin/sleep", "100000"], "65535:65535"),
              ("localhost/app:test", ["/bin/sleep", "100000"], ""))
    manifest = []
    with tarfile.open(archive_path, "w") as archive:
        add(archive, "layer.tar", data)
        for name, command, user in images:
            text = config(diff_id, command, user)
            file = hashlib.sha256(text).hexdigest() + ".json"
            add(archive, file, text)
            manifest.append({"Config": file, "RepoTags": [name], "Layers": ["layer.tar"]})
        add(archive, "manifest.json", json.dumps(manifest).encode())


main()
