# SPDX-License-Identifier: GPL-2.0-only
"""Builds mutants and runs the suites on them, as many at once as there are processors.

A stage is a build of the suites that loads the core as a shared library, so a mutant costs one object
and one link. A suite that fails, crashes or runs out of time has caught it."""

import concurrent.futures
import os
import resource
import shutil
import signal
import subprocess

from corelib import NAME, BuildError, CoreLibrary, environment

# The same optimisation for all: what is the same object here is the same program.
FLAGS = ["-O2", "-g0", "-w"]
# A suite's time on a mutant, as a multiple of its time without: processor time, then the clock's.
CPU_FACTOR, CPU_GRACE = 3, 1
CLOCK_FACTOR, CLOCK_GRACE = 20, 60
MEMORY = 2 << 30
OUTPUT = 64 << 20


class Suite:
    """A program of a stage's build folder, with its arguments."""

    def __init__(self, name, program, *arguments):
        self.name = name
        self.program = program
        self.arguments = arguments
        self.cpu = 0.0

    def command(self, build, limits):
        return ["prlimit", *limits, "--", str(build / self.program), *map(str, self.arguments)]


class Stage:
    """A build of the suites, by the library that they load."""

    def __init__(self, name, build, suites, sanitized=False):
        self.name = name
        self.build = build
        self.suites = list(suites)
        self.sanitized = sanitized
        self.library = None
        self.complaints = []

    def open(self, folder):
        """Learns how the library is built, and how long the suites take without a fault."""
        self.library = CoreLibrary(self.build)
        folder.mkdir(parents=True)
        self.library.link(self.library.objects().values(), folder / NAME)
        for suite in list(self.suites):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            status, _ = self.run(suite, folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            suite.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if status:
                self.suites.remove(suite)
                self.complaints.append(f"{suite.name} ({self.name}) fails without a fault, so it can catch none")

    def run(self, suite, folder):
        """Exit status (negative for a signal) and output of a suite on the library of a folder."""
        limits = ["--core=0", f"--fsize={OUTPUT}"]
        if suite.cpu:
            limits.append(f"--cpu={int(suite.cpu * CPU_FACTOR) + CPU_GRACE}")
        if not self.sanitized:
            limits.append(f"--as={MEMORY}")
        log = folder / f"{self.name}-{suite.name}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                suite.command(self.build, limits),
                cwd=folder,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(suite.cpu * CLOCK_FACTOR + CLOCK_GRACE if suite.cpu else None)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                status = -signal.SIGXCPU
        return status, log.read_text(errors="replace")


class Outcome:
    """What became of a mutant: the suite that caught it, how, and what it said; or nobody did."""

    def __init__(self, mutant, caught_by="", how="", output=""):
        self.mutant = mutant
        self.caught_by = caught_by
        self.how = how
        self.output = output


def how_ended(status):
    if status > 0:
        return "failed"
    return "out of time" if -status in (signal.SIGXCPU, signal.SIGKILL) else signal.Signals(-status).name


class Lab:
    """Where mutants are made and tried. `prepare(stage)` builds a stage before its first use."""

    def __init__(self, folder, stages, prepare, jobs=None):
        self.folder = folder
        self.stages = stages
        self.prepare = prepare
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs or os.cpu_count())
        self.seen = set()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def open(self, stage):
        if not stage.library:
            self.prepare(stage)
            stage.open(self.folder / stage.name)

    def sources(self):
        """The sources of the library, by name."""
        self.open(self.stages[0])
        return {source.name: source for source in self.stages[0].library.sources}

    def compile(self, stage, path, text, output):
        """Compiles a text as if it stood in the file `path`."""
        output.parent.mkdir(parents=True, exist_ok=True)
        # Its own name, which the object keeps.
        instead = output.parent / path.name
        instead.write_text(f'#line 1 "{path}"\n{text}', encoding="utf-8")
        stage.library.compile(path, output, [*FLAGS, "-iquote", path.parent], instead=instead)

    def unchanged(self, name):
        """Where the object of a source without a fault is."""
        return self.folder / "unchanged" / f"{name}.o"

    def folder_of(self, mutant):
        return self.folder / mutant.id.replace(":", "-")

    def verdicts(self, mutants):
        """Why each is no mutant to try: it does not compile, or is the same program as another."""
        paths, stage = self.sources(), self.stages[0]
        for source in {mutant.source for mutant in mutants}:
            original = self.unchanged(source.name)
            if not original.exists():
                self.compile(stage, paths[source.name], source.text, original)
                self.seen.add((source.name, original.read_bytes()))

        def build(mutant):
            output = self.folder_of(mutant) / "mutant.o"
            try:
                self.compile(stage, paths[mutant.file], mutant.text(), output)
            except BuildError:
                return None
            return output.read_bytes()

        for mutant, code in zip(mutants, self.pool.map(build, mutants)):
            why = ""
            if code is None:
                why = "did not compile"
            elif code == self.unchanged(mutant.file).read_bytes():
                why = "the same object code as the original"
            elif (mutant.file, code) in self.seen:
                why = "the same object code as another mutant"
            self.seen.add((mutant.file, code))
            yield why

    def try_one(self, mutant, stages):
        """Runs the suites of the stages on a mutant until one catches it."""
        path = self.sources()[mutant.file]
        for stage in stages:
            folder = self.folder_of(mutant) / stage.name
            folder.mkdir(parents=True, exist_ok=True)
            self.compile(stage, path, mutant.text(), folder / "mutant.o")
            objects = {**stage.library.objects(), path: folder / "mutant.o"}
            stage.library.link(objects.values(), folder / NAME)
            for suite in stage.suites:
                status, output = stage.run(suite, folder)
                if status:
                    return Outcome(mutant, f"{suite.name} ({stage.name})", how_ended(status), output)
            (folder / NAME).unlink()
        return Outcome(mutant)

    def try_all(self, mutants, tell=lambda outcome: None):
        """The outcome of each; one stage after the other, each for those that are not caught yet."""
        outcomes = {mutant.id: Outcome(mutant) for mutant in mutants}
        for stage in self.stages:
            left = [mutant for mutant in mutants if not outcomes[mutant.id].caught_by]
            if left:
                self.open(stage)
            jobs = [self.pool.submit(self.try_one, mutant, [stage]) for mutant in left]
            for job in concurrent.futures.as_completed(jobs):
                outcome = job.result()
                outcomes[outcome.mutant.id] = outcome
                tell(outcome)
                shutil.rmtree(self.folder_of(outcome.mutant), ignore_errors=True)
        return [outcomes[mutant.id] for mutant in mutants]

