"""What is put before a judge, and what leaves before one is asked."""

from __future__ import annotations

import ast
import importlib
import json
import math
import os.path
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import FrameType, ModuleType
from urllib.parse import quote, quote_plus, urljoin

import pytest
from tests.runtime.guard.guards import serving, told

from dayfly.runtime.guard.audit_events import _text_of_tree
from dayfly.runtime.guard.commands import (
    about_environment,
    about_process,
    about_shell,
    about_variables,
)
from dayfly.runtime.guard.documents import about_frame, about_head, about_mail, about_markup
from dayfly.runtime.guard.refusal import Refused
from dayfly.runtime.guard.sinks import (
    about_address,
    about_dotted,
    about_global,
    about_import,
    about_link,
    about_origin,
    about_path,
    about_pattern,
    about_python,
    about_result,
    about_template,
    about_url,
)
from dayfly.runtime.guard.statements import about_sql

SECRET = "of the module"


def frame_in(file: str, **names: object) -> FrameType:
    """A frame of code that says it is of this file."""
    scope: dict[str, object] = {"sys": sys}
    exec(compile("def act(" + ", ".join(names) + "): return sys._getframe()", file, "exec"), scope)
    frame = scope["act"](*names.values())  # type: ignore[operator]
    assert isinstance(frame, FrameType)
    return frame


def test_a_library_reads_what_lies_beside_its_own_code() -> None:
    file = str(importlib.import_module("yaml").__file__)
    folder = os.path.dirname(file)
    guard = serving({"name": "evil", "up": "../evil"})
    library, function = frame_in(file), frame_in(__file__)
    about_path(guard, f"{folder}/evil", library)
    assert guard._read == (), "the event was taken apart for it"
    for path in (f"{folder}/../evil", "/etc/evil"):
        with pytest.raises(Refused):
            about_path(serving({"a": path}), path, library)
    with pytest.raises(Refused):
        about_path(serving({"a": f"{folder}/evil"}), f"{folder}/evil", function)


def test_a_library_quotes_the_columns_that_the_event_names() -> None:
    library = frame_in(str(importlib.import_module("yaml").__file__))
    own = ("CREATE TABLE", "rows", "TEXT")
    for name, column in (("first name", '"first name"'), ("city", "city")):
        sql = f'CREATE TABLE "rows" (id TEXT, {column} TEXT)'
        about_sql(serving({name: 1}, own=(*own, "id")), sql, "sqlite", library)
        filled = f'INSERT INTO "rows" (id, {column}) VALUES (?, ?)'
        more = (*own, "id", "INSERT INTO", "VALUES (?, ?)")
        about_sql(serving({name: 1}, own=more), filled, "sqlite", library)
        with pytest.raises(Refused):
            about_sql(serving({name: 1}, own=more), filled, "sqlite", frame_in(__file__))
    two = "CREATE TABLE rows (id TEXT, city TEXT, is_admin INT)"
    with pytest.raises(Refused):
        about_sql(serving({"column": "city TEXT, is_admin INT"}, own=(*own, "id")), two, "sqlite", library)


@pytest.mark.parametrize(
    "formula",
    ["price * qty * 1.19", "price if price > 10 else 0", "sqrt(16) + abs(-price)", "round(pi * 2, 1)"],
)
def test_a_formula_of_the_functions_names_is_computed(formula: str) -> None:
    guard = serving({"formula": formula})
    about_python(guard, formula, frame_in(__file__, price=3))
    assert told(guard) == [["computed", "python.arithmetic"]]


@pytest.mark.parametrize(
    "formula",
    [
        "SECRET",
        "SECRET + 'x'",
        "key",
        "__name__",
        "price.real",
        "open",
        "price()",
        "open('x')",
        "floor(2.5)",
        "ceil(2.5)",
        "token",
    ],
)
def test_a_formula_reads_no_table_and_no_key_of_the_functions(formula: str) -> None:
    guard = serving({"formula": formula})
    frame = frame_in(__file__, price=3, key=b"secret", token="secret")
    frame.f_globals.update(SECRET=SECRET, floor=frame_in, ceil=type(SECRET))
    with pytest.raises(Refused):
        about_python(guard, formula, frame)


@pytest.mark.parametrize(
    ("statement", "value", "is_refused"),
    [
        ("ATTACH DATABASE '/tmp/shop/%s.db' AS tenant", "acme", False),
        ("ATTACH DATABASE '/tmp/shop/%s.db' AS tenant", "../other/zeta", True),
        ("attach 'file:/tmp/shop/%s.db' AS tenant", "../zeta", True),
        # SQLite resolves a name before it opens it.
        ("ATTACH '/tmp/shop/%s.db' AS tenant", "x://../../other/zeta", True),
        ("ATTACH 's3://shop/%s.db' AS tenant", "zeta", False),
        ("SELECT a FROM read_csv('/tmp/shop/%s', header=true)", "costs 2026.csv", False),
        ("SELECT a FROM read_csv('/tmp/shop/%s', header=true)", "../*.csv", True),
        ("SELECT a FROM read_parquet( '%s')", "/etc/x.parquet", True),
        ("SELECT a FROM notes WHERE text = '%s'", "../see /etc/passwd", False),
        ("SELECT a FROM notes WHERE text = 'read_csv(''%s'')'", "../x", False),
    ],
)
def test_a_file_that_a_statement_opens_is_judged_as_a_path(
    statement: str, value: str, is_refused: bool
) -> None:
    guard = serving({"value": value}, own=tuple(statement.split("%s")))
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_sql(guard, statement % value, "sqlite", frame_in(__file__))


