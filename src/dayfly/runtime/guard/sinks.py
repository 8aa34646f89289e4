"""Puts what is about to happen before the judge of its kind, in the form that the judge reads."""

from __future__ import annotations

import builtins
import functools
import itertools
import os
import re
import sys
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType

from dayfly.core.decodings import unquote
from dayfly.core.structure.arithmetic import FUNCTIONS, MODULE, ONLY_TREE, OWN, is_arithmetic, is_cut
from dayfly.core.structure.imports import acts, judge_global
from dayfly.core.structure.judgement import Judgement, Taint
from dayfly.core.structure.options import text_words
from dayfly.core.structure.path import judge_path, judge_result
from dayfly.core.structure.programs import OBEYED, script_of
from dayfly.core.structure.python import judge_python
from dayfly.core.structure.query import judge_query
from dayfly.core.structure.shell import (
    commands_of,
    judge_argv,
    judge_input,
    judge_script,
    judge_shell,
)
from dayfly.core.structure.sql import judge_sql
from dayfly.core.structure.sqltokens import EXPRESSION
from dayfly.core.structure.template import judge_template
from dayfly.core.structure.url import host_of, judge_url
from dayfly.core.triggers import SERVICES_URLS
from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from dayfly.core.structure.judgement import Span
    from dayfly.runtime.guard.guarding import Guard

# What a local variable's name may read, no text: it could be a secret. A name that is none is of a namespace that the
# function made for it.
_PLAIN = (type(None), bool, int, float)
# Modules whose functions only compute.
_COMPUTING = ("builtins", "cmath", "math")
# What `math` has for numbers; and what is one by any name.
_NUMBERS = frozenset(("e", "inf", "nan", "pi", "tau"))
_ALWAYS_NUMBERS = frozenset(("pi", "tau"))
# What evaluates hints of types that are written as texts.
_HINTS = ("typing", "annotationlib")
_PLAIN_HINT = re.compile(r"[A-Za-z_\s\[\],|]{1,256}")
_PLAIN_TYPES = frozenset(
    (
        *("Any", "None", "Optional", "Union", "bool", "bytes", "complex", "dict", "float", "frozenset"),
        *("int", "list", "object", "set", "str", "tuple"),
    )
)
# Engines whose templates are asked about before they are compiled, see documents.py.
_JUDGED_BEFORE = frozenset(("bottle", "chameleon", "mako", "tornado"))
# A field of a format that reads what begins with an underscore.
_INNER_FIELD = re.compile(r"\{[^{}]*\._[^{}]*\}")
# The same among the names of a path of attributes.
_INNER_NAME = re.compile(r"(?:\A|\.)(?:__|(?:ag|cr|gi|tb)_|f_(?:b|g|l))")
# Modules whose functions act on the machine: no honest event chooses among all of them.
_ACTING = frozenset(
    (
        *(
            "_posixsubprocess",
            "builtins",
            "code",
            "codecs",
            "ctypes",
            "gc",
            "importlib",
            "io",
            "marshal",
            "os",
            "pickle",
            "posix",
        ),
        *("pty", "runpy", "shutil", "signal", "socket", "subprocess", "sys"),
    )
)
# Builtins that make a value of values and do nothing else.
_COMPUTES = frozenset(
    (
        *("abs", "all", "any", "ascii", "bin", "bool", "chr", "complex", "dict", "divmod", "enumerate"),
        *("float", "frozenset", "hex", "int", "len", "list", "max", "min", "oct", "ord", "repr"),
        *("reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip"),
    )
)
# Of a program's file.
_MANY_READ = 65_536
# What a shell reads a second time, to the end of the command.
_READ_AGAIN = re.compile(r"(?:\beval|(?<=\s)-c)\b([^;\n|&]{1,4096})")
_WORD = re.compile(r"[A-Za-z_]\w*")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
# A word that begins a statement; and, from the front and in front of a value, more of one than a sentence has.
_STATEMENT = re.compile(r"(?<![\w/-])(?:select|insert|update|delete|with|merge)(?:\s|\+|%20)", re.I)
_BEGINNING = re.compile(
    r"select |insert into \S+ |update \S+ set \S+ ?=|delete from \S+ where |merge into |with \w+ as ?\("
)
_COMPARED = re.compile(r"(?:[=<>(,]|\blike|\bin) ?['\"%(]*\Z")
_FEW_BEHIND = 40
# Files that a statement opens by their names: ATTACH of SQLite's and DuckDB's, and DuckDB's tables that are files.
_FILE_IN_SQL = re.compile(
    r"\b(?:attach\s+(?:database\s+)?|(?:read_[a-z_]+|(?:parquet|sqlite)_scan)\s*\(\s*)'((?:[^']|'')*)'", re.I
)
# What stands for several characters, or for any, in a pattern of names.
_WILD = re.compile(r"[*?]")
# What goes to another folder: commands of a shell's, and options of tar, make and git.
_MOVE = frozenset(("cd", "pushd"))
_MANY_FOLDERS = 16
_GO = ("--directory=", "--directory", "-C")
# Programs that take all that they are called with for texts: a path is one more of these.
_OPENS_NOTHING = frozenset(("basename", "dirname", "echo", "expr", "printf"))
# The key that makes a condition of a dictionary, in DynamoDB's ScanFilter, QueryFilter, KeyConditions and Expected.
_COMPARES = "ComparisonOperator"
# The key of a program, and that of one in `$function`: https://www.mongodb.com/docs/manual/reference/operator/query/where/
_SCRIPTS = ("$where", "body")
# Where handlers and formatters are, and the streams that they write to.
_OF_LOGGING = frozenset(("logging", "logging.handlers", "sys"))
# They pickle what their own processes are to call.
_SEND_FUNCTIONS = frozenset(("billiard", "joblib", "loky", "multiprocess", "multiprocessing"))
# Of one filter.
_MANY_OPERANDS = 10_000
# Parts of the event's in a text that may be a statement.
_MANY_PARTS = 20
# A whole host of so many is one of the event's all the same.
_FEW_CHARACTERS = 2
# Where AWS answers: which of its hosts it is says a bucket's, a region's or a queue's name.
_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")


