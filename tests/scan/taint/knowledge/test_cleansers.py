"""A cleanser helps against what it was made for, and against nothing else."""

from __future__ import annotations

import pytest
from tests.scan.taint.knowledge.test_rows import checks_of, handler

SINKS = {
    "event.code": "eval({})",
    "event.command": "os.system('ls ' + {})",
    "event.sql": "sqlite3.connect('a').execute(\"SELECT * FROM t WHERE a = '\" + {} + \"'\")",
    "event.path": "open('/srv/' + {})",
    "event.request": "requests.get('https://' + {})",
    "event.ldap": "ldap3.Connection('s').search('dc=a', '(uid=' + {} + ')')",
    "event.xpath": "etree.parse('a.xml').xpath(\"//u[@n='\" + {} + \"']\")",
    "event.template": "jinja2.Template({}).render()",
    "event.log": "logging.info('a ' + {})",
    "event.html": "return {{'statusCode': 200, 'headers': {{'Content-Type': 'text/html'}}, 'body': '<p>' + {}}}",
    "event.header": "return {{'statusCode': 200, 'headers': {{'X-A': {}}}}}",
    "event.redirect": "return {{'statusCode': 302, 'headers': {{'Location': {}}}}}",
}
IMPORTS = (
    "import os, sqlite3, requests, ldap3, jinja2, logging, html, shlex, urllib.parse, base64, hashlib, uuid, ast, re"
    "; import markupsafe; from lxml import etree; from werkzeug.utils import secure_filename"
    "; from ldap3.utils.conv import escape_filter_chars"
)
EVERYTHING = frozenset(SINKS)
NOTHING: frozenset[str] = frozenset()
LINES = frozenset({"event.log", "event.header"})

# What of the twelve no longer finds anything behind it.
CLEANSERS: dict[str, frozenset[str]] = {
    "x": NOTHING,
    "x.strip()": NOTHING,
    "re.escape(x)": NOTHING,
    "base64.b64decode(base64.b64encode(x.encode())).decode()": NOTHING,
    "urllib.parse.unquote(urllib.parse.quote(x, safe=''))": NOTHING,
    "html.unescape(html.escape(x))": NOTHING,
    "shlex.quote(x)": frozenset({"event.command"}),
    "html.escape(x)": frozenset({"event.html"}),
    "str(markupsafe.escape(x))": frozenset({"event.html"}),
    "escape_filter_chars(x)": frozenset({"event.ldap"}),
    "os.path.basename(x)": frozenset({"event.path"}),
    "json.dumps(x)": LINES,
    "repr(x)": LINES | {"event.code"},
    "urllib.parse.quote(x)": EVERYTHING - {"event.path", "event.request", "event.redirect"},
    "urllib.parse.quote(x, safe='')": EVERYTHING - {"event.request"},
    "str(int(x))": EVERYTHING,
    "str(uuid.UUID(x))": EVERYTHING,
    "hashlib.sha256(x.encode()).hexdigest()": EVERYTHING,
    "str(len(x))": EVERYTHING,
}
CASES = [(cleanser, check) for cleanser in CLEANSERS for check in SINKS]


@pytest.mark.parametrize(("cleanser", "check"), CASES)
def test_cleanser_helps_where_it_should_alone(cleanser: str, check: str) -> None:
    found = checks_of(handler(IMPORTS, SINKS[check].format(cleanser)))
    assert (check not in found) is (check in CLEANSERS[cleanser])
