"""Puts what is about to happen before the judge of its kind, in the form that the judge reads."""

from __future__ import annotations

import builtins
import functools
import json
import os
import re
import sys
from types import FunctionType, ModuleType

from dayfly.core.destinations import AWS_SUFFIXES
from dayfly.core.structure.imports import acts, judge_global
from dayfly.core.structure.judgement import Judgement, Taint
from dayfly.core.structure.path import judge_path, judge_result
from dayfly.core.structure.python import judge_python
from dayfly.core.structure.quotes import reaches_inward
from dayfly.core.structure.template import judge_template
from dayfly.core.structure.url import host_of, judge_url
from dayfly.core.triggers import SERVICES_URLS
from dayfly.runtime.guard import owncode
from dayfly.runtime.guard.places import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from dayfly.core.structure.judgement import Span
    from dayfly.runtime.guard.guarding import Guard

# What evaluates hints of types that are written as texts.
_HINTS = ("typing", "annotationlib")
_PLAIN_HINT = re.compile(r"[A-Za-z_\s\[\],|]{1,256}")
_PLAIN_TYPES = frozenset(
    "Any None Optional Union bool bytes complex dict float frozenset int list object set str tuple".split()
)
# Engines whose templates are asked about before they are compiled, see documents.py.
_JUDGED_BEFORE = frozenset(("bottle", "chameleon", "mako", "tornado"))
# A field of a format that reads what begins with an underscore.
_INNER_FIELD = re.compile(r"\{[^{}]*\._[^{}]*\}")
# The same among the names of a path of attributes.
_INNER_NAME = re.compile(r"(?:\A|\.)(?:__|(?:ag|cr|gi|tb)_|f_(?:b|g|l))")
# Where an answer to API Gateway, a URL of the function's or a load balancer has its head.
_HEADS = re.compile(rb'"(?:headers|multiValueHeaders|cookies)"\s*:\s*(?=[{\[])')
_MANY_HEADS, _MANY_HEAD = 4, 65536
_DECODER = json.JSONDecoder()
# How a redirect begins that leads to another host although a path was meant, or to a script. Browsers leave out tabs and ends of lines.
# Nor do they take a host as Python does that has a name of a user or a backslash: `https://evil.example\\@shop.example/`.
_ELSEWHERE = re.compile(
    r"[\s\x00-\x1f]*(?:[/\\][\t\r\n]*[/\\]|(?:java|vb)script:|data:|https?:[/\\]{2}[^/?#]*[@\\])",
    re.IGNORECASE,
)
# Modules whose classes are those of plain values.
_OF_DATA = frozenset(("builtins", "datetime", "decimal", "uuid"))
# Modules whose functions act on the machine: no honest event chooses among all of them.
_ACTING = frozenset(
    "_posixsubprocess builtins code codecs ctypes gc importlib io marshal os pickle posix pty runpy "
    "shutil signal socket subprocess sys".split()
)
# Builtins that make a value of values and do nothing else.
_COMPUTES = frozenset(
    "abs all any ascii bin bool chr complex dict divmod enumerate float frozenset hex int len list max "
    "min oct ord repr reversed round set sorted str sum tuple zip".split()
)
# Of a program's file.
MANY_READ = 65_536
_WORD = re.compile(r"[A-Za-z_]\w*")
# What matches several characters, or any one, in a pattern of names.
_WILD = re.compile(r"[*?]")
# Where handlers and formatters are, and the streams that they write to.
_OF_LOGGING = frozenset(("logging", "logging.handlers", "sys"))
# A word that begins a statement; and, from the front and in front of a value, more of one than a sentence has.
STATEMENT = re.compile(r"(?<![\w/-])(?:select|insert|update|delete|with|merge)(?:\s|\+|%20)", re.I)
# The key that makes a condition of a dictionary, in DynamoDB's ScanFilter, QueryFilter, KeyConditions and Expected.
COMPARES = "ComparisonOperator"
# They pickle what their own processes are to call.
_SEND_FUNCTIONS = frozenset(("billiard", "joblib", "loky", "multiprocess", "multiprocessing"))
# A whole host of so many is one of the event's all the same.
_FEW_CHARACTERS = 2
# In a URL.
_QUOTES = ("'", '"', "%27", "%22")


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
            if (computing := guard.late("computing")).is_arithmetic(guard, judgement, source, frame):
                if guard.shapes is not None and not by_library:
                    # Its site is one for what only computes a value.
                    guard.shapes.ask(guard, "python", "0", frame, is_own=True)
                return
            if computing.is_no_code(source):
                return
            is_librarys = by_library and computing.says_inward(frame.f_code)
            if judgement.verdict == "unknown" and not is_librarys and computing.reaches_inward(source):
                guard.refuse("python.inner", frame, text=source)
                return
    guard.act_on(judgement, source, frame)
    # What a library writes has as many shapes as it has users.
    if not by_library:
        ask_shape(guard, "python", source, frame, judgement)


