# SPDX-License-Identifier: GPL-2.0-only
"""Every difference between kernel versions is in compat/, and nowhere else (DESIGN.md section 4)."""

import re

from law import source
from law.source import Plant

VERSION = re.compile(r"\b(LINUX_VERSION_\w+|KERNEL_VERSION|RHEL_\w+|UTS_RELEASE)\b|<(?:generated|linux)/version\.h>")


def check(root):
    problems = []
    for path in source.c_files(root):
        if source.room(path) == "compat":
            continue
        for number, line in source.raw_lines(root / "kmod" / path):
            if match := VERSION.search(line):
                problems.append(f"kmod/{path}:{number}: {match[0]} belongs in compat/")
    return problems


PLANTS = [
    Plant(
        "a version in a room",
        "kmod/conn/sock.c",
        "#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)\n#endif",
    ),
    Plant("a version in core", "kmod/core/planted.h", "#include <linux/version.h>"),
]
