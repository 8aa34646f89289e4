"""Projects in memory: files, a handler, an environment and a template's resources."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from dayfly.scan.model import Finding, Note, Place
from dayfly.scan.permissions.checking import Options, check_project
from dayfly.scan.permissions.needs import Need, find_needs
from dayfly.scan.permissions.walking import find_usage
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Statement, Template, Trigger, Unresolved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESOURCES = {
    "Orders": "AWS::DynamoDB::Table",
    "Users": "AWS::DynamoDB::Table",
    "Uploads": "AWS::S3::Bucket",
    "Jobs": "AWS::SQS::Queue",
    "News": "AWS::SNS::Topic",
    "Machine": "AWS::StepFunctions::StateMachine",
    "Password": "AWS::SecretsManager::Secret",
    "Worker": "AWS::Serverless::Function",
}
PLACE = Place("template.yaml", 1)


def make_project(files: Mapping[str, str] | str) -> Project:
    """A project of these files; a text alone is `app.py`."""
    if isinstance(files, str):
        files = {"app.py": files}
    project = Project("sample")
    for path, text in files.items():
        project.add(path, dedent(text).encode(), DEFAULT_LIMITS)
    settle(project)
    return project


def make_function(
    name: str = "Function",
    *,
    environment: Mapping[str, str] | None = None,
    statements: Sequence[Statement] | None = None,
    policies: Sequence[str] = (),
    triggers: Sequence[Trigger] = (),
    handler: str = "app.handler",
) -> LambdaFunction:
    """A function; values of `environment` with `${` are references of the template."""
    values: dict[str, str | Unresolved] = {
        key: Unresolved(value, PLACE) if "${" in value else value
        for key, value in (environment or {}).items()
    }
    return LambdaFunction(
        name,
        handler,
        PLACE,
        environment=values,
        statements=None if statements is None else tuple(statements),
        unresolved_policies=tuple(Unresolved(policy, Place("template.yaml", 9)) for policy in policies),
        triggers=tuple(triggers),
    )


def make_entry(project: Project, function: LambdaFunction) -> Entry:
    assert isinstance(function.handler, str)
    module, _, name = function.handler.rpartition(".")
    return Entry(function, project.python[module.replace(".", "/") + ".py"], name)


def allow(
    actions: str | Sequence[str],
    resources: str | Sequence[str] = "*",
    *,
    effect: str = "Allow",
    has_condition: bool = False,
    line: int = 10,
    origin: str = "",
) -> Statement:
    return Statement(
        effect,
        (actions,) if isinstance(actions, str) else tuple(actions),
        (resources,) if isinstance(resources, str) else tuple(resources),
        Place("template.yaml", line),
        has_condition=has_condition,
        origin=origin,
    )


def needs_of(
    files: Mapping[str, str] | str, environment: Mapping[str, str] | None = None, handler: str = "app.handler"
) -> tuple[tuple[Need, ...], tuple[Note, ...]]:
    """Needs and notes of the project's handler."""
    project = make_project(files)
    entry = make_entry(project, make_function(environment=environment, handler=handler))
    usage = find_usage(project, entry)
    needs, notes = find_needs(usage, RESOURCES)
    return needs, (*usage.notes, *notes)


def lines_of(needs: Sequence[Need]) -> set[str]:
    """`action resource` of each need."""
    return {f"{need.action} {need.resource}" for need in needs if not need.is_optional}


def findings_of(
    files: Mapping[str, str] | str, *functions: LambdaFunction, resources: Mapping[str, str] = RESOURCES
) -> list[Finding]:
    """What the family says of the functions over this code."""
    project = make_project(files)
    template = Template("template.yaml", "SAM", functions, resources)
    entries = [make_entry(project, function) for function in functions]
    found = check_project(project, [template], functions, Options(entries))
    return [one for one in found if isinstance(one, Finding)]
