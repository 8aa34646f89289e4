"""Code, templates, pickles and names of the event that run."""

import base64
import builtins
import code
import importlib
import io
import json
import pickle
import string
import timeit


import jinja2
import pandas
import yaml
from mako.template import Template

SECRET_KEY = "function-secret-1815"


class Item:
    def __init__(self, name):
        self.name = name


def calculator(event, context):
    return eval(event["formula"])


def calculator_no_builtins(event, context):
    return str(eval(event["formula"], {"__builtins__": {}}, {}))


def executed(event, context):
    names = {}
    exec(event["code"], names)
    return str(names.get("result"))


def f_string(event, context):
    return eval(f"f'''{event['text']}'''")


def compiled(event, context):
    return eval(compile(event["rule"], "<rule>", "eval"))


def template(event, context):
    return jinja2.Template("Hello " + event["name"]).render()


def template_environment(event, context):
    return jinja2.Environment().from_string(f"<h1>{event['queryStringParameters']['title']}</h1>").render(x=1)


def mako_page(event, context):
    return Template(event["text"]).render()


def formatted(event, context):
    return ("Dear {item.name}, " + event["text"]).format(item=Item("x"))


def format_template(event, context):
    return event["template"].format(item=Item("x"))


def format_map(event, context):
    return event["template"].format_map({"item": Item("x")})


def formatter(event, context):
    return string.Formatter().vformat(event["template"], (), {"item": Item("x")})


def unpickled(event, context):
    return str(pickle.loads(base64.b64decode(event["state"])))


def unpickled_stream(event, context):
    return str(pickle.Unpickler(io.BytesIO(base64.b64decode(event["body"]))).load())


def yaml_loaded(event, context):
    return str(yaml.load(event["yaml"], Loader=yaml.UnsafeLoader))


def imported(event, context):
    module = importlib.import_module(event["module"])
    return str(getattr(module, event["function"])(*event["arguments"]))


def dunder_import(event, context):
    return str(getattr(__import__(event["module"]), event["function"])(*event["arguments"]))


def by_globals(event, context):
    return str(globals()[event["name"]])


def by_builtins(event, context):
    return str(getattr(builtins, event["function"])(event["argument"]))


def pandas_query(event, context):
    return pandas.DataFrame({"a": [1, 2]}).query(event["query"], engine="python")["a"].tolist()


def timed(event, context):
    out = []
    timeit.timeit(event["statement"], number=1, globals={"out": out})
    return str(out)


def interpreter(event, context):
    names = {"out": []}
    code.InteractiveInterpreter(names).runsource(event["line"])
    return str(names["out"])


def queue(event, context):
    return [eval(json.loads(record["body"])["formula"]) for record in event["Records"]]
