# SPDX-License-Identifier: GPL-2.0-only
"""The single faults that can be planted in a source, found mechanically.

    compare     < and <=, > and >=, == and != put for each other; so the comparisons by call
    negate      the condition of if, while, for or ?: negated
    drop        a statement left out
    constant    a number, or a bound with a name, one too large or too small
    arithmetic  + and -, += and -=, ++ and --, << and >> put for each other, / becomes *
    logic       && and || put for each other
    truth       true and false put for each other
    flag        one operand of | left out

Assertions are left alone: they change nothing that a user could see."""

import difflib
import re

SWAPS = {
    "compare": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    "arithmetic": {"+": "-", "-": "+", "+=": "-=", "-=": "+=", "++": "--", "--": "++", "<<": ">>", ">>": "<<", "/": "*"},
    "logic": {"&&": "||", "||": "&&"},
}
WORD_SWAPS = {
    "compare": {
        "seq_before": "!seq_after",
        "seq_after": "!seq_before",
        "seq_max": "seq_min",
        "seq_min": "seq_max",
    },
    "truth": {"true": "false", "false": "true"},
}
ASSERTIONS = {"RUB_ASSERT", "static_assert", "_Static_assert"}
CONTROL = {"if", "while", "for", "switch"}
TYPES = set(
    "const static struct enum union void bool char short int long unsigned signed volatile register extern".split()
)
NAMED_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")
BOUND_SIGNS = {"<", "<=", ">", ">=", "+", "-"}
# Where an expression before a "?" begins, at its own depth.
BEFORE_CONDITION = {",", ";", "{", "}", "?", ":"} | {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}


class Mutant:
    """One fault: the stretch of the source and what stands there instead."""

    def __init__(self, source, function, kind, start, end, new):
        self.source = source
        self.function = function
        self.kind = kind
        self.start = start
        self.end = end
        self.new = new
        self.id = ""  # given by faults_of()

    @property
    def file(self):
        return self.source.name

    def text(self):
        """The whole source with the fault."""
        return self.source.text[: self.start] + self.new + self.source.text[self.end :]

    def lines(self):
        """The lines touched, without the fault and with it, blanks normalised."""
        first, last = self.source.lines_around(self.start, self.end)
        before, after = self.source.text[first : self.start], self.source.text[self.end : last]
        return plain(self.source.text[first:last]), plain(before + self.new + after)

    def diff(self, folder=""):
        """As a unified diff."""
        sides = (text.splitlines(keepends=True) for text in (self.source.text, self.text()))
        return "".join(difflib.unified_diff(*sides, f"a/{folder}{self.file}", f"b/{folder}{self.file}"))


def plain(text):
    return " ".join(text.split())


def faults_of(source):
    """Every fault of a source in the order of the text, each with an ID that names its place."""
    found = []
    for part in source.parts:
        for kind, start, end, new in sorted(set(faults_in(source, part)), key=lambda fault: fault[1:]):
            found.append(Mutant(source, part.name, kind, start, end, new))
    found.sort(key=lambda mutant: (mutant.start, mutant.kind, mutant.end, mutant.new))
    seen = {}
    for mutant in found:
        line, column = source.place(mutant.start)
        name = f"{source.name}:{line}:{column}:{mutant.kind}"
        seen[name] = seen.get(name, 0) + 1
        mutant.id = name if seen[name] == 1 else f"{name}.{seen[name]}"
    return found


def faults_in(source, part):
    """(Kind, start, end, new text) of a part's faults; of data and macros only the constants."""
    guarded = inside_assertions(part)
    for index, token in enumerate(part.tokens):
        if index in guarded:
            continue
        if token.kind == "number":
            yield from off_by_one(token)
        elif part.kind == "function":
            yield from swaps(part, index)
            yield from named_bounds(part, index)
            yield from flags(part, index)
            yield from choices(source, part, index)
    if part.kind == "function":
        yield from conditions(source, part)
        yield from drops(source, part, guarded)


def inside_assertions(part):
    """Indices of the tokens of assertions."""
    found = set()
    for index, token in enumerate(part.tokens):
        if token.text in ASSERTIONS:
            found |= set(range(index, part.partner.get(index + 1, index) + 1))
    return found


def text_at(part, index):
    return part.tokens[index].text if 0 <= index < len(part.tokens) else ""


def is_operand_end(part, index):
    """Does an expression end here, so that a sign behind it has two operands?"""
    token = part.tokens[index]
    return token.kind in ("number", "string") or token.text in (")", "]") or (
        token.kind == "word" and token.text not in ("return", "case")
    )


