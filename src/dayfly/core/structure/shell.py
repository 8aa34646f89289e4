"""Judges commands: the event may supply operands, never the program, an option, or anything the shell reads."""

from __future__ import annotations

import re

# All of it here: what is imported once an event runs might be somebody's by then.
from dayfly.core.structure.arithmetic import is_argument
from dayfly.core.structure.embedded import (
    USES_NAMES,
    are_fields,
    are_keys,
    are_literals,
    are_numbers,
    stays_in_substitution,
)
from dayfly.core.structure.filters import is_edit, is_filter, is_report
from dayfly.core.structure.judgement import (
    Judgement,
    Taint,
    Unreadable,
    as_text,
    contributed,
    judged,
    mark,
    refuse,
    unreadable,
)
from dayfly.core.structure.options import (
    FIND_SIGNS,
    NAMED_BY_TWO,
    chosen_words,
    is_script_given,
    is_value,
    places_of,
)
from dayfly.core.structure.path import says_parent
from dayfly.core.structure.pipes import program_of, with_output
from dayfly.core.structure.programs import (
    AWKS,
    CODE_OPTIONS,
    COMMAND_OPTIONS,
    FETCHERS,
    INTERPRETERS,
    LEADS_TO_SHELL,
    MAKES,
    PROGRAM_FILES,
    PYTHONS,
    READS_CODE,
    RUNNERS,
    SQL_CLIENTS,
    STARTERS,
    base_of,
    find_started,
    leads_to_shell,
)
from dayfly.core.structure.python import judge_python
from dayfly.core.structure.shellwords import (
    ACTIVE,
    PLAIN,
    QUOTED,
    SHELLS,
    Reading,
    Word,
    is_assignment,
    read_shell,
)
from dayfly.core.structure.sql import judge_sql
from dayfly.core.structure.url import judge_url
from dayfly.core.structure.variables import DECLARES, Variables, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

    # What variables hold of which a script has the names.
    _GivenTo = Callable[..., dict[str, list[str]]]

# Options without a value of what takes operands without a scheme for URLs; and what such an operand looks like.
_FETCHERS_FLAGS = re.compile(
    r"-?[fgiIjkLNOqsSv#46]*|--(?:compressed|fail|location|silent|quiet|show-error)|[^-].*|--?", re.S
)
_HOST_FIRST = re.compile(r"[a-z]{2,8}:/|[\w.\[\]:-]+(?:/|\Z)", re.IGNORECASE)
# Where a shell computes with a variable, or takes a text for a variable's name, it evaluates the subscript of what is in there:
# a[$(id)] (https://www.gnu.org/software/bash/manual/html_node/Shell-Arithmetic.html).
_COMPUTES = re.compile(
    r"\(\(|\$\[|\$\{!|\$\{\w+(?:\[[^\]@*]|:[ \w$(])|\b(?:let|unset|(?:declare|typeset|local|readonly)\s+-\w*i)\b|"
    r"(?:\btest|\bprintf|\[|!)\s+-v\b"
)
_COMPARES = re.compile(r"\s-(?:eq|ne|lt|le|gt|ge|v)\s")
_TAKES_NAMES = DECLARES.union(("let", "unset", "[[", "read"))
_SUBSCRIPT = re.compile(r"\w\[")
# jq's option by which its first operand is a filter's file, among others perhaps.
# Of awk's, as options and between its files.
_GIVES_VARIABLES = re.compile(r"-v|--assign|[A-Za-z_][A-Za-z0-9_]*=")
_READS_FILTER = re.compile(r"-[A-Za-z]*f|--from-file")
# What make puts in a value, its own or a variable's of its surroundings.
_REFERS = re.compile(r"\$[({]")
_COMPUTED = re.compile(r"\$[({]|`")
# Where a script evaluates what it was called with; and what an evaluation acts on.
_EVALUATES = re.compile(r"\beval\s|\b(?:ba|da)?sh\s+-c\s+[^\n]*\$|\bexec\(|\beval\(")
_ACTIVE = frozenset("$`;|&()<>\n")
# Where an apostrophe may be more, or no, quote; and where `a (b)` may be a pattern, an index or a command.
_QUOTES_OTHERWISE = re.compile(r"[\\\n\r\0\"`#]|<<|\$\(|\$'")
_HAS_PATTERNS = re.compile(r"\[|\(\(|'|\$\{|\b(?:case|function|coproc|repeat|foreach)\b|\btime\s+-")
# What opens nothing there, in a name: an apostrophe in a word; a parenthesis behind one that is no keyword.
_APOSTROPHE = re.compile(r"(?<=[^\W_])'(?=[^\W_])")
_PARENTHESIS = re.compile(
    r"(?:\w|(?<!\w)(?!(?:if|then|elif|else|do|while|until|in|time|fi|done|esac) )[\w.,-]{0,64}\w[.,-]? )\((?=\w)"
)
_ACTS = re.compile(r"[$`;|&(<>\n']")
# What hands a command's output to another one.
_PASSED_ON = "|()`"
# What executes its operands as a line of a shell's.
_EXECUTES = frozenset(("eval", "trap", "ssh", "su", "runuser", "watch", "script", "rsh"))
# Options by which curl takes braces and brackets for themselves.
_GLOBS_OFF = re.compile(r"-[A-Za-z]*g[A-Za-z]*|--globoff")
# Options for a line of a request's head.
_HEADERS = re.compile(r"(?:\A|=)(?:-[HAeb]|--(?:header|user-agent|referer|cookie))=")
# Commands of a shell that read nothing.
_READS_NOTHING = frozenset(("cd", "export", "pushd", "set", "umask"))
# What takes a line of a shell's for the next word; and the rules of what the author of such a line answers for.
_TAKES_LINE = re.compile(r"-[^-]*c")
_OF_OPERANDS = frozenset(("argv.option", "shell.structure", "shell.file", "shell.unreadable"))
# How deep sh -c within sh -c is followed.
MAX_DEPTH = 3
# What shlex.quote makes of a quote, and another way to say it.
_ESCAPED_QUOTE = re.compile(r"""(?=('"'"'|'\\''))""")


