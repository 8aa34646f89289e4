"""What the protections of other makers have in common: an environment of their own, and a program in the function's package."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.peers.installing import install, pinned, probe
from dayfly.lab.gauntlet.protection import Protection, Sign, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.lab.model import FunctionConfig, InvokeResult

_PROGRAMS = Path(__file__).parent / "functions"
_GATEWAY = "peer_gateway.handler"
_WRAPPER = "peer_wrapper"
# As functions/peer_gateway.py answers.
_REFUSAL = {"httpStatus", "body"}


class Peer(Protection):
    """A protection of another maker; one that looks at HTTP requests is put behind `functions/peer_gateway.py`.

    `requirements` names the file of pins, `packages` those whose versions are told. `programs` are copied into the
    function's package; `entry` is the handler that the protection is on, `variables` are the function's own ones.
    """

    requirements: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    programs: ClassVar[tuple[str, ...]]
    entry: ClassVar[str]
    variables: ClassVar[Mapping[str, str]] = {}
    is_default: ClassVar[bool] = False
    is_behind_gateway: ClassVar[bool] = True
    # The lines of a shell script that starts the runtime, AWS's command as its arguments; none where it is empty.
    wrapper: ClassVar[str] = ""

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
        for name in ("peer_loading", "peer_gateway", *self.programs):
            shutil.copyfile(_PROGRAMS / f"{name}.py", folder / f"{name}.py")
        environment = {
            **self.variables,
            **function.environment,
            "PEER_ENTRY": self.entry,
            "PEER_FUNCTION": function.handler,
        }
        if self.wrapper:
            path = folder / _WRAPPER
            path.write_text(f"#!/bin/sh\n{self.wrapper}\n")
            path.chmod(0o755)
            environment["AWS_LAMBDA_EXEC_WRAPPER"] = f"/var/task/{_WRAPPER}"
        handler = _GATEWAY if self.is_behind_gateway else self.entry
        return dataclasses.replace(function, python=self._python, handler=handler, environment=environment)

    def read_answer(self, result: InvokeResult) -> Sign | None:
        """A response that the gateway did not get from the function: the protection refused the request."""
        try:
            answer = json.loads(result.payload)
        except ValueError:
            return None
        is_refusal = isinstance(answer, dict) and set(answer) == _REFUSAL
        if result.function_error is None and is_refusal:
            return Sign("refused", str(answer["httpStatus"]))
        return None


class ProbedPeer(Peer):
    """One that protects only with what not everybody has: an account, a licence, a service or library of its maker's.

    `question` is a program of `functions` that runs in its environment: it exits with 0 where the protection refused
    what it should, and says on its last lines what it saw where not. `asks_for` are names and beginnings of variables
    that whoever runs the gauntlet may set; they are passed on to the question and the function.
    """

    question: ClassVar[str]
    asks_for: ClassVar[tuple[str, ...]] = ()

    def install(self, cache: Path) -> None:
        super().install(cache)
        assert self._python is not None
        scratch = cache / "question"
        variables = {**self.variables, **self.given()}
        probe(self._python, _PROGRAMS / f"{self.question}.py", variables, scratch=scratch)

    def given(self) -> dict[str, str]:
        """The variables that were set for it."""
        return {name: value for name, value in os.environ.items() if name.startswith(self.asks_for)}

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        prepared = super().prepare(function, isolation, folder)
        return dataclasses.replace(prepared, environment={**self.given(), **prepared.environment})
