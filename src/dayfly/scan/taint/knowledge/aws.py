"""What boto3's clients and resources are asked to do with the event's values, and whose words their answers are.

Operations and parameters as in boto3's service models; the client of a service has the type `boto3.client.SERVICE`.
"""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    CLEAN,
    FIRST,
    RECEIVER,
    Argument,
    Call,
    Condition,
    Kind,
    Part,
    Result,
    Sink,
    Tables,
    Test,
)

# Those of which something is said below; the others are plain `boto3.client`.
_SERVICES = (
    "athena",
    "bedrock-runtime",
    "cloudtrail",
    "cognito-idp",
    "config",
    "dynamodb",
    "ecs",
    "kms",
    "lambda",
    "logs",
    "neptunedata",
    "rds-data",
    "redshift-data",
    "s3",
    "sdb",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
    "sts",
    "timestream-query",
)
_SERVICE_NAME = Argument(0, "service_name")


def _every(*operations: str) -> tuple[str, ...]:
    """Operations whose names say enough, on whatever client."""
    return tuple(f"{owner}.{operation}" for operation in operations for owner in ("*", "boto3.client"))


def _keyword(name: str, element: str | int | None = None) -> Argument:
    return Argument(None, name, element=element)


_SINKS = (
    # SQL, in whatever service. `Parameters` and `ExecutionParameters` are values and stay values.
    Sink(
        "event.sql",
        ("boto3.client.dynamodb.execute_statement", "boto3.resource.dynamodb.meta.client.execute_statement"),
        (_keyword("Statement"),),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        _every("execute_statement"),
        (_keyword("Statement"), _keyword("sql"), _keyword("Sql")),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        _every("batch_execute_statement"),
        (_keyword("sql"), _keyword("Sqls", "*")),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        ("boto3.client.dynamodb.batch_execute_statement",),
        (_keyword("Statements"),),
        part=Part.TEXT,
    ),
    Sink("event.sql", _every("start_query_execution"), (_keyword("QueryString"),), part=Part.TEXT),
    Sink("event.sql", ("boto3.client.timestream-query.query",), (_keyword("QueryString"),), part=Part.TEXT),
    Sink(
        "event.sql",
        _every("select_object_content", "select_resource_config"),
        (_keyword("Expression"),),
        part=Part.TEXT,
    ),
    Sink("event.sql", ("boto3.client.sdb.select",), (_keyword("SelectExpression"),), part=Part.TEXT),
    Sink(
        "event.sql", ("boto3.client.cloudtrail.start_query",), (_keyword("QueryStatement"),), part=Part.TEXT
    ),
    # DynamoDB's expressions are texts; values belong into ExpressionAttributeValues.
    Sink(
        "event.nosql",
        tuple(
            f"{owner}.{method}"
            for owner in ("boto3.client.dynamodb", "boto3.Table", "*")
            for method in ("query", "scan", "update_item", "put_item", "delete_item", "get_item")
        ),
        tuple(
            _keyword(name)
            for name in (
                "FilterExpression",
                "KeyConditionExpression",
                "ConditionExpression",
                "UpdateExpression",
                "ProjectionExpression",
            )
        ),
        part=Part.TEXT,
    ),
    # The older form, in which operators are data.
    Sink(
        "event.nosql",
        tuple(
            f"{owner}.{method}"
            for owner in ("boto3.client.dynamodb", "boto3.Table")
            for method in ("query", "scan")
        ),
        (_keyword("ScanFilter"), _keyword("QueryFilter"), _keyword("KeyConditions")),
        part=Part.STRUCTURE,
    ),
    Sink("event.nosql", ("boto3.client.logs.start_query",), (_keyword("queryString"),), part=Part.TEXT),
    Sink(
        "event.nosql",
        _every("execute_open_cypher_query"),
        (_keyword("openCypherQuery"),),
        part=Part.TEXT,
    ),
    Sink("event.nosql", _every("execute_gremlin_query"), (_keyword("gremlinQuery"),), part=Part.TEXT),
    # Commands of a shell, on other machines.
    Sink(
        "event.command",
        _every("send_command"),
        (_keyword("Parameters", "commands"),),
    ),
    Sink("event.command", _every("execute_command"), (_keyword("command"),)),
    # Which function runs.
    Sink(
        "event.request",
        ("boto3.client.lambda.invoke", "boto3.client.lambda.invoke_async"),
        (_keyword("FunctionName"),),
        message="the caller chooses which function is invoked ({source})",
        fix="Select the function's name from a dict in your code.",
    ),
    # On this machine: S3's keys are names and no paths, but the file a download goes to is one.
    Sink("event.path", _every("download_file"), (Argument(2, "Filename"),), part=Part.PATH),
    Sink("event.path", ("boto3.client.s3.upload_file",), (Argument(0, "Filename"),), part=Part.PATH),
    Sink(
        "event.path",
        ("boto3.Bucket.upload_file", "boto3.S3Object.upload_file"),
        (Argument(0, "Filename"),),
        part=Part.PATH,
    ),
    Sink("event.path", ("boto3.Bucket.download_file",), (Argument(1, "Filename"),), part=Part.PATH),
    Sink("event.path", ("boto3.S3Object.download_file",), (Argument(0, "Filename"),), part=Part.PATH),
)

_CLIENT_CALLS = ("boto3.client", "boto3.Session.client")
_RESOURCE_CALLS = ("boto3.resource", "boto3.Session.resource")

