#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes anew what manual pages and shell completion repeat of the program.

usage: words.py OCIGATE check|update

Between a line "begin NAME" and a line "end NAME" of a file in FILES stands what
block_NAME() makes of the program's own answers; everything else is written by
hand. check: exit code 1 if a file is not what update would make of it.
"""
import json
import os
import re
import subprocess
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = ["man/ocigate.8", "man/ocigate-runtime.8", "man/ocigate.policy.5", "completion/ocigate.bash"]
MARK = re.compile(r'^(?:\.\\"|#) (begin|end) (\w+)$')
KINDS = {"DIR": "<dir>", "BUNDLE": "<dir>", "FILE": "<file>", "RULE": "<rule>", "ID": "<id>", "NAME": "<profile>"}


class Program:
    """What the program says of itself."""

    def __init__(self, path):
        self.path = path
        self.schema = json.loads(self.ask("rules", "--format", "schema"))
        self.verbs = re.findall(r"^  ([a-z]+) +(\S.*)$", self.ask("--help"), re.M)
        self.helps = {verb: Help(self.ask(verb, "--help")) for verb, _ in self.verbs if verb != "runtime"}

    def ask(self, *words):
        return subprocess.run([self.path, *words], check=True, capture_output=True, text=True).stdout


class Help:
    """A verb's --help: its synopsis, its text and its options as (name, value, help)."""

    def __init__(self, text):
        usage, text = text.split("\n\n", 1)
        text, options = text.rsplit("\n\n", 1)
        self.synopsis = usage.split(None, 3)[3] if len(usage.split(None, 3)) > 3 else ""
        self.text = text
        self.options = [(name, value or "", about) for name, value, about in
                        re.findall(r"^  --(\S+)(?: (\S+))? +(\S.*)$", options, re.M)]

    def operands(self):
        """The last words of the synopsis: what stands behind the options."""
        return re.sub(r"\[--[^]]*\]\S*", "", self.synopsis)


def fill(text):
    """Lines of mdoc text, none of them a request and none too long."""
    for line in textwrap.wrap(text.replace(",\"", ", \""), 78, break_long_words=False, break_on_hyphens=False):
        yield "\\&" + line if line[0] in ".'" else line


def roff(text):
    """Text for mdoc: every sentence has a line of its own."""
    sentences = re.sub(r"([.:]) (?=[A-Z\"])", r"\1\n", text.replace("\\", "\\e")).split("\n")
    return "\n".join(line for part in sentences for line in fill(part))


def sentence(text):
    text = roff(text)
    return text if text.endswith(".") else text + "."


def argument(word):
    return " | ".join(("Ar " if part.isupper() else "Cm ") + part.replace("-", "\\-") for part in word.split("|"))


def synopsis(verb, text):
    """A synopsis in mdoc: a line for each of its parts."""
    yield ".Nm"
    yield f".Cm {verb}"
    line, depth = "", 0
    for token in re.findall(r"[][]|\.\.\.|[^][ .]+", text):
        depth += {"[": 1, "]": -1}.get(token, 0)
        if line and depth <= 1 and token not in ("]", "...") and not (depth == 1 and token != "["):
            yield "." + line
            line = ""
        if token.startswith("--"):
            token = "Fl " + token[1:]
        elif token not in ("[", "]", "..."):
            token = "Ar option" if token == "OPTION" else argument(token)
        line += " " * bool(line) + {"[": "Oo", "]": "Oc"}.get(token, token)
    if line:
        yield "." + line


def paragraphs(text):
    """A verb's text; lines in two columns become a list."""
    for part in text.split("\n\n"):
        yield ".Pp"
        if not re.match(r"\S+ {2,}\S", part):
            yield sentence(part.replace("\n", " "))
            continue
        yield ".Bl -tag -width defaults -compact"
        for name, about in re.findall(r"^(\S+) +(.*(?:\n +.*)*)", part, re.M):
            yield f".It Cm {name}"
            yield sentence(re.sub(r"\n *", " ", about))
        yield ".El"


def block_synopsis(program):
    for verb, own in program.helps.items():
        yield from synopsis(verb, own.synopsis)


