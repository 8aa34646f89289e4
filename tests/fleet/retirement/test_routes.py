"""The command line may ask and tell a running service about retirements; nonsense is refused, not believed."""

from __future__ import annotations

from pathlib import Path

from tests.fleet.service.running import Served


def test_the_routes_of_recycle(tmp_path: Path) -> None:
    with Served(tmp_path) as served, served.api() as api:
        wrong: list[dict[str, str]] = [
            {},
            {"ordered": "nan"},
            {"ordered": "1", "effective": "-1", "timeout": "3"},
            {"ordered": "1", "effective": "1", "timeout": "3", "retired": "7,x"},
        ]
        for nonsense in wrong:
            assert api.get("/api/v1/retirement/sightings", params=nonsense).status_code == 400
        asked: dict[str, str | float] = {
            "function": "payments",
            "ordered": 1.0,
            "effective": 2.0,
            "timeout": 3.0,
        }
        answer = api.get("/api/v1/retirement/sightings", params=asked)
        assert answer.json()["new_begun"] == 0
        assert api.get("/api/v1/retirement/infected").json() == {}
        for body in ({}, {"function": "a b", "text": "t"}, {"function": "payments", "text": "x" * 501}):
            assert api.post("/api/v1/retirement/proved", json=body).status_code == 400
        told = api.post("/api/v1/retirement/proved", json={"function": "payments", "text": "gone"})
        assert told.json() == {"noted": True}
        for at, code in ((1.0, 200), (-1.0, 400), ("soon", 400)):
            proof = {"function": "payments", "text": "gone", "ordered": at}
            assert api.post("/api/v1/retirement/proved", json=proof).status_code == code
        api.headers["authorization"] = "Bearer nobody"
        assert api.post("/api/v1/retirement/proved", json={}).status_code in (401, 403)
