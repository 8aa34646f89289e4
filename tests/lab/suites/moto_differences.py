"""Which tests of moto's suite fail against the lab, and why. docs/lab-fidelity.md has the same table."""

from __future__ import annotations

from collections.abc import Mapping

_CLOUDFORMATION = "moto's CloudFormation creates functions in moto, not in the lab"
_IMAGES = "container images: the lab supports only zip packages"
_CREATING = "a new mapping is first `Creating`, as on AWS; the test expects `Enabled` at once"
_STREAMS = (
    "the lab rejects a stream mapping without `StartingPosition`, as AWS does, and does not read streams"
)
_EVENT_ARN = "ARNs of asynchronous invocation settings end in `$LATEST`, as recorded from AWS"
_LOCATION = "`Code.Location` points to the lab, not to an AWS bucket"
_NOT_ZIP = "code or layer is not a zip file; Lambda rejects that"
_PAYLOAD = "the test expects a payload for `Event` invocations; Lambda's 202 has none"
_LATEST_WEIGHTS = "the lab rejects `$LATEST` with weights, as recorded from AWS"
_ROLES = "the lab does not check roles: neither `PassRole` nor trust policies"
_RUNTIME = "the test uses another Python than the lab's; the proxy translates it"
_EXACT = "the test compares the whole response, but Lambda has since added fields or omits some"
_NO_ACCOUNT = "its `SourceArn` has no account, which the API model rejects; the proxy adds one"
_MESSAGE = "the API model has a newer pattern, or AWS's recorded message differs"

DIFFERENCES: Mapping[str, str] = {
    "test_awslambda_cloudformation::test_lambda_can_be_updated_by_cloudformation": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_lambda_with_code_image_can_be_created": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_create_from_cloudformation_json": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_delete_stack": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_update_from_cloudformation_json": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_delete_from_cloudformation_json": _CLOUDFORMATION,
    "test_lambda::test_create_function_from_aws_bucket": "`PackageType` is `ZIP`, which the API model does not contain",
    "test_lambda::test_create_function_from_zipfile": _EXACT,
    "test_lambda::test_list_create_list_get_delete_list": _EXACT,
    "test_lambda::test_create_function_from_image": _IMAGES,
    "test_lambda::test_create_function_from_image_with_kmskey": _IMAGES,
    "test_lambda::test_create_function_from_image_default_working_directory": _IMAGES,
    "test_lambda::test_create_function_from_stubbed_ecr": _IMAGES,
    "test_lambda::test_update_function_ecr": _IMAGES,
    "test_lambda_invoke::test_invoke_lambda_with_entrypoint": _IMAGES,
    "test_lambda::test_create_function_error_bad_architecture": _MESSAGE,
    "test_lambda::test_create_function_with_invalid_arn": _MESSAGE,
    "test_lambda::test_put_event_invoke_config_errors_1": _MESSAGE,
    "test_lambda::test_put_event_invoke_config_errors_2": _MESSAGE,
    "test_lambda_layers::test_publish_lambda_layers__without_content": _MESSAGE,
    "test_lambda_layers::test_create_function_with_unknown_layer": _MESSAGE,
    "test_lambda_layers::test_add_layer_version_permission": _MESSAGE,
    "test_lambda_alias::test_aliases_are_unique_per_function": _MESSAGE,
    "test_lambda::test_get_function_code_signing_config": "`csc:arn` is not an ARN, and the configuration does not exist",
    "test_lambda::test_get_function_created_with_zipfile": _LOCATION,
    "test_lambda::test_update_function_zip": _LOCATION,
    "test_lambda::test_update_function_s3": _LOCATION,
    "test_lambda::test_list_versions_by_function_for_nonexistent_function": "the lab answers 404, as recorded from AWS, not an empty list",
    "test_lambda::test_update_configuration": _RUNTIME,
    "test_lambda::test_create_function_with_arn_from_different_account": _ROLES,
    "test_lambda::test_create_function_with_unknown_arn": _ROLES,
    "test_lambda::test_put_function_concurrency_not_enforced": "100 concurrent executions stay unreserved, as on AWS",
    "test_lambda::test_put_event_invoke_config": _EVENT_ARN,
    "test_lambda::test_update_event_invoke_config": "the lab rejects an update of settings that do not exist, as AWS does",
    "test_lambda::test_get_event_invoke_config": _EVENT_ARN,
    "test_lambda::test_get_event_invoke_config_empty": _EVENT_ARN,
    "test_lambda_alias::test_create_alias_with_routing_config": _LATEST_WEIGHTS,
    "test_lambda_alias::test_update_alias_routingconfig": _LATEST_WEIGHTS,
    "test_lambda_alias::test_get_function_using_alias": "`FunctionArn` ends in the requested alias, as on AWS",
    "test_lambda_eventsourcemapping::test_create_event_source_mapping": "its filter pattern is not JSON; Lambda rejects that",
    "test_lambda_eventsourcemapping::test_invoke_function_from_sqs": _CREATING,
    "test_lambda_eventsourcemapping::test_invoke_function_from_sqs_exception": _CREATING,
    "test_lambda_eventsourcemapping::test_update_event_source_mapping": _CREATING,
    "test_lambda_eventsourcemapping::test_delete_event_source_mapping": _CREATING,
    "test_lambda_eventsourcemapping::test_invoke_function_from_dynamodb_put": _STREAMS,
    "test_lambda_eventsourcemapping::test_invoke_function_from_dynamodb_update": _STREAMS,
    "test_lambda_eventsourcemapping::test_invoke_function_from_kinesis": _STREAMS,
    "test_lambda_eventsourcemapping::test_invoke_function_from_sns": "moto's SNS invokes functions in moto, not in the lab",
    "test_lambda_eventsourcemapping::test_event_source_mapping_tagging_lifecycle": _NOT_ZIP,
    "test_lambda_layers_invoked::test_invoke_local_lambda_layers": _NOT_ZIP,
    "TestLambdaInvocations_Error::test_invoke_function_that_throws_error": "`FunctionError` is `Unhandled`, as on Lambda for Python",
    "TestLambdaInvocations::test_invoke_event_function": _PAYLOAD,
    "test_lambda_invoke::test_invoke_lambda_using_environment_port": _PAYLOAD,
    "test_lambda_invoke::test_invoke_function_with_multiple_files_in_zip": _PAYLOAD,
    "test_lambda_invoke::test_invoke_function_get_ec2_volume": "the function calls EC2 through environment variables that moto sets",
    "test_lambda_layers::test_remove_layer_version_permission": "a layer policy without statements stays, as an empty policy",
    "test_lambda_policy::test_add_function_permission": _NO_ACCOUNT,
    "test_lambda_policy::test_add_permission_with_principalorgid": _NO_ACCOUNT,
    "test_lambda_tags::test_tags": "TagResource answers 204, as in the API model, not 200",
}
