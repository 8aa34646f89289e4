"""Follows the variables of a command line: its commands' words once the shell has put in what the line assigned."""

from __future__ import annotations

import re
from bisect import bisect_left

from dayfly.core.structure.judgement import Unreadable
from dayfly.core.structure.pipes import Inputs, program_of
from dayfly.core.structure.programs import OBEYED, is_obeyed
from dayfly.core.structure.shellwords import SPLITTING, is_assignment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dayfly.core.structure.judgement import Taint
    from dayfly.core.structure.shellwords import Reading, Word

# Commands whose operands are assignments.
DECLARES = frozenset(("export", "readonly", "declare", "typeset", "local"))
# The names in $x, ${x:-$y} and, with a sign for all its words, ${x[@]}; the length ${#x} has none. `${!x}` has a variable's name.
_NAMES = re.compile(r"\$\{?(!?)(\w+|[@*])(?:\[([@*]))?")
_DEFAULT = re.compile(r"\$\{(\w+):?=")
_IN_SCRIPT = re.compile(r"\$\{?!?([A-Za-z_]\w*)")
_FUNCTION = re.compile(r"(?<![\w.:-])([\w.:-]+)[ \t]*\([ \t]*\)|\bfunction[ \t]+([\w.:-]+)")
# What stands in these is executed after what stands behind it, too.
_REPEATS = frozenset(("for", "while", "until", "select"))
# How often a line is read for what loops and functions assign, and how many characters its variables put into it.
_MANY_ROUNDS = 4
_MANY_TIMES = 8
_MANY_CHARACTERS = 100_000
# Between `$(` and the command in it.
_MANY_BLANKS = 100


