"""Code that is hostile, broken or endless: a bounded answer, and never an exception."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import lines_of, make_entry, make_function, make_project, needs_of

from dayfly.scan.model import NoteKind
from dayfly.scan.permissions.walking import find_usage

HOSTILE = {
    "a call of itself": "import boto3\ndef handler(e, c):\n    return handler(handler(e, c), c)\n",
    "two that call each other": (
        "import boto3\ndef a(x):\n    return b([x])\ndef b(x):\n    return a({'k': x})\ndef handler(e, c):\n    a(1)\n"
    ),
    "a class of itself": "import boto3\nclass A(A):\n    x = A\n    def __init__(self):\n        self.y = self.y.y\ndef handler(e, c):\n    A().y.x()\n",
    "classes that inherit in a ring": "import boto3\nclass A(B): pass\nclass B(A): pass\ndef handler(e, c):\n    B().z()\n",
    "names that are each other": "import boto3\na = b\nb = a\ndef handler(e, c):\n    a.get_item(TableName=b)\n",
    "a dictionary of itself": "import boto3\nd = {}\nd['x'] = d\ndef handler(e, c):\n    d['x']['x'].put()\n",
    "a long sum": "import boto3\nx = "
    + "+".join(["'a'"] * 500)
    + "\ndef handler(e, c):\n    boto3.client(x)\n",
    "a deep list": "import boto3\nx = " + "[" * 60 + "]" * 60 + "\ndef handler(e, c):\n    boto3.client(x)\n",
    "a long chain": "import boto3\ndef handler(e, c):\n    boto3" + ".x" * 300 + "()\n",
    "a decorator of itself": "import boto3\n@handler\ndef handler(e, c):\n    pass\n",
    "odd calls": "import boto3\ndef handler(e, c):\n    boto3.client(*e, **c)(*e)(**c)\n    boto3.resource('s3').Object().put(1, 2)\n    boto3.client('nope').x()\n",
    "odd formats": "import boto3\ndef handler(e, c):\n    boto3.client('{'.format(1) + '%s %' % (1,) + '%(a)s' % e)\n",
    "star imports of itself": "import boto3\nfrom app import *\ndef handler(e, c):\n    missing()\n",
    "no handler": "import boto3\nx = 1\n",
    "a handler that is no function": "import boto3\nhandler = {'a': 1}['a']\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_odd_code_is_walked_to_an_end(name: str) -> None:
    project = make_project(HOSTILE[name])
    usage = find_usage(project, make_entry(project, make_function()))
    assert usage.files == {"app.py"}


def test_files_that_import_each_other_are_read_once() -> None:
    files = {
        "app.py": "from one import *\nimport boto3\ndef handler(e, c):\n    work()\n",
        "one.py": "from two import *\n",
        "two.py": "from one import *\nimport boto3\ndef work():\n    boto3.client('s3').get_object(Bucket='b', Key='k')\n",
    }
    assert lines_of(needs_of(files)[0]) == {"s3:GetObject arn:aws:s3:::b/k"}


def test_code_of_dependencies_is_not_walked() -> None:
    project = make_project(
        {
            "app.py": "from lib import work\nimport boto3\ndef handler(e, c):\n    work()\n",
            "python/lib.py": "import boto3\ndef work():\n    boto3.client('s3').list_buckets()\n",
        }
    )
    project.python["python/lib.py"].is_dependency = True
    usage = find_usage(project, make_entry(project, make_function()))
    assert not usage.calls
    assert usage.files == {"app.py"}


def test_too_many_ways_are_a_note_and_nothing_is_called_complete() -> None:
    calls = "\n".join(f"    f{i}(a{i - 1}, a{i - 2})" for i in range(2, 40))
    functions = "\n".join(
        f"def f{i}(x, y):\n    a = [x, y, {{'k': x}}, {{'k': y}}]\n"
        + "\n".join(f"    f{j}(a, [y, x, {j}])\n    f{j}({{'q{j}': a}}, y)" for j in range(40))
        + "\n    return a"
        for i in range(40)
    )
    code = f"import boto3\n{functions}\ndef handler(e, c):\n    a0 = a1 = e\n" + "\n".join(
        f"    a{i} = f{i}(a{i - 1}, a{i - 2})" for i in range(2, 40)
    )
    assert calls
    project = make_project(code)
    usage = find_usage(project, make_entry(project, make_function()))
    assert not usage.is_complete
    assert "*" in usage.open_prefixes
    assert [note.kind for note in usage.notes] == [NoteKind.BOUNDED]
