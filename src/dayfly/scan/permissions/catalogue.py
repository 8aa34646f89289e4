"""What is known of IAM and the SDK: operations, actions, resources, managed policies; data beside this file."""

from __future__ import annotations

import fnmatch
import gzip
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DATA = Path(__file__).parent / "data"


class Level(StrEnum):
    """IAM's access levels, mildest first."""

    LIST = "List"
    READ = "Read"
    TAGGING = "Tagging"
    WRITE = "Write"
    PERMISSIONS = "Permissions management"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


_LEVELS = {"L": Level.LIST, "R": Level.READ, "T": Level.TAGGING, "W": Level.WRITE, "P": Level.PERMISSIONS}


_ALTERNATIVES = frozenset(
    [
        "s3",
        "s3express",
        "s3tables",
        "s3-outposts",
        "bedrock",
        "lambda",
        "dynamodb",
        "kinesis",
        "events",
        "iot",
        "ssm",
        "rds",
        "redshift",
        "apigateway",
        "lex",
    ]
)
_GIVES_RIGHTS = frozenset({"iam:PassRole", "iam:CreateAccessKey", "iam:CreateLoginProfile", "sts:AssumeRole"})


@dataclass(frozen=True, slots=True)
class Action:
    """One IAM action. Where not `is_narrowable`, it can only be granted on `*`."""

    name: str  # as `dynamodb:GetItem`
    level: Level
    resource_types: tuple[str, ...]
    is_narrowable: bool = True
    required_types: tuple[str, ...] = ()  # without an ARN of each of these it is denied

    @property
    def prefix(self) -> str:
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Requirement:
    """An action that an operation needs, and which of its parameters name the resource.

    `resources` are `type?Variable=Parameter,…` (fill the ARN of the type), `type@Parameter` and `@Parameter`
    (the parameter is an ARN), `=arn:…{Parameter}` (the ARN itself). None of them: `*`.
    """

    action: str
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManagedStatement:
    """One statement of an AWS managed policy."""

    effect: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    has_condition: bool


class _ServiceData(TypedDict):
    r: dict[str, str]
    a: dict[str, str]


class _SdkData(TypedDict, total=False):
    p: str
    o: dict[str, list[str]]
    w: dict[str, str]


# [operation, {parameter: identifier}, and maybe constants or [type, [[identifier, "=?*", of which name]]]]
_Request = list[object]


class ResourceData(TypedDict, total=False):
    """A boto3 resource type: identifiers, actions, sub-resources, collections, batch actions, attributes."""

    i: list[str]
    a: dict[str, _Request]
    h: dict[str, list[object]]
    m: dict[str, _Request]
    b: dict[str, _Request]
    t: list[str]


class _Data(TypedDict):
    sources: dict[str, str]
    counts: dict[str, int]
    services: dict[str, _ServiceData]
    sdk: dict[str, _SdkData]
    resources: dict[str, dict[str, ResourceData]]


class Catalogue:
    """The data, with the questions that are asked of it."""

    def __init__(self, data: _Data) -> None:
        self._data = data

    @property
    def sources(self) -> Mapping[str, str]:
        """Versions of what the data was made of."""
        return self._data["sources"]

    @property
    def services(self) -> Mapping[str, _SdkData]:
        return self._data["sdk"]

    def prefix(self, service: str) -> str:
        """The IAM prefix of a botocore service, as `states` of `stepfunctions`."""
        return self._data["sdk"][service]["p"] if service in self._data["sdk"] else service

    def operation(self, service: str, method: str) -> str | None:
        """botocore's spelling of an operation, from a client's method or from any spelling of its own."""
        spelled = _spellings(service)
        return spelled.get(method.replace("_", "").lower())

    def requirements(self, service: str, operation: str) -> tuple[Requirement, ...] | None:
        """The actions an operation needs; () where it needs none; None where that is not known."""
        found = self._data["sdk"].get(service, {}).get("o", {}).get(operation)
        if found is None or found[0] == "?":
            return None
        out = []
        for entry in found[0].split():
            action, *resources = entry.split("|")
            out.append(Requirement(action, tuple(resources)))
        return tuple(out)

    def parameters(self, service: str, operation: str) -> tuple[str, ...]:
        """The names of an operation's parameters."""
        found = self._data["sdk"].get(service, {}).get("o", {}).get(operation)
        return tuple(found[1].split()) if found else ()

    def waiter(self, service: str, name: str) -> str | None:
        """The operation a waiter polls; `name` as `object_exists` or `ObjectExists`."""
        wanted = name.replace("_", "").lower()
        waiters = self._data["sdk"].get(service, {}).get("w", {})
        return next((operation for key, operation in waiters.items() if key.lower() == wanted), None)

    def services_with(self, method: str) -> tuple[str, ...]:
        """The services that have an operation of this method name."""
        return _owners().get(method.replace("_", "").lower(), ())

    def resource(self, service: str, kind: str) -> ResourceData:
        """A boto3 resource type; empty where there is none."""
        return self._data["resources"].get(service, {}).get(kind, {})

    def has_resource(self, service: str) -> bool:
        return service in self._data["resources"]

    def action(self, name: str) -> Action | None:
        """An action by its name, in any spelling."""
        return _actions().get(name.lower())

    def arn(self, prefix: str, kind: str) -> str | None:
        """The ARN format of a resource type."""
        return self._data["services"].get(prefix, {"r": {}, "a": {}})["r"].get(kind)

    def matching(self, pattern: str) -> tuple[Action, ...]:
        """The actions that a pattern of a policy covers: `dynamodb:Get*`, `s3:*`, `*`."""
        return _matching(pattern.lower())

    def actions(self) -> Iterator[Action]:
        """Every action that is known."""
        yield from _actions().values()

    def coverage(self) -> tuple[int, int]:
        """Operations whose actions are known, and all operations of the SDK."""
        return self._data["counts"]["known"], self._data["counts"]["operations"]


