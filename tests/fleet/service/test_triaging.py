"""A decision is one row, however often it is clicked."""

from __future__ import annotations

from dayfly.fleet.service.service import Service
from dayfly.fleet.service.triaging import Triaging
from dayfly.fleet.store.sqlfiles import SqlFile


def test_two_clicks_are_one_decision(service: Service) -> None:
    triaging = Triaging(service)
    assert triaging.decide("uid", "mute", actor="ann", reason="known  scanner\n", duration="1d")
    assert not triaging.decide("uid", "mute", actor="ann", reason="known scanner", duration="1d")
    assert triaging.decide("uid", "unmute", actor="ann", reason="")
    assert triaging.decide("uid", "mute", actor="ann", reason="known scanner", duration="always")
    rows = service.store.rows(
        SqlFile(
            "t",
            {},
            "SELECT action, reason, toUnixTimestamp(expires) AS until FROM triage WHERE subject = 'uid' ORDER BY time",
        )
    )
    assert [row["action"] for row in rows] == ["mute", "unmute", "mute"]
    assert rows[0]["reason"] == "known scanner"
    assert int(str(rows[0]["until"])) > 0
    assert int(str(rows[2]["until"])) == 0
    assert [entry.action for entry in service.audit.read()] == ["triage.mute", "triage.unmute", "triage.mute"]
