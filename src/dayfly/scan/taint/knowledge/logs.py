"""What writes lines of the log: `event.log`. Loggers that write JSON escape line breaks and are no sinks.

On Lambda standard output and standard error are the log, too.
"""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    ALL_POSITIONS,
    FIRST,
    Attribute,
    Call,
    Condition,
    Kind,
    Result,
    Sink,
    Tables,
    Test,
)

_LEVELS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "fatal")
# A dict or a list is written by its `repr`, in which line breaks are escaped.
_TEXT = (Condition(FIRST, Test.LACKS_TYPE, ("dict", "list", "tuple", "set", "int", "float")),)

_SINKS = (
    Sink(
        "event.log",
        tuple(f"{owner}.{level}" for owner in ("logging", "logging.Logger") for level in _LEVELS),
        (ALL_POSITIONS,),
        _TEXT,
    ),
    Sink("event.log", ("logging.log", "logging.Logger.log"), (ALL_POSITIONS,)),
    Sink(
        "event.log",
        tuple(f"loguru.logger.{level}" for level in (*_LEVELS, "success", "trace")),
        (ALL_POSITIONS,),
        _TEXT,
    ),
    Sink("event.log", ("syslog.syslog",), (ALL_POSITIONS,)),
    Sink("event.log", ("print",), (ALL_POSITIONS,), _TEXT),
    Sink("event.log", ("sys.stdout.write", "sys.stderr.write")),
)

_CALLS = (
    Call(("logging.getLogger", "logging.Logger.getChild"), Result(type="logging.Logger", taint_from=())),
    Call(("logging.LoggerAdapter",), Result(type="logging.Logger", taint_from=())),
    Call(
        ("aws_lambda_powertools.Logger", "aws_lambda_powertools.logging.Logger", "structlog.get_logger"),
        Result(type="json.Logger", taint_from=()),
    ),
)

TABLES = Tables(
    sinks=_SINKS,
    calls=_CALLS,
    attributes=(
        Attribute(
            ("flask.Flask.logger", "chalice.Chalice.log", "flask.current_app.logger"),
            Result(type="logging.Logger", taint_from=()),
        ),
    ),
    kinds=(Kind("logging.RootLogger", ("logging.Logger",)),),
)
