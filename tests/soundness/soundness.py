# SPDX-License-Identifier: Apache-2.0
"""Counts what was tried, admitted, run and broken; see run.sh and install/docs/soundness.md.

usage: soundness.py             the whole run, from outside: starts workers, each in a node of its own
       soundness.py worker JOB  inside a node
"""
import collections
import glob
import json
import os
import secrets
import shutil
import struct
import subprocess
import sys
import threading
import time

import audit
import generate

FIXED_SEED = "ocigate"
SHORT_RUNS = 220
SHORT_SECONDS = 35
AT_LEAST = 30  # cases a worker, however slow the machine is
HERE = "tests/soundness"
AUDIT_RUNS = 30  # of those that are only recorded
MINIMISED = 5
ENOUGH = 40  # of a dimension's cases, to be worried by what never comes in this one alone


# --- inside a node ---

def patched(source, target, loader):
    """A program with another dynamic loader, of a shorter name."""
    with open(source, "rb") as file:
        text = bytearray(file.read())
    offset, = struct.unpack_from("<Q", text, 32)
    each, count = struct.unpack_from("<HH", text, 54)
    for header in range(offset, offset + each * count, each):
        if struct.unpack_from("<I", text, header)[0] == 3:
            at, = struct.unpack_from("<Q", text, header + 8)
            room, = struct.unpack_from("<Q", text, header + 32)
            text[at:at + room] = loader.encode().ljust(room, b"\0")
    with open(target, "wb") as file:
        file.write(text)
    os.chmod(target, 0o755)


def unpack_newer(cache):
    """Programs of another suite, with their own loader and libraries, whatever becomes of their environment."""
    libraries = f"/run/{'n' * 16}/"
    with open(f"{cache}/lib/ld-linux-x86-64.so.2", "rb") as file:
        loader = file.read()
    for take, put in ((b"/lib/x86_64-linux-gnu/\0", libraries.encode() + b"\0"),
                      (b"/etc/ld.so.cache\0", b"/etc/ld.so.none\0\0")):
        if loader.count(b"\0" + take) != 1:
            raise SystemExit(f"{take!r} stands {loader.count(take)} times in the loader")
        loader = loader.replace(b"\0" + take, b"\0" + put)
    with open("/usr/local/bin/ld-newer", "wb") as file:
        file.write(loader)
    os.chmod("/usr/local/bin/ld-newer", 0o755)
    shutil.copytree(f"{cache}/lib", libraries)
    for name in ("runc", "crun"):
        patched(f"{cache}/{name}", f"/usr/local/bin/{name}-newer", "/usr/local/bin/ld-newer")
        yield f"{name}-newer", f"/usr/local/bin/{name}-newer"


def runtimes(cache):
    """name: program"""
    found = {name: os.path.realpath(shutil.which(name)) for name in ("runc", "crun") if shutil.which(name)}
    return {**found, **dict(unpack_newer(cache))} if cache else found


def tell(**what):
    print(json.dumps(what), flush=True)


def as_worker(job):
    import worker
    mode = job.get("mode", "gate")
    if mode == "stub":
        with open("/usr/local/bin/ocigate", "w", encoding="ascii") as file:
            file.write("#!/bin/busybox sh\nexec /bin/busybox cat >/dev/null\n")
    work = worker.Worker(runtimes(job["cache"]), mode)
    try:
        TASKS[job["task"]](work, job)
    finally:
        work.world.close()


def run_cases(work, job):
    import minimise
    import worker
    broken = 0
    cases = [(seed, index) for index in range(*job["numbers"]) for seed in job["seeds"]]
    for number, (seed, index) in enumerate(cases[job["part"]::job["parts"]]):
        if number >= AT_LEAST and time.time() > job["deadline"]:
            break
        case = generate.make(seed, index, work.bases, work.names)
        if work.mode == "audit":
            case["policy"] = audit.policy_of(case["policy"])
        try:
            built, outcome = worker.case_outcome(work, case)
        except OSError as error:
            tell(error=f"seed {seed} case {index}: {error}")
            continue
        told = {"case": case, "outcome": outcome.as_json(), "base": built.name}
        if outcome.breaches and broken < MINIMISED:
            broken += 1
            smaller, built = minimise.minimise(work, case, outcome.breaches[0][0])
            told["smaller"], told["built"] = smaller, built.as_json()
        tell(**told)


def replay_cases(work, job):
    for path in job["cases"]:
        with open(f"{path}/case.json", encoding="utf-8") as file:
            members = json.load(file)
        with open(f"{path}/config.json", encoding="utf-8", newline="") as file:
            members["text"] = file.read()
        with open(f"{path}/policy.json", encoding="utf-8") as file:
            members["policy"] = json.load(file)
        about = members.pop("about")
        for runtime in work.names:
            outcome = work.run(generate.Built(**{**members, "runtime": runtime}))
            tell(name=f"case {os.path.basename(path)} under {runtime}: {outcome.verdict}",
                 failure=f"{outcome.breaches}: {about}" if outcome.breaches else None)


