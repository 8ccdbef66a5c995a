#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long `create` takes under runc and crun: bare, with the hook, with the hook attaching a filter.

usage: engines.py ROUNDS EMPTY GATE BUNDLES    inside a node; prints "name<TAB>value" lines
"""
import json
import os
import shutil
import subprocess
import sys
import time

ENGINES = {
    "runc": ["runc", "--root", "/run/runc"],
    "crun": ["crun", "--root", "/run/crun", "--cgroup-manager=disabled"],
}


def spec_of(base, hook, seccomp):
    spec = json.loads(base)
    if hook:
        spec["hooks"] = {"createRuntime": [{"path": hook, "args": ["ocigate", "hook", "createRuntime"], "env": [],
                                            "timeout": 10}]}
    else:
        spec.pop("hooks", None)
    if not seccomp:
        spec["linux"].pop("seccomp", None)
    return json.dumps(spec)


def create(engine, bundle, name):
    """Microseconds from start to exit; the container is removed outside of them."""
    # A file, not a pipe: the container's own process keeps it open.
    with open(bundle + "/said", "w+b") as said, open("/dev/null", "r+b") as null:
        actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), 0), (os.POSIX_SPAWN_DUP2, null.fileno(), 1),
                   (os.POSIX_SPAWN_DUP2, said.fileno(), 2)]
        start = time.perf_counter()
        pid = os.posix_spawnp(engine[0], engine + ["create", "--bundle", bundle, name], os.environ,
                              file_actions=actions)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        took = (time.perf_counter() - start) * 1e6
        said.seek(0)
        why = said.read().decode(errors="replace")
    subprocess.run(engine + ["delete", "--force", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)
    if status != 0:
        raise SystemExit(f"not ok bench: {engine[0]} create: {why}")
    return took


def main():
    rounds, empty, gate, bundles = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    with open(bundles + "/example/config.json", encoding="utf-8") as file:
        base = json.load(file)
    base["mounts"] = [mount for mount in base["mounts"] if not mount["destination"].startswith("/data/")]
    base = json.dumps(base)
    # variant: hook, a filter in the spec. Ours attaches one where the spec has none; a program that reads the state and
    # does nothing shows what it costs a runtime to have a hook at all.
    variants = {"bare": (None, False), "filter": (None, True), "empty_hook": (empty, True), "hook": (gate, True),
                "attach": (gate, False)}
    times = {}
    for turn in range(rounds + 1):
        for engine, command in ENGINES.items():
            if not shutil.which(engine):
                continue
            for variant, (hook, seccomp) in variants.items():
                name = f"{engine}-{variant}-{turn}"
                bundle = f"{bundles}/{name}"
                shutil.copytree(f"{bundles}/example/rootfs", bundle + "/rootfs")
                with open(bundle + "/config.json", "w", encoding="utf-8") as file:
                    file.write(spec_of(base, hook, seccomp))
                # The first round warms: the filter to attach is compiled and kept, programs are in memory.
                took = create(command, bundle, name)
                if turn > 0:
                    times.setdefault(f"{engine}.{variant}", []).append(took)
                shutil.rmtree(bundle)
    # The quicker quarter: on a machine that does other things as well the rest tells of those.
    quick = {key: sorted(values)[len(values) // 4] for key, values in times.items()}
    for key, value in quick.items():
        print(f"{key}.us\t{value:.0f}")
    for engine in ENGINES:
        if f"{engine}.bare" not in times:
            continue
        for variant, beside in {"empty_hook": "filter", "hook": "filter", "attach": "bare"}.items():
            print(f"{engine}.{variant}_ratio\t{quick[f'{engine}.{variant}'] / quick[f'{engine}.{beside}']:.2f}")


if __name__ == "__main__":
    os.chdir("/")
    main()
