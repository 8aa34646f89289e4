"""The layer, built once as the command builds it, and folders with functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.interpreters import found_interpreters
from tests.layer.managed import unpacked_layer

WriteFunction = Callable[[Mapping[str, str]], Path]


@pytest.fixture(scope="session")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers of all interpreters here in one folder, unpacked as Lambda unpacks one into /opt; not to be changed.

    Each interpreter reads the files of its own layer and those that all have in common.
    """
    folder = tmp_path_factory.mktemp("layer") / "opt"
    for found in found_interpreters():
        unpacked_layer(folder, [found.version])
    return folder


@pytest.fixture
def write_function(tmp_path: Path) -> WriteFunction:
    """Write a function's files into a folder that any user may read."""

    def write(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "function"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        return folder

    return write


@pytest.fixture
def confined() -> None:
    """Skip where this machine cannot show another file system to a process."""
    confinement = confinement_here()
    if confinement.kind == "none":
        pytest.skip(f"a managed runtime's file system cannot be shown: {confinement.reason}")
