"""Calls that several commands have in common, each with its reason."""

from __future__ import annotations

from dataclasses import replace

from dayfly.attach.iam.model import Call, Denied, On, Only

_READ, _LIST, _CHANGE, _KEYS, _LOGS = (
    "ReadFunctions",
    "ListFunctions",
    "ChangeConfiguration",
    "VariablesUnderOwnKeys",
    "ReadLogs",
)


def _reads(operation: str, why: str) -> Call:
    return Call(f"lambda:{operation}", On.FUNCTION, why, _READ)


LIST_ALL = Call("lambda:ListFunctions", On.ANY, "list functions", _LIST, option="--all")
GET = _reads(
    "GetFunction", "read the function; the answer also contains a link to its code, valid for ten minutes"
)
# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html: no tags without it, and no error either.
TAGS = replace(
    _reads(
        "ListTags",
        "read tags, to find the tool that manages the function (without this permission, GetFunction omits them)",
    ),
    is_silent=True,
)
GET_CONFIGURATION = _reads(
    "GetFunctionConfiguration", "read the current revision, and check whether an update has finished"
)
# moto's updates are done when they are answered.
WAIT = replace(_reads("GetFunctionConfiguration", "check whether the update has finished"), is_seldom=True)
SHAPE = (
    _reads("ListAliases", "find the versions that aliases serve"),
    _reads("ListVersionsByFunction", "list published versions and their layers"),
    _reads("ListProvisionedConcurrencyConfigs", "find provisioned environments"),
)
INVOKERS = (
    _reads("GetPolicy", "find the services that invoke the function, to choose the lock of the Runtime API"),
    _reads("GetFunctionUrlConfig", "find out whether it has a URL, for the same choice"),
    Call(
        "lambda:ListEventSourceMappings",
        On.ANY,
        "find its event sources, for the same choice",
        "ReadEventSources",
    ),
)
SIGNING = (
    _reads("GetFunctionCodeSigningConfig", "find the code signing configuration"),
    Call("lambda:GetCodeSigningConfig", On.SIGNING, "check whether it rejects unsigned layers", "ReadCodeSigning", is_seldom=True),
)  # fmt: skip
GET_LAYER = Call(
    # https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
    "lambda:GetLayerVersion", On.LAYER_VERSION, "required by Lambda for every layer in an update", "ReadLayers",
    is_silent=True,
)  # fmt: skip
FIND_LAYER = Call(
    "lambda:GetLayerVersion", On.LAYER_VERSION, "find the Dayfly version of a layer", "ReadLayers"
)
UPDATE_LAYERS = Call(
    "lambda:UpdateFunctionConfiguration", On.FUNCTION, "change layers and variables in one update", _CHANGE,
    Only.WITH_THESE_LAYERS,
)  # fmt: skip
UPDATE_VARIABLES = Call(
    "lambda:UpdateFunctionConfiguration", On.FUNCTION, "change variables; requests with layers are not allowed", _CHANGE,
    Only.WITHOUT_LAYERS,
)  # fmt: skip
POLICY_LAYER = (
    Call("lambda:ListLayerVersions", On.ANY, "check whether this policy is already published", "ListLayers"),
    Call("lambda:PublishLayerVersion", On.LAYER, "publish the layer with the policy", "PublishLayer"),
    Call(
        "lambda:GetLayerVersion",
        On.LAYER_VERSION,
        "read the active policy, and verify a published version",
        "ReadLayers",
    ),
)
PUBLISH_LAYER = (
    Call("lambda:ListLayerVersions", On.ANY, "check whether this zip is already published", "ListLayers", unless="--layer"),
    Call("lambda:PublishLayerVersion", On.LAYER, "publish the layer if necessary", "PublishLayer", unless="--layer"),
    Call("lambda:GetLayerVersion", On.LAYER_VERSION, "verify a published version", "ReadLayers"),
)  # fmt: skip
INVOKE = Call("lambda:InvokeFunction", On.FUNCTION, "invoke the function once, to check that Dayfly is active", "Invoke", option="--verify")  # fmt: skip
PROVISIONED = tuple(
    Call(
        f"lambda:{operation}ProvisionedConcurrencyConfig", On.QUALIFIED, why, "Provisioned", unless="--only-latest",
        is_seldom=True,
    )
    for operation, why in (
        ("Get", "check whether environments are ready"),
        ("Put", "create new ones for the new version"),
        ("Delete", "remove those of the previous version"),
    )
)  # fmt: skip
METRICS = (
    Call("cloudwatch:DescribeAlarms", On.ALARM, "read the alarm's state", "ReadAlarms", option="--alarm"),
    Call(
        "cloudwatch:GetMetricData",
        On.ANY,
        "read the error rate",
        "ReadMetrics",
        option="--max-error-rate",
    ),
    Call(
        "cloudwatch:GetMetricData",
        On.ANY,
        "read the number of concurrent environments",
        "ReadMetrics",
        option="--cold-starts-per-minute",
    ),
)
PROOF = (
    Call("logs:FilterLogEvents", On.LOG_GROUP, "read the proof", _LOGS, unless="--fleet"),
    Call(
        "logs:DescribeLogStreams",
        On.LOG_GROUP,
        "find the start time of each environment",
        _LOGS,
        unless="--fleet",
    ),
)
LOG_LINES = Call("logs:FilterLogEvents", On.LOG_GROUP, "read Dayfly's log records", _LOGS, option="--logs")  # fmt: skip
REVOKE_SESSIONS = (
    Call("lambda:ListFunctions", On.ANY, "find other functions with this role", _LIST, option="--revoke-sessions"),
    Call("iam:GetRole", On.ROLE, "find who else can assume the role", "ReadRoles", option="--revoke-sessions"),
    Call("iam:GetRolePolicy", On.ROLE, "check whether sessions are already revoked", "ReadRoles", option="--revoke-sessions"),
    *(
        Call(f"iam:{operation}RolePolicy", On.ROLE, why, "RevokeSessions", Only.WITHIN_BOUNDARY, option="--revoke-sessions")
        for operation, why in (("Put", "deny everything to older sessions"), ("Delete", "--unrevoke"))
    ),
)  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
DECRYPT, *_ENCRYPT = (
    Call(f"kms:{operation}", On.KEY, why, _KEYS, Only.THROUGH_LAMBDA, option="--kms-key", is_silent=True)
    for operation, why in (
        ("Decrypt", "read variables that are encrypted with your key"),
        ("Encrypt", "write them back"),
        ("CreateGrant", "let Lambda use the key for them"),
    )
)
ENCRYPT = tuple(_ENCRYPT)


