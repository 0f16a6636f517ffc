# SPDX-License-Identifier: GPL-2.0-only
"""Reading C source for the laws: files, code without comments and strings, plants."""

import re
import shutil

# What the laws look at; self-tests copy no more.
PARTS = ["kmod", "include", "Documentation", "scripts/nlgen"]

COMMENT_OR_STRING = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)


def _blank(match):
    text = match.group(0)
    if text.startswith("/"):
        return re.sub(r"[^\n]", " ", text)
    return text[0] + " " * (len(text) - 2) + text[-1]


def code(path):
    """The file's text with comments and the insides of strings blanked, line numbers kept."""
    return COMMENT_OR_STRING.sub(_blank, path.read_text(encoding="utf-8"))


def lines(path):
    """(number, line) of the code."""
    return list(enumerate(code(path).splitlines(), 1))


def raw_lines(path):
    """(number, line) without comments, strings whole: for #include."""

    def keep_strings(match):
        return _blank(match) if match.group(0).startswith("/") else match.group(0)

    text = COMMENT_OR_STRING.sub(keep_strings, path.read_text(encoding="utf-8"))
    return list(enumerate(text.splitlines(), 1))


def c_files(root):
    """Every C file of the module, relative to kmod/, in order."""
    kmod = root / "kmod"
    return [p.relative_to(kmod) for p in sorted(kmod.rglob("*.[ch]")) if ".mod." not in p.name]


def room(path):
    """The room that a file (relative to kmod/) belongs to."""
    return path.parts[0] if len(path.parts) > 1 else path.stem


def copy_tree(repo, root):
    """What the laws read, and no build products."""
    keep = shutil.ignore_patterns("*.o", "*.ko", "*.cmd", ".*", "*.mod", "*.mod.c")
    for part in PARTS:
        source, target = repo / part, root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=keep)
        elif source.exists():
            shutil.copy2(source, target)


class Plant:
    """A violation: text to append to a file, which may be new, or to put in another's place."""

    def __init__(self, what, path, text, instead_of=None):
        self.what = what
        self.path = path
        self.text = text
        self.instead_of = instead_of

    def apply(self, root):
        path = root / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if self.instead_of is None:
            new = old + "\n" + self.text + "\n"
        else:
            new = re.sub(self.instead_of, lambda _: self.text, old, count=1)
            if new == old:
                raise ValueError(f"nothing to plant at in {self.path}: {self.instead_of}")
        path.write_text(new, encoding="utf-8")
