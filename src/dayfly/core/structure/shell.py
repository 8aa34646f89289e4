"""Judges commands: the event may supply operands, never the program, an option, or anything the shell reads."""

from __future__ import annotations

from dayfly.core.structure.judgement import Judgement, Taint, judged, unreadable
from dayfly.core.structure.shellwords import (
    BLANK,
    MARK,
    PLAIN,
    QUOTED,
    Reading,
    Word,
    is_assignment,
    read_shell,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.own import OwnText

# What the function's own programs do with their operands, by program: a table of meanings, not of bad input.
# Programs that start the program their operands name:
_STARTERS = frozenset(
    [
        "env",
        "nice",
        "nohup",
        "timeout",
        "stdbuf",
        "setsid",
        "sudo",
        "doas",
        "chroot",
        "time",
        "exec",
        "command",
        "builtin",
        "ionice",
        "chrt",
        "taskset",
        "flock",
        "strace",
        "unshare",
        "nsenter",
        "busybox",
    ]
)
# Programs that hand their operands to a shell, here or elsewhere, whatever quotes were around them:
_RUNNERS = frozenset(
    [
        "xargs",
        "eval",
        "source",
        ".",
        "trap",
        "ssh",
        "parallel",
        "su",
        "runuser",
        "watch",
        "script",
        "expect",
        "entr",
        "at",
        "batch",
        "rsh",
        "mosh",
    ]
)
# Programs that read a language from an operand or from an option's value.
_INTERPRETERS = frozenset(
    [
        "sh",
        "bash",
        "dash",
        "zsh",
        "ksh",
        "ash",
        "fish",
        "python",
        "pypy",
        "perl",
        "ruby",
        "node",
        "php",
        "lua",
        "awk",
        "gawk",
        "mawk",
        "sed",
        "osascript",
        "tclsh",
        "deno",
        "bun",
        "psql",
        "mysql",
        "sqlite",
    ]
)
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash"))
# find's options after which a command stands.
_COMMAND_OPTIONS = ("-exec", "-execdir", "-ok", "-okdir")
# How deep sh -c within sh -c is followed.
MAX_DEPTH = 3


def judge_shell(command: str | bytes, provenance: Provenance, own: OwnText) -> Judgement:
    """Say whether a POSIX shell may run this command line."""
    return _judge_shell(command, provenance, own, 0)


def judge_argv(
    executable: str | bytes, args: Sequence[str | bytes], provenance: Provenance, own: OwnText
) -> Judgement:
    """Say whether this program may be started; `args` are what it gets, its own name (argv[0]) first."""
    return _judge_argv(_text(executable), [_text(one) for one in args], provenance, own, 0)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "surrogateescape")


def _judge_shell(command: str | bytes, provenance: Provenance, own: OwnText, depth: int) -> Judgement:
    def judge(command: str, taint: Taint, own: OwnText) -> Judgement:
        return _judge_line(command, taint, provenance, own, depth)

    return judged("shell", _text(command), provenance, own, judge)


def _refuse(rule: str, reason: str, path: str) -> Judgement:
    return Judgement("refuse", rule, reason, path)


def _judge_line(command: str, taint: Taint, provenance: Provenance, own: OwnText, depth: int) -> Judgement:
    reading = read_shell(command)
    quoted = _quoted_values(command, reading)
    free = bytearray(kind in (PLAIN, QUOTED, BLANK, MARK) for kind in reading.kinds)
    for words in reading.commands:
        for word in words:
            if word.is_command and not own.is_constant(word.text(), generators=True):
                name = word.text().find("=") + 1 if is_assignment(word) else 0
                end = word.origin[name] if 0 < name < len(word.origin) else word.end
                free[word.start : end] = bytes(end - word.start)
    explained = own.explain(command, free, taint.mask)
    for start, end in taint.runs():
        for at in range(start, end):
            if (
                not explained.accounted[at]
                and reading.kinds[at] not in (PLAIN, QUOTED)
                and not quoted[at]
                and not _is_escapers(command, at, taint)
            ):
                return _refuse("shell.structure", "the event supplies shell syntax", taint.path_at(at))
    for at in range(len(command)):
        if explained.accounted[at]:
            taint.mask[at] = 0  # the function's own words, by coincidence the event's, too
    unknown = explained.unexplained >= 0
    for words in reading.commands:
        judgement = _judge_words(command, words, taint, provenance, own, depth)
        if judgement is not None and judgement.verdict == "refuse":
            return judgement
        unknown = unknown or judgement is not None
    if unknown:
        return Judgement("unknown", "shell.unexplained", "the command does not come from the function")
    return Judgement("allow", "shell.operand", "the event supplies only operands", taint.first_path())