def test_a_value_from_a_table_ends_no_quotes_of_the_functions_text() -> None:
    """What an earlier event stored, or what the function made of this one's, is nowhere in the event."""
    own = ("SELECT a FROM b WHERE name = '", "' ORDER BY id", "grep -c '", "' /tmp/list.txt")
    frame = frame_in(__file__)
    for value, is_refused in (("O''Brien", False), ("O'Brien", False), ("x' OR 1=1 --", True)):
        with pytest.raises(Refused, match=r"sql\.quotes") if is_refused else nullcontext():
            about_sql(serving({}, own=own), f"{own[0]}{value}{own[1]}", "sqlite", frame)
    # A library's, which goes on otherwise; but the function's is its own, whoever sends it.
    library = frame_in(str(importlib.import_module("yaml").__file__))
    clause = ("LEFT JOIN c ON b.name LIKE '%", "%' ORDER BY id")
    about_sql(serving({}, own=clause), f"SELECT a AS b_a FROM b {clause[0]}' || ? || '%'", "sqlite", library)
    with pytest.raises(Refused, match=r"sql\.quotes"):
        about_sql(serving({}, own=own), f"\n  {own[0]}x' OR 1=1 --{own[1]}", "sqlite", library)
    for value, is_refused in (("a; b", False), ("x' /etc/passwd #", True)):
        with pytest.raises(Refused, match=r"shell\.quotes") if is_refused else nullcontext():
            about_shell(serving({}, own=own), f"{own[2]}{value}{own[3]}", frame)


def test_a_variable_of_the_functions_may_be_called_as_a_key_of_the_event() -> None:
    own = ("awk", "-v", "n=", "{ print $n }", "prices.csv")
    for value, event, is_refused in (("n=2", {"n": "2"}, False), ("m=2", {"m": "2"}, True)):
        with pytest.raises(Refused) if is_refused else nullcontext():
            about_process(serving(event, own=own), "awk", ["awk", "-v", value, *own[3:]], frame_in(__file__))


def test_code_from_a_table_does_not_reach_inward() -> None:
    frame, marks = frame_in(__file__), (("{{", "}}"), ("{%", "%}"))
    for text, is_refused in (("Dear {{ name.__class__ }}, __init__", False), ("{{ x.__init__ }}", True)):
        with pytest.raises(Refused, match=r"template\.inner") if is_refused else nullcontext():
            about_template(serving({}), text, marks, frame)
    # A program of several lines has its own names.
    for text, is_refused in (
        *(("total > 5 and name._id", False), ("def __init__(self): pass", False)),
        *(("().__class__.__base__", True), ("__import__('os').environ", True)),
    ):
        with pytest.raises(Refused, match=r"python\.inner") if is_refused else nullcontext():
            about_python(serving({}), text, frame)


def test_nor_does_code_that_a_library_has_evaluated_unless_it_is_the_librarys_own() -> None:
    library = str(importlib.import_module("yaml").__file__)
    scope: dict[str, Callable[[], FrameType]] = {}
    source = "import sys\ndef plain(): return sys._getframe()\ndef own(): return ('x.__base__', sys._getframe())[1]"
    exec(compile(source, library, "exec"), scope)
    code = "().__class__.__base__"
    with pytest.raises(Refused, match=r"python\.inner"):
        about_python(serving({}), code, scope["plain"]())
    about_python(serving({}), code, scope["own"]())


def scope_in(file: str) -> dict[str, object]:
    scope: dict[str, object] = {}
    exec(compile("def mine(*n): return sum(n)\nIF = lambda a, b, c: b if a else c", file, "exec"), scope)
    return scope


@pytest.mark.parametrize(
    ("formula", "is_refused"),
    [
        ("SUM(A1, 2) * 1.19", False),
        ("IF(A1 > 10, ROUND(A1 / 3, 2), -A1)", False),
        ("sqrt(16) + 2**10", False),
        ("THEIRS(1)", True),
        ("RUN('id')", True),
        ("BOUND(1)", True),
        ("KIND(1)", True),
        ("factorial(2000)", True),
        ("both(1)", True),
        ("_inner(1)", True),
        ("OTHER(1)", True),
        ("SUM.__globals__", True),
        ("SUM(open)", True),
        ("SUM(A1[0], A1[5])", True),
        ("SUM(A1[:3])", True),
        ("SUM((A1[:3], 1))", True),
        ("SUM(f'{A1}')", True),
        ("SUM(A1.lower())", True),
        ("SUM(A1['n'], 2)", False),
    ],
)
def test_a_formula_calls_what_the_function_has_for_it(formula: str, is_refused: bool) -> None:
    own, theirs = scope_in(__file__), scope_in(str(importlib.import_module("yaml").__file__))
    world = {
        "__builtins__": {},
        "SUM": own["mine"],
        "IF": own["IF"],
        "ROUND": round,
        "sqrt": math.sqrt,
        "_inner": own["mine"],
        "THEIRS": theirs["mine"],
        "RUN": os.system,
        "BOUND": [].append,
        "KIND": type,
        "both": own["mine"],
        "factorial": math.factorial,
    }
    guard = serving({"formula": formula}, task=os.path.dirname(__file__))
    frame = frame_in(__file__, world=world, handlers={"__name__": "x", "OTHER": own["mine"]})
    frame.f_globals["both"] = own["mine"]
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_python(guard, formula, frame)
    if not is_refused:
        assert told(guard) == [["computed", "python.arithmetic"]]


@pytest.mark.parametrize(
    ("formula", "is_refused"),
    [
        ("9.5 if n < 10 else 8.0", False),
        ("round(n * 1.19, 2)", False),
        ("math.sqrt(n) + math.pi", False),
        ("n['price'] % 3", False),
        ("n[:3].upper()", False),
        ("f'{n:.2f} EUR'", False),
        ("n.__class__", True),
        ("math.factorial(2000)", True),
        ("math.__loader__", True),
        ("numbers.sqrt(n)", True),
        ("n(1)", True),
        ("SECRET", True),
        ("f'{SECRET}'", True),
        ("SECRET[:3]", True),
        ("SECRET.upper()", True),
        ("token['a']", True),
        ("token.startswith('a')", True),
        ("open(n)", True),
        ("n, lambda: open", True),
        ("f'{open}'", True),
        ("ＳＥＣＲＥＴ", True),
    ],
)
def test_a_rule_is_computed_behind_the_functions_own_lambda(formula: str, is_refused: bool) -> None:
    for source, own in (
        (f"lambda n: {formula}", ("lambda n: ",)),
        (f"lambda n: ({formula}, 0)[0]", ("lambda n: (", ", 0)[0]")),
        (formula, ()),
    ):
        guard = serving({"rule": formula, "unit": "n"}, own=own)
        frame = frame_in(__file__, token="secret")
        frame.f_globals.update(SECRET=SECRET, math=math, numbers=os)
        with pytest.raises(Refused) if is_refused else nullcontext():
            about_python(guard, source.encode(), frame)
        if not is_refused:
            assert told(guard) == [["computed", "python.arithmetic"]]


