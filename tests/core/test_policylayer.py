"""A policy in a layer: the same as in the file, proved by its digest, and never half understood."""

from __future__ import annotations

import datetime
import json
import subprocess

import pytest

from dayfly.core.policylayer import MAX_BYTES, digest_of, is_digest, parse, render
from dayfly.errors import SettingError

_TABLE: dict[str, object] = {
    "quiet_since": datetime.date(2026, 11, 25),
    "promote_after": "14d",
    "network": {"allow": ["pay.example:443"], "init": ["config.example:443"]},
    "packages": {"requests": {"uses": ["network"]}},
}


def test_what_is_rendered_is_the_policy_again() -> None:
    policy = parse(render(_TABLE))
    assert policy.allows("network", "pay.example:443", ("requests",), "invoke").is_allowed
    assert not policy.allows("network", "pay.example:443", ("yaml",), "invoke").is_allowed
    assert policy.promote_after == 14 * 86400.0


def test_the_same_table_always_gives_the_same_bytes() -> None:
    assert render(_TABLE) == render(dict(reversed(_TABLE.items())))


def test_what_is_no_policy_is_not_rendered() -> None:
    with pytest.raises(SettingError, match="unknown key"):
        render({"netwrok": {"allow": []}})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b'{"schema":"dayfly-policy/2","policy":{}}',
        b'{"schema":"dayfly-policy/1"}',
        b'{"schema":"dayfly-policy/1","policy":[]}',
        b'{"schema":"dayfly-policy/1","policy":{"network":{"allow":"*"}}}',
        b'{"schema":"dayfly-policy/1","policy":{"mode":"maybe"}}',
        b'{"schema":"dayfly-policy/1","policy":{"network":{"allow":[1]}}}',
    ],
)
def test_a_file_that_is_none_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(SettingError):
        parse(data)


def test_the_largest_policy_that_may_be_can_be_read() -> None:
    hosts = [f"host-{number:05}.example:443" for number in range(2000)]
    assert len(render({"network": {"allow": hosts}})) < MAX_BYTES
    with pytest.raises(SettingError, match="larger"):
        render({"network": {"allow": [f"{'x' * 40}-{host}" for host in hosts]}})


def test_the_digest_is_what_b2sum_prints() -> None:
    data = render(_TABLE)
    printed = subprocess.run(["b2sum", "-l", "128"], input=data, capture_output=True, check=True).stdout
    assert digest_of(data) == printed.split()[0].decode()
    assert is_digest(digest_of(data))


@pytest.mark.parametrize("text", ["", "0" * 31, "G" * 32, "0" * 33])
def test_what_is_no_digest(text: str) -> None:
    assert not is_digest(text)


def test_json_in_the_file_has_the_tables_own_names() -> None:
    assert set(json.loads(render(_TABLE))["policy"]) == set(_TABLE)
