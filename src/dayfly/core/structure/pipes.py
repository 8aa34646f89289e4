"""Says what of the event comes to a command's input, through pipes, files and here-documents."""

from __future__ import annotations

import re
from itertools import chain

from dayfly.core.structure.judgement import Unreadable
from dayfly.core.structure.programs import script_of
from dayfly.core.structure.shellwords import ACTIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.core.structure.judgement import Taint
    from dayfly.core.structure.shellwords import Reading, Word


# What stands before a redirection's word: a descriptor, "<" or ">", and "&" where that is another descriptor; and how far back.
_REDIRECTION = re.compile(r"([0-9]+|\{\w+\}|)([<>])[<>|]?(&?)[ \t]*\Z")
_SUBSTITUTION = re.compile(r"(?<![0-9])([0-9]+|\{\w+\}|)([<>])(?:[ \t]*[<>]\(|<)")
_WIDEST = 24
_COPIES = frozenset(("cp", "mv", "ln", "install"))
# How many commands are asked for what they print.
_MANY_STEPS = 1_000_000


def program_of(words: list[Word]) -> list[Word]:
    """Return a simple command's name and operands, without assignments and reserved words before and redirections."""
    names = [at for at, word in enumerate(words) if word.is_command]
    return [word for word in words[names[-1] if names else 0 :] if not word.redirects]


def with_output(word: Word, kinds: bytearray, mask: bytearray) -> Word:
    """Return a word with what commands in it may print, all that the event has there, instead of these commands."""
    active = [at for at, origin in enumerate(word.origin) if kinds[origin] == ACTIVE]
    first = next(
        (at for at in active if word.value[at] == "`" or word.value[at : at + 2] == ["$", "("]), None
    )
    last = next((at for at in reversed(active) if word.value[at] in "`)"), -1)
    if first is None or not any(mask[at] for at in word.origin[first:last]):
        return word
    found = word.part(0, first)
    for at in range(first, last):
        if mask[word.origin[at]]:
            found.take(word.part(at, at + 1))
    found.take(word.part(last + 1))
    return found


class Inputs:
    """What each command of a line reads of what stands in it."""

    __slots__ = ("_commands", "_given", "_kinds", "_left", "_mask", "_programs", "_reads")

    def __init__(
        self, command: str, reading: Reading, taint: Taint, commands: dict[int, list[list[Word]]]
    ) -> None:
        """`commands` has what those of `reading` may be, with their variables' values."""
        self._commands = commands
        self._mask, self._kinds = taint.mask, reading.kinds
        self._left = _MANY_STEPS
        # By where a command begins: whose output it reads; the interpreter that executes it as a script; and of what is
        # between the lines for it, what the event has a part in.
        self._reads: dict[int, list[list[list[Word]]]] = {}
        self._programs: dict[int, list[str]] = {}
        self._given: dict[int, list[Word]] = {}
        for writers, reader in filter(lambda one: one[1], reading.passes):
            self._reads.setdefault(reader[0].start, []).append(writers)
        for writers, reader, program in _passed_by_files(command, reading, commands):
            self._reads.setdefault(reader[0].start, []).append(writers)
            if program:
                self._programs[reader[0].start] = program
        for words, text in reading.inputs:
            # Behind a parenthesis there may be no word that reads it.
            readers = (
                [words] if words else [one for by, all_of in reading.blocks if by is words for one in all_of]
            )
            texts = [
                with_output(one, reading.kinds, taint.mask)
                for variant in commands.get(text.start, [[text]])
                for one in variant
                if self._has_event(one)
            ]
            for reader in readers if texts else ():
                self._given.setdefault(reader[0].start, []).extend(texts)
        for end_of, members in reading.blocks:
            # Whatever is given to its end, `done < x`, all of a block may read.
            if end_of and (end_of[0].start in self._reads or end_of[0].start in self._given):
                for member in members:
                    self._reads.setdefault(member[0].start, []).append([end_of])

    def has_any(self, words: list[Word]) -> bool:
        return bool(words) and (words[0].start in self._reads or words[0].start in self._given)

    def read_by(self, words: list[Word]) -> list[str]:
        return self._programs.get(words[0].start) or [word.text() for word in program_of(words)]

    def of_event(self, words: list[Word], *, is_for_shell: bool) -> list[Word]:
        """Return what comes to a command from the event: words that others print, and here-documents.

        For a shell, all that others have for operands.
        """
        found: list[Word] = []
        seen: set[int] = set()
        todo = [words]
        while todo:
            reader = todo.pop()[0].start
            found += self._given.get(reader, ())
            for writer in chain.from_iterable(self._reads.get(reader, ())):
                self._left -= 1
                if self._left < 0:
                    raise Unreadable("commands that read each other")
                if writer[0].start in seen:
                    continue
                seen.add(writer[0].start)
                todo.append(writer)
                for variant in self._commands.get(writer[0].start, [writer]):
                    program = program_of(variant)
                    if is_for_shell or (program and program[0].text() in ("echo", "printf")):
                        found += (
                            with_output(one, self._kinds, self._mask)
                            for one in program[1:]
                            if self._has_event(one)
                        )
        return sorted(found, key=lambda word: word.start)

    def _has_event(self, word: Word) -> bool:
        return any(self._mask[at] for at in word.origin)


