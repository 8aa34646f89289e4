"""What Bandit and Semgrep are scored as lies within the corpus's categories; neither is run here."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from bench.scan_tools import BANDIT, REQUIREMENTS, RULES, versions
from tests.scan.corpus.sinks import CATEGORIES

CHECKS = {category.check for category in CATEGORIES}


def _rules() -> list[tuple[str, str]]:
    return [
        (rule["id"], rule["metadata"]["check"])
        for path in sorted(RULES.glob("*.yaml"))
        for rule in yaml.safe_load(path.read_text("utf-8"))["rules"]
    ]


def test_semgrep_has_a_rule_for_every_category() -> None:
    assert {check for _, check in _rules()} == CHECKS


@pytest.mark.parametrize(("rule", "check"), _rules())
def test_a_rule_is_named_after_its_category(rule: str, check: str) -> None:
    assert rule.startswith(check.replace(".", "-"))


def test_tests_of_bandit_belong_to_categories() -> None:
    assert set(BANDIT.values()) <= CHECKS


def test_versions_are_pinned_and_named() -> None:
    assert all("==" in requirement for requirement in REQUIREMENTS)
    assert versions().startswith("Bandit 1.")
    assert Path(RULES).is_dir()
