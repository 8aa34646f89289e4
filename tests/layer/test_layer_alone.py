"""The layer's part of Dayfly loads alone, loads exactly the modules it is allowed, and stays small."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interpreters import Interpreter, found_interpreters
from tests.layer.manifest import (
    ALLOWED,
    ENTRY_POINTS,
    FORBIDDEN,
    copy_layer,
    late_modules,
    loaded_by,
    new_modules,
    read_allowed,
)

# Each costs some 0.07 ms of every cold start, which is little against a file that does three things.
MAX_OWN_MODULES = {"first": 10, "runtime": 20}

every_interpreter = pytest.mark.parametrize(
    "interpreter", found_interpreters(), ids=lambda found: found.version
)
every_entry = pytest.mark.parametrize("entry", ENTRY_POINTS)


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_layer(tmp_path_factory.mktemp("layer"))


def test_there_is_an_interpreter_to_try() -> None:
    assert found_interpreters()


@every_interpreter
@every_entry
def test_no_costly_module_is_loaded(layer: Path, entry: str, interpreter: Interpreter) -> None:
    assert new_modules(interpreter, layer, entry) & FORBIDDEN == set()


@every_interpreter
@every_entry
def test_exactly_the_allowed_modules_are_loaded(layer: Path, entry: str, interpreter: Interpreter) -> None:
    loaded = new_modules(interpreter, layer, entry)
    allowed = read_allowed(entry, interpreter.version)
    assert loaded, "nothing was loaded"
    advice = "on purpose? scripts/uv run --frozen python -m tests.layer.update"
    assert loaded - allowed == set(), f"newly loaded; {advice}"
    assert allowed - loaded == set(), f"no longer loaded; {advice}"


@pytest.mark.slow
def test_no_module_that_is_loaded_late_brings_a_costly_one_by_itself(layer: Path) -> None:
    """What a sealer needs of its library it finds loaded; what else it needs it loads where it needs it."""
    interpreter = found_interpreters()[-1]
    modules = late_modules(layer, "runtime")
    assert len(modules) > len(read_allowed("runtime", interpreter.version) & set(modules)) - 1
    costly = {module: loaded_by(interpreter, layer, "runtime", module) & FORBIDDEN for module in modules}
    assert {module: found for module, found in costly.items() if found} == {}


@every_interpreter
def test_the_first_interpreter_loads_neither_json_nor_regular_expressions(
    layer: Path, interpreter: Interpreter
) -> None:
    """It is a start more than without Dayfly: what it loads is loaded twice."""
    loaded = new_modules(interpreter, layer, "first")
    assert loaded & {"json", "re", "enum", "signal", "struct", "collections", "functools"} == set()


@every_entry
def test_the_allowed_list_has_no_costly_module(entry: str) -> None:
    names = {line.split("#")[0].strip() for line in (ALLOWED / f"{entry}.txt").read_text().splitlines()}
    assert names & FORBIDDEN == set()
    assert "dayfly.runtime" in names


@every_interpreter
@every_entry
def test_only_our_own_packages_and_the_standard_library_are_loaded(
    layer: Path, entry: str, interpreter: Interpreter
) -> None:
    tops = {name.partition(".")[0] for name in new_modules(interpreter, layer, entry)}
    assert tops & {"boto3", "pytest", "sitecustomize", "runtime_client"} == set()
    own = {name for name in new_modules(interpreter, layer, entry) if name.startswith("dayfly")}
    assert len(own) <= MAX_OWN_MODULES[entry]


def test_the_layer_holds_nothing_that_stays_at_home(layer: Path) -> None:
    shipped = {path.name for path in (layer / "dayfly").iterdir()} - {"__pycache__"}
    assert shipped == {"__init__.py", "errors.py", "core", "_sys", "runtime"}
