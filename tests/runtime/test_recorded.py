"""gRPC's core is watched for without being imported."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from dayfly.runtime import recorded

CORE = """
class Channel:
    def __init__(self, *arguments): self.made = arguments
class AioChannel(Channel):
    pass
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the name of gRPC's, whose classes are written in Python."""
    core = tmp_path / "grpc" / "_cython"
    core.mkdir(parents=True)
    for folder in (core, core.parent):
        (folder / "__init__.py").touch()
    (core / "cygrpc.py").write_text(CORE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for name in [name for name in sys.modules if name == "grpc" or name.startswith("grpc.")]:
        monkeypatch.delitem(sys.modules, name)
    return core


def imported() -> ModuleType:
    __import__("grpc._cython.cygrpc")
    return sys.modules["grpc._cython.cygrpc"]


def test_channels_remember_what_they_were_made_of_and_the_watcher_steps_aside(package: Path) -> None:
    finders = list(sys.meta_path)
    recorded.watch()
    assert len(sys.meta_path) == len(finders) + 1
    core = imported()
    assert sys.meta_path == finders
    made = core.Channel(b"target", (), None)
    assert recorded.arguments_of(made) == (b"target", (), None)
    assert (type(made).__name__, type(made).__module__) == ("Channel", "grpc._cython.cygrpc")
    assert core.__spec__ is not None
    assert type(core.__spec__.loader).__name__ == type(core.__loader__).__name__ == "SourceFileLoader"


def test_a_channel_made_before_is_known_as_such(package: Path) -> None:
    core = imported()
    made = core.Channel(b"target")
    recorded.watch()
    assert recorded.arguments_of(made) is None


def test_other_imports_are_left_to_the_other_finders(package: Path) -> None:
    recorded.watch()
    with pytest.raises(ModuleNotFoundError):
        __import__("grpc.nothing_of_this_name")