_CALLS = (
    *(
        Call(
            _CLIENT_CALLS,
            Result(type=f"boto3.client.{service}", taint_from=()),
            (Condition(_SERVICE_NAME, Test.EQUALS, (service,), if_unknown=False),),
        )
        for service in _SERVICES
    ),
    Call(_CLIENT_CALLS, Result(type="boto3.client", taint_from=())),
    *(
        Call(
            _RESOURCE_CALLS,
            Result(type=f"boto3.resource.{service}", taint_from=()),
            (Condition(_SERVICE_NAME, Test.EQUALS, (service,), if_unknown=False),),
        )
        for service in ("dynamodb", "s3", "sqs", "sns")
    ),
    Call(_RESOURCE_CALLS, Result(type="boto3.resource", taint_from=())),
    Call(("boto3.Session",), Result(type="boto3.Session", taint_from=())),
    Call(("boto3.resource.dynamodb.Table",), Result(type="boto3.Table", taint_from=())),
    Call(("boto3.resource.s3.Bucket",), Result(type="boto3.Bucket", taint_from=())),
    # What is stored under a caller's key is as much the caller's as the key: uploads are what S3 events are about.
    Call(("boto3.resource.s3.Object", "boto3.Bucket.Object"), Result(type="boto3.S3Object")),
    Call(
        ("boto3.S3Object.get",),
        Result(type="dict", element_type="boto3.StreamingBody", taint_from=(RECEIVER,)),
    ),
    # What is stored is not the word of whoever asks for a part of it.
    Call(("*.paginate",), Result(taint_from=())),
    Call(
        ("boto3.client.s3.get_object",),
        Result(type="dict", element_type="boto3.StreamingBody", taint_from=(_keyword("Key"),)),
    ),
    Call(
        ("boto3.StreamingBody.read", "boto3.StreamingBody.iter_lines"),
        Result(type="bytes", taint_from=(RECEIVER,)),
    ),
    Call(
        tuple(
            f"boto3.client.s3.{method}"
            for method in (
                "put_object",
                "delete_object",
                "head_object",
                "copy_object",
                "list_objects_v2",
                "list_objects",
                "generate_presigned_url",
                "generate_presigned_post",
                "upload_file",
                "upload_fileobj",
                "download_file",
            )
        ),
        CLEAN,
    ),
    # Items, identities, keys and secrets are what this account has stored; what was asked with does not show in them.
    Call(
        tuple(
            f"{owner}.{method}"
            for owner in ("boto3.client.dynamodb", "boto3.Table")
            for method in (
                "get_item",
                "query",
                "scan",
                "put_item",
                "update_item",
                "delete_item",
                "batch_get_item",
                "batch_write_item",
                "transact_get_items",
                "transact_write_items",
                "execute_statement",
                "describe_table",
            )
        ),
        CLEAN,
    ),
    Call(
        (
            "boto3.client.ssm.get_parameter",
            "boto3.client.ssm.get_parameters",
            "boto3.client.ssm.send_command",
            "boto3.client.secretsmanager.get_secret_value",
            "boto3.client.sts.assume_role",
            "boto3.client.sts.get_caller_identity",
            "boto3.client.cognito-idp.get_user",
            "boto3.client.cognito-idp.admin_get_user",
            "boto3.client.cognito-idp.initiate_auth",
            "boto3.client.athena.start_query_execution",
            "boto3.client.athena.get_query_results",
            "boto3.client.rds-data.execute_statement",
            "boto3.client.redshift-data.execute_statement",
            "boto3.client.sqs.send_message",
            "boto3.client.sns.publish",
            "boto3.client.ses.send_email",
            "boto3.client.kms.encrypt",
            "boto3.client.logs.start_query",
        ),
        CLEAN,
    ),
    # Conditions as objects carry their values beside the expression.
    # https://boto3.amazonaws.com/v1/documentation/api/latest/reference/customizations/dynamodb.html
    Call(
        ("boto3.dynamodb.conditions.Key", "boto3.dynamodb.conditions.Attr"),
        Result(type="boto3.dynamodb.Condition", taint_from=()),
    ),
    Call(
        tuple(
            f"boto3.dynamodb.Condition.{method}"
            for method in (
                "eq",
                "ne",
                "lt",
                "lte",
                "gt",
                "gte",
                "between",
                "begins_with",
                "contains",
                "exists",
                "not_exists",
                "is_in",
                "size",
                "attribute_type",
                "__and__",
                "__or__",
                "__invert__",
            )
        ),
        Result(type="boto3.dynamodb.Condition", taint_from=()),
    ),
    Call(
        ("boto3.dynamodb.types.TypeDeserializer", "boto3.dynamodb.types.TypeSerializer"),
        Result(type="boto3.dynamodb.types.Serializer", taint_from=()),
    ),
    Call(
        ("boto3.dynamodb.types.Serializer.deserialize", "boto3.dynamodb.types.Serializer.serialize"),
        Result(taint_from=(FIRST,), parses=True),
    ),
)

TABLES = Tables(
    sinks=_SINKS,
    calls=_CALLS,
    kinds=(
        *(Kind(f"boto3.client.{service}", ("boto3.client",)) for service in _SERVICES),
        Kind("boto3.client"),
        Kind("boto3.StreamingBody", ("file",)),
    ),
    aliases=(("boto3.session.Session", "boto3.Session"),),
)