@pytest.mark.parametrize(
    ("rule", "value", "is_refused"),
    [
        ("n > %s and m == 2", "5", False),
        ("n * %s", "1 + 2", False),
        ("(%s) and m == 2", "n > 1 or n < -1", False),
        ("lambda n: %s", "n > 1 or n < -1", False),
        ("n > %s and m == 2", "9 or True or 1", True),
        ("n > %s and m == 2", "0 or 1", True),
        ("n * %s", "1 if m else 2", True),
        ("max(%s, 5)", "n, 7", False),
        ("max(%s, 5)", "9), (m", True),
        ('{"name": "%s"}', 'x", "role": "admin', True),
        ('{"name": "%s"}', "it's x", False),
    ],
)
def test_a_condition_of_the_events_is_a_whole_one(rule: str, value: str, is_refused: bool) -> None:
    guard = serving({"value": value}, own=tuple(rule.split("%s")))
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_python(guard, (rule % value).encode(), frame_in(__file__, n=3, m=2))


@pytest.mark.parametrize("own", [(), ("lambda n: ",)])
@pytest.mark.parametrize("text", ["lambda n: n + 1", "lambda n: (n, 0)[0]"])
def test_a_lambda_of_the_events_is_refused_though_the_function_has_one_as_well(
    text: str, own: tuple[str, ...]
) -> None:
    with pytest.raises(Refused):
        about_python(serving({"rule": text}, own=own), text, frame_in(__file__))
    with pytest.raises(Refused):
        about_python(serving({"rule": text}, own=own), f"({text})", frame_in(__file__))


@pytest.mark.parametrize(
    ("formula", "scope", "is_refused"),
    [
        ("2*pi*sqrt(16) + floor(3.7)", vars(math), False),
        ("2*pi*sqrt(16) + floor(3.7)", None, False),
        ("math.floor(e) * 10**9", {"math": math, "e": math.e}, False),
        ("e * 10**9", None, True),
        ("pi * 10**9", {"pi": 3}, True),
        ("pi * 10**9", {"pi": "text"}, True),
        ("math.sqrt(2)", {"math": os}, True),
        ("math.pi", {"math": os}, True),
        ("sqrt(2)", {"sqrt": os.system}, True),
        ("factorial(2000)", vars(math), True),
        ("factorial(9) - comb(9, 3)", vars(math), False),
        ("factorial(9)", {"factorial": os.system}, True),
        ("prod((9, 9))", vars(math), True),
        ("comb(9999, 9999)", vars(math), True),
        ("perm(9999)", vars(math), True),
        ("n['a'] + KEYS", {"KEYS": {}}, False),
        ("KEYS", {"__name__": "shop", "KEYS": {}}, True),
        ("KEYS['a']", {"__name__": "shop", "KEYS": {}}, True),
        ("f'{KEYS}'", {"__name__": "shop", "KEYS": {}}, True),
    ],
)
def test_what_names_mean_is_looked_up_where_it_can_be_seen(
    formula: str, scope: dict[str, object] | None, is_refused: bool
) -> None:
    names = {
        name: value for name, value in (scope or {}).items() if scope is not vars(math) or name[:1] != "_"
    }
    guard = serving({"formula": formula})
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_python(guard, formula, frame_in(__file__, names=names))


def test_the_event_names_no_other_port_of_a_host_that_the_function_knows() -> None:
    guard = serving({"host": "127.0.0.1:8001", "port": 8002}, own=("127.0.0.1", "127.0.0.1:8000"))
    frame = frame_in(__file__)
    with pytest.raises(Refused):
        about_address(guard, ("127.0.0.1", 8001), frame)
    for port in (8000, 8002):
        about_address(guard, ("127.0.0.1", port), frame)
    with pytest.raises(Refused):
        about_address(
            serving({"host": "127.0.0.1", "port": "8002"}, own=("127.0.0.1",)), ("127.0.0.1", 8002), frame
        )


def test_a_stream_from_any_source_names_nothing_that_acts() -> None:
    frame = frame_in(__file__)
    with pytest.raises(Refused):
        about_global(serving({"key": "models/a.pkl"}), "posix", "system", frame)
    about_global(serving({"key": "models/a.pkl"}), "numpy", "dtype", frame)
    # What its own processes are to call.
    frame.f_globals["__name__"] = "multiprocessing.connection"
    about_global(serving({"key": "models/a.pkl"}, own=("os", "stat")), "os", "stat", frame)


HEAD = b"GET /x HTTP/1.1\r\nHost: a.example\r\nX-Tenant: %b\r\n\r\n"


def test_the_event_breaks_no_line_of_a_requests_head() -> None:
    frame = frame_in(__file__)
    event = {
        "tenant": "a\r\nX-Admin: 1",
        "note": "GET /y HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "text": "a\nb",
        "second": "a\r\n\r\nGET /internal HTTP/1.1\r\nX: ",
    }
    for name in ("tenant", "second"):
        with pytest.raises(Refused):
            about_head(serving(event), HEAD % event[name].encode(), False, frame)
    guard = serving(event)
    # What it has in common with any request; a request that is handed on; what stands behind a head.
    about_head(guard, HEAD % b"a", False, frame)
    about_head(guard, event["note"].encode(), False, frame)
    about_head(guard, HEAD % b"a" + event["text"].encode(), False, frame)
    about_head(guard, event["text"].encode(), False, frame)


