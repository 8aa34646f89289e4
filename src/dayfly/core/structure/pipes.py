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


def printed(
    words: list[Word], reads: dict[int, list[list[Word]]], reading: Reading, taint: Taint, *, to_shell: bool
) -> str:
    """Return what comes to a command from the event: words that others print, and, for a shell, have for operands.

    And here-documents.
    """
    found: dict[int, str] = {}
    seen: set[int] = set()
    todo = [words]
    while todo:
        reader = todo.pop()
        found.update(
            (start, text)
            for one, text, start, end in reading.inputs
            if one is reader and taint.any(start, end)
        )
        for writer in reads.get(reader[0].start, ()):
            if writer[0].start in seen:
                continue
            seen.add(writer[0].start)
            todo.append(writer)
            program = program_of(writer)
            if to_shell or (program and program[0].text() in ("echo", "printf")):
                found.update(
                    (word.start, word.text()) for word in program[1:] if taint.any(word.start, word.end)
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


def passed_by_files(command: str, reading: Reading) -> Iterator[tuple[list[Word], list[Word], list[str]]]:
    """Yield which command writes a file and which one reads or executes it; as a script, with whom."""
    written: dict[str, list[list[Word]]] = {}
    blocks = {end[0].start: members for end, members in reading.blocks}
    in_order = sorted(filter(None, reading.commands), key=lambda words: words[0].start)
    # Twice: in a loop what stands behind comes before.
    for words in in_order * 2:
        texts = [word.text() for word in program_of(words)]
        number, script = script_of(texts)
        used = [(script, texts[:number] or ["sh"], [words])]
        writes = texts[1:] if texts[:1] == ["tee"] else []
        for word in words:
            at = word.start - 1
            while word.redirects and command[at] in " \t&|":
                at -= 1
            if word.redirects and command[at] == ">":
                writes.append(word.text())
            elif word.redirects:
                used.append((word.text(), [], [words, *blocks.get(words[0].start, ())]))
        for file, program, readers in used:
            for writer in written.get(file.removeprefix("./"), ()):
                yield from ((writer, reader, program) for reader in readers)
        for file in writes:
            written.setdefault(file.removeprefix("./"), []).append(words)
