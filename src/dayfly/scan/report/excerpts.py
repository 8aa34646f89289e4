"""Source lines to be shown beside findings: short, printable, and without the secrets they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.check import Family
from dayfly.scan.source.masking import MASK, mask_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dayfly.scan.model import Finding

# A minified line would be all of a report.
MAX_LINE = 2_000
_SECRET = f"{Family.SECRET}."
# What may be a value: quoted, or behind = or : in files that need no quotes.
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<value>(?:\\.|(?!(?P=quote)).)+)(?P=quote)?""")
_BARE = re.compile(r"(?<=[=:])\s*(?P<value>[^\s\"'#,}\]]{4,})")
_LONG = re.compile(r"[A-Za-z0-9+/=_\-.~]{16,}")
# A shorter value is a word that may stand anywhere.
_MIN_VALUE = 6


def take_excerpts(
    findings: Sequence[Finding], lines_of: Callable[[str], Sequence[str]]
) -> Mapping[str, Mapping[int, str]]:
    """The line of every place of the findings; lines that a finding about a secret covers are masked, and so is
    every mention of such a secret on another line and whatever else looks like a credential.

    `lines_of` gives a file's lines, an empty sequence where there is no text.
    """
    wanted: dict[str, set[int]] = {}
    secret: dict[str, set[int]] = {}
    for finding in findings:
        for place in (finding.place, *(step.place for step in finding.steps)):
            if place.line:
                wanted.setdefault(place.path, set()).add(place.line)
        if finding.check.startswith(_SECRET):
            place = finding.place
            secret.setdefault(place.path, set()).update(
                range(place.line, max(place.end_line, place.line) + 1)
            )
    values = secret_values(findings, lines_of)
    taken: dict[str, dict[int, str]] = {}
    for path, numbers in wanted.items():
        lines = lines_of(path)
        taken[path] = {
            number: mask(text) if number in secret.get(path, ()) else hide(text, values)
            for number in sorted(numbers)
            if number <= len(lines)
            for text in [lines[number - 1][:MAX_LINE]]
        }
    return taken


def secret_values(findings: Iterable[Finding], lines_of: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """The texts that findings about secrets point at, longest first. Never to be shown."""
    found: set[str] = set()
    for finding in findings:
        place = finding.place
        if not finding.check.startswith(_SECRET) or not place.line or place.end_line not in (0, place.line):
            continue
        lines = lines_of(place.path)
        if place.line > len(lines):
            continue
        line = lines[place.line - 1][:MAX_LINE]
        marked = line[max(place.column - 1, 0) : place.end_column - 1] if place.end_column else ""
        found.update(match["value"] for match in _QUOTED.finditer(marked))
        if "'" not in marked and '"' not in marked:
            found.add(marked.strip())
    return tuple(sorted((one for one in found if len(one) >= _MIN_VALUE), key=lambda one: (-len(one), one)))


def hide(text: str, values: Sequence[str]) -> str:
    """The text without any of these values and without what looks like a credential."""
    for value in values:
        text = text.replace(value, MASK)
    return mask_credentials(text)


def mask(line: str) -> str:
    """The line without any value that could be a secret: quoted, assigned, or long. Keeps what names it.

    What is masked has always the same width: a length tells something, too.
    """
    line = _QUOTED.sub(lambda match: f"{match['quote']}{MASK}{match['quote']}", line)
    line = _BARE.sub(lambda match: " " + MASK, line)
    return _LONG.sub(MASK, line)


def printable(text: str) -> str:
    """The text with every character that moves a cursor or hides another one spelt out; tabs are kept."""
    return "".join(_spelt(char) for char in text)


def _spelt(char: str) -> str:
    if char == "\t" or (char.isprintable() and char not in _BIDIRECTIONAL):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# They make source read in another order than it runs (CVE-2021-42574); isprintable() refuses them as well.
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
