"""Packages that call AWS for the function, and command lines that do."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.libraries import follow, follow_method, shelled
from dayfly.scan.permissions.values import NOTHING, Made, Sequence, Values, text

PARAMETERS = "aws_lambda_powertools.utilities.parameters"


@pytest.mark.parametrize(
    ("name", "operations"),
    [
        (f"{PARAMETERS}.get_parameter", ["GetParameter"]),
        (f"{PARAMETERS}.get_parameters", ["GetParametersByPath"]),
        (f"{PARAMETERS}.get_secret", ["GetSecretValue"]),
        (f"{PARAMETERS}.set_secret", ["PutSecretValue", "CreateSecret"]),
        (f"{PARAMETERS}.transform_value", []),
        ("other.parameters.get_parameter", []),
    ],
)
def test_a_function_of_a_known_package_calls_its_operations(name: str, operations: list[str]) -> None:
    assert [one.operation for one in follow(name, Arguments((text("/app"),)))] == operations


def test_an_object_of_a_known_package_remembers_what_it_was_made_of() -> None:
    owner = Made(f"{PARAMETERS}.DynamoDBProvider", (("table_name", text("settings")),))
    (found,) = follow_method(owner, "get", Arguments((text("key"),)))
    assert (found.service, found.operation, found.given) == (
        "dynamodb",
        "GetItem",
        {"TableName": text("settings")},
    )
    assert not follow_method(Made("other.DynamoDBProvider"), "get", Arguments((text("key"),)))


def words(*parts: str) -> Values:
    return frozenset({Sequence(tuple(text(part) for part in parts), NOTHING)})


@pytest.mark.parametrize(
    ("name", "given", "services"),
    [
        ("subprocess.run", words("aws", "s3", "cp", "a", "b"), ["s3"]),
        ("subprocess.run", words("/opt/bin/aws", "s3api", "get-object"), ["s3"]),
        ("subprocess.run", words("aws", "--profile", "p"), [""]),
        ("os.system", text("aws dynamodb scan"), ["dynamodb"]),
        ("subprocess.run", words("ls", "aws"), []),
        ("os.system", text(""), []),
        ("print", words("aws", "s3"), []),
    ],
)
def test_a_started_command_line_is_about_its_service(name: str, given: Values, services: list[str]) -> None:
    assert shelled(name, Arguments((given,))) == services


def test_a_parameter_of_a_package_is_needed_like_one_of_the_sdk() -> None:
    code = (
        f"from {PARAMETERS} import get_parameter\ndef handler(e, c):\n    return get_parameter('/app/key')\n"
    )
    assert "ssm:GetParameter arn:aws:ssm:*:*:parameter/app/key" in lines_of(needs_of(code)[0])
