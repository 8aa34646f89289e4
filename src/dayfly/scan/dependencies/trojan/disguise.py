"""Finds code that does not look like what it is: out of sight to the right, reordered letters, foreign look-alikes."""

from __future__ import annotations

import io
import re
import tokenize
import unicodedata
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.source.project import PythonFile

# Code after so many blanks is beyond the edge of any window.
_FAR = re.compile(r"\S[ \t]{150,}(?P<code>[^\s#].*)$", re.MULTILINE)
_FAR_AT_START = re.compile(r"^[ \t]{200,}(?P<code>[^\s#].*)$", re.MULTILINE)
_ACTS = re.compile(r"\b(?:exec|eval|import|__import__|compile|getattr|os|subprocess|open)\b")
# https://trojansource.codes: overrides and isolates reorder what is shown.
_REORDERS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MAX_BYTES = 3_000_000
_SCRIPTS = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")


def find_disguises(file: PythonFile) -> Iterator[Finding]:
    """Findings for the text of one file; nothing of it is parsed unless a letter is foreign."""
    if len(file.data) > _MAX_BYTES:
        return
    if b"  " * 70 in file.data or b"\t" * 140 in file.data:
        yield from _far(file)
    if not file.data.isascii():
        yield from _reordered(file)
        yield from _foreign(file)


def _far(file: PythonFile) -> Iterator[Finding]:
    for pattern in (_FAR, _FAR_AT_START):
        for match in pattern.finditer(file.text):
            line = file.text.count("\n", 0, match.start("code")) + 1
            before = file.text[file.text.rfind("\n", 0, match.start("code")) + 1 : match.start("code")]
            is_text = before.count('"') % 2 or before.count("'") % 2 or before.lstrip().startswith("#")
            if is_text or not _ACTS.search(match["code"]) or not _is_code(file, line, len(before)):
                continue
            yield _finding(
                file,
                Place(file.path, line, len(before) + 1),
                f"has code after {len(before):,} blank columns, outside the visible part of an editor",
                Confidence.HIGH,
            )
            return


def _is_code(file: PythonFile, line: int, column: int) -> bool:
    """Whether there is a name at this place and no comment or text."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
            if token.start[0] > line:
                return False
            if token.start == (line, column):
                return token.type in (tokenize.NAME, tokenize.OP)
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return False
    return False


def _reordered(file: PythonFile) -> Iterator[Finding]:
    match = _REORDERS.search(file.text)
    if match is None:
        return
    line = file.text.count("\n", 0, match.start()) + 1
    shown = file.source_lines[line - 1]
    column = match.start() - (file.text.rfind("\n", 0, match.start()) + 1) + 1
    if re.search("[\u202a-\u202e\u2066-\u2069]{3}", shown):
        return  # a list of such letters
    opened = len(re.findall("[\u202a\u202b\u202d\u202e\u2066-\u2068]", shown))
    closed = len(re.findall("[\u202c\u2069]", shown))
    if opened and opened != closed:
        yield _finding(
            file,
            Place(file.path, line, column),
            f"contains U+{ord(match.group()):04X}, so the line is displayed in another order than it runs",
            Confidence.MEDIUM,
        )


def _foreign(file: PythonFile) -> Iterator[Finding]:
    """Names in which letters of two scripts are mixed that look alike."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
            if token.type == tokenize.NAME and not token.string.isascii() and _is_mixed(token.string):
                yield _finding(
                    file,
                    Place(file.path, token.start[0], token.start[1] + 1),
                    "has a name that mixes similar letters of two scripts",
                    Confidence.MEDIUM,
                )
                return
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return


def _is_mixed(name: str) -> bool:
    has_latin = any(letter.isascii() and letter.isalpha() for letter in name)
    foreign = [letter for letter in name if unicodedata.name(letter, "").startswith(_SCRIPTS)]
    # Δx and μ_s are mathematics: a Greek letter that looks like no Latin one.
    return has_latin and any(letter in "аеорсухіјѕԁɡһոοΑΒΕΖΗΙΚΜΝΟΡΤΥΧνАВЕКМНОРСТХ" for letter in foreign)


def _finding(file: PythonFile, place: Place, what: str, confidence: Confidence) -> Finding:
    return Finding(
        check="dependency.trojan",
        message=what,
        place=place,
        severity=Severity.HIGH,
        confidence=confidence,
        harm="a reviewer sees other code than the code that runs",
        evidence={"act": "disguises"},
    )
