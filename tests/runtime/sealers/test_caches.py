"""Clients of Redis, Valkey and Memcached made and used at init."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.peers import database
from tests.runtime.sealers.serving import Run, run

CLIENTS = {
    "pool": "import os, redis\nclient = redis.Redis.from_url(os.environ['REDIS_URL'])",
    "one connection": "import os, redis\nclient = redis.Redis.from_url(os.environ['REDIS_URL'], single_connection_client=True)",
    "blocking pool": "import os, redis\nclient = redis.Redis(connection_pool=redis.BlockingConnectionPool.from_url(os.environ['REDIS_URL'], max_connections=2))",
    "client-side cache": "import os, redis\nfrom redis.cache import CacheConfig\nclient = redis.Redis.from_url(os.environ['REDIS_URL'], protocol=3, cache_config=CacheConfig())",
    "valkey": "import os, valkey\nclient = valkey.Valkey.from_url(os.environ['REDIS_URL'])",
}


def serve(source: str) -> Run:
    return run(source, python=library_python(), environment=database("redis").environment())


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_of_init_has_a_connection_of_each_workers_own(client: str) -> None:
    seen = serve(
        CLIENTS[client]
        + """
client.set("fixed", "value")
client.get("fixed"), client.get("fixed")
WORKERS = 200
def handler(number):
    names = [line["id"] for line in client.client_list()]
    pipeline = client.pipeline()
    pipeline.set("number", number)
    pipeline.get("number")
    return [len(names), client.client_id(), pipeline.execute()[1].decode(), client.get("fixed").decode()]
"""
    )
    assert seen.reasons == []
    # Nobody is connected but the worker that asks: the zygote has said goodbye.
    assert [[answer[0], *answer[2:]] for answer in seen.answers] == [
        [1, str(number), "value"] for number in range(200)
    ]
    assert len({answer[1] for answer in seen.answers}) == 200


@pytest.mark.parametrize(
    ("use", "what"),
    [
        ("held = client.pubsub(); held.subscribe('news')", "subscription started at init on 127.0.0.1"),
        ("held = client.pipeline(); held.watch('fixed')", "pipeline that watches keys started at init"),
        ("held = client.monitor(); held.__enter__()", "monitor started at init on 127.0.0.1"),
        ("held = client.lock('shop', timeout=60); held.acquire()", "lock 'shop' taken at init"),
    ],
)
def test_what_would_be_shared_is_refused_by_name(use: str, what: str) -> None:
    seen = serve(
        CLIENTS["pool"]
        + f"""
client.delete("shop")
{use}
def handler(number):
    return client.ping()
"""
    )
    assert any(what in reason for reason in seen.reasons), seen.reasons
    assert seen.answers == [True]


def test_an_asynchronous_client_of_init_connects_anew_in_the_loop_that_uses_it() -> None:
    seen = serve(
        """
import asyncio, os, redis.asyncio
loop = asyncio.new_event_loop()
client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
loop.run_until_complete(client.set("fixed", "value"))
def handler(number):
    async def ask():
        return [await client.client_id(), (await client.get("fixed")).decode()]
    return loop.run_until_complete(ask())
"""
    )
    assert seen.reasons == []
    assert [answer[1] for answer in seen.answers] == ["value"] * 3
    assert len({answer[0] for answer in seen.answers}) == 3


class Memcached:
    """Answers `set`, `get` and `quit` of Memcached's text protocol; counts connections and goodbyes."""

    def __enter__(self) -> Memcached:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.goodbyes: list[bool] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(60)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                said = False
                while line := stream.readline():
                    if line.startswith(b"set"):
                        stream.readline()
                        stream.write(b"STORED\r\n")
                    elif line.startswith(b"get"):
                        stream.write(b"VALUE %b 0 1\r\n7\r\nEND\r\n" % line.split()[1])
                    elif line.startswith(b"quit"):
                        said = True
                        break
                    stream.flush()
                self.goodbyes.append(said)


@pytest.fixture
def memcached() -> Iterator[Memcached]:
    with Memcached() as server:
        yield server


def test_a_memcached_client_says_quit_in_the_zygote_and_connects_in_every_worker(
    memcached: Memcached,
) -> None:
    seen = run(
        """
import os
from pymemcache.client.base import Client
client = Client(("127.0.0.1", int(os.environ["PORT"])), timeout=60, connect_timeout=5)
client.set("fixed", "7")
def handler(number):
    return client.get("fixed").decode()
""",
        python=library_python(),
        environment={"PORT": str(memcached.port)},
    )
    assert seen.reasons == []
    assert seen.answers == ["7"] * 3
    # It serves one at a time: the workers would have waited for a connection that the zygote kept.
    assert memcached.goodbyes[0] is True
