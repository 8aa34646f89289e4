"""Reads from the store what a function was seen to do under the guard, and what was refused once it blocks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.policy.logs import SUSPECT
from dayfly.policy.observed import Conclusion, Observation, SeenUse, Sign, Stretch
from dayfly.policy.uses import use_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.fleet.store.sqlfiles import SqlFile
    from dayfly.fleet.store.store import Row, Store
    from dayfly.policy.model import Use

_PACKAGE = "dayfly.fleet.rollout"
DAY_S = 86_400.0
MOST_DAYS = 90.0
# More different uses than this are no habit of a function's: somebody makes them up, or they hold what an event chose.
MANY_USES = 5_000
_MANY = 500
# After one of these an environment is nobody's witness, until it ends.
_LASTING = ("environment.infected", "environment.not-clean", "residue.code", "residue.served")
_SIGNS = (
    *sorted(SUSPECT),
    "environment.cannot-check",
    "environment.not-clean",
    "guard.fault",
    "guard.unknown",
    "residue.kept-file",
    "worker.log-dropped",
)
_BEFORE_S = 7 * DAY_S


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule refused at one place. `attacks` of the requests had a finding of an attack beside it.

    `honest` had a form that several callers' requests had succeeded with before: a sign, for an attack may have that form.
    """

    rule: str
    place: str
    target: str
    packages: str
    times: int
    requests: int
    environments: int
    callers: int
    attacks: int
    honest: int
    first: float
    last: float


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """What was refused since a moment, of how many invocations, and what environments that began since say is active."""

    function: str
    since: float
    until: float
    refused: tuple[Refused, ...]
    stretches: tuple[Stretch, ...]


def observe(
    store: Store, function: str, *, days: float, until: float, account: str = "", region: str = ""
) -> Observation:
    """Return what is known of the last `days` before `until`. Raises StoreError where the store does not answer."""
    since = until - days * DAY_S
    named = _named(function, account, region, since, until)
    verified, callers = _known(store, named)
    named = {**named, "verified": verified}
    concluded = store.rows(_sql("detections"), {**named, "most": _MANY})
    asked = {
        **named,
        "suspect": sorted(SUSPECT),
        "lasting": list(_LASTING),
        "requests": sorted({one for row in concluded for one in _texts(row["requests"])})[:10_000],
        "sources": sorted({one for row in concluded for one in _numbers(row["sources"])})[:10_000],
        "most": MANY_USES + 1,
    }
    uses, malformed, is_cut = _uses(store.rows(_sql("uses"), {**asked, "shapes": 0}))
    # Rare ones come last, and are not learned in any case: those beyond the limit are not missed.
    shapes, _, _ = _uses(store.rows(_sql("uses"), {**asked, "shapes": 1}))
    signs = store.rows(_sql("signs"), {**named, "kinds": list(_SIGNS), "most": _MANY})
    silent = store.rows(_sql("silent"), {**named, "lately": int((until - DAY_S) * 1000)})
    return Observation(
        function=function,
        source="fleet",
        since=since,
        until=until,
        stretches=tuple(_stretch(row) for row in store.rows(_sql("settings"), named)),
        uses=uses,
        shapes=shapes,
        signs=tuple(_sign(row) for row in signs),
        conclusions=tuple(
            Conclusion(
                uid=str(row["uid"]), rule=str(row["rule"]), title=str(row["title"]), severity=_whole(row["severity"]),
                last=_seconds(row["last"]), is_explained=bool(row["is_explained"]),
            )
            for row in concluded
        ),
        silent=_whole(silent[0]["environments"]) if silent else 0,
        silent_invocations=_whole(silent[0]["invocations"]) if silent else 0,
        callers=callers,
        is_verified=bool(verified),
        is_cut=is_cut or len(signs) >= _MANY or len(concluded) >= _MANY,
        malformed=malformed,
    )  # fmt: skip


def refusals(
    store: Store, function: str, *, since: float, until: float, account: str = "", region: str = ""
) -> Refusals:
    """Return what was refused since `since`. Raises StoreError where the store does not answer."""
    named = _named(function, account, region, since, until)
    verified, _ = _known(store, {**named, "since": int((since - _BEFORE_S) * 1000)})
    named = {**named, "verified": verified}
    rows = store.rows(
        _sql("refusals"), {**named, "suspect": sorted(SUSPECT), "before": int((since - _BEFORE_S) * 1000)}
    )
    return Refusals(
        function=function,
        since=since,
        until=until,
        refused=tuple(
            Refused(
                rule=_plain(row["rule"]), place=_plain(row["place"]), target=_plain(row["target"]), packages=_plain(row["packages"]),
                times=_whole(row["times"]), requests=_whole(row["requests"]), environments=_whole(row["environments"]),
                callers=_whole(row["callers"]), attacks=_whole(row["attacks"]), honest=_whole(row["honest"]),
                first=_seconds(row["first"]), last=_seconds(row["last"]),
            )
            for row in rows
        ),
        stretches=tuple(
            one for one in (_stretch(row) for row in store.rows(_sql("settings"), named)) if one.began >= since
        ),
    )  # fmt: skip


