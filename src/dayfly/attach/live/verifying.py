"""Invokes a function once and reads from its log whether Dayfly is active.

An environment says so in its first line, which it writes before its first event. The end of the log that Invoke returns begins
with that event (recorded from AWS by LocalStack: START, the function's lines, END, REPORT), so the line itself is in
CloudWatch Logs, some seconds later.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.coverage import logs
from dayfly.attach.coverage.model import Seen

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

# Lines are found some seconds after they were written, seldom later than this.
PATIENCE_S = 60.0
_POLL_S = 2.0
# This machine's clock is not Lambda's.
_SKEW_S = 5.0
NEXT_LINE = (
    "the log of the next new environment must begin with Dayfly's record `environment.started`; if it has "
    '"dayfly: not active" instead, that record gives the reason. Check with `dayfly status --logs`'
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What one invocation showed. `is_active` is None where nothing says either."""

    is_active: bool | None
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies functions of one account and region; `now` tells seconds since the epoch."""

    caller: Caller
    client: LambdaClient
    logs_client: CloudWatchLogsClient
    patience_s: float = PATIENCE_S
    now: Callable[[], float] = time.time

    def verify(self, function: str, group: str, event: bytes, *, qualifier: str = "") -> Verified:
        """Invoke `function` with `event` and look for the line, in the answer and then in the log group.

        The event is sent once, also where the answer was lost: it may have effects. Raises CallError where the function
        cannot be invoked.
        """
        since = self.now() - _SKEW_S
        more: dict[str, Any] = {"Qualifier": qualifier} if qualifier else {}
        answer = self.caller.call(
            self.client.invoke,
            what=f"cannot invoke {function}",
            is_repeatable=False,
            FunctionName=function,
            InvocationType="RequestResponse",
            LogType="Tail",
            Payload=event,
            **more,
        )
        is_error = bool(answer.get("FunctionError"))
        found = judge(read_tail(str(answer.get("LogResult") or ""), self.now()), is_error=is_error)
        if found is not None:
            return found
        until = self.caller.clock() + self.patience_s
        while True:
            try:
                seen = logs.look_between(
                    self.caller, self.logs_client, group, since=since, until=self.now() + _SKEW_S
                )
            except CredentialsError:
                raise
            except CallError as error:
                text = f"the invocation succeeded, but {error.message}; {NEXT_LINE}"
                return Verified(None, text, is_error)
            if (found := judge(seen, is_error=is_error)) is not None:
                return found
            if self.caller.clock() > until:
                break
            self.caller.sleep(_POLL_S)
        return Verified(
            None,
            (
                f"no Dayfly record arrived within {self.patience_s:.0f} s: an older environment may have "
                f"answered; {NEXT_LINE}"
            ),
            is_error,
        )


def read_tail(log_result: str, now: float) -> Seen:
    """Return what the end of a log says, as Invoke hands it out; pure."""
    try:
        log = base64.b64decode(log_result).decode(errors="replace")
    except (binascii.Error, ValueError):
        log = ""
    return logs.read([{"message": line, "timestamp": int(now * 1000)} for line in log.split("\n")])


def judge(seen: Seen, *, is_error: bool = False) -> Verified | None:
    """Say what was seen, None where it says nothing; pure. The worse of two lines of the same time counts."""
    if seen.refused and seen.refused >= seen.started:
        return Verified(False, seen.refusal, is_error)
    if seen.started:
        text = f"Dayfly {seen.dayfly_version}, isolation {seen.isolation}, guard {seen.guard}"
        if seen.not_promised:
            text += "; not protected: " + "; ".join(seen.not_promised)
        return Verified(True, text, is_error)
    return None
