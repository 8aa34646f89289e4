"""Interpreters of all sorts: Python, templates, pickles, formats, names."""

import ast
import base64
import copyreg
import dataclasses
import importlib
import importlib.util
import io
import json
import logging
import marshal
import pickle
import pydoc
import re
import runpy
import shelve
import string
import sys
import types
import typing

import jinja2
import numpy
import pandas
import yaml
from chameleon import PageTemplate
from jinja2 import nativetypes
from mako.template import Template

API_KEY = "api-key-2718"
RULES = {"base": 3}


class User:
    role = "guest"

    def __init__(self, name):
        self.name = name


def rule(event, context):
    return str(eval(event["rule"], {"facts": {"n": 3}}))


def filtered_words(event, context):
    if re.search(r"import|os|open|exec", event["formula"]):
        return "not allowed"
    return str(eval(event["formula"]))


def lambda_made(event, context):
    return str(eval("lambda x: " + event["body"])(3))


def script(event, context):
    names = {"result": None}
    exec(event["script"], {"__builtins__": {}}, names)
    return str(names["result"])


def module_from_text(event, context):
    module = types.ModuleType("rules")
    exec(compile(event["source"], "rules.py", "exec"), module.__dict__)
    return str(module.answer)


def written_module(event, context):
    with open("/tmp/customer.py", "w") as file:
        file.write(event["source"])
    return str(runpy.run_path("/tmp/customer.py")["answer"])


def spec_loaded(event, context):
    with open("/tmp/plug.py", "w") as file:
        file.write(event["source"])
    spec = importlib.util.spec_from_file_location("plug", "/tmp/plug.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.answer)


def type_hints(event, context):
    made = dataclasses.make_dataclass("Row", [("x", event["type"])])
    return str(typing.get_type_hints(made))


def frame_eval(event, context):
    return str(pandas.DataFrame({"price": [1]}).eval(event["formula"], engine="python").tolist())


def page(event, context):
    return jinja2.Environment().from_string("Hi " + event["name"]).render(user=User("x"))


def native(event, context):
    return str(nativetypes.NativeEnvironment().from_string(event["value"]).render())


def mako_text(event, context):
    return Template("Dear " + event["name"]).render()


def chameleon_text(event, context):
    return PageTemplate(f"<p>{event['text']}</p>")()


def formatted(event, context):
    return ("{user.name}: " + event["text"]).format(user=User("ada"))


def log_format(event, context):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(event["format"], style="{"))
    handler.handle(logging.LogRecord("x", 20, "p", 1, "m", None, None))
    return stream.getvalue()


def named_format(event, context):
    class Own(string.Formatter):
        """Finds names in one place."""

    return Own().format(event["template"], user=User("ada"))


def pickled(event, context):
    return str(pickle.load(io.BytesIO(base64.b64decode(event["cart"]))))


def numpy_pickle(event, context):
    return str(numpy.load(io.BytesIO(base64.b64decode(event["array"])), allow_pickle=True))


def frame_pickle(event, context):
    return str(pandas.read_pickle(io.BytesIO(base64.b64decode(event["frame"]))))


def shelf(event, context):
    with open("/tmp/s.dat", "wb") as file:
        file.write(base64.b64decode(event["data"]))
    with open("/tmp/s.dir", "w") as file:
        file.write("'k', (0, %d)\n" % len(base64.b64decode(event["data"])))
    import dbm.dumb

    return str(shelve.Shelf(dbm.dumb.open("/tmp/s", "r"))["k"])


def marshalled(event, context):
    return str(eval(marshal.loads(base64.b64decode(event["code"]))))


def yaml_text(event, context):
    return str(yaml.load(event["text"], Loader=yaml.Loader))


def yaml_full(event, context):
    return str(yaml.unsafe_load(event["text"]))


def by_name(event, context):
    module, _, name = event["callback"].rpartition(".")
    return str(getattr(importlib.import_module(module), name)(event["argument"]))


def located(event, context):
    return str(pydoc.locate(event["type"])(event["argument"]))


def json_type(event, context):
    made = json.loads(event["body"])
    kind = made.pop("__class__")
    module, _, name = kind.rpartition(":")
    return str(getattr(sys.modules[module], name)(**made))


def attributes_set(event, context):
    user = User("ada")
    for path, value in event["changes"].items():
        target, (*parents, last) = user, path.split(".")
        for one in parents:
            target = target[one] if isinstance(target, dict) else getattr(target, one)
        target[last] = value if isinstance(target, dict) else setattr(target, last, value)
    return [RULES["base"], user.name]


def method(event, context):
    return str(getattr(User("ada"), event["attribute"]).__globals__["API_KEY"])


def parsed(event, context):
    tree = ast.parse(event["formula"], mode="eval")
    if any(isinstance(node, ast.Import) for node in ast.walk(tree)):
        return "no"
    return str(eval(compile(tree, "x", "eval")))


def reduced(event, context):
    return copyreg.__name__ + str(pickle.loads(bytes.fromhex(event["hex"])))
