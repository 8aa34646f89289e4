"""What the protections of other makers have in common: an environment of their own, and a program in the function's package."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.peers.installing import install, pinned
from dayfly.lab.gauntlet.protection import Protection, Sign, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.lab.model import FunctionConfig, InvokeResult

_PROGRAMS = Path(__file__).parent / "functions"
_GATEWAY = "peer_gateway.handler"


class Peer(Protection):
    """A protection that looks at requests over HTTP, behind `functions/peer_gateway.py`.

    `requirements` names the file of pins, `packages` those whose versions are told. `programs` are copied into the
    function's package; `entry` is the handler behind API Gateway, `variables` are the function's own ones.
    """

    requirements: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    programs: ClassVar[tuple[str, ...]]
    entry: ClassVar[str]
    variables: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        self._python: Path | None = None

    def version(self) -> str:
        pins = pinned(self.requirements)
        return ", ".join(f"{name} {pins[name]}" for name in self.packages)

    def install(self, cache: Path) -> None:
        self._python = install(self.requirements, cache, python=self.interpreter())

    def interpreter(self) -> Path | None:
        """What its environment is made from; None for the Python that runs. Raises UnavailableError."""
        return None

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        if self._python is None:
            raise UnavailableError(f"{self.name} was not installed")
        for name in ("peer_gateway", *self.programs):
            shutil.copyfile(_PROGRAMS / f"{name}.py", folder / f"{name}.py")
        environment = {
            **self.variables,
            **function.environment,
            "PEER_ENTRY": self.entry,
            "PEER_FUNCTION": function.handler,
        }
        return dataclasses.replace(function, python=self._python, handler=_GATEWAY, environment=environment)

    def read_answer(self, result: InvokeResult) -> Sign | None:
        """A response that is neither the function's nor an error: the protection refused the request."""
        try:
            answer = json.loads(result.payload)
        except ValueError:
            return None
        if (
            result.function_error is None
            and isinstance(answer, dict)
            and set(answer) == {"statusCode", "body"}
        ):
            return Sign("refused", str(answer["statusCode"]))
        return None
