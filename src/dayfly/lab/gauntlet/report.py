"""Writes a result as one HTML file that needs nothing else; it holds nothing that a customer or attacker sent."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from dayfly.lab.gauntlet.model import MARKS, TRIED, Cell, Result, Row, Verdict
from dayfly.lab.gauntlet.summary import summarise
from dayfly.lab.gauntlet.technique import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAGE = Path(__file__).with_name("page")
MEANINGS: dict[Verdict, str] = {
    "blocked": "the attack request was blocked, or failed with an error that does not occur without protection; no customer was reached",
    "contained": "the attack ran, and no later customer was reached",
    "contained late": "the attack ran and reached at least one later customer, then no more",
    "detected": "the attack continued to reach customers, and the protection reported it",
    "survived": "the attack continued to reach customers, and nothing was reported",
    "void": "the attack reaches no customer on this machine even without protection; it does not count",
    "skipped": "not run, for the reason given",
}
_LETTERS: dict[Verdict, str] = {
    "blocked": "blocked",
    "contained": "contained",
    "contained late": "late",
    "detected": "detected",
    "survived": "survived",
    "void": "void",
    "skipped": "–",
}


def render_report(result: Result) -> str:
    """Return the whole page."""
    rows = [row for row in result.rows if not row.unavailable]
    invocations = max((row.cost.invocations for row in rows), default=0)
    values = {
        "css": (_PAGE / "report.css").read_text(encoding="utf-8"),
        "attack_count": str(len(result.attacks)),
        "row_count": str(len(rows)),
        "legend": "".join(
            f'<span class="key {_class(name)}"></span>{mark} {name}: {escape(MEANINGS[name])}.'
            for name, mark in MARKS.items()
        ),
        "outcomes": "\n".join(_outcomes(result, row) for row in rows),
        "costs": "\n".join(_costs(row) for row in rows),
        "invocations": str(invocations),
        "unavailable": _unavailable(result.rows),
        "matrix_head": "".join(
            f'<th class="row">{escape(row.protection)} {escape(row.isolation)}</th>' for row in rows
        ),
        "matrix": "\n".join(_matrix(result, rows)),
        "limits": "\n".join(f"<li>{escape(text)}</li>" for text in describe_limits(result)),
        "footer": escape(_footer(result)),
    }
    return Template((_PAGE / "report.html").read_text(encoding="utf-8")).substitute(values)


def _names(row: Row) -> str:
    title = escape(f"{row.title}; {row.version}", quote=True)
    return f'<td title="{title}">{escape(row.protection)}</td><td>{escape(row.isolation)}</td>'


def _outcomes(result: Result, row: Row) -> str:
    one = summarise(result, row)
    bar = "".join(
        f'<span class="{_class(name)}" style="flex:{one.outcomes[name]}" '
        f'title="{name}: {one.outcomes[name]} of {one.tried}">{mark} {one.outcomes[name]}</span>'
        for name, mark in MARKS.items()
        if one.outcomes[name]
    )
    figures = (
        str(one.reaching),
        str(one.customers),
        str(one.noticed),
        _figure(one.detect_ms),
        _figure(one.exposure_ms),
    )
    cells = "".join(f"<td>{figure}</td>" for figure in figures)
    return f'<tr>{_names(row)}<td><div class="bar">{bar}</div></td>{cells}</tr>'


def _costs(row: Row) -> str:
    honest, cost = row.collateral, row.cost
    counts = (honest.refused, honest.failed, honest.different, sum(honest.false_alarms.values()))
    words = [f"{name}: {why}" for name, why in {**honest.unusable, **honest.not_active}.items()]
    words += [f"{name} × {number}" for name, number in honest.false_alarms.items()]
    note = f' title="{escape("; ".join(words), quote=True)}"' if words else ""
    mark = "*" if honest.unusable or honest.not_active else ""
    return (
        f"<tr>{_names(row)}<td{note}>{honest.requests}{mark}</td>"
        + "".join(f'<td{note} class="{"bad" if number else ""}">{number}</td>' for number in counts)
        + "".join(
            f"<td>{figure}</td>"
            for figure in (
                _figure(cost.answer_ms, 2),
                _figure(cost.answer_p99_ms, 2),
                _figure(cost.whole_ms, 2),
                _figure(cost.cpu_ms, 2),
                _figure(cost.memory_mb),
                _figure(cost.init_ms, 0),
            )
        )
        + "</tr>"
    )


def _unavailable(rows: Sequence[Row]) -> str:
    reasons = {row.protection: row for row in rows if row.unavailable}
    if not reasons:
        return ""
    items = "".join(
        f"<li>{escape(name)} {escape(row.version)}: {escape(row.unavailable)}</li>"
        for name, row in reasons.items()
    )
    return f"<h2>Not run</h2><ul>{items}</ul>"


def _matrix(result: Result, rows: Sequence[Row]) -> Iterator[str]:
    found = {(cell.attack, cell.protection, cell.isolation): cell for cell in result.cells}
    for family in dict.fromkeys(one.family for one in result.attacks):
        title = escape(FAMILIES.get(family, family))
        yield f'<tr class="family"><td colspan="{len(rows) + 2}">{escape(family)} · {title}</td></tr>'
        for attack in result.attacks:
            if attack.family != family:
                continue
            does = escape(f"{attack.does} Must fail to {attack.must_fail_to}.", quote=True)
            cells = "".join(_cell(found.get((attack.name, row.protection, row.isolation))) for row in rows)
            yield f'<tr><td title="{does}">{escape(attack.name)}</td><td>{attack.level}</td>{cells}</tr>'


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    noticed = " noticed" if cell.signs else ""
    # How many were reached before it was gone.
    reached = f" {cell.reached}" if cell.verdict == "contained late" else ""
    title = escape(describe_cell(cell), quote=True)
    words = f"{_LETTERS[cell.verdict]}{reached}"
    return f'<td><div class="cell {_class(cell.verdict)}{noticed}" title="{title}">{words}</div></td>'


def _class(verdict: Verdict) -> str:
    return verdict.replace("contained late", "late")


def describe_cell(cell: Cell) -> str:
    """One line on a cell, as the matrix shows it on hovering."""
    words = [f"{cell.verdict}: {cell.reached} of {cell.served} later customers reached"]
    if cell.outcome not in TRIED:
        return f"{cell.outcome}: {cell.reason}"
    if cell.reason:
        words.append(cell.reason)
    if cell.exposure_ms is not None:
        words.append(f"{'at least ' if cell.is_open else ''}{cell.exposure_ms:.0f} ms")
    if cell.signs:
        words.append(f"reported {', '.join(cell.signs)} after {cell.detect_ms or 0:.0f} ms")
    if cell.not_active:
        words.append(f"not active: {cell.not_active}")
    if cell.wronged or cell.lost:
        words.append(f"{cell.wronged} wrong responses, {cell.lost} without response")
    return "; ".join(words)


def describe_limits(result: Result) -> list[str]:
    """Definitions and limits that readers need to understand the results."""
    door = (
        "The attack code is a field of the event that the function evaluates"
        if result.door == "open"
        else "The attack code is encoded in the event, so that its origin is not visible"
    )
    return [
        *(f"{name}: {meaning}." for name, meaning in MEANINGS.items()),
        f"{door}; attacks of level L1 consist of data only.",
        "Everything ran in Dayfly's lab, an emulator; nothing ran on AWS.",
        f"Attacks with a race condition ran at most {result.tries} time{'s' if result.tries > 1 else ''}: no customer reached does not prove that they never succeed.",
        "A window in `window` isolation is five invocations here; customers in the same window as the attack are reached by design, and are counted.",
        "Dayfly's authors wrote the attack catalog to test Dayfly; it does not contain unknown attacks.",
        (
            "Every report about a legitimate request counts as a false positive, whatever its severity. For example, Dayfly's "
            "`residue.file` (low) reports that a function left a file after its invocation, and that Dayfly "
            "removed it."
        ),
        *result.notes,
    ]


def _footer(result: Result) -> str:
    machine = result.machine
    quick = ", quick" if result.is_quick else ""
    return (
        f"Dayfly {result.dayfly}, {result.seconds:.0f} s{quick}, on {machine['processors']} processors ({machine['machine']}), "
        f"{machine['system']}, Python {machine['python']}; {'; '.join(result.confinement)}."
    )


def _figure(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
