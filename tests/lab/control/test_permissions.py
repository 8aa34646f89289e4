"""Resource policies of functions, aliases and layers, in the words recorded from AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.lab.control.served import refused, talk, wait
from tests.lab.control.zips import zipped

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def _add(client: LambdaClient, sid: str = "s", **options: Any) -> Any:
    given = {
        "FunctionName": "f",
        "StatementId": sid,
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    }
    return client.add_permission(**(given | options))


def test_refusals_have_lambdas_words_and_change_nothing() -> None:
    def scenario(client: LambdaClient) -> None:
        absent = "The resource you requested does not exist."
        assert refused(lambda: client.get_policy(FunctionName="f"))[2] == absent
        nothing = refused(lambda: client.remove_permission(FunctionName="f", StatementId="s"))
        assert nothing[::2] == (404, "No policy is associated with the given resource.")
        unknown = refused(lambda: client.remove_permission(FunctionName="absent", StatementId="s"))
        assert unknown[2] == "No policy found for: arn:aws:lambda:us-east-1:000000000000:function:absent"
        latest = refused(lambda: _add(client, Qualifier="$LATEST"))
        assert latest[2] == "We currently do not support adding policies for $LATEST."
        for nobody in ("nobody", "invalid.nonaws.com"):
            said = refused(lambda nobody=nobody: _add(client, Principal=nobody))[2]  # type: ignore[misc]
            assert said.startswith("The provided principal was invalid.")
        assert "'statementId'" in refused(lambda: _add(client, "a b"))[2]
        assert "'action'" in refused(lambda: _add(client, Action="s3:GetObject"))[2]
        assert refused(lambda: _add(client, Qualifier="9"))[0] == 404
        assert refused(lambda: _add(client, RevisionId="stale"))[:2] == (412, "PreconditionFailedException")
        assert refused(lambda: client.get_policy(FunctionName="f"))[0] == 404
        _add(client)
        twice = refused(lambda: _add(client))
        assert twice[:2] == (409, "ResourceConflictException")
        assert twice[2].startswith("The statement id (s) provided already exists.")
        other = refused(lambda: client.remove_permission(FunctionName="f", StatementId="other"))
        assert other[2] == "Statement other is not found in resource policy."

    talk(scenario)


def test_statements_are_added_per_qualifier_and_renew_the_revision() -> None:
    def scenario(client: LambdaClient) -> None:
        before = client.get_function_configuration(FunctionName="f")["RevisionId"]
        added = json.loads(
            _add(
                client,
                SourceArn="arn:aws:s3:::bucket",
                SourceAccount="000000000000",
                RevisionId=before,
            )["Statement"]
        )
        assert added == {
            "Sid": "s",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": _ARN,
            "Condition": {
                "StringEquals": {"AWS:SourceAccount": "000000000000"},
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
            },
        }
        _add(client, "account", Principal="111111111111")
        _add(client, "all", Principal="*", FunctionUrlAuthType="NONE", Action="lambda:InvokeFunctionUrl")
        answer = client.get_policy(FunctionName="f")
        policy = json.loads(answer["Policy"])
        assert (policy["Version"], policy["Id"]) == ("2012-10-17", "default")
        principals = [statement["Principal"] for statement in policy["Statement"]]
        assert principals == [
            {"Service": "s3.amazonaws.com"},
            {"AWS": "arn:aws:iam::111111111111:root"},
            "*",
        ]
        now = client.get_function_configuration(FunctionName="f")["RevisionId"]
        assert before != now == answer["RevisionId"]
        client.publish_version(FunctionName="f")
        wait(client, "published_version_active", Qualifier="1")
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        for qualifier in ("1", "live"):
            assert refused(lambda q=qualifier: client.get_policy(FunctionName="f", Qualifier=q))[0] == 404  # type: ignore[misc]
            statement = json.loads(_add(client, Qualifier=qualifier)["Statement"])
            assert statement["Resource"] == f"{_ARN}:{qualifier}"
        alias = client.get_alias(FunctionName="f", Name="live")
        assert client.get_policy(FunctionName="f:live")["RevisionId"] == alias["RevisionId"]
        client.remove_permission(FunctionName="f", Qualifier="live", StatementId="s")
        assert refused(lambda: client.get_policy(FunctionName="f:live"))[0] == 404
        assert len(json.loads(client.get_policy(FunctionName="f")["Policy"])["Statement"]) == 3

    talk(scenario)


def test_layer_versions_have_policies_of_their_own() -> None:
    def scenario(client: LambdaClient) -> None:
        content: Any = {"ZipFile": zipped({"python/a.py": "A = 1\n"})}
        arn = client.publish_layer_version(LayerName="l", Content=content)["LayerVersionArn"]
        version: Any = {"LayerName": "l", "VersionNumber": 1}
        grant: Any = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
        absent = refused(lambda: client.get_layer_version_policy(**version))
        assert absent[::2] == (404, "No policy is associated with the given resource.")
        gone = refused(lambda: client.remove_layer_version_permission(**version, StatementId="s"))
        assert gone == absent
        missing = refused(lambda: client.get_layer_version_policy(LayerName="l", VersionNumber=2))
        assert missing[2] == f"Layer version {arn[:-1]}2 does not exist."
        other = refused(
            lambda: client.add_layer_version_permission(**version, **(grant | {"Action": "lambda:X"}))
        )
        assert "'action'" in other[2]
        organization = "o-abcdefghij"
        for principal in ("nobody", "12345", "lambda.amazonaws.com", "arn:aws:iam::111111111111:user/u"):
            said = refused(
                lambda principal=principal: client.add_layer_version_permission(  # type: ignore[misc]
                    **version, **(grant | {"Principal": principal})
                )
            )
            assert said[1] == "ValidationException"
            assert f"Value '{principal}' at 'principal'" in said[2]
        one = refused(
            lambda: client.add_layer_version_permission(
                **version, **(grant | {"Principal": "111111111111", "OrganizationId": organization})
            )
        )
        assert one == (
            400,
            "InvalidParameterValueException",
            "If organization id is specified then principal should be *",
        )
        # What the model excludes is said before the layer is looked for.
        nobody = refused(
            lambda: client.add_layer_version_permission(
                LayerName="absent", VersionNumber=1, **(grant | {"Principal": "nobody"})
            )
        )
        assert nobody[1] == "ValidationException"
        for principal, options, shown in (
            ("111111111111", {}, {"AWS": "arn:aws:iam::111111111111:root"}),
            ("arn:aws:iam::222222222222:root", {}, {"AWS": "arn:aws:iam::222222222222:root"}),
            ("*", {"OrganizationId": organization}, "*"),
        ):
            added = client.add_layer_version_permission(
                **version, **(grant | {"StatementId": "other", "Principal": principal} | options)
            )
            statement = json.loads(added["Statement"])
            assert statement["Principal"] == shown
            assert ("Condition" in statement) == bool(options)
            client.remove_layer_version_permission(
                **version, StatementId="other", RevisionId=added["RevisionId"]
            )
        added = client.add_layer_version_permission(**version, **grant)
        assert json.loads(added["Statement"])["Resource"] == arn
        assert refused(lambda: client.add_layer_version_permission(**version, **grant))[0] == 409
        stale = refused(
            lambda: client.remove_layer_version_permission(**version, StatementId="s", RevisionId="x")
        )
        assert stale[0] == 412
        assert "GetLayerPolicy" in stale[2]
        policy = client.get_layer_version_policy(**version)
        assert policy["RevisionId"] == added["RevisionId"]
        client.remove_layer_version_permission(**version, StatementId="s", RevisionId=added["RevisionId"])
        assert json.loads(client.get_layer_version_policy(**version)["Policy"])["Statement"] == []

    talk(scenario)
