"""A few rows of each kind, enough to try the engine on; the other modules of knowledge hold the bulk."""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    CLEAN,
    EVERY_DANGER,
    FIRST,
    RECEIVER,
    Argument,
    Attribute,
    Call,
    Cleanser,
    Condition,
    Danger,
    Decoration,
    Decorator,
    EventField,
    EventShape,
    Guard,
    Kind,
    Part,
    Result,
    Route,
    Sink,
    Tables,
    Test,
    Trust,
)
from dayfly.scan.template.model import Trigger

_SHELL = Condition(Argument(8, "shell"), Test.TRUTHY)
_NO_SHELL = Condition(Argument(8, "shell"), Test.FALSY, if_absent=True, if_unknown=False)
_PROCESSES = (
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
)

_SINKS = (
    Sink("event.code", ("eval", "exec", "compile")),
    Sink("event.command", ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")),
    Sink("event.command", _PROCESSES, (Argument(0, "args"),), (_SHELL,)),
    Sink("event.command", _PROCESSES, (Argument(0, "args"),), (_NO_SHELL,), Part.PROGRAM),
    Sink(
        "event.sql",
        ("dbapi.Cursor.execute", "dbapi.Cursor.executemany", "dbapi.Cursor.executescript"),
        part=Part.TEXT,
    ),
    Sink("event.sql", ("dbapi.Connection.execute",), part=Part.TEXT),
    Sink("event.sql", ("*.execute", "*.executemany"), part=Part.TEXT),
    Sink("event.path", ("open", "io.open", "codecs.open", "os.remove", "os.listdir"), part=Part.PATH),
    Sink("event.path", ("pathlib.Path.read_text", "pathlib.Path.open"), (RECEIVER,), part=Part.PATH),
    Sink("event.request", ("urllib.request.urlopen", "requests.get"), (Argument(0, "url"),), part=Part.HOST),
    Sink("event.deserialisation", ("pickle.loads", "marshal.loads")),
    Sink(
        "event.deserialisation",
        ("yaml.load",),
        when=(Condition(Argument(1, "Loader"), Test.LACKS_TYPE, ("yaml.SafeLoader", "yaml.CSafeLoader")),),
    ),
    Sink("event.redirect", ("flask.redirect",), (Argument(0, "location"),), part=Part.TARGET),
    Sink("event.log", ("logging.Logger.info", "logging.info")),
)

_CALLS = (
    Call(("sqlite3.connect",), Result(type="sqlite3.Connection", taint_from=())),
    Call(("dbapi.Connection.cursor",), Result(type="dbapi.Cursor", taint_from=())),
    Call(("logging.getLogger",), Result(type="logging.Logger", taint_from=())),
    Call(("hashlib.sha256", "uuid.uuid4", "time.time"), CLEAN),
    Call(("urllib.parse.unquote", "urllib.parse.unquote_plus", "html.unescape"), Result(restores=True)),
)

_CLEANSERS = (
    Cleanser(("shlex.quote",), frozenset({Danger.COMMAND})),
    Cleanser(("html.escape",), frozenset({Danger.HTML})),
    Cleanser(("ast.literal_eval",), frozenset({Danger.CODE})),
    Cleanser(("werkzeug.utils.secure_filename",), frozenset({Danger.PATH})),
)

_ATTRIBUTES = (
    Attribute(("flask.request",), Result(type="flask.Request", taint_from=())),
    Attribute(
        ("flask.Request.args", "flask.Request.form"),
        Result(type="werkzeug.MultiDict", element_type="str", source="the request's parameters"),
    ),
)

_KINDS = (
    Kind("sqlite3.Connection", ("dbapi.Connection",)),
    Kind("flask.Flask", is_class=True),
)

_GUARDS = (Guard(("uuid.UUID",), EVERY_DANGER, FIRST, raises=True),)

_DECORATORS = (
    Decorator(("functools.lru_cache", "functools.cache"), Decoration.CACHE),
    Decorator(("contextlib.contextmanager",), Decoration.CONTEXT_MANAGER),
)

_ROUTES = (
    Route("Flask", ("route", "get", "post", "put", "delete", "patch"), ("flask.Flask", "flask.Blueprint")),
)

_SHAPES = (
    EventShape(
        Trigger.API_V1,
        (
            EventField(("requestContext", "**"), Trust.CLEAN),
            EventField(("requestContext", "authorizer", "**"), Trust.IDENTITY),
            EventField(("queryStringParameters", "*"), type="str"),
        ),
        is_http=True,
    ),
)

TABLES = Tables(
    sinks=_SINKS,
    calls=_CALLS,
    cleansers=_CLEANSERS,
    attributes=_ATTRIBUTES,
    guards=_GUARDS,
    kinds=_KINDS,
    decorators=_DECORATORS,
    routes=_ROUTES,
    shapes=_SHAPES,
)
