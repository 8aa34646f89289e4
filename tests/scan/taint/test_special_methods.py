"""Operators and conditions call what a class of the project defines, on either side, and believe its answer."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import checks

COMMAND = "event.command"

# What runs a method of `P`, whose body ends with its only argument.
USES: dict[str, tuple[str, str]] = {
    "left operator": ("def __or__(self, x)", "P() | {}"),
    "right operator": ("def __ror__(self, x)", "{} | P()"),
    "right of a text": ("def __radd__(self, x)", "{} + P()"),
    "right of a constant's percent": ("def __rmod__(self, x)", "{} % P()"),
    "matrix product": ("def __matmul__(self, x)", "P() @ {}"),
    "in place": ("def __iadd__(self, x)", "p += {}"),
    "equality": ("def __eq__(self, x)", "P() == {}"),
    "equality from the right": ("def __eq__(self, x)", "{} == P()"),
    "inequality by equality": ("def __eq__(self, x)", "P() != {}"),
    "order": ("def __lt__(self, x)", "P() < {}"),
    "order from the right": ("def __gt__(self, x)", "{} < P()"),
}


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("is_harmful", [True, False], ids=["tainted", "constant"])
def test_an_operator_runs_the_method_of_the_class(name: str, is_harmful: bool) -> None:
    head, use = USES[name]
    source = (
        f"import os\nclass P:\n    {head}:\n        os.system(x)\n        return self\n"
        f"def handler(event, context):\n    p = P()\n    {use.format(chr(101) + 'vent[`q`]' if is_harmful else '`ls`')}\n"
    ).replace("`", "'")
    assert (COMMAND in checks(source)) is is_harmful


@pytest.mark.parametrize("name", ["__bool__", "__len__"])
@pytest.mark.parametrize(
    "use", ["if v: pass", "while v: break", "v and 1", "1 if v else 2", "not v", "bool(v)"]
)
def test_a_condition_runs_the_method_that_decides_it(name: str, use: str) -> None:
    source = f"""
    import os
    class Value:
        def __init__(self, text):
            self.text = text
        def {name}(self):
            os.system(self.text)
            return 1
    def handler(event, context):
        v = Value({{}})
        {use}
    """
    assert COMMAND in checks(source.format("event['q']"))
    assert COMMAND not in checks(source.format("'ls'"))


@pytest.mark.parametrize(("answer", "is_reached"), [("False", True), ("True", False)])
def test_an_object_is_as_true_as_its_class_says(answer: str, is_reached: bool) -> None:
    source = f"""
    import os
    class Allowed:
        def __bool__(self):
            return {answer}
    def handler(event, context):
        if Allowed():
            return None
        os.system(event['q'])
    """
    assert (COMMAND in checks(textwrap.dedent(source))) is is_reached


def test_an_object_that_is_a_list_may_be_empty() -> None:
    source = """
    import os
    class Names(list):
        pass
    def handler(event, context):
        if Names():
            return None
        os.system(event['q'])
    """
    assert COMMAND in checks(source)
