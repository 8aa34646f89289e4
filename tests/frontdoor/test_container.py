"""The container entry point of an installed Dayfly, under AWS's emulator, beside plain awslambdaric."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.frontdoor.installed import Installed
from tests.rie import Answer, Rie, Runtime

pytestmark = pytest.mark.usefixtures("confined")

FUNCTIONS = Path(__file__).parent / "functions"
# As docs/container/README.md has it, and as AWS's images have it.
ENTRY_POINTS: dict[Runtime, list[str]] = {
    "plain": ["-m", "awslambdaric"],
    "dayfly": ["-I", "-m", "dayfly.runtime"],
}
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CARD = "4111111111111111"
STEAL = "__import__('app').__dict__.update(receipt=lambda card: card)"
READS = "__import__('os').getcwd()"
FITS = 6 * 1024 * 1024 - 100
# A busy machine takes seconds for an init.
TIMEOUT_S = 5

Start = Callable[..., Rie]


@dataclass(frozen=True)
class Both:
    """One function twice, for all tests of this module."""

    plain: Rie
    dayfly: Rie

    def answers(self, event: object) -> tuple[str, str]:
        """What callers get for the same event, plain's first; the request ids replaced."""
        return said(self.plain.invoke(event)), said(self.dayfly.invoke(event))


def said(answer: Answer) -> str:
    return REQUEST_ID.sub("<request>", answer.body.decode())


def findings(log: str) -> list[str]:
    """The kinds of Dayfly's findings in a log, in order."""
    lines = [line for line in log.splitlines() if line.startswith("{") and '"finding_info"' in line]
    return [json.loads(line)["finding_info"]["types"][0] for line in lines]


@pytest.fixture(scope="module")
def start(venv: Path) -> Start:
    """How a function's container is started; enter what it returns."""

    def begin(
        function: Path,
        runtime: Runtime = "dayfly",
        handler: str = "app.handler",
        *,
        timeout_s: int = 60,
        **environment: str,
    ) -> Rie:
        command = [str(venv / "bin" / "python"), *ENTRY_POINTS[runtime], handler]
        return Rie(
            function,
            handler,
            runtime=runtime,
            command=command,
            environment=environment,
            timeout_s=timeout_s,
            confined=True,
            refusals=True,
        )

    return begin


@pytest.fixture(scope="module")
def tables() -> Iterator[str]:
    """The URL of a service that has two tables, whatever it is asked."""

    class Service(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"TableNames": ["orders", "refunds"]}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def both(start: Start, tables: str) -> Iterator[Both]:
    function = FUNCTIONS / "orders"
    with start(function, "plain", TABLES=tables) as plain, start(function, TABLES=tables) as dayfly:
        yield Both(plain, dayfly)


@pytest.fixture(scope="module")
def blocking(start: Start) -> Iterator[Rie]:
    with start(FUNCTIONS / "small", DAYFLY_GUARD="block") as rie:
        yield rie


def test_a_result_is_byte_for_byte_the_one_without_dayfly(both: Both) -> None:
    plain, dayfly = both.answers({"do": "echo", "text": "paid"})
    assert json.loads(plain) == {"you said": "paid", "länge": 4, "ratio": 1 / 3, "none": None}
    assert dayfly == plain


def test_text_of_every_alphabet_and_emoji_come_back_unchanged(both: Both) -> None:
    text = "Grüße, 你好, \u202eעברית, 👩‍🚀, \x00, \ud83d"
    plain, dayfly = both.answers({"do": "echo", "text": text})
    assert json.loads(dayfly)["you said"] == text
    assert dayfly == plain


def test_an_error_has_the_type_message_and_stack_that_it_has_without_dayfly(both: Both) -> None:
    plain, dayfly = both.answers({"do": "fail", "order": "A-7"})
    assert json.loads(plain)["errorType"] == "KeyError"
    assert "A-7" in json.loads(plain)["errorMessage"]
    assert json.loads(plain)["stackTrace"]
    assert dayfly == plain


