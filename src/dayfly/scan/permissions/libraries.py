"""Packages that call AWS for the function: what is known of them, and that something is used where nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.permissions.values import FROM_RUN_TIME, Made, Mapping, Sequence, Text, constants

if TYPE_CHECKING:
    from dayfly.scan.permissions.containers import Arguments
    from dayfly.scan.permissions.values import Values

# Packages whose calls are not followed, and the services they may call ("*": any).
UNFOLLOWED: dict[str, tuple[str, ...]] = {
    "awswrangler": ("s3", "glue", "athena", "dynamodb", "redshift", "redshift-data", "sts", "secretsmanager"),
    "s3fs": ("s3",),
    "smart_open": ("s3",),
    "fsspec": ("s3",),
    "s3path": ("s3",),
    "cloudpathlib": ("s3",),
    "pynamodb": ("dynamodb",),
    "dyntastic": ("dynamodb",),
    "boto3_dynamodb_session": ("dynamodb",),
    "pyathena": ("athena", "glue", "s3"),
    "aws_encryption_sdk": ("kms",),
    "dynamodb_encryption_sdk": ("kms", "dynamodb"),
    "s3_encryption_client": ("kms", "s3"),
    "requests_aws4auth": ("*",),
    "aws_requests_auth": ("*",),
    "requests_auth_aws_sigv4": ("*",),
    "boto": ("*",),
    "celery": ("sqs",),
    "kombu": ("sqs",),
    "watchtower": ("logs",),
    "langchain_aws": ("bedrock", "kendra", "sagemaker"),
    "litellm": ("bedrock", "sagemaker"),
    "anthropic": ("bedrock",),
    "sagemaker": ("sagemaker", "s3", "iam"),
    "kinesis": ("kinesis",),
    "opensearchpy": ("es", "aoss"),
    "elasticsearch": ("es",),
    "aws_msk_iam_sasl_signer": ("kafka-cluster",),
    "awslambda_psycopg2": (),
    "redshift_connector": ("redshift", "redshift-serverless"),
    "storages": ("s3",),
    "flywheel": ("dynamodb",),
    "chalice": (),
    "zappa": ("*",),
    "pandas": (),
    "stepfunctions": ("states", "iam"),
    "amazondax": ("dax",),
    "aws_cdk": (),
    "strands": ("bedrock",),
    "bedrock_agentcore": ("bedrock-agentcore",),
}
# Signs that requests are signed by hand: any service may be meant.
SIGNERS = ("botocore.auth", "botocore.signers", "botocore.awsrequest")
TRACING = ("aws_xray_sdk", "aws_lambda_powertools.tracing", "ddtrace", "opentelemetry")


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that a package makes of a call to it."""

    service: str
    operation: str
    given: dict[str, Values]


_PARAMETERS = "aws_lambda_powertools.utilities.parameters"
_SECRET_OPERATIONS = {"get": "GetSecretValue", "set": "PutSecretValue"}
_IDEMPOTENCY = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
_APPCONFIG = ("StartConfigurationSession", "GetLatestConfiguration")


def follow(name: str, arguments: Arguments) -> list[Call]:
    """What calling the foreign `name` calls of AWS."""
    if not name.startswith("aws_lambda_powertools."):
        return []
    short = name.rpartition(".")[2]
    if name.startswith(_PARAMETERS):
        match short:
            case "get_parameter":
                return _ssm("GetParameter", {"Name": arguments.value(0, "name")})
            case "get_parameters":
                return _ssm("GetParametersByPath", {"Path": arguments.value(0, "path")})
            case "get_parameters_by_name":
                return _ssm("GetParameters", {"Names": _names(arguments.value(0, "parameters"))})
            case "set_parameter":
                return _ssm("PutParameter", {"Name": arguments.value(0, "name")})
            case "get_secret":
                return [Call("secretsmanager", "GetSecretValue", {"SecretId": arguments.value(0, "name")})]
            case "set_secret":
                secret = {"SecretId": arguments.value(0, "name")}
                created = Call("secretsmanager", "CreateSecret", {"Name": secret["SecretId"]})
                return [Call("secretsmanager", "PutSecretValue", secret), created]
            case "get_app_config":
                return [Call("appconfigdata", one, {}) for one in _APPCONFIG]
            case _:
                return []
    if short in ("DynamoDBPersistenceLayer",) and "idempotency" in name:
        table = {"TableName": arguments.value(0, "table_name")}
        return [Call("dynamodb", one, table) for one in _IDEMPOTENCY]
    if short == "AppConfigStore" and "feature_flags" in name:
        return [Call("appconfigdata", one, {}) for one in _APPCONFIG]
    if short == "S3Object" and "streaming" in name:
        given = {"Bucket": arguments.value(0, "bucket"), "Key": arguments.value(1, "key")}
        return [Call("s3", "GetObject", given), Call("s3", "HeadObject", given)]
    if short == "AWSEncryptionSDKProvider":
        keys = {"KeyId": _elements(arguments.value(0, "keys"))}
        return [Call("kms", "GenerateDataKey", keys), Call("kms", "Decrypt", keys)]
    if short in ("PartialSQSProcessor", "sqs_batch_processor"):
        return [Call("sqs", "DeleteMessageBatch", {})]
    return []


