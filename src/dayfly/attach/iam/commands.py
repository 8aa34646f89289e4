"""THE table: every command that speaks to AWS, and every action it needs there.

Whoever changes what a command calls changes this; tests/attach/iam runs the commands under exactly these policies and fails
for a call that is not here, and for an entry that nothing calls.

Actions, resources and condition keys are those of AWS's service authorization reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

from dayfly.attach.iam.model import Call, Command, Denied, On, Only

REVOKE = "--revoke-sessions"
ALARMS = "--alarm"
VERSIONS = "--versions"
ALL = "--all"
TAGS = "--tag"

_READ, _LIST, _CHANGE, _LAYERS, _VERSIONS, _KEYS, _LOGS = (
    "ReadFunctions",
    "ListFunctions",
    "ChangeConfiguration",
    "ReadLayers",
    "PublishAndShift",
    "VariablesUnderOwnKeys",
    "ReadLogs",
)


def _on_function(action: str, why: str, part: str = _READ, **more: str) -> Call:
    return Call(f"lambda:{action}", On.FUNCTION, why, part, option=more.get("option", ""))


_GET = _on_function("GetFunction", "what the function is; the answer also links to its code for ten minutes")
_TAGS = Call(
    # https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html: no tags without it, and no error either.
    "lambda:ListTags",
    On.FUNCTION,
    "which tool manages it; GetFunction leaves tags out without this",
    _READ,
    is_silent=True,
)
_CONFIGURATION = _on_function(
    "GetFunctionConfiguration", "the newest revision, and whether an update is done"
)
_SHAPE = (
    _on_function("ListAliases", "which versions aliases serve"),
    _on_function("ListVersionsByFunction", "which versions are published, and with which layers"),
    _on_function("ListProvisionedConcurrencyConfigs", "which environments are kept ready"),
)
_SIGNING = _on_function("GetFunctionCodeSigningConfig", "whether only signed layers are taken")
_LIST_ALL = Call("lambda:ListFunctions", On.ANY, "which functions there are: for --all and --tag", _LIST)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
_DECRYPT = Call(
    "kms:Decrypt", On.KEY, "to see variables that are encrypted with a key of yours", _KEYS,
    Only.THROUGH_LAMBDA, is_silent=True,
)  # fmt: skip
_ENCRYPT = (
    Call("kms:Encrypt", On.KEY, "to write them back", _KEYS, Only.THROUGH_LAMBDA, is_silent=True),
    Call("kms:CreateGrant", On.KEY, "so that Lambda may use the key for them", _KEYS, Only.THROUGH_LAMBDA, is_silent=True),
)  # fmt: skip
_UPDATE_LAYERS = Call(
    "lambda:UpdateFunctionConfiguration", On.FUNCTION, "layers and variables, in one update", _CHANGE,
    Only.WITH_THESE_LAYERS,
)  # fmt: skip
_UPDATE_VARIABLES = Call(
    "lambda:UpdateFunctionConfiguration", On.FUNCTION, "variables; requests that name layers are not allowed", _CHANGE,
    Only.WITHOUT_LAYERS,
)  # fmt: skip
_GET_LAYER = Call(
    "lambda:GetLayerVersion", On.LAYER_VERSION, "the layer that is put on; Lambda asks for it, too", _LAYERS
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
# What follows for every role that may update a configuration, and that no condition key can change.
UPDATE_NOTE = (
    "lambda:UpdateFunctionConfiguration cannot be narrowed to single fields: no condition key exists for the handler, the runtime, "
    "variables, the timeout or file systems. Whoever holds this role can change those; iam:PassRole, without which the role of a "
    "function stays as it is, is not given"
)
LAYERS_NOTE = (
    "lambda:Layer keeps layers from being named in an update. Whether a request that names an empty list, which takes all layers "
    "off, counts as naming them is not documented: take it that it does not, and watch for it in CloudTrail"
)

_RECYCLE = (
    _GET,
    _TAGS,
    _CONFIGURATION,
    *_SHAPE,
    _UPDATE_VARIABLES,
    _DECRYPT,
    *_ENCRYPT,
    Call("logs:FilterLogEvents", On.LOG_GROUP, "the proof, where no fleet collects", _LOGS),
    Call("logs:DescribeLogStreams", On.LOG_GROUP, "when each environment began", _LOGS),
)

COMMANDS: dict[str, Command] = {
    one.name: one
    for one in (
        Command(
            "recycle",
            "replaces every environment of a function, and proves it",
            _RECYCLE,
            (NO_CODE, NO_LAYERS),
            (UPDATE_NOTE, LAYERS_NOTE),
        ),
        Command(
            "fleet pull",
            "fetches what functions have logged",
            (
                Call("logs:DescribeLogGroups", On.ANY, "which log groups there are, and whose account it is", "ListLogGroups"),
                Call("logs:FilterLogEvents", On.LOG_GROUP, "Lambda's and Dayfly's own lines", _LOGS),
            ),
        ),
        Command(
            "lifetimes",
            "measures how long environments live",
            (
                Call("logs:DescribeLogGroups", On.ANY, "which log groups there are: for --all", "ListLogGroups"),
                Call("logs:FilterLogEvents", On.LOG_GROUP, "Lambda's own lines, none of the function's", _LOGS),
            ),
        ),
    )
}  # fmt: skip
