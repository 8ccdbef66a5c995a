#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pods by containerd's CRI on a node where ocigate is installed, or is not.

usage: installed_cri.py NODE CGROUP free|gated|hooked HANDLER...
"""
import sys

WHEN, HANDLERS = sys.argv[3], sys.argv[4:]
del sys.argv[3:]
import cri  # noqa: E402 (it takes what is left of the arguments)

# Hooks of base_runtime_spec do not reach pause.
REFUSED_AT = {"gated": "RunPodSandbox", "hooked": "StartContainer"}


def start(name, handler, **wanted):
    pod = cri.Pod(name, **wanted)
    pod.handler = handler
    return pod.start()


def shown(name, good, why):
    print(f"ok {name}" if good else f"not ok {name}: {why}", flush=True)


def main():
    cri.wait_until_ready()
    for handler in HANDLERS:
        bad = start("bad", handler, pid="NODE")
        if WHEN == "free":
            shown(f"handler {handler}: the bad pod runs", bad.error is None, bad.error)
        else:
            good = start("good", handler)
            shown(f"handler {handler}: the good pod runs", good.error is None, good.error)
            step, said = bad.error or ("nothing", "it runs")
            shown(f"handler {handler}: the bad pod is refused, with the reason",
                  step == REFUSED_AT[WHEN] and "ocigate: denied default/bad" in said and "host-namespaces" in said,
                  f"{step}: {said}")
            if good.error is None:
                filters = [good.proc_status(process).get("Seccomp") for process in (1, "self")]
                shown(f"handler {handler}: the good pod has a filter, and so has an exec",
                      filters == ["2", "2"], filters)
            good.remove()
        bad.remove()


main()
