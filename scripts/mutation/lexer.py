# SPDX-License-Identifier: GPL-2.0-only
"""C source as tokens with their places, and as top-level parts: functions, data, macros."""

import bisect
import re

KINDS = re.compile(
    r"""
    (?P<blank>      \s+ | \\\n )
  | (?P<comment>    //[^\n]* | /\*.*?\*/ )
  | (?P<string>     "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
  | (?P<number>     (?:0[xX][0-9a-fA-F]+ | \d+) [uUlL]* )
  | (?P<word>       [A-Za-z_]\w* )
  | (?P<sign>       <<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\w\s] )
    """,
    re.VERBOSE | re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*", re.MULTILINE | re.DOTALL)
CONSTANT_MACRO = re.compile(r"[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(?=\S)")
PAIRS = {"(": ")", "[": "]", "{": "}"}


class Token:
    """One token: its kind (string, number, word, sign), text and offsets in the source."""

    __slots__ = ("kind", "text", "start", "end")

    def __init__(self, kind, text, start):
        self.kind = kind
        self.text = text
        self.start = start
        self.end = start + len(text)


class Part:
    """A function's body, a top-level initialiser or enumeration, or a constant macro: name and tokens."""

    def __init__(self, kind, name, tokens):
        self.kind = kind  # "function", "data" or "macro"
        self.name = name
        self.tokens = tokens
        self.partner = partners(tokens)


def tokens_of(text, start=0, end=None):
    """The tokens of a stretch of text, blanks and comments left out."""
    place, end = start, len(text) if end is None else end
    found = []
    while place < end:
        match = KINDS.match(text, place, end)
        if match.lastgroup not in ("blank", "comment"):
            found.append(Token(match.lastgroup, match[0], place))
        place = match.end()
    return found


def partners(tokens):
    """Index of the closing bracket for each opening one, and the other way round."""
    found, open_ones = {}, []
    for index, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text in PAIRS:
            open_ones.append(index)
        elif open_ones and token.text == PAIRS[tokens[open_ones[-1]].text]:
            found[index] = open_ones.pop()
            found[found[index]] = index
    return found


class Source:
    """A C file."""

    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.line_starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self.parts = [*self._macros(), *self._blocks()]

    def place(self, offset):
        """Line and column, from 1."""
        line = bisect.bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def lines_around(self, start, end):
        """Offsets of the whole lines that a stretch touches."""
        last = self.text.find("\n", max(start, end - 1))
        return self.line_starts[self.place(start)[0] - 1], len(self.text) if last < 0 else last

    def _macros(self):
        for match in DIRECTIVE.finditer(self.text):
            if head := CONSTANT_MACRO.match(match[0]):
                yield Part("macro", head[1], tokens_of(self.text, match.start() + head.end(), match.end()))

    def _blocks(self):
        """The blocks between top-level braces, each named by what is before it."""
        blanked = DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), self.text)
        tokens = tokens_of(blanked)
        partner = partners(tokens)
        index = head = 0
        while index < len(tokens):
            token = tokens[index]
            if token.text == "{" and index in partner:
                before = tokens[head:index]
                kind = "function" if before and before[-1].text == ")" else "data"
                yield Part(kind, name_of(before), tokens[index : partner[index] + 1])
                index = head = partner[index]
                head += 1
            elif token.text == ";":
                head = index + 1
            index += 1


def name_of(head):
    """The name that a declaration gives: the word before its first bracket or equals sign."""
    for index, token in enumerate(head):
        if token.kind == "sign" and token.text in "([=" and index and head[index - 1].kind == "word":
            return head[index - 1].text
    words = [token.text for token in head if token.kind == "word"]
    return words[-1] if words else ""
