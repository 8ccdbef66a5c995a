#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a pod of the operator's guide by containerd's CRI, and prints what a kubelet is told.

usage: guide_pod.py NODE CGROUP NAME
"""
import sys
import time

NAME = sys.argv.pop()
import cri  # noqa: E402 (it takes what is left of the arguments)

# By the first word of the name: namespace, and what the container asks for.
PODS = {
    "web": ("shop", {}),
    "agent": ("monitoring", {"pid": "NODE", "user": 0, "mounts": [("/host/etc", "/etc", True)]}),
    "proxy": ("kube-system", {"network": "NODE", "user": 0}),
    "job": ("batch", {"user": 0, "command": ["/bin/true"]}),
    "debug": ("shop", {"user": 0, "mounts": [("/host", "/etc", False)]}),
}


class Pod(cri.Pod):
    def container_config(self, **wanted):
        config = super().container_config(**wanted)
        config.image.image = "registry.example/tools/agent:1.9"
        return config


def main():
    cri.wait_until_ready()
    namespace, wanted = PODS[NAME.split("-")[0]]
    pod = Pod(NAME, namespace=namespace, **wanted).start()
    while "command" in wanted and not pod.error and pod.status().state != cri.cri.EXITED:
        time.sleep(0.1)
    print(pod.error[1] if pod.error else "started")


main()
