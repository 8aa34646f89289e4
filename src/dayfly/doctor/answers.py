"""Reads what people bring back from an account: answers of the probes, and what `aws lambda invoke` printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from dayfly.doctor.rows import Survey
from dayfly.errors import DayflyError

SCHEMA = "dayfly-doctor/1"
# An answer has a few kilobytes; a file beyond this is something else.
MAX_BYTES = 1 << 20
INVOKE_SUFFIX = ".invoke.json"
Probe = Literal["survey", "api_lock", "held_error", "exit_after_response", "clean"]
PROBES: tuple[Probe, ...] = get_args(Probe)
_HINT = "give files with answers of the handler from `dayfly doctor --lambda`"


class AnswerError(DayflyError):
    """A file is no answer of the doctor's handler."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: which probe, when (seconds since 1970), where, and what it found.

    `flagged` is whether the invoker was told of a FunctionError; None if what it printed is not there.
    """

    source: str
    probe: Probe
    at: int
    init: str
    facts: Mapping[str, object]
    came_as_error: bool
    flagged: bool | None = None

    def value(self, name: str) -> object:
        return self.facts.get(name)

    def part(self, name: str) -> Mapping[str, object]:
        """A nested mapping, empty if it is none."""
        found = self.facts.get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def survey(self) -> Survey | None:
        """Host and calls, if this is a survey."""
        return Survey(self.part("host"), self.part("calls")) if self.probe == "survey" else None


@dataclass(frozen=True, slots=True)
class InvokeRecord:
    """What `aws lambda invoke` printed about an answer."""

    source: str
    function_error: str


def load(paths: Sequence[Path]) -> tuple[Answer, ...]:
    """Read every file; raises AnswerError for the first that is not understood.

    `NAME.invoke.json` is what `aws lambda invoke` printed when it wrote `NAME.json`.
    """
    answers: dict[str, Answer] = {}
    records: list[InvokeRecord] = []
    for path in paths:
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as fault:
            raise AnswerError(f"{path} cannot be read: {fault.strerror}", hint=_HINT) from fault
        found = parse(data, source=str(path))
        if isinstance(found, InvokeRecord):
            records.append(found)
        else:
            answers[found.source] = found
    return tuple(attach(answers, records).values())


def attach(answers: Mapping[str, Answer], records: Sequence[InvokeRecord]) -> dict[str, Answer]:
    """Pure: the answers, each with what the invoker was told about it."""
    attached = dict(answers)
    for record in records:
        name = record.source.removesuffix(INVOKE_SUFFIX) + ".json"
        if not record.source.endswith(INVOKE_SUFFIX) or name not in answers:
            raise AnswerError(
                f"{record.source} is the output of an invocation, but its answer file is missing",
                hint=f"give both files, named NAME.json and NAME{INVOKE_SUFFIX}",
            )
        attached[name] = replace(attached[name], flagged=bool(record.function_error))
    if not attached:
        raise AnswerError("no answer among the files", hint=_HINT)
    return attached


def parse(data: bytes, *, source: str) -> Answer | InvokeRecord:
    """Pure: one file's content; raises AnswerError, whatever the bytes."""
    if len(data) > MAX_BYTES:
        raise AnswerError(
            f"{source} is larger than {MAX_BYTES // 1024} KB, too large for an answer", hint=_HINT
        )
    document = _json(data, source)
    if "StatusCode" in document and "schema" not in document:
        return InvokeRecord(source, str(document.get("FunctionError") or ""))
    came_as_error = False
    if "errorMessage" in document and "schema" not in document:
        came_as_error = True
        document = _from_error(document, source)
    return _answer(document, source, came_as_error=came_as_error)


def _json(data: bytes, source: str) -> Mapping[str, object]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise AnswerError(f"{source} is not valid JSON", hint=_HINT) from fault
    if not isinstance(document, dict):
        raise AnswerError(f"{source} is not a JSON object", hint=_HINT)
    return document


def _from_error(document: Mapping[str, object], source: str) -> Mapping[str, object]:
    message = document["errorMessage"]
    try:
        found = json.loads(message) if isinstance(message, str) else None
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    shown = _printable(message[:200]) if isinstance(message, str) else "no message"
    raise AnswerError(
        f"{source} is an error of the function, not an answer: {shown}",
        hint="give the function a timeout of 60 seconds and 512 MB, and invoke it again",
    )


def _printable(text: str) -> str:
    """Nothing in a file may drive the terminal that shows it."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _answer(document: Mapping[str, object], source: str, *, came_as_error: bool) -> Answer:
    schema = document.get("schema")
    if schema != SCHEMA:
        if isinstance(schema, str) and schema.startswith("dayfly-doctor/"):
            raise AnswerError(
                f"{source} has the schema {_printable(schema[:40])}, but this version reads {SCHEMA}",
                hint="create the handler again with `dayfly doctor --lambda`",
            )
        raise AnswerError(f"{source} is not an answer of the doctor handler", hint=_HINT)
    probe, at, init, facts = (document.get(name) for name in ("probe", "at", "init", "facts"))
    known = next((name for name in PROBES if name == probe), None)
    if known is None:
        raise AnswerError(f"{source} answers a probe that this version does not know", hint=_HINT)
    if not isinstance(at, int) or isinstance(at, bool) or not isinstance(init, str):
        raise AnswerError(f"{source} has no time or place of the run", hint=_HINT)
    if not isinstance(facts, dict):
        raise AnswerError(f"{source} has no facts", hint=_HINT)
    if known == "survey":
        for name in ("host", "calls"):
            if not isinstance(facts.get(name), dict) or not facts[name]:
                raise AnswerError(f"{source} is a survey without {name}", hint=_HINT)
    return Answer(source, known, at, init, facts, came_as_error)
