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


LIST_ALL = Call("lambda:ListFunctions", On.ANY, "which functions there are", _LIST, option="--all")
GET = _reads("GetFunction", "what the function is; the answer also links to its code for ten minutes")
# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html: no tags without it, and no error either.
TAGS = replace(
    _reads("ListTags", "which tool manages it; GetFunction leaves tags out without this"), is_silent=True
)
GET_CONFIGURATION = _reads("GetFunctionConfiguration", "the newest revision, and whether an update is done")
# moto's updates are done when they are answered.
WAIT = replace(_reads("GetFunctionConfiguration", "whether the update is done"), is_seldom=True)
SHAPE = (
    _reads("ListAliases", "which versions aliases serve"),
    _reads("ListVersionsByFunction", "which versions are published, and with which layers"),
    _reads("ListProvisionedConcurrencyConfigs", "which environments are kept ready"),
)
SIGNING = (
    _reads("GetFunctionCodeSigningConfig", "whether it has a code signing configuration"),
    Call("lambda:GetCodeSigningConfig", On.SIGNING, "whether that refuses unsigned layers", "ReadCodeSigning", is_seldom=True),
)  # fmt: skip
GET_LAYER = Call(
    # https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
    "lambda:GetLayerVersion", On.LAYER_VERSION, "Lambda asks for it on every layer that an update names", "ReadLayers",
    is_silent=True,
)  # fmt: skip
FIND_LAYER = Call(
    "lambda:GetLayerVersion", On.LAYER_VERSION, "which version of Dayfly a layer has", "ReadLayers"
)
UPDATE_LAYERS = Call(
    "lambda:UpdateFunctionConfiguration", On.FUNCTION, "layers and variables, in one update", _CHANGE,
    Only.WITH_THESE_LAYERS,
)  # fmt: skip
UPDATE_VARIABLES = Call(
    "lambda:UpdateFunctionConfiguration", On.FUNCTION, "variables; requests that name layers are not allowed", _CHANGE,
    Only.WITHOUT_LAYERS,
)  # fmt: skip
POLICY_LAYER = (
    Call("lambda:ListLayerVersions", On.ANY, "whether this policy is published already", "ListLayers"),
    Call("lambda:PublishLayerVersion", On.LAYER, "the layer with the policy", "PublishLayer"),
    Call(
        "lambda:GetLayerVersion",
        On.LAYER_VERSION,
        "the policy in force, and what a published version holds",
        "ReadLayers",
    ),
)
PUBLISH_LAYER = (
    Call("lambda:ListLayerVersions", On.ANY, "whether this very zip is published already", "ListLayers", unless="--layer"),
    Call("lambda:PublishLayerVersion", On.LAYER, "the layer, where it is not there yet", "PublishLayer", unless="--layer"),
    Call("lambda:GetLayerVersion", On.LAYER_VERSION, "what a published version holds", "ReadLayers"),
)  # fmt: skip
INVOKE = Call("lambda:InvokeFunction", On.FUNCTION, "one invocation, to see it in force", "Invoke", option="--verify")  # fmt: skip
PROVISIONED = tuple(
    Call(
        f"lambda:{operation}ProvisionedConcurrencyConfig", On.QUALIFIED, why, "Provisioned", unless="--only-latest",
        is_seldom=True,
    )
    for operation, why in (
        ("Get", "whether environments are ready"),
        ("Put", "new ones, for what serves now"),
        ("Delete", "those of a version that serves no more"),
    )
)  # fmt: skip
METRICS = (
    Call("cloudwatch:DescribeAlarms", On.ALARM, "whether an alarm is on", "ReadAlarms", option="--alarm"),
    Call(
        "cloudwatch:GetMetricData",
        On.ANY,
        "how many invocations fail",
        "ReadMetrics",
        option="--max-error-rate",
    ),
    Call(
        "cloudwatch:GetMetricData",
        On.ANY,
        "how many environments work at once",
        "ReadMetrics",
        option="--cold-starts-per-minute",
    ),
)
PROOF = (
    Call("logs:FilterLogEvents", On.LOG_GROUP, "the proof", _LOGS, unless="--fleet"),
    Call("logs:DescribeLogStreams", On.LOG_GROUP, "when each environment began", _LOGS, unless="--fleet"),
)
LOG_LINES = Call("logs:FilterLogEvents", On.LOG_GROUP, "what environments said of themselves", _LOGS, option="--logs")  # fmt: skip
REVOKE_SESSIONS = (
    Call("lambda:ListFunctions", On.ANY, "who else has the role", _LIST, option="--revoke-sessions"),
    Call("iam:GetRole", On.ROLE, "who else may take the role", "ReadRoles", option="--revoke-sessions"),
    Call("iam:GetRolePolicy", On.ROLE, "whether it was revoked already", "ReadRoles", option="--revoke-sessions"),
    *(
        Call(f"iam:{operation}RolePolicy", On.ROLE, why, "RevokeSessions", Only.WITHIN_BOUNDARY, option="--revoke-sessions")
        for operation, why in (("Put", "older sessions may do nothing any more"), ("Delete", "--unrevoke"))
    ),
)  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
DECRYPT, *_ENCRYPT = (
    Call(f"kms:{operation}", On.KEY, why, _KEYS, Only.THROUGH_LAMBDA, option="--kms-key", is_silent=True)
    for operation, why in (
        ("Decrypt", "to see variables that are encrypted with a key of yours"),
        ("Encrypt", "to write them back"),
        ("CreateGrant", "so that Lambda may use the key for them"),
    )
)
ENCRYPT = tuple(_ENCRYPT)


def aliases(option: str = "", *, unless: str = "") -> tuple[Call, ...]:
    """What moves an alias to a new version."""
    return tuple(
        Call(f"lambda:{operation}", On.FUNCTION, why, "PublishAndShift", option=option, unless=unless)
        for operation, why in (
            ("GetAlias", "what the alias serves now"),
            ("PublishVersion", "a version of what is there now"),
            ("UpdateAlias", "has the alias serve it"),
        )
    )


def read_groups(why: str) -> tuple[Call, ...]:
    """What reads lines out of log groups, named or all."""
    return (
        Call("logs:DescribeLogGroups", On.ANY, why, "ListLogGroups"),
        Call(
            "logs:FilterLogEvents",
            On.LOG_GROUP,
            "Lambda's and Dayfly's own lines, none of the function's",
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
    "a recycler replaces environments; it has no business with code, roles or who may call",
)
NO_LAYERS = Denied(
    "NeverLayers",
    ("lambda:UpdateFunctionConfiguration",),
    "an update that names layers is none of a recycler's",
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
        "the role that the function gets",
        "PassRole",
        Only.PASSED_TO_LAMBDA,
        option=_DOCTOR,
        is_silent=True,
    ),
)

MAX_AGE_TAG = "dayfly:max-age"
# deploy/max-age: its function looks for tags and has no options.
MAX_AGE = (
    Call("tag:GetResources", On.ANY, "which functions have the tag", "FindFunctions", is_silent=True),
    Call("cloudwatch:GetMetricData", On.ANY, "how many environments work at once", "FindFunctions"),
    Call("cloudwatch:DescribeAlarms", On.ALARM, "whether an alarm is on", "ReadAlarms"),
)