def _quoted_values(command: str, reading: Reading) -> bytearray:
    """Mark the words that are quoted as shlex.quote quotes what they say: each is one value, whoever wrote the quotes.

    "' OR '" of an event lies in 'a'"'"' OR '"'"'b' as well, a quote further on than where it was put.
    """
    marks = bytearray(len(command))
    for words in reading.commands:
        for word in words:
            text = command[word.start : word.end]
            if text.startswith("'") and text == "'" + word.text().replace("'", "'\"'\"'") + "'":
                marks[word.start : word.end] = b"\x01" * len(text)
    return marks


def _is_escapers(command: str, at: int, taint: Taint) -> bool:
    """Say whether a quote is shlex.quote's, though "it'" stands in the event as well: 'it'"'"'s'."""
    for escaped in ("'\"'\"'", "'\\''"):
        size = len(escaped)
        if command.startswith(escaped, at) and not taint.mask[at + 1]:
            return True
        if at >= size and command.startswith(escaped, at - size + 1) and not taint.mask[at - 1]:
            return True
    return False


def _judge_words(
    command: str, words: list[Word], taint: Taint, provenance: Provenance, own: OwnText, depth: int
) -> Judgement | None:
    arguments = []
    events = []
    for word in words:
        marked = [bool(taint.mask[at]) for at in word.origin]
        if any(marked):
            path = taint.path_at(taint.mask.find(1, word.start))
            name = word.text().find("=") + 1 if is_assignment(word) else len(marked)
            if word.is_command and any(marked[:name]):
                return _refuse("shell.program", "the event supplies the program", path)
            if word.redirects and (marked[0] or "/../" in f"/{word.text()}/"):
                return _refuse("shell.file", "the event supplies the output target", path)
        if not word.redirects:
            arguments.append(word.text())
            events.append(marked)
    while arguments and "=" in arguments[0] and arguments[0].partition("=")[0].isidentifier():
        arguments.pop(0)
        events.pop(0)
    return _judge_arguments(arguments, events, taint.first_path(), provenance, own, depth)


def _judge_argv(
    executable: str, args: list[str], provenance: Provenance, own: OwnText, depth: int
) -> Judgement:
    paths = []
    events = []
    for one in args[1:]:
        seen: list[Taint] = []

        def keep(text: str, taint: Taint, own: OwnText, seen: list[Taint] = seen) -> Judgement:
            # An argument is free text: only pieces that go beyond the event's part tell a coincidence.
            accounted = own.explain(text, bytearray(b"\x01" * len(text)), taint.mask).accounted
            is_own = own.is_constant(text)
            for at, own_character in enumerate(accounted):
                if own_character or is_own:
                    taint.mask[at] = 0
            seen.append(taint)
            return Judgement("allow", "argv.read", "")

        judgement = judged("argv", one, provenance, own, keep)
        if not seen:
            return judgement
        if "\0" in one:
            return judged("argv", one, provenance, own, _null)
        events.append([bool(mark) for mark in seen[0].mask])
        paths.append(seen[0].first_path())
    path = next((one for one in paths if one), "")

    def judge(executable: str, taint: Taint, own: OwnText) -> Judgement:
        name = executable.rpartition("/")[2]
        is_own = own.is_constant(executable, generators=True)
        if taint.mask.find(1) >= 0 and not is_own:
            whole = own.explain(executable, bytearray(len(executable)), taint.mask)
            if whole.unexplained >= 0 or any(
                whole.accounted.find(0, start, end) >= 0 for start, end in taint.runs()
            ):
                return _refuse("argv.program", "the event supplies the program", taint.first_path())
        judgement = _judge_arguments([name, *args[1:]], [[], *events], path, provenance, own, depth)
        if judgement is not None:
            return judgement
        if not is_own and not own.is_constant(name, generators=True) and not own.covers(executable):
            return Judgement(
                "unknown", "argv.unexplained", "the program's name does not come from the function"
            )
        return Judgement("allow", "argv.operand", "the event supplies only operands", path)

    return judged("argv", executable, provenance, own, judge)


