# SPDX-License-Identifier: GPL-2.0-only
"""The table of suites, and how each kind of them runs and is counted. scripts/test is the command."""

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
from functools import partial

from tally import Counts, tally

REPO = pathlib.Path(__file__).resolve().parent.parent
BUILD = REPO / "build"
LOGS = BUILD / "log"
SCRIPTS = REPO / "scripts"
# Seconds a program may take; far above what is needed, so that only a hang meets them.
LIMITS = {"test": 600, "check": 3600, "long": 8 * 3600}
KSELFTEST_LIMIT = 900


def relative(path):
    return os.path.relpath(path, REPO)


def run(command, log, limit=LIMITS["test"], cwd=REPO, **more):
    """Runs a command with both streams in a log; its exit status, 124 when time is up."""
    with open(log, "wb") as output:
        streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        try:
            process = subprocess.Popen(command, cwd=cwd, start_new_session=True, **streams, **more)
        except OSError as error:
            output.write(f"{error}\n".encode())
            return 126
        try:
            return process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            end(process)
            return 124
        except BaseException:
            end(process)
            raise


def end(process):
    """Ends a running process that leads a group of its own, and the group with it."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def count_log(log, status, name):
    """Results of a log; a bad exit status that no failed case explains is a failure itself."""
    counts = tally(log.read_text(errors="replace").splitlines())
    if status and not counts.failed:
        counts.failures.append(f"{name}: exit status {status} (log: {relative(log)})")
    return counts


def run_program(path):
    """One executable of tests/: counts its cases if it names them, else its exit status."""
    name = f"{path.parent.name}/{path.name}"
    log = LOGS / f"{path.parent.name}-{path.name}.log"
    status = run([path], log)
    counts = count_log(log, status, name)
    if not status and not (counts.passed or counts.failed or counts.skipped):
        counts.passed = 1
    return counts


def folder(name, _size):
    """Every executable of tests/NAME."""
    total = Counts()
    where = REPO / "tests" / name
    for path in sorted(where.iterdir()) if where.is_dir() else []:
        if path.is_file() and os.access(path, os.X_OK):
            total.add(run_program(path))
    return total


class HostTest:
    """A test that CTest knows, or all the discovered cases of one GoogleTest binary as one."""

    # What is obeyed here; a test that asks for more fails rather than run otherwise than it wants.
    KNOWN = {"LABELS", "WORKING_DIRECTORY", "ENVIRONMENT", "TIMEOUT", "RUN_SERIAL", "WILL_FAIL", "SKIP_RETURN_CODE"}

    def __init__(self, name, command, properties):
        self.name = name
        self.command = command
        self.properties = properties
        labels = dict(label.split("=", 1) for label in properties.get("LABELS", []) if "=" in label)
        self.suite = labels.get("suite", "unit")
        self.size = labels.get("size", "test")
        self.serial = bool(properties.get("RUN_SERIAL"))

    def run(self):
        """A GoogleTest binary leaves a report with its cases, others may name theirs, else it is one."""
        if unknown := set(self.properties) - self.KNOWN:
            return Counts(failures=[f"{self.name}: CTest's {unknown.pop()} is not known here"])
        log = LOGS / f"{self.suite}-{self.name.replace('/', '_')}.log"
        report = log.with_suffix(".json")
        report.unlink(missing_ok=True)
        will_fail = bool(self.properties.get("WILL_FAIL"))
        environment = dict(os.environ)
        # A report of what is meant to fail would count as failures.
        if not will_fail:
            environment["GTEST_OUTPUT"] = f"json:{report}"
        environment.update(pair.split("=", 1) for pair in self.properties.get("ENVIRONMENT", []))
        status = run(
            self.command,
            log,
            limit=self.properties.get("TIMEOUT", LIMITS[self.size]),
            cwd=self.properties.get("WORKING_DIRECTORY", BUILD),
            env=environment,
        )
        if status and status == self.properties.get("SKIP_RETURN_CODE"):
            return Counts(skipped=1, notes=last_line(log))
        if will_fail:
            status = 0 if status not in (0, 124, 126) else status or 1
            counts = Counts()
        elif report.exists():
            counts = count_googletest(report, self.name)
        else:
            counts = tally(log.read_text(errors="replace").splitlines())
            counts.notes = last_line(log)
        if status and not counts.failed:
            counts.failures.append(f"{self.name}: exit status {status} (log: {relative(log)})")
        if not (counts.passed or counts.failed or counts.skipped):
            counts.passed = 1
        return counts


def last_line(log):
    """What a program closed with, if it said anything."""
    return log.read_text(errors="replace").rstrip().splitlines()[-1:]


def count_googletest(report, name):
    """Results of a GoogleTest report in JSON."""
    counts = Counts()
    for suite in json.loads(report.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("failures"):
                counts.failures.append(f"{name}: {suite['name']}.{case['name']}")
            elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
                counts.skipped += 1
            else:
                counts.passed += 1
    return counts


def known_to_ctest(build):
    """Every test of a build."""
    command = ["ctest", "--test-dir", BUILD / build, "--show-only=json-v1"]
    listing = subprocess.run(command, capture_output=True, check=True)
    tests = {}
    for test in json.loads(listing.stdout)["tests"]:
        name, command = test["name"], test.get("command", [])
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        if any(word.startswith("--gtest_filter=") for word in command):
            command = command[:1]
            name = pathlib.Path(command[0]).name
            properties.pop("SKIP_REGULAR_EXPRESSION", None)  # the report says which were
        tests.setdefault(name, HostTest(name, command, properties))
    return tests.values()


def host(suite, size, build="host"):
    """CTest's tests of a suite and a size, as many at once as there are processors."""
    tests = [test for test in known_to_ctest(build) if test.suite == suite and test.size == size]
    alone = [test for test in tests if test.serial]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(HostTest.run, (test for test in tests if not test.serial)))
    total = Counts()
    for counts in results + [test.run() for test in alone]:
        total.add(counts)
    if suite == "unit":
        total.notes = []  # its programs are too many to hear them all
    return total