def _nothing(script: str, *, is_same: bool) -> dict[str, list[str]]:
    return {}


def judge_shell(
    command: str | bytes, provenance: Provenance, own: OwnText, *, is_systems: bool = False
) -> Judgement:
    """Say whether a POSIX shell may run this command line; `is_systems`: /bin/sh does, which reads nothing else."""
    return _Judge(provenance, own).shell(as_text(command), is_systems=is_systems)


def judge_argv(
    executable: str | bytes, args: Sequence[str | bytes], provenance: Provenance, own: OwnText
) -> Judgement:
    """Say whether this program may be started; `args` are what it gets, its own name (argv[0]) first."""
    # A line among these words stands in no other one.
    return _Judge(provenance, own, alone=1).argv(as_text(executable), [as_text(one) for one in args[1:]])


def judge_input(args: Sequence[str], text: str, provenance: Provenance, own: OwnText) -> Judgement:
    """Say whether a program may read this from its standard input: a shell without a script reads commands there.

    So does an interpreter of Python's, or a database's client; xargs puts each line into the command line of a shell.
    """
    words = list(args)
    while words and base_of(words[0]) in STARTERS:
        start = find_started(words, [[] for _ in words])
        words = words[start:] if start > 0 else []
    program = base_of(words[0]) if words else ""
    if program in SHELLS and "-c" in words[:-1]:
        # The first program of its line, wherever that goes first.
        line = [
            one for one in commands_of(words[words.index("-c") + 1]) if one and one[0] not in _READS_NOTHING
        ]
        return judge_input(line[0] if line else (), text, provenance, own)
    pairs = [*zip(words, [*words[1:], ""], strict=False)]
    judge = _Judge(provenance, own)
    allow = Judgement("allow", "argv.input")
    if program == "xargs":
        marks = [one[2:] or after for one, after in pairs if one[:2] == "-I"]
        script = words[words.index("-c") + 1 :][:1] if "-c" in words else []
        if marks and script and marks[0] in script[0]:
            lines = text.split("\0") if "-0" in words or "--null" in words else text.splitlines()
            return judge.shell("\n".join(script[0].replace(marks[0], line) for line in lines))
        if words[-1] == "-c" and any(base_of(word) in SHELLS for word in words[1:-1]):
            return judge.shell(text)
        if script:
            shell = next((at for at, word in enumerate(words) if base_of(word) in SHELLS), 0)
            arguments = [*words[shell:], *text.split()]
            if judgement := judge.script(arguments, [[True]] * len(arguments)):
                return judgement
    elif program == "crontab":
        lines = [
            line.split(None, 1 if line[0] == "@" else 5)[-1] for line in text.splitlines() if line.strip()
        ]
        return judge.shell("\n".join(lines))
    elif (
        program == "curl"
        and any(
            f"{one}={after}".startswith("--config=-")
            # `-K -`, `-sSK -`, `-K-`
            or (one[:1] == "-" != one[1:2] and (one.endswith("K-") or (one.endswith("K") and after == "-")))
            for one, after in pairs
        )
    ):
        # A configuration: each line is an option.
        for span in contributed(text, provenance, own):
            if "\n" in text[span.start : span.end]:
                return refuse("argv.option", span.path)
    elif program in SQL_CLIENTS:
        return judge.sql(text, program)
    elif program in LEADS_TO_SHELL and leads_to_shell(words, LEADS_TO_SHELL[program]):
        return judge.shell(text)
    elif (
        words
        and is_script_given(words)
        and "/dev/stdin" not in words
        and not (program in SHELLS and "-s" in words)
    ):
        return Judgement("allow", "argv.input")
    elif program in MAKES:
        # Recipes; what stands before them is make's own.
        recipes = [line.strip(" \t@-+").replace("$$", "$") for line in text.splitlines() if line[:1] == "\t"]
        return judge.shell("\n".join(recipes))
    elif program in SHELLS or words[:1] in (["."], ["source"]):
        return judge.shell(text)
    elif program in PYTHONS:
        return judge.python(text)
    elif program in READS_CODE and (spans := contributed(text, provenance, own)):
        return _refuse_code(spans[0].path)
    return allow


