# SPDX-License-Identifier: GPL-2.0-only
"""What is written about the code can be found: Documentation/core.md names every file of the core and no
other, and a document that a source cites is there."""

import re

from law import source
from law.source import Plant

NAMED = re.compile(r"`([a-z_0-9]+\.[ch])`")
CITED = re.compile(r"\b([A-Za-z-]+\.md)\b")
MAP = "Documentation/core.md"


def check(root):
    files = {path.name for path in (root / "kmod/core").iterdir() if path.suffix in (".c", ".h")}
    named = set(NAMED.findall((root / MAP).read_text(encoding="utf-8")))
    problems = [f"kmod/core/{name}:1: {MAP} does not say what it owns" for name in sorted(files - named)]
    problems += [f"{MAP}:1: there is no kmod/core/{name}" for name in sorted(named - files)]
    documents = {path.name for path in (root / "Documentation").glob("*.md")}
    for path in source.c_files(root):
        text = (root / "kmod" / path).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            missing = set(CITED.findall(line)) - documents
            problems += [f"kmod/{path}:{number}: there is no Documentation/{name}" for name in sorted(missing)]
    return problems


PLANTS = [
    Plant("a file of the core that no document names", "kmod/core/planted.c", "int planted;"),
    Plant("a document that is not there", "kmod/conn/sock.c", "/* nowhere.md section 3 */"),
    Plant("a file named that is not there", MAP, "`nowhere.c`"),
]