def about_python(guard: Guard, source: str | bytes, frame: FrameType) -> None:
    """Code that is about to be compiled."""
    if guard.places.is_importing(frame):
        # What runs while a module of the deployment is loaded knows nothing of the event: a library's dataclass. Imports of a
        # handler's have hundreds of these judged, for 20 ms each.
        return
    if frame.f_globals.get("__name__") in _HINTS and _names_plain_types(source):
        return
    own = guard.written if guard.is_writer(frame) else guard.own
    by_library = guard.is_installed(frame)
    judge = functools.partial(
        judge_python,
        by_library=by_library,
        names_fields=guard.names_fields(frame),
        by_template=by_library and str(frame.f_globals.get("__name__")).partition(".")[0] in _JUDGED_BEFORE,
    )
    judgement = judge(source, guard.provenance, own)
    if judgement.verdict != "allow":
        if judgement.verdict == "unknown" and frame.f_globals.get("__name__") in _HINTS:
            # A hint in a library's text: nobody keeps those in a database.
            return
        if words := guard.words_of_caller(frame):
            judgement = judge(source, guard.provenance, words)
        if judgement.verdict != "allow":
            if _is_arithmetic(guard, judgement, source, frame):
                if guard.shapes is not None and not by_library:
                    # Its site is one for what only computes a value.
                    guard.shapes.ask(guard, "python", "0", frame, is_own=True)
                return
            if _is_no_code(source):
                return
    guard.act_on(judgement, source, frame)
    # What a library writes has as many shapes as it has users.
    if not by_library:
        _ask_shape(guard, "python", source, frame, judgement)


def _is_no_code(source: str | bytes) -> bool:
    """Say whether nothing of this will run, since it is no Python: what somebody typed into a calculator, `5 apples`."""
    # A string arrives as UTF-8 from eval(). Bytes of the function's may begin with a mark, or declare another encoding.
    text = text_of(source) or ""
    if not text or "coding" in text:
        return False
    forms: list[str | bytes] = [text.lstrip(" \t")]
    if isinstance(source, bytes):
        forms.append(source.lstrip(b" \t"))
    for form, mode in itertools.product(forms, ("eval", "exec")):
        try:
            compile(form, "<string>", mode, ONLY_TREE, dont_inherit=True)
        except SyntaxError:
            continue
        except Exception:
            # Too deep, perhaps, for this stack alone.
            return False
        return False
    return True


def _names_plain_types(source: str | bytes) -> bool:
    """Say whether a hint is made of the interpreter's plain types alone: `dict[str, int] | None`, the event's as well."""
    text = text_of(source) or ""
    return _PLAIN_HINT.fullmatch(text) is not None and _PLAIN_TYPES.issuperset(_WORD.findall(text))


def _ask_shape(
    guard: Guard, sink: str, text: str | bytes, frame: FrameType, judgement: Judgement, *, dialect: str = ""
) -> None:
    """Have what was let pass compared with what its call site is known for; what stands in the code as it is needs none."""
    is_constant = type(text) is str and guard.own.is_constant(text)
    if guard.shapes is not None and judgement.verdict != "refuse" and not is_constant:
        is_own = sink == "python" and judgement.verdict == "allow"
        guard.shapes.ask(guard, sink, text, frame, dialect=dialect, is_own=is_own)


