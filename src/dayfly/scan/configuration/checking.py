"""The families `configuration` and `secret` as a scan calls them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from dayfly.scan.configuration.file_secrets import find_in_files
from dayfly.scan.configuration.function_checks import check_function
from dayfly.scan.configuration.policy_checks import check_invokers, check_resource_policies
from dayfly.scan.configuration.python_secrets import find_in_python, matches
from dayfly.scan.configuration.secret_findings import format_finding, named_finding
from dayfly.scan.configuration.values import judge
from dayfly.scan.model import Finding, Note, NoteKind, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.template.model import LambdaFunction, Template


@dataclass(frozen=True, slots=True)
class ConfigurationOptions:
    """What the checks are told: the day that decides which runtimes are out of date."""

    today: date = field(default_factory=date.today)


def check_file(file: PythonFile) -> Iterator[Finding | Note]:
    """Secrets of one Python file; depends on its content, its path and whose it is."""
    yield from find_in_python(file)


def check_project(
    project: Project,
    templates: Sequence[Template],
    functions: Sequence[LambdaFunction],
    options: ConfigurationOptions,
) -> Iterator[Finding | Note]:
    """Settings of the templates' functions and resources, and secrets in templates and other files.

    `functions` are all that were found, also without a template: for those there is nothing to judge, which is
    said once.
    """
    told: set[tuple[str, int]] = set()
    seen: set[tuple[str, Place, str]] = set()
    for template in templates:
        for function in template.functions:
            for finding in (
                *check_function(template, function, today=options.today),
                *check_invokers(function),
            ):
                # One layer of Globals is one thing to fix, however many functions have it.
                key = (finding.check, finding.place, finding.message.replace(function.name, ""))
                if key not in seen or finding.place == function.place:
                    seen.add(key)
                    yield finding
            for finding in _environment_secrets(function):
                if (finding.place.path, finding.place.line) not in told:
                    told.add((finding.place.path, finding.place.line))
                    yield finding
        yield from check_resource_policies(template)
        for finding in _default_secrets(template):
            if (finding.place.path, finding.place.line) not in told:
                told.add((finding.place.path, finding.place.line))
                yield finding
    for finding in find_in_files(project):
        if (finding.place.path, finding.place.line) not in told:
            yield finding
    described = {function.name for template in templates for function in template.functions}
    bare = [function for function in functions if function.name not in described]
    if bare and not described:
        yield Note(
            NoteKind.NOT_CHECKED,
            "no template describes the functions, so their settings are not checked",
            Place(project.name),
            "also scan the folder with the SAM, CloudFormation, Serverless or Terraform files",
        )


def _default_secrets(template: Template) -> Iterator[Finding]:
    """Secrets as the defaults of parameters: every deployment that names none shares them."""
    for name, default in template.defaults.items():
        found = list(matches(default.value))
        for match in found:
            yield format_finding(match, default.place, name=name)
        verdict = judge(name, default.value) if not found else None
        if verdict is not None:
            kind, confidence = verdict
            yield named_finding(
                "secret.default",
                f"a deployment without a value for {name} uses the {kind} in the template",
                default.place,
                name=name,
                kind=kind,
                value=default.value,
                severity=Severity.MEDIUM,
                confidence=confidence,
                fix="remove the default (and set NoEcho or sensitive), or read the value from Secrets Manager",
            )


def _environment_secrets(function: LambdaFunction) -> Iterator[Finding]:
    """Secrets among a function's variables: whoever may read its configuration reads them."""
    for name, value in function.environment.items():
        if not isinstance(value, str):
            continue
        place = function.environment_places.get(name, function.place)
        found = list(matches(value))
        for match in found:
            yield format_finding(match, place, name=name, function=function.name)
        verdict = judge(name, value) if not found else None
        if verdict is not None:
            kind, confidence = verdict
            yield named_finding(
                "secret.environment",
                f"the variable {name} of {function.name} contains a {kind} in plain text",
                place,
                name=name,
                kind=kind,
                value=value,
                severity=Severity.HIGH,
                confidence=confidence,
                function=function.name,
                harm="it is in the template's history, in the AWS console, and in /proc/self/environ of every process "
                "of the function",
                fix="store it in Secrets Manager or Parameter Store, set the variable to its name, and read it at "
                "run time",
            )
