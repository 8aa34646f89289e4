"""What a file adds to `sys.path`, and what only looks like it."""

from __future__ import annotations

import pytest

from dayfly.scan.source.project import PythonFile
from dayfly.scan.source.search_path import Addition, read_search_path


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("sys.path.append('lib')", [("/var/task/lib", False)]),
        ("sys.path.insert(0, '/opt/lib')", [("/opt/lib", True)]),
        ("sys.path.extend(['a', '/opt/b'])", [("/var/task/a", False), ("/opt/b", False)]),
        ("sys.path += ['a']", [("/var/task/a", False)]),
        ("sys.path[:0] = ['a']", [("/var/task/a", True)]),
        ("sys.path = ['a'] + sys.path", [("/var/task/a", True)]),
        ("site.addsitedir('a')", [("/var/task/a", False)]),
        ("print('a')", []),
        ("sys.path.remove('a')", []),
        ("sys.path.append()", []),
        ("sys.path.insert('a')", []),
        ("sys.path.append('/tmp/a')", []),
        ("sys.path.append(event['a'])", []),
    ],
)
def test_what_is_written_as_a_constant_is_added(code: str, expected: list[tuple[str, bool]]) -> None:
    file = PythonFile("app.py", f"import site, sys\nPATH = sys.path\n{code}\n".encode())
    assert list(read_search_path(file)) == [Addition(*one) for one in expected]
