"""Permissions of layer versions. https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html"""

from __future__ import annotations

from dataclasses import dataclass, field

from dayfly.lab.control import refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.layers import Layers
from dayfly.lab.control.policies import Policy, check_sid, check_statement, compact, principal_of
from dayfly.lab.control.registry import new_revision_id
from dayfly.lab.control.shapes import PermissionRequest, parse
from dayfly.lab.model import InvokeRefusedError

_ACTION = "lambda:GetLayerVersion"
_STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest "
    "Revision Id"
)


@dataclass(slots=True)
class _Kept:
    policy: Policy = field(default_factory=Policy)
    revision_id: str = field(default_factory=new_revision_id)


class LayerPermissions:
    """Keeps the policies of the versions in `layers`, by their ARNs: a number is never used again."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._kept: dict[str, _Kept] = {}

    def add(self, name: str, number: str, body: bytes, *, revision_id: str | None) -> dict[str, object]:
        """AddLayerVersionPermission; raises InvokeRefusedError as Lambda refuses."""
        request = parse(body, PermissionRequest, also=("LayerName", "VersionNumber"))
        check_statement(request)
        checks = Checks()
        checks.pattern(request.action, "action", _ACTION)
        checks.pattern(request.principal, "principal", r"\d{12}|\*|arn:(aws[a-zA-Z-]*):iam::\d{12}:root")
        checks.settle()
        if request.organization_id is not None and request.principal != "*":
            raise refusals.invalid("If organization id is specified then principal should be *")
        arn = self._layers.version_arn(name, number, "AddLayerVersionPermission")
        kept = self._kept.get(arn, _Kept())
        _check_revision(request.revision_id or revision_id, kept)
        statement = _statement(request, arn)
        kept.policy.add(statement)
        kept.revision_id = new_revision_id()
        self._kept[arn] = kept
        return {"Statement": compact(statement), "RevisionId": kept.revision_id}

    def remove(self, name: str, number: str, sid: str, revision_id: str | None) -> None:
        """RemoveLayerVersionPermission."""
        check_sid(sid)
        kept = self._find(self._layers.version_arn(name, number, "RemoveLayerVersionPermission"))
        _check_revision(revision_id, kept)
        kept.policy.check_has(sid)
        del kept.policy.statements[sid]
        kept.revision_id = new_revision_id()

    def get(self, name: str, number: str) -> dict[str, object]:
        """GetLayerVersionPolicy."""
        kept = self._find(self._layers.version_arn(name, number, "GetLayerVersionPolicy"))
        return {"Policy": kept.policy.document(), "RevisionId": kept.revision_id}

    def _find(self, arn: str) -> _Kept:
        if arn not in self._kept:
            raise refusals.missing("No policy is associated with the given resource.")
        return self._kept[arn]


def _check_revision(given: str | None, kept: _Kept) -> None:
    if given is not None and given != kept.revision_id:
        raise InvokeRefusedError(412, "PreconditionFailedException", _STALE)


def _statement(request: PermissionRequest, arn: str) -> dict[str, object]:
    statement: dict[str, object] = {
        "Sid": request.statement_id,
        "Effect": "Allow",
        "Principal": principal_of(request),
        "Action": request.action,
        "Resource": arn,
    }
    if request.organization_id is not None:
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": request.organization_id}}
    return statement