@pytest.mark.parametrize("way", ["sys.exit", "os._exit"])
def test_a_handler_that_ends_its_process_fails_that_event_and_no_other(both: Both, way: str) -> None:
    plain, dayfly = both.answers({"do": way, "code": 7})
    assert json.loads(plain)["errorType"] == "Runtime.ExitError"
    assert dayfly == plain
    assert both.answers({"do": "count"}) == ("1", "1")


def test_an_answer_of_six_megabytes_arrives_whole(both: Both) -> None:
    plain, dayfly = both.answers({"do": "letters", "count": FITS})
    assert len(plain) == FITS + 2
    assert dayfly == plain


def test_an_answer_beyond_six_megabytes_is_lambdas_own_error(both: Both) -> None:
    plain, dayfly = both.answers({"do": "letters", "count": FITS + 200})
    assert json.loads(plain)["errorType"] == "Function.ResponseSizeTooLarge"
    assert dayfly == plain


def test_a_batch_reports_the_records_that_failed_and_no_others(both: Both) -> None:
    records = [
        {"messageId": f"m-{number}", "eventSource": "aws:sqs", "body": json.dumps({"paid": number != 2})}
        for number in range(4)
    ]
    plain, dayfly = both.answers({"Records": records})
    assert json.loads(dayfly) == {"batchItemFailures": [{"itemIdentifier": "m-2"}]}
    assert dayfly == plain


def test_a_boto3_client_made_at_init_works_in_every_event(both: Both) -> None:
    for _ in range(2):
        plain, dayfly = both.answers({"do": "tables"})
        assert json.loads(dayfly) == ["orders", "refunds"]
        assert dayfly == plain


def test_a_thread_started_at_init_serves_every_event(both: Both) -> None:
    for name in ("ann", "bob"):
        plain, dayfly = both.answers({"do": "greet", "name": name})
        assert json.loads(dayfly) == f"hello {name}"
        assert dayfly == plain


def test_a_file_in_tmp_is_gone_before_the_next_event(both: Both) -> None:
    plain, dayfly = both.answers({"do": "keep", "text": CARD})
    assert json.loads(plain) == json.loads(dayfly) == ["kept"]
    plain, dayfly = both.answers({"do": "list"})
    assert json.loads(plain) == ["kept"], "without Dayfly it stays: else this test shows nothing"
    assert json.loads(dayfly) == []


def test_what_an_event_left_in_a_global_is_gone_before_the_next(both: Both) -> None:
    first, second = [both.answers({"do": "count"}) for _ in range(2)]
    assert int(second[0]) == int(first[0]) + 1, "without Dayfly it counts: else this test shows nothing"
    assert (first[1], second[1]) == ("1", "1")


def test_a_request_that_replaces_a_function_steals_nothing_from_the_next_customer(both: Both) -> None:
    both.answers({"do": "discount", "price": 1, "formula": STEAL})
    plain, dayfly = both.answers({"do": "pay", "card": CARD})
    assert json.loads(plain) == CARD, "without Dayfly the card leaks: else this test shows nothing"
    assert json.loads(dayfly) == "paid with **** 1111"


def test_the_guard_observes_by_default_with_one_finding_and_the_answer(both: Both) -> None:
    before = len(both.dayfly.logs())
    plain, dayfly = both.answers({"do": "discount", "price": 1, "formula": READS})
    assert dayfly == plain == '"/var/task"'
    both.dayfly.invoke({"do": "count"})
    log = both.dayfly.wait_for_log("guard.observed")[before:]
    assert [kind for kind in findings(log) if kind.startswith("guard.")] == ["guard.observed"]
    assert READS not in log, "nothing that came with an event is in the log"


def test_honest_arithmetic_is_answered_when_the_guard_blocks(blocking: Rie) -> None:
    assert blocking.invoke({"formula": "49.90 * 2"}).payload == 99.8


def test_the_guard_refuses_code_that_an_event_brought_and_goes_on_serving(blocking: Rie) -> None:
    refused = blocking.invoke({"formula": READS})
    assert refused.error_type == "Dayfly.Refused"
    assert b"/var/task" not in json.dumps(refused.payload).encode().replace(b"/var/task/app.py", b"")
    assert "guard.refused" in findings(blocking.wait_for_log("guard.refused"))
    assert blocking.invoke({}).payload == 1


