"""What environments say of their invocations, from the runtime's process to the fleet's rows."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.runtimes import RuntimeProcess

from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.records.rows import Environment, Finding, Invocation, Package

KEY = "ab" * 32
SOURCE = """
import os, time
import helper

def handler(event, context):
    if event.get("path", "").endswith("work"):
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
    if event.get("path", "").endswith("leave"):
        open(os.path.join(os.environ["TMPDIR"], "left"), "w").close()
    if event.get("path", "").endswith("die"):
        os._exit(3)
    return {"statusCode": 404, "body": "no"}
"""
HELPER = """
import os
def price(amount):
    return amount * 2
if os.environ.get("ONLY_HERE"):
    exec("def price(amount):\\n    return send(amount)")
"""


def request(
    path: str, *, address: str = "203.0.113.9", query: Mapping[str, str] | None = None
) -> dict[str, object]:
    return {
        "resource": "/orders/{id}",
        "path": path,
        "httpMethod": "GET",
        "headers": {"user-agent": "curl/8"},
        "queryStringParameters": dict(query or {}),
        "pathParameters": {"id": path.rpartition("/")[2]},
        "requestContext": {"identity": {"sourceIp": address}, "resourcePath": "/orders/{id}"},
    }


def rows_of(process: RuntimeProcess, count: int) -> Intake:
    """The rows of `count` invocations: the last line comes after the answer."""
    until = time.monotonic() + 60
    while process.output().count('"Dayfly: invocation"') < count and time.monotonic() < until:
        time.sleep(0.01)
    reader, intake = LineReader([bytes.fromhex(KEY)], clock=lambda: 0.0), Intake()
    for line in process.output().splitlines():
        at = json.loads(line)["time"] / 1000 if line.startswith("{") and '"time":' in line else 0.0
        reader.read(LogEvent(time=at, message=line, log_group="/aws/lambda/function"), intake)
    assert intake.forged == intake.malformed == 0
    return intake


def invocations(intake: Intake) -> list[Invocation]:
    return [row for row in intake.rows["invocations"] if isinstance(row, Invocation)]


@pytest.fixture
def function(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SOURCE)
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "Typing_Extensions-4.1.dist-info").mkdir()
    return tmp_path


def start(folder: Path, **environment: str) -> RuntimeProcess:
    own = {"DAYFLY_LOG_INVOCATIONS": "on", "DAYFLY_FLEET_KEY": KEY, "PYTHONDONTWRITEBYTECODE": "1"}
    return RuntimeProcess(folder, "app.handler", runtime="dayfly", environment={**own, **environment})


@pytest.mark.parametrize("isolation", ["invocation", "window", "process"])
def test_a_row_says_what_an_invocation_was_about_and_what_it_cost(function: Path, isolation: str) -> None:
    with start(function, DAYFLY_ISOLATION=isolation) as process:
        process.invoke(request("/orders/17"))
        process.invoke(request("/orders/work"))
        process.invoke(request("/orders/17", address="198.51.100.1"))
        process.invoke({"a": 1})
        process.invoke(request("/orders/die"))
        process.invoke(request("/orders/17"))
        intake = rows_of(process, 6)
        output = process.output()
    first, work, other, direct, died, last = invocations(intake)
    assert {row.trust for row in invocations(intake)} == {"verified"}
    assert (first.trigger, first.route, first.status, first.outcome) == (
        "rest-api",
        "GET /orders/{id}",
        404,
        "success",
    )
    assert (died.outcome, died.status, direct.trigger, direct.route, direct.status) == (
        "crash",
        0,
        "direct",
        "",
        0,
    )
    # Not above 0: the kernel takes what the hypervisor stole off a thread's time, and a short event may be none.
    assert work.cpu_us > 200_000
    assert work.cpu_us > first.cpu_us
    assert work.duration_us > 200_000
    assert 0 < first.overhead_us < first.duration_us
    assert work.overhead_us < work.duration_us - 200_000
    assert first.bytes_out == len(json.dumps({"statusCode": 404, "body": "no"}))
    assert first.bytes_in > 100
    assert first.source == last.source != other.source
    assert first.subject == last.subject == other.subject != work.subject
    assert first.shape == work.shape == other.shape != direct.shape
    assert first.source
    assert direct.source == 0
    assert [row.invocation for row in invocations(intake)] == [1, 2, 3, 4, 5, 6]
    assert [row.age_ms for row in invocations(intake)] == sorted(row.age_ms for row in invocations(intake))
    assert "203.0.113.9" not in output


def test_what_was_left_has_a_fingerprint_that_is_the_same_where_the_same_is_left(function: Path) -> None:
    found = []
    for _ in range(2):
        with start(function) as process:
            process.invoke(request("/orders/1"))
            process.invoke(request("/orders/leave"))
            process.invoke(request("/orders/1"))
            found.append([row.residue for row in invocations(rows_of(process, 3))])
    assert found[0] == found[1]
    assert found[0][0] == found[0][2] == 0 != found[0][1]


def test_environments_of_one_version_have_the_same_code_until_one_runs_other_code(function: Path) -> None:
    codes = []
    for more in (
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2"},
        {"ONLY_HERE": "1"},
        {"DAYFLY_ISOLATION": "process"},
    ):
        with start(function, **more) as process:
            process.invoke({})
            process.invoke({})
            intake = rows_of(process, 2)
        (environment,) = intake.rows["environments"]
        assert isinstance(environment, Environment)
        (code,) = {row.code for row in invocations(intake)}
        codes.append(code)
        # Forked, it is not known before the first answer is out.
        assert environment.code == (code if "DAYFLY_ISOLATION" in more else 0)
    plain, again, other, unforked = codes
    assert plain == again == unforked != other
    assert plain


def test_a_rebuilt_zygote_is_fingerprinted_anew(function: Path) -> None:
    """A zygote's first rows may have no fingerprint yet, on a busy machine."""
    codes: list[int] = []
    before, end = 0, time.monotonic() + 120
    with start(function, DAYFLY_ENVIRONMENT_MAX_AGE="2s") as process:
        while not (before and any(codes[before:])) and time.monotonic() < end:
            process.invoke(request("/orders/work"))
            intake = rows_of(process, len(codes) + 1)
            codes = [row.code for row in invocations(intake)]
            if not before and "environment.renewed" in process.output():
                before = len(codes)
    assert any(
        isinstance(row, Finding) and row.kind == "environment.renewed" for row in intake.rows["findings"]
    )
    assert any(codes[before:])
    assert len(set(codes) - {0}) == 1


def test_the_packages_beside_a_function_are_told_to_a_fleet_and_to_nobody_else(function: Path) -> None:
    with start(function) as process:
        process.invoke({})
        packages = [row for row in rows_of(process, 1).rows["packages"] if isinstance(row, Package)]
    assert ("typing-extensions", "4.1") in [(row.package, row.package_version) for row in packages]
    with RuntimeProcess(function, "app.handler", runtime="dayfly") as process:
        process.invoke({})
        assert "environment.packages" not in process.output()
        assert '"proof"' not in process.output()


def test_without_a_key_nobody_is_named(function: Path) -> None:
    with RuntimeProcess(
        function, "app.handler", runtime="dayfly", environment={"DAYFLY_LOG_INVOCATIONS": "on"}
    ) as process:
        process.invoke(request("/orders/17"))
        (row,) = invocations(rows_of(process, 1))
    assert (row.source, row.principal, row.subject) == (0, 0, 0)
    assert row.shape
    assert row.pattern
