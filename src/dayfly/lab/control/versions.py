"""Published versions: `$LATEST` as it was, with environments of its own.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping

from dayfly.lab.control import names, pages, refusals
from dayfly.lab.control.configuring import check_description
from dayfly.lab.control.deferred import Deferred
from dayfly.lab.control.function_shapes import Configuration
from dayfly.lab.control.registry import FunctionState, Registry, Revision, new_revision_id
from dayfly.lab.control.shapes import PublishRequest, parse
from dayfly.lab.model import VERSION


class Versions:
    """Publishes, lists and deletes versions; a new one is `Pending` for `publish_s`."""

    def __init__(self, registry: Registry, deferred: Deferred, *, publish_s: float) -> None:
        self._registry = registry
        self._deferred = deferred
        self._publish_s = publish_s

    async def publish(self, name: str, body: bytes) -> Configuration:
        """PublishVersion; without a change since the last version it is that one again."""
        state = self._registry.state(name)
        request = parse(body, PublishRequest)
        if request.description is not None:
            check_description(request.description)
        package = await self._registry.lab.measure_code(self._registry.lab.function(name))
        if not self._registry.is_current(name, state):
            raise refusals.function_missing(names.function_arn(name))
        # Nothing is awaited from here on: two requests at once publish one version.
        refusals.check_revision(request.revision_id, state.latest.id)
        if request.code_sha256 not in (None, "", package.sha256):
            raise refusals.invalid(
                f"CodeSHA256 ({request.code_sha256}) is different from current CodeSHA256 in $LATEST "
                f"({package.sha256}). Please try again with the CodeSHA256 in $LATEST."
            )
        if VERSION in state.pending:
            # https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html names what fails meanwhile.
            raise refusals.pending()
        if state.latest.status == "InProgress":
            raise refusals.update_under_way(names.function_arn(name))
        version = self.make(name, state, request.description)
        return await self._registry.describe(name, version)

    def make(self, name: str, state: FunctionState, description: str | None = None) -> str:
        """Publish `$LATEST` as it is, or as the update under way makes it; return the version's number.

        Precondition: the code of either is loaded.
        """
        latest = state.wanted or self._registry.lab.function(name)
        version = str(state.next_version - 1)
        if latest == state.last_published and version in state.published:
            return version
        version = str(state.next_version)
        described = latest.description if description is None else description
        self._registry.lab.add_version(dataclasses.replace(latest, version=version, description=described))
        state.next_version += 1
        state.last_published = latest
        state.published[version] = Revision(new_revision_id(), time.time())
        state.latest = state.latest.renewed()
        if self._registry.lab.function(name, version).is_snapshotted:
            state.pending.add(version)
            self._registry.lab.snapshots.begin(
                self._registry.lab.function(name, version),
                lambda failure: end_snapshot(state, version, failure),
            )
        elif self._publish_s > 0:
            state.pending.add(version)
            self._deferred.after(self._publish_s, lambda: state.pending.discard(version))
        return version

    async def list_versions(self, name: str, query: Mapping[str, str]) -> dict[str, object]:
        state = self._registry.state(name)
        page, marker = pages.cut([VERSION, *state.published], query)
        answer: dict[str, object] = {
            "Versions": [(await self._registry.describe(name, version)).listed() for version in page]
        }
        return answer if marker is None else answer | {"NextMarker": marker}

    def delete(self, name: str, version: str) -> None:
        """DeleteFunction with a qualifier: the version and its environments go."""
        # Recorded for a function that is not there (test_ops_with_arn_qualifier_mismatch, test_delete_on_nonexisting_version).
        if not names.is_published(version):
            raise refusals.invalid(
                "$LATEST version cannot be deleted without deleting the function."
                if version == VERSION
                else "Deletion of aliases is not currently supported."
            )
        state = self._registry.state(name)
        users = sorted(
            alias.name for alias in state.aliases.values() if version in (alias.version, *alias.weights)
        )
        if users:
            arn = names.function_arn(name, version)
            raise refusals.conflict(
                f"Function {arn} cannot be deleted because there are aliases that reference it: {', '.join(users)}"
            )
        if state.published.pop(version, None) is not None:
            state.pending.discard(version)
            state.failed.pop(version, None)
            state.provisioned.pop(version, None)
            self._registry.lab.remove_version(name, version)


def end_snapshot(state: FunctionState, version: str, failure: str) -> None:
    """A version's snapshot is made, or cannot be made: it may be invoked, or never."""
    if version not in state.pending:
        return  # the version was deleted meanwhile
    state.pending.discard(version)
    if failure:
        state.failed[version] = failure
