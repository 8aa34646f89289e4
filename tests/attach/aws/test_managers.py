"""Who made a function is told by its tags, and nobody is accused by a tag that only sounds alike."""

from __future__ import annotations

import pytest

from dayfly.attach.aws.managers import managed_by

_STACK = {"aws:cloudformation:stack-name": "shop"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, ""),
        (_STACK, "cloudformation:shop"),
        ({**_STACK, "lambda:createdBy": "SAM"}, "sam:shop"),
        ({**_STACK, "aws:cloudformation:logical-id": "PaymentsHandler1A2B3C4D"}, "cdk:shop"),
        ({**_STACK, "aws:cloudformation:logical-id": "PayLambdaFunction", "STAGE": "dev"}, "serverless:shop"),
        ({"ManagedBy": "Terraform"}, "terraform"),
        ({"managed-by": "terraform-cloud"}, "terraform"),
        ({"terraform": "true"}, "terraform"),
        ({"terraform": "false"}, ""),
        ({"shop:provisioner": "opentofu"}, "opentofu"),
        ({"pulumi:project": "shop"}, "pulumi"),
        ({"aws-chalice": "version=1.31.0:stage=dev:app=shop"}, "chalice"),
        ({"managed-by": "ann"}, ""),
        ({"owner": "sam"}, ""),
        ({"team": "terraform-enthusiasts"}, ""),
        ({"STAGE": "dev"}, ""),
    ],
)
def test_the_tool_is_told(tags: dict[str, str], expected: str) -> None:
    assert managed_by(tags) == expected
