"""What a function is, as far as AWS tells; what may not be read is said and never taken for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from tests.attach.live.aws import (
    Lambda,
    Time,
    arn_of,
    error,
    make_caller,
    make_client,
    make_function,
    make_role,
)

from dayfly.attach.aws.calls import CallError
from dayfly.attach.aws.facts import facts_of, list_functions, read_facts
from dayfly.attach.aws.wording import CredentialsError
from dayfly.errors import DayflyError


@pytest.fixture
def aws() -> Iterator[Lambda]:
    with mock_aws():
        client = make_client()
        make_function(
            client, make_role(), Environment={"Variables": {"PASSWORD": "hunter2"}}, Tags={"team": "shop"}
        )
        yield Lambda(client)


def told(**more: Any) -> dict[str, Any]:
    return {"Configuration": {"FunctionName": "payments", "FunctionArn": arn_of("payments"), **more}}


def facts(answer: dict[str, Any], **more: Any) -> Any:
    return facts_of(
        answer, **{"aliases": [], "versions": [], "provisioned": [], "signing": {}, "unknown": [], **more}
    )


def test_a_function_is_read_with_its_aliases_and_versions(aws: Lambda) -> None:
    client: Any = aws
    version = aws.client.publish_version(FunctionName="payments")["Version"]
    aws.client.create_alias(FunctionName="payments", Name="live", FunctionVersion=version)
    found = read_facts(make_caller(Time()), client, "payments")
    assert (found.name, found.runtime, found.account) == ("payments", "python3.12", "123456789012")
    assert [(alias.name, alias.version) for alias in found.aliases] == [("live", version)]
    assert found.versions == (version,)
    assert found.tags == {"team": "shop"}
    assert "hunter2" not in repr(found)


def test_what_may_not_be_read_aside_is_unknown(aws: Lambda) -> None:
    client: Any = aws
    denied = error(
        "list_aliases", "AccessDeniedException", "is not authorized to perform: lambda:ListAliases", 403
    )

    def deny(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "list_aliases":
            raise denied

    aws.before.append(deny)
    found = read_facts(make_caller(Time()), client, "payments")
    assert any(text.startswith("aliases could not be read") for text in found.unknown)


def test_expired_credentials_are_not_taken_for_a_missing_permission(aws: Lambda) -> None:
    client: Any = aws

    def expire(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "list_aliases":
            raise error(operation, "ExpiredTokenException", status=403)

    aws.before.append(expire)
    with pytest.raises(CredentialsError):
        read_facts(make_caller(Time()), client, "payments")


def test_a_function_that_is_not_there_is_an_error(aws: Lambda) -> None:
    client: Any = aws
    with pytest.raises(CallError) as fault:
        read_facts(make_caller(Time()), client, "absent")
    assert fault.value.is_missing


def test_functions_are_chosen_by_all_of_the_tags(aws: Lambda) -> None:
    client: Any = aws
    caller = make_caller(Time())
    assert list(list_functions(caller, client)) == ["payments"]
    assert list(list_functions(caller, client, tags={"team": "shop"})) == ["payments"]
    assert list(list_functions(caller, client, tags={"team": "shop", "stage": "prod"})) == []


def test_variables_that_cannot_be_read_say_why() -> None:
    found = facts(told(Environment={"Error": {"ErrorCode": "KMSAccessDeniedException"}}))
    assert not found.environment.is_readable
    assert found.environment.error == "KMSAccessDeniedException"


def test_the_rest_of_a_configuration_is_told() -> None:
    found = facts(
        told(
            PackageType="Image",
            SnapStart={"ApplyOn": "PublishedVersions"},
            DurableConfig={"ExecutionTimeout": 60},
            CapacityProviderConfig={"LambdaManagedInstancesCapacityProviderConfig": {}},
            LastUpdateStatus="InProgress",
        ),
        aliases=[
            {
                "Name": "live",
                "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}},
            }
        ],
        provisioned=[
            {"FunctionArn": arn_of("payments") + ":live", "RequestedProvisionedConcurrentExecutions": 3}
        ],
    )
    assert (found.snapstart, found.is_durable, found.is_on_managed_instances) == (True, True, True)
    assert not found.is_python
    assert found.aliases[0].versions == {"1", "2"}
    assert (found.provisioned[0].qualifier, found.provisioned[0].count) == ("live", 3)


def test_what_is_no_arn_is_no_function() -> None:
    with pytest.raises(DayflyError, match="is not a function ARN"):
        facts({"Configuration": {"FunctionArn": "payments"}})
