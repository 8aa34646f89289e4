"""What runs code or commands, or makes objects of bytes: `event.code`, `event.command`, `event.deserialisation`, `event.template`."""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    ALL_KEYWORDS,
    ALL_POSITIONS,
    FIRST,
    RECEIVER,
    Argument,
    Call,
    Cleanser,
    Condition,
    Danger,
    Kind,
    Part,
    Result,
    Sink,
    Tables,
    Test,
)

_CODE = (
    Sink("event.code", ("eval", "exec", "compile"), (Argument(0, "source"),)),
    Sink(
        "event.code",
        ("__import__", "importlib.import_module", "importlib.__import__"),
        (Argument(0, "name"),),
        part=Part.MODULE,
    ),
    Sink("event.code", ("runpy.run_path", "runpy.run_module", "imp.load_source", "imp.load_module")),
    Sink(
        "event.code",
        (
            "code.InteractiveInterpreter.runsource",
            "code.InteractiveInterpreter.runcode",
            "code.InteractiveConsole.push",
            "code.compile_command",
            "codeop.compile_command",
            "cProfile.run",
            "profile.run",
            "pdb.run",
            "pdb.runeval",
            "trace.Trace.run",
        ),
    ),
    Sink("event.code", ("timeit.timeit", "timeit.repeat", "timeit.Timer"), (FIRST, Argument(1, "setup"))),
    Sink("event.code", ("ctypes.CDLL", "ctypes.cdll.LoadLibrary", "ctypes.PyDLL"), (Argument(0, "name"),)),
    # A configuration may name a factory under the key "()". https://docs.python.org/3/library/logging.config.html
    Sink("event.code", ("logging.config.dictConfig", "logging.config.fileConfig"), part=Part.WHOLE),
    # Their texts are Python: pandas' engine "python" and `@`, sympy by eval, numexpr until 2.8.4 (CVE-2023-39631).
    Sink(
        "event.code",
        ("pandas.eval", "pandas.DataFrame.eval", "pandas.DataFrame.query", "numexpr.evaluate"),
        (Argument(0, "expr"),),
    ),
    Sink("event.code", ("sympy.sympify", "sympy.S", "sympy.parsing.sympy_parser.parse_expr")),
    Sink("event.code", ("types.FunctionType", "types.CodeType"), (ALL_POSITIONS,)),
)

_PROCESSES = (
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
)
_SHELL = Condition(Argument(8, "shell"), Test.TRUTHY)
_NO_SHELL = Condition(Argument(8, "shell"), Test.FALSY, if_absent=True, if_unknown=False)

