# SPDX-License-Identifier: Apache-2.0
"""Edits of a TOML file that can be taken out again, whatever an admin has changed around them since.

A line that we add ends in MARK. A line that ours replaces stays, behind WAS.
A file whose last line had no newline gets one, and a line that says so.
"""
import re

MARK = " # by ocigate's installer"
WAS = "#ocigate-was#"
END = "#ocigate-no-newline#"
KEY = r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[A-Za-z0-9_-]+'
TABLE = re.compile(rf"^\s*\[\s*((?:{KEY})(?:\s*\.\s*(?:{KEY}))*)\s*\]\s*(?:#.*)?$")


def keys(text):
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in re.findall(KEY, text))


def strip(text):
    """The file as it was before us."""
    lines = []
    for line in text.splitlines(keepends=True):
        if line.startswith(WAS):
            lines.append(line[len(WAS):])
        elif line.startswith(END):
            lines[-1] = lines[-1].rstrip("\n")
        elif not line.rstrip("\r\n").endswith(MARK):
            lines.append(line)
    return "".join(lines)


class Lines:
    """A file as lines, with the table that each one stands in; text inside multi-line strings stands in none."""

    def __init__(self, text):
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.tables = []
        table, within = (), None
        for line in self.lines:
            header = TABLE.match(line) if within is None else None
            if header:
                table = keys(header.group(1))
            self.tables.append(table if within is None else None)
            for quotes in re.findall(r'"""|\'\'\'', line):
                if within is None:
                    within = quotes
                elif within == quotes:
                    within = None

    def value_line(self, table, key):
        """Number of the line that sets a key of a table, or None."""
        pattern = re.compile(rf'^\s*(?:{re.escape(key)}|"{re.escape(key)}")\s*=')
        return next((n for n, line in enumerate(self.lines) if self.tables[n] == table and pattern.match(line)), None)

    def header_line(self, table):
        return next((n for n, line in enumerate(self.lines)
                     if self.tables[n] == table and TABLE.match(line)), None)

    def set(self, table, key, value):
        """Set a key to a string. Return: False where the table has no header of its own."""
        new = f'{key} = "{value}"{MARK}\n'
        at = self.value_line(table, key)
        if at is not None:
            if not self.lines[at].endswith("\n"):
                self.lines[at] += "\n"
                self.lines.append(END + "\n")
                self.tables.append(None)
            indent = re.match(r"\s*", self.lines[at]).group()
            self.lines[at] = WAS + self.lines[at]
        else:
            at = self.header_line(table)
            if at is None:
                return False
            if not self.lines[at].endswith("\n"):
                self.lines[at] += "\n"
                self.lines.append(END + "\n")
                self.tables.append(None)
            indent = re.match(r"\s*", self.lines[at]).group() + "  "
        self.lines.insert(at + 1, indent + new)
        self.tables.insert(at + 1, table)
        return True

    def append(self, lines):
        if self.lines and not self.lines[-1].endswith("\n"):
            self.lines[-1] += "\n"
            self.lines.append(END + "\n")
        self.lines += [line + MARK + "\n" for line in lines]
        self.tables += [None] * (len(self.lines) - len(self.tables))

    def result(self):
        return "".join(self.lines)


def quote(key):
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def header(table):
    return "[" + ".".join(quote(key) for key in table) + "]"


def value(data):
    """A value of a TOML document, on one line."""
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, (int, float)):
        return str(data)
    if isinstance(data, str):
        return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04X}" if ord(c) < 65536
                             else f"\\U{ord(c):08X}" for c in data) + '"'
    if isinstance(data, list):
        return "[" + ", ".join(value(item) for item in data) + "]"
    if isinstance(data, dict):
        return "{ " + ", ".join(f"{quote(key)} = {value(item)}" for key, item in data.items()) + " }"
    raise ValueError(f"a value that cannot be written again: {data!r}")
