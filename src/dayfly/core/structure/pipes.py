"""Says what of the event comes to a command's input, through pipes, files and here-documents."""

from __future__ import annotations

import re

from dayfly.core.structure.programs import INTERPRETERS, RUNNERS, base_of, script_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.core.structure.judgement import Taint
    from dayfly.core.structure.shellwords import Reading, Word


def program_of(words: list[Word]) -> list[Word]:
    """Return a simple command's name and operands, without assignments and reserved words before and redirections."""
    names = [at for at, word in enumerate(words) if word.is_command]
    return [word for word in words[names[-1] if names else 0 :] if not word.redirects]


class Inputs:
    """What each command of a line reads of what stands in it."""

    __slots__ = ("_given", "_programs", "_reads", "_taint")

    def __init__(self, command: str, reading: Reading, taint: Taint) -> None:
        self._taint = taint
        # By where a command begins: whose output it reads; the interpreter that executes it as a script; and of what is
        # between the lines for it, what the event has a part in.
        self._reads: dict[int, list[list[Word]]] = {}
        self._programs: dict[int, list[str]] = {}
        self._given: dict[int, dict[int, str]] = {}
        for writers, reader in reading.passes:
            self._reads.setdefault(reader[0].start, []).extend(writers)
        for writer, reader, program in _passed_by_files(command, reading):
            self._reads.setdefault(reader[0].start, []).append(writer)
            if program:
                self._programs[reader[0].start] = program
        for words, text, start, end in reading.inputs:
            # Behind a parenthesis there may be no word that reads it.
            readers = (
                [words] if words else [one for by, all_of in reading.blocks if by is words for one in all_of]
            )
            for reader in readers if taint.any(start, end) else ():
                self._given.setdefault(reader[0].start, {})[start] = text
        for end_of, members in reading.blocks:
            # Whatever is given to its end, `done < x`, all of a block may read.
            if end_of and (end_of[0].start in self._reads or end_of[0].start in self._given):
                for member in members:
                    self._reads.setdefault(member[0].start, []).append(end_of)

    def has_any(self, words: list[Word]) -> bool:
        """Say whether a command reads anything of the line."""
        return bool(words) and (words[0].start in self._reads or words[0].start in self._given)

    def read_by(self, words: list[Word]) -> list[str]:
        """Return the program, with its operands, that reads a command's input."""
        return self._programs.get(words[0].start) or [word.text() for word in program_of(words)]

    def of_event(self, words: list[Word], *, is_for_shell: bool) -> str:
        """Return what comes to a command from the event: words that others print, and here-documents.

        For a shell, all that others have for operands.
        """
        found: dict[int, str] = {}
        seen: set[int] = set()
        todo = [words]
        while todo:
            reader = todo.pop()[0].start
            found.update(self._given.get(reader, {}))
            for writer in self._reads.get(reader, ()):
                if writer[0].start in seen:
                    continue
                seen.add(writer[0].start)
                todo.append(writer)
                program = program_of(writer)
                if is_for_shell or (program and program[0].text() in ("echo", "printf")):
                    found.update(
                        (word.start, word.text())
                        for word in program[1:]
                        if self._taint.any(word.start, word.end)
                    )
        return "\n".join(text for _, text in sorted(found.items()))


def is_executed(command: str, reader: list[Word], read_by: list[str], reading: Reading) -> bool:
    """Say whether commands behind `reader`, which has read lines into variables (`read`), execute what is in these."""
    names = [word for word in read_by[1:] if word.isidentifier()] or ["REPLY", "MAPFILE"]
    uses = re.compile(r"\$\{?(?:" + "|".join(names) + r")(?!\w)")
    for words in reading.commands:
        program = program_of(words) if words and words[0].start > reader[0].start else []
        texts = [word.text() for word in program]
        if not program or not uses.search(command, program[0].start, program[-1].end):
            continue
        name = base_of(texts[0])
        executes = name in RUNNERS or (
            name in INTERPRETERS and any(one[:1] == "-" and one[-1:] in "ce" for one in texts)
        )
        if executes or uses.match(command, program[0].start) or uses.match(command, program[0].start + 1):
            return True
    return False


def _passed_by_files(command: str, reading: Reading) -> Iterator[tuple[list[Word], list[Word], list[str]]]:
    """Yield which command writes a file and which one reads or executes it; as a script, with whom."""
    written: dict[str, list[list[Word]]] = {}
    in_order = sorted(filter(None, reading.commands), key=lambda words: words[0].start)
    # Twice: in a loop what stands behind comes before.
    for words in in_order * 2:
        texts = [word.text() for word in program_of(words)]
        number, script = script_of(texts)
        used = [(script, texts[:number] or ["sh"])]
        writes = texts[1:] if texts[:1] == ["tee"] else []
        for word in words:
            at = word.start - 1
            while word.redirects and command[at] in " \t&|":
                at -= 1
            if word.redirects and command[at] == ">":
                writes.append(word.text())
            elif word.redirects:
                used.append((word.text(), []))
        for file, program in used:
            yield from ((writer, words, program) for writer in written.get(file.removeprefix("./"), ()))
        for file in writes:
            written.setdefault(file.removeprefix("./"), []).append(words)
