"""Another maker's protection runs under the emulator as its wrapper and handler say, and who cannot run says why."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import ClassVar

from bench.contestants import Function
from bench.racing import Deadline, Pace, race
from bench.workloads.protections import WRAPPER, Protected, install
from tests.attacks.shop import needs_confinement

from dayfly.lab.gauntlet.protection import Protection, UnavailableError
from dayfly.lab.model import FunctionConfig


class Licensed(Protection):
    """One that says no."""

    name: ClassVar[str] = "licensed"
    title: ClassVar[str] = "needs a licence"

    def version(self) -> str:
        return "1.0"

    def install(self, cache: Path) -> None:
        raise UnavailableError("licensed start: no licence", hint="buy one")

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        raise AssertionError("it was never installed")


class Wrapping(Protection):
    """One that starts the runtime through a wrapper, and puts a handler of its own before the function's."""

    name: ClassVar[str] = "wrapping"
    title: ClassVar[str] = "wraps"

    def version(self) -> str:
        return "1.0"

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        wrapper = folder / "wrapper"
        wrapper.write_text('#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n')
        wrapper.chmod(0o755)
        (folder / "own.py").write_text(
            f"import os\nfrom {function.handler.partition('.')[0]} import handler as theirs\n"
            "def handler(event, context):\n    return [os.environ['WRAPPED'], theirs(event, context)]\n"
        )
        environment = {**function.environment, WRAPPER: "/var/task/wrapper"}
        return dataclasses.replace(function, handler="own.handler", environment=environment)


@needs_confinement()
def test_the_wrapper_and_the_protection_s_handler_are_in_the_way_of_each_event(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context):\n    return event['n']\n")
    function = Function("app", "app.handler", tmp_path / "code")
    with Protected(Wrapping()).under_emulator(function, Path(sys.executable), tmp_path / "copy") as rie:
        assert rie.invoke({"n": 7}).payload == ["yes", 7]


@needs_confinement()
def test_it_races_like_everybody(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return event['n']\n")
    function = Function("app", "app.handler", tmp_path)
    courses = race(
        function,
        [Protected(Wrapping())],
        Pace(lives=2, warm_up=1, invocations=5),
        Deadline(500),
        python=Path(sys.executable),
        counts_calls=False,
    )
    assert (courses["wrapping"].failed, len(courses["wrapping"].lives)) == ("", 2)


def test_who_cannot_run_is_listed_with_the_reason(tmp_path: Path) -> None:
    able, missing = install([Protected(Licensed()), Protected(Wrapping())], tmp_path)
    assert [one.name for one in able] == ["wrapping"]
    assert [one.missing for one in missing] == ["licensed start: no licence buy one"]