def judge_script(
    script: str, operands: Sequence[str], provenance: Provenance, own: OwnText, *, are_variables: bool = False
) -> Judgement:
    """Say whether a script may be called with these operands, or with these values of variables: it may evaluate them."""
    computes, evaluates = _computes(script), not are_variables and _EVALUATES.search(script)
    for operand in operands if computes or evaluates else ():
        for span in contributed(operand, provenance, own):
            part = operand[span.start : span.end]
            if (computes and _has_subscript(part)) or (evaluates and not _ACTIVE.isdisjoint(part)):
                return refuse("argv.command", span.path)
    return Judgement("allow", "argv.operand")


def commands_of(command: str) -> list[list[str]]:
    """Return the words of each command of a command line, and of the lines in it that shells read; none where it cannot be read."""
    try:
        found = [
            [word.text() for word in words if not word.redirects] for words in read_shell(command).commands
        ]
    except Unreadable:
        return []
    for words in list(found):
        if words and base_of(words[0]) in SHELLS and words[1:2] == ["-c"]:
            found += [inner for line in words[2:3] for inner in commands_of(line)]
    return found


def _computes(script: str) -> bool:
    compares = script.find("[[")
    return bool(_COMPUTES.search(script) or (compares >= 0 and _COMPARES.search(script, compares)))


def _has_subscript(value: str) -> bool:
    first = _SUBSCRIPT.search(value)
    return first is not None and _COMPUTED.search(value, first.end()) is not None


def _is_broken_by_a_name(command: str, taint: Taint) -> bool:
    """Say whether no shell runs the line, for a name in it is `O'Neill.pdf` or `Report(1).pdf`, and the event does no more to it.

    A shell reads a line to its end before it runs any of it: a quote that nothing closes, or a word with a parenthesis
    before a word, is a fault of the whole.
    """
    if _QUOTES_OTHERWISE.search(command):
        return False
    is_open = command.count("'") % 2 == 1
    breaking = _APOSTROPHE if is_open else _PARENTHESIS
    breaks = False
    for start, end in taint.runs():
        rest = breaking.sub("", command[start:end])
        if _ACTS.search(rest):
            return False
        breaks = breaks or len(rest) < end - start
    return breaks and (is_open or not _HAS_PATTERNS.search(command))


def _refuse_code(path: str) -> Judgement:
    return refuse("argv.command", path)


