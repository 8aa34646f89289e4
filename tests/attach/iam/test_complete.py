"""No call of AWS in the code is missing from the table, and no entry of it is of a call that nobody makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

import dayfly
from dayfly.attach.iam.commands import COMMANDS
from dayfly.scan.permissions.catalogue import load_catalogue

_SOURCE = Path(dayfly.__file__).parent
_SERVICES = (
    "lambda",
    "iam",
    "logs",
    "cloudwatch",
    "kms",
    "sts",
    "signer",
    "events",
    "scheduler",
    "resourcegroupstaggingapi",
)
# What the code calls on such objects is a call of AWS.
_CLIENTS = ("client", "iam", "logs", "cloudwatch", "sts", "signer", "lambda_client", "logs_client")
# Clients of Dayfly's own service, whose methods are spelled like none of AWS's operations.
_ASIDE = {"fleet/service/alerts": "channels of a fleet have settings and roles of their own"}


@cache
def _operations() -> dict[str, set[str]]:
    """The IAM actions of every client method of these services."""
    session = botocore.session.Session()
    found: dict[str, set[str]] = {}
    for service in _SERVICES:
        for operation in session.get_service_model(service).operation_names:
            needed = load_catalogue().requirements(service, operation) or ()
            actions = {one.action for one in needed if one.action != "iam:PassRole"}
            found.setdefault(xform_name(operation), set()).update(actions)
    return found


def _calls() -> Iterator[tuple[str, str]]:
    """Every operation that the code names on a client or as a paginator, and where."""
    for path in [
        *(_SOURCE / "attach").rglob("*.py"),
        *(_SOURCE / "cli").glob("*.py"),
        *(_SOURCE / "fleet").rglob("*.py"),
    ]:
        where = path.relative_to(_SOURCE).as_posix()
        if any(where.startswith(prefix) for prefix in _ASIDE):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = ""
            if isinstance(node, ast.Attribute) and node.attr in _operations():
                owner = node.value
                said = (
                    owner.id
                    if isinstance(owner, ast.Name)
                    else owner.attr
                    if isinstance(owner, ast.Attribute)
                    else ""
                )
                name = node.attr if said.lstrip("_") in _CLIENTS else ""
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "get_paginator"
            ):
                value = node.args[0]
                name = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
            if name:
                yield name, where


@cache
def _called() -> frozenset[tuple[str, str]]:
    return frozenset(_calls())


def test_calls_are_found_at_all() -> None:
    assert len({name for name, _ in _called()}) > 15


def test_every_call_in_the_code_is_in_the_table() -> None:
    known = {call.action for command in COMMANDS.values() for call in command.calls}
    missing = {(name, where) for name, where in _called() if not _operations()[name] & known}
    assert missing == set(), "add it to src/dayfly/attach/iam/commands.py"


def test_every_entry_is_of_a_call_in_the_code() -> None:
    made = {action for name, _ in _called() for action in _operations()[name]}
    idle = {
        call.action
        for command in COMMANDS.values()
        for call in command.calls
        if not call.is_silent and call.action not in made
    }
    assert idle == set(), "nothing calls it: take it out of src/dayfly/attach/iam"
