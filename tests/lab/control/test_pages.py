"""A list comes in pages, and every item on one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.lab.control.served import refused, talk, update

from dayfly.lab.control.pages import cut
from dayfly.lab.model import InvokeRefusedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@pytest.mark.parametrize(
    "query",
    [
        {"MaxItems": "0"},
        {"MaxItems": "-1"},
        {"MaxItems": "many"},
        {"MaxItems": "10001"},
        {"MaxItems": "9" * 5000},
        {"Marker": "?"},
        {"Marker": "LTE="},
        {"Marker": "MQ"},
    ],
)
def test_a_bad_query_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvokeRefusedError) as refusal:
        cut([1, 2, 3], query)
    assert refusal.value.status_code == 400


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 200])
def test_pages_together_are_the_list(size: int) -> None:
    items = list(range(120))
    seen: list[int] = []
    query = {"MaxItems": str(size)}
    while True:
        page, marker = cut(items, query)
        assert len(page) <= min(size, 50)
        seen += page
        if marker is None:
            break
        query["Marker"] = marker
    assert seen == items


def test_a_page_beyond_the_end_is_empty() -> None:
    page, marker = cut([1], {"Marker": "OTk5"})
    assert (list(page), marker) == ([], None)


def test_boto3_pages_through_functions_versions_and_aliases() -> None:
    def scenario(client: LambdaClient) -> None:
        for number in range(5):
            update(client, Timeout=number + 1)
            client.publish_version(FunctionName="f")
            client.create_alias(FunctionName="f", Name=f"a{number}", FunctionVersion=str(number + 1))
        config: Any = {"PageSize": 2}
        versions = [
            version["Version"]
            for page in client.get_paginator("list_versions_by_function").paginate(
                FunctionName="f",
                PaginationConfig=config,
            )
            for version in page["Versions"]
        ]
        assert versions == ["$LATEST", "1", "2", "3", "4", "5"]
        aliases = [
            alias["Name"]
            for page in client.get_paginator("list_aliases").paginate(
                FunctionName="f",
                PaginationConfig=config,
            )
            for alias in page["Aliases"]
        ]
        assert aliases == ["a0", "a1", "a2", "a3", "a4"]
        pages = list(
            client.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig=config)
        )
        assert [len(page["Functions"]) for page in pages] == [2, 2, 2]
        assert (
            "at 'functionVersion'"
            in refused(lambda: client.list_functions(FunctionVersion=cast(Any, "NONE")))[2]
        )

    talk(scenario, update_s=0.0)
