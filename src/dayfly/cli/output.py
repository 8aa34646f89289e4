"""The only place that prints: rich on a terminal, plain in a pipe, JSON lines when asked."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from rich.console import RenderableType

# A program that reads a pipe looks for whole names, one record a line, whatever COLUMNS says of somebody's terminal.
_PIPE_WIDTH = 10_000
_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROLS = {number: "?" for number in (*range(32), *range(127, 160)) if chr(number) != "\t"}


class _Screen(Console):
    """A console that leaves a closed pipe to `dayfly.cli.main`; rich's own ends the program with 1, which means a finding."""

    def on_broken_pipe(self) -> None:
        """Raise the BrokenPipeError that rich is handling."""
        raise


class Output:
    """Results go to standard output, errors to standard error.

    `is_json` leaves nothing but JSON on standard output; `is_live` says that somebody watches, so
    progress and events are worth printing.
    """

    def __init__(self, *, is_json: bool = False) -> None:
        self.is_json = is_json
        self.console = _Screen(highlight=False, soft_wrap=True)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self.is_live = self.console.is_terminal and not is_json
        # Progress of a command whose result may go into a pipe while somebody watches.
        self.progress = self._errors
        self.is_watched = self._errors.is_terminal

    @property
    def can_ask(self) -> bool:
        """Say whether somebody is there who can answer."""
        return self.is_live and sys.stdin.isatty()

    def ask(self, question: str) -> bool:
        """Ask a question on the terminal; only y and yes mean yes."""
        try:
            answer = self.console.input(f"{escape(question)} \\[y/N] ")
        except EOFError:
            return False
        return answer.strip().lower() in ("y", "yes")

    def say(self, text: str, *, style: str = "") -> None:
        """A line for people; not printed with --json."""
        if not self.is_json:
            self.console.print(escape(text), style=style)

    @property
    def width(self) -> int:
        """How wide what `draw` draws may be."""
        return self.console.width if self.console.is_terminal else _PIPE_WIDTH

    def draw(self, drawn: RenderableType, *, most: int = _PIPE_WIDTH) -> None:
        """A table of results: as wide as the terminal, at most `most`. In a pipe nothing is wrapped or cut, and no line ends in blanks."""
        if self.console.is_terminal:
            self.console.print(drawn, width=min(self.width, most), soft_wrap=False)
            return
        # `print` takes no width beyond the console's own.
        console = Console(highlight=False, width=self.width)
        with console.capture() as captured:
            console.print(drawn)
        self.text(_BLANKS.sub("", captured.get()))

    def record(self, source: str, text: str, *, style: str = "") -> None:
        """What a program wrote, each of its lines behind its source, all at once.

        Control characters are shown as `?`: a program that an attacker has changed must not drive this terminal.
        """
        encoding = sys.stdout.encoding
        shown = text.rstrip("\r\n").encode(encoding, "replace").decode(encoding)
        lines = [line.translate(_CONTROLS) for line in _LINE_END.split(shown)]
        if not self.console.is_terminal:
            # Not by rich, which takes over a hundred times as long and turns tabs into spaces.
            self.text("".join(f"{source} | {line}\n" for line in lines))
            return
        drawn = (Text.assemble((f"{source} | ", "dim"), (line.expandtabs(), style)) for line in lines)
        self.console.print(Text("\n").join(drawn))

    def silence(self) -> None:
        """Discard what is printed from now on: nobody reads standard output any more."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

    def text(self, text: str) -> None:
        """A document of another kind than JSON, as it is."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """A line for people beside the result, which may be in a file or a pipe."""
        self._errors.print(escape(text))

    def json(self, value: Mapping[str, object]) -> None:
        """One JSON document on a line of its own, whatever the terminal."""
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()

    def warn(self, text: str) -> None:
        self._errors.print(f"[yellow]warning:[/] {escape(text)}")

    def fail(self, error: DayflyError) -> None:
        """`error: …` and `hint: …`, as every command ends on a DayflyError."""
        self._errors.print(f"[bold red]error:[/] {escape(error.message)}")
        if error.hint:
            self._errors.print(f"[bold]hint:[/] {escape(error.hint)}")
