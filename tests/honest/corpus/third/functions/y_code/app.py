"""Vulnerable: the event's text becomes Python, an object, a template or a name."""

import base64
import code
import configparser
import contextlib
import dataclasses
import importlib
import inspect
import io
import json
import logging.config
import marshal
import operator
import os
import pickle
import pydoc
import re
import runpy
import shelve
import subprocess
import sys
import timeit
import types
import typing

import boto3
import chameleon
import jinja2
import mako.template
import numpy
import pandas
import pydantic
import yaml

SECRET = "code-secret-28"


class User:
    """Has a password that no text should show."""

    def __init__(self, name, password="hunter-2-blue"):
        self.name = name
        self._password = password


def captured(function, *values):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        found = function(*values)
    return [out.getvalue(), repr(found)]


def calculator(event, context):
    return str(eval(event["queryStringParameters"]["expr"]))


def no_builtins(event, context):
    return str(eval(event["expr"], {"__builtins__": {}}, {"x": 2}))


def feature_flag(event, context):
    return "on" if eval(f"user.{event['field']} == '{event['value']}'", {"user": User("ada")}) else "off"


def rules(event, context):
    scope = {"order": {"total": 5}, "SECRET": SECRET}
    exec(f"result = {event['rule']}", scope)
    return str(scope["result"])


def compiled(event, context):
    return str(eval(compile(event["formula"], "<formula>", "eval")))


def function_made(event, context):
    scope = {}
    exec(f"def transform(row):\n    return {event['body']}\n", scope)
    return str(scope["transform"]({"a": 1}))


def lambda_key(event, context):
    return str(list(map(eval("lambda v: " + event["key"]), [3, 1])))


def f_string(event, context):
    name = event["name"]
    return eval(f'f"""{name}"""')


def pickled(event, context):
    return str(pickle.loads(base64.b64decode(event["state"])))


def pickled_hex(event, context):
    return str(pickle.Unpickler(io.BytesIO(bytes.fromhex(event["cookie"]))).load())


def numpy_file(event, context):
    return str(numpy.load(io.BytesIO(base64.b64decode(event["array"])), allow_pickle=True))


def frame_pickle(event, context):
    return str(pandas.read_pickle(io.BytesIO(base64.b64decode(event["frame"]))))


def shelf(event, context):
    """A database file that the request uploads."""
    import dbm.dumb

    with dbm.dumb.open("/tmp/shelf", "n") as db:
        db[b"key"] = base64.b64decode(event["value"])
    with shelve.Shelf(dbm.dumb.open("/tmp/shelf")) as found:
        return str(found["key"])


def marshalled(event, context):
    return str(types.FunctionType(marshal.loads(base64.b64decode(event["code"])), globals())())


def yaml_unsafe(event, context):
    return str(yaml.load(event["body"], Loader=yaml.UnsafeLoader))


def yaml_full(event, context):
    return str(list(yaml.load_all(event["body"], Loader=yaml.Loader)))


def logging_config(event, context):
    with contextlib.suppress(ValueError):
        logging.config.dictConfig(json.loads(event["body"]))
    return open("/tmp/logged").read() if os.path.exists("/tmp/logged") else ""


def module_function(event, context):
    return str(getattr(importlib.import_module(event["module"]), event["function"])(*event["args"]))


def dunder_import(event, context):
    return str(__import__(event["format"]).getoutput(event["data"]))


def located(event, context):
    return str(pydoc.locate(event["type"])(event["value"]))


def dotted(event, context):
    return str(operator.attrgetter(event["path"])(User("ada")))


def walked(event, context):
    value = User("ada")
    for part in event["path"].split("."):
        value = value[part] if isinstance(value, dict) else getattr(value, part)
    return str(value)


def global_name(event, context):
    return str(globals()[event["handler"]])


def upload_module(event, context):
    with open("/tmp/uploaded_rules.py", "w") as file:
        file.write(event["source"])
    return captured(runpy.run_path, "/tmp/uploaded_rules.py")[0]


def upload_import(event, context):
    with open("/tmp/hooks_x.py", "w") as file:
        file.write(event["source"])
    sys.path.insert(0, "/tmp")
    try:
        return str(importlib.import_module("hooks_x").VALUE)
    finally:
        sys.path.remove("/tmp")
        sys.modules.pop("hooks_x", None)


def upload_run(event, context):
    with open("/tmp/main_x.py", "w") as file:
        file.write(event["source"])
    return subprocess.run([sys.executable, "/tmp/main_x.py"], capture_output=True, text=True).stdout


def interpreter(event, context):
    return captured(code.InteractiveInterpreter().runsource, event["line"])[0]


def timed(event, context):
    return captured(timeit.timeit, event["statement"], "pass", timeit.default_timer, 1)[0]


def hints(event, context):
    made = type("Form", (), {"__annotations__": {"field": event["annotation"]}})
    return str(typing.get_type_hints(made))


def model(event, context):
    made = pydantic.create_model("Form", __module__=__name__, value=(event["type"], ...))
    return str(made.model_fields["value"].annotation)


def made_class(event, context):
    made = dataclasses.make_dataclass(
        "Row", [("a", int, dataclasses.field(default_factory=lambda: eval(event["default"])))]
    )
    return str(made())


def signature(event, context):
    def handler(x):
        return x

    handler.__annotations__["x"] = event["annotation"]
    return str(inspect.signature(handler, eval_str=True))


def sub_callback(event, context):
    return re.sub(r"\{\{(.+?)\}\}", lambda match: str(eval(match[1])), event["text"])


def frame_query(event, context):
    return str(pandas.DataFrame({"a": [1, 2]}).query(event["query"], engine="python"))


def frame_eval(event, context):
    return pandas.DataFrame({"a": [1]}).eval(event["expr"], engine="python").to_json()


def jinja(event, context):
    return jinja2.Template("Hello " + event["name"]).render(config={"SECRET": SECRET})


def jinja_environment(event, context):
    return jinja2.Environment().from_string(json.loads(event["body"])["template"]).render(user=User("ada"))


def jinja_compile(event, context):
    return str(jinja2.Environment().compile_expression(event["expr"])(user=User("ada")))


def mako_text(event, context):
    return mako.template.Template(f"<h1>{event['title']}</h1>").render()


def chameleon_text(event, context):
    return chameleon.PageTemplate(f"<p>{event['note']}</p>")()


def formatted(event, context):
    return event["template"].format(user=User("ada"))


def formatted_map(event, context):
    return ("Dear " + event["name"] + ", {user.name}").format_map({"user": User("ada")})


def interpolated(event, context):
    parser = configparser.ConfigParser()
    parser.read_dict({"db": {"password": SECRET}, "user": {"name": event["name"]}})
    parser._interpolation = configparser.ExtendedInterpolation()
    return parser["user"]["name"]


def store_template(event, context):
    boto3.client("s3").put_object(Bucket="receipts", Key="page.html", Body=event["page"].encode())
    return "stored"


def show_template(event, context):
    page = boto3.client("s3").get_object(Bucket="receipts", Key="page.html")["Body"].read().decode()
    return jinja2.Template(page).render()


def polluted(event, context):
    """Copies nested keys onto an object."""
    user = User("ada")

    def merge(source, target):
        for key, value in source.items():
            if isinstance(value, dict):
                merge(value, target[key] if isinstance(target, dict) else getattr(target, key))
            elif isinstance(target, dict):
                target[key] = value
            else:
                setattr(target, key, value)

    merge(event["profile"], user)
    found, globals()["SECRET"] = SECRET, "code-secret-28"
    return found
