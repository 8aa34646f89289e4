"""Event source mappings: which queue or stream a function is invoked for.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html; refusals and defaults as recorded from AWS by
LocalStack's suite (TestLambdaEventSourceMappings). Queues are read where the lab has `services`; mappings of everything
else are kept and told, and read by nobody.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dayfly.lab.control import names, pages, queues, refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.deferred import Deferred
from dayfly.lab.control.mapping_checks import check_mapping, check_model
from dayfly.lab.control.mapping_shapes import MappingRequest, defaults, kind_of
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.shapes import parse
from dayfly.lab.control.tags import joined
from dayfly.lab.model import ACCOUNT, REGION, VERSION, InvokeRefusedError
from dayfly.lab.tenancy import refuse_together_with

_UUID = 36
_MISSING = "The resource you requested does not exist."


@dataclass(frozen=True, slots=True)
class Source:
    """One mapping. `told` is what the API tells of it besides, by the API's names."""

    id: str
    function: str
    qualifier: str | None
    kind: str
    told: Mapping[str, Any]
    state: str
    modified_at: float
    result: str = ""

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{self.id}"

    @property
    def is_read(self) -> bool:
        """Is somebody to read its source?"""
        return self.state == "Enabled"


class EventSources:
    """Keeps the mappings; `changed` is called for each that became another, or is gone (None)."""

    def __init__(self, registry: Registry, deferred: Deferred, *, update_s: float) -> None:
        self._registry = registry
        self._deferred = deferred
        self._update_s = update_s
        self._sources: dict[str, Source] = {}
        self.changed: Callable[[str, Source | None], None] = lambda id, source: None

    async def create(self, body: bytes) -> dict[str, object]:
        """CreateEventSourceMapping; raises InvokeRefusedError as Lambda refuses."""
        request = parse(body, MappingRequest)
        check_model(request)
        if request.function_name is None:
            raise refusals.violation(None, "functionName", "Member must not be null")
        kind = kind_of(request)
        told = check_mapping(request, defaults(kind), kind, is_new=True)
        name, qualifier = self._function(request.function_name)
        refuse_together_with(self._registry.lab.function(name), "Event source mapping")
        source = Source(str(uuid.uuid4()), name, qualifier, kind, told, "Creating", time.time())
        await self._check_together(source)
        self._check_rivals(request.event_source_arn, kind, name, qualifier)
        self._registry.other_tags[source.arn] = joined({}, request.tags or {})
        enabled = request.enabled is not False
        return self._change(source, "Enabled" if enabled else "Disabled")

    def get(self, id: str) -> dict[str, object]:
        return _body(self._find(id))

    def list_sources(self, query: Mapping[str, str]) -> dict[str, object]:
        arn = query.get("EventSourceArn")
        name = query.get("FunctionName")
        wanted = None if name is None else names.parse_name(name)
        found = [
            _body(source)
            for source in self._sources.values()
            if arn in (None, source.told.get("EventSourceArn"))
            and (wanted is None or wanted == (source.function, source.qualifier))
        ]
        page, marker = pages.cut(found, query)
        answer: dict[str, object] = {"EventSourceMappings": list(page)}
        return answer if marker is None else answer | {"NextMarker": marker}

    async def update(self, id: str, body: bytes) -> dict[str, object]:
        """UpdateEventSourceMapping."""
        before = self._find(id)
        request = parse(body, MappingRequest, also=("UUID",))
        check_model(request)
        if request.event_source_arn is not None:
            raise refusals.invalid("The event source of a mapping cannot be changed")
        after = self._updated(before, request)
        if request.enabled is not False:
            # A mapping can be disabled whatever is wrong with its queue.
            await self._check_together(after)
            after = self._updated(self._find(id), request)
        is_on = before.state == "Enabled" if request.enabled is None else request.enabled
        return self._change(after, "Enabled" if is_on else "Disabled")

    def delete(self, id: str) -> dict[str, object]:
        """DeleteEventSourceMapping: it is `Deleting` for a moment, then gone."""
        source = self._find(id)
        self._check_settled(source)
        return self._change(replace(source, state="Deleting"), None)

    def note(self, id: str, result: str) -> None:
        """Keep how the last batch of a mapping went."""
        if id in self._sources:
            self._sources[id] = replace(self._sources[id], result=result)

    def _updated(self, before: Source, request: MappingRequest) -> Source:
        self._check_settled(before)
        told = check_mapping(request, before.told, before.kind, is_new=False)
        name, qualifier = before.function, before.qualifier
        if request.function_name is not None:
            name, qualifier = self._function(request.function_name)
        was_on = before.state == "Enabled"
        is_on = was_on if request.enabled is None else request.enabled
        moving = "Updating" if was_on == is_on else "Enabling" if is_on else "Disabling"
        return replace(
            before, told=told, function=name, qualifier=qualifier, state=moving, modified_at=time.time()
        )

    def _change(self, moving: Source, end: str | None) -> dict[str, object]:
        self._sources[moving.id] = moving
        self.changed(moving.id, moving)

        def settle() -> None:
            source = self._sources.get(moving.id)
            if source is None:
                return
            if end is None:
                del self._sources[source.id]
                self._registry.other_tags.pop(source.arn, None)
                self.changed(source.id, None)
            else:
                self._sources[source.id] = replace(source, state=end)
                self.changed(source.id, self._sources[source.id])

        self._deferred.after(self._update_s, settle)
        return _body(moving)

    def _find(self, id: str) -> Source:
        checks = Checks()
        checks.length(id, "uUID", least=_UUID, most=_UUID)
        checks.settle()
        if id not in self._sources:
            raise refusals.missing(_MISSING)
        return self._sources[id]

    @staticmethod
    def _check_settled(source: Source) -> None:
        if source.state not in ("Enabled", "Disabled"):
            raise InvokeRefusedError(
                400,
                "ResourceInUseException",
                f"Cannot update the event source mapping because it is in use. It is in state {source.state}.",
            )

    def _function(self, given: str) -> tuple[str, str | None]:
        name, qualifier = names.parse_name(given)
        if not self._registry.has(name):
            raise refusals.invalid("Function does not exist")
        self._registry.version_of(name, qualifier)
        return name, qualifier

    async def _check_together(self, source: Source) -> None:
        """Raise InvokeRefusedError (400) for a function and a queue that do not go together.

        Without `services` the lab cannot see queues, and accepts any.
        """
        registry = self._registry
        most = source.told.get("ScalingConfig", {}).get("MaximumConcurrency", 0)
        reserved = registry.lab.reservation(source.function).limit
        if reserved is not None and most > reserved:
            raise refusals.invalid(
                f"MaximumConcurrency: {most} is greater than Function Reserved Concurrency: {reserved}"
            )
        if source.kind != "sqs" or registry.lab.services is None:
            return
        visibility_s = await queues.visibility_s(registry.lab.services, source.told["EventSourceArn"])
        version = registry.version_of(source.function, source.qualifier)
        is_latest = version == VERSION
        config = (
            registry.configured(source.function)
            if is_latest
            else registry.lab.function(source.function, version)
        )
        if visibility_s < config.timeout_s:
            raise refusals.invalid(
                f"Queue visibility timeout: {visibility_s} seconds is less than Function timeout: "
                f"{config.timeout_s:.0f} seconds"
            )

    def _check_rivals(self, arn: str | None, kind: str, name: str, qualifier: str | None) -> None:
        for source in self._sources.values():
            same_function = (source.function, source.qualifier) == (name, qualifier)
            if arn is None or not same_function or source.told.get("EventSourceArn") != arn:
                continue
            if kind == "sqs":
                raise refusals.conflict(
                    f'An event source mapping with SQS arn (" {arn} ") and function (" {name} ") already exists. Please '
                    f"update or delete the existing mapping with UUID {source.id}"
                )
            raise refusals.conflict(
                f'The event source arn (" {arn} ") and function (" {name} ") provided mapping already exists. Please '
                f"update or delete the existing mapping with UUID {source.id}"
            )


def _body(source: Source) -> dict[str, object]:
    body: dict[str, object] = {
        "UUID": source.id,
        "EventSourceMappingArn": source.arn,
        "FunctionArn": names.function_arn(source.function, source.qualifier),
        "LastModified": source.modified_at,
        "State": source.state,
        "StateTransitionReason": "USER_INITIATED" if source.kind == "sqs" else "User action",
    }
    body |= source.told
    if source.result:
        body["LastProcessingResult"] = source.result
    return body
