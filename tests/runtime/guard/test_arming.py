"""A guard is armed in an interpreter of its own, before the function's code; one that could not be armed says so."""

from __future__ import annotations

import base64
import io
import json
import marshal
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

PROGRAM = """
import sys
from dayfly.core.handshake import ZygoteOptions
{before}
from dayfly.runtime.guard import Unarmed, arm
armed = arm(ZygoteOptions(guard="block", guard_key="00" * 16))
if isinstance(armed, Unarmed):
    print("unarmed", armed.fault)
    sys.exit()
armed.settle()
armed.begin(b'{{"code": "__import__(\\'os\\').getpid()"}}', "r")
armed.enter()
try:
    eval("__import__('os').getpid()")
    print("not refused")
except BaseException as refused:
    print(type(refused).__name__)
"""


def run(before: str = "") -> str:
    program = PROGRAM.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_an_armed_guard_refuses() -> None:
    assert run() == "Refused"


@pytest.mark.parametrize(
    "before",
    [
        # Another hook that lets nobody in: CPython drops ours without a word.
        "def keep_out(event, _):\n    if event == 'sys.addaudithook': raise RuntimeError\nsys.addaudithook(keep_out)",
        "from awslambdaric import bootstrap; del bootstrap._get_handler",
    ],
)
def test_one_that_could_not_be_armed_says_so(before: str) -> None:
    assert run(before).startswith("unarmed ")