def prove_observer(work, job):
    import selftest
    selftest.run(work, tell, job["about"])


TASKS = {"run": run_cases, "replay": replay_cases, "selftest": prove_observer}


# --- outside ---

def start(job):
    return subprocess.Popen(["unshare", "--net", "--ipc", "--uts", "sh", f"{HERE}/run.sh", "worker", json.dumps(job)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def listen(process, take):
    """Each line that a worker tells, to @take; a worker that dies tells so."""
    for line in process.stdout:
        if line.startswith("{"):
            take(json.loads(line))
        else:
            print("# " + line.rstrip(), flush=True)
    if process.wait() != 0:
        take({"error": f"a worker ended with status {process.returncode}"})


def in_parallel(jobs):
    """@jobs: [(job, what takes its lines)]"""
    threads = [threading.Thread(target=listen, args=(start(job), take)) for job, take in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Counts:
    def __init__(self):
        self.tried = self.admitted = self.ran = self.executed = self.left_out = 0
        self.by_dimension = collections.defaultdict(collections.Counter)
        self.by_kind = collections.defaultdict(collections.Counter)
        self.violations = self.errors = 0

    def add(self, told):
        if "error" in told:
            self.errors += 1
            print(f"not ok soundness: {told['error']}", flush=True)
            return
        case, outcome = told["case"], told["outcome"]
        if os.environ.get("SOUNDNESS_VERBOSE"):
            print(f"# {case['index']} {told['base']} {case['role']} {case['runtime']} "
                  f"{[each[0] for each in case['mutations']]} "
                  f"{outcome['verdict']} ran {outcome['ran']} {outcome['note']}")
        self.left_out += outcome["verdict"] == "left out"
        self.tried += outcome["verdict"] != "left out"
        admitted = outcome["verdict"] == "admitted"
        self.admitted += admitted
        self.ran += outcome["ran"]
        self.executed += outcome["executed"]
        for dimension in {each[0] for each in case["mutations"]}:
            self.by_dimension[dimension][outcome["verdict"]] += 1
        for kind in (f"role {case['role']}", f"runtime {case['runtime']}"):
            self.by_kind[kind]["tried"] += 1
            self.by_kind[kind]["ran"] += outcome["ran"]
        if outcome["breaches"]:
            self.violations += 1
            print(f"not ok soundness seed {named(told)}: {outcome['breaches'][:3]}{kept(told)}", flush=True)


def named(told):
    case = told["case"]
    return f"{case['seed']} case {case['index']}: {told['base']} as {case['role']} under {case['runtime']}"


def kept(told):
    path = keep(told)
    return f", kept in {path}" if path else ""


def keep(told):
    """A violation becomes a case: its directory is printed, to be moved to cases/ once it is understood."""
    if "built" not in told:
        return None
    members = dict(told["built"])
    rule = told["outcome"]["breaches"][0][0]
    if told["outcome"]["agreement"] and rule in members["policy"]["rules"]:
        members["policy"]["rules"][rule]["effect"] = "deny"
    path = f"{os.environ['BUILD']}/soundness/{rule}-{told['case']['seed']}-{told['case']['index']}"
    os.makedirs(path, exist_ok=True)
    with open(f"{path}/config.json", "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(members.pop("text"))
    with open(f"{path}/policy.json", "w", encoding="utf-8") as file:
        json.dump(members.pop("policy"), file, indent=1)
    with open(f"{path}/case.json", "w", encoding="utf-8") as file:
        json.dump({"about": f"{told['outcome']['breaches']} from {told['smaller']}", **members}, file, indent=1)
    return path


def report_run(counts):
    print(f"# {counts.tried} tried, {counts.admitted} admitted, {counts.ran} ran, {counts.executed} execs ran, "
          f"{counts.violations} violations; {counts.left_out} left out that would take the node with them")
    for kind, numbers in sorted(counts.by_kind.items()):
        print(f"# {kind}: {numbers['tried']} tried, {numbers['ran']} ran")
    for dimension, numbers in sorted(counts.by_dimension.items()):
        print(f"# dimension {dimension}: {numbers['admitted']} admitted, {numbers['refused']} refused")
    return report_proof(counts)


def report_proof(counts):
    """A generator that is nearly always refused, or in some dimension always or never, proves nothing."""
    failed = bool(counts.violations or counts.errors)
    few = counts.tried < 4 * ENOUGH
    if counts.ran == 0 or not few and (counts.admitted * 4 < counts.tried or counts.ran * 5 < counts.tried):
        print(f"not ok soundness: of {counts.tried} only {counts.admitted} were admitted and {counts.ran} ran")
        failed = True
    one_sided = {}
    for dimension, numbers in sorted(counts.by_dimension.items()):
        if missing := [verdict for verdict in ("admitted", "refused") if not numbers[verdict]]:
            one_sided[dimension] = (missing, sum(numbers.values()))
    for dimension, (missing, tried) in one_sided.items():
        if tried >= ENOUGH or not few and len(one_sided) * 4 > len(counts.by_dimension):
            print(f"not ok soundness dimension {dimension}: never {' or '.join(missing)} in {tried}")
            failed = True
    if not failed:
        print(f"ok soundness: {counts.tried} tried, {counts.admitted} admitted, {counts.ran} ran, "
              f"{counts.executed} execs, {counts.violations} violations")
    return failed


class Agreement:
    """Of what is only recorded: what the observer sees and the gate finds, by rule"""

    def __init__(self):
        self.tried = self.refused = self.ran = self.holes = self.errors = 0
        self.seen, self.strict = collections.Counter(), collections.Counter()

    def add(self, told):
        if "error" in told:
            self.errors += 1
            print(f"not ok soundness, recording alone: {told['error']}", flush=True)
            return
        outcome = told["outcome"]
        self.tried += outcome["verdict"] != "left out"
        self.refused += outcome["verdict"] == "refused"
        self.ran += outcome["ran"]
        if not outcome["agreement"]:
            return
        self.seen.update(outcome["agreement"]["seen"])
        self.strict.update(outcome["agreement"]["strict"])
        if outcome["breaches"]:
            self.holes += 1
            print(f"not ok soundness, recording alone, seed {named(told)}: the gate finds nothing of "
                  f"{outcome['breaches'][:3]}{kept(told)}", flush=True)

    def report(self):
        for rule in sorted({*self.seen, *self.strict}):
            print(f"# recording alone, rule {rule}: {self.seen[rule]} breaches seen, "
                  f"and {self.strict[rule]} containers that it finds something in and nothing is seen of")
        if self.ran == 0 or sum(self.seen.values()) == 0:
            print(f"not ok soundness, recording alone: of {self.tried} only {self.ran} ran, "
                  f"with {sum(self.seen.values())} breaches")
            return True
        if not self.holes and not self.errors:
            print(f"ok soundness, recording alone: {self.tried} tried, {self.refused} refused unread, {self.ran} ran, "
                  f"{sum(self.seen.values())} breaches seen, the gate finds each; "
                  f"{sum(self.strict.values())} findings on what is not seen")
        return bool(self.holes or self.errors)


class Lines:
    """Of the observer's own trial, and of cases that are kept: what is wrong with one is its "failure"."""

    def __init__(self):
        self.failed = False

    def take(self, told):
        name = told.get("name", "")
        why = told.get("error") or told.get("failure")
        print(f"not ok soundness {name}: {why}" if why else f"ok soundness {name}", flush=True)
        self.failed |= bool(why)


def main():
    if sys.argv[1:2] == ["worker"]:
        as_worker(json.loads(sys.argv[2]))
        return 0
    cache = os.environ.get("SOUNDNESS_CACHE", "")
    wanted, seed = os.environ.get("SOUNDNESS_RUNS"), os.environ.get("SOUNDNESS_SEED")
    workers = int(os.environ.get("SOUNDNESS_WORKERS", "2"))
    # What decides whether a change lands is the same each time; the search goes on with everybody's own runs.
    fresh = [] if os.environ.get("CI") == "true" else [secrets.token_hex(4)]
    seeds = [seed] if seed else [FIXED_SEED, *fresh]
    each = int(wanted or SHORT_RUNS) // len(seeds)
    print(f"# seeds {' and '.join(seeds)}: SOUNDNESS_SEED=SEED SOUNDNESS_RUNS={each} repeats one's cases")
    first, only = int(os.environ.get("SOUNDNESS_FIRST", "0")), os.environ.get("SOUNDNESS_ONLY")
    numbers = [first, first + each, 1]
    if only:
        numbers = [generate.DIMENSIONS.index(only), each * len(generate.DIMENSIONS), len(generate.DIMENSIONS)]
    job = {"task": "run", "cache": cache, "seeds": seeds, "numbers": numbers, "parts": workers}
    lines, agreement, counts = Lines(), Agreement(), Counts()
    recorded = os.environ.get("SOUNDNESS_AUDIT")
    recording = {**job, "mode": "audit", "numbers": [first, first + int(recorded or AUDIT_RUNS) // len(seeds), 1],
                 "deadline": time.time() + 10**7}
    about = os.environ.get("SOUNDNESS_ABOUT")
    trial = [({"task": "selftest", "mode": "stub", "cache": cache, "about": about}, lines.take)]
    if not about:
        trial.append(({"task": "replay", "cache": cache,
                       "cases": sorted(path.rstrip("/") for path in glob.glob(f"{HERE}/cases/*/"))}, lines.take))
    parts = workers if recorded else 1
    alone = [({**recording, "part": part, "parts": parts}, agreement.add) for part in range(parts)]
    in_parallel(trial if recorded else trial + alone)
    if recorded and int(recorded):
        in_parallel(alone)
    deadline = time.time() + (10**7 if wanted else SHORT_SECONDS)
    in_parallel([({**job, "part": part, "deadline": deadline}, counts.add) for part in range(workers)] if each else [])
    failed = [agreement.report() if recorded != "0" else False, report_run(counts) if each else False, lines.failed]
    return 1 if any(failed) else 0


if __name__ == "__main__":
    sys.exit(main())
