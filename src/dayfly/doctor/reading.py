"""Decides what answers tell about a platform and which of Dayfly's settings follow; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.doctor.answers import Answer, AnswerError, Probe
from dayfly.doctor.rows import Row, State, Survey, as_state, defences
from dayfly.doctor.scope import HostFacts, choose_api_lock, recognise

if TYPE_CHECKING:
    from dayfly.doctor.scope import Platform

# Over this long an invocation did not follow at once, so a clock that stood still shows.
_PAUSE_S = 5.0
_BEAT_S = 0.2
# No time and no count of an answer is longer; a whole number beyond a float's range would raise.
_MAX_NUMBER = 1e12
_NAMES = {"lambda": "AWS Lambda", "emulator": "AWS's emulator", "other": "neither Lambda nor its emulator"}


@dataclass(frozen=True, slots=True)
class Known:
    """One question of the platform notes and what the answers say to it."""

    name: str
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting that follows from the answers, and why."""

    name: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that follows from a set of answers."""

    platform: Platform
    known: tuple[Known, ...]
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...]
    not_promised: tuple[str, ...]
    still_open: tuple[str, ...]

    @property
    def platform_name(self) -> str:
        return _NAMES[self.platform]

    def as_json(self) -> dict[str, object]:
        """Stable: keys are only ever added."""
        return {
            "schema": "dayfly-doctor-reading/1",
            "platform": self.platform,
            "known": [{"name": one.name, "state": one.state, "text": one.text} for one in self.known],
            "defences": [row.as_json() for row in self.rows],
            "settings": [
                {"name": one.name, "value": one.value, "reason": one.reason} for one in self.choices
            ],
            "not_promised": list(self.not_promised),
            "still_open": list(self.still_open),
        }


def conclude(answers: Sequence[Answer]) -> Reading:
    """The same answers always give the same reading, in whatever order they come.

    Raises AnswerError for answers of different places. Settings follow from Lambda's answers alone: what
    an emulator does says nothing about Lambda.
    """
    ordered = sorted(answers, key=lambda answer: (answer.at, answer.source))
    surveys = [(answer, found) for answer in ordered if (found := answer.survey) is not None]
    places = {answer.init for answer in ordered}
    if len(places) != 1:
        raise AnswerError(
            "these answers come from different environments: PID 1 differs",
            hint="give the answers of one function",
        )
    latest = surveys[-1][1] if surveys else None
    platform = _platform(latest, next(iter(places)))
    lock, errors = _lock(ordered), _held_errors(ordered)
    known = [
        *_under_dayfly(ordered),
        *(_kernel(latest) if latest else ()),
        *_processes(ordered, latest),
        *_orphans(ordered),
        *_pauses(ordered),
        *lock,
        *errors,
        *_exits(ordered),
    ]
    states = {one.name: one.state for one in known}
    rows = defences(latest, latest.scope()) if latest else ()
    choices = _choices(states) if platform == "lambda" else ()
    return Reading(
        platform,
        tuple(known),
        rows,
        choices,
        tuple(_not_promised(platform, states, rows, choices)),
        tuple(_still_open(states, latest)),
    )


def _platform(survey: Survey | None, init: str) -> Platform:
    if survey is not None:
        return survey.scope().platform
    facts = HostFacts(
        pid_namespace="", init_command=init, parent_command="", parent_pid=0, tmp_is_own_mount=False
    )
    return recognise(facts)


def _kernel(survey: Survey) -> tuple[Known, ...]:
    scope = survey.scope()
    own_pids = defences(survey, scope)[1].active
    init_uid, uid = survey.text("init_uid"), str(survey.number("uid"))
    other = "another user" if init_uid and init_uid != uid else "the function's own user"
    return (
        Known(
            "kernel",
            "yes",
            f"Linux {survey.text('kernel')} on {survey.text('machine')}, Python {survey.text('python')}",
        ),
        Known("own-pid-namespace", own_pids, f"PID 1 is {survey.text('init_command') or 'unknown'}, {other}"),
        Known(
            "scope",
            "yes" if scope.scope == "environment" else "no",
            f"scope `auto` selects {scope.scope} here: {scope.reason}",
        ),
    )


def _processes(answers: Sequence[Answer], survey: Survey | None) -> list[Known]:
    if survey is None:
        return []
    uid = survey.number("uid")
    shown = [
        item
        for answer in answers
        if isinstance(found := answer.part("processes").get("shown"), list)
        for item in found
        if isinstance(item, Mapping)
        and item.get("is_self") is not True
        and item.get("is_doctors") is not True
        and item.get("state") != "Z"
    ]
    if not shown:
        return [Known("foreign-memory", "unknown", "no survey lists processes")]
    names = {str(item.get("name", "?"))[:15] for item in shown if item.get("memory_opens") is True}
    users = sorted({str(item.get("uid")) for item in shown if item.get("uid") != uid})
    known = [
        Known(
            "foreign-memory",
            "yes" if names else "no",
            "memory that a worker can write: "
            + (", ".join(sorted(names)) if names else "of no other process"),
        ),
        Known(
            "other-users",
            "yes" if users else "no",
            f"/proc shows processes of other users: {', '.join(users)}"
            if users
            else "all processes in /proc belong to the function's user",
        ),
    ]
    extensions = survey.number("extensions")
    if extensions:
        known.append(
            Known(
                "extensions",
                "yes",
                f"{extensions} external extensions: see their users in the survey's processes",
            )
        )
    return known


def _orphans(answers: Sequence[Answer]) -> list[Known]:
    known: list[Known] = []
    reaped = [state for answer in answers if (survey := answer.survey) and (state := _reaped(survey))]
    adopters = {
        str(found.get("parent")) for answer in answers if (found := _call(answer, "orphan")).get("parent")
    }
    if adopters:
        known.append(
            Known("orphans-adopted", "yes", f"orphans become children of PID {', '.join(sorted(adopters))}")
        )
    still = [
        value for answer in answers if (value := answer.part("before").get("zombie_still_there")) is not None
    ]
    if reaped:
        state = _all(reaped) if not still else as_state(not any(still))
        text = {
            "yes": "PID 1 reaps dead orphans",
            "no": "PID 1 does not reap dead orphans, which count against the process limit",
            "unknown": "unknown or inconsistent: whether PID 1 reaps dead orphans",
        }[state]
        known.append(Known("orphans-reaped", state, text))
    for name, is_reset, when in (
        ("orphans-outlive-invocation", False, "the end of the invocation"),
        ("orphans-outlive-reset", True, "the platform's reset of the runtime"),
    ):
        lives = {
            (str(left.get("kind")), left.get("alive") is True)
            for answer in answers
            if (before := answer.part("before")).get("seen") is True and before.get("exited") is is_reset
            for left in _list(before, "orphans")
            if left.get("ended_by_itself") is not True
        }
        if not lives:
            continue
        alive = sorted({kind for kind, lived in lives if lived})
        words = " and ".join(_KINDS.get(kind, kind) for kind in alive)
        known.append(Known(name, "yes" if alive else "no", f"{words or 'no orphan'} outlived {when}"))
    return known


_KINDS = {"session": "an orphan in its own session", "group": "an orphan in the runtime's group"}


def _reaped(survey: Survey) -> State | None:
    state = survey.detail("orphan", "reaped")
    return None if state == "unknown" else state


def _pauses(answers: Sequence[Answer]) -> list[Known]:
    """Whether clocks and processes stood still between invocations."""
    for answer in reversed(answers):
        before = answer.part("before")
        elapsed = before.get("elapsed")
        if not isinstance(elapsed, Mapping):
            continue
        wall, monotonic, boot = (_number(elapsed.get(name)) for name in ("wall", "monotonic", "boottime"))
        if wall is None or monotonic is None or boot is None or wall < _PAUSE_S:
            continue
        known = [
            Known(
                "monotonic-stands-still",
                as_state(monotonic < wall / 2),
                f"between two invocations the wall clock went {wall:.1f} s, the monotonic clock {monotonic:.1f} s, "
                f"the boot clock {boot:.1f} s",
            )
        ]
        beats = [
            _BEAT_S * count
            for left in _list(before, "orphans")
            if left.get("alive") is True and (count := _number(left.get("beats_since"))) is not None
        ]
        if beats:
            known.append(
                Known(
                    "frozen-between",
                    as_state(max(beats) < wall / 2),
                    f"an orphan ran for about {max(beats):.1f} s of these {wall:.1f} s",
                )
            )
        return known
    return []


def _lock(answers: Sequence[Answer]) -> tuple[Known, ...]:
    tried = _by_probe(answers, "api_lock")
    if not tried:
        return ()
    held = _all([as_state(answer.value("held")) for answer in tried])
    if held != "yes":
        words = "; ".join(sorted({_why_not(answer) for answer in tried if answer.value("held") is not True}))
        return (Known("response-held", held, f"the response could not be held open: {words}"),)
    refused = _all([_refusal(answer.value("next_status")) for answer in tried])
    others = _others_refused(answers, tried)
    took = max((_number(answer.value("took_ms")) or 0.0) for answer in tried)
    return (
        Known("response-held", "yes", f"a response can be held open: 100 Continue came in {took:.2f} ms"),
        Known(
            "next-refused",
            refused,
            "while it is held, GET /next of other processes is "
            + {"yes": "refused", "no": "answered", "unknown": "neither answered nor refused"}[refused],
        ),
        Known(
            "answer-refused",
            others,
            "while it is held, other processes "
            + {
                "yes": "cannot answer the event",
                "no": "can answer the event",
                "unknown": "wait when they answer the event; run a survey after api_lock for the result",
            }[others],
        ),
    )


def _by_probe(answers: Sequence[Answer], probe: Probe) -> list[Answer]:
    """The answers to one probe, without those that Dayfly itself stood in the way of."""
    return [answer for answer in answers if answer.probe == probe and answer.value("runtime") != "dayfly"]


def _under_dayfly(answers: Sequence[Answer]) -> tuple[Known, ...]:
    sources = [answer.source for answer in answers if answer.value("runtime") == "dayfly"]
    if not sources:
        return ()
    text = (
        f"{len(sources)} answers were made under Dayfly, which hides the Runtime API and ends leftover "
        "processes: run the handler without Dayfly"
    )
    return (Known("under-dayfly", "yes", text),)


def _others_refused(answers: Sequence[Answer], tried: Sequence[Answer]) -> State:
    """Whether another's answer was refused: at once, or, where it had to wait, when the holder was done."""
    if any(answer.value("answered_by") == "another" for answer in tried):
        return "no"
    at_once = [status for answer in tried if (status := answer.value("response_status")) is not None]
    in_the_end = [
        later["response_status"]
        for answer in answers
        if "response_status" in (later := _later(answer, "api_lock"))
    ]
    if len(at_once) < len(tried) and not in_the_end:
        return "unknown"
    fates = [_refusal(status) for status in (*at_once, *in_the_end)]
    return "no" if "no" in fates else _all(fates)


