"""What `dayfly lab serve` prints: what is served and how to call it, then log lines and events as they come."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from dayfly.cli.output import Output
from dayfly.lab.model import REGION, ConfinementReport, FunctionConfig, LabEvent, LogLine

# These come with every invocation, and REPORT says the same.
_ROUTINE = frozenset({"frozen", "thawed", "init_done", "invoke_start", "invoke_end"})
_STYLES = {
    "cold_start": "cyan",
    "crashed": "bold red",
    "timed_out": "bold red",
    "reset": "yellow",
    "fault": "magenta",
}


@dataclass(frozen=True, slots=True)
class Served:
    """What is served where. `urls` are the functions' own, by name; `fleet` and `services` are empty where there is none."""

    url: str
    functions: Sequence[FunctionConfig]
    urls: Mapping[str, str]
    confinement: ConfinementReport
    fleet: str = ""
    services: str = ""


def invoke_by_cli(url: str, name: str) -> str:
    """A shell command that works without AWS configuration, in versions 1 and 2 of AWS's command line.

    Version 2 takes `--payload '{}'` for base64, and version 1 lacks the option that changes that: `fileb://` is bytes in both.
    """
    aws = f"aws --no-sign-request --region {REGION} --endpoint-url {shlex.quote(url)} lambda invoke"
    return f"echo '{{}}' | {aws} --function-name {name} --payload fileb:///dev/stdin out.json && cat out.json"


def invoke_by_boto3(url: str, name: str) -> str:
    """A Python expression that gives the answer's bytes."""
    client = f'"lambda", endpoint_url="{url}", region_name="{REGION}"'
    keys = 'aws_access_key_id="test", aws_secret_access_key="test"'
    return f'boto3.client({client}, {keys}).invoke(FunctionName="{name}", Payload=b"{{}}")["Payload"].read()'


def call_by_url(url: str, auth_type: str) -> str:
    """A shell command for a function URL; curl resolves names below localhost itself."""
    signed = f"--aws-sigv4 aws:amz:{REGION}:lambda --user test:test " if auth_type == "AWS_IAM" else ""
    return f"curl {signed}{shlex.quote(url)}"


class ServeView:
    """Prints for one lab. With `is_quiet` neither log lines nor events; calls `hang_up` when they cannot be written."""

    def __init__(self, output: Output, *, is_quiet: bool, hang_up: Callable[[], None]) -> None:
        self._output = output
        self._is_quiet = is_quiet
        self._hang_up = hang_up

    def announce(self, served: Served) -> None:
        """Say what is served and how to call it."""
        output, report, functions = self._output, served.confinement, served.functions
        if output.is_json:
            output.json(
                {
                    "type": "serving",
                    "endpoint": served.url,
                    "fleet": served.fleet or None,
                    "services": served.services or None,
                    "urls": dict(served.urls),
                    "faulty": [function.name for function in functions if function.faults is not None],
                    "functions": [function.name for function in functions],
                    "confinement": report.kind,
                    "confinement_reason": report.reason,
                    "active": list(report.active),
                    "absent": list(report.absent),
                }
            )
            return
        output.say(str(report))
        output.say(f"serving {', '.join(f.name for f in functions)} at {served.url}", style="bold green")
        name = functions[0].name
        output.say(f"Invoke {name} from another shell:")
        output.say(f"  {invoke_by_cli(served.url, name)}")
        output.say("Invoke it from Python:")
        output.say(f"  {invoke_by_boto3(served.url, name)}")
        for function in functions:
            url = served.urls.get(function.name)
            if url is not None:
                output.say(f"Call the function URL of {function.name}:")
                output.say(f"  {call_by_url(url, function.front.url)}")
                host = urlsplit(url).hostname or ""
                output.say(
                    f"  or {served.url}/lambda-url/{host.partition('.')[0]}/ where that name is not resolved"
                )
        for function in functions:
            if function.faults is not None:
                output.say(f"Faults are injected into {function.name}.", style="bold magenta")
        if served.services:
            output.say(f"Queues, topics, buckets and buses come from {served.services}.")
        if served.fleet:
            output.say(f"Every log record is also sent to the fleet service at {served.fleet}.")
        output.say("Press Ctrl-C to stop." if self._is_quiet else "Logs follow. Press Ctrl-C to stop.")

    def show_log(self, line: LogLine) -> None:
        """A line that the function or the platform wrote."""
        self._show(line, "log", line.text, {"source": line.source}, "")

    def show_event(self, event: LabEvent) -> None:
        """Something that happened to an environment."""
        if self._output.is_json or event.kind not in _ROUTINE:
            text = " ".join([event.kind, *(f"{key}={value}" for key, value in event.detail.items())])
            detail = {"kind": event.kind, "request_id": event.request_id, **event.detail}
            self._show(event, "event", text, detail, _STYLES.get(event.kind, "blue"))

    def _show(
        self,
        record: LogLine | LabEvent,
        kind: str,
        text: str,
        detail: Mapping[str, str | int | float | None],
        style: str,
    ) -> None:
        if self._is_quiet:
            return
        try:
            if self._output.is_json:
                place = {"function": record.function, "environment": record.environment_id}
                self._output.json({"type": kind, "at": record.at, **place, "text": text, **detail})
            else:
                self._output.record(f"{record.function} {record.environment_id[:8]}", text, style=style)
        except OSError as error:
            # Raised further it would end what reads this environment's output, and the environment with it.
            self._is_quiet = True
            self._output.silence()
            if not isinstance(error, BrokenPipeError):
                self._output.warn(f"the log cannot be written: {error.strerror}; the lab stops")
            self._hang_up()
