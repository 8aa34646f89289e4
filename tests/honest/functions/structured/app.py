"""Logs for machines: structlog, logging with a formatter of the function's own, warnings, tracebacks as text."""

import json
import logging
import logging.config
import traceback
import warnings

import structlog


class Lines(logging.Formatter):
    def format(self, record):
        entry = {
            "level": record.levelname,
            "message": record.getMessage(),
            "order": getattr(record, "order", None),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info).splitlines()[-1]
        return json.dumps(entry)


logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "handlers": {
            "out": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stdout"}
        },
        "loggers": {"shop.lines": {"handlers": ["out"], "level": "DEBUG", "propagate": False}},
    }
)
logging.captureWarnings(True)
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.dict_tracebacks,
        structlog.processors.JSONRenderer(),
    ]
)
logger, log = logging.getLogger("shop.lines"), structlog.get_logger()


def handler(event, context):
    text = event["text"]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(order=event["id"])
    log.info("placed", text=text, request=event)
    logger.info("order %s of %s", event["id"], text, extra={"order": event["id"]})
    logger.log(logging.getLevelName(event["level"]), text.replace("%", "%%"))
    warnings.warn(f"slow: {text}", stacklevel=1)
    try:
        {}[text]
    except KeyError:
        logger.exception("no such order")
        log.exception("no such order", text=text)
        said = traceback.format_exc().splitlines()[-1]
    return {"said": said, "bound": log.bind(text=text)._context["text"]}
