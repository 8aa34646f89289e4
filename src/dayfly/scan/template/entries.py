"""Where execution begins for a customer's event: the handlers, from templates, by name, or by their look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.source.project import PythonFile
    from dayfly.scan.template.model import LambdaFunction


@dataclass(frozen=True, slots=True)
class Entry:
    """A handler found in code.

    `function` describes it (from a template, or made up of the handler's name where there is none);
    `qualname` is the name within the module, as `handler` or `App.handler`.
    """

    function: LambdaFunction
    file: PythonFile
    qualname: str
