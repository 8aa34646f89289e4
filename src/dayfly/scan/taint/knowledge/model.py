"""The rows that say what the engine knows of libraries. No logic, no I/O; `library.py` puts the tables together.

Names are dotted and canonical, as they would be imported: `subprocess.run`, `flask.request`. A method is written
with the type of its receiver, `sqlite3.Cursor.execute`; with `*` for a receiver of unknown type, `*.execute`. The
types are names of our own choosing where a library hides them; `Kind` says which type is also which other
(`psycopg2.cursor` is a `dbapi.Cursor`), so one row serves all drivers. The built-in types are `str`, `bytes`,
`int`, `float`, `list`, `dict`, `tuple`, `set`; the built-in functions have their bare name (`eval`, `open`).
Rows for what is part of the language and its basic types are not needed: the engine evaluates these itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import EllipsisType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.template.model import Trigger

Constant = str | bytes | int | float | bool | None


class Danger(StrEnum):
    """What a value of the caller's can do; the check is `event.` and this word."""

    CODE = "code"
    COMMAND = "command"
    SQL = "sql"
    NOSQL = "nosql"
    PATH = "path"
    REQUEST = "request"
    DESERIALISATION = "deserialisation"
    XML = "xml"
    LDAP = "ldap"
    XPATH = "xpath"
    TEMPLATE = "template"
    HEADER = "header"
    REDIRECT = "redirect"
    HTML = "html"
    TRUST = "trust"
    LOG = "log"
    # Not what it says but that it can be known: the check is weak.randomness. Nothing that is done to a text helps.
    PREDICTION = "prediction"


EVERY_DANGER = frozenset(Danger) - {Danger.PREDICTION}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, by position (not counting the receiver), by keyword, or both.

    `element` looks into it: a key of a dict (`"Key"`), an index of a sequence (`0`), `"*"` for all values of it,
    `"keys"` for the keys of a dict. RECEIVER below is the object the method is called on.
    """

    position: int | None = None
    keyword: str = ""
    element: str | int | None = None
    is_receiver: bool = False
    is_rest: bool = False  # every positional argument from `position` on, or every keyword where that is None


RECEIVER = Argument(is_receiver=True)
FIRST = Argument(0)
ALL_POSITIONS = Argument(0, is_rest=True)
ALL_KEYWORDS = Argument(None, is_rest=True)


class Test(Enum):
    """How a condition looks at its subject."""

    TRUTHY = "is true"
    FALSY = "is false"
    EQUALS = "equals one of values"
    DIFFERS = "equals none of values"
    HAS_TYPE = "is of one of the types (or names: a class or function of a library) in values"
    LACKS_TYPE = "is of none of the types in values"
    IS_TEXT = "is a string or bytes, or may be one"
    IS_SEQUENCE = "is a list or tuple"
    STARTS = "is a text whose constant beginning starts with one of values"
    CONTAINS = "is a text whose constant parts contain one of values, or a collection with one as key or item"
    IS_GIVEN = "is passed at all"
    IS_ABSENT = "is not passed"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something about the call that must hold for the row to apply.

    `attribute` looks at an attribute of the subject instead: one that was assigned (`parser.resolve_entities`), one
    that `Result.keeps` remembered of the constructor's arguments, or one that a `Setting` recorded.
    `if_absent` is the answer where the subject was not passed or the attribute not set, `if_unknown` where it is
    there but its value is not known.
    """

    subject: Argument
    test: Test
    values: tuple[Constant, ...] = ()
    attribute: str = ""
    if_absent: bool = False
    if_unknown: bool = True


