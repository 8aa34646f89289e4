"""Code that claims to be Dayfly's is judged like any other: by file name, module, globals, borrowed code (T1036.005, L2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.real.environment import Install, real_python, started_with
from tests.rie import Rie

# Each has the event's code run while the guard judges a path, or from within a function of the guard's. What stands here was
# let in somehow; what the event brings must not profit from it.
FUNCTION = '''
import functools, shutil, sys, types

def guard():
    frame = sys._getframe()
    while "guard" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["guard"]

def files():
    """The names that Dayfly's own code goes by."""
    from dayfly.runtime.guard import hooks
    own = hooks.make_hook.__code__.co_filename
    return [own, getattr(hooks, "__file__", own), "/opt/python/dayfly/runtime/guard/hooks.py", "dayfly/core/x.py"]

SOURCE = """
class Asked:
    def __fspath__(self):
        # The guard asks first, and the function that was called after it.
        if not RESULT:
            RESULT.append(None)
            RESULT.append(eval(CODE))
        return "/nowhere"
"""

def by_file_name(code):
    found = []
    for name in files():
        space = {"CODE": code, "RESULT": found}
        exec(compile(SOURCE, name, "exec"), space)
        copy(space["Asked"]())
    return found

def by_interpreters_file_name(code):
    found = []
    space = {"CODE": code, "RESULT": found}
    exec(compile(SOURCE, shutil.__file__, "exec"), space)
    copy(space["Asked"]())
    return found

LOADER = """
class SourceFileLoader:
    __module__ = "zipimport"
    def get_data(self):
        return eval(CODE)
"""

def by_loader(code):
    space = {"CODE": code}
    exec(compile(LOADER, "<frozen importlib._bootstrap_external>", "exec"), space)
    return space["SourceFileLoader"]().get_data()

def by_module(code):
    found = []
    module = types.ModuleType("dayfly.runtime.guard.helper")
    sys.modules[module.__name__] = module
    vars(module).update(CODE=code, RESULT=found, __file__=files()[0])
    exec(compile(SOURCE, files()[0], "exec"), vars(module))
    copy(module.Asked())
    return found

def in_the_guards_globals(code):
    from dayfly.runtime.guard import hooks
    found = []
    vars(hooks).update(CODE=code, RESULT=found)
    exec(compile(SOURCE, files()[0], "exec"), vars(hooks))
    copy(vars(hooks)["Asked"]())
    return found

def by_deputy(code):
    return guard().ask(functools.partial(max, code, key=eval), "0")

def by_turn(code):
    from dayfly.runtime.guard import reentrancy
    about = functools.partial(max, code, "0", key=eval)
    return reentrancy.take_turn(guard(), sys._getframe(), reentrancy.take_turn, guard(), sys._getframe(), about)

def by_borrowed_code(code):
    from dayfly.runtime.guard import reentrancy
    globals_of_its_own = {**vars(reentrancy), "get_ident": lambda: 0, "RefusedRecord": KeyError}
    turn = types.FunctionType(reentrancy.take_turn.__code__, globals_of_its_own)
    holder = types.SimpleNamespace(busy={}, refuse=None, is_foreign=lambda fault: True)
    class Asked:
        def __fspath__(self):
            # A turn of nobody's.
            turn(holder, None, functools.partial(max, code, "0", key=eval))
            return "/nowhere"
    copy(Asked())

def copy(path):
    try:
        shutil.copyfile(path, "/nowhere")
    except OSError:
        pass

def handler(event, context):
    return str(globals()[event["how"]](event["code"]))
'''
WAYS = (
    "by_file_name",
    "by_interpreters_file_name",
    "by_loader",
    "by_module",
    "in_the_guards_globals",
    "by_deputy",
    "by_turn",
    "by_borrowed_code",
)


@pytest.mark.parametrize("install", ["pip", "layer"])
def test_nobody_passes_for_dayfly(install: Install, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FUNCTION)
    command = started_with(install, real_python(), "app.handler")
    with Rie(tmp_path, "app.handler", environment={"DAYFLY_GUARD": "block"}, command=command) as rie:
        answers = {way: rie.invoke({"how": way, "code": "__import__('os').getpid()"}) for way in WAYS}
        log = rie.logs()
    passed = {way: answer.body for way, answer in answers.items() if answer.error_type != "Dayfly.Refused"}
    assert passed == {}, log[-3000:]
    # Who defines a function among the guard's own is found by that, and who puts a module there before the guard loads another one.
    rules = re.findall(r'"rule":"([a-z.]+)"', log)
    assert len(rules) == len(WAYS)
    assert set(rules) <= {"python.structure", "runtime.patched"}
    assert rules.count("runtime.patched") <= 2
