"""The platform's own lines as rows: what `dayfly lifetimes` reads of them, and what they cost."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

from dayfly.fleet.lifetimes.messages import read_message
from dayfly.fleet.lifetimes.model import Act
from dayfly.fleet.records.lines import number, request, short
from dayfly.fleet.records.rows import Platform

PREFIXES = ("START RequestId: ", "REPORT RequestId: ", "END RequestId: ", "INIT_START ", "INIT_REPORT ")
_KINDS: dict[Act, Literal["init", "start", "report"]] = {
    Act.INIT: "init",
    Act.START: "start",
    Act.REPORT: "report",
}
_BILLED = re.compile(r"Billed Duration: (\d{1,9}) ms")
_MEMORY = re.compile(r"Memory Size: (\d{1,5}) MB")
_USED = re.compile(r"Max Memory Used: (\d{1,5}) MB")
_INIT = re.compile(r"Init Duration: (\d{1,9}(?:\.\d{1,6})?) ms")
_STATUS = re.compile(r"Status: (\w{1,32})")
_VERSION = re.compile(r"Version: (\S{1,64})")
_UINT16 = 2**16 - 1
_UINT32 = 2**32 - 1


@dataclass(frozen=True, slots=True)
class _Figures:
    """What a REPORT has beside its duration."""

    billed_ms: int = 0
    memory_mb: int = 0
    used_mb: int = 0
    init_us: int = 0
    status: str = ""


def read_platform(
    message: str, *, stream: int, time: float, account: str, region: str, function: str, version: str
) -> Platform | None:
    """Return the row of a platform's line, None for one that tells nothing that is kept (END, extensions' lines)."""
    sighting = read_message(message, stream="", time=time, function=function)
    kind = _KINDS.get(sighting.act)
    if kind is None:
        return None
    is_text = not message.startswith("{")
    figures = _Figures()
    if kind == "report":
        figures = _text_figures(message) if is_text else _json_figures(message)
    if kind == "start" and is_text and not version:
        found = _VERSION.search(message)
        version = found[1] if found else ""
    return Platform(
        time=time,
        account=account,
        region=region,
        function=sighting.function[:256],
        version=version,
        stream=stream,
        kind=kind,
        request_id=request(sighting.request_id),
        duration_us=min(int(sighting.duration * 1e6), _UINT32),
        billed_ms=figures.billed_ms,
        memory_mb=figures.memory_mb,
        used_mb=figures.used_mb,
        init_us=figures.init_us,
        status=figures.status,
    )


def _text_figures(message: str) -> _Figures:
    def whole(pattern: re.Pattern[str]) -> int:
        found = pattern.search(message)
        return int(found[1]) if found else 0

    init, status = _INIT.search(message), _STATUS.search(message)
    return _Figures(
        billed_ms=whole(_BILLED),
        memory_mb=min(whole(_MEMORY), _UINT16),
        used_mb=min(whole(_USED), _UINT16),
        init_us=min(int(float(init[1]) * 1000), _UINT32) if init else 0,
        status=_status(status[1] if status else ""),
    )


def _json_figures(message: str) -> _Figures:
    # `read_message` has read it, so it can be.
    record = json.loads(message)["record"]
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    init = metrics.get("initDurationMs", 0)
    is_time = isinstance(init, int | float) and 0 <= init < 1e6
    return _Figures(
        billed_ms=number(metrics.get("billedDurationMs")),
        memory_mb=number(metrics.get("memorySizeMB"), _UINT16),
        used_mb=number(metrics.get("maxMemoryUsedMB"), _UINT16),
        init_us=int(init * 1000) if is_time else 0,
        status=_status(short(record.get("status"), 32)),
    )


def _status(text: str) -> str:
    return "" if text == "success" else text
