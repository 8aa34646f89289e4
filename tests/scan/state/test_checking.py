"""Handlers are found under every kind of name, and nothing that is scanned makes it fail."""

from __future__ import annotations

import pytest
from tests.scan.state.following import entry_of, found, project_of, said

from dayfly.scan.model import Finding, Note, NoteKind, Place, Step
from dayfly.scan.source.project import PythonFile
from dayfly.scan.state.checking import check_effects, check_file
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.taint.results import Effect, EffectKind


@pytest.mark.parametrize(
    ("text", "qualname"),
    [
        ("ORDERS = []\ndef handler(event, context):\n    ORDERS.append(event)\n    return ORDERS\n", "handler"),
        ("ORDERS = []\nasync def handler(event, context):\n    ORDERS.append(event)\n    return ORDERS\n", "handler"),
        ("ORDERS = []\nhandler = lambda event, context: ORDERS.append(event) or ORDERS\n", "handler"),
        ("ORDERS = []\ndef run(event, context):\n    ORDERS.append(event)\n    return ORDERS\nhandler = run\n", "handler"),
        (
            "ORDERS = []\nclass App:\n    def run(self, event, context):\n        ORDERS.append(event)\n        return ORDERS\n",
            "App.run",
        ),
        (
            ("ORDERS = []\nclass App:\n    def run(self, event, context):\n        ORDERS.append(event)\n        return ORDERS\n"
            "handler = App().run\n"),
            "handler",
        ),
        (("def make():\n    orders = []\n    def run(event, context):\n        orders.append(event)\n        return orders\n"
         "    return run\nhandler = make()\n"), "handler"),
    ],
)  # fmt: skip
def test_handler_is_found_under_its_name(text: str, qualname: str) -> None:
    assert any(isinstance(one, Finding) for one in said(text, qualname=qualname))


@pytest.mark.parametrize(
    ("value", "is_found"),
    [
        ("context.identity.cognito_identity_id", True),
        ("context.client_context.custom", True),
        ("context.function_name", False),
        ("context.memory_limit_in_mb", False),
    ],
)
def test_who_calls_is_the_callers_and_the_rest_of_the_context_is_not(value: str, is_found: bool) -> None:
    text = f"LOG = []\ndef handler(event, context):\n    LOG.append({value})\n    return LOG\n"
    assert bool(found(text)) is is_found


def test_attribute_of_the_context_is_this_events() -> None:
    assert not found(
        "def handler(event, context):\n    context.user = event['user']\n    return context.user\n"
    )


def test_handler_that_does_not_exist_says_nothing() -> None:
    assert said("x = 1\n") == []


def test_file_that_is_no_python_says_nothing() -> None:
    assert said("def (\n") == []


