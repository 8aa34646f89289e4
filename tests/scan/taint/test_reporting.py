"""Findings say where the caller's value was read, and name what the code calls."""

from __future__ import annotations

from dayfly.scan.model import Finding, Place
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Trigger

APP = b"""from flask import Flask, request
import sqlite3
from wrapping import Wrapper
app = Flask(__name__)
@app.route('/a')
def show():
    asked = Wrapper(request)
    cursor = sqlite3.connect('a.db').cursor()
    cursor.execute('SELECT ' + asked.read('x'))
    return 'done'
"""
WRAPPING = b"""class Wrapper:
    def __init__(self, request):
        self.request = request

    def read(self, name):
        return self.request.form.get(name)
"""


def finding() -> Finding:
    project = Project("test")
    project.add("app.py", APP, DEFAULT_LIMITS)
    project.add("wrapping.py", WRAPPING, DEFAULT_LIMITS)
    (entry,) = find_routes(project)
    (found,) = analyse(project, entry).findings
    return found


def test_way_begins_where_the_request_is_read_though_that_is_another_file() -> None:
    first = finding().steps[0].place
    assert (first.path, first.line) == ("wrapping.py", 6)


def test_sink_is_named_as_the_code_writes_it() -> None:
    found = finding()
    assert found.message == "`the form` is part of the SQL text of `cursor.execute`"
    assert found.evidence["sink"] == "dbapi.Cursor.execute"


def test_what_is_drawn_by_chance_is_no_part_of_the_event() -> None:
    project = Project("test")
    text = b"import random\nKEPT = {}\ndef handler(event, context):\n    KEPT['a'] = random.random()\n    KEPT['b'] = event['b']\n"
    project.add("app.py", text, DEFAULT_LIMITS)
    function = LambdaFunction("f", "app.handler", Place("app.py"), triggers=(Trigger.UNKNOWN,))
    effects = analyse(project, Entry(function, project.python["app.py"], "handler")).effects
    assert [(one.target, bool(one.steps)) for one in effects] == [
        ("app.KEPT['a']", False),
        ("app.KEPT['b']", True),
    ]
