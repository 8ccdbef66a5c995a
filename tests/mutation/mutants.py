# SPDX-License-Identifier: Apache-2.0
"""Small wrong changes of C, as somebody could make them by a slip.

A mutant is one change of one place: a condition turned round, < for <=, a
statement left out, a row of a table gone. Only what decides is changed: not
comments, not strings, not what a rule says of itself for people.
"""
import hashlib
import re

SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
         "true": "false", "false": "true", "TRI_YES": "TRI_NO", "TRI_NO": "TRI_YES",
         "FINDING_VIOLATION": "FINDING_UNDECIDED", "FINDING_UNDECIDED": "FINDING_VIOLATION"}
OPERATOR = re.compile(r"<<=?|>>=?|->|<=|>=|==|!=|&&|\|\||<|>|\b(?:%s)\b" % "|".join(w for w in SWAPS if w[0].isalpha()))
NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)[uUlL]*\b(?![.\w])")
CONDITION = re.compile(r"\b(?:if|while)\s*\(")
RETURN = re.compile(r"\breturn\b([^;]*);")
STATEMENT = re.compile(r"(?<=[;{}):\n])(\s*)((?:\(void\)\s*)?(?:\*|\+\+|--)?[A-Za-z_][^;{}]*?;)")
NO_STATEMENT = re.compile(
    r"(?:return|if|for|while|else|do|switch|case|default|static|const|struct|enum|unsigned|int|bool|char|size_t|long|"
    r"uint\w*|int\w*|va_list|FD_AUTO|JSON_AUTO|DIR|FILE|json_t|time_t|uid_t|mode_t)\b")
DECLARATION = re.compile(r"[A-Za-z_]\w*\s+\**[A-Za-z_]\w*\s*(?:[;,=\[]|$)")


class Mutant:
    """One change; its key says where and what, and survives changes elsewhere; @place changes with its function."""

    def __init__(self, path, text, start, end, new, kind, place):
        self.path, self.start, self.end, self.new = path, start, end, new
        line_end = text.find("\n", start)
        self.line = " ".join(text[text.rfind("\n", 0, start) + 1:line_end].split())
        self.line_number = text.count("\n", 0, start) + 1
        old, by = (" ".join(words.split())[:90] for words in (text[start:end], new))
        self.what = f"{kind}: {old}" + (f" => {by}" if by and kind != "negate" else "")
        self.ordinal = 1
        self.place = place

    def change(self):
        """As explained.tsv has it; #N where the file has the same line and change more than once."""
        return self.what + (f" #{self.ordinal}" if self.ordinal > 1 else "")

    def key(self):
        return (self.path, self.line, self.change())

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]


def mask(text):
    """The same length, with comments, strings and preprocessor lines blank: what is left is code."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found[0])

    def inside(found):
        return found[0][0] + " " * (len(found[0]) - 2) + found[0][-1]

    def one(found):
        return blank(found) if found[0].startswith("/") else inside(found)
    text = re.sub(r"/\*[\s\S]*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", one, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", blank, text, flags=re.M)


def functions(code):
    """(start, end) of each body, braces left out: kernel style has them at a line's start"""
    for found in re.finditer(r"^\{\n([\s\S]*?)^\}\n", code, re.M):
        yield found.start(1), found.end(1)


def tables(code):
    """(start, end) of each static table, but not what describes a rule and its settings to people"""
    for found in re.finditer(r"^static const [^;{}=]*\[[^;{}=]*\] = \{([\s\S]*?)\};", code, re.M):
        if "struct setting " not in found[0]:
            yield found.start(1), found.end(1)


def closing(code, start):
    """Index behind the bracket that closes the one at @start."""
    depth = 0
    for i in range(start, len(code)):
        depth += (code[i] in "([{") - (code[i] in ")]}")
        if depth == 0:
            return i + 1
    return len(code)


def in_conditions(code, start, end):
    for found in CONDITION.finditer(code, start, end):
        stop = closing(code, found.end() - 1)
        yield found.end() - 1, stop, "(!" + "{}" + ")", "negate"


