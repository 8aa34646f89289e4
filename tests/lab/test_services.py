"""Other services are those at one URL, asked with made-up credentials and in threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.lab.moto_services import moto_server
from tests.lab.running import run

from dayfly.errors import SettingError
from dayfly.lab.lab import Lab
from dayfly.lab.model import LabError
from dayfly.lab.services import Services, check_services_url


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:5000",
        "ftp://x",
        "http://",
        "http://a:b@c",
        "http://x:99999",
        "http://x/?y",
        "http://x:y",
    ],
)
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match="not the URL of a server"):
        check_services_url(url)


def test_several_calls_at_once_reach_the_server_and_refusals_carry_its_words(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever runs the lab may have a profile of his own; none of it is used.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "his")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    async def scenario() -> None:
        async with Lab(confinement="none", services=moto + "/") as lab:
            services = lab.services
            assert services is not None
            assert services.url == moto
            names = [f"queue-{number}" for number in range(12)]
            await asyncio.gather(*(services.call("sqs", "create_queue", QueueName=name) for name in names))
            listed = await services.call("sqs", "list_queues", QueueNamePrefix="queue-")
            assert len(listed["QueueUrls"]) == len(names)
            with pytest.raises(LabError, match=r"NonExistentQueue|does not exist"):
                await services.call("sqs", "get_queue_url", QueueName="absent")

    run(scenario())


def test_nobody_listening_is_an_error_with_the_url() -> None:
    async def scenario() -> None:
        services = Services("http://127.0.0.1:9")
        try:
            with pytest.raises(LabError, match=r"http://127\.0\.0\.1:9 did not accept the call"):
                await services.call("s3", "list_buckets")
        finally:
            services.close()

    run(scenario())
