# SPDX-License-Identifier: GPL-2.0-only
"""Every difference between kernels is in compat/, and nowhere else (DESIGN.md section 4); even there no
version is asked, but what a probe has found (Documentation/porting.md), and every probe is used."""

import re

from law import source
from law.source import Plant

VERSION = re.compile(r"\b(LINUX_VERSION_\w+|KERNEL_VERSION|RHEL_\w+|UTS_RELEASE)\b|<(?:generated|linux)/version\.h>")
FOUND = re.compile(r"\bRUBATO_HAS_(\w+)")
PROBES = "kmod/compat/probe"


def check(root):
    problems = []
    asked = set()
    for path in source.c_files(root):
        compat = source.room(path) == "compat"
        for number, line in source.raw_lines(root / "kmod" / path):
            where = f"kmod/{path}:{number}"
            if match := VERSION.search(line):
                problems.append(f"{where}: {match[0]}: ask a probe, in compat/")
            for name in FOUND.findall(line):
                asked.add(name)
                if not compat:
                    problems.append(f"{where}: RUBATO_HAS_{name} belongs in compat/")
                if not (root / PROBES / f"{name.lower()}.c").is_file():
                    problems.append(f"{where}: there is no {PROBES}/{name.lower()}.c")
    for probe in sorted((root / PROBES).glob("*.c")):
        if probe.stem != "probing" and probe.stem.upper() not in asked:
            problems.append(f"{PROBES}/{probe.name}:1: nobody asks what it finds")
    return problems


PLANTS = [
    Plant(
        "a version in a room",
        "kmod/conn/sock.c",
        "#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)\n#endif",
    ),
    Plant("a version in core", "kmod/core/planted.h", "#include <linux/version.h>"),
    Plant("a version in compat", "kmod/compat/planted.h", "#if LINUX_VERSION_CODE > 1\n#endif"),
    Plant("what a probe found, in a room", "kmod/conn/sock.c", "#ifdef RUBATO_HAS_RT_CONN_FLAGS\n#endif"),
    Plant("a probe that is not there", "kmod/compat/planted.h", "#ifdef RUBATO_HAS_WINGS\n#endif"),
    Plant("a probe that nobody asks", f"{PROBES}/planted.c", "int planted;"),
]
