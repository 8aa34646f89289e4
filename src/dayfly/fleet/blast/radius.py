"""Finds who was served after an infection: from a finding of the runtime or a detection, in whole or counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import NO_REQUEST
from dayfly.fleet.store.sqlfiles import SqlFile, read_sql
from dayfly.fleet.store.store import Row, Store

_PACKAGE = "dayfly.fleet.blast"
_FINDING = re.compile(r"[0-9a-f]{16}:\d+:[a-z.-]+")
_DETECTION = re.compile(r"[0-9a-f]{32}")
# Environments in one query: their origins travel in its address, which servers bound.
_MANY_ENVIRONMENTS = 100
_MANY_ROWS = 20_000
_DAY_MS = 86_400_000


class Exposure(StrEnum):
    """How exposed a request was; DESIGN's words are in the docs of `dayfly fleet affected`."""

    PATIENT_ZERO = "patient-zero"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    CERTAIN = "certain"


_EXPOSURES = (Exposure.PATIENT_ZERO, Exposure.UNLIKELY, Exposure.POSSIBLE, Exposure.CERTAIN)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one infection began: `number` and `worker` are 0 where the log does not tell."""

    environment: int
    number: int
    worker: int
    request_id: str
    milliseconds: int
    is_rogue: bool
    kind: str
    function: str


@dataclass(frozen=True, slots=True)
class Affected:
    """One request that was served after an infection, or the one that brought it; never its data."""

    time: datetime
    account: str
    region: str
    function: str
    version: str
    environment: int
    worker: int
    invocation: int
    request_id: str
    trigger: str
    route: str
    source: int
    principal: int
    subject: int
    outcome: str
    status: int
    known_by: str
    isolation: str
    log_group: str
    log_stream: str
    exposure: Exposure
    why: str
    patient_zero: str


@dataclass(frozen=True, slots=True)
class EnvironmentRadius:
    """What one environment served after its infection, counted."""

    environment: int
    function: str
    isolation: str
    log_stream: str
    certain: int
    possible: int
    unlikely: int
    missing: int
    without_line: int
    last_certain: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """Who was hurt, counted. `notes` say in words what the figures do not hold.

    `missing` invocations have no line in the log although their numbers were given out.
    """

    identity: str
    origins: list[Origin]
    environments: list[EnvironmentRadius]
    certain: int = 0
    possible: int = 0
    unlikely: int = 0
    missing: int = 0
    principals: int = 0
    first_time: datetime | None = None
    last_time: datetime | None = None
    notes: list[str] = field(default_factory=list)


def blast_radius(store: Store, identity: str) -> BlastRadius:
    """Count what `affected` would yield.

    Raises DayflyError for an identity that nothing has.
    """
    origins, notes = find_origins(store, identity)
    rows: list[Row] = []
    for some in _groups(origins):
        rows += store.rows(_composed("summary"), _parameters(some))
    environments = [_environment_radius(row) for row in rows]
    principals = {number for row in rows for number in _numbers(row, "principals")}
    firsts = [_integer(row, "first_milliseconds") for row in rows if _exposed(row)]
    lasts = [_integer(row, "last_milliseconds") for row in rows if _exposed(row)]
    missing = sum(each.missing for each in environments)
    if missing:
        notes.append(
            f"{missing} invocations are missing from the log: their numbers were given out, and no line of theirs came"
        )
    if lineless := sum(each.without_line for each in environments):
        notes.append(f"{lineless} requests are known by the platform's lines only")
    if untold := sum(_integer(row, "certain_and_not_told") for row in rows):
        notes.append(
            f"{untold} of the certain ones have no finding residue.served of the runtime: found by worker and number"
        )
    if silent := len({each.environment for each in origins} - {each.environment for each in environments}):
        notes.append(f"{silent} infected environments have no line of a later request")
    return BlastRadius(
        identity=identity,
        origins=origins,
        environments=environments,
        certain=sum(each.certain for each in environments),
        possible=sum(each.possible for each in environments),
        unlikely=sum(each.unlikely for each in environments),
        missing=missing,
        principals=len(principals),
        first_time=_moment(min(firsts, default=0)),
        last_time=_moment(max(lasts, default=0)),
        notes=notes,
    )


def affected(
    store: Store, identity: str, *, with_unlikely: bool = False, page_rows: int = _MANY_ROWS
) -> Iterator[Affected]:
    """Yield patient zero and every exposed request, page by page, so that millions need no memory.

    In the order of environments and their numbers. Raises DayflyError for an identity that nothing has.
    """
    origins, _ = find_origins(store, identity)
    return _pages(store, origins, with_unlikely=with_unlikely, page_rows=page_rows)


def find_origins(store: Store, identity: str) -> tuple[list[Origin], list[str]]:
    """Return where the infections of a finding or detection began, and what must be said about them.

    Raises DayflyError for an identity that nothing has.
    """
    identity = identity.strip().lower()
    if _FINDING.fullmatch(identity):
        rows = store.rows(_file("origins"), {"identity": identity})
        if not rows:
            raise _unknown(identity)
        return [_origin(row) for row in rows], []
    if _DETECTION.fullmatch(identity):
        found = store.rows(_file("detection"), {"identity": identity})
        if not found:
            raise _unknown(identity)
        return _origins_of_detection(store, found[0])
    raise DayflyError(
        f"{identity!r} is no identity of a finding",
        hint="take it from the finding's page: 0123456789abcdef:17:residue.memory, or 32 hexadecimal digits",
    )


def _origins_of_detection(store: Store, detection: Row) -> tuple[list[Origin], list[str]]:
    environments = _numbers(detection, "environments")
    functions = _strings(detection, "functions")
    first, last = _integer(detection, "first_milliseconds"), _integer(detection, "last_milliseconds")
    everywhere = _integer(detection, "environments_all")
    notes = []
    wanted = environments
    if everywhere > len(environments):
        # The list holds some hundred of them: what the runtime told of in the same functions and time is the rest.
        wanted = []
        notes.append(
            f"the detection names {len(environments)} of {everywhere} environments: of the others, those are counted "
            "of which the runtime told an infection"
        )
    rows: list[Row] = []
    for start in range(0, len(wanted), _MANY_ENVIRONMENTS) if wanted else (0,):
        some = wanted[start : start + _MANY_ENVIRONMENTS]
        if not some and not functions:
            continue
        if not some and everywhere <= len(environments):
            # A detection of no environments says nothing of any.
            continue
        rows += store.rows(
            _file("infections"),
            {
                "functions": functions,
                "environments": some,
                "first_milliseconds": max(0, first - _DAY_MS),
                "last_milliseconds": last + _DAY_MS,
            },
        )
    origins = [_origin(row) for row in rows]
    if rest := sorted(set(environments) - {origin.environment for origin in origins}):
        notes.append(
            f"of {len(rest)} environments the runtime told no infection: what they served since the detection's first "
            "time is possible, not certain"
        )
        function = functions[0] if len(functions) == 1 else ""
        origins += [Origin(environment, 0, 0, NO_REQUEST, first, False, "", function) for environment in rest]
    return _with_functions(origins, functions), notes


def _with_functions(origins: list[Origin], functions: list[str]) -> list[Origin]:
    """Spread origins whose function is not known over the functions of their detection."""
    made = []
    for origin in origins:
        if origin.function:
            made.append(origin)
        else:
            made += [
                Origin(
                    origin.environment,
                    origin.number,
                    origin.worker,
                    origin.request_id,
                    origin.milliseconds,
                    origin.is_rogue,
                    origin.kind,
                    function,
                )
                for function in functions
            ]
    return made


def _pages(
    store: Store, origins: Sequence[Origin], *, with_unlikely: bool, page_rows: int
) -> Iterator[Affected]:
    for some in _groups(origins):
        after: dict[str, object] = {
            "after_environment": 0,
            "after_invocation": 0,
            "after_milliseconds": -1,
            "after_request": NO_REQUEST,
        }
        parameters = {**_parameters(some), "with_unlikely": int(with_unlikely), "many": page_rows}
        while True:
            rows = store.rows(_composed("page"), {**parameters, **after})
            for row in rows:
                yield _affected(row)
            if len(rows) < page_rows:
                break
            last = rows[-1]
            after = {
                "after_environment": last["environment"],
                "after_invocation": last["invocation"],
                "after_milliseconds": last["milliseconds"],
                "after_request": str(last["request_id"]),
            }


def _groups(origins: Sequence[Origin]) -> Iterator[list[Origin]]:
    """Yield origins such that all of one environment are together, in the order of the environments."""
    environments = sorted({origin.environment for origin in origins})
    for start in range(0, len(environments), _MANY_ENVIRONMENTS):
        some = set(environments[start : start + _MANY_ENVIRONMENTS])
        yield [origin for origin in origins if origin.environment in some]


def _parameters(origins: Sequence[Origin]) -> dict[str, object]:
    distinct = list(
        {(o.environment, o.number, o.worker, o.milliseconds, o.request_id, o.is_rogue): o for o in origins}
    )
    return {
        "functions": sorted({origin.function for origin in origins}),
        "environments": [each[0] for each in distinct],
        "numbers": [each[1] for each in distinct],
        "workers": [each[2] for each in distinct],
        "milliseconds": [each[3] for each in distinct],
        "requests": [each[4] for each in distinct],
        "rogues": [int(each[5]) for each in distinct],
        "since": min(each[3] for each in distinct),
    }


def _composed(name: str) -> SqlFile:
    """Return a file of ours that reads from another file of ours."""
    outer, inner = _file(name), _file("exposed")
    return SqlFile(name, outer.header, outer.text.replace("@exposed", inner.text))


def _file(name: str) -> SqlFile:
    return read_sql(_PACKAGE, f"sql/{name}")


def _unknown(identity: str) -> DayflyError:
    return DayflyError(
        f"the store has no finding {identity}",
        hint="the finding's page has its identity; was its log taken in?",
    )


def _origin(row: Row) -> Origin:
    return Origin(
        environment=_integer(row, "environment"),
        number=_integer(row, "number"),
        worker=_integer(row, "worker"),
        request_id=str(row["request_id"]),
        milliseconds=_integer(row, "milliseconds"),
        is_rogue=bool(row["is_rogue"]),
        kind=str(row["kind"]),
        function=str(row["function"]),
    )


def _affected(row: Row) -> Affected:
    moment = _moment(_integer(row, "milliseconds"))
    assert moment is not None
    return Affected(
        time=moment,
        account=str(row["account"]),
        region=str(row["region"]),
        function=str(row["function"]),
        version=str(row["version"]),
        environment=_integer(row, "environment"),
        worker=_integer(row, "worker"),
        invocation=_integer(row, "invocation"),
        request_id=str(row["request_id"]),
        trigger=str(row["trigger"]),
        route=str(row["route"]),
        source=_integer(row, "source"),
        principal=_integer(row, "principal"),
        subject=_integer(row, "subject"),
        outcome=str(row["outcome"]),
        status=_integer(row, "status"),
        known_by=str(row["known_by"]),
        isolation=str(row["isolation"]),
        log_group=str(row["log_group"]),
        log_stream=str(row["log_stream"]),
        exposure=_EXPOSURES[_integer(row, "exposure")],
        why=str(row["why"]),
        patient_zero=str(row["patient_zero"]),
    )


def _environment_radius(row: Row) -> EnvironmentRadius:
    return EnvironmentRadius(
        environment=_integer(row, "environment"),
        function=str(row["function"]),
        isolation=str(row["isolation"]),
        log_stream=str(row["log_stream"]),
        certain=_integer(row, "certain"),
        possible=_integer(row, "possible"),
        unlikely=_integer(row, "unlikely"),
        missing=max(0, _integer(row, "numbers_expected") - _integer(row, "numbers_seen")),
        without_line=_integer(row, "without_line"),
        last_certain=_moment(_integer(row, "last_certain")),
        last_seen=_moment(_integer(row, "last_seen")),
    )


def _exposed(row: Row) -> bool:
    return bool(_integer(row, "certain") or _integer(row, "possible"))


def _moment(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _integer(row: Row, name: str) -> int:
    value = row[name]
    assert isinstance(value, int)
    return value


def _numbers(row: Row, name: str) -> list[int]:
    value = row[name]
    assert isinstance(value, list | tuple)
    return [number for number in value if isinstance(number, int)]


def _strings(row: Row, name: str) -> list[str]:
    value = row[name]
    assert isinstance(value, list | tuple)
    return [str(text) for text in value]