_STARTERS = frozenset(
    {"subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
     "os.system", "os.popen", "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"}
)  # fmt: skip


def shelled(name: str, arguments: Arguments) -> list[str]:
    """The service that a started `aws` command line is about, "" where that is not known."""
    if name not in _STARTERS:
        return []
    words: list[str] = []
    for value in arguments.value(0, "args"):
        if isinstance(value, Sequence):
            words = [next(iter(constants(item)), "") for item in value.items]
        elif isinstance(value, Text) and value.parts and isinstance(value.parts[0], str):
            words = value.parts[0].split()
    if len(words) == 1 and len(arguments.positional) > 1:
        words = [*words, *constants(arguments.positional[1])]
    if not words or words[0].rpartition("/")[2] != "aws":
        return []
    service = words[1] if len(words) > 1 and not words[1].startswith("-") else ""
    return ["s3" if service in ("s3", "s3api") else service]


def follow_method(owner: Made, method: str, arguments: Arguments) -> list[Call]:
    """What a method of an object of a foreign package calls of AWS."""
    short = owner.name.rpartition(".")[2]
    if not owner.name.startswith("aws_lambda_powertools."):
        if owner.name.startswith("aws_secretsmanager_caching") and method.startswith("get_secret"):
            secret = {"SecretId": arguments.value(0, "secret_id")}
            return [Call("secretsmanager", one, secret) for one in ("GetSecretValue", "DescribeSecret")]
        return []
    given = dict(owner.given)
    match short, method:
        case "SSMProvider", "get":
            return _ssm("GetParameter", {"Name": arguments.value(0, "name")})
        case "SSMProvider", "get_multiple":
            return _ssm("GetParametersByPath", {"Path": arguments.value(0, "path")})
        case "SSMProvider", "get_parameters_by_name":
            return _ssm("GetParameters", {"Names": _names(arguments.value(0, "parameters"))})
        case "SSMProvider", "set":
            return _ssm("PutParameter", {"Name": arguments.value(0, "name")})
        case "SecretsProvider", ("get" | "set"):
            operation = _SECRET_OPERATIONS[method]
            return [Call("secretsmanager", operation, {"SecretId": arguments.value(0, "name")})]
        case "AppConfigProvider", "get":
            return [Call("appconfigdata", one, {}) for one in _APPCONFIG]
        case "DynamoDBProvider", ("get" | "get_multiple"):
            table = given.get("table_name", given.get("0", FROM_RUN_TIME))
            operation = "GetItem" if method == "get" else "Query"
            return [Call("dynamodb", operation, {"TableName": table})]
        case _:
            return []


def _ssm(operation: str, given: dict[str, Values]) -> list[Call]:
    return [Call("ssm", operation, given)]


def _names(values: Values) -> Values:
    """The keys of a dictionary as a list."""
    names = {
        Sequence(tuple(frozenset({Text((key,))}) for key, _ in one.items), frozenset())
        for one in values
        if isinstance(one, Mapping)
    }
    return frozenset(names) or FROM_RUN_TIME


def _elements(values: Values) -> Values:
    found = {
        x
        for one in values
        if isinstance(one, Sequence)
        for x in (*one.rest, *(y for v in one.items for y in v))
    }
    return frozenset(found) or FROM_RUN_TIME
