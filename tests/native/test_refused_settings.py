"""Settings with which nothing starts: the platform and standard error are told, and the exit status is 2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.native.test_serving import SUPERVISOR
from tests.runtimes import RuntimeProcess

pytestmark = pytest.mark.skipif(not SUPERVISOR.is_file(), reason="not built: make setup")

HANDLER = "def handler(event, context):\n    return 'served'\n"
# Of the longest that a policy may be, packed.
NEARLY_64_KIB = 61


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TMPDIR": "/dev/null"}, "no temporary directory can be made in /dev/null: Not a directory"),
        ({"TMPDIR": "/nowhere"}, "no temporary directory can be made in /nowhere: No such file or directory"),
        ({"DAYFLY_FORK_BEFORE": "app:" + "x" * 125_000}, "the settings are longer than 120 KiB"),
        (
            {"DAYFLY_KEEP": ":".join(f"/tmp/{number}" for number in range(65))},
            "the settings cannot be read (name fewer",
        ),
    ],
    ids=["no directory", "not there", "too long", "too many"],
)
def test_what_cannot_be_served_is_refused(environment: Mapping[str, str], words: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", environment=environment) as side:
        told = json.loads(side.api.wait_init_error().body)
        assert side.process.wait(60) == 2
        said = side.output()
    assert told["errorType"] == "Dayfly.InvalidSetting"
    assert words in told["errorMessage"]
    assert words.partition(" (")[0] in said


def test_the_longest_policy_is_served(tmp_path: Path) -> None:
    paths = [f"/{number:02}" + "x" * 1000 for number in range(NEARLY_64_KIB)]
    (tmp_path / "dayfly.toml").write_text(f"[policy.read]\nallow = {json.dumps(paths)}\n")
    (tmp_path / "app.py").write_text(HANDLER)
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly") as side:
        assert side.invoke({}).payload == "served"
        assert "/lib/" not in Path(f"/proc/{side.pid}/maps").read_text()
