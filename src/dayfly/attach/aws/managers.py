"""Tells from a function's tags which tool made it: the next deployment of that tool takes back what was changed by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping

_STACK = "aws:cloudformation:stack-name"
_LOGICAL = "aws:cloudformation:logical-id"
# CDK ends every logical id with eight digits of a hash of the construct's path:
# https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
_CDK_ID = re.compile(r"[A-Za-z0-9]+[0-9A-F]{8}\Z")
# The Serverless Framework names functions so and tags their stack with STAGE.
_SERVERLESS_ID = re.compile(r".+LambdaFunction\Z")
_BY_PREFIX = (
    ("aws-chalice", "chalice"),
    ("pulumi:", "pulumi"),
    ("sst:", "sst"),
    ("ZappaProject", "zappa"),
    ("user:Stack", "amplify"),
)
_SAYS_WHO = re.compile(
    r"(managed|created|deployed|provisioned)[-_ :]?by|provisioner|iac|iac[-_ ]?tool|tool", re.I
)
_TOOLS = (
    "terraform",
    "opentofu",
    "terragrunt",
    "pulumi",
    "serverless",
    "cloudformation",
    "cdk",
    "ansible",
    "sam",
)
_NO = ("", "0", "false", "no", "none")


def managed_by(tags: Mapping[str, str]) -> str:
    """Return the tool and, where known, its stack: "sam:STACK", "cdk:STACK", "serverless:STACK", "cloudformation:STACK",
    "terraform" and others; "" where no tag tells.

    Terraform leaves no tag of its own: a function that it manages is known only where its people tag what they make.
    """
    if stack := tags.get(_STACK):
        logical = tags.get(_LOGICAL, "")
        if tags.get("lambda:createdBy") == "SAM":
            return f"sam:{stack}"
        if "STAGE" in tags and _SERVERLESS_ID.match(logical):
            return f"serverless:{stack}"
        if _CDK_ID.match(logical):
            return f"cdk:{stack}"
        return f"cloudformation:{stack}"
    for key, value in tags.items():
        for prefix, tool in _BY_PREFIX:
            if key.startswith(prefix):
                return tool
        says_who = _SAYS_WHO.fullmatch(key.rpartition(":")[2].strip()) is not None
        for tool in _TOOLS:
            if says_who and re.search(rf"\b{tool}\b", value, re.I):
                return tool
            if re.search(rf"\b{tool}\b", key.replace("_", "-"), re.I) and value.strip().lower() not in _NO:
                return tool
    return ""
