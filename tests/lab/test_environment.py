"""One environment: what its caller is told, what survives a reset, what initialisation failures look like."""

from __future__ import annotations

import json
import re

import pytest
from tests.lab.running import FUNCTIONS, basic, both_confinements, is_alive, run, running_lab, until

from dayfly.lab.declared import Declared
from dayfly.lab.model import ConfinementChoice


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"do": "exit", "code": 0}, "Runtime exited without providing a reason"),
        ({"do": "exit", "code": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "sysexit", "code": 4}, "Runtime exited with error: exit status 4"),
        ({"do": "signal", "name": "SIGKILL"}, "Runtime exited with error: signal: killed"),
        ({"do": "signal", "name": "SIGSEGV"}, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_runtime_that_ends_gives_lambdas_exit_error_and_a_new_life(
    event: dict[str, object], text: str
) -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            before = await running.call({"n": 1})
            result = await running.call(event)
            message = f"RequestId: {result.request_id} Error: {text}"
            expected = {"errorType": "Runtime.ExitError", "errorMessage": message}
            assert result.payload == json.dumps(expected, separators=(",", ":")).encode()
            assert result.function_error == "Unhandled"
            assert result.status_code == 200
            after = await running.call({"n": 2})
            assert json.loads(after.payload)["served"] == 1
            assert after.environment_id == before.environment_id
            assert not after.cold_start
            assert running.kinds().count("cold_start") == 1
            assert "crashed" in running.kinds()
            assert "reset" in running.kinds()
            assert running.lab.environments("f")[0].lives == 2

    run(scenario())


@both_confinements
def test_a_time_out_resets_the_runtime_and_keeps_tmp(confinement: ConfinementChoice) -> None:
    async def scenario() -> None:
        async with running_lab(confinement, config=basic(timeout_s=3.0)) as running:
            await running.ask("write", name="note")
            result = await running.call({"do": "sleep", "seconds": 30})
            assert json.loads(result.payload) == {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {result.request_id} Error: Task timed out after 3.00 seconds",
            }
            assert result.function_error == "Unhandled"
            assert await running.ask("exists", name="note") == {"exists": True, "served": 1}
            assert "timed_out" in running.kinds()
            (report,) = [line.text for line in running.lines if "\tStatus: timeout" in line.text]
            assert "\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t" in report

    run(scenario())


def test_the_functions_own_children_end_on_sigterm() -> None:
    async def scenario() -> None:
        async with running_lab("none") as running:
            assert await running.ask("terminate") == {"code": -15}

    run(scenario())


def test_what_left_the_runtimes_process_group_survives_a_reset_and_not_the_environment() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            await running.ask("count", detached=True)
            await running.call({"do": "exit", "code": 1})
            first = await running.ask("counted")
            while await running.ask("counted") <= first:
                pass
            pids = next(iter(running.lab.processes("f").values()))
            await running.lab.recycle("f")
            assert not any(is_alive(pid) for pid in pids)

    run(scenario())


def test_a_handler_exception_keeps_awslambdarics_own_payload() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            result = await running.call({"do": "raise", "text": "bang"})
            error = json.loads(result.payload)
            assert (error["errorType"], error["errorMessage"]) == ("ValueError", "bang")
            assert error["requestId"] == result.request_id
            assert result.function_error == "Unhandled"
            assert running.kinds().count("reset") == 0

    run(scenario())


def test_an_answer_that_is_too_large_is_an_error_and_the_runtime_goes_on() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            result = await running.call({"do": "big", "bytes": 6 * 1024 * 1024 + 200})
            assert json.loads(result.payload) == {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            }
            assert result.function_error == "Unhandled"
            fits = await running.call({"do": "big", "bytes": 6 * 1024 * 1024})
            assert len(fits.payload) == 6 * 1024 * 1024 + 2
            assert fits.function_error is None

    run(scenario())


def test_an_answer_reaches_the_caller_although_the_runtime_dies_after_it() -> None:
    async def scenario() -> None:
        async with running_lab(config=basic(handler="app.unsent")) as running:
            result = await running.call()
            assert (result.payload, result.function_error) == (b'"early"', None)
            await until(lambda: "crashed" in running.kinds())

    run(scenario())


def test_the_context_is_lambdas() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            result = await running.call({"do": "context"}, client_context='{"custom": {"k": "v"}}')
            context = json.loads(result.payload)
            assert context["request_id"] == result.request_id
            assert context["arn"] == basic().arn
            assert 0 < context["remaining"] <= 20_000
            assert context["custom"] == {"k": "v"}
            assert (context["name"], context["memory"]) == ("f", "128")

    run(scenario())


def test_the_tail_holds_start_the_functions_lines_end_and_report() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            result = await running.call({"do": "log"}, log_type="Tail")
            assert result.log_tail is not None
            lines = result.log_tail.decode().splitlines()
            assert lines[0] == f"START RequestId: {result.request_id} Version: $LATEST"
            assert "from print" in lines
            assert any(line.startswith("[INFO]\t") and "from logging" in line for line in lines)
            assert lines[-2] == f"END RequestId: {result.request_id}"
            report = lines[-1].split("\t")
            assert report[0] == f"REPORT RequestId: {result.request_id}"
            assert [field.partition(":")[0] for field in report[1:-1]] == [
                "Duration",
                "Billed Duration",
                "Memory Size",
                "Max Memory Used",
                "Init Duration",
            ]
            sources = {line.source for line in running.lines}
            assert sources == {"platform", "output", "telemetry"}
            assert (await running.call()).log_tail is None

    run(scenario())


def test_the_report_of_a_traced_invocation_has_a_second_line() -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic(declared=Declared(tracing_mode="Active"))) as running:
            result = await running.call(log_type="Tail")
            assert result.log_tail is not None
            root = re.escape(result.trace_id.removeprefix("Root=").partition(";")[0])
            lines = result.log_tail.decode().splitlines()
            assert lines[-2].startswith(f"REPORT RequestId: {result.request_id}\t")
            assert re.fullmatch(
                f"XRAY TraceId: {root}\tSegmentId: [0-9a-f]{{16}}\tSampled: true\t", lines[-1]
            )
            (report,) = [line.text for line in running.lines if "XRAY" in line.text]
            assert report.startswith("REPORT "), "in the log they are one event"

    run(scenario())