def _names_plain_types(source: str | bytes) -> bool:
    text = text_of(source) or ""
    return _PLAIN_HINT.fullmatch(text) is not None and _PLAIN_TYPES.issuperset(_WORD.findall(text))


def ask_shape(
    guard: Guard, sink: str, text: str | bytes, frame: FrameType, judgement: Judgement, *, dialect: str = ""
) -> None:
    """Have what was let pass compared with what its call site is known for; what stands in the code as it is needs none."""
    is_constant = type(text) is str and guard.own.is_constant(text)
    if guard.shapes is not None and judgement.verdict != "refuse" and not is_constant:
        is_own = sink == "python" and judgement.verdict == "allow"
        guard.shapes.ask(guard, sink, text, frame, dialect=dialect, is_own=is_own)


def refuse_left(guard: Guard, rule: str, text: str, at: int, frame: FrameType) -> None:
    """Refuse a text in which a value from any source has ended its quotes `at`; the event's own, there, were judged before."""
    if at >= 0 and not any(span.start <= at < span.end for span in guard.contributed(text)):
        guard.refuse(rule, frame, text=text)


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
    elif any(reaches_inward(text[start:end]) for start, end in tags):
        # From whatever source: no template says so of its values.
        guard.refuse("template.inner", frame, text=text)
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
    caller = caller_of(frame)
    return (
        caller is not None
        and guard.is_installed(caller)
        and any(type(value) is str and value == text for value in caller.f_globals.values())
    )


def caller_of(frame: FrameType) -> FrameType | None:
    """Return the frame that asked for what Dayfly's own code looks at."""
    return next((one for one in owncode.stack(frame) if not owncode.module_of(one)), None)


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


def about_answer(guard: Guard, answer: bytes, _frame: FrameType) -> None:
    """An answer for a browser: the event breaks no line of its head, and leads no redirect to a script or, from a path, to another host."""
    for found, _ in zip(_HEADS.finditer(answer), range(_MANY_HEADS), strict=False):
        text = answer[found.end() : found.end() + _MANY_HEAD].decode("utf-8", "replace")
        try:
            head, _ = _DECODER.raw_decode(text)
        except (ValueError, RecursionError):
            # Longer than any platform takes.
            continue
        for name, values in head.items() if type(head) is dict else [("set-cookie", head)]:
            for value in values if type(values) is list else [values]:
                if type(value) is not str:
                    continue
                elsewhere = _ELSEWHERE.match(value) if name.lower() == "location" else None
                is_split = "\n" in value or "\r" in value
                if not is_split and elsewhere is None:
                    continue
                for span in guard.contributed(value):
                    part = value[span.start : span.end]
                    if ("\n" in part or "\r" in part) or (elsewhere and span.start < elsewhere.end()):
                        guard.refuse("url.structure", None, path=span.path, text=value)
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
        guard.act_on(Judgement("unknown", rule), b"", frame)


def about_global(guard: Guard, module: str, name: str, frame: FrameType) -> None:
    """A name that a deserialiser is about to look up and perhaps to call."""
    if acts(module, name) and frame.f_globals.get("__name__", "").partition(".")[0] not in _SEND_FUNCTIONS:
        guard.refuse("global.acts", frame, text=f"{module}.{name}")
        return
    guard.act_on(judge_global(module, name, guard.provenance, guard.own), f"{module}.{name}", frame)


def about_name(guard: Guard, named: object, frame: FrameType) -> None:
    """The same, where what is deserialised spells it as one text: `os.system`."""
    if type(named) is not str:
        return
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


def about_dotted(guard: Guard, dotted: object, frame: FrameType) -> None:
    """A dotted name that is about to be looked up: the event names what the function's own modules define, and nothing through them."""
    if type(dotted) is not str or guard.own.is_constant(dotted) or not (spans := guard.contributed(dotted)):
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


def may_hold_statement(text: str) -> bool:
    return STATEMENT.search(text) is not None


def about_factory(guard: Guard, named: object, frame: FrameType) -> None:
    """A class or function by which a set-up of logging makes what it has: the event names none but logging's own, no source one that acts."""
    dotted = text_of(named) or ""
    module, _, name = dotted.rpartition(".")
    if acts(module, name):
        guard.refuse("global.acts", frame, text=dotted)
    elif module not in _OF_LOGGING:
        about_dotted(guard, dotted, frame)


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
        # What is not there is not read.
        and (not reads or name in vars(owner) or "__getattr__" in vars(owner))
        and not (reads and owner is builtins and name in _COMPUTES)
        and not guard.own.is_choice(name)
    )
    if (is_inner or is_acting or (reads and _is_private(owner, name))) and (
        path := guard.provenance.holds_bytes(name.encode("utf-8", "surrogatepass"))
    ):
        guard.refuse("name.attribute", frame, path=path, text=name)


