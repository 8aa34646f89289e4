"""What a command asks of AWS, in the terms of a policy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class On(StrEnum):
    """What an action is granted on: a type of resource as AWS's service authorization reference has it.

    ANY is for actions that know no resource: they are granted on all or not at all.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    """

    ANY = "any"
    FUNCTION = "function"
    QUALIFIED = "function version or alias"
    LAYER = "layer"
    LAYER_VERSION = "layer version"
    SIGNING = "code signing config"
    LOG_GROUP = "log group"
    ALARM = "alarm"
    ROLE = "role"
    KEY = "key"


class Only(StrEnum):
    """The condition that an action is granted under, beside the tags that the caller asks for."""

    ALWAYS = ""
    WITHOUT_LAYERS = "without layers"
    WITH_THESE_LAYERS = "with these layers"
    THROUGH_LAMBDA = "through Lambda"
    PASSED_TO_LAMBDA = "passed to Lambda"
    WITHIN_BOUNDARY = "within a permissions boundary"


@dataclass(frozen=True, slots=True)
class Call:
    """One action, why the command makes it, and the statement that it belongs to: `part` is that statement's Sid.

    Calls of one part share `on` and `only`. `option` is what the user must ask for before the command makes the call,
    `unless` what makes it go without. `is_silent`: AWS asks for it in the course of another call, so that no operation of that
    name need be called. `is_seldom`: made only where a function has what moto does not play.
    """

    action: str
    on: On
    why: str
    part: str
    only: Only = Only.ALWAYS
    option: str = ""
    unless: str = ""
    is_silent: bool = False
    is_seldom: bool = False


@dataclass(frozen=True, slots=True)
class Denied:
    """Actions refused whatever else the role has, so that a wider policy beside this one does not give them back."""

    part: str
    actions: tuple[str, ...]
    why: str
    is_layers: bool = False  # an update that names layers, and only that


@dataclass(frozen=True, slots=True)
class Command:
    """All that one command asks for; `functions` are those it is for where nobody names others, empty for all.

    `tag` is a key that every function must have that it acts on, whatever the value.
    """

    name: str
    does: str
    calls: tuple[Call, ...] = ()
    denied: tuple[Denied, ...] = ()
    notes: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which resources: names may hold `*`; empty tuples are all of a kind.

    `tags` are those that a function must have; `layers` the layer versions that an update may put on a function, `*` allowed.
    """

    functions: tuple[str, ...] = ()
    region: str = "*"
    account: str = "*"
    partition: str = "aws"
    tags: tuple[tuple[str, str], ...] = ()
    layers: tuple[str, ...] = ()
    log_groups: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    boundary: str = ""
    options: frozenset[str] = frozenset()

    def has(self, option: str) -> bool:
        """Say whether an option of the command is asked for; some follow from what is named."""
        match option:
            case "--all":
                return not self.functions or bool(self.tags)
            case "--layer":
                return bool(self.layers)
            case "--alarm":
                return bool(self.alarms)
            case "--kms-key":
                return bool(self.keys)
        return option in self.options
