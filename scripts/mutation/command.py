# SPDX-License-Identifier: GPL-2.0-only
"""The command line, and what is printed."""

import argparse
import collections
import sys
import time

from corelib import BuildError
from mutation import argued, faults
from mutation.lab import Lab
from mutation.lexer import Source
from mutation.sample import Drawing

WANTED = 0.95


class Project:
    """What is mutated, and by what it is tried."""

    def __init__(self, sources, label, scratch, stages, prepare, argued_file):
        self.sources = sources  # paths
        self.label = label  # of their folder, in diffs
        self.scratch = scratch
        self.stages = stages
        self.prepare = prepare
        self.argued_file = argued_file


def arguments(words, description, count):
    parser = argparse.ArgumentParser(
        prog="mutants", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", default="1", help="of the sample (default: 1)")
    parser.add_argument("--count", type=int, default=count, help=f"mutants to try (default: {count})")
    parser.add_argument("--file", action="append", metavar="NAME", help="only faults in this file; may be repeated")
    parser.add_argument("--list", action="store_true", help="print every fault that could be planted, and plant none")
    parser.add_argument("--replay", metavar="ID", help="plant this one fault and show what the suites say")
    parser.add_argument("--jobs", type=int, help="mutants at once (default: one for each processor)")
    options = parser.parse_args(words)
    for name, value in (("count", options.count), ("jobs", options.jobs)):
        if value is not None and value < 1:
            parser.error(f"--{name} is {value}, but must be at least 1")
    return options


def all_faults(project):
    """Every fault by file name."""
    sources = [Source(path.name, path.read_text(encoding="utf-8")) for path in project.sources]
    return {source.name: faults.faults_of(source) for source in sources}


def list_them(mutants):
    for mutant in mutants:
        old, new = mutant.lines()
        print(f"{mutant.id} ({mutant.function})\n    - {old}\n    + {new}")
    print(f"{len(mutants)} faults")
    return 0


def replay(project, lab, mutant):
    print(mutant.diff(project.label))
    (why,) = lab.verdicts([mutant])
    if why:
        print(f"{mutant.id}: {why}")
        return 1
    (outcome,) = lab.try_all([mutant])
    for complaint in (c for stage in lab.stages for c in stage.complaints):
        print(complaint)
    if not outcome.caught_by:
        print(f"{mutant.id} survived")
        return 1
    print("\n".join(outcome.output.rstrip().splitlines()[-40:]))
    print(f"{mutant.id} caught by {outcome.caught_by}: {outcome.how}")
    return 0


def print_survivors(project, outcomes, entries):
    for outcome in outcomes:
        mutant = outcome.mutant
        if outcome.caught_by:
            continue
        entry = entries.get(argued.key_of(mutant))
        print(f"{mutant.id} in {mutant.function}() survived{', argued at ' + entry.where if entry else ''}")
        print(mutant.diff(project.label))


def print_by(title, pairs):
    """How many of how many, by some name."""
    total, good = collections.Counter(), collections.Counter()
    for name, is_good in pairs:
        total[name] += 1
        good[name] += is_good
    print(title)
    for name in sorted(total):
        print(f"    {name:<16}{good[name]:4} of {total[name]}")


def stale(entries, mutants, outcomes):
    """What is wrong with the argued ones: no fault any more, or caught after all."""
    possible = {argued.key_of(mutant) for mutant in mutants}
    caught = {argued.key_of(outcome.mutant) for outcome in outcomes if outcome.caught_by}
    survived = {argued.key_of(outcome.mutant) for outcome in outcomes if not outcome.caught_by}
    for key, entry in entries.items():
        if key not in possible:
            yield f"{entry.where}: argued, but no such fault can be planted any more"
        elif key in caught - survived:
            yield f"{entry.where}: argued, but the suites catch it"


def try_sample(project, lab, by_file, everything, options):
    start = time.monotonic()
    entries = argued.read(project.argued_file)
    drawing = Drawing(by_file, options.count, options.seed, lab.verdicts)
    drawn = drawing.draw()
    if sys.stdout.isatty():
        tell = lambda outcome: print("." if outcome.caught_by else "s", end="", flush=True)
    else:
        tell = lambda outcome: None
    outcomes = lab.try_all(drawn, tell)
    if sys.stdout.isatty():
        print()
    print_survivors(project, outcomes, entries)
    print_by("caught, by file:", ((o.mutant.file, bool(o.caught_by)) for o in outcomes))
    print_by("caught, by kind:", ((o.mutant.kind, bool(o.caught_by)) for o in outcomes))
    for name, n in collections.Counter(o.caught_by for o in outcomes if o.caught_by).most_common():
        print(f"caught by {name}: {n}")
    for why, n in sorted(drawing.refused.items()):
        print(f"left out: {n} with {why}" if why.startswith("the") else f"left out: {n} that {why}")
    complaints = [*stale(entries, everything, outcomes), *(c for stage in lab.stages for c in stage.complaints)]
    for complaint in complaints:
        print(complaint)
    caught = sum(bool(outcome.caught_by) for outcome in outcomes)
    excused = sum(not o.caught_by and argued.key_of(o.mutant) in entries for o in outcomes)
    seconds = time.monotonic() - start
    print(f"{len(outcomes) - caught} survived, {excused} of them argued; seed {options.seed}, {seconds:.0f} s")
    print(f"{caught} of {len(outcomes)} caught")
    return 0 if outcomes and caught >= WANTED * len(outcomes) and not complaints else 1


def main(words, project, description, count):
    options = arguments(words, description, count)
    by_file = all_faults(project)
    if unknown := [name for name in options.file or [] if name not in by_file]:
        sys.exit(f"mutants: no file '{unknown[0]}'; there are: {', '.join(sorted(by_file))}")
    everything = [mutant for mutants in by_file.values() for mutant in mutants]
    chosen = {name: mutants for name, mutants in by_file.items() if not options.file or name in options.file}
    if options.list:
        return list_them([mutant for mutants in chosen.values() for mutant in mutants])
    try:
        lab = Lab(project.scratch, project.stages, project.prepare, options.jobs)
        if options.replay is None:
            return try_sample(project, lab, chosen, everything, options)
        found = [mutant for mutant in everything if mutant.id == options.replay]
        if not found:
            sys.exit(f"mutants: no fault '{options.replay}'; --list prints them all")
        return replay(project, lab, found[0])
    except (BuildError, argued.ArguedError, OSError) as error:
        sys.exit(f"mutants: {error}")