def _is_arithmetic(guard: Guard, judgement: Judgement, source: str | bytes, frame: FrameType) -> bool:
    """Say whether source that is not allowed is plain arithmetic all the same, and report it then.

    Names too, but for those that the function's module has, or one whose names it was handed: what it evaluates may read its keys
    and tables.
    And calls of functions that only compute a number, or that the function has for such expressions in a namespace of its own.
    """
    text = text_of(source) or ""
    computing = sys.modules.get(MODULE)
    constants: dict[str, object] = {} if computing is None else vars(computing)

    scopes: list[Mapping[str, object]] = [frame.f_locals, frame.f_globals, vars(builtins)]
    spaces = _namespaces(frame)
    modules = [one for one in frame.f_locals.values() if type(one) is dict and "__name__" in one]

    def found(name: str) -> list[object]:
        return [value for one in (*scopes, *spaces) if (value := one.get(name)) is not None]

    def is_name(name: str) -> bool:
        return (
            not name.startswith("_")
            and name not in frame.f_globals
            and not any(name in one for one in modules)
            and not hasattr(builtins, name)
            and type(frame.f_locals.get(name)) in _PLAIN
        )

    def kind_of(value: object) -> str:
        if value is int or value is float:
            return value.__name__
        is_plain = (
            type(value) is BuiltinFunctionType
            and type(value.__self__) is ModuleType
            and value.__self__.__name__ in _COMPUTING
        )
        return value.__name__ if isinstance(value, BuiltinFunctionType) and is_plain else ""

    def function_of(name: str) -> tuple[str, bool]:
        """Not another one of the same name: the function's, or what it has in the place of a builtin."""
        module, _, attribute = name.rpartition(".")
        if module:
            values = found(module)
            is_right = attribute in FUNCTIONS and all(value is computing for value in values)
            return (attribute, bool(values)) if is_right else ("", False)
        kinds = {kind_of(scope[name]) for scope in scopes if scope.get(name) is not None}
        for space in spaces:
            value = space.get(name)
            is_own = isinstance(value, FunctionType) and guard.places.is_functions(value.__code__.co_filename)
            if value is not None:
                kinds.add(OWN if is_own and name[:1] != "_" else kind_of(value))
        if not kinds:
            return (name, False) if name in FUNCTIONS else ("", False)
        return (kinds.pop(), True) if len(kinds) == 1 else ("", False)

    def is_float(name: str) -> bool:
        """By the name alone where nothing can be seen: `e` may be an event, but nobody calls a text `pi`."""
        module, _, constant = name.rpartition(".")
        values = found(module or name)
        if module:
            return constant in _NUMBERS and all(value is computing for value in values)
        return (
            name in _NUMBERS
            and all(value is constants.get(name) for value in values)
            and (bool(values) or name in _ALWAYS_NUMBERS)
        )

    def is_own_head(head: str) -> bool:
        """Not the event's `lambda`, though the function has one as well."""
        return guard.own.piece_at(text, 0) >= len(head) and not Taint(text, guard.contributed(text)).all(
            0, len(head)
        )

    if not is_arithmetic(source, is_name, function_of, is_float, is_own_head) or is_cut(
        text, Taint(text, guard.contributed(text)).runs()
    ):
        return False
    place = guard.places.name(frame)
    guard.tell("computed", "python.arithmetic", place=place, path=judgement.path, text=source)
    return True


def _namespaces(frame: FrameType) -> list[dict[str, object]]:
    """Return what may be a namespace that the function in this frame made for expressions; a module's is none."""
    named = [*frame.f_locals.values(), *(frame.f_globals.get(name) for name in frame.f_code.co_names)]
    return [one for one in named if type(one) is dict and "__name__" not in one]


def about_template(
    guard: Guard,
    text: str,
    marks: Sequence[tuple[str, str]],
    frame: FrameType,
    *,
    shown: set[str] | None = None,
) -> None:
    """A template: what stands between its `marks` is code, and so are the marks.

    Of one that only shows values, those with the names in `shown`, it is asked about these once they are there.
    """
    if guard.own.is_constant(text):
        # The function's very own, though a number in it is one of the event's.
        return
    spans, tags = guard.contributed(text), _between(text, marks)
    if spans:
        if (span := find_in_tags(guard, text, tags, spans)) is not None:
            if shown is None:
                guard.refuse("template.source", frame, path=span.path, text=text)
                return
            guard.shown |= shown
    elif _is_librarys(guard, text, frame):
        return
    else:
        guard.act_on(judge_template(text, guard.provenance, guard.own), text, frame)
    if guard.shapes is not None:
        # Of tags that the function does not have, whatever text is around them: it may be all that there is.
        inside = bytearray(len(text))
        for start, end in tags:
            inside[start:end] = b"\x01" * (end - start)
        own = guard.own.explain(text, bytearray(b"\x01" * len(text)), inside).accounted
        strange = "\n".join(text[start:end] for start, end in tags if own.find(0, start, end) >= 0)
        guard.shapes.ask(guard, "template", strange, frame)


def about_shown(guard: Guard, name: str, value: object, frame: FrameType) -> None:
    """A value for a template: one that an event wrote shows what the event has, no token of the function's."""
    text = str(value) if type(value) in (str, int, float) else ""
    is_plain = value is None or type(value) in (str, int, float, bool)
    if not is_plain or not (
        guard.provenance.is_leaf(text) or Taint(text, guard.provenance.spans(text)).all(0, len(text))
    ):
        guard.refuse("template.source", frame, text=name)


