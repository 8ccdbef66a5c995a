#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the JSON Schema and the reader of drop-ins accept and refuse the same documents?

usage: policy_schema.py OCIGATE SCHEMA

The documents are one default policy with one thing changed, so that each is about one thing.
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

EXCEPTION = {"name": "e", "reason": "r", "expires": "2030-01-01", "match": {"pods": ["p"]},
             "rules": {"privileged": {"effect": "audit"}}}
# What only the reader can know; the schema accepts these.
READER_ALONE = [
    {"version": 1, "preset": "no-such-preset"},
    {"version": 1, "limits": {"config_max": "64Ki"}},
    {"version": 1, "exceptions": [dict(EXCEPTION, expires="2030-02-30")]},
    {"version": 1, "exceptions": [dict(EXCEPTION, match={"engines": ["crio"]})]},
    {"version": 1, "rules": {"trusted-images": {"allowed": ["~("]}}},
    {"version": 1, "rules": {"host-paths": {"allowed": [{"path": "/a"}, {"path": "/a"}]}}},
]


def documents(schema, defaults):
    """good and bad ones, from the schema's own tables"""
    yield {}
    yield []
    yield {"version": 1}
    yield {"version": 2}
    yield {"version": 1, "other": 1}
    yield {"version": 1, "rules": {"*": {"effect": "audit"}}}
    yield {"version": 1, "rules": {"*": {"exec": {"effect": "audit"}}}}
    yield defaults
    for rule in schema["properties"]["rules"]["properties"]:
        if rule == "*":
            continue
        definition = schema["$defs"][rule]["properties"]
        for key in list(definition) + ["nonsense", "exec"]:
            for value in (True, 1, -1, "x", "", "/x", "80-90", "1Gi", "500m", "deny", [], [1], ["x"], [""],
                          ["/x"], ["/x/"], ["CAP_CHOWN"], ["pid"], ["c 1:3 rwm"], ["c *:* m"], [70000], ["80-90"],
                          [{"path": "/x"}], [{"path": "x"}], [{"path": "/x", "read_only": 1}], {}, {"x": "y"},
                          {"effect": "audit"}, None):
                yield {"version": 1, "rules": {rule: {key: value}}}
        yield {"version": 1, "exceptions": [dict(EXCEPTION, rules={rule: {"effect": "audit"}})]}
        yield {"version": 1, "exceptions": [dict(EXCEPTION, rules={rule: {"exec": {"effect": "audit"}}})]}
        yield {"version": 1, "exceptions": [dict(EXCEPTION, rules={rule: {}})]}
    yield {"version": 1, "exceptions": [EXCEPTION]}
    for key in EXCEPTION:
        short = copy.copy(EXCEPTION)
        del short[key]
        yield {"version": 1, "exceptions": [short]}
        for value in (1, "", " ", [], {}, None, "2030-1-1"):
            yield {"version": 1, "exceptions": [dict(EXCEPTION, **{key: value})]}
    for key in ("namespaces", "pods", "containers", "images", "handlers", "nonsense"):
        for value in ([], ["*"], [""], "*", [1]):
            yield {"version": 1, "exceptions": [dict(EXCEPTION, match={key: value})]}
    for section in ("limits", "log", "runtime"):
        for key in list(schema["properties"][section]["properties"]) + ["nonsense"]:
            for value in (True, 0, -1, 99999, "8Mi", "x", "", "/x", "/x/", {}, {"ocigate-x": ["/x"]}, {"x": ["/x"]},
                          {"ocigate-x": []}, {"ocigate-x": ["x"]}):
                yield {"version": 1, section: {key: value}}


def refused(gate, where, batch):
    """indexes into @batch that the reader has an error for"""
    paths = [os.path.join(where, f"{i}.json") for i in range(len(batch))]
    for path, document in zip(paths, batch):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
    done = subprocess.run([gate, "policy", "check", "--format", "json", *paths], capture_output=True, text=True,
                          check=False)
    bad = {p["file"] for p in json.loads(done.stdout)["problems"] if p["kind"] == "error"}
    assert (done.returncode != 0) == bool(bad), done
    return {i for i, path in enumerate(paths) if path in bad}


def batches(documents_of):
    """Many files a run where they cannot meet; exceptions of one name would."""
    batch = []
    for document in documents_of:
        if isinstance(document, dict) and "exceptions" in document:
            yield [document]
            continue
        batch.append(document)
        if len(batch) == 60:
            yield batch
            batch = []
    yield batch


def main():
    gate, schema_path = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    defaults = json.loads(subprocess.run([gate, "policy", "defaults"], capture_output=True, check=True).stdout)
    counts = [0, 0]
    with tempfile.TemporaryDirectory() as where:
        for batch in batches(documents(schema, defaults)):
            bad = refused(gate, where, batch)
            for i, document in enumerate(batch):
                if (i in bad) == validator.is_valid(document):
                    sys.exit(f"the reader says {'no' if i in bad else 'yes'}, the schema not: {json.dumps(document)}")
                counts[i not in bad] += 1
        for document in READER_ALONE:
            if not refused(gate, where, [document]) or not validator.is_valid(document):
                sys.exit(f"the reader alone should refuse {json.dumps(document)}")
    print(f"agree on {counts[1]} good and {counts[0]} bad documents")


main()
