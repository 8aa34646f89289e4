"""Puts what a fleet knows beside what AWS tells of a function."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.coverage.model import Seen
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from dayfly.cli.output import Output
    from dayfly.fleet.service.client import Client

SOURCE = "the fleet"


@contextmanager
def knowing(
    fleet: str | None, folder: Path | None, output: Output
) -> Iterator[Callable[[FunctionFacts], Seen | None]]:
    """Yield what tells of each function; of none where no fleet is named and none of this user runs.

    Raises DayflyError where one is named and does not answer.
    """
    client = _service(fleet, folder)
    if client is None:
        yield lambda facts: None
        return
    with client:
        try:
            rows = client.get("/protection")
            infected = client.get("/retirement/infected")
        except DayflyError as error:
            if fleet is not None or folder is not None:
                raise
            output.warn(f"the fleet service could not be queried: {error.message}")
            rows, infected = [], {}
    known = Known(rows, infected)
    yield known.seen


class Known:
    """Answers of the service, by function."""

    def __init__(self, rows: Any, infected: Any) -> None:
        # Any: JSON as the service answered it, which may be of another version.
        self._rows: dict[str, list[dict[str, Any]]] = {}
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                self._rows.setdefault(str(row.get("function", "")), []).append(row)
        self._infected: dict[str, int] = (
            {str(name): len(own) for name, own in infected.items() if isinstance(own, list)}
            if isinstance(infected, dict)
            else {}
        )

    def seen(self, facts: FunctionFacts) -> Seen | None:
        """Return what the fleet knows of this function; None for one that no line spoke of.

        Rows of its own account and region, and those whose lines did not say where they are from.
        """
        rows = [
            row
            for row in self._rows.get(facts.name, ())
            if row.get("account", "") in ("", facts.account) and row.get("region", "") in ("", facts.region)
        ]
        if not rows:
            return None
        row = max(rows, key=lambda one: _number(one, "started"))
        promised = row.get("not_promised")
        return Seen(
            source=SOURCE,
            started=_number(row, "started"),
            dayfly_version=_text(row, "dayfly_version"),
            version=_text(row, "version"),
            isolation=_text(row, "isolation"),
            guard=_text(row, "guard"),
            not_promised=tuple(str(one)[:300] for one in promised[:20]) if isinstance(promised, list) else (),
            not_forkable=_text(row, "not_forkable"),
            last_line=max(_number(one, "last_line") for one in rows),
            last_invocation=max(_number(one, "last_invocation") for one in rows),
            infected=self._infected.get(facts.name, 0),
        )


def _service(fleet: str | None, folder: Path | None) -> Client | None:
    if fleet is None and folder is None:
        # The fleet's extra need not be there for those who have none.
        from dayfly.fleet.service.place import default_folder

        if not (default_folder(os.environ) / "serving.json").exists():
            return None
    # httpx, and only for those who have a fleet.
    from dayfly.cli.fleet_status import connect

    return connect(folder, fleet or "")


def _number(row: dict[str, Any], key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e11 else 0.0


def _text(row: dict[str, Any], key: str) -> str:
    text = str(row.get(key) or "")[:300]
    return "".join(character if character.isprintable() else " " for character in text)
