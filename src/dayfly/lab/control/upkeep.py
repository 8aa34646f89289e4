"""How a function gets other builds of its runtime, and what becomes of recursive loops: told, and told again.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html. The lab's runtimes are this machine's, and nothing in
it detects loops.
"""

from __future__ import annotations

from typing import Literal, cast

from dayfly.lab.control import names, refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.registry import FunctionState, Registry, RuntimeUpdates
from dayfly.lab.control.shapes import RecursionRequest, RuntimeUpdateRequest, parse
from dayfly.lab.model import VERSION

_MODES = ("Auto", "Manual", "FunctionUpdate")
_LOOPS = ("Terminate", "Allow")
_RUNTIME_ARN = r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}::runtime:.+"


class Upkeep:
    """Runtime management and recursion configurations of the functions in `registry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_runtime_updates(self, name: str, qualifier: str | None) -> dict[str, object]:
        """GetRuntimeManagementConfig."""
        state, key = self._target(name, qualifier)
        return self._body(name, key, state.runtime_updates.get(key, RuntimeUpdates()))

    def put_runtime_updates(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        """PutRuntimeManagementConfig; raises InvokeRefusedError (400) where a build is named and not pinned, or not
        named and pinned."""
        state, key = self._target(name, qualifier)
        request = parse(body, RuntimeUpdateRequest)
        checks = Checks()
        checks.present(request.update_runtime_on, "updateRuntimeOn")
        checks.one_of(request.update_runtime_on, "updateRuntimeOn", _MODES)
        checks.pattern(request.runtime_version_arn, "runtimeVersionArn", _RUNTIME_ARN)
        checks.settle()
        is_manual = request.update_runtime_on == "Manual"
        if is_manual and request.runtime_version_arn is None:
            raise refusals.invalid("RuntimeVersionArn must be given where UpdateRuntimeOn is Manual")
        if not is_manual and request.runtime_version_arn is not None:
            raise refusals.invalid("RuntimeVersionArn can be given where UpdateRuntimeOn is Manual only")
        # `one_of` let nothing else pass.
        mode = cast('Literal["Auto", "Manual", "FunctionUpdate"]', request.update_runtime_on)
        updates = RuntimeUpdates(mode, request.runtime_version_arn or "")
        state.runtime_updates[key] = updates
        return self._body(name, key, updates)

    def get_recursion(self, name: str) -> dict[str, object]:
        """GetFunctionRecursionConfig."""
        return {"RecursiveLoop": self._registry.state(name).recursive_loop}

    def put_recursion(self, name: str, body: bytes) -> dict[str, object]:
        """PutFunctionRecursionConfig."""
        state = self._registry.state(name)
        loop = parse(body, RecursionRequest).recursive_loop
        checks = Checks()
        checks.present(loop, "recursiveLoop")
        checks.one_of(loop, "recursiveLoop", _LOOPS)
        checks.settle()
        state.recursive_loop = "Allow" if loop == "Allow" else "Terminate"
        return {"RecursiveLoop": state.recursive_loop}

    def _target(self, name: str, qualifier: str | None) -> tuple[FunctionState, str]:
        version = self._registry.version_of(name, qualifier)
        if qualifier is not None and qualifier != version:
            raise refusals.invalid(
                "Runtime management is configured for functions and versions, not for aliases"
            )
        return self._registry.state(name), version

    @staticmethod
    def _body(name: str, key: str, updates: RuntimeUpdates) -> dict[str, object]:
        arn = names.function_arn(name, None if key == VERSION else key)
        body: dict[str, object] = {"UpdateRuntimeOn": updates.mode, "FunctionArn": arn}
        return body | {"RuntimeVersionArn": updates.version_arn} if updates.version_arn else body