_COMMANDS = (
    Sink("event.command", ("os.system", "subprocess.getoutput", "subprocess.getstatusoutput")),
    Sink("event.command", ("os.popen",), (Argument(0, "cmd"),)),
    Sink(
        "event.command", ("commands.getoutput", "commands.getstatusoutput", "popen2.popen3", "os.startfile")
    ),
    Sink("event.command", _PROCESSES, (Argument(0, "args"),), (_SHELL,)),
    Sink("event.command", _PROCESSES, (Argument(0, "args"),), (_NO_SHELL,), Part.PROGRAM),
    Sink("event.command", _PROCESSES, (Argument(2, "executable"),), part=Part.PATH, danger=Danger.COMMAND),
    Sink("event.command", ("asyncio.create_subprocess_shell", "asyncio.subprocess.create_subprocess_shell")),
    Sink("event.command", ("*.subprocess_shell",), (Argument(1, "cmd"),)),
    Sink(
        "event.command",
        ("asyncio.create_subprocess_exec", "asyncio.subprocess.create_subprocess_exec"),
        (ALL_POSITIONS,),
        part=Part.PROGRAM,
    ),
    Sink("event.command", ("*.subprocess_exec",), (Argument(1, is_rest=True),), part=Part.PROGRAM),
    Sink(
        "event.command",
        (
            "os.execl",
            "os.execle",
            "os.execlp",
            "os.execlpe",
            "os.execv",
            "os.execve",
            "os.execvp",
            "os.execvpe",
        ),
    ),
    # A shell started with a script in its list of arguments: `os.execvp("sh", ["sh", "-c", script])`.
    Sink(
        "event.command",
        ("os.execv", "os.execve", "os.execvp", "os.execvpe", "os.posix_spawn", "os.posix_spawnp"),
        (Argument(1),),
        part=Part.PROGRAM,
    ),
    # The same with the arguments written out: `os.execlp("sh", "sh", "-c", script)`.
    Sink(
        "event.command",
        ("os.execl", "os.execle", "os.execlp", "os.execlpe"),
        (ALL_POSITIONS,),
        part=Part.PROGRAM,
    ),
    Sink(
        "event.command",
        ("os.spawnl", "os.spawnle", "os.spawnlp", "os.spawnlpe"),
        (Argument(1, is_rest=True),),
        part=Part.PROGRAM,
    ),
    Sink("event.command", ("os.posix_spawn", "os.posix_spawnp")),
    Sink(
        "event.command",
        (
            "os.spawnl",
            "os.spawnle",
            "os.spawnlp",
            "os.spawnlpe",
            "os.spawnv",
            "os.spawnve",
            "os.spawnvp",
            "os.spawnvpe",
        ),
        (Argument(1),),
    ),
    Sink(
        "event.command",
        ("os.spawnv", "os.spawnve", "os.spawnvp", "os.spawnvpe"),
        (Argument(2),),
        part=Part.PROGRAM,
    ),
    Sink("event.command", ("pty.spawn", "distutils.spawn.spawn"), part=Part.PROGRAM),
    Sink("event.command", ("pexpect.spawn", "pexpect.run", "pexpect.runu", "pexpect.popen_spawn.PopenSpawn")),
    # On another machine, but a shell all the same.
    Sink(
        "event.command",
        ("paramiko.SSHClient.exec_command", "paramiko.Channel.exec_command", "*.exec_command"),
    ),
    Sink(
        "event.command",
        (
            "fabric.Connection.run",
            "fabric.Connection.sudo",
            "fabric.Connection.local",
            "fabric.api.run",
            "fabric.api.local",
            "fabric.api.sudo",
            "invoke.run",
            "invoke.sudo",
            "invoke.Context.run",
            "invoke.Context.sudo",
        ),
        (Argument(0, "command"),),
    ),
    # `ext::sh -c …` is an address to git (CVE-2022-24439).
    Sink("event.command", ("git.Repo.clone_from", "git.repo.base.Repo.clone_from"), (Argument(0, "url"),)),
)

_SAFE_LOADERS = ("yaml.SafeLoader", "yaml.CSafeLoader", "yaml.BaseLoader", "yaml.CBaseLoader")
# Since PyYAML 5.4 a full loader makes no object of a class it has not been told of (CVE-2020-14343).
_FULL_LOADERS = ("yaml.FullLoader", "yaml.CFullLoader")
_UNSAFE_YAML = Condition(
    Argument(1, "Loader"), Test.LACKS_TYPE, (*_SAFE_LOADERS, *_FULL_LOADERS), if_absent=True
)
_ROUND_TRIP = Condition(
    Argument(1, "Loader"),
    Test.LACKS_TYPE,
    (
        "ruamel.yaml.SafeLoader",
        "ruamel.yaml.CSafeLoader",
        "ruamel.yaml.RoundTripLoader",
        "ruamel.yaml.BaseLoader",
    ),
    if_absent=True,
)

