"""Functions of the standard library whose results the engine knows exactly: addresses, JSON, codings, signatures."""

from __future__ import annotations

import ast as ast_module
import base64
import binascii
import shlex
import urllib.parse
from typing import TYPE_CHECKING

from dayfly.scan.taint import (
    packaged_files,
    path_functions,
    pattern_functions,
    stdlib_objects,
    texts,
)
from dayfly.scan.taint.characters import DIGIT, EVERYTHING, LETTER, is_harmless_without
from dayfly.scan.taint.comparisons import single_symbol
from dayfly.scan.taint.joining import join_all, join_optional
from dayfly.scan.taint.knowledge.model import Danger, Trust
from dayfly.scan.taint.values import (
    CLEAN_TAINT,
    NONE,
    Const,
    Hole,
    Items,
    Label,
    Name,
    Partial,
    Ref,
    Series,
    Symbol,
    Text,
    Thing,
    Trail,
    alternatives,
    cleanse,
    unknown_text,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


def call(machine: Machine, name: str, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """The result of a function of the standard library; None where the engine has no model of it."""
    model = _MODELS.get(name)
    if model is not None:
        return model(machine, arguments, node)
    return stdlib_objects.create(machine, name, arguments, node)


def _urlparse(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if value is None:
        return None
    single = single_symbol(value)
    symbol = single.child(("urlparse",)) if single is not None else Symbol()
    if single is not None:
        # What is shown of the host counts for the URL, of these dangers alone.
        symbol.mirrors = single
        symbol.carries = frozenset({Danger.REQUEST, Danger.REDIRECT})
    return Thing("urllib.parse.ParseResult", machine.taint_of(value), symbol, origin=(value,))


def _urljoin(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """A relative address below a constant one; one that may be absolute goes where it says."""
    base, relative = arguments.get(0, "base"), arguments.get(1, "url")
    if relative is None or base is None:
        return None
    if not isinstance(base, Const) or not isinstance(base.value, str):
        return None if machine.taint_of(base) else _below_unknown(relative)
    first = relative.parts[0] if isinstance(relative, Text) else None
    if isinstance(relative, Const) and isinstance(relative.value, str):
        return Const(urllib.parse.urljoin(base.value, relative.value))
    if not isinstance(relative, Text) or not isinstance(first, str) or ":" in first or first.startswith("//"):
        return None
    if first == "/":
        return None  # another slash may follow
    joined = urllib.parse.urljoin(base.value, first)
    return texts.make([joined, *relative.parts[1:]])


def _below_unknown(relative: Value) -> Value | None:
    """A relative address below one that is not known, and not the caller's."""
    first = relative.parts[0] if isinstance(relative, Text) else None
    if not isinstance(relative, Text) or not isinstance(first, str) or ":" in first or first.startswith("//"):
        return None
    if first == "/":
        return None  # another slash may follow
    return texts.make([Hole(CLEAN_TAINT, Symbol()), "/" + first.lstrip("/"), *relative.parts[1:]])


def _maketrans(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """Which characters a table takes away, and what it puts in their place."""
    given = list(arguments.positional)
    removed: dict[str, str] = {}
    table = machine.table(given[0]) if given else None
    if table is not None and table.rest is None:
        for key, value in table.entries.items():
            if isinstance(key, (str, int)) and isinstance(value, Const):
                removed[chr(key) if isinstance(key, int) else key] = str(value.value or "")
    else:
        words = [one.value for one in given if isinstance(one, Const) and isinstance(one.value, str)]
        if len(words) != len(given) or len(words) < 2:
            return None
        removed.update(zip(words[0], words[1], strict=False))
        removed.update(dict.fromkeys(words[2] if len(words) > 2 else "", ""))
    pairs = tuple(Items((Const(old), Const(new))) for old, new in removed.items())
    return Thing("dayfly.Translation", origin=(Items(pairs),))


def _geturl(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if isinstance(value, Thing) and value.kind == "urllib.parse.ParseResult" and value.origin:
        return value.origin[0]
    return None


def _partial(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    if not arguments.positional:
        return None
    return Partial(
        arguments.positional[0], tuple(arguments.positional[1:]), tuple(arguments.keywords.items())
    )


def _reduce(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import calls, items

    function, iterable = arguments.get(0), arguments.get(1)
    if function is None or iterable is None:
        return None
    series = items.iterate(machine, iterable)
    result = arguments.get(2)
    for one in (*series.items, *([] if series.rest is None else [series.rest])):
        result = (
            one if result is None else calls.call(machine, function, calls.Arguments([result, one]), node)
        )
    return result if result is not None else Thing()


def _of_object(name: str) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        from dayfly.scan.taint import attributes

        return attributes.call_of_object(machine, name, arguments.positional, node)

    return run


def _import(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import namespaces

    return namespaces.import_by_name(machine, arguments.get(0, "name"), arguments.get(1, "package"))


def _method_caller(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """`operator.methodcaller(name, …)` and `operator.attrgetter(name)`: to be called with the object."""
    names = [one.value for one in arguments.positional[:1] if isinstance(one, Const)]
    if len(names) != 1 or not isinstance(names[0], str):
        return None
    return Partial(Name("dayfly.call_method"), tuple(arguments.positional), tuple(arguments.keywords.items()))


def _attribute_getter(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    if len(arguments.positional) != 1:
        return None
    return Partial(Name("dayfly.get_attribute"), tuple(arguments.positional))


def _call_method(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import attributes, calls

    if len(arguments.positional) < 2:
        return None
    name, *given, receiver = arguments.positional
    if not isinstance(name, Const):
        return None
    method = attributes.get_attribute(machine, receiver, str(name.value))
    return calls.call(machine, method, calls.Arguments(given, arguments.keywords), node)


def _get_attribute(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import attributes

    if len(arguments.positional) < 2 or not isinstance(arguments.positional[0], Const):
        return None
    value = arguments.positional[1]
    for part in str(arguments.positional[0].value).split("."):
        value = attributes.get_attribute(machine, value, part)
    return value


def _starmap(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import calls, items

    if len(arguments.positional) < 2:
        return None
    function, rows = arguments.positional[:2]
    series = items.iterate(machine, rows)
    made = []
    for row in (*series.items, *([] if series.rest is None else [series.rest])):
        inner = items.iterate(machine, row)
        made.append(calls.call(machine, function, calls.Arguments(list(inner.items), {}, inner.rest), node))
    return machine.new_list(made) if series.rest is None else machine.new_list([], join_all(made))


def _heap(method: str, position: int) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    """`heapq`: the list that it is given is changed as one of its methods would."""

    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        from dayfly.scan.taint import calls, methods

        if len(arguments.positional) <= position:
            return None
        heap, *given = arguments.positional
        if given:
            methods.call_method(machine, heap, method, calls.Arguments(given[-1:]), node)
        return machine.element(heap) if not given or method == "append" else NONE

    return run


def _environment(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """What the handler itself has put into a variable."""
    key = arguments.get(0, "key")
    stored = machine.store.value(("os.environ", "item", key.value)) if isinstance(key, Const) else None
    return stored


def _chain(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    found: list[Value] = []
    rest: Value | None = None
    for one in arguments.positional:
        series = items.iterate(machine, one)
        found.extend(series.items)
        rest = join_optional(rest, series.rest)
    return machine.new_list(found, rest)


def _gather(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return machine.new_list(arguments.positional, arguments.rest)


def _first(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return arguments.get(0)


def _second(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return arguments.get(1)


def _call_first(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import calls

    if not arguments.positional:
        return None
    rest = calls.Arguments(
        arguments.positional[1:], arguments.keywords, arguments.rest, arguments.keyword_rest
    )
    return calls.call(machine, arguments.positional[0], rest, node)


def _copy(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if isinstance(value, Ref):
        content = machine.store.get(value.location)
        from dayfly.scan.taint.values import Table

        if isinstance(content, (Series, Table)):
            return machine.allocate(content, value.kind, value.cls)
    return value


def _hmac(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """A signature: whoever can give it knew the key, so what is signed is theirs."""
    key, message = arguments.get(0, "key"), arguments.get(1, "msg")
    if key is None or message is None or machine.taint_of(key):
        return None
    return Thing("dayfly.Signature", (), Symbol(), origin=(Name("hmac.new"), message))


def _compare_digest(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import comparisons

    left, right = arguments.get(0), arguments.get(1)
    if left is None or right is None:
        return None
    return comparisons.compare(machine, ast_module.Eq(), left, right, node or ast_module.Pass())


def _shuffle(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """The order of a list can be foretold from then on."""
    value = arguments.get(0)
    series = None if value is None else machine.series(value)
    if isinstance(value, Ref) and series is not None:
        step = machine.step(node) if node is not None else None
        trail = Trail(step, None, 1) if step is not None else None
        drawn = Text((Hole((Label("an order drawn by random", Trust.PREDICTABLE, trail=trail),), Symbol()),))
        machine.store.set(value.location, Series((), drawn, series.kind))
    return NONE


def _shlex_split(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """The words before the first unknown part are exact: the program's name, mostly."""
    value = arguments.get(0)
    if isinstance(value, Const) and isinstance(value.value, str):
        known, rest = value.value, None
    elif isinstance(value, Text) and isinstance(value.parts[0], str):
        known, rest = value.parts[0].rpartition(" ")[0], unknown_text(machine.taint_of(value))
    else:
        return None
    try:
        words = shlex.split(known)
    except ValueError:
        return None
    return machine.new_list([Const(one) for one in words], rest)


def _loads(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """`json.loads`: what `json.dumps` made comes back as it was; else a structure of whoever wrote the text."""
    value = arguments.get(0)
    if value is None:
        return None
    found: list[Value] = []
    for one in alternatives(value):
        if isinstance(one, Const) and isinstance(one.value, (str, bytes)):
            found.append(stdlib_objects.load_json(machine, one.value))
            continue
        if isinstance(one, Thing) and one.kind == "file":
            name = machine.store.value((one.symbol, "attr", "file"))
            text = None if name is None else packaged_files.read_text(machine.project, name)
            found.append(Thing() if text is None else stdlib_objects.load_json(machine, text))
            continue
        if isinstance(one, Thing) and one.origin and one.kind == "json":
            found.append(one.origin[0])
            continue
        if isinstance(one, Text) and all("{" in part.lacks for part in one.parts if isinstance(part, Hole)):
            found.append(one)  # a number or a word: no structure without a brace
            continue
        symbol = single_symbol(one)
        child = symbol.child(("json",)) if symbol is not None else Symbol()
        found.append(stdlib_objects.json_value(machine, one, child))
    return join_all(found)


def _dumps(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if value is None:
        return None
    # Line ends are written as escapes.
    taint = cleanse(machine.taint_of(value), frozenset({Danger.LOG, Danger.HEADER}))
    if not taint and not isinstance(value, Ref):
        return unknown_text()
    return Thing("json", taint, Symbol(), origin=(value,))


_REAL: Mapping[str, Callable[[bytes], bytes]] = {
    "base64.b64encode": base64.b64encode,
    "base64.b64decode": base64.b64decode,
    "base64.urlsafe_b64encode": base64.urlsafe_b64encode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode,
    "base64.b32encode": base64.b32encode,
    "base64.b32decode": base64.b32decode,
    "base64.b16encode": base64.b16encode,
    "base64.b16decode": base64.b16decode,
    "binascii.hexlify": binascii.hexlify,
    "binascii.unhexlify": binascii.unhexlify,
}
_ENCODED = frozenset(
    danger for danger in Danger if is_harmless_without(danger, EVERYTHING - {"+", "/", "=", LETTER, DIGIT})
)
_BACK = {
    "base64.b64decode": "base64.b64encode",
    "base64.urlsafe_b64decode": "base64.urlsafe_b64encode",
    "base64.b32decode": "base64.b32encode",
    "base64.b16decode": "base64.b16encode",
    "binascii.unhexlify": "binascii.hexlify",
}


def _coding(name: str) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    """Constants are coded for real; what was encoded comes back as it was."""

    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        value = arguments.get(0)
        if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
            data = value.value if isinstance(value.value, bytes) else value.value.encode("utf-8", "replace")
            if len(data) > texts.MAX_CONSTANT:
                return unknown_text(is_bytes=True)
            try:
                return Const(_REAL[name](data))
            except ValueError:
                return unknown_text(is_bytes=True)
        if value is None:
            return None
        if name not in _BACK:
            # Letters, digits and `+/=` alone, whatever it was made of.
            return Thing("", cleanse(machine.taint_of(value), _ENCODED), Symbol(), origin=(Name(name), value))
        if isinstance(value, Thing) and value.origin and value.origin[0] == Name(_BACK[name]):
            return value.origin[1]
        return None

    return run


_MODELS: Mapping[str, Callable[[Machine, Arguments, ast.AST | None], Value | None]] = {
    **path_functions.MODELS,
    **pattern_functions.MODELS,
    "urllib.parse.urlparse": _urlparse,
    "urllib.parse.urlsplit": _urlparse,
    "urllib.parse.urlunparse": _geturl,
    "urllib.parse.urlunsplit": _geturl,
    "urllib.parse.urljoin": _urljoin,
    "str.maketrans": _maketrans,
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "importlib.import_module": _import,
    "operator.methodcaller": _method_caller,
    "operator.attrgetter": _attribute_getter,
    "operator.call": _call_first,
    "dayfly.call_method": _call_method,
    "dayfly.get_attribute": _get_attribute,
    "itertools.starmap": _starmap,
    "heapq.heappush": _heap("append", 1),
    "heapq.heappushpop": _heap("append", 1),
    "heapq.heapreplace": _heap("append", 1),
    "heapq.heappop": _heap("append", 0),
    "bisect.insort": _heap("append", 1),
    "os.getenv": _environment,
    "os.environ.get": _environment,
    "object.__setattr__": _of_object("__setattr__"),
    "object.__getattribute__": _of_object("__getattribute__"),
    "object.__new__": _of_object("__new__"),
    "object.__call__": _of_object("__call__"),
    "type.__call__": _of_object("__call__"),
    "functools.wraps": _first,
    "itertools.chain": _chain,
    "asyncio.gather": _gather,
    "asyncio.run": _first,
    "asyncio.wait_for": _first,
    "asyncio.create_task": _first,
    "asyncio.ensure_future": _first,
    "asyncio.shield": _first,
    "asyncio.to_thread": _call_first,
    "typing.cast": _second,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "json.loads": _loads,
    "json.load": _loads,
    "shlex.split": _shlex_split,
    "hmac.new": _hmac,
    "hmac.compare_digest": _compare_digest,
    "secrets.compare_digest": _compare_digest,
    "random.shuffle": _shuffle,
    "json.dumps": _dumps,
    **{name: _coding(name) for name in _REAL},
}
