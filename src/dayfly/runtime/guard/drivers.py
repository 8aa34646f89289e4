"""Has statements looked at before drivers send them, which raises no event.

sqlite3, psycopg2 (C: their connections are of a class of ours from here on), drivers in Python and DuckDB (their methods are
wrapped), and what sits on them, as SQLAlchemy does.
"""

from __future__ import annotations

import _posixsubprocess
import functools
import sys

from dayfly.runtime.guard import clients, libraries
from dayfly.runtime.guard.wrapping import precede

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

    # Makes of a cursor and what that is given the text that is looked at.
    Text = Callable[[Any, Any], object]

_COMPOSERS = ("psycopg.sql", "psycopg2.sql")
_VALUE = "''"
# Of `os` and `asyncio`, or a module, by which functions start programs; not all there are: a worker loads what it needs.
_STARTS = frozenset(("create_subprocess_exec", "create_subprocess_shell", "popen", "subprocess", "system"))
# What drivers call the statement where it is given by its name.
_STATEMENTS = ("command", "operation", "query", "sql", "statement")


def watch(guard: Guard) -> None:
    """Wrap drivers as they are loaded, and those that are."""
    precede(_posixsubprocess, "fork_exec", guard, lambda *arguments: _about_child(guard, *arguments))
    for name, wrap in WRAPPED.items():
        module = sys.modules.get(name)
        if module is not None:
            wrap(module, guard)
    sys.meta_path.insert(0, _Finder(guard))


def called_for(names: set[str]) -> Iterator[str]:
    """Yield which of late.NAMES a function calls for that has imported what it has, and has these `names` in its own code."""
    if not _DRIVERS.keys().isdisjoint(sys.modules):
        yield "statements"
    if not _STARTS.isdisjoint(names):
        yield "commands"


def _about_child(guard: Guard, words: object, programs: object, *_rest: object) -> None:
    """A child that is started without an event: multiprocessing's helpers do, and who calls them by hand."""
    frame = sys._getframe(3)
    if not (
        frame.f_globals.get("__name__") == "subprocess" and guard.places.is_library(frame.f_code.co_filename)
    ):
        program = programs[0] if isinstance(programs, (list, tuple)) and programs else None
        guard.ask("commands.about_process", program, words)


class _Finder:
    """Finds nothing by itself: of some modules it has the loader of whoever finds them followed by a wrapping."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def find_spec(self, name: str, *path_and_target: Any) -> ModuleSpec | None:
        wrap = WRAPPED.get(name)
        if wrap is None:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, *path_and_target)
            if spec is not None:
                break
        else:
            return None
        loader = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return spec
        guard = self._guard

        def exec_module(module: ModuleType) -> None:
            execute(module)
            try:
                wrap(module, guard)
            except Exception as fault:
                # Trust boundary: a driver of a version nobody tried works as before, and its statements are not seen.
                guard.note(f"{name} is not watched ({type(fault).__name__})")

        try:
            loader.exec_module = exec_module  # type: ignore[union-attr, method-assign]
        except AttributeError:
            guard.note(f"{name} is not watched (unsupported loader)")
        return spec


def _about_sql(guard: Guard, sql: object, dialect: str) -> None:
    if guard.is_active:
        guard.ask("statements.about_sql", sql, dialect)


def _wrap_sqlite3(module: ModuleType, guard: Guard) -> None:
    plain_connection, plain_cursor, connect = module.Connection, module.Cursor, module.connect

    class Cursor(plain_cursor):  # type: ignore[misc, valid-type]
        pass

    class Connection(plain_connection):  # type: ignore[misc, valid-type]
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    @functools.wraps(connect)
    def guarded(*arguments: Any, **options: Any) -> Any:
        # `factory` is the sixth: who passes so many knows what he wants.
        if len(arguments) < 6 and options.get("factory", plain_connection) is plain_connection:
            options["factory"] = Connection
        return connect(*arguments, **options)

    # Classes that functions and frameworks derive from these are looked at as well.
    for kind in (Connection, Cursor):
        _put_before(kind, module, guard, "sqlite", (*_EXECUTE, "executescript"))
    module.connect = guarded  # type: ignore[attr-defined]


def _wrap_cursors(
    module: ModuleType,
    guard: Guard,
    dialect: str,
    methods: tuple[str, ...],
    owners: tuple[str, ...],
    text: Text = lambda _cursor, query: query,
    *,
    reads_variables: bool = False,
) -> None:
    def look(cursor: Any, query: Any = None, *_rest: object, **options: Any) -> None:
        query = next((options[one] for one in _STATEMENTS if one in options), query)
        _about_sql(guard, text(cursor, query), dialect)

    for name in owners:
        owner = getattr(module, name, None)
        for method in methods if owner is not None else ():
            precede(owner, method, guard, look, reads_variables=reads_variables)


def _put_before(
    kind: type, module: ModuleType, guard: Guard, dialect: str, methods: tuple[str, ...], **options: Any
) -> None:
    """Put a class that is derived of a driver's in its place, and have its methods asked about."""
    plain = kind.__base__
    kind.__module__, kind.__qualname__ = plain.__module__, plain.__qualname__  # type: ignore[union-attr]
    setattr(module, kind.__name__, kind)
    for name in methods:
        # The driver's own class is in C, and nobody sets its attributes.
        setattr(kind, name, getattr(kind, name))
    _wrap_cursors(module, guard, dialect, methods, (kind.__name__,), **options)


