# SPDX-License-Identifier: GPL-2.0-only
"""Other builds of the core's shared library, to be put in the place of the one that the suites in
build/plain or build/checked (scripts/build-core) were linked with: with instrumentation, with a fault."""

import json
import os
import pathlib
import shlex
import subprocess

REPO = pathlib.Path(__file__).resolve().parent.parent
NAME = "librubato_core.so"
OBJECTS = "CMakeFiles/rubato_core.dir/"


class BuildError(Exception):
    """A command of a build failed; its text is what the command said."""


def command(words):
    """Runs a build command to its end."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{shlex.join(str(word) for word in words)}\n{done.stdout}{done.stderr}")


class CoreLibrary:
    """How the core is compiled in one of the build folders, learnt from CMake."""

    def __init__(self, build):
        self.build = build
        self.commands = {}
        for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
            words = shlex.split(entry["command"])
            if words[words.index("-o") + 1].startswith(OBJECTS):
                self.commands[pathlib.Path(entry["file"])] = words
        if not self.commands:
            raise BuildError(f"{build} compiles no core library")

    @property
    def sources(self):
        return sorted(self.commands)

    def objects(self):
        """The objects that are there, by source."""
        return {
            source: self.build / words[words.index("-o") + 1] for source, words in self.commands.items()
        }

    def compile(self, source, output, more=(), compiler=None, instead=None):
        """Compiles one source to an object, or the file `instead` as if it were that source."""
        words = list(self.commands[source])
        words[0] = compiler or words[0]
        words[words.index("-o") + 1] = output
        words[words.index("-c") + 1] = instead or source
        command([*words, *more])

    def link(self, objects, output, more=(), compiler=None):
        """Links objects to a shared library."""
        words = next(iter(self.commands.values()))
        sanitizers = [word for word in words if word.startswith("-fsanitize=")]
        command([compiler or words[0], "-shared", *sanitizers, *more, "-o", output, *objects])


def environment(folder, **more):
    """What a suite is started with to find the library of that folder."""
    return {**os.environ, "LD_LIBRARY_PATH": str(folder), **more}
