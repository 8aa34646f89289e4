"""Rule 0 in a container that shares the machine's IPC namespace: objects of bystanders of the same user stay."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.attacks.shop import FUNCTIONS, Shop, needs_confinement
from tests.confined import Confinement, confinement_here

pytestmark = needs_confinement()


class _SharingIpc(Confinement):
    """The confinement of this machine, but for the namespace of System V objects."""

    def wrap(
        self, command: Sequence[str], *, task: Path, binds: Sequence[Path], refusals: bool = False
    ) -> list[str]:
        line = super().wrap(command, task=task, binds=binds, refusals=refusals)
        return [word for word in line if word != "--unshare-ipc"]


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/proc/sysvipc/shm"), reason="needs root and System V IPC"
)
def test_shared_memory_of_a_bystander_survives() -> None:
    if os.readlink("/proc/self/ns/ipc") != "ipc:[4026531839]":
        pytest.skip("these tests run in an IPC namespace of their own already")
    libc = ctypes.CDLL(None, use_errno=True)
    with Shop("dayfly", function=FUNCTIONS) as shop:
        here = confinement_here()
        shop.rie.stop()
        shop.rie.confinement = _SharingIpc(here.kind, here.reason)
        with shop.rie:
            shop.serve(1)
            # A bystander of the same user makes an object while the function serves.
            segment = shop.result_of("import ctypes\nresult = ctypes.CDLL(None).shmget(0x5eed, 4096, 0o1600)")
            assert isinstance(segment, int)
            assert segment >= 0
            try:
                shop.serve(2)
                assert libc.shmget(0x5EED, 0, 0) >= 0
                assert "shared with the machine" in shop.rie.logs()
            finally:
                libc.shmctl(segment, 0, None)
