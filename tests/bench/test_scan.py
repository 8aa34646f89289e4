"""The benchmark of the scanner scores, writes and builds what it says; other tools are not run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.scan import measure_corpus, write_corpus
from bench.scan_files import files_of, scan, standard_libraries
from bench.scan_speed import build
from tests.scan.corpus.generating import corpus

if TYPE_CHECKING:
    from pathlib import Path

SOME = corpus()[:20]


def test_the_corpus_is_scored_for_dayfly_alone() -> None:
    lines, sheet = measure_corpus(SOME, with_others=False)
    assert [(line.tool, line.category, line.pairs) for line in lines] == [("Dayfly", "event.code", 10)]
    assert sheet.columns == ("category", "pairs", "Dayfly TPR", "FPR", "score")
    assert [row[0] for row in sheet.rows] == ["event.code", "mean", "seconds for all"]


def test_every_case_has_a_folder_of_its_own(tmp_path: Path) -> None:
    write_corpus(tmp_path, SOME)
    assert {path.parent.name for path in tmp_path.glob("event.code/*/app.py")} == {
        f"{case.name}_{'unsafe' if case.is_unsafe else 'safe'}" for case in SOME
    }


def test_a_crash_would_be_counted_and_a_broken_file_is_not_analysable(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("def handler(event, context):\n    return event\n")
    (tmp_path / "broken.py").write_text("def handler(:\n")
    said: list[str] = []
    line = scan("here", list(files_of(tmp_path)), said.append)
    assert (line.files, line.not_analysable, line.handlers, line.crashes, said) == (2, 1, 1, 0, [])


def test_the_project_for_speed_has_handlers_that_call_into_it(tmp_path: Path) -> None:
    package = tmp_path / "library"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "text.py").write_text("def shorten(text, length=10):\n    return text[:length]\n" * 20)
    folder = tmp_path / "project"
    lines, handlers = build(folder, lines=100_000, borrowed=[package])
    caller = (folder / "caller_00.py").read_text()
    assert caller.startswith("from shared.library.text import shorten\n")
    assert handlers == len(list(folder.glob("function_*/app.py"))) + 1
    assert lines == sum(path.read_text().count("\n") for path in folder.rglob("*.py"))


def test_this_python_has_a_standard_library() -> None:
    assert all((folder / "os.py").exists() for folder in standard_libraries().values())
