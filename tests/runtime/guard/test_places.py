"""Code of the deployment is told from code that came later, and places are named by the function's own files."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import time
from pathlib import Path

from dayfly.runtime.guard.places import Places


def test_whose_code_it_is(tmp_path: Path) -> None:
    places = Places(str(tmp_path), ("/tmp",), since=time.time())
    assert places.is_deployed(str(tmp_path / "app.py"))
    assert places.is_deployed(json.__file__)
    assert places.is_deployed("<frozen importlib._bootstrap>")
    for name in ("<string>", "", "/elsewhere/x.py", str(tmp_path) + "-not/x.py", "app.py"):
        assert not places.is_deployed(name)
    assert places.is_library(json.__file__)
    assert not places.is_library(str(Path(sysconfig.get_path("purelib")) / "jinja2" / "x.py"))
    assert places.is_functions(str(tmp_path / "a" / "b.py"))
    assert not places.is_functions(str(tmp_path / "site-packages" / "b.py"))


def test_a_file_is_planted_where_functions_write_or_when_it_changed_after_init(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "old.py").write_text("")
    places = Places(str(package), (str(tmp_path),), since=time.time() + 60)
    assert places.is_planted(str(tmp_path / "new.py"))
    assert places.is_planted("/tmp/../dev/shm/x.so")
    assert not places.is_planted(str(package / "old.py"))
    assert not places.is_planted(json.__file__)
    places.since = os.stat(package / "old.py").st_ctime - 1
    assert places.is_planted(str(package / "old.py"))
    assert not places.is_planted(str(package / "missing.py"))


def test_a_place_is_the_functions_own_line_below_libraries() -> None:
    places = Places(str(Path(__file__).parent), (), since=0.0)
    found: list[str] = []
    list(map(lambda _one: found.append(places.name(sys._getframe(0))), [1]))  # noqa: C417
    assert found[0].startswith("test_places.py:")
    assert found[0].endswith(" <lambda>")
    assert Places("/nowhere", (), since=0.0).name(None) == ""
