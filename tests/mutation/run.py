#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a test notice when the gate's judgement is wrong?

Changes one place of one file at a time (mutants.py says how), builds the rule
cases and the unit tests with it and runs them: a mutant that no test notices
survives, and is listed. Survivors that change nothing are explained in
explained.tsv; what the optimizing compiler makes the same code of is left out.

usage: run.py [--again] [FILE]...

The changed file is compiled with the checks of make asan for undefined behaviour.

What was killed stays killed until its function changes: results are kept below
$BUILD/mutants, --again forgets them. Needs $BUILD/unit-tests and
$BUILD/rule-cases. MUTANT_JOBS=2
"""
import argparse
import concurrent.futures
import contextlib
import fcntl
import filecmp
import glob
import hashlib
import os
import queue
import re
import resource
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))
from mutants import mutants_of  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
KEEP = os.path.join(BUILD, "mutants")
CC = os.environ.get("CC", "cc")
# What the checked tests would notice (make asan): a list read one element too far, say.
CHECKED = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
COMPILE = [CC, "-std=c11", "-w", "-D_GNU_SOURCE", '-DOCIGATE_VERSION="0.1.0"', "-Iinclude", f"-I{BUILD}/gen", "-fPIE"]
LIBRARIES = ["-lseccomp", "-ljansson", "-lapparmor", "-lcap", "-lmd"]
# Of enforce/host those whose survivors are killed or explained; any other may be named.
HOST = ("effective", "host_mounts", "idmap", "intent", "lsm", "masks", "match", "mount_places", "mount_table",
        "mountinfo", "namespaces", "origin", "overlay", "owner", "ports", "process", "process_mounts", "resolve",
        "root_place", "rootless", "source", "text", "userns")
FILES = ("enforce/rules/*.c", "enforce/spec/*.c", "enforce/base/json*.c", *(f"enforce/host/{name}.c" for name in HOST))
EXPLAINED = "tests/mutation/explained.tsv"
# Of a file, or else of its layer. What a filter leaves out can only leave mutants alive.
UNITS = {
    "rules": "@(rules_NAME|rules_core|rules_edges|rules_places|rules_proposals|engine|host_bundles|amend_plan)/*",
    "rules/seccomp": "@(rules_seccomp|rules_places|engine|host_bundles|amend_plan|seccomp)/*",
    "spec": "@(spec*)/*",
    "spec/identity": "@(identity*|host_bundles)/*",
    "spec/linux": "@(spec*|seccomp*)/*",
    "spec/ports": "@(ports|host_facts)/*",
    "spec/runtime_state": "@(runtime_state)/*",
    "spec/schema": "@(spec*|state)/*",
    "spec/state": "@(state|runtime_state)/*",
    "host": "@(host_*)/*",
    "host/apparmor": "@(host_facts|host_kernel)/*",
    "host/apparmor_digest": "@(host_kernel)/*",
    "host/bundle": "@(host_bundle_owner|host_facts)/*",
    "host/entries": "@(host_mounts|rules_core)/*",
    "host/idmap": "@(host_facts|host_idmaps|host_live*|host_bundles)/*",
    "host/lsm": "@(host_facts|host_kernel)/*",
    "host/masks": "@(host_mounts|host_bundles)/*",
    "host/namespaces": "@(host_facts|host_live*|host_bundles|host_namespaces)/*",
    "host/ports": "@(host_sandbox)/*",
    "host/effective": "@(host_effect|host_mounts|host_live|host_containers)/*",
    "host/host_mounts": "@(host_effect|host_mounts|host_resolve|host_live*|host_containers)/*",
    "host/intent": "@(host_mounts|host_effect|host_live*)/*",
    "host/live": "@(host_containers|host_live*)/*",
    "host/match": "@(host_mounts|host_effect|host_live|host_resolve)/*",
    "host/mount_places": "@(host_mount_table|host_origin|host_effect|host_mounts)/*",
    "host/mount_table": "@(host_mount_table|host_origin|host_effect|host_tables)/*",
    "host/mountinfo": "@(host_mount_table|host_effect|host_tables)/*",
    "host/origin": "@(host_origin|host_mounts|host_effect)/*",
    "host/owner": "@(owner|rules_core)/*",
    "host/overlay": "@(host_origin|host_mounts|host_effect|host_live_sources)/*",
    "host/process": "@(host_process)/*",
    "host/process_mounts": "@(host_process)/*",
    "host/record": "@(host_record)/*",
    "host/recorded": "@(host_recorded|host_facts)/*",
    "host/resolve": "@(host_resolve|host_mounts|host_effect|host_live*)/*",
    "host/root_place": "@(root_place|rules_core)/*",
    "host/rootless": "@(owner|host_rootless)/*",
    "host/sandbox": "@(host_sandbox)/*",
    "host/source": "@(host_mounts|host_effect|host_live_sources)/*",
    "host/text": "@(host_mount_table|host_idmaps)/*",
    "host/userns": "@(host_live*)/*",
    "base": "@(json*|spec*|amend*|state|policy_document|policy_settings)/*",
    "base/json": "@(json|spec_form|spec_walk|state)/*",
    "base/json_build": "@(json|json_build)/*",
    "base/json_scan": "@(json|json_build|spec_form)/*",
    "base/json_text": "@(json_text|spec_form|spec_walk)/*",
}
# Where no rule case comes: what asks the running kernel alone.
LIVE = {"host/live", "host/process_mounts", "host/rootless", "host/userns"}
SECONDS = 120  # for one run of the tests on a busy machine: more than CPU_SECONDS, which notice an endless loop
CPU_SECONDS = 5  # for one process of it: whole runs take about one
KILLED, SURVIVED, SAME, INVALID = "killed", "survived", "same", "invalid"


def parts_of(path):
    """Layer and name"""
    _, layer, name = path.split("/")
    return layer, name[:-2]


def unit_filter(path):
    layer, name = parts_of(path)
    return UNITS.get(f"{layer}/{name}", UNITS[layer]).replace("NAME", name)


def hook_parts():
    """What the unit tests have of the front ends, as the Makefile says"""
    with open("Makefile", encoding="utf-8") as file:
        words = re.search(r"^hook_parts_o := ((?:.*\\\n)*.*)$", file.read(), re.M)[1]
    return words.replace("\\\n", " ").replace("$(BUILD)", BUILD).split()


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def run(command, environment=None):
    """Exit status, or None when it took too long; whatever it leaves behind is ended with it."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=environment, preexec_fn=limits, start_new_session=True)
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        # Criterion leaves it where a test fails and no other is to be tried.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"/tmp/criterion_{process.pid}.sock")


