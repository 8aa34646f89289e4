"""The result as one HTML page that needs nothing else, runs nothing and can be printed."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.scan.checks import CHECKS
from dayfly.scan.model import NoteKind, Severity
from dayfly.scan.report.excerpts import printable
from dayfly.scan.report.lesson import cwe_link, technique_link
from dayfly.scan.report.outcome import Standing
from dayfly.scan.report.snippets import is_repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dayfly.scan.model import Finding, Note, Place
    from dayfly.scan.report.outcome import Item, Outcome

_STYLE = Path(__file__).with_name("page.css")
# A page that a browser still opens; the JSON has them all.
_MAX_FINDINGS = 2_000
_MAX_STEPS = 40
_MAX_PLACES = 20
_CODE = re.compile(r"`([^`]+)`")
# Findings of these are shown opened.
_OPENED = Severity.HIGH
_STANDINGS = {
    Standing.SUPPRESSED: "suppressed in the source",
    Standing.KNOWN: "in the baseline",
    Standing.ELSEWHERE: "not on changed lines",
}


def as_html(outcome: Outcome) -> str:
    """The whole page. Everything that comes from what was scanned is escaped; the policy allows this style alone."""
    style = "\n" + _STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = f"Dayfly scan: {', '.join(outcome.scanned)}"
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_text(title)}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        *_header(outcome),
        *_findings(outcome),
        *_left(outcome),
        *_notes(outcome.notes),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _text(value: str) -> str:
    return escape(printable(value))


def _prose(value: str) -> str:
    """A sentence, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", _text(value))


def _header(outcome: Outcome) -> Iterator[str]:
    count = len(outcome.open)
    said = f"{count} finding{'' if count == 1 else 's'}" if count else "No findings"
    if not count and outcome.gaps:
        said = "No findings in what could be checked"
    yield "<header>"
    yield f"<h1>{said}</h1>"
    scanned = ", ".join(f"<code>{_text(path)}</code>" for path in outcome.scanned)
    functions = len(outcome.functions)
    yield (
        f'<p class="soft">dayfly scan {scanned} · {outcome.files:,} files, {outcome.lines:,} lines, '
        f"{functions} function{'' if functions == 1 else 's'} · Dayfly {escape(__version__)}</p>"
    )
    for setting in outcome.settings:
        yield f'<p class="soft">{_text(setting)}</p>'
    if outcome.unread:
        yield f"<p><b>{_text(outcome.describe_unread())}</b></p>"
    yield '<ul class="counts">'
    for severity, number in outcome.counts().items():
        name = severity.name.lower()
        yield f'<li class="{name}{"" if number else " none"}"><b>{number}</b>{name}</li>'
    yield "</ul>"
    yield "</header>"


def _findings(outcome: Outcome) -> Iterator[str]:
    shown = outcome.open[:_MAX_FINDINGS]
    for function, group in groupby(shown, key=lambda item: item.finding.function):
        title = _text(function) or ("All functions" if outcome.functions else "Files")
        yield f"<section>\n<h2>{title}</h2>"
        for item in group:
            yield from _finding(item, outcome)
        yield "</section>"
    if len(outcome.open) > len(shown):
        yield f"<p>{len(outcome.open) - len(shown)} more: see <code>--format json</code>.</p>"


def _finding(item: Item, outcome: Outcome) -> Iterator[str]:
    finding = item.finding
    check = CHECKS.get(finding.check)
    name = finding.severity.name.lower()
    opened = " open" if finding.severity >= _OPENED else ""
    title = check.title if check is not None else finding.check
    yield f'<details class="finding {name}" id="f-{item.fingerprint}"{opened}>'
    yield (
        f'<summary><span class="name">{name}</span> <span class="title">{_text(title)}</span> '
        f'<code class="soft">{_text(finding.check)}</code>'
        f'<span class="where soft">{_text(str(finding.place))}</span></summary>'
    )
    yield '<div class="inside">'
    yield f"<p>{_prose(finding.message)}</p>"
    yield from _way(finding, outcome)
    yield "<dl>"
    if finding.harm:
        yield f"<dt>Impact</dt><dd>{_prose(finding.harm)}</dd>"
    fix = finding.fix or (check.fix if check is not None else "")
    if fix:
        yield f"<dt>Fix</dt><dd>{_prose(fix)}</dd>"
    if check is not None:
        links = [f'<a href="{cwe_link(check)}" rel="noreferrer">CWE-{check.cwe}</a>']
        if check.technique:
            link = technique_link(check)
            links.append(f'<a href="{escape(link)}" rel="noreferrer">ATT&amp;CK {_text(check.technique)}</a>')
        links.append(f"<code>dayfly explain {_text(check.id)}</code>")
        if finding.confidence != "high":
            links.append(f"confidence {finding.confidence.value}")
        yield f"<dt>More</dt><dd>{' · '.join(links)}</dd>"
    yield "</dl>\n</div>\n</details>"


