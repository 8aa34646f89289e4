"""Own code is told from libraries, and named by its path in the package."""

from __future__ import annotations

from dayfly.lab.plan.inside.dayfly_probe.places import Places

PLACES = Places("/var/task", ["requests", "six"])


def test_only_files_of_the_package_that_no_library_owns_are_own() -> None:
    assert PLACES.relative("/var/task/app.py") == "app.py"
    assert PLACES.relative("/var/task/src/db.py") == "src/db.py"
    assert PLACES.relative("app.py") == "app.py"
    for other in (
        "/var/task/requests/api.py",
        "/var/task/six.py",
        "/usr/lib/python3/json/__init__.py",
        "/var/taskforce/app.py",
        "<frozen importlib._bootstrap>",
        "<string>",
        None,
    ):
        assert PLACES.relative(other) == ""


def test_the_innermost_own_frame_is_the_caller() -> None:
    names: dict[str, object] = {"find": PLACES.caller, "importer": PLACES.importer}
    code = "\n\ndef work():\n    return find(), importer()\n\nresult = work()\nat_top = importer()\n"
    exec(compile(code, "/var/task/app.py", "exec"), names)
    assert names["result"] == ("app.py:4", ("app.py:4", True))
    assert names["at_top"] == ("app.py:7", False)


def test_without_own_code_on_the_stack_there_is_no_place() -> None:
    assert PLACES.caller() == ""
    assert PLACES.importer() == ("", False)


def test_a_function_is_where_it_is_defined() -> None:
    names: dict[str, object] = {}
    exec(compile("\ndef work():\n    pass\n", "/var/task/app.py", "exec"), names)
    assert PLACES.of_code(names["work"]) == "app.py:2"
    assert PLACES.of_code(len) == ""
