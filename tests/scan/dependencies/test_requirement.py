"""Where a requirement is taken from."""

from __future__ import annotations

import pytest

from dayfly.scan.dependencies.requirement import Origin, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("git+https://host.example/acme", Origin.VCS),
        ("git://host.example/acme", Origin.VCS),
        ("https://host.example/acme.git", Origin.VCS),
        ("https://host.example/acme.git@main", Origin.VCS),
        ("https://host.example/acme-1.0-py3-none-any.whl", Origin.ARCHIVE),
        ("file:///srv/acme", Origin.LOCAL),
        ("../acme", Origin.LOCAL),
    ],
)
def test_a_url_says_where_a_package_comes_from(url: str, origin: Origin) -> None:
    assert origin_of(url) is origin