@pytest.mark.parametrize(
    ("script", "value", "is_refused"),
    [
        ("eval echo $TEXT", "x; id", True),
        ('eval "$TEXT"', "id", True),
        ("set -e; sh -c ${TEXT}", "id", True),
        ("eval echo $TEXT", "x", False),
        ('echo "$TEXT"; eval true', "x; id", False),
        ("eval echo $OTHER", "x; id", False),
        ('eval "set -- $TEXT"; echo "$1"', "'x; id'", False),
    ],
)
def test_a_shell_reads_no_variable_of_the_events_as_code(script: str, value: str, is_refused: bool) -> None:
    guard, frame = serving({"text": value}, own=("eval echo ", "eval", "echo ")), frame_in(__file__)
    if is_refused:
        with pytest.raises(Refused):
            about_variables(guard, script, {"TEXT": value, "OTHER": "y"}, frame)
    else:
        about_variables(guard, script, {"TEXT": value, "OTHER": "y"}, frame)


def test_the_event_names_no_variable_that_programs_obey() -> None:
    guard, frame = (
        serving({"env": {"BASH_ENV": "x", "NAME": "LD_PRELOAD"}}, own=("GIT_AUTHOR_NAME",)),
        frame_in(__file__),
    )
    with pytest.raises(Refused):
        about_environment(guard, {"PATH": "/bin", "BASH_ENV": "x"}, frame)
    about_environment(
        guard, {"PATH": "/bin", "NAME": "LD_PRELOAD", "GIT_AUTHOR_NAME": "x", "GIT_DIR": "y"}, frame
    )
    about_environment(guard, None, frame)


def test_nor_one_that_it_had_put_into_the_functions_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, frame = serving({"env": {"BASH_ENV": "/tmp/x.sh"}}), frame_in(__file__)
    monkeypatch.setenv("BASH_ENV", "/tmp/x.sh")
    for given in (None, dict(os.environ)):
        with pytest.raises(Refused):
            about_environment(guard, given, frame)
    # What the platform had set is another one now.
    monkeypatch.setattr(guard, "first_variables", frozenset({("BASH_ENV", "/opt/x.sh")}))
    with pytest.raises(Refused):
        about_environment(guard, None, frame)
    monkeypatch.setattr(guard, "first_variables", frozenset({("BASH_ENV", "/tmp/x.sh")}))
    about_environment(guard, None, frame)
    # The name is made of a header's.
    monkeypatch.delenv("BASH_ENV")
    guard = serving({"headers": {"Bash-Env": "/tmp/x.sh"}})
    monkeypatch.setenv("BASH_ENV", "/tmp/x.sh")
    with pytest.raises(Refused):
        about_environment(guard, None, frame)


def test_an_operand_is_no_link_that_an_archive_made(tmp_path: Path) -> None:
    (tmp_path / "inside.txt").write_text("x")
    (tmp_path / "near.txt").symlink_to("inside.txt")
    (tmp_path / "notes.txt").symlink_to("/etc/passwd")
    frame = frame_in(__file__)
    for name in ("near.txt", "inside.txt"):
        guard = serving({"member": name}, own=("cat", str(tmp_path)))
        about_process(guard, "cat", ["cat", name], frame, folder=str(tmp_path))
    guard = serving({"member": "notes.txt"}, own=("cat", str(tmp_path)))
    with pytest.raises(Refused):
        about_process(guard, "cat", ["cat", "notes.txt"], frame, folder=str(tmp_path))


@pytest.mark.parametrize(
    ("query", "is_refused"),
    [
        ("price > @sys.maxsize", True),
        ("price.__class__.__init__ == 1", True),
        ("name == 'a@b.c' and `e.mail` != '@'", False),
        ("name.str.contains('x') and price > 1.5", False),
    ],
)
def test_an_expression_of_pandas_stays_within_its_columns(query: str, is_refused: bool) -> None:
    guard, frame = serving({"query": query}), frame_in(__file__)
    if is_refused:
        with pytest.raises(Refused):
            about_frame(guard, query, frame)
    else:
        about_frame(guard, query, frame)
    about_frame(guard, "price > @limit", frame)


def test_an_inclusion_of_the_events_names_no_file() -> None:
    text = "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd'/></a>"
    with pytest.raises(Refused):
        about_markup(serving({"xml": text}, own=("xinclude",)), text, frame_in(__file__))
    # Nobody includes it.
    about_markup(serving({"xml": text}), text, frame_in(__file__))


def test_a_link_of_the_events_leads_to_what_lies_beside_it() -> None:
    guard, frame = serving({"to": "/srv/other.txt", "beside": "a.txt"}), frame_in(__file__)
    with pytest.raises(Refused):
        about_link(guard, "/srv/other.txt", "/srv/files/link", frame)
    about_link(guard, "a.txt", "/srv/files/link", frame)
    about_link(guard, "/opt/own.txt", "/srv/files/link", frame)
    about_link(guard, "/srv/a.txt", "/srv/files/link", frame)
    with pytest.raises(Refused):
        about_link(serving({"to": "../up"}), "../up", "/srv/files/link", frame)


