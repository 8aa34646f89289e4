"""Has requests looked at where clients read their URLs and parameters: requests and urllib3, httpx, aiohttp, http.client, botocore.

As the function gives them: a client takes `..` out of a path before it sends it. Redirects pass where each hop's host is
looked up. Of AWS's services, those that take a statement or a command. Not: what is written into a socket by hand.
"""

from __future__ import annotations

import re
import sys

from dayfly.runtime.guard import owncode, sinks
from dayfly.runtime.guard.places import text_of
from dayfly.runtime.guard.wrapping import precede, wrappers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, ModuleType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

# Frames of a client between its entry and the reading of a URL.
_MANY_STEPS = 24
# They write the paths of their requests themselves, and quote what they are given.
_QUOTING = frozenset(("boto3", "botocore", "aiobotocore", "s3transfer"))


def _about_url(guard: Guard, url: object, clients: tuple[str, ...]) -> None:
    """A URL that one of these packages reads; the function's own reading of one is no request."""
    if type(url) is str and "://" in url:
        frame, above = _caller(clients)
        if frame is not None and above not in _QUOTING:
            guard.ask(sinks.about_quoted_url if "urllib3" in clients else sinks.about_url, url)


def _caller(clients: tuple[str, ...]) -> tuple[FrameType | None, str]:
    """Return the frame of a client in which this happens, None where it is another's, and the package that asks the client."""
    # The question, the library's function and the one that calls it.
    first = sys._getframe(4)
    if _package(first) not in clients:
        return None, ""
    above = (name for one in owncode.stack(first, _MANY_STEPS) if (name := _package(one)) not in clients)
    return first, next(above, "")


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _about_urllib3(guard: Guard, url: object) -> None:
    _about_url(guard, url, ("requests", "urllib3"))


def _about_requests(
    guard: Guard, /, _adapter: object, request: Any, *_rest: object, **_options: object
) -> None:
    # Where a redirect leads, too: of that, only whither.
    guard.ask(sinks.about_origin, getattr(request, "url", ""))


def _about_httpx(guard: Guard, /, url: object = "", **parts: object) -> None:
    if "raw_path" in parts and parts.get("authority"):
        # What a client's base and a path of the function's come to.
        url = f"{parts.get('scheme')}://{parts['authority']}{text_of(parts['raw_path'])}"
    _about_url(guard, url, ("httpx",))


def _about_hop(
    guard: Guard, /, _request: object, _method: object, url: object, *_: object, **__: object
) -> None:
    guard.ask(sinks.about_origin, str(url))


def _is_by_function(guard: Guard, frame: FrameType | None, module: str) -> bool:
    """Say whether the function itself is what called into `module`, whose own frames do not count."""
    while frame is not None and frame.f_globals.get("__name__") == module:
        frame = frame.f_back
    return frame is not None and guard.places.is_functions(frame.f_code.co_filename)


def _about_http(
    guard: Guard, /, _connection: object, _method: object, url: object, *_: object, **__: object
) -> None:
    if _is_by_function(guard, sys._getframe(2), "http.client"):
        guard.ask(sinks.about_url, url)


def _wrap_sending(owner: Any, guard: Guard) -> None:
    def look(_socket: object, data: object, *_rest: object) -> None:
        # Perhaps through what `makefile` gives, which is the module's.
        by_hand = _is_by_function(guard, sys._getframe(2), "socket")
        guard.ask("documents.about_head", data, by_hand)

    for name in ("send", "sendall"):
        # A plain socket has them from a class in C, whose attributes nobody sets.
        setattr(owner, name, getattr(owner, name))
        precede(owner, name, guard, look)


# Where requests have statements, by service and the parameter's name, with the dialect.
_STATEMENTS = {
    "athena": ("QueryString", "partiql"),
    "cloudtrail": ("QueryStatement", ""),
    "config": ("Expression", ""),
    "dynamodb": ("Statement", "partiql"),
    "dynamodbstreams": ("Statement", "partiql"),
    "rds-data": ("sql", ""),
    "redshift-data": ("Sql", "postgresql"),
    "s3": ("Expression", "partiql"),
    "timestream-query": ("QueryString", "partiql"),
}
_LISTED = {"dynamodb": ("Statements", "TransactStatements"), "redshift-data": ("Sqls",)}
_EXPRESSIONS = tuple(
    "ConditionExpression FilterExpression KeyConditionExpression ProjectionExpression UpdateExpression".split()
)
# Queries in languages of services' own, whose literals and names are those of JMESPath: Cognito's, CloudWatch's, Neptune's.
_QUERIES = ("Filter", "filterPattern", "gremlinQuery", "openCypherQuery", "queryString")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
_CONDITIONS = ("Expected", "KeyConditions", "QueryFilter", "ScanFilter")


