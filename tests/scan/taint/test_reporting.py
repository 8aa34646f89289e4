"""Findings say where the caller's value was read, and name what the code calls."""

from __future__ import annotations

from dayfly.scan.model import Finding
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.taint.checking import analyse, find_routes

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
    assert found.message == "`the form` becomes part of the SQL text of `cursor.execute`"
    assert found.evidence["sink"] == "dbapi.Cursor.execute"
