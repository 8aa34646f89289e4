"""The lab's control plane: what a function's configuration is, and how a change of it takes effect.

An update is answered at once, is `InProgress` for a moment in which the old configuration serves, and then makes new
environments, as Lambda does: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html. The revision id
changes when an update is accepted and once more when it is done.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
import uuid
from dataclasses import dataclass
from typing import Literal

import msgspec

from dayfly.errors import SettingError
from dayfly.lab.lab import Lab
from dayfly.lab.model import VERSION, FunctionConfig, InvokeRefusedError

# Lambda takes one to a few seconds without a VPC; long enough for a client to see that it must wait.
UPDATE_S = 0.5
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_MAX_VARIABLES_BYTES = 4096
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_KNOWN = ("Description", "Environment", "FunctionName", "Handler", "MemorySize", "RevisionId", "Timeout")
_VARIABLES_REFUSED = "Lambda was unable to configure your environment variables because the environment variables you have provided "


class Configuration(msgspec.Struct, rename="pascal"):
    """What GetFunctionConfiguration tells about a function of the lab."""

    function_name: str
    function_arn: str
    runtime: str
    role: str
    handler: str
    code_size: int
    description: str
    timeout: int
    memory_size: int
    last_modified: str
    code_sha256: str = msgspec.field(name="CodeSha256")
    version: str
    environment: dict[str, dict[str, str]]
    revision_id: str
    last_update_status: str
    logging_config: dict[str, str]
    state: str = "Active"
    package_type: str = "Zip"
    architectures: tuple[str, ...] = ("x86_64",)


class _Environment(msgspec.Struct, rename="pascal"):
    variables: dict[str, str] = {}


class UpdateRequest(msgspec.Struct, rename="pascal"):
    """The body of UpdateFunctionConfiguration, as far as the lab's functions have what it names."""

    description: str | None = None
    handler: str | None = None
    timeout: int | None = None
    memory_size: int | None = None
    environment: _Environment | None = None
    revision_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Revision:
    id: str
    modified_at: float
    status: Literal["Successful", "InProgress"] = "Successful"


class ControlPlane:
    """Describes and updates the functions of one lab; `close` ends what is under way."""

    def __init__(self, lab: Lab, *, update_s: float = UPDATE_S) -> None:
        self._lab = lab
        self._update_s = update_s
        self._began = time.time()
        self._revisions: dict[str, _Revision] = {}
        self._wanted: dict[str, FunctionConfig] = {}
        self._updates: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Give up updates that are under way."""
        for task in self._updates:
            task.cancel()
        await asyncio.gather(*self._updates, return_exceptions=True)

    def describe(self, name: str) -> Configuration:
        """Raises InvokeRefusedError (404) for a function that is not there."""
        config = self._wanted.get(name) or self._lab.function(name)
        revision = self._revision(name)
        description = config.description
        return Configuration(
            function_name=config.name,
            function_arn=config.arn,
            runtime=self._lab.runtime_name(config.name),
            role="arn:aws:iam::000000000000:role/lab",
            handler=config.handler,
            code_size=0,
            description=f"runtime {config.runtime} in the Dayfly lab" if description is None else description,
            timeout=max(1, round(config.timeout_s)),
            memory_size=config.memory_mb,
            last_modified=_stamp(revision.modified_at),
            code_sha256="",
            version=VERSION,
            environment={"Variables": dict(config.environment)},
            revision_id=revision.id,
            last_update_status=revision.status,
            logging_config={"LogFormat": config.log_format, "LogGroup": f"/aws/lambda/{config.name}"},
        )

    def update(self, name: str, body: bytes) -> Configuration:
        """Accept UpdateFunctionConfiguration; raises InvokeRefusedError as Lambda refuses."""
        config = self._lab.function(name)
        request = _parse(body)
        revision = self._revision(name)
        if request.revision_id not in (None, revision.id):
            raise InvokeRefusedError(
                412,
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
                "retrieve the latest Revision Id",
            )
        if revision.status == "InProgress":
            raise InvokeRefusedError(
                409,
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for resource: "
                f"{config.arn}",
            )
        self._wanted[name] = apply(config, request)
        self._revisions[name] = _Revision(str(uuid.uuid4()), time.time(), "InProgress")
        task = asyncio.create_task(self._carry_out(name))
        self._updates.add(task)
        task.add_done_callback(self._updates.discard)
        return self.describe(name)

    async def _carry_out(self, name: str) -> None:
        await asyncio.sleep(self._update_s)
        self._lab.reconfigure(self._wanted.pop(name))
        self._revisions[name] = _Revision(str(uuid.uuid4()), self._revisions[name].modified_at)

    def _revision(self, name: str) -> _Revision:
        return self._revisions.setdefault(name, _Revision(str(uuid.uuid4()), self._began))


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}+0000"


def apply(config: FunctionConfig, request: UpdateRequest) -> FunctionConfig:
    """Return the configuration after the update; what the request leaves out stays.

    Raises InvokeRefusedError (400) for values that Lambda refuses.
    """
    changed = config
    if request.description is not None:
        changed = dataclasses.replace(changed, description=request.description)
    try:
        if request.handler is not None:
            changed = dataclasses.replace(changed, handler=request.handler)
        if request.timeout is not None:
            changed = dataclasses.replace(changed, timeout_s=float(request.timeout))
        if request.memory_size is not None:
            changed = dataclasses.replace(changed, memory_mb=request.memory_size)
        if request.environment is not None:
            _check_variables(request.environment.variables)
            changed = dataclasses.replace(changed, environment=dict(request.environment.variables))
    except SettingError as error:
        raise InvokeRefusedError(400, "InvalidParameterValueException", error.message) from error
    # A new object even where nothing differs: every update makes new environments.
    return dataclasses.replace(changed)


def _check_variables(variables: dict[str, str]) -> None:
    if reserved := sorted(_RESERVED & variables.keys()):
        raise InvokeRefusedError(
            400,
            "InvalidParameterValueException",
            f"{_VARIABLES_REFUSED}contains reserved keys that are currently not supported for modification. Reserved "
            f"keys used in this request: {', '.join(reserved)}",
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _MAX_VARIABLES_BYTES:
        raise InvokeRefusedError(
            400, "InvalidParameterValueException", f"{_VARIABLES_REFUSED}exceeded the 4KB limit."
        )


def _parse(body: bytes) -> UpdateRequest:
    try:
        fields = msgspec.json.decode(body or b"{}", type=dict[str, msgspec.Raw])
        unknown = sorted(fields.keys() - set(_KNOWN))
        if unknown:
            raise InvokeRefusedError(
                400,
                "InvalidParameterValueException",
                f"The lab's functions have no {', '.join(unknown)}; it changes {', '.join(_KNOWN)}",
            )
        return msgspec.json.decode(body or b"{}", type=UpdateRequest)
    except msgspec.MsgspecError as error:
        raise InvokeRefusedError(400, "SerializationException", f"the request body: {error}") from error