def test_a_file_that_a_program_is_given_is_judged_as_one_that_is_opened(tmp_path: Path) -> None:
    inside = tmp_path / "in.txt"
    inside.write_text("x")
    event = {
        "whole": "/etc/passwd",
        "up": "../../../../../../etc/passwd",
        "plain": "in.txt",
        "none": "/etc/no-such",
    }
    frame = frame_in(__file__)
    own = (str(tmp_path), str(tmp_path) + "/", "cat", "cat ")
    for word in (event["whole"], f"{tmp_path}/{event['up']}", "--file=/etc/passwd"):
        with pytest.raises(Refused):
            about_process(serving(event, own=own), "cat", ["cat", word], frame)
        with pytest.raises(Refused):
            about_shell(serving(event, own=own), f"cat '{word}'", frame)
    about_process(serving(event, own=own), "cat", ["cat", str(inside), event["none"]], frame)
    about_process(serving(event, own=own), "echo", ["echo", event["whole"]], frame)
    # A program in another folder opens its own "../".
    folder = tmp_path / "one" / "two"
    folder.mkdir(parents=True)
    with pytest.raises(Refused):
        about_process(
            serving({"up": "../../in.txt"}, own=own), "cat", ["cat", "../../in.txt"], frame, folder=folder
        )
    with pytest.raises(Refused):
        about_shell(serving({"up": "../../in.txt"}, own=own), "cat ../../in.txt", frame, folder=folder)
    about_shell(serving({"up": "../../no.txt"}, own=own), "cat ../../no.txt", frame, folder=folder)
    # So does one that goes there, by itself or after its shell.
    words = (("../../in.txt", True), ("..", True), ("../no-such.txt", False), ("a..b", False))
    for line in ("tar -C @ -cf - '{}'", "cd @ && cat '{}' | wc", "cat < x; tar --directory=@ '{}'"):
        line = line.replace("@", str(folder))
        for word, is_refused in words:
            with pytest.raises(Refused) if is_refused else nullcontext():
                about_shell(serving({"up": word}, own=tuple(line.split("{}"))), line.format(word), frame)


def test_a_text_for_an_option_is_no_file_that_a_program_opens() -> None:
    frame, own = frame_in(__file__), ("grep", "-e", "-f", "--", "list.txt")
    for word in ("--file=/etc/passwd", "/etc/passwd"):
        about_process(serving({"a": word}, own=own), "grep", ["grep", "-e", word, "--", "list.txt"], frame)
        for words in (["grep", "-f", word], ["grep", "-e", "x", word], ["grep", "--", word, "list.txt"]):
            with pytest.raises(Refused):
                about_process(serving({"a": word}, own=own), "grep", words, frame)


@pytest.mark.parametrize("word", ["--file=/etc/passwd", "/etc/passwd"])
def test_a_program_that_only_prints_a_date_opens_files_by_its_options(word: str) -> None:
    with pytest.raises(Refused):
        about_process(
            serving({"zone": "/etc/passwd"}, own=("date", "-f", "--file=")),
            "date",
            ["date", "-f", word],
            frame_in(__file__),
        )


@pytest.mark.parametrize(
    ("subject", "is_refused"),
    [
        ("order\r\nBcc: victim@evil.example", True),
        ("order\nBcc: victim@evil.example", True),
        ("order\n\nanother body", True),
        ("order 17", False),
    ],
)
def test_the_event_breaks_no_line_of_a_mails_header(subject: str, is_refused: bool) -> None:
    event = {"subject": subject, "text": "one\r\ntwo\r\n\r\nthree", "mail": "Subject: a\nTo: b\n\nc"}
    guard, frame = serving(event), frame_in(__file__)
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_mail(guard, f"From: shop@example.com\r\nSubject: {subject}\r\n\r\n{event['text']}", frame)
    about_mail(guard, event["mail"].encode(), frame)


@pytest.mark.parametrize(
    ("script", "operand", "is_refused"),
    [
        ('eval "echo $1"', "$(id)", True),
        ('bash -c "echo $1"', "x; id", True),
        ("echo $(( $1 + 1 ))", "a[$(id)]", True),
        ("[[ $1 -gt 3 ]] && echo more", "a[$(id)]", True),
        ("echo $(( $1 + 1 ))", "41", False),
        ('echo "$1"', "$(id)", False),
        ('eval "echo $1"', "ada", False),
    ],
)
def test_a_script_evaluates_no_operand_of_the_events(
    script: str, operand: str, is_refused: bool, tmp_path: Path
) -> None:
    file = tmp_path / "script.sh"
    frame = frame_in(__file__)
    for line in ("#!/bin/sh\n", ""):
        file.write_text(line + script)
        file.chmod(0o755)
        for starts in (["bash"], [], ["timeout", "-s", "KILL", "9", "nice", "-n", "5"], ["env", "A=b", "sh"]):
            words = [*starts, str(file), operand]
            guard = serving({"operand": operand}, own=(*starts, "bash", "sh", str(file), script))
            with pytest.raises(Refused) if is_refused else nullcontext():
                about_process(guard, words[0], words, frame)


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("sh {}", "#!/bin/sh\necho begin\n"),
        ("make -s -f {}", "all:\n\t@echo begin\n\t"),
        ("sh -c '. {}; echo $A'", "export A=x\n"),
        ("{}", "#!/bin/bash -e\n"),
        # A shell reads itself what the kernel does not execute.
        ("{}", "#!\n"),
        ("{}", "echo begin\n"),
        ("timeout -s KILL 9 {}", "#!/usr/bin/env -S bash -e\n"),
        ("cd [] && sh made", "echo begin\n"),
    ],
)
@pytest.mark.parametrize(("value", "is_refused"), [("id; cat /etc/hostname", True), ("plain", False)])
def test_a_script_that_the_function_wrote_is_read_as_its_reader_does(
    line: str, own: str, value: str, is_refused: bool, tmp_path: Path
) -> None:
    file = tmp_path / "made"
    file.write_text(f"{own}echo {value}\n")
    file.chmod(0o755)
    command = line.replace("{}", str(file)).replace("[]", str(tmp_path))
    guard = serving({"value": value}, own=(command, own + "echo ", "\n"))
    guard.places.temporary = (str(tmp_path),)
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_shell(guard, command, frame_in(__file__))


def test_a_value_that_is_escaped_ends_nothing() -> None:
    event = {"text": 'see "https://example.org/?a=1" or <a href="https://example.org/?a=1&b=2">it</a>'}
    body = json.dumps({"query": {"text": event["text"]}}).encode()
    about_head(serving(event), body, False, frame_in(__file__))


