"""Uses are found by what names mean, at import or when called."""

from __future__ import annotations

import pytest

from dayfly.scan.dependencies.capabilities.uses import describe, find_uses
from dayfly.scan.source.project import PythonFile


def uses(text: str, path: str = "acme/__init__.py") -> list[str]:
    return list(describe(find_uses(PythonFile(path, text.encode(), is_dependency=True))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import socket\ndef f():\n    socket.socket()\n", ["network"]),
        ("import socket\nsocket.socket()\n", ["network at import"]),
        ("from urllib.request import urlopen as get\ndef f():\n    return get('x')\n", ["network"]),
        ("import requests as r\nclass A:\n    r.get('x')\n", ["network at import"]),
        ("import subprocess\ndef f(): subprocess.run([])\ndef g(): f()\ng()\n", ["processes at import"]),
        ("import subprocess\ndef f(): subprocess.run([])\ndef g(): f()\n", ["processes"]),
        ("import subprocess\nX = subprocess.PIPE\n", []),
        ("import os\ndef f(): os.system('x')\n", ["processes"]),
        ("def f(x): return eval(x)\n", ["evaluation"]),
        ("import re\nX = re.compile('x')\n", []),
        ("import os\nX = os.environ.get('X')\n", ["environment at import"]),
        ("from os import environ, getenv\ndef f(): return environ['X'], getenv('Y')\n", ["environment"]),
        ("def f(): return open('/root/.aws/credentials')\n", ["credentials"]),
        ("import ctypes\ndef f(): ctypes.CDLL('x')\n", ["native"]),
        ("def f(): open('x', 'w')\n", ["writing"]),
        ("def f(): open('x'), open('/tmp/x', 'w')\n", []),
        ("from pathlib import Path\ndef f(): Path('x').write_text('y')\n", ["writing"]),
        ("import base64\ndef f(x): return base64.b64decode(x)\n", ["decoding"]),
        ("import json\njson.loads = None\n", ["patching at import"]),
        ("import json\ndef f(): setattr(json, 'loads', None)\n", ["patching"]),
        ("class A: pass\ndef f(): A.x = 1\n", []),
        ("import sys\nsys.meta_path.insert(0, None)\n", ["importing at import"]),
        ("import threading\ndef f(): threading.Thread(target=f).start()\n", ["threads"]),
        ("from typing import TYPE_CHECKING\nimport os\nif TYPE_CHECKING:\n    os.system('x')\n", []),
        ("import os\nif __name__ == '__main__':\n    os.system('x')\n", []),
        ("import os\nclass A:\n    x = lambda: os.system('x')\n", ["processes"]),
        ("import socket\n@socket.create_connection\ndef f(): pass\n", []),
        ("this is not Python", []),
    ],
)
def test_a_use_is_found_and_when_it_happens(text: str, expected: list[str]) -> None:
    assert uses(text) == expected


def test_a_packages_tests_are_never_imported() -> None:
    assert uses("import socket\nsocket.socket()\n", "acme/tests/test_a.py") == []
