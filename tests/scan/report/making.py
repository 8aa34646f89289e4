"""A scan's outcome made by hand, with everything in it that is hard to show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dayfly.scan.model import Confidence, Finding, Note, NoteKind, Place, Severity, Step
from dayfly.scan.report.excerpts import take_excerpts
from dayfly.scan.report.fingerprints import fingerprints
from dayfly.scan.report.outcome import Item, Outcome, Standing

TODAY = date(2026, 11, 25)
APP = """\
import os
import pdf

def handler(event, context):
    name = event["queryStringParameters"]["name"]
\tos.system("convert " + name)  # a tab before
    title = "報告書" + event["title"]; pdf.write(title)
    x = [{long}, event["body"]]
    odd = "\x1b[31mred\x1b[0m \u202e txet" + event["body"]
""".format(long=", ".join(str(number) for number in range(80)))
PDF = """\
import sqlite3

def write(title):
    database = sqlite3.connect("/tmp/index")
    database.execute("INSERT INTO files VALUES ('" + title + "')")
"""
SECRETS = 'API = "AKIAIOSFODNN7EXAMPLE"\n'
FILES = {"src/app.py": APP, "src/pdf.py": PDF, "src/keys.py": SECRETS, "a folder/ü <b>.py": "eval(event)\n"}


def place(path: str, line: int, column: int = 0, end_column: int = 0) -> Place:
    return Place(path, line, column, line, end_column)


def at(path: str, text: str, *, nth: int = 0) -> Place:
    """Where a text stands in one of the files."""
    for number, line in enumerate(FILES[path].split("\n"), 1):
        if text in line:
            if not nth:
                column = line.index(text) + 1
                return Place(path, number, column, number, column + len(text))
            nth -= 1
    raise AssertionError(text)


def lines_of(path: str) -> Sequence[str]:
    return FILES.get(path, "").split("\n")


NAME = 'event["queryStringParameters"]["name"]'
FINDINGS = (
    Finding(
        "event.command",
        'A shell runs what the caller sends as "name".',
        at("src/app.py", 'os.system("convert " + name)'),
        Severity.CRITICAL,
        steps=(
            Step(at("src/app.py", NAME), NAME),
            Step(at("src/app.py", 'os.system("convert " + name)'), "os.system(command)"),
        ),
        function="PaymentsFunction",
        harm="The caller gets the role's keys, and whoever is served next by this environment is served by them.",
        fix='Pass a list: subprocess.run(["convert", "--", name]).',
    ),
    Finding(
        "event.sql",
        "The statement's structure depends on the title.",
        at("src/pdf.py", 'database.execute("INSERT INTO files VALUES (\'" + title + "\')")'),
        Severity.HIGH,
        confidence=Confidence.MEDIUM,
        steps=(
            Step(at("src/app.py", 'event["title"]'), 'event["title"]'),
            Step(at("src/app.py", "pdf.write(title)"), "pdf.write(title)"),
            Step(at("src/pdf.py", "title"), "title"),
            Step(
                at("src/pdf.py", 'database.execute("INSERT INTO files VALUES (\'" + title + "\')")'),
                "execute(statement)",
            ),
        ),
        function="PaymentsFunction",
        evidence={"driver": "sqlite3"},
    ),
    Finding(
        "event.log",
        "A line of 80 numbers ends with the body.",
        at("src/app.py", 'event["body"]'),
        Severity.LOW,
        steps=(Step(at("src/app.py", 'event["body"]'), 'event["body"]'),),
        function="ReportsFunction",
    ),
    Finding(
        "event.html",
        "A line that would paint the terminal.",
        at("src/app.py", 'event["body"]', nth=1),
        Severity.MEDIUM,
        function="ReportsFunction",
    ),
    Finding(
        "event.code",
        "A path with <b>markup</b> & more.",
        place("a folder/ü <b>.py", 1, 1, 12),
        Severity.CRITICAL,
    ),
    Finding("event.path", "A file as a whole.", Place("src/pdf.py"), Severity.INFORMATIONAL),
)
NOTES = (
    Note(
        NoteKind.NOT_ANALYSABLE,
        "is not Python 3.13: invalid syntax",
        Place("src/new.py", 3, 1),
        "run the scan with the function's Python version",
    ),
    Note(NoteKind.NOT_ANALYSABLE, "contains NUL bytes: not a text file", Place("src/data.py")),
    Note(
        NoteKind.NOT_CHECKED,
        "vulnerabilities were not checked: no database",
        Place("requirements.txt"),
        "--osv",
    ),
    Note(NoteKind.BOUNDED, "unpacks to 1,029 times its size: not read", Place("layer.zip!/bomb.py")),
    Note(NoteKind.REFUSED, "leaves the archive", Place("layer.zip!/../../etc/passwd")),
)


def make_outcome(
    findings: Sequence[Finding] = FINDINGS,
    notes: Sequence[Note] = NOTES,
    *,
    standing: Standing = Standing.OPEN,
) -> Outcome:
    """All of it, the last finding suppressed beside the others."""
    ordered = sorted(findings, key=lambda one: (one.function, -one.severity))
    excerpts = take_excerpts(ordered, lines_of)
    marks = fingerprints(ordered, lambda path, line: excerpts.get(path, {}).get(line, ""))
    items = [Item(finding, mark, standing) for finding, mark in zip(ordered, marks, strict=True)]
    if findings is FINDINGS:
        suppressed = Finding("weak.hash", "MD5.", at("src/pdf.py", "title"), Severity.LOW)
        items.append(
            Item(suppressed, "0" * 32, Standing.SUPPRESSED, "a checksum of a cache key", date(2027, 1, 31))
        )
    return Outcome(
        tuple(items),
        tuple(notes),
        files=4,
        lines=1234,
        functions=("PaymentsFunction", "ReportsFunction"),
        seconds=1.25,
        excerpts=excerpts,
        scanned=("src",),
        base="/work/a project",
        settings=("dayfly.toml skips dependency",),
    )
