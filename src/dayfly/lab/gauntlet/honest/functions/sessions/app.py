"""Imports late, calls methods by names of its own, formats by templates of its own, and logs what it did."""

import importlib
import logging
import string
from datetime import date

logger = logging.getLogger(__name__)
FORMATS = {"json": "dumps", "text": "pformat"}
MODULES = {"json": "json", "text": "pprint"}
GREETING = string.Template("Hello $name, you were born on a $day")


def handler(event, context):
    module = importlib.import_module(MODULES[event["format"]])
    born = date.fromisoformat(event["born"])
    logger.warning("greeting in %s", event["format"])
    text = GREETING.substitute(name=event["name"], day=born.strftime("%A"))
    return {"text": text, "data": getattr(module, FORMATS[event["format"]])({"name": event["name"]})}