def _composed(cursor: Any, query: Any) -> object:
    """psycopg's composed queries: what it quotes as a value or as a name is one, whatever stands in it."""
    kind = type(query)
    if kind.__module__ in _COMPOSERS and kind.__name__ == "Composed":
        return "".join(str(_composed(cursor, part)) for part in query)
    if kind.__module__ in _COMPOSERS and kind.__name__ in ("Literal", "Identifier"):
        return _VALUE
    return query.as_string(cursor) if hasattr(query, "as_string") else query


def _behind(clause: str) -> Callable[[Any, Any], object]:
    return lambda _relation, part: f"{clause} {part}" if type(part) is str else None


def _wrap_duckdb(module: ModuleType, guard: Guard) -> None:
    methods = (*_EXECUTE, "sql", "query", "from_query", "extract_statements")
    _wrap_cursors(module, guard, "postgresql", methods, ("DuckDBPyConnection",), reads_variables=True)

    def look(query: object = "", *_rest: object, **_options: object) -> None:
        _about_sql(guard, query, "postgresql")

    for name in methods:
        precede(module, name, guard, look, reads_variables=True)
    relation = ("DuckDBPyRelation",)
    for name, clause in _RELATIONS.items():
        _wrap_cursors(module, guard, "postgresql", (name,), relation, _behind(clause), reads_variables=True)


def _wrap_psycopg2_extensions(module: ModuleType, guard: Guard) -> None:
    class cursor(module.cursor):  # type: ignore[misc, name-defined]
        pass

    # psycopg2.extras' cursors are made of this one.
    _put_before(cursor, module, guard, "postgresql", (*_EXECUTE, "copy_expert"), text=_composed)


def _wrap_psycopg2(module: ModuleType, guard: Guard) -> None:
    connect = module.connect
    kind = sys.modules["psycopg2.extensions"].cursor

    @functools.wraps(connect)
    def guarded(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        if connection.cursor_factory is None:
            connection.cursor_factory = kind
        return connection

    module.connect = guarded  # type: ignore[attr-defined]


_EXECUTE = ("execute", "executemany")
# What takes a part of a statement of DuckDB's, each with the clause that it is.
_RELATIONS = {
    **dict.fromkeys(("aggregate", "project", "select"), "SELECT"),
    **dict.fromkeys(("order", "sort"), "ORDER BY"),
    "filter": "WHERE",
}
# Drivers in Python: the dialect, the methods that take a statement first, the classes in the module, and what makes text of one.
_CURSORS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], *tuple[Text, ...]]] = {
    "aiomysql.cursors": ("mysql", _EXECUTE, ("Cursor",)),
    "asyncpg.connection": (
        "postgresql",
        ("execute", "executemany", "fetch", "fetchval", "fetchrow", "cursor", "prepare", "copy_from_query"),
        ("Connection",),
    ),
    "MySQLdb.cursors": ("mysql", _EXECUTE, ("BaseCursor",)),
    "mysql.connector.cursor": ("mysql", _EXECUTE, ("MySQLCursor", "MySQLCursorPrepared")),
    "mysql.connector.cursor_cext": ("mysql", _EXECUTE, ("CMySQLCursor", "CMySQLCursorPrepared")),
    "oracledb.cursor": ("", (*_EXECUTE, "parse"), ("Cursor", "AsyncCursor")),
    "pg8000.legacy": ("postgresql", _EXECUTE, ("Cursor",)),
    "pg8000.native": ("postgresql", ("run", "prepare"), ("Connection",)),
    "psycopg": (
        "postgresql",
        (*_EXECUTE, "stream", "copy"),
        tuple("Cursor ServerCursor ClientCursor AsyncCursor AsyncServerCursor AsyncClientCursor".split()),
        _composed,
    ),
    "pymysql.cursors": ("mysql", _EXECUTE, ("Cursor",)),
    "redshift_connector.cursor": ("postgresql", _EXECUTE, ("Cursor",)),
    "snowflake.connector.cursor": ("", _EXECUTE, ("SnowflakeCursor",)),
}


def _wrapping(name: str) -> Callable[[ModuleType, Guard], None]:
    return lambda module, guard: _wrap_cursors(module, guard, *_CURSORS[name])


# Of a collection's methods, those that take filters, updates or stages.
_FILTERING = tuple(
    "aggregate count_documents delete_many delete_one distinct find find_one_and_delete "
    "find_one_and_replace find_one_and_update replace_one update_many update_one".split()
)


def _wrap_pymongo(module: ModuleType, guard: Guard) -> None:
    def look(_collection: object, *arguments: object, **options: object) -> None:
        guard.ask("statements.about_operators", [*arguments, *options.values()])

    for owner in ("Collection", "AsyncCollection"):
        found = getattr(module, owner, None)
        # Since 4.9 `pymongo.collection` has it from another module.
        for name in _FILTERING if getattr(found, "__module__", "") == module.__name__ else ():
            precede(found, name, guard, look)


_DRIVERS: dict[str, Callable[[ModuleType, Guard], None]] = {
    "sqlite3.dbapi2": _wrap_sqlite3,
    **{name: _wrapping(name) for name in _CURSORS},
    "pymongo.asynchronous.collection": _wrap_pymongo,
    "pymongo.collection": _wrap_pymongo,
    "pymongo.synchronous.collection": _wrap_pymongo,
    "duckdb": _wrap_duckdb,
    "psycopg2.extensions": _wrap_psycopg2_extensions,
    "psycopg2": _wrap_psycopg2,
}
WRAPPED: dict[str, Callable[[ModuleType, Guard], None]] = {**_DRIVERS, **clients.WRAPPED, **libraries.WRAPPED}