_DESERIALISERS = (
    Sink(
        "event.deserialisation",
        (
            "pickle.loads",
            "pickle.load",
            "dill.loads",
            "dill.load",
            "cloudpickle.loads",
            "cloudpickle.load",
            "marshal.loads",
            "marshal.load",
            "joblib.load",
            "pandas.read_pickle",
            "pandas.io.pickle.read_pickle",
            "jsonpickle.decode",
            "jsonpickle.loads",
            "jsonpickle.unpickler.decode",
            "shelve.open",
            "klepto.archives.file_archive",
            "kombu.serialization.pickle_loads",
        ),
    ),
    # The constructor, not `load`: one's own subclass with a `find_class` that refuses is the documented remedy.
    Sink("event.deserialisation", ("pickle.Unpickler", "dill.Unpickler", "cloudpickle.Unpickler")),
    Sink("event.deserialisation", ("yaml.load", "yaml.load_all"), when=(_UNSAFE_YAML,)),
    Sink(
        "event.deserialisation",
        (
            "yaml.unsafe_load",
            "yaml.unsafe_load_all",
            "yaml.Loader",
            "yaml.UnsafeLoader",
            "yaml.CLoader",
            "yaml.CUnsafeLoader",
        ),
    ),
    Sink("event.deserialisation", ("ruamel.yaml.load", "ruamel.yaml.load_all"), when=(_ROUND_TRIP,)),
    Sink(
        "event.deserialisation",
        ("ruamel.yaml.YAML.load", "ruamel.yaml.YAML.load_all"),
        when=(Condition(RECEIVER, Test.EQUALS, ("unsafe",), attribute="typ", if_unknown=False),),
    ),
    # Off by default since NumPy 1.16.3 (CVE-2019-6446).
    Sink(
        "event.deserialisation",
        ("numpy.load",),
        when=(Condition(Argument(2, "allow_pickle"), Test.TRUTHY, if_unknown=False),),
    ),
    # weights_only is the default since PyTorch 2.6.
    Sink(
        "event.deserialisation",
        ("torch.load",),
        when=(Condition(Argument(3, "weights_only"), Test.FALSY, if_unknown=False),),
    ),
)

_PLAIN = ("str", "bytes", "int", "float", "bool", "NoneType")
_OBJECTS_BY_POSITION = Condition(ALL_POSITIONS, Test.LACKS_TYPE, _PLAIN)
_OBJECTS_BY_NAME = Condition(ALL_KEYWORDS, Test.LACKS_TYPE, _PLAIN)
_TEMPLATES = (
    # Attributes are walked from what is put in; of texts and numbers there is nothing to walk to.
    Sink(
        "event.template", ("str.format", "str.format_map"), (RECEIVER,), (_OBJECTS_BY_POSITION,), Part.FORMAT
    ),
    Sink("event.template", ("str.format",), (RECEIVER,), (_OBJECTS_BY_NAME,), Part.FORMAT),
    Sink("event.template", ("string.Formatter.format", "string.Formatter.vformat"), part=Part.FORMAT),
    Sink(
        "event.template",
        ("jinja2.Template", "jinja2.environment.Template"),
        (Argument(0, "source"),),
        part=Part.FORMAT,
    ),
    Sink(
        "event.template",
        (
            "jinja2.Environment.from_string",
            "jinja2.Environment.compile",
            "jinja2.Environment.compile_expression",
            "jinja2.EscapingEnvironment.from_string",
        ),
        (Argument(0, "source"),),
        part=Part.FORMAT,
    ),
    Sink(
        "event.template",
        ("flask.render_template_string", "flask.stream_template_string"),
        (Argument(0, "source"),),
        part=Part.FORMAT,
    ),
    Sink("event.template", ("mako.template.Template",), (Argument(0, "text"),), part=Part.FORMAT),
    Sink("event.template", ("mako.lookup.TemplateLookup.put_string",), (Argument(1),), part=Part.FORMAT),
    Sink("event.template", ("tornado.template.Template", "django.template.Template"), part=Part.FORMAT),
    Sink("event.template", ("django.template.Engine.from_string", "bottle.SimpleTemplate"), part=Part.FORMAT),
    # bottle.template takes a name or a source: with a brace, a newline, `%` or `$` in it, it is a source.
    Sink(
        "event.template",
        ("bottle.template", "bottle.mako_template", "bottle.jinja2_template"),
        part=Part.FORMAT,
    ),
    Sink("event.template", ("chameleon.PageTemplate", "Cheetah.Template.Template"), part=Part.FORMAT),
)

