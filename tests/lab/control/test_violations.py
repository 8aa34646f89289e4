"""Every bound, pattern and set of values in botocore's model of Lambda is held against the lab, operation by operation.

boto3 itself refuses some of these requests, so they are sent as they are.
"""

from __future__ import annotations

import base64
import copy
import http.client
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from botocore.loaders import Loader
from tests.lab.control.served import serving
from tests.lab.control.zips import zipped

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Any: botocore has no types for its models.
_MODEL: Any = Loader().load_service_model("lambda", "service-2")
_ZIP = base64.b64encode(zipped({"app.py": "def handler(event, context): pass\n"})).decode()
_QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
_PROFILES = {
    "SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abcdefghij"]
}
_F = {"FunctionName": "f"}
_LAYER = {"LayerName": "l", "VersionNumber": 1}
_MAPPING = "MAPPING"
_SIGNING = "SIGNING"
# A request that each operation would take.
_REQUESTS: dict[str, dict[str, Any]] = {
    "CreateFunction": {
        "FunctionName": "n",
        "Runtime": "RUNTIME",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "app.handler",
        "Code": {"ZipFile": _ZIP},
    },
    "GetFunction": _F,
    "UpdateFunctionConfiguration": _F,
    "UpdateFunctionCode": _F | {"ZipFile": _ZIP},
    "ListFunctions": {},
    "PublishVersion": _F,
    "ListVersionsByFunction": _F,
    "CreateAlias": _F | {"Name": "b", "FunctionVersion": "1"},
    "UpdateAlias": _F | {"Name": "a"},
    "GetAlias": _F | {"Name": "a"},
    "ListAliases": _F,
    "AddPermission": _F
    | {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"},
    "RemovePermission": _F | {"StatementId": "s"},
    "GetPolicy": _F,
    "PublishLayerVersion": {"LayerName": "l", "Content": {"ZipFile": _ZIP}},
    "GetLayerVersion": _LAYER,
    "ListLayers": {},
    "ListLayerVersions": {"LayerName": "l"},
    "AddLayerVersionPermission": _LAYER
    | {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"},
    "RemoveLayerVersionPermission": _LAYER | {"StatementId": "s"},
    "CreateEventSourceMapping": _F | {"EventSourceArn": _QUEUE},
    "UpdateEventSourceMapping": {"UUID": _MAPPING},
    "GetEventSourceMapping": {"UUID": _MAPPING},
    "PutFunctionEventInvokeConfig": _F | {"MaximumRetryAttempts": 1},
    "ListFunctionEventInvokeConfigs": _F,
    "CreateFunctionUrlConfig": _F | {"AuthType": "NONE"},
    "ListFunctionUrlConfigs": _F,
    "PutFunctionConcurrency": _F | {"ReservedConcurrentExecutions": 1},
    "PutProvisionedConcurrencyConfig": _F | {"Qualifier": "1", "ProvisionedConcurrentExecutions": 1},
    "ListProvisionedConcurrencyConfigs": _F,
    "CreateCodeSigningConfig": {"AllowedPublishers": _PROFILES},
    "UpdateCodeSigningConfig": {"CodeSigningConfigArn": _SIGNING},
    "PutFunctionCodeSigningConfig": _F | {"CodeSigningConfigArn": _SIGNING},
    "ListCodeSigningConfigs": {},
    "ListFunctionsByCodeSigningConfig": {"CodeSigningConfigArn": _SIGNING},
    "PutRuntimeManagementConfig": _F | {"UpdateRuntimeOn": "Auto"},
    "PutFunctionRecursionConfig": _F | {"RecursiveLoop": "Allow"},
}
# What the lab has no notion of is refused by name, whatever its value is.
_UNKNOWN = {
    "CapacityProviderConfig",
    "DurableConfig",
    "ImageConfig",
    "PublishTo",
    "RuntimeConfig",
    "S3ObjectStorageMode",
    "SchemaRegistryConfig",
}
# Recorded from AWS with another type of error (LocalStack's suite): runtimes, and names that are too long.
_OTHER_TYPE = {"Runtime", "FunctionName"}


@pytest.fixture(scope="module")
def client() -> Iterator[LambdaClient]:
    with serving(update_s=0.0) as client:
        client.publish_layer_version(LayerName="l", Content={"ZipFile": base64.b64decode(_ZIP)})
        client.publish_version(FunctionName="f", Description="v")
        client.create_alias(FunctionName="f", Name="a", FunctionVersion="1")
        yield client


def _violations(shape: str) -> list[object]:
    """Values that a shape excludes, one for each of its constraints."""
    model = _MODEL["shapes"][shape]
    found: list[object] = []
    match model["type"]:
        case "string":
            found += ["NO-SUCH_VALUE"] if "enum" in model else []
            pattern = model.get("pattern")
            found += [text for text in (" ", "a b!", "%%") if pattern and not re.fullmatch(pattern, text)][:1]
            found += ["a" * (model["max"] + 1)] if model.get("max", 10_000) < 3_000 else []
            found += ["a" * (model["min"] - 1)] if model.get("min", 0) > 1 else []
        case "integer" | "long" | "double":
            found += [model[bound] + step for bound, step in (("max", 1), ("min", -1)) if bound in model]
        case "list":
            found += [[value] for value in _violations(model["member"]["shape"])[:1]]
    return found


def _paths(shape: str, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, member in _MODEL["shapes"][shape]["members"].items():
        path = (*prefix, name)
        if _MODEL["shapes"][member["shape"]]["type"] == "structure" and len(path) < 3:
            yield from _paths(member["shape"], path)
        else:
            yield from ((path, value) for value in _violations(member["shape"]))


def _send(host: str, operation: str, given: dict[str, Any]) -> tuple[int, str | None, str]:
    model = _MODEL["operations"][operation]
    members = _MODEL["shapes"][model["input"]["shape"]]["members"]
    path, _, rest = model["http"]["requestUri"].partition("?")
    query = [rest] if rest else []
    body: dict[str, Any] = {}
    for name, value in given.items():
        at, where = members[name].get("locationName", name), members[name].get("location")
        if where == "uri":
            path = path.replace(f"{{{at}}}", quote(str(value), safe=""))
        elif where == "querystring":
            query.append(f"{at}={quote(str(value), safe='')}")
        else:
            body[at] = value
    connection = http.client.HTTPConnection(host, timeout=60)
    method = model["http"]["method"]
    connection.request(
        method, f"{path}?{'&'.join(query)}", json.dumps(body) if method in ("POST", "PUT") else None
    )
    response = connection.getresponse()
    said = response.read().decode()
    connection.close()
    return response.status, response.headers.get("x-amzn-ErrorType"), said


@pytest.mark.parametrize("operation", _REQUESTS)
def test_what_the_model_excludes_is_refused(client: LambdaClient, operation: str) -> None:
    host = client.meta.endpoint_url.removeprefix("http://")
    real: dict[str, str] = {"RUNTIME": client.get_function_configuration(FunctionName="f")["Runtime"]}
    if _MAPPING in _REQUESTS[operation].values():
        real[_MAPPING] = client.create_event_source_mapping(
            FunctionName="f", EventSourceArn=f"{_QUEUE}-{operation}"
        )["UUID"]
    if _SIGNING in _REQUESTS[operation].values():
        made = client.create_code_signing_config(**_REQUESTS["CreateCodeSigningConfig"])
        real[_SIGNING] = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    base: dict[str, Any] = {
        name: real.get(value, value) if isinstance(value, str) else value
        for name, value in _REQUESTS[operation].items()
    }
    cases = list(_paths(_MODEL["operations"][operation]["input"]["shape"]))
    assert cases
    for path, value in cases:
        request = copy.deepcopy(base)
        inner: dict[str, Any] = request
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = value
        status, kind, said = _send(host, operation, request)
        assert status == 400, (path, value, said)
        if not _UNKNOWN.intersection(path) and path[-1] not in _OTHER_TYPE:
            at = path[-1][0].lower() + path[-1][1:]
            assert kind == "ValidationException", (path, value, said)
            assert re.search(rf"{at}(\.1\.member)?' failed to satisfy constraint", said), (path, value, said)
