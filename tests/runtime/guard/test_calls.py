"""Calls of the function's own code are looked at for which the interpreter raises no event."""

from __future__ import annotations

import builtins
import gc
import logging
import operator
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType, SimpleNamespace

import pytest
from tests.runtime.guard.guards import serving

from dayfly.runtime.guard import calls
from dayfly.runtime.guard.drivers import WRAPPED
from dayfly.runtime.guard.refusal import Refused
from dayfly.runtime.guard.wrapping import precede

monitored = pytest.mark.skipif(sys.version_info < (3, 12), reason="no monitoring of calls")


@monitored
def test_a_format_of_the_events_reads_nothing_that_begins_with_an_underscore() -> None:
    inner = "Hi {item.__init__.__globals__[KEY]}"
    plain = "Hi {item.real} {{x}}"
    guard = serving({"inner": inner, "plain": plain}, own=("{x.__class__}",))
    source = """
def method(text): return text.format(item=1)
def mapped(text): return text.format_map({"item": 1})
def spread(text): return text.format(**{"item": 1})
def own(text): return "{x.__class__}".format(x=text)
"""
    scope: dict[str, Callable[[str], str]] = {}
    code = compile(source, __file__, "exec")
    exec(code, scope)
    calls.watch(guard, [code])
    assert scope["own"](inner) == "<class 'str'>"
    for name in ("method", "mapped", "spread"):
        assert scope[name](plain) == "Hi 1 {x}"
        with pytest.raises(Refused):
            scope[name](inner)
    style = logging.StrFormatStyle("{name} {args.__class__.__mro__}")
    calls.watch(serving({"style": "{name} {args.__class__.__mro__}"}), [])
    with pytest.raises(Refused):
        style.format(logging.LogRecord("x", 20, "p", 1, "m", None, None))


@monitored
@pytest.mark.parametrize(
    "source",
    [
        # A class of somebody's with a method of that name, and a function that is chosen.
        "def show(text): return text.format(1)",
        "def show(text):\n f = text.format if type(text) is str else lambda _: 'other'\n f = f(1)\n return f",
    ],
)
def test_a_call_that_was_another_ones_before_is_looked_at(source: str) -> None:
    inner = "{0.__class__}"
    guard = serving({"inner": inner})

    class Other:
        def format(self, _value: object) -> str:
            return "other"

    scope: dict[str, Callable[[object], str]] = {}
    code = compile(source, __file__, "exec")
    exec(code, scope)
    calls.watch(guard, [code])
    assert scope["show"](Other()) == "other"
    with pytest.raises(Refused):
        scope["show"](inner)


@monitored
def test_a_path_of_attributes_leads_to_none_of_pythons_own() -> None:
    guard = serving({"inner": "real.__class__", "plain": "real.imag"})
    scope: dict[str, Callable[[str], object]] = {"attrgetter": operator.attrgetter}
    code = compile("def read(path): return attrgetter(path)(1)", __file__, "exec")
    exec(code, scope)
    calls.watch(guard, [code])
    assert scope["read"]("real.imag") == 0
    with pytest.raises(Refused):
        scope["read"]("real.__class__")


@monitored
def test_a_module_that_is_loaded_already_is_none_that_the_event_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hooks = ModuleType("hooks")
    vars(hooks).update(subprocess=subprocess, greet=serving)
    monkeypatch.setitem(sys.modules, "hooks", hooks)
    guard = serving(
        {"evil": ["subprocess", "subprocess:run", "hooks.subprocess.run"], "plain": ["hooks", "hooks:greet"]}
    )
    monkeypatch.setattr(guard, "is_functions_module", lambda name: name == "hooks")
    scope: dict[str, Callable[[str], object]] = {}
    source = """
import importlib, pkgutil
from importlib import import_module
from pydoc import locate
def load(name): return importlib.import_module(name)
def load_by_name(name): return import_module(name)
def find(name): return pkgutil.resolve_name(name)
def look_up(name): return locate(name)
"""
    code = compile(source, __file__, "exec")
    exec(code, scope)
    calls.watch(guard, [code])
    for function, good, evil in (
        ("load", "hooks", "subprocess"),
        ("load_by_name", "hooks", "subprocess"),
        ("find", "hooks:greet", "subprocess:run"),
        ("look_up", "hooks", "hooks.subprocess.run"),
    ):
        assert scope[function](good) in (hooks, serving)
        with pytest.raises(Refused):
            scope[function](evil)


