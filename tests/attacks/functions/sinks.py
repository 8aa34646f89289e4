"""A function with every mistake there is: each field of an event reaches a sink that was meant for something harmless."""

import ast
import base64
import importlib
import json
import marshal
import os
import pickle
import sqlite3
import subprocess
import threading
import urllib.request

import jinja2
import yaml

PLUGINS = ("colorsys", "this")
SERVICE = os.environ.get("SERVICE", "")
users = sqlite3.connect(":memory:", check_same_thread=False)
users.execute("CREATE TABLE users (name TEXT, card TEXT)")
users.execute("INSERT INTO users VALUES ('alice', '4111111111111111')")
users.commit()


def of_eval(event):
    return eval("{'price': %s, 'currency': 'EUR'}" % event["price"])["price"]  # noqa: UP031


def of_exec(event):
    names = {}
    exec(f"total = {event['amount']} * 2", names)
    return names["total"]


def of_tree(event):
    return eval(compile(ast.parse(event["formula"], mode="eval"), "formula", "eval"))


def of_literal(event):
    return ast.literal_eval(event["literal"])


def of_pickle(event):
    return pickle.loads(base64.b64decode(event["session"]))


def of_marshal(event):
    names = {}
    exec(marshal.loads(base64.b64decode(event["program"])), names)
    return names.get("result")


def of_yaml(event):
    return yaml.load(event["document"], Loader=yaml.UnsafeLoader)


def of_template(event):
    return jinja2.Template("Dear " + event["name"] + ", {{ total }} is due.").render(total=event["total"])


def of_client_context(event):
    return eval(CONTEXT.client_context.custom["formula"])


def of_system(event):
    return os.system(f"echo {event['name']} > /tmp/greeting")


def of_shell(event):
    return subprocess.check_output(f"printf %s '{event['name']}'", shell=True, text=True)


def of_program(event):
    return subprocess.check_output([*event["program"], "hello"], text=True)


def of_operand(event):
    return subprocess.check_output(["printf", "%s", event["name"]], text=True)


def of_sql(event):
    rows = users.execute(f"SELECT name, card FROM users WHERE name = '{event['name']}'")
    return [list(row) for row in rows]


def of_parameter(event):
    rows = users.execute("SELECT name FROM users WHERE name = ?", (event["name"],))
    return [list(row) for row in rows]


def of_path(event):
    os.makedirs("/tmp/receipts", exist_ok=True)
    with open("/tmp/receipts/of-yesterday.txt", "w") as file:
        file.write("paid")
    with open(f"/tmp/receipts/{event['file']}") as file:
        return file.read()


def of_url(event):
    with urllib.request.urlopen(event["url"], timeout=3) as reply:
        return reply.read().decode()


def of_page(event):
    with urllib.request.urlopen(f"{SERVICE}/items/{event['item']}", timeout=3) as reply:
        return reply.read().decode()


def of_import(event):
    name = event["plugin"]
    return importlib.import_module(name).__name__


def of_temporary_import(event):
    import sys

    os.makedirs("/tmp/plugins", exist_ok=True)
    with open("/tmp/plugins/freshly_made.py", "w") as file:
        file.write("made = 1")
    sys.path.insert(0, "/tmp/plugins")
    try:
        import freshly_made

        return freshly_made.made
    finally:
        sys.path.remove("/tmp/plugins")


def of_swallowed(event):
    try:
        exec(event["code"])
    except BaseException:
        return "swallowed"
    return "done"


def of_finally(event):
    try:
        exec(event["code"])
    finally:
        return "swallowed"  # noqa: B012


def of_thread(event):
    thread = threading.Thread(target=lambda: exec(event["code"]))
    thread.start()
    thread.join()
    return "swallowed"


def of_exception(event):
    try:
        exec(event["code"])
    except Exception:
        return "swallowed"
    return "done"


class Failure(Exception):
    """Its text is made when somebody asks for it: AWS's loop does."""

    def __str__(self):
        return str(eval(self.args[0]))


def of_error(event):
    raise Failure(event["code"])


class Listed(dict):
    """An answer that is made while it is turned into JSON."""

    def items(self):
        return [("made", eval(self["code"]))]


def of_answer(event):
    return Listed(code=event["code"])


def of_stored(event):
    """What yesterday's event left in a database."""
    return eval(base64.b64decode(b"W10uX19jbGFzc19fLl9fbmFtZV9fLmlzbG93ZXIoKQ==").decode())


CONTEXT = None


def handler(event, context):
    global CONTEXT
    CONTEXT = context
    found = globals()["of_" + event["of"]](event)
    return {"found": found, "again": json.loads(json.dumps(found))}
