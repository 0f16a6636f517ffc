# SPDX-License-Identifier: GPL-2.0-only
"""The shell never writes a connection's protocol fields and never decides on a state (DESIGN.md
section 4); it reads them through core.h's accessors. By text: outside core/ no field of a tcb is
touched, none of rub_half or rub_tw is written, and nothing is compared with a connection's state.
sk_state's TCP_CLOSE and TCP_LISTEN are free: what a socket is before and beside any connection."""

import re

from law import source
from law.source import Plant

STATES = r"RUBATO_(?:ESTABLISHED|SYN_SENT|SYN_RCVD|FIN_WAIT_[12]|TIME_WAIT|CLOSED|CLOSE_WAIT|LAST_ACK|LISTEN|CLOSING)"
MIRRORED = r"TCP_(?:ESTABLISHED|SYN_SENT|SYN_RECV|NEW_SYN_RECV|FIN_WAIT[12]|TIME_WAIT|CLOSE_WAIT|LAST_ACK|CLOSING)"
FLAGS = r"TCPF_(?!CLOSE\b|LISTEN\b)\w+"

FIELD = re.compile(r"\btcb\s*(?:->|\.)\s*(\w+)")
WRITE = re.compile(r"(?:->|\.)core\.(\w+(?:\.\w+)*)\s*(?:[-+*/|&^]|<<|>>)?=(?!=)")
STEP = re.compile(r"(?:->|\.)core\.\w+\s*(?:\+\+|--)|(?:\+\+|--)\s*\w+(?:->|\.)core\.\w+")
COMPARED = re.compile(
    rf"(?:[=!]=|[<>]=?)\s*({STATES}|{MIRRORED}|{FLAGS})\b|\b({STATES}|{MIRRORED}|{FLAGS})\s*(?:[=!]=|[<>]=?)"
    rf"|\bcase\s+({STATES}|{MIRRORED})\b|&\s*\(?\s*({FLAGS})"
)
ACCESSOR = re.compile(r"\brub_state\s*\([^;]*\)\s*(?:[=!]=|[<>])|\bswitch\s*\(\s*rub_state\b")

# File, what the line holds, why it is no decision on a connection.
EXCEPTIONS = [
    ("conn/drive.c", r"case RUBATO_(TIME_WAIT|SYN_RCVD):", "numbers that the rest of the kernel may see"),
    ("conn/list.c", r"info\.state [=!]= RUBATO_", "which listing an entry goes to"),
    ("table/bindings.c", r"bound->state != RUBATO_", "whether a binding has a peer; no connection there"),
    ("socket/poll.c", r"state != TCP_SYN_(SENT|RECV)", "read without the lock, when rub_connecting() is not to be asked"),
]


def excepted(path, line):
    return any(str(path) == name and re.search(text, line) for name, text, _ in EXCEPTIONS)


def problems_of(line):
    if match := FIELD.search(line):
        yield f"reaches into a tcb ({match[1]}); core.h has accessors"
    if match := WRITE.search(line):
        yield f"writes the core's field {match[1]}"
    elif STEP.search(line):
        yield "steps a field of the core's"
    if match := COMPARED.search(line):
        yield f"decides on {next(group for group in match.groups() if group)}"
    elif ACCESSOR.search(line):
        yield "decides on rub_state()"


def check(root):
    problems = []
    used = set()
    for path in source.c_files(root):
        if source.room(path) == "core":
            continue
        for number, line in source.lines(root / "kmod" / path):
            for what in problems_of(line):
                if what.startswith("decides") and excepted(path, line):
                    used.add(str(path))
                else:
                    problems.append(f"kmod/{path}:{number}: {what}")
    for name, text, _ in EXCEPTIONS:
        if name not in used:
            problems.append(f"kmod/{name}:0: an exception that nothing needs: {text}")
    return problems


PLANTS = [
    Plant("a write to a tcb", "kmod/conn/planted.c", "void f(void) { rs->tcb.snd_una = 1; }"),
    Plant("a read of a tcb", "kmod/conn/planted.c", "int f(struct rub_tcb *tcb) { return tcb->cwnd; }"),
    Plant("a write to a half-open entry", "kmod/conn/planted.c", "void f(void) { half->core.iss = 1; }"),
    Plant("a write to a TIME_WAIT", "kmod/conn/planted.c", "void f(void) { tw->core.last += 1; }"),
    Plant("a comparison of a state", "kmod/conn/planted.c", "int f(int s) { return s == RUBATO_ESTABLISHED; }"),
    Plant("a switch over states", "kmod/control/planted.c", "int f(int s) { switch (s) { case RUBATO_CLOSING: return 1; } }"),
    Plant("a switch over the accessor", "kmod/conn/planted.c", "int f(void) { switch (rub_state(&rs->tcb)) { } }"),
    Plant("a decision on the mirrored state", "kmod/socket/planted.c", "int f(void) { return sk->sk_state == TCP_FIN_WAIT2; }"),
    Plant(
        "a decision by a set of mirrored states",
        "kmod/socket/planted.c",
        "int f(void) { return (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT); }",
    ),
]
