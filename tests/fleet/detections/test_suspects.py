"""Queries for suspects are read by their rules; each file is used, and each evidence query exists."""

from __future__ import annotations

import re

from dayfly.fleet.detections.rules import PACKAGE, load_rules
from dayfly.fleet.detections.story import fields
from dayfly.fleet.store.sqlfiles import read_folder


def test_every_suspects_file_is_some_rules() -> None:
    files = {file.name for file in read_folder(PACKAGE, "suspects")}
    used = {rule.suspects.name for rule in load_rules() if rule.suspects is not None}
    assert files
    assert files == used


def test_every_rule_has_evidence_and_says_what_it_misses() -> None:
    files = {file.name for file in read_folder(PACKAGE, "evidence")}
    rules = load_rules()
    assert rules
    for rule in rules:
        assert rule.evidence in files, rule.name
        assert rule.sees, rule.name
        assert rule.misses, rule.name
        assert rule.techniques, rule.name


def test_every_field_of_a_story_is_a_fact_of_the_query() -> None:
    given = {
        "functions",
        "function",
        "account",
        "region",
        "environments",
        "events",
        "first_time",
        "last_time",
        "seconds",
    }
    for rule in load_rules():
        facts = set(re.findall(r"(\w+) (?:UInt|Float|String|Array|Int)", rule.sql.text))
        facts |= set(re.findall(r"'(\w+)',", rule.sql.text))
        assert fields(rule.story) - given - {"subject_key"} <= facts, (
            rule.name,
            fields(rule.story) - given - facts,
        )
