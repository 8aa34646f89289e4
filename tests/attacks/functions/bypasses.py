"""Code that runs in the worker already, a library that was trojaned say, and tries to get past the guard; then the event's code runs."""

import _posixsubprocess
import gc
import importlib.machinery
import os
import re
import resource
import sys
import tempfile
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


class Off:
    """Stands in for the guard and whatever it asks, and finds nothing wrong."""

    def __getattr__(self, _name):
        return lambda *_, **__: ""

    def __call__(self, *_, **__):
        return None


def of_switch(event):
    for one in guards():
        one.switch = Off()


def framed_guards():
    """Whoever called the handler has the guard in a closure."""
    return [frame.f_locals["guard"] for frame in stack() if "guard" in frame.f_locals]


def of_frames(event):
    for found in framed_guards():
        found.switch = Off()
        found._changes = None


def undone(event, owner, name, value):
    """Replace something, have the event's code run, and put it back before anybody looks."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        event["code"] = repr(eval(event["code"]))
    finally:
        setattr(owner, name, before)


def of_restored(event):
    for found in framed_guards():
        undone(event, found, "switch", Off())


def of_restored_judge(event):
    judgement = sys.modules["dayfly.core.structure.judgement"].Judgement
    undone(
        event,
        sys.modules["dayfly.runtime.guard.sinks"],
        "judge_python",
        lambda *_: judgement("allow", "", ""),
    )


def of_restored_class(event):
    undone(event, sys.modules["dayfly.runtime.guard.guarding"].Guard, "act_on", lambda *_: None)


def of_restored_table(event):
    acts = sys.modules["dayfly.runtime.guard.audit_events"].ACTS
    before = dict(acts)
    acts.clear()
    try:
        event["code"] = repr(eval(event["code"]))
    finally:
        acts.update(before)


def of_restored_matcher(event):
    """What finds the event's values in a text, a module beside the guard's own."""
    search = sys.modules["dayfly.core.substring_matches"].Search
    undone(event, search, "__init__", lambda *_, **__: None)


def of_restored_entry(event):
    """One entry of a table that a module of the judge's holds."""
    table = sys.modules["dayfly.core.triggers"].FRONT_VALUES
    key = next(iter(table))
    before = table.pop(key)
    try:
        event["code"] = repr(eval(event["code"]))
    finally:
        table[key] = before


def of_restored_objects(event):
    """What keeps code objects alive, whose numbers others would get."""
    kept = sys.modules["dayfly.runtime.guard.owncode"]._KEPT
    before = kept.copy()
    kept.clear()
    try:
        event["code"] = repr(eval(event["code"]))
    finally:
        kept.update(before)


def of_restored_code(event):
    """A function's code is exchanged by code of the deployment."""
    about = sys.modules["dayfly.runtime.guard.sinks"].about_python
    undone(event, about, "__code__", (lambda guard, source, frame: None).__code__)


def of_restored_builtins(event):
    """The built-in functions that the guard keeps for itself."""
    own = sys.modules["dayfly.runtime.guard.sinks"].__builtins__
    before = own["isinstance"]
    own["isinstance"] = lambda *_: False
    try:
        event["code"] = repr(eval(event["code"]))
    finally:
        own["isinstance"] = before


def of_provenance_value(event):
    """What came with the event, exchanged for nothing."""
    provenance = sys.modules["dayfly.core.provenance"].Provenance
    for found in framed_guards():
        nothing = provenance({}, (), b"1" * 16)
        found._read = ((found._event, nothing, False),)


def of_another_event(event):
    """The guard's own functions, called out of turn."""
    for found in framed_guards():
        found.begin(b"{}", "another")


def of_end(event):
    for found in framed_guards():
        found.end()


def of_rehearsal(event):
    for found in framed_guards():
        found.has_rehearsed()


