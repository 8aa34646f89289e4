"""Which tests of moto's suite fail against the lab, and why. docs/lab-fidelity.md has the same table."""

from __future__ import annotations

from collections.abc import Mapping

_CLOUDFORMATION = "moto's CloudFormation makes functions in moto, not at the endpoint that serves Lambda"
_IMAGES = "container images: the lab has no registry, functions are zips"
_CREATING = "a mapping is `Creating` first, as on AWS; the test wants `Enabled` at once"
_STREAMS = "a mapping of a stream without `StartingPosition` is refused, as on AWS; streams are not read"
_EVENT_ARN = "configurations of asynchronous invocation are named with `$LATEST`, as recorded from AWS"
_LOCATION = "`Code.Location` is the lab, not a bucket of AWS's"
_NO_ZIP = "code or layer is no zip, which Lambda refuses"
_UNASKED = "answers an `Event` with a payload; Lambda's 202 has none"
_LATEST_WEIGHTS = "`$LATEST` with weights is refused, as recorded from AWS"
_ROLES = "roles are not looked up: `PassRole` and trust are not checked"
_RUNTIME_TOLD = "another Python than the lab's own; the front names one in its place"
_EXACT = "compares whole answers, without members that Lambda has since added or with members it leaves out"
_NO_ACCOUNT = "its `SourceArn` has no account, which the API's model refuses; the front puts one in"
_WORDS = "the API's model has another pattern by now, or AWS's recorded words differ"

DIFFERENCES: Mapping[str, str] = {
    "test_awslambda_cloudformation::test_lambda_can_be_updated_by_cloudformation": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_lambda_with_code_image_can_be_created": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_create_from_cloudformation_json": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_delete_stack": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_update_from_cloudformation_json": _CLOUDFORMATION,
    "test_awslambda_cloudformation::test_event_source_mapping_delete_from_cloudformation_json": _CLOUDFORMATION,
    "test_lambda::test_create_function_from_aws_bucket": "`PackageType` is `ZIP`, which the API's model does not have",
    "test_lambda::test_create_function_from_zipfile": _EXACT,
    "test_lambda::test_list_create_list_get_delete_list": _EXACT,
    "test_lambda::test_create_function_from_image": _IMAGES,
    "test_lambda::test_create_function_from_image_with_kmskey": _IMAGES,
    "test_lambda::test_create_function_from_image_default_working_directory": _IMAGES,
    "test_lambda::test_create_function_from_stubbed_ecr": _IMAGES,
    "test_lambda::test_update_function_ecr": _IMAGES,
    "test_lambda_invoke::test_invoke_lambda_with_entrypoint": _IMAGES,
    "test_lambda::test_create_function_error_bad_architecture": _WORDS,
    "test_lambda::test_create_function_with_invalid_arn": _WORDS,
    "test_lambda::test_put_event_invoke_config_errors_1": _WORDS,
    "test_lambda::test_put_event_invoke_config_errors_2": _WORDS,
    "test_lambda_layers::test_publish_lambda_layers__without_content": _WORDS,
    "test_lambda_layers::test_create_function_with_unknown_layer": _WORDS,
    "test_lambda_layers::test_add_layer_version_permission": _WORDS,
    "test_lambda_alias::test_aliases_are_unique_per_function": _WORDS,
    "test_lambda::test_get_function_code_signing_config": "`csc:arn` is no ARN, and no such configuration is there",
    "test_lambda::test_get_function_created_with_zipfile": _LOCATION,
    "test_lambda::test_update_function_zip": _LOCATION,
    "test_lambda::test_update_function_s3": _LOCATION,
    "test_lambda::test_list_versions_by_function_for_nonexistent_function": "404 as recorded from AWS, not an empty list",
    "test_lambda::test_update_configuration": _RUNTIME_TOLD,
    "test_lambda::test_create_function_with_arn_from_different_account": _ROLES,
    "test_lambda::test_create_function_with_unknown_arn": _ROLES,
    "test_lambda::test_put_function_concurrency_not_enforced": "an account keeps 100 unreserved, as on AWS",
    "test_lambda::test_put_event_invoke_config": _EVENT_ARN,
    "test_lambda::test_update_event_invoke_config": "an update of what was never put is refused, as on AWS",
    "test_lambda::test_get_event_invoke_config": _EVENT_ARN,
    "test_lambda::test_get_event_invoke_config_empty": _EVENT_ARN,
    "test_lambda_alias::test_create_alias_with_routing_config": _LATEST_WEIGHTS,
    "test_lambda_alias::test_update_alias_routingconfig": _LATEST_WEIGHTS,
    "test_lambda_alias::test_get_function_using_alias": "`FunctionArn` ends in the alias that was asked for, as on AWS",
    "test_lambda_eventsourcemapping::test_create_event_source_mapping": "its filter pattern is no JSON, which Lambda refuses",
    "test_lambda_eventsourcemapping::test_invoke_function_from_sqs": _CREATING,
    "test_lambda_eventsourcemapping::test_invoke_function_from_sqs_exception": _CREATING,
    "test_lambda_eventsourcemapping::test_update_event_source_mapping": _CREATING,
    "test_lambda_eventsourcemapping::test_delete_event_source_mapping": _CREATING,
    "test_lambda_eventsourcemapping::test_invoke_function_from_dynamodb_put": _STREAMS,
    "test_lambda_eventsourcemapping::test_invoke_function_from_dynamodb_update": _STREAMS,
    "test_lambda_eventsourcemapping::test_invoke_function_from_kinesis": _STREAMS,
    "test_lambda_eventsourcemapping::test_invoke_function_from_sns": "moto's SNS invokes functions in moto, not at the endpoint that serves Lambda",
    "test_lambda_eventsourcemapping::test_event_source_mapping_tagging_lifecycle": _NO_ZIP,
    "test_lambda_layers_invoked::test_invoke_local_lambda_layers": _NO_ZIP,
    "TestLambdaInvocations_Error::test_invoke_function_that_throws_error": "`FunctionError` is `Unhandled`, as Lambda has it for Python",
    "TestLambdaInvocations::test_invoke_event_function": _UNASKED,
    "test_lambda_invoke::test_invoke_lambda_using_environment_port": _UNASKED,
    "test_lambda_invoke::test_invoke_function_with_multiple_files_in_zip": _UNASKED,
    "test_lambda_invoke::test_invoke_function_get_ec2_volume": "calls EC2 by moto's own names in the environment",
    "test_lambda_layers::test_remove_layer_version_permission": "an emptied policy of a layer is an empty policy",
    "test_lambda_policy::test_add_function_permission": _NO_ACCOUNT,
    "test_lambda_policy::test_add_permission_with_principalorgid": _NO_ACCOUNT,
    "test_lambda_tags::test_tags": "TagResource answers 204, as the API's model has it, not 200",
}
