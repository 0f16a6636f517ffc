# SPDX-License-Identifier: GPL-2.0-only
"""Branch and line coverage from the JSON of `llvm-cov export`.

A branch is one outcome of one condition as the source has it: `if (a && b)` has four, a case label one
(that it was jumped to; the other outcome of a label says nothing). A condition in a macro counts where
the macro is used, one in an inline function once however many files include it."""

import collections
import pathlib

EXPANSION = 1
OUTCOMES = ("true", "false")


class Condition:
    """A condition or a label: where it is, its text, how often each outcome was seen."""

    def __init__(self, path, line, text):
        self.path = path
        self.line = line
        self.text = text
        self.label = text.startswith(("case ", "default"))
        self.seen = [0, 0]

    @property
    def outcomes(self):
        return self.seen[:1] if self.label else self.seen

    @property
    def covered(self):
        return sum(count > 0 for count in self.outcomes)

    def missing(self):
        """What was never seen, in words."""
        if not any(self.seen):
            return "never reached"
        return "never " + OUTCOMES[self.seen.index(0)]


class File:
    """A source file's conditions and lines."""

    def __init__(self, path):
        self.path = path
        self.conditions = []
        self.lines = self.lines_covered = 0

    @property
    def branches(self):
        return sum(len(condition.outcomes) for condition in self.conditions)

    @property
    def branches_covered(self):
        return sum(condition.covered for condition in self.conditions)

    def gaps(self):
        """The conditions with an outcome that was never seen, from the top down."""
        return [c for c in self.conditions if c.covered < len(c.outcomes)]


class Sources:
    """The text between two places of a source file."""

    def __init__(self):
        self.lines = {}

    def between(self, path, line, column, last_line, last_column):
        if path not in self.lines:
            self.lines[path] = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
        lines = self.lines[path][line - 1 : last_line]
        lines[-1] = lines[-1][: last_column - 1]
        lines[0] = lines[0][column - 1 :]
        return " ".join(part.strip() for part in lines)


def place_of_use(function, file_id):
    """Where the file's number `file_id` is: of a macro, the outermost place where it is used."""
    expansions = {region[6]: region for region in function["regions"] if region[7] == EXPANSION}
    where = None
    while file_id in expansions:
        where = expansions[file_id][:4]
        file_id = expansions[file_id][5]
    return function["filenames"][file_id], where


def read(export, folder):
    """Every file below `folder` that has a condition, by name."""
    files, found, sources = {}, {}, Sources()
    data = export["data"][0]
    for function in data["functions"]:
        for branch in function["branches"]:
            place, (true, false), file_id = tuple(branch[:4]), branch[4:6], branch[6]
            path, use = place_of_use(function, file_id)
            if not pathlib.Path(path).is_relative_to(folder):
                continue
            key = (path, tuple(use or place), place)
            if key not in found:
                text = sources.between(function["filenames"][file_id], *place)
                found[key] = Condition(path, (use or place)[0], text)
            found[key].seen[0] += true
            found[key].seen[1] += false
    by_path = collections.defaultdict(list)
    for key in sorted(found):
        by_path[key[0]].append(found[key])
    for entry in data["files"]:
        if conditions := by_path.get(entry["filename"]):
            file = files[entry["filename"]] = File(pathlib.Path(entry["filename"]))
            file.conditions = conditions
            file.lines = entry["summary"]["lines"]["count"]
            file.lines_covered = entry["summary"]["lines"]["covered"]
    return [files[name] for name in sorted(files)]
