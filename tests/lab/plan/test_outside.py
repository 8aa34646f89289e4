"""Connections, files, tracers and extensions, from made-up reports."""

from __future__ import annotations

import pytest
from tests.lab.plan.making import connection, events, sightings

from dayfly.lab.plan.masking import Mask
from dayfly.lab.plan.outside import find_connections, find_extensions, find_files, find_tracing, keep_glob

MASK = Mask(events({"customer": "alice-4711", "host": "tenant7"}))


def test_a_connection_is_lost_once_it_was_used_again() -> None:
    opened, again = connection(1), connection(1, is_reused=True)
    seen = sightings({"connections": (opened,)}, {"connections": (again,)}, {"connections": (again,)})
    (found,) = find_connections(seen, mask=MASK)
    assert (found.what, found.uses, found.invocations) == ("db.example.com:5432", 2, 3)
    assert found.where == "app.py:9"


def test_connections_that_every_invocation_opens_anew_are_no_loss() -> None:
    seen = sightings({"connections": (connection(1),)}, {"connections": (connection(1), connection(2))})
    assert find_connections(seen, mask=MASK) == []


def test_datagrams_and_the_runtime_api_are_no_connections() -> None:
    reused = {"is_reused": True}
    udp = connection(0, is_datagram=True, **reused)
    api = connection(0, destination="Runtime API", **reused)
    assert find_connections(sightings({"connections": (udp, api)}), mask=MASK) == []


def test_encrypted_connections_say_so_and_hosts_from_events_are_hidden() -> None:
    secure = connection(0, destination="tenant7.example.com:443", is_reused=True)
    seen = sightings({"connections": (secure,)}, init={"connections": (connection(0),)})
    (found,) = find_connections(seen, mask=MASK)
    assert found.what == "*.example.com:443 (TLS)"


def test_a_unix_socket_that_stays_open_counts_as_used() -> None:
    kept = connection(0, destination="unix:/run/agent.sock")
    (found,) = find_connections(sightings({"connections": (kept,)}), mask=MASK)
    assert found.uses == 1


def files(*items: tuple[str, str]) -> dict[str, object]:
    return {"files": tuple((path, what, "app.py:4") for path, what in items)}


def test_a_file_is_lost_when_another_invocation_reads_it() -> None:
    path = "/tmp/model/weights.bin"
    seen = sightings(files((path, "write"), (path, "read")), files((path, "read")), files((path, "read")))
    (found,) = find_files(seen, mask=MASK)
    assert (found.what, found.uses, found.where) == ("/tmp/model/**", 2, "app.py:4")


def test_files_of_one_invocation_and_files_of_init_are_no_loss() -> None:
    path = "/tmp/scratch.bin"
    assert find_files(sightings(*[files((path, "write"), (path, "read"))] * 3), mask=MASK) == []
    assert find_files(sightings(files((path, "read")), init=files((path, "write"))), mask=MASK) == []


def test_a_file_that_invocations_add_to_collects() -> None:
    (found,) = find_files(sightings(*[files(("/tmp/audit.log", "append"))] * 3), mask=MASK)
    assert (found.uses, "collects" in found.consequence) == (2, True)


@pytest.mark.parametrize(
    ("path", "glob"),
    [
        ("/tmp/a.bin", "/tmp/a.bin"),
        ("/tmp/model/a.bin", "/tmp/model/**"),
        ("/tmp/model/deep/a.bin", "/tmp/model/**"),
        ("/var/tmp/a.bin", "/var/tmp/a.bin"),
        ("/dev/shm/x/a.bin", "/dev/shm/x/**"),
    ],
)
def test_a_glob_keeps_the_first_folder(path: str, glob: str) -> None:
    assert keep_glob(path) == glob


def test_names_from_events_become_one_pattern() -> None:
    first, second = (f"/tmp/{name}.json" for name in ("alice-4711", "3f2c9a1b7d"))
    seen = sightings(files((first, "write"), (second, "write")), files((first, "read"), (second, "read")))
    (found,) = find_files(seen, mask=MASK)
    assert found.what == "/tmp/*.json"


def test_tracers_are_found_by_what_is_loaded() -> None:
    seen = sightings({}, init={"modules": ("aws_xray_sdk", "opentelemetry.sdk")})
    assert [loss.what for loss in find_tracing(seen)] == ["AWS X-Ray SDK", "OpenTelemetry SDK"]
    assert find_tracing(sightings({})) == []


def test_extensions_are_found_by_what_is_connected() -> None:
    cache = connection(1, destination="localhost:2773")
    own = connection(0, destination="Runtime API", site="telemetry.py:3")
    aws = connection(0, destination="Runtime API", site="")
    found = find_extensions(sightings({"connections": (cache, own, aws)}))
    assert [loss.where for loss in found] == ["app.py:9", "telemetry.py:3"]
    assert "nothing is lost" in found[0].consequence
    assert find_extensions(sightings({"connections": (aws,)})) == []
