"""What a call site is known for: told of when it is new, refused where it is another, in one worker."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from tests.runtime.guard.policies import TASK, loaded, origins_of, watching

from dayfly.core.policy import Policy
from dayfly.core.shapes import SHAPE
from dayfly.core.structure.trusted_literals import OwnText, texts_of
from dayfly.runtime.guard import commands, sinks, statements
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.refusal import Refused, RefusedRecord
from dayfly.runtime.guard.shapes import LearnedShapes

# A quote that no text of the function's has: one that has it is refused without any shape.
SOURCE = """
import sys
Q = chr(39)
def send(sink, guard, *what):
    sink(guard, *what, sys._getframe())
def find(guard, sink, name):
    send(sink, guard, f"SELECT total FROM orders WHERE customer = {Q}{name}{Q}", "sqlite")
def build(guard, sink, *parts):
    send(sink, guard, "SELECT total FROM orders" + "".join(parts), "sqlite")
CLAUSES = [" WHERE total > 5", " ORDER BY total"]
def run(guard, sink, command):
    send(sink, guard, f"wc -l {command}")
def start(guard, sink, url):
    send(sink, guard, "git", ["git", "clone", url])
def compute(guard, sink, formula):
    send(sink, guard, formula)
def count(guard, sink, tenant):
    send(sink, guard, f"SELECT count(*) FROM tenant_{tenant}", "sqlite")
def scan(guard, sink, field):
    send(sink, guard, f"public = :yes AND {field} = :value")
def mail(guard, sink, signature):
    send(sink, guard, "{{ text }}\\n-- \\n" + signature, (("{{", "}}"),))
