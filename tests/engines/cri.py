#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pods on a node whose runtime is ocigate-runtime, made as a kubelet makes them.

usage: cri.py NODE CGROUP      (PYTHONPATH: where cri_pb2 was generated)
"""
import json
import os
import re
import subprocess
import sys
import time
import uuid

import cri_pb2 as cri
import grpc

NODE, CGROUP = sys.argv[1:]
RECORD = os.path.join(NODE, "decisions")
KUBELET = "/var/lib/kubelet/pods"
# What stands before the runtime's message: containerd's own words.
REFUSED = 'failed to create containerd task: failed to create shim task: OCI runtime create failed: '
MASKED = ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
          "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
CHANNEL = grpc.insecure_channel("unix:///run/containerd/containerd.sock")


def mount(source, target):
    subprocess.run(["mount", "--bind", source, target], check=True)


def call(method, request, answer=cri.Empty):
    return CHANNEL.unary_unary(f"/runtime.v1.RuntimeService/{method}",
                               request_serializer=lambda message: message.SerializeToString(),
                               response_deserializer=answer.FromString)(request, timeout=60)


def policy(rules=None, **more):
    """The node's only drop-in; the wrapper reads it at the next call"""
    document = {"version": 1, "log": {"file": RECORD, "syslog": False}, "rules": rules or {}, **more}
    with open("/etc/ocigate/policy.d/50-test.json.new", "w", encoding="utf-8") as file:
        json.dump(document, file)
    os.rename("/etc/ocigate/policy.d/50-test.json.new", "/etc/ocigate/policy.d/50-test.json")


class Pod:
    """One pod with one container, from the few things that a test wants of it"""

    def __init__(self, name, namespace="default", network="POD", pid="CONTAINER", ipc="POD", sysctls=None, **container):
        self.name, self.namespace = name, namespace
        self.uid = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        self.modes = cri.Namespaces(network=cri.Mode.Value(network), pid=cri.Mode.Value(pid), ipc=cri.Mode.Value(ipc))
        self.sysctls = sysctls or {}
        self.wanted = container
        self.sandbox = self.container = self.error = None
        self.handler = ""
        self.directory = os.path.join(KUBELET, self.uid)

    def sandbox_config(self):
        logs = f"/var/log/pods/{self.namespace}_{self.name}_{self.uid}"
        os.makedirs(logs + "/app", exist_ok=True)
        return cri.SandboxConfig(
            metadata=cri.SandboxMetadata(name=self.name, uid=self.uid, namespace=self.namespace), log_directory=logs,
            hostname="" if self.modes.network == cri.NODE else self.name,
            linux=cri.SandboxLinux(cgroup_parent=f"/{CGROUP}/kubepods/pod{self.uid}", sysctls=self.sysctls,
                                   security_context=cri.SandboxSecurity(
                                       namespace_options=self.modes, privileged=self.wanted.get("privileged", False),
                                       seccomp=cri.Profile(profile_type=cri.Profile.RuntimeDefault))))

    def container_config(self, command=None, mounts=(), user=1000, privileged=False, add=(), drop=(),
                         no_new_privs=False, read_only=False, seccomp=None, masked=MASKED, readonly=READ_ONLY,
                         devices=(), limits=None):
        os.makedirs(self.directory + "/containers/app", exist_ok=True)
        own = [("/etc/hosts", self.directory + "/etc-hosts", False),
               ("/dev/termination-log", self.directory + "/containers/app/1", False)]
        for _, path, _ in own:
            with open(path, "a", encoding="utf-8"):
                pass
        security = cri.ContainerSecurity(
            namespace_options=self.modes, privileged=privileged, readonly_rootfs=read_only, no_new_privs=no_new_privs,
            capabilities=cri.Capabilities(add_capabilities=add, drop_capabilities=drop),
            seccomp=seccomp or unconfined(), masked_paths=[] if privileged else masked,
            readonly_paths=[] if privileged else readonly)
        if user is not None:
            security.run_as_user.value = user
        return cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name="app"), image=cri.Image(image="localhost/app:test"),
            log_path="app/0.log", command=command or ["/bin/sleep", "100000"],
            mounts=[cri.Mount(container_path=at, host_path=path, readonly=ro) for at, path, ro in [*own, *mounts]],
            devices=[cri.Device(container_path=path, host_path=path, permissions="rwm") for path in devices],
            linux=cri.ContainerLinux(resources=cri.Resources(cpu_shares=2, **(limits or {})),
                                     security_context=security))

    def start(self):
        """Until it runs or somebody refuses; the error says at which call and why"""
        config = self.sandbox_config()
        try:
            step = "RunPodSandbox"
            self.sandbox = call(step, cri.RunPodSandboxRequest(config=config, runtime_handler=self.handler),
                                cri.Sandbox).pod_sandbox_id
            step = "CreateContainer"
            request = cri.CreateContainerRequest(pod_sandbox_id=self.sandbox, sandbox_config=config,
                                                 config=self.container_config(**self.wanted))
            self.container = call(step, request, cri.Container).container_id
            step = "StartContainer"
            call(step, cri.Container(container_id=self.container))
        except grpc.RpcError as error:
            self.error = (step, error.details())
        return self

    def status(self):
        return call("ContainerStatus", cri.Container(container_id=self.container), cri.ContainerStatusResponse).status

    def exec(self, *command):
        return call("ExecSync", cri.ExecSyncRequest(container_id=self.container, cmd=command, timeout=20),
                    cri.ExecSyncResponse)

    def proc_status(self, pid):
        answer = self.exec("/bin/cat", f"/proc/{pid}/status")
        lines = answer.stdout.decode().splitlines()
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}

    def remove(self):
        if self.container:
            call("StopContainer", cri.StopContainerRequest(container_id=self.container, timeout=0))
        if self.sandbox:
            call("StopPodSandbox", cri.Sandbox(pod_sandbox_id=self.sandbox))
            call("RemovePodSandbox", cri.Sandbox(pod_sandbox_id=self.sandbox))


