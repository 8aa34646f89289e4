"""Has Python judged that only computes a number, or is no Python at all; loaded when source is not allowed otherwise."""

from __future__ import annotations

import builtins
import itertools
import sys
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType

from dayfly.core.structure import quotes
from dayfly.core.structure.arithmetic import ALWAYS_NUMBERS, FUNCTIONS, MODULE, ONLY_TREE, OWN, is_cut
from dayfly.core.structure.arithmetic import is_arithmetic as only_computes
from dayfly.core.structure.judgement import Judgement, Taint
from dayfly.runtime.guard.places import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType

    from dayfly.runtime.guard.guarding import Guard

# What a local variable's name may read, no text: it could be a secret. Any other name is of a namespace that the
# function made for it.
_PLAIN = (type(None), bool, int, float)
# Modules whose functions only compute.
_COMPUTING = ("builtins", "cmath", "math")
# What `math` has for numbers.
_NUMBERS = frozenset(("e", "inf", "nan", "pi", "tau"))


def is_no_code(source: str | bytes) -> bool:
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


def reaches_inward(source: str | bytes) -> bool:
    """Say whether this is an expression that names what leads from any value to the interpreter's own; programs may."""
    text = (text_of(source) or "").strip()
    if not quotes.reaches_inward(text):
        return False
    try:
        compile(text, "<string>", "eval", ONLY_TREE, dont_inherit=True)
    except Exception:
        # A program, or too deep for this stack.
        return False
    return True


def says_inward(code: CodeType) -> bool:
    """Say whether code has such a name in a text of its own: what it evaluates of that is its own."""
    return any(type(one) is str and quotes.reaches_inward(one) for one in code.co_consts)


def is_arithmetic(guard: Guard, judgement: Judgement, source: str | bytes, frame: FrameType) -> bool:
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
            and (bool(values) or name in ALWAYS_NUMBERS)
        )

    def is_own_head(head: str) -> bool:
        """Not the event's `lambda`, though the function has one as well."""
        return guard.own.piece_at(text, 0) >= len(head) and not Taint(text, guard.contributed(text)).all(
            0, len(head)
        )

    if not only_computes(source, is_name, function_of, is_float, is_own_head) or is_cut(
        text, Taint(text, guard.contributed(text)).runs()
    ):
        return False
    place = guard.places.name(frame)
    guard.tell("computed", "python.arithmetic", place=place, path=judgement.path, text=source)
    return True


def _namespaces(frame: FrameType) -> list[dict[str, object]]:
    """Return what may be a namespace that the function in this frame made for expressions, and no module's."""
    named = [*frame.f_locals.values(), *(frame.f_globals.get(name) for name in frame.f_code.co_names)]
    return [one for one in named if type(one) is dict and "__name__" not in one]
