"""The core of conformance holds on every Python of this machine and for awslambdaric's older and newest majors."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interpreters import Interpreter, environment_python, found_interpreters
from tests.rie import Rie
from tests.runtimes import Pair, RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
AWSLAMBDARIC = [">=3,<4", ">=4,<5"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("awslambdaric", AWSLAMBDARIC),
    pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version),
]
LOOKS: list[tuple[str, object]] = [
    ("results.handler", {"case": "object"}),
    ("results.handler", {"case": "not ascii"}),
    ("results.handler", {"case": "bytes"}),
    ("results.handler", {"case": "set"}),
    ("errors.handler", {"case": "value error"}),
    ("errors.handler", {"case": "chained"}),
    ("view.context_fields", {"n": 1}),
    ("logs.handler", {"case": "levels"}),
    ("logs.fails", {}),
    ("wrapped.handler", {"fails": False}),
    ("wrapped.handler", {"fails": True}),
]


def _pair(python: Path, handler: str, environment: dict[str, str]) -> tuple[RuntimeProcess, RuntimeProcess]:
    plain = RuntimeProcess(
        FUNCTIONS, handler, runtime="plain", interpreter=python, environment=environment, telemetry=True
    )
    dayfly = RuntimeProcess(
        FUNCTIONS, handler, runtime="dayfly", interpreter=python, environment=environment, telemetry=True
    )
    return plain, dayfly


def test_the_core_looks_the_same(interpreter: Interpreter, awslambdaric: str) -> None:
    python = environment_python(interpreter, awslambdaric=awslambdaric)
    environment = {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{interpreter.version}",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
    }
    for handler in dict.fromkeys(handler for handler, _ in LOOKS):
        plain, dayfly = _pair(python, handler, environment)
        with plain, dayfly:
            plain.api.wait_until_ready()
            dayfly.api.wait_until_ready()
            for event in (event for name, event in LOOKS if name == handler):
                expected, seen = Pair(plain, dayfly).look(event)
                assert expected.kind in {"response", "error"}
                assert seen == expected


def test_workers_forget_and_do_not_repeat(interpreter: Interpreter, awslambdaric: str) -> None:
    python = environment_python(interpreter, awslambdaric=awslambdaric)
    with RuntimeProcess(FUNCTIONS, "memory.leak", runtime="dayfly", interpreter=python) as process:
        assert [process.invoke({}).payload for _ in range(3)] == [{"seen": 1, "environ": "1"}] * 3
    with RuntimeProcess(FUNCTIONS, "memory.draw", runtime="dayfly", interpreter=python) as process:
        drawn = [process.invoke({}).payload for _ in range(4)]
    for source in ("random", "uuid1", "uuid4", "urandom", "ssl"):
        assert len({one[source] for one in drawn if isinstance(one, dict)}) == 4


def test_a_death_is_survived_under_awss_emulator(interpreter: Interpreter, awslambdaric: str) -> None:
    python = environment_python(interpreter, awslambdaric=awslambdaric)
    with Rie(FUNCTIONS, "deaths.handler", interpreter=python) as rie:
        before = rie.invoke({"case": "live"}).payload
        assert rie.invoke({"case": "os._exit(3)"}).error_type == "Runtime.ExitError"
        after = rie.invoke({"case": "live"}).payload
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["init"] == before["init"]