class _Judge:
    """Judges what a shell or a program is given of one event, in a command line that stands in `depth` others.

    To a depth of `alone` no other line reads what a line prints.
    """

    __slots__ = ("_alone", "_depth", "_own", "_provenance")

    def __init__(self, provenance: Provenance, own: OwnText, depth: int = 0, alone: int = 0) -> None:
        self._provenance = provenance
        self._own = own
        self._depth = depth
        self._alone = alone

    def shell(self, command: str, given: Sequence[str] = (), *, is_systems: bool = False) -> Judgement:
        """Judge a line; it has a word for each of the variables in `given` first (see `Variables`)."""

        def judge(taint: Taint) -> Judgement:
            # Another shell may have another syntax, and a script may close the quote in its next line.
            if is_systems and _is_broken_by_a_name(command, taint):
                return Judgement("unknown", "shell.broken", taint.first_path())
            return self._line(command, taint, given)

        return judged("shell", command, self._provenance, self._own, judge)

    def _inner(self, line: str, given: Sequence[str] = ()) -> Judgement:
        alone = 0 if given else self._alone
        return _Judge(self._provenance, self._own, self._depth + 1, alone).shell(line, given)

    def sql(self, text: str, client: str) -> Judgement:
        return judge_sql(text, self._provenance, self._own, dialect=SQL_CLIENTS[client])

    def python(self, source: str) -> Judgement:
        return judge_python(source, self._provenance, self._own, is_argument=is_argument)

    def _within(self, judgement: Judgement) -> Judgement:
        """Return a refusal of what a line within another one executes, which no operand of that is refused for."""
        if self._depth:
            return refuse("argv.command", judgement.path)
        return judgement

    def _line(self, command: str, taint: Taint, given: Sequence[str]) -> Judgement:
        own, reading = self._own, read_shell(command)
        values = _quoted_values(command, reading)
        _add_escapers(command, taint, values)
        if self._depth <= self._alone:
            _add_printed(command, reading, taint, values)
        free = bytearray(kind != ACTIVE for kind in reading.kinds)
        for word in (word for words in reading.commands for word in words):
            if word.is_command and not _is_own_program(word.text(), word.start, word.end, taint, own):
                name = word.text().find("=") + 1 if is_assignment(word) else 0
                end = word.origin[name] if 0 < name < len(word.origin) else word.end
                free[word.start : end] = bytes(end - word.start)
        explained = own.explain(command, free, taint.mask)
        plain = bytearray(kind in (PLAIN, QUOTED) for kind in reading.kinds)
        at = taint.first_outside(plain, values, explained.accounted)
        if at >= 0:
            return refuse("shell.structure", taint.path_at(at))
        taint.drop_marked(explained.accounted)
        variables = Variables(command, reading, taint, given)
        if variables.obeyed >= 0:
            return refuse("shell.program", taint.path_at(variables.obeyed))
        judgement = self._pipes(reading, variables)
        if judgement is not None:
            return judgement
        if _computes(command):
            for word in _computed_words(reading, variables):
                brought = [at for at in word.origin if taint.mask[at]]
                if _SUBSCRIPT.search(word.text()) and _COMPUTED.search(
                    "".join(command[at] for at in brought)
                ):
                    path = taint.path_at(brought[0])
                    return refuse("argv.command", path)
        unknown = explained.unexplained >= 0
        for words in reading.commands:
            for variant in variables.of(words):
                judgement = self._words(command, variant, reading.kinds, taint, variables)
                if judgement is not None and judgement.verdict == "refuse":
                    return judgement
                unknown = unknown or (judgement is not None and variant is words)
        if unknown:
            return Judgement("unknown", "shell.unexplained")
        return Judgement("allow", "shell.operand", taint.first_path())

    def _pipes(self, reading: Reading, variables: Variables) -> Judgement | None:
        """Judge what commands print, as far as the event supplies it, by who reads it; None where there is nothing against it.

        What others than `echo` and `printf` make of their operands is judged only for a shell: `cat {file} | sh`.
        """
        inputs = variables.inputs
        for words in filter(inputs.has_any, reading.commands):
            for variant in variables.of(words):
                read_by = inputs.read_by(variant)
                program = base_of((read_by or [""])[0])
                read = inputs.of_event(words, is_for_shell=program in SHELLS)
                if program[:1] == "$" or program in variables.functions:
                    read_by = ["sh"]  # whatever it is
                text = "\n".join(word.text() for word in read)
                if text and read_by:
                    judgement = judge_input(read_by, text, self._provenance, self._own)
                    if judgement.verdict == "refuse":
                        return self._within(judgement)
        return None

    def _words(
        self, command: str, words: list[Word], kinds: bytearray, taint: Taint, variables: Variables
    ) -> Judgement | None:
        for word in words:
            if word.splits >= 0 and not _is_text(words, word):
                is_program = (word.is_command and not is_assignment(word)) or _is_executed(words, word)
                rule = "shell.program" if is_program else "shell.structure"
                return refuse(rule, taint.path_at(word.splits))
        for word in words:
            marked = [bool(taint.mask[at]) for at in word.origin]
            if any(marked):
                path = taint.path_at(word.origin[marked.index(True)])
                name = word.text().find("=") + 1 if is_assignment(word) else len(marked)
                if word.is_command and any(marked[:name]):
                    return refuse("shell.program", path)
                if word.redirects and (marked[0] or _leads_up(command, word, marked, self._own)):
                    return refuse("shell.file", path)
        program = [with_output(word, kinds, taint.mask) for word in program_of(words)]
        if program and is_assignment(program[0]):
            return None
        arguments = [word.text() for word in program]
        events = [[bool(taint.mask[at]) for at in word.origin] for word in program]
        return self._arguments(arguments, events, taint.first_path(), variables.given_to)

    def argv(self, executable: str, operands: list[str]) -> Judgement:
        """Judge a program with what follows its name."""
        own, provenance = self._own, self._provenance
        taints: list[Taint] = []
        for number, one in enumerate(operands):

            def keep(taint: Taint, one: str = one) -> Judgement:
                if "\0" in one:
                    return unreadable("argv", taint)
                if own.is_constant(one):
                    taint.drop(0, len(one))
                taint.drop_marked(own.coincidences(one, taint.mask))
                if own.piece_at(one, 0) == (name := one.find("=") + 1):
                    # `n=2`: the function's name for what the event calls so, too.
                    taint.drop(0, name)
                taints.append(taint)
                return Judgement("allow", "argv.read")

            judgement = judged("argv", one, provenance, own, keep)
            if len(taints) == number:
                return judgement
        events = [[bool(brought) for brought in taint.mask] for taint in taints]
        paths = [taint.first_path() for taint in taints]
        for number, found in _find_split(operands, provenance, own):
            events[number] = [True] * len(events[number])
            paths[number] = found
        path = next(filter(None, paths), "")

        def judge(taint: Taint) -> Judgement:
            name = executable.rpartition("/")[2]
            is_own = _is_own_program(executable, 0, len(executable), taint, own)
            if taint.mask.find(1) >= 0 and not is_own:
                whole = own.explain(executable, bytearray(len(executable)), taint.mask)
                if whole.unexplained >= 0 or taint.first_outside(whole.accounted) >= 0:
                    return refuse("argv.program", taint.first_path())
            try:
                judgement = self._arguments([name, *operands], [[], *events], path)
            except Exception:
                # Trust boundary, see `judged`: closed where the event has a part in any argument.
                if not path:
                    raise
                return refuse("argv.unreadable", path)
            if judgement is not None:
                return judgement
            if not is_own and not own.is_constant(name, generators=True) and not own.covers(executable):
                return Judgement("unknown", "argv.unexplained")
            return Judgement("allow", "argv.operand", path)

        return judged("argv", executable, provenance, own, judge)

    def _arguments(
        self, arguments: list[str], events: list[list[bool]], path: str, given_to: _GivenTo = _nothing
    ) -> Judgement | None:
        """Judge program and arguments whose event parts are marked; None where there is nothing against them."""
        if not arguments:
            return None
        program = arguments[0].rpartition("/")[2]
        if program in STARTERS:
            start = find_started(arguments, events)
            if start >= 0:
                return self._started(arguments, events, start, path, given_to)
            return _refuse_code(path) if any(map(any, events[1:])) else None
        base = base_of(program)
        if judgement := self.script(arguments, events, given_to):
            return judgement
        interprets = base in INTERPRETERS
        places = places_of(arguments) if interprets else []
        code = CODE_OPTIONS.get(base, frozenset())
        ends_options = takes_command = False
        worst: Judgement | None = None
        chosen = chosen_words(arguments, events)
        for index in range(1, len(arguments)):
            argument, marked, before = arguments[index], events[index], arguments[index - 1]
            if argument in COMMAND_OPTIONS and not marked[0]:
                takes_command = True
                continue
            if not any(marked):
                ends_options = ends_options or argument == "--"
                takes_command = takes_command and argument not in (";", "+")
                continue
            if index in chosen:
                continue
            takes_next = is_value(arguments, events, index)
            if base in SHELLS and places[index] == "operand":
                # Its own name and what it is called with.
                ends_options = True
            is_option = argument[0] == "-" or (base == "find" and argument in FIND_SIGNS)
            if (
                marked[0]
                and is_option
                and not (ends_options or takes_next or self._own.is_constant(argument))
            ):
                return refuse("argv.option", path)
            if base == "curl" and _names_file(before, argument, marked):
                return refuse("argv.option", path)
            if base == "sed" and (
                stays_in_substitution(argument, marked)
                or (
                    argument[0] != "-"
                    and before[-1:] != "f"
                    and before != "--file"
                    and are_numbers(argument, marked, are_lists=True)
                )
                or (
                    all(marked)
                    and places[index] == "script"
                    and before[-1:] != "f"
                    and before != "--file"
                    and is_edit(argument)
                )
            ):
                continue
            if program in RUNNERS or takes_command or before in code or argument.partition("=")[0] in code:
                return _refuse_code(path)
            brought = "".join(sign for sign, one in zip(argument, marked, strict=True) if one)
            if base in FETCHERS and "\n" in brought and _HEADERS.search(f"{before}={argument}"):
                return refuse("argv.option", path)
            if base in FETCHERS and not takes_next:
                is_plain = _FETCHERS_FLAGS.fullmatch(before) is not None
                is_bare = base in ("curl", "wget") and all(marked) and is_plain
                globs = base == "curl" and is_plain and not any(map(_GLOBS_OFF.fullmatch, arguments))
                judgement = self._fetched(argument, marked, is_bare=is_bare, globs=globs)
                if judgement is not None:
                    return judgement
            if (base in SHELLS and _has_subscript(brought) and any(map(_computes, arguments[:index]))) or (
                base in MAKES and _REFERS.search(brought)
            ):
                return _refuse_code(path)
            is_code = before.startswith("-") and not before.startswith("--") and before.endswith("c")
            if base in SQL_CLIENTS:
                # A name or an address has no blank, a path may; commands of the program's own begin with a dot or a backslash.
                is_path = argument[0] == "/" and argument[1:2] != "*"
                if is_path or not (argument[0] in ".\\" or any(map(str.isspace, argument))):
                    continue
                judgement = self.sql(argument, base)
                if judgement.verdict == "refuse":
                    return judgement
                continue
            reads_script = base in PYTHONS and "-" in arguments[1:index]
            if not interprets or reads_script or places[index] == "operand":
                continue  # python handler.py {x}: an operand of the function's own script
            if base in SHELLS and is_code and self._depth < MAX_DEPTH:
                judgement = self._inner(argument)
            elif base in PYTHONS and is_code:
                judgement = self.python(argument)
            elif (base == "jq" and places[index] == "value" and before != "-L") or _are_values(
                base, arguments, events, index
            ):
                continue
            else:
                return _refuse_code(path)
            if judgement.verdict == "refuse":
                return self._within(judgement)
            if judgement.verdict == "unknown":
                worst = judgement
        return worst

    def _started(
        self, arguments: list[str], events: list[list[bool]], start: int, path: str, given_to: _GivenTo
    ) -> Judgement | None:
        """Judge the program that another one starts, which may have assigned variables: `env X={} sh -c 'eval "$X"'`."""
        before = [*zip(arguments[1:start], events[1:start], strict=True)]
        assigned = {one.partition("=")[0]: one.partition("=")[2] for one, marked in before if any(marked)}

        def give(script: str, *, is_same: bool) -> dict[str, list[str]]:
            return given_to(script, is_same=is_same) | {
                name: [value] for name, value in assigned.items() if name in script
            }

        words, marks = arguments[start:], events[start:]
        is_named = any(any(marked[: one.find("=") + 1]) for one, marked in before)
        if base_of(words[0]) in MAKES and (is_named or any(map(_REFERS.search, assigned.values()))):
            return _refuse_code(path)
        if is_named:
            # Of a name that the event has as well the script is not read further than to where that stands.
            judgement = self._given(words, marks, give)
            if (
                judgement is not None
                and judgement.verdict == "refuse"
                and judgement.rule in ("shell.structure", "shell.unreadable")
            ):
                return _refuse_code(path)
        return self._arguments(words, marks, path, give)

    def script(
        self, arguments: list[str], events: list[list[bool]], given_to: _GivenTo = _nothing
    ) -> Judgement | None:
        """Return the refusal of a line that a shell is given, for what that executes: for its operands its author answers."""
        judgement = self._given(arguments, events, given_to)
        if judgement is None or judgement.verdict != "refuse" or judgement.rule in _OF_OPERANDS:
            return None
        return judgement

    def _given(self, arguments: list[str], events: list[list[bool]], given_to: _GivenTo) -> Judgement | None:
        """Judge a line that a shell is given with what is in the variables that it uses: `sh -c 'eval "$1"' sh {}`."""
        base = base_of(arguments[0])
        at = len(arguments)
        if base in SHELLS:
            places = places_of(arguments)
            at = next(
                (
                    at
                    for at in range(2, len(arguments))
                    if _TAKES_LINE.fullmatch(arguments[at - 1]) and places[at] != "operand"
                ),
                at,
            )
        elif base in ("eval", "trap"):
            at = 1
        script = " ".join(arguments[at:] if base == "eval" else arguments[at : at + 1])
        if self._depth >= MAX_DEPTH or "$" not in script:
            return None
        given = given_to(script, is_same=base not in SHELLS)
        if base in SHELLS and any(map(any, events[at + 1 :])):
            given["0"] = arguments[at + 1 : at + 2]
            given["@"] = arguments[at + 2 :]
        if not given:
            return None
        names = [name for name, values in given.items() for _ in values]
        line = quote(value for values in given.values() for value in values)
        return self._inner(f"{line}\n{script}", names)

    def _fetched(self, argument: str, marked: list[bool], *, is_bare: bool, globs: bool) -> Judgement | None:
        """Judge the URL that an operand or an option's value is; None for other texts, or where it may be fetched.

        Of what `is_bare` a scheme may be missing: `127.0.0.1:8080/x`. In one that `globs` braces and brackets are a pattern's.
        """
        before = argument.partition("://")[0]
        # Of an option; otherwise "q=https" is no scheme.
        start = before.rfind("=") + 1 if before.startswith("-") else 0
        url = argument[start:]
        if not any(marked[start:]) or ("=" in before and not start and not any(marked[: before.find("=")])):
            return None
        if "::" in url.partition("/")[0]:
            # git's transports: ext::sh -c ...
            return _refuse_code("")
        if "://" not in url and is_bare and _HOST_FIRST.match(url):
            url = url if url.partition(":")[2][:1] == "/" else f"http://{url}"
        elif "://" not in url:
            return None
        if globs and any(sign in "{[" and its for sign, its in zip(argument, marked, strict=True)):
            # curl makes several URLs of it: /{a,..}/b
            return refuse("url.structure", "")
        judgement = judge_url(url, self._provenance, self._own)
        return judgement if judgement.verdict == "refuse" else None