def of_cells(event):
    """The hook's own variables, wherever the collector lists them."""
    for one in gc.get_objects():
        if type(one) is types.CellType:
            try:
                found = one.cell_contents
            except ValueError:
                continue
            if type(found).__name__ == "Guard" or getattr(found, "__name__", "") == "is_active":
                one.cell_contents = Off()


def of_refusals_frames(event):
    """A refusal that is caught leads to the frames that it passed."""
    try:
        eval(event["code"])
    except BaseException as refused:
        trace = refused.__traceback__
        while trace is not None:
            for name, value in trace.tb_frame.f_locals.items():
                if name in ("guard", "self") and hasattr(value, "switch"):
                    event["code"] = "'the guard'"
            trace = trace.tb_next


def of_tracing(event):
    """A trace function is handed each frame that begins, the judge's as well."""

    def trace(frame, kind, argument):
        for name in ("guard", "self"):
            if hasattr(frame.f_locals.get(name), "switch"):
                event["code"] = "'the guard'"
        return trace

    sys.settrace(trace)
    try:
        eval(event["code"])
    finally:
        sys.settrace(None)


def of_equality(event):
    """A text that is equal to any other, and has any hash."""

    class Text(str):
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 0

        def __str__(self):
            return "1"

        def __contains__(self, other):
            return False

    event["code"] = Text(event["code"])


def of_budget(event):
    """Findings of the rule until there is no room for more."""
    for found in framed_guards():
        for number in range(50):
            found.tell("observed", "python.structure", place=str(number))


def of_memory(event):
    """Nothing can be allocated by the time the hook is called."""
    import resource

    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * 4096
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used, limits[1]))
    try:
        eval(event["code"])
    except MemoryError:
        pass
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def of_thread(event):
    """Another thread, which nobody waits for."""
    import threading

    def run():
        event["code"] = repr(eval(event["code"]))

    one = threading.Thread(target=run)
    one.start()
    one.join()


def of_table(event):
    """What the hook looks events up in."""
    sys.modules["dayfly.runtime.guard.audit_events"].ACTS.clear()


def of_judges(event):
    judgement = sys.modules["dayfly.core.structure.judgement"].Judgement
    sys.modules["dayfly.runtime.guard.sinks"].judge_python = lambda *_: judgement("allow", "", "")


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


class Agreeable(types.ModuleType):
    """Stands in for any module of the guard's, and finds nothing wrong."""

    __file__ = "agreeable.py"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


def run_command(event):
    """A command line of the event's. Nothing in this file names what runs it, so what judges it is loaded for the first time."""
    event["code"] = repr(vars(os)["system"]("echo " + event["line"]))


def of_look(event):
    """Say whether what judges commands is there before one is run."""
    event["code"] = repr("dayfly.runtime.guard.commands" in sys.modules)
    vars(os)["system"]("exit 0")


def of_traced(event):
    """A library that has all modules loaded by a loader of its own, as tracers and type checkers do, and an honest command."""

    class Loader(importlib.machinery.SourceFileLoader):
        pass

    hook = importlib.machinery.FileFinder.path_hook((Loader, [".py"]))
    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    event["code"] = repr(vars(os)["system"]("exit 0"))


def of_late(event):
    run_command(event)


def of_late_module(event):
    name = "dayfly.runtime.guard.commands"
    sys.modules[name] = Agreeable(name)
    run_command(event)


def of_late_dependency(event):
    name = "dayfly.core.structure.shell"
    sys.modules[name] = Agreeable(name)
    run_command(event)


def of_late_table(event):
    """Another table of modules, which has one for who asks for it and does not list it."""
    judge = "dayfly.runtime.guard.commands"

    class Table(dict):
        def get(self, name, default=None):
            return Agreeable(name) if name == judge else dict.get(self, name, default)

        def __getitem__(self, name):
            return Agreeable(name) if name == judge else dict.__getitem__(self, name)

    sys.modules = Table(sys.modules)
    run_command(event)


