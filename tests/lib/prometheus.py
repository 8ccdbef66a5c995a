#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is stdin the text format 0.0.4 of Prometheus, as the textfile collector takes it? Prints what is wrong with it.

Written from the format's description: one HELP and one TYPE a metric, before its samples, which stand together; no
series twice; label values escaped; no time stamps (the collector refuses them); a counter's name ends in _total, no
other's does.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"^({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? ([0-9.eE+-]+|NaN|[+-]Inf)$")
HELP = re.compile(rf"^# HELP ({NAME}) (\S.*)$")
TYPE = re.compile(rf"^# TYPE ({NAME}) (counter|gauge|untyped)$")


def faults(text):
    helps, types, series, closed, last = {}, {}, set(), set(), None
    if not text.endswith("\n"):
        yield "no newline at the end"
    for number, line in enumerate(text.splitlines(), 1):
        found = HELP.match(line) or TYPE.match(line)
        if found:
            table = helps if HELP.match(line) else types
            if found[1] in table:
                yield f"{number}: {found[1]} is described twice"
            table[found[1]] = found[2]
            continue
        found = SAMPLE.match(line)
        if not found:
            yield f"{number}: neither a sample nor a description: {line}"
            continue
        name = found[1]
        float(found[3])
        if name not in helps or name not in types:
            yield f"{number}: {name} has no HELP or TYPE before it"
        if name != last and name in closed:
            yield f"{number}: the samples of {name} do not stand together"
        closed.add(name)
        last = name
        if (name, found[2]) in series:
            yield f"{number}: twice: {line}"
        series.add((name, found[2]))
        if (types.get(name) == "counter") != name.endswith("_total"):
            yield f"{number}: {name} is a {types.get(name)}"
    for name in sorted(set(types) - closed):
        yield f"{name} has no sample"


def main():
    found = list(faults(sys.stdin.read()))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
