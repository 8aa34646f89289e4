"""What the function itself says of before: everything comes back, and nothing else is believed."""

from __future__ import annotations

import pytest

from dayfly.attach.rollout.undo import DIGEST, GUARD, LEARN, Undo, UndoError, parse, undo_of

_ARN = "arn:aws:lambda:eu-central-1:123456789012:layer:dayfly-policy-payments:7"


@pytest.mark.parametrize(
    "undo",
    [
        Undo({GUARD: None, LEARN: None, DIGEST: None}),
        Undo({GUARD: "observe", LEARN: "on", DIGEST: "0" * 32}, _ARN, "2026-11-26T06:00:00Z"),
        Undo({GUARD: "off", LEARN: None, DIGEST: None}, "", "2026-11-26T06:00:00Z"),
    ],
)
def test_what_is_rendered_is_read_again(undo: Undo) -> None:
    assert parse(undo.render()) == undo


def test_it_names_what_a_promotion_sets_and_nothing_else() -> None:
    undo = undo_of({GUARD: "observe", "SECRET": "s3cret"}, "", at="")
    assert undo.render() == "1;guard=observe"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2;guard=observe",
        "1;guard=",
        "1;guard=everything",
        "1;guard=off;guard=block",
        "1;handler=evil",
        "1;digest=zz",
        "1;layer=arn:aws:lambda:eu-central-1:1:layer:x:1",
        "1;layer=https://evil.example/x",
        "1;at=yesterday",
        "1;guard=off\n",
        "\x1b[31m",
    ],
)
def test_what_somebody_made_up_is_refused(text: str) -> None:
    with pytest.raises(UndoError):
        parse(text)
