"""What outlives the invocation: changes of what is older than the handler's call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint.results import EffectKind
from dayfly.scan.taint.values import Class, Const, Name, Ref, Text, Thing, alternatives, unite

if TYPE_CHECKING:
    import ast

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Scope, Taint, Value


def record_change(
    machine: Machine,
    holder: Value,
    value: Value | None,
    node: ast.AST,
    key: Value | None = None,
    attribute: str = "",
) -> None:
    """A container, an object or a class is changed, or `os.environ` is."""
    recorder = machine.recorder
    if recorder is None:
        return
    taint: Taint = () if value is None else machine.taint_of(value)
    key_taint: Taint = () if key is None else machine.taint_of(key)
    if isinstance(holder, Name):
        if holder.dotted == "os.environ":
            recorder.add_effect(
                machine, EffectKind.ENVIRONMENT, f"os.environ{_key(key)}", node, taint, key_taint
            )
        return
    if isinstance(holder, Thing):
        return
    location = holder.location if isinstance(holder, (Ref, Class)) else 0
    if not location or not machine.is_old(location):
        return
    if location in machine.defaults:
        recorder.add_effect(
            machine, EffectKind.DEFAULT_STATE, machine.defaults[location], node, taint, key_taint
        )
    elif isinstance(holder, Class):
        target = f"{holder.name}.{attribute}" if attribute else holder.name
        recorder.add_effect(machine, EffectKind.CLASS_STATE, target, node, taint, key_taint)
    else:
        name, is_class = name_of(machine, location)
        if not name and isinstance(holder, Ref) and holder.kind == "object":
            name = holder.cls.name if holder.cls is not None else ""
        suffix = f".{attribute}" if attribute else _key(key)
        kind = EffectKind.CLASS_STATE if is_class or attribute else EffectKind.MODULE_STATE
        credentials = _credentials(machine, value)
        if credentials:
            kind, taint = EffectKind.CLIENT, credentials
        recorder.add_effect(machine, kind, f"{name}{suffix}", node, taint, key_taint)


def record_global(machine: Machine, scope: Scope, name: str, value: Value, node: ast.AST) -> None:
    """A name of a module is bound from within a function."""
    if machine.recorder is None:
        return
    credentials = _credentials(machine, value)
    kind = EffectKind.CLIENT if credentials else EffectKind.MODULE_STATE
    taint = credentials or machine.taint_of(value)
    machine.recorder.add_effect(machine, kind, f"{scope.file.module}.{name}", node, taint, ())


_OPENERS = {"open": 1, "io.open": 1, "codecs.open": 1, "gzip.open": 1, "bz2.open": 1, "lzma.open": 1}
_WRITERS = {"write_text", "write_bytes"}
_CREDENTIALS = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
_CLIENTS = ("boto3.client", "boto3.resource", "boto3.Session", "boto3.session.Session")
_MARK = "#credentials"


def record_call(
    machine: Machine, name: str, arguments: Arguments, receiver: Value | None, node: ast.AST | None
) -> None:
    """A library's function that leaves something behind: a file, a variable of the environment."""
    recorder = machine.recorder
    if recorder is None or node is None:
        return
    if name in {"os.putenv", "os.environ.setdefault", "os.environ.update"}:
        key = arguments.get(0) if not name.endswith("update") else None
        taint = unite(*(machine.taint_of(one) for one in arguments.every()))
        recorder.add_effect(machine, EffectKind.ENVIRONMENT, f"os.environ{_key(key)}", node, taint, ())
        return
    path: Value | None = None
    if name in _OPENERS:
        mode = arguments.get(_OPENERS[name], "mode")
        if isinstance(mode, Const) and isinstance(mode.value, str) and set(mode.value) & set("wax+"):
            path = arguments.get(0, "file")
    elif (
        name.rpartition(".")[2] in _WRITERS
        and isinstance(receiver, Thing)
        and receiver.kind == "pathlib.Path"
    ):
        path = receiver.origin[0] if receiver.origin else None
    if path is not None:
        recorder.add_effect(machine, EffectKind.FILE, _beginning(path), node, (), machine.taint_of(path))


def _beginning(path: Value) -> str:
    """A path as far as it is constant."""
    for one in alternatives(path):
        if isinstance(one, Const) and isinstance(one.value, str):
            return one.value
        if isinstance(one, Text) and isinstance(one.parts[0], str):
            return one.parts[0]
    return ""


def mark_client(machine: Machine, name: str, arguments: Arguments, made: Value) -> None:
    """Remember that a client acts with credentials of the caller's."""
    if not name.startswith(_CLIENTS) or not isinstance(made, Thing):
        return
    taint = unite(
        *(machine.taint_of(value) for key, value in arguments.keywords.items() if key in _CREDENTIALS)
    )
    if taint:
        machine.store.set((made.symbol, "attr", _MARK), Thing("", taint))


def _credentials(machine: Machine, value: Value | None) -> Taint:
    found = (
        machine.store.value((one.symbol, "attr", _MARK))
        for one in (alternatives(value) if value is not None else ())
        if isinstance(one, Thing)
    )
    return unite(*(machine.taint_of(one) for one in found if one is not None))


def name_of(machine: Machine, location: int) -> tuple[str, bool]:
    """The name under which an older object is reached, and whether that is an attribute of a class."""
    for scope in machine.scopes.values():
        for key, cell in machine.module_names(scope):
            if isinstance(cell, Ref) and cell.location == location:
                return f"{scope.file.module}.{key}", False
            if isinstance(cell, Class):
                table = machine.store.get(cell.location)
                entries = getattr(table, "entries", {})
                for attribute, value in entries.items():
                    if isinstance(value, Ref) and value.location == location:
                        return f"{cell.name}.{attribute}", True
    return "", False


def _key(key: Value | None) -> str:
    return f"[{key.value!r}]" if isinstance(key, Const) and isinstance(key.value, (str, int)) else ""
