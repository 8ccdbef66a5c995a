# SPDX-License-Identifier: Apache-2.0
"""What a start runs through, as a linker script: see order.sh.

usage: order.py MAP BASE TRACE...     MAP: of ld -Map; BASE: where valgrind loads the program; TRACE: of lackey
"""

import bisect
import re
import sys

HEAD = """\
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hook and the wrapper run through in a usual judgement, side by side and in the order in which it is first
 * run: what they touch is few pages then. Made by tests/bench/order.sh; a name that is not there any more, or that
 * another C library does not have, does no harm, and neither does one that is missing.
 */
SECTIONS
{
	.text.used : {
"""
# What runs on a processor alone: valgrind shows no vDSO, and has no functions of its own for AVX-512.
ALONE = [
    f"*libc.a:{name}.o(.text .text.*)"
    for name in ("dl-object", "dl-setup_hash", "pthread_mutex_lock", "pthread_mutex_unlock", "strstr-avx512")
]
BETWEEN = """\
	}
}
INSERT BEFORE .text;
/* The C library's variables that a start writes to, right behind the data that start.c brings. */
SECTIONS
{
	.bss.used : {
"""
TAIL = """\
	}
}
INSERT BEFORE .bss;
"""


def sections(path):
    """(address, size, name, file) of each piece of code, and of variables that are zero at first"""
    found, name = [], None
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("Linker script and memory map")[1].splitlines()
    for line in lines:
        match = re.match(r"^ (\.(?:text|bss)\S*)(?:\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+(\S.*))?$", line)
        if match:
            name = match.group(1)
            place = match.groups()[1:]
        else:
            match = re.match(r"^\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+(\S.*)$", line)
            place = match.groups() if match else (None,)
        if name and place[0]:
            if int(place[1], 16) > 0:
                found.append((int(place[0], 16), int(place[1], 16), name, place[2]))
            name = None
        elif not match:
            name = None
    return sorted(found)


def pattern(name, file):
    """How the script names it; of the C library's variants for several processors, those of the same function too"""
    library = re.search(r"([^/]+\.a)\(([^)]+)\)$", file)
    if name.startswith(".bss") and not (library and library.group(1) == "libc.a"):
        return []
    if not library and "/lib/" in file:
        return [f"*{file.rsplit('/', 1)[1]}(.text .text.*)"]
    if not library or library.group(1) == "libocigate.a":
        name = re.sub(r"\.(constprop|isra|part|cold)\b.*", "", name)
        return [f"*({name} {name}.*)"]
    archive, member = library.groups()
    if name.startswith(".bss"):
        return [f"*{archive}:{member}(.bss .bss.*)"]
    variant = re.match(r"(\w+)-(avx|evex)", member)
    if variant:
        return [f"*{archive}:{variant.group(1)}-*.o(.text.{kind})" for kind in ("avx", "avx512", "evex", "evex512")]
    return [f"*{archive}:{member}(.text .text.*)"]


def main():
    places = sections(sys.argv[1])
    starts = [place[0] for place in places]
    base = int(sys.argv[2], 16)
    used, variables = dict.fromkeys(ALONE), {}
    for path in sys.argv[3:]:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                # "I  00120f20,2": run; " L", " S" and " M": read and written
                if line[:2] not in ("I ", " L", " S", " M"):
                    continue
                address = int(line[3:].split(",")[0], 16) - base
                i = bisect.bisect_right(starts, address) - 1
                if i >= 0 and address < places[i][0] + places[i][1]:
                    kind = variables if places[i][2].startswith(".bss") else used
                    kind.update(dict.fromkeys(pattern(*places[i][2:])))
    for text, names in ((HEAD, used), (BETWEEN, variables)):
        sys.stdout.write(text + "".join(f"\t\t{name}\n" for name in names))
    sys.stdout.write(TAIL)


main()
