"""Handlers of web frameworks: found, called with what a request brings, judged by what they do with it."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import route_checks

FILES = {
    "helpers/__init__.py": "",
    "helpers/wrapping.py": """
        class Wrapper:
            def __init__(self, request):
                self.request = request
            def form_value(self, name):
                return self.request.form.get(name)
            def fixed_value(self, name):
                return "bar"
        def escape_for_html(text):
            return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        """,
    "helpers/making.py": """
        import abc
        class Thing(abc.ABC):
            @abc.abstractmethod
            def doSomething(self, text): ...
        class First(Thing):
            def doSomething(self, text):
                return text
        class Second(Thing):
            def doSomething(self, text):
                return "".join(list(text))
        def create():
            return First()
        """,
    "helpers/store.py": """
        import sqlite3
        def get_connection():
            return sqlite3.connect(":memory:")
        def results(cursor, sql):
            return f"{cursor.fetchall()} {sql}"
        """,
}
FLASK = """
from flask import redirect, url_for, request, make_response, render_template, session
import helpers.wrapping, helpers.making, helpers.store
import base64, codecs, os, subprocess, sys, urllib.parse, pathlib, platform, yaml, pickle, hashlib

def init(app):
    @app.route('/x/<path:rest>', methods=['GET', 'POST'])
    def page(rest='a'):
        RESPONSE = ""
{body}
        return RESPONSE
"""

SOURCES = {
    "query": "p = request.args.get('x')",
    "or empty": "p = request.args.get('x')\nif not p:\n    p = ''",
    "list": "values = request.form.getlist('x')\np = ''\nif values:\n    p = values[0]",
    "names": "p = ''\nfor name in request.form.keys():\n    if 'x' in request.form.getlist(name):\n        p = name\n        break",
    "cookie": "p = urllib.parse.unquote_plus(request.cookies.get('x', 'none'))",
    "header": "p = ''\nheaders = request.headers.getlist('x')\nif headers:\n    p = urllib.parse.unquote_plus(headers[0])",
    "header names": "p = ''\nfor name in request.headers.keys():\n    if name.lower() in ('host', 'accept'):\n        continue\n    p = name\n    break",
    "query string": "text = request.query_string.decode('utf-8')\nkey = 'x='\nat = text.find(key)\nif at == -1:\n    return 'missing'\np = text[at + len(key):]\nend = p.find('&')\nif end != -1:\n    p = p[:end]\np = urllib.parse.unquote_plus(p)",
    "path": "parts = request.path.split('/')\np = parts[1]\nif not p:\n    p = ''",
    "route": "p = rest",
    "wrapped": "p = helpers.wrapping.Wrapper(request).form_value('x')\nif not p:\n    p = ''",
}

SINKS = {
    "event.html": (
        "RESPONSE += f'Value: {bar}'",
        "RESPONSE += f'Value: {helpers.wrapping.escape_for_html(bar)}'",
    ),
    "event.command": (
        "out = subprocess.run(f'echo {bar}', shell=True, capture_output=True, check=True)",
        "out = subprocess.run(['echo', bar], capture_output=True)",
    ),
    "event.path": (
        "name = f'/srv/{bar}'\ntry:\n    fd = codecs.open(name, 'r', 'utf-8')\nexcept OSError as e:\n    RESPONSE += 'no'",
        "name = '/srv/x'\nfd = codecs.open(name, 'r', 'utf-8')",
    ),
    "event.sql": (
        "con = helpers.store.get_connection()\ncur = con.cursor()\nsql = f\"SELECT * FROM u WHERE n = '{bar}'\"\ncur.execute(sql)",
        "con = helpers.store.get_connection()\ncur = con.cursor()\ncur.execute('SELECT * FROM u WHERE n = ?', (bar,))",
    ),
    "event.deserialisation": (
        "o = pickle.loads(base64.urlsafe_b64decode(bar))",
        "o = yaml.safe_load(bar)",
    ),
    "event.redirect": ("return redirect(bar)", "return redirect(url_for('page'))"),
    "event.trust": ("session['userid'] = bar", "RESPONSE += str(session.get('userid', 1))[:0]"),
}

FLOWS = {
    "map": (
        "m = {}\nm['a'] = 'x'\nm['b'] = p\nm['c'] = 'another'\nbar = m['b']",
        "m = {}\nm['a'] = 'x'\nm['b'] = p\nm['c'] = 'another'\nbar = m['b']\nbar = m['a']",
    ),
    "factory": (
        "bar = helpers.making.create().doSomething(p)",
        "bar = helpers.wrapping.Wrapper(request).fixed_value(p)",
    ),
    "base64": (
        "tmp = base64.b64encode(p.encode('utf-8'))\nbar = base64.b64decode(tmp).decode('utf-8')",
        "tmp = base64.b64encode(b'x')\nbar = base64.b64decode(tmp).decode('utf-8')",
    ),
    "ternary": (
        "num = 106\nbar = 'Never' if 7 * 42 - num > 200 else p",
        "num = 86\nbar = 'Always' if 7 * 42 - num > 200 else p",
    ),
    "plus": ("bar = p + '_SafeStuff'", "bar = 'SafeStuff'"),
}


def _run(source: str, flow: str, sink: str) -> set[str]:
    body = textwrap.indent(f"{source}\n{flow}\n{sink}", " " * 8)
    return route_checks(FLASK.format(body=body), FILES)["init.page"]


# What comes from any source is the same value to every sink, whatever way it took.
@pytest.mark.parametrize(
    ("source", "check"),
    [
        *(("query", check) for check in SINKS),
        *((source, "event.command") for source in SOURCES if source != "query"),
    ],
)
def test_every_source_of_a_request_reaches_every_sink(source: str, check: str) -> None:
    assert check in _run(SOURCES[source], "bar = p", SINKS[check][0])
    assert check not in _run(SOURCES[source], "bar = p", SINKS[check][1])
    assert check not in _run(SOURCES[source], "bar = 'x'", SINKS[check][0])


def test_a_segment_of_a_path_has_no_slash_and_leaves_no_directory() -> None:
    assert "event.path" not in _run(SOURCES["path"], "bar = p", SINKS["event.path"][0])


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_is_followed_into_helpers(flow: str) -> None:
    check = "event.html"
    assert check in _run(SOURCES["query"], FLOWS[flow][0], SINKS[check][0])
    assert check not in _run(SOURCES["query"], FLOWS[flow][1], SINKS[check][0])


@pytest.mark.parametrize(("route", "is_found"), [("/files/list", False), ("/files/<path:name>", True)])
def test_path_of_a_route_without_parameters_is_nobodys_choice(route: str, is_found: bool) -> None:
    source = f"""
        import subprocess
        from flask import Flask, request
        app = Flask(__name__)
        @app.route("{route}", methods=["GET"])
        def listed(name=""):
            return subprocess.check_output("ls " + request.path.split("/")[1], shell=True)
    """
    assert ("event.command" in route_checks(source)["listed"]) is is_found
