"""A warm-up holds what was seen and nothing else, and is a module that works."""

from __future__ import annotations

import sys
from types import ModuleType
from unittest.mock import sentinel

import pytest
from tests.lab.plan.making import loss

from dayfly.lab.plan.prime import derive_prime


def test_imports_and_calls_are_written_with_the_place_they_were_seen_at() -> None:
    made = derive_prime(
        [
            loss("lazy-import", "import json.tool", where="app.py:8", prime=("json.tool",)),
            loss("lazy-import", "2 modules", where="", prime=("colorsys",)),
            loss("lazy-object", "app._client (X)", where="app.py:13", prime=("app.client",)),
            loss("cache", "app.settings (lru_cache)", where="app.py:20", prime=("app.settings",)),
            loss("lazy-object", "app._other (X)", where="app.py:13", prime=("app.client",)),
        ]
    )
    assert made is not None
    assert made.setting == "dayfly_prime:prime"
    assert made.source == (
        '"""Warm-up: what first invocations did, before a worker is forked."""\n\n\n'
        "def prime() -> None:\n"
        "    import json.tool  # app.py:8\n"
        "    import colorsys\n\n"
        "    import app\n\n"
        "    app.client()  # app.py:13\n"
        "    app.settings()  # app.py:20\n"
    )


def test_the_warm_up_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    made = derive_prime([loss("lazy-object", "app._x (X)", prime=("app.client",))])
    assert made is not None
    called: list[object] = []
    app = ModuleType("app")
    app.__dict__["client"] = lambda: called.append(sentinel.made)
    monkeypatch.setitem(sys.modules, "app", app)
    names: dict[str, object] = {}
    exec(compile(made.source, "dayfly_prime.py", "exec"), names)
    prime = names[made.function]
    assert callable(prime)
    prime()
    assert called == [sentinel.made]


def test_data_is_left_to_a_person() -> None:
    secret = loss("lazy-object", "app._token (str)", prime=("app.token",), is_data=True)
    assert derive_prime([secret]) is None
    made = derive_prime([secret, loss("lazy-import", "import x", prime=("x",))])
    assert made is not None
    assert "app.token()\n" not in made.source
    assert "# Left out: app.token() keeps app._token (str)" in made.source


@pytest.mark.parametrize("name", ["my-plugin", "a.class", "1st"])
def test_names_that_no_statement_can_import_are_left_out(name: str) -> None:
    assert derive_prime([loss("lazy-import", name, prime=(name,))]) is None


def test_without_anything_to_warm_up_there_is_none() -> None:
    assert derive_prime([loss("connection", "db:5432"), loss("cache", "app.C (dict)")]) is None
