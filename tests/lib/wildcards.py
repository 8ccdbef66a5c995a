#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is a text what a page says? In the page "…" stands for any text of a line, a line of it alone for any lines.

usage: wildcards.py EXPECTED PRINTED

In both a number of a container (64 digits, or 12 and "…"), a digest and a time are taken for any other.
"""
import re
import sys

ANY = [(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}…", "ID"), (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
       (r"\b\d{4}-\d\d-\d\d\b", "DAY"), (r"; note: the decision did not reach syslog: [^;\n]*?(?=: unknown|;|$)", "")]


def level(text):
    for pattern, word in ANY:
        text = re.sub(pattern, word, text, flags=re.M)
    return text


def pattern_of(expected):
    out = ""
    for line in level(expected).splitlines():
        if line.strip() == "…":
            out += r"(?:.*\n)*?"
        else:
            out += "[^\n]*?".join(re.escape(part) for part in line.split("…")) + r"\n"
    return out


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        expected = file.read()
    with open(sys.argv[2], encoding="utf-8", errors="replace") as file:
        printed = level(file.read())
    if printed and not printed.endswith("\n"):
        printed += "\n"
    sys.exit(0 if re.fullmatch(pattern_of(expected), printed) else 1)


main()
