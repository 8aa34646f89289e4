"""The pages of `event` and `weak`: an attack that works on one handler and not on its fixed twin."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import dayfly.scan
from dayfly.scan.checks import CHECKS

PAGES = Path(dayfly.scan.__file__).parent / "pages"
IDS = [name for name in CHECKS if name.startswith(("event.", "weak."))]
TRIALS = [name for name in IDS if (PAGES / name / "trial.json").exists()]
# Without a server of its own there is nothing to attack, and what is guessed or encrypted shows in no answer.
WITHOUT_TRIAL = {
    "event.nosql",
    "event.ldap",
    "weak.randomness",
    "weak.hash",
    "weak.cipher",
    "weak.cookie-script",
}

# As a warm environment does: one import, then event after event; an exception is an answer.
DRIVER = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("page", sys.argv[1])
sys.modules["page"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
handler, answers = module.handler, []
for event in json.load(sys.stdin):
    try:
        answers.append(handler(event, None))
    except Exception as error:
        answers.append({"errorType": type(error).__name__, "errorMessage": str(error)})
print(json.dumps(answers))
"""


def answers(page: str, version: str, events: list[object]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(PAGES / page / version)],
        input=json.dumps(events),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return [json.dumps(one) for one in json.loads(done.stdout)]


@pytest.mark.parametrize("page", IDS)
def test_every_check_has_two_handlers_of_which_nothing_else_differs_in_kind(page: str) -> None:
    for version in ("vulnerable.py", "fixed.py"):
        tree = ast.parse((PAGES / page / version).read_text("utf-8"))
        assert ast.get_docstring(tree)
        functions = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "handler"]
        assert [[argument.arg for argument in one.args.args] for one in functions] == [["event", "context"]]


def test_every_check_but_those_with_a_reason_has_a_trial() -> None:
    assert set(IDS) - set(TRIALS) == WITHOUT_TRIAL


HONEST: dict[str, tuple[object, str]] = {
    "event.code": ({"body": json.dumps({"item": "pen", "card": "1234", "formula": "single"})}, "pen"),
    "event.command": ({"queryStringParameters": {"name": "a b.pdf"}}, "document a b.pdf"),
    "event.deserialisation": (
        {"body": "WyJwZW4iXQ==", "queryStringParameters": {"name": "Ada"}},
        "A., 1 things",
    ),
    "event.header": ({"queryStringParameters": {"language": "en"}}, "language=en"),
    "event.html": ({"queryStringParameters": {"q": "pens"}}, "Nothing found for pens"),
    "event.log": ({"queryStringParameters": {"name": "ada"}}, "ada"),
    "event.path": ({"queryStringParameters": {"report": "prices.txt"}}, "lamp: 10"),
    "event.redirect": ({"queryStringParameters": {"next": "/basket"}}, "/basket"),
    "event.request": ({"queryStringParameters": {"picture": "cat.png"}}, "picture"),
    "event.sql": ({"queryStringParameters": {"customer": "ada"}}, "lamp"),
    "event.template": ({"body": json.dumps({"name": "Ada", "greeting": "welcome"})}, "Welcome back, Ada!"),
    "event.trust": (
        {"body": "{}", "requestContext": {"authorizer": {"claims": {"sub": "ada"}}}},
        "lamp",
    ),
    "event.xml": ({"body": "<order>two pens</order>"}, "two pens"),
    "event.xpath": ({"queryStringParameters": {"name": "ada"}}, "basic"),
    "weak.cookie": ({}, "session="),
}


@pytest.mark.parametrize("page", TRIALS)
def test_attack_succeeds_on_the_vulnerable_handler_and_the_fixed_one_still_serves(page: str) -> None:
    trial = json.loads((PAGES / page / "trial.json").read_text("utf-8"))
    which, text = trial["succeeds_when"]["answer"], trial["succeeds_when"]["contains"]
    assert text in answers(page, "vulnerable.py", trial["events"])[which]
    event, expected = HONEST[page]
    *attacked, served = answers(page, "fixed.py", [*trial["events"], event])
    assert text not in attacked[which]
    assert expected in served
