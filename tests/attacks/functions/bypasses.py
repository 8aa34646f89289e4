"""Code that runs in the worker already, a library that was trojaned say, and tries to get past the guard; then the event's code runs."""

import _posixsubprocess
import gc
import os
import sys
import types


def guards():
    return [one for one in gc.get_objects() if type(one).__name__ == "Guard"]


def stack():
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def of_nothing(event):
    """The attack alone."""


def of_hook_in_heap(event):
    """cpython #87605: a hook of Python's is an object, which the collector lists."""
    for one in gc.get_objects():
        if type(one) is list and any(
            getattr(item, "__qualname__", "") == "make_hook.<locals>.hook" for item in one
        ):
            one.clear()


def of_switch(event):
    for one in guards():
        one.is_active = False


def of_frames(event):
    """Whoever called the handler has the guard in a closure."""
    for frame in stack():
        found = frame.f_locals.get("guard")
        if found is not None:
            found.is_active = False


def of_restored(event):
    """As above, and back again before anybody looks."""
    for frame in stack():
        found = frame.f_locals.get("guard")
        if found is not None:
            found.is_active = False
            event["code"] = repr(eval(event["code"]))
            found.is_active = True


def of_table(event):
    """What the hook looks events up in."""
    sys.modules["dayfly.runtime.guard.acts"].ACTS.clear()


def of_judges(event):
    judgement = sys.modules["dayfly.core.structure.judgement"].Judgement
    sys.modules["dayfly.runtime.guard.asking"].judge_python = lambda *_: judgement("allow", "", "")


def of_provenance(event):
    provenance = sys.modules["dayfly.core.provenance"].Provenance
    provenance.spans = lambda *_: []


def of_report(event):
    sys.modules["dayfly.runtime.guard.guarding"].Guard.act_on = lambda *_: None


def of_builtins(event):
    """What the guard calls: `isinstance`, `type`, `getattr`, `str`."""
    import builtins

    builtins.isinstance = lambda *_: False
    builtins.getattr = lambda *_: None
    builtins.len = lambda *_: 0


def of_second_hook(event):
    """A hook that fails ends every other hook's say, and the operation."""
    sys.addaudithook(lambda *_: None)


def of_recursion(event):
    """At the end of the stack a hook cannot be called."""
    limit = sys.getrecursionlimit()

    def deeper():
        try:
            deeper()
        except RecursionError:
            try:
                exec(event["code"], {"__name__": "deep"})
            except RecursionError:
                pass
            raise

    try:
        deeper()
    except RecursionError:
        pass
    sys.setrecursionlimit(limit)


def of_fork_exec(event):
    """cpython #115322: a program is started with no event."""
    out_r, out_w = os.pipe()
    program = event["program"].encode()
    arguments = [
        [program, b"-c", b"exit 0"],
        [program],
        True,
        (),
        None,
        None,
        -1,
        -1,
        -1,
        out_w,
        -1,
        -1,
        out_r,
        out_w,
    ]
    arguments += [True, False, -1, None, None, None, -1, None]
    if sys.version_info < (3, 14):
        arguments.append(False)
    return _posixsubprocess.fork_exec(*arguments)


def of_type_confusion(event):
    """unsafe-python: byte code that reads beyond its constants, made by `replace`."""
    code = (lambda: None).__code__
    return types.FunctionType(code.replace(co_consts=()), {})


def handler(event, context):
    globals()[f"of_{event['of']}"](event)
    return {"code": eval(event["code"])}