def find_in_tags(
    guard: Guard, text: str, tags: Sequence[tuple[int, int]], spans: Sequence[Span]
) -> Span | None:
    """Return what the event has within the tags of a template; None for nothing but a choice among the function's names.

    Of the function's own, what the event has by chance: its beginning ("Dear {{ name }}", in a mail as well), or of a longer piece.
    """
    head = guard.own.piece_at(text, 0)
    mask = Taint(text, spans).mask
    own = guard.own.explain(text, bytearray(b"\x01" * len(text)), mask).accounted
    for start, end in tags:
        for span in spans:
            first, last = max(span.start, start), min(span.end, end)
            part = text[first:last].strip()
            if (
                not part
                or own.find(0, first, last) < 0
                or (span.end <= head and span.end - span.start < head)
            ):
                continue
            # A variable of the function's may well be called as a key of the event's.
            if not (
                part.isidentifier() and part[0] != "_" and guard.own.has_word(part) and span.start > start
            ):
                return span
    return None


def _is_librarys(guard: Guard, text: str, frame: FrameType) -> bool:
    """Say whether a text is a variable of the installed module that has it used: bottle formats its error page when it is imported."""
    caller = _caller_of(frame)
    return (
        caller is not None
        and guard.is_installed(caller)
        and any(type(value) is str and value == text for value in caller.f_globals.values())
    )


def _caller_of(frame: FrameType) -> FrameType | None:
    """Return the frame that asked for what Dayfly's own code looks at."""
    caller: FrameType | None = frame
    while caller is not None and owncode.module_of(caller):
        caller = caller.f_back
    return caller


