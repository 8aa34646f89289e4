"""Tags are those of the function, by its ARN."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tests.lab.control.served import refused, talk

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


_REFUSED: list[tuple[str, Any, str]] = [
    ("f", {"a": "b"}, "at 'resource'"),
    (f"{_ARN}:1", {"a": "b"}, "Tags on function aliases and versions are not supported."),
    (f"{_ARN}x", {"a": "b"}, f"Function not found: {_ARN}x"),
    (_ARN, {}, "An error occurred and the request cannot be processed."),
    (_ARN, {"aws:a": "b"}, "reserved prefix"),
    (_ARN, {"k" * 129: "b"}, "length less than or equal to 128"),
    (_ARN, {"k": "v" * 257}, "length less than or equal to 256"),
    (_ARN, {"k<": "v"}, "regular expression"),
    (_ARN, {f"k{number}": "v" for number in range(50)}, "Number of tags exceeds resource tag limit."),
]


def test_what_cannot_be_a_tag_is_refused_and_nothing_changes() -> None:
    def scenario(client: LambdaClient) -> None:
        client.tag_resource(Resource=_ARN, Tags={"team": "payments"})
        for arn, tags, said in _REFUSED:
            call = functools.partial(client.tag_resource, Resource=arn, Tags=tags)
            assert said in refused(call)[2]
        assert client.list_tags(Resource=_ARN)["Tags"] == {"team": "payments"}

    talk(scenario)


def test_tags_come_and_go_and_change_the_revision() -> None:
    def scenario(client: LambdaClient) -> None:
        before = client.get_function_configuration(FunctionName="f")["RevisionId"]
        assert client.list_tags(Resource=_ARN)["Tags"] == {}
        client.tag_resource(Resource=_ARN, Tags={"team": "payments", "Köln/1": "a=b@c +"})
        client.tag_resource(Resource=_ARN, Tags={"team": "cards"})
        assert client.get_function(FunctionName="f")["Tags"] == {"team": "cards", "Köln/1": "a=b@c +"}
        assert client.get_function_configuration(FunctionName="f")["RevisionId"] != before
        client.untag_resource(Resource=_ARN, TagKeys=["team", "absent"])
        assert client.list_tags(Resource=_ARN)["Tags"] == {"Köln/1": "a=b@c +"}
        client.untag_resource(Resource=_ARN, TagKeys=["Köln/1"])
        assert "Tags" not in client.get_function(FunctionName="f")

    talk(scenario)
