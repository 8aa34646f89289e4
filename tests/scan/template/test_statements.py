"""Policy documents and SAM's policy templates become statements."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Place
from dayfly.scan.template.documents import read_documents
from dayfly.scan.template.model import Statement
from dayfly.scan.template.statements import (
    _templates,
    expand_policy_template,
    is_policy_template,
    read_policy,
)

PLACE = Place("t.yaml", 1)


def _read(text: str) -> tuple[Statement, ...]:
    documents = read_documents(text, "t.yaml")
    return read_policy(documents.nodes[0])


def test_the_package_has_every_policy_template() -> None:
    names = [name for name in _templates() if name != "source"]
    assert len(names) >= 81
    assert not is_policy_template("source")


@pytest.mark.parametrize("name", sorted(name for name in _templates() if name != "source"))
def test_every_policy_template_expands(name: str) -> None:
    statements = expand_policy_template(name, None, PLACE)
    assert statements
    for one in statements:
        assert one.effect == "Allow"
        assert all(":" in action for action in one.actions)
        assert one.resources
        assert one.origin == name


def test_arguments_are_put_into_resources() -> None:
    arguments = read_documents("TableName: orders\n", "t.yaml").nodes[0]
    (statement,) = expand_policy_template("DynamoDBReadPolicy", arguments, PLACE)
    assert statement.resources == (
        "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders",
        "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders/index/*",
    )


def test_one_statement_or_many_and_one_action_or_many() -> None:
    (one,) = _read("Statement: {Effect: Allow, Action: 's3:*', Resource: [a, b]}")
    assert (one.actions, one.resources) == (("s3:*",), ("a", "b"))
    assert (
        len(_read("Statement: [{Effect: Allow, Action: x}, {Effect: Deny, NotAction: y, NotResource: z}, 3]"))
        == 2
    )


def test_keys_in_any_case_as_iam_takes_them() -> None:
    (one,) = _read("Statement: {effect: Deny, ACTION: x, condition: {StringEquals: {'AWS:SourceArn': y}}}")
    assert (one.effect, one.actions, one.conditions) == ("Deny", ("x",), ("aws:sourcearn",))


def test_principals_of_every_kind() -> None:
    (one,) = _read("Statement: {Principal: {AWS: ['1', '2'], Service: s3.amazonaws.com}}")
    assert one.principals == ("1", "2", "s3.amazonaws.com")
    assert _read("Statement: {Principal: '*'}")[0].principals == ("*",)


@pytest.mark.parametrize("text", ["[]", "Statement: 3", "Statement: [[]]", "x"])
def test_what_is_no_policy_has_no_statements(text: str) -> None:
    assert _read(text) == ()
