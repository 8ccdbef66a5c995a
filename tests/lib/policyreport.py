#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Would the API server take stdin, a List of PolicyReports of wgpolicyk8s.io/v1alpha2? Prints what is wrong with it.

The schema is the custom resource's, as far as it concerns us; the API server drops keys that it does not know.
"""
import json
import sys

import jsonschema

REFERENCE = {"type": "object", "additionalProperties": False,
             "properties": {k: {"type": "string"} for k in
                            ("apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid")}}
RESULT = {
    "type": "object", "required": ["policy"], "additionalProperties": False,
    "properties": {
        "category": {"type": "string"}, "message": {"type": "string"}, "policy": {"type": "string"},
        "properties": {"type": "object", "additionalProperties": {"type": "string"}},
        "resources": {"type": "array", "items": REFERENCE},
        "result": {"enum": ["pass", "fail", "warn", "error", "skip"]},
        "rule": {"type": "string"}, "scored": {"type": "boolean"},
        "severity": {"enum": ["critical", "high", "low", "medium", "info"]},
        "source": {"type": "string"},
        "timestamp": {"type": "object", "required": ["nanos", "seconds"], "additionalProperties": False,
                      "properties": {"nanos": {"type": "integer"}, "seconds": {"type": "integer"}}},
    },
}
LABEL = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
REPORT = {
    "type": "object", "required": ["apiVersion", "kind", "metadata", "results", "summary"],
    "additionalProperties": False, "properties": {
        "apiVersion": {"const": "wgpolicyk8s.io/v1alpha2"},
        "kind": {"enum": ["PolicyReport", "ClusterPolicyReport"]},
        "metadata": {"type": "object", "required": ["name"],
                     "properties": {"name": {"type": "string", "pattern": LABEL},
                                    "namespace": {"type": "string", "pattern": LABEL}}},
        "scope": REFERENCE, "results": {"type": "array", "items": RESULT},
        "summary": {"type": "object", "additionalProperties": False,
                    "properties": {k: {"type": "integer"} for k in ("pass", "fail", "warn", "error", "skip")}},
    },
}
LIST = {"type": "object", "required": ["apiVersion", "kind", "items"], "additionalProperties": False,
        "properties": {"apiVersion": {"const": "v1"}, "kind": {"const": "List"},
                       "items": {"type": "array", "items": REPORT}}}


def faults(document):
    for error in jsonschema.Draft7Validator(LIST).iter_errors(document):
        yield f"{'/'.join(map(str, error.path))}: {error.message[:200]}"
    names = set()
    for item in document["items"]:
        metadata = item["metadata"]
        if (item["kind"] == "PolicyReport") != ("namespace" in metadata):
            yield f"{item['kind']} in namespace {metadata.get('namespace')}"
        if (metadata.get("namespace"), metadata["name"]) in names:
            yield f"twice in {metadata.get('namespace')}"
        names.add((metadata.get("namespace"), metadata["name"]))
        for word in ("fail", "warn", "error", "skip"):
            n = sum(r["result"] == word for r in item["results"])
            if n != item["summary"][word]:
                yield f"{metadata.get('namespace')}: {n} results {word}, the summary has {item['summary'][word]}"


def main():
    found = list(faults(json.load(sys.stdin)))
    for fault in found[:5]:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
