"""Fail in the way the event names."""

import decimal


class CustomError(Exception):
    pass


class UnprintableError(Exception):
    def __str__(self):
        return "naïve ☃ message\nwith a second line"


def _deeper(depth):
    if depth:
        return _deeper(depth - 1)
    raise ValueError("from below")


def _recurse():
    return _recurse()


def _chained():
    try:
        raise KeyError("first")
    except KeyError as error:
        raise CustomError("second") from error


def _raise(error):
    raise error


CASES = {
    "value error": lambda: _deeper(3),
    "no message": lambda: _raise(RuntimeError()),
    "custom": lambda: _raise(CustomError("custom", 42)),
    "not ascii": lambda: _raise(UnprintableError()),
    "chained": _chained,
    "key error": lambda: {}["missing"],
    "name error": lambda: undefined_name,  # noqa: F821
    "group": lambda: _raise(ExceptionGroup("many", [ValueError("one"), TypeError("two")])),
    "recursion": _recurse,
    "assertion": lambda: _raise(AssertionError("claimed")),
    "import": lambda: __import__("no_such_module_anywhere"),
    "compiled text": lambda: eval("1/0"),
    "stop iteration": lambda: next(iter([])),
    "decimal": lambda: decimal.Decimal("x"),
    "long message": lambda: _raise(ValueError("x" * 100_000)),
}


def handler(event, context):
    return CASES[event["case"]]()


def no_parameters():
    return "never reached: called with two arguments"
