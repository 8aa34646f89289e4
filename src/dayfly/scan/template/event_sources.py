"""Which service stands behind an ARN, a resource type or a principal. Facts, and functions over them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred
from dayfly.scan.template.model import Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICE = re.compile(r"arn:[^:]*:([a-z0-9-]+):")
_BY_SERVICE = {
    "sqs": Trigger.SQS,
    "kinesis": Trigger.KINESIS,
    "dynamodb": Trigger.DYNAMODB,
    "kafka": Trigger.KAFKA,
    "mq": Trigger.MQ,
    "s3": Trigger.S3,
    "sns": Trigger.SNS,
    "events": Trigger.EVENTBRIDGE,
    "scheduler": Trigger.SCHEDULE,
    "execute-api": Trigger.API_V1,
    "cognito-idp": Trigger.COGNITO,
    "iot": Trigger.IOT,
    "logs": Trigger.LOGS,
    "elasticloadbalancing": Trigger.ALB,
    "states": Trigger.STEP_FUNCTIONS,
    "appsync": Trigger.APPSYNC,
}
# Service principals: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_BY_PRINCIPAL = {
    "apigateway.amazonaws.com": Trigger.API_V1,
    "s3.amazonaws.com": Trigger.S3,
    "sns.amazonaws.com": Trigger.SNS,
    "events.amazonaws.com": Trigger.EVENTBRIDGE,
    "scheduler.amazonaws.com": Trigger.SCHEDULE,
    "elasticloadbalancing.amazonaws.com": Trigger.ALB,
    "cognito-idp.amazonaws.com": Trigger.COGNITO,
    "cognito-sync.amazonaws.com": Trigger.COGNITO,
    "iot.amazonaws.com": Trigger.IOT,
    "alexa-appkit.amazon.com": Trigger.ALEXA,
    "alexa-connectedhome.amazon.com": Trigger.ALEXA,
    "appsync.amazonaws.com": Trigger.APPSYNC,
    "states.amazonaws.com": Trigger.STEP_FUNCTIONS,
}
_BY_TYPE = {
    "AWS::SQS::Queue": Trigger.SQS,
    "AWS::Kinesis::Stream": Trigger.KINESIS,
    "AWS::Kinesis::StreamConsumer": Trigger.KINESIS,
    "AWS::DynamoDB::Table": Trigger.DYNAMODB,
    "AWS::DynamoDB::GlobalTable": Trigger.DYNAMODB,
    "AWS::Serverless::SimpleTable": Trigger.DYNAMODB,
    "AWS::MSK::Cluster": Trigger.KAFKA,
    "AWS::MSK::ServerlessCluster": Trigger.KAFKA,
    "AWS::AmazonMQ::Broker": Trigger.MQ,
    "AWS::S3::Bucket": Trigger.S3,
    "AWS::SNS::Topic": Trigger.SNS,
    "AWS::Events::Rule": Trigger.EVENTBRIDGE,
    "AWS::StepFunctions::StateMachine": Trigger.STEP_FUNCTIONS,
    "AWS::Serverless::StateMachine": Trigger.STEP_FUNCTIONS,
    "AWS::Serverless::Api": Trigger.API_V1,
    "AWS::ApiGateway::RestApi": Trigger.API_V1,
    "AWS::Serverless::HttpApi": Trigger.API_V2,
    "AWS::ApiGatewayV2::Api": Trigger.API_V2,
    "aws_sqs_queue": Trigger.SQS,
    "aws_kinesis_stream": Trigger.KINESIS,
    "aws_kinesis_stream_consumer": Trigger.KINESIS,
    "aws_dynamodb_table": Trigger.DYNAMODB,
    "aws_msk_cluster": Trigger.KAFKA,
    "aws_msk_serverless_cluster": Trigger.KAFKA,
    "aws_mq_broker": Trigger.MQ,
    "aws_s3_bucket": Trigger.S3,
    "aws_sns_topic": Trigger.SNS,
    "aws_cloudwatch_event_rule": Trigger.EVENTBRIDGE,
    "aws_api_gateway_rest_api": Trigger.API_V1,
    "aws_apigatewayv2_api": Trigger.API_V2,
}


def trigger_of_source(text: str, types: Mapping[str, str]) -> Trigger:
    """What an event source's ARN names; `types` has the template's resources by logical name."""
    for name in sorted(referred(text)):
        if name in types and types[name] in _BY_TYPE:
            return _BY_TYPE[types[name]]
    match = _SERVICE.search(text)
    return _BY_SERVICE.get(match[1], Trigger.UNKNOWN) if match else Trigger.UNKNOWN


def trigger_of_type(kind: str) -> Trigger:
    """What a resource of this type invokes as."""
    return _BY_TYPE.get(kind, Trigger.UNKNOWN)


def trigger_of_principal(principal: str) -> Trigger | None:
    """The service that a permission is for; None for accounts, and services that are no usual trigger."""
    if principal.startswith("logs."):
        return Trigger.LOGS
    return _BY_PRINCIPAL.get(principal)