_ESCAPES = Condition(Argument(None, "autoescape"), Test.TRUTHY)
_UNESCAPED = Condition(
    Argument(0, "source"), Test.CONTAINS, ("|safe", "| safe", "{{!", "autoescape false"), if_unknown=False
)
_HTML = frozenset({Danger.HTML})
_TEMPLATE_TEXT = frozenset({Danger.TEMPLATE})

_CALLS = (
    # Which characters a template escapes is decided where its environment is made.
    Call(
        ("jinja2.Environment", "jinja2.sandbox.SandboxedEnvironment"),
        Result(type="jinja2.EscapingEnvironment", taint_from=()),
        (_ESCAPES,),
    ),
    Call(("jinja2.Environment",), Result(type="jinja2.Environment", taint_from=())),
    Call(
        ("jinja2.sandbox.SandboxedEnvironment", "jinja2.sandbox.ImmutableSandboxedEnvironment"),
        Result(type="jinja2.SandboxedEnvironment", taint_from=()),
    ),
    Call(("jinja2.Template",), Result(type="jinja2.EscapingTemplate"), (_ESCAPES,)),
    Call(("jinja2.Template",), Result(type="jinja2.Template")),
    Call(
        ("jinja2.EscapingEnvironment.from_string",),
        Result(type="jinja2.Template", taint_from=(FIRST,)),
        (_UNESCAPED,),
    ),
    Call(
        ("jinja2.EscapingEnvironment.from_string",),
        Result(type="jinja2.EscapingTemplate", taint_from=(FIRST,)),
    ),
    Call(("jinja2.EscapingEnvironment.get_template",), Result(type="jinja2.EscapingTemplate", taint_from=())),
    Call(
        ("jinja2.Environment.from_string", "jinja2.SandboxedEnvironment.from_string"),
        Result(type="jinja2.Template", taint_from=(FIRST,)),
    ),
    Call(
        ("jinja2.Environment.get_template", "jinja2.SandboxedEnvironment.get_template"),
        Result(type="jinja2.Template", taint_from=()),
    ),
    Call(
        ("jinja2.EscapingTemplate.render", "jinja2.EscapingTemplate.render_async"),
        Result(type="str", cleanses=_HTML | _TEMPLATE_TEXT),
    ),
    Call(
        ("jinja2.Template.render", "jinja2.Template.render_async"),
        Result(type="str", cleanses=_TEMPLATE_TEXT),
    ),
    # A template's own word is stronger than its environment.
    Call(
        ("flask.render_template_string", "bottle.template"),
        Result(type="str", cleanses=_TEMPLATE_TEXT),
        (_UNESCAPED,),
    ),
    # Flask, Django and Bottle escape values of a page unless told otherwise.
    Call(
        (
            "flask.render_template",
            "flask.render_template_string",
            "django.shortcuts.render",
            "django.template.loader.render_to_string",
            "django.template.Template.render",
            "bottle.template",
        ),
        Result(type="str", cleanses=_HTML | _TEMPLATE_TEXT),
    ),
    # `$name` and `${name}` alone: no attribute is read.
    Call(("string.Template",), Result(type="string.Template")),
    Call(("compile",), Result(taint_from=(FIRST,))),
    Call(("ast.literal_eval",), Result(cleanses=frozenset({Danger.CODE}), parses=True)),
    # What was written here reads back as what it was, whoever's values are in it.
    Call(
        (
            "pickle.dumps",
            "dill.dumps",
            "cloudpickle.dumps",
            "marshal.dumps",
            "jsonpickle.encode",
            "jsonpickle.dumps",
            "yaml.dump",
            "yaml.safe_dump",
        ),
        Result(taint_from=(FIRST,), cleanses=frozenset({Danger.DESERIALISATION})),
    ),
    Call(
        ("pickle.loads", "pickle.load", "yaml.load", "yaml.unsafe_load", "jsonpickle.decode"),
        Result(parses=True),
    ),
    Call(
        ("yaml.safe_load", "yaml.full_load", "yaml.safe_load_all", "ruamel.yaml.safe_load"),
        Result(cleanses=frozenset({Danger.DESERIALISATION}), parses=True),
    ),
    Call(
        ("pandas.DataFrame", "pandas.read_csv", "pandas.read_json", "pandas.json_normalize"),
        Result(type="pandas.DataFrame"),
    ),
    Call(
        ("ruamel.yaml.YAML",), Result(type="ruamel.yaml.YAML", taint_from=(), keeps=(Argument(None, "typ"),))
    ),
    Call(("ruamel.yaml.YAML.load",), Result(taint_from=(FIRST,), parses=True)),
    Call(("paramiko.SSHClient",), Result(type="paramiko.SSHClient", taint_from=())),
    Call(("paramiko.SSHClient.get_transport",), Result(type="paramiko.Transport", taint_from=())),
    Call(("paramiko.Transport.open_session",), Result(type="paramiko.Channel", taint_from=())),
    # What a program prints is its own words, whatever its arguments were.
    Call(
        (
            *_PROCESSES,
            "os.system",
            "os.popen",
            "subprocess.getoutput",
            "subprocess.getstatusoutput",
            "asyncio.create_subprocess_shell",
            "asyncio.create_subprocess_exec",
        ),
        Result(taint_from=()),
    ),
)