def _is_private(owner: object, name: str) -> bool:
    """Say whether something keeps a function or an object that is no data to itself under a name: `_tokens`, which is no field as `_id` is."""
    if name[:1] != "_":
        return False
    # Not by `getattr`, which may run code.
    classes = owner.__mro__ if isinstance(owner, type) else type(owner).__mro__
    for one in (*(() if isinstance(owner, type) else (owner,)), *classes):
        try:
            found = vars(one)[name]
        except Exception:
            # No such name, no names at all, or those of something that a proxy stands in front of and that is not there.
            continue
        is_object = one is owner and type(found).__module__ not in _OF_DATA
        return is_object or isinstance(found, (FunctionType, classmethod, staticmethod))
    return False


def brought(guard: Guard, operator: str) -> str:
    """Return where the event has an operator: as a key, or in any text where the function has none like it."""
    for span in guard.provenance.spans(operator):
        if span.path.endswith("(key)") and span.end - span.start == len(operator):
            return span.path
    if operator == COMPARES:
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
        judge = functools.partial(
            judge_path, text, guard.provenance, guard.written, roots=roots, deployed=deployed
        )
        judgement = judge()
        if judgement.verdict == "allow" and judgement.path:
            # Only now: links cost a system call for each part of a path.
            judgement = judge(resolved=os.path.realpath(text))
        guard.act_on(judgement, text, frame)


def about_opened(guard: Guard, path: object, frame: FrameType) -> None:
    """A file that native code is about to open, or what is at an address."""
    text = (text_of(path) or "").removeprefix("file://")
    if not is_address(guard, text):
        about_path(guard, text, frame)


def is_address(guard: Guard, text: str) -> bool:
    """Say whether a text is an address and no path: a library resolves "x://../../a.pdf" before it opens it."""
    scheme, mark, _ = text.partition("://")
    goes_up = ".." in text.split("/") and any(span.start == 0 for span in guard.contributed(text))
    return bool(mark) and "/" not in scheme and not goes_up


def about_result(guard: Guard, path: str, frame: FrameType) -> None:
    """A path, or the key of an object, that the function may have computed of another one."""
    if (found := guard.computed_paths.get(path) or guard.computed_paths.get(f"/{path}")) is not None:
        given, base = found
        # Past links, which may lead to where the directory itself lies.
        result = path if base else os.path.normpath(given)
        guard.act_on(judge_result(given, result, guard.provenance, guard.written, base=base), path, frame)


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


def about_url(guard: Guard, url: object, frame: FrameType, *, is_quoted: bool = False) -> None:
    """A URL that is about to be fetched, by a client that quotes what stands behind the host where `is_quoted`."""
    text = text_of(url)
    if text and not guard.own.is_constant(text) and not _is_services(guard, text):
        is_joined = text in guard.computed_paths
        if is_joined:
            _about_joined(guard, text, *guard.computed_paths[text], frame)
        judgement = judge_url(text, guard.provenance, guard.written, is_joined=is_joined, is_quoted=is_quoted)
        guard.act_on(judgement, text, frame)
        path = text.partition("?")[0]
        for result in [
            one for one in guard.computed_paths if len(one) > 1 and path.endswith(one) and one != text
        ]:
            about_result(guard, result, frame)
        query = text.partition("?")[2]
        if may_hold_statement(text):
            guard.late("statements").about_fields(guard, query, frame)
        _about_filters(guard, query, frame)


def _about_filters(guard: Guard, query: str, frame: FrameType) -> None:
    if any(quote in query for quote in _QUOTES):
        guard.late("statements").about_filters(guard, query, frame)


def about_quoted_url(guard: Guard, url: object, frame: FrameType) -> None:
    """A URL that urllib3 reads, for requests too: it writes control characters as %0A."""
    about_url(guard, url, frame, is_quoted=True)


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
        # Parameters that the client has written there.
        _about_filters(guard, rest.partition("?")[2], frame)


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
    suffix = next((suffix for suffix in AWS_SUFFIXES if text.endswith(suffix)), "")
    if suffix and not _is_chosen(guard, text, len(text) - len(suffix)):
        return
    about_url(guard, f"//{text}/", frame)


def _is_services(guard: Guard, url: str) -> bool:
    """Say whether a service of AWS wrote where this goes: CloudFormation's ResponseURL, say, and to AWS it goes."""
    if not host_of(url).endswith(AWS_SUFFIXES):
        return False
    spans = guard.contributed(url)
    return bool(spans) and all(span.path.partition(">")[0] in SERVICES_URLS for span in spans)


def _is_chosen(guard: Guard, host: str, at: int) -> bool:
    """Say whether the event has AWS's own part of a host, other than where the platform says under which it was called."""
    for span in guard.contributed(host):
        if span.start <= at < span.end and span.path.rpartition(".")[2].lower() not in ("domainname", "host"):
            return True
    return False
