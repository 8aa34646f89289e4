"""Draw what a scan found: by function, the worst first, each with its way from the event through the source."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from dayfly.scan.checks import CHECKS
from dayfly.scan.model import NoteKind, Severity
from dayfly.scan.report.excerpts import printable
from dayfly.scan.report.outcome import Standing
from dayfly.scan.report.snippets import cut_snippet, is_repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, RenderableType

    from dayfly.scan.model import Finding, Note, Place, Step
    from dayfly.scan.report.outcome import Item, Outcome

SEVERITY_STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold cyan",
    Severity.INFORMATIONAL: "bold blue",
}
_SOFT = "dim"
_PLACE = "cyan"
MAX_WIDTH = 120
_INDENT = 2
_MAX_STEPS = 12
_MAX_PLACES = 3
_PHASES = {"read": "reading", "check": "checking files and handlers"}
_NOTE_TITLES = {
    NoteKind.NOT_ANALYSABLE: "Could not be analysed",
    NoteKind.NOT_RESOLVED: "Could not be resolved",
    NoteKind.NOT_CHECKED: "Not checked",
    NoteKind.BOUNDED: "Limit reached",
    NoteKind.REFUSED: "Refused",
    NoteKind.THIRD_PARTY: "Third-party packages (not analysed)",
    NoteKind.SUPPRESSION: "Ignore comments",
}
_STANDINGS = {
    Standing.SUPPRESSED: "suppressed in the source",
    Standing.KNOWN: "in the baseline",
    Standing.ELSEWHERE: "not on changed lines",
}


class ScanProgress(Progress):
    """A bar per phase, gone when the result is there. Draws without a thread: a scan forks."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            TextColumn("{task.description:28}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            auto_refresh=False,
        )
        self._bars = {phase: self.add_task(text, total=None) for phase, text in _PHASES.items()}
        self._shown = 0.0

    def show(self, phase: str, done: int, total: int) -> None:
        """Move one phase's bar; at most ten times a second on the screen."""
        self.update(self._bars[phase], completed=done, total=total or None)
        now = self.get_time()
        if now - self._shown > 0.1:
            self._shown = now
            self.refresh()


def draw_outcome(outcome: Outcome, *, width: int) -> RenderableType:
    """Return the whole report, to be printed that wide."""
    parts: list[RenderableType] = []
    for function, group in groupby(outcome.open, key=lambda item: item.finding.function):
        parts += [Text(), Rule(_function_title(function, outcome), align="left", style=_SOFT, characters="─")]
        for item in group:
            parts += [Text(), *_draw_item(item, outcome, width)]
    parts += _draw_notes(outcome.notes, width)
    parts += _draw_summary(outcome, width)
    return Group(*parts)


def _function_title(function: str, outcome: Outcome) -> Text:
    if function:
        return Text.assemble((printable(function), "bold"))
    return Text("Code of no specific function" if outcome.functions else "Files", style="bold")


def _draw_item(item: Item, outcome: Outcome, width: int) -> Iterator[RenderableType]:
    finding = item.finding
    check = CHECKS.get(finding.check)
    head = Text()
    head.append(f" {finding.severity.name} ", style=SEVERITY_STYLES[finding.severity])
    head.append(f" {finding.check}", style="bold")
    if check is not None:
        head.append(f"  CWE-{check.cwe}", style=_SOFT)
    if finding.confidence != "high":
        head.append(f"  confidence {finding.confidence.value}", style=_SOFT)
    yield Padding(head, (0, 0, 0, 1), expand=False)
    if check is not None:
        yield Padding(Text(check.title, style="bold"), (0, 0, 0, _INDENT), expand=False)
    yield _paragraph(finding.message)
    yield from _draw_way(finding, outcome, width)
    if finding.harm:
        yield _labelled("harm", finding.harm)
    fix = finding.fix or (check.fix if check is not None else "")
    if fix:
        yield _labelled("fix", fix)
    if check is not None:
        yield _labelled("more", f"dayfly explain {finding.check}")


def _paragraph(text: str) -> RenderableType:
    return Padding(Text(printable(text)), (0, 0, 0, _INDENT), expand=False)


def _labelled(label: str, text: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=4, style=_SOFT)
    grid.add_column()
    grid.add_row(label, Text(printable(text)))
    return Padding(grid, (0, 0, 0, _INDENT), expand=False)


def _draw_way(finding: Finding, outcome: Outcome, width: int) -> Iterator[RenderableType]:
    """Each step's line with a mark below it; the file where it changes."""
    steps = finding.steps
    left_out = 0
    if len(steps) > _MAX_STEPS:
        left_out = len(steps) - _MAX_STEPS
        half = _MAX_STEPS // 2
        steps = (*steps[:half], *steps[-half:])
    places = [step.place for step in steps] or [finding.place]
    digits = max(len(str(place.line)) for place in places)
    path = ""
    for index, place in enumerate(places):
        if left_out and index == _MAX_STEPS // 2:
            yield _gutter("", digits, Text(f"… {left_out} more steps", style=_SOFT))
        if place.path != path:
            path = place.path
            yield _where(place, finding.place if not steps else None)
        step = steps[index] if steps else None
        yield from _draw_step(place, step, outcome, width, digits, is_last=index == len(places) - 1)


def _where(place: Place, finding: Place | None) -> Text:
    """Never wrapped or cut, however narrow the screen is: it is what editors and `grep` look for."""
    text = printable(place.path) + (f":{place.line}" if place.line else "")
    column = f":{finding.column}" if finding is not None and finding.column else ""
    return Text.assemble(" " * _INDENT, (text + column, _PLACE), no_wrap=True, overflow="ignore")