def test_the_tail_is_cut_to_its_last_four_kilobytes() -> None:
    async def scenario() -> None:
        async with running_lab("none") as running:
            result = await running.call({"do": "raise", "text": "y" * 9000}, log_type="Tail")
            assert result.log_tail is not None
            assert len(result.log_tail) == 4096
            assert b"REPORT RequestId" in result.log_tail

    run(scenario())


def test_an_init_error_is_repeated_at_every_invocation() -> None:
    async def scenario() -> None:
        config = basic(folder=FUNCTIONS / "broken", handler="raises.handler")
        async with running_lab(config=config) as running:
            # Lambda runs a failed initialisation again with the first invocation.
            first = json.loads((await running.call()).payload)
            second = json.loads((await running.call()).payload)
            assert (first["errorType"], first["errorMessage"]) == ("RuntimeError", "import 2")
            assert second["errorMessage"] == "import 3"
            assert first["requestId"] == ""

    run(scenario())


@pytest.mark.parametrize(
    ("handler", "error_type", "text"),
    [
        ("exits.handler", "Runtime.ExitError", "exit status 7"),
        ("absent.handler", "Runtime.ImportModuleError", "No module named 'absent'"),
        ("empty.handler", "Runtime.HandlerNotFound", "missing on module"),
        ("hangs.handler", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ],
)
def test_an_initialisation_that_fails_is_reported_as_lambda_does(
    handler: str, error_type: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dayfly.lab import phases

    monkeypatch.setattr(phases, "INIT_LIMIT_S", 1.0)  # Lambda's ten seconds would be this test's

    async def scenario() -> None:
        config = basic(folder=FUNCTIONS / "broken", handler=handler, timeout_s=1.0)
        async with running_lab(config=config) as running:
            result = await running.call()
            error = json.loads(result.payload)
            assert error["errorType"] == error_type
            assert text in error["errorMessage"]
            assert result.function_error == "Unhandled"

    run(scenario())


def test_json_logs_are_json_throughout() -> None:
    async def scenario() -> None:
        async with running_lab(config=basic(log_format="JSON")) as running:
            result = await running.call({"do": "log"})
            await until(lambda: "frozen" in running.kinds())
            records = [json.loads(line.text) for line in running.lines if line.source != "output"]
            kinds = [record.get("type") for record in records]
            assert kinds[:2] == ["platform.initStart", "platform.start"]
            assert kinds[-1] == "platform.report"
            message = next(record for record in records if record.get("message") == "from logging")
            assert message["requestId"] == result.request_id

    run(scenario())
