"""What is to be known of a function whose versions, aliases or warm environments outlive a deployment."""

from __future__ import annotations

from dayfly.attach.templates.intrinsics import is_no_value
from dayfly.attach.templates.model import Gap
from dayfly.attach.templates.nodes import Document, Mapping, get, text_of
from dayfly.attach.templates.record import bare
from dayfly.attach.templates.stack import Function, resources

_NESTED = ("AWS::Serverless::Application", "AWS::CloudFormation::Stack")


def unseen(document: Document) -> list[Gap]:
    """Functions that may be there and cannot be seen: those of included files."""
    section = get(document.root, "Resources")
    include = section.find("Fn::Transform") if isinstance(section, Mapping) else None
    if include is None:
        return []
    line = document.line(include.key.start)
    reason = "includes resources with Fn::Transform: functions in them cannot be read"
    return [
        Gap(
            "Fn::Transform",
            line,
            reason,
            "attach Dayfly in the included file, or give function names to check only those",
        )
    ]


def nested_notes(document: Document) -> list[Gap]:
    """Templates within this one, which are edited by themselves."""
    notes: list[Gap] = []
    for entry, resource in resources(document):
        for key in ("Location", "TemplateURL"):
            path = text_of(get(resource, "Properties", key))
            if text_of(get(resource, "Type")) in _NESTED and path and "://" not in path:
                line = document.line(entry.key.start)
                notes.append(
                    Gap(entry.key.text, line, f"is a separate template, {path}", "attach Dayfly there, too")
                )
    return notes


def release_notes(document: Document, function: Function) -> list[Gap]:
    """Notes, not gaps: the function is attached, but not every version of it at once."""
    notes: list[Gap] = []
    alias = function.setting("AutoPublishAlias")
    if alias is not None and not is_no_value(alias):
        # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
        notes.append(
            function.gap(
                (
                    "has AutoPublishAlias: because its Environment changes, SAM publishes a version with Dayfly and "
                    "moves the alias"
                ),
                "a DeploymentPreference moves it step by step; older versions stay without Dayfly",
            )
        )
    if function.setting("ProvisionedConcurrencyConfig") is not None:
        notes.append(
            function.gap(
                "has provisioned concurrency: its environments are replaced after the deployment",
                "until then old and new ones serve requests; check with `dayfly status`",
            )
        )
    if text_of(get(function.setting("SnapStart"), "ApplyOn")) == "PublishedVersions":
        notes.append(
            function.gap(
                "has SnapStart: the snapshot of the next published version contains Dayfly's zygote",
                "unique values are regenerated after a restore (docs/layer.md)",
            )
        )
    for entry, resource in resources(document):
        if text_of(get(resource, "Type")) == "AWS::Lambda::Version" and function.name in str(
            bare(found) if (found := get(resource, "Properties", "FunctionName")) is not None else ""
        ):
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-version.html
            notes.append(
                Gap(
                    function.name,
                    document.line(entry.key.start),
                    f"is published by {entry.key.text}, which CloudFormation does not publish again automatically",
                    "give that resource a new logical id, or its aliases keep serving a version without Dayfly",
                )
            )
    return notes
