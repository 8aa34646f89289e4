"""The same call by another name, by another caller, or with its arguments passed another way."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import checks

COMMAND = "event.command"

# Lines before the handler, and a body in which WORD is tainted or constant.
WAYS: dict[str, tuple[str, str]] = {
    "builtins by item": ("", "__builtins__['__import__']('os').system(WORD)"),
    "attribute of a spelt module": ("", "__import__('o' + 's').system(WORD)"),
    "imported by name": ("import importlib", "importlib.import_module('os').system(WORD)"),
    "sys.modules": ("import sys", "sys.modules['os'].system(WORD)"),
    "vars of a module": ("", "vars(os)['system'](WORD)"),
    "dict of a module": ("", "os.__dict__['sys' + 'tem'](WORD)"),
    "globals": ("", "globals()['os'].system(WORD)"),
    "globals written": ("globals()['run'] = os.system", "run(WORD)"),
    "locals": ("", "x = WORD\nos.system(locals()['x'])"),
    "dict of an object": ("class C: pass", "c = C()\nc.__dict__['x'] = WORD\nos.system(c.x)"),
    "vars of an object": ("class C: pass", "c = C()\nvars(c).update({'x': WORD})\nos.system(c.x)"),
    "methodcaller": ("import operator", "operator.methodcaller('system', WORD)(os)"),
    "attrgetter": ("import operator", "operator.attrgetter('system')(os)(WORD)"),
    "class made by type": ("", "type('C', (), {'run': lambda self, x: os.system(x)})().run(WORD)"),
    "exec of a constant": ("exec('def run(x):\\n    os.system(x)')", "run(WORD)"),
    "exec into a dict": ("", "names = {}\nexec('import os\\nrun = os.system', names)\nnames['run'](WORD)"),
    "eval of a constant": ("run = eval('lambda x: os.system(x)')", "run(WORD)"),
    "key of sorted": ("", "sorted([WORD], key=os.system)"),
    "key of max": ("", "max([WORD, 'a'], key=lambda x: os.system(x))"),
    "re.sub": ("import re", "re.sub('.+', lambda m: str(os.system(m.group(0))), WORD)"),
    "object_hook": ("import json", "json.loads(WORD, object_hook=lambda d: os.system(d['x']))"),
    "starmap": ("import itertools", "list(itertools.starmap(os.system, [(WORD,)]))"),
    "atexit": ("import atexit", "atexit.register(os.system, WORD)"),
    "weakref": ("import weakref\nclass C: pass", "c = C()\nweakref.finalize(c, os.system, WORD)"),
    "exit stack": ("import contextlib", "with contextlib.ExitStack() as s:\n s.callback(os.system, WORD)"),
    "pool map": (
        "from concurrent.futures import ThreadPoolExecutor as P",
        "with P() as p:\n p.map(os.system, [WORD])",
    ),
    "thread by keywords": (
        "from threading import Thread",
        "Thread(target=os.system, kwargs={'command': WORD}).start()",
    ),
    "thread by position": ("from threading import Thread", "Thread(None, os.system, None, (WORD,)).start()"),
    "thread's class": (
        (
            "from threading import Thread\nclass T(Thread):\n def __init__(self, x):\n  super().__init__()\n  self.x = x\n"
            " def run(self): os.system(self.x)"
        ),
        "T(WORD).start()",
    ),
    "keyword argument": ("", "os.system(command=WORD)"),
    "keyword in a dict": ("", "os.system(**{'command': WORD})"),
    "heap": ("import heapq", "h = []\nheapq.heappush(h, WORD)\nos.system(heapq.heappop(h))"),
    "environment": ("", "os.environ['X'] = WORD\nos.system(os.environ['X'])"),
    "environment by get": ("", "os.environ['X'] = WORD\nos.system(os.environ.get('X'))"),
    "characters as numbers": ("", "os.system(''.join(chr(ord(c) ^ 1) for c in WORD))"),
    "bytes of numbers": ("", "os.system(bytes(ord(c) for c in WORD).decode())"),
    "returned by a generator": (
        "def g(x):\n yield 1\n return x\ndef h(x):\n y = yield from g(x)\n os.system(y)",
        "list(h(WORD))",
    ),
    "positional pattern": (
        "class C:\n __match_args__ = ('x',)\n def __init__(self, x): self.x = x",
        "match C(WORD):\n case C(x): os.system(x)",
    ),
    "what int() says": ("", "try:\n int(WORD)\nexcept ValueError as e:\n os.system(str(e))"),
    "deep in lists": ("", "os.system(str([[[[[[[[[WORD]]]]]]]]]))"),
}


def _source(before: str, body: str, word: str) -> str:
    lines = textwrap.indent(body.replace("WORD", word), "    ")
    return f"import os\n{before}\ndef handler(event, context):\n{lines}\n"


@pytest.mark.parametrize("name", WAYS)
def test_a_call_is_seen_whatever_the_way(name: str) -> None:
    assert COMMAND in checks(_source(*WAYS[name], "event['q']"))


@pytest.mark.parametrize("name", WAYS)
def test_a_constant_on_the_same_way_is_no_finding(name: str) -> None:
    assert COMMAND not in checks(_source(*WAYS[name], "'12'"))


# A sanitiser that the program has put something else in the place of is none.
@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("import shlex\nshlex.quote = str", "shlex.quote"),
        ("import shlex\nsetattr(shlex, 'quote', str)", "shlex.quote"),
        ("import shlex\nshlex.__dict__['quote'] = str", "shlex.quote"),
        ("import shlex\nvars(shlex).update(quote=str)", "shlex.quote"),
        ("import shlex\nshlex.quote = str\nfrom shlex import quote", "quote"),
        ("import builtins\nbuiltins.int = str", "int"),
        ("import builtins\nsetattr(builtins, 'int', str)", "int"),
        ("__builtins__['int'] = str", "int"),
        ("globals()['int'] = str", "int"),
        ("globals().update(int=str)", "int"),
        ("class int(str): pass", "int"),
    ],
)
def test_a_replaced_sanitiser_is_not_believed(before: str, call: str) -> None:
    body = "os.system('ls ' + str({}(event['q'])))"
    assert COMMAND in checks(_source(before, body.format(call), ""))


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("import shlex\nnames = {}\nnames['quote'] = str", "shlex.quote"),
        ("from shlex import quote\nimport shlex\nshlex.join = str", "quote"),
        ("def f():\n int = str", "int"),
        ("import shlex", "vars(shlex)['quote']"),
        ("import importlib", "importlib.import_module('shlex').quote"),
    ],
)
def test_a_sanitiser_in_its_place_is_believed(before: str, call: str) -> None:
    body = "os.system('ls ' + str({}(event['q'])))"
    assert COMMAND not in checks(_source(before, body.format(call), ""))


@pytest.mark.parametrize(
    "kind",
    [
        "class int: pass",
        "class M(type):\n def __instancecheck__(cls, one): return True\nclass Number(metaclass=M): pass\nint = Number",
    ],
)
def test_a_class_that_is_called_like_a_type_proves_nothing(kind: str) -> None:
    body = "q = event['q']\nif not isinstance(q, int):\n os.system('ls ' + q)"
    assert COMMAND in checks(_source(kind, body, ""))


@pytest.mark.parametrize(
    ("text", "is_harmful"),
    [
        ("shlex.quote(q)", False),
        ("shlex.quote(q).strip()", False),
        ("shlex.quote(q[1:-1].replace(\"'\", ''))", False),
        ("str(int(q))[1:]", False),
        ("shlex.quote(q)[1:-1]", True),
        ("shlex.quote(q)[:40]", True),
        ('shlex.quote(q).strip("\'")', True),
        ("shlex.quote(q).replace(\"'\", '')", True),
    ],
)
def test_quotes_protect_while_they_are_there(text: str, is_harmful: bool) -> None:
    body = f"q = event['q']\nos.system('ls ' + {text})"
    assert (COMMAND in checks(_source("import shlex", body, ""))) is is_harmful
