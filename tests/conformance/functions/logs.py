"""Print and log in the way the event names."""

import logging
import os
import sys

logger = logging.getLogger("my.logger")
logger.setLevel(logging.DEBUG)


def _levels():
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        logging.log(level, "root at %s", level)
        logger.log(level, "mine at %s", level, extra={"order": 7})


def _exception():
    try:
        raise ValueError("logged")
    except ValueError:
        logger.exception("with a traceback")


def _mixed():
    print("one")
    print("two", file=sys.stderr)
    logging.getLogger().warning("three")
    sys.stdout.write("four without an end")
    sys.stdout.write("\n")
    os.write(1, b"five, raw\n")
    os.write(2, b"six, raw\n")
    print("seven")


CASES = {
    "print": lambda: print("hello", "world"),
    "nothing": lambda: None,
    "levels": _levels,
    "exception": _exception,
    "mixed": _mixed,
    "multi line": lambda: logger.error("first\nsecond\n\tthird"),
    "not ascii": lambda: (print("snö ☃"), logger.error("regn ☂")),
    "long": lambda: print("x" * 200_000),
    "unfinished": lambda: sys.stdout.write("no line end"),
    "carriage returns": lambda: print("a\rb\rc"),
    "frame look-alike": lambda: os.write(1, b"\xa5\x5a\x00\x03\x00\x00\x00\x04 not a frame\n"),
    "child": lambda: os.system("echo from a child"),
    "many lines": lambda: [print(f"line {number}") for number in range(3000)],
    "context log": None,
}


def handler(event, context):
    if event["case"] == "context log":
        context.log("through the context\n")
        return "done"
    CASES[event["case"]]()
    return "done"


def fails(event, context):
    logger.warning("before the fall")
    raise ValueError("fell\nin two lines")