def _null(text: str, taint: Taint, own: OwnText) -> Judgement:
    return unreadable("argv", "a null character", taint)


def _judge_arguments(
    arguments: list[str],
    events: list[list[bool]],
    path: str,
    provenance: Provenance,
    own: OwnText,
    depth: int,
) -> Judgement | None:
    """Judge program and arguments whose event parts are marked; None where there is nothing against them."""
    if not arguments:
        return None
    program = arguments[0].rpartition("/")[2]
    if program in _STARTERS:
        start = _find_started(arguments, events)
        if start < 0:
            if any(any(marked) for marked in events[1:]):
                return _refuse("argv.command", "the event supplies code for another program", path)
            return None
        return _judge_arguments(arguments[start:], events[start:], path, provenance, own, depth)
    base = _base(program)
    interprets = base in _INTERPRETERS
    ends_options = takes_command = False
    worst: Judgement | None = None
    for index in range(1, len(arguments)):
        argument, marked = arguments[index], events[index]
        before = arguments[index - 1]
        if argument in _COMMAND_OPTIONS and not marked[0]:
            takes_command = True
            continue
        if not any(marked):
            ends_options = ends_options or argument == "--"
            takes_command = takes_command and argument not in (";", "+")
            continue
        if marked[0] and argument[0] == "-" and not ends_options and not own.is_constant(argument):
            return _refuse("argv.option", "the event supplies an option", path)
        if program in _RUNNERS or takes_command:
            return _refuse("argv.command", "the event supplies code for another program", path)
        if not interprets or _is_script_given(arguments, index):
            continue  # python handler.py {x}: an operand of the function's own script
        is_code = before.startswith("-") and not before.startswith("--") and before.endswith("c")
        if base in _SHELLS and is_code and depth < MAX_DEPTH:
            judgement = _judge_shell(argument, provenance, own, depth + 1)
        elif base in ("python", "pypy") and is_code:
            from dayfly.core.structure.python import judge_python  # rarely needed here

            judgement = judge_python(argument, provenance, own)
        else:
            return _refuse("argv.command", "the event supplies code for another program", path)
        if judgement.verdict == "refuse":
            return judgement
        if judgement.verdict == "unknown":
            worst = judgement
    return worst


def _base(program: str) -> str:
    return program.rpartition("/")[2].rstrip("0123456789.")


def _find_started(arguments: list[str], events: list[list[bool]]) -> int:
    """Return where the program that env, timeout or sudo starts stands in the arguments, or -1.

    An interpreter counts wherever it stands: in `sudo -u www sh -c {x}` the program is not "www".
    """
    first = -1
    for index in range(1, len(arguments)):
        argument = arguments[index]
        if any(events[index]):
            if first < 0:
                return -1  # the event's before any program: it may be the program
            continue
        if _base(argument) in _INTERPRETERS or argument in _STARTERS or argument in _RUNNERS:
            return index
        if first < 0 and not argument.startswith("-") and "=" not in argument and not argument[:1].isdigit():
            first = index
    return first


def _is_script_given(arguments: list[str], index: int) -> bool:
    """Say whether a script (or inline code) of the function's own stands before this operand."""
    for position in range(1, index):
        argument = arguments[position]
        if argument.startswith("-") and argument[-1:] in "ceEmn" and len(argument) > 1:
            return position + 1 < index
        if not argument.startswith("-"):
            return True
    return False
