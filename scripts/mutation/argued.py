# SPDX-License-Identifier: GPL-2.0-only
"""The file of argued survivors: faults that change nothing observable, each with its reason.

An entry, ended by an empty line; a line with # before it is a comment:

    input.c check_sequence
    - if (n < last)
    + if (n <= last)
    Why nobody can tell them apart, in one or more lines.

It names its fault by the text of the lines touched, blanks normalised, so it holds wherever they move."""

from mutation.faults import plain


class ArguedError(Exception):
    """The file cannot be read as described."""


class Entry:
    """One argued fault."""

    def __init__(self, where, head):
        words = head.split()
        if len(words) != 2:
            raise ArguedError(f"{where}: '{head}' is not a file and a function")
        self.where = where
        self.file, self.function = words
        self.old, self.new, self.reason = [], [], []

    def take(self, line):
        if self.reason or line[0] not in "-+":
            self.reason.append(line.strip())
        else:
            (self.old if line[0] == "-" else self.new).append(line[1:])

    @property
    def key(self):
        return self.file, self.function, plain(" ".join(self.old)), plain(" ".join(self.new))


def key_of(mutant):
    return mutant.file, mutant.function, *mutant.lines()


def read(path):
    """The entries of the file by their keys."""
    entries, entry = {}, None
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if entry:
                entries[check(entry, entries).key] = entry
            entry = None
        elif entry:
            entry.take(line)
        else:
            entry = Entry(f"{path.name}:{number}", line)
    return entries


def check(entry, entries):
    if not entry.old or not entry.new:
        raise ArguedError(f"{entry.where}: the lines without (-) and with (+) the fault are missing")
    if not entry.reason:
        raise ArguedError(f"{entry.where}: an entry without an argument")
    if entry.key in entries:
        raise ArguedError(f"{entry.where}: argued already at {entries[entry.key].where}")
    return entry