@pytest.mark.parametrize(
    ("template", "value", "is_refused"),
    [
        ('{"user": "%s", "role": "guest"}', 'x", "role": "admin', True),
        ('{"user": "ann", "more": %s}', '{"a": "b"}', False),
        ('{"user": "ann", "cost": %s}', '0, "approved": true', True),
        ('{"user": "ann", "more": [%s]}', '{"a": "b"}, {"a": "c"}', False),
        ('{"user": "at: %s"}', 'O\\"Neil', False),
        ('{"user": "%s"}', 'x\\", y', False),
        # A document of GraphQL's is a text in it.
        ('{"query": "{ user(id: \\"%s\\") { name } }"}', 'x\\") { key } a: user(id: \\"y', True),
        ('{"query": "{ user(id: \\"%s\\") { name } }"}', "it's { key } # x", False),
        ('{"query": "%s"}', '{ user(id: \\"x\\") { name } }', False),
        ('{"query": "{ me { %s } }"}', "name } users { pin", True),
        ('{"query": "{ me { %s } }"}', "name friends { name }", False),
        # A statement, for a service that reads it.
        ("SELECT Id FROM Account WHERE Name = '%s'", "x' OR Name != '", True),
        ("SELECT Id FROM Account WHERE Name = '%s'", "Ann", False),
        ("SELECT Id FROM Account WHERE Name = 'O\\'%s'", "Brien", False),
        ("q=SELECT+Id+FROM+Account+WHERE+Name%%3D'%s'&x=1", "x'||Name||'", True),
        ('{"statement": "SELECT id FROM a WHERE b = \'%s\'"}', "x' OR b != '", True),
        (
            '{"prompt": "Select the best answer from the list, where one is: %s"}',
            "it's 1 or 2 -- see x='y'",
            False,
        ),
        ('{"prompt": "With this text as a guide, (%s) go on"}', "it's 1 or 2; x='y'", False),
        ('{"text": "%s"}', "select all of it or drop me a line; it's fine", False),
        ("user=%s&role=guest", "x&role=admin", True),
        ("%s&key=1", "a=b&c=d", False),
        ("<order><user>%s</user></order>", "x</user><role>admin</role><user>", True),
        ("<order><user>%s</user></order>", "<b>x</b>", False),
        ("<order><item id='%s'/></order>", "x' price='0", True),
        ("<order><item id='%s'/></order>", "x'/><role>admin</role><n a='", True),
        ('<order><item id="%s"/></order>', 'x" price="0', True),
        ("<order><item id='%s'/></order>", "O'Brien", False),
        ('<order><item id="%s"/></order>', "it's=a", False),
        ("<order><user>%s</user></order>", "it's a='b'", False),
        ("<order><item id=%s</order>", "'2'><b>x</b></item>", False),
        ("%s", "<a><b>1</b></a>", False),
        ("%s", "<order xmlns:x='urn:x'><item sku='//user[1]'><qty>-1</qty></item><!-- c --></order>", False),
    ],
)
def test_a_value_of_the_events_ends_none_of_a_body(template: str, value: str, is_refused: bool) -> None:
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_head(
            serving({"value": value.replace('\\"', '"') if "query" in template else value}),
            (template % value).encode(),
            False,
            frame_in(__file__),
        )


@pytest.mark.parametrize(
    ("hook", "is_refused"),
    [
        ("hooks.greet", False),
        ("hooks:greet", False),
        ("hooks.Mailer.send", False),
        ("hooks.subprocess.check_output", True),
        ("hooks:os.system", True),
        ("hooks:run", True),
        ("hooks.Mailer.__init__.__globals__", True),
        ("subprocess:getoutput", True),
        ("os.path.join", True),
    ],
)
def test_an_event_reaches_nothing_through_the_functions_modules(
    hook: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = ModuleType("hooks")
    vars(hooks).update(
        os=os,
        subprocess=subprocess,
        run=subprocess.run,
        greet=frame_in,
        Mailer=type("Mailer", (), {"send": frame_in}),
    )
    monkeypatch.setitem(sys.modules, "hooks", hooks)
    guard = serving({"hook": hook})
    monkeypatch.setattr(guard, "is_functions_module", lambda name: name == "hooks")
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_dotted(guard, hook, frame_in(__file__))


@pytest.mark.parametrize(
    ("script", "value", "is_refused"),
    [
        ("echo $(( COUNT * 2 ))", "a[$(id)]", True),
        ("echo $(( COUNT * 2 ))", "7", False),
        ('echo $(( OTHER * 2 )) "$NOTE"', "a[$(id)]", False),
        ('echo "$COUNT"', "a[$(id)]", False),
    ],
)
def test_a_shell_computes_with_no_variable_that_has_a_command(
    script: str, value: str, is_refused: bool
) -> None:
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_variables(serving({"count": value}), script, {"COUNT": value, "OTHER": "1"}, frame_in(__file__))


def test_a_stylesheet_of_the_functions_is_its_own_whatever_the_event_says() -> None:
    sheet = (
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><b/></xsl:stylesheet>'
    )
    event = {"plant": '<b/></xsl:stylesheet> version="1.0" xmlns'}
    about_markup(serving(event, own=(sheet, "XSLT")), sheet, frame_in(__file__))
    with pytest.raises(Refused):
        about_markup(serving(event, own=("XSLT",)), sheet, frame_in(__file__))


@pytest.mark.parametrize(
    ("template", "value", "is_refused"),
    [
        ("<xsl:text>{}</xsl:text>", "People of Upper End (it's 2026)", False),
        ("<xsl:text>{}</xsl:text>", "Total -- 100%; {x} $n", False),
        ("<xsl:text>{}</xsl:text>", "R &amp; D &#8211; a < b & c", False),
        ("<b title='5 > 3'>{}</b>", "plain text", False),
        ("<xsl:text>{}</xsl:text>", '</xsl:text><xsl:value-of select="/"/><xsl:text>', True),
        ("<xsl:text>{}</xsl:text>", "&secret;", True),
        ("<xsl:text>&{};</xsl:text>", "secret", True),
        ("<xsl:text>{}/b></xsl:text>", "shown <", True),
        ("<b title='{}'/>", "{document(1)}", True),
        ('<xsl:value-of select="1 > {}"/>', "document(2)", True),
        ("<!-- it's --><xsl:if test=\"'{}'\"/>", "x' or '1", True),
    ],
)
def test_a_stylesheet_shows_what_the_event_says_and_does_nothing_of_it(
    template: str, value: str, is_refused: bool
) -> None:
    head = '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    sheet = head + template.format(value) + "</xsl:stylesheet>"
    with pytest.raises(Refused) if is_refused else nullcontext():
        own = ("XSLT", head, *template.split("{}"), "</xsl:stylesheet>")
        about_markup(serving({"title": value}, own=own), sheet, frame_in(__file__))


@pytest.mark.parametrize(
    ("hint", "is_refused"),
    [
        ("dict[str, int] | None", False),
        ("list[str]", False),
        ("Literal[SECRET]", True),
        ("list[__import__('os').system('id')]", True),
        ("list.__subclasses__()", True),
    ],
)
def test_a_hint_of_the_events_names_plain_types_alone(hint: str, is_refused: bool) -> None:
    scope: dict[str, object] = {"__name__": "typing", "sys": sys}
    exec(compile("def act(): return sys._getframe()", __file__, "exec"), scope)
    frame = scope["act"]()  # type: ignore[operator]
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_python(serving({"hint": hint}), hint.encode(), frame)
    scope["__name__"] = "app"
    with pytest.raises(Refused):
        about_python(serving({"hint": hint}), hint, frame)
    scope.clear()


@pytest.mark.parametrize("text", ["7 - 5 apples", "2 +", "  price * (", "what is 7 * 6?"])
def test_what_is_no_python_is_not_refused_since_nothing_of_it_runs(text: str) -> None:
    guard = serving({"formula": text})
    about_python(guard, text, frame_in(__file__, price=3))
    about_python(guard, text.encode(), frame_in(__file__, price=3))
    assert told(guard) == []


@pytest.mark.parametrize(
    "text", ["import os\nos.system('id')", "  __import__('os')", "\ufeff__import__('os')"]
)
def test_what_runs_as_a_statement_behind_blanks_or_behind_a_mark_is_refused(text: str) -> None:
    guard = serving({"formula": text})
    for source in (text.lstrip("\ufeff"), text.encode()):
        with pytest.raises(Refused):
            about_python(guard, source, frame_in(__file__))


def lengths(*words: str) -> bytes:
    parts = b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in map(str.encode, words))
    return b"*%d\r\n" % len(words) + parts


