"""A function while its template is being read: resources that come later add to it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.template.model import Cors, LambdaFunction, Source, Statement, Trigger, Unresolved
from dayfly.scan.template.nodes import is_true, mapping, string, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.scan.model import Place
    from dayfly.scan.template.nodes import MappingNode

# `${Name.Arn}` of CloudFormation; `${aws_sqs_queue.orders.arn}`, `${module.api.arn}` of Terraform.
_REFERENCE = re.compile(
    r"\$\{(aws_[a-z0-9_]{1,100}\.[\w-]{1,255}|module\.[\w-]{1,255}|[A-Za-z0-9_-]{1,255}(?:::[A-Za-z0-9]{1,64})?)(?:[.:][^}]{0,255})?\}"
)
# They retry by themselves and tell nobody when they give up: AWS Lambda developer guide, "Asynchronous invocation".
_ASYNCHRONOUS = frozenset(
    {Trigger.S3, Trigger.SNS, Trigger.EVENTBRIDGE, Trigger.SCHEDULE, Trigger.IOT, Trigger.LOGS}
)
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
DAYFLY_WRAPPER = "/opt/dayfly"


@dataclass
class Draft:
    """What is known of one function so far; `finish` makes a `LambdaFunction` of it."""

    name: str
    place: Place
    handler: str | Unresolved = ""
    code: str | None = ""
    runtime: str | Unresolved | None = None
    is_image: bool = False
    environment: dict[str, str | Unresolved] = field(default_factory=dict)
    environment_places: dict[str, Place] = field(default_factory=dict)
    statements: list[Statement] | None = None
    unresolved_policies: list[Unresolved] = field(default_factory=list)
    layers: list[tuple[str | Unresolved, Place]] = field(default_factory=list)
    url_auth: str | Unresolved | None = None
    url_place: Place | None = None
    url_cors: Cors | None = None
    reserved_concurrency: int | Unresolved | None = None
    has_dead_letter: bool = False
    timeout: int | Unresolved | None = None
    memory: int | Unresolved | None = None
    is_snapstart: bool = False
    resource_policy: list[Statement] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    mentions: set[str] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    inline_code: str = ""
    inline_place: Place | None = None
    command: str | Unresolved | None = None
    role: str = ""  # the role as text, while roles are still to be read

    def finish(self) -> LambdaFunction:
        """The function with everything that was added."""
        if self.url_auth is not None and self.url_place is not None:
            is_public = self.url_auth == "NONE" if isinstance(self.url_auth, str) else None
            self.sources.append(Source(Trigger.FUNCTION_URL, self.url_place, is_public=is_public))
        sources = tuple(dict.fromkeys(self.sources))
        triggers = tuple(dict.fromkeys(source.trigger for source in sources))
        return LambdaFunction(
            name=self.name,
            handler=self.handler,
            place=self.place,
            code=self.code,
            runtime=self.runtime,
            is_image=self.is_image,
            triggers=triggers,
            environment=self.environment,
            environment_places=self.environment_places,
            statements=None if self.statements is None else tuple(dict.fromkeys(self.statements)),
            unresolved_policies=tuple(dict.fromkeys(self.unresolved_policies)),
            layers=tuple(layer for layer, _ in self.layers),
            layer_places=tuple(place for _, place in self.layers),
            url_auth=self.url_auth,
            url_place=self.url_place,
            url_cors=self.url_cors,
            reserved_concurrency=self.reserved_concurrency,
            has_dead_letter=self.has_dead_letter,
            is_asynchronous=any(trigger in _ASYNCHRONOUS for trigger in triggers),
            timeout=self.timeout,
            memory=self.memory,
            is_snapstart=self.is_snapstart,
            resource_policy=tuple(self.resource_policy),
            has_dayfly=self.environment.get(WRAPPER) == DAYFLY_WRAPPER,
            sources=sources,
            mentions=tuple(sorted(self.mentions)),
            places=self.places,
            inline_code=self.inline_code,
            inline_place=self.inline_place,
            command=self.command,
        )

    def set_environment(self, variables: Iterable[tuple[str, str | Unresolved | None, Place]]) -> None:
        """Take variables with the places of their values; an absent value is empty."""
        for name, value, place in variables:
            self.environment[name] = "" if value is None else value
            self.environment_places[name] = place


def referred(text: str) -> frozenset[str]:
    """The logical names or addresses that a text refers to: `${Name}`, `${aws_sqs_queue.orders.arn}`."""
    return frozenset(match[1] for match in _REFERENCE.finditer(text))


def code_path(template: str, written: str) -> str | None:
    """A path as a template has it, seen from the scanned root; None where it lies elsewhere.

    `@root` at its beginning stands for the scanned root (Terraform's `path.module` has been put in).
    """
    if written.startswith("@root"):
        template, written = "", written.removeprefix("@root").lstrip("/") or "."
    if written.startswith(("s3://", "https://", "http://", "/")) or "${" in written:
        return None
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(template), written))
    if joined == ".":
        return ""
    return None if joined == ".." or joined.startswith("../") else joined


def take_url(draft: Draft, url: MappingNode, place: Place) -> None:
    """A function URL's settings, in SAM's or CloudFormation's spelling; `place` is used where AuthType is absent."""
    auth = url.get("AuthType")
    draft.url_auth = string(auth) or "AWS_IAM"
    draft.url_place = auth.place if auth is not None else place
    cors = mapping(url.get("Cors"))
    if cors is not None:
        origins = texts(cors.get("AllowOrigins")) or texts(cors.get("AllowedOrigins"))
        draft.url_cors = Cors(cors.place, origins, is_true(cors.get("AllowCredentials")))