def block_verbs(program):
    for verb, about in program.verbs:
        yield f".Ss {verb}"
        if verb == "runtime":
            yield sentence(about[0].upper() + about[1:])
            yield "See"
            yield ".Xr ocigate-runtime 8 ."
            continue
        own = program.helps[verb]
        yield from synopsis(verb, own.synopsis)
        yield from paragraphs(own.text)
        options = [option for option in own.options if option[0] not in ("help", "version")]
        if not options:
            continue
        yield ".Pp"
        yield ".Bl -tag -width Ds -compact"
        for name, value, text in options:
            yield f".It Fl -{name} {argument(value)}".rstrip() if value else f".It Fl -{name}"
            yield sentence(text)
        yield ".El"


def default_of(setting):
    if "default" not in setting:
        return []
    return ["Default:", ".Li " + json.dumps(setting["default"]).replace('"', "\\(dq") + " ."]


def settings(properties):
    yield ".Bl -tag -width Ds -compact"
    for name, setting in properties.items():
        yield f".It Cm {name}"
        yield sentence(setting.get("description", ""))
        yield from default_of(setting)
    yield ".El"


def block_sections(program):
    for name in ("limits", "log", "runtime"):
        section = program.schema["properties"][name]
        yield f".It Cm {name}"
        yield sentence(section["description"])
        yield from settings(section["properties"])


def block_match(program):
    yield from settings(program.schema["properties"]["exceptions"]["items"]["properties"]["match"]["properties"])


def block_rules(program):
    for line in program.ask("rules", "--format", "man").rstrip("\n").split("\n"):
        yield from [line] if line.startswith(".") else fill(line)


def block_runtimes(program):
    """Where each wrapper looks for the real runtime."""
    yield ".Bl -tag -width Ds -compact"
    for name, paths in json.loads(program.ask("policy", "defaults"))["runtime"]["candidates"].items():
        yield f".It Nm {name}"
        yield " ,\n".join(f".Pa {path}" for path in paths)
    yield ".El"


def words_of(value, about):
    """What an option's value may be: from text|json, or from "text (the default), json or html"."""
    if "|" in value:
        return value.split("|")
    if value in KINDS:
        return [KINDS[value]]
    found = re.search(r"([a-z]+(?: \(the default\))?(?:, [a-z]+(?: \(the default\))?)* or [a-z]+)"
                      r"(?: \(the default\))?$", about)
    return re.split(r", | or ", found.group(1).replace(" (the default)", "")) if found else []


def block_table(program):
    """For completion: VERB OPTION what its value may be; VERB - operands."""
    yield "_ocigate_table='"
    for verb, _ in program.verbs:
        if verb == "runtime":
            yield "runtime"
            continue
        own = program.helps[verb]
        for name, value, about in own.options:
            yield " ".join([verb, f"--{name}", *words_of(value, about)])
        operands = re.findall(r"[A-Za-z]+", own.operands())
        known = [KINDS.get(word, word) for word in operands if word != "OPTION"]
        if "<file>" in known:  # which are directories as well
            known = [word for word in known if word != "<dir>"]
        yield " ".join([verb, "-", *dict.fromkeys(known)])
    rules = [rule for rule in program.schema["properties"]["rules"]["properties"] if rule != "*"]
    yield "'"
    yield f"_ocigate_rules='{' '.join(rules)}'"


def renewed(program, text):
    out, inside = [], None
    for line in text.split("\n"):
        mark = MARK.match(line)
        if mark and mark.group(1) == "end":
            assert inside == mark.group(2), line
            inside = None
        if not inside:
            out.append(line)
        if mark and mark.group(1) == "begin":
            inside = mark.group(2)
            out.extend("\n".join(globals()["block_" + inside](program)).split("\n"))
    assert not inside, inside
    return "\n".join(out)


def main():
    path, action = sys.argv[1:]
    program = Program(path)
    stale = []
    for name in (os.path.join(HERE, file) for file in FILES):
        with open(name, encoding="utf-8") as file:
            old = file.read()
        new = renewed(program, old)
        if new == old:
            continue
        stale.append(os.path.relpath(name))
        if action == "update":
            with open(name, "w", encoding="utf-8") as file:
                file.write(new)
    if stale and action != "update":
        sys.exit(f"not current (make config): {' '.join(stale)}")


main()
