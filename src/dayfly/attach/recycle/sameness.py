"""Says whether a published version is what `$LATEST` is, but for the order's stamp; pure.

A new version is a copy of `$LATEST`. Where the version that an alias serves differs from it, publishing would put into
service what nobody released yet: recycling must never deploy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dayfly.attach.recycle.model import VARIABLE

# Fields of a configuration that tell one copy from another, or change by themselves, and say nothing about what runs.
# RuntimeVersionConfig: AWS patches runtimes by itself, a new version gets today's, as any new environment of $LATEST does.
_OF_THE_COPY = frozenset(
    {
        "CodeSize",
        "ConfigSha256",
        "Description",
        "FunctionArn",
        "LastModified",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "MasterArn",
        "ResponseMetadata",
        "RevisionId",
        "RuntimeVersionConfig",
        "State",
        "StateReason",
        "StateReasonCode",
        "Version",
    }
)
_EMPTY: tuple[object, ...] = (None, "", {}, [], ())


def differences(latest: Mapping[str, Any], version: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the fields in which `version` differs from `latest`, as GetFunctionConfiguration tells them.

    Variables that may not be read count as a difference: nobody can say that they are the same.
    """
    fields = (latest.keys() | version.keys()) - _OF_THE_COPY
    return tuple(
        sorted(
            field for field in fields if _value(field, latest.get(field)) != _value(field, version.get(field))
        )
    )


def _value(field: str, value: Any) -> object:  # Any: botocore's
    if field == "Environment":
        return _variables(value or {})
    if field == "Layers":
        return [layer.get("Arn") for layer in value or ()]
    if field == "SnapStart":
        # OptimizationStatus is On only for a published version.
        return (value or {}).get("ApplyOn") or "None"
    if field == "VpcConfig":
        wanted = {key: one for key, one in (value or {}).items() if key != "VpcId"}
        return {
            key: sorted(one) if isinstance(one, list) else one
            for key, one in wanted.items()
            if one not in _EMPTY and one is not False
        }
    if field == "TracingConfig":
        return (value or {}).get("Mode") or "PassThrough"
    return None if value in _EMPTY else value


def _variables(environment: Mapping[str, Any]) -> object:
    if environment.get("Error"):
        return object()  # equal to nothing, itself included
    return {name: value for name, value in (environment.get("Variables") or {}).items() if name != VARIABLE}
