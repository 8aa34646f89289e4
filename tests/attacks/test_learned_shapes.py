"""A text that one event stores and another reads changes a statement (L1): known shapes refuse it, whoever stored it.

Through a real environment from the worker's note to the log, from the log into a policy, and back into an environment.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = [needs_confinement(), pytest.mark.slow]

INJECTION = "x' UNION SELECT card FROM cards WHERE '1'='1"
SOURCE = """
import os
import sqlite3
import urllib.request

# In no text of the function's: what ends a quote that it has is refused without any shape.
QUOTE = chr(39)


def store(data=None):
    request = urllib.request.Request(os.environ["STORE"], data=data, method="PUT" if data else "GET")
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def connect():
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE orders (customer TEXT, total TEXT); INSERT INTO orders VALUES ('ann', '5'), ('bob', '7');"
        "CREATE TABLE cards (card TEXT); INSERT INTO cards VALUES ('4929123412341234');"
    )
    return connection


def find(connection, name):
    return [row[0] for row in connection.execute(f"SELECT total FROM orders WHERE customer = {QUOTE}{name}{QUOTE}")]


def build(connection, event):
    statement = "SELECT customer FROM orders WHERE customer != ''"
    for column, value in event["where"].items():
        statement += {"customer": " AND customer = ", "total": " AND total < "}[column] + repr(value)
    return [row[0] for row in connection.execute(statement)]


def handler(event, context):
    if "name" in event:
        store(event["name"].encode())
        return "stored"
    if "where" in event:
        return build(connect(), event)
    return find(connect(), store())
"""


@pytest.fixture(scope="module")
def stored() -> Iterator[str]:
    """The URL of a store of one text."""
    kept = [b"ann"]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            kept[0] = self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(kept[0])))
            self.end_headers()
            self.wfile.write(kept[0])

        def log_message(self, format: str, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def deployed(folder: Path, source: str, shapes: tuple[str, ...] = ()) -> Path:
    folder.mkdir()
    (folder / "app.py").write_text(source)
    listed = ", ".join(f'"{shape} 2999-01-01"' for shape in shapes)
    (folder / "dayfly.toml").write_text(f"[policy.shapes]\nallow = [{listed}]\n" if shapes else "")
    return folder


def shapes_in(log: str) -> list[str]:
    found = []
    for line in log.split("\n"):
        if line.startswith("{") and '"guard.capability"' in line:
            evidence = json.loads(line)["unmapped"]["evidence"]
            if evidence["kind"] == "shape":
                found.append(str(evidence["target"]))
    return found


def test_what_an_event_stored_for_another_is_refused_where_the_shape_is_known(
    stored: str, tmp_path: Path
) -> None:
    environment = {"STORE": stored, "DAYFLY_GUARD": "observe", "DAYFLY_GUARD_LEARN": "on"}
    with Shop("dayfly", environment=environment, function=deployed(tmp_path / "learns", SOURCE)) as shop:
        for name, found in (("ann", ["5"]), ("bob", ["7"]), ("o''brien", [])):
            assert shop.rie.invoke({"name": name}).payload == "stored"
            assert shop.rie.invoke({}).payload == found
        taught = shapes_in(shop.rie.wait_for_log('"capability.shape"'))
        assert "o''brien" not in shop.rie.logs()
    assert [shape.split(" ")[:2] for shape in taught] == [["sql", "app.py:find<handler"]]

    environment = {"STORE": stored, "DAYFLY_GUARD": "block"}
    function = deployed(tmp_path / "knows", SOURCE, tuple(taught))
    with Shop("dayfly", environment=environment, function=function) as shop:
        assert shop.rie.invoke({"name": "bob"}).payload == "stored"
        assert shop.rie.invoke({}).payload == ["7"]
        assert shop.rie.invoke({"where": {"customer": "ann", "total": "6"}}).payload == ["ann"]
        assert shop.rie.invoke({"name": INJECTION}).payload == "stored"
        answer = shop.rie.invoke({})
        assert answer.error_type == "Dayfly.Refused", answer.body
        assert b"(sql.shape) at app.py" in answer.body
        log = shop.rie.wait_for_log('"sql.shape"')
    assert '"guard.refused"' in log

    # Other code, and nothing is known of it.
    changed = deployed(tmp_path / "changed", SOURCE.replace("SELECT total", "SELECT  total"), tuple(taught))
    with Shop("dayfly", environment=environment, function=changed) as shop:
        assert shop.rie.invoke({}).payload == ["4929123412341234"]
