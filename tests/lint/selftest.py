#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each lint can fail: a fault is planted in a copy of the tree, and that lint must name its file.

usage: selftest.py TREE
"""
import os
import shutil
import subprocess
import sys
import tempfile

from source import Tree

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
SH = "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"
LONG = "int planted(void);\nint planted(void)\n{\n" + "\n" * 60 + "\treturn 0;\n}\n"
RULE = SPDX + '#include "ocigate/rule.h"\nconst struct rule rule_planted = {0};\n'

# (lint, file, text). A text that starts with + is put behind what the file already holds.
SOURCE = [
    ("includes-go-one-way", "enforce/planted.c", SPDX + '#include "hook/hook.h"\n'),
    ("includes-go-one-way", "enforce/base/planted.c", SPDX + '#include "enforce/spec/spec.h"\n'),
    ("includes-go-one-way", "include/ocigate/planted.h", SPDX + '#include "enforce/base/str.h"\n'),
    ("includes-go-one-way", "enforce/novel/planted.c", SPDX + '#include "enforce/base/str.h"\n'),
    ("rules-stand-alone", "enforce/rules/planted.c", SPDX + '#include "enforce/rules/other.h"\n'),
    ("rules-stand-alone", "enforce/rules/planted.c", SPDX + "#include <jansson.h>\n"),
    ("json-stays-with-its-readers", "hook/planted.c", SPDX + "#include <jansson.h>\n"),
    ("every-rule-is-listed", "enforce/rules/planted.c", RULE),
    ("every-rule-is-listed", "include/ocigate/rules.def", '+RULE(planted, "planted")\n'),
    ("every-rule-is-listed", "include/ocigate/rules.def", '+RULE(host_planted, "node-planted")\n'),
    ("every-rule-has-cases", "include/ocigate/rules.def", '+RULE(planted, "planted")\n'),
    ("files-are-short", "enforce/planted.c", SPDX + "\n" * 400),
    ("functions-are-short", "enforce/planted.c", SPDX + LONG),
    ("python-has-short-lines", "install/planted.py", "# " + "x" * 120),
    ("python-has-short-lines", "tests/engines/planted.py", "# " + "x" * 120),
    ("licence-is-named", "enforce/planted.c", "\n"),
    ("licence-is-named", "tests/planted", "#!/bin/sh\n"),
    ("nothing-is-left-over", "enforce/planted.c", SPDX + "/* " + "TO" + "DO: later */\n"),
    ("nothing-is-left-over", "hook/planted.c", SPDX + "const char *built = __DA" + "TE__;\n"),
    ("no-path-of-this-machine", "README.md", "+see .." + "/shared/design\n"),
    ("no-goto-no-typedefed-struct", "enforce/planted.c", SPDX + "int planted(void)\n{\n\tgoto out;\n}\n"),
    ("no-goto-no-typedefed-struct", "enforce/planted.h", SPDX + "typedef struct planted planted_t;\n"),
    ("lines-end-cleanly", "enforce/planted.c", SPDX + "int planted; \n"),
]
TOOLS = [
    ("format", "enforce/planted.c", SPDX + "int planted (void);\n"),
    ("shell", "tests/planted.sh", SH + "cd $1\n"),
    ("cppcheck", "enforce/planted.c", SPDX + "int planted(void)\n{\n\tint a[2] = {0};\n\n\treturn a[2];\n}\n"),
    ("build-gcc", "enforce/planted.c", SPDX + "int planted(void)\n{\n\treturn 0;\n}\n"),
    ("build-clang", "enforce/planted.c", SPDX + "int planted(void)\n{\n\treturn 0;\n}\n"),
    ("analyzer", "enforce/planted.c", SPDX + "#include <stdlib.h>\n\nvoid planted(char *p);\n\n"
     "void planted(char *p)\n{\n\tfree(p);\n\tfree(p);\n}\n"),
]


def plant(tree, where, path, text):
    """A copy of the tree with one fault in it."""
    for file in tree.paths:
        if not file.startswith("tests/bundles/"):
            os.makedirs(os.path.dirname(os.path.join(where, file)), exist_ok=True)
            shutil.copy(os.path.join(tree.root, file), os.path.join(where, file))
    target = os.path.join(where, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "a" if text.startswith("+") else "w", encoding="utf-8") as file:
        file.write(text.lstrip("+"))


def lines_of(command, where):
    environment = {**os.environ, "BUILD": "build"}
    run = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, env=environment)
    return run.stdout.splitlines()


def main():
    tree = Tree(sys.argv[1])
    faults = 0
    jobs = [(lint, path, text, ["python3", "tests/lint/source.py", "."]) for lint, path, text in SOURCE]
    jobs += [(lint, path, text, ["sh", "tests/lint/tools.sh", lint, path]) for lint, path, text in TOOLS]
    for number, (lint, path, text, command) in enumerate(jobs, 1):
        with tempfile.TemporaryDirectory() as where:
            plant(tree, where, path, text)
            lines = lines_of(command, where)
        found = [line for line in lines if line.startswith(f"not ok lint {lint}: {path}")]
        skipped = [line for line in lines if line.startswith("skip ")]
        name = f"lint {lint} finds a planted fault ({number})"
        if skipped:
            print(skipped[0].replace(":", " self-test:", 1))
        elif found:
            print(f"ok {name}")
        else:
            print(f"not ok {name}: nothing about {path}")
            faults += 1
    faults += symbols_selftest(tree)
    return 1 if faults else 0


def symbols_selftest(tree):
    """A call upwards that no #include shows: base calls a function of the engine's."""
    name = "lint calls-go-one-way finds a planted fault"
    with tempfile.TemporaryDirectory() as where:
        plant(tree, where, "enforce/base/planted.c", SPDX + "int planted(void);\nint upper(void);\n"
              "int planted(void)\n{\n\treturn upper();\n}\n")
        plant(tree, where, "enforce/upper.c", SPDX + "int upper(void);\nint upper(void)\n{\n\treturn 0;\n}\n")
        lines_of(["make", "-s", "build/enforce/base/planted.o", "build/enforce/upper.o"], where)
        lines = lines_of(["python3", "tests/lint/symbols.py", "build"], where)
    if any(line.startswith("not ok lint calls-go-one-way: enforce/base/planted.c") for line in lines):
        print(f"ok {name}")
        return 0
    print(f"not ok {name}: {lines}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
