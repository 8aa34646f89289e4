"""References that may invoke a function, and those that only look at it."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Place
from dayfly.scan.template.mentions import mentions, sets_invocation_type
from dayfly.scan.template.nodes import MappingNode, SequenceNode, unknown

PLACE = Place("template.yaml", 1)
NAMED = unknown(PLACE, "${Web.Arn}")


def holding(key: str) -> MappingNode:
    return MappingNode(PLACE, {key: SequenceNode(PLACE, (MappingNode(PLACE, {"Deep": NAMED}),))})


@pytest.mark.parametrize(
    ("kind", "key", "found"),
    [
        ("AWS::SES::ReceiptRule", "Rule", True),
        ("AWS::New::Service", "Anything", True),
        ("aws_new_service", "anything", True),
        ("AWS::Logs::Destination", "TargetArn", True),
        ("AWS::CloudWatch::Alarm", "AlarmActions", True),
        ("AWS::CloudWatch::Alarm", "Dimensions", False),
        ("AWS::ApiGatewayV2::Integration", "IntegrationUri", False),
        ("aws_lb_target_group_attachment", "target_id", False),
        ("AWS::IAM::Policy", "Statement", False),
    ],
)
def test_what_is_of_no_known_use_is_a_mention(kind: str, key: str, found: bool) -> None:
    assert [one.text for one in mentions(kind, holding(key))] == (["${Web.Arn}"] if found else [])


def test_an_integration_says_that_it_invokes_asynchronously() -> None:
    assert sets_invocation_type(
        MappingNode(PLACE, {"integration.request.header.X-Amz-Invocation-Type": NAMED})
    )
    assert not sets_invocation_type(MappingNode(PLACE, {"integration.request.header.X": NAMED}))
    assert not sets_invocation_type(None)
