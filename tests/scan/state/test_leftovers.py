"""What was drawn at init: for which names and platforms it matters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.scan.state.following import entry_of, project_of

from dayfly.scan.model import Finding, Severity
from dayfly.scan.state.checking import check_effects
from dayfly.scan.taint.results import EntryResult

HOOK = "from snapshot_restore_py import register_after_restore\n@register_after_restore\ndef again():\n    global {0}\n    {0} = {1}\n"


def severity_of(text: str, *, is_snapstart: bool) -> Severity | None:
    project = project_of({"app.py": text})
    entry = entry_of(project)
    entry = replace(entry, function=replace(entry.function, is_snapstart=is_snapstart))
    found = [
        one
        for one in check_effects(entry, EntryResult((), (), (), frozenset()), project)
        if isinstance(one, Finding)
    ]
    assert all(one.check == "state.unique" for one in found)
    return max((one.severity for one in found), default=None)


def handler(name: str, drawn: str) -> str:
    return f"import os, random, secrets, time, uuid\n{name} = {drawn}\ndef handler(event, context):\n    return {{'it': {name}}}\n"


@pytest.mark.parametrize(
    ("name", "drawn", "plain", "snapstart"),
    [
        ("ORDER", "uuid.uuid4().hex", Severity.MEDIUM, Severity.HIGH),
        ("TOKEN", "secrets.token_hex()", Severity.HIGH, Severity.HIGH),
        ("SIGNING_KEY", "os.urandom(32)", Severity.MEDIUM, Severity.HIGH),
        ("NOW", "time.time()", Severity.LOW, Severity.LOW),
        # One for each environment is meant; copies of a snapshot have the same.
        ("INSTANCE_ID", "uuid.uuid4().hex", None, Severity.LOW),
        ("STARTED", "time.time()", None, None),
        ("DRIVER", "'a'", None, None),
    ],
)
def test_severity_by_name_and_platform(
    name: str, drawn: str, plain: Severity | None, snapstart: Severity | None
) -> None:
    text = handler(name, drawn)
    assert severity_of(text, is_snapstart=False) == plain
    assert severity_of(text, is_snapstart=True) == snapstart


def test_hook_after_the_restore_gives_each_environment_its_own_name() -> None:
    text = HOOK.format("INSTANCE_ID", "uuid.uuid4().hex") + handler("INSTANCE_ID", "uuid.uuid4().hex")
    assert severity_of(text, is_snapstart=True) is None


def test_hook_after_the_restore_makes_no_token_the_customers_own() -> None:
    text = HOOK.format("TOKEN", "secrets.token_hex()") + handler("TOKEN", "secrets.token_hex()")
    assert severity_of(text, is_snapstart=True) is Severity.HIGH