def of_late_finder(event):
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if not name.startswith("dayfly.core.structure."):
                return None
            return importlib.machinery.ModuleSpec(name, self)

        def create_module(self, spec):
            return Agreeable(spec.name)

        def exec_module(self, module):
            return None

    sys.meta_path.insert(0, Finder())
    run_command(event)


def of_late_folder(event):
    """The import system's own loader, and a folder of somebody else's."""
    folder = tempfile.mkdtemp()
    with open(f"{folder}/shell.py", "w") as file:
        file.write(
            "commands_of = lambda *_: []\n"
            "judge_argv = judge_input = judge_script = judge_shell = lambda *_, **__: None\n"
        )
    sys.modules["dayfly.core.structure"].__path__.insert(0, folder)
    sys.path_importer_cache.clear()
    run_command(event)


def blind(pattern):
    """A pattern by which what an event adds to a statement is a blank."""
    return r"(?i)\s+(?:or\b.*)?" if pattern == r"\s+" else pattern


class Blind:
    """Stands in for `re`, for its cache, or for a function."""

    def __init__(self):
        self.compile_own, self.cache = re.compile, re._cache

    def __call__(self, pattern, flags=0):
        return self.compile_own(blind(pattern), flags)

    def __getitem__(self, key):
        return self.compile_own(blind(key[1])) if key[1] == r"\s+" else self.cache[key]

    def __setitem__(self, key, pattern):
        self.cache[key] = pattern

    def __len__(self):
        return len(self.cache)

    def __getattr__(self, name):
        return self if name == "compile" else getattr(self.cache if hasattr(self.cache, name) else re, name)


def run_statement(event):
    """A statement of the event's; what judges it is loaded for the first time, since init imported no driver."""
    driver = importlib.import_module("sqlite3")
    rows = driver.connect(":memory:").execute("SELECT 5 WHERE 6 = " + event["number"]).fetchall()
    event["code"] = repr(len(rows))


def of_late_statement(event):
    run_statement(event)


def of_late_patterns(event):
    """What the guard's module compiles its expressions with."""
    before, re.compile = re.compile, Blind()
    try:
        run_statement(event)
    finally:
        re.compile = before


def of_late_cache(event):
    """Where that looks first."""
    names = [name for name in ("_cache", "_cache2") if hasattr(re, name)]
    before, stand_in = [getattr(re, name) for name in names], Blind()
    stand_in.compile_own = sys.modules["re._compiler"].compile
    for name in names:
        setattr(re, name, stand_in)
    try:
        run_statement(event)
    finally:
        for name, one in zip(names, before, strict=True):
            setattr(re, name, one)


def of_late_standard(event):
    """What it imports of the standard library."""
    before, sys.modules["re"] = sys.modules["re"], Blind()
    try:
        run_statement(event)
    finally:
        sys.modules["re"] = before


def of_late_parser(event):
    """What compiles them in the end."""
    inner = sys.modules["re._compiler"]
    before = inner.compile
    inner.compile = lambda pattern, flags=0: before(blind(pattern), flags)
    try:
        run_statement(event)
    finally:
        inner.compile = before


def of_late_attribute(event):
    """A name in the package that a module is in."""
    sys.modules["dayfly.core.structure"].arithmetic = Agreeable("arithmetic")
    event["code"] = repr(eval(event["code"]))


def of_late_descriptors(event):
    """Nothing can be opened any more."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    run_command(event)


def of_late_change(event):
    """What was loaded for this event is sealed as the rest is."""
    vars(os)["system"]("exit 0")
    commands = sys.modules["dayfly.runtime.guard.commands"]
    before = commands.judge_shell
    commands.judge_shell = lambda *_, **__: sys.modules["dayfly.core.structure.judgement"].Judgement(
        "allow", "", ""
    )
    try:
        run_command(event)
    finally:
        commands.judge_shell = before


def handler(event, context):
    globals()[f"of_{event['of']}"](event)
    return {"code": eval(event["code"])}