class Part(Enum):
    """Which part of a dangerous argument must be the caller's."""

    ANY = "any part"
    # A URL whose scheme, host and first slash are constant asks nobody else: only what decides the host counts.
    HOST = "the part that decides the host of a URL"
    # A redirect: as HOST, and a constant path beginning with one slash and another character is harmless as well.
    TARGET = "the part that decides where a redirect leads"
    # A list of arguments: the program itself (index 0), or the text after `-c` of a shell. A string is one
    # program name where no shell is used.
    PROGRAM = "the program, or the script of a shell, in a list of arguments"
    # A value that is a dict or list, or could be one (JSON of the caller's): operators such as `$ne` come in.
    STRUCTURE = "a value that may be a dict of the caller's making; a string is harmless"
    # A path: constant file below a constant directory is harmless, any part of the caller's may hold `../`.
    PATH = "any part of a path"
    # SQL, LDAP, XPath: the text itself, not parameters passed beside it.
    TEXT = "any part of the text"
    FORMAT = "the text as a format or template: not the values put into it"
    WHOLE = "the value as a whole: not an entry of a dict that the code has written out"
    # `plugins.` and a name: a module of one's own package, whichever it is.
    MODULE = "the package in which a module is looked for"


@dataclass(frozen=True, slots=True)
class Sink:
    """Arguments of a call that are dangerous where the caller decides them.

    `names` are the functions and methods. With `needs_taint` False the call itself is the finding when `when` holds
    (weak hashes): `check` is then any id. `danger` is what a cleanser must remove; where it is None it is the
    one that the check's id names. `message` may replace the sentence: `{source}` and `{sink}` are filled in.
    `is_probe`: the caller only learns something by it (whether a file exists); not worth a finding of its own where
    the same value goes on to a sink that does more.
    """

    check: str
    names: tuple[str, ...]
    arguments: tuple[Argument, ...] = (FIRST,)
    when: tuple[Condition, ...] = ()
    part: Part = Part.ANY
    needs_taint: bool = True
    danger: Danger | None = None
    message: str = ""
    harm: str = ""
    fix: str = ""
    is_probe: bool = False


class Trust(Enum):
    """Whose word a value of the event or of a request is."""

    CALLER = "the caller's: a stranger decides it"
    CLEAN = "the platform's: ids, stages, times, names of resources"
    IDENTITY = "an identity that the platform has verified: authorizer claims, Cognito's sub"
    # The caller's, and named like an identity (`x-user-id`, `body.tenant_id`): harmless except for event.trust.
    CLAIM = "an identity that the caller merely claims"
    # No one's word: a number of a generator whose next numbers can be told. Counts for Danger.PREDICTION alone.
    PREDICTABLE = "a value that can be predicted"


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returns or an attribute holds.

    `taint_from` are the arguments whose taint the result has; by default all of them and the receiver. () is a
    clean result. `cleanses` are dangers that no longer apply to it; `restores` undoes earlier cleansing (unquote,
    unescape, decode). `type` is the type of the object (its methods are then found by it), `element_type` that of
    what indexing, iterating or `.get` yields. `keeps` are arguments remembered as attributes of the object, under
    their keyword. `source` makes the result tainted by itself and says what it is ("the query string").
    `value` is a constant result. `alias` returns that argument itself (decorators, `cast`, builders).
    `element_of` returns an item of that argument (`random.choice`, `next`). `collects` returns a list
    of that argument's items. `parses` marks that the result may be a dict or list of the caller's making (json.loads).
    """

    type: str = ""
    element_type: str = ""
    taint_from: tuple[Argument, ...] | None = None
    cleanses: frozenset[Danger] = frozenset()
    restores: bool = False
    keeps: tuple[Argument, ...] = ()
    source: str = ""
    trust: Trust = Trust.CALLER
    value: Constant | EllipsisType = ...
    alias: Argument | None = None
    element_of: Argument | None = None
    collects: Argument | None = None
    parses: bool = False


CLEAN = Result(taint_from=())
TRANSPARENT = Result()


@dataclass(frozen=True, slots=True)
class Call:
    """A function or method and what it returns. The first row whose `when` holds counts.

    `absorbs`: the receiver is tainted by these arguments from then on (`buffer.write(x)`). `sets`: records
    arguments[1] on the receiver under the constant arguments[0] names (`setFeature(name, value)`); a bare attribute
    name instead of the first argument is written as `Argument(keyword=NAME, position=None)`.
    `calls` are arguments that are functions and are called with the arguments that follow, or with the items of
    them (`executor.submit(f, x)`, `Thread(target=f, args=(x,))`).
    """

    names: tuple[str, ...]
    result: Result = TRANSPARENT
    when: tuple[Condition, ...] = ()
    absorbs: tuple[Argument, ...] = ()
    sets: tuple[Argument, Argument] | None = None
    calls: Argument | None = None
    calls_with: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleanser:
    """Shorthand for a `Call` whose result is its first argument made harmless for these dangers."""

    names: tuple[str, ...]
    cleanses: frozenset[Danger]
    argument: Argument = FIRST
    type: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """What an attribute of a type, or a name in a module, holds: `flask.Request.args`, `flask.request`, `sys.argv`.

    Items (`os.environ["X"]`) follow from `Result.element_type` and the taint of the whole.
    """

    names: tuple[str, ...]
    result: Result


@dataclass(frozen=True, slots=True)
class Guard:
    """A call that tells whether an argument is harmless.

    Where it returns true (false with `holds_when` False), or returns at all with `raises`, the argument is free of
    these dangers.
    """

    names: tuple[str, ...]
    dangers: frozenset[Danger]
    argument: Argument = FIRST
    holds_when: bool = True
    raises: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A type and what else it is; methods and attributes are looked up along `bases`, in order."""

    name: str
    bases: tuple[str, ...] = ()
    # Calling the class makes an object of it: no Call row is needed. Its arguments are kept as attributes.
    is_class: bool = False


