"""A policy of what a fleet saw: what came with an attack is in it in no form."""

from __future__ import annotations

from datetime import date

from tests.policy.test_readiness import observation, use

from dayfly.policy.document import parse_document
from dayfly.policy.observed import SeenUse
from dayfly.policy.proposing import propose

TODAY = date(2026, 11, 26)


def test_what_was_seen_is_allowed_and_what_came_with_an_attack_is_not() -> None:
    seen = observation(
        uses=(
            use("pay.example:443"),
            use("evil.example:443", suspect=30),
            use("rare.example:443", environments=1, days=1),
        )
    )
    made = propose(seen, today=TODAY)
    table = parse_document(made.text).table
    assert table["network"] == {"allow": ["pay.example:443"]}
    assert "mode" not in table
    assert "promote_after" not in table
    assert ([one.target for one in made.suspect], [one.target for one in made.rare]) == (
        ["evil.example:443"],
        ["rare.example:443"],
    )
    assert "rare.example" in propose(seen, today=TODAY, with_rare=True).text
    assert "evil" not in propose(seen, today=TODAY, with_rare=True).text


def test_shapes_are_learned_that_many_environments_had_and_none_of_an_attack() -> None:
    def shape(number: int, **more: int) -> SeenUse:
        target = f"sql app.py:find<handler 9f3a01c2 {number:016x}"
        return use(target, kind="shape", packages=("function",), **more)

    few, attack = shape(2, environments=1), shape(3, suspect=30)
    text = propose(observation(shapes=(shape(1), few, attack)), today=TODAY).text
    assert parse_document(text).policy().shapes == (f"{shape(1).target} 2027-02-24",)
    assert (
        parse_document(propose(observation(shapes=(shape(1, environments=9),)), today=TODAY).text)
        .policy()
        .shapes
        == ()
    )


def test_what_somebody_wrote_stays() -> None:
    old = '# ours\n[policy]\n[policy.network]\nallow = ["tax.example:443"]  # once a year\n'
    text = propose(observation(), old=old, today=TODAY).text
    assert parse_document(text).table["network"] == {"allow": ["tax.example:443", "pay.example:443"]}
    assert "# once a year" in text
    assert text.startswith("# ours\n")


def test_an_attack_that_an_honest_pattern_would_cover_is_told() -> None:
    read = {"kind": "read", "packages": ("function",)}
    seen = observation(
        uses=(
            *(use(f"/opt/data/{name}", **read) for name in "abc"),
            use("/opt/data/secret", suspect=30, **read),
            use("/opt/keys/secret", suspect=30, **read),
        )
    )
    made = propose(seen, today=TODAY)
    assert '"/opt/data/*"' in made.text
    assert [one.target for one in made.opened] == ["/opt/data/secret"]
