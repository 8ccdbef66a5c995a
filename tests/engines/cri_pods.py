# SPDX-License-Identifier: Apache-2.0
"""The pods of cri.py: what each is, what becomes of it and why."""
import os

import cri_pb2 as cri

# The 14 capabilities that containerd gives unasked; those of a user other than root are in the bounding set alone.
DEFAULT = "00000000a80425fb"
NONE = "0000000000000000"
HTTP = "0000000000000400"
FILTERED = {"Seccomp": "2"}


def volume(pod, kind, name):
    path = f"{pod.directory}/volumes/{kind}/{name}"
    os.makedirs(path, exist_ok=True)
    return path


def redis(node):
    healthy = node.runs(node.Pod("redis-healthy", user=1000, read_only=True, no_new_privs=True,
                                 limits={"cpu_period": 100000, "cpu_quota": 10000, "memory_limit_in_bytes": 262144000}),
                        {"Seccomp": "2", "NoNewPrivs": "1", "CapEff": NONE, "CapBnd": DEFAULT})
    healthy.remove()
    unhealthy = {"privileged": True, "user": 0, "add": ["NET_ADMIN"], "mounts": [("/test-pd", "/tmp", True)]}
    node.refused(node.Pod("redis-unhealthy", network="NODE", pid="NODE", ipc="NODE", **unhealthy), "RunPodSandbox",
                 ["host-namespaces", "host-network"])
    node.refused(node.Pod("redis-unhealthy-alone", **unhealthy), "StartContainer",
                 ["capabilities", "devices", "host-paths", "privileged", "proc-mount", "root-user"])


def seccomp(node):
    plain = node.runs(node.Pod("plain"), {"Seccomp": "2", "NoNewPrivs": "0", "CapEff": NONE, "CapBnd": DEFAULT})
    node.same("plain: the filter is the wrapper's", node.decision(["runtime"])["amendments"],
              [{"rule": "seccomp", "pointer": "/linux/seccomp", "before": None, "after": "default"}])
    answer = plain.exec("/bin/unshare", "-U", "/bin/true")
    node.holds("plain: the filter stops an exec's calls",
               answer.exit_code != 0 and b"not permitted" in answer.stderr, answer)
    plain.remove()
    runtime_default = node.Pod("seccomp-default", seccomp=cri.Profile(profile_type=cri.Profile.RuntimeDefault))
    node.runs(runtime_default, FILTERED).remove()
    write_profile("/var/lib/kubelet/seccomp/nothing.json", '{"defaultAction": "SCMP_ACT_ALLOW"}')
    nothing = node.Pod("seccomp-nothing", seccomp=cri.Profile(profile_type=cri.Profile.Localhost,
                                                              localhost_ref="/var/lib/kubelet/seccomp/nothing.json"))
    node.runs(nothing, FILTERED)
    answer = nothing.exec("/bin/unshare", "-U", "/bin/true")
    node.holds("seccomp-nothing: a filter that filters nothing is replaced", answer.exit_code != 0, answer)
    nothing.remove()
    profile = cri.Profile(profile_type=cri.Profile.Localhost, localhost_ref="/var/lib/kubelet/seccomp/missing.json")
    missing = node.Pod("seccomp-missing", seccomp=profile).start()
    node.same("seccomp-missing: that is for containerd to refuse", missing.error and missing.error[0],
              "CreateContainer")
    missing.remove()


