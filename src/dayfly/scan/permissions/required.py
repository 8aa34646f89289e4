"""Actions that a role needs although no line of the code calls them: for triggers, logs, traces, networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.permissions.granting import matches_action
from dayfly.scan.template.model import Trigger

if TYPE_CHECKING:
    from dayfly.scan.permissions.needs import Need
    from dayfly.scan.permissions.usage import Usage
    from dayfly.scan.template.model import LambdaFunction

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html#permissions-executionrole-features
LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_PLATFORM = (
    *LOGS, "logs:DescribeLogStreams", "logs:DescribeLogGroups",
    "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries", "xray:PutSpans", "xray:PutSpansForIndexing",
    # A network of one's own: the template's model does not say whether there is one.
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface",
    "ec2:DetachNetworkInterface", "ec2:AttachNetworkInterface",
    "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs", "ec2:GetSecurityGroupsForVpc",
    "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess",
    # Monitoring and profiling by layers and agents.
    "cloudwatch:PutMetricData", "codeguru-profiler:ConfigureAgent", "codeguru-profiler:PostAgentProfile",
    "codeguru-profiler:CreateProfilingGroup",
)  # fmt: skip
_TRIGGERS: dict[Trigger, tuple[str, ...]] = {
    Trigger.SQS: ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility",
                  "sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibilityBatch", "sqs:GetQueueUrl"),
    Trigger.DYNAMODB: ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream",
                       "dynamodb:ListStreams", "dynamodb:ListShards"),
    Trigger.KINESIS: ("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream",
                      "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:ListStreams",
                      "kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"),
    Trigger.KAFKA: ("kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers",
                    "kafka-cluster:Connect", "kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup",
                    "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:DescribeClusterDynamicConfiguration",
                    "kafka:ListScramSecrets", "secretsmanager:GetSecretValue"),
    Trigger.MQ: ("mq:DescribeBroker", "secretsmanager:GetSecretValue"),
}  # fmt: skip
_DEAD_LETTER = (
    "sqs:SendMessage",
    "sns:Publish",
    "events:PutEvents",
    "lambda:InvokeFunction",
    "s3:PutObject",
    "s3:ListBucket",
)
# Rarely a call of its own: a service decrypts for the function with a customer's key.
_KEYS = ("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt", "kms:DescribeKey", "kms:ReEncryptFrom", "kms:ReEncryptTo",
         "kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant")  # fmt: skip
_ENCRYPTING = frozenset(
    {
        "s3",
        "sqs",
        "sns",
        "dynamodb",
        "kinesis",
        "firehose",
        "secretsmanager",
        "ssm",
        "logs",
        "states",
        "events",
        "rds-data",
    }
)
# Used action to what documentation asks to grant beside it.
_COMPANIONS = {
    # Without it a missing object is an AccessDenied: API reference of GetObject and HeadObject.
    "s3:GetObject": ("s3:ListBucket", "s3:GetBucketLocation"),
    "s3:PutObject": ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads"),
    "sqs:SendMessage": ("sqs:GetQueueUrl",),
    "secretsmanager:GetSecretValue": ("secretsmanager:DescribeSecret",),
    "athena:StartQueryExecution": ("glue:GetTable", "glue:GetTables", "glue:GetPartitions", "glue:GetPartition",
                                   "glue:GetDatabase", "glue:GetDatabases", "s3:GetObject", "s3:PutObject",
                                   "s3:GetBucketLocation", "s3:ListBucket", "s3:AbortMultipartUpload",
                                   "s3:ListMultipartUploadParts", "athena:GetWorkGroup", "lakeformation:GetDataAccess"),
    "transcribe:StartTranscriptionJob": ("s3:GetObject", "s3:PutObject"),
    "textract:*": ("s3:GetObject",),
    "rekognition:*": ("s3:GetObject",),
    "states:StartSyncExecution": ("states:DescribeExecution",),
    "states:StartExecution": ("events:PutTargets", "events:PutRule", "events:DescribeRule"),
    "redshift-data:ExecuteStatement": ("redshift:GetClusterCredentials", "redshift-serverless:GetCredentials",
                                       "secretsmanager:GetSecretValue"),
    "rds-data:ExecuteStatement": ("secretsmanager:GetSecretValue",),
    "bedrock:InvokeModel": ("aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions"),
    "ssm:GetParametersByPath": ("ssm:GetParameter", "ssm:GetParameters"),
    "sqs:ReceiveMessage": ("sqs:GetQueueAttributes",),
}  # fmt: skip
TRACED = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")


def is_platform(action: str) -> bool:
    """The runtime, an agent or the network needs it, whatever the code does."""
    return action in _PLATFORM


def is_required(action: str, function: LambdaFunction) -> bool:
    """A trigger or a destination of the function needs it."""
    if is_platform(action):
        return True
    if function.has_dead_letter and action in _DEAD_LETTER:
        return True
    if any(source.has_failure_destination for source in function.sources) and action in _DEAD_LETTER:
        return True
    return any(action in _TRIGGERS.get(trigger, ()) for trigger in function.triggers)


def is_excused(action: str, function: LambdaFunction, usage: Usage, needs: tuple[Need, ...]) -> bool:
    """It is not called, but something that is called asks for it."""
    if is_required(action, function):
        return True
    used = {need.action for need in needs}
    if action in _KEYS:
        prefixes = {name.partition(":")[0] for name in used} | usage.open_prefixes
        has_triggers = bool(
            {Trigger.SQS, Trigger.KINESIS, Trigger.DYNAMODB, Trigger.S3} & {*function.triggers}
        )
        return bool(prefixes & _ENCRYPTING) or has_triggers or bool(function.environment)
    for pattern, companions in _COMPANIONS.items():
        if action in companions and any(matches_action(pattern, name) for name in used):
            return True
    return False


def is_traced(usage: Usage) -> bool:
    """A tracer is imported: it sends segments under the function's role."""
    return any(
        package == name or package.startswith(name + ".")
        for package in usage.packages
        for name in ("aws_xray_sdk", "aws_lambda_powertools.tracing", "aws_lambda_powertools.Tracer")
    )
