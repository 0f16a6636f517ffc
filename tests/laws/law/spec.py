# SPDX-License-Identifier: GPL-2.0-only
"""The netlink header is what the YAML spec says (DESIGN.md section 7)."""

import subprocess
import sys

from law.source import Plant

SPEC = "Documentation/netlink/specs/rubato.yaml"
HEADER = "include/uapi/linux/rubato_netlink.h"


def check(root):
    command = [sys.executable, root / "scripts/nlgen", "--check", root / SPEC, root / HEADER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    output = (done.stdout + done.stderr).strip().splitlines() or ["nlgen --check said nothing"]
    return [f"{HEADER}: differs from {SPEC}", *output[:40]]


PLANTS = [
    Plant(
        "an attribute that only the header has",
        HEADER,
        "\tRUBATO_A_PLANTED,\n\n\t__RUBATO_A_MAX,",
        instead_of=r"\n\t__RUBATO_A_MAX,",
    ),
    Plant("a header renumbered by hand", HEADER, "RUBATO_POLICY_MSL = 2", instead_of=r"RUBATO_POLICY_MSL = 1"),
]
