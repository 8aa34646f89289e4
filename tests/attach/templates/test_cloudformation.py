"""Attach and detach of whole SAM and CloudFormation templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.attach.templates.model import Options
from dayfly.attach.templates.reading import parse, read

SAMPLES = sorted(Path(__file__).with_name("samples").iterdir())
OPTIONS = Options(settings={"DAYFLY_GUARD": "observe"})


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 2


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_detach_gives_back_what_attach_found(path: Path) -> None:
    attached = parse(read(path).attach(OPTIONS).text, str(path))
    assert attached.text != read(path).text
    assert attached.detach().text == read(path).text


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_attaching_twice_is_attaching_once(path: Path) -> None:
    once = read(path).attach(OPTIONS).text
    assert parse(once, str(path)).attach(OPTIONS).text == once
