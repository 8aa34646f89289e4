"""Invokes a function once and reads from its log whether Dayfly is in force."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller
from dayfly.core.findings import ENVIRONMENT_STARTED
from dayfly.core.loglines import PRODUCT

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SHOWN = 300
_NOT_IN_FORCE = re.compile(r"dayfly: (not in force|cannot start|error)[^\n]*")
# What the first line of an environment says; see docs/reference.md.
NEXT_LINE = (
    "the log of the next new environment must begin with Dayfly's line (`environment.started`, with isolation and guard); "
    '"dayfly: not in force" says that it is not, and why'
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What one invocation showed. `is_in_force` is None where its log says neither."""

    is_in_force: bool | None
    text: str
    is_error: bool = False


def verify(
    caller: Caller, client: LambdaClient, function: str, event: bytes, *, qualifier: str = ""
) -> Verified:
    """Invoke `function` with `event`, once, and read the end of its log; raises CallError where it cannot be invoked.

    Never asked a second time where the answer was lost: an event may have effects.
    """
    request: dict[str, Any] = {"Qualifier": qualifier} if qualifier else {}
    answer = caller.call(
        client.invoke,
        what=f"cannot invoke {function}",
        is_repeatable=False,
        FunctionName=function,
        InvocationType="RequestResponse",
        LogType="Tail",
        Payload=event,
        **request,
    )
    try:
        log = base64.b64decode(answer.get("LogResult") or "").decode(errors="replace")
    except (binascii.Error, ValueError):
        log = ""
    return judge_log(log, is_error=bool(answer.get("FunctionError")))


def judge_log(log: str, *, is_error: bool = False) -> Verified:
    """Say what the end of a log shows; pure."""
    if match := _NOT_IN_FORCE.search(log):
        return Verified(False, _shown(match[0]), is_error)
    for line in log.splitlines():
        if (message := _first_line(line)) is not None:
            return Verified(True, _shown(message), is_error)
    return Verified(
        None,
        "the end of the log (Lambda gives 4 KB) shows no line of Dayfly's: the invocation may have met an older environment, "
        "or written more than that; " + NEXT_LINE,
        is_error,
    )


def _first_line(line: str) -> str | None:
    """Return what Dayfly's first line says, None for any other line."""
    try:
        record = json.loads(line)
        if (
            record["metadata"]["product"]["name"] == PRODUCT
            and ENVIRONMENT_STARTED.uid in record["finding_info"]["types"]
        ):
            return str(record["message"])
    except (ValueError, RecursionError, LookupError, TypeError):
        pass
    return None


def _shown(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable[:_SHOWN] + (" …" if len(printable) > _SHOWN else "")
