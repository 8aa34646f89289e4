"""Each thing that cannot be meant is found, with its line and a fix; a policy that is right has none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.policy.making import POLICY, document

from dayfly.policy.checking import Problem, check
from dayfly.policy.model import Use

NOW = datetime(2025, 11, 25, 18, tzinfo=UTC)


def problems(text: str, *, uses: list[Use] | None = None) -> list[Problem]:
    return list(check(document(text), now=NOW, uses=uses))


def test_a_policy_that_is_right_has_no_problem() -> None:
    assert problems(POLICY) == []


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        # faults
        ('[policy.process]', '[policy.proces]', "'proces'"),
        ('allow = []', 'allows = []', "'allows'"),
        ('"api.example.com:443"', '"http://api.example.com"', "'http://api.example.com'"),
        ('["network", "read"]', '["network", "telepathy"]', "'telepathy'"),
        ('sql = "block"', 'sequel = "block"', "'sequel'"),
        ('mode = "observe"', 'mode = "enforce"', "'enforce'"),
        ('promote_after = "14d"', 'promote_after = "soon"', "'soon'"),
        ('quiet_since = 2025-11-01', 'quiet_since = "soon"', "'soon'"),
        ('quiet_since = 2025-11-01\n', '', "needs quiet_since"),
        ('[policy]', 'isolaton = "window"\n[policy]', "'isolaton'"),
        # modes
        ('[policy]', 'guard = "off"\n[policy]', "guard is off"),
        ('promote_after = "14d"\nquiet_since = 2025-11-01\n', '', "only observes"),
        ('2025-11-01', '2025-12-01', "in the future: 2025-12-01"),
        # entries
        ('["${TASK}/data/*"]', '["${TASK}/data/*", "/**"]', '"/**" allows every file'),
        ('"@aws"', '"@aws", "@aws"', "twice"),
        ('"@aws"', '"@aws", "sqs.eu-west-1.amazonaws.com:443"', 'covered by "@aws"'),
        ('"@aws"', '"@aws", "10.0.0.0/8", "10.1.0.0/16:5432"', 'covered by "10.0.0.0/8"'),
        ('"api.example.com:443"', '"api.example.com:443", "*.example.com"', 'covered by "*.example.com"'),
        ('["config.example.com:443"]', '["api.example.com:443"]', "limited to init"),
        # packages
        ('init = ["read"]', 'init = ["network"]', "in both uses and init"),
        ('uses = ["network"]', 'uses = ["network", "process"]', "[policy.process] allows no entry"),
        ('uses = ["network"]', 'uses = ["network", "network"]', "twice"),
        ('["network", "read"]', '["network"]\ninit = []', ""),
        ('allow = []', 'allow = ["git"]', "no package may use them"),
        ('allow = ["api.example.com:443", "@aws"]\n', '', "only at init"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_on_its_line(old: str, new: str, word: str) -> None:
    assert old in POLICY
    text = POLICY.replace(old, new, 1)
    found = problems(text)
    if not word:
        assert found == []
        return
    matching = [one for one in found if word in one.what]
    assert matching, found
    assert all(one.fix for one in found)
    line = text.splitlines()[matching[0].line - 1]
    assert matching[0].line > 0
    assert any(part in line for part in new.splitlines() if part) or line.startswith("[policy") or not new


def test_every_fault_is_told_at_once() -> None:
    text = POLICY.replace("[policy.process]", "[policy.proces]").replace(
        '"read"]\n\n', '"telepathy", "x"]\n\n'
    )
    found = problems(text)
    assert [one.is_error for one in found] == [True] * 3
    lines = text.splitlines()
    assert [lines[one.line - 1] for one in found] == [
        "[policy.proces]",
        'uses = ["network", "telepathy", "x"]',
        'uses = ["network", "telepathy", "x"]',
    ]


@pytest.mark.parametrize(
    "entry", ["a.example.com", "10.0.0.0/8", "fd00::/8", "unix:/run/x", "*.example.org:443"]
)
def test_entries_that_differ_do_not_shadow_each_other(entry: str) -> None:
    assert problems(POLICY.replace('"@aws"', f'"@aws", "{entry}"')) == []


def test_a_port_is_narrower_than_none() -> None:
    text = POLICY.replace('"@aws"', '"@aws", "api.example.com"')
    assert [one.what for one in problems(text)] == [
        '"api.example.com:443" is already covered by "api.example.com"'
    ]


def test_a_package_that_nobody_installed_is_found(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests-2.dist-info").mkdir()
    layer = tmp_path / "layer" / "python" / "lib" / "python3.13" / "site-packages"
    layer.mkdir(parents=True)
    text = POLICY + "[policy.packages.reqeusts]\nuses = []\n[policy.packages.boto3]\nuses = []\n"

    def missing(layers: list[Path]) -> list[str]:
        return [one.rule for one in check(document(text), now=NOW, folder=tmp_path, layers=layers)]

    assert missing([]) == ["policy.packages.reqeusts"]
    (layer / "reqeusts").mkdir()
    assert missing([tmp_path / "layer"]) == []


def test_a_source_tree_has_its_packages_in_the_environment(tmp_path: Path) -> None:
    text = POLICY + "[policy.packages.msgspec]\nuses = []\n[policy.packages.msgspeck]\nuses = []\n"
    found = check(document(text), now=NOW, folder=tmp_path)
    assert "policy.packages.msgspeck" in [one.rule for one in found]
    assert "policy.packages.msgspec" not in [one.rule for one in found]


def test_rules_that_nothing_needed_are_found_by_what_was_seen() -> None:
    uses = [
        Use("network", "api.example.com:443", ("requests",), "invoke"),
        Use("network", "config.example.com:443", ("requests",), "init"),
        Use("read", "${TASK}/data/x", ("function",), "invoke"),
    ]
    found = problems(POLICY, uses=uses)
    assert [one.what for one in found] == [
        '"@aws" matches no recorded use',
        "function has no recorded use of network",
        "requests has no recorded use of read",
    ]