def in_operators(code, start, end):
    for found in OPERATOR.finditer(code, start, end):
        if found[0] in SWAPS:
            yield found.start(), found.end(), SWAPS[found[0]], "swap"
    for found in re.finditer(r"(?<![\w)\]])!(?=[\w(*])", code[start:end]):
        yield start + found.start(), start + found.end(), "", "drop"
    for found in re.finditer(r" \? ", code[start:end]):
        yield start + found.start(), start + found.end(), " && 0 ? ", "never"
        yield start + found.start(), start + found.end(), " || 1 ? ", "always"


def in_numbers(code, start, end):
    two_ways = re.search(r"return (?:-1|(?:err|walk)_\w+\()", code[start:end])
    for found in NUMBER.finditer(code, start, end):
        if two_ways and code[start:found.start()].endswith(("return ", "return -")):
            continue  # 0 or -1 (err.h): in_returns() turns one into the other
        if not (two_ways and re.search(r"return [^;]*[?:] -?$", code[start:found.start()])):
            yield found.start(), found.end(), f"({found[0]} + 1)", "more"
        if found[1].strip("0x"):
            yield found.start(), found.end(), f"({found[0]} - 1)", "less"


def in_returns(code, start, end):
    for found in RETURN.finditer(code, start, end):
        value = found[1].strip()
        if value in ("-1", "0"):
            yield found.start(1), found.end(1), " 0" if value == "-1" else " -1", "return"
        elif re.search(r"&&|\|\||[<>=!]=|^!|(?<!-)>|<", value):
            yield found.start(1), found.end(1), " !({})", "negate"
        elif re.match(r"[a-z_]*(?:_set|_sys|_deny|_at|_wrap|_no_memory)\(", value):
            yield found.start(1), found.end(1), " ({}, 0)", "return"


def in_statements(code, start, end):
    for header in re.finditer(r"\bfor \(", code[start:end]):
        stop = closing(code, start + header.end() - 1)
        code = code[:start + header.end()] + " " * (stop - 1 - start - header.end()) + code[stop - 1:]
    for found in STATEMENT.finditer(code, start, end):
        text = found[2]
        if not NO_STATEMENT.match(text) and not (DECLARATION.match(text)
                                                 and not re.match(r"\w+\s*(?:[-+|&^*/]?=|\()", text)):
            yield found.start(2), found.end(2), ";", "drop"


def in_table(code, start, end):
    """Rows in braces of their own, or strings"""
    depth, row = 0, None
    for i in range(start, end):
        if code[i] == "{":
            depth += 1
            row = i if depth == 1 else row
        elif code[i] == "}":
            depth -= 1
            if depth == 0 and code[i + 1:i + 2] == "," and not re.search(r"=\s*$", code[start:row]):
                yield row, i + 2, "", "row"
    if row is None:
        for found in re.finditer(r'(?<=[\s{])("\s*"),', code[start:end]):
            yield start + found.start(1), start + found.end(), "", "row"


def in_fields(code, start, end):
    """What a row says of a key (schema.h): that it must be there, its range, where its value goes"""
    for found in re.finditer(r",\s*(\.(?!key|type|child|read)\w+ = [^,{}()]*(?:\([^()]*(?:\([^()]*\))?[^()]*\))?)",
                             code[start:end]):
        yield start + found.start(), start + found.end(), "", "field"


def mutants_of(path, text):
    """All mutants of a file, in its order."""
    code = mask(text)
    found = []
    places = []

    def add(start, end, *finders):
        places.append((start, end, hashlib.sha256(text[start:end].encode()).hexdigest()[:16]))
        for finder in finders:
            found.extend(finder(code, start, end))
    for start, end in functions(code):
        add(start, end, in_conditions, in_operators, in_numbers, in_returns, in_statements)
    for enum in re.finditer(r"^enum \{([\s\S]*?)\};", code, re.M):
        add(enum.start(1), enum.end(1), in_numbers)
    for start, end in tables(code):
        add(start, end, in_table)
        if ".key = " in code[start:end]:
            add(start, end, in_fields)
    counted = {}
    for start, end, new, kind in sorted(set(found)):
        place = next(place for first, last, place in places if first <= start < last)
        mutant = Mutant(path, text, start, end, new.replace("{}", text[start:end]), kind, place)
        counted[mutant.key()] = counted.get(mutant.key(), 0) + 1
        mutant.ordinal = counted[mutant.key()]
        yield mutant