class Decoration(Enum):
    """What a decorator of a library does to the function below it."""

    TRANSPARENT = "nothing that matters here"
    CACHE = "remembers results by arguments (lru_cache)"
    CONTEXT_MANAGER = "makes a context manager of a generator"
    EVENT_OBJECT = "wraps the handler's first argument in an object of type `type`"
    IDENTITY = "checks who is calling before the function runs"


@dataclass(frozen=True, slots=True)
class Decorator:
    """A decorator of a library; unknown ones count as transparent."""

    names: tuple[str, ...]
    decoration: Decoration = Decoration.TRANSPARENT
    type: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """How a web framework registers a handler: `@X.route("/a/<b>")`, `@app.get("/a/{b}")`.

    `decorators` are method names; found on any object where `types` is empty or the object's origin is unknown.
    `request_parameters`: names or annotated types of parameters that are the request itself, with their type
    (`batch[record]` where it is iterated over).
    Other parameters are the caller's (path, query, body), except those annotated with a harmless type and those
    of a harmless converter in the route (`<int:n>`). `returns_html`: a returned string is sent as text/html.
    """

    framework: str
    decorators: tuple[str, ...]
    types: tuple[str, ...] = ()
    request_parameters: tuple[tuple[str, str], ...] = ()
    returns_html: bool = True
    view_bases: tuple[str, ...] = ()  # classes whose methods get, post, … are handlers
    harmless_converters: tuple[str, ...] = ("int", "float", "uuid")


@dataclass(frozen=True, slots=True)
class EventField:
    """A path into the event: keys, `*` for any one key or index, a final `**` for everything below (the default).

    The most specific row counts: constants before `*` before `**`. `type` is the type of an object found there
    (`str` says that it cannot be a dict or list: a query parameter).
    """

    path: tuple[str, ...]
    trust: Trust = Trust.CALLER
    type: str = ""
    cleanses: frozenset[Danger] = frozenset()


@dataclass(frozen=True, slots=True)
class EventShape:
    """What of a trigger's event is whose. What no row names is `default`. `returns_html` as in Route."""

    trigger: Trigger
    fields: tuple[EventField, ...]
    default: Trust = Trust.CALLER
    # An HTTP answer is expected: statusCode, headers and body of the returned dict are sinks.
    is_http: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """All rows of one module of knowledge."""

    sinks: tuple[Sink, ...] = ()
    calls: tuple[Call, ...] = ()
    cleansers: tuple[Cleanser, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    guards: tuple[Guard, ...] = ()
    kinds: tuple[Kind, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    routes: tuple[Route, ...] = ()
    shapes: tuple[EventShape, ...] = ()
    aliases: tuple[tuple[str, str], ...] = field(
        default=()
    )  # another name of the same thing, its canonical name
