#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is shipped and shown as a policy keeps the schema that editors go by; what is broken does not.

usage: schema.py OCIGATE SCHEMA TREE

One line a document. That schema and reader agree on every kind of value is tests/check/policy_schema.py's.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema

GOOD = {"version": 1, "rules": {"host-paths": {"allowed": [{"path": "/var/log"}]}},
        "exceptions": [{"name": "e", "reason": "r", "match": {"pods": ["p"]},
                        "rules": {"host-paths": {"effect": "audit"}}}]}


def broken():
    """The slips that people make, each with its name."""
    yield "a rule's name misspelt", {"version": 1, "rules": {"capabilites": {"effect": "deny"}}}
    yield "an effect misspelt", {"version": 1, "rules": {"capabilities": {"effect": "denied"}}}
    yield "a setting of another rule", {"version": 1, "rules": {"privileged": {"allowed": []}}}
    yield "a capability without CAP_", {"version": 1, "rules": {"capabilities": {"allowed": ["NET_ADMIN"]}}}
    yield "a path as a string", {"version": 1, "rules": {"host-paths": {"allowed": ["/var/log"]}}}
    yield "a path that is relative", {"version": 1, "rules": {"host-paths": {"allowed": [{"path": "var/log"}]}}}
    yield "no version", {"rules": {}}
    yield "an exception without a reason", {"version": 1, "exceptions": [{**GOOD["exceptions"][0], "reason": " "}]}
    yield "an exception for everybody", {"version": 1, "exceptions": [{**GOOD["exceptions"][0], "match": {}}]}
    yield "an exception of a list in a string", {"version": 1, "exceptions": [
        {**GOOD["exceptions"][0], "match": {"namespaces": "monitoring"}}]}
    yield "a day in words", {"version": 1, "exceptions": [{**GOOD["exceptions"][0], "expires": "tomorrow"}]}


def shown(path):
    """Policies in a page's blocks of code: those that say their version."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for block in re.findall(r"^```json\n(.*?)^```", text, re.M | re.S) + re.findall(r"^\{\n.*?^\}$", text, re.M | re.S):
        if '"version": 1,' in block:
            yield json.loads(block)


def documents(tree):
    for path in sorted(glob.glob(tree + "/config/policy.d/*.json") + glob.glob(tree + "/config/presets/*.json")):
        with open(path, encoding="utf-8") as file:
            yield os.path.relpath(path, tree), json.load(file)
    for path in sorted(glob.glob(tree + "/*.md") + glob.glob(tree + "/*/*.md") + glob.glob(tree + "/install/man/*.5")):
        for i, document in enumerate(shown(path)):
            yield f"{os.path.relpath(path, tree)}, policy {i + 1}", document
    yield "a document with $schema", {"$schema": "file:///usr/share/ocigate/policy.schema.json", **GOOD}


def reader_takes(gate, tree, document):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file)
        file.flush()
        return subprocess.run([gate, "policy", "check", "--presets", tree + "/config/presets", file.name],
                              capture_output=True, check=False).returncode == 0


def main():
    gate, path, tree = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, document in documents(tree):
        fault = next(iter(validator.iter_errors(document)), None)
        if fault:
            print(f"not ok schema takes {name}: {fault.message[:200]}")
        elif not reader_takes(gate, tree, document):
            print(f"not ok schema takes {name}: the reader does not")
        else:
            print(f"ok schema takes {name}")
    for name, document in broken():
        said = ["the schema"] * validator.is_valid(document) + ["the reader"] * reader_takes(gate, tree, document)
        print(f"not ok schema refuses {name}: {' and '.join(said)} took it" if said else f"ok schema refuses {name}")


main()
