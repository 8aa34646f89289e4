"""One call that is being followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.source.project import PythonFile
    from dayfly.scan.state.keeping import State
    from dayfly.scan.state.values import ClassRef, FunctionRef, Value


@dataclass
class Frame:
    """One call that is being followed."""

    file: PythonFile
    function: FunctionRef | None = None
    closure: Mapping[str, Value] = field(default_factory=dict)
    is_closure_kept: bool = False
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    returned: list[Value] = field(default_factory=list)
    exits: list[State] = field(default_factory=list)
    breaks: list[list[State]] = field(default_factory=list)
    owner: ClassRef | None = None
    name: str = ""
