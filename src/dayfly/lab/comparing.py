"""Runs a function twice without Dayfly and once with it on the same events, and says which answers are others.

What differs between the two runs without it differs by itself: a time, an id, what an earlier invocation left.
"""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dayfly.core.findings import NOT_FORKABLE
from dayfly.core.settings import FILE_NAME, load_settings
from dayfly.errors import SettingError
from dayfly.lab.lab import Lab
from dayfly.lab.plan.measure import read_finding
from dayfly.lab.plan.observe import wait_until_idle

if TYPE_CHECKING:
    from dayfly.core.settings import Settings
    from dayfly.lab.model import ConfinementChoice, ConfinementReport, FunctionConfig, InvokeResult, LogLine
    from dayfly.lab.plan.model import Event

Verdict = Literal["same", "differs", "varies"]
# Every event twice: the second time, the function is warm.
ROUNDS = 2
_PLAIN, _AGAIN, _DAYFLY = "without", "without-again", "with"
_STARTED = "environment.started"
_NOT_ACTIVE = re.compile(
    r"^dayfly: (?:not active, the function is NOT PROTECTED and runs without Dayfly: |cannot start[^:]*: |error: )(?P<why>.*)"
)
_MAX_PATHS = 10
_MAX_WORDS = 8
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")
# A log line is there soon after the answer that it belongs to.
_LINES_S = 5.0


