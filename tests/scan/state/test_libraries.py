"""What library calls answer is made of what they are given, and whom they call back is followed."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

from dayfly.scan.model import Severity

START = "import copy, csv, json, re\nfrom concurrent.futures import ThreadPoolExecutor\nKEPT = []\n"
ANSWERS = [
    "json.dumps(event['user'])",
    "json.loads(event['body'])['user']",
    "str(event['user'])",
    "re.sub('a', 'b', event['user'])",
    "copy.deepcopy(event)",
    "dict(event, more=1)",
    "sorted(event['users'])",
    "next(iter(event['users']))",
    "unknown_package.clean(event['user'])",
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_holds_what_the_call_was_given(answer: str) -> None:
    code = f"import unknown_package\n{START}def handler(event, context):\n    before = list(KEPT)\n    KEPT.append({answer})\n    return before\n"
    assert [one.check for one in found(code)] == ["state.container"]
    constant = code.replace(f"KEPT.append({answer})", "KEPT.append(json.dumps('started'))")
    assert not [one for one in found(constant) if one.severity is Severity.HIGH]


CALLBACKS = [
    "list(map(keep, event['users']))",
    "ThreadPoolExecutor().submit(keep, event['user']).result()",
    "re.sub('a', keep, event['user'])",
]


@pytest.mark.parametrize("call", CALLBACKS)
def test_a_function_that_a_library_is_given_is_called(call: str) -> None:
    code = f"{START}def keep(what):\n    KEPT.append(what)\ndef handler(event, context):\n    {call}\n    return KEPT\n"
    assert "state.container" in {one.check for one in found(code)}
    honest = code.replace("    KEPT.append(what)\n", "    return what\n")
    assert "state.container" not in {one.check for one in found(honest)}


def test_a_copy_is_not_what_it_was_made_of() -> None:
    code = f"{START}def handler(event, context):\n    mine = {{}}(KEPT)\n    mine.append(event['user'])\n    return mine\n"
    assert not found(code.format("list"))
    assert not found(code.format("copy.copy"))
    assert not found(code.format("copy.deepcopy"))