def _draw_step(
    place: Place, step: Step | None, outcome: Outcome, width: int, digits: int, *, is_last: bool
) -> Iterator[RenderableType]:
    line = outcome.line(place.path, place.line)
    room = width - _INDENT - digits - 4
    what = printable(step.what) if step is not None else ""
    if not line:
        if what:
            yield _gutter(str(place.line or ""), digits, Text(what, style=_SOFT))
        return
    snippet = cut_snippet(line, place, width=room)
    yield _gutter(str(place.line), digits, Text(snippet.text, no_wrap=True, overflow="crop"))
    if not snippet.width:
        return
    style = "bold red" if is_last else "yellow"
    mark = Text(" " * snippet.start + "^" * snippet.width, style=style, no_wrap=True, overflow="crop")
    is_told = not is_repeated(what, line)
    if is_told and snippet.start + snippet.width + 1 + len(what) <= room:
        mark.append(f" {what}", style=style)
        yield _gutter("", digits, mark)
        return
    yield _gutter("", digits, mark)
    if is_told:
        yield _gutter("", digits, Text("  " + what, style=style))


def _gutter(number: str, digits: int, text: Text) -> RenderableType:
    grid = Table.grid()
    grid.add_column(width=digits + 3, style=_SOFT, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(f"{number:>{digits}} │ ", text)
    return Padding(grid, (0, 0, 0, _INDENT), expand=False)


def _draw_notes(notes: Sequence[Note], width: int) -> Iterator[RenderableType]:
    """Not checked, the same sentence once with its places."""
    if not notes:
        return
    yield Text()
    yield Rule(Text("Not checked", style="bold"), align="left", style=_SOFT, characters="─")
    for kind in NoteKind:
        grouped: dict[tuple[str, str], list[Note]] = {}
        for note in notes:
            if note.kind is kind:
                grouped.setdefault((note.message, note.hint), []).append(note)
        if not grouped:
            continue
        yield Padding(Text(_NOTE_TITLES[kind], style="bold yellow"), (0, 0, 0, 1), expand=False)
        for (message, hint), same in grouped.items():
            places = ", ".join(printable(str(note.place)) for note in same[:_MAX_PLACES] if note.place.path)
            more = f" and {len(same) - _MAX_PLACES} more" if len(same) > _MAX_PLACES else ""
            text = Text()
            text.append(places + more, style=_PLACE)
            text.append(f"{': ' if places else ''}{printable(message)}", style="default")
            if hint:
                text.append(f" ({printable(hint)})", style=_SOFT)
            yield Padding(_bulleted(text), (0, 0, 0, _INDENT), expand=False)


def _bulleted(text: Text) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1, style=_SOFT)
    grid.add_column()
    grid.add_row("·", text)
    return grid


def _draw_summary(outcome: Outcome, width: int) -> Iterator[RenderableType]:
    yield Text()
    yield Rule(Text("Summary", style="bold"), align="left", style=_SOFT, characters="─")
    if outcome.open:
        yield Padding(_table(outcome.open), (0, 0, 1, 1), expand=False)
    yield Padding(headline(outcome), (0, 0, 0, _INDENT), expand=False)
    if outcome.unread:
        text = Text(outcome.describe_unread(), style="bold red")
        yield Padding(text, (0, 0, 0, _INDENT), expand=False)
    for standing, words in _STANDINGS.items():
        if count := len(outcome.having(standing)):
            yield Padding(Text(f"{count} more {words}", style=_SOFT), (0, 0, 0, _INDENT), expand=False)
    for setting in outcome.settings:
        yield Padding(Text(printable(setting), style=_SOFT), (0, 0, 0, _INDENT), expand=False)
    functions = len(outcome.functions)
    yield Padding(
        Text(
            f"{outcome.files:,} {_plural('file', outcome.files)}, {outcome.lines:,} lines, "
            f"{functions} {_plural('function', functions)} in {outcome.seconds:.1f} s",
            style=_SOFT,
        ),
        (0, 0, 0, _INDENT),
        expand=False,
    )


def headline(outcome: Outcome) -> Text:
    """One line: how many findings of each severity, or that there is none in what could be checked."""
    count = len(outcome.open)
    if not count:
        if outcome.gaps:
            return Text("No findings, but some files could not be checked: see above.", style="bold yellow")
        return Text("No findings.", style="bold green")
    text = Text(f"{count} {_plural('finding', count)}: ", style="bold")
    parts = [(severity, number) for severity, number in outcome.counts().items() if number]
    for index, (severity, number) in enumerate(parts):
        text.append(", " if index else "", style="not bold")
        text.append(f"{number} {severity.name.lower()}", style=_word_style(severity))
    return text


def _table(items: Sequence[Item]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, header_style=_SOFT)
    table.add_column("severity")
    table.add_column("check")
    table.add_column("", justify="right")
    table.add_column("what")
    counted: dict[tuple[Severity, str], int] = {}
    for item in items:
        key = (item.finding.severity, item.finding.check)
        counted[key] = counted.get(key, 0) + 1
    for (severity, name), count in sorted(counted.items(), key=lambda one: (-one[0][0], one[0][1])):
        check = CHECKS.get(name)
        title = check.title if check is not None else ""
        table.add_row(Text(severity.name.lower(), style=_word_style(severity)), name, str(count), title)
    return table


def _word_style(severity: Severity) -> str:
    return "bold red" if severity is Severity.CRITICAL else SEVERITY_STYLES[severity]


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"