def _later(answer: Answer, probe: str) -> Mapping[str, object]:
    """What the invocation before this one noted at its very end."""
    before = answer.part("before")
    later = before.get("later")
    return later if before.get("probe") == probe and isinstance(later, Mapping) else {}


def _why_not(answer: Answer) -> str:
    obstacle = answer.value("obstacle")
    return obstacle if isinstance(obstacle, str) else f"status {answer.value('status')}"


def _refusal(status: object) -> State:
    if not isinstance(status, int) or isinstance(status, bool):
        return "unknown"
    if 400 <= status < 500:
        return "yes"
    return "no" if 200 <= status < 300 else "unknown"


def _held_errors(answers: Sequence[Answer]) -> tuple[Known, ...]:
    tried = _by_probe(answers, "held_error")
    if not tried:
        return ()
    if not all(answer.value("held") is True for answer in tried):
        return (Known("held-errors-stay-errors", "unknown", "the response could not be held open"),)
    states = ["no" if not answer.came_as_error else as_state(answer.flagged) for answer in tried]
    state = _all(states)
    ways = sorted({str(answer.value("delivered_by"))[:10] for answer in tried})
    return (
        Known(
            "held-errors-stay-errors",
            state,
            {
                "yes": (
                    "an error under a held response reaches the invoker as a FunctionError (payload from "
                    f"the {' and the '.join(ways)})"
                ),
                "no": "an error under a held response reaches the invoker as a success",
                "unknown": (
                    "unknown: whether an error under a held response is flagged; give the output of `aws "
                    "lambda invoke` as NAME.invoke.json"
                )
                if None in {answer.flagged for answer in tried}
                else "the answers contradict each other about errors under a held response",
            }[state],
        ),
    )


