"""The table of affected requests goes out by HTTP, on record where there is a log."""

from __future__ import annotations

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.testing import TestClient

from dayfly.fleet.blast.routes import routes
from dayfly.fleet.records.rows import Finding
from dayfly.fleet.store.store import Store


def test_who_took_the_table_is_on_record(store: Store) -> None:
    uid = f"{7:016x}:1:residue.memory"
    finding = Finding(
        time=1_790_000_000.0, function="checkout", environment=7, uid=uid, kind="residue.memory", severity=5
    )
    store.insert("findings", [finding])
    noted: list[tuple[str, str]] = []

    def before(request: Request[object, object, State]) -> None:
        request.scope["note"] = lambda *what: noted.append(what)  # type: ignore[typeddict-unknown-key]

    with TestClient(Litestar(routes(store), before_request=before)) as client:
        answer = client.get(f"/affected/{uid}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].isascii()
    assert noted == [("affected.download", uid)]
