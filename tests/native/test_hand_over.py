"""What the native supervisor started is gone when it has the Python supervisor serve instead."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from native.build import BINARIES
from tests.attacks.shop import Shop, needs_confinement

pytestmark = [
    pytest.mark.skipif(
        not (BINARIES / platform.machine() / "supervisor").is_file(), reason="not built: make setup"
    ),
    needs_confinement(),
]
INIT = """
import mmap, subprocess
shared = mmap.mmap(-1, 4096)
left = subprocess.Popen(["sleep", "60"])
open("/tmp/left", "w").close()
def handler(event, context):
    return 1
"""


def test_what_the_init_of_a_function_that_cannot_be_forked_left_is_no_earlier_life_s(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(INIT)
    with Shop("dayfly", function=tmp_path, environment={"DAYFLY_SUPERVISOR": "native"}) as shop:
        assert not shop.attack("").error_type
        assert shop.findings() == ["zygote.not-forkable"]
        assert "the Python supervisor serves instead of the native one" in shop.rie.logs()
