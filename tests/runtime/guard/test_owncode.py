"""Dayfly's code is known by its code objects and the globals that they run with, never by a name that somebody chose."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, FunctionType, ModuleType
from typing import Any

import pytest

from dayfly.runtime.guard import loading, owncode, reentrancy

owncode.take()
SOURCE = "def call(run):\n    return run()\n"


def _caller() -> FrameType:
    frame = sys._getframe().f_back
    assert frame is not None
    return frame


def _claiming(file: str, space: dict[str, Any]) -> Callable[[Callable[[], FrameType]], FrameType]:
    exec(compile(SOURCE, file, "exec"), space)
    made: Callable[[Callable[[], FrameType]], FrameType] = space["call"]
    return made


@pytest.mark.parametrize("file", [str(reentrancy.__file__), "/opt/python/dayfly/x.py", "dayfly/x.py"])
def test_a_file_name_is_not_believed(file: str) -> None:
    assert owncode.module_of(_claiming(file, {})(_caller)) == ""
    # In the globals of one of Dayfly's modules, too.
    assert owncode.module_of(_claiming(file, dict(vars(reentrancy)))(_caller)) == ""


def test_a_module_of_dayflys_name_is_not_believed_once_the_functions_code_was_loaded() -> None:
    module = ModuleType("dayfly.runtime.guard.helper")
    assert owncode.module_of(_claiming(str(reentrancy.__file__), vars(module))(_caller)) == ""


def test_dayflys_code_is_known_only_with_its_own_globals() -> None:
    class Sees:
        frame: FrameType | None = None

        def get(self, _key: object, _default: object) -> int:
            self.frame = sys._getframe(1)
            return 9

    class Guard:
        busy = Sees()

        def refuse(self, _rule: str, _frame: object) -> None:
            return

    reentrancy.take_turn(Guard(), None, print)  # type: ignore[arg-type]
    assert Guard.busy.frame is not None
    assert owncode.function_of(Guard.busy.frame) == ("dayfly.runtime.guard.reentrancy", "take_turn")
    borrowed = FunctionType(reentrancy.take_turn.__code__, dict(vars(reentrancy)))
    borrowed(Guard(), None, print)
    assert owncode.module_of(Guard.busy.frame) == ""
    assert owncode.is_own(borrowed.__code__)


def test_a_module_from_dayflys_folder_is_dayflys_and_none_from_a_path_that_leaves_it() -> None:
    for path, expected in (("late.py", True), ("../../tmp/late.py", False)):
        code = compile(SOURCE, "anything", "exec")
        owncode.load(code, owncode.FOLDERS[0] + path, ModuleType("dayfly.late"))
        assert owncode.is_own(code) == expected


def test_only_the_import_system_says_which_file_it_executes() -> None:
    code = compile(SOURCE, "<frozen importlib._bootstrap_external>", "exec")
    assert loading.loaded_from(_caller(), code) == ("", None)