class Variables:
    """What the commands of a line may be, by where they begin, and what they read.

    A variable may have several values, each of several words if it is an array. The first command has a word for each of
    `given`, variables that are known before; "@1" is the first value of "@". Raises Unreadable where that is too much to judge.
    """

    def __init__(self, command: str, reading: Reading, taint: Taint, given: Sequence[str] = ()) -> None:
        self._command = command
        self._mask = taint.mask
        self._outputs = reading.outputs
        # Commands that print into another one.
        self._piped = {words[0].start for feeds, by in reading.passes if by for words in feeds if words}
        self.functions = {one or other for one, other in _FUNCTION.findall(command)}
        self._shifts = "shift" in command
        # By name and by text and the event's part of that; and the values that a variable is sure to have.
        self._ever: dict[str, dict[object, list[Word]]] = {}
        self._latest: dict[str, list[list[Word]]] = {}
        self._left = _MANY_TIMES * len(command) + _MANY_CHARACTERS
        # Where the event has a part in what makes later commands execute something, or -1.
        self.obeyed = -1
        self.commands: dict[int, list[list[Word]]] = {}
        self.inputs = Inputs(command, reading, taint, self.commands)
        if taint.mask.find(1) < 0:
            return
        called: dict[str, list[Word]] = {}
        for name, word in zip(given, reading.commands[0], strict=False):
            word.is_command = False
            if name[0] == "@":
                called.setdefault(name, []).append(word)
            else:
                self._assign(name, [[word]], is_sure=False)
        self._assign("@", [*called.values()], is_sure=False)
        if given:
            reading.commands[0] = []
        in_blocks = {words[0].start for _, members in reading.blocks for words in members if words}
        in_order = [*filter(None, reading.commands), *([text] for _, text in reading.inputs)]
        in_order.sort(key=lambda words: words[0].start)
        repeats = bool(self.functions) or any(
            word.is_command and word.text() in _REPEATS for words in in_order for word in words
        )
        for number in range(_MANY_ROUNDS):
            known = sum(map(len, self._ever.values()))
            self._left = _MANY_TIMES * len(command) + _MANY_CHARACTERS
            self._latest.clear()
            before: list[Word] = []
            end = 0
            for words in in_order:
                start = words[0].start
                is_apart = start in in_blocks or words[0].redirects
                lead = command[end:start]
                self.commands[start] = self._expand(words, is_sure=not (is_apart and repeats))
                is_sure = not (is_apart or "&&" in lead or "||" in lead)
                if lead.rstrip() == "(" and before and before[-1].text()[-1:] == "=":
                    self._assign(before[-1].text().rstrip("+="), self.commands[start], is_sure=False)
                else:
                    self._execute(self.commands[start], is_sure=is_sure)
                before, end = words, max(end, words[-1].end)
            self.inputs = Inputs(command, reading, taint, self.commands)
            if number and sum(map(len, self._ever.values())) == known:
                return

    def of(self, words: list[Word]) -> list[list[Word]]:
        return self.commands.get(words[0].start, [words]) if words else [words]

    def every(self) -> Iterator[Word]:
        return (word for values in self._ever.values() for value in values.values() for word in value)

    def given_to(self, script: str, *, is_same: bool) -> dict[str, list[str]]:
        """Return what a script within this line may use of its variables; also what this shell was called with, if it `is_same`."""
        found: dict[str, list[str]] = {}
        for name in sorted(self._ever.keys() & set(_IN_SCRIPT.findall(script))) if self._ever else ():
            found[name] = [word.text() for word in self._every(name)]
        if is_same and "$" in script:
            for number, value in enumerate(self._ever.get("@", {}).values()):
                found[f"@{number}"] = [word.text() for word in value]
        self._spend(sum(len(text) for texts in found.values() for text in texts))
        return found

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Unreadable("variables in variables in variables")

    def _known(self, name: str, *, is_sure: bool = False) -> list[list[Word]]:
        return (
            self._latest[name] if is_sure and name in self._latest else [*self._ever.get(name, {}).values()]
        )

    def _brought(self, words: Iterable[Word]) -> list[int]:
        return [at for word in words for at in word.origin if self._mask[at]]

    def _assign(self, name: str, values: list[list[Word]], *, is_sure: bool) -> None:
        if is_sure:
            self._latest[name] = values
        else:
            self._latest.pop(name, None)
        for value in values:
            brought = self._brought(value)
            texts = tuple(word.text() for word in value)
            self._spend(sum(map(len, texts)) + 1)
            if brought and is_obeyed(name, texts):
                self.obeyed = brought[0]
            self._ever.setdefault(name, {})[(texts, len(brought))] = value

    def _values(self, text: str, *, is_sure: bool) -> list[list[Word]]:
        """Return what may be put in for `$x` or `${...}`."""
        found: list[list[Word]] = []
        for sign, name, all_of in _NAMES.findall(text):
            is_number = name.isdigit() and name != "0"
            values = self._known("@" if is_number or name == "*" else name, is_sure=is_sure)
            if (sign and not all_of) or text[-3:-1] == "@P":
                if any(map(self._brought, values)):
                    raise Unreadable("a variable whose value is evaluated")
                names = [word.text() for value in values for word in value]
                values = [value for one in names for value in self._known(one, is_sure=is_sure)]
            first = int(name) - 1 if is_number else 0
            end = first + 1 if is_number and not self._shifts else None
            if all_of or name in "@*":
                found += values
            if not (all_of or name in "@*") or ":" in text:  # `${x[@]:1}` begins at any of them
                found += ([word] for value in values for word in value[first:end])
        return found

    def _expand(self, words: list[Word], *, is_sure: bool) -> list[list[Word]]:
        chosen: dict[tuple[int, int], list[list[Word]]] = {}
        for word in words:
            for at, end, _ in word.expansions:
                values = self._values(self._command[at:end], is_sure=is_sure)
                for inner in filter(None, self._outputs.get(at, ()) if at == end else ()):
                    program = program_of(inner)
                    if not program or program[0].text() == "cat":
                        values += ([one] for one in self.inputs.of_event(inner, is_for_shell=False))
                    elif program[0].text() in ("echo", "printf") and inner[0].start not in self._piped:
                        printed = [program_of(one)[1:] for one in self._expand(inner, is_sure=is_sure)]
                        values += filter(self._brought, printed)
                if values:
                    chosen[at, end] = values
                for name in _DEFAULT.findall(self._command, at, end):
                    self._assign(name, values, is_sure=False)
        if not chosen:
            return [words]
        program = program_of(words)
        name = program[0].text() if program else ""
        splits = bool(program) and name not in ("case", "[[", *DECLARES)
        return [
            [
                piece
                for word in words
                for piece in self._put(word, chosen, number, splits=splits, is_list=name in ("for", "select"))
            ]
            for number in range(max(map(len, chosen.values())))
        ]

    def _places(
        self, word: Word, chosen: dict[tuple[int, int], list[list[Word]]]
    ) -> list[tuple[int, int, bool, list[list[Word]]]]:
        """Return what is to be put in and where: an output takes the place of its command, with the variables of that."""
        found = []
        first = len(self._command) + 1
        for at, end, is_quoted in reversed(word.expansions):
            if (at, end) in chosen and at < first:
                begin = self._begin(at) if at == end else at
                first = begin if at == end else first
                found.append((begin, end, is_quoted, chosen[at, end]))
        return found[::-1]

    def _begin(self, end: int) -> int:
        """Return where the command stands whose output is put in before `end`."""
        first = min(words[0].start for words in self._outputs[end] if words)
        begin = max(self._command.rfind(sign, max(0, first - _MANY_BLANKS), first) for sign in ("$(", "`"))
        return begin if begin >= 0 else end

    def _put(
        self,
        word: Word,
        chosen: dict[tuple[int, int], list[list[Word]]],
        number: int,
        *,
        splits: bool,
        is_list: bool,
    ) -> list[Word]:
        """Return the words that a shell makes of one; each variable has its value of this number.

        Who goes through the words of a value (`is_list`) wants it split.
        """
        self._spend(1)
        if all((at, end) not in chosen for at, end, _ in word.expansions):
            return [word]
        splits = splits and not word.redirects and not (word.is_command and is_assignment(word))
        pieces = [word.part(0, 0)]
        done = 0
        for at, end, is_quoted, values in self._places(word, chosen):
            start = bisect_left(word.origin, at)
            pieces[-1].take(word.part(done, start))
            done = bisect_left(word.origin, end)
            for count, value in enumerate(values[number % len(values)]):
                self._spend(len(value.value))
                if count and splits:
                    pieces.append(word.part(0, 0))
                if is_quoted or not splits:
                    pieces[-1].take(value)
                    continue
                begin = 0
                for place, sign in enumerate(value.value):
                    is_wanted = is_list and sign in " \t\n"
                    if sign in SPLITTING and self._mask[value.origin[place]] and not is_wanted:
                        pieces[-1].splits = value.origin[place]
                    elif sign in " \t\n":
                        pieces[-1].take(value.part(begin, place))
                        pieces.append(word.part(0, 0))
                        begin = place + 1
                pieces[-1].take(value.part(begin))
        pieces[-1].take(word.part(done))
        pieces = [piece for piece in pieces if piece.value] or pieces[:1]
        for piece in pieces[1:]:
            piece.is_command = False
        return pieces

    def _execute(self, variants: list[list[Word]], *, is_sure: bool) -> None:
        found: dict[str, list[list[Word]]] = {}
        for words in variants:
            program = program_of(words)
            texts = [word.text() for word in program] or [""]
            name, operands = texts[0], program[1:]
            is_sure = is_sure and (name == "set" or (program != [] and is_assignment(program[0])))
            named = [word for word in words if word.is_command and is_assignment(word)]
            if name in DECLARES:
                named += (word for word in operands if "=" in word.text())
                for word in operands:
                    variable = word.text().partition("=")[0]
                    brought = self._brought([word.part(0, len(variable))])
                    # `export {key}="{value}"` names variables that are anybody's.
                    if brought and (
                        variable.startswith(OBEYED) or is_obeyed(variable, ()) or not variable.isidentifier()
                    ):
                        self.obeyed = brought[0]
            for word in named:
                variable = word.text().partition("=")[0]
                value = word.part(len(variable) + 1)
                found.setdefault(variable, []).append([value])
                if name in DECLARES and any(text[:1] == "-" and "n" in text for text in texts):
                    found[variable] += self._known(value.text())
            names: Sequence[str] = texts[1:2]
            given: list[Word] = []
            if name in ("for", "select"):
                given = operands[2:] if texts[2:3] == ["in"] else self._every("@")
            elif name == "set":
                options = texts.index("--") if "--" in texts else 0
                while not options and operands and operands[0].text()[:1] in ("-", "+"):
                    operands = operands[1:]
                found["@"] = [*found.get("@", ()), operands[options:]]
            elif name in self.functions:
                found["@"] = [*found.get("@", ()), operands]
            elif name == "printf" and names == ["-v"]:
                names, given = texts[2:3], operands[2:]
            elif name == "eval":
                for word in operands:
                    variable, _, text = word.text().partition("=")
                    found.setdefault(variable, []).extend(self._values(text, is_sure=False))
            elif name == "getopts":
                names, given = ("OPTARG", *texts[2:3]), operands[2:] or self._every("@")
            elif name in ("read", "mapfile", "readarray"):
                names = [text for text in texts[1:] if text.isidentifier()]
                separators = " \t\n" if "-a" in texts or len(names) > 1 else "\n"
                names = names or ("REPLY", "MAPFILE")
                read = self.inputs.of_event(words, is_for_shell=False)
                given = [line for word in read for line in _split(word, separators)]
            elif name == "coproc":
                raise Unreadable("a coprocess")
            for variable in names if given else ():
                is_list = name in ("mapfile", "readarray")
                found.setdefault(variable, []).extend([given] if is_list else ([one] for one in given))
        for variable, values in found.items():
            self._assign(variable, values, is_sure=is_sure)

    def _every(self, name: str) -> list[Word]:
        return [word for value in self._known(name) for word in value]


def quote(words: Iterable[str]) -> str:
    return " ".join("'" + word.replace("'", "'\"'\"'") + "'" for word in words)


def _split(word: Word, separators: str) -> list[Word]:
    pieces = []
    start = 0
    for at, sign in enumerate([*word.value, "\n"]):
        if sign in separators:
            if at > start:
                pieces.append(word.part(start, at))
            start = at + 1
    return pieces
