"""Draw the page of a check, its code in colour where there is any, and the list of all checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from dayfly.cli.scan_view import SEVERITY_STYLES
from dayfly.scan.report.lesson import cwe_link, technique_link
from dayfly.scan.report.text_marks import split_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from dayfly.scan.report.lesson import Lesson, Sample

_SOFT = "dim"
_INDENT = 2


def draw_lesson(lesson: Lesson, *, width: int) -> RenderableType:
    """Return the page, to be printed that wide."""
    check = lesson.check
    head = Text()
    head.append(f" {check.severity.name} ", style=SEVERITY_STYLES[check.severity])
    head.append(f" {check.id}", style="bold")
    head.append(f"  {check.title}")
    parts: list[RenderableType] = [
        Text(),
        Padding(head, (0, 0, 0, 1), expand=False),
        _padded(prose(check.rule)),
        _title("In a warm environment"),
        _padded(prose(" ".join(check.attack))),
    ]
    for title, sample in (("Vulnerable", lesson.vulnerable), ("Fixed", lesson.fixed)):
        if sample is not None:
            parts += [_title(title), _code(sample)]
    parts += [_title("Fix"), _padded(prose(check.fix))]
    if lesson.has_trial:
        parts += [
            _title("Try it"),
            _padded(Text(f"dayfly lab try {check.id}", style="cyan")),
            _padded(prose(lesson.note)),
        ]
    parts += [_title("More"), _padded(Text(cwe_link(check)))]
    if check.technique:
        parts.append(_padded(Text(technique_link(check))))
    return Group(*parts)


def draw_list(lessons: Sequence[Lesson]) -> RenderableType:
    """Return a table of all checks in the order of families."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, header_style=_SOFT)
    for heading in ("check", "severity", "CWE", "what"):
        table.add_column(heading)
    table.add_column("lab")
    family = ""
    for lesson in lessons:
        check = lesson.check
        if family and check.family != family:
            table.add_section()
        family = check.family
        table.add_row(
            Text(check.id, style="bold"),
            Text(check.severity.name.lower(), style=SEVERITY_STYLES[check.severity].replace("white on ", "")),
            str(check.cwe),
            check.title,
            "yes" if lesson.has_trial else "",
        )
    return table


def _title(text: str) -> RenderableType:
    return Padding(Text(text, style="bold"), (1, 0, 0, _INDENT - 1), expand=False)


def _padded(text: RenderableType) -> RenderableType:
    return Padding(text, (0, 0, 0, _INDENT), expand=False)


def prose(text: str) -> Text:
    """A sentence, with what stands between backticks coloured."""
    made = Text()
    for part, is_code in split_code(text):
        made.append(part, style="cyan" if is_code else "")
    return made


def _code(sample: Sample) -> RenderableType:
    syntax = Syntax(
        sample.text.rstrip("\n"),
        sample.language,
        theme="ansi_dark",
        background_color="default",
        word_wrap=True,
    )
    return Padding(syntax, (0, 0, 0, _INDENT))
