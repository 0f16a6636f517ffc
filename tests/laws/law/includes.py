# SPDX-License-Identifier: GPL-2.0-only
"""Includes point down (DESIGN.md section 4): main -> socket, control -> conn -> wire, table, report,
policy -> core. A room may include its own folder and any lower floor, never a neighbour or a higher
one. compat serves every room but core. core includes nothing but core, and only its shim.h knows a
header from outside."""

import re

from law import source
from law.source import Plant

FLOOR = {
    "core": 0,
    "wire": 1,
    "table": 1,
    "report": 1,
    "policy": 1,
    "conn": 2,
    "socket": 3,
    "control": 3,
    "main": 4,
}
INCLUDE = re.compile(r"^\s*#\s*include\s+([<\"])([^>\"]+)[>\"]")


def resolve(root, including, name):
    """The file of ours that an include names, relative to kmod/, or None."""
    kmod = root / "kmod"
    for base in (kmod / including.parent, kmod):
        path = (base / name).resolve()
        if path.is_file() and path.is_relative_to(kmod.resolve()):
            return path.relative_to(kmod.resolve())
    return None


def may_include(room, other):
    if room == other:
        return True
    if other == "compat":
        return room != "core"
    if room == "compat":
        return False
    return FLOOR.get(other, 99) < FLOOR[room]


def problem(root, path, kind, name):
    """Why `path` must not have this include; None if it may."""
    room = source.room(path)
    target = resolve(root, path, name)
    if target is None:
        if kind == '"':
            return f'"{name}" is no file of the module'
        if room == "core" and path.name != "shim.h":
            return f"<{name}>: only core/shim.h may include from outside core/"
        return None
    other = source.room(target)
    if not may_include(room, other):
        return f"{room}/ must not include {target}"
    return None


def check(root):
    problems = []
    for path in source.c_files(root):
        if source.room(path) not in FLOOR and source.room(path) != "compat":
            problems.append(f"kmod/{path}: in no room of the house")
            continue
        for number, line in source.raw_lines(root / "kmod" / path):
            if match := INCLUDE.match(line):
                why = problem(root, path, match[1], match[2])
                if why:
                    problems.append(f"kmod/{path}:{number}: {why}")
    return problems


PLANTS = [
    Plant("core looking up", "kmod/core/planted.c", '#include "conn/conn.h"'),
    Plant("a kernel header in core", "kmod/core/planted.c", "#include <linux/skbuff.h>"),
    Plant("a C library header in core", "kmod/core/planted.h", "#include <stdio.h>"),
    Plant("compat in core", "kmod/core/planted.c", '#include "compat/compat.h"'),
    Plant("a neighbour", "kmod/table/planted.c", '#include "policy/policy.h"'),
    Plant("a neighbour by a relative path", "kmod/wire/planted.c", '#include "../table/table.h"'),
    Plant("a neighbour in angle brackets", "kmod/socket/planted.c", "#include <control/control.h>"),
    Plant("a higher floor", "kmod/conn/planted.c", '#include "socket/socket.h"'),
    Plant("a room that is not in the house", "kmod/attic/planted.c", '#include "core/core.h"'),
]
