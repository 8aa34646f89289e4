"""What a check has shown of a value goes with it into a container, past the end of the branch."""

from __future__ import annotations

import textwrap

import pytest

from dayfly.scan.model import Place
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.taint.checking import analyse
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Trigger


def is_found(lines: str) -> bool:
    text = (
        'def handler(event, context):\n    x = event["queryStringParameters"]["x"]\n    '
        + textwrap.indent(lines, "    ").strip()
    )
    project = Project("test")
    project.add("app.py", text.encode(), DEFAULT_LIMITS)
    function = LambdaFunction("f", "app.handler", Place("app.py"), triggers=(Trigger.API_V2,))
    result = analyse(project, Entry(function, project.python["app.py"], "handler"))
    return "event.code" in {one.check for one in result.findings}


@pytest.mark.parametrize(
    "lines",
    [
        "kept = {{}}\nif x in {allowed}:\n    kept['k'] = x\neval(kept.get('k', '1'))",
        "kept = {{'z': '1'}}\nif x in {allowed}:\n    kept['k'] = x\neval(kept['k'])",
        "kept = []\nif x in {allowed}:\n    kept.append(x)\neval(kept[0])",
        "class A:\n    pass\na = A()\na.v = '1'\nif x in {allowed}:\n    a.v = x\neval(a.v)",
        "kept = []\nfor one in event['multiValueQueryStringParameters']['x']:\n    if one in {allowed}:\n        kept.append(one)\neval(kept[0])",
    ],
)
def test_membership_is_remembered_with_the_item(lines: str) -> None:
    assert is_found(lines.format(allowed="(x, 'a')"))
    assert not is_found(lines.format(allowed="('a', 'b')"))