def _passed_by_files(
    command: str, reading: Reading, commands: dict[int, list[list[Word]]]
) -> Iterator[tuple[list[list[Word]], list[Word], list[str]]]:
    """Yield which commands write a file and which one reads or executes it, in whatever order; as a script, with whom.

    `exec` stands between the file that it opens and the commands behind it, which have the file by its descriptor.
    """
    written: dict[str, list[list[Word]]] = {}
    used: list[tuple[str, list[Word], list[str]]] = []
    opened: dict[str, tuple[list[Word], str]] = {}
    blocks = {end_of[0].start: members for end_of, members in reading.blocks if end_of}
    for words in sorted(filter(None, reading.commands), key=lambda words: words[0].start):
        is_exec = False
        copied = ["1", "0"]
        writes = []
        for variant in commands.get(words[0].start, [words]):
            texts = [word.text() for word in program_of(variant)]
            number, script = script_of(texts)
            used.append((script, words, texts[:number] or ["sh"]))
            used += ((text, words, []) for text in texts[1:])
            writes += (
                texts[1:] if texts[:1] == ["tee"] else texts[-1:] if texts and texts[0] in _COPIES else []
            )
            writes += (text[3:] for text in texts if text.startswith("of="))
            is_exec = is_exec or texts[:1] == ["exec"]
            for word in variant:
                found = _REDIRECTION.search(command, max(word.start - _WIDEST, 0), word.start)
                if not word.redirects or found is None:
                    continue
                if found[3]:
                    copied.append(word.text().strip("${}"))
                elif found[2] == ">":
                    writes.append(word.text())
                else:
                    used.append((word.text(), words, []))
                if is_exec:
                    of_file = (words, found[2])
                    opened[_descriptor(*found.group(1, 2))] = (
                        opened.get(copied[-1], of_file) if found[3] else of_file
                    )
        for file in writes:
            written.setdefault(file.removeprefix("./"), []).extend([words, *blocks.get(words[0].start, ())])
        if is_exec:
            for descriptor, sign in _SUBSTITUTION.findall(command, words[0].start, words[-1].end + _WIDEST):
                opened[_descriptor(descriptor, sign)] = (words, sign)
            continue
        for one, sign in {number: opened[number] for number in copied if number in opened}.values():
            yield ([words], one, []) if sign == ">" else ([one], words, [])
    for file, words, program in used:
        if file.removeprefix("./") in written:
            yield written[file.removeprefix("./")], words, program


def _descriptor(named: str, sign: str) -> str:
    return named.strip("{}") or ("1" if sign == ">" else "0")