def test_without_a_guard_nothing_of_it_is_loaded() -> None:
    program = (
        "import sys; from dayfly.core.handshake import ZygoteOptions; from dayfly.runtime import start, client\n"
        "assert start._arm(ZygoteOptions()) == (None, '')\n"
        "print([name for name in sys.modules if 'guard' in name or 'provenance' in name or 'structure' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


# Under the real hook; each is one statement of a function's, `event` is what it was sent.
REFUSED = {
    "what a shell reads": "subprocess.run(['sh'], input=event['command'], text=True)",
    "eval": "eval(event['code'])",
    "exec of bytes": "exec(event['code'].encode())",
    "a tree": "exec(compile(ast.parse(event['code']), 'x', 'exec'))",
    "a tree that was taken apart": "exec(compile(ast.Module(ast.parse(event['code']).body, []), 'x', 'exec'))",
    "by way of base64": "exec(base64.b64decode(event['packed']))",
    "by way of a codec": "exec(codecs.decode(event['packed'].encode(), 'base64'))",
    "an expression that is computed": "eval(''.join(chr(code ^ 1) for code in event['codes']))",
    "an expression in an unsupported encoding": "eval(base64.b85decode(event['b85']))",
    "upside down": "exec(event['reversed'][::-1])",
    "a loader of the import system's": (
        "exec(importlib.machinery.SourceFileLoader('x', 'x').source_to_code(event['code'].encode(), 'x'))"
    ),
    "a loader of one's own": "importlib.util.module_from_spec(s := importlib.util.spec_from_loader('x', Own())); s.loader.exec_module(types.ModuleType('x'))",
    "marshal": "exec(marshal.loads(base64.b64decode(event['marshalled'])))",
    "an archive that was written": "zipped(base64.b64decode(event['zip']))",
    "a code object put together": "types.CodeType(*parts(base64.b64decode(event['bytes'])))",
    "through a type hint": "typing.get_type_hints(type('T', (), {'__annotations__': {'a': event['code']}}))",
    "in a generator": "next(eval(event['code']) for _ in [1])",
    "in a thread": "threaded(lambda: exec(event['code']))",
    "in a finaliser": "finalised(lambda: exec(event['code']))",
    "through map": "list(map(eval, [event['code']]))",
    "through timeit": "timeit.timeit(event['code'], number=1)",
    "through pickle": "pickle.loads(base64.b64decode(event['pickled']))",
}
# Named in docs/how-it-works.md: each works, some are told of.
OPEN = {
    "a call that the event names": ("getattr(os, event['name'])()", []),
    "a format string": ("event['format'].format(json)", []),
    "a program that is computed": ("exec(''.join(chr(code ^ 1) for code in event['codes']))", ["Gunknown"]),
    "an unsupported encoding": ("exec(base64.b85decode(event['b85']))", ["Gunknown"]),
}
HONEST = {
    "a literal": "ast.literal_eval(event['literal'])",
    "a formula of the function's own": "eval('1 + 2 * len(event)')",
    "a value in a literal": """eval("{'price': %s}" % event['price'])""",
    "a tuple of names": "collections.namedtuple('Row', ['code', 'packed', 'price'])(1, 2, 3)",
    "a module of the library": "__import__('colorsys')",
    "a pickle of the function's own": "pickle.loads(pickle.dumps({'a': [1, 2.5, None]}))",
    "a temporary file": "tempfile.NamedTemporaryFile().write(b'x')",
    "a trace": "traceback.format_exc(); linecache.getline(ast.__file__, 1)",
}
OPENED = {name: statement for name, (statement, _said) in OPEN.items()}
MODULES = (
    "ast base64 codecs collections importlib.machinery importlib.util importlib.abc linecache marshal pickle "
    "tempfile threading timeit traceback types typing gc sys os subprocess"
)
MANY = """
import {modules}
import json
# Not in the code: what stands there is the function's own.
event = {{}}
class Own(importlib.abc.SourceLoader):
    def get_filename(self, name): return 'x'
    def get_data(self, path): return event['code'].encode()
def parts(code):
    c = (lambda: 1).__code__
    fields = [c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_nlocals, c.co_stacksize, c.co_flags, code,
        c.co_consts, c.co_names, c.co_varnames, c.co_filename, c.co_name, c.co_qualname, c.co_firstlineno, c.co_linetable,
        c.co_exceptiontable]
    return fields
def threaded(work):
    thread = threading.Thread(target=work); thread.start(); thread.join()
def finalised(work):
    class Late:
        def __del__(self): work()
    Late(); gc.collect()
def zipped(data):
    path = tempfile.mktemp(suffix='.zip', dir='/tmp')
    with open(path, 'wb') as file: file.write(data)
    sys.path.insert(0, path)
    try: import zipped_evil
    finally: os.unlink(path)
def functions(): {statements}
from dayfly.core.handshake import ZygoteOptions
from dayfly.runtime.guard import arm
import os
sys.stderr = open(os.devnull, 'w')
guard = arm(ZygoteOptions(guard="block", guard_key="00" * 16))
guard.settle()
event.update(json.load(sys.stdin))
for name, work in functions().items():
    guard.begin(json.dumps(event).encode(), "r")
    guard.enter()
    refused = False
    try: work()
    except BaseException as fault: refused = type(fault).__name__
    guard.leave()
    said, body = guard.end()
    print(json.dumps([name, refused, [line.partition("|")[0] for line in said.decode().split() if line[0] == "G"], bool(body)]))
"""


def try_all(statements: dict[str, str], folder: Path) -> list[list[object]]:
    evil = "(lambda a: a.getpid())(__import__('os'))"
    if statements is OPENED:
        # Nothing of it is there in plain.
        return _run(
            statements,
            folder,
            {
                "name": "getppid",
                "format": "{0.JSONDecoder.__init__.__globals__}",
                "codes": [ord(char) ^ 1 for char in f"import sys; {evil}"],
                "b85": base64.b85encode(f"import sys; {evil}".encode()).decode(),
            },
        )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped_evil.py", "import os; os.getpid()")
    event = {
        "code": evil,
        "zip": base64.b64encode(archive.getvalue()).decode(),
        "packed": base64.b64encode(evil.encode()).decode(),
        "reversed": evil[::-1],
        "codes": [ord(char) ^ 1 for char in evil],
        "b85": base64.b85encode(evil.encode()).decode(),
        "marshalled": base64.b64encode(marshal.dumps(compile(evil, "x", "eval"))).decode(),
        "bytes": base64.b64encode(b"\x97\x00d\x01S\x00d\x02S\x00\x01\x02\x03\x04").decode(),
        "pickled": base64.b64encode(b"cposix\ngetpid\n(tR.").decode(),
        "literal": "{'a': [1, -2.5, None]}",
        "price": "12.5",
        "command": "exit 3",
    }
    return _run(statements, folder, event)


def _run(statements: dict[str, str], folder: Path, event: Mapping[str, object]) -> list[list[object]]:
    lines = "".join(f"\n    def f{number}(): {text}" for number, text in enumerate(statements.values()))
    table = ", ".join(f"{name!r}: f{number}" for number, name in enumerate(statements))
    program = MANY.format(
        modules=", ".join(MODULES.split()), statements=lines + "\n    return {" + table + "}"
    )
    script = folder / "app.py"
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=folder,
        input=json.dumps(event),
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_whatever_way_code_of_the_events_takes_it_is_refused(tmp_path: Path) -> None:
    found = try_all(REFUSED, tmp_path)
    assert len(found) == len(REFUSED)
    # Somewhere else than in the handler's thread it is swallowed, and stands for the answer.
    assert [one for one in found if one[1] != "Refused" and not one[3]] == []
    assert [one for one in found if "Grefused" not in cast("list[str]", one[2])] == []


def test_honest_statements_pass_under_the_real_hook(tmp_path: Path) -> None:
    found = try_all(HONEST, tmp_path)
    # Arithmetic is reported for information.
    said = [set(cast("list[str]", one[2])) - {"Gcomputed"} for one in found]
    assert (said, [one[1::2] for one in found]) == ([set()] * len(HONEST), [[False, False]] * len(HONEST))


def test_what_is_out_of_the_guards_reach_passes_and_some_of_it_is_told(tmp_path: Path) -> None:
    found = try_all(OPENED, tmp_path)
    assert [one[1:] for one in found] == [[False, said, False] for _statement, said in OPEN.values()]