@pytest.mark.parametrize(
    ("data", "is_refused"),
    [
        (lengths("GET", "note:x\r\nGET admin"), False),
        (lengths("GET", "note:x\r\nGET admin") + lengths("PING"), False),
        (b"*2\r\n$3\r\nGET\r\n$6\r\nnote:x\r\nGET admin\r\n", True),
        (b"GET note:x\r\nGET admin\r\n", True),
    ],
)
def test_what_is_sent_with_its_length_may_hold_lines(data: bytes, is_refused: bool) -> None:
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_head(serving({"key": "x\r\nGET admin"}), data, True, frame_in(__file__))


def test_a_length_that_is_too_short_hides_no_command_behind_another_value() -> None:
    # The function counts characters: é is two bytes, and so what follows them is the event's.
    first = "é\r\n*1\r\n$8\r\nFLUSHALL\r\n"
    data = b"*1\r\n$2\r\n%s$%d\r\n%s\r\n" % (first.encode(), len(first.encode()), first.encode())
    with pytest.raises(Refused):
        about_head(serving({"key": first}), data, True, frame_in(__file__))


def test_a_mail_that_the_function_sends_by_hand_ends_where_the_function_ends_it() -> None:
    frame = frame_in(__file__)
    event = {"name": "x\r\n.\r\nMAIL FROM:<a@example.net>", "to": "a>\r\nRCPT TO:<b", "text": "Hi\r\nBob"}
    body = "Subject: Status\r\n\r\n%s\r\n.\r\n"
    for data in (body % event["name"], f"RCPT TO:<{event['to']}>\r\n"):
        with pytest.raises(Refused):
            about_head(serving(event), data.encode(), True, frame)
        with pytest.raises(Refused):
            about_head(serving(event), memoryview(data.encode()), True, frame)
    about_head(serving(event), (body % event["text"]).encode(), True, frame)


@pytest.mark.parametrize(
    ("filters", "value", "is_refused"),
    [
        ("Name eq '%s' and Public eq true", "x' or Public eq false or Name eq '", True),
        ("contains(Name, '%s')", "x') or contains(Name, '", True),
        ("name contains '%s' and trashed=false", "x' or name contains 'y", True),
        ('project = SHOP AND text ~ "%s"', 'x" OR project = "HR', True),
        ('title:"%s"', 'x" OR owner:"me', True),
        ("Name eq '%s'", "O''Brien", False),
        ("Name eq '%s' and Total gt 3", "it''s ''fine''; -- no", False),
        ("Name = '%s' AND Total > 3", "it\\'s \\'fine\\'; -- no", False),
        ('text ~ "%s"', 'say \\"yes\\"', False),
        ('text ~ "%s"', "it's", False),
        ("You said '%s' to us", "it's 'fine'", False),
        ("%s", "name = 'x' or name = 'y'", False),
    ],
)
def test_no_value_ends_a_text_of_a_filter_in_a_url(filters: str, value: str, is_refused: bool) -> None:
    guard = serving({"q": value}, own=("https://api.example/odata?top=5&filter=", *filters.split("%s")))
    for encode in (quote, quote_plus):
        for about in (about_url, about_origin):
            with pytest.raises(Refused) if is_refused else nullcontext():
                about(
                    guard,
                    "https://api.example/odata?top=5&filter=" + encode(filters % value),
                    frame_in(__file__),
                )


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("../internal/c", True),
        ("a/../../internal", True),
        ("a/../b.css", False),
        ("b..css", False),
        ("x.css", False),
        ("/internal/c", True),
        ("/assets/b.css", False),
    ],
)
def test_a_link_does_not_lead_out_of_the_directory_that_it_was_joined_with(
    url: str, is_refused: bool
) -> None:
    guard = serving({"path": url}, own=("https://shop.example/assets/",))
    joined = urljoin("https://shop.example/assets/", url)
    guard.computed_paths[joined] = (url, "https://shop.example/assets/")
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_url(guard, joined, frame_in(__file__))