def _between(text: str, marks: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Return where tags of a template begin and end, their marks included."""
    found: list[tuple[int, int]] = []
    at = 0
    while True:
        starts = [(text.find(start, at), start, end) for start, end in marks if start]
        starts = [one for one in starts if one[0] >= 0]
        if not starts:
            return found
        first, start, end = min(starts)
        last = text.find(end, first + len(start))
        at = len(text) if last < 0 else last + len(end)
        found.append((first, at))


def about_format(guard: Guard, text: str, frame: FrameType) -> None:
    """A format: its fields may read attributes, which lead from any object to its module's globals by names that begin with `_`."""
    for field in _INNER_FIELD.finditer(text):
        for span in guard.contributed(text):
            if span.start < field.end() and field.start() < span.end:
                guard.refuse("template.source", frame, path=span.path, text=text)
                return


def about_member(guard: Guard, frame: FrameType) -> None:
    """A member of an archive that is about to be written outside of the directory for it."""
    guard.refuse("path.member", frame)


def about_bytes(
    guard: Guard, rule: str, data: object, frame: FrameType, *, tells_unknown: bool = True
) -> None:
    """Byte code, which nobody writes by hand: it is the event's or it is not."""
    if type(data) is bytes and (path := guard.provenance.holds_bytes(data)):
        guard.refuse(rule, frame, path=path, text=data)
    elif tells_unknown:
        guard.act_on(Judgement("unknown", rule, "bytecode from another source"), b"", frame)


def about_global(guard: Guard, module: str, name: str, frame: FrameType) -> None:
    """A name that a deserialiser is about to look up and perhaps to call."""
    if acts(module, name) and frame.f_globals.get("__name__", "").partition(".")[0] not in _SEND_FUNCTIONS:
        guard.refuse("global.acts", frame, text=f"{module}.{name}")
        return
    guard.act_on(judge_global(module, name, guard.provenance, guard.own), f"{module}.{name}", frame)


def about_name(guard: Guard, named: str, frame: FrameType) -> None:
    """The same, where what is deserialised spells it as one text: `os.system`."""
    for span in guard.contributed(named):
        if span.start == 0 and span.end == len(named):
            guard.refuse("global.named", frame, path=span.path, text=named)
            return
    module, _, name = named.rpartition(".")
    about_global(guard, module or "builtins", name, frame)


def about_import(guard: Guard, name: str, frame: FrameType) -> None:
    """A module whose name is not in the code that imports it."""
    spans = guard.contributed(name)
    is_private = any("._" in name[max(span.start - 1, 0) : span.end] for span in spans)
    if not spans or (spans[0].start > 0 and not is_private) or guard.own.is_constant(name):
        # A choice among the modules of a package, or among those whose names begin in a way, that the code names.
        return
    if guard.is_functions_module(name) and not is_private:
        return
    guard.refuse("import.named", frame, path=spans[0].path, text=name)


def about_dotted(guard: Guard, dotted: str, frame: FrameType) -> None:
    """A dotted name that is about to be looked up: the event names what the function's own modules define, and nothing through them."""
    if guard.own.is_constant(dotted) or not (spans := guard.contributed(dotted)):
        return
    path = dotted.replace(":", ".")
    if _INNER_NAME.search(path):
        guard.refuse("name.attribute", frame, path=spans[0].path, text=dotted)
        return
    parts = path.split(".")
    for size in range(len(parts), 0, -1):
        name = ".".join(parts[:size])
        if guard.is_functions_module(name):
            found: object = sys.modules.get(name)
            for part in parts[size:]:
                found = vars(found).get(part) if isinstance(found, (ModuleType, type)) else None
                is_foreign = type(found) is ModuleType and not guard.is_functions_module(found.__name__)
                if is_foreign or getattr(found, "__module__", "") in _ACTING:
                    guard.refuse("import.named", frame, path=spans[0].path, text=dotted)
                    return
            return
    about_import(guard, dotted, frame)


def about_factory(guard: Guard, named: object, frame: FrameType) -> None:
    """A class or function by which a set-up of logging makes what it has: the event names none but logging's own, no source one that acts."""
    dotted = text_of(named) or ""
    module, _, name = dotted.rpartition(".")
    if acts(module, name):
        guard.refuse("global.acts", frame, text=dotted)
    elif module not in _OF_LOGGING:
        about_dotted(guard, dotted, frame)


def about_shell(
    guard: Guard, command: object, frame: FrameType, *, is_systems: bool = False, folder: object = None
) -> None:
    """A command line that a shell is about to read, in another `folder` perhaps; `is_systems`: /bin/sh, which reads nothing else."""
    text = text_of(command)
    if text is not None:
        judgement = judge_shell(text, guard.provenance, guard.own, is_systems=is_systems)
        guard.act_on(judgement, text, frame)
        commands = [words for words in commands_of(text) if words]
        # `cd` leads every command behind it elsewhere.
        folders = [words[1] for words in commands if words[0] in _MOVE and len(words) > 1][:_MANY_FOLDERS]
        for words in commands:
            _about_operands(guard, words, frame, folder=text_of(folder) or "", folders=folders)
        _ask_shape(guard, "shell", text, frame, judgement)


def about_process(
    guard: Guard, executable: object, arguments: object, frame: FrameType, *, folder: object = None
) -> None:
    """A program that is about to be started, in another `folder` perhaps."""
    if isinstance(arguments, (list, tuple)):
        words = [word for word in map(text_of, arguments) if word is not None]
    else:
        word = text_of(arguments)
        words = [] if word is None else [word]
    program = text_of(executable) or (words[0] if words else "")
    judgement = judge_argv(program, words, guard.provenance, guard.written)
    guard.act_on(judgement, "\0".join(words), frame)
    _about_operands(guard, [program, *words[1:]], frame, folder=text_of(folder) or "")
    _ask_shape(guard, "argv", "\0".join(words), frame, judgement)


def _about_operands(
    guard: Guard, words: Sequence[str], frame: FrameType, *, folder: str = "", folders: Sequence[str] = ()
) -> None:
    """What a program is started with: the files that it is given are there, and its script is a text that a shell reads.

    There: in its `folder`, or from where it goes, as `tar -C` does.
    """
    goes = [
        (one.removeprefix(_GO[0]),)
        for before, one in itertools.pairwise(words)
        if before in _GO or one.startswith(_GO[0])
    ][:_MANY_FOLDERS]
    texts = text_words(words)
    for index, word in enumerate(words) if words[0].rpartition("/")[2] not in _OPENS_NOTHING else ():
        if index == 0 or index in texts:
            continue
        name = word.rpartition("=")[2] if word[:1] == "-" else word
        if name[:1] == "/" or ".." in name.split("/"):
            places = (os.path.join(folder, *one, name) for one in ((), folders, *goes))
            if any(map(os.path.exists, places)):
                about_path(guard, name, frame)
    number, script = script_of(words)
    try:
        # One that a program is not named for, by its first line.
        with open(script, "rb") as file:
            text = file.read(_MANY_READ).decode("utf-8", "replace")
    except (OSError, ValueError):
        return
    if number == 0 and text[:2] != "#!":
        return
    if guard.places.is_temporary(script):
        interpreter = (
            words[0] if number else text[2:].partition("\n")[0].strip().rpartition("/")[2].split()[-1]
        )
        guard.act_on(judge_input([interpreter], text, guard.provenance, guard.written), text, frame)
    guard.act_on(judge_script(text, words[number + 1 :], guard.provenance, guard.written), text, frame)


def about_variables(guard: Guard, script: object, variables: object, frame: FrameType) -> None:
    """A script of a shell's that reads variables as code: `eval "$RULE"`, `sh -c "$RULE"`, `$(( COUNT * 2 ))`."""
    given = os.environ if variables is None else variables
    if type(script) is not str or not isinstance(given, Mapping):
        return
    if variables is not None and len(script) <= _MANY_READ:
        values = [text_of(given[name]) or "" for name in set(_WORD.findall(script)).intersection(given)]
        judgement = judge_script(script, values, guard.provenance, guard.written, are_variables=True)
        guard.act_on(judgement, script, frame)
    for found in _READ_AGAIN.finditer(script):
        plain = found[1].strip(" \"'")
        text = _VARIABLE.sub(lambda name: str(given.get(name[1] or name[2], name[0])), plain)
        if text != plain:
            guard.act_on(judge_shell(text, guard.provenance, guard.own), text, frame)


def about_environment(guard: Guard, variables: object, frame: FrameType) -> None:
    """Variables for a program: the event names none that makes programs execute something."""
    for name in variables if isinstance(variables, Mapping) else ():
        text = text_of(name) or ""
        is_new = text.startswith(OBEYED) and text not in os.environ and not guard.own.is_constant(text)
        if is_new and guard.provenance.is_leaf(text):
            guard.refuse("argv.option", frame, path=_brought(guard, text), text=text)


def about_input(guard: Guard, arguments: object, data: object, frame: FrameType) -> None:
    """What a program is about to be given to read."""
    text = text_of(data)
    if isinstance(arguments, str):
        # A shell's line.
        arguments = ("sh", "-c", arguments)
    if text and isinstance(arguments, (list, tuple)) and not guard.own.is_constant(text):
        words = [word for word in map(text_of, arguments) if word is not None]
        guard.act_on(judge_input(words, text, guard.provenance, guard.written), text, frame)


def about_sql(guard: Guard, sql: object, dialect: str, frame: FrameType) -> None:
    """A statement that is about to be sent."""
    if (type(sql) is str and not guard.own.is_constant(sql)) or type(sql) is bytes:
        caller = _caller_of(frame)
        by_library = caller is not None and guard.is_installed(caller)
        judgement = judge_sql(sql, guard.provenance, guard.written, dialect=dialect, by_library=by_library)
        guard.act_on(judgement, sql, frame)
        for found in _FILE_IN_SQL.finditer(text_of(sql) or ""):
            name = found[1].replace("''", "'").removeprefix("file:")
            about_pattern(guard, name, frame)
            if "://" not in name and guard.contributed(name):
                about_path(guard, name, frame)
        _ask_shape(guard, "sql", sql, frame, judgement, dialect=dialect)


def may_hold_statement(text: str) -> bool:
    """Say whether a word that begins a statement stands in a text."""
    return _STATEMENT.search(text) is not None


def about_fields(guard: Guard, text: str, frame: FrameType) -> None:
    """Fields of a form, one of which may be a statement."""
    for field in text.split("&"):
        about_statement(guard, unquote(field.partition("=")[2].replace("+", " ")), frame)


def about_statement(guard: Guard, text: str, frame: FrameType) -> None:
    """A text that is sent to somebody who may read it as a statement: what the function begins it with is more than a sentence.

    "Select the best answer from the list: ..." is for a model. Of which dialect nobody knows: it is refused where one with backslashes and one without would be.
    """
    begins = _STATEMENT.match(text)
    spans = guard.contributed(text)[:_MANY_PARTS] if begins is not None else ()
    if begins is None or not spans or spans[0].start < begins.end():
        return
    if not any(_is_of_statement(text[: span.start]) for span in spans):
        return
    judgements = [
        judge_sql(text, guard.provenance, guard.written, dialect=dialect) for dialect in ("", "mysql")
    ]
    if all(one.verdict == "refuse" for one in judgements):
        guard.act_on(judgements[0], text, frame)


def _is_of_statement(head: str) -> bool:
    """Say whether a text begins with more of a statement than a sentence has, and goes on with a value."""
    words = " ".join(head[:_MANY_READ].lower().split())
    found = _BEGINNING.match(words)
    if found is None:
        return False
    if found[0] != "select ":
        return found[0][:6] != "insert" or " values" in words
    return (
        0 < words.find(" from ") < words.rfind(" where ")
        and _COMPARED.search(words[-_FEW_BEHIND:]) is not None
    )


def about_expression(guard: Guard, text: str, frame: FrameType) -> None:
    """An expression of DynamoDB's that is about to be sent."""
    if not guard.own.is_constant(text):
        # `#name` is put in as `:value` is.
        named = text.replace("#", ":")
        judgement = judge_sql(named, guard.provenance, guard.written, dialect="partiql", is_schemaless=True)
        guard.act_on(judgement, named, frame)
        _ask_shape(guard, "sql", text, frame, judgement, dialect=EXPRESSION)


def about_attribute(guard: Guard, owner: object, name: object, reads: bool, frame: FrameType) -> None:
    """An attribute that is about to be read or set by its name: an event names none of Python's own, and none of a module that acts.

    Nor one that is its owner's own where it `reads` that. `owner` is None where it is not known. Plain fields are what forms are
    made of.
    """
    if type(name) is not str or name in frame.f_code.co_consts:
        return
    is_inner = _INNER_NAME.search(name) is not None
    is_acting = (
        type(owner) is ModuleType
        and owner.__name__ in _ACTING
        and not (reads and owner is builtins and name in _COMPUTES)
        and not guard.own.is_choice(name)
    )
    if (is_inner or is_acting or (reads and _is_private(owner, name))) and (
        path := guard.provenance.holds_bytes(name.encode("utf-8", "surrogatepass"))
    ):
        guard.refuse("name.attribute", frame, path=path, text=name)


def _is_private(owner: object, name: str) -> bool:
    """Say whether a class or module keeps a function to itself under a name: `_tokens`, which is no field as `_id` is."""
    if name[:1] != "_":
        return False
    # Not by `getattr`, which may run code.
    places = (
        [owner]
        if isinstance(owner, ModuleType)
        else (owner if isinstance(owner, type) else type(owner)).__mro__
    )
    found = next((vars(one)[name] for one in places if name in vars(one)), None)
    return isinstance(found, (FunctionType, classmethod, staticmethod))


def about_operators(guard: Guard, documents: list[object], frame: FrameType) -> None:
    """Filters, updates and stages of MongoDB's, DynamoDB's older conditions: what begins with "$", or says how one compares, is an operator.

    One that the function has not is the event's.
    """
    for _ in range(_MANY_OPERANDS):
        if not documents:
            return
        one = documents.pop()
        if isinstance(one, Mapping):
            for name, value in one.items():
                is_operator = type(name) is str and (name[:1] == "$" or name == _COMPARES)
                if is_operator and (path := _brought(guard, name)):
                    guard.refuse("sql.structure", frame, path=path, text=name)
                if name in _SCRIPTS and type(value) is str and not guard.own.is_constant(value):
                    # JavaScript, whose literals and names are those of JMESPath, too.
                    guard.act_on(
                        judge_query(value, guard.provenance, guard.own, language="jmespath"), value, frame
                    )
                documents.append(value)
        elif isinstance(one, (list, tuple)):
            documents += one


def _brought(guard: Guard, operator: str) -> str:
    """Return where the event has an operator: as a key, or in any text where the function has none like it."""
    for span in guard.provenance.spans(operator):
        if span.path.endswith("(key)") and span.end - span.start == len(operator):
            return span.path
    if operator == _COMPARES:
        # A function that makes conditions has the word as well, so look for it as a key of JSON.
        return guard.provenance.holds_bytes(f'"{operator}"'.encode())
    if guard.own.is_constant(operator):
        return ""
    return guard.provenance.holds_bytes(operator.encode("utf-8", "surrogatepass"))


def about_pattern(guard: Guard, pattern: object, frame: FrameType) -> None:
    """A pattern of keys or files: where the function's text goes on behind it, what the event supplies is a name, no pattern.

    One that is the event's, or ends with one, is what such a function is for.
    """
    text = text_of(pattern) or ""
    if not _WILD.search(text) or guard.own.is_constant(text) or guard.provenance.is_leaf(text):
        return
    mask = Taint(text, guard.contributed(text)).mask
    # Any character may be a hole.
    own = guard.own.explain(text, bytearray(b"\x01" * len(text)), mask).accounted
    # One sign alone is traced in no text: there it is what the function's text does not explain.
    is_explained = guard.own.explain(text, mask, bytearray(len(text))).unexplained < 0
    last = mask.rfind(0)
    for found in _WILD.finditer(text):
        sign, at = found[0], found.start()
        is_lone = not (is_explained or guard.own.is_constant(sign)) and guard.provenance.is_leaf(sign)
        if last >= at + is_lone and (is_lone or (mask[at] and not own[at])):
            path = guard.provenance.holds_bytes(sign.encode())
            guard.refuse("query.structure", frame, path=path, text=text)
            return


def about_path(guard: Guard, path: object, frame: FrameType) -> None:
    """A file or directory that is about to be opened, listed or changed."""
    text = text_of(path)
    if text:
        about_result(guard, text, frame)
        given = guard.computed_paths.get(text, (text,))[0]
        # Of an absolute name what stands before it is left out.
        if any(given == one or (one[0] != "/" and given.endswith(one)) for one in guard.leading_members):
            about_member(guard, frame)
    if text and not guard.own.is_constant(text) and not _is_packages(guard, text, frame):
        roots, deployed = guard.places.temporary, guard.places.roots
        judgement = judge_path(text, guard.provenance, guard.written, roots=roots, deployed=deployed)
        if judgement.verdict == "allow" and judgement.path:
            # Only now: links cost a system call for each part of a path.
            resolved = os.path.realpath(text)
            judgement = judge_path(
                text, guard.provenance, guard.written, resolved=resolved, roots=roots, deployed=deployed
            )
        guard.act_on(judgement, text, frame)


def about_result(guard: Guard, path: str, frame: FrameType) -> None:
    """A path, or the key of an object, that the function may have computed of another one."""
    if (found := guard.computed_paths.get(path) or guard.computed_paths.get(f"/{path}")) is not None:
        given, base = found
        guard.act_on(judge_result(given, path, guard.provenance, guard.written, base=base), path, frame)


def about_link(guard: Guard, target: object, link: object, frame: FrameType) -> None:
    """A symbolic link: who opens it opens what it leads to, from where it lies."""
    to, folder = text_of(target), os.path.dirname(text_of(link) or "")
    if to:
        result = os.path.join(folder, to)
        about_path(guard, result, frame)
        guard.act_on(judge_result(to, result, guard.provenance, guard.written, base=folder), to, frame)


def _is_packages(guard: Guard, path: str, frame: FrameType) -> bool:
    """Say whether an installed library reads what lies beside its own code: botocore lists 900 folders for a client."""
    folder = frame.f_code.co_filename.rpartition("/")[0]
    return path.startswith(folder + "/") and "/.." not in path and guard.is_installed(frame)


def about_url(guard: Guard, url: object, frame: FrameType) -> None:
    """A URL that is about to be fetched."""
    text = text_of(url)
    if text and not guard.own.is_constant(text) and not _is_services(guard, text):
        is_joined = text in guard.computed_paths
        if is_joined:
            _about_joined(guard, text, *guard.computed_paths[text], frame)
        guard.act_on(judge_url(text, guard.provenance, guard.written, is_joined=is_joined), text, frame)
        path = text.partition("?")[0]
        for result in [
            one for one in guard.computed_paths if len(one) > 1 and path.endswith(one) and one != text
        ]:
            about_result(guard, result, frame)
        if may_hold_statement(text):
            about_fields(guard, text.partition("?")[2], frame)


def _about_joined(guard: Guard, url: str, given: str, base: str, frame: FrameType) -> None:
    """What urljoin made: a value of the event has not led out of the directory that it was joined with, nor a ".." of it."""
    is_absolute = given[:1] == "/" != given[1:2] and guard.provenance.is_leaf(given)
    leaves = is_absolute or ".." in given.split("/")
    leaves = leaves and not url.startswith(base[: base.rfind("/") + 1])
    # A page that the event names may link to its parents.
    named = Taint(base, guard.contributed(base) if leaves else ()).mask
    if leaves and (named.find(1) < 0 or guard.own.explain(base, bytearray(len(base)), named).unexplained < 0):
        for span in guard.contributed(given):
            if is_absolute or ".." in given[span.start : span.end]:
                guard.refuse("url.structure", frame, path=span.path, text=given)
                return


def about_origin(guard: Guard, url: object, frame: FrameType) -> None:
    """Where a request is about to go, whatever stands in the path that a client has written by now."""
    text = text_of(url)
    if text and "://" in text:
        scheme, _, rest = text.partition("://")
        host = rest.partition("/")[0].partition("?")[0].partition("#")[0]
        if host_of(text) and not guard.own.is_constant(host):
            about_url(guard, f"{scheme}://{host}/", frame)


def about_platform(guard: Guard, address: tuple[object, ...], frame: FrameType) -> None:
    """An address that is about to be connected to: the platform's Runtime API is nobody's but Dayfly's."""
    host, port = guard.platform
    if len(address) < 2 or address[1] != port or not host:
        return
    reached = _numeric(address[0])
    # "This host" is any of its own addresses.
    if reached == host or (reached == "0.0.0.0" and host.startswith("127.")):
        guard.refuse_anyway("url.platform", frame)


def about_address(guard: Guard, address: tuple[object, ...], frame: FrameType) -> None:
    """The same: another port of a host that the function knows, which the event names together with the host."""
    text = f"{address[0]}:{address[1]}" if len(address) > 1 else ""
    if type(address[0]) is str and not (guard.own.is_constant(text) or guard.own.is_choice(text)):
        host, spans = address[0], guard.contributed(text)
        if not spans or spans[0].start > 0 or spans[-1].end < len(text):
            return
        # As one value, or as two.
        if len(spans) == 1 or (len(spans) == 2 and guard.provenance.is_leaf(host)):
            guard.refuse("url.target", frame, path=spans[0].path, text=text)


def _numeric(host: object) -> str:
    """The IPv4 address that a host's name, number or mapped address stands for, empty for any other."""
    import _socket

    if type(host) is not str:
        return ""
    try:
        raw = _socket.inet_pton(_socket.AF_INET6, host.partition("%")[0])
    except OSError:
        try:
            return _socket.gethostbyname(host)
        except OSError:
            return ""
    if not any(raw):
        return "0.0.0.0"
    return _socket.inet_ntop(_socket.AF_INET, raw[12:]) if raw[:12] == b"\0" * 10 + b"\xff" * 2 else ""


def about_host(guard: Guard, host: object, frame: FrameType) -> None:
    """A host that is about to be looked up or connected to."""
    text = text_of(host)
    if not text or guard.own.is_constant(text):
        return
    if len(text) <= _FEW_CHARACTERS and guard.provenance.is_leaf(text):
        # "0" and "::" are this very machine; in a longer text they would be nobody's.
        guard.refuse("url.target", frame, path=guard.provenance.holds_bytes(text.encode()), text=text)
        return
    suffix = next((suffix for suffix in _AWS if text.endswith(suffix)), "")
    if suffix and not _is_chosen(guard, text, len(text) - len(suffix)):
        return
    about_url(guard, f"//{text}/", frame)


def _is_services(guard: Guard, url: str) -> bool:
    """Say whether a service of AWS wrote where this goes: CloudFormation's ResponseURL, say, and to AWS it goes."""
    if not host_of(url).endswith(_AWS):
        return False
    spans = guard.contributed(url)
    return bool(spans) and all(span.path.partition(">")[0] in SERVICES_URLS for span in spans)


def _is_chosen(guard: Guard, host: str, at: int) -> bool:
    """Say whether the event has AWS's own part of a host, other than where the platform says under which it was called."""
    for span in guard.contributed(host):
        if span.start <= at < span.end and span.path.rpartition(".")[2].lower() not in ("domainname", "host"):
            return True
    return False


def text_of(value: object) -> str | None:
    """Return what the operating system would take a value for; a subclass says nothing of its own here."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, bytes):
        return bytes(value).decode("utf-8", "surrogateescape")
    return str.__str__(value) if isinstance(value, str) else None
