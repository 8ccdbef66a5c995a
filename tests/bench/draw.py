#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures of compare.sh as a plot and as tables.

usage: draw.py DIRECTORY    reads DIRECTORY/performance.tsv, writes performance.svg beside it, and the tables between
                            the marks of performance.md and README.md (those that have them)
"""
import math
import re
import sys

INK, FAINT, OURS, OTHERS = "#222222", "#bbbbbb", "#1565c0", "#9e9e9e"
NAMES = {
    "empty": "an empty static C program",
    "hook": "ocigate hook createRuntime",
    "wrapper": "ocigate-runtime run, with the empty program as runtime",
    "go": "a hook in Go that looks at one field",
    "sh": "the same in shell (sed, grep)",
    "python": "the same in Python",
}
SHORT = {"empty": "empty program", "hook": "ocigate hook", "wrapper": "ocigate-runtime", "go": "hook in Go",
         "sh": "hook in sh", "python": "hook in Python"}
GROWTH = {
    "annotations": ("annotations", 20), "variables": ("environment variables", 40), "mounts": ("mounts", 1),
    "drop_ins": ("drop-ins", 10), "exceptions": ("exceptions", 10),
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split("\t") for line in file if "\t" in line)


def text(x, y, words, anchor="start", size=13, fill=INK):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{words}</text>'


def bars(figures, x, y, width):
    """Times beside the empty program's, on a logarithmic scale."""
    rows = [name for name in NAMES if f"{name}.ratio" in figures]
    most = max(float(figures[f"{name}.ratio"]) for name in rows)
    parts = [text(x, y, "Time from start to exit, times an empty static program (logarithmic)", size=15)]
    for i, name in enumerate(rows):
        ratio = float(figures[f"{name}.ratio"])
        top = y + 16 + i * 26
        length = 4 + (width - 220) * math.log(ratio) / math.log(most * 1.1)
        colour = OURS if name in ("hook", "wrapper") else OTHERS
        parts.append(text(x + 125, top + 14, SHORT[name], "end"))
        parts.append(f'<rect x="{x + 133}" y="{top}" width="{length:.0f}" height="18" fill="{colour}"/>')
        parts.append(text(x + 140 + length, top + 14, f"{ratio:.1f}"))
    return parts, y + 16 + len(rows) * 26


def grown(figures, what):
    found = [(int(m[1]), int(value)) for key, value in figures.items()
             if (m := re.fullmatch(rf"growth\.{what}\.(\d+)\.instructions", key)) and value]
    return sorted((times * GROWTH[what][1], value) for times, value in found)


def curves(figures, x, y, width, height):
    """Instructions against the number of things, both logarithmic, with a line of even growth to compare with."""
    lines = {what: grown(figures, what) for what in GROWTH}
    points = [point for line in lines.values() for point in line]
    low, high = 10, max(n for n, _ in points)
    least, most = 1e6, max(value for _, value in points) * 1.3

    def place(n, value):
        return (x + 60 + (width - 230) * math.log(n / low) / math.log(high / low),
                y + 16 + height - height * math.log(value / least) / math.log(most / least))

    parts = [text(x, y, "The hook's instructions as its input grows (both scales logarithmic)", size=15)]
    n = low
    while n <= high:
        at = place(n, least)[0]
        parts.append(f'<line x1="{at:.0f}" y1="{y + 16}" x2="{at:.0f}" y2="{y + 16 + height}" stroke="{FAINT}"/>')
        parts.append(text(at, y + 34 + height, f"{n:,}", "middle"))
        n *= 10
    value = least
    while value <= most:
        at = place(low, value)[1]
        parts.append(f'<line x1="{x + 60}" y1="{at:.0f}" x2="{x + width - 170}" y2="{at:.0f}" stroke="{FAINT}"/>')
        parts.append(text(x + 54, at + 4, f"{value / 1e6:g} M", "end"))
        value *= 10
    ends = []
    for (what, line), colour in zip(lines.items(), (OURS, "#00838f", "#c62828", "#6a1b9a", "#ef6c00")):
        if not line:
            continue
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (place(*point) for point in line))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        ends.append((place(*line[-1])[1], GROWTH[what][0], colour))
    last = -99
    for at, name, colour in sorted(ends):
        last = max(at, last + 16)
        parts.append(text(x + width - 160, last + 4, name, fill=colour))
    return parts, y + height + 40


def plot(figures):
    parts, y = bars(figures, 20, 30, 760)
    more, y = curves(figures, 20, y + 34, 760, 220)
    inner = "\n".join(parts + more)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {y + 10:.0f}" font-family="sans-serif">\n'
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n{inner}\n</svg>\n')


