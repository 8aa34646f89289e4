"""`python -m bench.fleet.reading`: how many lines a second the reader judges on one core, with and without proofs."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence

from bench.fleet.orders import event as order
from bench.machine import this_machine
from dayfly.core import findings
from dayfly.core.activity import Activity
from dayfly.core.findings import Where, finding_line
from dayfly.core.proofs import FleetKey
from dayfly.fleet.records.events import Intake, LogEvent
from dayfly.fleet.records.judging import LineReader
from dayfly.testing.invocations import invocation_line

KEY = bytes(range(32))
_T0 = 1_764_000_000.0
_REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
_PLATFORM = (
    f"START RequestId: {_REQUEST} Version: 7\n",
    f"END RequestId: {_REQUEST}\n",
    f"REPORT RequestId: {_REQUEST}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 77 MB\t\n",
)
BATCH = 10_000


def own_lines(count: int, key: FleetKey | None) -> list[LogEvent]:
    """Lines of a hundred environments: each starts and is invoked, and one line in fifty is a finding."""
    activity = Activity()
    activity.read_event({}, json.dumps(order("o-1", 1)).encode(), key)
    activity.duration_us, activity.cpu_us, activity.overhead_us, activity.code = 12_345, 2_345, 456, 1 << 60
    events = []
    for number in range(count):
        environment, turn = number % 100, number // 100 + 1
        where = Where(environment=f"{environment + 1:016x}", function="shop", version="7")
        now = _T0 + turn
        if turn == 1:
            line = finding_line(
                findings.ENVIRONMENT_STARTED, where, now=now, message="begun", sequence=turn, key=key
            )
        elif turn % 50 == 0:
            line = finding_line(findings.FILE_LEFT, where, now=now, message="left", sequence=turn, key=key)
        else:
            line = invocation_line(
                where,
                now=now,
                number=turn,
                worker=turn,
                age_ms=turn * 1000,
                outcome="success",
                request_id=_REQUEST,
                sequence=turn,
                activity=activity,
                key=key,
            )
        events.append(_event(line.decode(), environment, now))
    return events


def _event(message: str, environment: int, now: float) -> LogEvent:
    stream = f"2026/11/26/[7]{environment + 1:016x}{environment + 1:016x}"
    return LogEvent(time=now, message=message, log_group="/aws/lambda/shop", log_stream=stream)


def platform_lines(count: int) -> list[LogEvent]:
    """START, END and REPORT in turn."""
    return [_event(_PLATFORM[number % 3], number % 100, _T0 + number / 100) for number in range(count)]


def other_lines(count: int) -> list[LogEvent]:
    """What functions print."""
    texts = (
        "[INFO]\t2026-11-26T00:00:00.000Z\t8476a536\torder %d taken\n",
        '{"level":"INFO","message":"order %d"}\n',
    )
    return [_event(texts[number % 2] % number, number % 100, _T0 + number / 100) for number in range(count)]


def main(arguments: Sequence[str]) -> int:
    """Run by the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet.reading", description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    options = parser.parse_args(arguments)
    kinds: dict[str, tuple[Callable[[], list[LogEvent]], list[bytes]]] = {
        "Dayfly's, no key": (lambda: own_lines(options.lines, None), []),
        "Dayfly's, with proofs": (lambda: own_lines(options.lines, FleetKey(KEY)), [KEY]),
        "Dayfly's, proofs of a second key": (
            lambda: own_lines(options.lines, FleetKey(KEY)),
            [bytes(32), KEY],
        ),
        "the platform's": (lambda: platform_lines(options.lines), [KEY]),
        "other lines": (lambda: other_lines(options.lines), [KEY]),
    }
    write = sys.stdout.write
    write(f"{this_machine(pinned_to=None)}\n")
    for name, (make, keys) in kinds.items():
        events = make()
        best = 0.0
        for _ in range(3):
            reader = LineReader(keys)
            began = time.process_time()
            for at in range(0, len(events), BATCH):
                intake = Intake()
                for event in events[at : at + BATCH]:
                    reader.read(event, intake)
            best = max(best, len(events) / (time.process_time() - began))
        write(f"{name:36}{best:10,.0f} lines/s of CPU, best of 3\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
