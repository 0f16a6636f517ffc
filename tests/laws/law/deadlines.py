# SPDX-License-Identifier: GPL-2.0-only
"""Every deadline comes from rub_due() and its kin (DESIGN.md section 3).

In core/, no time but in constants.h (an RFC's, with its section) and defaults.c (the table's). Outside
it nothing is armed but in the files of ARMED, each with its reason; what is handed to them as a time is
rub_due()'s, rub_half_due()'s or rub_tw_due()'s. A process's own patience (SO_RCVTIMEO, SO_SNDTIMEO,
SO_LINGER) is no clock of the connection: WAITS lists who sleeps by it, and where it comes from."""

import re

from law import source
from law.source import Plant

MAY_HOLD_TIMES = {"constants.h", "defaults.c"}

# A decimal number of four digits or more: in nanoseconds, nothing shorter is a time.
NUMBER = re.compile(r"(?<![\w.])(\d[\d']*)(?:[uUlL]*)(?!\w|\.\d)")
FLOAT = re.compile(r"(?<![\w.])(\d+\.\d+|\d+[eE]\d+)")
UNITS = re.compile(
    r"\b(\w*_(?:NS|US|MS|SEC|SECS|NSEC|USEC|MSEC)|\w+_PER_\w+|HZ|jiffies\w*|\w*_to_jiffies"
    r"|time_(?:after|before)\w*|ktime\w*|\w*_to_ktime|\w*_to_ns)\b"
)

ARMING = re.compile(
    r"\b(hrtimer_start\w*|hrtimer_forward\w*|hrtimer_restart|mod_timer\w*|timer_reduce|add_timer\w*"
    r"|sk_reset_timer|\w*queue_delayed_work\w*|schedule_delayed_work\w*|mod_delayed_work\w*"
    r"|inet_csk_reset_\w+|tasklet_hrtimer_start)\s*\("
)
WAITING = re.compile(
    r"\b(schedule_timeout\w*|schedule_hrtimeout\w*|wait_woken|wait_event\w*timeout\w*"
    r"|wait_for_completion\w*timeout\w*|sk_stream_wait_\w+|sk_wait_data|sk_wait_event|[mu]sleep\w*"
    r"|usleep_range\w*|ssleep|fsleep|[mun]delay)\s*\("
)

# File: why it arms a timer.
ARMED = {
    "conn/timer.c": "a connection's one hrtimer; rubato_timer_arm() is given rub_due()",
    "table/deadlines.c": "the half-open wheel; rubato_deadlines_arm() is given rub_half_due()",
    "table/ages.c": "the TIME_WAIT wheel; asks the hook, which is rub_tw_due()",
}
# What leads there: function, which argument is the time, whose time it must be.
FUNNELS = [
    ("rubato_timer_arm", 1, "rub_due"),
    ("rubato_deadlines_arm", 2, "rub_half_due"),
]
# A hook that is asked for the time: function, which argument, whose time it must return.
HOOKS = [("rubato_ages_init", 2, "rub_tw_due")]

# File: where its sleeping process's patience comes from.
WAITS = {
    "socket/accept.c": "sock_rcvtimeo",
    "socket/connect.c": "sock_sndtimeo",
    "socket/receive.c": "sock_rcvtimeo",
    "socket/send.c": "sock_sndtimeo",
    "socket/close.c": "sk_lingertime",
}


def times_in_core(path, lines):
    for number, line in lines:
        for match in NUMBER.finditer(line):
            digits = match[1].replace("'", "")
            if int(digits) >= 1000 and not digits.startswith("0"):
                yield number, f"{match[0]} looks like a time; it belongs in core/constants.h"
        for match in FLOAT.finditer(line):
            yield number, f"{match[0]}: no floating point, and no time"
        for match in UNITS.finditer(line):
            yield number, f"{match[0]}: a unit of time; the time belongs in core/constants.h"


def arguments(text, start):
    """The arguments of a call whose "(" is at `start`, split at the top level."""
    depth, word, words = 0, "", []
    for char in text[start:]:
        if char in "([{":
            depth += 1
            if depth == 1:
                continue
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return words + [word.strip()]
        if char == "," and depth == 1:
            words.append(word.strip())
            word = ""
        else:
            word += char
    return words


def calls(text, function):
    """(line number, arguments) of every call, declarations and definitions left out."""
    for match in re.finditer(rf"(?<![\w.>]){function}\s*\(", text):
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if re.match(r"^(?:\w[\w\s*]*)$", before) and not re.match(r"^\s*(return|else)\b", before):
            if before[:1] not in (" ", "\t"):
                continue
        number = text.count("\n", 0, match.start()) + 1
        yield number, arguments(text, match.end() - 1)


def is_from(text, argument, maker):
    """Is the argument a call of `maker`, or a variable that gets its value only there?"""
    if re.search(rf"\b{maker}\s*\(", argument):
        return True
    if not re.fullmatch(r"\w+", argument):
        return False
    values = re.findall(rf"\b{argument}\s*=(?!=)\s*([^;]*);", text)
    return bool(values) and all(re.search(rf"\b{maker}\s*\(", value) for value in values)


