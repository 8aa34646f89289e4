"""A function that evaluates what its events bring, by every way that computes a value."""

import ast
import json

FORMULA = "result = "


def of_eval(event):
    return eval(event["formula"])


def of_bytes(event):
    return eval(event["formula"].encode())


def of_compiled(event):
    return eval(compile(event["formula"], "formula", "eval"))


def of_tree(event):
    return eval(compile(ast.parse(event["formula"], mode="eval"), "formula", "eval"))


def of_exec(event):
    """One statement that is an expression: its value is lost."""
    exec(event["formula"])
    return eval(event["formula"])


def of_part(event):
    return eval(f"({event['formula']}) * 1")


def of_literal(event):
    return ast.literal_eval(event["formula"])


def of_path(event):
    with open(eval(event["formula"])) as file:
        return file.read(1)


def of_statement(event):
    exec(FORMULA + event["formula"])


def handler(event, context):
    if "of" not in event:
        return "served"
    value = globals()["of_" + event["of"]](event)
    return {"found": json.loads(json.dumps(value, default=repr))}