def _are_values(base: str, arguments: list[str], events: list[list[bool]], index: int) -> bool:
    """Say whether the event's part of what an interpreter is given, which is no operand of a script's, only are values there."""
    argument, marked, before = arguments[index], events[index], arguments[index - 1]
    is_program = before not in PROGRAM_FILES
    if base in AWKS:
        return (
            # What separates fields; and the value of a variable that the function names.
            before == "-F"
            or (argument[:2] == "-F" and not any(marked[:2]))
            or (
                before == "-v"
                and not any(marked[: argument.find("=") + 1 or None])
                and not any(
                    USES_NAMES["awk"].search(one)
                    for one, its in zip(arguments[1:], events[1:], strict=True)
                    if not any(its)
                )
            )
            or (is_program and are_fields(argument, marked))
            or (
                is_program
                and all(marked)
                and is_report(argument, has_variables=any(map(_GIVES_VARIABLES.match, arguments)))
            )
            or (
                is_program
                and not (all(marked) or argument[0] == "-")
                and are_literals(argument, marked, "awk")
            )
        )
    if base == "jq":
        return (
            is_program
            and argument[0] != "-"
            and (are_keys(argument, marked) or (not all(marked) and are_literals(argument, marked, "jq")))
        ) or (
            all(marked)
            and before not in ("-L", "--library-path")
            and not any(map(_READS_FILTER.match, arguments))
            and is_filter(argument, has_variables=not NAMED_BY_TWO.isdisjoint(arguments))
        )
    return (
        base in ("node", "perl", "ruby")
        and before in ("-e", "-E", "-p")
        and (are_literals(argument, marked, base) or are_numbers(argument, marked))
    )


