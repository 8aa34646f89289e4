"""What outlives the invocation, as the engine records it for the checks of state."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import run

from dayfly.scan.taint.results import EffectKind

HEAD = """
import os, functools, boto3
CACHE = {}
SEEN = []
USER = None
class Holder:
    current = None
    items = []
HOLDER = Holder()
def collect(x, into=[]):
    into.append(x)
    return into
@functools.lru_cache(maxsize=None)
def look_up(x):
    return x * 2
CLIENT = None
"""

CASES: list[tuple[str, EffectKind, str, bool, bool]] = [
    ("CACHE[q] = 1", EffectKind.MODULE_STATE, "app.CACHE", True, True),
    ("CACHE['last'] = q", EffectKind.MODULE_STATE, "app.CACHE['last']", True, False),
    ("CACHE['n'] = 1", EffectKind.MODULE_STATE, "app.CACHE['n']", False, False),
    ("SEEN.append(q)", EffectKind.MODULE_STATE, "app.SEEN", True, False),
    ("global USER\nUSER = q", EffectKind.MODULE_STATE, "app.USER", True, False),
    ("Holder.current = q", EffectKind.CLASS_STATE, "Holder.current", True, False),
    ("Holder.items.append(q)", EffectKind.CLASS_STATE, "Holder.items", True, False),
    ("HOLDER.current = q", EffectKind.CLASS_STATE, "app.HOLDER.current", True, False),
    ("collect(q)", EffectKind.DEFAULT_STATE, "collect", True, False),
    ("look_up(q)", EffectKind.CACHE, "app.look_up", True, True),
    ("os.environ['USER_ID'] = q", EffectKind.ENVIRONMENT, "os.environ['USER_ID']", True, False),
    ("os.environ.update({'A': q})", EffectKind.ENVIRONMENT, "os.environ", True, False),
    ("os.putenv('A', q)", EffectKind.ENVIRONMENT, "os.environ['A']", True, False),
    ("open('/tmp/report.csv', 'w').write(q)", EffectKind.FILE, "/tmp/report.csv", False, False),
    ("with open('/tmp/' + q, 'wb') as f: f.write(b'x')", EffectKind.FILE, "/tmp/", True, True),
    (
        "global CLIENT\nCLIENT = boto3.client('s3', aws_access_key_id=q, aws_secret_access_key=q)",
        EffectKind.CLIENT,
        "app.CLIENT",
        True,
        False,
    ),
]


@pytest.mark.parametrize(("body", "kind", "target", "has_steps", "is_keyed"), CASES)
def test_a_change_of_what_is_older_than_the_call_is_an_effect(
    body: str, kind: EffectKind, target: str, has_steps: bool, is_keyed: bool
) -> None:
    source = (
        HEAD + "def handler(event, context):\n    q = event['q']\n" + textwrap.indent(body, "    ") + "\n"
    )
    effects = [effect for effect in run(source).effects if effect.kind is kind]
    assert [effect.target for effect in effects] == [target]
    assert bool(effects[0].steps) is has_steps
    assert effects[0].is_keyed_by_event is is_keyed


@pytest.mark.parametrize(
    "body",
    [
        "mine = {}\nmine[q] = 1",
        "mine = list(SEEN)\nmine.append(q)",
        "mine = Holder()\nmine.current = q",
        "USER = q",
        "open('/tmp/report.csv').read()",
        "os.environ.get('A')",
        "collect(q, [])",
    ],
)
def test_what_is_made_in_the_call_is_none(body: str) -> None:
    source = (
        HEAD + "def handler(event, context):\n    q = event['q']\n" + textwrap.indent(body, "    ") + "\n"
    )
    assert run(source).effects == ()