def script(name, size, *arguments):
    """A script that is a test of its own, counted as one, with its closing line."""
    log = LOGS / f"{name}.log"
    status = run([SCRIPTS / name, *arguments], log, limit=LIMITS[size])
    if status:
        return Counts(failures=[f"scripts/{name}: exit status {status} (log: {relative(log)})"], notes=last_line(log))
    return Counts(passed=1, notes=last_line(log))


def mutants(name, size):
    """Every night many more, and others."""
    return script(name, size, *(["--count", "2000", "--seed", "night"] if size == "long" else []))


def kselftest(name, _size, kernel=None):
    """All kselftests in one boot, by the kernel tree's own runner. kernel: as scripts/vm knows it."""
    log = LOGS / f"{name}.log"
    status = run([SCRIPTS / "build-kselftest"], log)
    if status:
        return Counts(failures=[f"the kselftests do not build (log: {relative(log)})"])
    command = [SCRIPTS / "vm", "--timeout", str(KSELFTEST_LIMIT), "--console", LOGS / f"{name}-console.log"]
    command += ["--kmsg", LOGS / f"{name}-kmsg.log", "--", SCRIPTS / "guest/loaded"]
    command += [BUILD / "kselftest/run_kselftest.sh"]
    chosen = {"RUBATO_KERNEL": kernel} if kernel else {}
    status = run(command, log, limit=KSELFTEST_LIMIT + 60, env=os.environ | chosen)
    counts = count_log(log, 0, "kselftest")
    # The runner says 0 even when tests fail, so anything else is the VM's own verdict.
    if status:
        said = log.read_text(errors="replace").partition("\nvm: ")[2].splitlines()
        counts.failures.append("\n      ".join([f"the VM: exit status {status} (log: {relative(log)})"] + said[:8]))
    return counts


class Suite:
    """A line of scripts/test: how it runs, what it needs built, in which sizes it exists (none: by name only)."""

    def __init__(self, job, needs=(), sizes=("test",)):
        self.job = job
        self.needs = needs
        self.sizes = sizes


HOST = ("build-userspace",)
TOOLS = "build-userspace tools"
SUITES = {
    "laws": Suite(folder),
    "scripts": Suite(folder),
    "unit": Suite(host, HOST),
    "oracle": Suite(host, HOST),
    "exhaustive": Suite(host, HOST, ("test", "check", "long")),
    "sim": Suite(host, HOST, ("test", "long")),
    "fuzz": Suite(lambda name, size: host(name, size, "fuzz"), ("build-core fuzz",), ("test", "long")),
    "vm": Suite(folder),
    "kselftest": Suite(kselftest, ("build-module", "build-userspace")),
    "planted": Suite(lambda *_: run_program(REPO / "tests/kselftest/planted.sh"), ("build-module",)),
    # Only by its name: `make test KERNEL=6.12`.
    "kselftest-6.12": Suite(partial(kselftest, kernel="6.12"), ("build-module 6.12", TOOLS), ()),
    "coverage": Suite(script, sizes=("check",)),
    "mutants": Suite(mutants, sizes=("check", "long")),
    # Only that every benchmark works; `make bench` measures.
    "bench": Suite(lambda name, size: script(name, size, "--benchmark_min_time=0.01"), sizes=("check",)),
}