def _computed_words(reading: Reading, variables: Variables) -> Iterator[Word]:
    """Yield what variables hold, and the words of which commands take the names of variables."""
    yield from variables.every()
    for words in reading.commands:
        for variant in variables.of(words):
            program = program_of(variant)
            texts = [word.text() for word in program[:3]]
            if texts and (texts[0] in _TAKES_NAMES or "-v" in texts):
                yield from program


def _is_text(words: list[Word], word: Word) -> bool:
    """Say whether the words that one is split into are no more than text: `echo` prints them."""
    text = word.text()
    return (
        program_of(words)[0].text() == "echo" and " -" not in text and not frozenset("*?[").intersection(text)
    )


def _is_executed(words: list[Word], word: Word) -> bool:
    """Say whether what a word is split into is a command line again: `eval $X`, `sudo sh -c $X`."""
    texts = [one.text() for one in program_of(words) if one.start <= word.start]
    for at, text in enumerate(texts[:-1]):
        base = base_of(text)
        if base in _EXECUTES or (base in SHELLS and _TAKES_LINE.fullmatch(texts[-2])):
            return True
        if at == 0 and base not in STARTERS:
            break
    return False


def _is_own_program(name: str, start: int, end: int, taint: Taint, own: OwnText) -> bool:
    """Say whether a program is the function's; one that the event names as a whole only where the function names it, too."""
    return own.is_string(name) if taint.all(start, end) else own.is_constant(name, generators=True)


