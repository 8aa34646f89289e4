"""boto3 publishes layers, gives them to functions, and the functions see them."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import invoke, refused, served, talk, update
from tests.lab.control.zips import zipped
from tests.lab.running import both_confinements, run

from dayfly.lab.control import sources
from dayfly.lab.model import ConfinementChoice

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_LAYER = "arn:aws:lambda:us-east-1:000000000000:layer"
_CONTENT = zipped({"python/a.py": "A = 1\n"})


def _publish(client: LambdaClient, name: str = "l", content: bytes = _CONTENT, **options: Any) -> str:
    published = client.publish_layer_version(LayerName=name, Content={"ZipFile": content}, **options)
    return published["LayerVersionArn"]


def test_what_is_no_layer_is_refused_as_lambda_refuses() -> None:
    def scenario(client: LambdaClient) -> None:
        publish = functools.partial(_publish, client)
        assert "at 'layerName'" in refused(lambda: publish("a b"))[2]
        assert "at 'layerName'" in refused(lambda: publish("x" * 141))[2]
        assert refused(lambda: publish(content=b"no zip"))[2].startswith("Could not unzip uploaded file.")
        assert "at 'description'" in refused(lambda: publish(Description="x" * 257))[2]
        runtimes = ["python3.13"] * 16
        assert "at 'compatibleRuntimes'" in refused(lambda: publish(CompatibleRuntimes=runtimes))[2]
        architectures = ["i386"]
        assert "[x86_64, arm64]" in refused(lambda: publish(CompatibleArchitectures=architectures))[2]
        bucket: Any = {"S3Bucket": "bucket", "S3Key": "key"}
        assert refused(lambda: client.publish_layer_version(LayerName="l", Content=bucket))[0] == 400
        assert client.list_layers()["Layers"] == []
        get = client.get_layer_version
        missing = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
        assert refused(lambda: get(LayerName="l", VersionNumber=1)) == missing
        assert "cannot be less than 1" in refused(lambda: get(LayerName="l", VersionNumber=0))[2].lower()
        assert "at 'arn'" in refused(lambda: client.get_layer_version_by_arn(Arn=f"{_LAYER}:l"))[2]

    talk(scenario)


def test_layers_are_published_found_by_name_and_arn_listed_and_deleted() -> None:
    def scenario(client: LambdaClient) -> None:
        first = client.publish_layer_version(
            LayerName="l",
            Content={"ZipFile": _CONTENT},
            Description="d",
            CompatibleRuntimes=["python3.13"],
            CompatibleArchitectures=["arm64"],
            LicenseInfo="Apache-2.0",
        )
        assert (first["Version"], first["LayerVersionArn"]) == (1, f"{_LAYER}:l:1")
        digest = base64.b64encode(hashlib.sha256(_CONTENT).digest()).decode()
        assert (first["Content"]["CodeSha256"], first["Content"]["CodeSize"]) == (digest, len(_CONTENT))
        with urllib.request.urlopen(first["Content"]["Location"], timeout=60) as answer:
            assert answer.read() == _CONTENT
        for _ in range(2):
            _publish(client)
        _publish(client, "other")
        by_name = client.get_layer_version(LayerName="l", VersionNumber=1)
        assert by_name == client.get_layer_version_by_arn(Arn=f"{_LAYER}:l:1") | {
            "ResponseMetadata": by_name["ResponseMetadata"]
        }
        assert by_name["Description"] == "d"
        pages = client.get_paginator("list_layer_versions").paginate(
            LayerName=f"{_LAYER}:l", PaginationConfig={"PageSize": 2}
        )
        assert [version["Version"] for page in pages for version in page["LayerVersions"]] == [3, 2, 1]
        fit = client.list_layer_versions(LayerName="l", CompatibleRuntime="python3.13")["LayerVersions"]
        assert [version["Version"] for version in fit] == [1]
        assert [layer["LayerName"] for layer in client.list_layers()["Layers"]] == ["l", "other"]
        (matching,) = client.list_layers(CompatibleArchitecture="arm64")["Layers"]
        assert matching["LatestMatchingVersion"]["Version"] == 1
        client.delete_layer_version(LayerName="l", VersionNumber=3)
        client.delete_layer_version(LayerName="l", VersionNumber=3)
        client.delete_layer_version(LayerName="absent", VersionNumber=1)
        assert _publish(client) == f"{_LAYER}:l:4"

    talk(scenario)


def test_a_function_takes_five_layers_that_exist_and_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def scenario(client: LambdaClient) -> None:
        arns = [_publish(client, f"l{number}") for number in range(6)]
        again = _publish(client, "l0")

        def give(*layers: str) -> str:
            return refused(lambda: client.update_function_configuration(FunctionName="f", Layers=layers))[2]

        assert give(*arns) == "Cannot reference more than 5 layers."
        assert give(f"{_LAYER}:l0:9") == f"Layer version {_LAYER}:l0:9 does not exist."
        elsewhere = f"{_LAYER}:l0:1".replace("us-east-1", "eu-west-1")
        assert give(elsewhere) == (
            "Layers are not in the same region as the function. Layers are expected to be in region us-east-1."
        )
        assert "at 'layers'" in give("l0")
        assert "versions of the same layer" in give(arns[0], again)
        monkeypatch.setattr(sources, "MAX_UNPACKED_BYTES", 10)
        assert "exceeds the maximum allowed size of 10 bytes" in give(arns[0])
        monkeypatch.undo()
        assert client.get_function_configuration(FunctionName="f").get("Layers") is None
        update(client, Layers=arns[:5])
        has = client.get_function_configuration(FunctionName="f")["Layers"]
        assert [layer["Arn"] for layer in has] == arns[:5]
        assert has[0]["CodeSize"] == len(_CONTENT)
        update(client, Layers=[])
        assert client.get_function_configuration(FunctionName="f").get("Layers") is None

    talk(scenario)


def _denied(action: str, arn: str) -> tuple[int, str, str]:
    said = (
        f"User: arn:aws:iam::000000000000:root is not authorized to perform: lambda:{action} on resource: {arn} because no "
        f"resource-based policy allows the lambda:{action} action"
    )
    return 403, "AccessDeniedException", said


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_another_accounts_layer_is_not_to_be_had(region: str) -> None:
    def scenario(client: LambdaClient) -> None:
        _publish(client)
        layer = f"arn:aws:lambda:{region}:123456789012:layer:l"
        version = f"{layer}:1"
        named: Any = {"LayerName": layer, "VersionNumber": 1}
        grant: Any = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
        create: Any = {
            "FunctionName": "new",
            "Runtime": client.get_function_configuration(FunctionName="f")["Runtime"],
            "Role": "arn:aws:iam::000000000000:role/r",
            "Handler": "app.handler",
            "Code": {"ZipFile": zipped({"app.py": "def handler(event, context): pass\n"})},
        }
        for action, at, call in (
            ("GetLayerVersion", version, lambda: client.get_layer_version(**named)),
            ("GetLayerVersion", version, lambda: client.get_layer_version_by_arn(Arn=version)),
            (
                "GetLayerVersion",
                version,
                lambda: client.update_function_configuration(FunctionName="f", Layers=[version]),
            ),
            ("GetLayerVersion", version, lambda: client.create_function(**create, Layers=[version])),
            ("DeleteLayerVersion", version, lambda: client.delete_layer_version(**named)),
            ("ListLayerVersions", layer, lambda: client.list_layer_versions(LayerName=layer)),
            ("PublishLayerVersion", layer, lambda: _publish(client, layer)),
            ("GetLayerVersionPolicy", version, lambda: client.get_layer_version_policy(**named)),
            (
                "AddLayerVersionPermission",
                version,
                lambda: client.add_layer_version_permission(**named, **grant),
            ),
            (
                "RemoveLayerVersionPermission",
                version,
                lambda: client.remove_layer_version_permission(**named, StatementId="s"),
            ),
        ):
            assert refused(call) == _denied(action, at)
        assert [one["Version"] for one in client.list_layer_versions(LayerName="l")["LayerVersions"]] == [1]

    talk(scenario)


def test_a_layer_of_another_region_is_not_found_by_its_name() -> None:
    def scenario(client: LambdaClient) -> None:
        arn = _publish(client)
        elsewhere = arn.replace("us-east-1", "eu-west-1")
        layer = elsewhere.removesuffix(":1")
        wrong = (400, "InvalidParameterValueException", f"Invalid Layer name: {layer}")
        assert refused(lambda: client.get_layer_version(LayerName=layer, VersionNumber=1)) == wrong
        assert refused(lambda: client.get_layer_version_by_arn(Arn=elsewhere)) == wrong
        assert refused(lambda: client.delete_layer_version(LayerName=layer, VersionNumber=1)) == wrong
        assert client.get_layer_version_by_arn(Arn=arn)["Version"] == 1

    talk(scenario)


@both_confinements
def test_new_environments_see_the_layers_in_their_order_and_a_version_keeps_its_own(
    confinement: ConfinementChoice,
) -> None:
    wrapper = '#!/bin/sh\nexport AA=%s\nexec "$@"\n'

    async def scenario() -> None:
        async with served(confinement=confinement) as (_, client):

            def change() -> None:
                assert invoke(client)["A"] == ""
                low = _publish(client, "low", zipped({"wrap": wrapper % "low", "low": ""}))
                high = _publish(client, "high", zipped({"wrap": wrapper % "high"}))
                variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}}
                update(client, Layers=[low, high], Environment=variables)
                assert invoke(client)["A"] == "high"
                client.publish_version(FunctionName="f")
                update(client, Layers=[high, low])
                assert invoke(client)["A"] == "low"
                # What a function has it keeps; nobody gets it anew.
                client.delete_layer_version(LayerName="high", VersionNumber=1)
                update(client, Description="bump")
                assert invoke(client)["A"] == "low"
                gone = refused(
                    lambda: client.update_function_configuration(FunctionName="f", Layers=[high, low])
                )
                assert gone[2] == f"Layer version {high} does not exist."
                assert invoke(client, "1")["A"] == "high"
                update(client, Layers=[], Environment={"Variables": {}})
                assert invoke(client)["A"] == ""

            await asyncio.to_thread(change)

    run(scenario())