def aliases(option: str = "", *, unless: str = "") -> tuple[Call, ...]:
    """What moves an alias to a new version."""
    return tuple(
        Call(f"lambda:{operation}", On.FUNCTION, why, "PublishAndShift", option=option, unless=unless)
        for operation, why in (
            ("GetAlias", "find the version that the alias serves"),
            ("PublishVersion", "publish a version"),
            ("UpdateAlias", "move the alias to it"),
        )
    )


def read_groups(why: str) -> tuple[Call, ...]:
    """What reads lines out of log groups, named or all."""
    return (
        Call("logs:DescribeLogGroups", On.ANY, why, "ListLogGroups"),
        Call(
            "logs:FilterLogEvents",
            On.LOG_GROUP,
            "read the log records of Lambda and Dayfly, not those of the function",
            _LOGS,
        ),
    )


NO_CODE = Denied(
    "NeverCodeOrRole",
    (
        "iam:PassRole",
        "lambda:AddPermission",
        "lambda:CreateFunction",
        "lambda:CreateFunctionUrlConfig",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionCodeSigningConfig",
        "lambda:PublishLayerVersion",
        "lambda:PutFunctionCodeSigningConfig",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionUrlConfig",
    ),
    "recycling must not change code, roles or permissions to invoke",
)
NO_LAYERS = Denied(
    "NeverLayers",
    ("lambda:UpdateFunctionConfiguration",),
    "recycling must not change layers",
    is_layers=True,
)

_DOCTOR = "--lambda"
# The commands of docs/doctor.md, which people type: Dayfly itself calls none of it.
DOCTOR = (
    *(
        Call(f"lambda:{operation}", On.FUNCTION, why, "OneFunction", option=_DOCTOR, is_silent=True)
        for operation, why in (
            ("CreateFunction", "aws lambda create-function"),
            ("GetFunction", "aws lambda wait"),
            ("InvokeFunction", "aws lambda invoke"),
            ("DeleteFunction", "aws lambda delete-function"),
        )
    ),
    Call(
        "iam:PassRole",
        On.ROLE,
        "the function's role",
        "PassRole",
        Only.PASSED_TO_LAMBDA,
        option=_DOCTOR,
        is_silent=True,
    ),
)

MAX_AGE_TAG = "dayfly:max-age"
# deploy/max-age: its function looks for tags and has no options.
MAX_AGE = (
    Call("tag:GetResources", On.ANY, "find the functions with the tag", "FindFunctions", is_silent=True),
    Call("cloudwatch:GetMetricData", On.ANY, "read the number of concurrent environments", "FindFunctions"),
    Call("cloudwatch:DescribeAlarms", On.ALARM, "read the alarm's state", "ReadAlarms"),
)