@cache
def load_catalogue() -> Catalogue:
    """The catalogue, read once."""
    return Catalogue(cast("_Data", json.loads(gzip.decompress((_DATA / "catalogue.json.gz").read_bytes()))))


@cache
def _spellings(service: str) -> dict[str, str]:
    return {name.lower(): name for name in load_catalogue().services.get(service, {}).get("o", {})}


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    owners: dict[str, tuple[str, ...]] = {}
    for service, one in load_catalogue().services.items():
        for operation in one["o"]:
            key = operation.lower()
            owners[key] = (*owners.get(key, ()), service)
    return owners


@cache
def _actions() -> dict[str, Action]:
    out = {}
    for prefix, one in load_catalogue()._data["services"].items():
        for name, entry in one["a"].items():
            level, _, rest = entry.partition("|")
            kinds = [kind for kind in rest.partition("|")[0].split(",") if kind]
            types = tuple(kind.rstrip("!") for kind in kinds)
            # Types that are all optional only narrow further what else happens on `*` (a metric's data set);
            # or they are alternatives of which one is meant (an object, or through an access point).
            is_narrowable = any(kind.endswith("!") for kind in kinds) or (
                bool(kinds) and prefix in _ALTERNATIVES
            )
            full = f"{prefix}:{name}"
            # AWS files these as Write; whoever has them gives rights to others.
            level_of = Level.PERMISSIONS if full in _GIVES_RIGHTS else _LEVELS[level]
            required = tuple(kind.rstrip("!") for kind in kinds if kind.endswith("!"))
            out[full.lower()] = Action(full, level_of, types, is_narrowable, required)
    return out


@cache
def _by_prefix() -> dict[str, dict[str, Action]]:
    out: dict[str, dict[str, Action]] = {}
    for name, action in _actions().items():
        out.setdefault(name.partition(":")[0], {})[name] = action
    return out


@cache
def _matching(pattern: str) -> tuple[Action, ...]:
    if "*" not in pattern and "?" not in pattern:
        found = _actions().get(pattern)
        return (found,) if found is not None else ()
    if pattern == "*":
        return tuple(_actions().values())
    prefix = pattern.partition(":")[0]
    is_one = ":" in pattern and "*" not in prefix and "?" not in prefix
    actions = _by_prefix().get(prefix, {}) if is_one else _actions()
    matcher = glob_pattern(pattern)
    return tuple(action for name, action in actions.items() if matcher.fullmatch(name))


@lru_cache(maxsize=8192)
def glob_pattern(pattern: str) -> re.Pattern[str]:
    """A policy's `*` and `?` as a regular expression that needs no going back, however many there are."""
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


@cache
def managed_policies() -> Mapping[str, tuple[ManagedStatement, ...]]:
    """AWS's managed policies by name."""
    data = json.loads(gzip.decompress((_DATA / "managed.json.gz").read_bytes()))
    return {
        name: tuple(
            ManagedStatement(
                one["e"],
                tuple(one.get("a", ())),
                tuple(one.get("na", ())),
                tuple(one.get("r", ())),
                tuple(one.get("nr", ())),
                "c" in one,
            )
            for one in statements
        )
        for name, statements in data.items()
    }


def managed_name(expression: str) -> str | None:
    """The name of the AWS managed policy that an ARN or a bare name means; None where it is none."""
    match = re.search(r":iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)$", expression)
    name = match[1] if match else expression
    return name if name in managed_policies() else None