_CLEANSERS = (
    Cleanser(("shlex.quote", "pipes.quote", "shlex.join"), frozenset({Danger.COMMAND}), type="str"),
)

_KINDS = (
    Kind("jinja2.environment.Environment", ("jinja2.Environment",)),
    Kind("fabric.Connection", is_class=True),
    Kind("invoke.Context", is_class=True),
    Kind("string.Formatter", is_class=True),
    Kind("code.InteractiveInterpreter", is_class=True),
    Kind("code.InteractiveConsole", ("code.InteractiveInterpreter",), is_class=True),
)

TABLES = Tables(
    sinks=(*_CODE, *_COMMANDS, *_DESERIALISERS, *_TEMPLATES),
    calls=_CALLS,
    cleansers=_CLEANSERS,
    kinds=_KINDS,
    aliases=(
        ("cPickle.loads", "pickle.loads"),
        ("cPickle.load", "pickle.load"),
        ("_pickle.loads", "pickle.loads"),
        ("_pickle.load", "pickle.load"),
        ("_pickle.Unpickler", "pickle.Unpickler"),
        ("pickle._Unpickler", "pickle.Unpickler"),
        ("pickle._loads", "pickle.loads"),
        ("pickle._load", "pickle.load"),
        ("posix.system", "os.system"),
        ("builtins.eval", "eval"),
        ("builtins.exec", "exec"),
        ("builtins.compile", "compile"),
        ("builtins.open", "open"),
        ("builtins.__import__", "__import__"),
        ("yaml.loader.SafeLoader", "yaml.SafeLoader"),
        ("yaml.loader.FullLoader", "yaml.FullLoader"),
        ("yaml.loader.Loader", "yaml.Loader"),
        ("yaml.loader.UnsafeLoader", "yaml.UnsafeLoader"),
        ("jinja2.environment.Environment", "jinja2.Environment"),
        ("numpy.lib.npyio.load", "numpy.load"),
        ("flask.templating.render_template_string", "flask.render_template_string"),
        ("flask.templating.render_template", "flask.render_template"),
        ("paramiko.client.SSHClient", "paramiko.SSHClient"),
    ),
)
