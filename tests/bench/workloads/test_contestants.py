"""Contestants are found by name, plain awslambdaric always first, and who cannot run says why."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from bench.workloads.contestants import DEFAULT, FEW, choose, install
from bench.workloads.samples import BARE

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.plugins import find_protections
from dayfly.lab.gauntlet.protection import Protection, UnavailableError
from dayfly.lab.model import FunctionConfig


class Licensed(Protection):
    """One that says no."""

    name: ClassVar[str] = "licensed"
    title: ClassVar[str] = "needs a licence"
    isolations: ClassVar[tuple[str, ...]] = ("one", "two")
    installs: ClassVar[list[Path]] = []

    def version(self) -> str:
        return "1.0"

    def install(self, cache: Path) -> None:
        self.installs.append(cache)
        raise UnavailableError("licensed start: no licence", hint="buy one")

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        raise AssertionError("it was never installed")


KNOWN = {**find_protections(), Licensed.name: Licensed()}


def test_the_default_contestants_are_there_under_their_names() -> None:
    assert tuple(one.name for one in choose(DEFAULT)) == DEFAULT
    assert set(FEW) <= set(DEFAULT)


def test_plain_comes_first_and_nobody_twice() -> None:
    assert [one.name for one in choose(["dayfly:window", BARE, "dayfly:window"])] == [BARE, "dayfly:window"]


def test_a_name_without_isolation_is_all_its_default_isolations_and_all_is_everybody() -> None:
    named = {one.name for one in choose(["licensed"], KNOWN)}
    assert named == {BARE, "licensed:one", "licensed:two"}
    assert named < {one.name for one in choose(["all"], KNOWN)}


@pytest.mark.parametrize("name", ["nobody", "dayfly:nothing", ""])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(DayflyError):
        choose([name])


def test_who_cannot_run_is_listed_with_the_reason_and_asked_once(tmp_path: Path) -> None:
    Licensed.installs.clear()
    able, missing = install(choose(["licensed"], KNOWN), tmp_path)
    assert [one.name for one in able] == [BARE]
    assert [one.missing for one in missing] == ["licensed start: no licence buy one"] * 2
    assert Licensed.installs == [tmp_path / "licensed"]