@dataclass(frozen=True, slots=True)
class Compared:
    """One event, one time: how the answers compare, and where they differ. Places, never values."""

    event: str
    round: int
    verdict: Verdict
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out. `isolation` is what was active, empty if nothing was; `why` says why not, or why not forked.

    `missing` is what was asked for and was not active, in words.
    """

    answers: tuple[Compared, ...]
    isolation: str
    guard: str
    why: tuple[str, ...]
    missing: tuple[str, ...]
    not_promised: tuple[str, ...]
    confinement: ConfinementReport

    @property
    def is_active(self) -> bool:
        """Say whether Dayfly served the events, with everything that was asked for."""
        return bool(self.isolation) and not self.why and not self.missing

    @property
    def has_same_answers(self) -> bool:
        """Say whether no answer was another with Dayfly than without."""
        return all(one.verdict != "differs" for one in self.answers)


@dataclass
class _Heard:
    """What Dayfly said, by function."""

    started: dict[str, Mapping[str, object]] = field(default_factory=dict)
    why: dict[str, list[str]] = field(default_factory=dict)

    def hear(self, line: LogLine) -> None:
        if line.source == "platform":
            return
        finding = read_finding(line.text)
        why = self.why.setdefault(line.function, [])
        if finding is not None and finding[0] == _STARTED:
            self.started[line.function] = json.loads(line.text)["unmapped"]["evidence"]
        elif finding is not None and finding[0] == NOT_FORKABLE.uid:
            why += [reason for reason in finding[1] if reason not in why]
        elif (match := _NOT_ACTIVE.match(line.text)) and len(why) < _MAX_WORDS:
            why.append(_printable(match["why"]))


async def compare(
    function: FunctionConfig,
    events: Sequence[Event],
    *,
    attached: Mapping[str, str],
    plain_opt: Path,
    policy: str = "",
    confinement: ConfinementChoice,
    progress: Callable[[int, int], None],
) -> Comparison:
    """Run `function`, as it is without Dayfly, on the events, and once more with the variables `attached`.

    Its `opt` holds Dayfly's layer and its others, `plain_opt` the others alone; `policy` is the digest of the policy that
    they carry. Raises LabError, and SettingError for a dayfly.toml in the package that is not valid.
    """
    asked = _settings_of(function.folder, {**function.environment, **attached})
    heard = _Heard()
    ways = {
        _PLAIN: replace(function, name=_PLAIN, opt=plain_opt),
        _AGAIN: replace(function, name=_AGAIN, opt=plain_opt),
        _DAYFLY: replace(function, name=_DAYFLY, environment={**function.environment, **attached}),
    }
    answers: dict[str, list[InvokeResult]] = {}
    count = len(events) * ROUNDS
    async with Lab(confinement=confinement, max_environments=len(ways), log=heard.hear) as lab:
        for done, (name, config) in enumerate(ways.items()):
            await lab.add_function(config)
            answers[name] = []
            for _ in range(ROUNDS):
                for event in events:
                    progress(done * count + len(answers[name]), len(ways) * count)
                    answers[name].append(await lab.invoke(name, event.payload))
                    await wait_until_idle(lab, name)
        await _wait_for_words(heard)
        report = lab.confinement
    progress(len(ways) * count, len(ways) * count)
    started = heard.started.get(_DAYFLY, {})
    why = heard.why.get(_DAYFLY, [])
    if not started and not why:
        why = [
            (
                "Dayfly did not start: the next wrapper (DAYFLY_NEXT_WRAPPER) did not start the command in its "
                "arguments"
            )
        ]
    if heard.started.get(_PLAIN):
        # Nothing of Dayfly's runs there.
        started, why = (
            {},
            ["the function prints lines that look like Dayfly records, so the result is unknown"],
        )
    not_promised = started.get("not_promised", [])
    return Comparison(
        answers=tuple(_judge(events, answers)),
        isolation=str(started.get("isolation", "")),
        guard=str(started.get("guard", "")),
        why=tuple(why),
        missing=tuple(_missing(asked, started, policy)) if started else (),
        not_promised=tuple(map(_printable, not_promised if isinstance(not_promised, list) else [])),
        confinement=report,
    )


def _settings_of(folder: Path, variables: Mapping[str, str]) -> Settings:
    try:
        table = tomllib.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        table = {}
    except (OSError, ValueError) as error:
        raise SettingError(f"{folder / FILE_NAME} cannot be read: {error}", hint="fix it first") from error
    return load_settings(
        {name: value for name, value in variables.items() if name.startswith("DAYFLY_")}, table
    )


def _missing(asked: Settings, started: Mapping[str, object], policy: str) -> Iterator[str]:
    """Yield what was asked for and the first log line does not say to be active."""
    wanted = {"isolation": asked.isolation, "guard": asked.guard}
    if asked.network == "none":
        wanted["network"] = "none"
    if asked.api_lock in ("on", "off"):
        wanted["api_lock"] = asked.api_lock
    if asked.guard != "off" and policy:
        wanted["policy_digest"] = policy
    elif asked.guard != "off" and asked.policy is not None:
        wanted["policy"] = "package"
    for name, value in wanted.items():
        has = str(started.get(name, "")) or "not active"
        if has != value:
            reason = started.get(f"{name}_reason")
            yield f"{name} {value} was requested, but it is {has}" + (
                f": {_printable(reason)}" if reason else ""
            )


async def _wait_for_words(heard: _Heard) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + _LINES_S
    while not (heard.started.get(_DAYFLY) or heard.why.get(_DAYFLY)) and loop.time() < until:
        await asyncio.sleep(0.01)


def _judge(events: Sequence[Event], answers: Mapping[str, Sequence[InvokeResult]]) -> Iterator[Compared]:
    for number, (plain, again, dayfly) in enumerate(
        zip(answers[_PLAIN], answers[_AGAIN], answers[_DAYFLY], strict=True)
    ):
        by_itself = set(differences(plain, again))
        found = differences(plain, dayfly)
        places = [place for place in found if place not in by_itself]
        verdict: Verdict = "differs" if places else "varies" if found else "same"
        event = events[number % len(events)].name
        yield Compared(event, number // len(events) + 1, verdict, tuple((places or found)[:_MAX_PATHS]))


def differences(one: InvokeResult, other: InvokeResult) -> list[str]:
    """Return where two answers differ, as `$.items[0].price`; no value is in it."""
    if one.function_error != other.function_error:
        return ["an error in one, an answer in the other"]
    try:
        first, second = json.loads(one.payload), json.loads(other.payload)
    except ValueError:
        return [] if one.payload == other.payload else ["the bytes"]
    if one.function_error is not None:
        # The rest of an error, its request id and its stack, is another every time.
        first, second = _kind(first), _kind(second)
    return list(_differing(first, second, "$"))


def _kind(error: object) -> object:
    return {name: error.get(name) for name in ("errorType",)} if isinstance(error, dict) else error


def _differing(one: object, other: object, place: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            inner = f"{place}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{place}.(a key)"
            if key in one and key in other:
                yield from _differing(one[key], other[key], inner)
            else:
                yield inner
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differing(left, right, f"{place}[{index}]")
    elif type(one) is not type(other) or one != other:
        yield place


def _printable(text: object) -> str:
    return "".join(character if character.isprintable() else " " for character in str(text))[:500]
