"""Permissions of functions, versions and aliases: added, removed and read; nobody is asked for them.

Signatures are not checked here, so a policy is what its reader makes of it: function URLs and tools that look.
"""

from __future__ import annotations

from dataclasses import replace

from dayfly.lab.control import names, refusals
from dayfly.lab.control.policies import Policy, check_sid, compact, function_statement
from dayfly.lab.control.registry import FunctionState, Registry, new_revision_id
from dayfly.lab.control.shapes import PermissionRequest, parse
from dayfly.lab.model import VERSION, InvokeRefusedError

# In a test of LocalStack's that was validated against AWS (TestLambdaPermissions); RemovePermission says GetFunction/GetAlias.
_STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision "
    "Id"
)


class Permissions:
    """Keeps the resource policies of the functions in `registry`; every change renews the resource's revision id."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        """AddPermission; raises InvokeRefusedError as Lambda refuses."""
        request = parse(body, PermissionRequest)
        if qualifier == VERSION:
            raise refusals.invalid("We currently do not support adding policies for $LATEST.")
        state = self._target(name, qualifier)
        refusals.check_revision(request.revision_id, self._revision(state, qualifier), message=_STALE)
        statement = function_statement(request, names.function_arn(name, qualifier))
        state.policies.setdefault(qualifier or VERSION, Policy()).add(statement)
        self._renew(state, qualifier)
        return {"Statement": compact(statement)}

    def remove(self, name: str, qualifier: str | None, sid: str, revision_id: str | None) -> None:
        """RemovePermission; a policy without statements is none."""
        check_sid(sid)
        try:
            state = self._target(name, qualifier)
        except InvokeRefusedError as error:
            if self._registry.has(name):
                raise
            raise refusals.missing(f"No policy found for: {names.function_arn(name)}") from error
        policy = state.policies.get(qualifier or VERSION)
        if policy is None:
            raise refusals.missing("No policy is associated with the given resource.")
        policy.check_has(sid)
        refusals.check_revision(revision_id, self._revision(state, qualifier))
        del policy.statements[sid]
        if not policy.statements:
            del state.policies[qualifier or VERSION]
        self._renew(state, qualifier)

    def get(self, name: str, qualifier: str | None) -> dict[str, object]:
        """GetPolicy."""
        state = self._target(name, qualifier)
        policy = state.policies.get(qualifier or VERSION)
        if policy is None:
            raise refusals.missing("The resource you requested does not exist.")
        return {"Policy": policy.document(), "RevisionId": self._revision(state, qualifier)}

    def _target(self, name: str, qualifier: str | None) -> FunctionState:
        state = self._registry.state(name)
        self._registry.check_alias_there(name, qualifier)
        self._registry.version_of(name, qualifier)
        return state

    @staticmethod
    def _revision(state: FunctionState, qualifier: str | None) -> str:
        if qualifier is None or qualifier == VERSION:
            return state.latest.id
        alias = state.aliases.get(qualifier)
        return state.published[qualifier].id if alias is None else alias.revision_id

    @staticmethod
    def _renew(state: FunctionState, qualifier: str | None) -> None:
        if qualifier is None or qualifier == VERSION:
            state.latest = state.latest.renewed()
        elif qualifier in state.aliases:
            state.aliases[qualifier] = replace(state.aliases[qualifier], revision_id=new_revision_id())
        else:
            state.published[qualifier] = state.published[qualifier].renewed()