def write_profile(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def host(node):
    node.refused(node.Pod("host-network", network="NODE"), "RunPodSandbox", ["host-network"],
                 "host-network: shares the host's network (set hostNetwork: false)")
    node.refused(node.Pod("host-pid", pid="NODE"), "RunPodSandbox", ["host-namespaces"],
                 "host-namespaces: shares the host's pid namespace (set hostPID: false)")
    node.refused(node.Pod("host-ipc", ipc="NODE"), "RunPodSandbox", ["host-namespaces"],
                 "host-namespaces: shares the host's ipc namespace (set hostIPC: false)")
    system = node.runs(node.Pod("kube-proxy", namespace="kube-system", network="NODE", user=0, privileged=True))
    excepted = {finding["rule"] for finding in node.decision(["runtime"])["findings"]
                if finding["exception"] == "kube-system"}
    node.holds("kube-proxy: what its exception lets through is recorded",
               {"host-network", "privileged", "root-user"} <= excepted, excepted)
    system.remove()
    node.runs(node.Pod("shared-pid", pid="POD"), FILTERED).remove()


def paths(node):
    os.makedirs("/var/lib/data", exist_ok=True)
    node.refused(node.Pod("host-path", mounts=[("/data", "/var/lib/data", False)]), "StartContainer", ["host-paths"])
    node.refused(node.Pod("socket", mounts=[("/run/containerd.sock", "/run/containerd/containerd.sock", False)]),
                 "StartContainer", ["host-paths", "sensitive-mounts"])
    scratch = node.Pod("volume")
    scratch.wanted["mounts"] = [("/scratch", volume(scratch, "kubernetes.io~empty-dir", "scratch"), False)]
    node.runs(scratch, FILTERED).remove()
    laundered = node.Pod("sub-path")
    where = f"{laundered.directory}/volume-subpaths/vol/app/0"
    os.makedirs(where)
    node.mount("/etc", where)
    laundered.wanted["mounts"] = [("/data", where, True)]
    node.refused(laundered, "StartContainer", ["host-paths", "sensitive-mounts"])
    node.policy({"host-paths": {"allowed": [{"path": "/var/lib/data", "read_only": True}]}})
    node.runs(node.Pod("host-path-allowed", mounts=[("/data", "/var/lib/data", True)]), FILTERED).remove()
    node.refused(node.Pod("host-path-writable", mounts=[("/data", "/var/lib/data", False)]), "StartContainer",
                 ["host-paths"])
    node.policy()


def privileges(node):
    node.refused(node.Pod("root", user=0), "StartContainer", ["root-user"],
                 "root-user: runs as root (set runAsNonRoot: true and runAsUser to a number above 0)")
    node.refused(node.Pod("privileged", privileged=True), "StartContainer",
                 ["capabilities", "devices", "privileged", "proc-mount"])
    node.refused(node.Pod("net-admin", add=["NET_ADMIN"]), "StartContainer", ["capabilities"],
                 "capabilities: has capabilities beyond what is allowed: NET_ADMIN "
                 "(remove NET_ADMIN from securityContext.capabilities.add)")
    node.runs(node.Pod("least", drop=["ALL"], add=["NET_BIND_SERVICE"]), {"Seccomp": "2", "CapBnd": HTTP}).remove()
    node.refused(node.Pod("unmasked", masked=[], readonly=[]), "StartContainer", ["proc-mount"])
    node.refused(node.Pod("device", devices=["/dev/kmsg"]), "StartContainer", ["devices"])
    node.refused(node.Pod("sysctl", sysctls={"net.core.somaxconn": "1024"}), "RunPodSandbox", ["sysctls"])
    node.runs(node.Pod("sysctl-safe", sysctls={"net.ipv4.ip_unprivileged_port_start": "80"}), FILTERED).remove()
    node.policy({"privilege-escalation": {"effect": "apply"},
                 "capabilities": {"effect": "apply", "allowed": ["CAP_NET_BIND_SERVICE"]},
                 "read-only-rootfs": {"effect": "apply"}, "proc-mount": {"effect": "apply"}})
    amended = node.runs(node.Pod("amended", masked=[], readonly=[]),
                        {"Seccomp": "2", "NoNewPrivs": "1", "CapBnd": HTTP})
    answer = amended.exec("/bin/sh", "-c", "echo x >/tmp/x || cat /proc/keys | grep -c .")
    node.holds("amended: the root is read-only and /proc masked",
               b"Read-only" in answer.stderr and answer.stdout.strip() == b"0", answer)
    amended.remove()
    node.policy()


def execs(node):
    pod = node.runs(node.Pod("exec", no_new_privs=True), {"Seccomp": "2", "NoNewPrivs": "1"})
    answer = pod.exec("/bin/sh", "-c", "id; exit 5")
    node.same("exec: exit code and output are the program's", (answer.exit_code, answer.stdout),
              (5, b"uid=1000 gid=0 groups=0\n"))
    status, out, err = node.person_exec(pod)
    node.same("exec: a person's, as the container is", (status, out.split()[0] if out else err), (0, "uid=1000"))
    status, out, err = node.person_exec(pod, "--user", "0")
    node.holds("exec: as root it is refused, and the error says why", status != 0 and out == "" and err.endswith(
        "OCI runtime exec failed: ocigate: denied default/exec container app: root-user: runs as root (set "
        "runAsNonRoot: true and runAsUser to a number above 0); exec-escalation: runs as root in a container that runs "
        "as uid 1000 (exec as the container's user: --user 1000): unknown"), (status, out, err))
    node.policy({"root-user": {"effect": "deny", "exec": {"effect": "audit"}}, "exec-escalation": {"effect": "audit"}})
    status, out, err = node.person_exec(pod, "--user", "0")
    node.same("exec: where the policy audits it, it runs", (status, out.split()[0] if out else err), (0, "uid=0(root)"))
    node.policy()
    pod.remove()


def main(node):
    for part in (redis, seccomp, host, paths, privileges, execs):
        part(node)