def _quoted_values(command: str, reading: Reading) -> bytearray:
    """Mark the words that are quoted as shlex.quote quotes what they say: each is one value, whoever wrote the quotes.

    "' OR '" of an event lies in 'a'"'"' OR '"'"'b' as well, a quote further on than where it was put.
    """
    marks = bytearray(len(command))
    for word in (word for words in reading.commands for word in words):
        if (
            command.startswith("'", word.start)
            and command[word.start : word.end] == quote([word.text()])
            # Blanks of it make several words where its command's output is not quoted.
            and ACTIVE not in reading.kinds[word.start : word.end]
        ):
            mark(marks, word.start, word.end)
    return marks


def _add_printed(command: str, reading: Reading, taint: Taint, marks: bytearray) -> None:
    """Mark the blanks between words that `echo` prints: one word more is no other command.

    Unless what it prints is a command's input, or is in a file when another command runs.
    """
    line = "".join(sign if kind == ACTIVE else " " for sign, kind in zip(command, reading.kinds, strict=True))
    passed_on = max(map(line.rfind, _PASSED_ON))
    last = max((number for number, words in enumerate(reading.commands) if words), default=0)
    for number, words in enumerate(reading.commands):
        programs = [at for at, word in enumerate(words) if word.is_command]
        first = programs[-1] if programs else len(words)
        if first + 1 >= len(words) or words[first].text() != "echo":
            continue
        start, end = words[first].start, words[first].end
        if passed_on >= start or (">" in line and number < last) or taint.any(start, end):
            continue
        for before, word in zip(words[first:-1], words[first + 1 :], strict=True):
            if not (before.redirects or word.redirects or word.text()[:1] == "-"):
                mark(marks, before.end, word.start)