def off_by_one(token):
    digits = token.text.rstrip("uUlL")
    suffix = token.text[len(digits) :]
    value = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)
    for new in (value + 1, value - 1):
        if new >= 0:
            yield "constant", token.start, token.end, (hex(new) if digits[:2] in ("0x", "0X") else str(new)) + suffix


def swaps(part, index):
    token = part.tokens[index]
    if token.kind == "word":
        for kind, table in WORD_SWAPS.items():
            if token.text in table:
                yield kind, token.start, token.end, table[token.text]
        return
    if token.text in ("+", "-") and not is_operand_end(part, index - 1):
        return
    for kind, table in SWAPS.items():
        if token.kind == "sign" and token.text in table:
            yield kind, token.start, token.end, table[token.text]


def named_bounds(part, index):
    """A constant with a name beside a sign that makes it a bound or a summand."""
    token = part.tokens[index]
    if token.kind != "word" or not NAMED_CONSTANT.fullmatch(token.text) or text_at(part, index + 1) == "(":
        return
    if {text_at(part, index - 1), text_at(part, index + 1)} & BOUND_SIGNS:
        for sign in "+-":
            yield "constant", token.start, token.end, f"({token.text} {sign} 1)"


def flags(part, index):
    """A named constant that is one operand of |."""
    token = part.tokens[index]
    if token.kind != "word" or not NAMED_CONSTANT.fullmatch(token.text):
        return
    if text_at(part, index - 1) == "|":
        yield "flag", part.tokens[index - 1].start, token.end, ""
    elif text_at(part, index + 1) == "|":
        yield "flag", token.start, part.tokens[index + 1].end, ""


def negated(source, start, end):
    return "negate", start, end, f"!({source.text[start:end]})"


def choices(source, part, index):
    """The condition of ?:, which begins behind the nearest sign that ends another expression."""
    if part.tokens[index].text != "?":
        return
    first = index - 1
    while first >= 0:
        token = part.tokens[first]
        if token.text in (")", "]") and first in part.partner:
            first = part.partner[first]
        elif token.text in BEFORE_CONDITION or token.text in ("(", "[") or token.text in ("return", "case"):
            break
        first -= 1
    yield negated(source, part.tokens[first + 1].start, part.tokens[index - 1].end)


def conditions(source, part):
    """The conditions of if, while and for."""
    for index, token in enumerate(part.tokens):
        if token.text not in ("if", "while", "for") or text_at(part, index + 1) != "(":
            continue
        first, last = index + 2, part.partner[index + 1]
        if token.text == "for":
            first, last = middle(part, first, last)
        if first < last:
            yield negated(source, part.tokens[first].start, part.tokens[last - 1].end)


def middle(part, first, last):
    """Between the two semicolons of a for."""
    semicolons = [index for index in range(first, last) if part.tokens[index].text == ";"]
    return (semicolons[0] + 1, semicolons[1]) if len(semicolons) == 2 else (last, last)


def drops(source, part, guarded):
    for first, last in statements(part):
        if first in guarded or not droppable(part, first, last):
            continue
        start, end = part.tokens[first].start, part.tokens[last].end
        # The lines stay, so that every line after it has its number.
        yield "drop", start, end, "\n" * source.text.count("\n", start, end) + ";"


def droppable(part, first, last):
    token, behind = part.tokens[first], part.tokens[first + 1]
    if token.text == "return":
        # The function's last value is no statement more to leave out.
        return any(token.text != "}" for token in part.tokens[last + 1 :])
    if token.text in ("break", "continue", "goto"):
        return True
    if token.text in TYPES or first + 1 == last:
        return False
    declares = token.kind == "word" and behind.kind == "word"
    return not declares and not (token.kind == "word" and behind.text == "*" and part.tokens[first + 2].kind == "word")


def statements(part):
    """(First, last) token of every statement that ends by a semicolon, declarations too."""
    tokens, index = part.tokens, 1
    while index < len(tokens) - 1:
        text = tokens[index].text
        if text in CONTROL and text_at(part, index + 1) == "(":
            index = part.partner[index + 1] + 1
        elif text in ("{", "}", ";", "else", "do"):
            index += 1
        elif text in ("case", "default"):
            index = find(part, index, ":") + 1
        elif tokens[index].kind == "word" and text_at(part, index + 1) == ":":
            index += 2
        else:
            last = find(part, index, ";")
            yield index, last
            index = last + 1


def find(part, index, text):
    """The next token with this text that is in no bracket, or the last one of all."""
    while index < len(part.tokens) - 1 and part.tokens[index].text != text:
        index = max(part.partner.get(index, index), index) + 1
    return index
