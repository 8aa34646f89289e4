"""Each environment has a loopback address of its own behind sandbox.localdomain, and the machine's names as well."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from tests.lab.running import basic, needs_bubblewrap, run, running_lab

from dayfly.lab.environment import new_environment_id
from dayfly.lab.hosts import Hosts, loopback_of


def test_addresses_are_the_environments_own_and_none_that_machines_use() -> None:
    found = [ipaddress.ip_address(loopback_of(new_environment_id())) for _ in range(2000)]
    assert all(address.is_loopback for address in found)
    assert not [address for address in found if address in ipaddress.ip_network("127.0.0.0/16")]
    assert not [address for address in found if address.packed[3] in (0, 255)]
    assert len(set(found)) > 1990
    assert loopback_of("e") == loopback_of("e")


def test_names_come_before_the_machines(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "new", "e")
    first, *rest = hosts.path.read_text().splitlines()
    assert first == f"{hosts.loopback} sandbox.localdomain sandbox"
    assert rest == Path("/etc/hosts").read_text().splitlines()


@needs_bubblewrap
def test_an_environment_resolves_them() -> None:
    async def scenario() -> None:
        async with running_lab(config=basic()) as running:
            names = await running.ask("resolve", names=["sandbox.localdomain", "localhost"])
            (view,) = running.lab.environments("f")
            assert names == [loopback_of(view.id), "127.0.0.1"]

    run(scenario())
