"""The two platforms of each differential test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.differential.platforms import Emulator, Lab


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    platform = Emulator(tmp_path / "emulator.log")
    yield platform
    platform.close()


@pytest.fixture
def snapshotting(tmp_path: Path) -> Iterator[tuple[Emulator, Lab]]:
    """Both, with the restore phase of functions that have a snapshot."""
    emulator = Emulator(tmp_path / "emulator.log", snapshots=True)
    lab = Lab(snapshots=True)
    yield emulator, lab
    emulator.close()
    lab.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    platform = Lab()
    yield platform
    platform.close()