def _known(store: Store, named: Mapping[str, object]) -> tuple[int, int]:
    rows = store.rows(_sql("verified"), named)
    return int(_whole(rows[0]["environments"]) > 0), _whole(rows[0]["callers"])


def _uses(rows: Sequence[Row]) -> tuple[tuple[SeenUse, ...], int, bool]:
    """Put rows together that mean the same use: evidence also says where in the code, and what became of it."""
    found: dict[Use, SeenUse] = {}
    malformed = 0
    for row in rows:
        told = _evidence(row["evidence"])
        rule = str(told.get("rule", ""))
        read = use_from({"kind": rule.removeprefix("capability."), **told})
        if read is None:
            malformed += 1
            continue
        use, place = read
        verdict = {"guard.refused": "refused", "guard.observed": "observed"}.get(
            str(row["kind"]), str(told.get("verdict", "used"))
        )
        one = SeenUse(
            kind=use.kind, target=use.target, packages=use.packages, phase=use.phase, place=place,
            verdict=verdict if verdict in ("used", "observed", "refused") else "used",
            times=_whole(row["times"]), suspect=_whole(row["suspect"]), environments=_whole(row["environments"]),
            days=_whole(row["days"]), callers=_whole(row["callers"]), first=_seconds(row["first"]),
            last=_seconds(row["last"]), request=_request(row["request"]),
        )  # fmt: skip
        known = found.get(use)
        found[use] = _joined(known, one) if known else one
    return tuple(found.values()), malformed, len(rows) > MANY_USES


def _joined(known: SeenUse, more: SeenUse) -> SeenUse:
    """Two rows of one use. Who is in both is not known: the larger count is certain, the sum is not."""
    order = ("used", "observed", "refused")
    return msgspec.structs.replace(
        known,
        place=known.place or more.place,
        verdict=max(known.verdict, more.verdict, key=order.index),
        times=known.times + more.times,
        suspect=known.suspect + more.suspect,
        environments=max(known.environments, more.environments),
        days=max(known.days, more.days),
        callers=max(known.callers, more.callers),
        first=min(known.first, more.first),
        last=max(known.last, more.last),
        request=known.request or more.request,
    )


def _stretch(row: Row) -> Stretch:
    return Stretch(
        version=_plain(row["version"]), guard=_plain(row["guard"]), learns=row["learns"] == "on", policy=_plain(row["policy"]),
        digest=_plain(row["digest"]), mode=_plain(row["mode"]), code=_plain(row["code"]), environments=_whole(row["environments"]),
        invocations=_whole(row["invocations"]), began=_seconds(row["began"]), last=_seconds(row["last"]),
        # ClickHouse's first day stands for no day.
        days=tuple(day for day in (str(one) for one in _list(row["days"])) if day > "1970-01-01"),
    )  # fmt: skip


def _sign(row: Row) -> Sign:
    return Sign(
        kind=str(row["kind"]), rule=_plain(row["rule"]), place=_plain(row["place"]), severity=_whole(row["severity"]),
        times=_whole(row["times"]), requests=_whole(row["requests"]), environments=_whole(row["environments"]),
        first=_seconds(row["first"]), last=_seconds(row["last"]), uid=str(row["latest_uid"]),
        explained=_whole(row["explained"]), actor=_plain(row["actor"]), reason=_plain(row["reason"]),
    )  # fmt: skip


def _named(function: str, account: str, region: str, since: float, until: float) -> dict[str, object]:
    if not function:
        raise DayflyError("no function was given", hint="function=NAME")
    return {
        "function": function, "account": account, "region": region,
        "since": int(since * 1000), "until": int(until * 1000), "verified": 0,
    }  # fmt: skip


def _evidence(value: object) -> dict[str, object]:
    try:
        found = json.loads(str(value))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _sql(name: str) -> SqlFile:
    return read_sql(_PACKAGE, f"sql/{name}")


def _plain(value: object, limit: int = 200) -> str:
    """Return a text of evidence as it may be shown on somebody's terminal."""
    return "".join(char if char.isprintable() else "?" for char in str(value)[:limit])


def _whole(value: object) -> int:
    return int(str(value or 0))


def _seconds(value: object) -> float:
    return _whole(value) / 1000.0


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _texts(value: object) -> list[str]:
    return [str(one) for one in _list(value)]


def _numbers(value: object) -> list[int]:
    return [int(str(one)) for one in _list(value)]


def _request(value: object) -> str:
    text = str(value)
    return "" if text == "00000000-0000-0000-0000-000000000000" else text