def _exits(answers: Sequence[Answer]) -> list[Known]:
    tried = [
        answer
        for answer in answers
        if answer.probe == "exit_after_response" and answer.value("exited") is True
    ]
    known: list[Known] = []
    if tried:
        flagged = _all([as_state(answer.flagged) for answer in tried])
        known.append(
            Known(
                "exit-is-flagged",
                flagged,
                "the answer arrives when the runtime exits after it"
                + {
                    "yes": ", flagged as a FunctionError",
                    "no": ", not flagged as an error",
                    "unknown": "; the files do not show whether it is flagged",
                }[flagged],
            )
        )
    after = [before for answer in answers if (before := answer.part("before")).get("exited") is True]
    if after:
        known.append(Known("tmp-outlives-reset", "yes", "/tmp outlived the platform's reset of the runtime"))
        same = _all(
            [
                as_state(before.get("same_boot") is True and before.get("same_init") is True)
                for before in after
            ]
        )
        known.append(
            Known(
                "environment-outlives-reset",
                same,
                "the next invocation ran on the same machine with the same PID 1"
                if same == "yes"
                else "the next invocation ran on another machine or with another PID 1",
            )
        )
    elif tried:
        known.append(
            Known(
                "tmp-outlives-reset",
                "unknown",
                "no survey found the marker of exit_after_response: /tmp was emptied, the environment was "
                "another one, or no survey followed",
            )
        )
    return known


