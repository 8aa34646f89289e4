"""Python as the engine runs it: twins that differ in one thing, the first of which reaches `os.system`."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import checks

COMMAND = "event.command"

# name: (lines before the handler, unsafe body, safe body); the body ends with `bar`, which is run as a command.
TWINS: dict[str, tuple[str, str, str]] = {
    "arithmetic": ("", "bar = q if 7 * 42 - 106 > 180 else 'x'", "bar = q if 7 * 42 - 106 > 200 else 'x'"),
    "match": (
        "",
        "match 'ABC'[1]:\n case 'A': bar = 'x'\n case 'B': bar = q\n case _: bar = 'y'",
        "match 'ABC'[2]:\n case 'A': bar = q\n case 'C' | 'D': bar = 'x'\n case _: bar = q",
    ),
    "dictionary": (
        "",
        "m = {}\nm['a'] = 'x'\nm['b'] = q\nbar = m['b']",
        "m = {}\nm['a'] = 'x'\nm['b'] = q\nbar = m['a']",
    ),
    "dictionary twice": (
        "",
        "m = {'a': 'x', 'b': q}\nbar = m['a']\nbar = m['b']",
        "m = {'a': 'x', 'b': q}\nbar = m['b']\nbar = m['a']",
    ),
    "list pop": (
        "",
        "v = ['safe']\nv.append(q)\nv.append('more')\nv.pop(0)\nbar = v[0]",
        "v = ['safe']\nv.append(q)\nv.append('more')\nv.pop(0)\nbar = v[1]",
    ),
    "configparser": (
        "import configparser",
        "c = configparser.ConfigParser()\nc.add_section('s')\nc.set('s', 'a', 'x')\nc.set('s', 'b', q)\nbar = c.get('s', 'b')",
        "c = configparser.ConfigParser()\nc.add_section('s')\nc.set('s', 'a', 'x')\nc.set('s', 'b', q)\nbar = c.get('s', 'a')",
    ),
    "slice": (
        "",
        "s = 'help' + q + 'snapes on a plane'\nbar = s[4:-17]",
        "s = 'help' + q + 'snapes on a plane'\nbar = s[:4]",
    ),
    "slice of the end": ("", "s = q + 'tail'\nbar = s[:-4]", "s = q + 'tail'\nbar = s[-4:]"),
    "in a constant": (
        "",
        "bar = 'This should never happen'\nif 'should' in bar: bar = q",
        "bar = 'This should never happen'\nif 'shall' in bar: bar = q",
    ),
    "early return": (
        "",
        "n = 3\nif n > 5: return None\nbar = q",
        "n = 3\nif n < 5: return None\nbar = q",
    ),
    "while": (
        "",
        "i = 0\nbar = ''\nwhile i < 3:\n  bar = q if i == 2 else 'x'\n  i += 1",
        "i = 0\nbar = ''\nwhile i < 3:\n  bar = q if i == 1 else 'x'\n  i += 1",
    ),
    "for else": (
        "",
        "bar = 'x'\nfor i in range(3):\n  if i == 5: break\nelse:\n  bar = q",
        "bar = 'x'\nfor i in range(3):\n  if i == 1: break\nelse:\n  bar = q",
    ),
    "thing factory": (
        "class One:\n def do(self, p): return p\nclass Two:\n def do(self, p): return 'x'\ndef make(name):\n if name == 'one': return One()\n return Two()",
        "bar = make('one').do(q)",
        "bar = make('two').do(q)",
    ),
    "inheritance": (
        "class A:\n def get(self, p): return p\nclass B(A):\n pass\nclass C(A):\n def get(self, p):\n  super().get(p)\n  return 'x'",
        "bar = B().get(q)",
        "bar = C().get(q)",
    ),
    "property": (
        "class A:\n def __init__(self, a, b): self._a = a; self._b = b\n @property\n def a(self): return self._a\n @property\n def b(self): return self._b",
        "bar = A(q, 'x').a",
        "bar = A(q, 'x').b",
    ),
    "setter": (
        "class A:\n @property\n def v(self): return self._v\n @v.setter\n def v(self, new): self._v = new",
        "a = A()\na.v = q\nbar = a.v",
        "a = A()\na.v = q\na.v = 'x'\nbar = a.v",
    ),
    "call": (
        "class A:\n def __init__(self, w): self.w = w\n def __call__(self, p): return p if self.w else 'x'",
        "bar = A(True)(q)",
        "bar = A(False)(q)",
    ),
    "closure": (
        "def outer(p):\n def inner(w): return p if w else 'x'\n return inner",
        "bar = outer(q)(1)",
        "bar = outer(q)(0)",
    ),
    "nonlocal": (
        "def count(p):\n state = 'x'\n def change():\n  nonlocal state\n  state = p\n def nothing(): return p\n return change, nothing, lambda: state",
        "c, n, g = count(q)\nc()\nbar = g()",
        "c, n, g = count(q)\nn()\nbar = g()",
    ),
    "decorator": (
        "import functools\ndef drop(f):\n @functools.wraps(f)\n def inner(*a, **k): return f('x', *a[1:], **k)\n return inner\ndef keep(f):\n @functools.wraps(f)\n def inner(*a, **k): return f(*a, **k)\n return inner\n@keep\ndef one(p): return p\n@drop\ndef two(p): return p",
        "bar = one(q)",
        "bar = two(q)",
    ),
    "decorator with arguments": (
        "def fixed(value):\n def wrap(f):\n  def inner(p): return f(value if value is not None else p)\n  return inner\n return wrap\n@fixed(None)\ndef one(p): return p\n@fixed('x')\ndef two(p): return p",
        "bar = one(q)",
        "bar = two(q)",
    ),
    "generator": (
        "def gen(p):\n yield 'x'\n yield p",
        "bar = list(gen(q))[1]",
        "bar = list(gen(q))[0]",
    ),
    "next": (
        "def gen(p):\n yield 'x'\n yield p",
        "g = gen(q)\nnext(g)\nbar = next(g)",
        "g = gen(q)\nbar = next(g)",
    ),
    "async": (
        "import asyncio\nasync def one(p): return p\nasync def two(p): return 'x'\nasync def both(p): return await asyncio.gather(one(p), two(p))",
        "bar = asyncio.run(both(q))[0]",
        "bar = asyncio.run(both(q))[1]",
    ),
    "keyword arguments": (
        "def f(*args, first='x', **rest): return first, rest",
        "bar = f(1, first='y', other=q)[1]['other']",
        "bar = f(1, first='y', other=q)[0]",
    ),
    "star": ("", "a, *b, c = ['x', q, 'y', 'z']\nbar = b[0]", "a, *b, c = ['x', q, 'y', 'z']\nbar = c"),
    "swap": ("", "a, b = q, 'x'\na, b = b, a\nbar = b", "a, b = q, 'x'\na, b = b, a\nbar = a"),
    "walrus": ("", "if (n := q): bar = n\nelse: bar = 'x'", "if (n := 'x'): bar = n\nelse: bar = q"),
    "format": ("", "bar = '{1} {0}'.format('x', q)", "bar = '{0} {0}'.format('x', q)"),
    "format by name": ("", "bar = '%(b)s' % {'a': 'x', 'b': q}", "bar = '%(a)s' % {'a': 'x', 'b': q}"),
    "number format": ("", "bar = f'ls {q}'", "bar = f'ls {int(q):d}'"),
    "percent d": ("", "bar = 'ls %s' % q", "bar = 'ls %d' % int(q)"),
    "join": ("", "bar = ' '.join(['ls', q])", "bar = ' '.join(['ls', q][:1])"),
    "map": (
        "",
        "bar = list(map(lambda p: p, ['x', q]))[1]",
        "bar = list(map(lambda p: p, ['x', q]))[0]",
    ),
    "filter": (
        "",
        "bar = list(filter(lambda p: p != 'x', ['x', q]))[0]",
        "bar = list(filter(lambda p: p == 'x', ['x', 'y']))[0] + str(len(q))",
    ),
    "comprehension": (
        "",
        "bar = [p for i, p in enumerate(['x', q]) if i == 1][0]",
        "bar = [p for i, p in enumerate(['x', q]) if i == 0][0]",
    ),
    "zip": (
        "",
        "d = dict(zip(['a', 'b'], ['x', q]))\nbar = d['b']",
        "d = dict(zip(['a', 'b'], ['x', q]))\nbar = d['a']",
    ),
    "partial": (
        "from functools import partial\ndef f(a, b): return a",
        "bar = partial(f, q)('x')",
        "bar = partial(f, 'x')(q)",
    ),
    "reduce": (
        "from functools import reduce",
        "bar = reduce(lambda a, b: a + b, ['x', q], '')",
        "bar = reduce(lambda a, b: a + b, ['x', 'y'], '') + str(bool(q))",
    ),
    "dispatch": (
        "def one(p): return p\ndef two(p): return 'x'\nTABLE = {'one': one, 'two': two}",
        "bar = TABLE['one'](q)",
        "bar = TABLE['two'](q)",
    ),
    "getattr": (
        "class A:\n a = 'x'",
        "o = A()\nsetattr(o, 'b', q)\nbar = getattr(o, 'b')",
        "o = A()\nsetattr(o, 'b', q)\nbar = getattr(o, 'a')",
    ),
    "try": (
        "",
        "try:\n  n = int('5')\nexcept ValueError:\n  bar = 'x'\nelse:\n  bar = q",
        "try:\n  n = int('5')\nexcept ValueError:\n  bar = q\nelse:\n  bar = 'x'",
    ),
    "finally": (
        "",
        "bar = 'x'\ntry:\n  n = q\nfinally:\n  bar = q",
        "bar = q\ntry:\n  n = q\nfinally:\n  bar = 'x'",
    ),
    "raised": (
        "class Stop(Exception):\n pass\ndef f(w):\n if w: raise Stop()",
        "bar = 'x'\ntry:\n  f(True)\nexcept Stop:\n  bar = q",
        "bar = 'x'\ntry:\n  f(False)\nexcept Stop:\n  bar = q",
    ),
    "global": (
        "G = 'x'\ndef change(p):\n global G\n G = p",
        "change(q)\nbar = G",
        "change('y')\nbar = G + str(bool(q))",
    ),
    "namedtuple": (
        "from collections import namedtuple\nP = namedtuple('P', 'a b')",
        "bar = P(q, 'x').a",
        "bar = P(q, 'x').b",
    ),
    "dataclass": (
        "from dataclasses import dataclass, field\n@dataclass\nclass P:\n a: str\n b: str = 'x'\n c: list = field(default_factory=list)",
        "bar = P(q).a",
        "bar = P(q).b",
    ),
    "enum": (
        "import enum\nclass E(enum.Enum):\n A = 'a'\n B = 'b'",
        "bar = q + E.A.value",
        "bar = E(q).value",
    ),
    "deque": (
        "from collections import deque",
        "d = deque(['x'])\nd.appendleft(q)\nbar = d.popleft()",
        "d = deque(['x'])\nd.appendleft(q)\nbar = d.pop()",
    ),
    "queue": (
        "import queue",
        "k = queue.Queue()\nk.put('x')\nk.put(q)\nk.get()\nbar = k.get()",
        "k = queue.Queue()\nk.put('x')\nk.put(q)\nbar = k.get()",
    ),
    "defaultdict": (
        "from collections import defaultdict",
        "d = defaultdict(list)\nd['a'].append(q)\nbar = d['a'][0]",
        "d = defaultdict(list)\nd['a'].append(q)\nd['b'].append('x')\nbar = d['b'][0]",
    ),
    "string buffer": (
        "import io",
        "s = io.StringIO()\ns.write('ls ')\ns.write(q)\nbar = s.getvalue()",
        "s = io.StringIO()\ns.write('ls ')\nbar = s.getvalue() + str(len(q))",
    ),
    "json": (
        "import json",
        "bar = json.loads(json.dumps({'a': 'x', 'b': q}))['b']",
        "bar = json.loads(json.dumps({'a': 'x', 'b': q}))['a']",
    ),
    "context manager": (
        "import contextlib\n@contextlib.contextmanager\ndef hold(p):\n yield p",
        "with hold(q) as p: bar = p",
        "with hold('x') as p: bar = p + str(len(q))",
    ),
    "context class": (
        "class H:\n def __init__(self, p): self.p = p\n def __enter__(self): return self.p\n def __exit__(self, *a): return None",
        "with H(q) as p: bar = p",
        "with H('x') as p: bar = p + str(len(q))",
    ),
    "contextvar": (
        "import contextvars\nV = contextvars.ContextVar('V', default='x')",
        "V.set(q)\nbar = V.get()",
        "W = contextvars.ContextVar('W', default='x')\nW.set('y')\nV.set(q)\nbar = W.get()",
    ),
    "str method": (
        "class S:\n def __init__(self, p): self.p = p\n def __str__(self): return self.p",
        "bar = f'ls {S(q)}'",
        "bar = f'ls {S(\"x\")}' + str(len(q))",
    ),
    "item methods": (
        "class B:\n def __init__(self): self.d = {}\n def __getitem__(self, k): return self.d[k]\n def __setitem__(self, k, v): self.d[k] = v",
        "b = B()\nb['a'] = q\nbar = b['a']",
        "b = B()\nb['a'] = q\nb['c'] = 'x'\nbar = b['c']",
    ),
    "static and class methods": (
        "class M:\n @staticmethod\n def one(p): return p\n @classmethod\n def two(cls, p): return cls.__name__",
        "bar = M.one(q)",
        "bar = M.two(q)",
    ),
    "per instance": (
        "class I:\n def __init__(self): self.v = 'x'",
        "a, b = I(), I()\na.v = q\nbar = a.v",
        "a, b = I(), I()\na.v = q\nbar = b.v",
    ),
    "update": (
        "",
        "d = {'a': 'x'}\nd.update(a=q)\nbar = d['a']",
        "d = {'a': q}\nd.update({'a': 'x'})\nbar = d['a']",
    ),
    "delete": (
        "",
        "d = {'a': 'x', 'b': q}\ndel d['a']\nbar = list(d.values())[0]",
        "d = {'a': 'x', 'b': q}\ndel d['b']\nbar = list(d.values())[0]",
    ),
    "set default": (
        "",
        "d = {}\nd.setdefault('a', q)\nbar = d['a']",
        "d = {'a': 'x'}\nd.setdefault('a', q)\nbar = d['a']",
    ),
    "remove": (
        "",
        "v = ['x', q]\nv.remove('x')\nbar = v[0]",
        "v = [q, 'x']\nv.remove(q)\nbar = v[0]",
    ),
    "reversed": ("", "bar = list(reversed(['x', q]))[0]", "bar = list(reversed(['x', q]))[1]"),
    "sorted keys": (
        "",
        "d = {'b': q, 'a': 'x'}\nbar = [d[k] for k in sorted(d)][1]",
        "d = {'b': q, 'a': 'x'}\nbar = [d[k] for k in sorted(d)][0]",
    ),
    "merged": ("", "d = {'a': 'x'} | {'a': q}\nbar = d['a']", "d = {'a': q} | {'a': 'x'}\nbar = d['a']"),
    "spread": ("", "d = {**{'a': 'x'}, 'a': q}\nbar = d['a']", "d = {'a': q, **{'a': 'x'}}\nbar = d['a']"),
    "partition": (
        "",
        "bar = ('a=' + q).partition('=')[2]",
        "bar = ('a=' + q).partition('=')[0]",
    ),
    "split": ("", "bar = ('a,' + q).split(',')[1]", "bar = ('a,' + q).split(',')[0]"),
    "replace": ("", "bar = 'ls X'.replace('X', q)", "bar = 'ls X'.replace('X', 'y') + str(len(q))"),
    "encode": ("", "bar = q.encode().decode()", "bar = 'x'.encode().decode() + str(len(q))"),
    "recursion": (
        "def f(n, p): return p if n == 0 else f(n - 1, p)",
        "bar = f(1, q)",
        "bar = f(1, 'x') + str(len(q))",
    ),
    "and or": ("", "bar = '' or q", "bar = 'x' or q"),
    "and": ("", "bar = 'x' and q", "bar = '' and q"),
    "chained": ("", "bar = q if 1 < 2 < 3 else 'x'", "bar = q if 1 < 3 < 3 else 'x'"),
    "class attribute": (
        "class A:\n held = 'x'\n other = 'y'",
        "A.held = q\nbar = A.held",
        "A.held = q\nbar = A.other",
    ),
    "nested": (
        "",
        "d = {'a': [{'b': 'x'}, {'b': q}]}\nbar = d['a'][1]['b']",
        "d = {'a': [{'b': 'x'}, {'b': q}]}\nbar = d['a'][0]['b']",
    ),
    "default argument": (
        "def f(p, other='x'): return other",
        "bar = f('y', q)",
        "bar = f(q)",
    ),
    "lambda default": (
        "",
        "f = lambda p=q: p\nbar = f()",
        "f = lambda p=q: p\nbar = f('x')",
    ),
    "simple namespace": (
        "from types import SimpleNamespace",
        "n = SimpleNamespace(a=q, b='x')\nbar = n.a",
        "n = SimpleNamespace(a=q, b='x')\nbar = n.b",
    ),
    "chain": (
        "import itertools",
        "bar = list(itertools.chain(['x'], [q]))[1]",
        "bar = list(itertools.chain(['x'], [q]))[0]",
    ),
    "augmented": ("", "bar = 'ls '\nbar += q", "bar = 'ls '\nbar += str(len(q))"),
    "assigned to a slice": (
        "",
        "v = ['x', 'y']\nv[0] = q\nbar = v[0]",
        "v = ['x', 'y']\nv[0] = q\nbar = v[1]",
    ),
}


def _source(before: str, body: str) -> str:
    return (
        f"import os\n{before}\ndef handler(event, context):\n    q = event['q']\n"
        + textwrap.indent(body, "    ")
        + "\n    os.system(bar)\n"
    )


@pytest.mark.parametrize("name", TWINS)
def test_the_unsafe_twin_is_found_and_the_safe_one_is_not(name: str) -> None:
    before, unsafe, safe = TWINS[name]
    assert checks(_source(before, unsafe)) == {COMMAND}
    assert checks(_source(before, safe)) == set()
