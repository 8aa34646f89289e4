"""A client is AWS's as boto3 finds it, or a lab's, which gets no real credentials and all services."""

from __future__ import annotations

from typing import Any

import pytest

from dayfly.attach.aws.account import Account
from dayfly.errors import DayflyError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9001", True),
        ("http://localhost:5000", True),
        ("http://[::1]:9001", True),
        ("http://127.0.0.1.example.com", False),
        ("https://vpce.lambda.eu-central-1.vpce.amazonaws.com", False),
        ("http://[::1", False),
        (None, False),
    ],
)
def test_only_an_endpoint_on_this_machine_is_a_lab(url: str | None, expected: bool) -> None:
    assert Account(url).is_lab is expected


def test_a_lab_serves_every_service_and_sees_no_real_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    lab = Account("http://127.0.0.1:9")
    clients: list[Any] = [lab.client("lambda"), lab.client("logs"), lab.client("iam")]
    for client in clients:
        assert client.meta.endpoint_url == "http://127.0.0.1:9"
        assert client._request_signer._credentials.access_key == "lab"


def test_an_endpoint_elsewhere_is_lambdas_alone() -> None:
    account = Account("https://vpce.example.com", region="eu-central-1")
    assert account.client("lambda").meta.endpoint_url == "https://vpce.example.com"
    assert account.client("iam").meta.endpoint_url != "https://vpce.example.com"


def test_a_profile_that_is_none_is_said_in_words() -> None:
    with pytest.raises(DayflyError, match="cannot reach AWS"):
        Account(profile="there-is-no-such-profile").client("lambda")
