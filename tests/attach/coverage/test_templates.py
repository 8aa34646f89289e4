"""What of a template counts as protected."""

from __future__ import annotations

import pytest
from tests.attach.templates.samples import sample

from dayfly.attach.coverage.model import Level
from dayfly.attach.coverage.templates import level_of


@pytest.mark.parametrize(
    ("name", "function", "level"),
    [
        ("20", "ByParameter", Level.UNPROTECTED),
        ("20", "ByNothing", Level.UNKNOWN),
        ("20", "Node", Level.NOT_PYTHON),
        ("25", "Image", Level.UNKNOWN),
        ("25", "Entered", Level.PROTECTED),
        ("36", "ByHand", Level.PROTECTED),
        ("36", "Forgotten", Level.UNPROTECTED),
        ("41", "Old", Level.UNPROTECTED),
    ],
)
def test_a_template_promises_no_more_than_it_says(name: str, function: str, level: Level) -> None:
    found = {one.name: one for one in sample(name).functions()}
    assert level_of(found[function]) is level
