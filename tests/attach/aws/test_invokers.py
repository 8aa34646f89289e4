"""Who invokes a function is read from its policies, URLs and mappings, its aliases' included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dayfly.attach.aws.calls import Caller
from dayfly.attach.aws.facts import AliasFact, FunctionFacts
from dayfly.attach.aws.invokers import Invokers, invokers_of, read_invokers

ARN = "arn:aws:execute-api:eu-central-1:1:a1/*/GET/x"


def statement(service: object, **more: object) -> dict[str, object]:
    principal = {"Service": service} if isinstance(service, str) else service
    return {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Principal": principal, **more}


class Client:
    """What AWS has by qualifier; what it has not is a 404, and `denied` may not be asked."""

    def __init__(self, has: Mapping[str, Mapping[str, Any]], denied: str = "") -> None:
        self.has = has
        self.denied = denied

    def _get(self, operation: str, qualifier: str) -> Any:
        code = "AccessDeniedException" if operation == self.denied else "ResourceNotFoundException"
        found = self.has.get(qualifier, {}).get(operation)
        if found is None or operation == self.denied:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
        return found

    def get_policy(self, *, FunctionName: str, Qualifier: str = "") -> Any:
        return self._get("policy", Qualifier)

    def get_function_url_config(self, *, FunctionName: str, Qualifier: str = "") -> Any:
        return self._get("url", Qualifier)

    def list_event_source_mappings(self, *, FunctionName: str) -> Any:
        return {"EventSourceMappings": self.has.get(FunctionName.partition(":")[2], {}).get("mappings", [])}


def read(client: Client) -> Invokers:
    asked: Any = client
    facts = FunctionFacts("f", "arn", "eu-central-1", "1", aliases=(AliasFact("live", "1", {}),))
    return read_invokers(Caller(sleep=lambda _: None), asked, facts)


def policy(*statements: object) -> dict[str, str]:
    return {"Policy": json.dumps({"Statement": list(statements)})}


def test_a_function_that_nobody_may_invoke_has_no_triggers() -> None:
    assert read(Client({})) == Invokers()


def test_all_that_invokes_is_found_at_the_function_and_its_aliases() -> None:
    has = {
        "": {
            "policy": policy(statement("apigateway.amazonaws.com")),
            "mappings": [{"EventSourceArn": "arn:aws:sqs:r:1:q"}],
        },
        "live": {
            "url": {"AuthType": "NONE"},
            "policy": policy(statement("s3.amazonaws.com")),
            "mappings": [{}],
        },
    }
    assert read(Client(has)) == Invokers(
        frozenset({"API Gateway", "a function URL"}),
        frozenset({"sqs", "s3.amazonaws.com", "an event source"}),
    )


@pytest.mark.parametrize("denied", ["policy", "url"])
def test_what_may_not_be_read_is_unknown(denied: str) -> None:
    found = read(Client({}, denied))
    assert (found.http, found.others, bool(found.unknown)) == (frozenset(), frozenset(), True)


@pytest.mark.parametrize(
    ("told", "http", "others"),
    [
        (
            statement("apigateway.amazonaws.com", Condition={"ArnLike": {"AWS:SourceArn": ARN}}),
            {"API Gateway"},
            set(),
        ),
        (statement("elasticloadbalancing.amazonaws.com"), {"a load balancer"}, set()),
        (statement("vpc-lattice.amazonaws.com"), {"VPC Lattice"}, set()),
        (
            statement("*", Action="lambda:InvokeFunctionUrl"),
            {"a function URL"},
            set(),
        ),
        # What a function URL needs beside that since October 2025.
        (
            statement("*", Condition={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
            {"a function URL"},
            set(),
        ),
        (
            statement(
                "apigateway.amazonaws.com",
                Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:r:1:a1/authorizers/z"}},
            ),
            set(),
            {"apigateway.amazonaws.com"},
        ),
        (statement("events.amazonaws.com"), set(), {"events.amazonaws.com"}),
        (statement({"AWS": "arn:aws:iam::2:root"}), set(), {"another account or role"}),
        (statement("*"), set(), {"*"}),
        ({**statement("s3.amazonaws.com"), "Effect": "Deny"}, set(), set()),
    ],
)
def test_a_statement_is_an_http_services_or_anothers(told: Any, http: set[str], others: set[str]) -> None:
    assert invokers_of({"Statement": [told]}) == (frozenset(http), frozenset(others))
