#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the source must look like, as far as text alone tells.

usage: source.py TREE

One line a lint: "ok NAME", or "not ok NAME: FILE:LINE: why" for each fault.
A lint is a function named lint_* that yields faults; its name is the line's.
That each of them can fail is shown by selftest.py.
"""
import json
import os
import re
import subprocess
import sys

MAX_FILE = 400
MAX_TEST_FILE = 600  # a test file is a list of cases
MAX_FUNCTION = 60
MAX_LINE = 120  # C is held to it by clang-format

# Which layers a layer of enforce/ may include headers of, besides its own. enforce/*.c itself is the top, "engine".
BELOW = {
    "base": set(),
    "spec": {"base"},
    "seccomp": {"base"},
    "host": {"base", "spec", "seccomp"},
    "rules": {"base", "spec", "host", "seccomp"},
    "policy": {"base", "spec", "rules", "seccomp"},
    "amend": {"base", "spec"},
    "attach": {"base", "spec", "seccomp", "amend"},
    "engine": {"base", "spec", "host", "rules", "policy", "seccomp", "amend", "attach"},
    "report": {"base", "engine"},
    "doctor": {"base"},
    "confine": {"base"},
}
# Only these may know the JSON library.
JANSSON = ("enforce/base/json", "enforce/spec/", "enforce/policy/", "enforce/amend/", "enforce/decision",
           "enforce/doctor/", "include/ocigate/json.h", "tests/")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|__(DATE|TIME|TIMESTAMP)__|^(<{7}|>{7}|={7})( |$)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
RULE = re.compile(r'^RULE\((\w+),\s*"([a-z0-9-]+)"\)')


class Tree:
    """The files that belong to the project, read once."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(p for p in self.listed() if os.path.isfile(os.path.join(root, p)))
        self.texts = {}

    def listed(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            out = subprocess.run(["git", "-C", self.root, "ls-files", "-co", "--exclude-standard"],
                                 check=True, capture_output=True, text=True)
            return set(out.stdout.splitlines())
        found = set()
        for where, dirs, files in os.walk(self.root):
            dirs[:] = [d for d in dirs if not re.fullmatch(r"\.git|build(-.*)?|__pycache__", d)]
            found.update(os.path.relpath(os.path.join(where, f), self.root) for f in files)
        return found

    def text(self, path):
        if path not in self.texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self.texts[path] = file.read()
        return self.texts[path]

    def lines(self, path):
        return enumerate(self.text(path).splitlines(), 1)

    def select(self, *suffixes, under=("",)):
        return [p for p in self.paths if p.endswith(suffixes) and p.startswith(tuple(under))]

    def code(self):
        return self.select(".c", ".h", ".def", under=("hook/", "enforce/", "include/"))

    def ours(self):
        """Everything but what real engines wrote."""
        kept = (".py", ".sh", ".md", ".tsv")
        return [p for p in self.paths if not p.startswith("tests/bundles/") or p.endswith(kept)]

    def rules(self):
        """(id, name, line) of rules.def"""
        for number, line in self.lines("include/ocigate/rules.def"):
            found = RULE.match(line)
            if found:
                yield found[1], found[2], number

    def exceptions(self):
        """Long files that are tables, with a reason each."""
        path = "tests/lint/tables"
        return {line.split()[0] for _, line in self.lines(path) if line.strip() and not line.startswith("#")}


def layer_of(path):
    parts = path.split("/")
    if parts[0] != "enforce":
        return parts[0]
    return parts[1] if len(parts) > 2 else "engine"


def included(tree, path):
    """(line, header) with the header as a path from the tree's top where it is one of ours"""
    for number, line in tree.lines(path):
        found = INCLUDE.match(line)
        if not found:
            continue
        name = found[2]
        beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
        for candidate in (os.path.join("include", name), beside, name):
            if candidate in tree.paths:
                name = candidate
                break
        yield number, name


def lint_includes_go_one_way(tree):
    for path in tree.code():
        own = layer_of(path)
        for number, header in included(tree, path):
            top = header.split("/")[0]
            if top == "include" or top not in ("hook", "enforce"):
                continue
            other = layer_of(header)
            if own == "include" or (top == "hook" and own != "hook"):
                yield path, number, f"{own} must not include {header}"
            elif own in BELOW and other != own and other not in BELOW[own]:
                yield path, number, f"{own} must not include {header}: {other} is not below it"
            elif own not in BELOW and own != "hook":
                yield path, number, f"layer {own} is not known; say in tests/lint/source.py what lies below it"


def lint_rules_stand_alone(tree):
    for path in tree.select(".c", ".h", under=("enforce/rules/",)):
        for number, header in included(tree, path):
            if header.startswith("enforce/rules/"):
                yield path, number, f"a rule includes {header}"
            if header in ("jansson.h", "include/ocigate/json.h"):
                yield path, number, "a rule reads JSON"


def lint_json_stays_with_its_readers(tree):
    for path in tree.select(".c", ".h"):
        if path.startswith(JANSSON):
            continue
        for number, header in included(tree, path):
            if header in ("jansson.h", "include/ocigate/json.h"):
                yield path, number, f"{header} is for the JSON reader and its layers alone"


def lint_every_rule_is_listed(tree):
    listed = {}
    for rule, name, number in tree.rules():
        listed[rule] = name
        path = f"enforce/rules/{rule}.c"
        if rule != name.replace("-", "_"):
            yield "include/ocigate/rules.def", number, f"{rule} and {name} differ in more than - and _"
        if path not in tree.paths:
            yield "include/ocigate/rules.def", number, f"{path} is missing"
    for path in tree.select(".c", under=("enforce/rules/",)):
        found = re.search(r"^const struct rule rule_(\w+)", tree.text(path), re.M)
        if not found:
            continue
        if found[1] not in listed:
            yield path, 1, f"rule_{found[1]} is not in rules.def"
        if path != f"enforce/rules/{found[1]}.c":
            yield path, 1, f"rule_{found[1]} belongs into enforce/rules/{found[1]}.c"


def lint_every_rule_has_cases(tree):
    for rule, _, number in tree.rules():
        where = f"tests/rules/{rule}/"
        kinds = set()
        for path in tree.select(".json", under=(where,)):
            try:
                expect = json.loads(tree.text(path)).get("expect")
            except ValueError as error:
                yield path, 1, str(error)
                continue
            kinds.update({f.get("kind") for f in expect} if expect else {"admits"})
        wanted = {"admits", "violation"}
        if re.search(r"\.facts = [^,;]*HOST_FACT_", tree.text(f"enforce/rules/{rule}.c") if
                     f"enforce/rules/{rule}.c" in tree.paths else ""):
            wanted.add("undecided")
        for kind in sorted(wanted - kinds):
            word = {"violation": "denies", "undecided": "cannot decide"}.get(kind, kind)
            yield "include/ocigate/rules.def", number, f"{where} has no case that {word}"


def lint_files_are_short(tree):
    tables = tree.exceptions()
    for path in tree.select(".c", ".h", ".sh", ".py"):
        n = tree.text(path).count("\n")
        limit = MAX_TEST_FILE if path.startswith("tests/") else MAX_FILE
        if n > limit and path not in tables:
            yield path, n, f"{n} lines, more than {limit}"


def lint_functions_are_short(tree):
    for path in tree.select(".c", ".h"):
        start = 0
        for number, line in tree.lines(path):
            if line.startswith("{"):
                start = number
            elif line.startswith("}") and start:
                if number - start + 1 > MAX_FUNCTION:
                    yield path, start, f"a function of {number - start + 1} lines, more than {MAX_FUNCTION}"
                start = 0


def lint_python_has_short_lines(tree):
    for path in tree.select(".py"):
        for number, line in tree.lines(path):
            if len(line) > MAX_LINE:
                yield path, number, f"{len(line)} characters, more than {MAX_LINE}"


def lint_licence_is_named(tree):
    for path in tree.ours():
        text = tree.text(path)
        script = text.startswith("#!")
        if not script and not path.endswith((".c", ".h", ".def", ".sh", ".py", "Makefile")):
            continue
        if "SPDX-License-Identifier: Apache-2.0" not in "".join(text.splitlines(True)[:3]):
            yield path, 1, "no SPDX-License-Identifier in its first three lines"


def lint_nothing_is_left_over(tree):
    for path in tree.ours():
        if path.startswith("tests/lint/") or path == "LICENSE":
            continue
        for number, line in tree.lines(path):
            if LEFTOVER.search(line):
                yield path, number, line.strip()[:80]


def lint_no_path_of_this_machine(tree):
    here = os.path.dirname(os.path.realpath(tree.root))
    words = [w + "/" for w in {here, os.path.expanduser("~")} if re.match(r"/(home|root|tmp|work|src|srv|mnt)/.", w)]
    words.append("../" + "shared")
    for path in tree.ours():
        for number, line in tree.lines(path):
            if any(w in line for w in words):
                yield path, number, line.strip()[:80]


def lint_no_goto_no_typedefed_struct(tree):
    for path in tree.select(".c", ".h"):
        for number, line in tree.lines(path):
            if re.match(r"\s+goto\s+\w+;", line) or re.match(r"\s*typedef\s+(struct|enum|union)\b", line):
                yield path, number, line.strip()


def lint_lines_end_cleanly(tree):
    for path in tree.ours():
        if path.endswith((".c", ".h", ".def", ".sh", ".py", ".md", "Makefile")):
            for number, line in tree.lines(path):
                if line != line.rstrip():
                    yield path, number, "white space at the end"


def main():
    tree = Tree(sys.argv[1])
    faults = 0
    for name, lint in sorted(globals().items()):
        if not name.startswith("lint_"):
            continue
        name = name[5:].replace("_", "-")
        found = list(lint(tree))
        for path, line, why in found:
            print(f"not ok lint {name}: {path}:{line}: {why}")
        if not found:
            print(f"ok lint {name}")
        faults += len(found)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
