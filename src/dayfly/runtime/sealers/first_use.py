"""Has loaded libraries prepare what their first use needs, so that each worker need not: routes, templates, mappers, statements.

Only what a library derives from the function's own objects: nothing is called that a handler has not called in any case,
no connection is opened, no code of the function's is asked for an answer. A fault leaves the work to each worker.
"""

from __future__ import annotations

import os
import sys

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.runtime.sealing import Sealing

_KINDS = (
    ("starlette.routing", "Router"),
    ("flask.app", "Flask"),
    ("jinja2.environment", "Environment"),
    ("sqlalchemy.engine.base", "Engine"),
)
# As many as jinja2 keeps: https://jinja.palletsprojects.com/en/stable/api/#jinja2.Environment (cache_size). Each takes some
# milliseconds of init.
_MANY_TEMPLATES = 50
_MANY_STATEMENTS = 50
# No address of a service: routes are asked, and none of them answers.
_NO_PATH = "/\0"


def kinds() -> tuple[type, ...]:
    """Return the classes whose instances can be prepared."""
    return heap.classes(*_KINDS)


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Prepare what is found, if the settings want it."""
    if not sealing.warms:
        return
    for kind in kinds():
        items: list[object] = found.of(kind)
        for item in items:
            try:
                _ACTS[kind.__name__](item)
            except Exception as fault:
                # Trust boundary: a library of a version nobody tried, or the function's own subclass.
                sealing.faults.append(f"{kind.__name__}: {type(fault).__name__}")


def _prepare_routes(router: object) -> None:
    # Starlette's thread pool and streams, by a name that anyio computes: 17 ms.
    if "anyio" in sys.modules:
        __import__("anyio._backends._asyncio")
    scope = {
        "type": "http",
        "method": "GET",
        "path": _NO_PATH,
        "root_path": "",
        "headers": [],
        "query_string": b"",
    }
    for route in _of(router, "routes"):
        if type(route).__module__.partition(".")[0] in ("starlette", "fastapi"):
            # FastAPI derives a route's dependencies when it is first compared.
            route.matches(dict(scope))  # type: ignore[attr-defined]


def _prepare_site(app: object) -> None:
    app.url_map.bind("localhost").test(_NO_PATH)  # type: ignore[attr-defined]
    folder = os.path.join(
        str(getattr(app, "root_path", "")), str(getattr(app, "template_folder", None) or "-")
    )
    if os.path.isdir(folder):
        _prepare_templates(app.jinja_env)  # type: ignore[attr-defined]


def _prepare_templates(environment: object) -> None:
    """Compile templates as far as they are kept; where they are kept in files, too, that is done already."""
    loader = getattr(environment, "loader", None)
    known = ("flask.templating", "jinja2.loaders")
    if getattr(environment, "bytecode_cache", None) is not None or type(loader).__module__ not in known:
        return
    names: list[str] = loader.list_templates()  # type: ignore[union-attr]
    for name in names[:_MANY_TEMPLATES]:
        try:
            environment.get_template(name)  # type: ignore[attr-defined]
        except Exception:
            # A file beside the templates, no template.
            continue


def _prepare_statements(engine: object) -> None:
    orm = sys.modules.get("sqlalchemy.orm")
    if orm is None:
        return
    orm.configure_mappers()
    sql = sys.modules["sqlalchemy"]
    registries = sys.modules["sqlalchemy.orm.mapper"]._all_registries()
    mappers = [mapper for registry in registries for mapper in registry.mappers]
    for mapper in mappers[:_MANY_STATEMENTS]:
        for statement in (sql.select(mapper), sql.insert(mapper.local_table)):
            statement.compile(dialect=engine.dialect)  # type: ignore[attr-defined]


def _of(item: object, name: str) -> Iterable[object]:
    value = getattr(item, name, ())
    return value if isinstance(value, list) else ()


_ACTS = {
    "Router": _prepare_routes,
    "Flask": _prepare_site,
    "Environment": _prepare_templates,
    "Engine": _prepare_statements,
}
