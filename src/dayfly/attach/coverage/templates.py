"""What of a template is protected, in the words of coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dayfly.attach.coverage.model import Level
from dayfly.attach.templates.checking import Checker
from dayfly.attach.templates.model import TemplateFunction
from dayfly.attach.templates.reading import read_all


@dataclass(frozen=True, slots=True)
class TemplateCoverage:
    """A template's functions as it would deploy them."""

    path: str
    kind: str
    functions: tuple[TemplateFunction, ...]

    @property
    def is_open(self) -> bool:
        """Say whether a check should fail, as `dayfly attach --template FILE --check` does."""
        return any(
            (one.gap is not None and not one.is_unchecked) or (one.is_python and not one.is_attached)
            for one in self.functions
        )

    @property
    def is_lacking(self) -> bool:
        """Say whether a function that has Dayfly lacks something that was asked for."""
        return any(one.is_attached and one.gap is not None and not one.is_unchecked for one in self.functions)

    @property
    def is_unchecked(self) -> bool:
        """Say whether something could not be checked."""
        return any(one.is_unchecked for one in self.functions)

    def described(self) -> dict[str, Any]:
        """The template as one JSON object."""
        return {
            "path": self.path,
            "kind": self.kind,
            "functions": [
                {
                    "function": one.name,
                    "line": one.line,
                    "level": level_of(one).value,
                    "runtimes": list(one.runtimes),
                    "reason": one.gap.reason if one.gap else "",
                    "hint": one.gap.hint if one.gap else "",
                }
                for one in self.functions
            ],
        }


def level_of(function: TemplateFunction) -> Level:
    """A template is a promise: protected means that it would be deployed so."""
    if function.is_unchecked:
        return Level.UNKNOWN
    if function.is_attached:
        return Level.PROTECTED if function.gap is None else Level.PARTLY
    if function.is_image or (function.gap is not None and not function.is_python):
        return Level.UNKNOWN
    return Level.UNPROTECTED if function.is_python else Level.NOT_PYTHON


def look_at(paths: Sequence[Path]) -> list[TemplateCoverage]:
    """Read templates, and folders of Terraform's, and the zips of their layers; raises TemplateError for what is none."""
    checker = Checker({})
    return [
        TemplateCoverage(
            template.path,
            template.kind.value,
            tuple(checker.check(one, Path(template.path).parent) for one in template.functions()),
        )
        for template in read_all(paths)
    ]
