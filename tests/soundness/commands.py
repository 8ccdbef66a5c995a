# SPDX-License-Identifier: Apache-2.0
"""Command lines: the plain one, and others that a runtime may read otherwise than a gate.

Where one can name another bundle, that is a bundle with everything that a policy refuses.
"""
import json
import random

from bases import HERE

PRIVILEGED = {"privileged": ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"], "some": ["CAP_NET_RAW"], "all": HERE}


def start(number, root, bundle, evil, pid_file, name, crun):
    """(words, working directory) of what starts a container"""
    front, back = ["--root", root], ["--pid-file", pid_file, name]
    plain = ["run", "-d", "--bundle", bundle, *back]
    rows = [
        ([*front, *plain], None),
        ([f"--root={root}", "run", "--detach", f"--bundle={bundle}", *back], None),
        ([*front, "run", "-d", "-b", bundle, *back], None),
        ([*front, "run", "-d", *back], bundle),
        (["-root", root, "run", "-d", "-bundle", bundle, *back], None),
        ([*front, "run", "-d", f"-b={bundle}", *back], None),
        ([*front, "run", "-d", f"-b{evil}", "--bundle", bundle, *back], None),
        ([*front, "run", "-d", "--bun", evil, *back], bundle),
        ([*front, "run", "-d", "--bundle", bundle, "--bundle", evil, *back], None),
        ([*front, "run", "-d", "--bundle", evil, "--bundle", bundle, *back], None),
        ([*front, "run", "-d", "-b", bundle, f"--bundle={evil}", *back], None),
        ([*front, "run", "-d", "--bundle", bundle, "--config", f"{evil}/config.json", *back], None),
        ([*front, "run", "-d", "--bundle", bundle, "-f", f"{evil}/config.json", *back], None),
        ([*front, "run", "-d", "--bundle", bundle, f"--config={evil}/config.json", *back], None),
        ([*front, "run", "-d", "--bundle", bundle, *back, "--bundle", evil], None),
        ([*front, "run", "-d", "--bundle", bundle, "--pid-file", pid_file, "--", name], None),
        ([*front, "run", "-d", "--pid-file", pid_file, "--", name, "--bundle", evil], bundle),
        ([*front, "--debug", *plain], None),
        ([*front, "--systemd-cgroup=false", *plain], None),
        ([*front, "--unknown", *plain], None),
        ([*front, "run", "--detach=true", "--no-new-keyring", "--bundle", bundle, *back], None),
        ([*front, "run", "-d", "--no-pivot", "--bundle", bundle, *back], None),
        ([*front, "run", "-d", "--preserve-fds", "0", "--bundle", bundle, *back], None),
        ([*front, " run", "-d", "--bundle", bundle, *back], None),
        ([*front, "run", "-d", "--bundle", bundle + "/.", *back], None),
        (["--log", f"{evil}/log", *front, "run", "-d", "--bundle", f"{bundle}/../{bundle.rsplit('/', 1)[1]}", *back],
         None),
    ]
    words, where = rows[number % len(rows)]
    if crun and number >= len(rows):
        words = words[:1] + words[1:]
    return words, where


def document(r, spec):
    """A process.json as an engine writes one, bent."""
    process = {"user": {"uid": 1000, "gid": 1000}, "args": ["/guest", "600"], "env": ["PATH=/"], "cwd": "/",
               "capabilities": {}, "noNewPrivileges": True}
    if isinstance(spec, dict) and r.random() < .7:
        process = {**spec, "args": ["/guest", "600"], "terminal": False}
    for _ in range(r.randint(0, 2)):
        key, value = r.choice([("user", {"uid": 0, "gid": 0}),
                               ("user", {"uid": r.choice(["1000", -1, 1000]), "gid": 0}),
                               ("noNewPrivileges", r.choice([False, None, True])),
                               ("capabilities", {"bounding": r.choice(list(PRIVILEGED.values())), "effective": HERE,
                                                 "permitted": HERE}), ("capabilities", None),
                               ("capabilities", {"ambient": ["CAP_NET_RAW"], "permitted": ["CAP_NET_RAW"],
                                                 "inheritable": ["CAP_NET_RAW"]}),
                               ("cwd", r.choice(["/", "/proc/self/fd/7", "data"])), ("args", ["/usr/sbin/sshd", "600"]),
                               ("Capabilities", {"effective": HERE}),
                               ("user", {"uid": 1000, "gid": 1000, "additionalGids": [0]}), ("NoNewPrivileges", False),
                               ("x", 1), ("apparmorProfile", "unconfined")])
        process[key] = value
    return json.dumps(process)


def execution(number, seed, root, name, pid_file, process_file, spec):
    """Words of an exec into a running container."""
    r = random.Random(seed)
    front, back = ["--root", root, "exec", "-d", "--pid-file", pid_file], [name, "/guest", "600"]
    with open(process_file, "w", encoding="utf-8") as file:
        file.write(document(r, spec))
    rows = [
        [*front, *back],
        [*front, "--process", process_file, name],
        [*front, f"--process={process_file}", name],
        [*front, "-p", process_file, name],
        [*front, "--process", process_file, *back],
        [*front, "--process", process_file, "--user", "0", name],
        [*front, "--process", process_file, "--cap", "CAP_SYS_ADMIN", name],
        [*front, "--user", "1000", *back],
        [*front, "--user", "1000:1000", "--no-new-privs", *back],
        [*front, "--user", "0", *back],
        [*front, "--user=0:0", *back],
        [*front, "-u", "0", *back],
        [*front, "--user", "1000:0", *back],
        [*front, "--user", "1000", "--user", "0", *back],
        [*front, "--cap", "CAP_SYS_ADMIN", "--user", "1000", *back],
        [*front, "-c", "CAP_NET_RAW", "--user", "1000", *back],
        [*front, "--cap=cap_sys_admin", "--user", "1000", *back],
        [*front, "--user", "1000", "--additional-gids", "0", *back],
        [*front, "--user", "1000", "--no-new-privs=false", *back],
        [*front, "--user", "1000", "--cwd", r.choice(["/", "/proc/self/fd/7"]), *back],
        [*front, "--user", "1000", name, "/usr/sbin/sshd", "600"],
        [*front, "--process", process_file, "--process", process_file + ".other", name],
        [*front, "--user", "1000", "--no-new-privs", "--cgroup", r.choice(["/sub", "/", "../..", "devices:/"]), *back],
        [*front, "--process", process_file, f"--cgroup={r.choice(['/sub', '../..'])}", name],
    ]
    return rows[number % len(rows)]
