"""Runs a family of the corpus under AWS's emulator, plain or under Dayfly, and reads what the guard said about each call."""

from __future__ import annotations

import json
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tests.confined import confinement_here
from tests.honest.corpus.cases import Call, Family, with_addresses
from tests.honest.test_honest import honest_python
from tests.real.environment import Install, started_with
from tests.real.servers import Servers
from tests.rie import MODULES, ROOT, Rie

from dayfly.core.settings import FILE_NAME
from dayfly.policy.learned import learn
from dayfly.policy.logs import parse_log
from dayfly.policy.shapes import MIN_UNITS
from dayfly.policy.writing import write_policy

Mode = Literal["plain", "block", "observe"]

# Picks the handler without a word in the event: what the event says must be what a real one says. The same code each time:
# a call site is known by it.
ENTRY = """import os

import app


def handler(event, context):
    with open(os.environ["CORPUS_SELECTED"]) as file:
        name = file.read()
    return getattr(app, name)(event, context)
"""
# As long as a slow machine may need; what hangs ends by it.
TIMEOUT_S = 20
INTERNAL = "internal-token-4711"


@dataclass
class Result:
    """What came of one call: the answer and the findings that name its request."""

    answer: bytes
    seconds: float
    findings: list[dict[str, object]] = field(default_factory=list)

    @property
    def is_refusal(self) -> bool:
        """Whether the answer is the guard's error, or the page that HTTP events get for it, and nothing of the function's."""
        if self.answer.startswith(b'{"statusCode":502,'):
            return self.has_refusal
        return self.answer.startswith(b'{"errorMessage"') and b'"errorType": "Dayfly.Refused"' in self.answer

    @property
    def has_refusal(self) -> bool:
        """Whether a finding says that the guard refused something of it."""
        return any(kind_of(one) == "guard.refused" for one in self.findings)

    @property
    def is_refused(self) -> bool:
        """Whether the guard refused something of it, be it one record of a batch."""
        return self.is_refusal or self.has_refusal

    @property
    def learned_rules(self) -> list[str]:
        """What of a learned policy refused it: a shape, or a use that no table has; nothing where the guard would have anyway."""
        rules = [str(evidence_of(one)["rule"]) for one in self.findings if kind_of(one) == "guard.refused"]
        is_learned = all(rule.endswith(".shape") or rule.startswith("capability.") for rule in rules)
        return rules if is_learned else []

    @property
    def severe(self) -> list[dict[str, object]]:
        """The findings of high severity and above."""
        return [one for one in self.findings if int(str(one["severity_id"])) >= 4]

    @property
    def is_hung(self) -> bool:
        """Whether it ended by the function's timeout alone."""
        return self.seconds >= TIMEOUT_S - 0.5 or b"Task timed out" in self.answer


def kind_of(finding: Mapping[str, object]) -> str:
    """The type of a finding."""
    info = finding["finding_info"]
    assert isinstance(info, dict)
    return str(info["types"][0])


def evidence_of(finding: Mapping[str, object]) -> dict[str, object]:
    """What a finding says in detail."""
    unmapped = finding["unmapped"]
    assert isinstance(unmapped, dict)
    return dict(unmapped["evidence"])


def results(
    family: Family,
    calls: Sequence[Call],
    mode: Mode,
    install: Install,
    *,
    environment: Mapping[str, str],
    addresses: Mapping[str, str],
    policy: str = "",
) -> list[Result]:
    """The result of each call, in one environment, in order; `policy` is the function's settings file."""
    found, log = _invoked(
        family, calls, mode, install, environment=environment, addresses=addresses, policy=policy
    )
    # In the emulator's log a START line stands for each invocation.
    started = re.findall(r"START RequestId: (\S+)", log)
    assert len(started) == len(found), log[-3000:]
    by_request = dict(zip(started, found, strict=True))
    for finding in findings_in(log):
        unmapped = finding.get("unmapped")
        assert isinstance(unmapped, dict)
        if kind_of(finding) != "environment.started":
            # What names no request (a fault of the environment) belongs to all of them: the first one gets it.
            by_request.get(str(unmapped.get("request_id")), found[0]).findings.append(finding)
    assert mode == "plain" or f"guard {mode}s" in log, log[-3000:]
    return found


