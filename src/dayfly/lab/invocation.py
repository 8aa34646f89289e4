"""One call on its way to an environment, and what comes back from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dayfly.lab.streaming.stream import ResponseStream


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call on its way to an environment."""

    request_id: str
    payload: bytes
    wants_tail: bool = False
    client_context: str = ""
    tenant_id: str = ""
    trace_id: str = ""
    # As the caller named the function, with its qualifier; empty: without one.
    arn: str = ""
    # Where the caller reads the response while it is made, if he does.
    stream: ResponseStream | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller gets; `fault` says why the environment must be reset, if it must."""

    payload: bytes
    is_error: bool
    fault: Literal["", "crashed", "timed_out"] = ""
    status: str = ""