class Bench:
    """A directory in which one mutant at a time is built and tried."""

    def __init__(self, number):
        self.where = os.path.join(KEEP, f"bench-{number}")
        shutil.rmtree(self.where, ignore_errors=True)
        os.makedirs(self.where)
        self.environment = dict(os.environ, BUILD=self.where, TMPDIR=os.path.abspath(self.where))
        has_lld = run([CC, "-fuse-ld=lld", "-x", "c", "/dev/null", "-shared", "-o", "/dev/null"]) == 0
        linker = ["-fuse-ld=lld"] if has_lld else []
        self.before = None  # what the file in same.before was made of
        self.link = [CC, "-pie", "-Wl,-S", *linker]

    def object(self, path, text, name, *flags):
        source = os.path.join(self.where, name + ".c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        compiled = os.path.join(self.where, name + ".o")
        good = run([*COMPILE, "-iquote", os.path.dirname(path), *flags, "-c", source, "-o", compiled]) == 0
        return compiled if good else None

    def program(self, name, compiled, objects, *libraries):
        made = os.path.join(self.where, name)
        good = run([*self.link, compiled, *objects, f"{BUILD}/libocigate.a", *LIBRARIES, *libraries, "-o", made])
        return made if good == 0 else None

    def cases_pass(self, path, compiled):
        made = self.program("rule-cases", compiled, sorted(glob.glob(f"{BUILD}/tests/rules/*.o")))
        names = [os.path.basename(path)[:-2]] if path.split("/")[1] == "rules" else []
        names = [name for name in names if os.path.isdir(f"tests/rules/{name}")]
        return made and run([made, "--fail-fast", "tests/rules", *names], self.environment) == 0

    def units_pass(self, path, compiled):
        made = self.program("unit-tests", compiled, sorted(glob.glob(f"{BUILD}/tests/unit/*.o")) + hook_parts(),
                            "-lcriterion")
        return made and run([made, "--tap", "--color=never", "-j1", "--fail-fast", "--filter", unit_filter(path)],
                            self.environment) == 0

    def passes(self, path, compiled):
        """Do the tests that fit @path pass with @compiled in its place? None: it cannot be linked."""
        layer, name = parts_of(path)
        if f"{layer}/{name}" in LIVE:
            return self.units_pass(path, compiled)
        ways = [self.units_pass, self.cases_pass]  # first what most likely notices
        if layer == "rules" or (layer == "host" and f"host/{name}" not in UNITS):
            ways.reverse()
        return ways[0](path, compiled) and ways[1](path, compiled)

    def same_code(self, path, text, changed):
        """Both optimized, with the same name and the same lines"""
        flags = ("-O2", "-g0", "-ffile-prefix-map=.=.")
        before = os.path.join(self.where, "same.before")
        if self.before != text:
            os.replace(self.object(path, text, "same", *flags), before)
            self.before = text
        after = self.object(path, changed, "same", *flags)
        return after is not None and filecmp.cmp(before, after, shallow=False)

    def notices_nothing(self, path, text):
        """Do the tests pass without a mutant? Else each of them would count as killed."""
        compiled = self.object(path, text, "mutant", "-O0", "-g0", *CHECKED)
        return bool(compiled and self.units_pass(path, compiled) and self.cases_pass(path, compiled))

    def judge(self, mutant, text):
        changed = mutant.apply(text)
        compiled = self.object(mutant.path, changed, "mutant", "-O0", "-g0", *CHECKED)
        if not compiled:
            return INVALID
        passed = self.passes(mutant.path, compiled)
        if passed is None:
            return INVALID
        if not passed:
            return KILLED
        return SAME if self.same_code(mutant.path, text, changed) else SURVIVED


def explained():
    """(file, line, change) -> why"""
    known = {}
    if os.path.exists(EXPLAINED):
        with open(EXPLAINED, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    path, source, change, why = line.rstrip("\n").split("\t")
                    known[(path, source, change)] = why
    return known


class Results:
    """What earlier runs found, by the content of the function that a mutant is in"""

    def __init__(self, path, text, mutants, again):
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.name = os.path.join(KEEP, path.replace("/", "-") + ".tsv")
        self.places, self.found = {m.key(): m.place for m in mutants}, {}
        if not again and os.path.exists(self.name):
            with open(self.name, encoding="utf-8") as file:
                lines = file.read().splitlines()
            of_file = lines and lines[0] == digest  # as this was kept at first
            for line in lines:
                fate, *place, source, change = line.split("\t") if "\t" in line else ("", "", "")
                key = (path, source, change)
                if key in self.places and (place == [self.places[key]] or (of_file and not place)):
                    self.found[key] = fate

    def write(self):
        with open(self.name + ".new", "w", encoding="utf-8") as file:
            for key, fate in sorted(self.found.items()):
                file.write("\t".join((fate, self.places[key], *key[1:])) + "\n")
        os.replace(self.name + ".new", self.name)


def try_all(text, mutants, results, known, benches, pool):
    """Judges what is not yet known. A survivor that nobody has explained is tried again: there may be a test now."""
    def one(mutant):
        bench = benches.get()
        try:
            return bench.judge(mutant, text)
        finally:
            benches.put(bench)
    again = {None, SURVIVED, INVALID}
    todo = [m for m in mutants if results.found.get(m.key()) in (again - {SURVIVED} if m.key() in known else again)]
    for tried, (mutant, fate) in enumerate(zip(todo, pool.map(one, todo)), 1):
        results.found[mutant.key()] = fate
        if tried % 50 == 0:
            results.write()


def report(path, mutants, results, known):
    """One line a file, and one a survivor; returns (tried, killed, explained, left)"""
    fates = {m.key(): results.found.get(m.key()) for m in mutants}
    count = {fate: sum(f == fate for f in fates.values()) for fate in (KILLED, SURVIVED, SAME, INVALID)}
    left = [m for m in mutants if fates[m.key()] == SURVIVED and m.key() not in known]
    for mutant in left:
        print(f"# {path}:{mutant.line_number}\t{mutant.line}\t{mutant.change()}")
    tried = count[KILLED] + count[SURVIVED]
    why = count[SURVIVED] - len(left)
    if mutants and count[INVALID] == len(mutants):
        sys.exit(f"not ok mutants {path}: none of them could be built")
    line = f"mutants {path}: {tried} tried, {count[KILLED]} killed, {why} explained"
    print(f"not ok {line}, {len(left)} left" if left else f"ok {line}", flush=True)
    return tried, count[KILLED], why, len(left)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    os.makedirs(KEEP, exist_ok=True)
    lock = open(os.path.join(KEEP, "lock"), "w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX)  # the benches are for one run at a time
    files = options.files or sorted(path for pattern in FILES for path in glob.glob(pattern))
    jobs = int(os.environ.get("MUTANT_JOBS", "2"))
    benches = queue.Queue()
    for number in range(jobs):
        bench = Bench(number)
        benches.put(bench)
    known = explained()
    totals = [0, 0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for path in files:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if not bench.notices_nothing(path, text):
                print(f"not ok mutants {path}: the tests that fit fail without one")
                return 1
            mutants = list(mutants_of(path, text))
            results = Results(path, text, mutants, options.again)
            try_all(text, mutants, results, known, benches, pool)
            results.write()
            totals = [a + b for a, b in zip(totals, report(path, mutants, results, known))]
    print("# {} mutants, {} killed, {} explained, {} left".format(*totals))
    return 1 if totals[3] else 0


if __name__ == "__main__":
    sys.exit(main())