def _choices(states: Mapping[str, State]) -> tuple[Choice, ...]:
    """The settings that follow on Lambda; where the answers do not suffice, the default stays."""
    needed = ("response-held", "next-refused", "answer-refused", "held-errors-stay-errors")
    found = [states.get(name, "unknown") for name in needed]
    if all(state == "yes" for state in found):
        return (
            Choice(
                "api_lock",
                "on",
                "a held response blocks other processes here, and errors under it remain FunctionErrors",
            ),
        )
    against = [name for name, state in zip(needed, found, strict=True) if state == "no"]
    if against == ["held-errors-stay-errors"]:
        return (Choice("api_lock", "http", "errors under a held response are no FunctionErrors here"),)
    if against:
        return (Choice("api_lock", "off", f"not recommended here: no for {', '.join(against)}"),)
    return ()


def _not_promised(
    platform: Platform, states: Mapping[str, State], rows: Sequence[Row], choices: Sequence[Choice]
) -> list[str]:
    promises = []
    if states.get("foreign-memory") == "yes":
        promises.append(
            "a worker can write the memory of a process that Dayfly does not end, and hide there: such an "
            "environment has no protection against Python code in a worker (L2)"
        )
    if any(row.name == "supervisor-memory" and row.active == "no" for row in rows):
        promises.append("a worker can read and write the memory of supervisor, zygote and later workers")
    if (
        not any((choice.name, choice.value) == ("api_lock", "on") for choice in choices)
        and choose_api_lock("auto", platform) != "on"
    ):
        is_off = any((choice.name, choice.value) == ("api_lock", "off") for choice in choices)
        promises.append(
            f"the Runtime API is {'not locked' if is_off else 'locked for HTTP events alone'}: unprotected against takeover, best "
            "effort: a worker that polls can take events until it ends"
        )
    if states.get("orphans-outlive-reset") == "yes":
        promises.append("a process can outlive the platform's own reset and run beside the next supervisor")
    if states.get("orphans-reaped") == "no":
        promises.append("dead orphans count against the process limit until the environment ends")
    return promises


def _still_open(states: Mapping[str, State], survey: Survey | None) -> list[str]:
    wanted = (
        ("kernel", "what the platform permits", 'run {"probe": "survey"}'),
        (
            "orphans-outlive-invocation",
            "what happens to orphan processes",
            "run a second survey right after the first",
        ),
        ("frozen-between", "how clocks behave during a freeze", "run a survey a minute after another one"),
        (
            "response-held",
            "whether the Runtime API can be locked",
            'run {"probe": "api_lock"}, then a survey',
        ),
        (
            "held-errors-stay-errors",
            "whether errors remain errors while it is locked",
            'run {"probe": "held_error"} and save the invocation\'s output as NAME.invoke.json',
        ),
        (
            "tmp-outlives-reset",
            "what remains after a reset",
            'run {"probe": "exit_after_response"}, then a survey',
        ),
    )
    still = [f"{what}: {how}" for name, what, how in wanted if states.get(name, "unknown") == "unknown"]
    if survey is not None and not survey.number("extensions"):
        still.append("the user of extensions: add an extension layer to the function and run a survey")
    still.append(
        "whether an exit after the response counts in CloudWatch's Errors and is retried: check the metric "
        "for the minute of exit_after_response, because functions cannot see it"
    )
    return still


def _call(answer: Answer, name: str) -> Mapping[str, object]:
    found = answer.part("calls").get(name)
    return found if isinstance(found, Mapping) else {}


def _list(facts: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = facts.get(name)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MAX_NUMBER:
        return None
    return float(value)


def _all(states: Sequence[State]) -> State:
    """What several answers say together; unknown where they contradict each other."""
    found = set(states)
    return found.pop() if len(found) == 1 else "unknown"
