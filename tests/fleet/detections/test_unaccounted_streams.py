"""Honest log streams of every kind give no alarm; a theft in one of them is told with its very requests."""

from __future__ import annotations

import itertools
import random
import re
import uuid
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.fleet.detections.lambda_streams import LambdaStream, fill
from tests.fleet.detections.planted import NOW, answers

from dayfly.fleet.records.rows import Detection
from dayfly.fleet.store.store import Store

REQUEST = r"[0-9a-f]{8}-[0-9a-f]{4}"
NUMBER = r'"(?:invocation|environment|message)":[^,]*|Status.*'
# Each example has days of its own in one store.
_days = itertools.count(1)


@dataclass(frozen=True)
class _Plan:
    """What happens in an environment, how its log is carried, and when it is looked at."""

    acts: list[tuple[str, float]]
    end: str
    carried: str
    is_json: bool
    restarts_late: bool
    clock_s: float
    seed: int
    ago: float
    theft: tuple[str, int] = ("", 0)


_acts = st.lists(
    st.tuples(
        st.sampled_from(["served"] * 6 + ["failed", "broken", "retried", "noise", "pause"]),
        st.sampled_from([0.001, 0.02, 0.3, 3.0, 240.0]),
    ),
    max_size=14,
)
_plans = st.builds(
    _Plan,
    acts=_acts,
    end=st.sampled_from(["whole", "running", "no record", "no report"]),
    carried=st.sampled_from(["whole", "twice", "shuffled", "gap", "one lost"]),
    is_json=st.booleans(),
    restarts_late=st.booleans(),
    clock_s=st.sampled_from([0.0, -1.5, 1.5]),
    seed=st.integers(0, 2**32),
    ago=st.floats(10.0, 9000.0),
)


def _noise(stream: LambdaStream) -> None:
    """What a function, its libraries and extensions print, and what the supervisor marks of it."""
    stream.say(f"[not written by Dayfly] START RequestId: {uuid.uuid4()} Version: $LATEST")
    stream.say("EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE,SHUTDOWN]")
    stream.say("first line\nSTART of the second\n\tthird")
    stream.say('{"level":"INFO","message":"Dayfly: invocation","requestId":"x"}')


def _act(stream: LambdaStream, act: str, took_s: float, *, restarts_late: bool) -> None:
    match act:
        case "noise":
            _noise(stream)
        case "pause":
            stream.time += 10 * took_s
        case "retried":
            request = stream.invoke("failed", took_s=took_s)
            stream.time += 60.0
            stream.invoke("served", request=request, took_s=took_s)
        case _:
            stream.invoke(act, took_s=took_s, restarts_late=restarts_late)


def _finish(stream: LambdaStream, end: str) -> None:
    """The platform ends an environment whenever it likes, once it answers no event."""
    request = str(uuid.uuid4())
    match end:
        case "running":
            stream._start(request)
        case "no record":
            stream.invoke("stolen")
            stream.stolen.pop()
        case "no report":
            stream.invoke("served", is_reported=False)


def _carry(stream: LambdaStream, how: str, chance: random.Random) -> None:
    events = stream.events
    match how:
        case "twice":
            events += chance.sample(events, len(events) // 2)
        case "shuffled":
            chance.shuffle(events)
        case "gap":
            begin = chance.uniform(events[0][0] - 1, events[-1][0])
            end = begin + chance.uniform(0, events[-1][0] - events[0][0] + 1)
            stream.events = [one for one in events if not begin <= one[0] < end]
        case "one lost":
            ours = [one for one in events if '"Dayfly"' in one[1]]
            events.remove(chance.choice(ours))


def _play(plan: _Plan, function: str, begin: float) -> LambdaStream:
    stream = LambdaStream(function, begin, is_json=plan.is_json, clock_s=plan.clock_s)
    stream.begin()
    for act, took_s in plan.acts:
        _act(stream, act, took_s, restarts_late=plan.restarts_late)
    where, count = plan.theft
    for _ in range(count):
        stream.invoke("stolen")
    if where == "until the runtime is ended":
        stream.invoke("broken", restarts_late=plan.restarts_late)
    if where in ("for a while", "until the runtime is ended"):
        stream.invoke("served")
    if not count:
        _finish(stream, plan.end)
    return stream


def _streams(plans: list[_Plan], now: float, name: str = "f") -> list[LambdaStream]:
    """One function has one environment, the next one two."""
    streams = []
    for number, plan in enumerate(plans):
        function = f"{name}{number // 3}-{(number + 1) % 3 // 2}"
        took_s = _play(plan, function, 0.0).time
        stream = _play(plan, function, now - plan.ago - took_s)
        _carry(stream, plan.carried, random.Random(plan.seed))
        streams.append(stream)
    return streams


def _look(store: Store, streams: list[LambdaStream], now: float) -> list[Detection]:
    fill(store, streams)
    return [one for one in answers(store, "unaccounted_invocations", now=now).values() if one.severity > 1]


def _short(stream: LambdaStream) -> list[str]:
    """What is in a log, to be read where a test fails."""
    return [
        f"{time:.3f} {message[:17]}{''.join(re.findall(REQUEST, message))[:8]}{re.findall(NUMBER, message)}"
        for time, message in sorted(stream.events)
    ]


_settings = settings(
    max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip


@_settings
@given(plans=st.lists(_plans, min_size=20, max_size=60))
def test_honest_logs_give_no_alarm(store: Store, plans: list[_Plan]) -> None:
    now = NOW + 3 * 86_400 * next(_days)
    streams = _streams(plans, now)
    told = {name for found in _look(store, streams, now) for name in found.functions}
    assert not told, "\n".join(line for one in streams if one.function in told for line in ["", *_short(one)])


_thefts = st.tuples(
    st.sampled_from(["for a while", "until the runtime is ended", "for good"]), st.integers(3, 9)
)


@_settings
@given(
    plans=st.lists(_plans, max_size=20), thief=_plans, theft=_thefts, carried=st.sampled_from(["whole", "twice", "shuffled"])
)  # fmt: skip
def test_a_theft_among_honest_logs_is_told_with_its_requests(
    store: Store, plans: list[_Plan], thief: _Plan, theft: tuple[str, int], carried: str
) -> None:
    now = NOW + 3 * 86_400 * next(_days)
    thief = replace(thief, theft=theft, carried=carried, ago=400.0)
    (stream,) = _streams([thief], now, "stolen")
    (found,) = _look(store, [*_streams(plans, now), stream], now)
    assert found.request_ids == stream.stolen
