"""One alert, and the protocol of a channel that carries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dayfly.fleet.formats.ocsf import Row, ocsf_detection

TEST_RULE = "alert_test"
SUMMARY_RULE = "alerts_held_back"


@dataclass(frozen=True, slots=True)
class Alert:
    """A detection that is sent to somebody. `row` is as in `detections`, times as seconds; `is_update` after it got worse."""

    row: Mapping[str, object]
    is_update: bool = False
    url: str = ""

    @property
    def uid(self) -> str:
        """The detection's."""
        return str(self.row["uid"])

    @property
    def severity(self) -> int:
        """OCSF's number, 1 to 5."""
        return int(str(self.row["severity"]))

    @property
    def link(self) -> str:
        """The page of the console, or "" without a public address."""
        return f"{self.url}/findings/{self.uid}" if self.url else ""

    def ocsf(self) -> dict[str, object]:
        """The alert as an OCSF Detection Finding."""
        return ocsf_detection(self.row, url=self.url, is_update=self.is_update)


class ChannelError(Exception):
    """A channel rejected an alert; the text contains no secret and no content of alerts."""


class Carrier(Protocol):
    """Sends alerts somewhere."""

    # How many it takes at once.
    most: int

    def send(self, alerts: Sequence[Alert]) -> dict[str, str]:
        """Send alerts; returns the error of each rejected alert by uid. Raises ChannelError if all failed."""
        ...  # pragma: no cover


def plain(text: object, limit: int) -> str:
    """Text of an alert for a system that has its own ideas of control characters; cut where it is too long."""
    clean = " ".join("".join(one if one.isprintable() else " " for one in str(text)).split())
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def lines_of(alert: Alert) -> list[tuple[str, str]]:
    """The facts of an alert for people, as name and value."""
    row: Row = alert.row
    functions = [str(one) for one in _many(row["functions"])]
    shown = ", ".join(functions[:5]) + (f" and {len(functions) - 5} more" if len(functions) > 5 else "")
    return [
        (name, plain(value, 1000))
        for name, value in (
            ("Functions", shown),
            ("Environments", row["environments_all"]),
            ("Events", row["events"]),
            ("Reasons", "; ".join(str(one) for one in _many(row["reasons"]))),
            ("ATT&CK", row["technique"]),
        )
        if value
    ]


def _many(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
