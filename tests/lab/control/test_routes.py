"""What a function does not have is told as Lambda tells it, and what the lab does not have as unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.control.served import refused, talk

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def test_what_a_function_does_not_have_is_answered_as_for_one_without_it() -> None:
    def scenario(client: LambdaClient) -> None:
        answer = client.get_function_code_signing_config(FunctionName="f")
        assert answer.get("CodeSigningConfigArn") is None
        assert refused(lambda: client.get_function_code_signing_config(FunctionName="x"))[0] == 404
        assert refused(lambda: client.get_policy(FunctionName="f"))[:2] == (404, "ResourceNotFoundException")
        assert client.list_function_url_configs(FunctionName="f")["FunctionUrlConfigs"] == []
        assert client.list_event_source_mappings(FunctionName="f")["EventSourceMappings"] == []
        unknown = refused(lambda: client.get_function_scaling_config(FunctionName="f", Qualifier="1"))
        assert unknown[:2] == (404, "UnknownOperationException")

    talk(scenario)
