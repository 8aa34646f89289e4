"""Destinations mean hosts, addresses and ports as they are written, and no more than that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.destinations import Destinations, is_aws, pack_address, parse_destination


@pytest.mark.parametrize(
    ("entry", "means", "means_not"),
    [
        ("api.example.com", ["api.example.com", "api.example.com:443", "API.Example.com.:1"], ["xapi.example.com", "api.example.com.evil:443", "192.0.2.1"]),
        ("api.example.com:443", ["api.example.com:443", "api.example.com"], ["api.example.com:80"]),
        ("api.example.com:*", ["api.example.com:80"], ["example.com:80"]),
        ("*.example.com", ["a.example.com:1", "a.b.example.com"], ["example.com", "aexample.com", "a.example.com.evil"]),
        ("10.0.0.0/8:5432", ["10.1.2.3:5432", "::ffff:10.1.2.3"], ["11.0.0.1:5432", "10.1.2.3:5433", "10.example.com:5432"]),
        ("192.0.2.7", ["192.0.2.7:1"], ["192.0.2.8:1"]),
        ("[fd00::/8]:443", ["[fd12::1]:443"], ["[fe80::1]:443", "[fd12::1]:80"]),
        ("::1", ["[::1]:9"], ["[::2]:9", "127.0.0.1:9"]),
        ("0.0.0.0/0", ["1.2.3.4:5"], ["[::1]:5", "example.com"]),
        ("unix:/run/*", ["unix:/run/x"], ["unix:/run/x/y", "unix:@x", "/run/x"]),
        ("unix:@name", ["unix:@name"], ["unix:/name"]),
        ("*", ["anything:1", "unix:/x", "family:16"], []),
        ("@aws", ["s3.eu-west-1.amazonaws.com:443", "169.254.79.129:2000"], ["s3.amazonaws.com.evil", "x.lambda-url.eu-west-1.on.aws"]),
    ],
)  # fmt: skip
def test_an_entry_means_these(entry: str, means: list[str], means_not: list[str]) -> None:
    destinations = Destinations([entry])
    assert [target for target in means if destinations.find(target) != entry] == []
    assert [target for target in means_not if destinations.find(target)] == []


@pytest.mark.parametrize(
    "host",
    [
        "ec2-198-51-100-7.compute-1.amazonaws.com",
        "ec2-198-51-100-7.eu-west-1.compute.amazonaws.com",
        "evil.elb.eu-west-1.amazonaws.com",
        "abc.execute-api.eu-west-1.amazonaws.com",
        "evil.s3-website-us-east-1.amazonaws.com",
        "evil.s3-website.eu-west-1.amazonaws.com",
        "amazonaws.com.evil.example",
    ],
)
def test_what_customers_run_below_awss_names_is_not_aws(host: str) -> None:
    assert not is_aws(host)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "https://example.com",
        "example.com/path",
        "example.com:http",
        "example.com:0",
        "example.com:70000",
        "@azure",
        "10.0.0.0/33",
        "10.0.0.0/x",
        "[::1",
        "[::1]x",
        "unix:x",
        "a b",
    ],
)
def test_what_means_nothing_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_destination(entry)


@pytest.mark.parametrize(
    "text", ["127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "example.com", "", "fe80", "1.2.3"]
)
def test_what_is_no_address_in_full_is_a_name(text: str) -> None:
    assert pack_address(text) == b""


@given(st.text(max_size=60))
def test_no_target_is_a_fault(target: str) -> None:
    Destinations(["10.0.0.0/8", "*.example.com", "@aws", "unix:/x/**"]).find(target)
