"""Finds where the infections of a finding or detection began."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dayfly.errors import DayflyError
from dayfly.fleet.blast.model import Origin, integer, numbers, read_origin, strings
from dayfly.fleet.records.rows import NO_REQUEST
from dayfly.fleet.store.sqlfiles import SqlFile, read_sql
from dayfly.fleet.store.store import Row, Store

_PACKAGE = "dayfly.fleet.blast"
_FINDING = re.compile(r"[0-9a-f]{16}:\d+:[a-z.-]+")
_DETECTION = re.compile(r"[0-9a-f]{32}")
# Environments in one query: their origins travel in its address, which servers bound.
_MANY_ENVIRONMENTS = 100
_DAY_MS = 86_400_000


def find_origins(store: Store, identity: str) -> tuple[list[Origin], list[str]]:
    """Return where the infections of a finding or detection began, and what must be said about them.

    Raises DayflyError for an identity that nothing has.
    """
    identity = identity.strip().lower()
    if _FINDING.fullmatch(identity):
        rows = store.rows(sql_file("origins"), {"identity": identity})
        if not rows:
            raise _unknown(identity)
        return [read_origin(row) for row in rows], []
    if _DETECTION.fullmatch(identity):
        found = store.rows(sql_file("detection"), {"identity": identity})
        if not found:
            raise _unknown(identity)
        return _origins_of_detection(store, found[0])
    raise DayflyError(
        f"invalid finding ID {identity!r}",
        hint="copy it from the finding's page: 0123456789abcdef:17:residue.memory, or 32 hexadecimal digits",
    )


def _origins_of_detection(store: Store, detection: Row) -> tuple[list[Origin], list[str]]:
    environments = numbers(detection, "environments")
    functions = strings(detection, "functions")
    first, last = integer(detection, "first_milliseconds"), integer(detection, "last_milliseconds")
    everywhere = integer(detection, "environments_all")
    notes = []
    wanted = environments
    if everywhere > len(environments):
        # The list holds some hundred of them: what the runtime told of in the same functions and time is the rest.
        wanted = []
        notes.append(
            f"the detection lists {len(environments)} of {everywhere} environments; of the others, only those with a "
            "runtime finding of a compromise are counted"
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
            sql_file("infections"),
            {
                "functions": functions,
                "environments": some,
                "first_milliseconds": max(0, first - _DAY_MS),
                "last_milliseconds": last + _DAY_MS,
            },
        )
    origins = [read_origin(row) for row in rows]
    if rest := sorted(set(environments) - {origin.environment for origin in origins}):
        notes.append(
            f"{len(rest)} environments have no runtime finding of a compromise: their requests since the start of the "
            "detection are possible, not certain"
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


def in_groups(origins: Sequence[Origin]) -> Iterator[list[Origin]]:
    """Yield origins such that all of one environment are together, in the order of the environments."""
    environments = sorted({origin.environment for origin in origins})
    for start in range(0, len(environments), _MANY_ENVIRONMENTS):
        some = set(environments[start : start + _MANY_ENVIRONMENTS])
        yield [origin for origin in origins if origin.environment in some]


def sql_file(name: str) -> SqlFile:
    """A file of this package's."""
    return read_sql(_PACKAGE, f"sql/{name}")


def _unknown(identity: str) -> DayflyError:
    return DayflyError(
        f"unknown finding {identity}",
        hint="copy the ID from the finding's page; check that its log was ingested",
    )
