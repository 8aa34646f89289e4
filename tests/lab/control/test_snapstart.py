"""SnapStart and tenant isolation as boto3 meets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import refused, talk, update, wait
from tests.lab.running import FUNCTIONS

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_FOLDER = FUNCTIONS / "snapstart"


def _publish(client: LambdaClient) -> Any:
    update(client, SnapStart={"ApplyOn": "PublishedVersions"})
    return client.publish_version(FunctionName="f")


def test_a_version_is_pending_until_its_snapshot_is_made_and_is_then_restored() -> None:
    def with_client(client: LambdaClient) -> None:
        published = _publish(client)
        assert (published["State"], published["StateReasonCode"]) == ("Pending", "Creating")
        assert published["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
        status, code, message = refused(lambda: client.invoke(FunctionName="f", Qualifier="1"))
        assert (status, code) == (409, "SnapStartNotReadyException")
        assert message.startswith("Lambda is initializing your function.")
        wait(client, "published_version_active", Qualifier="1")
        described = client.get_function_configuration(FunctionName="f", Qualifier="1")
        assert described["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
        latest = client.get_function_configuration(FunctionName="f")
        assert latest["SnapStart"]["OptimizationStatus"] == "Off"
        answer = json.loads(client.invoke(FunctionName="f", Qualifier="1")["Payload"].read())
        assert answer["order"][-1] == "after 2"
        status, code, _ = refused(
            lambda: client.put_provisioned_concurrency_config(
                FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1
            )
        )
        assert (status, code) == (400, "InvalidParameterValueException")

    talk(with_client, folder=_FOLDER)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("before", 409, "ResourceConflictException"), ("after", 400, "SnapStartException")],
)
def test_hooks_that_fail_are_told_by_the_state_or_by_the_invocation(
    fault: str, status: int, code: str
) -> None:
    def with_client(client: LambdaClient) -> None:
        _publish(client)
        state = "Pending"
        while state == "Pending":
            described = client.get_function_configuration(FunctionName="f", Qualifier="1")
            state = described["State"]
        if fault == "before":
            assert (state, described["StateReasonCode"]) == ("Failed", "FunctionError")
            assert described["SnapStart"]["OptimizationStatus"] == "Off"
        assert refused(lambda: client.invoke(FunctionName="f", Qualifier="1"))[:2] == (status, code)
        # $LATEST has no snapshot and goes on.
        assert "FunctionError" not in client.invoke(FunctionName="f")
        client.delete_function(FunctionName="f", Qualifier="1")

    talk(with_client, folder=_FOLDER, environment={"FAULT": fault})


def test_a_tenant_must_be_named_where_tenants_are_apart_and_nowhere_else() -> None:
    def with_client(client: LambdaClient) -> None:
        described = client.get_function_configuration(FunctionName="f")
        assert described["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
        status, code, message = refused(lambda: client.invoke(FunctionName="f"))
        assert (status, code) == (400, "InvalidParameterValueException")
        assert message == (
            "The invoked function is enabled with tenancy configuration. "
            "Add a valid tenant ID in your request and try again."
        )
        assert refused(lambda: client.invoke(FunctionName="f", TenantId="a#b"))[0] == 400
        queue = "arn:aws:sqs:us-east-1:000000000000:q"
        status, code, message = refused(
            lambda: client.create_event_source_mapping(FunctionName="f", EventSourceArn=queue)
        )
        assert (status, code) == (400, "InvalidParameterValueException")
        assert "PER_TENANT" in message
        answer = client.invoke(FunctionName="f", TenantId="blue", Payload=b'{"do": "context"}')
        assert json.loads(answer["Payload"].read())["tenant"] == "blue"
        status, code, _ = refused(
            lambda: client.update_function_configuration(
                FunctionName="f", SnapStart={"ApplyOn": "PublishedVersions"}
            )
        )
        assert (status, code) == (400, "InvalidParameterValueException")

    def without_tenancy(client: LambdaClient) -> None:
        status, code, message = refused(lambda: client.invoke(FunctionName="f", TenantId="blue"))
        assert (status, code) == (400, "InvalidParameterValueException")
        assert "Remove the tenant ID" in message

    talk(with_client, tenancy="PER_TENANT")
    talk(without_tenancy)
