"""`dayfly status` may ask a running service; nobody without a token."""

from __future__ import annotations

from pathlib import Path

from tests.fleet.service.running import Served


def test_the_route_of_status(tmp_path: Path) -> None:
    with Served(tmp_path) as served, served.api() as api:
        assert api.get("/api/v1/protection").json() == []
        assert api.get("/api/v1/protection", params={"function": "'; --"}).json() == []
        api.headers["authorization"] = "Bearer nobody"
        assert api.get("/api/v1/protection").status_code in (401, 403)
