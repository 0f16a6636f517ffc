# SPDX-License-Identifier: GPL-2.0-only
"""Which faults are planted: a seeded sample over every file in proportion to its lines."""

import random


def shares(weights, count):
    """Splits `count` in proportion to the weights; everybody with a weight gets at least one."""
    total = sum(weights.values())
    exact = {name: count * weight / total for name, weight in weights.items()}
    parts = {name: max(1, int(exact[name])) for name in weights}
    by_rest = sorted(weights, key=lambda name: (int(exact[name]) - exact[name], name))
    while sum(parts.values()) < count:
        for name in by_rest[: count - sum(parts.values())]:
            parts[name] += 1
    return parts


def shuffled(mutants, seed):
    """A file's faults in the order in which they are tried; other files do not change it."""
    order = list(mutants)
    random.Random(f"{seed} {order[0].file if order else ''}").shuffle(order)
    return order


class Drawing:
    """Draws mutants until every file has its share, leaving out those that are none.

    `verdicts(mutants)` says of each of a list why it is none, or nothing if it is one."""

    def __init__(self, mutants_by_file, count, seed, verdicts):
        self.left = {name: shuffled(mutants, seed) for name, mutants in mutants_by_file.items() if mutants}
        lines = {name: mutants_by_file[name][0].source.text.count("\n") + 1 for name in self.left}
        self.wanted = shares(lines, count) if lines else {}
        self.verdicts = verdicts
        self.drawn = []
        self.refused = {}  # why: how many

    def draw(self):
        """All of the sample, in the order of the files."""
        while wanting := {name: n for name, n in self.wanted.items() if n and self.left[name]}:
            batch = []
            for name, n in wanting.items():
                batch += self.left[name][:n]
                self.left[name] = self.left[name][n:]
            for mutant, why in zip(batch, self.verdicts(batch)):
                if why:
                    self.refused[why] = self.refused.get(why, 0) + 1
                else:
                    self.drawn.append(mutant)
                    self.wanted[mutant.file] -= 1
            self._pass_on()
        self.drawn.sort(key=lambda mutant: (mutant.file, mutant.start, mutant.id))
        return self.drawn

    def _pass_on(self):
        """What a file cannot give any more, the one with most left gives."""
        for name, n in self.wanted.items():
            if n and not self.left[name]:
                richest = max(self.left, key=lambda other: (len(self.left[other]), other))
                if self.left[richest]:
                    self.wanted[name] = 0
                    self.wanted[richest] += n