@pytest.mark.parametrize(
    ("given", "is_refused"),
    [("../internal/x", True), ("a/../../internal/x", True), ("a/../b.txt", False), ("b.txt", False)],
)
def test_a_path_that_a_url_ends_with_is_judged_by_what_it_was_computed_of(
    given: str, is_refused: bool
) -> None:
    guard = serving({"file": given}, own=("https://shop.example", "/public/"))
    path = os.path.normpath("/public/" + given)
    guard.computed_paths[path] = ("/public/" + given, "")
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_url(guard, f"https://shop.example{path}?x=1", frame_in(__file__))


def test_a_key_without_its_first_slash_is_judged_by_what_it_was_computed_of() -> None:
    guard = serving({"a": "..", "b": "private/pin"}, own=("/public/",))
    guard.computed_paths["/private/pin"] = ("/public/../private/pin", "")
    with pytest.raises(Refused):
        about_result(guard, "private/pin", frame_in(__file__))


def test_a_page_of_the_events_links_from_the_root() -> None:
    # Part of a document, and of one that is not the function's.
    for event, page in (
        ({"html": "<a href='/about'>x</a>"}, "https://example.org/a/"),
        ({"page": "https://example.org/a/", "link": "/about"}, "https://example.org/a/"),
    ):
        guard = serving(event, own=("https://example.org/a/",) if "html" in event else (), mode="observe")
        guard.computed_paths["https://example.org/about"] = ("/about", page)
        about_url(guard, "https://example.org/about", frame_in(__file__))
        assert ["observed", "url.structure"] not in told(guard)


@pytest.mark.parametrize(
    ("pattern", "is_refused"),
    [
        ("/data/*/*.txt", True),
        ("/data/a*/*.txt", True),
        ("/data/?na/*.txt", True),
        ("/data/ana/*.txt", False),
        ("/data/Report [final] (2)/*.txt", False),
        ("*.csv", False),
        ("/data/*.csv", False),
        ("/data/a*", False),
        ("/data/*", False),
    ],
)
def test_a_pattern_of_files_has_no_sign_of_the_events(pattern: str, is_refused: bool) -> None:
    event = {"users": ["*", "a*", "?na", "ana", "Report [final] (2)"], "pattern": "*.csv"}
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_pattern(serving(event, own=("/data/", "/*.txt")), pattern, frame_in(__file__))


def test_a_folder_that_no_function_has_has_no_pattern() -> None:
    # What the environment says, beside an event with that sign alone for something else.
    about_pattern(serving({"user": "ana"}, own=("/*.txt",)), "/mnt/ana/*.txt", frame_in(__file__))


def test_an_event_names_no_private_module(tmp_path: Path) -> None:
    guard = serving({"names": ["hello", "_admin", "sub._admin"]}, own=("plugins.",))
    about_import(guard, "plugins.hello", frame_in(__file__))
    for name in ("plugins._admin", "plugins.sub._admin"):
        with pytest.raises(Refused):
            about_import(guard, name, frame_in(__file__))


def test_a_page_of_the_functions_is_no_page_of_the_events_whose_addresses_are_alike() -> None:
    guard = serving(
        {"path": "../x", "ip": "192.0.2.61, 198.51.100.2"}, own=("http://192.0.2.1:8080", "/a/b/")
    )
    guard.computed_paths["http://192.0.2.1:8080/a/x"] = ("../x", "http://192.0.2.1:8080/a/b/")
    with pytest.raises(Refused):
        about_url(guard, "http://192.0.2.1:8080/a/x", frame_in(__file__))


def test_a_page_of_the_events_may_link_to_its_parents() -> None:
    page = "https://example.org/a/b/c.html"
    guard = serving({"page": page, "link": "../../x"}, own=(), mode="observe")
    guard.computed_paths["https://example.org/x"] = ("../../x", page)
    about_url(guard, "https://example.org/x", frame_in(__file__))
    assert ["observed", "url.structure"] not in told(guard)


def test_a_port_that_the_event_names_with_a_known_host_is_the_events() -> None:
    frame = frame_in(__file__)
    guard = serving(
        {"host": "localhost:6379", "other": "api.example.com"}, own=("localhost", "localhost:8080")
    )
    about_address(guard, ("localhost", 8080), frame)
    with pytest.raises(Refused):
        about_address(guard, ("localhost", 6379), frame)


def test_text_that_quotes_a_declaration_declares_nothing() -> None:
    quoted = "<a><![CDATA[<!ENTITY x SYSTEM 'file:///etc/passwd'>]]></a>"
    about_markup(serving({"xml": quoted}), quoted, frame_in(__file__))
    hidden = "<!DOCTYPE a [<!-- <![CDATA[ --><!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"
    with pytest.raises(Refused):
        about_markup(serving({"xml": hidden}), hidden, frame_in(__file__))


def test_a_tree_whose_f_string_has_bare_expressions_has_a_source() -> None:
    """As werkzeug makes them for its rules; the compiler takes those."""
    tree = ast.parse("f'a{x}b'")
    joined = next(node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    joined.values[1] = joined.values[1].value  # type: ignore[attr-defined]
    assert _text_of_tree(tree) == "f'a{x}b'"
    assert not isinstance(joined.values[1], ast.FormattedValue), "the tree itself was changed"


def test_a_script_that_is_found_by_its_name_in_a_temporary_folder_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "resize"
    tool.write_text("#!/bin/sh\nid > /tmp/owned; convert\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    event = {"tool": "id > /tmp/owned; convert"}
    with pytest.raises(Refused):
        about_process(serving(event, own=("resize",)), "resize", ["resize"], frame_in(__file__))
    about_process(serving({"tool": "x"}, own=("resize",)), "resize", ["resize"], frame_in(__file__))