# What begins a document of JSON's.
_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*[]["{\d-])')


def _statements(service: str, parameters: dict[str, object]) -> Iterator[tuple[str, str]]:
    name, dialect = _STATEMENTS.get(service, ("", ""))
    if type(text := parameters.get(name)) is str:
        yield text, dialect
    for key in _LISTED.get(service, ()):
        several = parameters.get(key)
        for one in several if type(several) is list else ():
            if type(text := one.get(name) if type(one) is dict else one) is str:
                yield text, dialect


def _raw_message(parameters: dict[str, object]) -> object:
    """Return the message that SES is to send as it is; None without one."""
    found: object = parameters.get("Content", parameters)
    for name in ("Raw" if "Content" in parameters else "RawMessage", "Data"):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def is_json(text: str) -> bool:
    """Say whether a text begins as a document of JSON's does: "[INFO] ..." does not."""
    return _JSON.match(text) is not None


def _documents(parameters: object, depth: int = 3) -> Iterator[str]:
    """Yield the texts of a request that may be documents: policies, inputs of state machines, messages, one or several."""
    if type(parameters) is str:
        if is_json(parameters):
            yield parameters
    elif depth and type(parameters) in (dict, list):
        for one in parameters.values() if type(parameters) is dict else parameters:  # type: ignore[attr-defined]
            yield from _documents(one, depth - 1)


def _about_call(guard: Guard, client: Any, _operation: object, parameters: object) -> None:
    if type(parameters) is not dict:
        return
    service = client.meta.service_model.service_name
    for text, dialect in _statements(service, parameters):
        guard.ask("statements.about_sql", text, dialect)
    for name in _EXPRESSIONS if service == "dynamodb" else ():
        if type(expression := parameters.get(name)) is str:
            guard.ask("statements.about_expression", expression)
    for name in _QUERIES:
        if (query := parameters.get(name)) is not None:
            guard.ask("documents.about_query", query, "jmespath")
    conditions = [parameters[name] for name in _CONDITIONS if name in parameters]
    if service == "dynamodb" and conditions:
        guard.ask("statements.about_operators", conditions)
    for document in _documents(parameters):
        guard.ask("documents.about_body", document)
    for value in parameters.values() if guard.computed_paths else ():
        # Objects, parameters and secrets have names like paths, and those that are asked for together a list.
        for name in value if type(value) is list else (value,):
            if type(name) is str:
                guard.ask(sinks.about_result, name)
    if service in ("ses", "sesv2"):
        guard.ask("documents.about_mail", _raw_message(parameters))
    if service == "ssm":
        given = parameters.get("Parameters")
        commands = given.get("commands") if type(given) is dict else None
        for command in commands if type(commands) is list else ():
            guard.ask("commands.about_shell", command)


WRAPPED: dict[str, Callable[[ModuleType, Guard], None]] = {
    **wrappers(
        (
            ("aiobotocore.client", "AioBaseClient", ("_make_api_call",), _about_call),
            ("aiohttp.client_reqrep", "ClientRequest", ("__init__",), _about_hop),
            ("botocore.client", "BaseClient", ("_make_api_call",), _about_call),
            ("http.client", "HTTPConnection", ("putrequest",), _about_http),
            ("httpx._urlparse", "", ("urlparse",), _about_httpx),
            ("requests.adapters", "HTTPAdapter", ("send",), _about_requests),
            ("urllib3.util.url", "", ("parse_url",), _about_urllib3),
        )
    ),
    "socket": lambda module, guard: _wrap_sending(module.socket, guard),
    "ssl": lambda module, guard: _wrap_sending(module.SSLSocket, guard),
}