def test_a_handler_that_takes_too_long_times_out_and_the_next_event_is_served(start: Start) -> None:
    function = FUNCTIONS / "small"
    with start(function, "plain", timeout_s=TIMEOUT_S) as plain, start(function, timeout_s=TIMEOUT_S) as ours:
        both, late = Both(plain, ours), {"seconds": 4 * TIMEOUT_S}
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(lambda rie: said(rie.invoke(late)), (plain, ours))
        assert "timed out" in one
        assert other == one
        assert both.answers({}) == ("1", "1")


@pytest.mark.parametrize(
    ("code", "handler"),
    [
        pytest.param("raise RuntimeError('no table')", "app.handler", id="init-raises"),
        pytest.param("import no_such_library", "app.handler", id="missing-library"),
        pytest.param("def handler(event, context", "app.handler", id="syntax-error"),
        pytest.param("def main(event, context): pass", "app.handler", id="missing-function"),
        pytest.param("", "other.handler", id="missing-module"),
    ],
)
def test_a_function_that_cannot_be_loaded_fails_as_without_dayfly(
    start: Start, dayfly: Installed, code: str, handler: str
) -> None:
    function = dayfly.write({"app.py": code + "\n"})
    with start(function, "plain", handler) as plain, start(function, handler=handler) as ours:
        expected, got = Both(plain, ours).answers({})
        log = ours.logs()
    assert json.loads(expected)["errorType"].startswith(("Runtime.", "RuntimeError"))
    assert got == expected
    assert json.loads(got)["errorMessage"] in log


def test_settings_come_from_dayfly_toml_and_from_the_environment_which_wins(
    start: Start, dayfly: Installed
) -> None:
    code = (FUNCTIONS / "small" / "app.py").read_text()
    settings = 'isolation = "window"\nguard = "block"\n'
    function = dayfly.write({"app.py": code, "dayfly.toml": settings})
    with start(function, DAYFLY_GUARD="observe") as rie:
        assert [rie.invoke({}).payload for _ in range(2)] == [1, 2], "a window keeps a worker"
        assert rie.invoke({"formula": READS}).payload == "/var/task"
        [first] = [line for line in rie.logs().splitlines() if '"environment.started"' in line]
    assert '"isolation":"window"' in first
    assert "guard observe" in first


@pytest.mark.parametrize("place", ["environment", "dayfly.toml"])
def test_a_bad_setting_ends_the_start_with_a_first_line_that_names_it(
    start: Start, dayfly: Installed, place: str
) -> None:
    in_file = place == "dayfly.toml"
    function = dayfly.write(
        {
            "app.py": (FUNCTIONS / "small" / "app.py").read_text(),
            "dayfly.toml": 'guard = "blok"\n' if in_file else "",
        }
    )
    with start(function, **({} if in_file else {"DAYFLY_GUARD": "blok"})) as rie:
        answer = rie.invoke({})
        log = rie.logs()
    name = "dayfly.toml" if in_file else "DAYFLY_GUARD"
    assert answer.error_type == "Dayfly.InvalidSetting"
    for text in (said(answer), log):
        assert name in text
        assert "blok" in text
        assert "block" in text, "what it may be"
    # The native supervisor may hand over to Python's before the file is read.
    others = ("START", "dayfly: not active")
    own = [line for line in log.splitlines() if "(rapid)" not in line and not line.startswith(others)]
    assert "blok" in own[0]
    assert "exit status 2" in log
    assert "Traceback" not in log


def test_the_first_log_line_of_an_installed_dayfly_says_that_it_protects(both: Both) -> None:
    with contextlib.suppress(TimeoutError):
        both.dayfly.wait_for_log("environment.started")
    log = both.dayfly.logs()
    [first, *_] = [line for line in log.splitlines() if '"environment.started"' in line]
    assert '"isolation":"invocation"' in first
    assert "guard observe" in first
    assert "bytecode" not in first, "it was installed with bytecode"
