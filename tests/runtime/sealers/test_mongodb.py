"""Connections of PyMongo: none is shared by workers; `tests/real` uses the library itself."""

from __future__ import annotations

import socket

from tests.runtime.sealers.serving import run


def test_a_workers_descriptor_leads_to_no_connection_of_inits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = run(
            f"""
import socket, sys, types, warnings
class Connection:
    def __init__(self, conn):
        self.conn, self.closed = conn, False
pymongo, pool = types.ModuleType("pymongo"), types.ModuleType("pymongo.pool")
pool.Connection = Connection
sys.modules.update({{"pymongo": pymongo, "pymongo.pool": pool}})
connection = Connection(socket.create_connection(("127.0.0.1", {server.getsockname()[1]})))
gone = Connection(socket.socket()); gone.conn.close(); gone.closed = True
def handler(number):
    warnings.warn("MongoClient opened before fork. May not be entirely fork-safe")
    try:
        connection.conn.send(b"card")
        sent = True
    except BrokenPipeError:
        sent = False
    return [connection.conn.recv(9).decode(), sent]
"""
        )
        accepted, _ = server.accept()
        with accepted:
            assert accepted.recv(9) == b""
    assert seen.reasons == seen.faults == []
    assert seen.answers == [["", False]] * 3
    assert "fork-safe" not in seen.output
