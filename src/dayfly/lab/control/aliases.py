"""Aliases: names for versions, with a share of the traffic for a second one.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from dayfly.lab.control import names, pages, refusals
from dayfly.lab.control.concurrency import UNPUBLISHED
from dayfly.lab.control.configuring import check_description
from dayfly.lab.control.registry import Alias, FunctionState, Registry, new_revision_id
from dayfly.lab.control.shapes import AliasRequest, Routing, parse
from dayfly.lab.model import VERSION

_AT = "routingConfig.additionalVersionWeights"


class Aliases:
    """Creates, changes, lists and deletes the aliases of the functions in `registry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def create(self, name: str, body: bytes) -> dict[str, object]:
        request = parse(body, AliasRequest)
        if request.name is None or request.function_version is None:
            at = "name" if request.name is None else "functionVersion"
            raise refusals.violation(None, at, "Member must not be null")
        names.check_alias(request.name)
        names.check_version(request.function_version)
        check_description(request.description or "")
        state = self._registry.state(name, request.function_version)
        self._check_version(name, state, request.function_version)
        if request.name in state.aliases:
            raise refusals.conflict(f"Alias already exists: {names.function_arn(name, request.name)}")
        weights = self._weights(name, state, request.function_version, request.routing_config)
        alias = Alias(
            request.name, request.function_version, request.description or "", weights, new_revision_id()
        )
        state.aliases[alias.name] = alias
        return _body(name, alias)

    def get(self, name: str, alias: str) -> dict[str, object]:
        names.check_alias(alias)
        return _body(name, self._find(name, alias, "Cannot find alias arn"))

    def list_aliases(self, name: str, query: Mapping[str, str]) -> dict[str, object]:
        version = query.get("FunctionVersion")
        if version is not None:
            names.check_version(version)
        found = sorted(self._registry.state(name).aliases.values(), key=lambda alias: alias.name)
        page, marker = pages.cut([a for a in found if version in (None, a.version)], query)
        answer: dict[str, object] = {"Aliases": [_body(name, alias) for alias in page]}
        return answer if marker is None else answer | {"NextMarker": marker}

    def update(self, name: str, alias: str, body: bytes) -> dict[str, object]:
        """UpdateAlias; the revision id changes even where nothing else does."""
        names.check_alias(alias)
        request = parse(body, AliasRequest)
        before = self._find(name, alias, "Alias not found")
        state = self._registry.state(name)
        refusals.check_revision(request.revision_id, before.revision_id)
        after = before
        if request.function_version is not None:
            names.check_version(request.function_version)
            self._check_version(name, state, request.function_version)
            if request.function_version == VERSION and alias in state.provisioned:
                raise refusals.invalid(UNPUBLISHED)
            after = dataclasses.replace(after, version=request.function_version)
        if request.description is not None:
            check_description(request.description)
            after = dataclasses.replace(after, description=request.description)
        routing = request.routing_config
        if routing is None:
            # What stays has to go with the new version, too.
            routing = Routing(dict(before.weights))
        weights = self._weights(name, state, after.version, routing)
        after = dataclasses.replace(after, weights=weights, revision_id=new_revision_id())
        state.aliases[alias] = after
        if alias in state.provisioned:
            self._registry.reconcile(name)
        return _body(name, after)

    def delete(self, name: str, alias: str) -> None:
        """DeleteAlias; one that is not there is no error."""
        names.check_alias(alias)
        state = self._registry.state(name)
        self._registry.lab.events.forget(name, alias)
        state.urls.pop(alias, None)
        if state.aliases.pop(alias, None) is not None and state.provisioned.pop(alias, None) is not None:
            self._registry.reconcile(name)

    def _find(self, name: str, alias: str, complaint: str) -> Alias:
        found = self._registry.state(name, alias).aliases.get(alias)
        if found is None:
            raise refusals.missing(f"{complaint}: {names.function_arn(name, alias)}")
        return found

    @staticmethod
    def _check_version(name: str, state: FunctionState, version: str) -> None:
        if version != VERSION and version not in state.published:
            raise refusals.function_missing(names.function_arn(name, version))

    def _weights(
        self, name: str, state: FunctionState, version: str, routing: Routing | None
    ) -> dict[str, float]:
        weights = dict((routing and routing.additional_version_weights) or {})
        if len(weights) > 1:
            raise refusals.invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
        for other, weight in weights.items():
            shown = f"{{{other}={weight}}}"
            if not 0.0 <= weight <= 1.0:
                raise refusals.violation(
                    shown,
                    _AT,
                    "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must "
                    "have value greater than or equal to 0.0, Member must not be null]",
                )
            if other == version:
                raise refusals.invalid(
                    f"Invalid function version {version}. Function version {version} is already included in routing "
                    "configuration."
                )
            if version == VERSION:
                raise refusals.invalid(
                    "$LATEST is not supported for an alias pointing to more than 1 version"
                )
            if not names.is_published(other):
                raise refusals.violation(
                    shown,
                    _AT,
                    "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must "
                    "have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, "
                    "Member must not be null]",
                )
            self._check_version(name, state, other)
        return weights


def _body(name: str, alias: Alias) -> dict[str, object]:
    body: dict[str, object] = {
        "AliasArn": names.function_arn(name, alias.name),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        body["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return body