def thousands(number):
    return f"{int(number):,}"


def peers(figures):
    rows = ["| program | time, × empty | µs | page faults | system calls | instructions | own memory "
            "| with shared pages |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, words in NAMES.items():
        if f"{name}.ratio" not in figures:
            continue
        cells = [figures.get(f"{name}.{key}", "") for key in ("ratio", "us", "faults", "calls", "instructions")]
        faults = cells[2] or figures[f"{name}.minor_faults"] + " ¹"
        count = thousands(cells[4]) if cells[4] else ""
        own = f"{figures[name + '.own_kb']} KiB" if f"{name}.own_kb" in figures else ""
        rows.append(f"| {words} | {cells[0]} | {cells[1]} | {faults} | {cells[3]} | {count} | {own} "
                    f"| {figures[name + '.rss_kb']} KiB |")
    return "\n".join(rows)


def growth(figures):
    rows = ["| what there is ten times more of | from | to | instructions | × |", "| --- | ---: | ---: | ---: | ---: |"]
    for what, (words, _) in GROWTH.items():
        line = grown(figures, what)
        for (a, few), (b, many) in zip(line, line[1:]):
            rows.append(f"| {words} | {a:,} | {b:,} | {few:,} → {many:,} | {many / few:.2f} |")
    return "\n".join(rows)


def sizes(figures):
    rows = ["| config.json | instructions | largest resident size | bytes of memory for one of the file |",
            "| ---: | ---: | ---: | ---: |"]
    for key in sorted((key for key in figures if re.fullmatch(r"growth\.size\.\d+\.bytes", key)),
                      key=lambda key: int(figures[key])):
        stem = key[: -len(".bytes")]
        size, rss = int(figures[key]), int(figures[stem + ".rss_kb"])
        rows.append(f"| {size:,} | {thousands(figures[stem + '.instructions'])} | {rss:,} KiB "
                    f"| {rss * 1024 / size:.1f} |")
    return "\n".join(rows)


def engines(figures):
    rows = ["| `create` under | bare | filter in the spec | and a hook that does nothing | and ocigate's hook | "
            "no filter in the spec, ocigate's hook attaches one |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for engine in ("runc", "crun"):
        if f"{engine}.bare.us" not in figures:
            continue
        ms = {key: float(figures[f"{engine}.{key}.us"]) / 1000
              for key in ("bare", "filter", "empty_hook", "hook", "attach")}
        rows.append(f"| {engine} | {ms['bare']:.1f} ms | {ms['filter']:.1f} ms | {ms['empty_hook']:.1f} ms | "
                    f"{ms['hook']:.1f} ms | {ms['attach']:.1f} ms, {figures[engine + '.attach_ratio']} × bare |")
    return "\n".join(rows)


def seccomp(figures):
    return (f"A filter that was judged before adds {thousands(figures['seccomp.warm'])} instructions, "
            f"{figures['seccomp.share']} % of the hook's; one that was not, {thousands(figures['seccomp.cold'])}.\n\n"
            f"{figures['crowd.n']} hooks started at once: {figures['crowd.failed']} failed, the last one ended after "
            f"{figures['crowd.ms']} ms.")


def short(figures):
    rows = ["| | time, × an empty static program | page faults | system calls | instructions |",
            "| --- | ---: | ---: | ---: | ---: |"]
    for name in ("hook", "wrapper", "go", "sh", "python"):
        if f"{name}.ratio" not in figures:
            continue
        count = figures.get(f"{name}.instructions", "")
        faults = figures.get(f"{name}.faults") or figures[f"{name}.minor_faults"]
        rows.append(f"| {NAMES[name]} | {figures[name + '.ratio']} | {faults} | {figures.get(name + '.calls', '')} | "
                    f"{thousands(count) if count else ''} |")
    return "\n".join(rows)


def put(path, parts):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    for name, words in parts.items():
        begin, end = f"<!-- figures: {name} -->", "<!-- end of figures -->"
        whole = f"{begin}\n{words}\n{end}"
        page = re.sub(re.escape(begin) + r".*?" + re.escape(end), lambda _, whole=whole: whole, page, flags=re.S)
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


def main():
    directory = sys.argv[1]
    figures = read(directory + "/performance.tsv")
    with open(directory + "/performance.svg", "w", encoding="utf-8") as file:
        file.write(plot(figures))
    put(directory + "/performance.md", {"peers": peers(figures), "growth": growth(figures), "sizes": sizes(figures),
                                        "engines": engines(figures), "seccomp": seccomp(figures)})
    put("README.md", {"short": short(figures)})


if __name__ == "__main__":
    main()