def hook_is_from(everything, hook, maker, depth=4):
    """Does the function, wherever it is, return nothing but `maker`'s time, by others if need be?"""
    definition = rf"\b{re.escape(hook)}\s*\([^;{{]*\)\s*\{{(.*?)^\}}"
    body = re.search(definition, everything, re.S | re.M) if hook and depth else None
    returns = re.findall(r"\breturn\b([^;]*);", body[1]) if body else []

    def good(value):
        if is_from(body[1], value, maker):
            return True
        assigned = re.findall(rf"\b{value}\s*=(?!=)\s*([^;]*);", body[1]) if value.isidentifier() else []
        calls = [re.fullmatch(r"(\w+)\s*\(.*\)", v.strip(), re.S) for v in assigned or [value]]
        return all(c and hook_is_from(everything, c[1], maker, depth - 1) for c in calls)

    return bool(returns) and all(good(value.strip()) for value in returns)


def handed_over(text, everything):
    """Calls of a funnel or a hook whose time is not the core's."""
    for function, index, maker in FUNNELS:
        for number, words in calls(text, function):
            if len(words) <= index or not is_from(text, words[index], maker):
                yield number, f"{function}() is given a time that is not {maker}()'s"
    for function, index, maker in HOOKS:
        for number, words in calls(text, function):
            hook = words[index] if len(words) > index else ""
            if not hook_is_from(everything, hook, maker):
                yield number, f"{function}()'s hook {hook or '?'} does not return {maker}()"


def check_shell_file(path, text, lines, everything):
    name = str(path)
    arms = waits = False
    for number, line in lines:
        for match in ARMING.finditer(line):
            arms = True
            if name not in ARMED:
                yield number, f"{match[1]}() arms a deadline outside {', '.join(ARMED)}"
        for match in WAITING.finditer(line):
            waits = True
            if name not in WAITS:
                yield number, f"{match[1]}() waits for a time; {name} is not listed as one that may"
        if name in ARMED and (match := re.search(r"\b(HZ|[NUM]SEC_PER_\w+|msecs_to_\w+)\b", line)):
            yield number, f"{match[1]}: a time of its own beside an armed deadline"
    if name in ARMED and not arms:
        yield 1, "listed as arming a timer, but does not"
    if name in WAITS and not (waits and WAITS[name] in text):
        yield 1, f"listed as waiting by {WAITS[name]}, but does not"
    yield from handed_over(text, everything)


def check(root):
    problems = []
    shell = [p for p in source.c_files(root) if source.room(p) != "core"]
    everything = "\n".join(source.code(root / "kmod" / p) for p in shell)
    for path in source.c_files(root):
        full = root / "kmod" / path
        lines = source.lines(full)
        if source.room(path) == "core":
            found = [] if path.name in MAY_HOLD_TIMES else times_in_core(path, lines)
        else:
            found = check_shell_file(path, source.code(full), lines, everything)
        problems += [f"kmod/{path}:{number}: {what}" for number, what in found]
    for name in [*ARMED, *WAITS]:
        if not (root / "kmod" / name).exists():
            problems.append(f"kmod/{name}:0: listed in the law, but not there")
    return problems


PLANTS = [
    Plant("a number of nanoseconds in core", "kmod/core/due.c", "static rub_ns f(void) { return 5000; }"),
    Plant("a unit of time in core", "kmod/core/expire.c", "static rub_ns f(void) { return 3 * RUB_NS_PER_S; }"),
    Plant("the UAPI's unit in core", "kmod/core/half.c", "static rub_ns f(void) { return 3 * RUBATO_NS_PER_MS; }"),
    Plant("jiffies in core", "kmod/core/planted.h", "static inline u64 f(void) { return jiffies; }"),
    Plant("ktime in core", "kmod/core/planted.c", "u64 f(void) { return ktime_get_ns(); }"),
    Plant("a timer of its own in a room", "kmod/report/planted.c", "void f(struct timer_list *t) { mod_timer(t, 5); }"),
    Plant("delayed work", "kmod/conn/planted.c", "void f(void) { schedule_delayed_work(&w, 5); }"),
    Plant("a sleep", "kmod/control/planted.c", "void f(void) { msleep(5); }"),
    Plant(
        "a time of the shell's own at a funnel",
        "kmod/conn/planted.c",
        "void f(void)\n{\n\trubato_timer_arm(sk, now + 5);\n}",
    ),
    Plant(
        "a variable that may hold another time",
        "kmod/conn/planted.c",
        "void f(void)\n{\n\trub_ns t = rub_half_due(h, e);\n\n\tif (late)\n\t\tt = now;\n"
        "\trubato_deadlines_arm(q, n, t);\n}",
    ),
    Plant(
        "a hook that makes its own times",
        "kmod/conn/planted.c",
        "static rub_ns age(void *q, void *e)\n{\n\treturn 5;\n}\n\n"
        "void f(void)\n{\n\trubato_ages_init(q, 1, age, fire);\n}",
    ),
]
