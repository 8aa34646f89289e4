"""Reads from a deployment template what invokes its functions, for the lock of the Runtime API."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from dayfly.attach.templates.model import Edited, Gap, Options, Template
from dayfly.attach.triggers import LOCK_VARIABLE, LockChoice, choose_lock
from dayfly.scan.source.project import Project
from dayfly.scan.template.model import LambdaFunction, Statement, Trigger
from dayfly.scan.template.reading import read_templates

_HTTP = frozenset({Trigger.API_V1, Trigger.API_V2, Trigger.WEBSOCKET, Trigger.ALB, Trigger.FUNCTION_URL})
_DOCUMENTS = frozenset({".yaml", ".yml", ".json", ".template", ".tf"})
# Of a folder with templates; what is beyond would be code or data.
_MAX_FILES, _MAX_BYTES = 300, 4_000_000
_INVOKE = "lambda:invokefunction"
# Of resource policies: those that are answered with an HTTP response, and what lets a function URL call.
_HTTP_PRINCIPALS = frozenset(
    {"apigateway.amazonaws.com", "elasticloadbalancing.amazonaws.com", "vpc-lattice.amazonaws.com"}
)
_BY_URL = frozenset({"lambda:functionurlauthtype", "lambda:invokedviafunctionurl"})


def choose_locks(template: Template) -> dict[str, LockChoice]:
    """What is chosen for each function of a template whose triggers are known from the files of its folder.

    A value that the template or the package has already is left alone.
    """
    path = Path(template.path)
    read = _read(path)
    chosen: dict[str, LockChoice] = {}
    for one in template.functions():
        # Terraform's functions are named by their type as well.
        name = one.name.rpartition(".")[2]
        same = [function for function in read if function.name == name]
        if len(same) == 1:
            chosen[one.name] = _choose(same[0], read, path.parent)
    return chosen


def with_locks(options: Options, chosen: Mapping[str, LockChoice]) -> Options:
    """The options with what was chosen; what was asked for counts more."""
    return replace(options, locks={name: choice.value for name, choice in chosen.items() if choice.value})


def noted(edited: Edited, template: Template, options: Options, chosen: Mapping[str, LockChoice]) -> Edited:
    """The edit with what is to be said of the lock of the functions that have Dayfly now."""
    if LOCK_VARIABLE in options.settings:
        return edited
    left_out = {gap.function for gap in edited.gaps}
    notes = [
        Gap(one.name, one.line, chosen[one.name].note)
        for one in template.functions()
        if one.name in chosen
        and chosen[one.name].note
        and one.is_python
        and one.name not in left_out
        and (not options.functions or one.name in options.functions)
    ]
    return replace(edited, notes=(*edited.notes, *notes))


def _choose(function: LambdaFunction, all_: Iterable[LambdaFunction], folder: Path) -> LockChoice:
    kinds = set(function.triggers)
    others = {str(kind) for kind in kinds - _HTTP}
    others |= {
        f"the function {caller.name}"
        for caller in all_
        if caller is not function and _invokes(caller, function)
    }
    others |= {f"the resource {name}" for name in function.mentions}
    if function.has_dead_letter:
        others.add("asynchronous calls (it sets dead letters aside)")
    if not others:
        others |= {_principal(one) for one in function.resource_policy if not _is_http(one)}
    choice = choose_lock([str(kind) for kind in kinds & _HTTP], others)
    # What an earlier attach has written is `on` as well.
    is_decided = function.environment.get(LOCK_VARIABLE, choice.value) != choice.value
    is_decided = is_decided or _has_own(folder, function)
    return LockChoice() if is_decided and choice.value else choice


def _invokes(caller: LambdaFunction, function: LambdaFunction) -> bool:
    """Whether a function's role lets it invoke another by name."""
    return any(
        statement.effect == "Allow"
        and _allows(statement)
        and any(function.name in one for one in statement.resources)
        for statement in caller.statements or ()
    )


def _is_http(statement: Statement) -> bool:
    is_by_url = bool(_BY_URL & set(statement.conditions)) or not _allows(statement)
    return is_by_url or set(statement.principals) <= _HTTP_PRINCIPALS


def _principal(statement: Statement) -> str:
    return f"{' and '.join(statement.principals)} ({statement.origin})"


def _allows(statement: Statement) -> bool:
    return any(fnmatch.fnmatchcase(_INVOKE, action.lower()) for action in statement.actions)


def _has_own(folder: Path, function: LambdaFunction) -> bool:
    """Whether the package decides about the lock itself, by its dayfly.toml."""
    if function.code is None:
        return False
    try:
        return "api_lock" in tomllib.loads((folder / function.code / "dayfly.toml").read_text())
    except (OSError, ValueError):
        return False


def _read(path: Path) -> list[LambdaFunction]:
    """The functions of a template as the scanner reads them, with those of Terraform's other files beside it."""
    project = Project(path.parent.name)
    is_terraform = path.name.endswith((".tf", ".tf.json"))
    for file in sorted(path.parent.iterdir())[:_MAX_FILES]:
        if file.suffix in _DOCUMENTS and file.is_file() and file.stat().st_size <= _MAX_BYTES:
            project.others[file.name] = file.read_bytes
    return [
        function
        for found in read_templates(project)
        if is_terraform or found.path == path.name
        for function in found.functions
    ]
