"""Checks of a value before it is used: which make it harmless, and which only look like it."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import checks

HEAD = """
import os, re, subprocess, sqlite3, urllib.request, requests, pathlib, enum, uuid, ipaddress
from urllib.parse import urlparse
ALLOWED = {'a', 'b'}
TABLE = {'a': 1, 'b': 2}
BASE = '/srv/data'
class Kind(enum.Enum):
    A = 'a'
def is_ok(x):
    return x in ALLOWED
def is_fine(x):
    if x.startswith('-'):
        return False
    return x.isalnum()
def must(x):
    if not re.fullmatch('[a-z]+', x):
        raise ValueError(x)
def cleaned(x):
    if x not in ALLOWED:
        return 'a'
    return x
"""
COMMAND, SQL, PATH, REQUEST, CODE = (
    "os.system('ls ' + q)",
    "sqlite3.connect('x').cursor().execute(\"SELECT * FROM t WHERE a = '\" + q + \"'\")",
    "open('/srv/data/' + q)",
    "urllib.request.urlopen(q)",
    "eval(q)",
)

SAFE = [
    # What is cut off at a dot has no further one.
    (PATH, "q = q.rsplit('.', 1)[1].lower()\n@"),
    (PATH, "q = q.rsplit('.', 1)[-1]\n@"),
    (PATH, "q = q.split('.')[-1]\n@"),
    (PATH, "q = q.split('.', 1)[0]\n@"),
    (PATH, "q = q.rpartition('.')[2]\n@"),
    (PATH, "_, q = q.rsplit('.', 1)\n@"),
    (PATH, "q = f\"{uuid.uuid4()}.{q.rsplit('.', 1)[1]}\"\n@"),
    (COMMAND, "if q and is_ok(q):\n    @"),
    (
        COMMAND,
        "if q and '.' in q and is_ok(q.rsplit('.', 1)[1].lower()):\n    q = q.rsplit('.', 1)[1].lower()\n    @",
    ),
    (CODE, "q = ''.join(c for c in q if c in '0123456789+-*/(). ')\n@"),
    (
        CODE,
        "a = q.split()\nfor one in a:\n    if not one.isdigit() and one not in ('+', '-'): raise ValueError\nq = ' '.join(a)\n@",
    ),
    (COMMAND, "if q not in ALLOWED: return\n@"),
    (COMMAND, "if q in ALLOWED:\n    @"),
    (COMMAND, "if q in TABLE:\n    @"),
    (COMMAND, "if q == 'a':\n    @"),
    (COMMAND, "if q != 'a': raise ValueError\n@"),
    (COMMAND, "if not is_ok(q): return\n@"),
    (COMMAND, "if not is_fine(q): return\n@"),
    (COMMAND, "ok = is_ok(q)\nif ok:\n    @"),
    (COMMAND, "must(q)\n@"),
    (COMMAND, "q = cleaned(q)\n@"),
    (COMMAND, "if not q.isdigit(): return\n@"),
    (COMMAND, "if re.fullmatch(r'[A-Za-z0-9_-]+', q) is None: return\n@"),
    (COMMAND, "if not re.match(r'^[a-z]+\\Z', q): return\n@"),
    (COMMAND, "m = re.match(r'(\\d+)$', q)\nif m is None: return\nq = m.group(1)\n@"),
    (COMMAND, "if any(c in ';&|`$<>\\n' for c in q): return\n@"),
    (COMMAND, "if not all(c.isalnum() for c in q): return\n@"),
    (COMMAND, "for c in q:\n    if not c.isalnum(): return\n@"),
    (COMMAND, "try:\n    int(q)\nexcept ValueError:\n    return\n@"),
    (COMMAND, "try:\n    q = int(q)\nexcept ValueError:\n    q = 0\nq = str(q)\n@"),
    (COMMAND, "Kind(q)\n@"),
    (COMMAND, "q = Kind(q).value\n@"),
    (COMMAND, "if q not in ('a', 'b'): raise ValueError\n@"),
    (COMMAND, "q = q if q in ALLOWED else 'a'\n@"),
    (COMMAND, "q = {'a': 'x'}.get(q, 'y')\n@"),
    (COMMAND, "q = re.sub(r'[^a-z0-9]', '', q)\n@"),
    (COMMAND, "q = ''.join(c for c in q if c.isalnum())\n@"),
    (COMMAND, "while q not in ALLOWED:\n    q = 'a'\n@"),
    (COMMAND, "match q:\n    case 'a' | 'b':\n        @"),
    (COMMAND, "if q in ALLOWED and context:\n    @"),
    (COMMAND, "if q not in ALLOWED or not context: return\n@"),
    (COMMAND, "if not (q in ALLOWED): return\n@"),
    (
        COMMAND,
        "for one in ('a', 'b'):\n    if one == q:\n        q = one\n        break\nelse:\n    return\n@",
    ),
    (SQL, 'if "\'" in q: return\n@'),
    (SQL, 'q = q.replace("\'", "\'\'")\n@'),
    (PATH, "if '/' in q: return\n@"),
    (PATH, "if '..' in q: return\n@"),
    (PATH, "if '..' in q.split('/'): return\n@"),
    (PATH, "q = os.path.basename(q)\n@"),
    ("open(p)", "p = os.path.realpath(os.path.join(BASE, q))\nif not p.startswith(BASE + '/'): return\n@"),
    ("open(p)", "p = os.path.realpath(BASE + '/' + q)\nif os.path.commonpath([BASE, p]) != BASE: return\n@"),
    ("open(p)", "p = (pathlib.Path(BASE) / q).resolve()\nif not p.is_relative_to(BASE): return\n@"),
    ("p.read_text()", "p = (pathlib.Path(BASE) / q).resolve()\np.relative_to(BASE)\n@"),
    ("open(p)", "p = (pathlib.Path(BASE) / q).resolve()\nif pathlib.Path(BASE) not in p.parents: return\n@"),
    (REQUEST, "if urlparse(q).hostname not in ALLOWED: return\n@"),
    (REQUEST, "if urlparse(q).netloc != 'example.com': return\n@"),
    (REQUEST, "if not q.startswith('https://example.com/'): return\n@"),
    (REQUEST, "q = 'https://example.com/' + q\n@"),
    (REQUEST, "q = f'https://example.com/items/{q}'\n@"),
    (
        REQUEST,
        "parts = urlparse(q)\nif parts.scheme != 'https' or parts.hostname not in ALLOWED: raise ValueError\n@",
    ),
    (CODE, 'if not q.startswith("\'") or not q.endswith("\'") or "\'" in q[1:-1]: return\n@'),
    (CODE, "if not re.fullmatch(r'[0-9+*/ ()-]+', q): return\n@"),
    (COMMAND, "if set(q) - {'name', 'price'}: return\nq = ','.join(q)\n@"),
    (COMMAND, "if not set(q) <= {'name', 'price'}: return\nq = ','.join(q)\n@"),
    (
        COMMAND,
        "for one in q:\n    if one not in ('name', 'price'): raise ValueError(one)\nq = ','.join(q)\n@",
    ),
    (COMMAND, "if not all(one in ('name', 'price') for one in q): return\nq = ','.join(q)\n@"),
    (COMMAND, "m = re.fullmatch(r'v?(?P<n>[0-9]+)(.*)', q)\nif m is None: return\nq = m['n']\n@"),
    (COMMAND, "if (m := re.fullmatch('[a-z]+', q)) is None: return\nq = m.string\n@"),
    (COMMAND, "q = q.translate(str.maketrans('', '', ';&|`$<>\\n'))\n@"),
    (COMMAND, "if re.sub('[^a-z]', '', q) != q: return\n@"),
    ("open(BASE + '/' + q)", "if pathlib.Path(q).name != q: return\n@"),
    (REQUEST, "if not re.fullmatch(r'https://[a-z-]+\\.example\\.com/.*', q): return\n@"),
]

UNSAFE = [
    (PATH, "q = q.rsplit('.', 1)[0]\n@"),
    (PATH, "q = q.split('.', 1)[1]\n@"),
    (PATH, "q = q.split('.', 1)[-1]\n@"),
    (PATH, "q = q.rsplit('-', 1)[-1]\n@"),
    (PATH, "q = q.rpartition('.')[0]\n@"),
    (PATH, "a = q.rsplit('.', 1)\na.append(q)\nq = a[-1]\n@"),
    ("open(q)", "q = q.rsplit('.', 1)[1]\n@"),
    (COMMAND, "name, end = q.rsplit('.', 1)\nif end not in ALLOWED: return\nq = name\n@"),
    (COMMAND, "if q or is_ok(q):\n    @"),
    (COMMAND, "if q and is_ok('a'):\n    @"),
    (CODE, "q = ''.join(c for c in q if c in 'abcdefghijklmnopqrstuvwxyz_.()')\n@"),
    (CODE, "q = 'os.system('.join(c for c in q if c in '0123456789')\n@"),
    (
        CODE,
        "a = q.split()\nfor one in a:\n    if not one.isdigit() and one not in ('os.', 'fork('): raise ValueError\nq = ' '.join(a)\n@",
    ),
    (COMMAND, "if q in ALLOWED: return\n@"),
    (COMMAND, "if q not in ALLOWED:\n    @"),
    (COMMAND, "if q not in ALLOWED: print('odd')\n@"),
    (COMMAND, "assert q in ALLOWED\n@"),
    (COMMAND, "is_ok(q)\n@"),
    (COMMAND, "if is_ok(q): pass\n@"),
    (COMMAND, "if not is_ok('a'): return\n@"),
    (COMMAND, "if q.isprintable():\n    @"),
    (COMMAND, "if not re.match(r'[a-z]+', q): return\n@"),
    (COMMAND, "if not re.search(r'[a-z]+$', q): return\n@"),
    (COMMAND, "if not re.fullmatch(r'.+', q): return\n@"),
    (COMMAND, "if ';' in q: return\n@"),
    (COMMAND, "if any(c in ';' for c in q): return\n@"),
    (COMMAND, "if not any(c.isalnum() for c in q): return\n@"),
    (COMMAND, "try:\n    int(q)\nexcept ValueError:\n    pass\n@"),
    (COMMAND, "if q in event['allowed']:\n    @"),
    (COMMAND, "if q == event['other']:\n    @"),
    (COMMAND, "if len(q) < 10:\n    @"),
    (COMMAND, "if q in ALLOWED or context:\n    @"),
    (COMMAND, "if not q: return\n@"),
    (COMMAND, "q = q.replace(';', '')\n@"),
    (COMMAND, "must('a')\n@"),
    (COMMAND, "try:\n    must(q)\nexcept ValueError:\n    pass\n@"),
    (COMMAND, "for c in q:\n    if c.isalnum(): return\n@"),
    (COMMAND, "q = re.sub(r'[a-z]', '', q)\n@"),
    (SQL, "if '\"' in q: return\n@"),
    (PATH, "if q.startswith('/'): return\n@"),
    (PATH, "q = q.replace('../', '')\n@"),
    (PATH, "q = os.path.normpath(q)\n@"),
    ("open(q)", "if '..' in q: return\n@"),
    ("open(p)", "p = os.path.join(BASE, q)\nif not p.startswith(BASE): return\n@"),
    ("open(p)", "p = os.path.realpath(os.path.join(BASE, q))\nif not p.startswith(BASE): return\n@"),
    ("open(p)", "p = pathlib.Path(BASE) / q\nif not p.is_relative_to(BASE): return\n@"),
    ("open(os.path.join(BASE, q))", "if '..' in q: return\n@"),
    (REQUEST, "if not q.startswith('https://example.com'): return\n@"),
    (REQUEST, "if 'example.com' not in q: return\n@"),
    (REQUEST, "q = 'https://' + q\n@"),
    (REQUEST, "q = 'https://example.com' + q\n@"),
    (REQUEST, "if not urlparse(q).netloc.endswith('example.com'): return\n@"),
    (CODE, 'if not q.startswith("\'"): return\n@'),
    (CODE, "if '\"' in q: return\n@"),
    (COMMAND, "if set(q) & {'name', 'price'}: return\nq = ','.join(q)\n@"),
    (COMMAND, "if not set(q) >= {'name', 'price'}: return\nq = ','.join(q)\n@"),
    (COMMAND, "for one in q:\n    if one not in ('name', 'price'): print(one)\nq = ','.join(q)\n@"),
    (COMMAND, "for one in q:\n    if one in ('name', 'price'): break\nq = ','.join(q)\n@"),
    (COMMAND, "if not any(one in ('name', 'price') for one in q): return\nq = ','.join(q)\n@"),
    (COMMAND, "m = re.fullmatch(r'v?(?P<n>[0-9]+)(?P<r>.*)', q)\nif m is None: return\nq = m['r']\n@"),
    (COMMAND, "q = q.translate(str.maketrans('', '', '\\n'))\n@"),
    (COMMAND, "if re.sub('[^a-z]', '', q) == q: return\n@"),
    (REQUEST, "if not re.fullmatch(r'https://[a-z./-]+\\.example\\.com/.*', q): return\n@"),
    (REQUEST, "if not re.match(r'https://example\\.com', q): return\n@"),
    (COMMAND, "try:\n    int(q)\n    return\nexcept ValueError:\n    @"),
]


def _checks(sink: str, template: str) -> set[str]:
    body = template.replace("@", sink)
    return checks(
        HEAD + "def handler(event, context):\n    q = event['q']\n" + textwrap.indent(body, "    ") + "\n"
    )


@pytest.mark.parametrize(("sink", "template"), SAFE)
def test_a_check_that_suffices_silences_the_finding(sink: str, template: str) -> None:
    assert _checks(sink, template) == set()
    assert _checks(sink, "p = pathlib.Path(q)\n@"), "the sink itself is not seen"


@pytest.mark.parametrize(("sink", "template"), UNSAFE)
def test_a_check_that_does_not_suffice_changes_nothing(sink: str, template: str) -> None:
    assert _checks(sink, template)
