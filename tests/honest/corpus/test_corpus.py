"""The corpus is as large as it says, each handler of it is tried, and the guard does at least as well as published."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

import pytest
from tests.honest.corpus.__main__ import FAILURES, HALVES, LEARNED, MEASURED, SUCCESSES, measure
from tests.honest.corpus.cases import Family, families
from tests.rie import ROOT

NAMES = [path.name for path in sorted(HALVES.iterdir()) if (path / "functions").is_dir()]
PUBLISHED = json.loads(MEASURED.read_text())
# What runs with every change: programs and pages, without servers.
SAMPLE = {("build", "a_code"), ("build", "pages_text")}


def every_family() -> list[Family]:
    return [family for name in NAMES for family in families(HALVES / name)]


def cases() -> Iterator[object]:
    for half in PUBLISHED:
        for family in families(HALVES / half.removesuffix(LEARNED)):
            is_sample = (half, family.name) in SAMPLE
            mark = pytest.mark.slow if is_sample else pytest.mark.nightly
            yield pytest.param(half, family.name, id=f"{half}-{family.name}", marks=mark)


def test_the_corpus_is_large() -> None:
    found = every_family()
    assert sum(len(family.requests) for family in found) >= 600
    assert sum(len(family.calls()) for family in found) >= 1500
    assert sum(len(family.attacks) for family in found) >= 500


def test_what_a_policy_is_learned_from_is_not_judged() -> None:
    for family in every_family():
        lessons, judged = family.halves()
        assert {one.handler for one in lessons} == set(family.requests)
        assert sorted(map(repr, lessons + judged)) == sorted(map(repr, family.calls()))


def test_every_handler_is_tried() -> None:
    for family in every_family():
        tree = ast.parse((family.function / "app.py").read_text())
        handlers = {
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and [one.arg for one in node.args.args] == ["event", "context"]
            and not node.args.kwonlyargs
        }
        tried = {call.handler for call in family.sequence()[0]}
        # What gives a function its arguments, or an application of a framework's.
        made = {
            name.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for name in node.targets
            if isinstance(name, ast.Name)
        }
        decorated = {"protected", "partial", "web"}
        assert handlers - tried == set(), family.name
        assert tried - handlers <= made | decorated, family.name


@pytest.mark.parametrize(("half", "name"), list(cases()))
def test_the_guard_does_as_well_as_published(half: str, name: str) -> None:
    published = PUBLISHED[half]["families"][name]
    folder = HALVES / half.removesuffix(LEARNED)
    found = measure(folder, [name], "layer", at_once=1, learns=half.endswith(LEARNED))[name]
    worse = {one: found.counts[one] for one in FAILURES if found.counts[one] > published.get(one, 0)}
    worse |= {one: found.counts[one] for one in SUCCESSES if found.counts[one] < published.get(one, 0)}
    assert worse == {}, json.dumps(found.failures, indent=1)[:20_000]


def test_the_page_has_the_published_figures() -> None:
    page = (ROOT / "docs" / "guard-measured.md").read_text()
    for half, figures in PUBLISHED.items():
        total = figures["total"]
        assert f"| {half} | {total['handlers']} | {total['requests']} | {total['attacks']} |" in page
        for one in ("refused", "High findings"):
            assert f"{100 * total.get(one, 0) / total['requests']:.2f}" in page
        for one in SUCCESSES:
            assert f"{100 * total[one] / total['attacks']:.1f} %" in page