def _add_escapers(command: str, taint: Taint, marks: bytearray) -> None:
    """Mark the quotes that are shlex.quote's, though "it'" stands in the event as well: 'it'"'"'s'."""
    for found in _ESCAPED_QUOTE.finditer(command):
        start, end = found.span(1)
        marks[start] |= not taint.mask[start + 1]
        if start:
            marks[end - 1] |= not taint.mask[end - 2]


def _leads_up(command: str, word: Word, marked: list[bool], own: OwnText) -> bool:
    """Say whether a word has a `..` that the function does not say, or in which, or beside which, the event has a part."""
    at = 0
    for part in word.text().split("/"):
        end = at + len(part)
        if part == ".." and (
            # More than "../" alone, which a function has as a constant that removes it.
            any(marked[max(at - 1, 0) : end + 1])
            or not says_parent(command, word.origin[at], own, least=len("../") + 1)
        ):
            return True
        at = end + 1
    return False


def _find_split(words: list[str], provenance: Provenance, own: OwnText) -> Iterator[tuple[int, str]]:
    """Yield which words are pieces of a value that the function has split, with its path: alone, each may be too short to tell."""
    line = " ".join(words)
    number, start = 0, 0
    for span in contributed(line, provenance, own) if len(words) > 1 and "-" in line else ():
        while number < len(words) and start < span.start:
            start += len(words[number]) + 1
            number += 1
        inside: list[int] = []
        while number < len(words) and start + len(words[number]) <= span.end:
            inside += [number] if words[number] else []
            start += len(words[number]) + 1
            number += 1
        for one in inside if len(inside) > 1 else ():
            if not own.is_constant(words[one]):
                yield one, span.path


def _names_file(option: str, value: str, marked: list[bool]) -> bool:
    """Say whether the event's part of an option's value begins a file's name to curl: `@name`, and `x=@name` in a form."""
    if option[:1] != "-" or option in ("--data-raw", "--form-string"):
        return False
    at = value.find("=") + 1 if option in ("-F", "--form") else 0
    if option == "--data-urlencode":
        at = max(value.partition("=")[0].find("@"), 0)
    return value[at : at + 1] in ("@", "<") and marked[at]
