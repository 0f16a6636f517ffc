#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Counts the results in a log in the kernel's test format: scripts/tally.py LOG

Innermost cases count, each once: a test program's own "ok" or "not ok" lines, or the program itself
when it has none. A program that fails without a failed case of its own (time out, crash, a plan not
kept) is one failure more, so is one that the plan promised and that left no result.
Prints the failed ones and "N passed, N failed"; exits 1 if anything failed or nothing ran.
"""

import re
import sys

RESULT = re.compile(r"^(?P<bad>not )?ok\s+\d+\b\s*-?\s*(?P<text>.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")
HEADER = re.compile(r"^selftests:\s*(?P<name>.+?)\s*$")
DIRECTIVE = re.compile(r"#\s*SKIP\b", re.IGNORECASE)


class Counts:
    """What a log or a suite came to."""

    def __init__(self, passed=0, skipped=0, failures=(), notes=()):
        self.passed = passed
        self.skipped = skipped
        self.failures = list(failures)
        self.notes = list(notes)  # what is to be shown beside the numbers

    def add(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures
        self.notes += other.notes

    @property
    def failed(self):
        return len(self.failures)

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def depth_and_text(line):
    """Nested output is marked by "# " (the runner) or by four blanks (KTAP), once a level."""
    depth = 0
    while True:
        for mark in ("# ", "    "):
            if line.startswith(mark):
                line = line[len(mark) :]
                depth += 1
                break
        else:
            return depth, line


class Level:
    """One level of a log between two results of the level above."""

    def __init__(self):
        self.plan = None
        self.results = 0
        self.counts = Counts()

    def close(self):
        """Ends the level: what the plan promised and did not come has failed."""
        if self.plan is not None and self.results < self.plan:
            missing = f"{self.plan - self.results} of {self.plan} planned results are missing"
            self.counts.failures.append(missing)
        return self.counts


def take_result(levels, depth, match):
    """A result at `depth` ends the deeper levels and counts itself unless they had cases."""
    inner = Counts()
    inside = False
    for deeper in sorted((d for d in levels if d > depth), reverse=True):
        level = levels.pop(deeper)
        inside = inside or level.results > 0 or bool(level.plan)
        inner.add(level.close())
    level = levels.setdefault(depth, Level())
    level.results += 1
    text = match["text"].strip()
    name = re.sub(r"^selftests:\s*", "", text)
    inner.failures = [f"{name}: {failure}" for failure in inner.failures]
    if DIRECTIVE.search(text) and not match["bad"]:
        if not inside:
            inner.skipped += 1
    elif match["bad"]:
        if not inner.failures:
            inner.failures.append(name)
    elif not inside:
        inner.passed += 1
    level.counts.add(inner)


def tally(lines):
    """Counts of a whole log."""
    levels = {}
    running = ""
    for line in lines:
        depth, text = depth_and_text(line.rstrip("\r\n"))
        if match := HEADER.match(text):
            running = match["name"]
        elif match := RESULT.match(text):
            take_result(levels, depth, match)
        elif match := PLAN.match(text):
            levels.setdefault(depth, Level()).plan = int(match[1])
    total = Counts()
    for depth in sorted(levels, reverse=True):
        counts = levels[depth].close()
        if depth and running:
            counts.failures = [f"{running}: {failure}" for failure in counts.failures]
        total.add(counts)
    return total


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        total = tally(log)
    for failure in total.failures:
        print("not ok", failure)
    print(total)
    sys.exit(1 if total.failed or not total.passed else 0)


if __name__ == "__main__":
    main()
