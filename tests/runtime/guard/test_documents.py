"""Templates, XML and archives are looked at before they are compiled, parsed and unpacked."""

from __future__ import annotations

import asyncio
import asyncio.subprocess
import base64
import csv
import email
import importlib
import importlib.util
import io
import json
import os
import string
import sys
import tarfile
import tomllib
import urllib.parse
import zipfile
from contextlib import nullcontext, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.sax import expatreader
from xml.sax.handler import feature_external_ges

import jinja2.environment
import jinja2.runtime
import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment
from tests.runtime.guard.guards import serving, told

from dayfly.runtime.guard import documents, drivers, sinks
from dayfly.runtime.guard.audit_events import _shown
from dayfly.runtime.guard.documents import about_markup
from dayfly.runtime.guard.drivers import WRAPPED
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.refusal import Refused

ENTITY = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
EVENT = {
    "mako": "${40 + 2}",
    "line": "% for x in y:",
    "braces": "{{ settings.KEY }}",
    "tal": "<b tal:content='python:1+1'/>",
    "field": "item.__init__.__globals__",
    "plain": "Ada {x} % $y",
    "xml": ENTITY + "<a>&x;</a>",
    "cmd": "; id",
    "entity": "/srv/budget-of-the-board.csv",
}


@pytest.fixture
def guard() -> Guard:
    return serving(EVENT, own=("Hi ", "Hi\n", "{{ name }}", "${name}"))


def engine_of(kind: str) -> ModuleType:
    """An engine's module with the class that is wrapped."""
    module = ModuleType(kind)

    class Lexer:
        def __init__(self, text: str) -> None:
            self.text, self.filename = text, None

        def parse(self) -> str:
            return self.text

    class Template:
        def __init__(self, text: str, *_rest: object) -> None:
            self.text = text

    class BaseTemplate:
        def cook(self, body: str) -> str:
            return body

    vars(module).update(Lexer=Lexer, Template=Template, BaseTemplate=BaseTemplate)
    return module


def compiled(kind: str, module: ModuleType, text: str) -> object:
    if kind == "mako.lexer":
        return module.Lexer(text).parse()
    return module.BaseTemplate().cook(text) if kind == "chameleon.template" else module.Template(text)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("mako.lexer", ["mako", "line"]),
        ("django.template.base", ["braces"]),
        ("tornado.template", ["braces"]),
        ("chameleon.template", ["mako", "tal"]),
    ],
)
def test_an_engine_compiles_no_tag_of_the_events(kind: str, values: list[str], guard: Guard) -> None:
    module = engine_of(kind)
    WRAPPED[kind](module, guard)
    for name in values:
        with pytest.raises(Refused):
            compiled(kind, module, "Hi\n" + EVENT[name])
    assert compiled(kind, module, "Hi " + EVENT["plain"])


@pytest.mark.parametrize(
    ("text", "greeting", "is_refused"),
    [
        ("Dear {{ name }},\n%s\n{% if gold %}Thanks!{% endif %}", "Dear {{ name }},", False),
        ("Dear {{ name }},\n%s\n{% if gold %}Thanks!{% endif %}", "{{ name }}", True),
        ("Dear {{ name }},\n%s\n{% if gold %}Thanks!{% endif %}", "Dear {{ name }},\n{{ key }}", True),
        ("%s\n{% if gold %}Thanks!{% endif %}", "{{ key }}", True),
        ("Dear {{ %s }}", "key", True),
        ("Dear {{ name }}, {{ user.%s }}", "_pin", True),
        ("Dear {{ name }}, {{ user.%s }}", "name", False),
        ("%s, dear {{ name }}!", "{{ name }}", True),
    ],
)
def test_a_template_begins_with_the_functions_text_though_the_event_has_it_too(
    text: str, greeting: str, is_refused: bool
) -> None:
    own = [piece for piece in text.split("%s") if piece]
    guard = serving({"greeting": greeting, "name": greeting}, own=tuple(own))
    # Where the event has the function's text, another value of it stands in the template.
    value = "Hello there" if not is_refused else greeting
    marks = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]
    with pytest.raises(Refused) if is_refused else nullcontext():
        sinks.about_template(guard, text.replace("%s", value), marks, sys._getframe())


def test_a_tag_of_the_functions_is_no_tag_of_the_events() -> None:
    guard = serving({"slogan": "5 for $4", "shop": "${shop}"}, own=("<b>", "</b><i>${shop}</i>"))
    frame = sys._getframe()
    sinks.about_template(guard, "<b>5 for $4</b><i>${shop}</i>", [("${", "}")], frame)
    with pytest.raises(Refused):
        sinks.about_template(guard, "<b>${shop}</b><i>${shop}</i>", [("${", "}")], frame)