def _way(finding: Finding, outcome: Outcome) -> Iterator[str]:
    places = [(step.place, step.what) for step in finding.steps] or [(finding.place, "")]
    left_out = max(len(places) - _MAX_STEPS, 0)
    if left_out:
        places = places[: _MAX_STEPS // 2] + places[-_MAX_STEPS // 2 :]
    rows: list[str] = []
    path = ""
    for index, (place, what) in enumerate(places):
        if left_out and index == _MAX_STEPS // 2:
            rows.append(f'<span class="row what">… {left_out} more steps</span>')
        line = outcome.line(place.path, place.line)
        if place.path != path and (line or what):
            path = place.path
            rows.append(f'<span class="row file">{_text(path)}</span>')
        last = " last" if index == len(places) - 1 else ""
        number = place.line or ""
        if line:
            rows.append(
                f'<span class="row{last}"><span class="number">{number}</span>{_marked(line, place)}</span>'
            )
        if not is_repeated(what, line):
            rows.append(f'<span class="row what">{_text(what)}</span>')
    if rows:
        yield f"<pre>{''.join(rows)}</pre>"


def _marked(line: str, place: Place) -> str:
    line = line.rstrip()
    start = min(max(place.column - 1, 0), len(line))
    end = len(line)
    if place.end_line in (0, place.line) and place.end_column > place.column:
        end = min(place.end_column - 1, len(line))
    if not place.column or start >= end:
        return _text(line)
    return f"{_text(line[:start])}<mark>{_text(line[start:end])}</mark>{_text(line[end:])}"


def _left(outcome: Outcome) -> Iterator[str]:
    """What was found and does not count, with the reasons: a reader of the page must see them."""
    left = [item for item in outcome.items if item.standing is not Standing.OPEN]
    if not left:
        return
    yield "<section>\n<h2>Suppressed findings</h2>\n<table><tr><th>Check</th><th>Location</th><th>Reason</th></tr>"
    for item in left[:_MAX_FINDINGS]:
        why = _STANDINGS[item.standing]
        if item.until is not None:
            why += f" until {item.until}: {item.reason}"
        yield (
            f"<tr><td><code>{_text(item.finding.check)}</code></td>"
            f"<td><code>{_text(str(item.finding.place))}</code></td><td>{_text(why)}</td></tr>"
        )
    yield "</table>\n</section>"


def _notes(notes: Sequence[Note]) -> Iterator[str]:
    if not notes:
        return
    yield "<section>\n<h2>Could not check</h2>"
    for kind in NoteKind:
        same = _grouped(note for note in notes if note.kind is kind)
        if same:
            yield f'<p><b>{kind.value.capitalize()}</b></p>\n<ul class="notes">'
            for (message, hint), places in same.items():
                named = ", ".join(f"<code>{_text(place)}</code>" for place in places[:_MAX_PLACES])
                more = f" and {len(places) - _MAX_PLACES} more" if len(places) > _MAX_PLACES else ""
                advice = f' <span class="soft">{_text(hint)}</span>' if hint else ""
                yield f"<li>{named}{more} {_text(message)}{advice}</li>"
            yield "</ul>"
    yield "</section>"


def _grouped(notes: Iterable[Note]) -> dict[tuple[str, str], list[str]]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for note in notes:
        places = grouped.setdefault((note.message, note.hint), [])
        if note.place.path:
            places.append(str(note.place))
    return grouped
