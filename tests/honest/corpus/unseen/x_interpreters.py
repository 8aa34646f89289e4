"""Whatever interprets the event."""

import base64
import marshal

from tests.honest.corpus.cases import Attack

RUN = "__import__('subprocess').getoutput('echo $((6*7))z')"
PICKLE = base64.b64encode(b"csubprocess\ngetoutput\n(S'echo $((6*7))z'\ntR.").decode()
GLOBALS = "{user.__init__.__globals__[API_KEY]}"
ESCAPE = "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0](['echo', 'z42'], stdout=-1).communicate()[0]"
ATTACKS = [
    Attack("Python code", "rule", {"rule": f"facts['n'] > 2 and {RUN}"}, "42z"),
    Attack(
        "Python code",
        "filtered_words",
        {
            "formula": "getattr(__builtins__, '__imp'+'ort__', None) or __builtins__['__imp'+'ort__']('s'+'ys').version"
        },
        "3.1",
    ),
    Attack("Python code", "lambda_made", {"body": RUN}, "42z"),
    Attack("Python code", "script", {"script": "result = " + ESCAPE}, "z42"),
    Attack("Python code", "module_from_text", {"source": "answer = " + RUN}, "42z"),
    Attack("Python code", "written_module", {"source": "answer = " + RUN}, "42z"),
    Attack("Python code", "spec_loaded", {"source": "answer = " + RUN}, "42z"),
    Attack("Python code", "type_hints", {"type": "__import__('subprocess').Popen"}, "Popen"),
    Attack("Python code", "frame_eval", {"formula": "price + @sys.maxsize * 0 + 41"}, "42"),
    Attack("Python code", "parsed", {"formula": RUN}, "42z"),
    Attack(
        "Python code",
        "marshalled",
        {"code": base64.b64encode(marshal.dumps(compile(RUN, "x", "eval"))).decode()},
        "42z",
    ),
    Attack("template", "page", {"name": "{{ lipsum.__globals__.os.popen('echo $((6*7))z').read() }}"}, "42z"),
    Attack("template", "page", {"name": "{% for x in [6] %}{{ x * 7 }}z{% endfor %}"}, "42z"),
    Attack("template", "page", {"name": "{{ user.__init__.__globals__['API_KEY'] }}"}, "api-key-2718"),
    Attack("template", "native", {"value": "{{ 6 * 7 }}"}, "42"),
    Attack("template", "mako_text", {"name": "${__import__('os').popen('echo $((6*7))z').read()}"}, "42z"),
    Attack("template", "chameleon_text", {"text": "${python: 6 * 7}z"}, "42z"),
    Attack("str.format", "formatted", {"text": GLOBALS}, "api-key-2718"),
    Attack("str.format", "log_format", {"format": "{message} {args.__class__.__mro__}"}, "object"),
    Attack("str.format", "named_format", {"template": GLOBALS}, "api-key-2718"),
    Attack("pickle", "pickled", {"cart": PICKLE}, "42z"),
    Attack("pickle", "frame_pickle", {"frame": PICKLE}, "42z"),
    Attack("pickle", "numpy_pickle", {"array": PICKLE}, "42z"),
    Attack("pickle", "shelf", {"data": PICKLE}, "42z"),
    Attack("pickle", "reduced", {"hex": base64.b64decode(PICKLE).hex()}, "42z"),
    Attack(
        "YAML", "yaml_text", {"text": "!!python/object/apply:subprocess.getoutput ['echo $((6*7))z']"}, "42z"
    ),
    Attack(
        "YAML", "yaml_full", {"text": "!!python/object/apply:subprocess.getoutput ['echo $((6*7))z']"}, "42z"
    ),
    Attack("import", "by_name", {"callback": "subprocess.getoutput", "argument": "echo $((6*7))z"}, "42z"),
    Attack("import", "located", {"type": "subprocess.getoutput", "argument": "echo $((6*7))z"}, "42z"),
    Attack(
        "names",
        "json_type",
        {"body": '{"__class__": "subprocess:getoutput", "cmd": "echo $((6*7))z"}'},
        "42z",
    ),
    Attack("names", "attributes_set", {"changes": {"__init__.__globals__.RULES.base": 99}}, "[99"),
    Attack("names", "method", {"attribute": "__init__"}, "api-key-2718"),
]
