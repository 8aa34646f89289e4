"""A verdict is explained by the rules that made it, with their lines."""

from __future__ import annotations

import pytest
from tests.policy.making import POLICY, document

from dayfly.policy.explaining import explain, explain_mode
from dayfly.policy.model import Use

LINES = POLICY.splitlines()


def line_of(text: str) -> int:
    return LINES.index(text) + 1


@pytest.mark.parametrize(
    ("use", "effect", "words", "line"),
    [
        (Use("network", "api.example.com:443", ("requests",)), "allowed", "requests uses network", 'uses = ["network"]'),
        (
            Use("network", "config.example.com:443", ("requests",), "init"),
            "allowed",
            '"config.example.com:443" matches config.example.com:443',
            'init = ["config.example.com:443"]',
        ),
        (
            Use("network", "config.example.com:443", ("requests",)),
            "observed",
            "allowed only at init, but this is an invocation",
            "[policy.network]",
        ),
        (Use("network", "evil.example:443", ("requests",)), "observed", "no entry in allow matches", "[policy.network]"),
        (Use("process", "/bin/sh"), "observed", "allow is empty", "[policy.process]"),
        (Use("network", "api.example.com:443", ("yaml",)), "observed", "yaml is not listed", "[policy.packages.function]"),
        (
            Use("read", "${TASK}/data/x", ("requests",)),
            "observed",
            "requests may use read only at init, but this is an invocation",
            'init = ["read"]',
        ),
        (Use("write", "/x", ("function",)), "observed", "write is not in the uses of function", "[policy.packages.function]"),
        (Use("network", "api.example.com:443", ("?",)), "observed", "unknown code", "[policy.packages.function]"),
    ],
)  # fmt: skip
def test_the_rule_and_its_line_are_named(use: Use, effect: str, words: str, line: str) -> None:
    found = explain(document(), use)
    assert found.effect == effect
    step = next(one for one in found.steps if words in one.words)
    assert step.is_allowed is (effect == "allowed")
    assert step.line == line_of(line)
    assert all(one.is_allowed for one in found.steps) is (effect == "allowed")
    assert (found.mode_line == line_of('mode = "observe"')) is (effect != "allowed")


def test_following_the_fix_allows_it() -> None:
    use = Use("network", "new.example.com:443", ("requests", "shop"))
    fix = explain(document(), use).fix
    assert (
        fix
        == 'add "new.example.com:443" to allow of [policy.network], and "network" to uses of [policy.packages.shop]'
    )
    text = (
        POLICY.replace('"@aws"', '"@aws", "new.example.com:443"')
        + '[policy.packages.shop]\nuses = ["network"]\n'
    )
    assert explain(document(text), use).effect == "allowed"


@pytest.mark.parametrize(
    ("text", "effect", "line", "words"),
    [
        (
            POLICY.replace("allow = []", 'allow = []\nmode = "block"'),
            "refused",
            11,
            "mode of [policy.process]",
        ),
        (POLICY.replace('mode = "observe"', 'mode = "block"'), "refused", 2, "mode of [policy]"),
        ('guard = "block"\n[policy.process]\n', "refused", 1, "the setting guard"),
        ("[policy.process]\n", "observed", 0, "the function's setting guard"),
    ],
)
def test_the_mode_that_decides_is_named(text: str, effect: str, line: int, words: str) -> None:
    found = explain(document(text), Use("process", "/bin/sh"))
    assert (found.effect, found.mode_line) == (effect, line)
    assert words in found.mode_words


def test_rules_of_the_guard_have_modes_too() -> None:
    assert explain_mode(document(), "sql")[:2] == ("block", line_of('sql = "block"'))
    assert explain_mode(document(), "path")[:2] == ("observe", 2)
