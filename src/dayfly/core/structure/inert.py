"""Tells source that can only compute a value from source that can change something: an amount, a comparison, a choice.

Read from what it compiles to: without a call, an attribute, a function or a name that is set, nothing of the process is
reached but the values of names and their own operators. What is not known here, as of a later Python, may do anything.
"""

from __future__ import annotations

import opcode
from types import CodeType

_OPNAMES = tuple(opcode.opname)
# Formulas are short; beyond that nobody is kept waiting.
_MANY_CHARACTERS = 4096
_BEGINNINGS = tuple("BINARY_ BUILD_ COMPARE_ CONTAINS_ COPY IS_ JUMP_ POP_ RETURN_ UNARY_".split())
_NAMES = frozenset(
    "CACHE DICT_UPDATE EXTENDED_ARG LIST_EXTEND LOAD_CONST LOAD_GLOBAL LOAD_NAME LOAD_SMALL_INT NOP "
    "NOT_TAKEN RESUME SET_UPDATE SWAP TO_BOOL".split()
)


def is_inert(source: str | bytes) -> bool:
    """Say whether running `source` can do no more than compute a value."""
    if not source or len(source) > _MANY_CHARACTERS:
        return False
    try:
        code = compile(source, "", "eval", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    if any(isinstance(constant, CodeType) for constant in code.co_consts):
        return False
    return all(
        (name := _OPNAMES[number]) in _NAMES or name.startswith(_BEGINNINGS)
        for number in set(code.co_code[::2])
    )
