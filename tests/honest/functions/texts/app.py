"""What functions do with texts all day: JSON, literals, patterns, numbers, dates, CSV, encodings."""

import ast
import base64
import csv
import decimal
import fractions
import html
import io
import json
import logging
import logging.config
import re
import urllib.parse
import xml.etree.ElementTree
import zlib

logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"short": {"format": "%(levelname)s %(message)s"}},
        "handlers": {
            "out": {"class": "logging.StreamHandler", "formatter": "short", "stream": "ext://sys.stdout"}
        },
        "loggers": {"shop": {"handlers": ["out"], "level": "INFO"}},
    }
)
logger = logging.getLogger("shop")


def handler(event, context):
    logging.config.dictConfig(
        {"version": 1, "incremental": True, "loggers": {"shop": {"level": event["level"]}}}
    )
    logger.warning("order %s of %s", event["order"], event["name"])
    body = json.loads(event["body"])
    pattern = re.compile(re.escape(event["search"]), re.IGNORECASE)
    return {
        "body": body,
        "literal": ast.literal_eval(event["literal"]),
        "found": pattern.findall(event["name"]),
        "total": str(decimal.Decimal(event["total"]) * 2),
        "ratio": str(fractions.Fraction(event["total"])),
        "rows": [dict(row) for row in csv.DictReader(io.StringIO(event["csv"]))],
        "form": urllib.parse.parse_qs(event["form"]),
        "decoded": base64.b64decode(event["blob"]).decode(event["charset"]),
        "shorter": len(zlib.compress(event["name"].encode())),
        "html": html.escape(event["name"]),
        "xml": xml.etree.ElementTree.fromstring(event["xml"]).attrib,
    }
