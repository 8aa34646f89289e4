"""Hostile and huge programs: a bounded, named result, never an exception."""

from __future__ import annotations

import pytest
from tests.scan.taint.snippets import checks, project_of, run

from dayfly.scan.model import Place
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction

HANDLER = "import os\ndef handler(event, context):\n    q = event['q']\n"
BRANCHES = "".join(f"    if context.a{n}: x{n} = q\n    else: x{n} = 'a'\n" for n in range(400))
DEEP_SUM = "    os.system(" + " + ".join(["'a'"] * 3000) + " + q)\n"
DEEP_CALLS = "    os.system(" + "str(" * 80 + "q" + ")" * 80 + ")\n"
ELIFS = (
    "    if q == 'a0': pass\n"
    + "".join(f"    elif q == 'a{n}': x = {n}\n" for n in range(300))
    + "    os.system(q)\n"
)
CHAIN = (
    "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(300)) + "def f300(x):\n    return x\n"
)


@pytest.mark.parametrize(
    "body",
    [
        BRANCHES + "    os.system(x399)\n",
        DEEP_SUM,
        DEEP_CALLS,
        ELIFS,
        "    while True:\n        q = q + 'a'\n        os.system(q)\n",
        "    x = [q]\n    x.append(x)\n    os.system(str(x))\n",
        "    d = {}\n    d['d'] = d\n    d['q'] = q\n    os.system(d['q'])\n",
        "    for a in q:\n        for b in q:\n            for c in q:\n                for d in q:\n                    os.system(a + b + c + d)\n",
        "    y = 'a' * 10**9\n    z = 2 ** 10**9\n    w = '%1000000000d' % 5\n    os.system(q)\n",
        "    v = f'{5:1000000000}'\n    u = 'x'.ljust(10**10)\n    os.system(q)\n",
        "    t = 'ab'.replace('', 'x' * 50000).replace('x', 'y' * 50000)\n    os.system(q)\n",
    ],
)
def test_large_and_odd_bodies_are_followed_to_the_sink(body: str) -> None:
    assert checks(HANDLER + body) == {"event.command"}


@pytest.mark.parametrize(
    "source",
    [
        "def handler(event, context):\n    return handler(event, context)\n",
        "def handler(event, context):\n    return (lambda f: f(f))(lambda f: f(f))\n",
        "class A:\n    def __getattr__(self, n): return getattr(self, n)\ndef handler(event, context):\n    return A().x\n",
        "class A(A): pass\ndef handler(event, context):\n    return A()\n",
        "import app\nfrom app import *\ndef handler(event, context):\n    return app.handler(event, context)\n",
        "handler = 5\n",
        "handler = lambda event, context: event\n",
        "def handler(): return 1\n",
        "def handler(*, x): return x\n",
        "raise SystemExit\ndef handler(event, context): pass\n",
        "import re\nre.compile('(((')\ndef handler(event, context):\n    return re.match('[', event['x'])\n",
        "def handler(event, context):\n    match event:\n        case {'a': [x, *_]} if x: return x\n        case _: return 1\n",
        "def handler(event, context):\n    try: pass\n    except* ValueError: pass\n",
        "def handler(event, context):\n    a = b = event; del a; global c; c = a; yield b\n",
        "@undefined.thing(1)\ndef handler(event, context): return nothing.at[all](*event, **event)\n",
    ],
)
def test_programs_that_make_no_sense_are_no_trouble(source: str) -> None:
    run(source)


def test_a_long_chain_of_calls_keeps_its_taint() -> None:
    assert checks(f"import os\n{CHAIN}def handler(event, context):\n    os.system(f0(event['q']))\n") == {
        "event.command"
    }


def test_broken_syntax_is_a_note() -> None:
    project = project_of({"app.py": "def handler(:\n"})
    entry = Entry(LambdaFunction("f", "app.handler", Place("app.py")), project.python["app.py"], "handler")
    result = analyse(project, entry)
    assert result.findings == ()
    assert [note.kind for note in result.notes] == ["not analysable"]
    assert find_routes(project) == ()


def test_a_handler_that_is_not_there_is_a_note() -> None:
    assert [note.kind for note in run("x = 1\n").notes] == ["could not resolve"]


def test_a_result_names_the_files_it_depends_on() -> None:
    result = run(
        "import helper\ndef handler(event, context): return 1\n",
        files={"helper.py": "import other\n", "other.py": "", "x.py": ""},
    )
    assert result.files == {"app.py", "helper.py", "other.py"}


def test_an_entry_leaves_no_trace_for_the_next() -> None:
    project = project_of(
        {
            "app.py": "import os\nS = {}\ndef one(event, context): S['x'] = event['x']\ndef two(event, context): os.system(S['x'])\n"
        }
    )
    file = project.python["app.py"]
    for name in ("one", "two"):
        assert (
            analyse(project, Entry(LambdaFunction(name, f"app.{name}", Place("app.py")), file, name)).findings
            == ()
        )