def unconfined():
    """Kubernetes without SeccompDefault says this for a pod that says nothing"""
    return cri.Profile(profile_type=cri.Profile.Unconfined)


# --- test lines ---


def holds(name, good, why=""):
    print(f"ok cri {name}" if good else f"not ok cri {name}: {why}", flush=True)


def same(name, got, wanted):
    holds(name, got == wanted, f"{got!r} instead of {wanted!r}")


def decision(stages=("runtime", "exec")):
    """The wrapper's own last one; the hook writes another behind it"""
    with open(RECORD, encoding="utf-8") as file:
        return [one for one in map(json.loads, file) if one["stage"] in stages][-1]


def denied_by():
    return sorted({finding["rule"] for finding in decision()["findings"] if finding["effect"] == "deny"})


def runs(pod, inside=(), exec_inside=()):
    """It runs, and its processes are what they should be: the first one, and one that exec starts"""
    pod.start()
    if pod.error:
        holds(f"{pod.name} runs", False, f"{pod.error}")
        pod.remove()
        return pod
    same(f"{pod.name} runs", cri.State.Name(pod.status().state), "RUNNING")
    first, extra = pod.proc_status(1), pod.proc_status("self")
    for key, value in dict(inside).items():
        same(f"{pod.name}: {key} of the container", first.get(key), value)
    for key, value in dict(exec_inside or inside).items():
        same(f"{pod.name}: {key} of an exec", extra.get(key), value)
    return pod


def refused(pod, step, rules, line=None):
    """Refused at this call, by these rules; @line: what a kubelet shows for it, word for word"""
    pod.start()
    got = pod.error or ("nothing", "it runs")
    same(f"{pod.name} is refused at", got[0], step)
    same(f"{pod.name} is refused by", denied_by(), sorted(rules))
    words = re.escape(line) + ": unknown" if line else f"({'|'.join(rules)}): .*: unknown"
    # A pause container has no name of its own: its id stands there.
    wanted = re.escape(REFUSED) + f"ocigate: denied {pod.namespace}/{pod.name} container (app|[0-9a-f]{{64}}): " + words
    holds(f"{pod.name}: the error is the wrapper's", re.fullmatch(wanted, got[1]), f"{got[1]!r} is not {wanted!r}")
    if pod.container:
        status = pod.status()
        same(f"{pod.name}: the container's state", (cri.State.Name(status.state), status.reason, status.exit_code),
             ("EXITED", "StartError", 128))
    pod.remove()


def person_exec(pod, *options):
    """What a person at the node can do that a kubelet does not: choose the user or the privileges of an exec"""
    done = subprocess.run(["ctr", "--namespace", "k8s.io", "tasks", "exec", "--exec-id", uuid.uuid4().hex, *options,
                           pod.container, "/bin/id"], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def wait_until_ready():
    for _ in range(100):
        conditions = call("Status", cri.Empty(), cri.StatusResponse).status.conditions
        if all(condition.status for condition in conditions if condition.type.endswith("Ready")):
            break
        time.sleep(0.1)


if __name__ == "__main__":
    import cri_pods

    policy()
    wait_until_ready()
    cri_pods.main(sys.modules[__name__])
