"""What the doctor draws can be read at a glance and holds every row."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.doctor.answers_for_tests import api_lock, read, survey

from dayfly.cli.doctor_view import clean, draw_host, draw_reading
from dayfly.doctor.reading import conclude
from dayfly.doctor.rows import Row, defences


def _shown(drawn: object, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(drawn)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _rows() -> tuple[Row, ...]:
    found = read(survey()).survey
    assert found is not None
    return defences(found, found.scope())


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_row_is_drawn_within_the_width(width: int) -> None:
    shown = _shown(draw_host(_rows(), width=width, not_promised=["a thing"]), width)
    assert all(row.name in shown for row in _rows())
    assert "a thing" in shown
    assert max(len(line) for line in shown.splitlines()) <= min(width, 120)


def test_advice_that_several_rows_share_is_given_once() -> None:
    rows = [Row(name, "G", "defence", "no", "no", "p", "why", "do this") for name in ("a", "b")]
    assert _shown(draw_host(rows, width=80, not_promised=()), 80).count("do this") == 1


def test_the_last_line_names_what_is_not_active() -> None:
    rows = [
        Row("good", "G", "defence", "yes", "yes", "p", "", ""),
        Row("bad", "G", "defence", "no", "no", "p", "why", "do"),
        Row("odd", "G", "defence", "unknown", "unknown", "p", "why", "do"),
        Row("later", "H", "means", "no", "yes", "p", "why", "do"),
    ]
    last = _shown(draw_host(rows, width=80, not_promised=()), 80).splitlines()[-1]
    assert last.strip() == "1 of 3 protections are active on this host. Not active: bad, odd."


def test_a_reading_says_where_it_is_from_what_follows_and_what_is_open() -> None:
    shown = _shown(draw_reading(conclude([read(survey()), read(api_lock(next_status=200))]), width=80), 80)
    assert shown.startswith("Answers from AWS Lambda")
    assert 'api_lock = "off"' in shown
    assert "Open questions" in shown
    assert "Not protected on Lambda" in shown


@pytest.mark.parametrize(("text", "cleaned"), [("a\x1b[2Jb", "a?[2Jb"), ("é ü", "é ü"), ("a\nb\r", "a?b?")])
def test_control_characters_are_shown_as_question_marks(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