def learned_policy(
    family: Family,
    calls: Sequence[Call],
    install: Install,
    *,
    environment: Mapping[str, str],
    addresses: Mapping[str, str],
) -> str:
    """What `dayfly policy learn --log` writes of a log of as many environments as it takes to know a shape, each with all calls."""
    learning = {**environment, "DAYFLY_GUARD_LEARN": "on"}
    logs = [
        _invoked(family, calls, "observe", install, environment=learning, addresses=addresses)[1]
        for _ in range(MIN_UNITS)
    ]
    gathered = parse_log("\n".join(logs)).gather()
    return write_policy(
        "", learn([gathered]), today=datetime.now(UTC).date(), source=gathered.source, mode="block"
    )


def _invoked(
    family: Family,
    calls: Sequence[Call],
    mode: Mode,
    install: Install,
    *,
    environment: Mapping[str, str],
    addresses: Mapping[str, str],
    policy: str = "",
) -> tuple[list[Result], str]:
    """The answer to each call, and the log."""
    python = honest_python()
    folder = ROOT / ".cache" / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="corpus-") as name,
        tempfile.NamedTemporaryFile("w", dir=folder) as selected,
    ):
        Path(selected.name).chmod(0o644)
        function = Path(shutil.copytree(family.function, Path(name) / "function"))
        (function / "entry.py").write_text(ENTRY)
        if policy and mode != "plain":
            (function / FILE_NAME).write_text(policy)
        command = (
            [str(python), "-m", MODULES["plain"], "entry.handler"]
            if mode == "plain"
            else started_with(install, python, "entry.handler")
        )
        guard = {} if mode == "plain" else {"DAYFLY_GUARD": mode}
        with Rie(
            function,
            "entry.handler",
            runtime="plain" if mode == "plain" else "dayfly",
            environment={**environment, **guard, "CORPUS_SELECTED": selected.name},
            command=command,
            timeout_s=TIMEOUT_S,
            confined=confinement_here().kind != "none",
            refusals=True,
            is_lambda=True,
        ) as rie:
            found = []
            for call in calls:
                selected.seek(0)
                selected.truncate()
                selected.write(call.handler)
                selected.flush()
                begun = time.monotonic()
                answer = rie.invoke(with_addresses(call.event, addresses))
                found.append(Result(answer.body, time.monotonic() - begun))
            log = rie.logs()
    return found, log


def findings_in(log: str) -> Iterator[dict[str, object]]:
    """Every finding of a log."""
    at = log.find('{"activity_id"')
    while at >= 0:
        record, length = json.JSONDecoder().raw_decode(log[at:])
        if "finding_info" in record:
            yield record
        at = log.find('{"activity_id"', at + length)


@contextmanager
def surroundings(needs: Sequence[str]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """The servers that families talk to: the environment variables, and the addresses for events."""
    with Servers() as servers, _http_server() as port:
        variables: dict[str, str] = {}
        for kind in needs:
            variables |= servers.get(kind).environment  # type: ignore[arg-type]
        addresses = {
            "PARTNER": f"http://{_own_address()}:{port}",
            "PARTNER_HOST": f"{_own_address()}:{port}",
            "INSIDE": f"http://127.0.0.1:{port}",
            "PORT": str(port),
        }
        named = {"PARTNER_URL": addresses["PARTNER"], "PARTNER_HOST": addresses["PARTNER_HOST"]}
        yield {**variables, **named}, addresses


def _own_address() -> str:
    """An address of this machine that is not the loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


class _Handler(BaseHTTPRequestHandler):
    """Echoes; redirects where `to` says; below /internal it has a secret."""

    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        status, target = 200, ""
        answer: object = {
            "method": self.command,
            "path": self.path,
            "body": body.decode("utf-8", "replace"),
            "custom": {key: value for key, value in self.headers.items() if key.lower().startswith("x-")},
        }
        if parts.path.startswith("/internal"):
            answer = {"secret": INTERNAL}
        elif parts.path == "/redirect":
            status, target = 302, parse_qs(parts.query).get("to", ["/"])[0]
        elif "/missing" in parts.path:
            status, answer = 404, {"error": "no such thing"}
        data = json.dumps(answer).encode()
        self.send_response(status)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the answers say what was asked."""


@contextmanager
def _http_server() -> Iterator[int]:
    server = ThreadingHTTPServer(("0.0.0.0", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)
