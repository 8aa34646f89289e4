"""Has statements looked at before drivers send them, and names before deserialisers call them: neither raises an event.

sqlite3, psycopg2 (C: their connections are of a class of ours from here on), psycopg, pymysql (Python: the methods are
wrapped), and what sits on them, as SQLAlchemy does; PyYAML's unsafe loaders and jsonpickle. Not: asyncpg, mysqlclient,
mysql.connector, DynamoDB's PartiQL, the RDS Data API.
"""

from __future__ import annotations

import functools
import sys

from dayfly.runtime.guard import asking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

_COMPOSERS = ("psycopg.sql", "psycopg2.sql")
_VALUE = "''"


def watch(guard: Guard) -> None:
    """Wrap drivers as they are loaded, and those that are."""
    for name, wrap in WRAPPED.items():
        module = sys.modules.get(name)
        if module is not None:
            wrap(module, guard)
    sys.meta_path.insert(0, _Finder(guard))


class _Finder:
    """Finds nothing by itself: of some modules it has the loader of whoever finds them followed by a wrapping."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        wrap = WRAPPED.get(name)
        if wrap is None:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
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
        guard.ask(asking.about_sql, sql, dialect)


# ---- drivers ------------------------------------------------------------------------------------


def _wrap_sqlite3(module: ModuleType, guard: Guard) -> None:
    plain_connection, plain_cursor, connect = module.Connection, module.Cursor, module.connect

    class Watched:
        """What executes statements; the driver's own class comes behind it."""

        def execute(self, sql: str, *rest: Any) -> Any:
            _about_sql(guard, sql, "sqlite")
            return super().execute(sql, *rest)  # type: ignore[misc]

        def executemany(self, sql: str, *rest: Any) -> Any:
            _about_sql(guard, sql, "sqlite")
            return super().executemany(sql, *rest)  # type: ignore[misc]

        def executescript(self, sql: str) -> Any:
            _about_sql(guard, sql, "sqlite")
            return super().executescript(sql)  # type: ignore[misc]

    class Cursor(Watched, plain_cursor):  # type: ignore[misc, valid-type]
        pass

    class Connection(Watched, plain_connection):  # type: ignore[misc, valid-type]
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    for kind, plain in ((Connection, plain_connection), (Cursor, plain_cursor)):
        kind.__module__, kind.__qualname__ = plain.__module__, plain.__qualname__

    @functools.wraps(connect)
    def guarded(*arguments: Any, **options: Any) -> Any:
        # `factory` is the sixth: who passes so many knows what he wants.
        if len(arguments) < 6 and options.get("factory", plain_connection) is plain_connection:
            options["factory"] = Connection
        return connect(*arguments, **options)

    # Classes that functions and frameworks derive from these are looked at as well.
    module.Connection, module.Cursor = Connection, Cursor  # type: ignore[attr-defined]
    module.connect = guarded  # type: ignore[attr-defined]


def _wrap_method(
    owner: Any, name: str, guard: Guard, dialect: str, text: Callable[[Any, Any], object]
) -> None:
    plain = vars(owner).get(name)
    if plain is None:
        return

    @functools.wraps(plain)
    def guarded(self: Any, query: Any, *rest: Any, **options: Any) -> Any:
        if guard.is_active:
            _about_sql(guard, text(self, query), dialect)
        return plain(self, query, *rest, **options)

    setattr(owner, name, guarded)


def _as_it_is(_cursor: Any, query: Any) -> object:
    return query


def _composed(cursor: Any, query: Any) -> object:
    """psycopg's composed queries: what it quotes as a value is one, whatever stands in it; names are judged as they are."""
    kind = type(query)
    if kind.__module__ in _COMPOSERS and kind.__name__ == "Composed":
        return "".join(str(_composed(cursor, part)) for part in query)
    if kind.__module__ in _COMPOSERS and kind.__name__ == "Literal":
        return _VALUE
    return query.as_string(cursor) if hasattr(query, "as_string") else query


def _wrap_psycopg(module: ModuleType, guard: Guard) -> None:
    for name in (
        "Cursor",
        "ServerCursor",
        "AsyncCursor",
        "AsyncServerCursor",
        "ClientCursor",
        "AsyncClientCursor",
    ):
        owner = getattr(module, name, None)
        if owner is not None:
            for method in ("execute", "executemany", "stream", "copy"):
                _wrap_method(owner, method, guard, "postgres", _composed)


def _wrap_psycopg2_extensions(module: ModuleType, guard: Guard) -> None:
    plain = module.cursor

    class cursor(plain):  # type: ignore[misc, valid-type]
        def execute(self, query: Any, vars: Any = None) -> Any:
            _about_sql(guard, _composed(self, query), "postgres")
            return super().execute(query, vars)

        def executemany(self, query: Any, vars_list: Any) -> Any:
            _about_sql(guard, _composed(self, query), "postgres")
            return super().executemany(query, vars_list)

        def copy_expert(self, sql: Any, *rest: Any, **options: Any) -> Any:
            _about_sql(guard, _composed(self, sql), "postgres")
            return super().copy_expert(sql, *rest, **options)

    cursor.__module__, cursor.__qualname__ = plain.__module__, plain.__qualname__
    # psycopg2.extras' cursors are made of this one.
    module.cursor = cursor  # type: ignore[attr-defined]


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


def _wrap_pymysql(module: ModuleType, guard: Guard) -> None:
    _wrap_method(module.Cursor, "execute", guard, "mysql", _as_it_is)
    _wrap_method(module.Cursor, "executemany", guard, "mysql", _as_it_is)


# ---- deserialisers ------------------------------------------------------------------------------


def _wrap_yaml(module: ModuleType, guard: Guard) -> None:
    """`!!python/object/apply:os.system` and its like: the name is asked about before it is looked up."""
    for owner in (module.FullConstructor, module.UnsafeConstructor):
        for name in ("find_python_name", "find_python_module"):
            plain = vars(owner).get(name)
            if plain is None:
                continue

            def guarded(self: Any, named: Any, *rest: Any, _plain: Any = plain, **options: Any) -> Any:
                if guard.is_active and type(named) is str:
                    guard.ask(asking.about_name, named)
                return _plain(self, named, *rest, **options)

            setattr(owner, name, functools.wraps(plain)(guarded))


def _wrap_jsonpickle(module: ModuleType, guard: Guard) -> None:
    plain = module.loadclass

    @functools.wraps(plain)
    def guarded(named: Any, *rest: Any, **options: Any) -> Any:
        if guard.is_active and type(named) is str:
            guard.ask(asking.about_name, named)
        return plain(named, *rest, **options)

    module.loadclass = guarded  # type: ignore[attr-defined]


WRAPPED: dict[str, Callable[[ModuleType, Guard], None]] = {
    "sqlite3.dbapi2": _wrap_sqlite3,
    "psycopg": _wrap_psycopg,
    "psycopg2.extensions": _wrap_psycopg2_extensions,
    "psycopg2": _wrap_psycopg2,
    "pymysql.cursors": _wrap_pymysql,
    "yaml.constructor": _wrap_yaml,
    "jsonpickle.unpickler": _wrap_jsonpickle,
}