"""
INJECTED = "x' OR 'a'='a"


def serving(
    *,
    known: tuple[str, ...] = (),
    mode: str = "block",
    event: object = None,
    source: str = SOURCE,
    learns: bool = True,
    path: str = "",
) -> tuple[Guard, ModuleType]:
    policy = Policy(shapes=[f"{one} 2999-01-01" for one in known])
    guard = watching(policy, mode=mode, event=event)
    app = loaded(guard, f"{TASK}/app.py", source)
    guard.own = OwnText(texts_of(compile(source, "app.py", "exec")))
    guard._written._own = guard._written._text = guard.own
    guard.shapes = LearnedShapes(origins_of(guard), policy, learns=learns, path=path)
    return guard, app


def shapes_told(guard: Guard) -> list[str]:
    guard.leave()
    lines = [line[1:].split("|") for line in guard.end()[0].decode().split("\n") if line]
    return [line[5] for line in lines if line[:2] == ["used", f"capability.{SHAPE}"]]


def learned(function: str, sink: object, value: str, *, source: str = SOURCE) -> tuple[str, ...]:
    guard, app = serving(source=source)
    getattr(app, function)(guard, sink, value)
    return tuple(shapes_told(guard))


SITES = [
    ("find", statements.about_sql, "ann", "o''brien", INJECTED),
    ("run", commands.about_shell, "/tmp/a", "'/tmp/a b' /tmp/c", "/tmp/a; id"),
    ("run", commands.about_shell, "/tmp/a", "/tmp/b", "/tmp/a && id"),
    ("start", commands.about_process, "https://a.example", "https://b.example", "--upload-pack=id"),
    ("compute", sinks.about_python, "total.real", "total.real", "total.imag"),
    ("compute", sinks.about_python, "total.real", "price * 2 > 5", "open('x').read()"),
    ("compute", sinks.about_python, "total > 5", "price * 2 > 5", "open('x').read()"),
    ("scan", statements.about_expression, "city", "#tier", "city <> :value AND tier"),
    ("mail", sinks.about_template, "Ann", "Bob {likes} braces", "{{ text.__class__ }}"),
    ("mail", sinks.about_template, "{{ name }}", "{{ team }}, {{ name | upper }}", "{{ open('x') }}"),
]


@pytest.mark.parametrize(("function", "sink", "usual", "other", "injected"), SITES)
def test_another_shape_than_the_known_ones_is_refused_and_another_value_is_not(
    function: str, sink: object, usual: str, other: str, injected: str
) -> None:
    known = learned(function, sink, usual)
    assert len(known) == 1
    assert usual not in known[0]
    guard, app = serving(known=known)
    getattr(app, function)(guard, sink, other)
    with pytest.raises(Refused, match=r"\.shape\) at app\.py"):
        getattr(app, function)(guard, sink, injected)


@pytest.mark.parametrize(("function", "sink", "usual", "other", "injected"), SITES)
def test_where_nothing_is_known_of_this_code_it_passes(
    function: str, sink: object, usual: str, other: str, injected: str
) -> None:
    known = learned(function, sink, usual)
    changed = SOURCE.replace("    send(", "    value = 1; send(")
    for entries, source in (((), SOURCE), (known, changed)):
        guard, app = serving(known=entries, source=source)
        getattr(app, function)(guard, sink, injected)


def test_code_above_a_site_makes_no_other_site_of_it() -> None:
    known = learned("find", statements.about_sql, "ann")
    assert learned("find", statements.about_sql, "ann", source="import sys\n\n\n" + SOURCE) == known


def test_what_the_code_puts_together_passes_though_nobody_saw_it() -> None:
    known = learned("build", statements.about_sql, " WHERE total > 5")
    guard, app = serving(known=known)
    app.build(guard, statements.about_sql, " WHERE total > 5", " ORDER BY total")
    with pytest.raises(Refused):
        app.build(guard, statements.about_sql, " WHERE total > 5 OR total < 6")


def test_a_name_that_a_value_of_the_event_completes_passes() -> None:
    known = learned("count", statements.about_sql, "acme")
    guard, app = serving(known=known, event={"tenant": "north_west"})
    app.count(guard, statements.about_sql, "north_west")
    with pytest.raises(Refused):
        app.count(guard, statements.about_sql, "north_west, keys")


def test_it_is_only_found_where_the_guard_observes() -> None:
    guard, app = serving(known=learned("find", statements.about_sql, "ann"), mode="observe")
    app.find(guard, statements.about_sql, INJECTED)
    guard.leave()
    assert [line.split("|")[:2] for line in guard.end()[0].decode().split("\n") if line] == [
        ["Gobserved", "sql.shape"]
    ]


def test_an_event_in_which_anything_was_judged_teaches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "uses.jsonl"
    guard, app = serving(mode="observe", event={"name": "x' OR 1=1 --"}, path=str(path))
    app.find(guard, statements.about_sql, "ann")
    app.find(guard, statements.about_sql, "x' OR 1=1 --")
    assert shapes_told(guard) == []
    assert not path.exists()


def test_a_recorder_gets_each_shape_of_an_event_once(tmp_path: Path) -> None:
    path = tmp_path / "uses.jsonl"
    guard, app = serving(path=str(path), learns=False)
    for name in ("ann", "bob"):
        app.find(guard, statements.about_sql, name)
    assert shapes_told(guard) == []
    (line,) = path.read_text().splitlines()
    found = json.loads(line)
    assert (found["kind"], found["packages"], found["phase"]) == (SHAPE, ["function"], "invoke")
    assert "ann" not in line
    assert found["place"] == "app.py:5 send"


def test_one_record_fails_whose_text_led_to_another_shape() -> None:
    record = {"eventSource": "aws:sqs", "body": "customer-77"}
    known = learned("find", statements.about_sql, "ann")
    guard, app = serving(known=known, event={"Records": [dict(record, body="other"), record]})
    with pytest.raises(RefusedRecord, match="record 1"):
        app.find(guard, statements.about_sql, "customer-77' OR 'a'='a")


def test_libraries_alone_are_no_site() -> None:
    guard, _app = serving()
    lib = loaded(guard, "/var/task/lib/__init__.py", SOURCE)
    lib.find(guard, statements.about_sql, "ann")
    assert shapes_told(guard) == []