def test_a_file_alone_says_nothing() -> None:
    assert list(check_file(PythonFile("app.py", b"ORDERS = []\n"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "def handler(event, context):\n    return handler(event, context)\n",
        "class A(A): pass\ndef handler(event, context):\n    return A().x\n",
        "class A(B): pass\nclass B(A): pass\ndef handler(event, context):\n    return A().x\n",
        "x = x\ndef handler(event, context):\n    global x\n    x = x\n    return x\n",
        "from app import handler\ndef handler(event, context=handler): return event\n",
        "f = lambda g: g(g)\ndef handler(event, context):\n    return f(f)\n",
        "def handler(*event, **context):\n    return event[0]\n",
        "def handler():\n    return 1\n",
        "def handler(event, context):\n    del event, context, nothing\n    return event\n",
        "def handler(event, context):\n    (a, *b), c[0], d.e = event\n    return a, b\n",
        "def handler(event, context):\n    match event:\n        case {'a': [x, *y], **z}: return x\n        case _: pass\n",
        "def handler(event, context):\n    return [y for x in event if x for y in x]\n",
        "def handler(event, context):\n    while True:\n        try:\n            continue\n        finally:\n            break\n",
        "def a(e): return b(e), b(e)\ndef b(e): return a(e), a(e)\ndef handler(event, context):\n    return a(event)\n",
        "def deco(f): return deco\n@deco\n@deco(deco)\ndef handler(event, context):\n    return event\n",
        "class M(type):\n    def __call__(cls, *a): return cls\nclass C(metaclass=M): x = []\ndef handler(event, context):\n    C(event).x.append(event)\n",
        "def handler(event, context):\n    open(*event, **event).write(event)\n",
        "def handler(event, context):\n    '{'.format(event); '}{'.format(1); return '%'% event\n",
    ],
)
def test_strange_code_ends_with_an_answer(text: str) -> None:
    for one in said(text):
        assert isinstance(one, Finding | Note)


def test_code_that_is_nested_too_deeply_is_bounded_by_name() -> None:
    text = "def handler(event, context):\n    return " + "+".join(["event['x']"] * 20_000) + "\n"
    notes = [one for one in said(text) if isinstance(one, Note)]
    assert all(note.kind is NoteKind.BOUNDED for note in notes)


def test_what_takes_too_long_is_bounded_by_name() -> None:
    # Four calls in each, none with the same argument as another: 4 to the power of 12.
    body = "    f{1}(x['a']); f{1}(x['b']); f{1}(x['c'])\n    return f{1}(x['d'])\n"
    functions = "".join(f"def f{n}(x):\n" + body.replace("{1}", str(n + 1)) for n in range(12))
    text = functions + "def f12(x):\n    return x\ndef handler(event, context):\n    return f0(event)\n"
    (note,) = said(text)
    assert isinstance(note, Note)
    assert note.kind is NoteKind.BOUNDED


def test_routes_of_one_application_read_what_each_other_keeps() -> None:
    text = (
        "from flask import Flask, request\napp = Flask(__name__)\nuser = None\n"
        "@app.post('/login')\ndef login():\n    global user\n    user = request.json['user']\n    return 'ok'\n"
        "@app.get('/me')\ndef me():\n    return {'user': user}\n"
    )
    project = project_of({"app.py": text})
    findings = [
        one
        for entry in find_routes(project)
        for one in check_effects(entry, analyse(project, entry), project)
        if isinstance(one, Finding)
    ]
    assert [(one.check, one.place.line) for one in findings] == [("state.global", 7)]
    assert "line 11" in findings[0].harm


def test_other_files_are_followed() -> None:
    text = (
        "import store\ndef handler(event, context):\n    store.add(event['x'])\n    return store.all_of()\n"
    )
    store = "_rows = []\ndef add(row):\n    _rows.append(row)\ndef all_of():\n    return _rows\n"
    (finding,) = found(text, more={"store.py": store})
    assert finding.place.path == "store.py"


def test_what_the_engine_knows_to_be_no_event_data_is_no_finding() -> None:
    text = "LOG = []\ndef handler(event, context):\n    LOG.append(event['x'])\n    return LOG\n"
    effect = Effect(EffectKind.MODULE_STATE, "app.LOG", Place("app.py", 3, 5), "LOG.append(…)")
    assert not [one for one in said(text, effects=[effect]) if isinstance(one, Finding)]


def test_change_that_the_engine_alone_saw_is_told_with_its_steps() -> None:
    text = "def handler(event, context):\n    return 1\ndef elsewhere(x):\n    LOG.append(x)\n"
    steps = (Step(Place("app.py", 1), "the event"), Step(Place("app.py", 4), "LOG.append(x)"))
    effect = Effect(EffectKind.MODULE_STATE, "app.LOG", Place("app.py", 4, 5), "LOG.append(x)", steps)
    (finding,) = said(text, effects=[effect])
    assert isinstance(finding, Finding)
    assert finding.steps == steps


def test_entries_of_one_project_do_not_disturb_each_other() -> None:
    text = "A = []\ndef one(event, context):\n    A.append(event)\n    return A\ndef two(event, context):\n    return 1\n"
    project = project_of({"app.py": text})
    first = list(check_effects(entry_of(project, "one"), analyse(project, entry_of(project, "one")), project))
    second = list(
        check_effects(entry_of(project, "two"), analyse(project, entry_of(project, "two")), project)
    )
    again = list(check_effects(entry_of(project, "one"), analyse(project, entry_of(project, "one")), project))
    assert first == again
    assert first
    assert not second