def test_only_a_template_that_stands_in_the_librarys_module_is_the_librarys(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope: dict[str, object] = {"PAGE": "Error {{ code }}", "sys": sys}
    exec(compile("def act(): return sys._getframe()", __file__, "exec"), scope)
    frame = scope["act"]()  # type: ignore[operator]
    monkeypatch.setattr(guard, "is_installed", lambda asked: asked is frame)
    for text in ("Error {{ code }}", "{{ stored }}"):
        sinks.about_template(guard, text, [("{{", "}}")], frame)
    scope.clear()
    # An unknown template is reported, whichever engine it is for.
    assert told(guard) == [["unknown", "template.unexplained"]]


def test_a_link_that_the_function_joins_is_kept_with_its_page(guard: Guard) -> None:
    module = ModuleType("urllib.parse")
    module.urljoin = urllib.parse.urljoin  # type: ignore[attr-defined]
    WRAPPED["urllib.parse"](module, guard)
    page = "https://api.example.com/list/"
    assert module.urljoin(page, "?page=2") == page + "?page=2"
    assert guard.computed_paths == {page + "?page=2": ("?page=2", page)}


def test_a_mail_is_looked_at_before_it_is_sent() -> None:
    class SMTP:
        def sendmail(self, _sender: str, _receiver: str, message: str) -> int:
            return len(message)

    module = ModuleType("smtplib")
    module.SMTP = SMTP  # type: ignore[attr-defined]
    guard = serving({"subject": "order\nBcc: victim@evil.example"})
    WRAPPED["smtplib"](module, guard)
    assert SMTP().sendmail("a", "b", "Subject: order\n\nhi") == 18
    with pytest.raises(Refused):
        SMTP().sendmail("a", "b", "Subject: order\nBcc: victim@evil.example\n\nhi")


def test_a_mail_that_the_function_writes_by_hand_is_looked_at_where_it_is_read() -> None:
    module = ModuleType("email")
    module.message_from_string = email.message_from_string  # type: ignore[attr-defined]
    whole = "Subject: hi\nFrom: ada@example.com\n\nreceived"
    guard = serving({"subject": "order\nBcc: victim@evil.example", "mail": whole})
    WRAPPED["email"](module, guard)
    assert module.message_from_string("Subject: order\n\nhi")["Subject"] == "order"
    assert module.message_from_string(whole)["From"] == "ada@example.com"
    with pytest.raises(Refused):
        module.message_from_string("Subject: order\nBcc: victim@evil.example\n\nhi")


def test_a_template_of_the_deployments_files_is_the_functions(guard: Guard) -> None:
    module = engine_of("django.template.base")
    WRAPPED["django.template.base"](module, guard)
    origin = SimpleNamespace(name=str(Path(__file__).parent / "page.html"))
    assert module.Template("Hi " + EVENT["braces"], origin)


def test_a_format_reaches_no_attribute_that_the_event_names(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(string.Formatter, "get_field", string.Formatter.get_field)
    WRAPPED["string"](string, guard)
    with pytest.raises(Refused):
        string.Formatter().format("{" + EVENT["field"] + "}", item=1)
    assert string.Formatter().format("{item.real} {name}", item=1, name="x") == "1 x"


def test_an_entity_of_the_events_names_no_file(guard: Guard) -> None:
    module = ModuleType("lxml.etree")
    module.fromstring = module.parse = lambda text: text  # type: ignore[attr-defined]
    WRAPPED["lxml.etree"](module, guard)
    with pytest.raises(Refused):
        module.parse(io.BytesIO(EVENT["xml"].encode()))
    for text in (EVENT["xml"], EVENT["xml"].encode()):
        with pytest.raises(Refused):
            module.fromstring(text)
    plain = "<!DOCTYPE a [<!ENTITY y 'text'>]><a>&y;</a>"
    assert module.fromstring(plain) == plain


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32-le", "utf-7", "cp037"])
def test_a_document_is_read_in_its_own_encoding(encoding: str) -> None:
    xml = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE a [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><a>&y;</a>"
    document = xml.encode(encoding)
    with pytest.raises(Refused):
        about_markup(serving({"body": base64.b64encode(document).decode()}), document, sys._getframe())
    # From any source: an honest document names files relative to itself.
    with pytest.raises(Refused):
        about_markup(serving({"body": "another"}), document, sys._getframe())
    beside = xml.replace("file:///etc/passwd", "names.ent").encode(encoding)
    about_markup(serving({"body": "another"}), beside, sys._getframe())
    # Nor is it believed what it says of that.
    with pytest.raises(Refused):
        about_markup(serving({"body": xml}), xml.encode(), sys._getframe())


@pytest.mark.parametrize(
    "declared",
    [
        "<!ENTITY e &#83;YSTEM '{}'>",
        "&#x3c;!ENTITY e &#83;YSTEM &#39;{}&#39;&#62;",
        "<!ENTITY &#37; e PUBLI&#67; 'x' '{}'>",
    ],
)
def test_a_declaration_in_an_entitys_value_is_read_as_its_parser_does(declared: str) -> None:
    place = "http://internal.example/x"
    document = f'<!DOCTYPE a [<!ENTITY % p "{declared.format(place)}"> %p;]><a>&e;</a>'
    with pytest.raises(Refused):
        about_markup(serving({"body": document}), document, sys._getframe())
    about_markup(serving({"body": "another"}), document, sys._getframe())
    with pytest.raises(Refused):
        about_markup(serving({"body": "another"}), document.replace(place, "/etc/passwd"), sys._getframe())


def test_words_of_a_documents_text_declare_nothing() -> None:
    document = "<!DOCTYPE a [<!ENTITY x 'y'>]><a>The SYSTEM is PUBLIC since version 2 [1]; &x;</a>"
    about_markup(serving({"body": document}), document, sys._getframe())


@pytest.mark.parametrize(
    ("declared", "is_refused"),
    [
        ("<!ENTITY % e \"<!-- > -->&#60;!ENTITY x SYSTEM 'file:///etc/passwd'>\">%e;", True),
        (
            "<!ENTITY % e \"<!ENTITY &#37; f '&#38;#60;!ENTITY x SYSTE&#38;#77; &#38;#34;/etc/passwd&#38;#34;>'>\">%e;%f;",
            True,
        ),
        ("<!ENTITY x SYSTEM '../../etc/passwd'>", True),
        ("<!ENTITY x PUBLIC '-//X' 'a/%2e%2e/%2e%2e/passwd'>", True),
        ("<!ENTITY x SYSTEM 'names.ent'>", False),
        ("<!ENTITY x \"The SYSTEM is in '/opt/x'\">", False),
        ("<!ENTITY x SYSTEM 'file:///C:/logo.gif' NDATA gif>", False),
    ],
)
def test_an_entity_from_any_source_names_no_file_elsewhere(declared: str, is_refused: bool) -> None:
    document = f"<!DOCTYPE a [{declared}]><a>&x;</a>"
    with pytest.raises(Refused) if is_refused else nullcontext():
        about_markup(serving({"body": "another"}), document, sys._getframe())


def test_a_reader_by_events_opens_no_entity_of_the_events(
    guard: Guard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = "external_entity_ref"
    monkeypatch.setattr(expatreader.ExpatParser, name, getattr(expatreader.ExpatParser, name))
    WRAPPED["xml.sax.expatreader"](expatreader, guard)
    own = tmp_path / "own.txt"
    own.write_text("own")
    for place, is_refused in ((EVENT["entity"], True), (str(own), False)):
        for reads in (True, False):
            parser = expatreader.ExpatParser()
            parser.setFeature(feature_external_ges, reads)
            document = f"<!DOCTYPE a [<!ENTITY y PUBLIC '-' '{place}'>]><a>&y;</a>"
            with pytest.raises(Refused) if is_refused and reads else nullcontext():
                parser.parse(io.StringIO(document))


@pytest.mark.parametrize(
    ("name", "link", "is_outside"),
    [
        ("../up.txt", "", True),
        ("/etc/up.txt", "", True),
        ("a/../../up.txt", "", True),
        ("a/link", "../../up", True),
        ("link", "/etc/passwd", True),
        ("a/b.txt", "", False),
        ("..b.txt", "", False),
        ("a/link", "../b", False),
    ],
)
def test_no_member_is_unpacked_outside_of_its_directory(
    name: str, link: str, is_outside: bool, guard: Guard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tarfile.TarFile, "_extract_member", tarfile.TarFile._extract_member)
    WRAPPED["tarfile"](tarfile, guard)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(name)
        if link:
            member.type, member.linkname = tarfile.SYMTYPE, link
        archive.addfile(member, io.BytesIO())
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        if is_outside:
            with pytest.raises(Refused):
                archive.extractall(tmp_path / "in", filter="fully_trusted")
        else:
            archive.extractall(tmp_path / "in", filter="fully_trusted")
    assert told(guard) == [["refused", "path.member"]] * is_outside


@pytest.mark.parametrize(
    ("name", "is_outside"),
    [
        ("../conf/x", True),
        ("a/../../conf/x", True),
        ("a/../x", False),
        ("/x", False),
        ("a b/x..y", False),
        ("..x", False),
    ],
)
def test_no_member_that_is_read_is_written_outside_of_its_directory(
    name: str, is_outside: bool, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "open", zipfile.ZipFile.open)
    WRAPPED["zipfile"](zipfile, guard)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"")
    with zipfile.ZipFile(file) as archive:
        assert archive.read(archive.infolist()[0]) == b""
    with pytest.raises(Refused) if is_outside else nullcontext():
        sinks.about_path(guard, f"/tmp/site/{name.lstrip('/')}", sys._getframe())
    assert (["refused", "path.member"] in told(guard)) == is_outside


def test_a_path_is_judged_by_what_it_was_computed_of(tmp_path: Path) -> None:
    base, other = str(tmp_path / "in"), str(tmp_path / "other.txt")
    guard = serving({"up": "x/../../other.txt", "whole": other, "name": "x/../own.txt"}, own=(base, other))
    module = ModuleType("posixpath")
    vars(module).update(join=os.path.join, normpath=os.path.normpath, realpath=os.path.realpath)
    WRAPPED["posixpath"](module, guard)
    frame = sys._getframe()
    sinks.about_path(guard, other, frame)
    for compute, *parts in (
        (module.join, base, other),
        (module.join, Path(base), other),
        (module.normpath, f"{base}/x/../../other.txt"),
        (module.realpath, f"{base}/x/../../other.txt"),
        (module.realpath, Path(base, "x/../../other.txt")),
    ):
        path = compute(*parts)
        assert path == other
        with pytest.raises(Refused):
            sinks.about_path(guard, path, frame)
        guard.computed_paths.clear()
    for path in (
        module.normpath(f"{base}/x/../own.txt"),
        module.realpath(f"{base}/x/../own.txt"),
        module.join(os.getcwd(), other),
        module.join(other),
    ):
        sinks.about_path(guard, path, frame)


def test_a_directory_that_is_a_link_is_not_left_by_its_real_path(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    base = tmp_path / "in"
    base.symlink_to(tmp_path / "data")
    guard = serving({"name": "x/../own.txt"}, own=(str(base), str(tmp_path / "data")))
    module = ModuleType("posixpath")
    vars(module).update(join=os.path.join, normpath=os.path.normpath, realpath=os.path.realpath)
    WRAPPED["posixpath"](module, guard)
    path = module.realpath(f"{base}/x/../own.txt")
    assert path == str(tmp_path / "data" / "own.txt")
    sinks.about_path(guard, path, sys._getframe())


def test_an_expression_of_pandas_is_looked_at() -> None:
    class Expr:
        def __init__(self, expr: str, engine: str = "") -> None:
            self.expr = expr

    module = ModuleType("pandas.core.computation.expr")
    module.Expr = Expr  # type: ignore[attr-defined]
    WRAPPED["pandas.core.computation.expr"](module, serving({"query": "@os.name == 1", "more": "a > 1"}))
    assert Expr("a > 1", engine="python").expr == "a > 1"
    with pytest.raises(Refused):
        Expr("@os.name == 1")


def test_what_a_child_is_given_to_read_is_looked_at(guard: Guard) -> None:
    class Popen:
        def __init__(self, *args: str) -> None:
            self.args = args

        def communicate(self, input: str, timeout: int = 1) -> str:
            return input

    module = ModuleType("subprocess")
    module.Popen = Popen  # type: ignore[attr-defined]
    WRAPPED["subprocess"](module, guard)
    assert Popen("cat").communicate("echo ; id", timeout=2) == "echo ; id"
    with pytest.raises(Refused):
        Popen("sh").communicate("echo ; id")
    with pytest.raises(Refused):
        Popen("sh").communicate(input="echo ; id")


def test_what_a_child_of_a_loop_is_given_to_read_is_looked_at(guard: Guard) -> None:
    async def run(program: str) -> bytes:
        child = await asyncio.create_subprocess_exec(program, stdin=-1, stdout=-1)
        try:
            return (await child.communicate(b"echo ; id"))[0]
        except Refused:
            child.kill()
            await child.wait()
            raise

    process = vars(asyncio.subprocess.Process)["communicate"]
    WRAPPED["asyncio.subprocess"](asyncio.subprocess, guard)
    try:
        assert asyncio.run(run("cat")) == b"echo ; id"
        with pytest.raises(Refused):
            asyncio.run(run("sh"))
    finally:
        asyncio.subprocess.Process.communicate = process  # type: ignore[method-assign]


def test_a_child_that_raises_no_event_is_asked_about(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    posix = ModuleType("_posixsubprocess")
    posix.fork_exec = lambda *_arguments: 1  # type: ignore[attr-defined]
    monkeypatch.setattr(drivers, "_posixsubprocess", posix)
    monkeypatch.setattr(drivers, "WRAPPED", {})
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    drivers.watch(guard)
    with pytest.raises(Refused):
        posix.fork_exec(["sh", "-c", "true ; id"], [b"/bin/sh"], True)
    assert posix.fork_exec([b"/bin/true", b"; id"], [b"/bin/true"], True) == 1


def test_every_wrapped_library_still_has_what_is_wrapped() -> None:
    """Of those that are here: a version that renames it is no longer looked at."""
    names = {"mako.lexer": "Lexer.parse", "lxml.etree": "fromstring", "tarfile": "TarFile._extract_member"}
    names |= {
        "asyncio.subprocess": "Process.communicate",
        "subprocess": "Popen.communicate",
        "http.client": "HTTPConnection.putrequest",
        "string": "Formatter.get_field",
    }
    names |= {
        "requests.adapters": "HTTPAdapter.send",
        "urllib3.util.url": "parse_url",
        "httpx._urlparse": "urlparse",
    }
    names |= {"botocore.client": "BaseClient._make_api_call", "pandas.core.computation.expr": "Expr.__init__"}
    names |= {"posixpath": "normpath", "socket": "socket.sendall", "ssl": "SSLSocket.sendall"}
    assert set(names) <= set(WRAPPED)
    for module, path in names.items():
        try:
            found: object = importlib.import_module(module)
        except ImportError:
            continue
        for name in path.split("."):
            found = getattr(found, name)
        assert callable(found)


@pytest.mark.parametrize(
    ("template", "value", "is_refused"),
    [
        ("[user]\nname = %s\n", "x\n[admin]\nrole = root", True),
        ("[user]\nname = %s\n", "x\r\nrole = root", True),
        ("[user]\nname = %s\n", 'Ada = [x] "y"', False),
        ("%s", "[user]\nname = Ada\n", False),
        ("[a]\nb = 1\n\n%s\n", "[user]\nname = Ada\n", False),
        ('[user]\nname = "%s"\n', 'x"\nadmin = true #', True),
        ('[user]\nname = "%s"\n', 'x" # y', True),
        ('[user]\nname = "%s"\n', "it's # [x]", False),
        ('[user]\nname = "%s"\n', 'the "best" tea', False),
        ('[user]\ntext = """%s"""\n', "one\ntwo", False),
        ('[user]\ntext = """%s"""\n', 'one\n"""\nadmin = true\nb = """', True),
        ("%s", '[user]\nname = "Ada"\n', False),
        ('{"name": "%s", "role": "guest"}', 'x", "admin": "1', True),
        ('{"name": "%s", "role": "guest"}', 'x", "admin": 1, "y": "', True),
        ('{"name": "%s", "role": "guest"}', 'the "best" tea', False),
        ('{"name": "%s", "role": "guest"}', "it's {fine}, [x]: y", False),
        ('{"role": "guest", "more": %s}', '{"name": "Ada", "age": 3}', False),
        ('{"role": "guest", "more": %s}', '{\n  "name": "Ada",\n  "age": 3\n}', False),
        ("%s", '{"name": "Ada"}', False),
    ],
)
def test_a_value_of_settings_that_the_function_writes_is_no_more_than_that(
    template: str, value: str, is_refused: bool
) -> None:
    guard = serving({"value": value}, own=tuple(template.split("%s")))
    name = "json" if '":' in template % value else "tomllib"
    module = ModuleType(name)
    parse = {"json": json.loads, "tomllib": tomllib.loads}[name]
    module.loads = parse if '"' in template else len  # type: ignore[attr-defined]
    WRAPPED[name](module, guard)
    with pytest.raises(Refused) if is_refused else suppress(ValueError):
        module.loads(template % value)


@pytest.mark.parametrize(
    ("template", "value", "is_refused"),
    [
        ('kind: job\nname: "%s"\nroot: false\n', 'x"\nadd: [ALL]\nz: "', True),
        ('kind: job\nname: "%s"\nroot: false\n', 'x", root: "y', False),
        ("kind: job\nname: %s\n", "{a: b, root: true}", True),
        ("kind: job\nname: %s\n", "[x", False),
        ("kind: job\nname: %s\n", "Report [final] {2}", False),
        ("{kind: job, name: '%s'}", "x', root: 'y", True),
        ("kind: job\nname: %s\n", "x\nroot: true", True),
        ("tags: [a, '%s']", "b', 'c", True),
        ('name: "%s"\n', "O'Brien's job; #1 -- x: y", False),
        ('name: "%s"\n', "one\n  two", False),
        ('name: "%s"\n', 'say "hi"', False),
        ("text: |\n  %s\n", 'it\'s "so"', False),
        ("# mine\n%s", "name: 'Ada'\ntags: [x]\n", False),
        ("%s", 'name: "Ada"\n', False),
    ],
)
def test_a_value_of_yaml_that_the_function_writes_is_no_more_than_that(
    template: str, value: str, is_refused: bool
) -> None:
    guard = serving({"value": value, "sign": "'"}, own=tuple(template.split("%s")))
    module = ModuleType("yaml")
    vars(module).update(vars(yaml))
    WRAPPED["yaml"](module, guard)
    with pytest.raises(Refused) if is_refused else suppress(yaml.YAMLError):
        module.load(template % value, yaml.SafeLoader)


class LateError(Exception):
    """What a function's own timeout raises wherever it is."""


def test_a_timeout_that_ends_the_reading_of_yaml_ends_what_is_about_to_read_it() -> None:
    def late(*_: object) -> None:
        raise LateError

    read: list[object] = []
    module = ModuleType("yaml")
    vars(module).update(vars(yaml), parse=late, load=read.append)
    WRAPPED["yaml"](module, serving({"value": "x\nroot: true"}, own=("name: ", "\n")))
    with pytest.raises(LateError):
        vars(module)["load"]("name: x\nroot: true\n")
    assert not read


@pytest.mark.parametrize(
    ("template", "is_refused"),
    [
        ("Dear {{ name }}, it's {{ city }}'s sale -- 50% off{# a note #}", False),
        ("{% if city %}Hi {{ name|upper }} in {{ city[:10] }}{% else %}Hi!{% endif %}", False),
        (
            "{{ name|trim|e }} {{ year }} {{ nothing|default('x') }} {% if not age %}-{% endif %}{{ age }}",
            False,
        ),
        ("{% raw %}{{ secret }}{% endraw %} {{ name }}", False),
        # A value that the event has not.
        ("{{ name }} {{ secret }}", True),
        ("{% if secret[:1] %}a{% endif %}", True),
        ("{{ settings }}", True),
        ("{{ 7 * 7 }}", True),
        ("{{ 'a' }}{{ 42 }}", False),
        ("{{ name[0] }}", True),
        ("{{ name|default(x=1) }}", True),
        ("{{ name.upper() }}", True),
        ("{{ name.__class__ }}", True),
        ("{{ name['__class__'] }}", True),
        ("{{ name[name] }}", True),
        ("{{ name|attr('x') }}", True),
        ("{{ name|map(attribute=name) }}", True),
        ("{{ name|default(secret) }}", True),
        ("{{ name[:secret] }}", True),
        ("{{ name ~ city }}", True),
        ("{{ name if city }}", True),
        ("{{ name is defined }}", True),
        ("{{ cycler }}", True),
        ("{{ lipsum() }}", True),
        ("{{ self }}", True),
        ("{{ _name }}", True),
        ("{{ token }}", True),
        ("{% for one in name %}{{ one }}{% endfor %}", True),
        ("{% set x = name %}{{ x }}", True),
        ("{% include name %}", True),
        ("{% import name as x %}", True),
        ("{% filter upper %}{{ name }}{% endfilter %}", True),
        ("{% if name == 'x' %}a{% endif %}", True),
        ("{% if name %}" * 2000 + "{% endif %}" * 2000, True),
    ],
)
def test_a_template_of_the_events_shows_what_the_event_has(
    template: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = serving({"template": template, "name": "Ada", "city": "Rd", "age": 36})
    frame = sys._getframe()
    monkeypatch.setattr(
        jinja2.runtime.Context, "resolve_or_missing", jinja2.runtime.Context.resolve_or_missing
    )
    WRAPPED["jinja2.runtime"](jinja2.runtime, guard)
    environment = jinja2.Environment()
    environment.globals["token"] = "t0ken"
    values = {"name": "Ada", "city": "Rd", "age": 36, "secret": "s3cret", "settings": {}, "nothing": None}
    with pytest.raises(Refused) if is_refused else nullcontext():
        shown = _shown(environment, template)
        sinks.about_template(guard, template, (("{{", "}}"), ("{%", "%}"), ("{#", "#}")), frame, shown=shown)
        assert environment.from_string(template).render(values)
    # Other environments read templates otherwise.
    strange = jinja2.Environment()
    strange.context_class = type("Context", (jinja2.runtime.Context,), {})
    for other in (NativeEnvironment(), type("Environment", (jinja2.Environment,), {})(), strange):
        assert _shown(other, template) is None


def test_what_the_function_shows_in_a_template_of_its_own_is_not_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guard = serving({"name": "Ada"}, own=("{{ secret }}",))
    monkeypatch.setattr(
        jinja2.runtime.Context, "resolve_or_missing", jinja2.runtime.Context.resolve_or_missing
    )
    WRAPPED["jinja2.runtime"](jinja2.runtime, guard)
    assert jinja2.Template("{{ secret }}").render(secret="s3cret") == "s3cret"


@pytest.mark.parametrize(
    "own",
    [
        "{% for row in rows %}{% include 'part' %}{% endfor %}",
        "{% extends 'part' %}{% set row = rows[0] %}",
        "{% set row = rows[0] %}{% import 'part' as part with context %}",
    ],
)
def test_a_template_of_the_events_shows_no_variable_of_the_template_that_it_is_a_part_of(
    own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = serving({"template": "{{ row }}"})
    monkeypatch.setattr(
        jinja2.runtime.Context, "resolve_or_missing", jinja2.runtime.Context.resolve_or_missing
    )
    WRAPPED["jinja2.runtime"](jinja2.runtime, guard)
    guard.shown.add("row")
    environment = jinja2.Environment(loader=jinja2.DictLoader({"part": "{{ row }}"}))
    with pytest.raises(Refused):
        environment.from_string(own).render(rows=["s3cret"])


@pytest.mark.parametrize(
    ("way", "greeting", "is_refused"),
    [
        ("BasicInterpolation", "hi %(pin)s", True),
        ("BasicInterpolation", "hi %(PIN)s!", True),
        ("BasicInterpolation", "hi %(city)s, 100%%", False),
        ("BasicInterpolation", "hi (pin)s", False),
        ("ExtendedInterpolation", "hi ${pin}", True),
        ("ExtendedInterpolation", "hi ${mail:pin}", True),
        ("ExtendedInterpolation", "hi ${city} for $$5 {pin}", False),
    ],
)
def test_a_setting_of_the_events_shows_no_setting_of_the_functions(
    way: str, greeting: str, is_refused: bool
) -> None:
    guard = serving({"greeting": greeting, "city": "Cork"}, own=("pin", "s3cr3t", "%(pin)s", "${pin}"))
    # A copy, which is wrapped alone.
    spec = importlib.util.find_spec("configparser")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    WRAPPED["configparser"](module, guard)
    parser = module.ConfigParser(interpolation=getattr(module, way)())
    mark = "%(pin)s" if way[0] == "B" else "${pin}"
    parser.read_dict(
        {"DEFAULT": {"pin": "s3cr3t", "city": "Cork"}, "mail": {"pin": "s3cr3t"}, "user": {"own": mark}}
    )
    parser.set("user", "greeting", greeting)
    assert parser.get("user", "own") == "s3cr3t"
    with pytest.raises(Refused) if is_refused else nullcontext():
        parser.get("user", "greeting")


def test_an_event_names_no_variable_of_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {
        "evil": "x${DATABASE_PIN}",
        "short": "$PATH",
        "none": "$no_such_variable",
        "plain": "costs 5$ (US$ 6)",
    }
    monkeypatch.setenv("DATABASE_PIN", "s3cr3t")
    guard = serving(event, own=("$HOME/data/",))
    module = ModuleType("posixpath")
    vars(module).update(
        join=os.path.join, normpath=os.path.normpath, realpath=os.path.realpath, expandvars=str
    )
    WRAPPED["posixpath"](module, guard)
    assert module.expandvars("$HOME/data/" + event["plain"]) == "$HOME/data/costs 5$ (US$ 6)"
    for name in ("evil", "short"):
        with pytest.raises(Refused):
            module.expandvars("/data/" + event[name])
    # What is no variable is left as it is.
    assert module.expandvars("/data/" + event["none"]) == "/data/$no_such_variable"


@pytest.mark.parametrize(
    ("named", "is_refused"),
    [
        ("os.mkdir", True),
        ("builtins.open", True),
        ("subprocess.Popen", True),
        ("http.client.HTTPConnection", True),
        ("logging.StreamHandler", False),
        ("logging.handlers.MemoryHandler", False),
        ("sys.stdout", False),
    ],
)
def test_a_set_up_of_logging_makes_nothing_that_acts(named: str, is_refused: bool) -> None:
    module = ModuleType("logging.config")
    module.BaseConfigurator = type("BaseConfigurator", (), {"resolve": lambda _way, name: name})  # type: ignore[attr-defined]
    WRAPPED["logging.config"](module, serving({"handlers": {"a": {"()": named}}}))
    with pytest.raises(Refused) if is_refused else nullcontext():
        assert module.BaseConfigurator().resolve(named) == named


@pytest.mark.parametrize(
    ("command", "is_refused"),
    [
        (("KEYS", "cart:*:*"), True),
        (("KEYS", "cart:a*:*"), True),
        (("KEYS", "cart:?oot:*"), True),
        (("SCAN", "0", b"MATCH", "cart:*:*"), True),
        (("KEYS", "cart:ana:*"), False),
        (("SCAN", "0", "MATCH", "cart:ana:*", b"COUNT", 10), False),
        (("KEYS", "all:*"), False),
        (("KEYS", "note:a*"), False),
        (("GET", "cart:a*:1"), False),
    ],
)
def test_a_pattern_of_keys_has_no_sign_of_the_events(command: tuple[object, ...], is_refused: bool) -> None:
    event = {"users": ["*", "a*", "?oot", "ana"], "pattern": "note:a*"}
    module = ModuleType("redis.client")
    module.Redis = type("Redis", (), {"execute_command": lambda _client, *_command: None})  # type: ignore[attr-defined]
    WRAPPED["redis.client"](module, serving(event, own=("cart:", ":*", "all:*")))
    with pytest.raises(Refused) if is_refused else nullcontext():
        module.Redis().execute_command(*command)


def test_a_document_that_the_function_wrote_to_a_file_is_read_before_it_is_parsed(tmp_path: Path) -> None:
    guard = serving({"xml": ENTITY}, mode="observe")
    file = tmp_path / "in.xml"
    frame = sys._getframe()
    guard.places.temporary = (f"{tmp_path}/",)
    file.write_text("<a>plain</a>")
    about_markup(guard, str(file), frame)
    file.write_text(ENTITY + "<a>&x;</a>")
    about_markup(guard, file, frame)
    with file.open("rb") as opened:
        about_markup(guard, opened, frame)
    about_markup(guard, "/no/such.xml", frame)
    assert told(guard) == [["observed", "path.entity"]]


def test_a_name_for_a_field_is_a_function_of_the_functions() -> None:
    module = ModuleType("pydantic._internal._validators")
    module.import_string = str  # type: ignore[attr-defined]
    guard = serving({"names": ["os.system", "subprocess:Popen"]}, own=("math.cos",))
    WRAPPED["pydantic._internal._validators"](module, guard)
    assert module.import_string("math.cos") == "math.cos"
    for name in ("os.system", "subprocess:Popen"):
        with pytest.raises(Refused):
            module.import_string(name)


def test_an_entry_point_of_the_events_is_a_function_of_the_functions() -> None:
    module = ModuleType("importlib.metadata")
    module.EntryPoint = type("EntryPoint", (SimpleNamespace,), {"load": lambda entry: entry.value})  # type: ignore[attr-defined]
    WRAPPED["importlib.metadata"](module, serving({"name": "os:getenv"}, own=("plugins.hello:run",)))
    assert module.EntryPoint(value="plugins.hello:run").load() == "plugins.hello:run"
    with pytest.raises(Refused):
        module.EntryPoint(value="os:getenv").load()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_document_that_the_event_has_as_a_whole_is_read_with_and_without_its_byte_order_mark(
    mark: str,
) -> None:
    sheet = 'sample,index,note\nS-1,ACGT,"it\'s cold; 50% ""dry"""\nS-2,TTGA,=A1+B2\n'
    for body in (mark + sheet, base64.b64encode((mark + sheet).encode()).decode()):
        module = ModuleType("csv")
        module.reader = csv.reader  # type: ignore[attr-defined]
        WRAPPED["csv"](module, serving({"body": body}, own=(",",)))
        for text in {sheet, mark + sheet}:
            assert len(list(module.reader(io.StringIO(text)))) == 3


@pytest.mark.parametrize(
    ("template", "value", "is_refused"),
    [
        ("name,role\n%s,guest\n", "x,admin\nroot", True),
        ('name,role\n"%s",guest\n', 'x","admin"\n"root', True),
        ('name,role\n"%s",guest\n', "one\ntwo", False),
        ("name,role\n%s,guest\n", 'Bob "Bobby" Tables', False),
        ("name,role\n%s,guest\n", "O'Brien", False),
        ("%s", "name,role\nAnn,guest\n", False),
        ("name,role\n%s\n", "Ann,guest\nBob,guest", False),
        # What has signs of a form's in it, as the client sent it.
        ("%s", 'name,note\r\n"O\'Brien, Pat","said ""now""; -- ok"\r\nAnn,=SUM(A1:A2)\r\n', False),
        # A list of columns, and a separator.
        ("id,%s\n1,Ann,guest\n", "name,role", False),
        ("id%sname\n", ",", False),
    ],
)
def test_a_value_of_csv_that_the_function_writes_is_no_more_than_that(
    template: str, value: str, is_refused: bool
) -> None:
    for rows in (io.StringIO(template % value), (template % value).splitlines(keepends=True)):
        module = ModuleType("csv")
        module.reader = csv.reader  # type: ignore[attr-defined]
        WRAPPED["csv"](module, serving({"value": value}, own=tuple(template.split("%s"))))
        with pytest.raises(Refused) if is_refused else nullcontext():
            assert list(module.reader(rows, delimiter=","))


@pytest.mark.parametrize("has_copy", [False, True])
def test_a_copy_of_all_of_a_document_in_the_event_hides_no_value_in_it(has_copy: bool) -> None:
    text = '{"name": "a", "role": "admin", "plan": "free"}'
    event = {"name": 'a", "role": "admin', **({"copy": text} if has_copy else {})}
    module = ModuleType("json")
    vars(module).update(loads=json.loads)
    WRAPPED["json"](module, serving(event, own=('{"name": "', '", "plan": "free"}')))
    with pytest.raises(Refused):
        module.loads(text)


def test_the_end_of_base64_is_no_value_of_its_own() -> None:
    # It has a "/", behind which a part of it decodes as well.
    reading = {
        "bed": "b-1",
        "wet": 2,
        "label": "\U0001f382\U0001f370 it's 5 o'clock; \u00bfd\u00f3nde? \u2014 \u65e9\u4e0a",
    }
    data = base64.b64encode(json.dumps(reading).encode()).decode()
    assert "/" in data
    body = json.dumps({"Values": {":l": {"S": reading["label"]}}})
    guard = serving({"Records": [{"data": data}]}, own=('{"Values": {":l": {"S": "', '"}}}'))
    documents.about_head(guard, body.encode(), False, sys._getframe())


def test_an_event_is_not_taken_apart_for_what_a_function_only_reads() -> None:
    guard = serving(EVENT)
    json_module, csv_module = ModuleType("json"), ModuleType("csv")
    vars(json_module).update(loads=json.loads)
    vars(csv_module).update(reader=csv.reader)
    for name, module in (("json", json_module), ("csv", csv_module)):
        WRAPPED[name](module, guard)
    text, rows = "[1]", ["a;b"]
    assert json_module.loads(text) == [1]
    assert list(csv_module.reader(rows, delimiter=";")) == [["a", "b"]]
    assert guard._read == ()


@pytest.mark.parametrize(
    ("module", "function"),
    [("_interpreters", "exec"), ("_interpreters", "run_string"), ("_xxsubinterpreters", "run_string")],
)
def test_code_for_another_interpreter_is_judged_before_it_goes_there(module: str, function: str) -> None:
    guard = serving({"code": "__import__('os').getpid()"})
    interpreters = pytest.importorskip(module)
    plain = vars(interpreters)[function]
    WRAPPED[module](interpreters, guard)
    own = interpreters.create()
    try:
        run = vars(interpreters)[function]
        with pytest.raises(Refused):
            run(own, "__import__('os').getpid()")
        run(own, "1 + 1")
    finally:
        setattr(interpreters, function, plain)
        interpreters.destroy(own)


@pytest.mark.parametrize(
    ("template", "value", "is_refused"),
    [
        ("From: a@b.example\r\nTo: %s\r\n\r\nHello\r\n", "c@d.example\r\nBcc: e@f.example", True),
        ("To: c@d.example\r\nMIME-Version: 1.0\r\nSubject: %s\r\n\r\nHello\r\n", "Hi\nX-Priority: 1", True),
        ("From: a@b.example\r\nTo: c@d.example\r\n\r\n%s\r\n", "Name: Ann\r\nPhone: 5", False),
        ("%s", "Name: Ann\r\nPhone: 5\r\n\r\nTo: x", False),
        # A message to a chat.
        ("Name: Ann\nComment: %s\n", "one\r\ntwo", False),
    ],
)
def test_the_event_breaks_no_line_in_the_head_of_a_mail_that_is_posted(
    template: str, value: str, is_refused: bool
) -> None:
    mail = (template % value).encode()
    encoded = (base64.b64encode(mail), base64.urlsafe_b64encode(mail).rstrip(b"="))
    for body in (mail, *(b'{"raw": "%s"}' % one for one in encoded)):
        guard = serving({"value": value}, own=tuple(template.split("%s")))
        with pytest.raises(Refused, match=r"query\.structure") if is_refused else nullcontext():
            documents.about_head(guard, body, False, sys._getframe())


@pytest.mark.parametrize(
    ("module", "owner", "function", "at"),
    [
        ("cv2", "", "imread", 0),
        ("h5py._hl.files", "File", "__init__", 1),
        ("pandas.io.parquet", "", "_get_path_or_handle", 0),
        ("polars.io.csv.functions", "", "scan_csv", 0),
        ("pyarrow", "", "memory_map", 0),
        ("pyarrow.parquet.core", "ParquetWriter", "__init__", 1),
        ("pymupdf", "Document", "__init__", 1),
    ],
)
def test_a_file_that_native_code_opens_is_judged_as_a_path(
    module: str, owner: str, function: str, at: int
) -> None:
    def opened(*arguments: object) -> object:
        return None if owner else arguments[at]

    def opening(event: object) -> Any:
        stand_in = ModuleType(module)
        setattr(stand_in, owner or function, type(owner, (), {function: opened}) if owner else opened)
        WRAPPED[module](stand_in, serving(event, own=("/srv/reports/", "s3://reports/")))
        return getattr(stand_in, owner or function)

    opening({"name": "may.csv"})("/srv/reports/may.csv")
    opening({"name": "may/../april.csv"})("s3://reports/may/../april.csv")
    for prefix in ("", "file://"):
        with pytest.raises(Refused, match="path"):
            opening({"name": "../../etc/passwd"})(f"{prefix}/srv/reports/../../etc/passwd")
    # A library that resolves the name before it opens it is not led past this by what looks like an address.
    for name in ("x://../../../etc/passwd", "s3://../../../etc/passwd"):
        for prefix in ("/srv/reports/", ""):
            with pytest.raises(Refused, match="path"):
                opening({"name": name})(f"{prefix}{name}")
    opening({"name": "s3://bucket/may.parquet"})("s3://bucket/may.parquet")