class Note:
    """What a form is read into."""

    text = ""

    def __init__(self) -> None:
        self.text = ""

    def _keys(self) -> str:
        return "secret"

    @classmethod
    def _all(cls) -> str:
        return "secret"

    @property
    def _at(self) -> str:
        raise AssertionError("run before its caller reads it")


def _keys() -> str:
    return "secret"


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of a function, the calls of which are looked at."""
    module = ModuleType("function_of_names")
    module.__file__ = __file__ + "/function"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    source = """
import builtins, os
from functools import reduce
def read(owner, name): return getattr(owner, name, None)
def write(owner, name, value): setattr(owner, name, value)
def walk(owner, path): return reduce(getattr, path.split("."), owner)
def ask(name): return getattr(os, name)
def call(name, value): return getattr(builtins, name)(value)
def own(owner): return getattr(owner, "__class__")
"""
    code = compile(source, module.__file__, "exec")
    exec(code, vars(module))
    names = (
        "__class__",
        "__init__.__globals__",
        "getcwd",
        "text",
        "_id",
        "_keys",
        "_all",
        "_at",
        "_session",
        "_when",
        "len",
        "eval",
        "open",
        "money",
    )
    calls.watch(serving({"names": names}, own=("__init__", "getattr")), [code])
    return module


def test_an_event_names_no_attribute_of_pythons_own(function: ModuleType) -> None:
    note = Note()
    function.write(note, "text", "x")
    function.write(note, "_id", 7)
    assert (function.read(note, "text"), function.walk(note, "text"), note._id) == ("x", "x", 7)  # type: ignore[attr-defined]
    function.write(note, "_id", 8)
    assert function.read(note, "_id") == 8
    assert isinstance(function.read(Note, "_at"), property)
    function.write(note, "_when", Decimal(9))
    assert function.read(note, "_when") == 9
    function.write(note, "_session", Note())
    attacks: tuple[Callable[[], object], ...] = (
        lambda: function.read(note, "__class__"),
        lambda: function.read(note, "_keys"),
        lambda: function.read(Note, "_keys"),
        lambda: function.read(note, "_session"),
        lambda: function.read(Note(), "_all"),
        lambda: function.read(sys.modules[__name__], "_keys"),
        # What `len` is to all code.
        lambda: function.write(builtins, "len", "x"),
        lambda: function.write(note, "__class__", dict),
        lambda: function.walk(note, "__init__.__globals__"),
    )
    for attack in attacks:
        with pytest.raises(Refused):
            attack()


def test_an_event_names_no_function_of_a_module_that_acts_on_the_machine(function: ModuleType) -> None:
    assert function.ask("sep") == "/"
    assert function.call("len", "abc") == 3
    with pytest.raises(Refused):
        function.ask("getcwd")
    for name in ("eval", "open"):
        with pytest.raises(Refused):
            function.call(name, "1")
    # What is not there does nothing.
    with pytest.raises(AttributeError):
        function.call("money", "1")
    with pytest.raises(Refused):
        function.write(builtins, "money", "x")


def test_a_method_of_a_type_in_c_is_preceded() -> None:
    guard, seen = serving({}), []
    methods = gc.get_referents(vars(deque))[0]
    plain = methods["rotate"]
    try:
        precede(deque, "rotate", guard, lambda _owner, number: seen.append(number))
        row = deque("abc")
        row.rotate(1)
        assert (list(row), seen) == (["c", "a", "b"], [1])
    finally:
        methods["rotate"] = plain
        sys._clear_type_cache()


def test_what_reads_its_callers_variables_finds_them() -> None:
    """As DuckDB takes a pandas frame for a table of its variable's name."""

    def query(name: str) -> object:
        frame = sys._getframe(1)
        return {**frame.f_globals, **frame.f_locals}[name]

    library = SimpleNamespace(query=query)
    seen: list[str] = []
    precede(library, "query", serving({}), seen.append, reads_variables=True)
    frame = object()
    assert library.query("frame") is frame
    assert library.query("precede") is precede
    assert seen == ["frame", "precede"]


def test_xpath_of_the_events_is_refused() -> None:
    guard = serving({"name": "x' or '1'='1", "plain": "ada"}, own=("//a[@n='", "']"))
    module = ModuleType("lxml.etree")
    vars(module).update(_Element=type("_Element", (), {"xpath": lambda _self, path: path}))
    WRAPPED["lxml.etree"](module, guard)
    assert module._Element().xpath("//a[@n='ada']")
    with pytest.raises(Refused):
        module._Element().xpath("//a[@n='x' or '1'='1']")
